"""The stretches of samples that are worked on: chunks with what is kept of them, and excerpts for the noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import Recording


@dataclass(frozen=True, slots=True)
class Chunk:
    """Samples that are filtered together.

    Attributes
    ----------
    start, stop : int
        Which samples, on the joined time line.
    keep_start, keep_stop : int
        Spikes from the one to before the other belong to this chunk.
    """

    start: int
    stop: int
    keep_start: int
    keep_stop: int

    @property
    def own_rows(self) -> slice:
        """Which of its samples belong to no other chunk."""
        return slice(self.keep_start - self.start, self.keep_stop - self.start)

    def share_of(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return those of ascending times that belong to it."""
        first, stop = np.searchsorted(times, [self.keep_start, self.keep_stop])
        return times[first:stop]


def chunks_of(recordings: Sequence[Recording], size: int, overlap: int) -> list[Chunk]:
    """Return the chunks of all recordings, as klusta divides one: each spike belongs to exactly one.

    Parameters
    ----------
    recordings : sequence of Recording
        No chunk reaches from one into the next.
    size : int
        Samples of a chunk; the last one of a recording has what is left.
    overlap : int
        Samples that neighbours share; each keeps the half on its own side.
    """
    return [
        Chunk(*(recording.start_sample + sample for sample in bounds))
        for recording in recordings
        for bounds in _bounds(recording.n_samples, size, overlap)
    ]


def _bounds(n_samples: int, size: int, overlap: int) -> Iterator[tuple[int, int, int, int]]:
    start, stop, keep_start = 0, size, 0
    while stop < n_samples:
        keep_stop = stop - overlap // 2
        yield start, stop, keep_start, keep_stop
        start, keep_start = stop - overlap, keep_stop
        stop = start + size
    if n_samples:
        yield start, n_samples, keep_start, n_samples


def excerpts_of(recordings: Sequence[Recording], n_excerpts: int, size: int) -> list[tuple[int, int]]:
    """Return (start, stop) of excerpts that are evenly spaced over all samples, or of all samples where they are few.

    Those that reach from one recording into the next are cut there.
    """
    n_samples = sum(recording.n_samples for recording in recordings)
    step, count = size, -(-n_samples // size)
    if n_samples >= n_excerpts * size:
        step, count = max((n_samples - size) // max(1, n_excerpts - 1), size), n_excerpts
    pieces = []
    for start in range(0, count * step, step):
        stop = min(start + size, n_samples)
        for recording in recordings:
            begin = max(start, recording.start_sample)
            end = min(stop, recording.start_sample + recording.n_samples)
            if begin < end:
                pieces.append((begin, end))
    return pieces
