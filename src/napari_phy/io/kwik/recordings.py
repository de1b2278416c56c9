"""The recordings of a Kwik file on one line of samples, and the raw files that hold them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import Recording
from napari_phy.core.errors import KwikFormatError
from napari_phy.io.h5 import H5File
from napari_phy.io.kwik import schema, spikes
from napari_phy.io.kwik.attributes import as_int
from napari_phy.io.kwik.traces import RawSegment


@dataclass(frozen=True, slots=True)
class Timeline:
    """Recordings joined without gaps, by number.

    Attributes
    ----------
    recordings : each with its start and length in samples.
    segments : where the raw samples of each are.
    missing_files : names of raw files that were not found.
    absolute : spike times in the file count from the start of the line, not of their recording.
    """

    recordings: tuple[Recording, ...]
    segments: tuple[RawSegment, ...]
    missing_files: tuple[str, ...]
    absolute: bool

    def place(
        self, name: str, samples: npt.NDArray[np.int64], recording_ids: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return samples on the line and the place (0, 1, …) of the recording of each spike.

        Raises
        ------
        KwikFormatError
            If a spike names a recording that the file does not have.
        """
        starts = np.array([recording.start_sample for recording in self.recordings], dtype=np.int64)
        if self.absolute:
            return samples, np.clip(np.searchsorted(starts, samples, side="right") - 1, 0, None)
        ids = np.array([recording.recording_id for recording in self.recordings], dtype=np.int64)
        if np.array_equal(ids, np.arange(len(ids))) and len(samples) and 0 <= recording_ids.min():
            places = np.minimum(recording_ids, len(ids) - 1)
        else:
            places = np.clip(np.searchsorted(ids, recording_ids), 0, len(ids) - 1)
        strange = np.flatnonzero(ids[places] != recording_ids)
        if len(strange):
            raise KwikFormatError(
                f"{name}: a spike belongs to recording {recording_ids[strange[0]]}, but the recordings are "
                f"{', '.join(map(str, ids.tolist()))}."
            )
        return samples + starts[places], places


@dataclass(frozen=True, slots=True)
class _Stored:
    recording_id: int
    name: str
    start_sample: int | None
    raw: str


def read_timeline(
    file: H5File, metadata: Mapping[str, Any], sample_rate: float, row_bytes: int, channel_groups: Sequence[int]
) -> Timeline:
    """Read the recordings and find their raw files.

    A recording is as long as its raw file. Without that: up to the `start_sample` of the next one; the
    last one up to its last spike, in whole seconds. No recording ends before its last spike.

    Parameters
    ----------
    file : open `.kwik`.
    metadata : its parameters.
    sample_rate : in Hz.
    row_bytes : bytes of one sample of all channels in the raw files.
    channel_groups : whose spikes count.
    """
    stored = _read_recordings(file, metadata)
    last_spikes = _last_spikes(file, channel_groups)
    paths = [_find(file.path, item.raw, alone=len({other.raw for other in stored}) == 1) for item in stored]
    shared = len(stored) > 1 and len({item.raw for item in stored}) == 1
    in_file = [0 if path is None else path.stat().st_size // row_bytes for path in paths]
    lengths = [_length(stored, place, 0 if shared else in_file[place]) for place in range(len(stored))]
    if shared and in_file[0]:
        lengths[-1] = max(0, in_file[0] - sum(lengths[:-1]))
    absolute = _is_absolute(stored, lengths, last_spikes)
    ends = _spike_ends(stored, lengths, last_spikes, absolute=absolute)
    recordings: list[Recording] = []
    segments: list[RawSegment] = []
    start = 0
    for place, item in enumerate(stored):
        length = lengths[place] or math.ceil(math.ceil(ends[place] / sample_rate) * sample_rate)
        length = max(length, ends[place])
        first_row = start if shared else 0
        n_rows = min(max(0, in_file[place] - first_row), length)
        recordings.append(Recording(item.recording_id, item.name, start, length))
        segments.append(RawSegment(start, length, paths[place] if n_rows else None, first_row, n_rows))
        start += length
    missing = dict.fromkeys(_file_name(item.raw) for item, path in zip(stored, paths, strict=True) if path is None)
    return Timeline(tuple(recordings), tuple(segments), tuple(missing), absolute)


def _read_recordings(file: H5File, metadata: Mapping[str, Any]) -> list[_Stored]:
    listed = metadata.get("raw_data_files")
    files = [listed] if isinstance(listed, str) else [str(item) for item in listed or ()]
    ids = [name for name in file.children(schema.RECORDINGS) if isinstance(name, int)]
    default = f"{file.path.stem}.dat"
    stored = []
    for place, recording_id in enumerate(ids or [0]):
        node = schema.recording_path(recording_id)
        attributes = file.attrs(node)
        links = file.attrs(f"{node}/raw")
        fallback = files[place] if len(files) == max(1, len(ids)) and files[place] else default
        raw = links.get("dat_path") or links.get("hdf5_path") or fallback
        name = attributes.get("name")
        start = as_int(attributes.get("start_sample"))
        raw = raw[0] if isinstance(raw, list) else raw
        stored.append(_Stored(recording_id, str(name or f"recording_{recording_id}"), start, str(raw)))
    return stored


def _last_spikes(file: H5File, channel_groups: Sequence[int]) -> dict[int, int]:
    """Return {recording id: last sample of a spike}, over all channel groups, so that all share one line."""
    last: dict[int, int] = {}
    for channel_group in channel_groups:
        samples, recordings = spikes.read_times(file, channel_group)
        if not len(samples):
            continue
        runs = np.concatenate([[0], np.flatnonzero(np.diff(recordings)) + 1])
        ids, places = np.unique(recordings[runs], return_inverse=True)
        newest = np.full(len(ids), -1, dtype=np.int64)
        np.maximum.at(newest, places, np.maximum.reduceat(samples, runs))
        for recording_id, sample in zip(ids.tolist(), newest.tolist(), strict=True):
            last[recording_id] = max(last.get(recording_id, -1), sample)
    return last


def _length(stored: Sequence[_Stored], place: int, in_file: int) -> int:
    if in_file or place + 1 >= len(stored):
        return in_file
    start, following = stored[place].start_sample, stored[place + 1].start_sample
    return max(0, following - start) if start is not None and following is not None else 0


def _is_absolute(stored: Sequence[_Stored], lengths: Sequence[int], last_spikes: Mapping[int, int]) -> bool:
    """Tell whether all spikes claim the first of several recordings and lie beyond its end."""
    first = stored[0].recording_id
    return len(stored) > 1 and set(last_spikes) == {first} and 0 < lengths[0] <= last_spikes[first]


def _spike_ends(
    stored: Sequence[_Stored], lengths: Sequence[int], last_spikes: Mapping[int, int], *, absolute: bool
) -> list[int]:
    """Return the least length of each recording that holds its spikes."""
    if not absolute:
        return [last_spikes.get(item.recording_id, -1) + 1 for item in stored]
    return [0] * (len(stored) - 1) + [max(0, last_spikes[stored[0].recording_id] + 1 - sum(lengths[:-1]))]


def _find(kwik: Path, raw: str, *, alone: bool) -> Path | None:
    """Return the flat raw file: where it was stored, else beside the `.kwik`, else `<base>.dat`."""
    folder = kwik.parent
    candidates = [folder / raw, folder / _file_name(raw)]
    if alone:
        candidates.append(kwik.with_suffix(".dat"))
    for candidate in candidates:
        if candidate.suffix.lower() not in (".kwd", ".kwik", ".kwx") and candidate.is_file():
            return candidate
    return None


def _file_name(raw: str) -> str:
    return re.split(r"[/\\]", raw.rstrip("/\\"))[-1]
