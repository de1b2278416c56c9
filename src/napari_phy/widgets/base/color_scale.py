"""What colours stand for where they carry a value: `rate 0.8 ▁▂▃ 8.1 Hz`, as high as the line that heads a view."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QLinearGradient, QPainter, QPen

from napari_phy.widgets.base.theme import TICK_PX, Tokens, rgb

BAR_PX = (72, 8)
GAP_PX = 6
Stops = tuple[tuple[float, str], ...]  # (place 0…1, colour), ascending


@dataclass(frozen=True, slots=True)
class ColorScale:
    """A ramp of colours between two numbers.

    Attributes
    ----------
    title : str
        What is measured, "rate".
    low, high : str
        What the first and the last colour stand for, the unit behind the last.
    stops : tuple of tuple of float and str
        Colours along the ramp, evenly blended in between.
    """

    title: str
    low: str
    high: str
    stops: Stops

    @property
    def words(self) -> str:
        """What is seen, as a sentence."""
        return f"colour: {self.title}, {self.low} to {self.high}"


def ramp_stops(ramp: Sequence[str], first: float = 0.0) -> Stops:
    """Return a ramp of evenly spaced colours from some place of it (0…1) on."""
    places = np.linspace(0, 1, len(ramp))
    parts = np.array([rgb(color) for color in ramp], dtype=np.float64)
    inner = places[places > first]
    kept = [first, *inner.tolist()]
    mixed = np.stack([np.interp(kept, places, parts[:, part]) for part in range(3)], axis=1)
    along = (np.array(kept) - first) / (1 - first)
    return tuple(
        (float(place), QColor(*np.rint(color).astype(int).tolist()).name())
        for place, color in zip(along, mixed, strict=True)
    )


def blended(below: str, color: str, alpha: float) -> str:
    """Return what a colour of some opacity looks like over another one."""
    parts = zip(rgb(below), rgb(color), strict=True)
    return QColor(*(round(under + (over - under) * alpha) for under, over in parts)).name()


def scale_width(scale: ColorScale | None, theme: Tokens, *, titled: bool = True) -> float:
    """Return the px that a scale takes, 0 for none."""
    if scale is None:
        return 0.0
    words = [scale.low, scale.high, *([scale.title] if titled else [])]
    return theme.px(BAR_PX[0]) + sum(theme.text_width(word, TICK_PX) + theme.px(GAP_PX) for word in words)


def paint_scale(
    painter: QPainter, scale: ColorScale, right: float, height: float, theme: Tokens, *, titled: bool
) -> None:
    """Paint a scale that ends at some px, in a line of some height; numbers and title are dim, as ticks are."""
    gap, (width, thick) = theme.px(GAP_PX), (theme.px(length) for length in BAR_PX)
    painter.save()
    painter.setFont(theme.font(TICK_PX))
    left = right - scale_width(scale, theme, titled=titled)
    for word in (scale.title, scale.low) if titled else (scale.low,):
        _write(painter, theme, word, left, height)
        left += theme.text_width(word, TICK_PX) + gap
    bar = QRectF(round(left) + 0.5, round((height - thick) / 2) + 0.5, width, thick)
    ramp = QLinearGradient(bar.topLeft(), bar.topRight())
    for place, color in scale.stops:
        ramp.setColorAt(place, QColor(color))
    painter.setPen(QPen(QColor(theme.grid), 1))
    painter.setBrush(ramp)
    painter.drawRect(bar)
    _write(painter, theme, scale.high, bar.right() + gap, height)
    painter.restore()


def _write(painter: QPainter, theme: Tokens, word: str, left: float, height: float) -> None:
    painter.setPen(QColor(theme.dim))
    box = QRectF(left, 0, theme.text_width(word, TICK_PX) + 2, height)
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, word)
