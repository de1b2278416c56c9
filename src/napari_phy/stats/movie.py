"""A movie that may be larger than memory, of which each frame is read once, in blocks."""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.progress import OnProgress

BLOCK_BYTES = 2**27  # of the float64 values of a block
MOST_SUMS_BYTES = 2**29
_MOST_CHUNK_BYTES = 2**27  # chunks of the file that are read whole
_MOST_FRAMES = 256  # of a block; weights of many rows, clusters and lags are as long
_ON_ONE_CORE = 200_000  # products of a matrix; OpenBLAS wakes threads for more, which cost more than they save
_TILE = 2**14  # pixels that are added up at a time

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Movie:
    """Frames of one shape, one after the other along an axis of an array.

    Parameters
    ----------
    data : array_like
        A NumPy array, or anything with `shape` and `dtype` that gives arrays when it is sliced: dask, zarr, HDF5.
    axis : int, default 0
        Which axis is time.
    crop : tuple of slice, optional
        What of each frame is read, for each of its axes; all of it if empty.

    Raises
    ------
    ImagingError
        The array has no such axis, no frames, or its values are no numbers.
    """

    data: Any = field(repr=False)
    axis: int = 0
    crop: tuple[slice, ...] = ()
    n_frames: int = field(init=False)
    frame_shape: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        shape = tuple(int(size) for size in getattr(self.data, "shape", ()))
        if len(shape) < 2 or not -len(shape) <= self.axis < len(shape):
            raise ImagingError(f"A movie has an axis of time and at least one more; this array has the shape {shape}.")
        axis = self.axis % len(shape)
        whole = shape[:axis] + shape[axis + 1 :]
        if 0 in shape:
            raise ImagingError(f"The movie has no pixels: its shape is {shape}.")
        if np.dtype(self.data.dtype).kind not in "buif":
            raise ImagingError(f"The values of a movie are numbers, not {self.data.dtype}.")
        if self.crop and len(self.crop) != len(whole):
            raise ImagingError(f"Frames have {len(whole)} axes; {len(self.crop)} slices are given.")
        sizes = [len(range(*part.indices(size))) for part, size in zip(self.crop, whole, strict=False)]
        set_field = object.__setattr__
        set_field(self, "axis", axis)
        set_field(self, "n_frames", shape[axis])
        set_field(self, "frame_shape", tuple(sizes) if self.crop else whole)

    @property
    def n_pixels(self) -> int:
        """Pixels of a frame."""
        return math.prod(self.frame_shape)

    def around(self, pixels: npt.NDArray[np.int64]) -> tuple[Movie, npt.NDArray[np.int64]]:
        """Return the movie of the smallest box around some pixels, of which no more is read, and their places there.

        Parameters
        ----------
        pixels : ndarray of int64, shape (n_pixels,)
            Flat places of pixels in a frame, one at least.
        """
        places = np.stack(np.unravel_index(pixels, self.frame_shape))
        low, high = places.min(axis=1), places.max(axis=1) + 1
        whole = self.data.shape[: self.axis] + self.data.shape[self.axis + 1 :]
        crop = self.crop or tuple(slice(None) for _ in whole)
        within = [range(size)[part] for part, size in zip(crop, whole, strict=True)]
        within = [part[first:last] for part, first, last in zip(within, low.tolist(), high.tolist(), strict=True)]
        box = Movie(self.data, self.axis, tuple(slice(part.start, part.stop, part.step) for part in within))
        return box, np.ravel_multi_index(tuple(places - low[:, None]), box.frame_shape).astype(np.int64)

    def read(self, start: int, stop: int) -> npt.NDArray[Any]:
        """Return frames from `start` to before `stop`, time first."""
        crop = self.crop or (slice(None),) * len(self.frame_shape)
        key = (*crop[: self.axis], slice(start, stop), *crop[self.axis :])
        return np.moveaxis(np.asarray(self.data[key]), self.axis, 0)

    def blocks(
        self, wanted: npt.NDArray[np.bool_], on_progress: OnProgress
    ) -> Iterator[tuple[npt.NDArray[np.int64], Float64]]:
        """Yield the wanted frames in blocks: their numbers, and (n, n_pixels) values, which may be changed.

        Parameters
        ----------
        wanted : ndarray of bool, shape (n_frames,)
            Which frames; blocks without any are not read.
        on_progress : callable
            Gets 0…1, and raises `CancelledError` to end it.
        """
        step = self._block_frames()
        for start in range(0, self.n_frames, step):
            on_progress(start / self.n_frames)
            frames = start + np.flatnonzero(wanted[start : start + step])
            if len(frames):
                first = int(frames[0])
                block = self.read(first, int(frames[-1]) + 1)
                block = block if len(block) == len(frames) else block[frames - first]
                yield frames, np.array(block.reshape(len(frames), -1), dtype=np.float64)
                del block
                _forget_pages(self.data)
        on_progress(1.0)

    def _block_frames(self) -> int:
        """Return how many frames are read at once: whole chunks of the file, where these are not too large."""
        n = min(max(1, BLOCK_BYTES // (8 * self.n_pixels)), _MOST_FRAMES)
        chunks = getattr(self.data, "chunks", None)
        along: Any = chunks[self.axis] if chunks and len(chunks) > self.axis else 1
        chunk = int(max(along)) if isinstance(along, tuple) else int(along)
        if chunk * self.n_pixels * 8 > _MOST_CHUNK_BYTES:
            return n
        n_chunks = max(1, n // chunk)
        if chunks and self.crop:  # the library reads chunks whole, however little of them is wanted
            chunk_bytes = chunk * math.prod(self.data.shape) // self.n_frames * np.dtype(self.data.dtype).itemsize
            n_chunks = max(1, min(n_chunks, BLOCK_BYTES // chunk_bytes))
        return n_chunks * chunk


def _forget_pages(data: Any) -> None:
    """Give back the pages of a mapped file that were read; they would count as memory of the program."""
    mapped = data
    while isinstance(mapped, np.ndarray):
        if isinstance(mapped, np.memmap) and mapped.mode == "c":  # whose pages hold what was written
            return
        mapped = mapped.base
    if isinstance(data, np.memmap) and isinstance(mapped, mmap.mmap) and hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_DONTNEED)


def check_sums(n_values: int, what: str) -> None:
    """Raise ImagingError where running sums would need more memory than they should."""
    if 8 * n_values > MOST_SUMS_BYTES:
        raise ImagingError(
            f"{what} needs {8 * n_values / 2**30:.1f} GiB of memory, more than {MOST_SUMS_BYTES / 2**30:.1f} GiB; "
            "take fewer clusters or fewer lags."
        )


def lagged(counts: npt.NDArray[Any], frames: npt.NDArray[np.int64], lags: npt.NDArray[np.int64]) -> Float64:
    """Return (..., n_lags, n) what is in `counts` a lag before each frame, 0 where there is no such frame."""
    found = np.zeros((*counts.shape[:-1], len(lags), len(frames)))
    is_run = bool((np.diff(frames) == 1).all())  # as most blocks are; slices are copied much faster
    for place, lag in enumerate(lags.tolist()):
        before = frames - lag
        inside = np.flatnonzero((before >= 0) & (before < counts.shape[-1]))
        if len(inside):
            first, last = inside[[0, -1]]
            into, of = slice(first, last + 1), slice(before[first], before[last] + 1)
            found[..., place, into if is_run else inside] = counts[..., of if is_run else before[inside]]
    return found


def check_counts(counts: npt.ArrayLike, movie: Movie) -> npt.NDArray[Any]:
    """Return counts as (n_clusters, n_groups, n_frames); a group is the whole frame, or one of its rows.

    Raises
    ------
    ImagingError
        They are not of this movie.
    """
    found = np.asarray(counts)
    found = found[:, None, :] if found.ndim == 2 else found
    n_rows = math.prod(movie.frame_shape[:-1])
    if found.ndim != 3 or found.shape[2] != movie.n_frames or found.shape[1] not in (1, n_rows):
        raise ImagingError(
            f"Counts of spikes are for each cluster and frame, or cluster, row and frame: "
            f"(n, {movie.n_frames}) or (n, {n_rows}, {movie.n_frames}), not {np.shape(counts)}."
        )
    return found


def add_weighted(sums: Float64, weights: Float64, block: Float64) -> None:
    """Add to (n_groups, n, n_pixels / n_groups) sums those over frames of the pixels of each group.

    Parameters
    ----------
    sums : ndarray
        Changed in place, a tile after the other, so that no second array as large is needed.
    weights : ndarray, shape (n_groups, n, n_frames)
        One group: all pixels have the same weights.
    block : ndarray, shape (n_frames, n_pixels)
        Values.
    """
    n_groups, n, n_pixels = sums.shape
    grouped = block.reshape(len(block), n_groups, n_pixels).transpose(1, 0, 2)
    most = _TILE if n_groups == 1 else max(1, _ON_ONE_CORE // (n * max(len(block), 1)))
    n_tile = min(n_pixels, most)
    n_together = max(1, _TILE // n_tile)
    for group in range(0, n_groups, n_together):
        some = slice(group, group + n_together)
        for start in range(0, n_pixels, n_tile):
            tile = slice(start, start + n_tile)
            sums[some, :, tile] += np.matmul(weights[some], grouped[some, :, tile])
