"""One open data set: the model, its clustering, what is selected, and where edits are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from psygnal import Signal

from napari_phy.core.base_model import BaseModel
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import JournalError
from napari_phy.core.feature_sums import FeatureSums
from napari_phy.core.selection import Selection
from napari_phy.core.update_info import UpdateInfo
from napari_phy.core.wizard import Wizard
from napari_phy.io.kwik.model import KwikModel
from napari_phy.io.store import EditStore, Snapshot
from napari_phy.stats.similarity import cosine_similarity

LAST = -100  # after every other listener: they all know of an edit before the selection follows it


def open_session(
    path: str | Path, channel_group: int | None = None, clustering: str | None = None, read_only: bool = False
) -> Session:
    """Open a Kwik data set for sorting.

    Parameters
    ----------
    path : the .kwik file.
    channel_group : which channels; the first group if None.
    clustering : which clustering; "main" if None, else the first by name.
    read_only : don't keep edits.

    Raises
    ------
    KwikFormatError : the file is not what it should be.
    """
    model = KwikModel(path, channel_group=channel_group, clustering=clustering)
    try:
        return Session(model, EditStore.open(model, read_only=read_only))
    except BaseException:
        model.close()
        raise


class Session:
    """What scripts, the notebook, the console and the docks share; each sees what the others do.

    Parameters
    ----------
    model : the data set as read from disk.
    store : where its edits are kept.
    """

    saved = Signal()
    closed = Signal()

    def __init__(self, model: BaseModel, store: EditStore) -> None:
        self.model = model
        self.store = store
        base = store.base
        self.manager = ClusterManager(
            base.spike_clusters, base.cluster_groups, base.cluster_colors, base.cluster_labels, commit=store.commit
        )
        self.manager.restore(store.records, store.n_done, store.next_id)
        self.selection = Selection(self.manager)
        self.sums = (
            FeatureSums(self.manager, model.features, model.masks)
            if model.features is not None and model.masks is not None
            else None
        )
        self.wizard = Wizard(self.manager, self.similar_to)
        self.manager.changed.connect(self._on_edited, priority=LAST)
        self.selection.changed.connect(self._on_selected)

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.model.name

    @property
    def messages(self) -> tuple[str, ...]:
        """What the user should know after opening: what is missing, what was recovered."""
        return (*self.model.missing, *self.store.messages)

    # ---- edits

    def merge(self, clusters: Iterable[int]) -> UpdateInfo:
        """Join two or more clusters into a new one."""
        return self.manager.merge(clusters)

    def split(self, spikes: npt.ArrayLike) -> UpdateInfo:
        """Give spikes a new cluster, and what is left of each cluster they came from another."""
        return self.manager.split(spikes)

    def assign(self, spikes: npt.ArrayLike, labels: npt.ArrayLike) -> UpdateInfo:
        """Put spikes together by label."""
        return self.manager.assign(spikes, labels)

    def move(self, clusters: Iterable[int], group: str) -> UpdateInfo:
        """Move clusters to a group."""
        return self.manager.move(clusters, group)

    def label(self, clusters: Iterable[int], field: str, value: str | float | bool | None) -> UpdateInfo:
        """Set a field of clusters; None takes the value away."""
        return self.manager.label(clusters, field, value)

    def recolor(self, clusters: Iterable[int], color: str | None) -> UpdateInfo:
        """Give clusters a colour "#rrggbb" of their own."""
        return self.manager.recolor(clusters, color)

    def discard(self, clusters: Iterable[int]) -> UpdateInfo:
        """Hide clusters in the group "discarded"."""
        return self.manager.discard(clusters)

    def undo(self) -> UpdateInfo | None:
        """Take back the last edit; None when there is nothing to undo."""
        return self.manager.undo()

    def redo(self) -> UpdateInfo | None:
        """Do the last undone edit again; None when there is nothing to redo."""
        return self.manager.redo()

    # ---- wizard

    def start_wizard(self) -> None:
        """Let the wizard propose, and select what it does."""
        self.wizard.start()
        self._select_place()

    def pause_wizard(self) -> None:
        """Let the wizard keep its place and propose nothing."""
        self.wizard.pause()

    def reset_wizard(self) -> None:
        """Let the wizard start over."""
        self.wizard.reset()
        self._select_place()

    def similar_to(self, cluster: int) -> list[tuple[int, float]]:
        """Return [(other cluster, cosine of the mean masked features)], the most similar first; [] without features."""
        if self.sums is None or cluster not in self.manager:
            return []
        others = self.manager.cluster_ids.tolist()
        others.remove(cluster)
        sums = self.sums.get([cluster, *others])
        if not others:
            return []
        values = cosine_similarity(
            np.stack([sums[other].feature_mask_sum for other in others]), sums[cluster].feature_mask_sum
        )
        order = np.argsort(-values, kind="stable")
        return [(others[i], float(values[i])) for i in order]

    def prepare(self, on_progress: Callable[[float], None] = lambda _: None) -> None:
        """Read the features once, for channels, depths and similarities; may run in a worker thread."""
        if self.sums is not None:
            self.sums.prepare(on_progress)

    # ---- saving

    @property
    def can_save(self) -> bool:
        """Whether the file can be written."""
        return self.store.can_save

    @property
    def is_dirty(self) -> bool:
        """Whether the clustering differs from what the file holds."""
        return self.manager.n_done != self.store.saved_position

    @property
    def n_unsaved(self) -> int:
        """How many edits lie between the file and what is shown."""
        return self.store.n_unsaved

    def snapshot(self) -> Snapshot:
        """Return the clustering as it is now, for `store.save` in a worker thread."""
        return Snapshot(
            n_done=self.manager.n_done,
            spike_clusters=self.manager.spike_clusters,
            cluster_groups=self.manager.cluster_groups,
            cluster_colors=self.manager.cluster_colors,
            cluster_labels=self.manager.cluster_labels,
            group_names=self.model.group_names,
            n_committed=self.store.n_committed,
        )

    def save(self) -> None:
        """Write the clustering into the .kwik, in one step: it holds either the old one or the new one.

        Raises ReadOnlyError or SaveError; the file is then as before and the edits stay in the journal.
        """
        self.store.save(self.snapshot())
        self.saved.emit()

    def discard_unsaved(self) -> None:
        """Undo or redo to the state that the file holds; redo or undo brings the edits back."""
        target = self.store.saved_position
        if target is None:
            raise JournalError(f"The saved state of {self.name} is no longer in the history; undo step by step.")
        while self.manager.n_done > target and self.undo():
            pass
        while self.manager.n_done < target and self.redo():
            pass

    def close(self) -> None:
        """Let go of every file; edits that are not saved stay in the journal."""
        self.store.close()
        self.model.close()
        self.closed.emit()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Session {self.name}: {len(self.manager.cluster_ids)} clusters, {self.model.n_spikes} spikes>"

    # ---- following

    def _on_selected(self) -> None:
        clusters = self.selection.clusters
        if clusters:
            self.wizard.look_at(clusters[0], next(iter(self.selection.similar), None))

    def _on_edited(self, update: UpdateInfo) -> None:
        """Select what the user wants to see after an edit."""
        if update.cause != "edit":
            self._follow_history(update)
        elif update.description == "merge":
            self.wizard.merge(update.deleted, update.added[0])
            self._select_place()
        elif update.added:
            self.wizard.split(update.deleted, update.added)
            self.selection.select(update.added, n_best=len(update.added))
        elif update.description in ("move", "discard"):
            self._follow_move(update)

    def _follow_move(self, update: UpdateInfo) -> None:
        moved = [change.cluster_id for change in update.metadata_changed]
        self.wizard.move(moved, update.metadata_changed[0].new)
        if set(moved) & set(self.selection.clusters):
            self._select_place()

    def _follow_history(self, update: UpdateInfo) -> None:
        if update.description in ("merge", "split", "assign", "move", "discard"):
            self.wizard.undo() if update.cause == "undo" else self.wizard.redo()
        restored = update.added or tuple(dict.fromkeys(change.cluster_id for change in update.metadata_changed))
        self.selection.select(restored, n_best=len(restored) if update.description == "split" else 1)

    def _select_place(self) -> None:
        place = self.wizard.place
        if place:
            self.selection.select(place)
