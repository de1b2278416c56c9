"""One clock for all views: the moment looked at, the stretch of time that Traces shows, and that of the spikes used."""

from __future__ import annotations

from collections.abc import Iterable

from napari_phy.core.signals import signal

PAGE_S = 0.25  # shown at first


class UsedTime(tuple[float, float]):  # noqa: SLOT001  # a tuple has no place for slots
    """Start and stop of the time whose spikes views use; where it is made of epochs, these and their name.

    Parameters
    ----------
    spans : iterable of tuple of float
        (start, stop) of each epoch, ascending and apart.
    name : str, default ''
        What the epochs are called; "" for a stretch without a name.

    Attributes
    ----------
    spans : tuple of tuple of float
        (start, stop) of each.
    name : str
        What they are called.
    """

    spans: tuple[tuple[float, float], ...]
    name: str

    def __new__(cls, spans: Iterable[tuple[float, float]], name: str = "") -> UsedTime:
        """Make it of its epochs."""
        all_spans = tuple(spans)
        made = super().__new__(cls, (all_spans[0][0], all_spans[-1][1]))
        made.spans, made.name = all_spans, name
        return made


def spans_of(range_s: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """Return (start, stop) of each epoch of a stretch of time: of one without epochs, the stretch itself."""
    return range_s.spans if isinstance(range_s, UsedTime) else (range_s,)


def same_time(one: UsedTime | None, other: UsedTime | None) -> bool:
    """Return whether two stretches have the same epochs and name."""
    if one is None or other is None:
        return one is other
    return (one.spans, one.name) == (other.spans, other.name)


class TimeCursor:
    """A moment and a stretch of time in seconds; going where it is does nothing, so that views can follow each other.

    Parameters
    ----------
    duration_s : float
        End of the time line; it begins at 0.
    """

    moved = signal()
    shown_changed = signal()
    range_changed = signal()

    def __init__(self, duration_s: float) -> None:
        self._duration_s = max(0.0, duration_s)
        self._time_s = 0.0
        self._shown_s = (0.0, min(PAGE_S, self._duration_s))
        self._range_s: UsedTime | None = None

    def __repr__(self) -> str:
        start_s, stop_s = self._shown_s
        only = "" if self._range_s is None else ", only spikes of {:g}–{:g} s".format(*self._range_s)
        return f"<TimeCursor: {self._time_s:g} of {self._duration_s:g} s, shown {start_s:g}–{stop_s:g} s{only}>"

    @property
    def duration_s(self) -> float:
        """End of the time line."""
        return self._duration_s

    @property
    def time_s(self) -> float:
        """The moment that is looked at."""
        return self._time_s

    @property
    def shown_s(self) -> tuple[float, float]:
        """Start and stop of what Traces shows."""
        return self._shown_s

    @property
    def range_s(self) -> UsedTime | None:
        """Start and stop of the time whose spikes views use, with its epochs; None: the whole."""
        return self._range_s

    def set_range(self, start_s: float, stop_s: float) -> None:
        """Have views use only the spikes from a start to before a stop, both on the time line.

        Raises
        ------
        ValueError
            Nothing is between them.
        """
        start, stop = max(0.0, float(start_s)), min(float(stop_s), self._duration_s)
        if not start < stop:
            raise ValueError(f"From {start_s:g} to {stop_s:g} s there is nothing of {self._duration_s:g} s.")
        self._take_range(UsedTime([(start, stop)]))

    def set_epochs(self, spans_s: Iterable[tuple[float, float]], name: str) -> None:
        """Have views use only the spikes within epochs; those that overlap or touch are one.

        Parameters
        ----------
        spans_s : iterable of tuple of float
            (start, stop) of each, in any order; what is not on the time line is left out.
        name : str
            What they are called.

        Raises
        ------
        ValueError
            Nothing of them is on the time line.
        """
        joined: list[tuple[float, float]] = []
        for start, stop in sorted((max(0.0, float(a)), min(float(b), self._duration_s)) for a, b in spans_s):
            if not start < stop:
                continue
            if joined and start <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(stop, joined[-1][1])
            else:
                joined.append((start, stop))
        if not joined:
            raise ValueError(f"Of {name} there is nothing within {self._duration_s:g} s.")
        self._take_range(UsedTime(joined, name))

    def clear_range(self) -> None:
        """Have views use the spikes of the whole time."""
        self._take_range(None)

    def _take_range(self, range_s: UsedTime | None) -> None:
        if not same_time(range_s, self._range_s):
            self._range_s = range_s
            self.range_changed.emit()

    def move_to(self, time_s: float) -> None:
        """Look at a moment on the time line; what is shown follows when it does not hold it."""
        time_s = min(max(0.0, float(time_s)), self._duration_s)
        is_new = time_s != self._time_s
        self._time_s = time_s
        start, stop = self._shown_s
        if not start <= time_s <= stop:
            half = (stop - start) / 2
            self.show(time_s - half, time_s + half)
        if is_new:
            self.moved.emit()

    def show(self, start_s: float, stop_s: float) -> None:
        """Show a stretch of time; one that reaches over an end is moved, one longer than the time line is cut."""
        length = min(max(0.0, stop_s - start_s), self._duration_s)
        start = min(max(0.0, float(start_s)), self._duration_s - length)
        shown = (start, min(start + length, self._duration_s))
        if shown != self._shown_s:
            self._shown_s = shown
            self.shown_changed.emit()

    def set_duration(self, duration_s: float) -> None:
        """Take another end of the time line, as when raw data are found."""
        self._duration_s = max(0.0, duration_s)
        self.move_to(self._time_s)
        self.show(*self._shown_s)
        if self._range_s is not None and self._range_s[1] > self._duration_s:
            self.clear_range()
