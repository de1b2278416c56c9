"""The other clusterings and channel groups of the file that a session has open."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import partial

import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.clustering_file import ORIGINAL, ClusteringSummary, check_not_original
from napari_phy.core.errors import ReadOnlyError
from napari_phy.core.signals import signal
from napari_phy.session.changes import Change, FileEdit, Reopening, Reset, Switch
from napari_phy.session.current import Current
from napari_phy.session.other_clusterings import OtherClusterings
from napari_phy.storage.clustering_summaries import Where

Act = Callable[[], None]


class FileClusterings(ABC):
    """Goes to other clusterings; adds, copies, renames, deletes and resets them.

    Each `beginning_to_…` returns the same as a change whose slow half may run in another thread. While one is under
    way, another raises ClusteringError.
    """

    switched = signal()
    clusterings_changed = signal()

    _current: Current
    _others: OtherClusterings
    _read_only: bool

    @abstractmethod
    def save(self) -> None:
        """Write the clustering that is open into the file."""

    @property
    def clusterings(self) -> tuple[str, ...]:
        """The clusterings of the channel group, in the alphabet."""
        return self._current.opened.model.clusterings

    @property
    def waiting(self) -> Mapping[Where, int]:
        """{(channel group, clustering): edits} of those that are not open and have unsaved edits."""
        return self._others.waiting

    @property
    def in_original(self) -> Mapping[Where, int]:
        """The same of `original` of any channel group, into which nothing is saved: these edits stay in the journal."""
        return self._others.in_original

    @property
    def savable(self) -> Mapping[Where, int]:
        """Those of `waiting` that a save can write into the file."""
        return self._others.savable

    @property
    def summaries(self) -> list[ClusteringSummary]:
        """How far every clustering of every channel group of the file is; [] where there is none but the open one."""
        return self._others.summaries()

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
        change = self.beginning_to_switch(channel_group, clustering)
        if change is not None:
            change.do()

    def add_clustering(self, name: str, spike_clusters: npt.ArrayLike) -> None:
        """Add a clustering to the file; the session stays where it is. `spike_clusters` is (n_spikes,)."""
        self._file_edit(partial(self._file.add_clustering, name, spike_clusters)).do()

    def copy_clustering(self, name: str, new_name: str) -> None:
        """Copy a clustering under a new name; the one that is open is copied as it is shown, unsaved edits included."""
        self.beginning_to_copy(name, new_name).do()

    def rename_clustering(self, name: str, new_name: str) -> None:
        """Rename a clustering; its unsaved edits and its undo go along. When it is the open one, `switched` follows."""
        self.beginning_to_rename(name, new_name).do()

    def delete_clustering(self, name: str) -> None:
        """Delete a clustering that is not the open one; edits kept for it are set aside."""
        self.beginning_to_delete(name).do()

    def reset_clustering(self, name: str | None = None) -> None:
        """Make a clustering (None: the open one) what "original" is.

        The open one is reset by an edit, which can be undone; clusters that are not those of "original" get new ids.
        Another one is written at once, and edits kept for it are set aside.
        """
        self.beginning_to_reset(name).do()

    # ---- the same in two halves

    def beginning_to_switch(self, channel_group: int | None = None, clustering: str | None = None) -> Change | None:
        """Return the change that `switch` is; None where there is nothing to do."""
        model = self._current.opened.model
        group = model.channel_group if channel_group is None else channel_group
        if clustering is None and group == model.channel_group:
            clustering = model.clustering
        if (group, clustering) == (model.channel_group, model.clustering):
            return None
        return Switch(self._current, (group, clustering), self._tell_switched, read_only=self._read_only)

    def beginning_to_copy(self, name: str, new_name: str) -> Change:
        """Return the change that `copy_clustering` is; what it copies is what is shown now."""
        opened = self._current.opened
        if name != opened.model.clustering:
            return self._file_edit(partial(self._file.copy_clustering, name, new_name))
        if new_name.strip() == opened.store.clustering != name:
            return self._file_edit(self.save)  # its edits are kept for a clustering of that name
        return self._file_edit(partial(self._file.copy_clustering, name, new_name, opened.snapshot().clustering))

    def beginning_to_rename(self, name: str, new_name: str) -> Change:
        """Return the change that `rename_clustering` is."""
        if name != self._current.opened.model.clustering:
            return self._file_edit(partial(self._file.rename_clustering, name, new_name))
        return self._reopening(partial(self._file.rename_to, new_name), new_name.strip())

    def beginning_to_delete(self, name: str) -> Change:
        """Return the change that `delete_clustering` is."""
        return self._file_edit(partial(self._file.delete_clustering, name))

    def beginning_to_reset(self, name: str | None = None) -> Change:
        """Return the change that `reset_clustering` is."""
        open_now = self._current.opened.model.clustering
        if name is not None and name != open_now:
            return self._file_edit(partial(self._file.reset_clustering, name))
        check_not_original(self._file.path, open_now)
        return Reset(self._current, partial(self._file.sibling, self._file.channel_group, ORIGINAL))

    def _file_edit(self, act: Act) -> Change:
        return FileEdit(self._current, act, self._tell_clusterings)

    def _reopening(self, act: Act, name: str) -> Change:
        return Reopening(self._current, act, name, self._tell_reopened, read_only=self._read_only)

    def _tell_switched(self) -> None:
        self._others.look()
        self._others.note()
        self.switched.emit()

    def _tell_clusterings(self) -> None:
        self._others.look()
        self.clusterings_changed.emit()

    def _tell_reopened(self) -> None:
        self._tell_switched()
        self.clusterings_changed.emit()

    @property
    def _file(self) -> BaseModel:
        model = self._current.opened.model
        model.check_holds_clusterings()
        if self._read_only:
            raise ReadOnlyError(f"{model.name} is open read-only; nothing was changed.")
        return model
