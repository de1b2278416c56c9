"""Rows that are appended to a file and read again block by block, so that memory does not grow with them."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class Spool:
    """`(n_rows, *row_shape)` in a file of its own, which is closed when the spool is no longer used.

    Parameters
    ----------
    path : Path
        The file to make.
    row_shape : tuple of int
        Shape of a row.
    dtype : DTypeLike
        Type of a value.
    """

    def __init__(self, path: Path, row_shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._row_shape = row_shape
        self._row_bytes = int(np.prod(row_shape, dtype=np.int64)) * self.dtype.itemsize
        self._n_rows = 0
        self._file = path.open("x+b")
        weakref.finalize(self, self._file.close)

    @property
    def shape(self) -> tuple[int, ...]:
        """Full shape; the first axis is the rows."""
        return self._n_rows, *self._row_shape

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows at the end."""
        self._file.seek(self._n_rows * self._row_bytes)
        self._file.write(np.ascontiguousarray(rows, dtype=self.dtype).tobytes())
        self._n_rows += len(rows)

    def close(self) -> None:
        """Release the file; nothing can be read any more."""
        self._file.close()

    def __getitem__(self, rows: slice, /) -> npt.NDArray[Any]:
        start, stop, step = rows.indices(self._n_rows)
        values = np.empty((max(0, stop - start), *self._row_shape), dtype=self.dtype)
        self._file.seek(start * self._row_bytes)
        self._file.readinto(values.reshape(-1).view(np.uint8).data)
        return values[::step]

    def __setitem__(self, rows: slice, values: npt.NDArray[Any], /) -> None:
        start, _, _ = rows.indices(self._n_rows)
        self._file.seek(start * self._row_bytes)
        self._file.write(np.ascontiguousarray(values, dtype=self.dtype).tobytes())
