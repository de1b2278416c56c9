"""A session of thousands of edits stays small, opens again soon, and leaves nothing behind."""

import gc
import time
import tracemalloc
import weakref
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy import ClusterManager, Session, open_session
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.storage.store import EditStore

BYTES_PER_EDIT = 2000
SECONDS = 2


def edit(session: Session, n_edits: int) -> int:
    """Make edits of all kinds; return how many spikes they moved."""
    rng, n_moved = np.random.default_rng(0), 0
    for number in range(n_edits):
        clusters = session.manager.cluster_ids
        kind = number % 5
        if kind == 0:
            spikes = session.manager.spikes(int(rng.choice(clusters)))
            if len(spikes) > 2:
                n_moved += len(session.split(np.sort(rng.choice(spikes, len(spikes) // 3, replace=False))).spike_ids)
        elif kind == 1 and len(clusters) > 5:
            session.merge(rng.choice(clusters, 2, replace=False).tolist())
        elif kind == 2:
            session.label([int(clusters[-1])], "note", f"{number}")
        elif kind == 3:
            group = "mua" if session.manager.group(int(clusters[0])) == "good" else "good"
            session.move([int(clusters[0])], group)
        elif session.undo():
            session.redo()
    return n_moved


def test_nothing_is_left_of_a_closed_session(tmp_path: Path) -> None:
    session = open_session(make_kwik(tmp_path))
    edit(session, 20)
    session.save()
    left = [weakref.ref(one) for one in (session, session.manager, session.store, session.model, session.selection)]
    session.close()
    del session
    gc.collect()
    assert [ref() for ref in left] == [None] * len(left)


@pytest.mark.soak
def test_twenty_thousand_edits(tmp_path: Path) -> None:
    n_spikes, n_edits = 1_000_000, 20_000
    kwik = make_kwik(tmp_path, spike_clusters=np.arange(n_spikes) % 200)
    with open_session(kwik) as session:
        edit(session, 10)
        gc.collect()
        tracemalloc.start()
        n_moved = edit(session, n_edits)
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] - sum(
            session.manager.spikes(cluster).nbytes for cluster in session.manager.cluster_ids.tolist()
        )
        tracemalloc.stop()
        expected = session.manager.spike_clusters.copy()
        assert (kept - 16 * n_moved) / n_edits < BYTES_PER_EDIT
    with closing(KwikModel(kwik)) as model:
        start = time.process_time()
        with closing(EditStore.open(model)) as store:
            manager = ClusterManager(store.base.spike_clusters, store.base.cluster_groups)
            manager.restore(store.records, store.n_done, store.next_id)
            assert time.process_time() - start < SECONDS
        assert np.array_equal(manager.spike_clusters, expected)
