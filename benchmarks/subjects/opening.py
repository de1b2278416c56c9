"""Opening a data set with a long journal: reading it, and doing all its edits again."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import numpy as np
from data_set import data_set
from harness import SEED, Row, Side, Size, Watch
from sides import clustering_class

from napari_phy import ClusterManager, KwikModel, Session, open_session
from napari_phy.io.store import EditStore

SIZE = Size(n_edits=10_000, n_repeats=3)
HAS_PEER = False
_N_MOVED = 1_000  # spikes of a split
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
    """Merge, move and split in turn until there are enough edits in the journal."""
    chance = random.Random(SEED)
    rng = np.random.default_rng(SEED)
    model = KwikModel(path)
    store = EditStore.open(model)
    manager = ClusterManager(store.base.spike_clusters, commit=store.commit)
    while manager.n_done < size.n_edits:
        clusters = manager.cluster_ids.tolist()
        kind = manager.n_done % 3
        if kind == 0:
            manager.merge(chance.sample(clusters, 2))
        elif kind == 1:
            manager.split(_part(manager, max(chance.sample(clusters, 5), key=manager.n_spikes), rng))
        else:
            cluster = chance.choice(clusters)
            manager.move([cluster], "mua" if manager.group(cluster) == "good" else "good")
    store.close()
    model.close()


def _part(manager: ClusterManager, cluster: int, rng: np.random.Generator) -> np.ndarray:
    spikes = manager.spikes(cluster)
    return rng.choice(spikes, min(_N_MOVED, len(spikes) // 2), replace=False)
