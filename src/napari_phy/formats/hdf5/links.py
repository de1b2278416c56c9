"""Finds HDF5 nodes by their path, step by step, so that no link leads out of the data folder or round in circles."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py

from napari_phy.core.errors import KwikFormatError
from napari_phy.files.platform_files import is_file

HDF5_ERRORS = (OSError, RuntimeError, ValueError, TypeError, KeyError, OverflowError, MemoryError)
"""What h5py raises on damaged files, according to the damage."""

_MAX_LINKS = 16  # as HDF5 itself
_MAX_KNOWN = 10_000

OpenFile = Callable[[Path], h5py.File]


class DeadLinkError(KwikFormatError):
    """A link leads to itself, or to a file that is not there or not followed: nothing can be behind it."""


class Nodes:
    """The nodes of an open file.

    Soft links are followed. External links are followed only when reading, and only to files in the
    folder of the file (or below it).

    Parameters
    ----------
    file : File
        The open file.
    path : Path
        Path of the file.
    open_other : callable or None
        Opens the target of an external link; None where they are not followed.
    """

    def __init__(self, file: h5py.File, path: Path, open_other: OpenFile | None) -> None:
        self._file = file
        self._path = path
        self._open_other = open_other
        self._others: dict[Path, h5py.File] = {}
        self._plain: set[bytes] = set()  # paths known to hold no link; kept only when nothing is written

    def find(self, path: str) -> h5py.Group | h5py.Dataset | None:
        """Return the group or dataset at `path`, None if there is none.

        Raises
        ------
        DeadLinkError
            If a link on the way leads to itself, or to a file that is not followed.
        KwikFormatError
            If the file is damaged there.
        """
        file, parts, first = self._file, _steps(path), ""
        for _ in range(_MAX_LINKS + 1):
            stop = self._first_link(file, parts)
            if stop is None:
                return self._open(file, parts, path)
            place, kind = stop
            if kind is None:
                return None
            link, rest = b"/" + b"/".join(parts[: place + 1]), parts[place + 1 :]
            first = first or to_text(link)
            target = file.id.links.get_val(link)
            if kind == h5py.h5l.TYPE_SOFT:
                before = [] if target.startswith(b"/") else parts[:place]
                parts = [*before, *_steps(target), *rest]
            elif kind == h5py.h5l.TYPE_EXTERNAL:
                file, parts = self._other(target[0], first), [*_steps(target[1]), *rest]
            else:
                return None
        raise DeadLinkError(
            f"{self._path.name}: {first} is a link that leads to itself; the file is damaged, use another copy of it."
        )

    def close(self) -> None:
        """Close the files that links led to."""
        for other in self._others.values():
            other.close()

    def _first_link(self, file: h5py.File, parts: list[bytes]) -> tuple[int, Any] | None:
        """Return the place of the first step that is no plain node and its kind; None as kind if it is not there."""
        if not parts:
            return None
        parent = b"/".join(parts[:-1])
        known = file is self._file and parent in self._plain
        links, prefix = file.id.links, b"/" + parent if known else b""
        for place in range(len(parts) - 1 if known else 0, len(parts)):
            prefix += b"/" + parts[place]
            try:
                kind = links.get_info(prefix).type
            except HDF5_ERRORS:
                return place, None
            if kind != h5py.h5l.TYPE_HARD:
                return place, kind
        if file is self._file and self._open_other is not None and len(self._plain) < _MAX_KNOWN:
            self._plain.add(parent)
        return None

    def _open(self, file: h5py.File, parts: list[bytes], path: str) -> h5py.Group | h5py.Dataset | None:
        try:
            node = file[b"/" + b"/".join(parts)]
        except HDF5_ERRORS as error:
            raise KwikFormatError(
                f"{self._path.name}: {path} cannot be opened ({reason(error)}); "
                "the file is damaged, use another copy of it."
            ) from error
        return node if isinstance(node, (h5py.Group, h5py.Dataset)) else None

    def _other(self, name: bytes, path: str) -> h5py.File:
        folder = self._path.parent.resolve()
        stored = name.decode("utf-8", "replace")
        try:
            target = (folder / re.sub(r"\\", "/", stored)).resolve()
        except (OSError, ValueError):
            target = Path("/")
        if not target.is_relative_to(folder) or not is_file(target):
            raise DeadLinkError(
                f"{self._path.name}: {path} is a link to {stored!r}, which is not a file in the same folder "
                "and is not followed; put that file beside it."
            )
        if self._open_other is None:
            raise KwikFormatError(
                f"{self._path.name}: {path} is a link to {stored!r}, and other files are never written; "
                "put what it leads to into this file."
            )
        if target not in self._others:
            try:
                self._others[target] = self._open_other(target)
            except KwikFormatError as error:
                raise DeadLinkError(f"{self._path.name}: {path} is a link to {stored!r}: {error}") from error
        return self._others[target]


def is_there(group: h5py.h5g.GroupID, path: bytes) -> bool | None:
    """Tell whether there is a node at a path below a group; None where a link takes a closer look."""
    place = b""
    for step in path.split(b"/"):
        place += b"/" + step if place else step
        try:
            kind = group.links.get_info(place).type
        except HDF5_ERRORS:
            return False
        if kind != h5py.h5l.TYPE_HARD:
            return None
    return True


def is_dataset_there(group: h5py.h5g.GroupID, path: str) -> bool | None:
    """Tell whether there is a dataset with values at a path below a group; None where it takes a closer look."""
    encoded = to_bytes(path)
    found = is_there(group, encoded)
    if not found:
        return found
    try:
        node = h5py.h5o.open(group, encoded)
        return isinstance(node, h5py.h5d.DatasetID) and node.shape is not None
    except HDF5_ERRORS:
        return None


def to_text(name: str | bytes) -> str:
    """Return a name as text, also one that is no UTF-8, which h5py hands out as bytes; `to_bytes` gives it back."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def to_bytes(name: str | bytes) -> bytes:
    """Return a name as the file has it."""
    return name.encode("utf-8", "surrogateescape") if isinstance(name, str) else name


def reason(error: BaseException) -> str:
    """Return the first line of what an error says."""
    text = str(error.args[0] if isinstance(error, KeyError) and error.args else error).strip()
    return (text or type(error).__name__).splitlines()[0]


def _steps(path: str | bytes) -> list[bytes]:
    return [part for part in to_bytes(path).split(b"/") if part not in (b"", b".")]
