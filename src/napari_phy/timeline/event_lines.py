"""Lines of pulses from the events of a file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from napari_phy.core.event_times import EventTimes, ttl_lines
from napari_phy.timeline.pulses import PulseLine

Float64 = npt.NDArray[np.float64]

FALLING = ", falling"


def lines_of_events(events: Mapping[str, EventTimes], sample_rate: float) -> list[PulseLine]:
    """Return the lines of pulses that events may be.

    Each line of a digital input is one (`TTL 3`), with the width of its pulses; its falling edges are another
    (`TTL 3, falling`), since some devices pull the line down for a frame. All other kinds are one line each.

    Parameters
    ----------
    events : mapping of str to EventTimes
        As the data set has them.
    sample_rate : float
        Samples per second of the session's clock.

    Examples
    --------
    >>> samples, values = np.array([100, 300]), {"event_channels": np.array([3, 3]), "eventID": np.array([1, 0])}
    >>> ttl = EventTimes("TTL", samples, np.zeros(2, np.int64), values)
    >>> [line.name for line in lines_of_events({"TTL": ttl}, sample_rate=1000)]
    ['TTL 3', 'TTL 3, falling']
    """
    found = []
    for kind in events.values():
        lines = ttl_lines(kind)
        for name in dict.fromkeys(line.removesuffix(" on").removesuffix(" off") for line in lines):
            rises, falls = (
                lines[edge].samples / sample_rate if edge in lines else np.empty(0)
                for edge in (f"{name} on" if name not in lines else name, f"{name} off")
            )
            found += lines_of_edges(name, rises, falls)
        if not lines:
            found.append(PulseLine(kind.name, kind.samples / sample_rate))
    return found


def lines_of_edges(name: str, rises_s: Float64, falls_s: Float64) -> list[PulseLine]:
    """Return the line of the rising edges and that of the falling ones, as far as there are any.

    Parameters
    ----------
    name : str
        Name of the line.
    rises_s, falls_s : ndarray of float64
        Ascending times of the edges.
    """
    found = []
    for edge, times_s, others_s in (("", rises_s, falls_s), (FALLING, falls_s, rises_s)):
        if len(times_s):
            found.append(PulseLine(f"{name}{edge}", times_s, _widths(times_s, others_s) if len(others_s) else None))
    return found


def _widths(times_s: Float64, others_s: Float64) -> Float64:
    """Return how long after each edge the next one of the other kind comes, if it comes before the next of its own."""
    place = np.searchsorted(others_s, times_s, side="right")
    after = np.append(others_s, np.inf)[place]
    is_next = np.isfinite(after) & (after <= np.append(times_s[1:], np.inf))
    return np.where(is_next, after - times_s, np.nan)
