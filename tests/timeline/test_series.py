import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from timeline.test_epochs import disjoint

from napari_phy.core.errors import TimelineError
from napari_phy.timeline import (
    ContinuousData,
    ContinuousFrame,
    LazyContinuous,
    TimeSeries,
    TimeSeriesGroup,
    duration,
    intersection,
    make_epochs,
    mean_interval,
    rate,
    restrict,
    threshold_interval,
)

halves = st.integers(0, 60).map(lambda n: n / 2)
times = st.sets(halves).map(lambda some: np.array(sorted(some)))


def within(time, edges):
    return any(start <= time <= end for start, end in edges)


@given(times, disjoint(), disjoint())
def test_restricted_series_have_what_lies_in_both(some, known, wanted):
    support, epochs = make_epochs(*known.T), make_epochs(*wanted.T)
    series = restrict(TimeSeries(some, time_support=make_epochs(0, 30)), support)
    found = restrict(series, epochs)
    both = intersection(support, epochs)
    assert found.t.tolist() == [time for time in some if within(time, both.values)]
    assert duration(found) == duration(both)
    assert rate(series, epochs) == (len(found) / duration(both) if len(both) else pytest.approx(math.nan, nan_ok=True))


@given(st.sets(halves, min_size=2).map(lambda some: np.array(sorted(some))), disjoint())
def test_restricted_data_keep_values_columns_and_metadata(some, wanted):
    values = np.column_stack([some * 10, some * 100])
    frame = ContinuousFrame(some, values, columns=[7, 3], metadata={"shank": ["a", "b"]})
    found = restrict(frame, make_epochs(*wanted.T))
    inside = make_epochs(*wanted.T)
    kept = [time for time in some if within(time, intersection(frame.time_support, inside).values)]
    assert found.values.tolist() == [[time * 10, time * 100] for time in kept]
    assert found.columns.tolist() == [7, 3]
    assert found["shank"].tolist() == ["a", "b"]
    one = restrict(ContinuousData(some, some * 10), inside)
    assert one.values.tolist() == found.values[:, 0].tolist()


def test_an_event_on_an_edge_that_two_epochs_share_is_there_once():
    series = TimeSeries(np.arange(10_000) / 100, time_support=make_epochs(0, 100))
    assert rate(restrict(series, make_epochs([10, 20], [20, 30]))) == 2001 / 20
    assert len(restrict(series, make_epochs([10, 20], [20, 30]))) == 2001


def test_groups_are_restricted_with_their_metadata():
    support = make_epochs(0, 10)
    group = TimeSeriesGroup(
        {3: TimeSeries([1.0, 4.0], time_support=support), 8: TimeSeries([5.0], time_support=support)},
        time_support=support,
        metadata={"group": ["good", "mua"]},
    )
    found = restrict(group, (0, 4))
    assert {key: found[key].t.tolist() for key in found.index} == {3: [1, 4], 8: []}
    assert found["group"].tolist() == ["good", "mua"]
    assert rate(group) == {3: 0.2, 8: 0.1}
    assert rate(group, (0, 4)) == {3: 0.5, 8: 0.0}


def test_a_series_stands_for_the_time_it_is_known_for():
    series = TimeSeries([1.0, 2.0, 7.0], time_support=make_epochs(0, 10))
    assert restrict(series, TimeSeries([0.0, 5.0], time_support=make_epochs(0, 5))).t.tolist() == [1, 2]
    assert restrict(make_epochs([0, 6], [2, 8]), (1, 7)).values.tolist() == [[1, 2], [6, 7]]


@pytest.mark.parametrize("to", [3, "abc", (1, 2, 3), None])
def test_restricting_to_anything_else_is_told(to):
    with pytest.raises(TimelineError, match=r"^Restrict to epochs, to a start and an end in seconds, or to another"):
        restrict(TimeSeries([1.0, 2.0]), to)


levels = st.lists(st.sampled_from([-1.0, 0.0, 1.0, 2.0, math.nan]), min_size=2, max_size=40)


@given(levels, st.data())
def test_restricting_to_crossings_leaves_the_samples_inside(values, data):
    steps = data.draw(st.lists(st.integers(1, 3), min_size=len(values), max_size=len(values)))
    signal = ContinuousData(np.cumsum(steps) / 2, np.array(values))
    for limits, is_inside in [
        ({"above": 0.0}, lambda value: value > 0),
        ({"below": 0.0}, lambda value: value < 0),
        ({"above": -1.0, "below": 2.0}, lambda value: -1 < value < 2),
    ]:
        epochs = threshold_interval(signal, **limits)
        kept = [time for time, value in zip(signal.t, values, strict=True) if is_inside(value)]
        assert restrict(signal, epochs).t.tolist() == kept
        assert len(epochs) == sum(
            is_inside(value) and (not place or not is_inside(values[place - 1])) for place, value in enumerate(values)
        )


@given(levels)
def test_lazy_data_cross_a_threshold_where_pynapple_s_do(values):
    array = np.array(values)[:, None]
    lazy = LazyContinuous(array, rate=2.0, start_s=3.0).channel(0)
    plain = ContinuousData(3 + np.arange(len(values)) / 2, np.array(values))
    assert threshold_interval(lazy, above=0.0).values.tolist() == threshold_interval(plain, above=0.0).values.tolist()


def test_an_epoch_goes_as_far_as_data_are_known():
    known = make_epochs([0, 10], [5, 15])
    signal = ContinuousData([1.0, 3.0, 11.0, 13.0], [9, 9, 9, 0], time_support=known)
    assert threshold_interval(signal, above=5).values.tolist() == [[0, 5], [10, 12]]


def test_a_threshold_of_several_channels_is_told():
    frame = ContinuousFrame([0.0, 1.0], np.zeros((2, 3)))
    with pytest.raises(TimelineError, match=r"^A threshold needs one channel; these data have the shape \(2, 3\)\.$"):
        threshold_interval(frame, above=1)


@given(st.sets(halves, min_size=2).map(lambda some: np.array(sorted(some))), disjoint())
def test_means_of_epochs_are_those_of_their_samples(some, edges):
    values = np.column_stack([some**2, -some])
    means = mean_interval(ContinuousFrame(some, values), make_epochs(*edges.T))
    assert means.shape == (len(edges), 2)
    for (start, end), mean in zip(edges, means, strict=True):
        inside = (some >= start) & (some <= end)
        wanted = values[inside].mean(axis=0) if inside.any() else [np.nan, np.nan]
        np.testing.assert_allclose(mean, wanted)
    np.testing.assert_array_equal(mean_interval(ContinuousData(some, -some), make_epochs(*edges.T)), means[:, 1])
