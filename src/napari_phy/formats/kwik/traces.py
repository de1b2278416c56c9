"""Raw voltage of all recordings on one line, read from flat files or `.kwd` when asked for."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import LazyArray, zero_unmeasured
from napari_phy.files.rows import RowFile, RowSource, Span, as_rows
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik.chunks import ChunkedRows, open_rows
from napari_phy.formats.kwik.raw_files import RawData

_BLOCK_BYTES = 2**25


@dataclass(frozen=True, slots=True)
class RawSegment:
    """One recording on the line and the raw data that hold it.

    Attributes
    ----------
    start_sample : int
        Start of the recording on the line.
    n_samples : int
        Length of the recording on the line.
    raw : RawData or None
        Raw data of the recording; None if they are not there.
    first_row : int
        Row of the raw data at which it begins.
    n_rows : int
        Rows they have for it; samples past them read as 0.
    """

    start_sample: int
    n_samples: int
    raw: RawData | None
    first_row: int
    n_rows: int

    @property
    def stop_sample(self) -> int:
        """Where its raw data end on the line."""
        return self.start_sample + min(self.n_rows, self.n_samples)


class JoinedTraces(LazyArray):
    """`(n_samples, n_channels)` of raw units; `[start:stop]`, `[start:stop:step]` and `[..., channels]` are read.

    Where a recording has no raw data, or they are cut short, samples are 0; so are floats that cannot have been
    measured.

    Parameters
    ----------
    segments : sequence of RawSegment
        The recordings; all raw data have the same channels and type.
    n_channels : int
        Number of channels of the raw data.
    dtype : DTypeLike
        Type of a raw sample.
    """

    def __init__(self, segments: Sequence[RawSegment], n_channels: int, dtype: npt.DTypeLike) -> None:
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        n_samples = max((segment.start_sample + segment.n_samples for segment in segments), default=0)
        self.shape: tuple[int, int] = (n_samples, n_channels)
        self.segments = tuple(segments)
        self.starts = np.array([segment.start_sample for segment in segments], dtype=np.int64)
        self._keeps_all = False
        self._files: dict[Path, H5File] = {}
        self._sources: dict[RawData, RowSource] = {}
        for segment in segments:
            if segment.raw is not None and segment.raw not in self._sources:
                self._sources[segment.raw] = self._open(segment.raw)
        if not any(isinstance(source, ChunkedRows) for source in self._sources.values()):
            self._close_files()

    @property
    def stored(self) -> JoinedTraces:
        """The same traces with every sample as the files have it."""
        stored = copy.copy(self)
        stored._keeps_all = True
        return stored

    @property
    def origin(self) -> tuple[Any, ...]:
        """What tells these raw data from others: the place of each recording, and its file with size and date."""
        return tuple(
            (segment.start_sample, segment.n_samples, segment.first_row, segment.n_rows, *_file_identity(segment.raw))
            for segment in self.segments
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _opened_anew, (self.segments, self.shape[1], self.dtype, self._keeps_all)

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        key, channels = key if isinstance(key, tuple) else (key, slice(None))
        if key is Ellipsis:
            key = slice(None)
        rows = as_rows(key, self.shape[0], "Samples")
        if isinstance(rows, slice):
            out = self._read(rows.start, rows.stop, channels)
        else:
            out = self._take(rows, channels)
        return out[0] if not isinstance(key, slice) and np.ndim(key) == 0 else out

    def places_of(self, samples: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the place (0, 1, …) of the recording in which each sample lies."""
        return np.clip(np.searchsorted(self.starts, samples, side="right") - 1, 0, None)

    def read_spans(self, place: int, spans: Sequence[Span]) -> None:
        """Fill the array of each (start, stop, array) from recording number `place`; rows lie within its data."""
        segment = self.segments[place]
        assert segment.raw is not None
        shift = segment.first_row - segment.start_sample
        self._sources[segment.raw].read_spans([(start + shift, stop + shift, out) for start, stop, out in spans])
        if not self._keeps_all:
            for _, _, out in spans:
                zero_unmeasured(out)

    def read_runs(
        self, place: int, begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], out: npt.NDArray[Any]
    ) -> None:
        """Fill an array with stretches of recording number `place`, one after the other; rows lie within its data."""
        segment = self.segments[place]
        assert segment.raw is not None
        shift = segment.first_row - segment.start_sample
        self._sources[segment.raw].read_runs(begins + shift, ends + shift, out)
        if not self._keeps_all:
            zero_unmeasured(out)

    def close(self) -> None:
        """Release the files."""
        for source in self._sources.values():
            source.close()
        self._close_files()

    def _open(self, raw: RawData) -> RowSource:
        if raw.node is None:
            return RowFile(raw.path, raw.offset, raw.n_rows, (raw.n_channels,), raw.dtype)
        if raw.path not in self._files:
            self._files[raw.path] = open_h5(raw.path)
        return open_rows(self._files[raw.path], raw.node, raw.dtype, shared=True, n_columns=raw.n_channels)

    def _close_files(self) -> None:
        for file in self._files.values():
            file.close()
        self._files = {}

    def _read(self, start: int, stop: int, channels: Any) -> npt.NDArray[Any]:
        if isinstance(channels, slice) and channels == slice(None):
            return self._read_all(start, stop)
        step = max(1, _BLOCK_BYTES // (self.dtype.itemsize * max(1, self.shape[1])))
        parts = [
            self._read_all(begin, min(begin + step, stop))[:, channels]
            for begin in range(start, max(stop, start + 1), step)
        ]
        return np.ascontiguousarray(parts[0]) if len(parts) == 1 else np.concatenate(parts)

    def _read_all(self, start: int, stop: int) -> npt.NDArray[Any]:
        out = np.zeros((max(0, stop - start), self.shape[1]), dtype=self.dtype)
        for place, segment in enumerate(self.segments):
            begin, end = max(start, segment.start_sample), min(stop, segment.stop_sample)
            if segment.raw is not None and begin < end:
                self.read_spans(place, [(begin, end, out[begin - start : end - start])])
        return out

    def _take(self, rows: npt.NDArray[np.int64], channels: Any) -> npt.NDArray[Any]:
        unique, inverse = np.unique(rows, return_inverse=True)
        values = np.zeros((len(unique), self.shape[1]), dtype=self.dtype)
        for segment in self.segments:
            first, last = np.searchsorted(unique, [segment.start_sample, segment.stop_sample])
            if segment.raw is not None and first < last:
                wanted = unique[first:last] - segment.start_sample + segment.first_row
                values[first:last] = self._sources[segment.raw].take(wanted)
        if not self._keeps_all:
            zero_unmeasured(values)
        return np.ascontiguousarray(values[inverse][:, channels])


def _opened_anew(
    segments: Sequence[RawSegment], n_channels: int, dtype: np.dtype[Any], keeps_all: bool
) -> JoinedTraces:
    """Return traces that another process has of the same files."""
    traces = JoinedTraces(segments, n_channels, dtype)
    return traces.stored if keeps_all else traces


def _file_identity(raw: RawData | None) -> tuple[Any, ...]:
    if raw is None:
        return ()
    try:
        found = raw.path.stat()
    except OSError:
        return (raw.path.name, raw.node)
    return (raw.path.name, raw.node, found.st_size, found.st_mtime_ns)
