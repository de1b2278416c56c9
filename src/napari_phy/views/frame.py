"""The part of the data that a plot shows and the rectangle of pixels that it fills."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.views.rectangles import Rectangle


@dataclass(frozen=True, slots=True)
class Frame:
    """Maps data (y up) to pixels (y down).

    Attributes
    ----------
    left, top, width, height : float
        Rectangle in logical px.
    x_range, y_range : tuple of float
        (low, high) in data units, low < high.
    """

    left: float
    top: float
    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    @property
    def area(self) -> Rectangle:
        """The rectangle."""
        return Rectangle(self.left, self.top, self.width, self.height)

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels per data unit; negative in y."""
        return (
            self.width / (self.x_range[1] - self.x_range[0]),
            -self.height / (self.y_range[1] - self.y_range[0]),
        )

    @property
    def offset(self) -> tuple[float, float]:
        """Pixel position of the data's origin."""
        x_scale, y_scale = self.scale
        return self.left - self.x_range[0] * x_scale, self.top - self.y_range[1] * y_scale

    def to_px(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return (n, 2) pixel positions of (n, 2) data points."""
        return np.asarray(points, dtype=np.float64) * self.scale + self.offset

    def to_data(self, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return (n, 2) data points of (n, 2) pixel positions."""
        return (np.asarray(points, dtype=np.float64) - self.offset) / self.scale

    def contains(self, x_px: float, y_px: float) -> bool:
        """Return whether a pixel lies in the rectangle."""
        return self.left <= x_px <= self.left + self.width and self.top <= y_px <= self.top + self.height

    def zoomed(self, x_px: float, y_px: float, factor: float) -> "Frame":
        """Return a frame that shows 1/factor of the data, with the point under a pixel kept in place."""
        ((x, y),) = self.to_data([[x_px, y_px]])
        left, right = (float(x + (edge - x) / factor) for edge in self.x_range)
        low, high = (float(y + (edge - y) / factor) for edge in self.y_range)
        return replace(self, x_range=(left, right), y_range=(low, high))

    def panned(self, dx_px: float, dy_px: float) -> "Frame":
        """Return a frame whose data are moved by some pixels."""
        dx, dy = dx_px / self.scale[0], dy_px / self.scale[1]
        return replace(
            self,
            x_range=(self.x_range[0] - dx, self.x_range[1] - dx),
            y_range=(self.y_range[0] - dy, self.y_range[1] - dy),
        )


def nearest_point(
    frame: Frame, x: npt.NDArray[Any], y: npt.NDArray[Any], x_px: float, y_px: float, reach_px: float
) -> int | None:
    """Return the index of the data point nearest to a pixel, the topmost of equals; None beyond `reach_px`."""
    if not len(x):
        return None
    px = frame.to_px(np.column_stack([x, y]))
    distance = np.hypot(px[:, 0] - x_px, px[:, 1] - y_px)
    nearest = len(distance) - 1 - int(np.argmin(distance[::-1]))
    return nearest if distance[nearest] <= reach_px else None
