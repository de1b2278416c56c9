"""Tables of clusters that change together with `spike_clusters.npy`: written first, put in place after it."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from napari_phy.core.errors import KwikFormatError
from napari_phy.core.sentences import cause_of
from napari_phy.files.atomic import is_same, keep_backup, write_file
from napari_phy.files.crash_points import reached
from napari_phy.files.platform_files import replace_file, sync_folder
from napari_phy.formats.phy.tables import is_table

_NOTE, _WAITING = ".cluster-tables.saving", ".cluster-tables.waiting"
_MOST_BYTES = 1 << 20
_A_WHILE_NS = 4_000_000_000


def stage_tables(folder: Path, clusters: Path, copy: Path, tables: Mapping[str, bytes]) -> None:
    """Write tables beside those that they replace once `copy` is the file of the clusters of spikes.

    Where the copy is the same as that file, which is not replaced then, they count once `release_tables` says so.

    Parameters
    ----------
    folder : Path
        Folder of the tables.
    clusters : Path
        `spike_clusters.npy`.
    copy : Path
        File that is put in its place; it is not written to from now on.
    tables : mapping of str to bytes
        {name: content}.
    """
    drop_staged(folder)
    if not tables:
        return
    waits = is_same(copy, clusters)
    if not waits and _mark(copy) == _mark(clusters):  # on a file system that tells times in seconds
        later = copy.stat().st_mtime_ns + _A_WHILE_NS
        os.utime(copy, ns=(later, later))
    token = secrets.token_hex(4)
    staged = {name: f".{name}.{token}" for name in tables}
    note = json.dumps({"clusters": _mark(clusters if waits else copy), "tables": staged}).encode()
    write_file(folder / (_WAITING if waits else _NOTE), lambda file: file.write(note))
    for name, content in tables.items():
        write_file(folder / staged[name], lambda file, content=content: file.write(content))  # type: ignore[misc]


def drop_staged(folder: Path) -> None:
    """Remove what a save that did not come about left; only who saves may."""
    for name in (_NOTE, _WAITING):
        for file in _staged(folder, name)[1].values():
            file.unlink(missing_ok=True)
        (folder / name).unlink(missing_ok=True)


def release_tables(folder: Path) -> None:
    """Let tables count from now on that waited for nothing but this; only who saves may.

    Raises
    ------
    OSError
        The folder cannot be written to.
    """
    with suppress(FileNotFoundError):
        replace_file(folder / _WAITING, folder / _NOTE)
        sync_folder(folder)
        reached("save.tables_released")


def put_in_place(folder: Path, clusters: Path) -> None:
    """Have staged tables take their places if `clusters` is the file that they belong to; what was stays as `.bak`.

    May be called again, also by another program.

    Raises
    ------
    OSError
        The folder cannot be written to.
    """
    for name, file in pending_tables(folder, clusters).items():
        target = folder / name
        with suppress(FileNotFoundError):  # put in place meanwhile, or there was none before
            keep_backup(target, folder / f"{name}.bak", folder / f".{name}.saving-bak")
        with suppress(FileNotFoundError):
            replace_file(file, target)
        reached("save.table_replaced")
    if _is_of(folder, clusters):
        sync_folder(folder)
        (folder / _NOTE).unlink(missing_ok=True)


def pending_tables(folder: Path, clusters: Path, *, with_waiting: bool = False) -> dict[str, Path]:
    """Return {name: where its content lies} of tables that a save wrote and did not come to put in place.

    `with_waiting` takes those that wait to be released, too.
    """
    found = _staged(folder)[1] if _is_of(folder, clusters) else {}
    found |= _staged(folder, _WAITING)[1] if with_waiting else {}
    return {name: file for name, file in found.items() if file.is_file() and not file.is_symlink()}


def read_tables(folder: Path, clusters: Path, *, with_waiting: bool = False) -> dict[str, bytes]:
    """Return {name: content} of the tables of a folder as the last save meant them; arguments as of `pending_tables`.

    Raises
    ------
    KwikFormatError
        One of them cannot be read.
    """
    try:
        found = {file.name: file for file in sorted(folder.iterdir()) if is_table(file) and file.is_file()}
        found |= pending_tables(folder, clusters, with_waiting=with_waiting)
        return {name: file.read_bytes() for name, file in found.items()}
    except OSError as error:
        raise KwikFormatError(f"Tables of clusters in {folder.name} cannot be read: {cause_of(error)}.") from error


def _mark(file: Path) -> list[int]:
    """Return what tells the clusters of one save from those of another, also in a copy of the folder."""
    status = file.stat()
    return [status.st_size, status.st_mtime_ns]


def _is_of(folder: Path, clusters: Path) -> bool:
    with suppress(OSError):
        return _staged(folder)[0] == _mark(clusters)
    return False


def _staged(folder: Path, name: str = _NOTE) -> tuple[list[int], dict[str, Path]]:
    """Return what the note says: of which file they are, and {name: where it lies}; nothing of one that is not ours."""
    try:
        with (folder / name).open("rb") as file:
            note = json.loads(file.read(_MOST_BYTES))
        names = {str(name): str(place) for name, place in note["tables"].items()}
        clusters = [int(number) for number in note["clusters"]]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return [], {}
    ours = {
        name: folder / place
        for name, place in names.items()
        if Path(name).name == name
        and is_table(Path(name))
        and place.startswith(f".{name}.")
        and Path(place).name == place
    }
    return clusters, ours
