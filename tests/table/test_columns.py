"""Columns have names of their own, and numbers as lists and tables show them."""

import math
from dataclasses import replace

import pytest

from napari_phy.table.columns import Column, Registry


def column(key, **fields):
    return Column(key, fields.pop("title", key), lambda session, clusters, on_progress: [], "Tip", "name", **fields)


def test_tables_have_whole_numbers_as_int_and_all_others_as_they_are():
    whole, broken = column("whole", is_whole=True), column("broken")
    assert whole.plain(7.0) == 7
    assert isinstance(whole.plain(7.0), int)
    assert math.isnan(whole.plain(math.nan))
    assert broken.plain(7.25) == 7.25
    assert isinstance(broken.plain(7.0), float)


def test_lists_have_numbers_with_their_decimals_ids_without_and_a_dash_for_none():
    assert column("x", decimals=1).text(1234.56) == "1\N{THIN SPACE}234.6"
    assert column("x", is_quantity=False).text(1234.0) == "1234"
    assert column("x").text(math.nan) == column("x", is_quantity=False).text(math.nan) == "–"


def test_a_column_is_found_by_its_key_its_word_its_aliases_and_its_title():
    assert column("refractory", title="refr.", aliases=("isi",)).names == ("refractory", "refr", "isi", "refr.")
    assert column("width", title="half-width").names == ("width", "half-width")


def test_no_name_is_given_twice():
    columns = Registry()
    before = columns.columns
    mine = column("mine", title="my.", aliases=("m",))
    columns.add(mine)
    columns.add(replace(mine, decimals=2))  # the same one again
    assert [one.key for one in columns.columns[len(before) :]] == ["mine"]
    for name in ("spikes", "size", "ch", "group", "similar", "m", "my"):
        with pytest.raises(ValueError, match=f"There is a column {name} already"):
            columns.add(column("other", aliases=(name,)))
    columns.clear()
    assert columns.columns == before
