"""Rectangles in px, and what layouts ask of type: its sizes, and how wide a text is."""

from __future__ import annotations

from typing import NamedTuple, Protocol

HEADLINE_PX, BODY_PX, AXIS_PX, TICK_PX = 13, 12, 11, 10  # of type, at napari's own font size


class Rectangle(NamedTuple):
    """A rectangle in logical px; y grows downwards."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height

    @property
    def center(self) -> tuple[float, float]:
        """(x, y) of its middle."""
        return self.left + self.width / 2, self.top + self.height / 2

    def contains(self, x_px: float, y_px: float) -> bool:
        """Return whether a pixel lies in it or on its edge."""
        return self.left <= x_px <= self.right and self.top <= y_px <= self.bottom

    def grown(self, across: float, along: float | None = None) -> Rectangle:
        """Return one that is larger by some px on each side, `along` above and below; negative ones make it smaller."""
        y = across if along is None else along
        return Rectangle(self.left - across, self.top - y, self.width + 2 * across, self.height + 2 * y)


class TypeSizes(Protocol):
    """What a layout asks of whoever paints it; the theme of the widgets answers."""

    def px(self, size: float) -> int:
        """Return a length in px, scaled with the type."""
        ...

    def text_width(self, text: str, size: float = BODY_PX, *, bold: bool = False) -> float:
        """Return the width in px of a text that is `size` px high."""
        ...
