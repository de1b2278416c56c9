"""Where the files that belong to a data set, but are not part of it, live."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from napari_phy.io.platform_files import cache_folder, is_file, is_folder, is_writable_folder, sync_folder

_LONGEST_NAME = 100
_TAKEN_ALONG = ("journal-*.sqlite", "journal-*.sqlite-journal", "base-*", "raw-data.json")


def side_folder(path: Path | str) -> Path:
    """Return the folder of a data set; it may not exist yet.

    That is `x.napari-phy/` beside `x.kwik`; where nothing can be written there, a folder in the user's cache
    whose name ends in a hash of the absolute path. Where there are both, it is the one with the last edit. Links are
    followed, so that one file has one folder.
    """
    beside, cached = _places(path)
    if is_folder(beside):
        return beside if is_writable_folder(beside) and _last_edit(beside) >= _last_edit(cached) else cached
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
                    shutil.copyfile(file, folder / file.name)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)  # with some of the edits it would hide the others
            raise
        sync_folder(folder.parent)
    return folder


def closed_folder(path: Path | str) -> Path | None:
    """Return the folder beside a data set where nobody but its owner may look into it: edits may be in there."""
    beside, _ = _places(path)
    return beside if is_folder(beside) and not os.access(beside, os.R_OK | os.X_OK) else None


def find_side_file(path: Path | str, name: str) -> Path | None:
    """Return a file of the side folder, of the one beside the data set where that in the cache has none."""
    for folder in (side_folder(path), _places(path)[0]):
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
    return path.with_name(f"{stem}.napari-phy"), cache_folder() / f"{stem[:_LONGEST_NAME]}-{digest}"


def _last_edit(folder: Path) -> float:
    """Return when the last of its journals was written to, 0 where it has none."""
    try:
        return max((file.stat().st_mtime for file in folder.glob("journal-*.sqlite")), default=0.0)
    except OSError:
        return 0.0
