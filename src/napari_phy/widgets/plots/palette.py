"""Palette textures: colour, size and form of many marks by one small integer each."""

import numpy as np
import numpy.typing as npt
from qtpy.QtGui import QColor

PALETTE_SIZE = 1024
SIZE_UNIT = 32.0  # px that a style value of 1 stands for


def rgba(color: str, alpha: float = 1.0) -> tuple[float, float, float, float]:
    """Return 0…1 components of '#rrggbb'."""
    parts = QColor(color)
    return parts.redF(), parts.greenF(), parts.blueF(), alpha


def palette_of(colors: list[tuple[float, float, float, float]]) -> npt.NDArray[np.float32]:
    """Return a (PALETTE_SIZE, 4) palette; entries without a colour are invisible."""
    palette = np.zeros((PALETTE_SIZE, 4), dtype=np.float32)
    count = min(len(colors), PALETTE_SIZE)
    if count:
        palette[:count] = colors[:count]
    return palette


def style_of(sizes: list[float], hollow: list[bool]) -> npt.NDArray[np.float32]:
    """Return a (PALETTE_SIZE, 4) texture of diameters in px and of rings instead of discs."""
    style = np.zeros((PALETTE_SIZE, 4), dtype=np.float32)
    count = min(len(sizes), PALETTE_SIZE)
    style[:count, 0] = np.array(sizes[:count]) / SIZE_UNIT
    style[:count, 1] = hollow[:count]
    style[:, 3] = 1
    return style
