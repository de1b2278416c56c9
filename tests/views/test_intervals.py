import itertools

import numpy as np
import pytest
from views.rectangle_laws import PlainType

from napari_phy.core.errors import ClusteringError
from napari_phy.table.numbers import format_number
from napari_phy.views.intervals import (
    IntervalsRequest,
    IntervalsSettings,
    compute_intervals,
    intervals_frame,
    intervals_ticks,
    intervals_titles,
    intervals_words,
    refractory_band,
    violation_words,
)


def intervals_of(session, cluster):
    """Intervals in samples, one spike at a time."""
    samples = [int(session.model.spike_samples[spike]) for spike in session.manager.spikes(cluster)]
    return [later - earlier for earlier, later in itertools.pairwise(samples)]


def test_intervals_of_all_spikes_are_counted_in_the_order_of_selection(make_session):
    session = make_session(n_spikes=20_000)
    data = compute_intervals(session, IntervalsRequest((4, 0)))
    assert data.cluster_ids.tolist() == [4, 0]
    np.testing.assert_allclose(data.edges_ms, np.arange(51))
    for place, cluster in enumerate((4, 0)):
        intervals = intervals_of(session, cluster)
        wanted = [sum(20 * k <= interval < 20 * (k + 1) for interval in intervals) for k in range(50)]
        assert data.counts[place].tolist() == wanted
        assert data.n_intervals[place] == len(intervals)
        assert data.n_violations[place] == sum(interval < 40 for interval in intervals) > 0


def test_density_is_that_of_the_intervals_in_sight(make_session):
    session = make_session(n_spikes=20_000)
    data = compute_intervals(session, IntervalsRequest((1,)))
    in_ms = np.array(intervals_of(session, 1)) / 20
    wanted, _ = np.histogram(in_ms[in_ms < 50], bins=50, range=(0, 50), density=True)
    np.testing.assert_allclose(data.density[0], wanted, atol=1e-12)
    log = compute_intervals(session, IntervalsRequest((1,), IntervalsSettings(scale="log")))
    assert (log.density[0] * np.diff(np.log10(log.edges_ms))).sum() == pytest.approx(1)


def test_the_logarithmic_axis_shows_all_but_the_shortest_and_longest(session):
    data = compute_intervals(session, IntervalsRequest((2,), IntervalsSettings(scale="log")))
    assert data.edges_ms[[0, -1]].tolist() == [0.1, 10_000]
    inside = [2 <= interval < 200_000 for interval in intervals_of(session, 2)]
    assert data.counts.sum() == sum(inside)


def test_the_ends_of_the_logarithmic_axis_are_those_asked_for(session):
    data = compute_intervals(
        session, IntervalsRequest((2,), IntervalsSettings(scale="log", log_shortest_ms=1.0, log_longest_ms=100.0))
    )
    assert data.edges_ms[[0, -1]].tolist() == [1, 100]
    assert 40 <= len(data.edges_ms) - 1 <= 50
    assert data.counts.sum() == sum(20 <= interval < 2000 for interval in intervals_of(session, 2))
    short = IntervalsSettings(scale="log", log_shortest_ms=0.01, log_longest_ms=0.1)
    assert compute_intervals(session, IntervalsRequest((2,), short)).edges_ms.tolist() == [0.05, 0.1]


def test_window_bins_and_refractory_time_are_those_asked_for(session):
    data = compute_intervals(
        session, IntervalsRequest((3,), IntervalsSettings(n_bins=20, longest_ms=200.0, refractory_ms=5.0))
    )
    np.testing.assert_allclose(data.edges_ms, np.arange(0, 201, 10))
    assert data.n_violations.tolist() == [sum(interval < 100 for interval in intervals_of(session, 3))]
    assert "intervals below 5 ms" in data.caption


def test_the_axis_begins_at_the_shortest_interval_and_bins_have_the_width_asked_for(session):
    data = compute_intervals(session, IntervalsRequest((3,), IntervalsSettings(shortest_ms=10.0, bin_ms=5.0)))
    assert data.edges_ms.tolist() == [10, 15, 20, 25, 30, 35, 40, 45, 50]
    intervals = intervals_of(session, 3)
    assert data.counts.sum() == sum(200 <= interval < 1000 for interval in intervals)
    assert f"{len(intervals) - data.counts.sum()} intervals out of sight" in data.caption


def test_an_edit_is_counted_anew_and_undo_brings_the_old_counts_back(session):
    before = compute_intervals(session, IntervalsRequest((0, 1)))
    new = session.manager.merge([0, 1]).added[0]
    assert compute_intervals(session, IntervalsRequest((new,))).n_intervals.tolist() == [
        session.manager.n_spikes(new) - 1
    ]
    with pytest.raises(ClusteringError):
        compute_intervals(session, IntervalsRequest((0, 7)))
    session.manager.undo()
    np.testing.assert_array_equal(compute_intervals(session, IntervalsRequest((0, 1))).counts, before.counts)


def test_the_caption_says_what_was_counted_and_what_is_out_of_sight(session):
    data = compute_intervals(session, IntervalsRequest((0,)))
    n_spikes, n_out = session.manager.n_spikes(0), int(data.n_intervals[0] - data.counts.sum())
    words = f"beside the ids: intervals below 2 ms; {n_out} intervals out of sight"
    assert data.caption == f"all {n_spikes} spikes; {words}"


def test_violations_in_words(make_session):
    session = make_session(n_spikes=20_000)
    data = compute_intervals(session, IntervalsRequest((0,)))
    n, total = int(data.n_violations[0]), int(data.n_intervals[0])
    assert violation_words(data, 0) == f"{format_number(n)} ({100 * n / total:.1f} %)"
    one = compute_intervals(session, IntervalsRequest((0,), IntervalsSettings(refractory_ms=0.0)))
    assert violation_words(one, 0) == "0"


def test_nothing_selected_has_no_intervals(session):
    data = compute_intervals(session, IntervalsRequest(()))
    assert (data.counts.shape, data.density.shape) == ((0, 50), (0, 50))
    assert not any(array.flags.writeable for array in (data.counts, data.density, data.edges_ms, data.n_violations))


# --- layout ---


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("heights", ["density", "counts"])
def test_the_words_under_a_pixel_are_those_of_the_bin_there(session, scale, heights):
    data = compute_intervals(session, IntervalsRequest((2, 0), IntervalsSettings(scale=scale)))
    frame = intervals_frame(data, heights, 480, 340, PlainType())
    for found in range(data.counts.shape[1]):
        ((x, y),) = frame.to_px([[data.edges[found : found + 2].mean(), frame.y_range[1] / 2]])
        words = intervals_words(data, frame, x, y)
        assert words.endswith(f" ms: 2: {data.counts[0, found]}, 0: {data.counts[1, found]}")
    assert intervals_words(data, frame, 1, 1) == ""
    assert frame.y_range[1] >= data.values(heights).max()
    density = {"linear": "density (1/ms)", "log": "density (1/decade)"}[scale]
    assert intervals_titles(data, heights)[1] == {"counts": "number of intervals", "density": density}[heights]
    ticks = intervals_ticks(data, frame, PlainType())
    assert (ticks is None) == (scale == "linear")
    assert ticks is None or [label for _, label in ticks][:3] == ["0.1", "1", "10"]


@pytest.mark.parametrize(("scale", "refractory"), [("linear", 2.0), ("linear", 0.0), ("log", 5.0), ("log", 0.0)])
def test_the_band_ends_at_the_refractory_time(session, scale, refractory):
    data = compute_intervals(session, IntervalsRequest((2,), IntervalsSettings(scale=scale, refractory_ms=refractory)))
    frame = intervals_frame(data, "density", 480, 340, PlainType())
    band = refractory_band(data, frame)
    assert (band.left, band.top, band.height) == (frame.left, frame.top, frame.height)
    end = frame.to_data([[band.right, frame.top]])[0, 0]
    assert (10**end if scale == "log" else end) == pytest.approx(max(refractory, data.edges_ms[0]))
