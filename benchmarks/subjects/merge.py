"""Merge two clusters, undo, redo."""

from __future__ import annotations

from harness import Limit, Row, Side, Size, Watch, random_clusters
from sides import clustering_class, digest

SIZE = Size()
HAS_PEER = True
FEWER = 10
_VERBS = ("merge", "undo", "redo")
ROWS = (
    *(Row(f"{verb}" if verb != "merge" else "merge 2", verb, Limit(1e-4)) for verb in _VERBS),
    *(
        Row(
            f"{verb} in a tenth of the spikes" if verb != "merge" else "merge 2 in a tenth of the spikes",
            f"{verb}, fewer",
            Limit(1e-4),
        )
        for verb in _VERBS
    ),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    make = clustering_class(side)
    clusterings = []
    for n_spikes, suffix in ((size.n_spikes, ""), (size.n_spikes // FEWER, ", fewer")):
        clustering = make(random_clusters(Size(n_spikes, size.n_clusters)))
        for i in range(size.n_repeats):
            watch.time(f"merge{suffix}", clustering.merge, [2 * i, 2 * i + 1])
            watch.time(f"undo{suffix}", clustering.undo)
            watch.time(f"redo{suffix}", clustering.redo)
            clustering.undo()
        clustering.redo()
        clusterings.append(clustering)
    watch.digest = digest(clusterings)
