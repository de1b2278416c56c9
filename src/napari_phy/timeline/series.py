"""What pynapple's time series lack: their rate within epochs, crossings of a threshold, means of epochs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import TimelineError
from napari_phy.timeline.continuous import LazyContinuous
from napari_phy.timeline.epochs import Epochs, duration, epoch_of, intersection, make_epochs
from napari_phy.timeline.pynapple_classes import load_pynapple

Float64 = npt.NDArray[np.float64]


def restrict(series: Any, to: Any) -> Any:
    """Return a series, a group, or continuous data within some time; both edges of an epoch belong to it.

    Unlike pynapple's method, the time that the answer is known for is that of the series within the epochs, so that
    its rate is right also where epochs go on beyond the series; and an event on the edge that two epochs share is
    there once.

    Parameters
    ----------
    series : pynapple.Ts, Tsd, TsdFrame, TsGroup or IntervalSet, or LazyContinuous
        What is restricted.
    to : pynapple.IntervalSet, (start, end), or another series
        Epochs, one interval in seconds, or a series, which stands for the time that it is known for.

    Raises
    ------
    TimelineError
        `to` is none of these.

    Examples
    --------
    >>> from napari_phy.timeline import TimeSeries
    >>> spikes = TimeSeries([1.0, 2.0, 3.0, 4.0], time_support=make_epochs(0, 5))
    >>> restrict(spikes, (1.5, 3)).t
    array([2., 3.])
    """
    if isinstance(series, LazyContinuous):
        return series.restrict(_epochs_of(to))
    pynapple = load_pynapple()
    if isinstance(series, pynapple.IntervalSet):
        return intersection(series, _epochs_of(to))
    support = intersection(series.time_support, _epochs_of(to))
    if not isinstance(series, pynapple.TsGroup):
        return _within(series, support)
    names = [name for name in series.metadata_columns if name != "rate"]
    members = {key: _within(series[key], support) for key in series.index.tolist()}
    metadata = {name: np.asarray(series.get_info(name)) for name in names}
    return pynapple.TsGroup(members, time_support=support, bypass_check=True, metadata=metadata)


def rate(series: Any, within: Any = None) -> Any:
    """Return how many events or samples a second a series has, in Hz.

    Parameters
    ----------
    series : pynapple.Ts, Tsd, TsdFrame or TsGroup
        A series, or a group of them.
    within : pynapple.IntervalSet, (start, end), or another series, optional
        Which time is looked at, as in `restrict`; the time that the series is known for if None.

    Returns
    -------
    float or dict of int to float
        Of a group, {key: rate}. NaN where there is no time.

    Examples
    --------
    >>> from napari_phy.timeline import TimeSeries
    >>> spikes = TimeSeries([1.0, 2.0, 3.0, 4.0], time_support=make_epochs(0, 5))
    >>> rate(spikes), rate(spikes, (0, 2))
    (0.8, 1.0)
    """
    some = series if within is None else restrict(series, within)
    seconds = duration(some)
    if isinstance(some, load_pynapple().TsGroup):
        return {key: _per_second(len(some[key]), seconds) for key in some.index.tolist()}
    return _per_second(len(some), seconds)


def threshold_interval(data: Any, above: float = -math.inf, below: float = math.inf) -> Epochs:
    """Return the epochs in which continuous data are above a value, below one, or between two.

    An epoch begins and ends halfway between the samples inside and outside, so that `restrict(data, epochs)` has just
    the samples inside. At an end of the time that data are known for, it goes as far as that time does. NaN is outside.

    Parameters
    ----------
    data : pynapple.Tsd or LazyContinuous
        One channel; of lazy data, a block is read at a time.
    above, below : float, optional
        Values that are passed strictly.

    Raises
    ------
    TimelineError
        Data have several channels.

    Examples
    --------
    >>> from napari_phy.timeline import ContinuousData
    >>> signal = ContinuousData([0.0, 1.0, 2.0, 3.0, 4.0], [0, 5, 6, 1, 0])
    >>> threshold_interval(signal, above=2).values
    array([[0.5, 2.5]])
    """
    if len(data.shape) != 1:
        raise TimelineError(f"A threshold needs one channel; these data have the shape {data.shape}.")
    if isinstance(data, LazyContinuous):
        inside = np.zeros(len(data), dtype=np.bool_)
        for block, values in data.blocks():
            inside[block] = (values > above) & (values < below)
        return _epochs_where(inside, data.times, data.time_support)
    values = np.asarray(data.values)
    return _epochs_where((values > above) & (values < below), lambda rows: data.t[rows], data.time_support)


def mean_interval(data: Any, epochs: Epochs) -> Float64:
    """Return the mean of continuous data in each epoch, both edges included.

    Parameters
    ----------
    data : pynapple.Tsd, TsdFrame or LazyContinuous
        One channel or several; of lazy data, only the epochs are read.
    epochs : pynapple.IntervalSet
        The epochs.

    Returns
    -------
    ndarray of float64, shape (n_epochs,) or (n_epochs, n_channels)
        NaN for an epoch that has no sample.

    Examples
    --------
    >>> from napari_phy.timeline import ContinuousData
    >>> signal = ContinuousData([0.0, 1.0, 2.0, 3.0, 4.0], [0, 5, 6, 1, 0])
    >>> mean_interval(signal, make_epochs([0, 2], [1, 3]))
    array([2.5, 3.5])
    """
    means = np.full((len(epochs), *data.shape[1:]), np.nan)
    for place, (start, end) in enumerate(epochs.values.tolist()):
        values = data.between(start, end) if isinstance(data, LazyContinuous) else _between(data, start, end)
        if len(values):
            means[place] = values.mean(axis=0, dtype=np.float64)
    return means


def _per_second(n: int, seconds: float) -> float:
    return n / seconds if seconds else math.nan


def _epochs_of(to: Any) -> Epochs:
    """Return the epochs that a word of `restrict` stands for."""
    if hasattr(to, "time_support"):
        return to.time_support
    if isinstance(to, load_pynapple().IntervalSet):
        return to
    try:
        start, end = (float(edge) for edge in to)
    except (TypeError, ValueError) as error:
        raise TimelineError("Restrict to epochs, to a start and an end in seconds, or to another series.") from error
    return make_epochs(start, end)


def _within(series: Any, support: Epochs) -> Any:
    """Return a series of pynapple within epochs that lie in its own time."""
    rows = np.flatnonzero(epoch_of(series.t, support) >= 0)
    if not hasattr(series, "values"):
        return type(series)(series.t[rows], time_support=support)
    if not hasattr(series, "columns"):
        return type(series)(series.t[rows], series.values[rows], time_support=support)
    metadata = {name: np.asarray(series.get_info(name)) for name in series.metadata_columns}
    return type(series)(
        series.t[rows], series.values[rows], time_support=support, columns=series.columns, metadata=metadata
    )


def _between(data: Any, start: float, end: float) -> npt.NDArray[Any]:
    first, last = np.searchsorted(data.t, start, side="left"), np.searchsorted(data.t, end, side="right")
    return np.asarray(data.values[first:last])


def _epochs_where(
    inside: npt.NDArray[np.bool_], times: Callable[[npt.NDArray[np.intp]], Float64], support: Epochs
) -> Epochs:
    """Return the epochs of runs of samples, of each of which `times` knows the time."""
    if not len(support):
        return make_epochs([], [])
    is_first = inside & ~np.append(False, inside[:-1])
    is_last = inside & ~np.append(inside[1:], False)
    if len(support) > 1:  # a run that goes on in the next epoch of the data begins anew there
        of = epoch_of(times(np.arange(len(inside))), support)
        is_new = np.append(True, of[1:] != of[:-1])
        is_first |= inside & is_new
        is_last |= inside & np.append(is_new[1:], True)
    first, last = np.flatnonzero(is_first), np.flatnonzero(is_last)
    starts = _halfway(first, -1, len(inside), times, support)
    ends = _halfway(last, +1, len(inside), times, support)
    some = starts < ends
    return make_epochs(starts[some], ends[some])


def _halfway(
    rows: npt.NDArray[np.intp], step: int, n: int, times: Callable[[npt.NDArray[np.intp]], Float64], support: Epochs
) -> Float64:
    """Return (n_rows,) the times halfway to the sample before or after, or the edge of the data's epoch."""
    if not len(rows):
        return np.empty(0)
    beside = rows + step
    here, there = times(rows), times(np.clip(beside, 0, n - 1))
    of = epoch_of(here, support)
    is_edge = (beside < 0) | (beside >= n) | (epoch_of(there, support) != of)
    edges = support.values[of, 0 if step < 0 else 1]
    return np.where(is_edge, edges, (here + there) / 2)
