"""Everything the program logs or raises is written to one standard (STYLE: Messages)."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import napari_phy
from napari_phy.core import errors

PACKAGE = Path(napari_phy.__file__).parent
LEVELS = {"debug", "info", "warning", "error", "exception", "critical", "log"}
OURS = {name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)}
# For mistakes of a programmer who calls us; a user sees only our own.
PROGRAMMING = {"ValueError", "TypeError", "IndexError", "KeyError", "NotImplementedError", "AttributeError"}
WRAPPED = {"SaveError"}  # "Could not save: …. Nothing was changed; your edits stay in the journal."
# Answers that a protocol asks for.
PROTOCOLS = {
    "SystemExit": "the end of a program",
    "StopIteration": "the end of an iterator",
    "TimeoutError": "what a future raises whose result is not there in time",
    "MemoryError": "what napari expects of a level that is too large to be read whole",
    "AssertionError": "a branch that cannot be reached",
    "OSError": "what the system would say, where a function of ours stands in for it",
    "OperationalError": "what sqlite3 would say, likewise",
    "TraitError": "what a trait raises that is set to a wrong value",
}
VALUE = "\N{REPLACEMENT CHARACTER}"  # stands for a value in a message
SENTENCE_WITHIN = re.compile(r"[a-z]{2}[.!?] [A-Z]")


@dataclass(frozen=True)
class Message:
    """A text in the source, with `VALUE` for each value that is put into it."""

    place: str
    text: str
    kind: str


@cache
def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(PACKAGE)}:{node.lineno}"


def text_of(node: ast.expr) -> str | None:
    """Return the text of an expression; None where it is no text written here."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else VALUE for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [text_of(node.left), text_of(node.right)]
        return None if parts == [None, None] else "".join(VALUE if part is None else part for part in parts)
    return None


def name_of(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = ast.Name(node.attr)
    return node.id if isinstance(node, ast.Name) else ""


def is_log_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("logger", "logging", "log", "_logger")
    )


def logged() -> Iterator[Message]:
    for path in modules():
        for node in ast.walk(tree(path)):
            if is_log_call(node):
                text = text_of(node.args[1 if node.func.attr == "log" else 0])
                text = VALUE if text is None else re.sub(r"%[-+ #0]*[\d.]*[sdrfgxi]", VALUE, text)
                yield Message(place(path, node), text, "log")


def raised() -> Iterator[Message]:
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                text = text_of(node.exc.args[0])
                if text is not None:
                    yield Message(place(path, node), text, name_of(node.exc.func))


MESSAGES = [*logged(), *raised()]


def fault(message: Message) -> str:
    text = message.text
    if "\n" in text:
        return "has more than one line"
    if text == VALUE:
        return ""  # a sentence that was written elsewhere
    if message.kind in PROGRAMMING | WRAPPED and not text.endswith("."):
        # a clause, which whoever catches it takes into a sentence of its own
        return "is neither a sentence nor a clause" if text[0].isupper() and not text.endswith(VALUE) else ""
    if not text.endswith((".", VALUE)) or text.endswith(".."):
        return "does not end with a full stop"
    if not (text[0].isupper() or text[0] in f"{VALUE}`"):
        return "does not begin with a capital letter or a name"
    if message.kind == "log" and SENTENCE_WITHIN.search(text):
        return "is more than one sentence"
    return ""


def test_there_are_messages_to_check() -> None:
    assert len([message for message in MESSAGES if message.kind == "log"]) > 5
    assert len([message for message in MESSAGES if message.kind in OURS]) > 50


@pytest.mark.parametrize("kind", ["log", *sorted(OURS | PROGRAMMING)])
def test_every_message_is_a_sentence(kind: str) -> None:
    wrong = [f"{m.place} {fault(m)}: {m.text}" for m in MESSAGES if m.kind == kind and fault(m)]
    assert not wrong, "\n" + "\n".join(wrong)


def test_only_our_own_errors_are_raised() -> None:
    own_classes = {
        node.name: {name_of(base) for base in node.bases}
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    }

    def is_known(name: str) -> bool:
        return name in OURS | PROGRAMMING | set(PROTOCOLS) or any(map(is_known, own_classes.get(name, ())))

    wrong = [
        f"{place(path, node)} raises {name}"
        for path in modules()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        for name in [name_of(node.exc.func)]
        if name[:1].isupper() and not is_known(name)
    ]
    assert not wrong, "\n" + "\n".join(wrong)


def test_loggers_have_the_name_of_their_module() -> None:
    wrong = []
    for path in modules():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and name_of(node.func) == "getLogger":
                if not (len(node.args) == 1 and name_of(node.args[0]) == "__name__"):
                    wrong.append(place(path, node))
            elif is_log_call(node) and node.func.value.id != "logger":
                wrong.append(place(path, node))
    assert not wrong


def test_nothing_is_printed_but_by_the_command_line() -> None:
    wrong = [
        place(path, node)
        for path in modules()
        if "cli" not in path.relative_to(PACKAGE).parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and name_of(node.func) in ("print", "warn", "warn_explicit")
    ]
    assert not wrong


def test_values_are_given_to_the_logger_not_put_into_its_text() -> None:
    wrong = [
        place(path, node)
        for path in modules()
        for node in ast.walk(tree(path))
        if is_log_call(node) and isinstance(node.args[0], (ast.JoinedStr, ast.BinOp))
    ]
    assert not wrong


def test_no_error_is_swallowed_blindly() -> None:
    """Every `except` names what it expects; one that takes all passes it on or tells the user."""
    wrong = []
    for path in modules():
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            names = [name_of(part) for part in getattr(node.type, "elts", [node.type])] if node.type else ["everything"]
            if {"Exception", "BaseException", "everything"} & set(names):
                does_nothing = all(isinstance(step, (ast.Pass, ast.Continue)) for step in node.body)
                if does_nothing:
                    wrong.append(place(path, node))
    assert not wrong
