"""Clocks as plain values for JSON: what is read back is the same to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line
from napari_phy.timeline.doubts import Doubt
from napari_phy.timeline.time_base import TimeBase

VERSION = 1
_MOST_NUMBERS, _MOST_DOUBTS = 10**8, 10**5


def time_base_to_json(base: TimeBase) -> dict[str, Any]:
    """Return a clock as a dict of plain values, which `time_base_from_json` reads.

    Numbers of frames are written as runs `[first, step, how many]`.
    """
    return {
        "version": VERSION,
        "n_frames": base.n_frames,
        "frames": _runs(base.frames),
        "times_s": base.times_s.tolist(),
        "row_offsets_s": base.row_offsets_s.tolist(),
        "plane_offsets_s": base.plane_offsets_s.tolist(),
        "doubts": [[one.start, one.stop, one.kind, one.words, one.chance] for one in base.doubts],
        "source": base.source,
        "sample_rate": base.sample_rate,
    }


def time_base_from_json(content: Any, name: str = "This clock") -> TimeBase:
    """Return the clock that `time_base_to_json` wrote.

    Parameters
    ----------
    content : object
        What `json.loads` returned.
    name : str, default "This clock"
        What sentences call it.

    Raises
    ------
    TimelineError
        It is damaged, or of a later version of napari-phy.
    """
    name = on_one_line(name)
    if not isinstance(content, dict):
        raise TimelineError(f"{name} is damaged: it is no clock.")
    version = content.get("version")
    if isinstance(version, int) and version > VERSION:
        raise TimelineError(f"{name} was written by a later version of napari-phy. Update napari-phy to use it.")
    try:
        if version != VERSION:
            raise ValueError("its version is not known")
        return TimeBase(
            n_frames=_whole(content["n_frames"]),
            frames=_numbers_of(content["frames"]),
            times_s=_floats(content["times_s"]),
            row_offsets_s=_floats(content["row_offsets_s"]),
            plane_offsets_s=_floats(content["plane_offsets_s"]),
            doubts=_doubts(content["doubts"]),
            source=_text(content["source"]),
            sample_rate=None if content["sample_rate"] is None else _number(content["sample_rate"]),
        )
    except KeyError as error:
        raise TimelineError(f"{name} is damaged: it lacks {error}. Link the time again.") from None
    except (ValueError, OverflowError) as error:  # a TimelineError is a ValueError
        raise TimelineError(f"{name} is damaged: {str(error).rstrip('.')}. Link the time again.") from None


def _runs(frames: npt.NDArray[np.int64]) -> list[list[int]]:
    """Return `[first, step, how many]` of the even stretches of ascending numbers."""
    steps = np.diff(frames)
    runs, place = [], 0
    edges = [*(np.flatnonzero(np.diff(steps)) + 1).tolist(), len(steps)]
    for edge in edges:
        if edge < place:  # its first number ended the run before
            continue
        runs.append([int(frames[place]), int(steps[place]) if place < len(steps) else 1, edge - place + 1])
        place = edge + 1
    if place < len(frames):
        runs.append([int(frames[place]), 1, 1])
    return runs


def _numbers_of(runs: Any) -> npt.NDArray[np.int64]:
    if not isinstance(runs, list) or not all(isinstance(run, list) and len(run) == 3 for run in runs):
        raise ValueError("its numbers of frames are not as they should be")
    whole = [tuple(_whole(value) for value in run) for run in runs]
    if any(n < 1 for *_, n in whole) or sum(n for *_, n in whole) > _MOST_NUMBERS:
        raise ValueError("its numbers of frames are not as they should be")
    if any(max(abs(first), abs(step), abs(first + step * n)) >= 2**62 for first, step, n in whole):
        raise ValueError("its numbers of frames are beyond all measure")
    parts = [first + step * np.arange(n, dtype=np.int64) for first, step, n in whole]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _doubts(values: Any) -> tuple[Doubt, ...]:
    if not isinstance(values, list) or len(values) > _MOST_DOUBTS:
        raise ValueError("its doubts are no list")
    if not all(isinstance(one, list) and len(one) == 5 for one in values):
        raise ValueError("one of its doubts is not as it should be")
    return tuple(
        Doubt(_whole(start), _whole(stop), _text(kind), _text(words), _number(chance))
        for start, stop, kind, words, chance in values
    )


def _floats(values: Any) -> npt.NDArray[np.float64]:
    if not isinstance(values, list) or not all(type(value) in (int, float) for value in values):
        raise ValueError("some of its times are no numbers")
    return np.array(values, dtype=np.float64)


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{on_one_line(value)} is not a whole number")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise ValueError(f"{on_one_line(value)} is not a number")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{on_one_line(value)} is not a text")
    return value


def read_time_bases(content: Mapping[str, Any]) -> tuple[dict[str, TimeBase], tuple[str, ...]]:
    """Return the clocks of `{name: plain values}` that can be read, and a sentence for each of the others."""
    found, problems = {}, []
    for name, plain in content.items():
        try:
            found[name] = time_base_from_json(plain, f"The clock {on_one_line(name)}")
        except TimelineError as error:
            problems.append(str(error))
    return found, tuple(problems)
