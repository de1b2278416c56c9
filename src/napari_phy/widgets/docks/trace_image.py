"""Traces as a picture: each column of pixels is covered from the smallest to the largest value of its stretch of line.

That takes one pass over the columns, whatever the number of samples, and needs no OpenGL: 384 channels on a large
screen take some 30 ms on one core.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtGui import QColor, QImage

Float32 = npt.NDArray[np.float32]
N_LINE_FIELDS = 9


@dataclass(frozen=True, slots=True)
class Columns:
    """How bins lie in the columns of a picture.

    Attributes
    ----------
    first_bin : float
        The bin, with its fraction, at the left edge.
    bins_per_column : float
        How many of them a column covers.
    """

    first_bin: float
    bins_per_column: float


def make_lines(
    rows: npt.ArrayLike,
    first_bins: npt.ArrayLike,
    n_bins: npt.ArrayLike,
    zeros: npt.ArrayLike,
    gain: float,
    colors: npt.ArrayLike,
    alphas: npt.ArrayLike,
) -> npt.NDArray[np.float64]:
    """Return (n, 9) lines to draw.

    Parameters
    ----------
    rows : array_like, shape (n,)
        Row of the extremes that each line draws.
    first_bins, n_bins : array_like, shape (n,)
        The part that is drawn.
    zeros : array_like, shape (n,)
        Pixel row of the value 0.
    gain : float
        Pixels per unit of the values.
    colors : array_like, shape (n, 3)
        Red, green and blue, 0…255.
    alphas : array_like, shape (n,)
        Opacity, 0…1.
    """
    rows = np.asarray(rows)
    lines = np.empty((len(rows), N_LINE_FIELDS))
    lines[:, 0], lines[:, 1], lines[:, 2], lines[:, 3], lines[:, 4] = rows, first_bins, n_bins, zeros, gain
    lines[:, 5:8] = colors
    lines[:, 8] = alphas
    return lines


def draw_traces(
    image: npt.NDArray[np.uint8],
    low: Float32,
    high: Float32,
    lines: npt.NDArray[np.float64],
    columns: Columns,
    width: float,
) -> None:
    """Draw lines of some width in pixels over a picture.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 4)
        Blue, green, red and nothing.
    low, high : ndarray of float32, shape (n_rows, n_bins)
        The smallest and the largest value of each bin.
    lines : ndarray of float64
        Lines of `make_lines`; those that come later lie above.
    """
    from napari_phy.widgets.docks._columns import draw_lines

    inside = np.clip(lines[:, 1], 0, low.shape[1])
    lines = lines.copy()
    lines[:, 2] = np.clip(lines[:, 1] + lines[:, 2], 0, low.shape[1]) - inside
    lines[:, 1] = inside
    lines[:, 5:8] = lines[:, 7:4:-1]  # Qt keeps blue first
    if len(lines := lines[lines[:, 2] > 0]):
        draw_lines(image, low, high, lines, columns.first_bin, columns.bins_per_column, width / 2)


def blank(width: int, height: int, color: str) -> npt.NDArray[np.uint8]:
    """Return a picture of one colour."""
    image = np.empty((height, width, 4), dtype=np.uint8)
    found = QColor(color)
    image[...] = (found.blue(), found.green(), found.red(), 255)
    return image


def as_qimage(image: npt.NDArray[np.uint8], scale: float) -> QImage:
    """Return a picture that Qt paints, of `scale` pixels a logical one; it looks at the array, and keeps it."""
    height, width = image.shape[:2]
    found = QImage(image.data, width, height, 4 * width, QImage.Format.Format_RGB32)
    found.setDevicePixelRatio(scale)
    return found
