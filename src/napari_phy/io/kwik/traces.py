"""Raw voltage of all recordings on one line, read from flat files when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.io.kwik.rows import RowFile, Span, as_rows

_BLOCK_BYTES = 2**25


@dataclass(frozen=True, slots=True)
class RawSegment:
    """One recording on the line and the part of a flat file that holds it.

    Attributes
    ----------
    start_sample : where it begins on the line.
    n_samples : how long it is on the line.
    path : its file; None if that is not there.
    first_row : row of the file at which it begins.
    n_rows : rows the file has for it; samples past them read as 0.
    """

    start_sample: int
    n_samples: int
    path: Path | None
    first_row: int
    n_rows: int


class FlatTraces:
    """`(n_samples, n_channels)` of raw units; `[start:stop]`, `[start:stop:step]` and `[..., channels]` are read.

    Where a recording has no file, or its file is cut short, samples are 0.
    """

    def __init__(self, segments: Sequence[RawSegment], n_channels: int, dtype: npt.DTypeLike) -> None:
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        n_samples = max((segment.start_sample + segment.n_samples for segment in segments), default=0)
        self.shape: tuple[int, int] = (n_samples, n_channels)
        self.segments = tuple(segments)
        files: dict[Path, RowFile] = {}
        for segment in segments:
            if segment.path is not None and segment.path not in files:
                n_rows = segment.path.stat().st_size // (self.dtype.itemsize * n_channels)
                files[segment.path] = RowFile(segment.path, 0, n_rows, (n_channels,), self.dtype)
        self._files = files

    @property
    def ndim(self) -> int:
        """Number of axes: 2."""
        return 2

    @property
    def size(self) -> int:
        """Number of values."""
        return self.shape[0] * self.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

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

    def read_spans(self, place: int, spans: Sequence[Span]) -> None:
        """Fill the array of each (start, stop, array) from recording number `place`; rows lie within its file."""
        segment = self.segments[place]
        assert segment.path is not None
        shift = segment.first_row - segment.start_sample
        self._files[segment.path].read_spans([(start + shift, stop + shift, out) for start, stop, out in spans])

    def close(self) -> None:
        """Release the files."""
        for file in self._files.values():
            file.close()

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
            begin = max(start, segment.start_sample)
            end = min(stop, segment.start_sample + min(segment.n_rows, segment.n_samples))
            if segment.path is not None and begin < end:
                self.read_spans(place, [(begin, end, out[begin - start : end - start])])
        return out

    def _take(self, rows: npt.NDArray[np.int64], channels: Any) -> npt.NDArray[Any]:
        unique, inverse = np.unique(rows, return_inverse=True)
        values = np.zeros((len(unique), self.shape[1]), dtype=self.dtype)
        for segment in self.segments:
            end = segment.start_sample + min(segment.n_rows, segment.n_samples)
            first, last = np.searchsorted(unique, [segment.start_sample, end])
            if segment.path is not None and first < last:
                wanted = unique[first:last] - segment.start_sample + segment.first_row
                values[first:last] = self._files[segment.path].take(wanted)
        return np.ascontiguousarray(values[inverse][:, channels])
