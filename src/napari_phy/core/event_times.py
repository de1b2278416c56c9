"""Events beside the spikes: pulses, messages, marks of the person recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_LINE = ("event_channels", "event_channel", "channel", "line")  # which line of a digital input, as recorders call it
_STATE = ("eventid", "state", "on")  # 1 where it rises, 0 where it falls
_MOST_LINES = 64


@dataclass(frozen=True, slots=True, eq=False)
class EventTimes:
    """All events of one kind, ascending in time.

    Attributes
    ----------
    name : str
        Name of the kind.
    samples : ndarray of int64, shape (n_events,)
        On the joined time line.
    recordings : ndarray of int64, shape (n_events,)
        Number of the recording of each.
    values : mapping of str to ndarray
        Field -> (n_events,) array, what else the file says of each: channel, on or off, text.
    """

    name: str
    samples: npt.NDArray[np.int64]
    recordings: npt.NDArray[np.int64]
    values: Mapping[str, npt.NDArray[Any]]

    def __len__(self) -> int:
        return len(self.samples)

    def where(self, wanted: npt.NDArray[np.bool_], name: str) -> EventTimes:
        """Return some of the events, under another name."""
        values = {field: of[wanted] for field, of in self.values.items()}
        return EventTimes(name, self.samples[wanted], self.recordings[wanted], values)


def ttl_lines(events: EventTimes) -> dict[str, EventTimes]:
    """Return the events of each line of a digital input, as `{"TTL 3 on": …, "TTL 3 off": …}`.

    {} where the file does not say which line each is of. Where it does not say whether a line rises or falls, there is
    one entry a line, `"TTL 3"`.
    """
    lines = _field(events, _LINE)
    if lines is None:
        return {}
    numbers = np.unique(lines).tolist()
    states = _field(events, _STATE)
    if len(numbers) > _MOST_LINES:
        return {}
    if states is None or not np.isin(states, [0, 1]).all():
        return {f"{events.name} {line}": events.where(lines == line, f"{events.name} {line}") for line in numbers}
    found = {}
    for line in numbers:
        for state, word in ((1, "on"), (0, "off")):
            wanted = (lines == line) & (states == state)
            if wanted.any():
                name = f"{events.name} {line} {word}"
                found[name] = events.where(wanted, name)
    return found


def event_names(events: EventTimes, first: int, stop: int) -> list[str]:
    """Return what events from one place to before another are called: `TTL 3 on` where there are several lines."""
    lines, states = _field(events, _LINE), _field(events, _STATE)
    if lines is None or not 1 < len(np.unique(lines)) <= _MOST_LINES:
        return [events.name] * (stop - first)
    names = [f"{events.name} {line}" for line in lines[first:stop].tolist()]
    if states is None or not np.isin(states, [0, 1]).all():
        return names
    return [f"{name} {'on' if state else 'off'}" for name, state in zip(names, states[first:stop], strict=True)]


def _field(events: EventTimes, names: tuple[str, ...]) -> npt.NDArray[Any] | None:
    """Return the whole numbers of the first field that has one of some names, or None."""
    for field, values in events.values.items():
        if field.lower() in names and values.dtype.kind in "iub":
            return values
    return None
