"""Traces of regions, their neuropil, ΔF/F and crossings of a threshold, against loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import percentile_filter

from napari_phy.core.errors import ImagingError
from napari_phy.stats.movie import Movie
from napari_phy.stats.region_traces import (
    compute_region_traces,
    neuropil_rings,
    regions_of_labels,
    relative_change,
    threshold_crossings,
    usual_threshold,
)

values = st.lists(st.one_of(st.integers(-5, 5).map(float), st.just(np.nan)), min_size=1, max_size=40)


def test_traces_are_the_means_of_each_label():
    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 999, (30, 8, 9)), rng.integers(0, 5, (8, 9)) * 3
    ids, regions = regions_of_labels(labels)
    traces = compute_region_traces(Movie(pixels), regions)
    assert ids.tolist() == [3, 6, 9, 12]
    for label, trace in zip(ids, traces, strict=True):
        assert np.allclose(trace, pixels[:, labels == label].mean(axis=1))


def test_regions_may_overlap_and_be_empty():
    pixels = np.random.default_rng(1).normal(size=(5, 3, 3))
    regions = [np.array([0, 1, 8]), np.array([], int), np.array([1, 1, 4])]
    traces = compute_region_traces(Movie(pixels), regions)
    flat = pixels.reshape(5, 9)
    assert np.allclose(traces[0], flat[:, [0, 1, 8]].mean(axis=1))
    assert np.isnan(traces[1]).all()
    assert np.allclose(traces[2], flat[:, [1, 1, 4]].mean(axis=1))
    with pytest.raises(ImagingError, match="not within the frames of the movie, 3 × 3 pixels"):
        compute_region_traces(Movie(pixels), [np.array([9])])


def test_of_one_region_only_the_box_around_it_is_read():
    pixels = np.random.default_rng(4).integers(0, 999, (40, 30, 30))
    read = []

    class Watched:
        shape, dtype = pixels.shape, pixels.dtype

        def __getitem__(self, key):
            read.append(pixels[key].size)
            return pixels[key]

    region = np.ravel_multi_index(([5, 6, 6, 8], [20, 20, 22, 21]), (30, 30))
    trace = compute_region_traces(Movie(Watched()), [region])
    assert np.allclose(trace[0], pixels.reshape(40, -1)[:, region].mean(axis=1))
    assert sum(read) == 40 * 4 * 3


def test_pixels_of_other_regions_are_in_no_ring():
    labels = np.zeros((40, 40), int)
    labels[10:13, 10:13], labels[10:13, 17:20] = 1, 2
    _, regions = regions_of_labels(labels)
    both = neuropil_rings(regions, labels.shape)
    assert np.array_equal(neuropil_rings(regions[:1], labels.shape, others=regions[1])[0], both[0])


def test_rings_surround_a_region_and_leave_out_others():
    labels = np.zeros((40, 40), int)
    labels[10:13, 10:13], labels[10:13, 17:20], labels[0, 0] = 1, 2, 3
    _, regions = regions_of_labels(labels)
    rings = neuropil_rings(regions, labels.shape, (2, 6))
    y, x = np.mgrid[:40, :40]
    for region, ring in zip(regions, rings, strict=True):
        near_y, near_x = np.unravel_index(region, labels.shape)
        distance = np.sqrt((y[..., None] - near_y) ** 2 + (x[..., None] - near_x) ** 2).min(axis=-1)
        wanted = (distance > 2) & (distance <= 6) & (labels == 0)
        assert np.array_equal(np.sort(ring), np.flatnonzero(wanted))


def test_relative_change_is_over_a_running_percentile():
    trace = np.random.default_rng(2).gamma(5, 20, 80)
    found = relative_change(trace, 11, percentile=20)
    padded = np.pad(trace, 5, mode="edge")
    for frame in range(80):
        window = np.sort(padded[frame : frame + 11])
        baseline = window[int(11 * 0.2)]
        assert found[frame] == pytest.approx((trace[frame] - baseline) / baseline)


def test_neuropil_takes_its_changes_away_and_leaves_the_level():
    rng = np.random.default_rng(3)
    around = rng.normal(50, 10, 300)
    signal = 100 + 30 * (np.arange(300) % 60 == 0)
    found = relative_change(signal + 0.7 * (around - np.median(around)), 61, neuropil=around)
    assert np.allclose(found, relative_change(signal, 61))
    assert np.allclose(relative_change(signal, 61, neuropil=np.full(300, np.nan)), relative_change(signal, 61))


def test_without_light_there_is_no_change():
    assert np.isnan(relative_change(np.zeros(9), 3)).all()
    with pytest.raises(ImagingError, match="percentile"):
        relative_change(np.ones(9), 0)


def test_a_ring_reaches_from_two_to_ten_pixels_and_ends_at_the_border():
    labels = np.zeros((30, 30), int)
    labels[15, 15], labels[0, 29] = 1, 2
    _, regions = regions_of_labels(labels)
    y, x = np.mgrid[:30, :30]
    for (row, column), ring in zip(((15, 15), (0, 29)), neuropil_rings(regions, labels.shape), strict=True):
        distance = np.hypot(y - row, x - column)
        assert np.array_equal(np.sort(ring), np.flatnonzero((distance > 2) & (distance <= 10) & (labels == 0)))
    (alone,) = neuropil_rings([np.arange(9)], (3, 3))
    assert len(alone) == 0


def test_the_usual_baseline_is_the_eighth_percentile_and_seven_tenths_of_the_neuropil_are_taken():
    rng = np.random.default_rng(5)
    trace, around = rng.gamma(5, 20, 120), rng.normal(50, 5, 120)
    wanted = trace - 0.7 * (around - np.median(around))
    baseline = percentile_filter(wanted, 8, size=31, mode="nearest")
    np.testing.assert_allclose(relative_change(trace, 31, neuropil=around), (wanted - baseline) / baseline)
    some = np.stack([trace, trace + 5])
    shared = relative_change(some, 31, neuropil=np.stack([around, np.full(120, np.nan)]), neuropil_share=0.2)
    np.testing.assert_allclose(shared[1], relative_change(trace + 5, 31))
    np.testing.assert_allclose(shared[0], relative_change(trace - 0.2 * (around - np.median(around)), 31))


@pytest.mark.parametrize(("percentile", "window", "fits"), [(0, 1, 1), (100, 1, 1), (-1, 1, 0), (101, 1, 0), (8, 0, 0)])
def test_a_percentile_and_a_window_of_one_frame_at_least(percentile, window, fits):
    if fits:
        assert relative_change(np.array([1.0, 4.0]), window, percentile=percentile).tolist() == [0, 0]
    else:
        with pytest.raises(ImagingError, match=f"not {percentile} and {window}"):
            relative_change(np.ones(9), window, percentile=percentile)


def test_a_pixel_before_the_first_is_none_and_progress_is_told():
    movie, shares = Movie(np.arange(18.0).reshape(2, 3, 3)), []
    with pytest.raises(ImagingError, match="3 × 3"):
        compute_region_traces(movie, [np.array([-1, 3])])
    assert compute_region_traces(movie, [np.array([0, 8])], on_progress=shares.append).tolist() == [[4, 13]]
    assert shares == [0, 1]
    assert compute_region_traces(movie, []).shape == (0, 2)
    assert np.isnan(compute_region_traces(movie, [np.array([], int)])).all()
    assert [pixels.tolist() for pixels in regions_of_labels([[0, 2], [2, -1]])[1]] == [[3], [1, 2]]


def walked(times, trace, threshold):
    """Return crossings the plain way."""
    found, start = [], None
    for (t0, v0), (t1, v1) in zip(zip(times, trace, strict=True), zip(times[1:], trace[1:], strict=True), strict=False):
        at = t0 + (threshold - v0) / (v1 - v0) * (t1 - t0) if v0 != v1 else t1
        if v0 <= threshold < v1:
            start = at
        elif v0 > threshold and not v1 > threshold:
            if start is not None:
                found.append((start, t0 if np.isnan(v1) else at))
            start = None
    return [*found, *([] if start is None else [(start, times[-1])])]


@given(values, st.sampled_from([-2.0, 0.0, 0.5]), st.booleans())
def test_crossings_are_those_of_a_walk(trace, threshold, falls):
    times = np.cumsum(np.linspace(0.5, 1.5, len(trace)))
    sign = -1 if falls else 1
    wanted = walked(times.tolist(), [sign * value for value in trace], sign * threshold)
    found = threshold_crossings(times, trace, threshold, falls=falls)
    np.testing.assert_allclose(found, np.reshape(wanted, (-1, 2)))
    long = threshold_crossings(times, trace, threshold, falls=falls, shortest_s=1.0)
    np.testing.assert_allclose(long, [one for one in found if one[1] - one[0] >= 1.0] or np.empty((0, 2)))


def test_a_crossing_is_between_two_samples_and_none_at_the_beginning():
    found = threshold_crossings([0, 1, 2, 3, 4, 5], [9, 0, 4, 4, 0, 2], 1.0)
    assert found == pytest.approx(np.array([[1.25, 3.75], [4.5, 5.0]]))
    assert threshold_crossings([0, 1, 2], [0, np.nan, 5], 1.0).shape == (0, 2)


def test_the_usual_threshold_is_three_deviations_of_the_noise_above_the_median():
    trace = np.random.default_rng(0).normal(7.0, 2.0, 100_001)
    trace[::50] = np.nan
    assert usual_threshold(trace) == pytest.approx(7.0 + 3 * 2.0, abs=0.1)
    trace[1::50] = 1e6  # a few transients are no noise
    assert usual_threshold(trace) == pytest.approx(7.0 + 3 * 2.0, abs=0.3)
    assert usual_threshold(np.full(3, np.nan)) == 0.5
