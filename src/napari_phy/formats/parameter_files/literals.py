"""Reads files of Python assignments (`.prb`, `.prm`, `params.py`, `config.py`) without running them."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.parameter_files.statements import Statements
from napari_phy.formats.parameter_files.values import NotAValueError

MAX_BYTES = 2**18  # a graph of 15 000 edges has 200 kB; parsing takes 500 bytes of memory a byte
_HDF5 = b"\x89HDF\r\n\x1a\n"  # what files of HDF5 begin with
_MAX_BRACKETS = 60
_MAX_BAD_LINES = 20
_SIGNS = re.compile(r"(?:[-+~]\s*){60}|(?:\bnot\s+){60}")
_OLD_PRINT = re.compile(r"^(\s*)print\b(?!\s*[(=])")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One `name = value` of a file, and the number of its line."""

    name: str
    value: Any
    line: int


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no assignment of a plain value, and what to do about it."""

    line: int
    message: str


def parse_assignments(text: str, file_name: str, path: Path | None = None) -> dict[str, Any]:
    """Return the names that a text assigns plain values to, as Python would after running it.

    Plain values are literals, containers of them, names set in earlier lines, simple arithmetic and joining of text
    (`Evaluator` has the whole list). `Statements` has the list of what may be done with them, such as
    `name[key] = value`, `for` and `if`. Imports are passed over; of what they name, `FUNCTIONS` are understood.

    Parameters
    ----------
    text : str
        Text of the file.
    file_name : str
        How messages call it.
    path : Path, optional
        Path of the file, for `__file__`; without one `__file__` is not set.

    Raises
    ------
    KwikFormatError
        If a line is anything else; the message names the file, the line and what to do.
    """
    assignments, bad_lines = _parse(text, path, keep_going=False)
    if bad_lines:
        raise KwikFormatError(f"{file_name}, line {bad_lines[0].line}: {bad_lines[0].message}.")
    return {assignment.name: assignment.value for assignment in assignments}


def parse_lines(text: str) -> tuple[list[Assignment], list[BadLine]]:
    """Return the assignments of a text in order, and the lines that are none; a bad line leaves the others alone."""
    return _parse(text, None, keep_going=True)


def read_assignments(path: str | Path) -> dict[str, Any]:
    """Return what `parse_assignments` finds in a file.

    Raises
    ------
    MissingDataError
        If there is no such file.
    KwikFormatError
        If it cannot be read, is of HDF5 or larger than 256 KiB, or a line is no assignment of a plain value.
    """
    path = Path(path)
    return parse_assignments(read_text(path), path.name, path)


def read_text(path: Path) -> str:
    """Return the text of a small file in UTF-8, else Latin-1.

    Raises
    ------
    MissingDataError, KwikFormatError
        As `read_assignments`.
    """
    try:
        if path.is_dir():
            raise KwikFormatError(f"{path.name} is a folder, not a file.")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise MissingDataError(f"{path.name} is not there: no such file in {path.resolve().parent}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise KwikFormatError(f"{path.name} cannot be read: {reason}.") from error
    if data.startswith(_HDF5):
        raise KwikFormatError(
            f"{path.name} is an HDF5 file such as a .kwik, not a file of parameters; name a .prm or a .prb."
        )
    if len(data) > MAX_BYTES:
        raise KwikFormatError(f"{path.name} is larger than 256 KiB and so no file of parameters; choose another one.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _parse(text: str, path: Path | None, *, keep_going: bool) -> tuple[list[Assignment], list[BadLine]]:
    body, bad_lines = _statements(text.removeprefix("\ufeff"), keep_going=keep_going)
    assignments: list[Assignment] = []
    statements = Statements({} if path is None else {"__file__": path.absolute().as_posix()})
    for statement in body:
        if bad_lines and not keep_going:
            break
        try:
            bound = statements.follow(statement)
        except NotAValueError as error:
            bad_lines.append(BadLine(error.line, str(error)))
            continue
        assignments += [Assignment(name, value, statement.lineno) for name, value in bound.items()]
    kept: list[Assignment] = []
    for assignment in assignments:
        try:
            statements.check(assignment.name, assignment.value, assignment.line)
        except NotAValueError as error:
            bad_lines.append(BadLine(error.line, str(error)))
        else:
            kept += [assignment] if assignment.name in statements else []
    return kept, sorted(bad_lines, key=lambda bad: bad.line)


def _statements(text: str, *, keep_going: bool) -> tuple[list[ast.stmt], list[BadLine]]:
    """Return the statements; where the grammar is broken, without that line."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", " ").split("\n")
    bad_lines: list[BadLine] = []
    while True:
        bad = _deep(lines)
        if bad is None:
            try:
                return _tree("\n".join(lines)).body, bad_lines
            except SyntaxError as error:
                line = min(max(1, error.lineno or 1), len(lines))
                if _OLD_PRINT.match(lines[line - 1]):
                    lines = [_OLD_PRINT.sub(r"\1pass  #", one) for one in lines]
                    continue
                bad = BadLine(line, f"this is not Python ({error.msg or 'invalid syntax'}); correct the line")
            except (ValueError, MemoryError, RecursionError, OverflowError) as error:
                bad_lines.append(
                    BadLine(1, f"this is not a file of assignments ({str(error) or type(error).__name__})")
                )
                return [], bad_lines
        bad_lines.append(bad)
        if not keep_going or not lines[bad.line - 1].strip() or len(bad_lines) >= _MAX_BAD_LINES:
            return [], bad_lines
        lines[bad.line - 1] = ""


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as the backslashes of a Windows path
        return ast.parse(text)


def _deep(lines: list[str]) -> BadLine | None:
    """Return the line that is nested too deep for the parser of Python, if there is one; brackets in text count."""
    text = "\n".join(lines)
    signs = _SIGNS.search(text)
    if signs:
        return BadLine(text.count("\n", 0, signs.start()) + 1, "this has too many signs; write the value out")
    depth = 0
    for number, line in enumerate(lines, 1):
        for character in line.partition("#")[0]:
            if character in "([{":
                depth += 1
            elif character in ")]}":
                depth = max(0, depth - 1)
            if depth > _MAX_BRACKETS:
                return BadLine(number, f"brackets are nested deeper than {_MAX_BRACKETS} levels; write a flatter value")
    return None
