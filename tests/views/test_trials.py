"""Trials: in the order of time, equal by what they hold, grouped and sorted by their columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.epoch_list import Epoch
from napari_phy.core.errors import TimelineError
from napari_phy.core.event_times import EventTimes
from napari_phy.views.trials import (
    MOST_GROUPS,
    common_columns,
    epochs_of_trials,
    group_trials,
    make_trials,
    trials_of_epochs,
    trials_of_file,
    trials_of_times,
)


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from("abc"), st.sampled_from([0.0, 0.5, np.nan]))))
def test_groups_have_the_trials_of_a_value_sorted_by_another(rows):
    samples = [row[0] for row in rows]
    columns = {"side": np.array([row[1] for row in rows], dtype=str), "contrast": np.array([row[2] for row in rows])}
    trials = make_trials("light", samples, columns)
    assert trials.samples.tolist() == sorted(samples)
    ordered = sorted(rows, key=lambda row: row[0])
    (whole,) = group_trials(trials)
    assert (whole.value, whole.rows.tolist()) == ("", list(range(len(rows))))
    for group in group_trials(trials, "side", "contrast"):
        side = group.value.removeprefix("side ")
        wanted = [place for place, row in enumerate(ordered) if row[1] == side]
        wanted.sort(key=lambda place: (np.isnan(ordered[place][2]), ordered[place][2]))
        assert group.rows.tolist() == wanted or sorted(group.rows.tolist()) == sorted(wanted)
        contrasts = trials.columns["contrast"][group.rows]
        known = contrasts[~np.isnan(contrasts)]
        assert (np.diff(known) >= 0).all()
        assert not np.isnan(contrasts[: len(known)]).any()
    by_contrast = group_trials(trials, "contrast")
    assert sum(len(group.rows) for group in by_contrast) == len(rows)
    assert {group.value for group in by_contrast} <= {f"contrast {word}" for word in ("0", "0.5", "n/a")}


def test_equal_trials_are_equal_requests():
    def made(name="light", samples=(3, 1), value=np.nan):
        return make_trials(name, samples, {"x": np.array([value, 2.0])})

    assert made() == made()
    assert hash(made()) == hash(made())
    assert made() != made(name="sound")
    assert made() != made(samples=(3, 2))
    assert made() != made(value=1.0)
    assert made() != make_trials("light", [3, 1])


def test_epochs_are_trials_at_their_starts():
    trials = trials_of_epochs("run", [Epoch(2.0, 5.0, "run"), Epoch(0.5, 1.0, "run")], 1000.0)
    assert (trials.samples.tolist(), trials.columns["duration"].tolist()) == ([500, 2000], [0.5, 3.0])


def test_events_of_the_file_are_trials_with_their_fields():
    values = {"event_channels": np.array([1, 2, 1]), "text": np.array(["a", "b", "c"])}
    kind = EventTimes("TTL", np.array([10, 20, 30]), np.zeros(3, np.int64), values)
    found = trials_of_file({"TTL": kind})
    assert {name: trials.samples.tolist() for name, trials in found.items()} == {
        "TTL": [10, 20, 30], "TTL 1": [10, 30], "TTL 2": [20]
    }  # fmt: skip
    assert found["TTL 1"].columns["text"].tolist() == ["a", "c"]
    assert common_columns([*found.values(), make_trials("x", [1], {"side": ["left"]})]) == (
        "event_channels",
        "text",
        "side",
    )


def test_columns_that_can_group_have_some_values():
    numbers = np.arange(100)
    columns = {"many": numbers, "one": numbers * 0, "few": numbers % 3, "side": np.array(["l", "r"] * 50)}
    trials = make_trials("x", numbers, {**columns, "missing": np.full(100, np.nan)})
    assert common_columns([trials], groups=True) == ("few", "side")


def test_what_cannot_be_trials_is_told():
    many = make_trials("light", range(100), {"x": np.arange(100)})
    with pytest.raises(
        TimelineError, match=rf"^x of light has 100 values; group by a column of at most {MOST_GROUPS},"
    ):
        group_trials(many, "x")
    assert len(group_trials(many, "y", "z")) == 1
    with pytest.raises(TimelineError, match=r"^light has 2 trials, but 1 values of x\.$"):
        make_trials("light", [1, 2], {"x": [1]})
    with pytest.raises(TimelineError, match=r"^The times of light are to be finite numbers of seconds, in one row\.$"):
        trials_of_times("light", [1.0, np.inf], 1000.0)


def test_trials_that_last_are_epochs_and_come_back():
    drawn = (Epoch(1.0, 2.5, "run"), Epoch(4.0, 4.5, "run"))
    assert epochs_of_trials(trials_of_epochs("run", drawn, 1000.0), 1000.0) == drawn
    lengths = np.array([0.5, 0.0, np.nan, np.inf, 2.0])
    lasting = epochs_of_trials(make_trials("x", np.arange(5) * 1000, {"duration": lengths}), 1000.0)
    assert [(one.start_s, one.stop_s) for one in lasting] == [(0.0, 0.5), (4.0, 6.0)]
    assert epochs_of_trials(make_trials("x", [1, 2], {"duration": np.array(["a", "b"])}), 1000.0) == ()
    assert epochs_of_trials(make_trials("x", [1, 2]), 1000.0) == ()
