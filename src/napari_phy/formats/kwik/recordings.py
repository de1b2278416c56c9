"""The recordings of a Kwik file on one line of samples, and the raw data that hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import Recording
from napari_phy.core.errors import KwikFormatError
from napari_phy.core.recording_order import Order
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.hdf5.values import as_float, as_int, as_texts
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.raw_files import FlatLayout, RawData, RawLink, RawPlaces, find_raw, read_link
from napari_phy.formats.kwik.spikes import MAX_SAMPLE, Integers
from napari_phy.formats.kwik.time_origin import Ranges, find_origin
from napari_phy.formats.kwik.traces import RawSegment


@dataclass(frozen=True, slots=True)
class RawPart:
    """What one recording needs of raw data.

    Attributes
    ----------
    recording_id : int
        Number of the recording.
    link : RawLink
        What the `.kwik` says of its raw data.
    first_row : int
        Row of a flat file where the recording begins.
    n_rows : int
        Number of rows up to its last spike.
    found : RawData or None
        The raw data that are used, if there are any.
    n_told : int, default 0
        Samples up to the start of the next recording, as the `.kwik` says; 0 where it does not, or all are in one file.
    is_whole : bool, default False
        The raw data are as long as the `.kwik` says, as far as it does.
    """

    recording_id: int
    link: RawLink
    first_row: int
    n_rows: int
    found: RawData | None
    n_told: int = 0
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Timeline:
    """Recordings on one line, by number, each up to the next.

    Attributes
    ----------
    recordings : tuple of Recording
        Each with its start and length in samples.
    segments : tuple of RawSegment
        Where the raw samples of each recording are.
    missing_files : tuple of str
        Names of raw files that were not found.
    raw_problems : tuple of str
        Sentences on raw files that are there and cannot be read, or have no such recording.
    absolute : bool
        Times in the file count from the start of the line, not of their recording.
    raw_parts : tuple of RawPart
        What each recording needs of raw data.
    doubt : str or None
        A sentence where the file does not say for certain from where times count; else None.
    numbers : mapping of int to int
        {number that the file gives to spikes: recording}.
    overfull : tuple of int
        Recordings with spikes behind their end.
    """

    recordings: tuple[Recording, ...]
    segments: tuple[RawSegment, ...]
    missing_files: tuple[str, ...]
    raw_problems: tuple[str, ...]
    absolute: bool
    raw_parts: tuple[RawPart, ...]
    doubt: str | None
    numbers: Mapping[int, int]
    overfull: tuple[int, ...]

    @property
    def is_linked(self) -> bool:
        """Whether recordings are other ones of a `.kwd` than their own numbers say."""
        return any(part.link.recording not in (None, part.recording_id) for part in self.raw_parts)

    @property
    def starts(self) -> dict[int, int]:
        """{recording: what is to be added to times in the file to have them on the line}."""
        return {item.recording_id: 0 if self.absolute else item.start_sample for item in self.recordings}

    def starts_of(self, numbers: Integers | int) -> npt.NDArray[np.int64] | int:
        """Return what is to be added to the times of spikes, for the numbers that the file gives to them."""
        starts = self.starts
        if isinstance(numbers, int):
            return starts[self.numbers[numbers]]
        known, places = np.unique(numbers, return_inverse=True)
        return np.array([starts[self.numbers[number]] for number in known.tolist()], dtype=np.int64)[places]

    def empty(self, name: str) -> str | None:
        """Return a sentence on a raw file in which nothing is; `name` is that of the `.kwik`."""
        names = [part.found.path.name for part in self.raw_parts if part.found is not None]
        return f"Waveforms and traces need {names[0]}, which is empty. Everything else works." if names else None

    def cut_short(self, sample_rate: float) -> tuple[str, ...]:
        """Return a sentence for each raw file, or recording in a `.kwd`, that ends before the last spike in it."""
        lacking = [
            (part, segment)
            for part, segment in zip(self.raw_parts, self.segments, strict=True)
            if part.found is not None and segment.n_rows < part.n_rows
        ]
        if any(part.recording_id in self.overfull and part.is_whole for part, _ in lacking):
            return tuple(_contradiction(part, segment, sample_rate) for part, segment in lacking)
        ends: dict[str, tuple[int, int]] = {}
        for part, segment in lacking:
            assert part.found is not None
            stop = segment.first_row + segment.n_samples
            name = part.found.path.name
            name = name if part.found.node is None else f"Recording {part.recording_id} in {name}"
            ends[name] = min(part.found.n_rows, stop), max(ends.get(name, (0, 0))[1], stop)
        return tuple(_cut_short(name, end / sample_rate, wanted / sample_rate) for name, (end, wanted) in ends.items())

    def check(self, name: str, ranges: Ranges) -> None:
        """Raise KwikFormatError if a spike belongs to a recording that the file does not have."""
        strange = self.strange(ranges)
        if strange:
            ids = [recording.recording_id for recording in self.recordings]
            raise KwikFormatError(
                f"{name}: a spike belongs to recording {strange[0]}, but the recordings are {', '.join(map(str, ids))}."
            )

    def strange(self, ranges: Ranges) -> list[int]:
        """Return the numbers of spikes that mean no recording."""
        return sorted(set(ranges).difference(self.numbers))


@dataclass(frozen=True, slots=True)
class _Stored:
    recording_id: int
    node_name: str
    name: str
    start_sample: int | None
    start_time: float | None
    link: RawLink


def read_timelines(
    file: H5File,
    metadata: Mapping[str, Any],
    sample_rate: float,
    flat: FlatLayout,
    ranges: Ranges,
    places: RawPlaces,
) -> dict[Order, Timeline]:
    """Read the recordings and find their raw data; return the line for each order that numbers of spikes may follow.

    Orders in which all spikes are of the same recordings share one line. Recordings follow one another by number, that
    which their links name where all name one of the same `.kwd`. A recording starts at its `start_sample` where
    those ascend and leave room for the raw data, else where the raw data before it end, else at its `start_time`. The
    last one is as long as its raw data; without them it goes up to its last spike, in whole seconds. No recording ends
    before its last spike.

    Parameters
    ----------
    file : H5File
        Open `.kwik`.
    metadata : mapping of str to object
        Parameters of the `.kwik`.
    sample_rate : float
        In Hz.
    flat : FlatLayout
        Layout of flat raw files.
    ranges : Ranges
        {number in the file: its spikes}, over all channel groups.
    places : RawPlaces
        Places of raw files that moved.
    """
    stored = _in_time(_read_recordings(file, metadata))
    alone = len({item.link for item in stored}) == 1
    found = [find_raw(file.path, item.link, item.recording_id, flat, places, alone=alone) for item in stored]
    in_text = sorted(stored, key=lambda item: item.node_name)
    orders: dict[Order, dict[int, int]] = {
        "number": {item.recording_id: item.recording_id for item in stored},
        "text": {place: item.recording_id for place, item in enumerate(in_text)},
        "place": dict(enumerate(sorted(item.recording_id for item in stored))),
    }
    lines: dict[Order, Timeline] = {}
    known: dict[tuple[Any, ...], Timeline] = {}
    for order, numbers in orders.items():
        meant: tuple[Any, ...] = tuple(map(numbers.get, ranges))
        meant = (*numbers.items(), None) if None in meant else meant
        if meant not in known:
            known[meant] = _lay_out(file.path.name, stored, found, numbers, sample_rate, ranges, places)
        lines[order] = known[meant]
    return lines


def _lay_out(
    name: str,
    stored: Sequence[_Stored],
    found: Sequence[tuple[RawData | None, str | None]],
    numbers: Mapping[int, int],
    sample_rate: float,
    ranges: Ranges,
    places: RawPlaces,
) -> Timeline:
    ranges = {numbers[number]: span for number, span in ranges.items() if number in numbers}
    raw = [data for data, _ in found]
    links = {item.link for item in stored}
    shared = len(stored) > 1 and len(links) == 1 and raw[0] is not None and raw[0].node is None
    in_file = [
        places.lengths.get(item.recording_id, 0) if data is None else data.n_rows
        for item, data in zip(stored, raw, strict=True)
    ]
    lengths = _lengths(stored, [0] * len(stored) if shared else in_file, sample_rate)
    if shared and in_file[0]:
        lengths[-1] = max(0, in_file[0] - sum(lengths[:-1]))
    origin = find_origin([item.recording_id for item in stored], lengths, ranges, sample_rate)
    lengths = list(origin.lengths)
    ends = _spike_ends(stored, lengths, ranges, absolute=origin.absolute)
    recordings: list[Recording] = []
    segments: list[RawSegment] = []
    start = 0
    for place, item in enumerate(stored):
        length = lengths[place] or math.ceil(math.ceil(ends[place] / sample_rate) * sample_rate)
        length = max(length, ends[place])
        recordings.append(Recording(item.recording_id, item.name, start, length))
        segments.append(_segment(raw[place], start, length, start if shared else 0))
        start += length
    if start >= MAX_SAMPLE:
        raise KwikFormatError(f"{name}: its recordings would have {start} samples, which cannot be.")
    lost = [(item.link.name, why) for item, (data, why) in zip(stored, found, strict=True) if data is None]
    in_one = len(stored) > 1 and len(links) == 1 and stored[0].link.node is None
    in_kwik = _steps(stored, [item.start_sample for item in stored]) or [0] * len(stored)
    firsts = [recording.start_sample if in_one else 0 for recording in recordings]
    parts = [
        RawPart(item.recording_id, item.link, first, end, data, 0 if in_one else length, 0 < length <= rows - first)
        for item, first, end, data, length, rows in zip(stored, firsts, ends, raw, in_kwik, in_file, strict=True)
    ]
    overfull = [item.recording_id for item, end, length in zip(stored, ends, lengths, strict=True) if end > length > 0]
    return Timeline(
        tuple(recordings),
        tuple(segments),
        tuple(dict.fromkeys(name for name, why in lost if why is None)),
        tuple(dict.fromkeys(why for _, why in lost if why is not None)),
        origin.absolute,
        tuple(parts),
        origin.doubt(name, sample_rate),
        numbers,
        tuple(overfull),
    )


def _cut_short(name: str, end_s: float, wanted_s: float) -> str:
    digits = 1 if f"{end_s:.1f}" != f"{wanted_s:.1f}" else 3
    return f"{name} ends at {end_s:.{digits}f} s of {wanted_s:.{digits}f} s: later spikes have no waveforms."


def _contradiction(part: RawPart, segment: RawSegment, sample_rate: float) -> str:
    return (
        f"Recording {part.recording_id} is {segment.n_rows / sample_rate:.3f} s long, but has spikes up to "
        f"{(part.n_rows - 1) / sample_rate:.3f} s; those behind its end have no waveforms and may be of another one."
    )


def _segment(raw: RawData | None, start: int, length: int, first_row: int) -> RawSegment:
    n_rows = 0 if raw is None else min(max(0, raw.n_rows - first_row), length)
    return RawSegment(start, length, raw if n_rows else None, first_row, n_rows)


def _read_recordings(file: H5File, metadata: Mapping[str, Any]) -> list[_Stored]:
    files = as_texts(metadata.get("raw_data_files"))
    nodes = schema.recording_nodes(file) or {0: schema.recording_path(0)}
    default = f"{file.path.stem}.dat"
    stored = []
    names = {node.rpartition("/")[2]: recording_id for recording_id, node in nodes.items()}
    wanted = {"": ["name", "start_sample", "start_time"], "raw": None}
    found = file.attrs_of_children(schema.RECORDINGS, names, wanted)
    for place, (node_name, (attributes, raw)) in enumerate(found):
        recording_id = names[node_name]
        fallback = files[place] if len(files) == len(nodes) and files[place] else default
        link = read_link(raw, fallback, file.path, recording_id)
        name = next(iter(as_texts(attributes.get("name"))), f"recording_{recording_id}")
        start, time = as_int(attributes.get("start_sample")), as_float(attributes.get("start_time"))
        stored.append(_Stored(recording_id, node_name, name, start, time, link))
    return stored


def _in_time(stored: list[_Stored]) -> list[_Stored]:
    """Return recordings by the numbers that their links name in one `.kwd`, unless start samples say otherwise."""
    named = [item.link.recording for item in stored if item.link.recording is not None]
    starts = [item.start_sample for item in stored if item.start_sample is not None]
    is_told = len(starts) == len(stored) and starts == sorted(set(starts))
    if is_told or len(set(named)) < len(stored) or len({item.link.file for item in stored}) > 1:
        return stored
    return [item for _, item in sorted(zip(named, stored, strict=True), key=lambda pair: pair[0])]


def _lengths(stored: Sequence[_Stored], in_file: Sequence[int], sample_rate: float) -> list[int]:
    """Return the length of each recording, 0 where it is not known."""
    by_sample = _steps(stored, [item.start_sample for item in stored])
    if by_sample and all(rows <= length or not length for length, rows in zip(by_sample, in_file, strict=True)):
        return [length or rows for length, rows in zip(by_sample, in_file, strict=True)]
    starts = [None if item.start_time is None else item.start_time * sample_rate for item in stored]
    times = [None if start is None or abs(start) > MAX_SAMPLE else round(start) for start in starts]
    by_time = _steps(stored, times) or [0] * len(stored)
    return [rows or other for rows, other in zip(in_file, by_time, strict=True)]


def _steps(stored: Sequence[_Stored], starts: Sequence[int | None]) -> list[int] | None:
    """Return the step from each start to the next, 0 for the last; None unless all are known and ascend.

    They ascend by number or, as klusta goes through a `.kwd`, in the order of text.
    """
    by_number = list(range(len(stored)))
    for order in (by_number, sorted(by_number, key=lambda place: stored[place].node_name)):
        known = [start for place in order if (start := starts[place]) is not None]
        steps = [later - earlier for earlier, later in pairwise(known)]
        if len(known) == len(starts) and all(step > 0 for step in steps):
            of_place = dict(zip(order, [*steps, 0], strict=True))
            return [of_place[place] for place in by_number]
    return None


def _spike_ends(stored: Sequence[_Stored], lengths: Sequence[int], ranges: Ranges, *, absolute: bool) -> list[int]:
    """Return the least length of each recording that holds its spikes."""
    if not absolute:
        return [ranges[item.recording_id].last + 1 if item.recording_id in ranges else 0 for item in stored]
    last = max(span.last for span in ranges.values())
    return [0] * (len(stored) - 1) + [max(0, last + 1 - sum(lengths[:-1]))]
