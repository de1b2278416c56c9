"""What a command answers: the same facts as text for people and as JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_phy.core.errors import MissingDataError
from napari_phy.core.sentences import visible
from napari_phy.files.platform_files import is_file, is_folder

OK = 0
PROBLEM = 1
NOT_UNDERSTOOD = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found out.

    Attributes
    ----------
    facts : mapping of str to object
        For programs, of plain values and numpy's.
    lines : sequence of str
        Lines of text for people.
    status : int
        Exit status: 0 all well, 1 a problem was found.
    """

    facts: Mapping[str, Any]
    lines: Sequence[str]
    status: int = OK


def check_there(path: Path) -> None:
    """Raise MissingDataError where a file or folder that was named is not there."""
    if not (is_file(path) or is_folder(path)):
        raise MissingDataError(f"There is no file {path}.")


def give(answer: Answer, *, as_json: bool) -> int:
    """Print an answer; return the exit status."""
    if as_json:
        print(_json(answer.facts))
    else:
        for line in answer.lines:
            print(visible(line))
    return answer.status


def give_error(message: str, *, as_json: bool, status: int = PROBLEM) -> int:
    """Print why a command could not do what was asked; return the exit status."""
    if as_json:
        print(_json({"error": message}))
    else:
        print(visible(message), file=sys.stderr)
    return status


def count(number: int, noun: str) -> str:
    """Return `1 spike`, `1 653 spikes`, `0 spikes`; thousands are set apart by a narrow space."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _json(facts: Mapping[str, Any]) -> str:
    """Return facts as JSON in which nothing acts on a terminal; other programs read the same."""
    text = json.dumps(facts, indent=2, ensure_ascii=False, default=_plain, allow_nan=False)
    return "\n".join(line if visible(line) == line else _escaped(line) for line in text.split("\n"))


def _escaped(line: str) -> str:
    return "".join(one if visible(one) == one else json.dumps(one)[1:-1] for one in line)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON.")
