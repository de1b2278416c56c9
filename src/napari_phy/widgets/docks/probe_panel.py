"""Probe: where the selected clusters are large; a click on a channel shows it in Features."""

from typing import Any

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.core.probe_picture import ProbePicture
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.probe import (
    HOVER_PX,
    ProbeData,
    ProbeRequest,
    ProbeSight,
    cluster_discs,
    compute_probe,
    number_box,
    place_probe,
    probe_room,
    probe_words,
    scale_bar,
)
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import TICK_PX, Tokens
from napari_phy.widgets.panels.painted_panel import PaintedPanel

RING_PX = 1.6
ZOOM_STEP = 1.25


class ProbePanel(PaintedPanel):
    """Channels at their places, x and y on one scale; discs are as large as the clusters' amplitudes."""

    title = "Probe"
    working = "Reading waveforms…"
    failed = "The probe could not be drawn."
    help_text = (
        "Circles are channels. The area of a disc is the amplitude of a cluster there, side by side for several.\n"
        "Click a channel to see it in Features, click it again to go back to what suits the clusters.\n"
        "The wheel zooms, dragging moves, a double-click shows the whole probe.\n"
        "Discs stand on the channels of a cluster that Waveforms shows."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._sight = ProbeSight()
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        content = super().make_content()
        mouse = self.plot.mouse
        mouse.scrolled.connect(self._on_scrolled)
        mouse.dragged.connect(self._on_dragged)
        mouse.double_clicked.connect(self._on_double_clicked)
        return content

    def on_session(self) -> None:
        self._sight = ProbeSight()
        if self.session is not None:
            self._links.connect(self.session.channel.changed, self._on_channel_changed)

    def make_request(self) -> ProbeRequest:
        return ProbeRequest(self.clusters)

    def compute(self, session: SessionLike, request: ProbeRequest, on_progress: OnProgress) -> ProbeData:
        return compute_probe(session, request, on_progress)

    def draw(self, data: ProbeData) -> None:
        self._show_caption()
        self.plot.update()

    def _show_caption(self) -> None:
        chosen, data = self.required_session.channel.chosen, self.data
        words = [] if chosen is None else [f"channel {data.channel_ids[chosen]} in Features"]
        self.stack.caption.setText("; ".join([*words, data.caption] if data.caption else words))

    def layout_in(self, size: QSize, theme: Tokens) -> ProbePicture:
        """Return where everything is in a rectangle of some size."""
        return place_probe(self.data, self._sight, size.width(), size.height(), theme)

    @property
    def layout_now(self) -> ProbePicture:
        """Where everything is on the screen."""
        return self.layout_in(self.plot.size(), self.theme)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the probe in a rectangle of some size."""
        paint_probe(
            painter, self.data, self.layout_in(size, theme), theme, size.height(), self.required_session.channel.chosen
        )

    # --- mouse ---

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `channel 12, 0 µm, 240 µm; cluster 20: 85 µV` for the channel under the mouse."""
        channel = self.layout_now.nearest(x_px, y_px, HOVER_PX)
        return "" if channel is None else probe_words(self.data, channel)

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        channel = self.layout_now.nearest(position.x(), position.y(), HOVER_PX)
        if channel is not None:
            chosen = self.required_session.channel
            chosen.choose(None if chosen.chosen == channel else channel)

    @safe_slot
    def _on_channel_changed(self) -> None:
        if self.data is not None:
            self._show_caption()
        self.plot.update()

    @safe_slot
    def _on_scrolled(self, position: QPointF, notches: float, _modifiers: Any) -> None:
        if self.data is None:
            return
        middle = probe_room(self.plot.width(), self.plot.height(), self.theme).center
        factor = ZOOM_STEP**notches
        self._sight = self._sight.zoomed(self.layout_now, position.x(), position.y(), factor, middle)
        self.plot.update()

    @safe_slot
    def _on_dragged(self, x_px: float, y_px: float) -> None:
        if self.data is not None:
            self._sight = self._sight.panned(self.layout_now, x_px, y_px)
            self.plot.update()

    @safe_slot
    def _on_double_clicked(self, _position: QPointF) -> None:
        self._sight = ProbeSight()
        self.plot.update()


# --- painting ---


def paint_probe(
    painter: QPainter, data: ProbeData, picture: ProbePicture, theme: Tokens, height: float, chosen: int | None
) -> None:
    """Paint all; `height` is that of the whole widget, `chosen` the channel index that other views show."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.grid), 1))
    painter.setBrush(QColor(theme.tile))
    for outline in picture.outlines:
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in outline.tolist()]))
    _paint_sites(painter, data, picture, theme)
    _paint_discs(painter, data, picture, theme)
    _paint_numbers(painter, data, picture, theme, chosen)
    if chosen is not None:
        painter.setPen(QPen(QColor(theme.text), RING_PX))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = picture.radius + 2.5
        painter.drawEllipse(QPointF(*picture.centers[chosen]), radius, radius)
    _paint_bar(painter, picture, theme, height)


def _paint_sites(painter: QPainter, data: ProbeData, picture: ProbePicture, theme: Tokens) -> None:
    painter.setBrush(QColor(theme.view))
    for is_known in (True, False):
        style = Qt.PenStyle.SolidLine if is_known else Qt.PenStyle.DotLine
        painter.setPen(QPen(QColor(theme.faint), min(1.0, picture.radius / 2), style))
        for center in picture.centers[data.geometry.is_known == is_known]:
            painter.drawEllipse(QPointF(*center), picture.radius, picture.radius)


def _paint_discs(painter: QPainter, data: ProbeData, picture: ProbePicture, theme: Tokens) -> None:
    """Paint the best cluster last, on top."""
    for place in reversed(range(len(data.request.clusters))):
        color = QColor(selection_color(place, dark=theme.dark))
        hollow = is_hollow(place)
        painter.setPen(QPen(color, RING_PX) if hollow else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if hollow else color)
        for x, y, whole in cluster_discs(data, picture, place).tolist():
            radius = whole - (RING_PX / 2 if hollow else 0)
            painter.drawEllipse(QPointF(x, y), radius, radius)


def _paint_numbers(
    painter: QPainter, data: ProbeData, picture: ProbePicture, theme: Tokens, chosen: int | None
) -> None:
    shown = picture.is_numbered.copy()
    if chosen is not None:
        shown[chosen] = True
    for channel in np.flatnonzero(shown).tolist():
        painter.setFont(theme.font(TICK_PX, bold=channel == chosen))
        painter.setPen(QColor(theme.text if channel == chosen else theme.faint))
        box = QRectF(*number_box(picture, channel, theme))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(data.channel_ids[channel]))


def _paint_bar(painter: QPainter, picture: ProbePicture, theme: Tokens, height: float) -> None:
    bar = scale_bar(picture, height, theme)
    if bar is not None:
        painter.setFont(theme.font(TICK_PX))
        painter.setPen(QPen(QColor(theme.text), 1.5))
        painter.drawLine(QLineF(bar.left, bar.y, bar.right, bar.y))
        painter.setPen(QColor(theme.dim))
        painter.drawText(QRectF(*bar.box), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, bar.label)
