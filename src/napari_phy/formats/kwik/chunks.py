"""Rows of an HDF5 dataset that is chunked, compressed or of another type, read chunk by chunk."""

from __future__ import annotations

import copy
import threading
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.files.rows import RowFile, RowSource, Span, as_spans
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.hdf5.links import HDF5_ERRORS, reason

_ROWS_AT_ONCE = 4096
_RUN_BYTES = 2**25


class ChunkedRows:
    """Rows `(n_rows, *row_shape)` of a dataset, read through h5py.

    Parameters
    ----------
    file : H5File
        Open file; closed with the rows unless it is shared.
    path : str
        Path of the dataset.
    dtype : DTypeLike, optional
        Type of the rows handed out; None takes that of the file.
    shared : bool, default False
        Others read from the same file.
    n_columns : int, optional
        How many of the first columns of a table are read; None: all.
    """

    def __init__(
        self,
        file: H5File,
        path: str,
        dtype: npt.DTypeLike | None = None,
        *,
        shared: bool = False,
        n_columns: int | None = None,
    ) -> None:
        dataset = file.dataset(path)
        self.n_rows = int(dataset.shape[0])
        self.row_shape = tuple(int(size) for size in dataset.shape[1:])
        if n_columns is not None and n_columns < self.row_shape[0]:
            self.row_shape = (n_columns, *self.row_shape[1:])
        self._part = () if self.row_shape == dataset.shape[1:] else (slice(n_columns),)
        self.dtype: np.dtype[Any] = np.dtype(dtype if dtype is not None else dataset.dtype.newbyteorder("="))
        self._file = file
        self._path = path
        self._shared = shared
        self._chunk = int(dataset.chunks[0]) if dataset.chunks else _ROWS_AT_ONCE
        self._lock = threading.Lock()
        self._closed = False
        self._instead: float | None = None

    def with_gaps(self, instead: float) -> ChunkedRows:
        """Return the same rows of which a chunk that is damaged costs only its own: they are `instead`."""
        rows = copy.copy(self)
        rows._instead = instead
        return rows

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return the rows from `start` to before `stop`.

        Raises
        ------
        KwikFormatError
            They cannot be read, and there is nothing to be given instead.
        """
        with self._lock:
            if self._closed:
                raise MissingDataError(f"{self._file.path.name} was closed.")
            try:
                with np.errstate(over="ignore", invalid="ignore"):  # a number that is too large becomes inf
                    return np.asarray(
                        self._file.dataset(self._path)[(slice(start, stop), *self._part)], dtype=self.dtype
                    )
            except HDF5_ERRORS as error:
                if self._instead is None or "errno = " in str(error):  # a disk that does not answer may be back
                    raise KwikFormatError(
                        f"{self._file.path.name}: {self._path} cannot be read ({reason(error)})."
                    ) from error
        return self._read_around_gaps(start, stop)

    def _read_around_gaps(self, start: int, stop: int) -> npt.NDArray[Any]:
        first = start // self._chunk * self._chunk
        if stop - first <= self._chunk:
            return np.full((stop - start, *self.row_shape), self._instead, dtype=self.dtype)
        edges = [start, *range(first + self._chunk, stop, self._chunk), stop]
        return np.concatenate([self.read(begin, end) for begin, end in pairwise(edges)])

    def take(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return the given ascending rows; a chunk is read once."""
        out = np.empty((len(rows), *self.row_shape), dtype=self.dtype)
        edges = [0, *(np.flatnonzero(np.diff(rows // self._chunk)) + 1).tolist(), len(rows)]
        for begin, end in pairwise(edges):
            if begin < end:
                first, last = int(rows[begin]), int(rows[end - 1])
                out[begin:end] = self.read(first, last + 1)[rows[begin:end] - first]
        return out

    def read_spans(self, spans: Sequence[Span]) -> None:
        """Fill the array of each (start, stop, array); spans of one chunk or of neighbours share a read."""
        row_bytes = max(1, self.dtype.itemsize * int(np.prod(self.row_shape, dtype=np.int64)))
        most = max(self._chunk, _RUN_BYTES // row_bytes)
        waiting: list[Span] = []
        for span in sorted((span for span in spans if span[0] < span[1]), key=lambda span: span[0]):
            if waiting and (span[0] > waiting[-1][1] + self._chunk or span[1] > waiting[0][0] + most):
                self._fill(waiting)
                waiting = []
            waiting.append(span)
        if waiting:
            self._fill(waiting)

    def read_runs(self, begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], out: npt.NDArray[Any]) -> None:
        """Fill an array with runs of rows, from each begin to before its end, one after the other."""
        self.read_spans(as_spans(begins, ends, out))

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._closed = True
            if not self._shared:
                self._file.close()

    def _fill(self, spans: Sequence[Span]) -> None:
        first = spans[0][0]
        rows = self.read(first, max(stop for _, stop, _ in spans))
        for start, stop, out in spans:
            out[...] = rows[start - first : stop - first]


def open_rows(
    file: H5File,
    path: str,
    dtype: npt.DTypeLike | None = None,
    *,
    shared: bool = False,
    n_columns: int | None = None,
) -> RowSource:
    """Open the rows of a dataset: by position where they lie in one piece, as they are; else chunk by chunk.

    Parameters
    ----------
    file : H5File
        Open file; needed on if the result is a `ChunkedRows`.
    path, dtype, shared, n_columns : object
        As for `ChunkedRows`.
    """
    dataset = file.dataset(path)
    offset = dataset.id.get_offset()
    wanted = np.dtype(dtype if dtype is not None else dataset.dtype)
    is_cut = n_columns is not None and n_columns < dataset.shape[1]
    if offset is None or dataset.dtype != wanted or not wanted.isnative or is_cut:
        return ChunkedRows(file, path, dtype, shared=shared, n_columns=n_columns)
    shape = tuple(int(size) for size in dataset.shape)
    return RowFile(file.path, int(offset), shape[0], shape[1:], wanted)
