"""The journal: every edit on disk before anybody sees it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_phy.core.errors import JournalError
from napari_phy.core.update_info import UpdateInfo
from napari_phy.io.crash_points import reached
from napari_phy.io.edit_records import decode_record, encode_ids, encode_record, encode_value
from napari_phy.io.journal_file import BaseNote, EditRow, JournalFile, UnreadableJournalError
from napari_phy.io.journal_state import JournalState, SavedPlace

__all__ = ["BaseNote", "DamagedEditError", "Journal", "UnreadableJournalError"]


class DamagedEditError(UnreadableJournalError):
    """An edit of a journal is not what was written; those before and after it may be.

    Attributes
    ----------
    seq : its place on the stack, from 1 on.
    """

    def __init__(self, message: str, seq: int) -> None:
        super().__init__(message)
        self.seq = seq


class Journal:
    """The edits of one clustering, held by one process at a time; a crash leaves it whole and free.

    Threads may share it. A method that raises JournalError leaves it as it was.

    Raises
    ------
    JournalLockedError
        Another process is editing this clustering.
    UnreadableJournalError
        The file cannot be understood.
    JournalError
        The file cannot be made or written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._n_edits = 0
        self._cuts: list[tuple[int, int]] = []  # (edits made here before it, head) of edits that dropped a redo tail
        self._file = JournalFile(path)
        try:
            self._state = self._file.state()
        except JournalError:
            self._file.close()
            raise

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
        return self._state.pending is None and self._file.base() is None and not self._file.has_edits

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
            self._write_state(JournalState(0, next_id, SavedPlace(0), content_hash))

    def records(self) -> tuple[UpdateInfo, ...]:
        """Return every stored edit from the first on, those that can be redone included.

        Raises
        ------
        DamagedEditError
            An edit is damaged or missing.
        """
        records = []
        for seq, row in enumerate(self._file.edits(), start=1):
            if row.seq != seq:
                raise DamagedEditError(f"Edit {seq} is missing from {self.path.name}.", seq)
            if not row.is_whole:
                raise DamagedEditError(f"Edit {seq} in {self.path.name} is not what was written.", seq)
            try:
                records.append(decode_record(row.kind, row.record, row.ids))
            except ValueError as error:
                raise DamagedEditError(f"Edit {seq} in {self.path.name} cannot be read: {error}.", seq) from error
        if self.state.head > len(records):
            missing = len(records) + 1
            raise DamagedEditError(f"Edit {missing} is missing from {self.path.name}.", missing)
        return tuple(records)

    def cut(self, n_whole: int) -> None:
        """Forget all edits but the first `n_whole`, as when they were undone and another one took their place."""
        with self._changing():
            self._file.drop_edits(above=n_whole)
            self._write_state(self.state.cut(n_whole))

    def begin_at_saved(self) -> None:
        """Forget the edits that the file holds, so that those after them replay on the file as it is."""
        n_saved = self.state.saved.head
        rows = [row for row in self._file.edits() if row.seq > n_saved and row.is_whole]
        followed = [row for place, row in enumerate(rows, start=1) if row.seq == n_saved + place]
        with self._changing():
            self._file.drop_edits(above=0)
            self._file.write_base(None)
            for place, row in enumerate(followed, start=1):
                self._file.add_edit(EditRow.of(place, row.kind, row.record, row.ids))
            self._write_state(self.state.begun_at_saved(len(followed)))

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

    def base(self) -> BaseNote | None:
        """Return what the edits replay on, None while that is the file itself."""
        return self._file.base()

    def keep_base(self, base: BaseNote) -> None:
        """Note what the edits replay on from now on."""
        with self._changing():
            self._file.write_base(base)

    def expect(self, content_hash: str, head: int, n_edits: int) -> None:
        """Note that the file is about to hold the state after `head` edits.

        `n_edits` is what `n_edits` was when the state was taken: edits may have followed.
        """
        with self._changing():
            place = SavedPlace(head)
            for made_before, cut_at in self._cuts:
                if made_before >= n_edits:
                    place = place.after_cut(cut_at)
            self._write_state(self.state.with_pending(place, content_hash))

    def settle(self, content_hash: str) -> bool:
        """Note what the file turned out to hold; False, with nothing changed, when another program wrote it."""
        with self._file.lock:
            state = self.state.settled(content_hash)
            if state is not None and state != self.state:
                with self._changing():
                    self._write_state(state)
            return state is not None

    @property
    def is_there(self) -> bool:
        """Whether its file was not removed meanwhile."""
        return self._file.is_there

    def write_anew(self) -> None:
        """Write its file anew, with all edits, where it was removed; raises JournalError, OSError."""
        with self._file.lock:
            self._file = self._file.written_anew()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def remove(self) -> None:
        """Take the file away and let go of it."""
        self._file.leave(lambda: self.path.unlink(missing_ok=True))

    def set_aside(self, target: Path) -> None:
        """Give the file another name and let go of it, so that nobody gets it in between."""
        self._file.leave(lambda: self.path.rename(target))

    def copy_to(self, target: Path) -> None:
        """Write a copy of the journal as it is."""
        self._file.copy_to(target)

    def _append(self, update: UpdateInfo, head: int) -> None:
        try:
            record, ids = encode_record(update), encode_ids(update.spike_ids, update.spike_clusters)
        except TypeError as error:
            raise JournalError(str(error)) from error
        with self._changing():
            n_cut = self._file.drop_edits(above=head)
            self._file.add_edit(EditRow.of(head + 1, update.description, record, ids))
            reached("commit.inserted")
            next_id = max((int(cluster) + 1 for cluster in update.added), default=0)
            self._write_state(self.state.with_edit(next_id, time.time()))
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
            self._write_state(self.state.with_head(head, time.time()))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._file.lock:
            before = self._state
            try:
                with self._file.transaction():
                    yield
            except BaseException:
                self._state = before
                raise

    def _write_state(self, state: JournalState) -> None:
        self._file.write_state(state)
        self._state = state


def _outline(update: UpdateInfo) -> tuple[object, ...]:
    """Return what tells one edit from another, whatever the order of its parts."""
    changes = (
        repr((int(change.cluster_id), change.field, encode_value(change.old), encode_value(change.new)))
        for change in update.metadata_changed
    )
    groups = sorted(map(repr, update.groups_changed))
    return (update.description, sorted(update.added), sorted(update.deleted), sorted(changes), groups)
