"""Auto- and cross-correlograms of all pairs of clusters: bins of 1 ms, lags up to 25 ms, at ever higher rates."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
from harness import SEED, Limit, Row, Side, Size, Watch

SIZE = Size(n_spikes=10_000_000, n_repeats=7)
HAS_PEER = True
_RATE, _DURATION_S = 20_000.0, 1800.0
_BIN_MS, _WINDOW_MS = 1.0, 50.0
_CASES = (("100 k", 100, 10), ("1 M", 10, 50), ("10 M", 1, 300))  # name, part of all spikes, clusters
ROWS = (
    Row(
        "100 k spikes, 10 clusters (theirs: SpikeInterface)",
        "100 k",
        Limit(0.333, "ours / theirs"),
        peer_key="SI 100 k",
    ),
    Row("  the same (theirs: phylib)", "100 k", Limit(0.333, "ours / theirs"), peer_key="phylib 100 k"),
    Row("1 M spikes, 50 clusters (theirs: SpikeInterface)", "1 M", Limit(0.2, "ours / theirs"), peer_key="SI 1 M"),
    Row("  the same (theirs: phylib)", "1 M", Limit(0.2, "ours / theirs"), peer_key="phylib 1 M"),
    Row(
        "10 M spikes, 300 clusters (theirs: SpikeInterface)", "10 M", Limit(0.0667, "ours / theirs"), peer_key="SI 10 M"
    ),
    Row("kept, of 1 M spikes in 50 clusters: three after a merge", "kept merge"),
    Row("  four after a split of 1 000 spikes", "kept split"),
)

Count = Callable[[np.ndarray, np.ndarray, int], object]


def measure(side: Side, size: Size, watch: Watch) -> None:
    for name, part, n_clusters in _CASES:
        n_spikes = max(2, size.n_spikes // part)
        rng = np.random.default_rng(SEED + part)
        samples = np.sort(rng.integers(0, round(_DURATION_S * _RATE), n_spikes))
        clusters = rng.integers(0, n_clusters, n_spikes).astype(np.int32)
        n_times = size.n_repeats if part > 1 else 1
        if side == "ours":
            counts = _by_us(samples, clusters, n_clusters, watch, name, n_times)
            if name == "1 M":
                watch.digest = hashlib.blake2b(counts, digest_size=8).hexdigest()
                _incremental(samples, clusters, size, watch)
        else:
            _by_spikeinterface(samples, clusters, n_clusters, watch, name, n_times)
            if part > 1:
                counts = _by_phylib(samples, clusters, n_clusters, watch, name, n_times)
            if name == "1 M":
                watch.digest = hashlib.blake2b(counts, digest_size=8).hexdigest()


def _by_us(samples: np.ndarray, clusters: np.ndarray, n: int, watch: Watch, name: str, n_times: int) -> np.ndarray:
    from napari_phy.stats import correlograms

    options = {"sample_rate": _RATE, "bin_ms": _BIN_MS, "window_ms": _WINDOW_MS}
    counts = correlograms(samples[:100_000], clusters[:100_000], np.arange(n), **options)  # loads compiled code
    for _ in range(n_times):
        counts = watch.time(name, correlograms, samples, clusters, np.arange(n), **options)
    return counts


def _by_phylib(samples: np.ndarray, clusters: np.ndarray, n: int, watch: Watch, name: str, n_times: int) -> np.ndarray:
    from phylib.stats.ccg import correlograms

    times = (samples + 0.5) / _RATE  # they are cut to whole samples
    options = {"cluster_ids": np.arange(n), "sample_rate": _RATE, "symmetrize": False}
    options |= {"bin_size": _BIN_MS / 1000, "window_size": _WINDOW_MS / 1000}
    counts = np.empty(0)
    for _ in range(min(n_times, 3)):
        counts = watch.time(f"phylib {name}", correlograms, times, clusters, **options)
    return np.ascontiguousarray(counts, dtype=np.int64)


def _by_spikeinterface(
    samples: np.ndarray, clusters: np.ndarray, n: int, watch: Watch, name: str, n_times: int
) -> None:
    from spikeinterface.core import NumpySorting
    from spikeinterface.postprocessing import compute_correlograms

    options = {"window_ms": _WINDOW_MS, "bin_ms": _BIN_MS, "method": "numba"}
    few = NumpySorting.from_samples_and_labels([samples[:1000]], [clusters[:1000]], _RATE)
    compute_correlograms(few, **options)  # compiles
    sorting = NumpySorting.from_samples_and_labels([samples], [clusters], _RATE, unit_ids=np.arange(n))
    sorting.to_spike_vector(concatenated=False)
    for _ in range(n_times):
        watch.time(f"SI {name}", compute_correlograms, sorting, **options)


def _incremental(samples: np.ndarray, clusters: np.ndarray, size: Size, watch: Watch) -> None:
    """Look at clusters right after edits, with the counts of all pairs kept."""
    from types import SimpleNamespace

    class Model(SimpleNamespace):
        """One that can be referred to weakly."""

    from napari_phy.core.cluster_manager import ClusterManager
    from napari_phy.views.correlograms import CorrelogramRequest, cache_correlograms, compute_correlograms

    model = Model(spike_samples=samples, n_spikes=len(samples), sample_rate=_RATE, duration=_DURATION_S)
    session = SimpleNamespace(model=model, manager=ClusterManager(clusters), range_s=(0.0, _DURATION_S))
    cache_correlograms(session, CorrelogramRequest((0,)))
    for turn in range(size.n_repeats):
        merged = session.manager.merge([2 * turn, 2 * turn + 1]).added
        watch.time("kept merge", compute_correlograms, session, CorrelogramRequest((*merged, 48, 49)))
        spikes = session.manager.spikes(merged[0])
        parts = session.manager.split(spikes[:: max(2, len(spikes) // 1000)]).added
        watch.time("kept split", compute_correlograms, session, CorrelogramRequest((*parts, 48, 49)))
