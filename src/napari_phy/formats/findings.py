"""What a check of a data set found, in sentences with advice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.sentences import on_one_line

_SHOWN = 5

Level = Literal["problem", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes
    ----------
    level : {'problem', 'note'}
        "problem": something cannot be seen or is wrong; "note": all works, but one should know.
    place : str
        File, and the part of it.
    what : str
        What is wrong there, as the end of a sentence.
    advice : str
        What to do.
    """

    level: Level
    place: str
    what: str
    advice: str

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        return f"{self.place} {self.what}; {self.advice}."


def finding_of(name: str, sentence: str, level: Level) -> Finding:
    """Return what a model says of a file of this name, with advice where it has none."""
    first, _, second = sentence.removeprefix(f"{name}: ").rstrip(".").partition(". ")
    what, _, advice = first.partition("; ")
    place = name if what.startswith(f"{name} ") else f"{name}:"
    return Finding(level, place, what.removeprefix(f"{name} "), advice or _advice(what, second))


def _advice(what: str, second: str) -> str:
    if "not beside" in what:
        them = "them" if " are not beside" in what else "it"
        return f"put {them} there, or point at {them} with Locate raw data in napari"
    if "ends at" in what:
        return "the file is cut short: use a whole copy of it; what is not there is shown as 0"
    if "is missing" in what:
        return "put the file there, or go on without it"
    return f"{second[:1].lower()}{second[1:]}" if second else "everything else works"


@contextmanager
def as_finding(findings: list[Finding], place: str) -> Iterator[None]:
    """Turn an error of reading into a finding: one bad channel group leaves the others to be checked."""
    try:
        yield
    except NapariPhyError as error:
        what, advice = what_and_advice(place.partition(":")[0], error)
        findings.append(Finding("problem", f"{place} cannot be read:", what, advice or "use another copy of the file"))


def what_and_advice(name: str, error: NapariPhyError) -> tuple[str, str]:
    """Return what an error says of a file of this name, and its advice, which follows a semicolon or a full stop."""
    said = str(error).removeprefix(f"{name}: ").rstrip(".")
    what, _, advice = said.partition("; " if "; " in said else ". ")
    return what, advice[:1].lower() + advice[1:]


def listed(values: Sequence[Any]) -> str:
    """Return the first values, and how many more there are."""
    shown = ", ".join(map(on_one_line, values[:_SHOWN]))
    return shown if len(values) <= _SHOWN else f"{shown} and {len(values) - _SHOWN} more"
