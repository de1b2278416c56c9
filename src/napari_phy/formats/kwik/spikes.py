"""Times of the spikes and their order: ascending for the program, as written in the file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.kwik import schema

_BLOCK = 2**20
MAX_SAMPLE = 2**53  # beyond it seconds as float64 are no longer exact: 9000 years at 30 kHz

Integers = npt.NDArray[np.integer[Any]]


class Span(NamedTuple):
    """The first and the last sample with a spike, as the file counts them, and how many spikes there are."""

    first: int
    last: int
    n_spikes: int

    def joined(self, other: Span | None) -> Span:
        """Return the span of both."""
        if other is None:
            return self
        return Span(min(self.first, other.first), max(self.last, other.last), self.n_spikes + other.n_spikes)


@dataclass(frozen=True, slots=True)
class SpikeScan:
    """What a look at all spikes of a channel group tells.

    Attributes
    ----------
    ranges : mapping of int to Span
        {recording id: its spikes}.
    ascending : bool
        The file has them in the order of time.
    """

    ranges: Mapping[int, Span]
    ascending: bool


def read_samples(file: H5File, channel_group: int) -> npt.NDArray[np.int64]:
    """Return (n_spikes,) `time_samples` as the file has them, in memory of their own.

    Raises
    ------
    KwikFormatError
        If they are not whole numbers from 0 on, or there are not as many recording numbers.
    """
    path = schema.spikes_path(channel_group, "time_samples")
    if not file.is_dataset(path):
        return np.empty(0, dtype=np.int64)
    values = read_integers(file, path, writeable=True)
    samples = values.view(np.int64) if values.dtype in (np.uint64, np.int64) else values.astype(np.int64)
    if len(samples) and not 0 <= int(samples.min()) <= int(samples.max()) < MAX_SAMPLE:
        raise KwikFormatError(
            f"{file.path.name}: channel group {channel_group} has spikes at samples {values.min()} to {values.max()}, "
            "which cannot be; the file is damaged, use another copy of it."
        )
    recordings = schema.spikes_path(channel_group, "recording")
    if file.has(recordings) and (n_numbers := count_integers(file, recordings)) != len(samples):
        raise KwikFormatError(
            f"{file.path.name}: channel group {channel_group} has {len(samples)} spike times "
            f"but {n_numbers} recording numbers."
        )
    return samples


def count_integers(file: H5File, path: str) -> int:
    """Return how many whole numbers a dataset has, from its shape and type alone.

    Raises
    ------
    KwikFormatError
        If it cannot be a row or a column of whole numbers.
    """
    dataset = file.dataset(path)
    shape = dataset.shape
    if (
        shape is None
        or dataset.dtype.kind not in "iuf"
        or len(shape) not in (1, 2)
        or (len(shape) == 2 and 1 not in shape)
    ):
        raise KwikFormatError(
            f"{file.path.name}: {path} should be a row of integers and has shape {shape} of {dataset.dtype}."
        )
    return math.prod(shape)


def read_integers(
    file: H5File, path: str, n_spikes: int | None = None, *, writeable: bool = False
) -> npt.NDArray[np.integer[Any]]:
    """Return (n_spikes,) whole numbers: integers, or the floats, rows and columns that Matlab writes for them.

    Parameters
    ----------
    path : str
        Path of the dataset, of shape (n_spikes,), (n_spikes, 1) or (1, n_spikes).
    n_spikes : int, optional
        How many there must be, if that is known.
    writeable : bool, default False
        The caller goes on working on the array.

    Raises
    ------
    KwikFormatError
        If there are others, or they are no whole numbers.
    """
    n_numbers = count_integers(file, path)
    if n_spikes is not None and n_numbers != n_spikes:
        raise KwikFormatError(f"{file.path.name}: {path} has {n_numbers} numbers and should have {n_spikes}.")
    shape = None if n_spikes is None else file.dataset(path).shape
    return _whole(file, path, file.read(path, shape, writeable=writeable).reshape(-1))


def integer_blocks(file: H5File, path: str, n_spikes: int | None = None) -> Iterator[npt.NDArray[np.integer[Any]]]:
    """Give what `read_integers` returns in pieces, which takes little memory where the file has a plain row."""
    if file.dataset(path).ndim != 1 or (n_spikes is not None and count_integers(file, path) != n_spikes):
        values = read_integers(file, path, n_spikes)
        yield from (values[start : start + _BLOCK] for start in range(0, len(values), _BLOCK))
        return
    for values in file.read_blocks(path, None if n_spikes is None else (n_spikes,), n_rows=_BLOCK):
        yield _whole(file, path, values)


def _whole(file: H5File, path: str, values: npt.NDArray[Any]) -> npt.NDArray[np.integer[Any]]:
    if values.dtype.kind != "f":
        return values
    values = values.astype(np.float64)  # MAX_SAMPLE is beyond the half floats
    is_whole = (np.abs(values) <= MAX_SAMPLE) & (np.trunc(values) == values)
    if not is_whole.all():
        raise KwikFormatError(
            f"{file.path.name}: {path} has {values[~is_whole][0]:g} where a whole number belongs; "
            "the file is damaged, use another copy of it."
        )
    return values.astype(np.int64)


def recording_blocks(file: H5File, channel_group: int, n_spikes: int) -> Iterator[tuple[slice, Integers | int]]:
    """Give spikes (as a slice) and their recording numbers block by block; one number where all are the same."""
    path = schema.spikes_path(channel_group, "recording")
    if not file.has(path):
        yield from ((slice(start, min(start + _BLOCK, n_spikes)), 0) for start in range(0, n_spikes, _BLOCK))
        return
    start = 0
    for numbers in integer_blocks(file, path, n_spikes):
        rows = slice(start, start + len(numbers))
        first = int(numbers[0])
        yield rows, first if bool((numbers == first).all()) else numbers
        start = rows.stop


def scan_spikes(file: H5File, channel_group: int, samples: npt.NDArray[np.int64]) -> SpikeScan:
    """Look at all spikes of a channel group: the range of each recording, and whether they ascend."""
    ranges: dict[int, Span] = {}
    ascending = True
    before = (-1, -1)
    for rows, numbers in recording_blocks(file, channel_group, len(samples)):
        block = samples[rows]
        if isinstance(numbers, int):
            ascending = ascending and bool((block[1:] >= block[:-1]).all())
            found = {numbers: Span(int(block.min()), int(block.max()), len(block))}
            ends = (numbers, int(block[0])), (numbers, int(block[-1]))
        else:
            earlier, later = slice(None, -1), slice(1, None)
            rises = (numbers[later] > numbers[earlier]) | (
                (numbers[later] == numbers[earlier]) & (block[later] >= block[earlier])
            )
            ascending = ascending and bool(rises.all())
            found = _ranges(numbers, block)
            ends = (int(numbers[0]), int(block[0])), (int(numbers[-1]), int(block[-1]))
        ascending = ascending and before <= ends[0]
        before = ends[1]
        ranges |= {number: span.joined(ranges.get(number)) for number, span in found.items()}
    return SpikeScan(ranges, ascending)


def read_times(file: H5File, channel_group: int) -> tuple[npt.NDArray[np.int64], Integers]:
    """Return samples within their recording and recording numbers, `(n_spikes,)` each, in the file's order."""
    samples = read_samples(file, channel_group)
    path = schema.spikes_path(channel_group, "recording")
    if not file.has(path) or not len(samples):
        return samples, np.broadcast_to(np.uint8(0), samples.shape)
    return samples, read_integers(file, path, len(samples))


def ascending_order(samples: npt.NDArray[np.int64], recordings: Integers) -> npt.NDArray[np.int64] | None:
    """Return the rows of the file in the order of time, or None where they already are.

    Ties keep the file's order. It depends on the `.kwik` alone, so that reading and saving agree
    whether or not the raw data are there.
    """
    if len(samples) < 2:
        return None
    earlier, later = slice(None, -1), slice(1, None)
    same = recordings[later] == recordings[earlier]
    ascending = (recordings[later] > recordings[earlier]) | (same & (samples[later] >= samples[earlier]))
    return None if ascending.all() else np.lexsort((samples, recordings))


def to_program(values: npt.NDArray[Any], order: npt.NDArray[np.int64] | None) -> npt.NDArray[Any]:
    """Return per-spike values of the file in ascending time."""
    return values if order is None else values[order]


def to_file(values: npt.NDArray[Any], order: npt.NDArray[np.int64] | None) -> npt.NDArray[Any]:
    """Return per-spike values in ascending time in the file's order."""
    if order is None:
        return values
    out = np.empty_like(values)
    out[order] = values
    return out


def _ranges(numbers: Integers, samples: npt.NDArray[np.int64]) -> dict[int, Span]:
    """Return {recording number: its spikes}."""
    runs = np.concatenate([[0], np.flatnonzero(numbers[1:] != numbers[:-1]) + 1])
    ids, places = np.unique(numbers[runs], return_inverse=True)
    first = np.full(len(ids), np.iinfo(np.int64).max)
    last = np.full(len(ids), -1, dtype=np.int64)
    np.minimum.at(first, places, np.minimum.reduceat(samples, runs))
    np.maximum.at(last, places, np.maximum.reduceat(samples, runs))
    counts = np.bincount(places, weights=np.diff(runs, append=len(numbers)), minlength=len(ids)).astype(np.int64)
    spans = zip(ids.tolist(), first.tolist(), last.tolist(), counts.tolist(), strict=True)
    return {number: Span(*span) for number, *span in spans}
