"""Continuous data at a fixed rate that stay on disk: what is asked for is read, as pynapple's Tsd or TsdFrame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import Samples
from napari_phy.core.errors import TimelineError
from napari_phy.timeline.epochs import Epochs, intersection, make_epochs
from napari_phy.timeline.pynapple_classes import load_pynapple

_BLOCK_SAMPLES = 2**18


class LazyContinuous:
    """Traces as continuous data; neither voltage nor times are in memory until a part is asked for.

    pynapple's own classes keep a time for each sample: 0.9 GB for an hour at 30 kHz. Here a time is computed from the
    number of its sample.

    Parameters
    ----------
    samples : Samples
        `(n_samples, n_channels)`, of which slices are read.
    rate : float
        Samples a second.
    start_s : float, default 0.0
        Time of the first sample.
    columns : sequence of int, optional
        What the channels are called; 0 … n − 1 if None.
    channel : int, optional
        Index of the one channel that is used; None: all of them.

    Attributes
    ----------
    rate : float
        Samples a second.
    columns : tuple of int
        What the channels are called.

    Examples
    --------
    >>> voltage = np.arange(20).reshape(10, 2)
    >>> lazy = LazyContinuous(voltage, rate=10.0)
    >>> lazy
    <LazyContinuous: 10 samples, 2 channels, 10 Hz>
    >>> lazy.get(0.2, 0.4).values
    array([[4, 5],
           [6, 7],
           [8, 9]])
    >>> lazy.channel(1).get(0.2, 0.4).values
    array([5, 7, 9])
    """

    def __init__(
        self,
        samples: Samples,
        rate: float,
        start_s: float = 0.0,
        columns: Sequence[int] | None = None,
        *,
        channel: int | None = None,
    ) -> None:
        n_samples, n_channels = samples.shape
        if not 0 < rate < math.inf:
            raise TimelineError(f"Continuous data need a rate above 0, not {rate:g} Hz.")
        if columns is not None and len(columns) != n_channels:
            raise TimelineError(f"There are {n_channels} channels, but names of {len(columns)}.")
        self.rate = float(rate)
        self.columns = tuple(range(n_channels)) if columns is None else tuple(columns)
        self._samples, self._start_s, self._channel = samples, float(start_s), channel
        self._n_samples = n_samples

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of samples, and of channels where there is more than one chosen."""
        return (self._n_samples,) if self._channel is not None else (self._n_samples, len(self.columns))

    def __len__(self) -> int:
        return self._n_samples

    @property
    def time_support(self) -> Epochs:
        """One epoch: from the first sample to the last."""
        if self._n_samples < 2:
            return make_epochs([], [])
        return make_epochs(self._start_s, self._start_s + (self._n_samples - 1) / self.rate)

    def times(self, rows: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return the times of samples in seconds."""
        return self._start_s + np.asarray(rows) / self.rate

    def channel(self, column: int) -> LazyContinuous:
        """Return one channel, by what it is called.

        Raises
        ------
        TimelineError
            There is none of that name.
        """
        if column not in self.columns:
            raise TimelineError(f"There is no channel {column}; there are {self.columns[0]} … {self.columns[-1]}.")
        index = self.columns.index(column)
        return LazyContinuous(self._samples, self.rate, self._start_s, self.columns, channel=index)

    def get(self, start_s: float, end_s: float) -> Any:
        """Return the samples from one time to another, both included, as pynapple's Tsd or TsdFrame."""
        rows = self._rows(start_s, end_s)
        return self._as_pynapple(
            self._times_within(rows, start_s, end_s), self._values(rows), make_epochs(start_s, end_s)
        )

    def between(self, start_s: float, end_s: float) -> npt.NDArray[Any]:
        """Return the values from one time to another, both included."""
        return self._values(self._rows(start_s, end_s))

    def restrict(self, epochs: Epochs) -> Any:
        """Return the samples within epochs as pynapple's Tsd or TsdFrame; each epoch is read at once."""
        support = intersection(epochs, self.time_support)
        parts = [(self._rows(start, end), start, end) for start, end in support.values.tolist()]
        values = np.concatenate([self._values(slice(0, 0)), *(self._values(rows) for rows, *_ in parts)])
        times = np.concatenate([np.empty(0), *(self._times_within(*part) for part in parts)])
        once = np.append(True, np.diff(times) > 0)[: len(times)]  # a sample on an edge that two epochs share
        return self._as_pynapple(times[once], values[once], support)

    def blocks(self) -> Iterator[tuple[slice, npt.NDArray[Any]]]:
        """Yield all values, a block of samples at a time, and which samples these are."""
        for start in range(0, self._n_samples, _BLOCK_SAMPLES):
            block = slice(start, min(start + _BLOCK_SAMPLES, self._n_samples))
            yield block, self._values(block)

    def __repr__(self) -> str:
        n_channels = f"{len(self.columns)} channels" if self._channel is None else "1 channel"
        return f"<{type(self).__name__}: {self._n_samples} samples, {n_channels}, {self.rate:g} Hz>"

    def _rows(self, start_s: float, end_s: float) -> slice:
        """Return which samples lie between two times, to a thousandth of a sample."""
        first = math.ceil(round((start_s - self._start_s) * self.rate, 3))
        last = math.floor(round((end_s - self._start_s) * self.rate, 3))
        start = min(max(first, 0), self._n_samples)
        return slice(start, max(start, min(last + 1, self._n_samples)))

    def _values(self, rows: slice) -> npt.NDArray[Any]:
        if self._channel is None:
            return self._samples[rows]
        return self._samples[rows, [self._channel]][:, 0]

    def _times_within(self, rows: slice, start_s: float, end_s: float) -> npt.NDArray[np.float64]:
        """Return the times of samples that lie between two times, but for rounding."""
        return np.clip(self.times(np.arange(rows.start, rows.stop)), start_s, end_s)

    def _as_pynapple(self, times: npt.NDArray[np.float64], values: npt.NDArray[Any], support: Epochs) -> Any:
        pynapple = load_pynapple()
        if self._channel is not None:
            return pynapple.Tsd(times, values, time_support=support)
        return pynapple.TsdFrame(times, values, time_support=support, columns=list(self.columns))
