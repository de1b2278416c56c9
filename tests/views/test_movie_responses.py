"""Spikes, clock and movie: what is counted, averaged and compared, and what is said when it cannot be."""

from itertools import pairwise

import numpy as np
import pytest

from napari_phy.core.errors import ImagingError
from napari_phy.core.time_cursor import UsedTime
from napari_phy.session.within_time import OpenWithin
from napari_phy.stats.movie import Movie
from napari_phy.stats.region_traces import regions_of_labels, relative_change
from napari_phy.timeline.doubts import Doubt
from napari_phy.timeline.time_base import TimeBase
from napari_phy.views.movie_regions import Baseline, Regions, compute_changes
from napari_phy.views.movie_responses import compute_averages, compute_cell_pairs, compute_correlations
from napari_phy.views.timed_movie import TimedMovie

LAGS = np.arange(4)


@pytest.fixture
def clock(session):
    duration_s = session.model.duration
    return TimeBase.from_rate(400, 400 / (0.8 * duration_s), 0.1 * duration_s)


@pytest.fixture
def counts(session, clock):
    """Return {cluster: (n_frames,) spikes in each frame}, counted one by one."""
    found = {}
    for cluster in session.manager.cluster_ids.tolist():
        times_s = session.model.spike_samples[session.manager.spikes(cluster)] / session.model.sample_rate
        frames = clock.frame_at(times_s)
        found[cluster] = np.bincount(frames[(frames >= 0) & (frames < 400)], minlength=400)
    return found


@pytest.fixture
def pixels(counts):
    """Return a movie whose four quarters follow clusters 0, 1, 2 and none, a frame later."""
    rng = np.random.default_rng(0)
    found = rng.normal(100, 1, (400, 8, 8))
    for cluster, part in enumerate((np.s_[:4, :4], np.s_[:4, 4:], np.s_[4:, :4])):
        found[1:, *part] += 5 * counts[cluster][:-1, None, None]
    return found


@pytest.fixture
def source(pixels, clock):
    return TimedMovie("movie", Movie(pixels), clock)


@pytest.fixture
def regions():
    labels = np.kron([[1, 2], [5, 9]], np.ones((4, 4), int))
    return Regions(*regions_of_labels(labels))


def test_averages_are_over_the_spikes_whose_lags_are_in_the_movie(session, source, pixels, counts):
    found = compute_averages(session, [2, 0], source, LAGS, minus_mean=False)
    assert found.clusters == (2, 0)
    for cluster, values in zip(found.clusters, found.values, strict=True):
        frames = np.repeat(np.arange(397), counts[cluster][:397])
        assert np.allclose(values, [pixels[frames + lag].mean(axis=0) for lag in LAGS])
    changes = compute_averages(session, [2, 0], source, LAGS).values
    assert np.allclose(changes, found.values - pixels.mean(axis=0))


def test_averages_of_regions_are_those_of_their_pixels(session, source, regions):
    whole = compute_averages(session, [1], source, LAGS).values[0]
    parts = compute_averages(session, [1], source, LAGS, regions=regions).values[0]
    for place, of in enumerate(regions.pixels):
        assert np.allclose(parts[:, place], whole.reshape(len(LAGS), -1)[:, of].mean(axis=1))


def test_spikes_that_are_left_out_are_counted_in_a_sentence(session, source):
    base = source.clock.with_doubts([Doubt(100, 200, "irregular", "?")])
    doubtful = TimedMovie("movie", source.movie, base)
    (sentence,) = compute_averages(session, [3], doubtful, LAGS).sentences
    times_s = session.model.spike_samples[session.manager.spikes(3)] / session.model.sample_rate
    frames = base.frame_at(times_s)
    outside = int(((frames < 0) | (frames > 396)).sum())
    at_doubt = int(((frames > 96) & (frames < 200)).sum())
    n = len(times_s)
    assert sentence == (
        f"Cluster 3: {n - outside - at_doubt} of {n} spikes; {outside} outside of the movie and "
        f"{at_doubt} at doubtful frames left out."
    )


def test_only_spikes_and_frames_of_epochs_are_compared(session, source, pixels, clock):
    spans = (3.0, 7.0), (7.2, 11.5)
    within = OpenWithin(session, UsedTime(spans, "run"))
    edges_s = [clock.time_of(frame) for frame in range(401)]
    used = np.array([any(a <= low and high <= b for a, b in spans) for low, high in pairwise(edges_s)])
    frames = []
    for spike in session.manager.spikes(0):
        time_s = session.model.spike_samples[spike] / session.model.sample_rate
        frame = int(clock.frame_at(time_s))
        if any(a <= time_s < b for a, b in spans) and used[frame : frame + 4].all():
            frames.append(frame)
    found = compute_averages(within, [0], source, LAGS)
    around = [pixels[np.add(frames, lag)].mean(axis=0) for lag in LAGS]
    assert np.allclose(found.values[0], around - pixels[used].mean(axis=0))
    assert found.sentences[0].startswith(f"Only run (2 epochs). Cluster 0: {len(frames)} of ")
    assert found.sentences[0].endswith("at doubtful frames or ends of epochs left out.")
    lagged = compute_correlations(within, [0], source, np.array([1]))
    rates = compute_cell_pairs(within, [0], source, Regions(*regions_of_labels(np.ones((8, 8), int))), np.zeros(1, int))
    counts = rates.rates[0] * clock.interval_s
    compared = np.flatnonzero(used[1:] & used[:-1]) + 1
    expected = np.corrcoef(counts[compared - 1], pixels[compared, 0, 0])[0, 1]
    assert lagged.correlation[0, 0, 0] == pytest.approx(expected)

    pairs = compute_cell_pairs(within, [0], source, Regions(*regions_of_labels(np.ones((8, 8), int))), LAGS)
    inside = np.array([frame for frame in range(3, 400) if used[frame - 3 : frame + 1].all()])
    by_lag = [np.corrcoef(counts[inside - lag], pairs.traces[0, inside])[0, 1] for lag in LAGS]
    assert pairs.test.correlation[0, 0] == pytest.approx(max(by_lag, key=abs))


def test_a_weak_doubt_is_said_and_leaves_out_nothing(session, source):
    base = source.clock.with_doubts([Doubt(0, 400, "ambiguous", "?", 0.045)])
    weak = TimedMovie("movie", source.movie, base)
    found, plain = (compute_averages(session, [3], one, LAGS) for one in (weak, source))
    assert np.array_equal(found.values, plain.values)
    assert found.sentences[0].startswith(plain.sentences[0])
    assert found.sentences[0].endswith("Its clock is wrong by half a frame or more with a chance of up to 5 %.")


def test_the_pixels_that_follow_a_cluster_have_the_largest_correlation_at_the_right_lag(session, source):
    found = compute_correlations(session, [0, 1, 2], source, LAGS)
    for cluster, part in enumerate((np.s_[:4, :4], np.s_[:4, 4:], np.s_[4:, :4])):
        inside = np.zeros((8, 8), bool)
        inside[part] = True
        assert found.correlation[cluster][inside].min() > found.correlation[cluster][~inside].max()
        assert np.allclose(found.lag_s[cluster][inside], source.clock.interval_s)
    mask = np.zeros((8, 8), bool)
    mask[0, 0] = True
    masked = compute_correlations(session, [0], source, LAGS, mask=mask).correlation
    assert np.isfinite(masked).sum() == 1


def test_cells_that_follow_a_cluster_are_found_and_ranked_first(session, source, regions):
    found = compute_cell_pairs(session, [0, 1, 2, 3], source, regions, LAGS)
    pairs = {(found.clusters[cluster], int(found.cells[cell])) for cluster, cell in np.argwhere(found.test.q <= 0.05)}
    assert pairs == {(0, 1), (1, 2), (2, 5)}
    assert {tuple(pair) for pair in found.ranked[:3].tolist()} == {(0, 0), (1, 1), (2, 2)}
    assert len(found.ranked) == 16
    n_spikes = round(found.rates.sum() * found.interval_s)
    assert found.sentences[0].startswith(f"4 clusters: {n_spikes} of ")
    assert [sentence.split(":")[0] for sentence in found.sentences[1:]] == [f"Cluster {one}" for one in range(4)]
    assert "16 pairs tested by" in found.method
    assert "Benjamini–Hochberg" in found.method


def test_changes_are_over_a_running_baseline_and_less_what_is_around(source, pixels, regions):
    window_s = 50 * source.clock.interval_s
    found = compute_changes(source, regions, Baseline(window_s, 20))
    assert np.allclose(found[0], relative_change(pixels[:, :4, :4].mean(axis=(1, 2)), 50, percentile=20))
    corner = Regions(np.array([1]), [np.array([0])])
    around = compute_changes(source, corner, Baseline(window_s, 20, 0.7))
    y, x = np.mgrid[:8, :8]
    ring = (y**2 + x**2 > 4) & (y**2 + x**2 <= 100)
    neuropil = pixels[:, ring].mean(axis=1)
    wanted = relative_change(pixels[:, 0, 0], 50, percentile=20, neuropil=neuropil)
    assert np.allclose(around[0], wanted)


def test_traces_that_were_read_are_used_as_they_are(session, source, regions):
    traces = np.random.default_rng(1).gamma(5, 10, (4, 400))
    read = Regions(regions.ids, regions.pixels, traces)
    window_s = 50 * source.clock.interval_s
    assert np.allclose(compute_changes(source, read, Baseline(window_s, 8)), relative_change(traces, 50))
    with pytest.raises(ImagingError, match="have 300 frames and the movie 400; they are of another movie"):
        compute_changes(source, Regions(regions.ids, regions.pixels, traces[:, :300]), Baseline())


def test_rows_have_their_own_times(session, clock, counts):
    rows = np.arange(8) * clock.interval_s / 8
    base = clock.with_rows(8, clock.interval_s / 8)
    times_s = session.model.spike_samples[session.manager.spikes(0)] / session.model.sample_rate
    pixels = np.zeros((400, 8, 2))
    for row, offset_s in enumerate(rows):
        frames = clock.frame_at(times_s - offset_s)
        np.add.at(pixels[:, row], frames[(frames >= 0) & (frames < 400)], 1)
    exact = compute_correlations(session, [0], TimedMovie("movie", Movie(pixels), base), [0]).correlation
    assert exact.min() > 0.99  # but for spikes at the ends, which count for all rows or none
    plain = compute_correlations(session, [0], TimedMovie("movie", Movie(pixels), base, False), [0]).correlation
    assert plain[0, -1, 0] < 0.9


def test_lags_are_whole_frames_within_the_times(source):
    interval_s = source.clock.interval_s
    assert source.lags(-interval_s, 2 * interval_s).tolist() == [-1, 0, 1, 2]
    assert source.lags(0.1 * interval_s, 2.9 * interval_s).tolist() == [1, 2]
    assert source.lags(0.0, 0.0).tolist() == [0]


def test_what_cannot_be_compared_is_said(session, source, regions):
    with pytest.raises(ImagingError, match="Select clusters first"):
        compute_averages(session, [], source, LAGS)
    late = TimedMovie("late", source.movie, TimeBase.from_rate(400, 10.0, 1e6))
    with pytest.raises(ImagingError, match=r"no spikes to compare with late\. Cluster 0: 0 of .* outside of the movie"):
        compute_correlations(session, [0], late, LAGS)
    with pytest.raises(ImagingError, match="movie has 400 frames and its clock 9"):
        TimedMovie("movie", source.movie, TimeBase.from_rate(9, 10.0))
    with pytest.raises(ImagingError, match="the labels are empty"):
        compute_cell_pairs(session, [0], source, Regions(np.array([], int), []), LAGS)
