"""Measures of the waveforms of single spikes, read from raw data when they are asked for; what was read is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.spike_measures import MEASURES, Measure, spike_measure
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_pairs, required, samples_before, with_data

Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]

AT_ONCE = 2**14  # waveforms that are measured at a time

MEASURE_NAMES: Mapping[Measure, str] = MappingProxyType(
    {
        "peak": "peak",
        "half-width": "half-width",
        "peak-to-trough": "peak to trough",
        "repolarization": "repolarisation",
        "recovery": "recovery",
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """All measures of some spikes on one channel.

    Attributes
    ----------
    spike_ids : ndarray of int64, shape (n,)
        Ascending.
    values : ndarray of float32, shape (n, n_measures)
        In the order of `MEASURES`.
    """

    spike_ids: Int64
    values: Float32

    def find(self, spike_ids: Int64) -> Int64:
        """Return the place of each spike, −1 where it is not there."""
        places = np.minimum(np.searchsorted(self.spike_ids, spike_ids), max(len(self.spike_ids) - 1, 0))
        return np.where(self.spike_ids[places] == spike_ids, places, -1) if len(self.spike_ids) else places - 1

    def with_more(self, spike_ids: Int64, values: Float32) -> _Measured:
        """Return these and others, each spike once."""
        ids, firsts = np.unique(np.concatenate([self.spike_ids, spike_ids]), return_index=True)
        return _Measured(ids, np.concatenate([self.values, values])[firsts])


_measured: SessionCache[int, _Measured] = SessionCache(lambda of: of.spike_ids.nbytes + of.values.nbytes)


def measure_unit(measure: Measure, unit: str) -> str:
    """Return the unit of a measure of voltages in `unit`: "ms", "µV" or "µV/ms"."""
    if measure == "peak":
        return unit
    return "ms" if measure in ("half-width", "peak-to-trough") else f"{unit}/ms"


def measure_label(measure: Measure, unit: str) -> str:
    """Return `half-width (ms)`."""
    return f"{MEASURE_NAMES[measure]} ({measure_unit(measure, unit)})"


def spike_shapes(
    session: SessionLike,
    measure: Measure,
    spike_ids: Int64,
    channels: npt.NDArray[np.integer],
    on_progress: OnProgress = no_progress,
) -> npt.NDArray[np.float64]:
    """Return (n,) a measure of distinct spikes, each on one channel; nan where it cannot be told.

    Waveforms are those of the *Waveforms* view, filtered as there.

    Parameters
    ----------
    spike_ids : ndarray of int64, shape (n,)
        Spikes.
    channels : ndarray of int, shape (n,)
        Index of the channel of each; negative for a spike that is on none.

    Raises
    ------
    MissingDataError
        There are no raw data.
    """
    required(session.model.waveforms, session.model, "waveforms")
    unread = _unread(session, spike_ids, channels)
    for start in range(0, len(unread), AT_ONCE):
        some = unread[start : start + AT_ONCE]
        _read(session, spike_ids[some], channels[some], part_of(on_progress, start / len(unread), 1))
    values, column = np.full(len(spike_ids), np.nan), list(MEASURES).index(measure)
    for channel, known in _known(session, channels).items():
        rows = np.flatnonzero(channels == channel)
        places = known.find(spike_ids[rows])
        values[rows[places >= 0]] = known.values[places[places >= 0], column]
    return values


def count_unmeasured(session: SessionLike, spike_ids: Int64, channels: npt.NDArray[np.integer]) -> int:
    """Return how many waveforms must be read for the measures of some spikes."""
    return len(_unread(session, spike_ids, channels)) if session.model.waveforms is not None else 0


def _known(session: SessionLike, channels: npt.NDArray[np.integer]) -> dict[int, _Measured]:
    return _measured.known(session, np.unique(channels[channels >= 0]).tolist())


def _unread(session: SessionLike, spike_ids: Int64, channels: npt.NDArray[np.integer]) -> Int64:
    """Return the places of spikes that are on a channel where they were not measured yet."""
    is_unread = channels >= 0
    for channel, known in _known(session, channels).items():
        rows = np.flatnonzero(channels == channel)
        is_unread[rows] = known.find(spike_ids[rows]) < 0
    return np.flatnonzero(is_unread)


def _read(session: SessionLike, spike_ids: Int64, channels: npt.NDArray[np.integer], on_progress: OnProgress) -> None:
    """Measure waveforms, and keep the measures; spikes past the end of the raw data have none."""
    model = session.model
    rows = required(model.waveforms, model, "waveforms")
    has_data = np.isin(spike_ids, with_data(rows, np.sort(spike_ids)))
    values = np.full((len(spike_ids), len(MEASURES)), np.nan, dtype=np.float32)
    if has_data.any():
        waves = read_pairs(rows, spike_ids[has_data], channels[has_data].astype(np.int64), on_progress)
        before = samples_before(rows, waves.shape[1] // 2)
        found = [spike_measure(waves, one, sample_rate=model.sample_rate, before=before) for one in MEASURES]
        values[has_data] = np.column_stack(found)
    for channel in np.unique(channels).tolist():
        own = channels == channel
        empty = _Measured(np.empty(0, np.int64), np.empty((0, len(MEASURES)), np.float32))
        kept = _measured.known(session, [channel]).get(channel, empty)
        _measured.keep(session, channel, kept.with_more(spike_ids[own], values[own]))
