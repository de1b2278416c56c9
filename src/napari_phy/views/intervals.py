"""Histograms of the intervals between the spikes of each selected cluster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.intervals import density_of, interval_counts, linear_edges, log_edges
from napari_phy.table.numbers import format_count, format_number, format_shown
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike

Scale = Literal["linear", "log"]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

REFRACTORY_MS = 2.0
SHORTEST_MS, LONGEST_MS = 0.1, 10_000.0  # of the logarithmic axis
MOST_BINS = 10_000


@dataclass(frozen=True, slots=True)
class IntervalsRequest:
    """What a view of intervals wishes to see.

    Attributes
    ----------
    clusters : in the order of selection, best first.
    scale : "linear", from `shortest_ms` to `window_ms`, or "log", from 0.1 ms to 10 s.
    n_bins : of the linear axis; as many on average of the logarithmic one.
    window_ms : longest interval on the linear axis.
    refractory_ms : intervals below it are counted as violations.
    shortest_ms : shortest interval on the linear axis, below `window_ms`.
    bin_ms : width of a bin of the linear axis; None: as `n_bins` makes it.
    """

    clusters: tuple[int, ...]
    scale: Scale = "linear"
    n_bins: int = 50
    window_ms: float = 50.0
    refractory_ms: float = REFRACTORY_MS
    shortest_ms: float = 0.0
    bin_ms: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class IntervalsData:
    """What a view of intervals draws: step lines over common bins.

    Attributes
    ----------
    request : what was asked for.
    cluster_ids : (n,) int64, in the order of selection.
    edges_ms : (n_bins + 1,) float64, whole samples in ms; a bin holds its low edge, not the high one.
    counts : (n, n_bins) int64 intervals.
    density : (n, n_bins) float64, `counts` over all intervals in sight and the width of the bin: per ms, or per
        decade on the logarithmic axis.
    n_intervals : (n,) int64, in sight or not.
    n_violations : (n,) int64, below `request.refractory_ms`.
    caption : the words below the picture.
    """

    request: IntervalsRequest
    cluster_ids: Int64
    edges_ms: Float64
    counts: Int64
    density: Float64
    n_intervals: Int64
    n_violations: Int64
    caption: str


_Key = tuple[int, IntervalsRequest]
_counted: SessionCache[_Key, tuple[Int64, int, int]] = SessionCache(2**24, lambda one: one[0].nbytes + 64)


def compute_intervals(
    session: SessionLike, request: IntervalsRequest, on_progress: OnProgress = no_progress
) -> IntervalsData:
    """Count the intervals between neighbouring spikes, of all spikes of the clusters.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    on_progress(0)
    model, rate = session.model, session.model.sample_rate
    edges = _edges(request, rate)

    def count(keys: list[_Key]) -> dict[_Key, tuple[Int64, int, int]]:
        found = {}
        for done, key in enumerate(keys):
            on_progress(done / len(keys))
            samples = model.spike_samples[session.manager.spikes(key[0])]
            violations = np.count_nonzero(np.diff(samples) * 1000.0 < request.refractory_ms * rate)
            found[key] = read_only(interval_counts(samples, edges)), max(0, len(samples) - 1), int(violations)
        return found

    keys = {cluster: (cluster, replace(request, clusters=())) for cluster in request.clusters}
    found = _counted.get(session, keys.values(), count)
    each = [found[keys[cluster]] for cluster in request.clusters]
    counts = np.array([one[0] for one in each], dtype=np.int64).reshape(len(each), len(edges) - 1)
    edges_ms = edges / rate * 1000
    widths = np.diff(np.log10(edges_ms)) if request.scale == "log" else np.diff(edges_ms)
    density = np.array([density_of(one, widths) for one in counts]).reshape(counts.shape)
    n_spikes = sum(session.manager.n_spikes(cluster) for cluster in request.clusters)
    n_intervals = np.array([one[1] for one in each], dtype=np.int64)
    n_outside = int(n_intervals.sum() - counts.sum())
    return IntervalsData(
        request=request,
        cluster_ids=read_only(np.array(request.clusters, dtype=np.int64)),
        edges_ms=read_only(edges_ms),
        counts=read_only(counts),
        density=read_only(density),
        n_intervals=read_only(n_intervals),
        n_violations=read_only(np.array([one[2] for one in each], dtype=np.int64)),
        caption=_caption(request, n_spikes, n_outside),
    )


def _edges(request: IntervalsRequest, sample_rate: float) -> Int64:
    if request.scale == "log":
        per_decade = max(1, round(request.n_bins / np.log10(LONGEST_MS / SHORTEST_MS)))
        return log_edges(SHORTEST_MS, LONGEST_MS, per_decade, sample_rate)
    length_ms = request.window_ms - request.shortest_ms
    bin_ms = max(request.bin_ms or length_ms / request.n_bins, length_ms / MOST_BINS)
    return linear_edges(bin_ms, request.window_ms, sample_rate, request.shortest_ms)


def _caption(request: IntervalsRequest, n_spikes: int, n_outside: int) -> str:
    words = [
        format_shown(n_spikes, n_spikes),
        f"beside the ids: intervals below {request.refractory_ms:g} ms",
        f"{format_count(n_outside, 'interval')} out of sight",
    ]
    return "; ".join(words if n_outside else words[:2])


def violation_words(data: IntervalsData, place: int) -> str:
    """Return `3 (0.7 %)`, the intervals of a cluster that are too short for one neuron."""
    n, total = int(data.n_violations[place]), int(data.n_intervals[place])
    return f"{format_number(n)} ({format_number(100 * n / total, 1)} %)" if n else "0"
