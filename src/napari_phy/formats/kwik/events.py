"""Events of a Kwik or `.kwe` file on the line of its recordings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.event_times import EventTimes
from napari_phy.formats.hdf5.file import H5File

EVENTS = "/event_types"
MAX_KINDS = 256


def read_events(
    file: H5File, starts: Mapping[int, int], numbers: Mapping[int, int] | None = None
) -> tuple[Mapping[str, EventTimes], tuple[str, ...]]:
    """Read all kinds of events that have any.

    Parameters
    ----------
    file : H5File
        Open `.kwik` or `.kwe`.
    starts : mapping of int to int
        {recording: what is to be added to the times in the file to have them on the line}.
    numbers : mapping of int to int, optional
        {number that the file gives to events: recording}; None where it is that of the recording.

    Returns
    -------
    events : dict of str to EventTimes
        {name: events of that kind}.
    problems : list of str
        One sentence for each kind that cannot be read.
    """
    found: dict[str, EventTimes] = {}
    problems: list[str] = []
    names = list(map(str, file.children(EVENTS)))
    if len(names) > MAX_KINDS:
        problems.append(f"{file.path.name} has {len(names)} kinds of events; only the first {MAX_KINDS} are read.")
    for name in names[:MAX_KINDS]:
        node = f"{EVENTS}/{name}/events"
        if not file.is_dataset(f"{node}/time_samples"):
            continue
        try:
            events = _read_kind(file, name, node, starts, numbers or {recording: recording for recording in starts})
        except NapariPhyError as error:
            problems.append(f"The events {name} are left out. {error}")
        else:
            if len(events):
                found[name] = events
    return MappingProxyType(found), tuple(problems)


def write_events(
    file: H5File,
    events: Mapping[str, EventTimes],
    starts: Mapping[int, int],
    numbers: Mapping[int, int] | None = None,
) -> None:
    """Write events into a new `.kwik`.

    Parameters
    ----------
    starts : mapping of int to int
        {recording: what is to be added to the times in the file to have them on the line}.
    numbers : mapping of int to int, optional
        {recording: number that the file gives to it}; None gives its own.
    """
    for name, kind in events.items():
        node = f"{EVENTS}/{name}/events"
        known, places = np.unique(kind.recordings, return_inverse=True)
        times = kind.samples - np.array([starts[number] for number in known.tolist()], dtype=np.int64)[places]
        is_early = len(times) > 0 and int(times.min()) < 0
        file.write(f"{node}/time_samples", times.astype(np.int64 if is_early else np.uint64))
        written = known if numbers is None else np.array([numbers[number] for number in known.tolist()], dtype=np.int64)
        is_small = written.max(initial=0) < 2**16
        file.write(f"{node}/recording", written[places].astype(np.uint16 if is_small else np.int64))
        for field, values in kind.values.items():
            texts = values.dtype.kind == "U"
            file.write(f"{node}/user_data/{field}", np.char.encode(values, "utf-8") if texts else values)


def _read_kind(file: H5File, name: str, node: str, starts: Mapping[int, int], numbers: Mapping[int, int]) -> EventTimes:
    times = _integers(file, f"{node}/time_samples", None)
    stored = np.zeros(len(times), dtype=np.int64)
    for spelling in ("recording", "recordings"):
        if file.is_dataset(f"{node}/{spelling}"):
            stored = _integers(file, f"{node}/{spelling}", times.shape)
            break
    known, places = np.unique(stored, return_inverse=True)
    strange = [number for number in known.tolist() if number not in numbers]
    if strange:
        raise NapariPhyError(f"{file.path.name}: one belongs to recording {strange[0]}, which the file does not have.")
    found = np.array([numbers[number] for number in known.tolist()], dtype=np.int64)
    samples = times + np.array([starts[recording] for recording in found.tolist()], dtype=np.int64)[places]
    recordings = found[places]
    order = np.argsort(samples, kind="stable")
    values = {
        str(field): read_only(_values(file, f"{node}/user_data/{field}", times.shape)[order])
        for field in file.children(f"{node}/user_data")
        if file.is_dataset(f"{node}/user_data/{field}")
        and file.dataset(f"{node}/user_data/{field}").shape == times.shape
        and file.dataset(f"{node}/user_data/{field}").dtype.kind in "iufbS"
    }
    return EventTimes(name, read_only(samples[order]), read_only(recordings[order]), MappingProxyType(values))


def _integers(file: H5File, path: str, shape: tuple[int, ...] | None) -> npt.NDArray[np.int64]:
    dataset = file.dataset(path)
    if dataset.ndim != 1 or dataset.dtype.kind not in "iu":
        raise NapariPhyError(f"{file.path.name}: {path} has shape {dataset.shape} of {dataset.dtype}.")
    return file.read(path, shape).astype(np.int64)


def _values(file: H5File, path: str, shape: tuple[int, ...]) -> npt.NDArray[Any]:
    values = file.read(path, shape)
    if values.dtype.kind != "S":
        return values
    return np.array([text.rstrip(b"\0").decode("utf-8", "replace") for text in values.tolist()], dtype=str)
