"""A session in memory: a store that keeps nothing, for tests of widgets that need no file."""

from dataclasses import dataclass, field

from support import random_model

from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.errors import ReadOnlyError, SaveError
from napari_phy.session import Session


@dataclass
class MemoryStore:
    """Counts commits as the journal does, saves nowhere."""

    base: StoredClustering
    clustering: str = "main"
    can_save: bool = True
    read_only: bool = False
    is_gone: bool = False
    whereabouts: str = "in place"
    is_outdated: bool = False
    messages: tuple = ()
    recovered_at: object = None
    set_aside: object = None
    left_behind: object = None
    records: tuple = ()
    n_done: int = 0
    next_id: int = 0
    saved_position: int | None = 0
    position: int = 0
    save_error: Exception | None = None
    saved: list = field(default_factory=list)
    copies: list = field(default_factory=list)
    changed: str = ""
    file_trouble: str = ""

    @property
    def n_unsaved(self):
        return abs(self.position - (self.saved_position or 0))

    @property
    def n_committed(self):
        return self.position

    def commit(self, update):
        self.position += -1 if update.cause == "undo" else 1

    def save(self, snapshot):
        if self.is_gone:
            raise ReadOnlyError("memory.kwik is not there any more.")
        if not self.can_save:
            raise ReadOnlyError("memory.kwik is read-only.")
        if self.save_error is not None:
            raise self.save_error
        self.saved.append(snapshot)
        self.saved_position = snapshot.n_done

    def save_copy(self, snapshot, target, raw_places):
        if self.save_error is not None:
            raise self.save_error
        self.copies.append((snapshot, target, raw_places))

    def look_at_file(self):
        return bool(self.changed)

    def what_changed(self):
        changed, self.changed = self.changed, ""
        if changed:
            self.file_trouble, self.is_outdated = changed, True
        return changed

    def close(self):
        pass


def light_session(n_clusters=8, n_spikes=1200, **changes):
    """Return a session of clusters 0 … n_clusters − 1 in memory; `changes` goes to `random_model`."""
    changes.setdefault("cluster_groups", {0: "good", 1: "mua", 2: "noise"})
    model = random_model(n_spikes, n_clusters, **changes)
    base = StoredClustering(
        model.spike_clusters, model.cluster_groups, model.cluster_colors, model.cluster_labels, model.group_names
    )
    return Session(model, MemoryStore(base))


def disk_full():
    """Return the error of a save that found no room."""
    return SaveError("Could not save: the disk is full. Nothing was changed; your 1 edit stays in the journal.")
