"""Arrays of a folder in `.npy` files: the header is checked against the file before anything is read."""

from __future__ import annotations

import ast
import math
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.core.sentences import cause_of
from napari_phy.files.platform_files import is_file
from napari_phy.files.rows import RowFile

_NO_HEADER = (ValueError, TypeError, KeyError, SyntaxError, RecursionError, MemoryError)
_VERSIONS = ((1, 0), (2, 0), (3, 0))
_MOST_OF_HEADER = 10_000  # bytes
_MOST_OF_NOTHING = 2**20  # values along an axis of an array without any
_LONG = re.compile(r"(?<=[0-9])L\b")


@dataclass(frozen=True)
class NpyArray:
    """An array of numbers in a file, which is as long as its header says.

    Attributes
    ----------
    path : Path
        The `.npy` file.
    shape : tuple of int
        As the header has it.
    dtype : dtype
        Of numbers.
    is_by_column : bool
        Whether the first axis is that which runs fastest in the file, as MATLAB writes.
    offset : int
        Byte at which the values begin.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_by_column: bool
    offset: int

    def read(self) -> npt.NDArray[Any]:
        """Return all of it."""
        values = RowFile(self.path, self.offset, math.prod(self.shape), (), self.dtype).read(0, math.prod(self.shape))
        return values.reshape(self.shape, order="F" if self.is_by_column else "C")

    def row(self, what: str, n: int | None = None) -> npt.NDArray[Any]:
        """Return all of an array with one axis longer than 1, as (n,).

        Raises
        ------
        KwikFormatError
            It has other axes, or not `n` values.
        """
        size = math.prod(self.shape)
        if not is_one_row(self.shape):
            raise KwikFormatError(f"{self.path.name} has shape {self.shape}; it should be one row, of {what}.")
        if n is not None and size != n:
            raise KwikFormatError(
                f"{self.path.name} has {size} values, but there are {n} {what}; it is of another sorting."
            )
        return self.read().reshape(-1)

    def take(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return rows along the first axis, which are ascending and each once; only these are read."""
        if not self.is_by_column:
            return self._rows.take(rows)
        n_columns = math.prod(self.shape[1:])
        places = rows + np.arange(n_columns, dtype=np.int64)[:, None] * self.shape[0]
        values = self._rows.take(places.reshape(-1)).reshape(n_columns, len(rows))
        return values.T.reshape((len(rows), *self.shape[1:]), order="F")

    def close(self) -> None:
        """Release the file."""
        if "_rows" in self.__dict__:
            self._rows.close()

    @cached_property
    def _rows(self) -> RowFile:
        by_row = (self.shape[0], self.shape[1:])
        n_rows, row_shape = (math.prod(self.shape), ()) if self.is_by_column else by_row
        return RowFile(self.path, self.offset, n_rows, row_shape, self.dtype)


def is_one_row(shape: tuple[int, ...]) -> bool:
    """Tell whether at most one axis is not of length 1."""
    return sum(length != 1 for length in shape) <= 1


def open_npy(path: Path) -> NpyArray:
    """Read the header of a `.npy` file.

    Raises
    ------
    MissingDataError
        There is no such file.
    KwikFormatError
        It is no array of numbers, or shorter than its header says; objects in pickles are never read.
    """
    if not is_file(path):
        raise MissingDataError(f"{path.name} is not in {path.parent.name or path.parent}; put it there.")
    try:
        with path.open("rb") as file:
            shape, is_by_column, dtype = _read_header(file)
            offset, size = file.tell(), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise KwikFormatError(f"{path.name} cannot be read: {cause_of(error)}.") from error
    except _NO_HEADER as error:
        raise KwikFormatError(f"{path.name} is no array of NumPy; use another copy of it.") from error
    if dtype.kind not in "iufb":
        raise KwikFormatError(f"{path.name} holds {dtype}, not numbers, and is not read; write it as numbers.")
    n_bytes = math.prod(shape) * dtype.itemsize
    if not n_bytes and max(shape) > _MOST_OF_NOTHING:
        raise KwikFormatError(f"{path.name} has shape {shape}, which holds nothing; use another copy of it.")
    if size - offset < n_bytes:
        raise KwikFormatError(
            f"{path.name} is cut short: its header says {n_bytes} bytes of values and there are "
            f"{max(0, size - offset)}; use a whole copy of it."
        )
    return NpyArray(path, shape, dtype, is_by_column, offset)


def _read_header(file: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Return shape, whether the first axis runs fastest, and type; the header is read only if it is short.

    Raises
    ------
    ValueError, TypeError, KeyError, SyntaxError, RecursionError, MemoryError
        It is no header.
    """
    version = np.lib.format.read_magic(file)
    n_bytes = int.from_bytes(file.read(2 if version == (1, 0) else 4), "little")
    if version not in _VERSIONS or n_bytes > _MOST_OF_HEADER:
        raise ValueError(version, n_bytes)
    text = file.read(n_bytes).decode("utf-8" if version == (3, 0) else "latin-1")
    held = ast.literal_eval(_LONG.sub("", text).strip())  # Python 2 wrote 10L
    shape, is_by_column = held["shape"], held["fortran_order"]
    if not isinstance(shape, tuple) or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(shape)
    return shape, bool(is_by_column), np.lib.format.descr_to_dtype(held["descr"])


def find_npy(path: Path) -> NpyArray | None:
    """Return an array; None where there is no such file, which is no error."""
    return open_npy(path) if is_file(path) else None


def as_integers(values: npt.NDArray[Any], name: str) -> npt.NDArray[np.int64]:
    """Return whole numbers as int64, also where a program wrote them as floats; without a copy where that can be.

    Raises
    ------
    KwikFormatError
        One of them is no number, or too large.
    """
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise KwikFormatError(f"{name} has values that are no numbers; use another copy of it.")
    if values.size and (float(values.min()) < -(2.0**53) or float(values.max()) > 2.0**53):
        raise KwikFormatError(f"{name} has values up to {float(np.abs(values).max()):g}, which cannot be.")
    if values.dtype == np.uint64:  # none is beyond int64
        return values.view(np.int64)
    return (np.rint(values) if values.dtype.kind == "f" else values).astype(np.int64, copy=False)
