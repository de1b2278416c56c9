"""Events beside the spikes as views tell of them: the next one, and those in a stretch of time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_phy.core.event_times import EventTimes, event_names
from napari_phy.table.session_like import SessionLike


@dataclass(frozen=True, slots=True)
class Event:
    """A moment, and its kind with the text that the file has of it; kinds at the same moment are one event."""

    time_s: float
    words: str


def next_event(session: SessionLike, time_s: float, step: int = 1) -> Event | None:
    """Return the next event of any kind (the one before for a step of −1), or None at the end."""
    now = round(time_s * session.model.sample_rate)
    found = []
    for events in session.model.events.values():
        samples = events.samples
        place = np.searchsorted(samples, now, side="right") if step > 0 else np.searchsorted(samples, now) - 1
        if 0 <= place < len(samples):
            found.append(int(samples[place]))
    if not found:
        return None
    sample = min(found) if step > 0 else max(found)
    return events_between(session, sample, sample + 1)[0]


def events_between(session: SessionLike, start: int, stop: int, n_max: int | None = None) -> list[Event]:
    """Return the events from one sample to before another, in time; none where there are more than `n_max`."""
    kinds = list(session.model.events.values())
    edges = [np.searchsorted(events.samples, [start, stop]).tolist() for events in kinds]
    if n_max is not None and sum(last - first for first, last in edges) > n_max:
        return []
    words: dict[int, list[str]] = {}
    for events, (first, last) in zip(kinds, edges, strict=True):
        for place, name in enumerate(event_names(events, first, last) if last > first else (), first):
            words.setdefault(int(events.samples[place]), []).append(_words(events, place, name))
    rate = session.model.sample_rate
    return [Event(sample / rate, ", ".join(dict.fromkeys(words[sample]))) for sample in sorted(words)]


def _words(events: EventTimes, place: int, name: str) -> str:
    texts = [str(values[place]) for values in events.values.values() if values.dtype.kind == "U"]
    return " ".join([name, *(f"“{text}”" for text in texts if text)])
