"""Traces and spikes in arrays as the trace view reads a session, for scripts and the console."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.array_samples import as_samples
from napari_phy.core.arrays import read_only
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import TracesError
from napari_phy.core.probe import Probe
from napari_phy.core.selection import Selection
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.views.all_settings import ViewsOfSession

N_SELECTED = 12

Spikes = Sequence[Any]  # samples, labels and, if there are any, masks


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class ArrayTraces:
    """What a trace view asks of a model."""

    traces: Any
    sample_rate: float
    probe: Probe
    spike_samples: npt.NDArray[np.int64]
    masks: npt.NDArray[np.float32] | None
    microvolts_per_unit: float | None = None
    unit: str = "a.u."
    waveforms: None = None
    missing: tuple[str, ...] = ()
    events: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.probe.n_channels


class ArraySession:
    """Traces with spike trains over them; nothing is read from or written to files.

    Parameters
    ----------
    traces : object
        Two-dimensional, anything with `shape`, `dtype` and slices: NumPy, memmap, h5py, zarr, dask.
    sample_rate : float
        In Hz.
    spikes : tuple of array_like, optional
        (samples, labels) or (samples, labels, masks): (n,) sample of each spike, (n,) integer label of its train, and
        (n, n_channels) how much each channel took part, 0…1.
    time_axis : int, optional
        0 or 1; None: the longer one.

    Raises
    ------
    TracesError
        The arrays don't fit each other.
    """

    sums = None

    def __init__(
        self, traces: Any, sample_rate: float, spikes: Spikes | None = None, time_axis: int | None = None
    ) -> None:
        if not sample_rate > 0:
            raise TracesError(f"The sample rate is in Hz and above 0, not {sample_rate}.")
        samples = as_samples(traces, time_axis)
        if not all(samples.shape):
            raise TracesError(f"Traces need a sample and a channel at least; this array has the shape {samples.shape}.")
        n_channels = samples.shape[1]
        times, labels, masks = _checked(spikes, n_channels)
        channels = read_only(np.arange(n_channels, dtype=np.int64))
        positions = np.column_stack([np.zeros(n_channels), -np.arange(n_channels, dtype=np.float64)])  # 0 on top
        probe = Probe(channels, read_only(positions), np.empty((0, 2), dtype=np.int64))
        self.model = ArrayTraces(samples, float(sample_rate), probe, times, masks)
        self.manager = ClusterManager(labels)
        self.selection = Selection(self.manager)
        self.time = TimeCursor(samples.shape[0] / sample_rate)
        self.views = ViewsOfSession()
        self.selection.select(self.manager.cluster_ids[:N_SELECTED].tolist())

    @property
    def opened(self) -> ArraySession:
        """The session itself: there is nothing to switch to."""
        return self

    @property
    def shown(self) -> ArraySession:
        """The session itself: all of its time is shown."""
        return self

    def tell_raw_trouble(self, error: Exception) -> None:
        """Do nothing: the view says what cannot be read."""

    def trace_pyramid(self, model: Any) -> None:
        """Arrays have no summary on disk."""

    def similar_to(self, cluster_id: int) -> list[tuple[int, float]]:
        """Return nothing: it is not known what is similar."""
        return []


def _checked(
    spikes: Spikes | None, n_channels: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], npt.NDArray[np.float32] | None]:
    """Return samples in ascending order with their labels and masks."""
    if spikes is None:
        return np.empty(0, np.int64), np.empty(0, np.int32), None
    if not 2 <= len(spikes) <= 3:
        raise TracesError("Spikes are (samples, labels) or (samples, labels, masks).")
    samples, labels = np.asarray(spikes[0]), np.asarray(spikes[1])
    if samples.ndim != 1 or samples.shape != labels.shape or samples.dtype.kind not in "iu":
        raise TracesError(
            f"Spikes need one integer sample and one label each, not arrays of {samples.dtype} {samples.shape} and "
            f"{labels.dtype} {labels.shape}."
        )
    if labels.dtype.kind not in "iu" or (len(labels) and labels.min() < 0):
        raise TracesError("Labels of spike trains are integers from 0.")
    order = np.argsort(samples, kind="stable")
    masks = None
    if len(spikes) == 3 and spikes[2] is not None:
        masks = np.asarray(spikes[2], dtype=np.float32)
        if masks.shape != (len(samples), n_channels):
            raise TracesError(f"Masks need the shape {(len(samples), n_channels)}, not {masks.shape}.")
        masks = read_only(masks[order])
    return read_only(samples[order].astype(np.int64)), read_only(labels[order].astype(np.int32)), masks
