"""Lines of digital inputs that Open Ephys recorded in its binary format, by sample.

neo reads these files too, but gives events on the clock that Open Ephys synchronises, which drifts against the samples
of the recording; here they are on the samples.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import cause_of, on_one_line

Int64 = npt.NDArray[np.int64]
Float64 = npt.NDArray[np.float64]

STRUCTURE = "structure.oebin"


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream of samples: its clock."""

    name: str
    sample_rate: float
    first_sample: int
    n_samples: int


def read_open_ephys_edges(folder: Path) -> dict[str, tuple[Float64, Float64]]:
    """Return {name of a line: (times at which it rises, at which it falls)} in seconds of the recording.

    Each stream has a clock of its own, which begins with its first sample. Where there are several, the name of a line
    begins with that of its stream. Recordings of the first experiment of the first node follow each other.

    Raises
    ------
    TimelineError
        A file cannot be read, or is not what it should be.
    """
    rises: dict[str, list[Float64]] = {}
    falls: dict[str, list[Float64]] = {}
    offsets_s: dict[str, float] = {}
    for recording in _recordings(folder):
        try:
            streams = {stream.name: stream for stream in _streams(recording)}
            for name, stream, states, samples in _events(recording, streams):
                times_s = (samples - stream.first_sample) / stream.sample_rate + offsets_s.get(stream.name, 0.0)
                for line in np.unique(np.abs(states)).tolist():
                    label = f"TTL {line}" if len(streams) < 2 else f"{name}: TTL {line}"
                    rises.setdefault(label, []).append(times_s[states == line])
                    falls.setdefault(label, []).append(times_s[states == -line])
            for stream in streams.values():
                offsets_s[stream.name] = offsets_s.get(stream.name, 0.0) + stream.n_samples / stream.sample_rate
        except OSError as error:
            raise TimelineError(f"{recording.name} cannot be read: {cause_of(error)}.") from error
        except (ValueError, KeyError, TypeError, EOFError) as error:
            raise TimelineError(f"{recording.name} is no recording of Open Ephys ({on_one_line(error)}).") from error
    return {name: (np.sort(np.concatenate(rises[name])), np.sort(np.concatenate(falls[name]))) for name in rises}


def _recordings(folder: Path) -> list[Path]:
    """Return the folders of the recordings of the first experiment of the first node."""
    found = sorted((file.parent for file in folder.rglob(STRUCTURE)), key=_in_order)
    return [one for one in found if one.parent == found[0].parent]


def _in_order(path: Path) -> list[tuple[int, str]]:
    return [(int(part) if part.isdigit() else -1, part) for part in re.split(r"(\d+)", str(path))]


def _streams(recording: Path) -> Iterator[_Stream]:
    for info in _structure(recording)["continuous"]:
        name = str(info["folder_name"]).strip("/")
        folder = recording / "continuous" / name
        samples = _load(folder, "sample_numbers", "timestamps")
        rate = float(info["sample_rate"])
        if samples is not None and len(samples) and rate > 0:
            yield _Stream(name, rate, int(samples[0]), len(samples))


def _events(recording: Path, streams: dict[str, _Stream]) -> Iterator[tuple[str, _Stream, Int64, Int64]]:
    for info in _structure(recording).get("events", []):
        folder = recording / "events" / str(info["folder_name"]).strip("/")
        name = str(info["folder_name"]).split("/")[0]
        stream = streams.get(name) or next(iter(streams.values()), None)
        states, samples = _load(folder, "states", "channel_states"), _load(folder, "sample_numbers", "timestamps")
        if stream is not None and states is not None and samples is not None and len(states) == len(samples):
            yield name, stream, states.astype(np.int64), samples.astype(np.int64)


def _structure(recording: Path) -> dict[str, Any]:
    found = json.loads((recording / STRUCTURE).read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError(f"{STRUCTURE} is not as it should be")
    return found


def _load(folder: Path, *names: str) -> npt.NDArray[Any] | None:
    """Return the first of some files that is there and holds whole numbers: seconds are no samples."""
    for name in names:
        if (folder / f"{name}.npy").is_file():
            found = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
            if found.ndim == 1 and found.dtype.kind in "iu":
                return np.asarray(found)
    return None
