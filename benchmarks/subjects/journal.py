"""A commit to the journal, in turn with a bare fdatasync of as many bytes in the same folder."""

from __future__ import annotations

import os

from data_set import data_set
from harness import Limit, Row, Side, Size, Watch, random_clusters, some_spikes

from napari_phy import ClusterManager, KwikModel, UpdateInfo
from napari_phy.storage.edit_records import encode_ids, encode_record
from napari_phy.storage.store import EditStore

SIZE = Size(n_spikes=1_000_000, n_clusters=50, n_repeats=50)
HAS_PEER = False
_KINDS = ("merge", "split", "undo")
_WORK = {"merge": "commit of a merge", "split": "commit of a split of 10 k", "undo": "commit of an undo"}
ROWS = tuple(Row(_WORK[kind], kind, Limit(10, "ours / theirs"), theirs_key=f"bare {kind}") for kind in _KINDS)


def measure(side: Side, size: Size, watch: Watch) -> None:
    spikes = some_spikes(random_clusters(size), 0, size.n_split)
    with data_set(size) as path:
        model = KwikModel(path)
        store = EditStore.open(model)
        with (path.parent / "bare").open("ab", buffering=0) as bare:
            turns = Turns(store, bare.fileno(), watch)
            manager = ClusterManager(store.base.spike_clusters, commit=turns.commit)
            for _ in range(size.n_repeats):
                manager.merge([1, 2])
                manager.undo()
                manager.split(spikes)
                manager.undo()
        store.close()
        model.close()


class Turns:
    """Commits to the journal, each followed by the bare write that it is compared with."""

    def __init__(self, store: EditStore, bare: int, watch: Watch) -> None:
        self._store = store
        self._bare = bare
        self._watch = watch

    def commit(self, update: UpdateInfo) -> None:
        kind = update.description if update.cause == "edit" else update.cause
        self._watch.time(kind, self._store.commit, update)
        record = encode_record(update).encode()
        if update.cause == "edit":
            record += encode_ids(update.spike_ids, update.spike_clusters) or b""
        self._watch.time(f"bare {kind}", self._write, record)

    def _write(self, content: bytes) -> None:
        os.write(self._bare, content)
        os.fdatasync(self._bare) if hasattr(os, "fdatasync") else os.fsync(self._bare)
