"""A hundred edits, a hundred undos, a hundred redos."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from harness import Limit, Row, Side, Size, Watch, random_clusters, spikes_of
from sides import Clustering, clustering_class, digest

SIZE = Size(n_repeats=5)
HAS_PEER = True
ROWS = (
    Row("100 merges", "merges", Limit(0.010)),
    Row("  100 undos", "merges, undone", Limit(0.010)),
    Row("  100 redos", "merges, redone", Limit(0.010)),
    Row("50 merges + 50 splits of 10 k sorted ids", "both", Limit(0.020)),
    Row("  100 undos", "both, undone", Limit(0.010)),
    Row("  100 redos", "both, redone"),
)
Edit = Callable[[], object]


def measure(side: Side, size: Size, watch: Watch) -> None:
    chosen = large_cluster_spikes(skewed_clusters(size), size)
    make = clustering_class(side)
    for _ in range(size.n_repeats if side == "ours" else 1):  # the peer takes half a minute
        clustering = make(skewed_clusters(size))  # the peer writes to what it is given
        time_series(watch, "merges", clustering, merges(clustering, size, size.n_edits))
        del clustering
        clustering = make(skewed_clusters(size))
        time_series(watch, "both", clustering, merges_and_splits(clustering, size, chosen))
        watch.digest = digest([clustering])
        del clustering


def skewed_clusters(size: Size) -> Any:
    """Return clusters of which the first tenth has half of the spikes."""
    n_large = n_large_clusters(size)
    return random_clusters(size, dict.fromkeys(range(n_large), 0.5 / n_large))


def n_large_clusters(size: Size) -> int:
    """Return how many clusters are large: one for each split."""
    return size.n_edits // 2


def large_cluster_spikes(spike_clusters: Any, size: Size) -> list[Any]:
    """Return the spikes that each split takes, of a large cluster each."""
    return spikes_of(spike_clusters, list(range(n_large_clusters(size))), size.n_split)


def merges(clustering: Clustering, size: Size, n_merges: int) -> list[Edit]:
    """Return merges of two small clusters each."""
    first = n_large_clusters(size)
    return [lambda i=i: clustering.merge([first + 2 * i, first + 2 * i + 1]) for i in range(n_merges)]  # type: ignore[misc]


def merges_and_splits(clustering: Clustering, size: Size, chosen: Iterable[Any]) -> list[Edit]:
    """Return merges and splits in turn."""
    splits: list[Edit] = [lambda spikes=spikes: clustering.split(spikes) for spikes in chosen]  # type: ignore[misc]
    return [edit for pair in zip(merges(clustering, size, len(splits)), splits, strict=True) for edit in pair]


def time_series(watch: Watch, key: str, clustering: Clustering, edits: list[Edit]) -> None:
    """Time doing all edits, undoing all, redoing all; ours and theirs end with all of them done."""
    watch.time(key, lambda: [edit() for edit in edits])
    watch.time(f"{key}, undone", lambda: [clustering.undo() for _ in edits])
    watch.time(f"{key}, redone", lambda: [clustering.redo() for _ in edits])
