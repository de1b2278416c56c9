"""Times are read from text tables and NumPy files; whatever else a file is, is said in a sentence."""

from pathlib import Path

import numpy as np
import pytest

from napari_phy.core.errors import TimelineError
from napari_phy.timeline.time_columns import read_time_columns


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "frame,time_s,label\n0,0.5,a\n1,1.5,b\n2,2.5,c\n"),
        ("a.tsv", "\ufeffframe\ttime_s\n0\t0.5\n1\t1.5\n\n2\t2.5\n"),
        ("a.csv", "frame;time_s\n0;0,5\n1;1,5\n2;2,5\n"),
        ("a.txt", "# seconds\n0 0.5\n1 1.5\n2 2.5\n"),
    ],
)
def test_tables_with_and_without_names(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    table = read_time_columns(tmp_path / name)
    column = next(iter(table.columns.values() if len(table.columns) == 1 else list(table.columns.values())[1:]))
    assert column.tolist() == [0.5, 1.5, 2.5]
    assert "label" not in table.columns
    if "time_s" in table.columns:
        assert table.times_s().tolist() == [0.5, 1.5, 2.5]


def test_units(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("stamp,sample\n500,15000\n1500,45000\n")
    table = read_time_columns(tmp_path / "a.csv")
    assert table.times_s(unit="ms").tolist() == [0.5, 1.5]
    assert table.times_s("sample", "samples", 30_000).tolist() == [0.5, 1.5]
    with pytest.raises(TimelineError, match=r"no column x of numbers\. There are stamp, sample"):
        table.times_s("x")


def test_numpy_files(tmp_path: Path) -> None:
    times = np.arange(5) / 2
    np.save(tmp_path / "one.npy", times)
    np.save(tmp_path / "two.npy", np.column_stack([np.arange(5), times]))
    np.save(tmp_path / "named.npy", np.array([(1.0, "a"), (2.0, "b")], dtype=[("time", "f8"), ("text", "U1")]))
    assert read_time_columns(tmp_path / "one.npy").times_s().tolist() == times.tolist()
    assert read_time_columns(tmp_path / "two.npy").times_s("column 1").tolist() == times.tolist()
    assert read_time_columns(tmp_path / "named.npy").times_s().tolist() == [1.0, 2.0]


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(TimelineError, match="no array of numbers"):
        read_time_columns(tmp_path / "objects.npy")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"name\na\nb\n", "no column of numbers"),
        ("a.csv", b"a,b\n1,2\n3\n", "line 3 has 1 cells, the first 2"),
        ("a.csv", b"\xff\xfe\x00", "no text in UTF-8"),
        ("a.npy", b"nothing", "no array of numbers"),
        ("gone.csv", None, "cannot be read"),
    ],
)
def test_damaged_files_are_one_sentence(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TimelineError, match=words) as raised:
        read_time_columns(tmp_path / name)
    assert "\n" not in str(raised.value)
