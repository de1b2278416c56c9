"""Epochs, which are pynapple's IntervalSet: made, joined, cut and measured without moving an edge.

pynapple itself takes a microsecond from an epoch that touches the next one, and sorts starts and ends apart from each
other. Epochs made here keep their edges: those that touch stay as they are given, and only those that overlap become
one.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import TimelineError
from napari_phy.timeline.pynapple_classes import load_pynapple
from napari_phy.timeline.units import TimeUnit, from_seconds, length_in_seconds, to_seconds

logger = logging.getLogger(__name__)

Epochs: TypeAlias = Any  # pynapple.IntervalSet
Float64 = npt.NDArray[np.float64]

_DIGITS = 9  # of seconds: lengths are compared to the nanosecond
_N_NAMED = 3


def make_epochs(
    start: npt.ArrayLike,
    end: npt.ArrayLike,
    unit: TimeUnit = "s",
    rate: float | None = None,
    metadata: Mapping[str, npt.ArrayLike] | None = None,
) -> Epochs:
    """Return epochs in the order of time; those that touch stay as they are given, those that overlap become one.

    Parameters
    ----------
    start, end : array_like
        Where each begins and ends; one number, or one for each epoch.
    unit : {'s', 'ms', 'us', 'samples'}, default 's'
        What they are in.
    rate : float, optional
        Samples a second, where they are in samples.
    metadata : mapping of str to array_like, optional
        {name: a value for each epoch}; left out where epochs become one, since it is not known which value holds.

    Returns
    -------
    pynapple.IntervalSet
        The epochs, in seconds. The log says which of them overlapped.

    Raises
    ------
    TimelineError
        An edge is not a finite number, an epoch ends where it begins or before, or there are not as many ends, or
        values, as there are starts.

    Examples
    --------
    >>> make_epochs([0, 1_000], [1_000, 2_500], "ms").values
    array([[0. , 1. ],
           [1. , 2.5]])
    """
    starts, ends = (np.atleast_1d(to_seconds(edges, unit, rate)) for edges in (start, end))
    _check(starts, ends)
    values = {name: np.asarray(of) for name, of in (metadata or {}).items()}
    for name, of in values.items():
        if len(of) != len(starts):
            raise TimelineError(f"There are {len(starts)} epochs, but {len(of)} values of {name}.")
    order = np.lexsort((ends, starts))
    starts, ends = starts[order], ends[order]
    first = _first_of_joined(starts, ends)
    if len(first) == len(starts):
        return _exact(starts, ends, {name: of[order] for name, of in values.items()})
    _log_joined(starts, first, has_values=bool(values))
    return _exact(starts[first], np.maximum.reduceat(ends, first))


def union(*epochs: Epochs) -> Epochs:
    """Return the times that lie in any of several sets of epochs; epochs that only touch stay apart.

    Examples
    --------
    >>> union(make_epochs([0, 5], [2, 6]), make_epochs([1, 6], [3, 7])).values
    array([[0., 3.],
           [5., 6.],
           [6., 7.]])
    """
    edges = np.concatenate([np.empty((0, 2)), *(one.values for one in epochs)])
    order = np.lexsort((edges[:, 1], edges[:, 0]))
    starts, ends = edges[order].T
    if not len(starts):
        return _exact(starts, ends)
    first = _first_of_joined(starts, ends)
    return _exact(starts[first], np.maximum.reduceat(ends, first))


def intersection(epochs: Epochs, *others: Epochs) -> Epochs:
    """Return the times that lie in all of several sets of epochs, with the metadata of the first.

    Where epochs touch in one of them, they touch in what is returned.

    Examples
    --------
    >>> intersection(make_epochs([0, 5], [2, 6]), make_epochs(1, 5.5)).values
    array([[1. , 2. ],
           [5. , 5.5]])
    """
    for other in others:
        epochs = _intersection(epochs, other)
    return epochs


def duration(epochs: Any, unit: TimeUnit = "s", rate: float | None = None) -> float:
    """Return how long epochs are together, or how long a series was recorded.

    Parameters
    ----------
    epochs : pynapple.IntervalSet, or a series
        The epochs; of a series, the time that it is known for.
    unit : {'s', 'ms', 'us', 'samples'}, default 's'
        What the answer is in.
    rate : float, optional
        Samples a second, where the answer is in samples.

    Examples
    --------
    >>> duration(make_epochs([0, 5], [2, 6]), "ms")
    3000.0
    """
    edges = getattr(epochs, "time_support", epochs).values
    return float(from_seconds(np.round((edges[:, 1] - edges[:, 0]).sum(), _DIGITS), unit, rate))


def drop_short(epochs: Epochs, shortest: float, unit: TimeUnit = "s", rate: float | None = None) -> Epochs:
    """Return the epochs that last at least so long, with their metadata.

    Parameters
    ----------
    epochs : pynapple.IntervalSet
        The epochs.
    shortest : float
        Length of the shortest that stays, in `unit`.
    unit : {'s', 'ms', 'us', 'samples'}, default 's'
        What the length is in.
    rate : float, optional
        Samples a second, where it is in samples.

    Raises
    ------
    TimelineError
        The length is negative or no number.

    Examples
    --------
    >>> drop_short(make_epochs([0, 5], [2, 6]), 1_500, "ms").values
    array([[0., 2.]])
    """
    least = length_in_seconds(shortest, unit, rate, "The shortest epoch")
    starts, ends = epochs.values.T
    rows = np.flatnonzero(np.round(ends - starts, _DIGITS) >= round(least, _DIGITS))
    return _rows_of(epochs, rows, starts[rows], ends[rows])


def merge_close(epochs: Epochs, gap: float, unit: TimeUnit = "s", rate: float | None = None) -> Epochs:
    """Return epochs of which those that follow each other after at most a gap are one; 0 joins those that touch.

    Parameters
    ----------
    epochs : pynapple.IntervalSet
        The epochs; their metadata are left out.
    gap : float
        Length of the longest gap that is closed, in `unit`.
    unit : {'s', 'ms', 'us', 'samples'}, default 's'
        What the length is in.
    rate : float, optional
        Samples a second, where it is in samples.

    Raises
    ------
    TimelineError
        The length is negative or no number.

    Examples
    --------
    >>> merge_close(make_epochs([0, 2.5, 5], [2, 3, 6]), 0.5).values
    array([[0., 3.],
           [5., 6.]])
    """
    longest = length_in_seconds(gap, unit, rate, "The gap")
    starts, ends = epochs.values.T
    if not len(starts):
        return _exact(starts, ends)
    is_apart = np.round(starts[1:] - ends[:-1], _DIGITS) > round(longest, _DIGITS)
    return _exact(starts[np.append(True, is_apart)], ends[np.append(is_apart, True)])


def epoch_of(times_s: npt.NDArray[Any], epochs: Epochs) -> npt.NDArray[np.int64]:
    """Return (n,) the epoch that each time lies in, −1 for none; a time on an edge lies in the earlier epoch."""
    starts, ends = epochs.values.T
    place = np.searchsorted(ends, times_s, side="left")
    inside = np.append(starts, np.inf)[place] <= times_s
    return np.where(inside, place, -1)


def _check(starts: Float64, ends: Float64) -> None:
    if starts.ndim != 1 or starts.shape != ends.shape:
        raise TimelineError(f"Each epoch needs a start and an end; there are {starts.size} and {ends.size}.")
    wrong = np.flatnonzero(~(np.isfinite(starts) & np.isfinite(ends) & (starts < ends)))
    if not len(wrong):
        return
    place = int(wrong[0])
    start, end = float(starts[place]), float(ends[place])
    if not np.isfinite([start, end]).all():
        raise TimelineError(f"Epoch {place} is from {start:g} to {end:g} s; its edges are to be finite numbers.")
    raise TimelineError(f"Epoch {place} is from {start:.10g} to {end:.10g} s; it is to end after it begins.")


def _first_of_joined(starts: Float64, ends: Float64) -> npt.NDArray[np.intp]:
    """Return the places of those of sorted epochs that no earlier one overlaps."""
    reached = np.append(-np.inf, np.maximum.accumulate(ends)[:-1])
    return np.flatnonzero(starts >= reached)


def _log_joined(starts: Float64, first: npt.NDArray[np.intp], *, has_values: bool) -> None:
    sizes = np.diff(np.append(first, len(starts)))
    joined = starts[first[sizes > 1]]
    places = ", ".join(f"{start:.10g} s" for start in joined[:_N_NAMED]) + (", …" if len(joined) > _N_NAMED else "")
    lost = "; their metadata are left out" if has_values else ""
    n_before = int(sizes[sizes > 1].sum())
    logger.warning("Epochs overlap: %d of them become %d, from %s on%s.", n_before, len(joined), places, lost)


def _intersection(epochs: Epochs, other: Epochs) -> Epochs:
    edges = np.unique(np.concatenate([epochs.values.ravel(), other.values.ravel()]))
    starts, ends = edges[:-1], edges[1:]
    rows = _holding(epochs.values, starts, ends)
    inside = np.flatnonzero((rows >= 0) & (_holding(other.values, starts, ends) >= 0))
    return _rows_of(epochs, rows[inside], starts[inside], ends[inside])


def _holding(edges: Float64, starts: Float64, ends: Float64) -> npt.NDArray[np.int64]:
    """Return (n,) which of some epochs holds each piece of time, −1 for none."""
    place = np.searchsorted(edges[:, 0], starts, side="right") - 1
    holds = (place >= 0) & (np.append(edges[:, 1], -np.inf)[place] >= ends)
    return np.where(holds, place, -1)


def _rows_of(epochs: Epochs, rows: npt.NDArray[Any], starts: Float64, ends: Float64) -> Epochs:
    """Return epochs with the metadata of some rows of others."""
    return _exact(starts, ends, {name: np.asarray(epochs.get_info(name))[rows] for name in epochs.metadata_columns})


def _exact(starts: Float64, ends: Float64, metadata: Mapping[str, npt.NDArray[Any]] | None = None) -> Epochs:
    """Return epochs, ascending and apart or touching, with just these edges.

    pynapple would shorten those that touch; so it gets others in their place, whose values are then set.
    """
    n = len(starts)
    stand_in = 2.0 * np.arange(n)
    epochs = load_pynapple().IntervalSet(stand_in, stand_in + 1, metadata=dict(metadata or {}) if n else None)
    epochs.values[:, 0], epochs.values[:, 1] = starts, ends
    return epochs
