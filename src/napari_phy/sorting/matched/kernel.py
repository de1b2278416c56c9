"""The matched filter: the usual shape of spikes on their largest channel, found in the recording itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_LEAST = 20  # spikes that a shape is made of
_ROOM = 2**14  # for the peaks of a chunk


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A shape of length 1 that is looked for in each channel.

    Attributes
    ----------
    values : ndarray of float32, shape (n_samples,)
        Positive where a trough is, so that troughs stay troughs.
    before : int
        Which of its samples lies on the spike.
    """

    values: Float32
    before: int

    def apply(self, filtered: Float32) -> Float32:
        """Return how much of the shape there is around each sample, `(n_samples, n_channels)`."""
        from napari_phy.sorting.matched._loops import correlate

        found = np.empty_like(filtered)
        correlate(filtered, self.values, self.before, np.array([0]), np.array([len(filtered)]), found)
        return found

    @classmethod
    def of(cls, waveforms: Sequence[Float32], before: int) -> Kernel | None:
        """Return the median of waveforms, each of length 1, whose troughs lie at `before`; None where they are few."""
        shapes = np.concatenate([*waveforms]) if waveforms else np.empty((0, 1), dtype=np.float32)
        if len(shapes) < _LEAST:
            return None
        shapes = shapes / np.linalg.norm(shapes, axis=1, keepdims=True)
        shape = -np.median(shapes, axis=0) * np.sign(-shapes[:, before].sum() or 1)
        return cls((shape / np.linalg.norm(shape)).astype(np.float32), before)


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """The channels near each channel, itself among them, one channel after the other.

    Attributes
    ----------
    offsets : ndarray of int64, shape (n_channels + 1,)
        Where those of each channel begin.
    channels : ndarray of int64
        The channels.
    """

    offsets: Int64
    channels: Int64

    @classmethod
    def of(cls, adjacent: Bools) -> Neighbours:
        """Return those of a symmetric matrix."""
        offsets = np.concatenate([[0], np.cumsum(adjacent.sum(axis=1))])
        return cls(offsets.astype(np.int64), np.nonzero(adjacent)[1].astype(np.int64))


def peaks_of(values: Float32, sign: int, levels: Float64, neighbours: Neighbours, reach: int) -> Int64:
    """Return `(n, 2)` rows and channels of peaks beyond levels, the largest among neighbours within `reach` samples."""
    from napari_phy.sorting.matched._loops import find_peaks

    places = np.empty((_ROOM, 2), dtype=np.int64)
    whole = np.array([0]), np.array([len(values)])
    level = levels.astype(np.float32)
    n = find_peaks(values, sign, level, neighbours.offsets, neighbours.channels, reach, *whole, places)
    if n > len(places):
        places = np.empty((n, 2), dtype=np.int64)
        find_peaks(values, sign, level, neighbours.offsets, neighbours.channels, reach, *whole, places)
    return places[:n]


def shapes_at(filtered: Float32, places: Int64, before: int, after: int) -> Float32:
    """Return `(n, before + after)` the voltage around peaks, of those that lie whole in `filtered`."""
    rows, channels = places[(places[:, 0] >= before) & (places[:, 0] + after <= len(filtered))].T
    return np.asarray(filtered[rows[:, None] + np.arange(-before, after), channels[:, None]])
