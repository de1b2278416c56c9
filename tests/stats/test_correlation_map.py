"""Correlation maps against NumPy's coefficients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_phy.core.errors import ImagingError
from napari_phy.stats import movie as movie_module
from napari_phy.stats.correlation_map import compared_frames, compute_correlation_map
from napari_phy.stats.movie import Movie


def brute(pixels, rates, lags, used):
    """Return (n_clusters, n_lags, y, x) coefficients over the frames of which all lags cross no gap; rates by row."""
    n_frames = len(pixels)
    around = range(min(0, *lags), max(0, *lags) + 1)
    frames = [
        frame
        for frame in range(n_frames)
        if all(0 <= frame - step < n_frames and used[frame - step] for step in around)
    ]
    found = np.empty((len(rates), len(lags), *pixels.shape[1:]))
    for cluster, of_rows in enumerate(rates):
        for place, lag in enumerate(lags):
            for y, x in np.ndindex(pixels.shape[1:]):
                rate = of_rows[y][np.array(frames) - lag]
                found[cluster, place, y, x] = np.corrcoef(rate, pixels[frames, y, x])[0, 1]
    return found, len(frames)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(-2, 2), st.integers(1, 4), st.booleans(), st.integers(1, 20))
def test_maps_are_the_coefficients_of_each_pixel_at_its_best_lag(seed, low, n_lags, has_rows, per_block):
    rng = np.random.default_rng(seed)
    pixels = rng.normal(1e4, 3, (60, 3, 2))
    lags = np.arange(low, low + n_lags)
    rates = rng.poisson(1.0, (2, 3 if has_rows else 1, 60))
    used = rng.random(60) > 0.05
    stretches = np.where(used, np.cumsum(~used), -1)
    wanted, n_frames = brute(pixels, np.broadcast_to(rates, (2, 3, 60)), lags, used)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(movie_module, "BLOCK_BYTES", 8 * 6 * per_block)
        found = compute_correlation_map(Movie(pixels), rates if has_rows else rates[:, 0], lags, stretches=stretches)
    best = np.abs(wanted).argmax(axis=1)
    assert found.n_frames == n_frames
    assert np.allclose(found.correlation, np.take_along_axis(wanted, best[:, None], axis=1)[:, 0], atol=1e-9)
    assert np.array_equal(found.lag, lags[best])


def test_a_bright_background_costs_no_digits():
    rng = np.random.default_rng(0)
    rate, noise = rng.poisson(1.0, 500), rng.normal(size=(500, 1, 1))
    flat = compute_correlation_map(Movie(noise), rate[None], [0]).correlation
    bright = compute_correlation_map(Movie(noise + 1e8), rate[None], [0]).correlation
    assert np.allclose(flat, bright, atol=1e-7)


def test_a_pixel_that_repeats_the_rate_later_is_found_with_its_lag():
    rate = np.random.default_rng(3).poisson(0.3, 300)
    pixels = np.zeros((300, 4, 4), np.uint8)
    pixels[2:, 1, 2] = 100 + 5 * rate[:-2]
    pixels[2:, 3, 3] = 100 - 5 * rate[:-2]
    found = compute_correlation_map(Movie(pixels), rate[None], range(-3, 6))
    assert found.correlation[0, 1, 2] == pytest.approx(1)
    assert found.correlation[0, 3, 3] == pytest.approx(-1)
    assert found.lag[0, 1, 2] == found.lag[0, 3, 3] == 2
    assert np.isnan(found.correlation).sum() == 14


def test_masked_constant_and_unknown_pixels_have_no_correlation():
    pixels = np.random.default_rng(4).normal(size=(50, 2, 2))
    pixels[:, 0, 0] = 0.1
    pixels[20, 0, 1] = np.nan
    mask = np.array([[True, True], [False, True]])
    found = compute_correlation_map(Movie(pixels), np.arange(50)[None] % 3, [0], mask=mask)
    assert np.isnan(found.correlation[0]).tolist() == [[True, True], [True, False]]
    silent = compute_correlation_map(Movie(pixels), np.zeros((1, 50)), [0])
    assert np.isnan(silent.correlation).all()


def test_too_few_frames_are_said():
    with pytest.raises(ImagingError, match="Only 0 of 5 frames"):
        compute_correlation_map(Movie(np.ones((5, 2, 2))), np.zeros((1, 5)), range(-3, 4))


@given(
    st.lists(st.sampled_from(["next", "gap", "begins"]), min_size=1, max_size=20),
    st.lists(st.integers(-3, 3), min_size=1, max_size=3),
)
def test_a_frame_is_compared_where_no_lag_leaves_its_stretch(kinds, lags):
    n = len(kinds)
    numbers = np.cumsum([kind != "next" for kind in kinds])
    stretches = np.where([kind == "gap" for kind in kinds], -1, numbers)
    around = range(min(0, *lags), max(0, *lags) + 1)
    wanted = []
    for frame in range(n):
        places = [frame - step for step in around]
        is_inside = places[-1] >= 0 and places[0] < n
        wanted.append(is_inside and len(set(stretches[places])) == 1 and stretches[frame] >= 0)
    if sum(wanted) < 3:
        with pytest.raises(ImagingError, match=f"Only {sum(wanted)} of {n} frames"):
            compared_frames(stretches, np.array(lags))
    else:
        assert compared_frames(stretches, np.array(lags)).tolist() == wanted


def test_three_frames_can_be_compared_and_two_cannot():
    rng = np.random.default_rng(5)
    pixels, rate = rng.normal(size=(4, 2, 2)), np.array([[0, 1, 0, 3]])
    assert compute_correlation_map(Movie(pixels), rate, [0, 1]).n_frames == 3
    with pytest.raises(ImagingError, match=r"^Only 2 of 4 frames can be compared at all lags; take fewer lags\."):
        compute_correlation_map(Movie(pixels), rate, [0, 1, 2])


def test_maps_that_need_too_much_memory_are_said():
    huge = Movie(np.broadcast_to(np.uint8(0), (9, 4096, 4096)))
    with pytest.raises(ImagingError, match=r"^The map needs 0\.6 GiB of memory, more than 0\.5 GiB; take fewer"):
        compute_correlation_map(huge, np.zeros((1, 9)), range(5))


def test_of_two_lags_that_fit_alike_the_first_is_told_and_progress_goes_to_the_end():
    shares = []
    pixels = np.tile([0.0, 1.0, 0.0, 1.0], 6)[:, None, None]
    found = compute_correlation_map(Movie(pixels), pixels[:, 0, 0][None], [0, 2], on_progress=shares.append)
    assert (found.lag.item(), found.correlation.item()) == (0, pytest.approx(1))
    assert shares[-1] == 1
