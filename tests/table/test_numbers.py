import math

import pytest

from napari_phy.table.numbers import format_count, format_number, format_shown, format_similarity


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (7444, 0, "7\u2009444"),
        (1_234_567.89, 1, "1\u2009234\u2009567.9"),
        (-84, 0, "\u221284"),
        (-0.04, 1, "0.0"),
        (0, 0, "0"),
        (math.nan, 1, "–"),
        (math.inf, 1, "–"),
    ],
)
def test_numbers_read_as_a_person_writes_them(value, decimals, text):
    assert format_number(value, decimals) == text


def test_what_is_hardly_similar_is_a_dash():
    assert [format_similarity(value) for value in (0.994, 0.005, 0.0049, -0.3, math.nan)] == [
        "0.99", "0.01", "–", "–", "–",
    ]  # fmt: skip


def test_one_is_singular():
    assert [format_count(n, "spike") for n in (0, 1, 7444)] == ["0 spikes", "1 spike", "7\u2009444 spikes"]


def test_a_sample_says_so():
    assert format_shown(84, 908) == "84 of 908 spikes"
    assert format_shown(908, 908) == "all 908 spikes"
    assert format_shown(1, 1) == "1 spike"
    assert format_shown(0, 0) == "0 spikes"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (999, 0, "999"),
        (1000, 0, "1\u2009000"),
        (0.5, 0, "0"),
        (-0.5, 0, "0"),
        (-0.6, 0, "\u22121"),
        (10.0, 1, "10.0"),
        (-100.0, 0, "\u2212100"),
        (-math.inf, 0, "–"),
    ],
)
def test_zeros_and_thousands_are_written_out(value, decimals, text):
    assert format_number(value, decimals) == text
    assert format_number(value) == format_number(value, 0)


def test_of_two_spikes_both_are_all():
    assert format_shown(2, 2) == "all 2 spikes"
    assert format_shown(1, 2) == "1 of 2 spikes"
    assert format_shown(0, 1, "event") == "0 of 1 event"
    assert format_shown(3, 3, "event") == "all 3 events"
    assert format_shown(5, 3) == "all 3 spikes"
