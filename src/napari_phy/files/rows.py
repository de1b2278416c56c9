"""Rows of equal size at a known place of a file, read by position: never mapped, never the whole file."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.compiled import ReadyLoop
from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.files.platform_files import read_at

Span = tuple[int, int, npt.NDArray[Any]]

_IN_FLIGHT = 16
_FEW_SPANS = 4
_MANY_RUNS = 64
_MORE_RUNS = 1024  # for which numba is loaded
_N_PROBES = 8  # runs of which it is tried whether the system has them in memory
_HAS_PREAD = hasattr(os, "pread") and sys.maxsize > 2**32
_READ_BYTES = 2**26
_GAP_BYTES = 2**14  # reading over a hole this small is cheaper than a second read
_RUN_BYTES = 2**22
_HELD_BYTES = 2**26
_ADVISED_BYTES = 2**18  # of which Linux begins to read more only on the next call

_read_runs = ReadyLoop("napari_phy.files._read_runs", "read_runs")


class RowSource(Protocol):
    """Rows `(n_rows, *row_shape)` on disk."""

    n_rows: int
    row_shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return the rows from `start` to before `stop`."""
        ...

    def take(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return the given rows, which are ascending and each once."""
        ...

    def read_spans(self, spans: Sequence[Span]) -> None:
        """Fill the array of each (start, stop, array) with those rows."""
        ...

    def read_runs(self, begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], out: npt.NDArray[Any]) -> None:
        """Fill an array with runs of rows, from each begin to before its end, one after the other."""
        ...

    def close(self) -> None:
        """Release the file."""
        ...


class RowFile:
    """Rows that lie one after the other in a file, from byte `offset` on; safe to use from many threads.

    Parameters
    ----------
    path : Path
        The file.
    offset : int
        Where the first row begins.
    n_rows : int
        How many there are.
    row_shape : tuple of int
        Shape of each.
    dtype : dtype
        Type of a value.
    is_scattered : bool, default False
        Whether spans are read from here and there, so that the system had better not read what follows each of them.
    """

    def __init__(
        self,
        path: Path,
        offset: int,
        n_rows: int,
        row_shape: tuple[int, ...],
        dtype: npt.DTypeLike,
        *,
        is_scattered: bool = False,
    ) -> None:
        self.path = path
        self.n_rows = n_rows
        self.row_shape = row_shape
        self.dtype = np.dtype(dtype)
        self._offset = offset
        self._row_bytes = self.dtype.itemsize * int(np.prod(row_shape, dtype=np.int64))
        self._is_scattered = is_scattered and hasattr(os, "posix_fadvise")
        self._descriptor: _Descriptor | None = self._opened()

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return the rows from `start` to before `stop`, by one read."""
        out = np.empty((max(0, stop - start), *self.row_shape), dtype=self.dtype)
        self.read_spans([(start, stop, out)])
        return out

    def take(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return the given ascending rows; neighbours share a read, scattered ones are read side by side."""
        out = np.empty((len(rows), *self.row_shape), dtype=self.dtype)
        if not len(rows):
            return out
        gap = 1 + _GAP_BYTES // max(1, self._row_bytes)
        block = max(1, _RUN_BYTES // max(1, self._row_bytes))
        apart = (np.diff(rows) > gap) | (np.diff(rows // block) > 0)
        edges = np.concatenate([[0], np.flatnonzero(apart) + 1, [len(rows)]])
        begins, ends = rows[edges[:-1]], rows[edges[1:] - 1] + 1
        lengths = ends - begins
        if int(lengths.sum()) == len(rows):
            self.read_runs(begins, ends, out)
            return out
        n_parts = -(-int(lengths.sum()) * self._row_bytes // _HELD_BYTES)
        if 1 < n_parts:  # what lies between the rows takes memory, too
            edges = np.linspace(0, len(rows), min(n_parts, len(rows)) + 1).astype(np.int64)
            for first, last in pairwise(edges.tolist()):
                out[first:last] = self.take(rows[first:last])
            return out
        held = np.empty((int(lengths.sum()), *self.row_shape), dtype=self.dtype)
        self.read_runs(begins, ends, held)
        shifts = np.cumsum(lengths) - lengths - begins
        return np.take(held, rows + np.repeat(shifts, np.diff(edges)), axis=0, out=out, mode="clip")

    def read_runs(self, begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], out: npt.NDArray[Any]) -> None:
        """Fill an array with runs of rows, from each begin to before its end, one after the other.

        Many runs are read in a few calls that hold no lock of the interpreter: one call for each would wait for a busy
        main thread thousands of times.
        """
        if len(begins) < _MANY_RUNS or not _HAS_PREAD or not self._row_bytes:
            self.read_spans(as_spans(begins, ends, out))
            return
        descriptor = self._open_descriptor()
        offsets, sizes = self._offset + begins * self._row_bytes, (ends - begins) * self._row_bytes
        places = np.cumsum(sizes) - sizes
        target = out.reshape(-1).view(np.uint8)
        is_worth_loading = len(begins) >= _MORE_RUNS
        loop = _read_runs.find(descriptor.number, offsets, sizes, target, is_worth_loading=is_worth_loading)
        if loop is None:
            self.read_spans(as_spans(begins, ends, out))
            return
        probes = range(0, len(begins), -(-len(begins) // _N_PROBES))
        cached = all(
            descriptor.read_cached(target[places[run] : places[run] + sizes[run]], int(offsets[run])) for run in probes
        )
        edges = np.linspace(0, len(begins), 2 if cached else _IN_FLIGHT + 1).astype(np.int64)

        def read(part: tuple[int, int]) -> None:
            first, last = part
            bytes_of_part = target[places[first] : places[last - 1] + sizes[last - 1]]
            done = first + loop(descriptor.number, offsets[first:last], sizes[first:last], bytes_of_part)
            if done < last:  # whatever the reason is, it is reported or repaired as with a single run
                skipped = (ends[:done] - begins[:done]).sum()
                self._fill(descriptor, as_spans(begins[done:last], ends[done:last], out[skipped:]))

        parts = [(int(first), int(last)) for first, last in pairwise(edges)]
        if cached:
            read(parts[0])
            return
        for _ in _pool().map(read, parts):
            pass

    def read_spans(self, spans: Sequence[Span]) -> None:
        """Fill the array of each (start, stop, array) with those rows.

        What the system has in memory is taken at once; many spans on disk are read side by side.
        """
        descriptor = self._open_descriptor()
        spans = [span for span in spans if not self._is_cached(descriptor, span)]
        if self._is_scattered and len(spans) <= _MANY_RUNS:  # the system reads all of them at once, without threads
            for start, _, out in spans:
                descriptor.will_need(self._offset + start * self._row_bytes, out.nbytes)
            self._fill(descriptor, spans)
            return
        if len(spans) < _FEW_SPANS:
            self._fill(descriptor, spans)
            return
        share = -(-len(spans) // _IN_FLIGHT)
        parts = [spans[start : start + share] for start in range(0, len(spans), share)]
        for _ in _pool().map(lambda part: self._fill(descriptor, part), parts):
            pass

    def close(self) -> None:
        """Release the file, once reads under way in other threads are done."""
        self._descriptor = None

    def _opened(self) -> _Descriptor:
        descriptor = _Descriptor(self.path)
        if self._is_scattered:
            with suppress(OSError):
                os.posix_fadvise(descriptor.number, 0, 0, os.POSIX_FADV_RANDOM)
        return descriptor

    def _open_descriptor(self) -> _Descriptor:
        descriptor = self._descriptor
        if descriptor is None:
            raise MissingDataError(f"{self.path.name} was closed.")
        return descriptor

    def _is_cached(self, descriptor: _Descriptor, span: Span) -> bool:
        start, _, out = span
        return descriptor.read_cached(out, self._offset + start * self._row_bytes)

    def _fill(self, descriptor: _Descriptor, spans: Iterable[Span]) -> None:
        for start, _, out in spans:
            if out.size and not self._read_into(descriptor, out, self._offset + start * self._row_bytes):
                raise KwikFormatError(f"{self.path.name} ends before row {start + len(out)} of {self.n_rows}.")

    def _read_into(self, descriptor: _Descriptor, out: npt.NDArray[Any], offset: int) -> bool:
        """Fill an array; what cannot be read is looked for in the file that has the name now: it may be back."""
        with suppress(OSError):
            if descriptor.read_into(out, offset):
                return True
        try:
            again = self._opened()
            if not again.read_into(out, offset):
                return False
        except OSError as error:
            raise MissingDataError(f"{self.path.name} cannot be read: {error.strerror or error}.") from error
        if self._descriptor is descriptor:
            self._descriptor = again
        return True


class _Descriptor:
    """An open file, closed when it is no longer used."""

    def __init__(self, path: Path) -> None:
        flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self.number = os.open(path, flags)
        self._seeking = threading.Lock()
        self._tells_cached = hasattr(os, "preadv") and hasattr(os, "RWF_NOWAIT")
        weakref.finalize(self, os.close, self.number)

    def read_cached(self, out: npt.NDArray[Any], offset: int) -> bool:
        """Fill a contiguous array from byte `offset` on if that takes no wait for the disk; True if it did."""
        if not self._tells_cached or not out.size:
            return not out.size
        try:
            return os.preadv(self.number, [_bytes_of(out)], offset, os.RWF_NOWAIT) == out.nbytes
        except BlockingIOError:
            return False
        except OSError:
            self._tells_cached = False
            return False

    def will_need(self, offset: int, n_bytes: int) -> None:
        """Let the system begin to read some bytes."""
        for start in range(offset, offset + n_bytes, _ADVISED_BYTES):
            with suppress(OSError):
                stop = min(start + _ADVISED_BYTES, offset + n_bytes)
                os.posix_fadvise(self.number, start, stop - start, os.POSIX_FADV_WILLNEED)

    def read_into(self, out: npt.NDArray[Any], offset: int) -> bool:
        """Fill a contiguous array from byte `offset` on; False if the file ends before."""
        target = _bytes_of(out)
        done = 0
        while done < len(target):
            count = read_at(self.number, target[done : done + _READ_BYTES], offset + done, self._seeking)
            if not count:
                return False
            done += count
        return True


def _bytes_of(array: npt.NDArray[Any]) -> memoryview:
    return array.reshape(-1).view(np.uint8).data.cast("B")


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="napari-phy-read")


def as_spans(begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], out: npt.NDArray[Any]) -> list[Span]:
    """Return runs of rows that lie one after the other in an array, each with its part of the array."""
    stops = np.cumsum(ends - begins).tolist()
    return [
        (begin, end, out[stop - (end - begin) : stop])
        for begin, end, stop in zip(begins.tolist(), ends.tolist(), stops, strict=True)
    ]


def as_rows(key: Any, n_rows: int, what: str) -> slice | npt.NDArray[np.int64]:
    """Return a slice with plain bounds, or an array of rows 0 … n_rows - 1, of any index numpy knows.

    Raises
    ------
    IndexError
        If a row is out of range or the index is not made of integers.
    """
    if isinstance(key, slice):
        start, stop, step = key.indices(n_rows)
        return slice(start, max(start, stop), 1) if step == 1 else np.arange(start, stop, step, dtype=np.int64)
    rows = np.asarray(key)
    if rows.dtype == bool and rows.shape == (n_rows,):
        return np.flatnonzero(rows)
    if rows.ndim > 1 or (rows.dtype.kind not in "iu" and rows.size):
        raise IndexError(f"{what} are indexed by a slice or by integers, not by {rows.dtype} of shape {rows.shape}.")
    rows = np.atleast_1d(rows).astype(np.int64, copy=False)
    lowest, highest = (int(rows.min()), int(rows.max())) if rows.size else (0, -1)
    if lowest < -n_rows or highest >= n_rows:
        raise IndexError(f"{what} {lowest} to {highest} are asked for, but there are {n_rows}.")
    return np.where(rows < 0, rows + n_rows, rows) if lowest < 0 else rows
