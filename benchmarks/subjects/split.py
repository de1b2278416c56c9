"""Split some spikes from a cluster of 2 % and from one of half of all spikes, undo, redo."""

from __future__ import annotations

from harness import Limit, Row, Side, Size, Watch, random_clusters, some_spikes
from sides import clustering_class, digest

SIZE = Size(n_repeats=7)
HAS_PEER = True
SHARES = {0: 0.02, 1: 0.5}
_NAMES = ("200 k", "5 M")
ROWS = tuple(
    Row(f"{verb} 10 k of {name}" if verb == "split" else f"  {verb}", f"{verb} {name}", Limit(1e-3))
    for name in _NAMES
    for verb in ("split", "undo", "redo")
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    spike_clusters = random_clusters(size, SHARES)
    chosen = [some_spikes(spike_clusters, cluster, size.n_split) for cluster in SHARES]
    clustering = clustering_class(side)(spike_clusters)
    for name, spikes in zip(_NAMES, chosen, strict=True):
        for _ in range(size.n_repeats):
            watch.time(f"split {name}", clustering.split, spikes)
            watch.time(f"undo {name}", clustering.undo)
            watch.time(f"redo {name}", clustering.redo)
            clustering.undo()
        clustering.redo()
    watch.digest = digest([clustering])
