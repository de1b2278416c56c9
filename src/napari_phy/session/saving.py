"""Saving the edits of a session: into its file, into a copy, or going back to what the file holds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from napari_phy.core.errors import JournalError
from napari_phy.core.signals import signal
from napari_phy.session.clusterings import FileClusterings
from napari_phy.session.edits import Edits
from napari_phy.storage.clustering_summaries import Where
from napari_phy.storage.store import Snapshot


class Saving(Edits, FileClusterings):
    """Writes edits, those of the clustering that is open and those that wait in others, in one step each."""

    saved = signal()

    @property
    def can_save(self) -> bool:
        """Whether the file can be written."""
        return self._current.opened.store.can_save

    @property
    def is_dirty(self) -> bool:
        """Whether the clustering differs from what the file holds."""
        return self.manager.n_done != self._current.opened.store.saved_position

    @property
    def n_unsaved(self) -> int:
        """How many edits lie between the file and what is shown."""
        return self._current.opened.store.n_unsaved

    @property
    def n_unsaved_in_all(self) -> int:
        """The same, with those that wait in other channel groups and clusterings of the file."""
        return self.n_unsaved + sum(self.waiting.values())

    def snapshot(self) -> Snapshot:
        """Return the clustering as it is now, for `store.save` in a worker thread."""
        return self._current.opened.snapshot()

    def save(self) -> None:
        """Write the clustering into the .kwik, in one step: it holds either the old one or the new one.

        Raises
        ------
        ReadOnlyError, SaveError
            The file cannot be written; it is as before, and the edits stay in the journal.
        """
        self._save_open()
        self.saved.emit()

    def save_all(self) -> None:
        """Save, and with it the edits that wait in other channel groups and clusterings of the file.

        Raises
        ------
        ReadOnlyError, SaveError
            A file cannot be written; what was written until then stays so.
        """
        if self.is_dirty or not self.waiting:
            self._save_open()
        self._save_others(self.waiting)

    def save_savable(self) -> None:
        """Save only the edits of other channel groups and clusterings that can be written, as before closing.

        Raises
        ------
        SaveError
            Not all of them were written.
        """
        self._save_others(self.savable)

    def _save_others(self, places: Iterable[Where]) -> None:
        try:
            with self._current.lock:
                self._others.save(places)
        finally:
            self.saved.emit()

    def _save_open(self) -> None:
        with self._current.lock:
            store, model = self._current.opened.store, self._current.opened.model
            store.save(self._current.opened.snapshot())
            is_new = model.saved_as(store.clustering)
        if is_new:
            self.clusterings_changed.emit()

    def save_copy(self, path: str | Path) -> None:
        """Write the clustering as it is shown into a data set of another name; this one goes on with its own file.

        The features are copied along; the copy finds the raw data where they are.

        Raises
        ------
        SaveError
            The copy cannot be written.
        """
        opened = self._current.opened
        opened.store.save_copy(opened.snapshot(), path, opened.model.raw_places)

    def discard_unsaved(self) -> None:
        """Undo or redo to the state that the file holds; redo or undo brings the edits back."""
        target = self._current.opened.store.saved_position
        if target is None:
            raise JournalError(
                f"The saved state of {self._current.opened.model.name} is no longer in the history; undo step by step."
            )
        self.go_to_edit(target)

    def go_to_edit(self, n_done: int) -> None:
        """Undo or redo until that many edits hold, or as far as the history goes."""
        while self.manager.n_done > n_done and self.undo():
            pass
        while self.manager.n_done < n_done and self.redo():
            pass
