"""The spikes of a selection as rows, in the order of one of their columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.core.spike_columns import UNKNOWN_CHANNEL, SpikeColumns
from napari_phy.stats.intervals import NO_INTERVAL, spike_intervals
from napari_phy.stats.refractory import REFRACTORY_MS
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import first_spikes
from napari_phy.views.settings import Choice, Switch, ViewSettings
from napari_phy.views.spike_amplitudes import Kind, amplitude_unit, count_unread, spike_amplitudes

SortKey = Literal["cluster", "time", "interval", "channel", "depth", "amplitude", "spike"]
SORT_KEYS: tuple[SortKey, ...] = ("cluster", "time", "interval", "channel", "depth", "amplitude", "spike")
_TO_BE_READ = ("channel", "depth", "amplitude")
N_READ_MOST = 20_000  # spikes that are read from raw data; until all are, amplitudes of more are those of features


@dataclass(frozen=True, slots=True)
class SpikesSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    shown : str
        "all" spikes, or only "violations" of the refractory time.
    key : str
        The column that orders the rows.
    descending : bool
        Whether the largest comes first.
    """

    view: ClassVar[str] = "Spikes"

    shown: Annotated[
        Literal["all", "violations"],
        Choice(title="Which spikes", of=(("All spikes", "all"), ("Refractory violations", "violations"))),
    ] = "all"
    key: Annotated[SortKey, Choice(title="Sorted by", of=tuple((key, key) for key in SORT_KEYS))] = "time"
    descending: Annotated[bool, Switch(title="Largest first")] = False


@dataclass(frozen=True, slots=True)
class SpikeListRequest:
    """What a list of spikes asks for; equal requests of an unchanged clustering give equal data.

    Attributes
    ----------
    clusters : tuple of int
        The clusters in the order of selection, best first.
    key : SortKey
        The column that orders the rows; among equals, time does.
    descending : bool
        Whether the largest comes first.
    only_violations : bool, default False
        Leave out what does not come within the refractory time after a spike of the same cluster.
    """

    clusters: tuple[int, ...]
    key: SortKey = "time"
    descending: bool = False
    only_violations: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SpikeListData:
    """The rows. Arrays are in the order of time; `rows` tells where each stands in the list.

    Attributes
    ----------
    request : SpikeListRequest
        What was asked for.
    spike_ids : ndarray of int64, shape (n,)
        Id of each spike, ascending.
    places : ndarray of int32, shape (n,)
        Position of the spike's cluster in `request.clusters`.
    times_s : ndarray of float64, shape (n,)
        Time of each spike.
    intervals_ms : ndarray of float64, shape (n,)
        Time since the spike before of the same cluster; nan for the first of each stretch of time that is used.
    channels : ndarray of int64, shape (n,)
        Channel id; −1 where unknown.
    depths, amplitudes : ndarray of float32, shape (n,)
        µm and `amplitude_unit`; nan where unknown.
    amplitude_unit : str
        "µV" or "a.u." of raw data, "features" without them and for more than `N_READ_MOST` spikes.
    rows : ndarray of int64, shape (n,)
        What stands in each row of the list, an index into the other arrays.
    ranks : ndarray of int64, shape (n,)
        The row of each, the inverse of `rows`.
    n_total : int
        Spikes of the clusters.
    caption : str
        The words below the list: "908 spikes, 12 within 2 ms".
    is_complete : bool
        Whether nothing is unknown that could be read.
    """

    request: SpikeListRequest
    spike_ids: npt.NDArray[np.int64]
    places: npt.NDArray[np.int32]
    times_s: npt.NDArray[np.float64]
    intervals_ms: npt.NDArray[np.float64]
    channels: npt.NDArray[np.int64]
    depths: npt.NDArray[np.float32]
    amplitudes: npt.NDArray[np.float32]
    amplitude_unit: str
    rows: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int64]
    n_total: int
    caption: str
    is_complete: bool

    def row_of(self, spike: int) -> int | None:
        """Return the row of a spike, or None."""
        place = int(np.searchsorted(self.spike_ids, spike))
        found = place < len(self.spike_ids) and self.spike_ids[place] == spike
        return int(self.ranks[place]) if found else None


def compute_spike_list(
    session: SessionLike, request: SpikeListRequest, on_progress: OnProgress = no_progress, *, wait: bool = True
) -> SpikeListData:
    """Order the spikes of some clusters; without features and raw data their columns are unknown.

    Parameters
    ----------
    wait : bool, default True
        Whether to wait for channels, depths and amplitudes, which are read the first time; else they are unknown for
        now, unless they order the rows.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    of_clusters = [session.manager.spikes(cluster) for cluster in request.clusters]
    gaps = [_intervals_ms(session, spikes) for spikes in of_clusters]
    spikes = np.concatenate([np.empty(0, np.int64), *of_clusters])
    intervals = np.concatenate([np.empty(0), *gaps])
    places = np.repeat(np.arange(len(of_clusters), dtype=np.int32), [len(ids) for ids in of_clusters])
    n_violations = int(np.count_nonzero(intervals < REFRACTORY_MS))
    order = np.argsort(spikes, kind="stable")
    if request.only_violations:
        order = order[intervals[order] < REFRACTORY_MS]
    spike_ids, places, intervals = spikes[order], places[order], intervals[order]
    has_columns = session.model.features is not None and session.model.masks is not None
    n_unread = count_unread(session, "peak to peak", spike_ids)
    from_raw = model.waveforms is not None and (len(spike_ids) <= N_READ_MOST or not n_unread)
    kind: Kind = "peak to peak" if from_raw else "feature"
    is_known = (session.columns.known is not None or not has_columns) and not count_unread(session, kind, spike_ids)
    is_complete = wait or request.key in _TO_BE_READ or is_known
    columns = session.columns.get(part_of(on_progress, 0, 0.5)) if has_columns and is_complete else None
    channels, depths, amplitudes = _of_columns(session, columns, spike_ids)
    if from_raw:
        of_amplitudes = part_of(on_progress, 0.5, 1)
        amplitudes = (
            spike_amplitudes(session, kind, spike_ids, of_amplitudes)
            if is_complete
            else np.full_like(amplitudes, np.nan)
        )
    values: dict[SortKey, npt.NDArray[Any]] = {
        "cluster": np.asarray(request.clusters, dtype=np.int64)[places],
        "time": spike_ids,
        "interval": intervals,
        "channel": channels,
        "depth": depths,
        "amplitude": amplitudes,
        "spike": spike_ids,
    }
    rows = _ordered(values[request.key], descending=request.descending)
    ranks = np.empty_like(rows)
    ranks[rows] = np.arange(len(rows))
    return SpikeListData(
        request,
        read_only(spike_ids),
        read_only(places),
        read_only(model.spike_samples[spike_ids] / model.sample_rate),
        read_only(intervals),
        read_only(channels),
        read_only(depths),
        read_only(amplitudes),
        amplitude_unit(session, kind),
        read_only(rows),
        read_only(ranks),
        len(spikes),
        _caption(len(spikes), n_violations, only=request.only_violations),
        is_complete,
    )


def _intervals_ms(session: SessionLike, spikes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    intervals = spike_intervals(session.model.spike_samples[spikes], first_spikes(session.manager, spikes))
    return np.where(intervals == NO_INTERVAL, np.nan, intervals * 1000.0 / session.model.sample_rate)


def _of_columns(
    session: SessionLike, columns: SpikeColumns | None, spike_ids: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return channel ids, depths and amplitudes."""
    if columns is None:
        unknown = np.full(len(spike_ids), np.nan, dtype=np.float32)
        return np.full(len(spike_ids), -1), unknown, unknown
    indices = columns.channels[spike_ids]
    known = indices != UNKNOWN_CHANNEL
    channels = np.where(known, session.model.probe.channel_ids[np.where(known, indices, 0)], -1)
    depths = columns.depths[spike_ids]
    if not session.model.probe.knows_positions:
        depths = np.full_like(depths, np.nan)
    return channels, depths, columns.amplitudes[spike_ids]


def _ordered(values: npt.NDArray[Any], *, descending: bool) -> npt.NDArray[np.int64]:
    """Return the indices that sort values, unknown ones last, equals as they are."""
    return np.argsort(-values if descending else values, kind="stable")


def _caption(n_spikes: int, n_violations: int, *, only: bool) -> str:
    within = f"within {format_number(REFRACTORY_MS)} ms"
    if only:
        return f"{format_number(n_violations)} of {format_count(n_spikes, 'spike')}: {within}"
    return f"{format_count(n_spikes, 'spike')}, {format_number(n_violations)} {within}"
