"""HDF5 files: nodes and attributes read and written by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError, NapariPhyError, ReadOnlyError, SaveError
from napari_phy.formats.hdf5.attributes import write_plain_attrs
from napari_phy.formats.hdf5.links import HDF5_ERRORS, reason, to_bytes
from napari_phy.formats.hdf5.opening import Mode
from napari_phy.formats.hdf5.reading import H5Reader
from napari_phy.formats.hdf5.values import encode


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


class H5File(H5Reader):
    """An open HDF5 file that can be written to as well, unless it was opened read-only."""

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

    def _check_writable(self) -> None:
        if self.mode == "r":
            raise ReadOnlyError(f"{self.path.name} was opened read-only.")
