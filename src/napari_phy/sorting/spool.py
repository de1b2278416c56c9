"""Rows that are appended to a file and read again block by block, so that memory does not grow with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


class Spool:
    """`(n_rows, *row_shape)` in a file of its own.

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
        self._path = path
        self._row_shape = row_shape
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._n_rows = 0
        path.touch()

    @property
    def shape(self) -> tuple[int, ...]:
        """Full shape; the first axis is the rows."""
        return self._n_rows, *self._row_shape

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows at the end."""
        with self._path.open("ab") as file:
            file.write(np.ascontiguousarray(rows, dtype=self.dtype).data)
        self._n_rows += len(rows)

    def __getitem__(self, rows: slice, /) -> npt.NDArray[Any]:
        start, stop, step = rows.indices(self._n_rows)
        n_values = int(np.prod(self._row_shape, dtype=np.int64))
        count = max(0, stop - start) * n_values
        values = np.fromfile(self._path, self.dtype, count, offset=start * n_values * self.dtype.itemsize)
        return values.reshape(-1, *self._row_shape)[::step]
