"""The raster itself: rows of spikes along time that are dragged, zoomed, paged and pointed at."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QColor, QImage, QPainter, QPen
from qtpy.QtWidgets import QWidget

from napari_phy.table.numbers import format_number
from napari_phy.views.pictures import DOT_PX, TICK, blank, draw_raster, opacity
from napari_phy.views.raster import Marker, RasterCounts, RasterMarks, SpikeTrains, raster_marks, usual_number
from napari_phy.views.trace_layout import TraceLayout, clamped_scroll
from napari_phy.widgets.base.figure import PNG_SCALE
from napari_phy.widgets.base.theme import TICK_PX, Tokens, with_alpha
from napari_phy.widgets.plots.highlights import paint_mark
from napari_phy.widgets.plots.painted_plot import PaintedPlot, as_qimage
from napari_phy.widgets.plots.time_axis import holding, paint_clock, paint_time_axis, paint_unused, within, zoomed

ZOOM_STEP = 1.25
SHORTEST_S = 0.01
ROWS_A_NOTCH = 3
LABEL_PX = 13  # least distance of two ids
MAX_MARKS = 20_000  # on paper, some 2 MB of SVG; more are drawn as a picture
MARK_PX = 1.0  # width of a bar on paper


class RasterPlot(PaintedPlot):
    """One row a cluster; `pointed` carries the moment and the cluster (or None) that were clicked, and the modifiers.

    Parameters
    ----------
    theme : Tokens
        Colours and sizes.
    plain : str, default 'background_spikes'
        Which of its colours clusters have that are not given one.
    """

    pointed = Signal(float, object, object)
    changed = Signal()
    pictured = Signal()
    said = Signal(str)

    def __init__(self, theme: Tokens, parent: QWidget | None = None, *, plain: str = "background_spikes") -> None:
        super().__init__(self._paint, parent)
        self._plain = plain
        self.trains: SpikeTrains | None = None
        self.rows: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.shown_s = (0.0, 1.0)
        self.marker: Marker = "bar"
        self.rows_a_page: int | None = None
        self._opaque = 1.0
        self._theme = theme
        self._colors: Mapping[int, str] = {}
        self._other_colors: Mapping[int, str] = {}
        self._clock: Any = None
        self._marked: int | None = None
        self._scroll = 0.0
        self._counts = RasterCounts()
        self._pixels: Any = None
        self._image: QImage | None = None
        for signal, slot in (
            (self.mouse.dragged, self._on_dragged),
            (self.mouse.scrolled, self._on_scrolled),
            (self.mouse.clicked, self._on_clicked),
            (self.mouse.double_clicked, lambda *_: self.show_all()),
            (self.mouse.hovered, lambda place: self.said.emit(self.read_out(place.x(), place.y()))),
            (self.mouse.left, lambda: self.said.emit("")),
            (self.resized, self.redraw),
        ):
            signal.connect(slot)

    # --- what is shown ---

    def set_trains(self, trains: SpikeTrains | None, clock: Any = None) -> None:
        """Show other spikes, over their whole time; `clock` has `time_s`, `shown_s` and `range_s`."""
        self.trains, self._clock, self._marked = trains, clock, None
        self._counts = RasterCounts()
        self._scroll = 0.0
        self.show_all()

    def update_trains(self, trains: SpikeTrains, rows: Sequence[int] | npt.NDArray[np.int64]) -> None:
        """Show the same spikes in clusters that an edit left, from the top."""
        self.trains, self.rows = trains, np.asarray(rows, dtype=np.int64)
        self.redraw()

    def set_colors(self, colors: Mapping[int, str]) -> None:
        """Give clusters their colours; all others have that of the background."""
        if dict(colors) != self._colors:
            self._colors = dict(colors)
            self.redraw()

    def set_other_colors(self, colors: Mapping[int, str]) -> None:
        """Give clusters the colours they have while `set_colors` has none for them."""
        if dict(colors) != self._other_colors:
            self._other_colors = dict(colors)
            self.redraw()

    def set_marked(self, spike: int | None) -> None:
        """Draw a ring around a spike, or none."""
        self._marked = spike
        self.update()

    def set_marker(self, marker: Marker) -> None:
        """Draw spikes as bars or as dots."""
        self.marker = marker
        self.redraw()

    def set_rows_a_page(self, n_rows: int | None) -> None:
        """Show that many rows at a time; None: all of them."""
        self.rows_a_page = n_rows
        self._scroll = 0.0
        self.redraw()

    def turn_page(self, step: int) -> None:
        """Go to the next page of rows, or the previous one for a step of −1."""
        layout = self.layout_now
        if layout is not None:
            self._scroll_to(layout.scroll_px + step * layout.height)

    def bring_into_sight(self, cluster: int) -> None:
        """Go to the page of a cluster's row, where it is not in sight."""
        layout, row = self.layout_now, np.flatnonzero(self.rows == cluster)
        if layout is None or not len(row):
            return
        top = int(row[0]) * layout.row_px
        if not layout.scroll_px - 1 <= top <= layout.scroll_px + layout.height - layout.row_px + 1:
            self._scroll_to(top // layout.height * layout.height)

    def show_time(self, start_s: float, stop_s: float) -> None:
        """Show a stretch of time; one that reaches over an end is moved."""
        shown = within((start_s, stop_s), 0.0 if self.trains is None else self.trains.duration_s)
        if shown != self.shown_s:
            self.shown_s = shown
            self.redraw()

    def show_all(self) -> None:
        """Show the whole recording."""
        self.shown_s = (0.0, max(SHORTEST_S, self.trains.duration_s if self.trains is not None else 1.0))
        self.redraw()

    def follow_time(self) -> None:
        """Hold the moment that is looked at, and mark it."""
        if self.trains is not None and self._clock is not None:
            self.show_time(*holding(self.shown_s, self._clock.time_s, self.trains.duration_s))
        self.update()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.redraw()

    def redraw(self) -> None:
        """Draw the spikes anew."""
        self._image = None
        self.update()
        self.changed.emit()

    # --- where it is ---

    @property
    def area(self) -> QRectF:
        """The rectangle of the spikes."""
        theme = self._theme
        digits = len(str(int(self.rows.max(initial=0))))
        left = theme.px(16) + round(theme.text_width("0" * digits, TICK_PX))
        top, right, bottom = theme.px(4), theme.px(16), theme.px(40)
        return QRectF(left, top, max(1.0, self.width() - left - right), max(1.0, self.height() - top - bottom))

    @property
    def layout_now(self) -> TraceLayout | None:
        """Where rows and moments are; None without any."""
        if self.trains is None or not len(self.rows):
            return None
        area = self.area
        n_rows = min(self.rows_a_page or len(self.rows), len(self.rows))
        row_px = area.height() / n_rows
        scroll = clamped_scroll(self._scroll, len(self.rows), row_px, area.height())
        return TraceLayout(
            area.left(), area.top(), area.width(), area.height(), *self.shown_s, self.rows, row_px, scroll
        )

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, 3.214 s` for what is under a pixel."""
        layout = self.layout_now
        if layout is None or not layout.contains(x_px, y_px):
            return ""
        row = layout.row_at(y_px)
        words = [] if row is None else [f"cluster {self.rows[row]}"]
        return ", ".join([*words, f"{format_number(layout.time_at(x_px), 3)} s"])

    # --- painting ---

    def paint(self, painter: QPainter, scale: float, theme: Tokens) -> None:
        """Paint rows, ids, time axis and clock."""
        painter.fillRect(QRectF(self.rect()), theme.color("view"))
        layout = self.layout_now
        if layout is None or self.trains is None:
            return
        if self._image is None:
            self._image = self._make_image(layout, self.trains, scale, theme)
            self.pictured.emit()
        painter.drawImage(QPointF(layout.left, layout.top), self._image)
        self._paint_around(painter, theme, layout, self._colors)
        if self._clock is not None:
            area = QRectF(layout.left, layout.top, layout.width, layout.height)
            paint_clock(painter, theme, area, *self.shown_s, self._clock.time_s, self._clock.shown_s)

    @property
    def opaque(self) -> float:
        """From how many spikes on a pixel is opaque; that is known once the picture is made."""
        layout = self.layout_now
        if self._image is None and layout is not None and self.trains is not None and self.isVisible():
            self._image = self._make_image(layout, self.trains, self.devicePixelRatioF(), self._theme)
        return self._opaque

    def _make_image(self, layout: TraceLayout, trains: SpikeTrains, scale: float, theme: Tokens) -> QImage:
        rows = trains.rows_of_slots(self.rows)
        colors = self._row_colors(theme, self._colors)
        self._pixels, self._opaque = self._draw(layout, trains, scale, theme, rows, colors)
        return as_qimage(self._pixels, scale)

    def _paint_around(self, painter: QPainter, theme: Tokens, layout: TraceLayout, colors: Mapping[int, str]) -> None:
        """Paint ids, time axis, what is not used, and the ring around a spike."""
        area = QRectF(layout.left, layout.top, layout.width, layout.height)
        self._paint_ids(painter, theme, layout, colors)
        paint_time_axis(painter, theme, area, *self.shown_s)
        if self._clock is not None:
            paint_unused(painter, theme, area, *self.shown_s, self._clock.range_s)
        place = None if self._marked is None else self.place_of(self._marked)
        if place is not None and area.contains(place):
            paint_mark(painter, theme, place.x(), place.y())

    # --- on paper ---

    def paint_figure(
        self, painter: QPainter, theme: Tokens, colors: Mapping[int, str], other_colors: Mapping[int, str]
    ) -> None:
        """Paint spikes as marks, but where they are too many; the colours are those of `set_colors` and the like."""
        layout, trains = self.layout_now, self.trains
        if layout is None or trains is None:
            return
        rows, selected = trains.rows_of_slots(self.rows), self._selected(colors)
        of_rows = self._row_colors(theme, colors, other_colors)
        pictured, marks = self._split(layout, trains)
        if pictured.any():
            without = np.where((rows >= 0) & pictured[rows], rows, -1)
            pixels, _ = self._draw(layout, trains, PNG_SCALE, theme, without.astype(np.int32), of_rows)
            painter.drawImage(QPointF(layout.left, layout.top), as_qimage(pixels, PNG_SCALE))
        _paint_marks(painter, marks, layout, of_rows, selected, self.marker)
        self._paint_around(painter, theme, layout, colors)

    @property
    def n_pictured(self) -> int:
        """How many rows are too full to be drawn as marks on paper."""
        layout, trains = self.layout_now, self.trains
        return 0 if layout is None or trains is None else int(self._split(layout, trains)[0].sum())

    def _split(self, layout: TraceLayout, trains: SpikeTrains) -> tuple[npt.NDArray[np.bool_], RasterMarks]:
        """Return which rows are a picture on paper, none, those not selected, or all, and the marks of the others."""
        marks = raster_marks(trains, trains.rows_of_slots(self.rows), layout)
        none = np.zeros(len(self.rows), np.bool_)
        for pictured in (none, ~self._selected(self._colors)):
            drawn = marks.among(~pictured)
            if len(drawn.x) <= MAX_MARKS:
                return pictured, drawn
        return ~none, marks.among(none)

    def place_of(self, spike: int) -> QPointF | None:
        """Return the pixel of a spike, in sight or not; None where its cluster has no row."""
        layout, trains = self.layout_now, self.trains
        if layout is None or trains is None:
            return None
        row = int(trains.rows_of_slots(self.rows)[trains.slots[spike]])
        if row < 0:
            return None
        return QPointF(layout.x_of(trains.samples[spike] / trains.sample_rate), float(layout.zero_of(row)))

    def _paint(self, painter: QPainter) -> None:
        self.paint(painter, self.devicePixelRatioF(), self._theme)

    def _draw(
        self,
        layout: TraceLayout,
        trains: SpikeTrains,
        scale: float,
        theme: Tokens,
        rows_of_slots: npt.NDArray[np.int32],
        colors: list[str],
    ) -> tuple[npt.NDArray[np.uint8], float]:
        """Return a picture of the spikes, and from how many on a pixel is opaque."""
        n_columns = max(1, round(layout.width * scale))
        pixels = blank(n_columns, max(1, round(layout.height * scale)), theme.view)
        opaque = draw_raster(
            pixels,
            self._counts.get(trains, *self.shown_s, n_columns),
            rows_of_slots,
            colors,
            self._selected(self._colors),
            layout.row_px * scale,
            layout.scroll_px * scale,
            self.marker,
            scale,
        )
        return pixels, opaque

    def _row_colors(
        self, theme: Tokens, colors: Mapping[int, str], other_colors: Mapping[int, str] | None = None
    ) -> list[str]:
        plain, others = getattr(theme, self._plain), self._other_colors if other_colors is None else other_colors
        return [colors.get(cluster) or others.get(cluster, plain) for cluster in self.rows.tolist()]

    def _selected(self, colors: Mapping[int, str]) -> npt.NDArray[np.bool_]:
        """Return whether each row is that of a cluster which has a colour."""
        return np.isin(self.rows, np.fromiter(colors, np.int64, len(colors)))

    def _paint_ids(self, painter: QPainter, theme: Tokens, layout: TraceLayout, colors: Mapping[int, str]) -> None:
        """Write the ids of selected clusters bold in their colours, and of others where there is room."""
        height = theme.px(LABEL_PX)
        taken: list[float] = []
        every = max(1, int(np.ceil(height / layout.row_px)))
        visible = [row for row in layout.rows if layout.top <= float(layout.zero_of(row)) <= layout.top + layout.height]
        shown = {int(self.rows[row]): row for row in visible}
        chosen = [shown[cluster] for cluster in colors if cluster in shown]  # the best one first
        for row in (*chosen, *(row for row in visible if row % every == 0)):
            y = float(layout.zero_of(row))
            if any(abs(y - other) < height for other in taken):
                continue
            taken.append(y)
            cluster = int(self.rows[row])
            painter.setFont(theme.font(TICK_PX, bold=cluster in colors))
            painter.setPen(QColor(colors.get(cluster, theme.faint)))
            painter.drawText(
                QRectF(0, y - height / 2, layout.left - theme.px(6), height),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                str(cluster),
            )

    # --- the mouse ---

    def _scroll_to(self, scroll_px: float) -> None:
        layout = self.layout_now
        if layout is None:
            return
        scroll = clamped_scroll(scroll_px, len(self.rows), layout.row_px, layout.height)
        if scroll != self._scroll:
            self._scroll = scroll
            self.redraw()

    def _on_dragged(self, dx: float, dy: float) -> None:
        layout = self.layout_now
        if layout is None:
            return
        self._scroll_to(layout.scroll_px - dy)
        step = dx / layout.px_per_s
        self.show_time(layout.start_s - step, layout.stop_s - step)

    def _on_scrolled(self, position: QPointF, notches: float, modifiers: Any) -> None:
        layout = self.layout_now
        if layout is None or self.trains is None:
            return
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._scroll_to(layout.scroll_px - notches * ROWS_A_NOTCH * layout.row_px)
            return
        time_s = min(max(layout.time_at(position.x()), layout.start_s), layout.stop_s)
        self.show_time(*zoomed(self.shown_s, time_s, ZOOM_STEP**notches, self.trains.duration_s, SHORTEST_S))

    def _on_clicked(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        layout = self.layout_now
        if layout is not None and layout.contains(position.x(), position.y()):
            row = layout.row_at(position.y())
            cluster = None if row is None else int(self.rows[row])
            self.pointed.emit(layout.time_at(position.x()), cluster, modifiers)


def _paint_marks(
    painter: QPainter,
    marks: RasterMarks,
    layout: TraceLayout,
    colors: Sequence[str],
    selected: npt.NDArray[np.bool_],
    marker: Marker,
) -> None:
    """Paint each spike as a bar or a dot, those of selected rows above all others.

    Parameters
    ----------
    colors : sequence of str
        Colour of each row.
    selected : ndarray of bool
        Whether each row is selected.
    """
    usual = usual_number(marks)
    painter.save()
    painter.setClipRect(QRectF(layout.left, layout.top, layout.width, layout.height))
    order = np.lexsort((marks.x, marks.rows, selected[marks.rows]))
    before = None
    for x, row in zip(marks.x[order].tolist(), marks.rows[order].tolist(), strict=True):
        chosen = bool(selected[row])
        look = colors[row], opacity(1, usual, selected=chosen)
        if look != before:
            painter.setPen(_pen(look) if marker == "bar" else QPen(Qt.PenStyle.NoPen))
            painter.setBrush(with_alpha(*look))
            before = look
        y, half = float(layout.zero_of(row)), max(TICK * layout.row_px, 2.0 if chosen else 1.0) / 2
        if marker == "bar":
            painter.drawLine(QLineF(x, y - half, x, y + half))
        else:
            radius = max(0.5, min(DOT_PX, half))
            painter.drawEllipse(QPointF(x, y), radius, radius)
    painter.restore()


def _pen(look: tuple[str, float]) -> QPen:
    return QPen(with_alpha(*look), MARK_PX, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
