"""Labels come back from tables as they were, whatever they look like."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.formats.phy.tables import labels_of, parse, read_columns, table_name, write_tables

VALUES = st.one_of(
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8).filter(str.strip),
    st.from_regex(r"-?0?[0-9]{1,4}(\.[0-9]{1,2})?", fullmatch=True),
    st.from_regex(r'("[0-9]{1,2}"|\t"[0-9]"|\n"[0-9]")\t?', fullmatch=True),
)
FIELDS = st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=6).filter(
    lambda name: name == name.strip() and name not in ("group", "color")
)


@given(st.dictionaries(FIELDS, st.dictionaries(st.integers(0, 20), VALUES, min_size=1, max_size=4), max_size=3))
def test_any_label_comes_back_with_its_type(labels):
    files = write_tables({}, set(range(21)), {}, {}, labels)
    assert len(files) == len(labels)
    columns, problems = read_columns(files)
    assert problems == ()
    found = labels_of(columns, set(range(21)))
    assert found == labels
    for field, values in labels.items():
        assert {one: type(value) for one, value in found[field].items()} == {
            one: type(value) for one, value in values.items()
        }


def test_phy_reads_the_same_letters():
    files = write_tables({}, {1, 2, 3}, {}, {}, {"note": {1: "007", 2: "5", 3: 'a "b"\tc'}})
    rows = list(csv.reader(io.StringIO(files["cluster_note.tsv"].decode(), newline=""), delimiter="\t"))
    assert rows == [["cluster_id", "note"], ["1", "007"], ["2", "5"], ["3", 'a "b"\tc']]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("5", 5), ("-3", -3), ("120.00", 120.0), ("1e-05", 1e-5), (".5", 0.5), (" 7", 7), (str(2**70), float(2**70))]
    + [(text, text) for text in ("007", "+1", "1_000", "nan", "inf", "1e999", "0x1", "5 a", "-")],
)
def test_cells_are_numbers_only_where_they_are_written_as_numbers(cell, value):
    found = parse(cell)
    assert (found, type(found)) == (value, type(value))


def test_fields_have_files_of_their_own():
    names = ["a/b", "a:b", "a-b", "info", "x" * 300]
    files = [table_name(name) for name in names]
    assert len(set(files)) == len(names)
    assert files[2] == "cluster_a-b.tsv"
    assert "cluster_info.tsv" not in files
    assert all("/" not in file and len(file) < 255 for file in files)
