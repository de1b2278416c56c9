"""Writes what a view paints into an SVG."""

from collections.abc import Callable
from dataclasses import dataclass

from qtpy.QtCore import QPoint, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtSvg import QSvgGenerator

from napari_phy.widgets.legend import Legend, LegendEntry
from napari_phy.widgets.theme import TICK_PX, Tokens

CAPTION_PX = 20


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands above and below a picture, in the colours of a theme."""

    theme: Tokens
    entries: tuple[LegendEntry, ...] = ()
    caption: str = ""


def write_svg(path: str, title: str, size: QSize, paint: Callable[[QPainter], None], around: Surroundings) -> None:
    """Write a picture of some size in px, painted by `paint(painter)`, with its legend and caption."""
    theme = around.theme
    legend = Legend()
    legend.apply_theme(theme)
    legend.set_entries(around.entries)
    legend.resize(size.width(), legend.height())
    top = legend.height() if around.entries else 0
    below = theme.px(CAPTION_PX) if around.caption else 0
    whole = QRect(0, 0, size.width(), top + size.height() + below)
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setFileName(path)
    generator.setSize(whole.size())
    generator.setViewBox(whole)
    generator.setTitle(title)
    painter = QPainter(generator)
    painter.fillRect(whole, theme.color("view"))
    if around.entries:
        legend.render(painter, QPoint(0, 0))
    painter.save()
    painter.translate(0, top)
    paint(painter)
    painter.restore()
    painter.setPen(theme.color("dim"))
    painter.setFont(theme.font(TICK_PX))
    box = QRectF(theme.px(10), top + size.height(), size.width() - theme.px(20), below)
    words = painter.fontMetrics().elidedText(around.caption, Qt.TextElideMode.ElideRight, int(box.width()))
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
    painter.end()
