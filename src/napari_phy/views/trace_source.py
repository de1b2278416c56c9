"""What a trace view reads from: traces of any origin, their channels, and their pyramid where there is one."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.array_samples import as_samples
from napari_phy.core.arrays import read_only, zero_unmeasured
from napari_phy.core.base_model import BaseModel, Samples
from napari_phy.core.errors import NapariPhyError
from napari_phy.stats.extremes import bin_extremes, join_bins

logger = logging.getLogger(__name__)

Float32 = npt.NDArray[np.float32]


class PyramidLike(Protocol):
    """Extremes of the traces in bins of so many samples, as far as they are known."""

    @property
    def factors(self) -> tuple[int, ...]:
        """Samples a bin of each level, finest first."""
        ...

    def covers(self, factor: int, start: int, stop: int) -> bool:
        """Tell whether bins can be read."""
        ...

    def read(self, factor: int, start: int, stop: int) -> npt.NDArray[Any]:
        """Return `(n_bins, 2, n_channels)`."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class TraceSource:
    """Traces and what a view needs to know of them.

    Attributes
    ----------
    traces : Samples, shape (n_samples, n_channels_of_file)
        The raw data, as the file has them.
    sample_rate : float
        In Hz.
    columns : ndarray of int64, shape (n_channels,)
        Those that are shown, in the order of the probe.
    channel_ids : ndarray of int64, shape (n_channels,)
        The numbers to print.
    depths : ndarray of float64, shape (n_channels,) or None
        In µm, None where they are not known.
    unit_scale : float, default 1.0
        How much of `unit` a unit of the file is.
    unit : str, default 'a.u.'
        Unit of voltage: "µV" or "a.u.".
    pyramid : PyramidLike, optional
        Summary of the traces; None: wide windows are read from evenly spaced samples.
    """

    traces: Samples
    sample_rate: float
    columns: npt.NDArray[np.int64]
    channel_ids: npt.NDArray[np.int64]
    depths: npt.NDArray[np.float64] | None
    unit_scale: float = 1.0
    unit: str = "a.u."
    pyramid: PyramidLike | None = None

    @classmethod
    def of_model(cls, model: BaseModel, pyramid: PyramidLike | None = None) -> TraceSource | None:
        """Return the traces of the channel group of a model; None without raw data."""
        if model.traces is None or not model.traces.shape[0] or not model.n_channels:
            return None
        gain = model.microvolts_per_unit
        channels = model.probe.channel_ids
        depths = model.probe.positions[:, 1]
        return cls(model.traces, model.sample_rate, channels, channels, depths, gain or 1.0, model.unit, pyramid)

    @classmethod
    def of_array(cls, traces: Any, sample_rate: float, time_axis: int | None = None) -> TraceSource:
        """Return the traces of any two-dimensional array; the longer axis is time unless said otherwise."""
        samples = as_samples(traces, time_axis)
        columns = read_only(np.arange(samples.shape[1], dtype=np.int64))
        return cls(samples, sample_rate, columns, columns, None)

    def ordered(self, order: npt.NDArray[np.int64]) -> TraceSource:
        """Return the same with the channels in another order, given by their places here."""
        depths = None if self.depths is None else self.depths[order]
        return replace(self, columns=self.columns[order], channel_ids=self.channel_ids[order], depths=depths)

    @property
    def duration_s(self) -> float:
        """End of the traces."""
        return self.traces.shape[0] / self.sample_rate

    def samples(self, start: int, stop: int) -> Float32:
        """Return (n_samples, n_channels) in `unit`; 0 outside of the traces, and for what cannot have been measured."""
        first, last = max(0, start), min(stop, self.traces.shape[0])
        found = np.zeros((max(0, stop - start), len(self.columns)), dtype=np.float32)
        if first < last:
            found[first - start : last - start] = self.traces[first:last][:, self.columns]
            found *= self.unit_scale
        return found

    def extremes(self, factor: int, start: int, stop: int, max_samples: int) -> Float32:
        """Return `(n_bins, 2, n_channels)` in `unit`, smallest first, of bins of a level.

        They come from the pyramid where that has them; else from the samples, of which at most `max_samples` are
        read, evenly spaced in the bins.
        """
        stop = min(stop, -(-self.traces.shape[0] // factor))
        found = self._from_pyramid(factor, start, stop)
        if found is None:
            found = self._from_samples(factor, start, stop, max_samples)
        extremes = found[:, :, self.columns].astype(np.float32) * self.unit_scale
        return zero_unmeasured(extremes) if self.traces.dtype.kind == "f" else extremes  # of files kept from before

    def _from_pyramid(self, factor: int, start: int, stop: int) -> npt.NDArray[Any] | None:
        """Return bins of a level, joined from those of the widest one that fits into them; None where it has none."""
        pyramid = self.pyramid
        if pyramid is None:
            return None
        stored = max((level for level in pyramid.factors if factor % level == 0), default=None)
        if stored is None:
            return None
        n_joined = factor // stored
        last = min(stop * n_joined, -(-self.traces.shape[0] // stored))
        if not pyramid.covers(stored, start * n_joined, last):
            return None
        try:
            return join_bins(pyramid.read(stored, start * n_joined, last), n_joined)
        except (NapariPhyError, OSError) as error:  # its files went; the samples are there
            logger.debug("The summary of the traces cannot be read: %s", error)
            return None

    def _from_samples(self, factor: int, start: int, stop: int, max_samples: int) -> npt.NDArray[Any]:
        n_bins = max(0, stop - start)
        n_read = max(1, min(factor, max_samples // max(1, n_bins)))
        if n_read == factor:
            return bin_extremes(self.traces[start * factor : stop * factor], factor)
        found = np.empty((n_bins, 2, self.traces.shape[1]), dtype=self.traces.dtype)
        for place in range(n_bins):
            first = (start + place) * factor + (factor - n_read) // 2
            first = min(first, self.traces.shape[0] - 1)
            samples = self.traces[first : first + n_read]
            found[place, 0], found[place, 1] = samples.min(axis=0), samples.max(axis=0)
        return found
