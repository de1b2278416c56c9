"""Paints a probe with QPainter, on screen or into an SVG: shanks, sites, the clusters' discs, numbers, a scale bar."""

import numpy as np
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF

from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.core.probe_picture import ProbePicture
from napari_phy.views.probe import ProbeData
from napari_phy.widgets.base.theme import TICK_PX, Tokens

FOOT_PX = 22  # of the scale bar, below the probe
LEAST_DISC = 4.5  # radius of the disc of a whole amplitude, where sites are small
DISC = 1.15  # the same, of the radius of a site
FAN = 0.9  # between two clusters' discs, of that radius
RING_PX = 1.6


def paint_probe(
    painter: QPainter, data: ProbeData, picture: ProbePicture, theme: Tokens, height: float, chosen: int | None
) -> None:
    """Paint all; `height` is that of the whole widget, `chosen` the channel index that other views show."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.grid), 1))
    painter.setBrush(QColor(theme.tile))
    for outline in picture.outlines:
        painter.drawPolygon(_polygon(outline))
    _paint_sites(painter, data, picture, theme)
    _paint_discs(painter, data, picture, theme)
    _paint_numbers(painter, data, picture, theme, chosen)
    if chosen is not None:
        painter.setPen(QPen(QColor(theme.text), RING_PX))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        radius = picture.radius + 2.5
        painter.drawEllipse(QPointF(*picture.centers[chosen]), radius, radius)
    _paint_bar(painter, picture, theme, height)


def disc_radius(picture: ProbePicture, share: float) -> float:
    """Return the radius of the disc of an amplitude, a share of the cluster's largest: areas are as the amplitudes."""
    return float(np.sqrt(share) * max(LEAST_DISC, DISC * picture.radius))


def fan_offsets(picture: ProbePicture, n_clusters: int) -> np.ndarray:
    """Return (n_clusters,) px by which discs of each cluster stand beside their site; many stand closer together."""
    return _fan(n_clusters) * disc_radius(picture, 1.0)


def fan_spread(n_clusters: int) -> float:
    """Return how far the discs of clusters reach beyond their site, in radii of the site."""
    return float(DISC * (1 + _fan(n_clusters).max(initial=0)) - 1) if n_clusters else 0.0


def _fan(n_clusters: int) -> np.ndarray:
    return (np.arange(n_clusters) - (n_clusters - 1) / 2) * FAN * min(1.0, 3 / max(n_clusters, 1))


def _paint_sites(painter: QPainter, data: ProbeData, picture: ProbePicture, theme: Tokens) -> None:
    painter.setBrush(QColor(theme.view))
    for is_known in (True, False):
        style = Qt.PenStyle.SolidLine if is_known else Qt.PenStyle.DotLine
        painter.setPen(QPen(QColor(theme.faint), min(1.0, picture.radius / 2), style))
        for center in picture.centers[data.geometry.is_known == is_known]:
            painter.drawEllipse(QPointF(*center), picture.radius, picture.radius)


def _paint_discs(painter: QPainter, data: ProbeData, picture: ProbePicture, theme: Tokens) -> None:
    """Paint the best cluster last, on top."""
    n_clusters = len(data.request.clusters)
    offsets = fan_offsets(picture, n_clusters)
    for place in reversed(range(n_clusters)):
        color = QColor(selection_color(place, dark=theme.dark))
        hollow = is_hollow(place)
        painter.setPen(QPen(color, RING_PX) if hollow else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if hollow else color)
        for channel in np.flatnonzero(data.shares[place]):
            radius = disc_radius(picture, data.shares[place, channel]) - (RING_PX / 2 if hollow else 0)
            painter.drawEllipse(QPointF(*(picture.centers[channel] + (offsets[place], 0))), radius, radius)


def _paint_numbers(
    painter: QPainter, data: ProbeData, picture: ProbePicture, theme: Tokens, chosen: int | None
) -> None:
    width, height = theme.px(60), theme.px(14)
    for channel in range(len(data.channel_ids)):
        if not (picture.is_numbered[channel] or channel == chosen):
            continue
        painter.setFont(theme.font(TICK_PX, bold=channel == chosen))
        painter.setPen(QColor(theme.text if channel == chosen else theme.faint))
        x, y = picture.number_centers[channel]
        box = QRectF(x - width / 2, y - height / 2, width, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(data.channel_ids[channel]))


def _paint_bar(painter: QPainter, picture: ProbePicture, theme: Tokens, height: float) -> None:
    if picture.bar_um is None:
        return
    painter.setFont(theme.font(TICK_PX))
    y, left = height - theme.px(FOOT_PX) / 2, theme.px(12)
    words, end = f"{picture.bar_um:g} µm", left + picture.bar_um * picture.px_per_um
    painter.setPen(QPen(QColor(theme.text), 1.5))
    painter.drawLine(QLineF(left, y, end, y))
    painter.setPen(QColor(theme.dim))
    box = QRectF(end + theme.px(5), y - theme.px(8), theme.px(200), theme.px(16))
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


def _polygon(points: np.ndarray) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points.tolist()])
