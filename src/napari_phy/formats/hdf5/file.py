"""Reading and writing of HDF5 nodes and attributes by path (S22)."""

from __future__ import annotations

import errno
import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import h5py
import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError, MissingDataError, NapariPhyError, ReadOnlyError, SaveError
from napari_phy.formats.hdf5.attributes import read_attr, read_plain_attrs, write_plain_attrs
from napari_phy.formats.hdf5.links import HDF5_ERRORS, DeadLinkError, Nodes, is_dataset_there, reason, to_bytes, to_text
from napari_phy.formats.hdf5.sizes import check_dataset, check_memory
from napari_phy.formats.hdf5.values import encode

logger = logging.getLogger(__name__)

_LOCK = "unable to lock file"
_MAX_DIGITS = 18
_SETTLED_NS = 2 * 10**9  # by then every system gives another time to a file that is written to
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOTSUP)

Mode = Literal["r", "r+", "w", "x", "a"]


def open_h5(path: str | Path, mode: Mode = "r") -> H5File:
    """Open an HDF5 file.

    Parameters
    ----------
    path : str or Path
        File to open.
    mode : Mode, default 'r'
        "r" read only, "r+" read and write an existing file, "w" make a new one or overwrite, "x" make a new one, "a"
        read and write, made when it is not there.

    Raises
    ------
    KwikFormatError
        If the file is not there, empty, cut short or no HDF5 file.
    ReadOnlyError
        If it may not be written to, or another program has it open.
    """
    return H5File(path, mode)


class H5File:
    """An open HDF5 file; a context manager.

    Nodes are named by absolute paths such as `/recordings/0`. What is read comes back as plain values
    and read-only arrays. Links out of the folder are not followed, and sizes are checked before memory
    is taken: a file that is damaged or malicious raises KwikFormatError.
    """

    def __init__(self, path: str | Path, mode: Mode = "r") -> None:
        self.path = Path(path)
        self.mode = mode
        self._state = state_of(self.path)
        self._file = _open(self.path, mode)
        self._dead_links: dict[str, None] = {}
        self._nodes = Nodes(self._file, self.path, partial(_open, mode="r") if mode == "r" else None)

    def __enter__(self) -> H5File:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<H5File {self.path.name} mode={self.mode!r}{'' if self._file else ' closed'}>"

    @property
    def identity(self) -> tuple[int, ...] | None:
        """What tells the file from others when it was opened: place, size and dates; None for one that was made."""
        return self._state

    @property
    def state(self) -> tuple[int, ...] | None:
        """What tells the file that is read from any other, and from itself after a change.

        None where that cannot be told: it is written to, was written to just now, or another has its name.
        """
        state = self._state
        if self.mode != "r" or state is None or state != state_of(self.path):
            return None
        return state if time.time_ns() - max(state[-2:]) > _SETTLED_NS else None

    @property
    def dead_links(self) -> tuple[str, ...]:
        """A sentence for each link met so far that leads nowhere; what may lack was read as if it were not there."""
        return tuple(self._dead_links)

    def has(self, path: str) -> bool:
        """Tell whether there is a node at `path`."""
        return self._find(path) is not None

    def find_group(self, path: str) -> h5py.Group | None:
        """Return the h5py group at `path`, for what this class does not cover; None where there is none."""
        node = self._nodes.find(path)
        return node if isinstance(node, h5py.Group) else None

    def is_dataset(self, path: str) -> bool:
        """Tell whether there is a dataset at `path` that has values."""
        node = self._nodes.find(path)
        return isinstance(node, h5py.Dataset) and node.shape is not None

    def children(self, path: str) -> list[Any]:
        """Return the names in a group: integers as `int`, ascending, then the others; empty if it is not there."""
        node = self._find(path)
        if not isinstance(node, h5py.Group):
            return []
        try:
            names = [to_text(name) for name in node]
        except HDF5_ERRORS as error:
            raise self._damaged(path, error) from error
        numbers = {int(name): name for name in names if _is_number(name)}
        return [*sorted(numbers), *sorted(set(names).difference(numbers.values()))]

    def datasets(self, path: str, below: str = "", *, with_dead_links: bool = False) -> list[str]:
        """Return the names in a group that are datasets with values, or have one at a path below them.

        Names of links that lead nowhere can be among them: reading such a one raises what is wrong.
        """
        group, found = self._find(path), []
        if not isinstance(group, h5py.Group):
            return []
        for name in map(str, self.children(path)):
            place = f"{name}/{below}" if below else name
            known = is_dataset_there(group.id, place)
            if known is None:
                try:
                    known = self.is_dataset(f"{path}/{place}")
                except DeadLinkError as error:
                    self._dead_links[str(error)] = None
                    known = with_dead_links
            if known:
                found.append(name)
        return found

    def dataset(self, path: str) -> h5py.Dataset:
        """Return the h5py dataset at `path`, for what this class does not cover; its size fits the file."""
        node = self.node(path)
        if not isinstance(node, h5py.Dataset):
            raise MissingDataError(f"{self.path.name}: {path} is a group, not a dataset.")
        if node.shape is None:
            raise MissingDataError(f"{self.path.name}: {path} is a dataset without values.")
        check_dataset(node, Path(os.fsdecode(h5py.h5f.get_name(node.id))), path)
        return node

    def node(self, path: str) -> h5py.Group | h5py.Dataset:
        """Return the h5py object at `path`, for what this class does not cover."""
        node = self._nodes.find(path)
        if node is None:
            raise MissingDataError(f"{self.path.name} has no {path}.")
        return node

    def read(self, path: str, shape: tuple[int, ...] | None = None, *, writeable: bool = False) -> npt.NDArray[Any]:
        """Return the whole dataset at `path` as a read-only array.

        Parameters
        ----------
        path : str
            Path of the dataset.
        shape : tuple of int, optional
            What it must have, if that is known; checked before memory is taken.
        writeable : bool, default False
            The caller goes on working on the array.

        Raises
        ------
        MissingDataError
            If there is no dataset at `path`.
        KwikFormatError
            If it cannot be read, as in a damaged file, or claims to be larger than it can be.
        """
        dataset = self.dataset(path)
        check_memory(dataset, Path(dataset.file.filename), path, shape)
        try:
            values = np.asarray(dataset[()])
        except HDF5_ERRORS as error:
            raise self._damaged(path, error) from error
        values.flags.writeable = writeable
        return values

    def read_blocks(
        self, path: str, shape: tuple[int, ...] | None = None, *, n_rows: int = 2**20
    ) -> Iterator[npt.NDArray[Any]]:
        """Give a dataset in pieces of `n_rows` rows, which takes little memory; otherwise as `read`."""
        dataset = self.dataset(path)
        check_memory(dataset, Path(dataset.file.filename), path, shape)
        for start in range(0, len(dataset), n_rows):
            try:
                values = np.asarray(dataset[start : start + n_rows])
            except HDF5_ERRORS as error:
                raise self._damaged(path, error) from error
            yield values

    def write(self, path: str, values: npt.ArrayLike) -> None:
        """Write a dataset; one of the same shape and type is filled in place, another one replaced but for attributes.

        Groups on the way are made as needed.

        Raises
        ------
        ReadOnlyError
            If the file was opened read-only.
        SaveError
            If HDF5 cannot write it.
        """
        array = np.asarray(values)
        if array.dtype.kind in "US" and array.ndim == 0:
            array = encode(str(array))
        with self._writing(path):
            node = self._nodes.find(path)
            if isinstance(node, h5py.Group):
                raise KwikFormatError(f"{self.path.name}: {path} is a group and cannot be written as a dataset.")
            if isinstance(node, h5py.Dataset) and node.shape == array.shape and node.dtype == array.dtype:
                self.dataset(path)[...] = array
                return
            attributes = {}
            if node is not None:
                for name in node.attrs:
                    with suppress(*HDF5_ERRORS):
                        attributes[name] = node.attrs[name]
                del self._file[path]
            written = self._group(path.rpartition("/")[0]).create_dataset(path.rpartition("/")[2], data=array)
            for name, value in attributes.items():
                written.attrs[name] = value

    def attrs(self, path: str) -> dict[str, Any]:
        """Return all attributes of a node, decoded; empty if it is not there.

        Names are text, also those that are no UTF-8; they stand for the same bytes when they are written.
        """
        node = self._find(path)
        if node is None:
            return {}
        try:
            names = list(node.attrs)
        except HDF5_ERRORS as error:
            raise self._damaged(path, error) from error
        return {to_text(name): read_attr(node, name) for name in names}

    def attrs_of_children(
        self, path: str, names: Iterable[int | str], wanted: Mapping[str, Sequence[str] | None]
    ) -> Iterator[tuple[Any, tuple[dict[str, Any], ...]]]:
        """Give attributes of many nodes in a group, and of nodes below each.

        As `attrs` of each, in a fraction of the time where no link is on the way and values are of the usual types.

        Parameters
        ----------
        path : str
            Path of the group.
        names : iterable of int or str
            Names of the nodes in it.
        wanted : mapping of str to sequence of str or None
            {path below each node, "" for the node itself: names of attributes, None for all}.

        Yields
        ------
        name : str
            Name of a node.
        found : tuple of dict of str to object
            For each item of `wanted`, {attribute: value} of those that are there.
        """
        node = self._find(path)
        group = node.id if isinstance(node, h5py.Group) else None
        for name in names:
            found = []
            for below, attributes in wanted.items():
                place = f"{name}/{below}" if below else str(name)
                values = None if group is None else read_plain_attrs(group, place, attributes)
                if values is None:
                    stored = self.attrs(f"{path}/{place}")
                    values = {key: value for key, value in stored.items() if attributes is None or key in attributes}
                found.append(values)
            yield name, tuple(found)

    def read_attr(self, path: str, name: str) -> Any:
        """Return one attribute: `int`, `float`, `bool`, `str`, None, a list of strings or a read-only array.

        Raises
        ------
        MissingDataError
            If there is no such node or attribute.
        """
        node = self.node(path)
        if to_bytes(name) not in node.attrs:
            raise MissingDataError(f"{self.path.name}: {path} has no attribute {name}.")
        return read_attr(node, to_bytes(name))

    def write_attr(self, path: str, name: str, value: Any) -> None:
        """Write one attribute; a missing group is made.

        Raises
        ------
        ReadOnlyError
            If the file was opened read-only.
        ValueError, TypeError
            If the value cannot be an attribute.
        SaveError
            If HDF5 cannot write it.
        """
        encoded = encode(value)
        with self._writing(f"the attribute {name} of {path}"):
            node = self._find(path)
            node = self._group(path) if node is None else node
            node.attrs[to_bytes(name)] = encoded

    def write_attrs_of_children(self, path: str, values: Mapping[int, Mapping[str, Mapping[str, Any]]]) -> None:
        """Write attributes of many nodes in a group, and of nodes below each.

        As `write_attr` for each, in a fraction of the time where no link is on the way; nothing is written if one of
        the values cannot be an attribute.

        Parameters
        ----------
        path : str
            Path of the group; it is made if it is missing.
        values : mapping of int to mapping of str to mapping of str to object
            {name of the node: {path below it, "" for the node itself: {attribute: value}}}.
        """
        encoded = [
            (f"{name}/{below}" if below else str(name), {key: encode(value) for key, value in attributes.items()})
            for name, nodes in values.items()
            for below, attributes in nodes.items()
        ]
        with self._writing(f"the attributes of nodes in {path}"):
            group = self._group(path)
            for place, attributes in encoded:
                if not write_plain_attrs(group, place, attributes):
                    for key, value in attributes.items():
                        self.write_attr(f"{path}/{place}", key, value)

    def delete_attr(self, path: str, name: str) -> None:
        """Remove one attribute, if it is there."""
        with self._writing(f"the attribute {name} of {path}"):
            node = self._find(path)
            if node is not None and to_bytes(name) in node.attrs:
                del node.attrs[to_bytes(name)]

    def delete(self, path: str) -> None:
        """Delete a node, if there is one."""
        with self._writing(path):
            if self.has(path):
                del self._file[path]

    def move(self, path: str, target: str) -> None:
        """Give a node another path; the same one changes nothing."""
        with self._writing(path):
            if path != target:
                self._file.move(path, target)

    def require_group(self, path: str) -> None:
        """Make a group, and those on the way, unless it is there."""
        if not isinstance(self._find(path), h5py.Group):
            with self._writing(path):
                self._group(path)

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        self._file.flush()

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        self._nodes.close()
        self._file.close()

    def _find(self, path: str) -> h5py.Group | h5py.Dataset | None:
        """Return the node at `path`, None where there is none or a link leads nowhere, which is noted."""
        try:
            return self._nodes.find(path)
        except DeadLinkError as error:
            logger.debug("%s", error)
            self._dead_links[str(error)] = None
            return None

    @contextmanager
    def _writing(self, what: str) -> Iterator[None]:
        """Turn what HDF5 says of a write into a SaveError."""
        self._check_writable()
        try:
            yield
        except NapariPhyError:
            raise
        except HDF5_ERRORS as error:
            raise SaveError(f"{self.path.name}: {what} cannot be written ({reason(error)}).") from error

    def _group(self, path: str) -> h5py.Group:
        """Return a group, made with those on the way to it.

        What is there and is no group, such as a link that leads nowhere, stays under another name; a dataset leaves its
        attributes to the group.
        """
        found = self._find(path)
        if isinstance(found, h5py.Group):
            return found
        before, _, name = path.rstrip("/").rpartition("/")
        parent, aside = self._group(before or "/"), None
        if parent.get(name, getlink=True) is not None:
            aside = next(other for n in count() if (other := f"{name}.not_a_group{n or ''}") not in parent)
            parent.move(name, aside)
        group = parent.create_group(name)
        if isinstance(found, h5py.Dataset):
            for key, value in parent[aside].attrs.items():
                group.attrs[key] = value
        return group

    def _damaged(self, path: str, error: BaseException) -> KwikFormatError:
        return KwikFormatError(
            f"{self.path.name}: {path} cannot be read ({reason(error)}); the file is damaged, use another copy of it."
        )

    def _check_writable(self) -> None:
        if self.mode == "r":
            raise ReadOnlyError(f"{self.path.name} was opened read-only.")


def _open(path: Path, mode: Mode) -> h5py.File:
    if mode in ("r", "r+"):
        _check_readable(path)
    try:
        try:
            return h5py.File(path, mode)
        except OSError as error:
            if not _cannot_lock(error):
                raise
            logger.debug("%s cannot be locked here; opened without a lock.", path.name)
            return h5py.File(path, mode, locking=False)
    except FileExistsError:
        raise
    except HDF5_ERRORS as error:
        if _LOCK in str(error):
            raise ReadOnlyError(f"{path.name} is being written to by another program.") from error
        if isinstance(error, PermissionError) and mode != "r":
            raise ReadOnlyError(f"{path.name} may not be written to.") from error
        raise KwikFormatError(f"{path.name} cannot be opened: {_explain(error)}.") from error


def state_of(path: Path) -> tuple[int, ...] | None:
    """Return what `H5File.identity` is of a file that is opened now; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _cannot_lock(error: OSError) -> bool:
    """Tell whether the file system knows no locks; a lock that somebody holds is another matter."""
    return _LOCK in str(error) and error.errno in _NO_LOCKS


def _check_readable(path: Path) -> None:
    try:
        path.stat()
    except PermissionError as error:
        raise KwikFormatError(f"{path.name} cannot be opened: its folder is closed to you.") from error
    except (OSError, ValueError):
        raise KwikFormatError(f"{path.name} is not there: no such file in {path.resolve().parent}.") from None
    if path.is_dir():
        raise KwikFormatError(f"{path.name} is a folder, not a file.")
    if not path.is_file():
        raise KwikFormatError(f"{path.name} is a device or a pipe, not a file.")
    if path.stat().st_size == 0:
        raise KwikFormatError(f"{path.name} is empty.")


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) <= _MAX_DIGITS and str(int(name)) == name


def _explain(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, PermissionError):
        return "its permissions do not allow it"
    if "truncated" in text:
        return "the file was cut short"
    if "signature not found" in text:
        return "it is not an HDF5 file"
    return reason(error)
