"""Traces in a notebook."""

from __future__ import annotations

from time import monotonic
from typing import Any

import numpy as np

from napari_phy.core.errors import MissingDataError
from napari_phy.notebook.painted import MOST_BYTES, PaintedView, tool
from napari_phy.notebook.picture import Picture, selection_ink
from napari_phy.table.session_like import SessionLike
from napari_phy.views.rectangles import AXIS_PX, TICK_PX, Rectangle
from napari_phy.views.ticks import nice_length, nice_ticks
from napari_phy.views.trace_layout import ROW_PX, TraceLayout, channel_order, number_places, row_height
from napari_phy.views.trace_lines import Columns, make_lines, spike_lines, trace_polylines
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import request_for
from napari_phy.views.traces_reading import TracesReading, TracesViewRequest, row_voltage

ZOOM_STEP = 1.25
SHORTEST_S, LONGEST_S = 0.002, 60.0
MARGINS = 40, 6, 16, 40  # px at the left, above, at the right and below
TRACE_PX, SPIKE_PX = 0.8, 1.5
PAGES = {
    "PageDown": 1.0, "PageUp": -1.0, "ArrowRight": 0.1, "ArrowLeft": -0.1, "Home": -np.inf, "End": np.inf,
}  # fmt: skip
LONGEST_TICK_S = 0.25  # of scrolling: one that waits for the disk or the network does not jump
_INKS = np.array([[0, 0, 0]])


class TraceView(PaintedView):
    """The voltage of each channel, with the spikes of the selected clusters; the wheel zooms time, dragging moves.

    Page Up and Page Down turn pages, Ctrl+wheel and the keys + and − make traces taller or flatter. *Scroll* goes on by
    itself, as fast as `session.views["traces"].speed` tells, in pages a second.

    Parameters
    ----------
    session : Session
        What is shown. The time is that of the session, the same in all views.
    """

    title = "Traces"
    subject = "its spikes"
    settings_name = "traces"
    shown_settings = ("filter_name", "order")

    def __init__(self, session: object, **traits: object) -> None:
        self._reading = TracesReading()
        self._gain = 1.0
        self._ticked_at = 0.0
        traits.setdefault("size", [760, 380])
        super().__init__(session, **traits)

    def follow_more(self) -> None:
        """Follow the time that is looked at."""
        self._reading.forget()
        self.follow(self.session.time.shown_changed, self._on_settings)
        self.follow(self.session.time.moved, self._on_moved)

    def _on_moved(self) -> None:
        self.report_errors(self.draw)

    @property
    def _area(self) -> Rectangle:
        (width, height), (left, top, right, bottom) = self.width_height, MARGINS
        return Rectangle(left, top, max(20, width - left - right), max(20, height - top - bottom))

    def make_request(self) -> TracesViewRequest:
        """Return what is to be computed."""
        session, settings = self.session, self.settings
        source = TraceSource.of_model(session.model)
        if source is None:
            raise MissingDataError("Traces need the raw data, which are not beside the file.")
        n_px = max(1, round(self._area.width))
        traces = request_for(source, *session.time.shown_s, n_px, settings.filter_name)
        return TracesViewRequest(traces, session.selection.clusters, settings.filter_name)

    def compute(self, session: SessionLike, request: TracesViewRequest) -> object:
        """Read the traces."""
        return self._reading.read(self.session.opened, self.session.trace_pyramid, request, lambda _share: None)

    @property
    def _layout(self) -> TraceLayout:
        area = self._area
        order = channel_order(self.data.source, self.settings.order, self.data.best_channels)
        if len(self.data.best_channels) and len(order) * ROW_PX > area.height:
            n_shown = max(1, int(area.height // ROW_PX))
            best = (
                int(np.flatnonzero(order == self.data.best_channels[0])[0])
                if self.data.best_channels[0] in order
                else 0
            )
            first = min(max(0, best - n_shown // 2), len(order) - n_shown)
            order = order[first : first + n_shown]
        row_px = row_height(len(order), area.height, 1.0, ROW_PX)
        return TraceLayout(*area, *self.session.time.shown_s, order, row_px, 0.0)

    def _px_per_unit(self, layout: TraceLayout) -> float:
        return self._gain * max(layout.row_px, ROW_PX) / row_voltage(self.data)

    def caption(self) -> str:
        """Return the words at the foot."""
        layout, (start_s, stop_s) = self._layout, self.session.time.shown_s
        n_all = len(self.data.source.channel_ids)
        n_shown = len(layout.rows)
        channels = f"{n_shown} of {n_all} channels" if n_shown < n_all else f"{n_all} channels"
        return f"{start_s:.3f} s to {stop_s:.3f} s; {channels}; {self.data.filter_name}"

    def describe(self) -> str:
        """Return what a screen reader says of the picture."""
        return f"Traces from {self.caption()}"

    def paint(self, picture: Picture) -> None:
        """Draw the channels, spikes over them, numbers, the time axis and a bar of voltage."""
        layout, data, gain = self._layout, self.data, self._px_per_unit(self._layout)
        rows = np.array(layout.rows, dtype=np.int64)
        area = self._area
        zeros, low, high = layout.zero_of(rows), data.traces.low, data.traces.high
        columns = self._columns(layout)
        channels = layout.order[rows]
        lines = make_lines(
            channels, 0, low.shape[1], zeros, gain, np.repeat(_INKS, len(rows), axis=0), np.ones(len(rows))
        )
        picture.clip(area)
        drawn = trace_polylines(low, high, lines, columns, layout.width)
        if drawn is None:
            picture.text(area, "There are too many points to draw. Look at less time.", "dim", AXIS_PX, align="center")
            drawn = []
        moved = [points + np.array([area.left, 0.0]) for points in drawn]
        for parity, ink in ((0, "noise"), (1, "faint")):
            picture.lines([moved[row] for row in range(parity, len(moved), 2)], ink, TRACE_PX)
        if picture.n_bytes < MOST_BYTES / 2:
            self._paint_spikes(picture, layout, rows, zeros, gain)
        moment = self.session.time.time_s
        if layout.start_s <= moment <= layout.stop_s:
            x = round(layout.x_of(moment)) + 0.5
            picture.lines([[[x, area.top], [x, area.bottom]]], "warning")
        picture.clip(None)
        for row, y in number_places(layout, 14):
            place = Rectangle(0, y - 7, area.left - 6, 14)
            picture.text(place, str(data.source.channel_ids[layout.order[row]]), "faint", TICK_PX, align="right")
        self._paint_axes(picture, layout, gain)

    def _columns(self, layout: TraceLayout) -> Columns:
        traces, rate = self.data.traces, self.data.source.sample_rate
        first_bin = layout.start_s * rate / traces.factor - traces.first_bin
        n_bins = (layout.stop_s - layout.start_s) * rate / traces.factor
        return Columns(first_bin, max(n_bins, 1e-9) / layout.width)

    def _paint_spikes(
        self, picture: Picture, layout: TraceLayout, rows: np.ndarray, zeros: np.ndarray, gain: float
    ) -> None:
        """Draw the spikes of each cluster over the traces, the best cluster last."""
        data = self.data
        n_clusters = len(data.spikes.clusters)
        marks = [f"#{place:06x}" for place in range(n_clusters)]  # tell afterwards whose line one is
        spikes = spike_lines(data, layout, rows, zeros, gain, marks)
        if not len(spikes):
            return
        drawn = trace_polylines(data.traces.low, data.traces.high, spikes, self._columns(layout), layout.width) or []
        places = (spikes[:, 5] * 65536 + spikes[:, 6] * 256 + spikes[:, 7]).astype(np.int64)
        aside = np.array([self._area.left, 0.0])
        for place in reversed(range(n_clusters)):
            own = [points + aside for points, one in zip(drawn, places, strict=False) if one == place]
            picture.lines(own, selection_ink(place), SPIKE_PX)

    def _paint_axes(self, picture: Picture, layout: TraceLayout, gain: float) -> None:
        area = self._area
        for time_s, label in nice_ticks(layout.start_s, layout.stop_s, max(2, int(area.width / 90))):
            x = layout.x_of(time_s)
            picture.lines([[[x, area.bottom], [x, area.bottom + 4]]], "dim")
            picture.text(Rectangle(x - 40, area.bottom + 5, 80, 14), label, "dim", TICK_PX, align="center")
        title = Rectangle(area.left, area.bottom + 20, area.width, 16)
        picture.text(title, "time (s)", "dim", AXIS_PX, align="center")
        voltage = nice_length(36 / gain)
        x = area.right + 6
        picture.lines([[[x, area.bottom], [x, area.bottom - voltage * gain]]], "text", 1.5)
        words = f"{voltage:g} {self.data.source.unit}"
        picture.text(Rectangle(x - 90, area.bottom + 20, 96, 15), words, "dim", TICK_PX, align="right")

    # --- mouse and keys ---

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `channel 6, 3.2143 s` for a place."""
        layout = self._layout
        row = layout.row_at(y_px) if layout.contains(x_px, y_px) else None
        if row is None:
            return ""
        return f"channel {self.data.source.channel_ids[layout.order[row]]}, {layout.time_at(x_px):.4f} s"

    def on_click(self, x_px: float, y_px: float, *, ctrl: bool, shift: bool) -> None:
        """Go to a moment."""
        if self._layout.contains(x_px, y_px):
            self.session.time.move_to(self._layout.time_at(x_px))

    def on_wheel(self, x_px: float, y_px: float, notches: float, *, ctrl: bool, shift: bool) -> None:
        """Zoom time about the mouse; with Ctrl make traces taller or flatter."""
        factor = ZOOM_STEP**notches
        if ctrl:
            self._stretch(factor)
            return
        start_s, stop_s = self.session.time.shown_s
        length_s = min(max((stop_s - start_s) / factor, SHORTEST_S), LONGEST_S)
        about = min(max(self._layout.time_at(x_px), start_s), stop_s)
        share = (about - start_s) / (stop_s - start_s)
        self.session.time.show(about - share * length_s, about + (1 - share) * length_s)

    def on_drag(self, dx_px: float, dy_px: float) -> None:
        """Move through time."""
        self._move(-dx_px / self._layout.px_per_s)

    def on_key(self, key: str) -> bool:
        """Turn pages, move by a tenth of one, or make traces taller and flatter."""
        start_s, stop_s = self.session.time.shown_s
        factors = {
            "+": ZOOM_STEP,
            "Shift++": ZOOM_STEP,
            "-": 1 / ZOOM_STEP,
            "ArrowUp": ZOOM_STEP,
            "ArrowDown": 1 / ZOOM_STEP,
        }
        if key in PAGES:
            whole = self.session.time.duration_s
            self._move(min(max(PAGES[key] * (stop_s - start_s), -whole), whole))
        elif key in factors:
            self._stretch(factors[key])
        return key in PAGES or key in factors

    def shown_tools(self) -> list[dict[str, Any]]:
        """Return buttons that turn pages and that scroll."""
        return [
            tool("PageUp", "‹", "Page back (Page Up)"),
            tool("PageDown", "›", "Page on (Page Down)"),
            tool("scroll", "Scroll", "Scroll on until the end", is_on=self.runs),
        ]

    def on_tool(self, name: str) -> None:
        """Turn a page, or begin or end to scroll."""
        if name == "scroll":
            self._set_running(not self.runs)
        elif name in PAGES:
            self.on_key(name)

    def on_tick(self) -> None:
        """Scroll on by the time since the last step, to the end."""
        now, (start_s, stop_s) = monotonic(), self.session.time.shown_s
        self._move((stop_s - start_s) * self.settings.speed * min(now - self._ticked_at, LONGEST_TICK_S))
        self._ticked_at = now
        if self.session.time.shown_s == (start_s, stop_s):
            self._set_running(False)

    def _set_running(self, runs: bool) -> None:
        self._ticked_at = monotonic()
        self.runs = runs
        self.draw()

    def on_reset(self, x_px: float, y_px: float) -> None:
        """Draw traces in their usual height."""
        self._gain = 1.0
        self.report_errors(self.draw)

    def _stretch(self, factor: float) -> None:
        self._gain = min(max(self._gain * factor, 0.02), 50.0)
        self.draw()

    def _move(self, by_s: float) -> None:
        time = self.session.time
        start_s, stop_s = time.shown_s
        by_s = min(max(by_s, -start_s), max(0.0, time.duration_s - stop_s))
        time.show(start_s + by_s, stop_s + by_s)
