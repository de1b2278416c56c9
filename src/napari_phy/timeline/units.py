"""Units of time, converted to seconds and back without a loss."""

from __future__ import annotations

import math
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import TimelineError

TimeUnit = Literal["s", "ms", "us", "samples"]

_A_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6}


def to_seconds(times: npt.ArrayLike, unit: TimeUnit = "s", rate: float | None = None) -> npt.NDArray[np.float64]:
    """Return times in seconds.

    Parameters
    ----------
    times : array_like
        Times in `unit`, of any shape.
    unit : {'s', 'ms', 'us', 'samples'}, default 's'
        What they are in.
    rate : float, optional
        Samples a second, where they are in samples.

    Raises
    ------
    TimelineError
        There is no such unit, or samples come without a rate.

    Examples
    --------
    >>> to_seconds([0, 30_000, 45_000], "samples", 30_000)
    array([0. , 1. , 1.5])
    """
    return np.asarray(times, dtype=np.float64) / _per_second(unit, rate)


def from_seconds(times_s: npt.ArrayLike, unit: TimeUnit = "s", rate: float | None = None) -> npt.NDArray[Any]:
    """Return times in a unit: floats, but for samples, which are the nearest whole numbers.

    Parameters
    ----------
    times_s : array_like
        Times in seconds, of any shape.
    unit : {'s', 'ms', 'us', 'samples'}, default 's'
        What is wanted.
    rate : float, optional
        Samples a second, where samples are wanted.

    Raises
    ------
    TimelineError
        There is no such unit, or samples are wanted without a rate.

    Examples
    --------
    >>> from_seconds([0, 1, 1.5], "samples", 30_000)
    array([    0, 30000, 45000])
    """
    times = np.asarray(times_s, dtype=np.float64) * _per_second(unit, rate)
    return np.rint(times).astype(np.int64) if unit == "samples" else times


def length_in_seconds(length: float, unit: TimeUnit, rate: float | None, what: str) -> float:
    """Return a length of time in seconds.

    Raises
    ------
    TimelineError
        It is negative or no number; the sentence names `what` it is.
    """
    seconds = float(to_seconds(length, unit, rate))
    if not seconds >= 0 or math.isinf(seconds):
        raise TimelineError(f"{what} is a length of time from 0 on, not {length:g} {unit}.")
    return seconds


def _per_second(unit: TimeUnit, rate: float | None) -> float:
    if unit not in get_args(TimeUnit):
        raise TimelineError(f"There is no unit {unit} of time. Choose one of {', '.join(get_args(TimeUnit))}.")
    if unit != "samples":
        return _A_SECOND[unit]
    if rate is None or not 0 < rate < math.inf:
        raise TimelineError("Times in samples need a rate: the number of samples in a second, such as 30000.")
    return float(rate)
