"""Waveforms in arrays as the waveform view reads a session, for scripts and the console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.chosen_channel import ChosenChannel
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import TracesError
from napari_phy.core.probe import Probe
from napari_phy.core.selection import Selection
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.formats.parameter_files.config import Config, load_config
from napari_phy.views.all_settings import ViewsOfSession

N_SELECTED = 12
PITCH_UM = 20.0


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ArrayWaveforms:
    """What the waveform view asks of a model."""

    waveforms: Any
    sample_rate: float
    probe: Probe
    masks: npt.NDArray[np.float32] | None
    spike_samples: npt.NDArray[np.int64]
    unit: str
    missing: tuple[str, ...] = ()

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return self.probe.n_channels


class ArrayWaveformSession:
    """Waveforms with clusters; nothing is read from or written to files.

    Parameters
    ----------
    waveforms : object, shape (n_spikes, n_samples, n_channels)
        Anything with `shape` that ascending integer arrays index.
    clusters : array_like, shape (n_spikes,)
        Integers from 0, the cluster of each spike.
    positions : array_like, shape (n_channels, 2), optional
        X and y in µm; None: one column, the first channel on top.
    masks : array_like, shape (n_spikes, n_channels), optional
        How much each channel took part, 0…1; None: all of them.
    sample_rate : float, default 20000.0
        In Hz.
    unit : str, default 'a.u.'
        Unit of the waveforms.

    Raises
    ------
    TracesError
        The arrays don't fit each other.
    """

    sums = None

    def __init__(
        self,
        waveforms: Any,
        clusters: npt.ArrayLike,
        positions: npt.ArrayLike | None = None,
        masks: npt.ArrayLike | None = None,
        *,
        sample_rate: float = 20_000.0,
        unit: str = "a.u.",
    ) -> None:
        waveforms = np.asarray(waveforms) if isinstance(waveforms, list | tuple) else waveforms
        shape, labels = tuple(waveforms.shape), np.asarray(clusters)
        if len(shape) != 3 or shape[1] < 2 or shape[2] < 1:
            raise TracesError(f"Waveforms need the shape (spikes, samples, channels), 2 samples or more, not {shape}.")
        if labels.shape != shape[:1] or (labels.size and (labels.dtype.kind not in "iu" or labels.min() < 0)):
            raise TracesError(f"Clusters need one integer from 0 for each of {shape[0]} spikes, not {labels.shape}.")
        if not sample_rate > 0:
            raise TracesError(f"The sample rate is in Hz and above 0, not {sample_rate}.")
        of_spikes = None if masks is None else np.array(masks, dtype=np.float32)
        if of_spikes is not None and of_spikes.shape != (shape[0], shape[2]):
            raise TracesError(f"Masks need the shape {(shape[0], shape[2])}, not {of_spikes.shape}.")
        samples = read_only(np.arange(shape[0], dtype=np.int64))
        probe = array_probe(shape[2], positions)
        self.model = ArrayWaveforms(waveforms, float(sample_rate), probe, of_spikes, samples, unit)
        self.manager = ClusterManager(labels.astype(np.int32))
        self.selection = Selection(self.manager)
        self.channel = ChosenChannel(shape[2])
        self.time = TimeCursor(max(shape[0], 1) / sample_rate)
        self.settings: Config = load_config()
        self.views = ViewsOfSession()
        self.selection.select(self.manager.cluster_ids[:N_SELECTED].tolist())

    @property
    def opened(self) -> ArrayWaveformSession:
        """The session itself: there is nothing to switch to."""
        return self

    @property
    def shown(self) -> ArrayWaveformSession:
        """The session itself: no stretch of time is left out."""
        return self

    def similar_to(self, cluster_id: int) -> list[tuple[int, float]]:
        """Return nothing: it is not known what is similar."""
        return []


def array_probe(n_channels: int, positions: npt.ArrayLike | None) -> Probe:
    """Return a probe of channels 0 … n − 1 at (n, 2) positions in µm, or in one column.

    Raises
    ------
    TracesError
        There is not one position for each channel.
    """
    channels = np.arange(n_channels, dtype=np.int64)
    column = np.column_stack([np.zeros(n_channels), -PITCH_UM * channels])
    places = column if positions is None else np.array(positions, dtype=np.float64)
    if places.shape != (n_channels, 2) or not np.isfinite(places).all():
        raise TracesError(f"Positions need {n_channels} finite pairs of x and y, not the shape {places.shape}.")
    return Probe(read_only(channels), read_only(places), np.empty((0, 2), dtype=np.int64))
