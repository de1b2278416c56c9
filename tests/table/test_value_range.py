"""Values along a ramp: places between the ends, and the numbers that are written there."""

import numpy as np
import pytest

from napari_phy.table.value_range import KNOWN_SHARE, ValueRange, spread


def test_places_go_from_0_to_1_over_most_values_and_odd_ones_do_not_flatten_them():
    values = np.append(np.arange(100.0), 1e6)
    places, ends = spread(values)
    assert (ends.low, ends.high) == pytest.approx(tuple(np.percentile(values, KNOWN_SHARE)))
    assert (ends.is_below, ends.is_above) == (True, True)
    assert places[-1] == 1
    np.testing.assert_allclose(places[50], (50 - ends.low) / (ends.high - ends.low))


def test_what_is_not_known_has_no_place_and_equal_values_the_middle():
    places, ends = spread([3.0, np.nan, 3.0])
    np.testing.assert_array_equal(places, [0.5, np.nan, 0.5])
    assert ends == ValueRange(3.0, 3.0)
    assert spread([np.nan])[1] is None
    assert spread([])[1] is None


def test_labels_have_the_unit_and_say_where_values_go_on():
    assert ValueRange(0.84, 8.1).labels("Hz", 1) == ("0.8", "8.1 Hz")
    assert ValueRange(12, 1234, is_below=True, is_above=True).labels() == ("≤ 12", "≥ 1\u2009234")
    assert ValueRange(-3, 4, is_above=True).labels("µm") == ("\u22123", "≥ 4 µm")


def test_labels_tell_ends_apart_that_lie_close_together():
    assert ValueRange(0.121, 0.124).labels("%") == ("0.121", "0.124 %")
    assert ValueRange(2.0, 2.0).labels() == ("2", "2")


def test_ends_are_told_apart_by_four_decimals_at_most():
    assert ValueRange(0.00011, 0.00012).labels() == ("0.0001", "0.0001")
    assert ValueRange(0.0001, 0.0002).labels() == ("0.0001", "0.0002")
    assert ValueRange(1.04, 1.06).labels("", 1) == ("1.0", "1.1")
    assert ValueRange(1.01, 1.02, is_below=True).labels("Hz", 1) == ("≤ 1.01", "1.02 Hz")


def test_values_at_the_ends_are_neither_below_nor_above():
    places, ends = spread(np.arange(51.0))
    assert (ends.low, ends.high, ends.is_below, ends.is_above) == (1, 49, True, True)
    assert (places.min(), places.max(), places[25]) == (0, 1, 0.5)
    places, ends = spread([0.0] * 50 + [1.0] * 50)
    assert ends == ValueRange(0, 1)
    places, ends = spread([0.0, *[5.0] * 99])
    assert (ends, set(places.tolist())) == (ValueRange(5, 5, is_below=True), {0.5})
    assert np.isnan(spread([np.inf, 1.0])[0]).tolist() == [False, False] or spread([np.inf, 1.0])[1] == ValueRange(1, 1)
