"""The whole recording in one strip: where spikes of the selection, events, epochs and linked stacks are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.epoch_list import Epoch
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.spike_counts import column_edges
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.timeline import Doubt, TimeBase
from napari_phy.views.rectangles import Rectangle, TypeSizes

MOST_CLUSTERS = 12
_ROOMY = 4  # columns an event, at least, on average: denser ones would be a bar that says nothing


@dataclass(frozen=True, slots=True)
class TimeBarRequest:
    """What a time bar asks for.

    Attributes
    ----------
    clusters : tuple of int
        The selection.
    start_s, stop_s : float
        The time in sight.
    n_columns : int
        Columns of the strip.
    """

    clusters: tuple[int, ...]
    start_s: float
    stop_s: float
    n_columns: int


@dataclass(frozen=True, slots=True, eq=False)
class TimeBarData:
    """What a time bar draws beside epochs and clocks.

    Attributes
    ----------
    request : TimeBarRequest
        What was asked for.
    counts : ndarray of int64, shape (n_clusters, n_columns)
        Spikes of each selected cluster in each column.
    events : ndarray of bool, shape (n_columns,)
        Whether there are events in a column, of those kinds that are not everywhere.
    """

    request: TimeBarRequest
    counts: npt.NDArray[np.int64]
    events: npt.NDArray[np.bool_]


def compute_time_bar(
    session: SessionLike, request: TimeBarRequest, on_progress: OnProgress = no_progress
) -> TimeBarData:
    """Count spikes and events in the columns of a time bar."""
    rate, n = session.model.sample_rate, request.n_columns
    start, per_column = request.start_s * rate, (request.stop_s - request.start_s) * rate / max(n, 1)
    shown = request.clusters[:MOST_CLUSTERS]
    counts = np.zeros((len(shown), n), dtype=np.int64)
    for place, cluster in enumerate(shown):
        on_progress(place / len(shown))
        samples = session.model.spike_samples[session.manager.spikes(cluster)]
        counts[place] = np.diff(column_edges(samples, start, per_column, n))
    events = np.zeros(n, dtype=np.bool_)
    for kind in session.model.events.values():
        in_column = np.diff(column_edges(kind.samples, start, per_column, n)) > 0
        if _ROOMY * np.count_nonzero(in_column) <= n:
            events |= in_column
    return TimeBarData(request, read_only(counts), read_only(events))


@dataclass(frozen=True, slots=True)
class LinkedStack:
    """A layer on the clock of the session.

    Attributes
    ----------
    name : str
        Name of the layer.
    base : TimeBase
        Its clock.
    """

    name: str
    base: TimeBase

    def words_at(self, time_s: float) -> str:
        """Return `movie: frame 1 234`, with the doubts there are."""
        frame = int(self.base.frame_at(time_s))
        if not 0 <= frame < self.base.n_frames:
            return f"{self.name}: no frame"
        doubts = "".join(f" ({doubt.words.rstrip('.')})" for doubt in self.base.doubts_at(frame)[:1])
        pause = "" if bool(self.base.is_covered(time_s)) else ", the last before a pause"
        return f"{self.name}: frame {format_number(frame)}{pause}{doubts}"

    @property
    def stretches_s(self) -> tuple[tuple[float, float, Doubt], ...]:
        """(start, stop, doubt) in seconds of the doubtful stretches."""
        times_s, end_s = self.base.frame_times_s, self.base.range_s[1]
        return tuple(
            (float(times_s[doubt.start]), float(times_s[doubt.stop]) if doubt.stop < len(times_s) else end_s, doubt)
            for doubt in self.base.doubts
        )


@dataclass(frozen=True, slots=True)
class TimeBarLayout:
    """Where the rows of a time bar are, in px.

    Attributes
    ----------
    epochs, spikes, stacks : Rectangle
        Rows from the top; below them are the ticks.
    start_s, stop_s : float
        What the left and the right edge are.
    """

    epochs: Rectangle
    spikes: Rectangle
    stacks: Rectangle
    start_s: float
    stop_s: float

    @property
    def area(self) -> Rectangle:
        """All rows together."""
        return Rectangle(
            self.epochs.left, self.epochs.top, self.epochs.width, self.stacks.top + self.stacks.height - self.epochs.top
        )

    def x_of(self, time_s: float) -> float:
        """Return where a moment is."""
        return self.area.left + (time_s - self.start_s) / (self.stop_s - self.start_s) * self.area.width

    def time_at(self, x_px: float) -> float:
        """Return the moment at a pixel, within what is shown."""
        share = (x_px - self.area.left) / max(1.0, self.area.width)
        return self.start_s + min(max(share, 0.0), 1.0) * (self.stop_s - self.start_s)


def lay_out(width: int, height: int, n_stacks: int, shown_s: tuple[float, float], sizes: TypeSizes) -> TimeBarLayout:
    """Return where the rows are in a strip of some size."""
    side, line = sizes.px(8), sizes.px(14)
    inner = max(20, width - 2 * side)
    epochs, row = sizes.px(15), sizes.px(3)
    stacks = row * max(1, n_stacks)
    top = sizes.px(3)
    spikes = max(6, height - top - epochs - stacks - line)
    start_s, stop_s = shown_s
    return TimeBarLayout(
        Rectangle(side, top, inner, epochs),
        Rectangle(side, top + epochs, inner, spikes),
        Rectangle(side, top + epochs + spikes, inner, stacks),
        start_s,
        max(stop_s, start_s + 1e-6),
    )


def epoch_at(layout: TimeBarLayout, epochs: Iterable[Epoch], x_px: float, y_px: float) -> Epoch | None:
    """Return the epoch under a pixel of their row, the shortest where several are, or None."""
    row = layout.epochs
    if not row.top - 2 <= y_px <= row.top + row.height + 2:
        return None
    near = [one for one in epochs if layout.x_of(one.start_s) - 2 <= x_px <= layout.x_of(one.stop_s) + 2]
    return min(near, key=lambda one: one.stop_s - one.start_s, default=None)


def words_at(
    layout: TimeBarLayout, epochs: Iterable[Epoch], stacks: Iterable[LinkedStack], x_px: float, y_px: float
) -> str:
    """Return what the bar says of a pixel: the moment, the epoch, the frames."""
    time_s = layout.time_at(x_px)
    epoch = epoch_at(layout, epochs, x_px, y_px)
    named = [] if epoch is None else [f"{epoch.name}: {epoch.start_s:.10g}–{epoch.stop_s:.10g} s"]
    return ", ".join([f"{format_number(time_s, 3)} s", *named, *(stack.words_at(time_s) for stack in stacks)])
