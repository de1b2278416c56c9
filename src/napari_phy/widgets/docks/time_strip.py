"""The strip of the time bar: the whole recording, where one is in it, and epochs that are drawn on it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import (
    QBrush,
    QColor,
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from qtpy.QtWidgets import QApplication, QMenu, QSizePolicy, QWidget

from napari_phy.actions import messages
from napari_phy.actions.navigation import go_to_time
from napari_phy.core.colors import distinct_colors, selection_color
from napari_phy.core.epoch_list import Epoch
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.sentences import on_one_line
from napari_phy.session.session import Session
from napari_phy.views.ticks import nice_ticks
from napari_phy.views.time_bar import (
    LinkedStack,
    TimeBarData,
    TimeBarLayout,
    TimeBarRequest,
    compute_time_bar,
    epoch_at,
    lay_out,
    words_at,
)
from napari_phy.widgets.base.latest_result import LatestResult, view_pool
from napari_phy.widgets.base.painting import painter_on, painting
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import AXIS_PX, TICK_PX, Tokens, tokens, with_alpha
from napari_phy.widgets.plots.time_axis import paint_clock, paint_unused, zoomed

HEIGHT = 62
COLUMN_PX = 2
SHORTEST_S = 0.05  # of time in sight
DENSITY_ALPHA, HATCH_ALPHA = 0.9, 0.8
EPOCH_PAD = 3  # px beside the name of an epoch


class TimeStrip(QWidget):
    """A click goes there, a drag draws an epoch, the wheel zooms, a double click shows the whole recording again."""

    title = "Time"
    said = Signal(str)
    rename_requested = Signal(object)  # an epoch

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-time-strip")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.theme = tokens()
        self.session: Session | None = None
        self._links = SessionLinks(self)
        self._results = LatestResult(self, pool=view_pool())
        self._results.result_ready.connect(self._on_result)
        self._stacks: tuple[LinkedStack, ...] = ()
        self._shown_s: tuple[float, float] | None = None  # None: the whole recording
        self._data: TimeBarData | None = None
        self._question: Any = None  # what it answers
        self._picture: QPixmap | None = None  # all that stays while time goes on
        self._pressed: QPointF | None = None
        self._drawn_s: tuple[float, float] | None = None  # of an epoch that is being drawn

    # --- what is shown

    def set_session(self, session: Session | None) -> None:
        """Follow another session, the same after it was switched, or none."""
        self._links.close()
        if session is not self.session:
            self._shown_s, self._data, self._question = None, None, None
        self.session = session
        self._results.drop()
        if session is not None:
            self._links.connect(session.selection.changed, self._on_counted)
            self._links.connect(session.manager.changed, self._on_counted)
            self._links.connect(session.epochs.changed, self.redraw)
            self._links.connect(session.time.moved, self._on_time)
            self._links.connect(session.time.shown_changed, self._on_time)
            self._links.connect(session.time.range_changed, self._on_time)
            self._links.connect(session.switched, self._on_switched)
        self._on_counted()

    def set_stacks(self, stacks: tuple[LinkedStack, ...]) -> None:
        """Show which stacks are linked, and where their clocks are doubtful."""
        self._stacks = stacks
        self.redraw()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self.theme = theme
        self.setFixedHeight(theme.px(HEIGHT))
        self.redraw()

    def redraw(self) -> None:
        """Paint all of it anew."""
        self._picture = None
        self.update()

    @property
    def shown_s(self) -> tuple[float, float]:
        """The time in sight."""
        whole = 0.0, max(self.session.time.duration_s, SHORTEST_S) if self.session is not None else 1.0
        return whole if self._shown_s is None else self._shown_s

    @property
    def layout_px(self) -> TimeBarLayout:
        """Where the rows are."""
        return lay_out(self.width(), self.height(), len(self._stacks), self.shown_s, self.theme)

    def _on_time(self) -> None:
        self.update()

    @safe_slot
    def _on_switched(self) -> None:
        self.set_session(self.session)

    @safe_slot
    def _on_counted(self) -> None:
        session, n = self.session, int(self.layout_px.spikes.width / COLUMN_PX)
        if session is None or n < 1:
            self.redraw()
            return
        request = TimeBarRequest(tuple(session.selection.clusters), *self.shown_s, n)
        opened = session.opened
        question = request, opened.manager.n_done
        if question == self._question:
            self._results.drop()
        else:
            self._results.ask(question, lambda report: compute_time_bar(opened, request, report))

    @safe_slot
    def _on_result(self, question: Any, data: TimeBarData) -> None:
        self._question, self._data = question, data
        self.redraw()

    def show_error(self, error: Exception) -> None:
        """Say what went wrong; the bar stays as it is."""
        self.said.emit(str(error))

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        layout, session = self.layout_px, self.session
        with painting(self) as painter:
            if self._picture is None:
                self._picture = self._painted(layout)
            painter.drawPixmap(0, 0, self._picture)
            if session is None:
                return
            area = QRectF(*layout.area)
            if self._drawn_s is not None:
                left, right = (layout.x_of(edge) for edge in self._drawn_s)
                drawn = QRectF(left, area.top(), right - left, area.height())
                painter.fillRect(drawn, with_alpha(self.theme.accent, 0.5))
            time = session.time
            below = area.adjusted(0, layout.epochs.height, 0, 0)  # names of epochs stay legible
            paint_unused(painter, self.theme, below, layout.start_s, layout.stop_s, time.range_s)
            paint_clock(painter, self.theme, area, layout.start_s, layout.stop_s, time.time_s, time.shown_s)

    def _painted(self, layout: TimeBarLayout) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.theme.color("view"))
        with painter_on(picture) as painter:
            paint_time_bar(painter, layout, self.theme, self._data, self.session, self._stacks)
        return picture

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Count anew in as many columns as there are."""
        self._on_counted()
        self.redraw()

    def sizeHint(self) -> QSize:
        """Be as wide as there is room."""
        return QSize(600, self.theme.px(HEIGHT))

    # --- the mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.session is not None:
            self._pressed, self._drawn_s = event.position(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.session is None:
            return
        layout, place = self.layout_px, event.position()
        if self._pressed is None:
            self.said.emit(words_at(layout, self.session.epochs.drawn, self._stacks, place.x(), place.y()))
            return
        if self._drawn_s is None and abs(place.x() - self._pressed.x()) < QApplication.startDragDistance():
            return
        start_s, stop_s = sorted((layout.time_at(self._pressed.x()), layout.time_at(place.x())))
        self._drawn_s = start_s, stop_s
        self.said.emit(messages.epoch_being_drawn(start_s, stop_s))
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None or self.session is None:
            return
        drawn_s, self._pressed, self._drawn_s = self._drawn_s, None, None
        if drawn_s is None:
            go_to_time(self.session, self.layout_px.time_at(event.position().x()))
        else:
            self._change(lambda session: session.epochs.add(*drawn_s), messages.epoch_drawn(*drawn_s))
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the whole recording."""
        self._show(None)

    def wheelEvent(self, event: QWheelEvent) -> None:
        session = self.session
        if session is None:
            return
        delta = event.angleDelta()
        factor = 1.25 ** ((delta.y() or delta.x()) / 120)
        duration_s = max(session.time.duration_s, SHORTEST_S)
        time_s = self.layout_px.time_at(event.position().x())
        shown = zoomed(self.shown_s, time_s, factor, duration_s, SHORTEST_S)
        self._show(None if shown[1] - shown[0] >= duration_s else shown)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.said.emit("")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the epoch under the mouse."""
        if self.session is None:
            return
        epoch = epoch_at(self.layout_px, self.session.epochs.drawn, event.pos().x(), event.pos().y())
        menu = self.make_menu(epoch)
        if menu.actions():
            menu.exec(event.globalPos())
        menu.deleteLater()

    def make_menu(self, epoch: Epoch | None) -> QMenu:
        """Return what can be done with an epoch, and with the times that views use."""
        menu, session = QMenu(self), self.session

        def add(text: str, change: Callable[[Session], object], sentence: str = "") -> None:
            menu.addAction(text.replace("&", "&&")).triggered.connect(lambda *_: self._change(change, sentence))

        if epoch is not None and session is not None:
            n_alike = len(session.epochs.named(epoch.name))
            if n_alike > 1:
                words = f"Use only these {n_alike} epochs, {on_one_line(epoch.name)}"
                add(words, lambda session: session.use_epochs(epoch.name))
            add("Use only this epoch", lambda session: session.time.set_range(epoch.start_s, epoch.stop_s))
        if session is not None and session.time.range_s is not None:
            add("Use all times", lambda session: session.time.clear_range())
        if epoch is not None:
            menu.addSeparator()
            menu.addAction("Rename…").triggered.connect(lambda *_: self.rename_requested.emit(epoch))
            add("Remove", lambda session: session.epochs.remove(epoch), messages.epoch_removed(epoch.name))
        return menu

    def _change(self, change: Callable[[Session], object], sentence: str) -> None:
        if self.session is None:
            return
        try:
            change(self.session)
        except (NapariPhyError, ValueError) as error:
            sentence = str(error)
        if sentence:
            self.said.emit(sentence)

    def _show(self, shown_s: tuple[float, float] | None) -> None:
        if shown_s != self._shown_s:
            self._shown_s = shown_s
            self._on_counted()
            self.redraw()


def paint_time_bar(
    painter: QPainter,
    layout: TimeBarLayout,
    theme: Tokens,
    data: TimeBarData | None,
    session: Session | None,
    stacks: tuple[LinkedStack, ...],
) -> None:
    """Paint all that stays while time goes on."""
    painter.fillRect(QRectF(*layout.area), theme.color("tile"))
    if session is None:
        return
    painter.save()
    painter.setClipRect(QRectF(*layout.area))
    if data is not None:
        _paint_spikes(painter, layout, theme, data)
    for epoch in session.epochs.recordings[1:]:
        x = layout.x_of(epoch.start_s)
        painter.setPen(QPen(theme.color("faint"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, layout.area.top), QPointF(x, layout.area.bottom))
    _paint_stacks(painter, layout, theme, stacks)
    _paint_epochs(painter, layout, theme, session.epochs.drawn)
    painter.restore()
    _paint_ticks(painter, layout, theme)


def _paint_spikes(painter: QPainter, layout: TimeBarLayout, theme: Tokens, data: TimeBarData) -> None:
    """Draw spikes of the selection as stacked columns, events as short lines at the bottom."""
    row, request = layout.spikes, data.request
    lefts = np.linspace(request.start_s, request.stop_s, request.n_columns + 1)
    x = [layout.x_of(edge) for edge in lefts.tolist()]
    highest = data.counts.sum(axis=0).max(initial=0)
    bottom = np.full(request.n_columns, float(row.bottom))
    for place, counts in enumerate(data.counts):
        color = with_alpha(selection_color(place, theme.dark), DENSITY_ALPHA)
        heights = counts / max(highest, 1) * (row.height - 2)
        for column in np.flatnonzero(counts).tolist():
            top = bottom[column] - heights[column]
            painter.fillRect(QRectF(x[column], top, x[column + 1] - x[column], heights[column]), color)
        bottom -= heights
    painter.setPen(QPen(theme.color("text"), 1))
    for column in np.flatnonzero(data.events).tolist():
        middle = (x[column] + x[column + 1]) / 2
        painter.drawLine(QPointF(middle, row.bottom - theme.px(6)), QPointF(middle, row.bottom))


def _paint_stacks(painter: QPainter, layout: TimeBarLayout, theme: Tokens, stacks: tuple[LinkedStack, ...]) -> None:
    """Draw a line for each stack, as long as it is, and hatch where its clock is doubtful."""
    row = layout.stacks
    height = row.height / max(1, len(stacks))
    for place, stack in enumerate(stacks):
        start, stop = (layout.x_of(edge) for edge in stack.base.range_s)
        painter.fillRect(QRectF(start, row.top + place * height + 1, stop - start, height - 1), theme.color("dim"))
        for start_s, stop_s, doubt in stack.stretches_s:
            left, right = layout.x_of(start_s), layout.x_of(stop_s)
            alpha = HATCH_ALPHA if doubt.chance >= 0.2 else 0.4 * HATCH_ALPHA
            brush = QBrush(with_alpha(theme.warning, alpha), Qt.BrushStyle.BDiagPattern)
            painter.fillRect(
                QRectF(left, layout.spikes.top, max(2.0, right - left), row.bottom - layout.spikes.top), brush
            )


def _paint_epochs(painter: QPainter, layout: TimeBarLayout, theme: Tokens, epochs: tuple[Epoch, ...]) -> None:
    row = layout.epochs
    names = list(dict.fromkeys(epoch.name for epoch in epochs))
    colors = dict(zip(names, distinct_colors(len(names), theme.dark), strict=True)) if names else {}
    painter.setFont(theme.font(AXIS_PX))
    for epoch in epochs:
        left, right = layout.x_of(epoch.start_s), layout.x_of(epoch.stop_s)
        box = QRectF(left, row.top + 1, max(2.0, right - left), row.height - 2)
        painter.fillRect(box, QColor(colors[epoch.name]))
        room = box.width() - 2 * EPOCH_PAD
        words = theme.metrics(AXIS_PX).elidedText(on_one_line(epoch.name), Qt.TextElideMode.ElideRight, room)
        if theme.text_width(words[:2], AXIS_PX) <= room:
            painter.setPen(theme.color("view"))
            painter.drawText(box.adjusted(EPOCH_PAD, -2, -EPOCH_PAD, 2), Qt.AlignmentFlag.AlignVCenter, words)


def _paint_ticks(painter: QPainter, layout: TimeBarLayout, theme: Tokens) -> None:
    area, line = layout.area, theme.px(14)
    painter.setFont(theme.font(TICK_PX))
    painter.setPen(theme.color("dim"))
    ticks = nice_ticks(layout.start_s, layout.stop_s, max(2, int(area.width / theme.px(90))))
    for time_s, label in ticks:
        text = f"{label} s" if time_s == ticks[-1][0] else label
        half = theme.text_width(text, TICK_PX) / 2 + 2
        x = min(max(layout.x_of(time_s), area.left + half - 2), area.right - half + 2)
        painter.drawText(QRectF(x - half, area.bottom + 1, 2 * half, line), Qt.AlignmentFlag.AlignCenter, text)
