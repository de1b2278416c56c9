"""Traces on paper: polylines in an SVG, but a picture in pixels and where they have too many points."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtSvg import QSvgGenerator

from napari_phy.widgets.base.figure import PNG_SCALE
from napari_phy.widgets.docks.trace_image import as_qimage
from napari_phy.widgets.docks.trace_painter import TraceScene, paint_around
from napari_phy.widgets.docks.trace_vectors import Points, trace_polylines
from napari_phy.widgets.docks.waveform_painter import polyline


def are_lines(scene: TraceScene) -> bool:
    """Return whether all traces and spikes are few enough points to be lines."""
    return all(points is not None for _, _, points in _strokes(scene))


def paint_traces(painter: QPainter, scene: TraceScene) -> None:
    """Paint everything but the moment looked at; the background is there."""
    layout = scene.layout
    area = QRectF(layout.left, layout.top, layout.width, layout.height)
    is_vector = isinstance(painter.device(), QSvgGenerator)  # Qt takes seconds to draw such lines in pixels
    strokes = list(_strokes(scene)) if is_vector else []
    pictured = [number for number, (_, _, points) in enumerate(strokes) if points is None]
    painter.save()
    painter.setClipRect(area)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.translate(area.topLeft())
    if pictured or not is_vector:
        pixels = scene.pixels(PNG_SCALE, with_spikes=1 in pictured or not is_vector)
        painter.drawImage(QPointF(0, 0), as_qimage(pixels, PNG_SCALE))
    for lines, width, points in strokes[max(pictured, default=-1) + 1 :]:
        _paint_polylines(painter, lines, width, points or [])
    painter.restore()
    paint_around(painter, scene)


def _strokes(scene: TraceScene) -> Iterator[tuple[npt.NDArray[np.float64], float, list[Points] | None]]:
    """Yield lines, width and points of the channels, and then of the spikes."""
    traces, width = scene.data.traces, scene.layout.width
    for lines, px in scene.strokes():
        yield lines, px, trace_polylines(traces.low, traces.high, lines, scene.columns(width), width)


def _paint_polylines(painter: QPainter, lines: npt.NDArray[np.float64], width: float, points: list[Points]) -> None:
    before = None
    for (*_, red, green, blue, alpha), some in zip(lines.tolist(), points, strict=True):
        look = int(red), int(green), int(blue), round(255 * alpha)
        if look != before:
            join = Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin
            painter.setPen(QPen(QColor(*look), width, *join))
            before = look
        if len(some) > 1:
            painter.drawPolyline(polyline(some))
