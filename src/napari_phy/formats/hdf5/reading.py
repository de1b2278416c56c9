"""Reading of HDF5 nodes and attributes by path."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.hdf5.attributes import read_attr, read_plain_attrs
from napari_phy.formats.hdf5.links import HDF5_ERRORS, DeadLinkError, Nodes, is_dataset_there, reason, to_bytes, to_text
from napari_phy.formats.hdf5.opening import Mode, open_file, state_of
from napari_phy.formats.hdf5.sizes import check_dataset, check_memory

logger = logging.getLogger(__name__)

_MAX_DIGITS = 18
_SETTLED_NS = 2 * 10**9  # by then every system gives another time to a file that is written to


class H5Reader:
    """An HDF5 file that is read; a context manager.

    Nodes are named by absolute paths such as `/recordings/0`. What is read comes back as plain values
    and read-only arrays. Links out of the folder are not followed, and sizes are checked before memory
    is taken: a file that is damaged or malicious raises KwikFormatError.
    """

    def __init__(self, path: str | Path, mode: Mode = "r") -> None:
        self.path = Path(path)
        self.mode = mode
        self._state = state_of(self.path)
        self._file = open_file(self.path, mode)
        self._dead_links: dict[str, None] = {}
        self._nodes = Nodes(self._file, self.path, partial(open_file, mode="r") if mode == "r" else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path.name} mode={self.mode!r}{'' if self._file else ' closed'}>"

    @property
    def identity(self) -> tuple[int, ...] | None:
        """What tells the file from others when it was opened: place, size and dates; None for one that was made."""
        return self._state

    @property
    def state(self) -> tuple[int, ...] | None:
        """What tells the file that is read from any other, and from itself after a change.

        None where that is not known: it is written to, was written to just now, or another has its name.
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
            values = _plain(dataset[()])
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
                values = _plain(dataset[start : start + n_rows])
            except HDF5_ERRORS as error:
                raise self._damaged(path, error) from error
            yield values

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

    def _damaged(self, path: str, error: BaseException) -> KwikFormatError:
        return KwikFormatError(
            f"{self.path.name}: {path} cannot be read ({reason(error)}); the file is damaged, use another copy of it."
        )


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) <= _MAX_DIGITS and str(int(name)) == name


def _plain(values: Any) -> npt.NDArray[Any]:
    """Return values without the names that an enumeration gives to its numbers, which .npy files cannot hold."""
    array = np.asarray(values)
    return array.view(array.dtype.str) if array.dtype.metadata and array.dtype.kind in "iu" else array
