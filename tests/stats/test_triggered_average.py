"""Spike-triggered averages against loops over spikes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_phy.core.errors import ImagingError
from napari_phy.stats import movie as movie_module
from napari_phy.stats.movie import Movie
from napari_phy.stats.triggered_average import compute_triggered_average, peak_lag


def brute(pixels, frames_of, lags):
    """Return the mean over spikes; (n_spikes, n_rows) frames: each row has its own."""
    found = np.empty((len(lags), *pixels.shape[1:]))
    for place, lag in enumerate(lags):
        for row in range(pixels.shape[1]):
            found[place, row] = np.mean([pixels[frames[row] + lag, row] for frames in frames_of], axis=0)
    return found


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(-3, 0), st.integers(0, 4), st.booleans(), st.integers(1, 12))
def test_averages_are_those_of_a_loop_over_spikes(seed, low, high, has_rows, per_block):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 4096, (40, 5, 3)).astype(np.uint16)
    lags = np.arange(low, high + 1)
    clusters = [rng.integers(4, 35, rng.integers(1, 20)) for _ in range(2)]
    delays = np.sort(rng.integers(0, 2, 5)) if has_rows else np.zeros(5, int)
    spikes = [frames[:, None] - delays for frames in clusters]
    counts = np.array([[np.bincount(frames[:, row], minlength=40) for row in range(5)] for frames in spikes])
    counts = counts if has_rows else counts[:, 0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(movie_module, "BLOCK_BYTES", 8 * 15 * per_block)
        found = compute_triggered_average(Movie(pixels), counts, lags)
    assert found.mean is None
    for values, frames in zip(found.values, spikes, strict=True):
        assert np.allclose(values, brute(pixels, frames, lags), rtol=1e-13)


def test_the_mean_is_that_of_the_frames_that_are_named():
    pixels = np.random.default_rng(1).integers(0, 99, (30, 4, 4))
    counts, used = np.zeros((1, 30), int), np.arange(30) > 10
    counts[0, 2] = 1
    found = compute_triggered_average(Movie(pixels), counts, [0], mean_of=used)
    assert np.array_equal(found.mean, pixels[used].mean(axis=0))
    assert np.array_equal(found.values[0, 0], pixels[2])


def test_a_cluster_without_spikes_has_no_average():
    found = compute_triggered_average(Movie(np.ones((9, 2, 2))), np.zeros((1, 9), int), [0, 1])
    assert np.isnan(found.values).all()


def test_pulses_after_each_spike_come_back():
    pixels = np.zeros((100, 3, 3))
    spikes = np.array([10, 40, 41, 80])
    for frame in spikes:
        pixels[frame : frame + 3, 1, 1] += [1, 2, 4]
    counts = np.bincount(spikes, minlength=100)[None]
    values = compute_triggered_average(Movie(pixels), counts, range(-1, 4)).values[0]
    assert values[:, 1, 1].tolist() == [0.25, 1.5, 3.25, 4.5, 1.0]
    assert values.sum() == values[:, 1, 1].sum()


def test_volumes_have_planes_of_rows():
    pixels = np.random.default_rng(2).normal(size=(20, 2, 3, 4))
    counts = np.zeros((1, 6, 20), int)
    counts[0, :3, 5], counts[0, 3:, 6] = 1, 1
    found = compute_triggered_average(Movie(pixels), counts, [0]).values[0, 0]
    assert np.array_equal(found, [pixels[5, 0], pixels[6, 1]])


def test_counts_of_another_movie_and_too_large_averages_are_said():
    with pytest.raises(ImagingError, match=r"\(n, 9\) or \(n, 4, 9\), not \(1, 8\)"):
        compute_triggered_average(Movie(np.ones((9, 4, 4))), np.zeros((1, 8)), [0])
    huge = Movie(np.broadcast_to(np.uint8(0), (9, 4096, 4096)))
    with pytest.raises(ImagingError, match=r"needs 1\.1 GiB of memory"):
        compute_triggered_average(huge, np.zeros((3, 9)), range(3))


def test_frames_nobody_needs_are_not_read_and_progress_goes_to_the_end():
    class Counted:
        shape, dtype = (40, 2, 2), np.dtype(float)

        def __init__(self):
            self.read = []

        def __getitem__(self, key):
            self.read.append((key[0].start, key[0].stop))
            return np.ones((key[0].stop - key[0].start, 2, 2))

    data, counts, shares = Counted(), np.zeros((1, 40)), []
    counts[0, 20] = 3
    found = compute_triggered_average(Movie(data), counts, [-1, 2], on_progress=shares.append)
    assert data.read == [(19, 23)]
    assert (found.values == 1).all()
    assert shares == [0, 1]
    assert compute_triggered_average(Movie(data), counts, [0], mean_of=np.zeros(40, bool)).mean is None


@given(st.integers(3, 9), st.integers(0, 8), st.floats(0.1, 50), st.booleans(), st.integers(0, 99))
def test_the_peak_is_where_an_average_differs_most_from_what_it_is_at_other_lags(n_lags, place, size, falls, seed):
    place %= n_lags
    average = np.tile(np.random.default_rng(seed).normal(0, 100, (3, 4)), (n_lags, 1, 1))
    average[place, 1, 2] += -size if falls else size
    average[:, 0, 0] = np.nan
    assert peak_lag(average) == place
    assert peak_lag(np.zeros((n_lags, 0))) == 0
