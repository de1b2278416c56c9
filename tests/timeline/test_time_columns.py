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
        ("gone.csv", None, r"gone\.csv cannot be read: there is no such file"),
        ("a.csv", b"# of the camera\n\ntime\n1\nnan\n3\n", "a.csv: line 5 of time is no time, but nan"),
        ("a.csv", b"time,label\n1,a\n2,b\n,c\n4,d", "a.csv: line 4 of time is no time, but empty"),
        ("a.csv", b"1\n2\nlost\n4\n", "line 3 of column 0 is no time, but lost"),
    ],
)
def test_damaged_files_are_one_sentence(tmp_path: Path, name: str, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TimelineError, match=words) as raised:
        read_time_columns(tmp_path / name)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("header", ["frame,time_s\n", "", "frame,when\n"])
def test_a_column_of_times_with_a_gap_is_not_passed_over(tmp_path: Path, header: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header}0,0.5\n1,n/a\n2,2.5\n")
    with pytest.raises(TimelineError, match=rf"line {2 + bool(header)} of .* is no time, but n/a"):
        read_time_columns(path).times_s()
    assert next(iter(read_time_columns(path).columns.values())).tolist() == [0, 1, 2]
    path.write_text(f"{header}0,0.5\n1,1.5\n2,2.5\n")  # numbers of frames are no times
    assert read_time_columns(path).times_s().tolist() == [0.5, 1.5, 2.5]


def test_not_a_number_in_numpy_files(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([0.5, 1.5, np.nan, 3.5]))
    with pytest.raises(TimelineError, match=r"a\.npy: row 2 of a is no time, but nan"):
        read_time_columns(tmp_path / "a.npy")


def test_the_clock_of_frames_that_each_have_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("frame,time\n0,500\n1,1500\n2,2400\n")
    base = read_time_columns(path).clock(3, unit="ms", sample_rate=1000.0)
    assert base.frame_times_s.tolist() == [0.5, 1.5, 2.4]
    assert (base.source, base.sample_rate, base.doubts) == ("a.csv, time", 1000.0, ())


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (np.arange(100.0), "a.csv has 100 times, the stack 300 frames: each frame needs one"),
        (np.arange(301.0), "a.csv has 301 times, the stack 300 frames"),
        (np.append(np.arange(299.0), 7.5), r"no order\. In line 301, 7\.5 is no later than 298 before it"),
        (np.append(np.arange(299.0), 298), r"no order\. In line 301, 298 is no later than 298 before it"),
    ],
)
def test_times_that_are_not_those_of_frames(tmp_path: Path, times: np.ndarray, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time\n" + "".join(f"{time}\n" for time in times))
    with pytest.raises(TimelineError, match=words):
        read_time_columns(path).clock(300)
