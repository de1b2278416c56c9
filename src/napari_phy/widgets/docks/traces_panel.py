"""Traces: the voltage of each channel in a stretch of time, with the spikes of the selected clusters over it."""

from dataclasses import replace
from math import isclose
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.core.progress import OnProgress
from napari_phy.core.time_cursor import PAGE_S
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.events import Event, events_between
from napari_phy.views.explained import Explanation
from napari_phy.views.trace_layout import ROW_PX, TraceLayout, channel_order, clamped_scroll, row_height, scroll_to_row
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.trace_words import filter_words, note_words, read_out, spike_at
from napari_phy.views.traces import (
    AUTOMATIC,
    BAND_PASS,
    MAX_FILTERED_S,
    RAW,
    TRACES,
    TracesSettings,
    filter_choices,
    request_for,
)
from napari_phy.views.traces_reading import TracesReading, TracesViewData, TracesViewRequest, pictured_s, row_voltage
from napari_phy.widgets.base.color_scale import ColorScale
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.trace_painter import TracePainter, TraceScene, are_lines, depth_scale, paint_traces
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.plots.highlights import N_MARKED, marked_spike, selected_spikes
from napari_phy.widgets.plots.painted_plot import PaintedPlot
from napari_phy.widgets.plots.time_axis import zoomed

ZOOM_STEP = 1.25
SHORTEST_S = 0.002
MARGINS = 40, 4, 16, 40  # px at the left, above, at the right and below
MAX_EVENTS = 200  # drawn at once
PAGES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)  # s
STEPS_A_SECOND = 20  # while traces scroll on by themselves


class TracesPanel(ViewPanel):
    """Line traces that are paged, dragged and zoomed in time, with the spikes of the selection on their channels."""

    title = "Traces"
    subject = "its spikes"
    working = "Reading traces…"
    failed = "The traces could not be read."
    has_legend = False  # but where the colours of channels stand for depths
    has_caption = False
    needs_raw_data = True
    all_times, has_times = True, False
    settings_type = TracesSettings
    help_text = (
        "The voltage of each channel; the spikes of the selected clusters in their colours, where they were seen, and\n"
        "a selected spike of another cluster in white, or in black on a light background;\n"
        "dashed lines are events.\n"
        "A click goes to that time and selects the spike there, Ctrl+click adds it, Shift+click selects its cluster.\n"
        "Drag moves, the wheel zooms time, Ctrl+wheel makes traces taller or flatter, Shift+wheel channels higher;\n"
        "a double-click resets both. ⋯ orders and colours channels, and scrolls automatically; there you also choose\n"
        "the model, which is what the clusters explain of the traces, or the residual, which is what is left.\n"
        "The drop-downs choose the length of a page and a filter; where slow waves are strong, traces are band-passed\n"
        "at first.\n"
        "{next_page} and {previous_page} turn the page, {next_spike} and {previous_spike} go from spike to spike,"
        " {go_to_time} to a time."
    )

    filter_changed = Signal(str, str)  # its name, and the part that is shown

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._gain = 1.0
        self._row_zoom = 1.0
        self._scroll = 0.0
        self._bring_best_into_sight = True
        self._follows_best = True  # until the user moves channels up or down
        self._painter = TracePainter()
        super().__init__(session, **options)

    # --- content ---

    def make_content(self) -> QWidget:
        self.plot = PaintedPlot(self._paint)
        mouse = self.plot.mouse
        for signal, slot in (
            (mouse.dragged, self._on_dragged),
            (mouse.scrolled, self._on_scrolled),
            (mouse.clicked, self._on_clicked),
            (mouse.double_clicked, lambda *_: self.reset()),
            (mouse.hovered, lambda place: self.say(self.read_out(place.x(), place.y()))),
            (mouse.left, lambda: self.say("")),
            (self.plot.resized, self._on_resized),
        ):
            signal.connect(slot)
        pages = [(f"{page:g} s", page) for page in PAGES]
        self._page_menu = self.add_drop_down("Length of a page", pages, PAGE_S, self.set_page)
        controls, menu = self.setting_controls, self.header.more_menu
        self._filter_menu = controls.add_drop_down("filter_name", choices=filter_choices())
        controls.add_entries("part")
        controls.add_entries("order")
        controls.add_entries("colors")
        self._runs = menu.addAction("Scroll on")
        self._runs.setCheckable(True)
        self._runs.toggled.connect(self.set_running)
        controls.add_menu("speed")
        menu.addSeparator()
        self._timer = QTimer(self, interval=1000 // STEPS_A_SECOND)
        self._timer.timeout.connect(lambda: self._scroll_on(self.settings.speed / STEPS_A_SECOND))
        self._reading = TracesReading()
        return self.plot

    def on_session(self) -> None:
        self.header.set_note("")
        self._reading.forget()
        self._scroll = 0.0
        if self.session is not None:
            self._links.connect(self.session.time.shown_changed, self._on_shown_changed)
            self._links.connect(self.session.time.moved, self._on_time_moved)
            self._links.connect(self.session.time.range_changed, self._on_range_told)
            self._say_page()

    def on_selection(self) -> None:
        self._bring_best_into_sight = self._follows_best = True
        if self.data is not None and self._marked_channel(self.data) is not None:
            self._show_best(self.data)  # what is drawn may stay the same
            self._redraw()
        self.plot.update()

    # --- what can be chosen ---

    def show_settings(self) -> None:
        super().show_settings()
        self.has_legend = self.settings.colors != "grey"
        if self._filter_name == AUTOMATIC:
            self._show_filter(RAW if self.data is None else self.data.filter_name)
        else:
            self._show_filter(self._filter_name)

    @property
    def _filter_name(self) -> str:
        """The filter that is chosen; model and residual are parts of what is band-passed."""
        return self.settings.filter_name if self.settings.part == TRACES else BAND_PASS

    def on_settings(self, before: Any, now: Any) -> None:
        if before.order != now.order:
            self._scroll = 0.0
        if self.data is not None:
            self.show_legend()
            self.drawn.emit()
        self._redraw()
        if (before.filter_name, before.part) != (now.filter_name, now.part):
            self.filter_changed.emit(now.filter_name, now.part)
            self.refresh()

    def _show_filter(self, name: str, words: str = "") -> None:
        """Show which filter was chosen, or suits the data set; `words` tell of it under the mouse."""
        self._filter_menu.set_current(name)
        tip = f"Filter: {words}" if words else "Filter"
        self._filter_menu.setToolTip(plain(f"{tip}; filters act on {MAX_FILTERED_S:.0f} s and less"))

    @property
    def is_running(self) -> bool:
        """Whether the traces scroll on by themselves."""
        return self._timer.isActive()

    def set_running(self, running: bool) -> None:
        """Scroll on by itself, or stand still."""
        self._runs.setChecked(running)
        self._timer.start() if running else self._timer.stop()

    # --- request ---

    def make_request(self) -> TracesViewRequest:
        source = TraceSource.of_model(self.required_session.model)
        if source is None:
            return TracesViewRequest(None, self.clusters)
        spike = marked_spike(self.session)
        marked = None if spike is None else (spike, int(self.required_session.manager.clusters_of([spike])[0]))
        n_pixels = max(1, round(self._area().width() * self.devicePixelRatioF()))
        name, explanation = self._filter_name, Explanation.now(self.in_sight, self.settings.part)
        traces = request_for(source, *self.required_session.time.shown_s, n_pixels, name, explanation)
        return TracesViewRequest(traces, self.clusters, name, self.settings.part, explanation, marked)

    def compute(self, session: SessionLike, request: TracesViewRequest, on_progress: OnProgress) -> TracesViewData:
        return self._reading.read(session, self.required_session.trace_pyramid, request, on_progress)

    def is_like(self, request: TracesViewRequest, other: TracesViewRequest) -> bool:
        return replace(request, traces=None, marked=None) == replace(other, traces=None, marked=None)

    def keeps_picture(self, request: TracesViewRequest) -> bool:
        before: Any = self._request
        if self.data is None or before is None or not self.is_like(request, before):
            return False
        shown_s = self.required_session.time.shown_s
        return pictured_s(self.data, *shown_s) == shown_s

    def show_error(self, error: Exception) -> None:
        if isinstance(error, KwikFormatError | MissingDataError | OSError):
            self.required_session.tell_raw_trouble(error)
        super().show_error(error)

    def read_again(self) -> None:
        self._reading.forget()
        super().read_again()

    # --- drawing ---

    def draw(self, data: TracesViewData) -> None:
        self._show_filter(data.filter_name, filter_words(self.required_session.model, data))
        if self._bring_best_into_sight:
            self._bring_best_into_sight = False
            self._show_best(data)
        self._redraw()

    def apply_theme(self, theme: Tokens) -> None:
        self._follow_best()
        self._redraw()

    def _redraw(self) -> None:
        self._painter.forget()
        self.plot.update()
        if self.data is not None and self.session is not None:
            self._say_what_is_shown(self.data)

    @property
    def layout_now(self) -> TraceLayout | None:
        """Where channels and moments are now; while what is to be shown is waited for, where those read last are."""
        if self.data is None or self.session is None:
            return None
        shown_s = self.session.time.shown_s
        return self._layout(*(pictured_s(self.data, *shown_s) if self.busy else shown_s))

    @property
    def _layout_to_be(self) -> TraceLayout | None:
        """Where channels and moments are once all is read: what moves them goes on from there."""
        return None if self.data is None or self.session is None else self._layout(*self.session.time.shown_s)

    def _layout(self, start_s: float, stop_s: float) -> TraceLayout:
        area = self._area()
        order = channel_order(self.data.source, self.settings.order, self.data.best_channels)
        row_px = row_height(len(order), area.height(), self._row_zoom, self.theme.px(ROW_PX))
        scroll = clamped_scroll(self._scroll, len(order), row_px, area.height())
        return TraceLayout(area.left(), area.top(), area.width(), area.height(), start_s, stop_s, order, row_px, scroll)

    def _area(self) -> QRectF:
        """Where the traces are: channel numbers at the left, the scale bar at the right, the time axis below."""
        size, (left, top, right, bottom) = self.plot.size(), map(self.theme.px, MARGINS)
        return QRectF(left, top, max(1, size.width() - left - right), max(1, size.height() - top - bottom))

    @property
    def px_per_unit(self) -> float:
        """Pixels a unit of voltage: noise and slow waves of a channel stay in its row, large spikes may leave it."""
        data, layout = self.data, self.layout_now
        row_px = 0.0 if layout is None else layout.row_px
        return self._gain * max(row_px, self.theme.px(ROW_PX)) / row_voltage(data)

    def _paint(self, painter: QPainter) -> None:
        scene = self._scene()
        if scene is not None:
            scale, time_s = self.plot.devicePixelRatioF(), self.required_session.time.time_s
            self._painter.paint(painter, self.plot.size(), scale, scene, time_s)

    def _scene(self) -> TraceScene | None:
        layout = self.layout_now
        if layout is None:
            return None
        colors = [self.color_of(place) for place in range(len(self.clusters))]
        colors += [self.theme.text] * (len(self.data.spikes.clusters) - len(colors))  # of a spike of another cluster
        return TraceScene(
            self.theme, self.data, layout, self.px_per_unit, colors,
            self._highlighted_s(layout.start_s, layout.stop_s), self._colored_depths,
            self._events(layout.start_s, layout.stop_s),
        )  # fmt: skip

    # --- on paper ---

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        scene = self._scene()
        if scene is not None:
            paint_traces(painter, scene)

    def figure_entries(self) -> tuple[LegendEntry, ...]:
        return self.legend_entries()

    def figure_caption(self) -> str:
        words = [filter_words(self.required_session.model, self.data)] if self.data is not None else []
        return "; ".join(filter(None, [*words, self.header.note_label.text()]))

    def figure_note(self) -> str:
        scene = self._scene()
        return "" if scene is None or are_lines(scene) else "its traces are a picture, as they have too many points"

    # --- what it paints ---

    def _highlighted_s(self, start_s: float, stop_s: float) -> list[float]:
        """Return the moments of the selected spikes in sight, if they are few."""
        model = self.required_session.model
        times_s = model.spike_samples[selected_spikes(self.session)] / model.sample_rate
        in_sight: list[float] = times_s[(times_s >= start_s) & (times_s <= stop_s)].tolist()
        return in_sight if len(in_sight) <= N_MARKED else []

    def _events(self, start_s: float, stop_s: float) -> list[Event]:
        """Return the events in sight; more than there could be lines for are not shown."""
        rate = self.required_session.model.sample_rate
        return events_between(self.required_session, int(np.ceil(start_s * rate)), int(stop_s * rate) + 1, MAX_EVENTS)

    @property
    def _colored_depths(self) -> npt.NDArray[np.float64] | None:
        """Depths that the colours of channels stand for; None where they are two greys in turn."""
        if self.data is None or self.settings.colors != "depth":
            return None
        source: TraceSource = self.data.source
        return source.depths if self.required_session.model.probe.knows_positions else None

    def color_scale(self) -> ColorScale | None:
        depths = self._colored_depths
        return None if depths is None else depth_scale(depths, self.theme)

    def _say_page(self) -> None:
        start_s, stop_s = self.required_session.time.shown_s
        length_s = next((page for page in PAGES if isclose(page, stop_s - start_s, rel_tol=1e-6)), stop_s - start_s)
        self._page_menu.set_current(length_s, f"{length_s:.3g} s")

    def _say_what_is_shown(self, data: TracesViewData) -> None:
        layout, session = self.layout_now, self.required_session
        if layout is not None:
            lacks_positions = self.settings.order == "depth" and not session.model.probe.knows_positions
            words = note_words(layout, data, lacks_positions=lacks_positions, range_s=session.time.range_s)
            self.header.set_note(words)

    def _show_best(self, data: TracesViewData) -> None:
        """Have whole channels in sight, in the middle that of the selected spike, or the best one of the selection.

        Where it is in sight, nothing moves.
        """
        layout, channel = self.layout_now, self._marked_channel(data)
        if channel is None and self.settings.order == "best":
            self._scroll = 0.0
            return
        if layout is None or (channel is None and not len(data.best_channels)):
            return
        row = int(np.flatnonzero(layout.order == (data.best_channels[0] if channel is None else channel))[0])
        self._scroll = scroll_to_row(layout, row, self._scroll)

    def _marked_channel(self, data: TracesViewData) -> int | None:
        """Return the channel where the selected spike is largest, None without one spike that is in sight."""
        spike = marked_spike(self.session)
        return None if spike is None else data.channel_of(spike)

    def _follow_best(self) -> None:
        """Keep the best channel in sight when there is room for others than before, unless the user moved channels."""
        if self._follows_best and self.data is not None and self.session is not None:
            self._show_best(self.data)

    # --- what can be done ---

    def set_page(self, page_s: float) -> None:
        """Show so many seconds at a time."""
        if self.session is not None:
            middle = sum(self.session.time.shown_s) / 2
            self._show(middle - page_s / 2, middle + page_s / 2)

    def scale_by(self, factor: float) -> None:
        """Make the traces of all channels taller (above 1) or flatter."""
        self._gain = min(max(self._gain * factor, 1e-3), 1e3)
        self._redraw()

    def heighten_by(self, factor: float) -> None:
        """Give channels more room (above 1) or less, down to all of them in sight."""
        self._row_zoom = min(max(self._row_zoom * factor, 1e-3), 40.0)
        self._redraw()

    def reset(self) -> None:
        """Show the usual scale and height of channels."""
        self._gain = self._row_zoom = 1.0
        self._redraw()

    def zoom_time(self, time_s: float, factor: float) -> None:
        """Show 1/factor of the time, with a moment kept in place."""
        clock = self.required_session.time
        self._show(*zoomed(clock.shown_s, time_s, factor, clock.duration_s, SHORTEST_S))

    def _scroll_on(self, pages: float) -> None:
        if self.session is None or not self.isVisible():
            return
        start_s, stop_s = self.session.time.shown_s
        if stop_s >= self.session.time.duration_s:
            self.set_running(False)
        else:
            self._show(start_s + pages * (stop_s - start_s), stop_s + pages * (stop_s - start_s))

    def _show(self, start_s: float, stop_s: float) -> None:
        self.required_session.time.show(start_s, stop_s)

    # --- events ---

    @safe_slot
    def _on_shown_changed(self) -> None:
        self._say_page()
        self._redraw()
        self.refresh()

    @safe_slot
    def _on_range_told(self) -> None:
        if self.data is not None:
            self._say_what_is_shown(self.data)

    @safe_slot
    def _on_time_moved(self) -> None:
        self.plot.update()

    @safe_slot
    def _on_resized(self) -> None:
        self._follow_best()
        self._redraw()
        if self.session is not None and self.data is not None:
            self.refresh()

    @safe_slot
    def _on_dragged(self, dx: float, dy: float) -> None:
        layout = self._layout_to_be
        if layout is None:
            return
        self._scroll = clamped_scroll(layout.scroll_px - dy, len(layout.order), layout.row_px, layout.height)
        self._follows_best = self._follows_best and self._scroll == layout.scroll_px
        step = dx / layout.px_per_s
        self._show(layout.start_s - step, layout.stop_s - step)
        self._redraw()

    @safe_slot
    def _on_scrolled(self, position: QPointF, notches: float, modifiers: Any) -> None:
        layout = self._layout_to_be
        if layout is None:
            return
        factor = ZOOM_STEP**notches
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.scale_by(factor)
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.heighten_by(factor)
        else:
            self.zoom_time(layout.time_at(position.x()), factor)

    @safe_slot
    def _on_clicked(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        layout = self.layout_now
        if layout is None or not layout.contains(position.x(), position.y()):
            return
        self.required_session.time.move_to(layout.time_at(position.x()))
        found = self.spike_at(position.x(), position.y())
        if found is not None:
            self.pick_spike(found[0], modifiers)

    def spike_at(self, x_px: float, y_px: float) -> tuple[int, int] | None:
        """Return (spike, its cluster) of those that are drawn at a pixel, or None."""
        layout = self.layout_now
        return None if layout is None else spike_at(layout, self.data, x_px, y_px)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `3.214 s, channel 6` for the place under the mouse, with the spike there."""
        layout = self.layout_now
        return "" if layout is None else read_out(layout, self.data, x_px, y_px)
