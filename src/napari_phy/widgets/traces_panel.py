"""Traces: the voltage of each channel in a stretch of time, with the spikes of the selected clusters over it."""

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, Qt, QTimer
from qtpy.QtGui import QActionGroup, QColor, QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.progress import OnProgress
from napari_phy.core.time_cursor import PAGE_S
from napari_phy.plugins import trace_filters
from napari_phy.views.numbers import format_number
from napari_phy.views.spike_rows import required
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.trace_spikes import TraceSpikes, find_trace_spikes
from napari_phy.views.traces import FILTERS, RAW, TraceData, TraceReader, TraceRequest, request_for
from napari_phy.widgets.guarded import guarded
from napari_phy.widgets.marks import marked_spikes
from napari_phy.widgets.panel import Panel
from napari_phy.widgets.theme import Tokens
from napari_phy.widgets.time_axis import zoomed
from napari_phy.widgets.trace_layout import ROW_PX, TraceLayout, clamped_scroll, row_height
from napari_phy.widgets.trace_mouse import TracePlot
from napari_phy.widgets.trace_painter import TracePainter, plot_area

ORDERS = (("By depth", "depth"), ("By number", "number"), ("Best of the selection first", "best"))
COLORS = (("Grey channels", "grey"), ("Channels coloured by depth", "depth"))
PAGES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0)  # s
ZOOM_STEP = 1.25
NOISE_ROWS = 14.0  # standard deviations of the noise in the height of a channel
SHORTEST_S = 0.002
HIT_PX = 6.0
SCROLL_FPS = 20
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0)  # pages a second


@dataclass(frozen=True, slots=True)
class Wish:
    """A stretch of the traces and the clusters whose spikes lie over it."""

    traces: TraceRequest | None
    clusters: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The traces, their spikes, and what a unit of noise is."""

    traces: TraceData
    spikes: TraceSpikes
    source: TraceSource
    noise: float
    best_channels: npt.NDArray[np.int64]


class TracesPanel(Panel):
    """Line traces that are paged, dragged and zoomed in time, with the spikes of the selection on their channels."""

    title = "Traces"
    subject = "its spikes"
    working = "Reading traces…"
    failed = "The traces could not be read."
    has_legend = False
    has_caption = False
    needs_raw_data = True
    help_text = (
        "The voltage of each channel; the spikes of the selected clusters in their colours, where they were seen.\n"
        "Drag moves, the wheel zooms time, Ctrl+wheel makes traces taller or flatter, Shift+wheel channels higher.\n"
        "A click goes to a moment and selects the spike there, Ctrl+click its cluster.\n"
        "Alt+Right and Alt+Left turn the page, Alt+Page Down and Up go from spike to spike, T to a time."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self._order = "depth"
        self._colors = "grey"
        self._filter = RAW
        self._gain = 1.0
        self._row_zoom = 1.0
        self._scroll = 0.0
        self._bring_best_into_sight = True
        self._reader: tuple[Any, TraceReader] | None = None
        self._reader_lock = threading.Lock()
        self._speed = SPEEDS[1]
        self._painter = TracePainter()
        super().__init__(session, **options)
        self._runner = QTimer(self, interval=1000 // SCROLL_FPS)
        self._runner.timeout.connect(self._run_on)

    # --- content ---

    def make_content(self) -> QWidget:
        self.plot = TracePlot(self._paint)
        self.plot.dragged.connect(self._on_dragged)
        self.plot.scrolled.connect(self._on_scrolled)
        self.plot.clicked.connect(self._on_clicked)
        self.plot.double_clicked.connect(lambda *_: self.reset())
        self.plot.moved.connect(self._on_moved)
        self.plot.left.connect(lambda: self.say(""))
        self.plot.resized.connect(self._on_resized)
        pages = [(f"{page:g} s", page) for page in PAGES]
        self._page_menu = self.add_drop_down("Length of a page", pages, PAGE_S, self.set_page)
        self._filters = {**FILTERS, **trace_filters()}
        choices = [(name[0].upper() + name[1:], name) for name in self._filters]
        self._filter_menu = self.add_drop_down("Filter", choices, self._filter, self.set_filter)
        menu = self.header.more_menu
        orders = QActionGroup(menu)
        self._order_actions = {order: menu.addAction(text) for text, order in ORDERS}
        for order, action in self._order_actions.items():
            action.setCheckable(True)
            action.setChecked(order == self._order)
            orders.addAction(action)
            action.triggered.connect(lambda *_, order=order: self.set_order(order))
        menu.addSeparator()
        colors = QActionGroup(menu)
        self._color_actions = {name: menu.addAction(text) for text, name in COLORS}
        for name, action in self._color_actions.items():
            action.setCheckable(True)
            action.setChecked(name == self._colors)
            colors.addAction(action)
            action.triggered.connect(lambda *_, name=name: self.set_colors(name))
        menu.addSeparator()
        self._run_action = menu.addAction("Scroll on")
        self._run_action.setCheckable(True)
        self._run_action.toggled.connect(self.set_running)
        speeds = menu.addMenu("Speed")
        for speed in SPEEDS:
            action = speeds.addAction(f"{speed:g} pages a second")
            action.triggered.connect(lambda *_, speed=speed: self.set_speed(speed))
        menu.addSeparator()
        return self.plot

    def on_session(self) -> None:
        self._reader = None
        self._scroll = 0.0
        if self.session is not None:
            self._links.connect(self.session.time.shown_changed, self._on_shown_changed)
            self._links.connect(self.session.time.moved, self._on_time_moved)
            self._say_page()

    def on_selection(self) -> None:
        self._bring_best_into_sight = True
        self.plot.update()

    # --- request ---

    def make_request(self) -> Wish:
        source = TraceSource.of_model(self.session.model)
        if source is None:
            return Wish(None, self.clusters)
        n_pixels = max(1, round(self._area().width() * self.devicePixelRatioF()))
        return Wish(request_for(source, *self.session.time.shown_s, n_pixels, self._filter), self.clusters)

    def compute(self, session: Any, request: Wish, on_progress: OnProgress) -> Answer:
        reader = self._reader_of(session.model)
        traces = reader.read(request.traces, on_progress)
        spikes = find_trace_spikes(session, request.clusters, request.traces.start, request.traces.stop)
        return Answer(traces, spikes, reader.source, reader.noise, _best_channels(session, request.clusters))

    def _reader_of(self, model: Any) -> TraceReader:
        """Return the reader of a model's traces; raise MissingDataError without raw data."""
        with self._reader_lock:
            if self._reader is None or self._reader[0] is not model:
                required(model.traces, model, "traces")
                source = TraceSource.of_model(model, self.session.trace_pyramid(model))
                self._reader = (model, TraceReader(source, self._filters))
            return self._reader[1]

    def show_error(self, error: Exception) -> None:
        if isinstance(error, NapariPhyError | OSError):
            self.session.tell_raw_trouble(error)
        super().show_error(error)

    def read_again(self) -> None:
        self._reader = None
        super().read_again()

    # --- drawing ---

    def draw(self, data: Answer) -> None:
        if self._bring_best_into_sight:
            self._bring_best_into_sight = False
            self._show_best(data)
        self._redraw()

    def apply_theme(self, theme: Tokens) -> None:
        self._redraw()

    def _redraw(self) -> None:
        self._painter.forget()
        self.plot.update()
        if self.data is not None and self.session is not None:
            self._say_what_is_shown(self.data)

    @property
    def layout_now(self) -> TraceLayout | None:
        """Where channels and moments are now."""
        if self.data is None or self.session is None:
            return None
        area = self._area()
        order = self._channel_order(self.data)
        row_px = row_height(len(order), area.height(), self._row_zoom, self.theme.px(ROW_PX))
        scroll = clamped_scroll(self._scroll, len(order), row_px, area.height())
        start_s, stop_s = self.session.time.shown_s
        return TraceLayout(area.left(), area.top(), area.width(), area.height(), start_s, stop_s, order, row_px, scroll)

    def _area(self):
        return plot_area(self.plot.size(), self.theme)

    def _channel_order(self, data: Answer) -> npt.NDArray[np.int64]:
        source = data.source
        if self._order == "best" and len(data.best_channels):
            return data.best_channels
        if self._order == "depth" and source.depths is not None:
            return np.argsort(-source.depths, kind="stable")
        return np.argsort(source.channel_ids, kind="stable")

    @property
    def px_per_unit(self) -> float:
        """Pixels a unit of voltage."""
        layout = self.layout_now
        noise = self.data.noise or 1.0
        return self._gain * max(layout.row_px, self.theme.px(ROW_PX)) / (NOISE_ROWS * noise)

    def _paint(self, painter: QPainter) -> None:
        layout = self.layout_now
        if layout is None:
            return
        clusters = self.clusters
        self._painter.paint(
            painter, self.plot.size(), self.plot.devicePixelRatioF(), self.theme, self.data, layout,
            self.px_per_unit, [self.color_of(place) for place in range(len(clusters))], self.session.time.time_s,
            self._lit_s(), self._channel_colors(),
        )  # fmt: skip

    def _lit_s(self) -> list[float]:
        """Return the moments of the selected spikes, if they are few."""
        model = self.session.model
        times_s: list[float] = (model.spike_samples[marked_spikes(self.session)] / model.sample_rate).tolist()
        return times_s

    def _channel_colors(self) -> list[str]:
        """Return a colour for each channel by its place on the probe, or nothing: two greys in turn."""
        depths = self.data.source.depths
        if self._colors == "grey" or depths is None:
            return []
        low, high = (np.array(QColor(color).getRgb()[:3]) for color in self.theme.ramp[1:])
        shares = (depths - depths.min()) / (np.ptp(depths) or 1.0)
        return [QColor(*(low + share * (high - low)).astype(int).tolist()).name() for share in shares]

    def _say_page(self) -> None:
        start_s, stop_s = self.session.time.shown_s
        self._page_menu.set_current(stop_s - start_s, f"{stop_s - start_s:.3g} s")

    def _say_what_is_shown(self, data: Answer) -> None:
        layout = self.layout_now
        n_rows, n_channels = len(layout.rows), len(layout.order)
        words = [f"{n_rows} of {n_channels} channels"] if n_rows < n_channels else []
        if self._filter != RAW:
            words.append(self._filter if data.traces.is_filtered else "raw: filters act on 10 s and less")
        if len(data.spikes.spike_ids) < data.spikes.n_total:
            words.append(f"{format_number(len(data.spikes.spike_ids))} of {format_number(data.spikes.n_total)} spikes")
        self.header.set_note("; ".join(words))

    def _show_best(self, data: Answer) -> None:
        """Scroll so that the best channel of the selection is in the middle, where it is not in sight."""
        layout = self.layout_now
        if not len(data.best_channels) or self._order == "best":
            self._scroll = 0.0 if self._order == "best" else self._scroll
            return
        row = int(np.flatnonzero(layout.order == data.best_channels[0])[0])
        middle = (row + 0.5) * layout.row_px
        if not layout.scroll_px + layout.row_px <= middle <= layout.scroll_px + layout.height - layout.row_px:
            self._scroll = middle - layout.height / 2

    # --- what can be done ---

    def set_order(self, order: str) -> None:
        """Order channels by "depth", by "number", or the "best" of the selection first."""
        self._order = order
        self._order_actions[order].setChecked(True)
        self._scroll = 0.0
        self._redraw()

    def set_colors(self, name: str) -> None:
        """Draw channels in "grey", or coloured by their "depth"."""
        self._colors = name
        self._color_actions[name].setChecked(True)
        self._redraw()

    def set_page(self, page_s: float) -> None:
        """Show so many seconds at a time."""
        start_s, stop_s = self.session.time.shown_s if self.session is not None else (0.0, 0.0)
        if self.session is not None:
            middle = (start_s + stop_s) / 2
            self.session.time.show(middle - page_s / 2, middle + page_s / 2)

    def set_filter(self, name: str) -> None:
        """Show traces raw, or through one of the filters."""
        self._filter = name
        self._filter_menu.set_current(name)
        self.refresh()

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
        clock = self.session.time
        self._show(*zoomed(clock.shown_s, time_s, factor, clock.duration_s, SHORTEST_S))

    def set_running(self, running: bool) -> None:
        """Scroll on by itself, or stand still."""
        self._run_action.setChecked(running)
        self._runner.start() if running else self._runner.stop()

    def set_speed(self, pages_per_s: float) -> None:
        """Scroll on at another speed."""
        self._speed = pages_per_s

    def _run_on(self) -> None:
        if self.session is None or not self.isVisible():
            return
        start_s, stop_s = self.session.time.shown_s
        if stop_s >= self.session.time.duration_s:
            self.set_running(False)
            return
        step = (stop_s - start_s) * self._speed / SCROLL_FPS
        self._show(start_s + step, stop_s + step)

    def _show(self, start_s: float, stop_s: float) -> None:
        self.session.time.show(start_s, stop_s)

    # --- events ---

    @guarded
    def _on_shown_changed(self) -> None:
        self._say_page()
        self._redraw()
        self.refresh()

    @guarded
    def _on_time_moved(self) -> None:
        self.plot.update()

    @guarded
    def _on_resized(self) -> None:
        self._redraw()
        if self.session is not None and self.data is not None:
            self.refresh()

    @guarded
    def _on_dragged(self, dx: float, dy: float) -> None:
        layout = self.layout_now
        if layout is None:
            return
        self._scroll = clamped_scroll(layout.scroll_px - dy, len(layout.order), layout.row_px, layout.height)
        step = dx / layout.px_per_s
        self._show(layout.start_s - step, layout.stop_s - step)
        self._redraw()

    @guarded
    def _on_scrolled(self, position: QPointF, notches: float, modifiers: Any) -> None:
        layout = self.layout_now
        if layout is None:
            return
        factor = ZOOM_STEP**notches
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.scale_by(factor)
        elif modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.heighten_by(factor)
        else:
            self.zoom_time(layout.time_at(position.x()), factor)

    @guarded
    def _on_clicked(self, position: QPointF, ctrl: bool) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        layout = self.layout_now
        if layout is None or not layout.contains(position.x(), position.y()):
            return
        self.session.time.move_to(layout.time_at(position.x()))
        found = self.spike_at(position.x(), position.y())
        if found is None:
            return
        spike, cluster = found
        if ctrl:
            self.session.selection.select([cluster])
        else:
            self.session.selection.select_spikes([spike])

    @guarded
    def _on_moved(self, position: QPointF) -> None:
        self.say(self.read_out(position.x(), position.y()))

    def spike_at(self, x_px: float, y_px: float) -> tuple[int, int] | None:
        """Return (spike, its cluster) of the selection at a pixel, on a channel that took part in it, or None."""
        layout, data = self.layout_now, self.data
        row = None if layout is None else layout.row_at(y_px)
        if row is None or not len(data.spikes.spike_ids):
            return None
        channel = layout.order[row]
        times_s = data.spikes.samples / data.source.sample_rate
        distance = np.abs(layout.left + (times_s - layout.start_s) * layout.px_per_s - x_px)
        reach = max(HIT_PX, data.spikes.before / data.source.sample_rate * layout.px_per_s)
        near = np.flatnonzero((distance <= reach) & (data.spikes.masks[:, channel] > 0))
        if not len(near):
            return None
        nearest = near[np.argmin(distance[near])]
        return int(data.spikes.spike_ids[nearest]), self.clusters[data.spikes.places[nearest]]

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `3.214 s, channel 6` for the place under the mouse, with the spike there."""
        layout = self.layout_now
        row = None if layout is None else layout.row_at(y_px)
        if row is None or not layout.contains(x_px, y_px):
            return ""
        words = [
            f"{format_number(layout.time_at(x_px), 4)} s",
            f"channel {self.data.source.channel_ids[layout.order[row]]}",
        ]
        found = self.spike_at(x_px, y_px)
        if found is not None:
            words = [f"cluster {found[1]}, spike {format_number(found[0])}", *words]
        return ", ".join(words)


def _best_channels(session: Any, clusters: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return the channels of the first cluster, the strongest first; none where nobody knows."""
    if session.sums is None or not clusters:
        return np.empty(0, dtype=np.int64)
    return np.argsort(-session.sums.get(clusters[:1])[clusters[0]].abs_sum, kind="stable")
