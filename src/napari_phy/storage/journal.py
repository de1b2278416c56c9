"""The journal: every edit on disk before anybody sees it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from napari_phy.core.arrays import MAX_ID
from napari_phy.core.errors import JournalError
from napari_phy.core.update_info import UpdateInfo
from napari_phy.files.clustering_place import aside_name
from napari_phy.files.crash_points import reached
from napari_phy.files.platform_files import link_file, replace_file, sync_folder
from napari_phy.storage.edit_records import decode_record, encode_ids, encode_record, encode_value
from napari_phy.storage.journal_contents import BaseNote, EditRow, JournalContents, recovered
from napari_phy.storage.journal_file import JournalFile, UnreadableJournalError, explained
from napari_phy.storage.journal_state import JournalState, SavedPlace
from napari_phy.storage.store_messages import Whereabouts

__all__ = ["BaseNote", "Journal", "UnreadableJournalError"]


class Journal:
    """The edits of one clustering, held by one process at a time; a crash leaves it whole and free.

    Threads may share it. A method that raises JournalError leaves it as it was. A file in the format before is written
    anew.

    Raises
    ------
    JournalLockedError
        Another process is editing this clustering.
    UnreadableJournalError
        The file is damaged, or something else; the error has what could be read of it.
    JournalError
        The file cannot be made or written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._n_edits = 0
        self._cuts: list[tuple[int, int]] = []  # (edits made here before it, head) of edits that dropped a redo tail
        try:
            self._file = JournalFile(path)
        except UnreadableJournalError as error:
            contents = _recovered(path)
            if not (contents.is_old and contents.is_whole):
                raise UnreadableJournalError(str(error), contents) from error
            write_journal(path, contents.state, contents.base, contents.edits.values())
            self._file = JournalFile(path)
        contents = self._file.contents()
        if not contents.is_whole:
            self._file.close()
            raise UnreadableJournalError(f"{path.name} is damaged.", contents)
        self._file.seal(contents)
        self._state: JournalState | None = contents.state
        self._base: BaseNote | None = contents.base

    @property
    def is_new(self) -> bool:
        """Whether `start` was never called on it."""
        return self._state is None

    @property
    def state(self) -> JournalState:
        """Where it stands."""
        if self._state is None:
            raise JournalError(f"{self.path.name} was not started.")
        return self._state

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it that anybody could miss."""
        if self._state is None:
            return True
        return self._state.pending is None and self._base is None and not self._file.n_edits

    @property
    def n_edits(self) -> int:
        """New edits committed since it was opened: tells whether the stack changed since a snapshot was taken."""
        return self._n_edits

    def start(self, content_hash: str, next_id: int) -> None:
        """Begin with no edits on a file of this content; `next_id` is above every cluster id in it."""
        with self._changing():
            self._file.drop_edits(above=0)
            self._file.write_base(None)
            self._cuts.clear()
            self._state = JournalState(0, next_id, SavedPlace(0), content_hash)
        self._base = None

    def contents(self) -> JournalContents:
        """Return everything in it, the edits that can be redone included."""
        return self._file.contents()

    def commit(self, update: UpdateInfo) -> None:
        """Keep a new edit, or move the head over the one that was undone or redone; it is on disk on return.

        Raises
        ------
        JournalError
            The disk is full or gone, or the edit is not the one that lies there to be undone or redone.
        """
        with self._file.lock:
            head = self.state.head
            if update.cause == "edit":
                self._append(update, head)
            elif update.cause == "undo":
                self._move(update.inverse(), head, head - 1)
            else:
                self._move(update, head + 1, head + 1)
        reached("commit.committed")

    @property
    def base(self) -> BaseNote | None:
        """What the edits replay on, None while that is the file itself."""
        return self._base

    def keep_base(self, base: BaseNote) -> None:
        """Note what the edits replay on from now on."""
        with self._changing():
            self._file.write_base(base)
        self._base = base

    def expect(self, content_hash: str, head: int, n_edits: int) -> None:
        """Note that the file is about to hold the state after `head` edits.

        `n_edits` is what `n_edits` was when the state was taken: edits may have followed.
        """
        with self._changing():
            place = SavedPlace(head)
            for made_before, cut_at in self._cuts:
                if made_before >= n_edits:
                    place = place.after_cut(cut_at)
            self._state = self.state.with_pending(place, content_hash)

    def settle(self, content_hash: str) -> bool:
        """Note what the file turned out to hold; False, with nothing changed, when another program wrote it."""
        with self._file.lock:
            state = self.state.settled(content_hash)
            if state is not None and state != self.state:
                with self._changing():
                    self._state = state
            return state is not None

    @property
    def is_ours(self) -> bool:
        """Whether no other program moved, removed, shortened or overwrote its file."""
        return self._file.is_ours

    @property
    def whereabouts(self) -> Whereabouts:
        """Whether its file has the name that it was opened by, another one, or none."""
        if self._file.is_in_place:
            return "in place"
        return "moved" if self._file.is_moved else "removed"

    def write_anew(self, records: Iterable[UpdateInfo]) -> Path | None:
        """Write its file anew, with all edits, where another program moved, removed or changed it.

        Return the name that was given to what the other program left, None if it left nothing.

        Raises
        ------
        JournalError, OSError
            It cannot be written.
        """
        with self._file.lock:
            rows = [edit_row(seq, record) for seq, record in enumerate(records, start=1)]
            aside = aside_name(self.path) if self.path.exists() else None
            write_journal(self.path, self.state, self._base, rows, aside=aside)
            self._file.close()
            lock, self._file = self._file.lock, JournalFile(self.path)
            self._file.lock = lock
            self._file.seal(self._file.contents())
            return aside

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def remove(self) -> None:
        """Delete the file and close it."""
        self._file.leave(lambda: self.path.unlink(missing_ok=True))

    def set_aside(self, target: Path) -> None:
        """Rename the file and close it, so that no other process gets it in between."""
        self._file.leave(lambda: self.path.rename(target))

    def _append(self, update: UpdateInfo, head: int) -> None:
        if not all(0 <= cluster <= MAX_ID for cluster in update.added):
            raise JournalError(f"New clusters have ids from 0 to {MAX_ID}.")
        try:
            row = edit_row(head + 1, update)
        except TypeError as error:
            raise JournalError(str(error)) from error
        with self._changing():
            n_cut = self._file.drop_edits(above=head)
            self._file.add_edit(row)
            reached("commit.inserted")
            self._state = self.state.with_edit(next_free_id([update]), time.time())
        if n_cut:
            self._cuts.append((self._n_edits, head))
        self._n_edits += 1

    def _move(self, edit: UpdateInfo, seq: int, head: int) -> None:
        with self._changing():
            stored = self._file.edit(seq)
            if stored is None or _outline(edit) != _outline(decode_record(stored.kind, stored.record, None)):
                raise JournalError(
                    f"The {edit.description} that was undone or redone is not edit {seq} of {self.path.name}."
                )
            reached("commit.inserted")
            self._state = self.state.with_head(head, time.time())

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Write what is changed inside, and the state, or nothing."""
        with self._file.lock:
            before = self._state
            try:
                with self._file.transaction():
                    yield
                    self._file.write_state(self.state)
            except BaseException:
                self._state = before
                raise


def write_journal(
    path: Path,
    state: JournalState | None,
    base: BaseNote | None,
    edits: Iterable[EditRow],
    *,
    aside: Path | None = None,
) -> None:
    """Write the file of a journal as a whole, on the disk on return; what was there gets the name `aside`, if any.

    Raises
    ------
    JournalError, OSError
        It cannot be written; what was there is as before.
    """
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with closing(JournalFile(new)) as file, file.transaction():
        file.write_base(base)
        for row in edits:
            file.add_edit(row)
        if state is not None:
            file.write_state(state)
    if aside is not None and not link_file(path, aside):
        shutil.copyfile(path, aside)
    rest = path.with_name(f"{path.name}-journal")  # of a broken commit: it belongs to the old file
    if aside is not None and rest.exists() and rest.stat().st_size:
        rest.rename(aside.with_name(f"{aside.name}-journal"))
    rest.unlink(missing_ok=True)
    replace_file(new, path)
    sync_folder(path.parent)


def next_free_id(edits: Iterable[UpdateInfo]) -> int:
    """Return an id above those of the clusters that edits made."""
    return max((int(cluster) + 1 for edit in edits for cluster in edit.added), default=0)


def _recovered(path: Path) -> JournalContents:
    try:
        return recovered(path)
    except FileNotFoundError:  # a link that leads nowhere
        return JournalContents()
    except OSError as error:
        raise explained(error, path) from error


def edit_row(seq: int, update: UpdateInfo) -> EditRow:
    """Return an edit as it lies in the file; `seq` is its place on the stack, from 1 on.

    Raises
    ------
    TypeError
        A label has a value that the file cannot hold.
    """
    ids = encode_ids(update.spike_ids, update.spike_clusters)
    return EditRow.of(seq, update.description, encode_record(update), ids)


def _outline(update: UpdateInfo) -> tuple[object, ...]:
    """Return what tells one edit from another, whatever the order of its parts."""
    changes = (
        repr((int(change.cluster_id), change.field, encode_value(change.old), encode_value(change.new)))
        for change in update.metadata_changed
    )
    groups = sorted(map(repr, update.groups_changed))
    return (update.description, sorted(update.added), sorted(update.deleted), sorted(changes), groups)
