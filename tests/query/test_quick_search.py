"""Ids and words that stand in the place of a filter."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.errors import FilterError
from napari_phy.query import filter_values as fv
from napari_phy.query.quick_search import find_rows, quick_search

IDS = [3, 5, 12, 120, 21]
GROUPS = ["good", "mua", "noise", "my axons", "good"]
NOTES = ["Axon", None, 12, "put-int", "seen 2020"]
COLUMNS = {
    "id": fv.numbers(IDS),
    "group": fv.texts(GROUPS),
    "rate": fv.numbers([1.0, math.nan, 3.0, 4.0, 12.0]),
    "note": fv.anything(NOTES),
}


def found(text):
    return [IDS[row] for row in np.flatnonzero(find_rows(text, COLUMNS, len(IDS)))]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("12", [12]),
        ("3 21", [3, 21]),
        ("4", []),
        ("2020", [21]),
        ("good", [3, 21]),
        ("GOO", [3, 21]),
        ("axon", [3, 120]),
        ("axon my", [120]),
        ("good 3", [3]),
        ('"put-int"', [120]),
        ("noi", [12]),
        ("missing", []),
        ("id == 12", [12]),
        ("rate > 3", [120, 21]),
        ('note == "axon"', [3]),
    ],
)
def test_words_and_ids_are_looked_for_and_filters_stay_filters(text, ids):
    assert found(text) == ids


@pytest.mark.parametrize(
    "text", ["rate", "ra", "rates", "no", "note 12", "good and", "good == ", "(good)", "axon, 3", "null"]
)
def test_what_is_or_looks_like_a_filter_is_read_as_one(text):
    assert quick_search(text, COLUMNS) is None
    with pytest.raises(FilterError):
        found(text)


@given(st.lists(st.sampled_from([*IDS, 7, 99]), min_size=1), st.lists(st.sampled_from(["axon", "good", "my", "o"])))
def test_the_order_of_words_does_not_count(numbers, words):
    text = " ".join(map(str, [*numbers, *words]))
    turned = " ".join(map(str, [*reversed(words), *reversed(numbers)]))
    texts = [
        f"{group} {note if isinstance(note, str) else ''}".casefold() for group, note in zip(GROUPS, NOTES, strict=True)
    ]
    wanted = [
        cluster
        for cluster, whole in zip(IDS, texts, strict=True)
        if all(word in whole for word in words) and any(n == cluster or str(n) in whole for n in numbers)
    ]
    assert found(text) == found(turned) == wanted
