"""Type of a known width, and laws of rectangles: what layouts are tested with, without Qt."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from napari_phy.views.rectangles import BODY_PX


@dataclass(frozen=True)
class PlainType:
    """Every letter is 0.6 of its height wide."""

    scale: float = 1.0

    def px(self, size):
        return max(1, round(size * self.scale))

    def text_width(self, text, size=BODY_PX, *, bold=False):
        return (0.66 if bold else 0.6) * self.px(size) * len(text)


TYPES = st.builds(PlainType, st.sampled_from([0.8, 1.0, 1.3, 2.0]))


def assert_apart(rectangles):
    """Assert that no two rectangles have a pixel in common."""
    left, top, width, height = np.array(rectangles, dtype=float).reshape(-1, 4).T
    beside = (left[:, None] + width[:, None] <= left + 1e-9) | (left[:, None] >= left + width - 1e-9)
    above = (top[:, None] + height[:, None] <= top + 1e-9) | (top[:, None] >= top + height - 1e-9)
    assert (beside | above | np.eye(len(left), dtype=bool)).all()


def assert_inside(rectangles, width, height):
    """Assert that all rectangles lie in one from 0, 0 to (width, height)."""
    found = np.array(rectangles, dtype=float).reshape(-1, 4)
    assert (found[:, :2] >= -1e-9).all()
    assert (found[:, 0] + found[:, 2] <= width + 1e-9).all()
    assert (found[:, 1] + found[:, 3] <= height + 1e-9).all()


def places_in(rectangle):
    """Return pixels of a rectangle: its corners, its middle, and one in between."""
    left, top, right, bottom = rectangle.left, rectangle.top, rectangle.right, rectangle.bottom
    between = (0.7 * left + 0.3 * right, 0.2 * top + 0.8 * bottom)
    return [(left, top), (right, top), (left, bottom), (right, bottom), rectangle.center, between]
