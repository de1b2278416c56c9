"""Writes attributes and arrays as PyTables 2 and 3 do under Python 2."""

import pickle
from pathlib import Path
from types import TracebackType

import h5py
import numpy as np


class PyTablesFile:
    """An HDF5 file with the marks of PyTables: CLASS, TITLE and VERSION on every node, pickles in attributes."""

    def __init__(self, path: Path) -> None:
        self.file = h5py.File(path, "w", libver=("earliest", "v108"))
        self._mark(self.file, "GROUP", "1.0")
        self.file.attrs["PYTABLES_FORMAT_VERSION"] = np.bytes_(b"2.1")

    def __enter__(self) -> "PyTablesFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.file.close()

    def group(self, path: str, **attributes: object) -> None:
        """Make a group, with those on the way, and set attributes."""
        made = ""
        for step in path.strip("/").split("/"):
            made += f"/{step}"
            if made not in self.file:
                self._mark(self.file.create_group(made), "GROUP", "1.0")
        for name, value in attributes.items():
            self.file[path].attrs[name] = stored(value)

    def earray(self, path: str, values: np.ndarray, chunk_rows: int) -> None:
        """Make an array that can grow along its first axis, of chunks of that many rows."""
        self.group(path.rpartition("/")[0])
        dataset = self.file.create_dataset(
            path,
            data=values,
            maxshape=(None, *values.shape[1:]),
            chunks=(max(1, chunk_rows), *values.shape[1:]),
            fillvalue=values.dtype.type(0),
        )
        self._mark(dataset, "EARRAY", "1.1")
        dataset.attrs["EXTDIM"] = np.int32(0)

    def array(self, path: str, values: np.ndarray) -> None:
        """Make an array in one piece."""
        self.group(path.rpartition("/")[0])
        self._mark(self.file.create_dataset(path, data=values), "ARRAY", "2.4")
        self.file[path].attrs["FLAVOR"] = np.bytes_(b"numpy")

    def _mark(self, node: h5py.Group | h5py.Dataset, kind: str, version: str) -> None:
        node.attrs["CLASS"] = np.bytes_(kind)
        node.attrs["TITLE"] = h5py.Empty("S1")
        node.attrs["VERSION"] = np.bytes_(version)


def stored(value: object) -> object:
    """Return what PyTables puts into the file: numbers and strings as scalars, everything else pickled."""
    if isinstance(value, (bool, np.bool_)):
        return np.uint8(value)
    if isinstance(value, int):
        return np.int64(value)
    if isinstance(value, float):
        return np.float64(value)
    if isinstance(value, str):
        return np.bytes_(value.encode())
    if isinstance(value, np.ndarray):
        return value
    return np.bytes_(b"N.") if value is None else np.bytes_(pickle.dumps(value, 0))
