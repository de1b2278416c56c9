"""What is typed into the command line, read: a command, cluster ids, words, a label."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from napari_phy.core.errors import CommandError
from napari_phy.views.typed_values import typed_number, typed_value

_NAME = re.compile(r"[A-Za-z]+(?:[-_][A-Za-z]+)*|\?")
_IDS = re.compile(r"(\d+)(?:-(\d+))?")
_WORD = re.compile(r"""\s*(?:"([^"]*)"(?!\S)|'([^']*)'(?!\S)|(\S+))""")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: the name of a command and all that stands after it."""

    name: str
    rest: str


def echo(typed: str) -> str:
    """Return what was typed as a sentence can hold it: its beginning, without characters that cannot be seen."""
    shown = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in typed[:40])
    return f"{shown}…" if len(typed) > 40 else shown


def read_line(text: str) -> Line:
    """Return the parts of `:c 3-6`; the colon may be missing, and the space after a name.

    Raises
    ------
    CommandError
        The line does not begin with a name.
    """
    text = text.strip().removeprefix(":").strip()
    name = _NAME.match(text)
    if name is None:
        raise CommandError("Begin with the name of a command, as in c 3-6.")
    return Line(name.group().lower(), text[name.end() :].strip())


def read_ids(text: str, known: Sequence[int], what: str = "cluster", *, whole: bool = False) -> list[int]:
    """Return the ids of `3-6 8, 12` in the order they are named, each once; of a range those that are known.

    Parameters
    ----------
    text : str
        Ids and ranges, between them spaces or commas; `6-3` goes downwards.
    known : sequence of int
        All ids that there are, ascending.
    what : str, default 'cluster'
        What the ids are of, for messages.
    whole : bool, default False
        Both ends of a range must be known.

    Raises
    ------
    CommandError
        Where something else is named, or ids that are not known.
    """
    found: list[int] = []
    for part in re.sub(r"\s*[-–]\s*", "-", text).replace(",", " ").split():
        match = _IDS.fullmatch(part)
        if match is None:
            raise CommandError(f"{echo(part)} is no {what}: write 3, 3-6 or 3 5 8.")
        first, last = int(match[1]), int(match[2] or match[1])
        low, high = min(first, last), max(first, last)
        ids = list(known[bisect_left(known, low) : bisect_right(known, high)])
        unknown = [end for end in (low, high) if end not in known] if whole else []
        if unknown:
            raise CommandError(f"There is no {what} {echo(str(unknown[0]))}.")
        if not ids:
            named = f"{low}" if low == high else f"from {low} to {high}"
            raise CommandError(f"There is no {what} {echo(named)}.")
        found += ids if first <= last else reversed(ids)
    if not found:
        raise CommandError(f"Name at least one {what}, as in 3-6.")
    return list(dict.fromkeys(found))


def read_words(text: str) -> list[str]:
    """Return the words of a text; what stands between quotes is one.

    Raises
    ------
    CommandError
        A quote is left open.
    """
    words = []
    for match in _WORD.finditer(text):
        double, single, plain = match.groups()
        if plain is not None and plain[0] in "\"'":
            raise CommandError(f"The quote before {echo(plain[1:]) or 'the end'} is not closed.")
        words.append(next(word for word in (double, single, plain) if word is not None))
    return words


def read_label(text: str) -> tuple[str, str | int | float | bool | None]:
    """Return field and value of `note put-int axon`: all that follows the field, read as `typed_value` does, or None.

    A field of several words needs quotes.
    """
    head = _WORD.match(text)
    if head is None:
        raise CommandError("Name a field and its value, as in note put-int axon.")
    return read_words(head.group())[0], typed_value(text[head.end() :])


def read_number(text: str, what: str) -> float:
    """Return a number, which may be negative.

    Raises
    ------
    CommandError
        It is no number; the message tells `what` to type.
    """
    if not text:
        raise CommandError(f"Type a number: {what}.")
    number = typed_number(text.replace("−", "-").replace(",", "."))
    if number is None:
        raise CommandError(f"{echo(text)} is no number: {what}.")
    return number


def no_choice(what: str, typed: str, choices: Sequence[object]) -> CommandError:
    """Return the error for a value that cannot be chosen, with those that can."""
    words = [f"{choice:g}" if isinstance(choice, float) else str(choice) for choice in choices]
    if not typed:
        return CommandError(f"Say which {what}: {', '.join(words)}.")
    return CommandError(f"There is no {what} {echo(typed)}. Choose from {', '.join(words)}.")
