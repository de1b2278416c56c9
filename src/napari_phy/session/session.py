"""One open data set, and what can be done with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy.typing as npt
from psygnal import Signal

from napari_phy.core.base_model import BaseModel
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import JournalError, NotInFileError, ReadOnlyError
from napari_phy.core.feature_sums import FeatureSums
from napari_phy.core.selection import Selection
from napari_phy.core.wizard import Wizard
from napari_phy.io.config import Config, load_config
from napari_phy.io.kwik import clusterings
from napari_phy.io.kwik.model import KwikModel
from napari_phy.io.opening import open_model
from napari_phy.io.store import EditStore, Snapshot
from napari_phy.session.edits import Edits
from napari_phy.session.following import Following
from napari_phy.session.open_clustering import OpenClustering


def open_session(
    path: str | Path, channel_group: int | None = None, clustering: str | None = None, read_only: bool = False
) -> Session:
    """Open a Kwik data set for sorting.

    Parameters
    ----------
    path : the .kwik file, or another that belongs to one or is of Open Ephys: .kwx, .kwe, .raw.kwd.
    channel_group : which channels; the first group if None.
    clustering : which clustering; "main" if None, else the first by name.
    read_only : don't keep edits.

    Raises
    ------
    KwikFormatError : the file is not what it should be.
    """
    model = open_model(path, channel_group, clustering)
    try:
        return Session(model, EditStore.open(model, read_only=read_only), read_only=read_only)
    except BaseException:
        model.close()
        raise


class Session(Edits):
    """What scripts, the notebook, the console and the docks share; each sees what the others do.

    Parameters
    ----------
    model : the data set as read from disk.
    store : where its edits are kept.
    """

    saved = Signal()
    closed = Signal()
    switched = Signal()
    clusterings_changed = Signal()
    raw_data_found = Signal()

    def __init__(self, model: BaseModel, store: EditStore, *, read_only: bool = False) -> None:
        self._read_only = read_only
        self._changing = threading.RLock()
        self._settings: Config | None = None
        self._opened = OpenClustering.of(model, store)
        self._following = Following(self._opened)

    @property
    def opened(self) -> OpenClustering:
        """The channel group and clustering that are open now, for whoever must not be switched under way."""
        return self._opened

    @property
    def model(self) -> BaseModel:
        """The data set as read from disk; another one after a switch."""
        return self._opened.model

    @property
    def store(self) -> EditStore:
        """Where edits are kept; another one after a switch."""
        return self._opened.store

    @property
    def manager(self) -> ClusterManager:
        """The clustering; another one after a switch."""
        return self._opened.manager

    @property
    def selection(self) -> Selection:
        """What is selected; another one after a switch."""
        return self._opened.selection

    @property
    def sums(self) -> FeatureSums | None:
        """Sums of masked features by cluster; None without features."""
        return self._opened.sums

    @property
    def wizard(self) -> Wizard:
        """Which cluster to look at next; another one after a switch."""
        return self._opened.wizard

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.model.name

    @property
    def settings(self) -> Config:
        """The settings of the data set, those of every channel group and clustering; read when first asked for."""
        if self._settings is None:
            self._settings = load_config(self.model.path)
        return self._settings

    def load_settings(self, preferences: Mapping[str, Any] | None = None) -> Config:
        """Read the settings anew, on top of {setting: value} of napari's Preferences."""
        self._settings = load_config(self.model.path, preferences)
        return self._settings

    @property
    def messages(self) -> tuple[str, ...]:
        """What the user should know after opening: what is missing, what was recovered."""
        return (*self.model.missing, *self.store.messages)

    # ---- other clusterings and channel groups of the file

    @property
    def clusterings(self) -> tuple[str, ...]:
        """The clusterings of the channel group, in the alphabet."""
        return self.model.clusterings

    def switch(self, channel_group: int | None = None, clustering: str | None = None) -> None:
        """Go to another channel group or clustering of the file; None stays, or takes main in another channel group.

        Edits that are not saved stay in the journal of the clustering that is left, and are there when it is switched
        back to. `model`, `store`, `manager`, `selection`, `sums` and `wizard` are other objects afterwards; then
        `switched` is emitted, once. When it fails the session stays as it was.

        Raises
        ------
        NotInFileError
            The file has no such channel group or clustering.
        KwikFormatError
            It cannot be read.
        """
        with self._changing:
            place = self.model.channel_group, self.model.clustering
            group = place[0] if channel_group is None else channel_group
            if clustering is None and group == place[0]:
                clustering = place[1]
            if (group, clustering) == place:
                return
            left, opened = self._opened, self._opened.opened_at(group, clustering, read_only=self._read_only)
            self._go_to(opened)
            left.close(but_not_of=opened)
        self.switched.emit()

    def add_clustering(self, name: str, spike_clusters: npt.ArrayLike) -> None:
        """Add a clustering to the file; the session stays where it is. `spike_clusters` is (n_spikes,)."""
        self._file.add_clustering(name, spike_clusters)
        self.clusterings_changed.emit()

    def copy_clustering(self, name: str, new_name: str) -> None:
        """Copy a clustering under a new name; the one that is open is copied as it is shown, unsaved edits included."""
        if name == self.model.clustering and new_name.strip() == self.store.clustering != name:
            self.save()  # its edits are kept for a clustering of that name
        elif name == self.model.clustering:
            shown = self._opened.snapshot()
            changes = clusterings.Changes(
                spike_clusters=shown.spike_clusters,
                cluster_groups=shown.cluster_groups,
                cluster_colors=shown.cluster_colors,
                cluster_labels=shown.cluster_labels,
                user_groups=shown.user_groups,
                keeps_the_rest=False,
            )
            clusterings.copy_clustering(*self._place, new_name, changes)
            self._file.refresh()
        else:
            self._file.copy_clustering(name, new_name)
        self.clusterings_changed.emit()

    def rename_clustering(self, name: str, new_name: str) -> None:
        """Rename a clustering; its unsaved edits and its undo go along. When it is the open one, `switched` follows."""
        if name == self.model.clustering:
            self._reopen(lambda: clusterings.rename_clustering(*self._place, new_name), new_name.strip())
        else:
            self._file.rename_clustering(name, new_name)
        self.clusterings_changed.emit()

    def delete_clustering(self, name: str) -> None:
        """Delete a clustering that is not the open one; edits kept for it are set aside."""
        self._file.delete_clustering(name)
        self.clusterings_changed.emit()

    def reset_clustering(self, name: str | None = None) -> None:
        """Make a clustering (None: the open one) what "original" is; edits kept for it are set aside.

        When it is the open one, `switched` follows.
        """
        if name is None or name == self.model.clustering:
            self._reopen(lambda: clusterings.reset_clustering(*self._place), self.model.clustering)
        else:
            self._file.reset_clustering(name)

    @property
    def _file(self) -> KwikModel:
        if not isinstance(self.model, KwikModel):
            raise NotInFileError(f"{self.name} has one clustering; only a .kwik holds several.")
        if self._read_only:
            raise ReadOnlyError(f"{self.name} is open read-only; nothing was changed.")
        return self.model

    @property
    def _place(self) -> tuple[Path, int, str]:
        model = self._file
        return model.path, model.channel_group, model.clustering

    def _reopen(self, act: Callable[[], None], clustering: str) -> None:
        """Let go of the open clustering for an act on it, and open it again, under its new name if that came about."""
        with self._changing:
            _, channel_group, name = self._place
            self.store.close()
            try:
                act()
                name = clustering
            finally:
                self._go_to(self._opened.opened_at(channel_group, name, read_only=self._read_only))
                self.switched.emit()

    def _go_to(self, opened: OpenClustering) -> None:
        """Take another clustering for the one that is open."""
        self._following.close()
        self._opened, self._following = opened, Following(opened)

    # ---- raw data

    def locate_raw(self, paths: str | Path | Sequence[str | Path] | Mapping[str, str | Path]) -> None:
        """Read traces and waveforms from raw files that moved; they are found there from now on.

        Parameters
        ----------
        paths : a file, several, or a folder that has them; or {name in the .kwik: file}.

        Raises
        ------
        MissingDataError : they are not there, or nobody can tell which is which.
        KwikFormatError : they cannot be the raw data of this data set.
        """
        with self._changing:
            self.take_raw(self.model, self.model.with_raw(paths))

    def take_raw(self, asked: BaseModel, found: BaseModel) -> bool:
        """Go on with the model that `asked.with_raw` found; False, and nothing done, when `asked` was switched away."""
        with self._changing:
            if self._opened.model is not asked:
                found.close_traces()
                return False
            self._opened = replace(self._opened, model=found)
            asked.close_traces()
        self.raw_data_found.emit()
        return True

    # ---- wizard

    def start_wizard(self) -> None:
        """Let the wizard propose, and select what it does."""
        self.wizard.start()
        self._following.select_place()

    def pause_wizard(self) -> None:
        """Let the wizard keep its place and propose nothing."""
        self.wizard.pause()

    def reset_wizard(self) -> None:
        """Let the wizard start over."""
        self.wizard.reset()
        self._following.select_place()

    def similar_to(self, cluster: int) -> list[tuple[int, float]]:
        """Return [(other cluster, cosine of the mean masked features)], the most similar first.

        [] without features, and while those of a large data set are read in the background or that was cancelled.
        """
        return self._opened.similar_to(cluster)

    @property
    def holds_features(self) -> bool:
        """Whether the features of a large data set are read elsewhere, or not read after a cancel."""
        return self.sums is not None and self.sums.is_held

    def prepare(self, on_progress: Callable[[float], None] = lambda _: None) -> None:
        """Read the features once, for channels, depths and similarities; may run in a worker thread."""
        sums = self.sums
        if sums is not None:
            sums.prepare(on_progress)

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
        return self._opened.snapshot()

    def save(self) -> None:
        """Write the clustering into the .kwik, in one step: it holds either the old one or the new one.

        Raises ReadOnlyError or SaveError; the file is then as before and the edits stay in the journal.
        """
        with self._changing:
            store, model = self._opened.store, self._opened.model
            store.save(self._opened.snapshot())
            is_new = isinstance(model, KwikModel) and model.take_name(store.clustering)
        self.saved.emit()
        if is_new:
            self.clusterings_changed.emit()

    def save_copy(self, path: str | Path) -> None:
        """Write the clustering as it is shown into a data set of another name; this one goes on with its own file.

        The features are copied along; the copy finds the raw data where they are. Raises SaveError.
        """
        opened = self._opened
        opened.store.save_copy(opened.snapshot(), path, opened.model.raw_places)

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
        with self._changing:
            self._opened.close()
        self.closed.emit()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Session {self.name}: {len(self.manager.cluster_ids)} clusters, {self.model.n_spikes} spikes>"
