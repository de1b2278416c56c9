"""The journal of a clustering that is renamed, deleted or written over: held, so that nobody edits it meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_phy.core.errors import JournalError, JournalLockedError, ReadOnlyError
from napari_phy.files.platform_files import link_file
from napari_phy.files.side_folder import make_side_folder, remove_side_folder
from napari_phy.storage.clustering_place import ClusteringPlace
from napari_phy.storage.journal import Journal, UnreadableJournalError, aside_name
from napari_phy.storage.journal_places import put_aside

logger = logging.getLogger(__name__)


class HeldJournal:
    """What becomes of the edits of one clustering; made by `hold_journal`."""

    def __init__(self, place: ClusteringPlace, folder: Path, journal: Journal | None) -> None:
        self._place = place
        self._folder = folder
        self._journal = journal

    @property
    def has_edits(self) -> bool:
        """Whether somebody could miss something of it."""
        return self._journal is not None and not self._journal.is_empty

    def set_aside(self) -> Path | None:
        """Give the journal another name, under which nothing opens it; return that name, None if it was empty."""
        if not self.has_edits:
            return None
        journal, self._journal = self._journal, None
        assert journal is not None
        aside = aside_name(journal.path)
        put_aside(self._place, self._folder, aside, journal.set_aside)
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
        pairs = [(self._place.journal_file(self._folder), target.journal_file(self._folder))]
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
        journal, self._journal = self._journal, None
        assert journal is not None
        if pairs[0] in linked:
            journal.remove()
        else:
            journal.set_aside(pairs[0][1])
        for old, new in pairs[1:]:
            old.unlink() if (old, new) in linked else old.rename(new)

    def let_go(self) -> None:
        """Let others have it; one in which there is nothing is removed."""
        journal, self._journal = self._journal, None
        if journal is None:
            return
        if journal.is_empty:
            journal.remove()
        else:
            journal.close()


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
        path = place.journal_file(folder)
        try:
            journal = Journal(path)
        except UnreadableJournalError:
            put_aside(place, folder, aside_name(path), path.rename)
            journal = Journal(path)
    except JournalLockedError as error:
        raise ReadOnlyError(
            f"{name}: the clustering {place.clustering} is being edited; close it there first. Nothing was changed."
        ) from error
    except (JournalError, OSError) as error:
        raise ReadOnlyError(f"{name} cannot be changed: {error}") from error
    held = HeldJournal(place, folder, journal)
    try:
        yield held
    finally:
        held.let_go()
        remove_side_folder(place.path)
