"""Tables that a spreadsheet opens: what is text stays text."""

import csv
from pathlib import Path

import pytest

from napari_phy.files.exports import Cell, write_table


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1+1", "'+1+1"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\n=1"),
        ("\n=1", "'\n=1"),
        ("-inf", "'-inf"),
        ("-5", "-5"),
        ("+1.5e3", "+1.5e3"),
        (-5, "-5"),
        (-1.5, "-1.5"),
        ("a=b", "a=b"),
        (True, "true"),
        (None, ""),
        (float("nan"), ""),
    ],
)
def test_no_cell_is_a_formula_and_numbers_stay_numbers(tmp_path: Path, cell: Cell, written: str) -> None:
    path = tmp_path / "table.csv"
    write_table(path, ["id", str(cell)], [[1, cell]])
    with path.open(newline="", encoding="utf-8") as file:
        names, row = csv.reader(file)
    assert row == ["1", written]
    assert isinstance(cell, str) is False or names == ["id", written]
