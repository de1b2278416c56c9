"""Edits of a clustering that are elsewhere than in its side folder: in the other one, or in one left behind."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from napari_phy.core.clustering_file import ClusteringReader
from napari_phy.files.atomic import write_file
from napari_phy.files.clustering_place import ClusteringPlace, aside_name, put_aside
from napari_phy.files.platform_files import is_file, is_writable_folder
from napari_phy.files.side_folder import left_behind_folders, other_side_folder
from napari_phy.storage import store_messages
from napari_phy.storage.journal import Journal, UnreadableJournalError
from napari_phy.storage.journal_contents import JournalContents, recovered


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A side folder of a file that is gone, whose edits belong to what another file holds.

    Attributes
    ----------
    folder : Path
        The side folder that has it.
    n_edits : int
        Number of edits in it.
    """

    folder: Path
    n_edits: int


def join_edits(place: ClusteringPlace, reader: ClusteringReader, folder: Path) -> tuple[Path | None, str]:
    """Use those edits of the two side folders of a file that are more, and set the others aside.

    Edits that the others begin with are no reason to tell of them.

    Parameters
    ----------
    place : ClusteringPlace
        The clustering.
    reader : ClusteringReader
        The file that has it.
    folder : Path
        The side folder that is used.

    Returns
    -------
    aside : Path or None
        The journal that was set aside, if one was.
    sentence : str
        What is shown to the user; "" where no edit is hidden.

    Raises
    ------
    JournalLockedError
        Another process uses the other folder.
    JournalError, OSError
        Files cannot be read or copied.
    """
    other_folder = other_side_folder(place.path, folder)
    path = place.journal_file(folder)
    if other_folder is None or not is_file(other := place.journal_file(other_folder)):
        return None, ""
    seen = path.with_suffix(".seen")
    try:
        mark = hashlib.blake2b(other.read_bytes(), digest_size=16).hexdigest()
    except PermissionError:
        return None, store_messages.closed_place(place.path.name, f"file {other.name} in {other_folder.name}")
    if seen.is_file() and seen.read_bytes() == mark.encode():
        return None, ""
    can_rename = is_writable_folder(other_folder)
    digest = reader.content_hash()
    ours = _contents(path, is_lockable=True) if path.is_file() else JournalContents(is_whole=True)
    theirs = _contents(other, is_lockable=can_rename)
    is_theirs = _worth(theirs, digest) > _worth(ours, digest) or not ours.edits
    used, left = (theirs, ours) if is_theirs else (ours, theirs)
    is_hidden = bool(left.edits) and not _begins_with(used, left)
    aside = None
    if is_theirs:
        if left.edits or path.is_symlink():
            aside = aside_name(path)
            put_aside(place, folder, aside, path.rename)
        _copy(place, other_folder, folder)
    if can_rename:
        other_aside = aside_name(other)
        put_aside(place, other_folder, other_aside, other.rename)
        aside = aside or other_aside
    else:
        write_file(seen, lambda file: file.write(mark.encode()))
        aside = aside or other
    if not is_hidden:
        return None, ""
    where = other_folder if is_theirs else folder
    return aside, store_messages.in_two_folders(place.path.name, len(used.edits), where, len(left.edits), aside)


def find_left_behind(place: ClusteringPlace, reader: ClusteringReader, folder: Path) -> LeftBehind | None:
    """Return the side folder of a file that is gone whose edits fit what this one holds, which has none of its own.

    So it is when a `.kwik` was renamed without its side folder, or the folder was. None where there is no such.
    """
    if place.journal_file(folder).is_file():
        return None
    found = [LeftBehind(one, len(contents.edits)) for one, contents in _left_behind(place, reader)]
    return max(found, key=lambda one: one.n_edits, default=None)


def _left_behind(place: ClusteringPlace, reader: ClusteringReader) -> Iterator[tuple[Path, JournalContents]]:
    for folder in left_behind_folders(place.path, place.journal_file(place.path.parent).name):
        journal = place.journal_file(folder)
        with suppress(OSError):  # one that cannot be read is none of ours
            contents = recovered(journal)
            if contents.edits and _fits(contents, reader.content_hash()):
                yield folder, contents


def _contents(path: Path, *, is_lockable: bool) -> JournalContents:
    if not is_lockable:
        return recovered(path)
    try:
        journal = Journal(path)
    except UnreadableJournalError as error:
        return error.contents
    contents = journal.contents()
    journal.close()
    return contents


def _fits(contents: JournalContents, digest: str) -> bool:
    return contents.state is not None and contents.state.settled(digest) is not None


def _worth(contents: JournalContents, digest: str) -> tuple[bool, int]:
    return _fits(contents, digest), len(contents.edits)


def _begins_with(contents: JournalContents, first: JournalContents) -> bool:
    return all(contents.edits.get(seq) == row for seq, row in first.edits.items())


def _copy(place: ClusteringPlace, source: Path, target: Path) -> None:
    """Copy a journal, with the rest of a broken commit beside it and the clusters that its edits begin with."""
    journal = place.journal_file(source)
    for file in (place.labels_file(source), journal.with_name(f"{journal.name}-journal"), journal):
        if file.is_file():
            shutil.copyfile(file, target / file.name)
