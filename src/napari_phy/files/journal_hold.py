"""The journal of a clustering that is renamed, deleted or written over: held, so that it is not edited meanwhile."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_phy.core.errors import JournalError, JournalLockedError, ReadOnlyError
from napari_phy.files.clustering_place import ClusteringPlace, aside_name, put_aside
from napari_phy.files.journal_tables import empty_journal, has_edits, is_sound, limited
from napari_phy.files.locks import connect_exclusively
from napari_phy.files.platform_files import REMOVES_OPEN_FILES, link_file
from napari_phy.files.side_folder import make_side_folder, remove_side_folder

logger = logging.getLogger(__name__)


class DamagedJournalError(JournalError):
    """The journal cannot be read, or is none."""


class HeldJournal:
    """What becomes of the edits of one clustering; made by `hold_journal`.

    Attributes
    ----------
    has_edits : bool
        Whether somebody could miss something of it.
    """

    def __init__(
        self, place: ClusteringPlace, folder: Path, connection: sqlite3.Connection | None, *, has_edits: bool
    ) -> None:
        self.has_edits = has_edits
        self._place = place
        self._folder = folder
        self._connection = connection

    def set_aside(self) -> Path | None:
        """Give the journal another name, under which nothing opens it; return that name, None if it was empty."""
        if not self.has_edits:
            return None
        path = self._place.journal_file(self._folder)
        aside = aside_name(path)
        put_aside(self._place, self._folder, aside, lambda aside: self._leave(lambda: path.rename(aside)))
        logger.warning(
            "The edits of the clustering %s of %s were set aside as %s.",
            self._place.clustering,
            self._place.path.name,
            aside.name,
        )
        return aside

    @contextmanager
    def moving(self, target: ClusteringPlace) -> Iterator[None]:
        """Have the edits under both names while the clustering is renamed; then only the one that holds is left."""
        if not self.has_edits:
            yield
            return
        journal = self._place.journal_file(self._folder)
        pairs = [(journal, target.journal_file(self._folder))]
        labels = self._place.labels_file(self._folder)
        if labels.exists():
            pairs.append((labels, target.labels_file(self._folder)))
        linked = [(old, new) for old, new in pairs if link_file(old, new)]
        try:
            yield
        except BaseException:
            for _, new in linked:
                new.unlink(missing_ok=True)
            raise
        self._leave(lambda: journal.unlink() if pairs[0] in linked else journal.rename(pairs[0][1]))
        for old, new in pairs[1:]:
            old.unlink() if (old, new) in linked else old.rename(new)

    def release(self) -> None:
        """Let others have it; one in which there is nothing is removed."""
        path = self._place.journal_file(self._folder)
        self._leave(lambda: None if self.has_edits else path.unlink(missing_ok=True))

    def _leave(self, act: Callable[[], object]) -> None:
        """Do something with the file's name and close it, in this order where open files can be renamed."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        with suppress(sqlite3.Error):
            connection.execute("PRAGMA journal_mode=DELETE")  # leaves one file, not two
        if not REMOVES_OPEN_FILES:
            connection.close()
        act()
        self.has_edits = False
        connection.close()


@contextmanager
def hold_journal(place: ClusteringPlace) -> Iterator[HeldJournal]:
    """Hold the journal of a clustering; one that cannot be read is set aside.

    Raises
    ------
    ReadOnlyError
        Somebody is editing the clustering, or no journal can be made.
    """
    name = place.path.name
    try:
        folder = make_side_folder(place.path)
        held = _held(place, folder)
    except JournalLockedError as error:
        raise ReadOnlyError(
            f"{name}: the clustering {place.clustering} is being edited; close it there first. Nothing was changed."
        ) from error
    except (JournalError, OSError, sqlite3.Error) as error:
        raise ReadOnlyError(f"{name} cannot be changed: {error}") from error
    try:
        yield held
    finally:
        held.release()
        remove_side_folder(place.path)


def _held(place: ClusteringPlace, folder: Path) -> HeldJournal:
    path = place.journal_file(folder)
    try:
        return _opened(place, folder)
    except (DamagedJournalError, sqlite3.DatabaseError) as error:
        if isinstance(error, sqlite3.OperationalError):  # it cannot be opened now, which says nothing of what is in it
            raise
    put_aside(place, folder, aside_name(path), path.rename)
    return _opened(place, folder)


def _opened(place: ClusteringPlace, folder: Path) -> HeldJournal:
    """Return the journal.

    Raises
    ------
    DamagedJournalError, sqlite3.DatabaseError
        It is damaged.
    """
    path = place.journal_file(folder)
    if path.is_symlink() and not path.exists():
        raise DamagedJournalError("it is a link to a file that is not there")
    connection = connect_exclusively(path, content=empty_journal())
    try:
        with limited(connection, path.stat().st_size):
            if not is_sound(connection):
                raise DamagedJournalError("it is damaged, or of another version")
            return HeldJournal(place, folder, connection, has_edits=has_edits(connection))
    except BaseException:
        connection.close()
        raise
