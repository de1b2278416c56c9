"""The columns of the list of clusters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.base_model import BaseModel
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.refractory import refractory_fraction
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import ClusterSumsLike, SessionLike
from napari_phy.table.waveform_samples import waveform_samples

HIDDEN_GROUP = "discarded"
_GROUP_ORDER = ("good", "mua", "noise", "unsorted")
_CLUSTERS_AT_ONCE = 8


@dataclass(frozen=True, slots=True, eq=False)
class ClusterTable:
    """One row a cluster, ascending ids; discarded clusters are left out.

    Attributes
    ----------
    ids : (n,) int64.
    groups : n lower-case names.
    channels : (n,) int64, id of the first of its channels; −1 where unknown.
    depths : (n,) float64, µm, centre of mass of the same over y; nan where unknown, as without positions.
    n_spikes : (n,) int64.
    rates : (n,) float64, Hz.
    amplitudes : (n,) float64, in the unit of the model; nan until `compute_amplitudes` has read them.
    refractory : (n,) float64, per cent of intervals below 2 ms; nan with fewer than two spikes.
    """

    ids: npt.NDArray[np.int64]
    groups: tuple[str, ...]
    channels: npt.NDArray[np.int64]
    depths: npt.NDArray[np.float64]
    n_spikes: npt.NDArray[np.int64]
    rates: npt.NDArray[np.float64]
    amplitudes: npt.NDArray[np.float64]
    refractory: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where on the probe a cluster is."""

    channel: int = -1
    depth: float = math.nan


# what never changes of a cluster
_places: SessionCache[int, _Place] = SessionCache(2**25, lambda place: 256)
_refractory: SessionCache[int, float] = SessionCache(2**25, lambda share: 128)
_amplitudes: SessionCache[int, float] = SessionCache(2**25, lambda amplitude: 128)


def compute_cluster_table(
    session: SessionLike, cluster_ids: Iterable[int] | None = None, *, reads: Literal["all", "times", "nothing"] = "all"
) -> ClusterTable:
    """Return the rows of some clusters (None: all that are not discarded, ascending).

    What was computed for a cluster once is kept, so after an edit only the new clusters cost something. Of clusters
    not seen before, channel and depth stay unknown unless features may be read ("all"), refractory with "nothing".
    Where the session has only the spikes of a stretch of time, numbers of spikes, rates and intervals are those of the
    stretch; channels, depths and amplitudes are those of whole clusters.
    """
    manager, whole = session.manager, session.whole
    ids = manager.cluster_ids.tolist() if cluster_ids is None else [int(cluster) for cluster in cluster_ids]
    groups = manager.groups_of(ids)
    if cluster_ids is None:
        ids = [cluster for cluster, group in zip(ids, groups, strict=True) if group != HIDDEN_GROUP]
        groups = [group for group in groups if group != HIDDEN_GROUP]
    if reads == "all":
        places = _places.get(whole, ids, partial(_find_places, whole))
    else:
        places = _places.known(whole, ids)
    if reads == "nothing":
        refractory = _refractory.known(session, ids)
    else:
        refractory = _refractory.get(session, ids, partial(_compute_refractory, session))
    rows = [places.get(cluster, _Place()) for cluster in ids]
    amplitudes = _amplitudes.known(whole, ids)
    n_spikes = np.array([manager.n_spikes(cluster) for cluster in ids], dtype=np.int64)
    return ClusterTable(
        ids=read_only(np.array(ids, dtype=np.int64)),
        groups=tuple(groups),
        channels=read_only(np.array([row.channel for row in rows], dtype=np.int64)),
        depths=read_only(np.array([row.depth for row in rows], dtype=np.float64)),
        n_spikes=read_only(n_spikes),
        rates=read_only(mean_rates(session, n_spikes)),
        amplitudes=read_only(np.array([amplitudes.get(cluster, math.nan) for cluster in ids], dtype=np.float64)),
        refractory=read_only(np.array([refractory.get(cluster, math.nan) for cluster in ids], dtype=np.float64)),
    )


def compute_amplitudes(
    session: SessionLike, cluster_ids: Iterable[int], on_progress: OnProgress = no_progress
) -> dict[int, float]:
    """Return the amplitude of whole clusters by id, in the unit of the model; slow, for a worker thread.

    max − min of mean waveform × mean mask on the largest channel, over up to 100 evenly spaced waveforms. Tables made
    later hold them, also those that were read before `on_progress` ended the work. {} when there is no raw data.
    """
    if session.model.waveforms is None:
        return {}
    ids, whole = [int(cluster) for cluster in cluster_ids], session.whole
    amplitudes: dict[int, float] = {}
    for start in range(0, len(ids), _CLUSTERS_AT_ONCE):
        some = ids[start : start + _CLUSTERS_AT_ONCE]
        of_some = part_of(on_progress, start / len(ids), (start + len(some)) / len(ids))
        amplitudes.update(_amplitudes.get(whole, some, partial(_read_amplitudes, whole, on_progress=of_some)))
    return amplitudes


def group_counts(table: ClusterTable) -> dict[str, int]:
    """Return the number of clusters of each group that has any: good, mua, noise, unsorted, then the user's own."""
    counts = Counter(table.groups)
    own = sorted(group for group in counts if group not in _GROUP_ORDER)
    return {group: counts[group] for group in (*_GROUP_ORDER, *own) if counts[group]}


def clusters_sentence(table: ClusterTable, n_shown: int | None = None) -> str:
    """Return "22 clusters · 7 444 spikes", or with a filter "8 of 22 clusters"."""
    clusters = format_count(len(table.ids), "cluster")
    if n_shown is not None:
        return f"{format_number(n_shown)} of {clusters}"
    return f"{clusters} · {format_count(int(table.n_spikes.sum()), 'spike')}"


def groups_sentence(table: ClusterTable) -> str:
    """Return "8 good 3 mua 4 noise 7 unsorted"."""
    return " ".join(f"{format_number(n)} {group}" for group, n in group_counts(table).items())


def mean_rates(session: SessionLike, n_spikes: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the mean rates in Hz of clusters with so many spikes in `session`.

    This is the only place where spikes are divided by a duration: that of the time whose spikes the session has.
    """
    start_s, stop_s = session.range_s
    rates: npt.NDArray[np.float64] = n_spikes / max(stop_s - start_s, 1 / session.model.sample_rate)
    return rates


def _compute_refractory(session: SessionLike, clusters: list[int]) -> dict[int, float]:
    samples, rate, manager = session.model.spike_samples, session.model.sample_rate, session.manager
    return {
        cluster: 100 * refractory_fraction(samples[manager.spikes(cluster)], sample_rate=rate) for cluster in clusters
    }


def _find_places(session: SessionLike, clusters: list[int]) -> dict[int, _Place]:
    if session.sums is None:
        return dict.fromkeys(clusters, _Place())
    return {cluster: _place(session.model, sums) for cluster, sums in session.sums.get(clusters).items()}


def _place(model: BaseModel, sums: ClusterSumsLike) -> _Place:
    """Return the id of the first of a cluster's channels, and the centre of mass over y."""
    channels, weights = channels_by(sums), sums.abs_sum
    channel = int(model.probe.channel_ids[channels[0]]) if len(channels) else -1
    total = float(weights.sum())
    knows_depth = total > 0 and model.probe.knows_positions
    return _Place(channel, float(weights @ model.probe.positions[:, 1] / total) if knows_depth else math.nan)


def _read_amplitudes(session: SessionLike, clusters: list[int], on_progress: OnProgress) -> dict[int, float]:
    samples = waveform_samples(session, clusters, on_progress=on_progress)
    return {cluster: float(sample.amplitudes.max()) for cluster, sample in samples.items()}
