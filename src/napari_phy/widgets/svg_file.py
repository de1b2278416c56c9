"""Writes what a view paints into an SVG."""

from collections.abc import Callable

from qtpy.QtCore import QRect, QSize
from qtpy.QtGui import QPainter
from qtpy.QtSvg import QSvgGenerator


def write_svg(path: str, title: str, size: QSize, paint: Callable[[QPainter], None]) -> None:
    """Call `paint(painter)` for a picture of some size in px, and write it."""
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setFileName(path)
    generator.setSize(size)
    generator.setViewBox(QRect(0, 0, size.width(), size.height()))
    generator.setTitle(title)
    painter = QPainter(generator)
    paint(painter)
    painter.end()
