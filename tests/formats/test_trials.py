"""Tables of trials: what stands in them comes in, epochs that are written come back, and bad rows are told."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_phy.core.epoch_list import Epoch
from napari_phy.core.errors import SaveError, TimelineError
from napari_phy.formats.trials import read_trials, write_events

BIDS = """onset\tduration\ttrial_type\tresponse_time\tcontrast
1.5\t0.6\tgo\t1.435\t0.5
3.25\tn/a\tstop\tn/a\t1
5\t0\t n/a\t1.7\tn/a
"""


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table and reads it."""

    def read(text, name="sub-01_events.tsv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_trials(path)

    return read


def test_a_table_of_bids_comes_in(table):
    trials = table(BIDS)
    assert (trials.name, len(trials), trials.problems) == ("sub-01_events", 3, ())
    assert trials.onset_s.tolist() == [1.5, 3.25, 5]
    np.testing.assert_array_equal(trials.duration_s, [0.6, np.nan, 0])
    assert trials.trial_type.tolist() == ["go", "stop", ""]
    assert list(trials.columns) == ["duration", "trial_type", "response_time", "contrast"]
    np.testing.assert_array_equal(trials.columns["response_time"], [1.435, np.nan, 1.7])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("start_time,stop_time,side\n1.5,2,left\n2.5,4.5,right\n", "trials.csv"),
        ("start_time;stop_time;side\r\n1,5;2;left\r\n2,5;4,5;right\r\n", "trials.csv"),
        ("\ufeffstart_time\tstop_time\tside\n1.5\t2\tleft\n\n2.5\t4.5\tright\n", "trials.txt"),
        ('side,"start_time",stop_time\n"left",1.5,2\n"right",2.5,4.5', "trials.CSV"),
    ],
)
def test_other_text_tables_come_in(table, text, name):
    trials = table(text, name)
    assert trials.onset_s.tolist() == [1.5, 2.5]
    assert trials.duration_s.tolist() == [0.5, 2]
    assert trials.columns["side"].tolist() == ["left", "right"]
    assert trials.trial_type is None


def test_bad_rows_are_left_out_and_told(table):
    trials = table("onset\tduration\n1\t1\n2\nx\t1\n3\t-1\nn/a\t1\n1_0\t1\ninf\t2\n4\t1\t1\n5\t2\n")
    assert trials.onset_s.tolist() == [1, 3, 5]
    np.testing.assert_array_equal(trials.duration_s, [1, np.nan, 2])
    assert trials.problems == (
        "sub-01_events.tsv: 2 lines are left out, 3, 9; they do not have 2 cells.",
        "sub-01_events.tsv: 4 lines are left out, 4, 6, 7, …; they do not have a number as onset.",
        "sub-01_events.tsv: 1 durations are below 0 and not used.",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "t.tsv is empty: its first line is to name the columns, one of them onset."),
        (
            "duration\tx\n1\t2\n",
            "t.tsv has no column onset with the time of each trial in seconds. Its columns are duration, x.",
        ),
        ("onset\tx\tx\n1\t2\t3\n", "t.tsv has two columns x; rename one of them."),
        ("onset\n", "t.tsv has no row with a number as onset."),
        ("onset\nsoon\n", "t.tsv has no row with a number as onset."),
        (b"onset\n\xff\n", "t.tsv is no text in UTF-8; save the table as UTF-8."),
        ("\t".join(["onset", *map(str, range(600))]), "t.tsv has 601 columns; a table of trials has at most 500."),
    ],
)
def test_what_is_no_table_of_trials_is_told(table, text, words):
    with pytest.raises(TimelineError) as caught:
        table(text, "t.tsv")
    assert str(caught.value) == words


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(TimelineError, match=r"^t\.tsv cannot be read: t\.tsv: No such file or directory\.$"):
        read_trials(tmp_path / "t.tsv")


names = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1)
edges = st.integers(-(10**9), 10**9).map(lambda microseconds: microseconds / 1e6)
epochs = st.tuples(edges, edges, names).filter(lambda one: one[0] < one[1]).map(lambda one: Epoch(*one))


@given(st.lists(epochs, min_size=1))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
def test_epochs_that_are_written_come_back(tmp_path, drawn):
    write_events(tmp_path / "events.tsv", drawn)
    trials = read_trials(tmp_path / "events.tsv")
    assert trials.onset_s.tolist() == pytest.approx([epoch.start_s for epoch in sorted(drawn)], abs=1e-9)
    if trials.columns["trial_type"].dtype.kind == "U":
        names = [epoch.name for epoch in sorted(drawn)]
        assert trials.trial_type.tolist() == ["" if name.lower() in ("n/a", "na", "nan") else name for name in names]
    lengths = [epoch.stop_s - epoch.start_s for epoch in sorted(drawn)]
    assert trials.duration_s.tolist() == pytest.approx(lengths, abs=1e-9)


def test_what_is_written_is_a_table_of_bids(tmp_path):
    write_events(tmp_path / "events.tsv", [Epoch(3.0, 4.5, "run"), Epoch(0.1, 0.3, "two\twords")])
    text = (tmp_path / "events.tsv").read_text()
    assert text == "onset\tduration\ttrial_type\n0.1\t0.2\ttwo words\n3\t1.5\trun\n"
    with pytest.raises(SaveError):
        write_events(tmp_path / "nowhere" / "events.tsv", [])
