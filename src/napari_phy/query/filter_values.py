"""Columns of numbers and text with gaps, and how they are compared and reckoned with."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Holds = Literal["numbers", "text", "truths", "anything"]


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """One value a row, or one for all rows; a row has a number, a text, or neither.

    Attributes
    ----------
    numbers : ndarray of float64
        (n,) or () float64, nan where there is none; true is 1, false is 0.
    texts : ndarray or None
        (n,) or () of str in small letters, "" where there is none; None: no row has any.
    holds : Holds
        What the rows are known to have.
    """

    numbers: npt.NDArray[np.float64]
    texts: npt.NDArray[np.object_] | None = None
    holds: Holds = "numbers"

    @property
    def is_null(self) -> Bools:
        """Where there is neither number nor text."""
        empty = np.isnan(self.numbers)
        return np.asarray(empty if self.texts is None else empty & _bools(self.texts == ""))


NULL = Values(np.array(math.nan), None, "anything")


def numbers(values: Iterable[float]) -> Values:
    """Return a column of numbers; nan where one is not known."""
    return Values(np.fromiter(values, dtype=np.float64))


def texts(values: Iterable[str]) -> Values:
    """Return a column of text; "" where there is none."""
    folded = [value.casefold() for value in values]
    return Values(np.full(len(folded), math.nan), _objects(folded), "text")


def anything(values: Iterable[Any]) -> Values:
    """Return a column of numbers, text, true, false and None, in any mixture."""
    values = list(values)
    found = np.array([float(v) if isinstance(v, (bool, int, float)) else math.nan for v in values], dtype=np.float64)
    words = _objects([v.casefold() if isinstance(v, str) else "" for v in values])
    known = [value for value in values if value is not None]
    are_truths = bool(known) and all(isinstance(value, bool) for value in known)
    return Values(found, words, "truths" if are_truths else "anything")


def number(value: float, *, is_truth: bool = False) -> Values:
    """Return one number for all rows."""
    return Values(np.array(value, dtype=np.float64), None, "truths" if is_truth else "numbers")


def text(value: str) -> Values:
    """Return one text for all rows."""
    return Values(np.array(math.nan), np.array(value.casefold(), dtype=object), "text")


def equal(a: Values, b: Values) -> Bools:
    """Return where both have the same number or text, or both have neither; case does not count."""
    same = np.asarray((a.numbers == b.numbers) | (a.is_null & b.is_null))
    if a.texts is not None and b.texts is not None:
        same = same | (_bools(a.texts == b.texts) & _bools(a.texts != ""))
    return np.asarray(same)


def ordered(compare: Callable[[Any, Any], Any], a: Values, b: Values) -> Bools:
    """Return where `compare` (operator.lt, le, gt, ge) holds of two numbers or of two texts."""
    holds = np.asarray(compare(a.numbers, b.numbers))
    if a.texts is not None and b.texts is not None:
        both = _bools(a.texts != "") & _bools(b.texts != "")
        holds = holds | (both & _bools(compare(a.texts, b.texts)))
    return holds


def contained(part: Values, whole: Values) -> Bools:
    """Return where the text of one is part of the text of the other."""
    if part.texts is None or whole.texts is None:
        return np.zeros(np.broadcast(part.numbers, whole.numbers).shape, dtype=np.bool_)
    found = np.frompyfunc(operator.contains, 2, 1)(whole.texts, part.texts)
    return np.asarray(_bools(found) & _bools(part.texts != ""))


RECKON: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": np.power,
}


def reckon(sign: str, a: Values, b: Values) -> Values:
    """Return what arithmetic makes of two columns of numbers; nothing where that is no finite number.

    Raises
    ------
    OverflowError
        A power is too large to be a number.
    """
    with np.errstate(all="ignore"):
        result = np.asarray(RECKON[sign](a.numbers, b.numbers), dtype=np.float64)
    if sign == "**" and (np.isinf(result) & np.isfinite(a.numbers) & np.isfinite(b.numbers) & (a.numbers != 0)).any():
        raise OverflowError
    return Values(np.where(np.isfinite(result), result, math.nan))


def _objects(values: list[str]) -> npt.NDArray[np.object_]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _bools(values: Any) -> Bools:
    return np.asarray(values, dtype=np.bool_)
