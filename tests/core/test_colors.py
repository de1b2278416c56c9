"""The two palettes of a selection."""

import numpy as np
import pytest

from napari_phy.core.colors import SELECTION_DARK, SELECTION_LIGHT, is_color, selection_color


def luminance(color):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("palette", "background", "least"), [(SELECTION_DARK, "#15171c", 4.45), (SELECTION_LIGHT, "#ffffff", 3.0)]
)
def test_every_colour_stands_out_from_the_view(palette, background, least):
    assert len(set(palette)) == 12
    assert min(contrast(color, background) for color in palette) >= least


def test_places_repeat_from_the_thirteenth():
    assert selection_color(0) == "#2e93fa"
    assert selection_color(12) == selection_color(0)
    assert selection_color(1, dark=False) == "#ba4907"


@pytest.mark.parametrize(
    ("text", "right"), [("#12aBcd", True), ("#12345", False), ("red", False), (None, False), ("#12345g", False)]
)
def test_spelling(text, right):
    assert is_color(text) is right
