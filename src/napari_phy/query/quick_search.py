"""Words and ids typed instead of a filter: `good`, `12 15`, `axon`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from napari_phy.core.errors import FilterError
from napari_phy.query import filter_values as fv
from napari_phy.query.filter_language import parse_filter
from napari_phy.query.filter_tokens import tokenize
from napari_phy.query.filter_values import Bools, Values

_SEARCHED = ("number", "text", "name", "truth")
_SHORTEST = 3  # letters of a column's name that tell a filter which is being typed from words


@dataclass(frozen=True, slots=True)
class QuickSearch:
    """What to look for: rows with all of the words in their texts, and with one of the numbers as id or in a text."""

    words: tuple[str, ...]
    numbers: tuple[str, ...]

    def matches(self, columns: Mapping[str, Values], n_rows: int) -> Bools:
        """Return (n_rows,) bool: the rows that it finds."""
        texts = [column for column in (columns[name] for name in columns) if column.texts is not None]

        def has(word: str) -> Bools:
            found: Bools = np.zeros(n_rows, dtype=np.bool_)
            for column in texts:
                found = found | fv.contained(fv.text(word), column)
            return found

        result: Bools = np.ones(n_rows, dtype=np.bool_)
        for word in self.words:
            result = result & has(word)
        if self.numbers:
            any_number: Bools = np.zeros(n_rows, dtype=np.bool_)
            for number in self.numbers:
                any_number = any_number | fv.equal(fv.number(float(number)), columns["id"]) | has(number)
            result = result & any_number
        return result


def quick_search(text: str, columns: Mapping[str, Values]) -> QuickSearch | None:
    """Return what is looked for, or None where a filter is meant: where there is more than words, or a column."""
    try:
        tokens = tokenize(text)
    except FilterError:
        return None
    if not tokens or any(token.kind not in _SEARCHED for token in tokens):
        return None
    words = tuple(token.text for token in tokens if token.kind != "number")
    if any(token.kind == "name" and _is_column(token.text, columns) for token in tokens):
        return None
    return QuickSearch(words, tuple(token.text for token in tokens if token.kind == "number"))


def find_rows(text: str, columns: Mapping[str, Values], n_rows: int) -> Bools:
    """Return (n_rows,) bool: the rows that a filter lets through, or that have the words that stand instead of one.

    Parameters
    ----------
    columns : mapping of str to Values
        By name, "id" among them, each of n_rows values.

    Raises
    ------
    FilterError
        The filter cannot be read, or names a column that is not there.
    """
    search = quick_search(text, columns)
    return parse_filter(text).matches(columns, n_rows) if search is None else search.matches(columns, n_rows)


def _is_column(word: str, columns: Mapping[str, Values]) -> bool:
    """Return whether a word is a column, or looks like one that is being typed or mistyped: `ra`, `ampl`."""
    folded = word.casefold()
    return word in columns or any(
        name.casefold().startswith(folded) or (len(name) >= _SHORTEST and folded.startswith(name.casefold()))
        for name in columns
    )
