"""The edits of one clustering: kept in the journal, found again at opening, saved into the file."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from weakref import WeakSet

from napari_phy.core.base_model import BaseModel
from napari_phy.core.clustering_file import ClusteringFile, ClusteringReader, StoredClustering
from napari_phy.core.errors import JournalError, JournalLockedError, NapariPhyError, ReadOnlyError
from napari_phy.core.sentences import cause_of
from napari_phy.core.update_info import UpdateInfo
from napari_phy.files.clustering_place import ClusteringPlace
from napari_phy.files.crash_points import reached
from napari_phy.files.platform_files import sync_folder
from napari_phy.files.replacing import clean_up, disk_was_full, identity_or_none
from napari_phy.files.side_folder import closed_folder, remove_side_folder, side_folder
from napari_phy.storage import store_messages
from napari_phy.storage.journal import Journal
from napari_phy.storage.journal_opening import EditedFile, OpenedJournal, open_journal, without_edits
from napari_phy.storage.journal_order import JournalOrder
from napari_phy.storage.journal_places import find_left_behind
from napari_phy.storage.replay_base import base_of, first_free_id, keep_base
from napari_phy.storage.saving import Snapshot, explaining, replace_by_snapshot

__all__ = ["EditStore", "Snapshot"]

logger = logging.getLogger(__name__)
_open_here: WeakSet[EditStore] = WeakSet()  # what this process edits


class EditStore:
    """Where the edits of one data set, channel group and clustering are kept; made by `open`.

    Attributes
    ----------
    messages : list of str
        Sentences for the user about what was found at opening.
    session_start : float
        When the session began, s since 1970; edits from before are recovered.
    recovered_at : datetime or None
        Time of the last edit, when the journal holds edits from before that the file does not; else None.
    set_aside : Path or None
        The journal that was set aside at opening, if one was.
    left_behind : Path or None
        Side folder of a file that is gone, whose edits fit this one; `take_over_edits` copies them.
    is_outdated : bool
        Whether another program was seen to change the clustering since it was opened or saved here.
    """

    def __init__(
        self,
        file: ClusteringFile,
        base: StoredClustering,
        opened: OpenedJournal | None,
        messages: list[str],
        order: JournalOrder,
        session_start: float,
        first_free_id: int,
    ) -> None:
        self.session_start = session_start
        self._file = file
        self._place = _place_of(file)
        self._order = order
        self._journal: Journal | None = None
        self._records: list[UpdateInfo] = []
        self._saving = threading.Lock()
        self._seen = identity_or_none(file.path)
        self._first_free_id = first_free_id
        self._base = base
        self.messages = tuple(messages)
        self.recovered_at: datetime | None = None
        self.set_aside: Path | None = None
        self.left_behind: Path | None = None
        self.is_outdated = False
        self._on_file = base
        if opened is not None:
            self._take(opened)
            _open_here.add(self)

    @classmethod
    def open(cls, model: BaseModel, *, read_only: bool = False, session_start: float | None = None) -> EditStore:
        """Find the edits made before, and hold the journal for new ones.

        When another process holds it, or none can be made, the store is read-only and its messages say why. Edits
        are never thrown away: a journal that does not fit the file is set aside. The session begins now unless it
        began before, at `session_start`, with another clustering of the file.
        """
        session_start = time.time() if session_start is None else session_start
        if not read_only:
            model.prepare_for_edits()
        file, order = model.clustering_file, JournalOrder(model.journal_places)
        base = order.to_journal(base_of(model))
        with file.reading() as reader:
            store = cls._opened(file, reader, base, order, session_start, read_only=read_only)
        for message in store.messages:
            logger.warning(message)
        return store

    @classmethod
    def _opened(
        cls,
        file: ClusteringFile,
        reader: ClusteringReader,
        base: StoredClustering,
        order: JournalOrder,
        session_start: float,
        *,
        read_only: bool,
    ) -> EditStore:
        place, name = _place_of(file), file.path.name
        opened, messages, left_behind = None, [], None
        if not read_only:
            try:
                left_behind = find_left_behind(place, reader, side_folder(place.path))
                opened = open_journal(EditedFile(place, reader, base), session_start)
            except JournalLockedError:
                messages.append(store_messages.edited_elsewhere(name, in_this_program=_is_edited_here(place)))
            except (JournalError, OSError) as error:
                messages.append(store_messages.no_journal(name, f"{cause_of(error).rstrip('.')}."))
        if opened is not None:
            clean_up(place.path, opened.journal.path.parent)
            if why := file.why_not_saved():
                messages.append(why)
            elif reader.clustering != place.clustering:
                messages.append(store_messages.new_clustering(name, place.clustering, reader.clustering))
        if (closed := closed_folder(place.path)) is not None:
            messages.append(store_messages.closed_place(name, f"folder {closed.name}"))
        store = cls(file, base, opened, messages, order, session_start, first_free_id(base, reader))
        if opened is not None and left_behind is not None:
            store.left_behind = left_behind.folder
            sentence = store_messages.left_behind(name, left_behind.n_edits, left_behind.folder)
            store.messages = (sentence, *store.messages)
        return store

    @property
    def path(self) -> Path:
        """The file, links followed."""
        return self._place.path

    @property
    def base(self) -> StoredClustering:
        """What `records` replay on."""
        return self._order.from_journal(self._base)

    @property
    def clustering(self) -> str:
        """The clustering that a save writes: `main` where `original` is sorted that has no `main` beside it yet."""
        return self._place.clustering

    @property
    def read_only(self) -> bool:
        """Whether edits cannot be kept."""
        return self._journal is None

    @property
    def can_save(self) -> bool:
        """Whether edits can be kept and the file be replaced."""
        return self._journal is not None and not self._file.why_not_saved()

    @property
    def records(self) -> tuple[UpdateInfo, ...]:
        """Every stored edit from the first on; those from `n_done` on can be redone."""
        return tuple(self._records)

    @property
    def is_gone(self) -> bool:
        """Whether the file was moved or deleted while it is open here."""
        return not self.path.exists()

    @property
    def whereabouts(self) -> store_messages.Whereabouts:
        """Whether the journal is still in its place, was moved, or removed."""
        return "in place" if self._journal is None else self._journal.whereabouts

    @property
    def n_done(self) -> int:
        """Number of stored edits that hold."""
        return 0 if self._journal is None else self._journal.state.head

    @property
    def next_id(self) -> int:
        """An id above every cluster id ever used here."""
        return max(self._first_free_id, 0 if self._journal is None else self._journal.state.next_id)

    @property
    def saved_position(self) -> int | None:
        """The `n_done` of what the file holds; None when undo and redo cannot lead there any more."""
        if self._journal is None:
            return 0
        saved = self._journal.state.saved
        return None if saved.lost else saved.head

    @property
    def n_unsaved(self) -> int:
        """Number of edits, done or undone, between what the file holds and now."""
        return 0 if self._journal is None else self._journal.state.n_unsaved

    @property
    def n_committed(self) -> int:
        """New edits kept since opening; a snapshot notes it, since edits may follow before it is saved."""
        return 0 if self._journal is None else self._journal.n_edits

    def commit(self, update: UpdateInfo) -> None:
        """Keep an edit, undo or redo; it is on the disk on return.

        Raises
        ------
        ReadOnlyError
            Edits cannot be kept here.
        JournalError
            It could not be written; nothing was.
        """
        if self._journal is None:
            raise ReadOnlyError(f"{self.path.name} is open read-only; nothing was changed.")
        n_done = self.n_done
        try:
            self._have_journal()
            self._journal.commit(self._order.record_to_journal(update))
        except JournalError as error:
            raise JournalError(store_messages.edit_not_stored(str(error), is_full=disk_was_full(error))) from error
        if update.cause == "edit":
            self._records[n_done:] = [update]

    def leave_out(self, n_whole: int) -> None:
        """Go on without the edits after the first `n_whole`, which do not fit the clusters; `messages` tells of them.

        Edits may begin with what the file holds afterwards: `base` and `records` change.

        Raises
        ------
        JournalError, OSError
            The journal cannot be written.
        """
        journal = self._journal
        assert journal is not None, "there are no edits to leave out"
        records = tuple(map(self._order.record_to_journal, self._records))
        opened = OpenedJournal(journal, self._base, records)
        self.messages = tuple(one for one in self.messages if "recovered" not in one)  # they are counted again
        with self._file.reading() as reader:
            edited = EditedFile(self._place, reader, self._on_file)
            kept = without_edits(opened, edited, n_whole, self.session_start)
        self._take(kept)

    def save(self, snapshot: Snapshot) -> None:
        """Replace the file by a copy that holds the snapshot; what it was stays as `x.kwik.bak`.

        May run in a thread of its own while edits go on. Whenever the process is killed, the file is whole, the old
        or the new one, and the next opening knows which.

        Raises
        ------
        ReadOnlyError
            The file or its folder cannot be written to.
        SaveError
            The disk is full, another program changed the file, or it could not be written; it is as before.
        JournalError
            The file is saved, but that could not be noted yet; the next opening or save does.
        """
        with self._saving:
            if self._journal is None or not self.can_save:
                raise ReadOnlyError(self._why_not_saved())
            reached("save.started")
            n_unsaved = self.n_unsaved
            with explaining(self.path, n_unsaved):
                self._have_journal()
            replace_by_snapshot(self._file, self._stored(snapshot), self._journal, self._base)
            self.is_outdated = False
            self._seen = identity_or_none(self.path)
        logger.info(store_messages.saved(self.path.name, n_unsaved))

    def save_copy(self, snapshot: Snapshot, target: Path | str, raw_places: Mapping[str, Path] | None = None) -> None:
        """Write a data set of its own that holds the snapshot; this one goes on with the file it has.

        The features are copied along; raw data stay where they are, and the copy finds them there.

        Parameters
        ----------
        snapshot : Snapshot
            The clustering that it holds.
        target : Path or str
            The `.kwik` of the copy.
        raw_places : mapping of str to Path, optional
            {name of a raw file in the `.kwik`: where it is}.

        Raises
        ------
        SaveError
            The disk is full, or the copy cannot be written.
        """
        target = Path(target).resolve()
        with self._saving, explaining(target, self.n_unsaved):
            self._file.save_copy(target, self._stored(snapshot).clustering, raw_places or {})

    def look_at_file(self) -> bool:
        """Tell whether the file on disk is another one than that last seen here; its contents may be the same."""
        return not self._saving.locked() and identity_or_none(self.path) != self._seen

    def what_changed(self) -> str:
        """Return a sentence for the user when another program changed the clustering since it was opened or saved here.

        The file is read only if it was replaced on disk, and each change is reported once; "" where there is none, or
        other things changed in the file. May run in a thread of its own.
        """
        with self._saving:
            now = identity_or_none(self.path)
            if now == self._seen:
                return ""
            self._seen = now
            try:
                if now is not None and self._journal is not None and self._journal.settle(self._content_hash()):
                    return ""
            except NapariPhyError as error:
                logger.debug("%s", error)
            self.is_outdated = self.is_outdated or now is not None
            return self.file_trouble

    @property
    def file_trouble(self) -> str:
        """What another program was seen to have done to the file, in a sentence as it holds now; "" if nothing."""
        if self._seen is None:
            return store_messages.gone(self.path.name, self.n_unsaved, self.whereabouts)
        if self.is_outdated:
            return store_messages.changed_while_open(self.path.name, self.n_unsaved, read_only=self.read_only)
        return ""

    def close(self) -> None:
        """Close the journal once no save is under way; one in which nothing was ever kept is removed."""
        with self._saving:
            if self.n_unsaved:
                try:
                    self._have_journal()
                except JournalError as error:
                    logger.warning(store_messages.edits_lost(self.path.name, self.n_unsaved, str(error)))
            journal, self._journal = self._journal, None
            if journal is None:
                return
            if journal.is_empty:
                journal.remove()
                remove_side_folder(self.path)
            else:
                journal.close()

    def _content_hash(self) -> str:
        with self._file.reading() as reader:
            return reader.content_hash()

    def _stored(self, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot with the spikes in the order of the file."""
        return replace(snapshot, clustering=self._order.to_journal(snapshot.clustering))

    def _have_journal(self) -> None:
        """Write the journal anew where another program moved, removed or changed it: its edits are still held here.

        One that was moved along with the file goes on where it is.

        Raises
        ------
        JournalError
            The journal cannot be written.
        """
        journal = self._journal
        if journal is None or journal.is_ours or (self.is_gone and journal.whereabouts == "moved"):
            return
        folder = journal.path.parent
        try:
            folder.mkdir(exist_ok=True)
            if journal.base is not None:
                is_in_file = journal.base.source == "original"
                keep_base(self._base, self._place.labels_file(folder), is_in_file=is_in_file)
            aside = journal.write_anew(map(self._order.record_to_journal, self._records))
            sync_folder(folder.parent)
        except OSError as error:
            why = cause_of(error)
            raise JournalError(f"{journal.path.name} is gone, and cannot be written again ({why}).") from error
        what = "moved or removed" if aside is None else f"changed by another program, and set aside as {aside.name},"
        logger.warning("%s was %s while it was in use; it was written anew.", journal.path, what)

    def _take(self, opened: OpenedJournal) -> None:
        self._journal, self._base = opened.journal, opened.base
        self._records = list(map(self._order.record_from_journal, opened.records))
        self.recovered_at, self.set_aside = opened.recovered_at, opened.set_aside or self.set_aside
        self.messages = tuple(dict.fromkeys((*opened.messages, *self.messages)))

    def _why_not_saved(self) -> str:
        if self._journal is None:
            return f"{self.path.name} is open read-only; there is nothing to save."
        if self.is_gone:
            return store_messages.gone(self.path.name, self.n_unsaved, self.whereabouts)
        return self._file.why_not_saved()


def _is_edited_here(place: ClusteringPlace) -> bool:
    return any(store._place == place and not store.read_only for store in list(_open_here))


def _place_of(file: ClusteringFile) -> ClusteringPlace:
    return ClusteringPlace(file.path, file.channel_group, file.clustering)
