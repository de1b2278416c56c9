"""Ticks are round numbers that have room."""

import numpy as np
import pytest
from views.rectangle_laws import PlainType

from napari_phy.views.frame import Frame
from napari_phy.views.ticks import axis_ticks, left_margin, log_ticks, nice_length, nice_ticks


@pytest.mark.parametrize(
    ("low", "high", "n_max", "labels"),
    [
        (-310, 95, 5, ["−300", "−200", "−100", "0"]),
        (0, 60, 7, ["0", "10", "20", "30", "40", "50", "60"]),
        (3.2, 3.45, 5, ["3.20", "3.25", "3.30", "3.35", "3.40", "3.45"]),
        (900, 3100, 3, ["1\u202f000", "2\u202f000", "3\u202f000"]),
    ],
)
def test_ticks_are_round_numbers_in_our_spelling(low, high, n_max, labels):
    found = [label for _, label in nice_ticks(low, high, n_max)]
    assert [label.replace("\u2009", "\u202f") for label in found] == labels


@pytest.mark.parametrize(
    ("low", "high", "n_max", "labels"),
    [
        (-0.3, 1.1, 6, ["1", "2", "5", "10"]),
        (-1.1, 1.1, 20, ["0.1", "0.2", "0.5", "1", "2", "5", "10"]),
        (-1, 4, 6, ["0.1", "1", "10", "100", "1\u2009000", "10\u2009000"]),
        (0, 8, 5, ["1", "100", "10\u2009000", "1\u2009000\u2009000", "100\u2009000\u2009000"]),
        (2.02, 2.2, 4, ["120", "140"]),
    ],
)
def test_logarithmic_ticks_are_round_numbers_at_their_places(low, high, n_max, labels):
    ticks = log_ticks(low, high, n_max)
    assert [label for _, label in ticks] == labels
    values = [float(label.replace("\u2009", "")) for _, label in ticks]
    assert [place for place, _ in ticks] == pytest.approx(np.log10(values))


def test_an_empty_range_has_no_ticks():
    assert nice_ticks(1.0, 1.0, 5) == []
    assert nice_ticks(float("nan"), 1.0, 5) == []
    assert log_ticks(1.0, 1.0, 5) == []


@pytest.mark.parametrize(("longest", "length"), [(99, 50), (100, 100), (0.23, 0.2), (7, 5)])
def test_scale_bars_have_round_lengths(longest, length):
    assert nice_length(longest) == pytest.approx(length)


@pytest.mark.parametrize("y_range", [(-0.001, 0.002), (-310, 95), (-1e5, 3e5), (12.501, 12.504)])
@pytest.mark.parametrize("height", [130, 480])
def test_labels_of_the_vertical_axis_don_t_touch_its_title(y_range, height):
    sizes = PlainType()
    margin = left_margin(y_range, height, sizes)
    frame = Frame(margin, 8, 300, height, (0, 1), y_range)
    _, ticks = axis_ticks(frame, sizes)
    assert len(ticks) >= 2
    for _, label in ticks:
        assert margin - sizes.px(6) - sizes.text_width(label, 10) > sizes.px(4 + 13)
