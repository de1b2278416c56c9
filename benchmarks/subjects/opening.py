"""Opening a data set with a long journal: reading it, and doing all its edits again."""

from __future__ import annotations

import shutil
from pathlib import Path

from data_set import data_set
from editing import edit
from harness import Row, Side, Size, Watch
from sides import clustering_class

from napari_phy import ClusterManager, KwikModel, Session, open_session
from napari_phy.storage.store import EditStore

SIZE = Size(n_edits=10_000, n_repeats=3)
HAS_PEER = False
ROWS = (
    Row("open, 10 000 edits in the journal (theirs: none in it)", "open", theirs_key="open, no journal"),
    Row("  of this, checking the file and reading the journal", "read"),
    Row("  of this, doing the edits (theirs: making the manager)", "replay", theirs_key="construct"),
)


def measure(side: Side, size: Size, watch: Watch) -> None:
    make = clustering_class("ours")
    with data_set(size) as path:
        _edit(path, size)
        plain = path.with_name("plain.kwik")
        shutil.copy(path, plain)
        shutil.copy(path.with_suffix(".kwx"), plain.with_suffix(".kwx"))
        for _ in range(size.n_repeats):
            _open(watch, "open, no journal", plain)
            _open(watch, "open", path)
        model = KwikModel(path)
        for _ in range(size.n_repeats):
            store = watch.time("read", EditStore.open, model)
            manager = watch.time("construct", make, store.base.spike_clusters)
            watch.time("replay", manager.restore, store.records, store.n_done, store.next_id)
            store.close()
        model.close()


def _open(watch: Watch, key: str, path: Path) -> None:
    session: Session = watch.time(key, open_session, path)
    session.close()


def _edit(path: Path, size: Size) -> None:
    """Leave edits in the journal."""
    model = KwikModel(path)
    store = EditStore.open(model)
    edit(ClusterManager(store.base.spike_clusters, commit=store.commit), size.n_edits)
    store.close()
    model.close()
