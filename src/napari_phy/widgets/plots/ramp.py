"""The colours of values from 0 to 1."""

import numpy as np
from qtpy.QtGui import QColor

from napari_phy.widgets.base.theme import rgb

N_SHADES = 256


def shades(ramp: tuple[str, str, str]) -> list[int]:
    """Return the colours of 0 … 1 along three, as Qt's numbers."""
    stops = np.array([rgb(color) for color in ramp], dtype=np.float64)
    places = np.linspace(0, len(stops) - 1, N_SHADES)
    parts = [np.rint(np.interp(places, np.arange(len(stops)), stops[:, part])).astype(int) for part in range(3)]
    return [QColor(int(red), int(green), int(blue)).rgb() for red, green, blue in zip(*parts, strict=True)]
