"""What may come next in a filter that is being typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from napari_phy.core.errors import FilterError
from napari_phy.query.filter_tokens import TRUTHS, Token, named, quoted, tokenize

_QUOTED = re.compile(r"""("[^"]*"|'[^']*'|`[^`]*`)""")
_UNFINISHED = re.compile(r"""(?:["'`].*|[^\W\d]\w*)$""", re.DOTALL)
_JOINTS = ("and", "or", "in", "not in", "is null", "is not null")
_COMPARING = frozenset({"==", "!=", "in"})
_MOST = 12


@dataclass(frozen=True, slots=True)
class Completion:
    """What can stand in the place of the word before the cursor.

    Attributes
    ----------
    start : int
        Where that word begins, from 0.
    words : tuple of str
        What can stand there instead, the likeliest first.
    """

    start: int
    words: tuple[str, ...]


def complete(text: str, columns: Sequence[str], texts_of: Callable[[str], Iterable[str]]) -> Completion:
    """Return how the last word of a filter can go on.

    Parameters
    ----------
    text : str
        The filter up to the cursor.
    columns : sequence of str
        Names that can be offered.
    texts_of : callable
        Returns the texts that a column holds.
    """
    unfinished = _UNFINISHED.search(_QUOTED.sub(lambda found: " " * len(found.group()), text))
    start = unfinished.start() if unfinished else len(text)
    word = text[start:]
    try:
        before = tokenize(text[:start])
    except FilterError:
        return Completion(start, ())
    column = _compared_column(before)
    offered: list[str] = []
    if column is not None and word.casefold() not in TRUTHS:  # which is whole, though a label may say so in quotes
        offered += [quoted(value) for value in texts_of(column)]
    if word and not word.startswith(("'", '"')):
        offered += [named(name) for name in columns] if _wants_value(before) else _JOINTS
    begun = word.strip("\"'`").casefold()
    fitting = [one for one in offered if one.strip("\"'`").casefold().startswith(begun) and one != word]
    return Completion(start, tuple(fitting[:_MOST]))


def _wants_value(before: Sequence[Token]) -> bool:
    return not before or before[-1].kind in ("operator", "open", "comma")


def _compared_column(before: Sequence[Token]) -> str | None:
    """Return the column that what comes next is compared with; none after a text that is closed."""
    if before and not _wants_value(before):
        return None
    place = len(before) - 1
    while place >= 0 and before[place].kind in ("text", "comma", "open"):  # of a list
        place -= 1
    is_list = place < len(before) - 1
    if place < 0 or before[place].text not in (_COMPARING if not is_list else {"in"}):
        return None
    place -= 1 if before[place - 1].text != "not" else 2
    return before[place].text if place >= 0 and before[place].kind == "name" else None
