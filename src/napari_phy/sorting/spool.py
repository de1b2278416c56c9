"""Rows that are appended to a file and read again block by block, also by a later run that goes on from there."""

from __future__ import annotations

import weakref
import zlib
from collections.abc import Sequence
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
    is_kept : bool, default False
        Whether rows of a file that is there already stay; else there must be none.
    """

    def __init__(self, path: Path, row_shape: tuple[int, ...], dtype: npt.DTypeLike, *, is_kept: bool = False) -> None:
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._row_shape = row_shape
        self._row_bytes = int(np.prod(row_shape, dtype=np.int64)) * self.dtype.itemsize
        is_there = is_kept and path.exists()
        self._file = path.open("r+b" if is_there else "x+b", buffering=0)  # what is written outlives this process
        self._n_rows = path.stat().st_size // self._row_bytes if is_there else 0
        weakref.finalize(self, self._file.close)

    @property
    def shape(self) -> tuple[int, ...]:
        """Full shape; the first axis is the rows."""
        return self._n_rows, *self._row_shape

    def append(self, rows: npt.NDArray[Any]) -> None:
        """Add rows at the end."""
        self._write(self._n_rows, rows)
        self._n_rows += len(rows)

    def truncate(self, n_rows: int) -> None:
        """Keep the first rows only."""
        self._n_rows = min(n_rows, self._n_rows)
        self._file.truncate(self._n_rows * self._row_bytes)

    def close(self) -> None:
        """Release the file; nothing can be read any more."""
        self._file.close()

    def __getitem__(self, rows: slice, /) -> npt.NDArray[Any]:
        start, stop, step = rows.indices(self._n_rows)
        values = np.empty((max(0, stop - start), *self._row_shape), dtype=self.dtype)
        self._file.seek(start * self._row_bytes)
        left = values.reshape(-1).view(np.uint8).data
        while len(left) and (n_bytes := self._file.readinto(left)):
            left = left[n_bytes:]
        return values[::step]

    def __setitem__(self, rows: slice, values: npt.NDArray[Any], /) -> None:
        self._write(rows.indices(self._n_rows)[0], values)

    def _write(self, start: int, values: npt.NDArray[Any]) -> None:
        self._file.seek(start * self._row_bytes)
        left = memoryview(np.ascontiguousarray(values, dtype=self.dtype).tobytes())
        while len(left):
            left = left[self._file.write(left) :]


class ChunkRows:
    """What chunks appended to several spools: that of whole chunks is there again when a later run opens them.

    Parameters
    ----------
    path : Path
        The file that says how many rows each chunk appended; it is made where it is not there.
    spools : sequence of Spool
        Made with `is_kept`; rows that are of no whole chunk are taken away.
    n_numbers : int, default 0
        Whole numbers that are kept of each chunk besides.

    Attributes
    ----------
    counts : ndarray of int64, shape (n_chunks, n_spools + n_numbers)
        Rows of each chunk in each spool, and its numbers, of the chunks that were there.
    """

    def __init__(self, path: Path, spools: Sequence[Spool], n_numbers: int = 0) -> None:
        self.spools = tuple(spools)
        self._log = Spool(path, (len(spools) + n_numbers + 1,), np.int64, is_kept=True)
        rows = self._log[:]
        ends, n_whole = [0] * len(spools), 0
        for row in rows.tolist():
            stops = [end + n for end, n in zip(ends, row, strict=False)]
            parts = [spool[start:stop] for spool, start, stop in zip(self.spools, ends, stops, strict=True)]
            if [len(part) for part in parts] != row[: len(parts)] or _checksum(parts) != row[-1]:
                break  # it was being written, or changed later
            ends, n_whole = stops, n_whole + 1
        for spool, end in zip((*self.spools, self._log), (*ends, n_whole), strict=True):
            spool.truncate(end)
        self.counts = rows[:n_whole, :-1]

    def append(self, parts: Sequence[npt.NDArray[Any]], numbers: Sequence[int] = ()) -> None:
        """Add the rows of a chunk to each spool, and its numbers."""
        parts = [np.ascontiguousarray(part, spool.dtype) for spool, part in zip(self.spools, parts, strict=True)]
        for spool, part in zip(self.spools, parts, strict=True):
            spool.append(part)
        self._log.append(np.array([[*map(len, parts), *numbers, _checksum(parts)]], dtype=np.int64))


def _checksum(parts: Sequence[npt.NDArray[Any]]) -> int:
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part.reshape(-1).view(np.uint8).data, checksum)
    return checksum
