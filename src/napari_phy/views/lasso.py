"""A polygon that is being drawn, in data units, so that it stays on its spikes when the view moves."""

import numpy as np
import numpy.typing as npt

MIN_STEP_PX = 2.0


class Lasso:
    """Starts with a press, grows with moves, closes with the release."""

    def __init__(self) -> None:
        self._points: list[tuple[float, float]] = []
        self._last_px: tuple[float, float] | None = None
        self.closed = False

    def __len__(self) -> int:
        return len(self._points)

    @property
    def drawing(self) -> bool:
        """Whether the button is still down."""
        return bool(self._points) and not self.closed

    @property
    def polygon(self) -> npt.NDArray[np.float64]:
        """(n, 2) data points."""
        return np.array(self._points, dtype=np.float64).reshape(-1, 2)

    def start(self, point: tuple[float, float], px: tuple[float, float]) -> None:
        """Begin a new polygon."""
        self._points = [point]
        self._last_px = px
        self.closed = False

    def add(self, point: tuple[float, float], px: tuple[float, float]) -> bool:
        """Add a point if the mouse went far enough; say whether it did."""
        last = self._last_px
        if last is not None and np.hypot(px[0] - last[0], px[1] - last[1]) < MIN_STEP_PX:
            return False
        self._points.append(point)
        self._last_px = px
        return True

    def close(self) -> bool:
        """End the drawing; say whether a polygon of three points or more came out."""
        self.closed = True
        if len(self._points) < 3:
            self.clear()
            return False
        return True

    def clear(self) -> None:
        """Remove the polygon."""
        self._points = []
        self._last_px = None
        self.closed = False
