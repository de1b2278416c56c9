"""Edits of an open session: the clustering, one commit to the journal, and what follows an edit."""

from __future__ import annotations

from data_set import data_set
from harness import Row, Side, Size, Watch, random_clusters, some_spikes

from napari_phy import open_session

SIZE = Size(n_repeats=15)
HAS_PEER = False
ROWS = (
    Row("merge 2, one commit included", "merge"),
    Row("  undo", "undo merge"),
    Row("  redo", "redo merge"),
    Row("split 10 k, one commit included", "split"),
    Row("  undo", "undo split"),
    Row("  redo", "redo split"),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    spikes = some_spikes(random_clusters(size), size.n_clusters - 1, size.n_split)
    with data_set(size) as path, open_session(path) as session:
        session.prepare()
        for i in range(size.n_repeats):
            for kind, edit, on in (("merge", session.merge, [2 * i, 2 * i + 1]), ("split", session.split, spikes)):
                watch.time(kind, edit, on)
                watch.time(f"undo {kind}", session.undo)
                watch.time(f"redo {kind}", session.redo)
                session.undo()
