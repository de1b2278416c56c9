"""Where the files that belong to a data set, but are not part of it, live."""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from napari_phy.files.platform_files import cache_folder, is_file, is_folder, is_writable_folder, sync_folder

_LONGEST_NAME = 100
_ENDING = ".napari-phy"
_TAKEN_ALONG = (
    *("journal-*.sqlite", "journal-*.sqlite-journal", "base-*", "raw-data.json"),
    *("clocks.json", "epochs.json", "trials.json", "placements.json", "decisions.json", "compared.json"),
)


def side_folder(path: Path | str) -> Path:
    """Return the folder of a data set; it may not exist yet.

    That is `x.napari-phy/` beside `x.kwik`; where nothing can be written there, a folder in the user's cache
    whose name ends in a hash of the absolute path. Where there are both, it is the one beside the file, if that can be
    written to. Links are followed, so that one file has one folder.
    """
    beside, cached = _places(path)
    if is_folder(beside):
        return beside if is_writable_folder(beside) else cached
    if is_folder(cached):  # edits made while the folder was read-only are still there
        return cached
    return beside if is_writable_folder(beside.parent) else cached


def make_side_folder(path: Path | str) -> Path:
    """Return the folder of a data set, made to last if it was not there.

    A new one in the cache begins with the edits of one beside the file that cannot be written to any more, and with
    the places of raw data.

    Raises
    ------
    OSError
        Neither the folder beside the file nor the cache can be written to.
    """
    folder = side_folder(path)
    if not is_folder(folder):
        beside, cached = _places(path)
        try:
            folder.mkdir(parents=True)
        except OSError:  # some network folders say that they can be written to, and cannot
            if folder == cached:
                raise
            folder = cached
            folder.mkdir(parents=True, exist_ok=True)
        try:
            for pattern in _TAKEN_ALONG:
                for file in beside.glob(pattern):
                    with suppress(PermissionError):  # opening a journal without permission raises later
                        shutil.copyfile(file, folder / file.name)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)  # with some of the edits it would hide the others
            raise
        sync_folder(folder.parent)
    return folder


def closed_folder(path: Path | str) -> Path | None:
    """Return the folder beside a data set where nobody but its owner may enter it: edits may be in there."""
    beside, _ = _places(path)
    return beside if is_folder(beside) and not os.access(beside, os.X_OK) else None


def other_side_folder(path: Path | str, folder: Path) -> Path | None:
    """Return the other folder of a data set, where there are both: beside the file and in the cache."""
    return next((one for one in _places(path) if one != folder and is_folder(one)), None)


def left_behind_folders(path: Path, file: str) -> list[Path]:
    """Return the folders beside a data set with a file of this name that belong to no data set.

    So it is when either the data set or its folder was renamed.
    """
    folders = {found.parent for found in path.parent.glob(f"*/{glob.escape(file)}")}.difference(_places(path))
    return sorted(folder for folder in folders if not _has_file(folder))


def take_over_edits(path: Path, folder: Path) -> None:
    """Copy the edits of a folder that was left behind into that of a data set which has none.

    Raises
    ------
    OSError
        It has edits of its own, or files cannot be copied.
    """
    target = make_side_folder(path)
    files = [file for pattern in reversed(_TAKEN_ALONG) for file in folder.glob(pattern)]
    for file in files:
        if os.path.lexists(target / file.name):
            raise OSError(errno.EEXIST, "it has edits of its own", file.name)
    for file in files:
        shutil.copyfile(file, target / file.name)
    sync_folder(target)


def find_side_file(path: Path | str, name: str) -> Path | None:
    """Return a file of the side folder, of the other one where that has none."""
    for folder in (side_folder(path), *_places(path)):
        if is_file(folder / name):
            return folder / name
    return None


def remove_side_folder(path: Path | str) -> None:
    """Remove the folder of a data set if nothing is in it."""
    with suppress(OSError):
        side_folder(path).rmdir()


def clustering_file(folder: Path, kind: str, channel_group: int, clustering: str, suffix: str) -> Path:
    """Return the place of a file that belongs to one clustering: `journal-0-main.sqlite`."""
    name = quote(clustering, safe=" ")
    if len(name) > _LONGEST_NAME:
        digest = hashlib.blake2b(clustering.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        name = f"{name[:_LONGEST_NAME]}-{digest}"
    return folder / f"{kind}-{channel_group}-{name}{suffix}"


def _places(path: Path | str) -> tuple[Path, Path]:
    """Return the folder beside the file and the one in the cache."""
    path = Path(path).resolve()
    stem = path.stem if path.suffix == ".kwik" else path.name
    digest = hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()
    return path.with_name(f"{stem}{_ENDING}"), cache_folder() / f"{stem[:_LONGEST_NAME]}-{digest}"


def _has_file(folder: Path) -> bool:
    """Tell whether the data set that a folder beside it belongs to is there: `x.kwik`, or another `x`."""
    name = folder.name.removesuffix(_ENDING)
    if name == folder.name:
        return False
    return folder.with_name(f"{name}.kwik").exists() or folder.with_name(name).exists()
