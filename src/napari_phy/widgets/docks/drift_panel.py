"""Drift: where on the probe spikes were seen over time, all as a picture, the selected ones in their colours."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QImage, QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import is_hollow
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.columns import find_column
from napari_phy.table.numbers import format_number, format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.table.value_range import ValueRange
from napari_phy.views.cluster_colors import CLUSTER, GROUP
from napari_phy.views.drift import (
    DriftData,
    DriftPoints,
    DriftRequest,
    DriftSettings,
    compute_drift,
    drift_cells,
    drift_colors,
    drift_points,
)
from napari_phy.views.frame import Frame, nearest_point
from napari_phy.views.pictures import (
    DISC_PX,
    FAINTEST,
    bgr,
    blank,
    draw_cells,
    draw_colors,
    draw_points,
    numbers_of,
    ramp_of,
)
from napari_phy.views.ticks import left_margin
from napari_phy.widgets.base.color_scale import ColorScale, ramp_stops
from napari_phy.widgets.base.figure import PNG_SCALE
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.color_schemes import Coloring, Colorings
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.plots.dots import Dot, paint_dots
from napari_phy.widgets.plots.highlights import marked_spike, paint_mark
from napari_phy.widgets.plots.overlay import paint_axes
from napari_phy.widgets.plots.painted_plot import PaintedPlot, as_qimage
from napari_phy.widgets.plots.time_axis import holding, paint_clock, paint_unused, within

ZOOM_STEP = 1.25
SHORTEST_S, LOWEST_UM = 0.01, 5.0
HOVER_PX = 5.0
CELL_PX = 2  # of a cell's side
OF_CELLS = ("amplitude", "number")  # metrics of spikes, the others are of their clusters
NO_DEPTH = "channel in the file (positions are unknown)"
MEANINGS = {
    "amplitude": "mean amplitude",
    "number": "number of spikes",
    CLUSTER: "cluster",
    GROUP: "group of the cluster",
}


class DriftPanel(ViewPanel):
    """All spikes at their depths, coloured by amplitude; a click moves the clock of all views."""

    title = "Drift"
    reads_amplitudes = True
    subject = "its depth"
    working = "Reading depths…"
    failed = "The depths could not be read."
    all_times = draws_times = True
    settings_type = DriftSettings
    help_text = (
        "The depth of spikes on the probe over time: the centre of mass of |feature| × mask.\n"
        "The colour is the mean amplitude of the spikes there, their number, or a property of their clusters;\n"
        "spikes of selected clusters are dots.\n"
        "Drag moves, the wheel zooms time, Ctrl+wheel depth; a double-click shows all.\n"
        "A click goes to that time; on a dot, Ctrl+click adds its spike and cluster to the selection, Shift+click\n"
        "selects its cluster. The drop-down chooses what the colours show."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._shown: Frame | None = None
        self._points: DriftPoints | None = None
        self._drawn: tuple[int, ...] = ()
        self._numbers = ValueRange(1.0, 1.0)  # of spikes in a cell
        self._colorings = Colorings()
        self._pixels: Any = None
        self._image: QImage | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self.plot = PaintedPlot(self._paint)
        for signal, slot in (
            (self.plot.mouse.dragged, self._on_dragged),
            (self.plot.mouse.scrolled, self._on_scrolled),
            (self.plot.mouse.clicked, self._on_clicked),
            (self.plot.mouse.double_clicked, lambda *_: self.show_all()),
            (self.plot.mouse.hovered, lambda place: self.say(self.read_out(place.x(), place.y()))),
            (self.plot.mouse.left, lambda: self.say("")),
            (self.plot.resized, self._redraw),
        ):
            signal.connect(slot)
        self.setting_controls.add_drop_down("color", prefix="colour")
        return self.plot

    def on_session(self) -> None:
        self._shown = None
        self._colorings.forget()
        if self.session is not None:
            self._links.connect(self.session.listed.values_known, self.show_colors_again)
            self._links.connect(self.session.time.moved, self._on_time_moved)
            self._links.connect(self.session.time.shown_changed, self._on_shown_changed)
            self._links.connect(self.session.time.range_changed, self._on_range_drawn)

    def make_request(self) -> DriftRequest:
        return DriftRequest(self.required_session.model.channel_group)

    def compute(self, session: SessionLike, request: DriftRequest, on_progress: OnProgress) -> DriftData:
        return compute_drift(session, request, on_progress)

    # --- drawing ---

    def draw(self, data: DriftData) -> None:
        self._redraw()

    def on_selection(self) -> None:
        if self.clusters != self._drawn:
            self._redraw()
        self.plot.update()

    @safe_slot
    def show_colors_again(self) -> None:
        """Colour clusters whose values are known now."""
        self._colorings.forget()
        self._redraw()
        self.show_legend()

    def on_clustering(self) -> None:
        self._colorings.forget()
        self._redraw()
        self.refresh()

    def _coloring(self) -> Coloring:
        return self._colorings.get(self.required_session, self.settings.color, self.theme, self.theme.background_spikes)

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        of_clusters = self.cluster_entries(self.clusters)
        if self.settings.color in OF_CELLS:
            return of_clusters
        return (*of_clusters, *self._coloring().entries)

    def color_scale(self) -> ColorScale | None:
        if self.data is None:
            return None
        if self.settings.color not in OF_CELLS:
            return self._coloring().scale
        by_number, (low, high) = self.settings.color == "number", self.data.amplitude_range
        ends = self._numbers if by_number else ValueRange(low, high, is_below=True, is_above=True)
        unit = "a.u." if self.data.unit == "features" else self.data.unit
        return drift_scale(self.theme.ramp, ends, unit, by_number=by_number)

    def apply_theme(self, theme: Tokens) -> None:
        self._redraw()

    def _redraw(self) -> None:
        self._image = None
        self.plot.update()

    @property
    def frame(self) -> Frame | None:
        """The window shown and its rectangle in the plot; None without data."""
        data, theme = self.data, self.theme
        if data is None:
            return None
        whole = (0.0, max(SHORTEST_S, data.duration_s))
        x_range, y_range = (self._shown.x_range, self._shown.y_range) if self._shown else (whole, data.depth_range)
        top, right, bottom = theme.px(4), theme.px(16), theme.px(40)
        height = max(20, self.plot.height() - top - bottom)
        left = left_margin(y_range, height, theme)
        return Frame(left, top, max(20, self.plot.width() - left - right), height, x_range, y_range)

    def show_all(self) -> None:
        """Show the whole recording and the whole probe."""
        self._shown = None
        self._redraw()

    def show_window(self, time_range: tuple[float, float], depth_range: tuple[float, float]) -> None:
        """Show a stretch of time and of depths."""
        frame = self.frame
        if frame is not None:
            x_range = within(time_range, self.data.duration_s)
            self._shown = replace(frame, x_range=x_range, y_range=depth_range)
            self._redraw()

    def _paint(self, painter: QPainter) -> None:
        frame, theme = self.frame, self.theme
        painter.fillRect(self.plot.rect(), theme.color("view"))
        if frame is None:
            return
        image = self._image or self._draw_image(frame)
        painter.drawImage(QPointF(frame.left, frame.top), image)
        self._paint_around(painter, frame, theme)

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        """Paint cells as a picture, and spikes of the selection as circles."""
        frame, points = self.frame, self._points
        if frame is None or points is None:
            return
        area = QRectF(frame.left, frame.top, frame.width, frame.height)
        pixels = self._cells(frame, PNG_SCALE, theme)  # Qt looks at the array
        painter.drawImage(area.topLeft(), as_qimage(pixels, PNG_SCALE))
        colors = [QColor(self.color_of(place)) for place in range(len(self._drawn))]
        dots = [Dot(color, 2 * DISC_PX, is_hollow(place)) for place, color in enumerate(colors)]
        paint_dots(painter, frame.to_px(np.column_stack([points.times_s, points.depths_um])), points.places, dots, area)
        self._paint_around(painter, frame, theme)

    def figure_note(self) -> str:
        return "the cells of all spikes are a picture"

    def _paint_around(self, painter: QPainter, frame: Frame, theme: Tokens) -> None:
        """Paint the axes, the clock, and the ring around a spike."""
        area = QRectF(frame.left, frame.top, frame.width, frame.height)
        title = "depth (µm)" if self.data.knows_positions else NO_DEPTH
        paint_axes(painter, frame, theme, "time (s)", title)
        clock = self.required_session.time
        paint_unused(painter, theme, area, *frame.x_range, clock.range_s)
        if not self.is_on_paper:
            paint_clock(painter, theme, area, *frame.x_range, clock.time_s, clock.shown_s)
        marked = marked_spike(self.session)
        if marked is not None:
            x, y = frame.to_px([[self.data.samples[marked] / self.data.sample_rate, self.data.columns.depths[marked]]])[
                0
            ]
            if frame.contains(x, y):
                paint_mark(painter, theme, x, y)

    def _draw_image(self, frame: Frame) -> QImage:
        """Draw cells and dots into a picture, and tell how many there are."""
        data, scale = self.data, self.plot.devicePixelRatioF()
        clusters = tuple(cluster for cluster in self.clusters if cluster in self.required_session.manager)
        self._pixels = self._cells(frame, scale, self.theme)
        self._points = drift_points(self.required_session, data, clusters, frame.x_range, frame.y_range)
        self._drawn = clusters
        colors = [self.color_of(place) for place in range(len(clusters))]
        draw_points(self._pixels, self._points, frame, colors, scale)
        self._image = image = as_qimage(self._pixels, scale)
        n_shown, n_total = len(self._points.spike_ids), self._points.n_total
        words = [f"{format_shown(n_shown, n_total)} of the selection in sight"] if clusters else []
        self.stack.caption.setText("; ".join([*words, f"colour: {self._meaning}"]))
        self.show_legend()
        return image

    @property
    def _meaning(self) -> str:
        """What colours stand for, in words."""
        if self.settings.color != "amplitude":
            return MEANINGS.get(self.settings.color) or f"{find_column(self.settings.color).name} of the cluster"
        estimate = ", some estimated from features" if self.data.is_estimated else ""
        return f"{MEANINGS[self.settings.color]} ({self.data.unit}{estimate})"

    def _cells(self, frame: Frame, scale: float, theme: Tokens) -> npt.NDArray[np.uint8]:
        """Return a picture of all spikes, in cells."""
        data = self.data
        width, height = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        cell_px = max(1, round(CELL_PX * scale))
        # whole cells; the last of them may reach over the edge of the picture
        n_columns, n_rows = -(-width // cell_px), -(-height // cell_px)
        times, depths = frame.x_range, frame.y_range
        whole = (times[0], times[0] + (times[1] - times[0]) * n_columns * cell_px / width)
        below = depths[1] - (depths[1] - depths[0]) * n_rows * cell_px / height
        pixels = blank(width, height, theme.view)
        cells = drift_cells(data, whole, (below, depths[1]), n_columns, n_rows)
        self._numbers = numbers_of(cells)
        if self.settings.color in OF_CELLS:
            draw_cells(pixels, cells, ramp_of(theme.ramp), cell_px, by_number=self.settings.color == "number")
            return pixels
        own = {c: bgr(color) for c, color in self._coloring().colors.items()}
        plain, shape = bgr(theme.background_spikes), (n_columns, n_rows)
        colors = drift_colors(self.required_session, data, whole, (below, depths[1]), shape, own, plain)
        draw_colors(pixels, cells.counts, colors, cell_px)
        return pixels

    # --- events ---

    @safe_slot
    def _on_time_moved(self) -> None:
        frame = self.frame
        if frame is not None and self._shown is not None:
            shown = holding(frame.x_range, self.required_session.time.time_s, self.data.duration_s)
            if shown != frame.x_range:
                self.show_window(shown, frame.y_range)
        self.plot.update()

    @safe_slot
    def _on_shown_changed(self) -> None:
        self.plot.update()

    @safe_slot
    def _on_range_drawn(self) -> None:
        """Veil other times, and colour by the rates of those that are used."""
        self._redraw()
        if self.data is not None:
            self.show_legend()

    @safe_slot
    def _on_dragged(self, dx: float, dy: float) -> None:
        frame = self.frame
        if frame is not None:
            moved = frame.panned(dx, dy)
            self.show_window(moved.x_range, moved.y_range)

    @safe_slot
    def _on_scrolled(self, position: QPointF, notches: float, modifiers: Any) -> None:
        frame = self.frame
        if frame is None:
            return
        zoomed = frame.zoomed(position.x(), position.y(), ZOOM_STEP**notches)
        along_depth = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        times, depths = (frame.x_range, zoomed.y_range) if along_depth else (zoomed.x_range, frame.y_range)
        longest, tallest = self.data.duration_s, self.data.depth_range[1] - self.data.depth_range[0]
        if times[1] - times[0] >= longest:
            times = (0.0, max(SHORTEST_S, longest))
        if depths[1] - depths[0] >= tallest:
            depths = self.data.depth_range
        lowest = LOWEST_UM if self.data.knows_positions else 1.0
        if times[1] - times[0] >= SHORTEST_S and depths[1] - depths[0] >= lowest:
            self.show_window(times, depths)

    @safe_slot
    def _on_clicked(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        frame = self.frame
        if frame is None or not frame.contains(position.x(), position.y()):
            return
        spike = self._spike_at(position.x(), position.y())
        if not modifiers:
            self.required_session.time.move_to(float(frame.to_data([[position.x(), position.y()]])[0, 0]))
        elif spike is not None:
            self.pick_spike(spike, modifiers)

    def _spike_at(self, x_px: float, y_px: float) -> int | None:
        """Return the drawn spike of the selection at a pixel, or None."""
        points, frame = self._points, self.frame
        if points is None or frame is None:
            return None
        index = nearest_point(frame, points.times_s, points.depths_um, x_px, y_px, HOVER_PX)
        return None if index is None else int(points.spike_ids[index])

    def _place_words(self, depth: float) -> str:
        """Return `240 µm`, or `channel 12` where positions are unknown."""
        if self.data.knows_positions:
            return f"{format_number(depth)} µm"
        channels = self.required_session.model.probe.channel_ids
        return f"channel {channels[min(max(round(depth), 0), len(channels) - 1)]}"

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, spike 4 113, 3.214 s, 240 µm` for what is under the mouse."""
        frame = self.frame
        if frame is None or not frame.contains(x_px, y_px):
            return ""
        ((time_s, depth_um),) = frame.to_data([[x_px, y_px]])
        words = [f"{format_number(time_s, 3)} s", self._place_words(depth_um)]
        spike = self._spike_at(x_px, y_px)
        if spike is not None:
            cluster = int(self.required_session.manager.clusters_of([spike])[0])
            words = [f"cluster {cluster}, spike {format_number(spike)}", *words]
            if self.data.unit != "features":
                size = f"{format_number(float(self.data.columns.amplitudes[spike]))} {self.data.unit}"
                words.append(f"about {size}" if self.data.is_estimated else size)
        return ", ".join(words)


def drift_scale(ramp: Sequence[str], ends: ValueRange, unit: str, *, by_number: bool) -> ColorScale | None:
    """Return what the colours of `draw_cells` stand for; None where no cell has more than one spike."""
    if by_number and ends.high <= 1:
        return None
    if by_number:
        first = float(np.log1p(ends.low) / np.log1p(ends.high))
        return ColorScale("spikes a cell, log", *ends.labels(), ramp_stops(ramp, FAINTEST + (1 - FAINTEST) * first))
    return ColorScale("amplitude", *ends.labels(unit), ramp_stops(ramp, FAINTEST))
