"""Circular shifts find pairs that belong to each other, and call as few others as they should."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_phy.core.errors import ImagingError
from napari_phy.stats import circular_shifts
from napari_phy.stats.circular_shifts import adjust_p, autocorrelation_length, compute_pair_test

N_FRAMES, SLOW = 6000, 0.98  # autocorrelation length about 115 frames


def decaying(values, share):
    """Return what is left of all values so far, when each frame leaves a share of it."""
    from scipy.signal import lfilter

    return lfilter([1], [1, -share], values)


def slow_traces(rng, n, n_frames=N_FRAMES):
    return decaying(rng.normal(size=(n, n_frames + 1000)), SLOW)[:, 1000:]


def slow_rates(rng, n, n_frames=N_FRAMES):
    drive = slow_traces(rng, n, n_frames)
    return rng.poisson(0.2 * np.exp(0.8 * drive / drive.std()))


def shuffled_p(rates, traces, lags, n_shuffles, rng):
    """Return p-values of the same statistic, when spikes are put into any frame instead."""
    found = np.empty((len(rates), len(traces)))
    unit = (traces - traces.mean(axis=1, keepdims=True)) / traces.std(axis=1, keepdims=True)

    def largest(rate):
        rate = (rate - rate.mean()) / rate.std()
        return np.max([np.abs(unit @ np.roll(rate, lag)) for lag in lags], axis=0)

    for cluster, rate in enumerate(rates):
        actual = largest(rate)
        null = np.array([largest(rng.permutation(rate)) for _ in range(n_shuffles)])
        found[cluster] = (1 + (null >= actual).sum(axis=0)) / (1 + n_shuffles)
    return found


def test_slow_signals_that_are_independent_fool_shuffles_and_not_circular_shifts():
    rng = np.random.default_rng(0)
    lags = range(-5, 11, 5)
    shifted, shuffled = [], []
    for _ in range(12):
        rates, traces = slow_rates(rng, 6), slow_traces(rng, 25)
        shifted.append(compute_pair_test(rates, traces, lags).p)
        shuffled.append(shuffled_p(rates[:1], traces, lags, 99, rng))
    assert np.mean(np.array(shuffled) <= 0.05) > 0.2
    assert np.mean(np.array(shifted) <= 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.mean(np.array(shifted) <= 0.01) == pytest.approx(0.01, abs=0.008)


def test_nothing_is_significant_among_independent_pairs_and_all_that_belong_together_are():
    rng = np.random.default_rng(1)
    rates, traces = slow_rates(rng, 5), slow_traces(rng, 40)
    assert (compute_pair_test(rates, traces, range(-5, 11)).q > 0.05).all()
    pairs = [(0, 3), (1, 7), (4, 12)]
    for cluster, cell in pairs:
        calcium = decaying(rates[cluster], 0.9)
        traces[cell] = 0.3 * traces[cell] + np.roll(calcium, 2) / calcium.std() * traces[cell].std()
    found = compute_pair_test(rates, traces, range(-5, 11))
    assert sorted(map(tuple, np.argwhere(found.q <= 0.05).tolist())) == pairs
    for pair in pairs:
        assert found.correlation[pair] > 0.3
        assert 2 <= found.lag[pair] <= 8


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(-3, 3), st.integers(1, 4))
def test_correlations_are_coefficients_at_the_best_lag_and_none_goes_over_a_gap(seed, low, n_lags):
    rng = np.random.default_rng(seed)
    rates, traces, lags = rng.poisson(1.0, (2, 3, 400)), rng.normal(50, 2, (3, 400)), np.arange(low, low + n_lags)
    begins = rng.random(400) < 0.03
    stretches = np.where(rng.random(400) < 0.02, -1, np.cumsum(begins))
    stretches[300:330] = -1
    stretches[stretches >= 0] += np.cumsum(stretches < 0)[stretches >= 0]
    found = compute_pair_test(rates, traces, lags, stretches=stretches, min_shift=6)
    around = range(min(0, low), max(0, low + n_lags - 1) + 1)
    parts = [np.flatnonzero(stretches == number) for number in np.unique(stretches[stretches >= 0])]
    frames = np.array([f for part in parts for f in part if all(f - step in part for step in around)])
    for cluster in range(2):
        for cell in range(3):
            wanted = [np.corrcoef(rates[cluster, cell, frames - lag], traces[cell, frames])[0, 1] for lag in lags]
            best = int(np.argmax(np.abs(wanted)))
            assert found.correlation[cluster, cell] == pytest.approx(wanted[best])
            assert found.lag[cluster, cell] == lags[best]
    assert found.n_shifts == (stretches >= 0).sum() // 6 - 1
    assert found.shift >= 6
    gaps = stretches < 0
    rates[..., gaps], traces[:, gaps] = 1000, np.nan
    other = compute_pair_test(rates, traces, lags, stretches=stretches, min_shift=6)
    assert np.allclose(other.p, found.p)
    turned = np.concatenate(parts[::-1])
    of_turned = np.repeat(np.arange(len(parts)), [len(part) for part in parts[::-1]])
    other = compute_pair_test(rates[..., turned], traces[:, turned], lags, stretches=of_turned, min_shift=6)
    assert np.allclose(other.correlation, found.correlation)
    assert np.array_equal(other.lag, found.lag)


def test_cells_that_follow_across_a_gap_alone_are_no_pair():
    """Two epochs of 300 frames; the end of the first would predict the beginning of the second if they were joined."""
    rng = np.random.default_rng(12)
    rates, traces = rng.poisson(0.2, (1, 601)), rng.normal(size=(20, 601))
    rates[0, 290:300], traces[5, 301:306] = 30, 60.0
    stretches = np.repeat([0, -1, 1], [300, 1, 300])
    lags = np.arange(8)
    joined = compute_pair_test(rates[:, stretches >= 0], traces[:, stretches >= 0], lags)
    found = compute_pair_test(rates, traces, lags, stretches=stretches)
    assert joined.correlation[0, 5] > 0.4
    assert joined.q[0, 5] < 0.05
    assert abs(found.correlation[0, 5]) < 0.1
    assert (found.q[0] > 0.05).all()


def test_the_p_value_is_the_share_of_the_scores_of_all_traces_at_all_shifts_that_are_as_large():
    rng = np.random.default_rng(7)
    rate, traces, lags = rng.poisson(1.0, 300), rng.normal(size=(4, 300)), [0, 1]
    traces[1] += 0.2 * rate
    found = compute_pair_test(rate[None], traces, lags, min_shift=10)
    largest = np.array(
        [
            [
                max(abs(np.corrcoef(np.roll(rate, shift + lag)[1:], trace[1:])[0, 1]) for lag in lags)
                for shift in range(0, 300, 10)
            ]
            for trace in traces
        ]
    )
    scores = (largest - largest.mean(axis=1, keepdims=True)) / largest.std(axis=1, keepdims=True)
    wanted = [(1 + (scores[:, 1:] >= score).sum()) / (1 + 4 * 29) for score in scores[:, 0]]
    assert found.p[0] == pytest.approx(wanted)


def test_the_same_is_found_each_time_and_shifts_are_longer_than_what_is_remembered():
    rng = np.random.default_rng(3)
    rates, traces = slow_rates(rng, 2), slow_traces(rng, 10)
    one, other = (compute_pair_test(rates, traces, range(5)) for _ in range(2))
    assert np.array_equal(one.p, other.p)
    assert one.shift >= np.median([autocorrelation_length(trace) for trace in traces])


def test_constant_and_unknown_traces_have_no_p_value():
    rng = np.random.default_rng(4)
    traces = rng.normal(size=(4, 500))
    traces[1], traces[2, 7] = 3.3, np.nan
    found = compute_pair_test([rng.poisson(1, 500), np.zeros(500)], traces, [0])
    assert np.isfinite(found.p[0]).tolist() == [True, False, False, True]
    assert np.isnan(found.p[1]).all()
    assert np.isnan(found.q[1]).all()


def test_a_movie_that_is_too_short_and_shapes_that_do_not_fit_are_said():
    rng = np.random.default_rng(5)
    with pytest.raises(ImagingError, match="too short for a test: its 500 frames can be shifted only"):
        compute_pair_test(slow_rates(rng, 1, 500), slow_traces(rng, 5, 500), [0])
    for rates, traces in (((1, 5), (2, 6)), ((1, 6), (6,)), ((6,), (2, 6)), ((1, 6), (2, 6, 6))):
        with pytest.raises(ImagingError, match="not of the same frames"):
            compute_pair_test(np.zeros(rates), np.zeros(traces), [0])


def test_adjusted_p_values_are_those_of_the_step_up_procedure():
    p = np.array([[0.01, 0.04, np.nan], [0.03, 0.005, 0.9]])
    assert np.allclose(adjust_p(p), [[0.025, 0.05, np.nan], [0.05, 0.025, 0.9]], equal_nan=True)
    rng = np.random.default_rng(6)
    p = rng.random(50) ** 3
    ranked, q = np.sort(p), adjust_p(p)
    for level in (0.01, 0.05, 0.2):
        below = np.flatnonzero(ranked <= level * np.arange(1, 51) / 50)
        assert (q <= level).sum() == (below[-1] + 1 if len(below) else 0)


def test_white_noise_is_forgotten_at_once_and_slow_signals_are_not():
    rng = np.random.default_rng(7)
    assert autocorrelation_length(rng.normal(size=5000)) == 1
    lengths = [autocorrelation_length(trace) for trace in slow_traces(rng, 30)]
    assert 60 < np.median(lengths) < 140  # log(0.1) / log(0.98) = 114
    assert autocorrelation_length(np.ones(9)) == 1


def test_nineteen_shifts_are_enough():
    rng = np.random.default_rng(8)
    rates, traces = rng.poisson(1.0, (1, 200)), rng.normal(size=(2, 200))
    found = compute_pair_test(rates, traces, [0], min_shift=10)
    assert (found.n_shifts, found.shift) == (19, 10)
    words = (
        "its 199 frames can be shifted only 18 times by 10 frames, over which brightness or rate stay alike. At least"
    )
    with pytest.raises(ImagingError, match=words):
        compute_pair_test(rates[:, :199], traces[:, :199], [0], min_shift=10)
    with pytest.raises(ImagingError, match="only 0 times by 500 frames"):
        compute_pair_test(rates, traces, [0], min_shift=500)


def test_shifts_are_longer_than_the_lags_reach_and_too_many_lags_are_said():
    rng = np.random.default_rng(9)
    rates, traces = rng.poisson(1.0, (1, 400)), rng.normal(size=(2, 400))
    assert compute_pair_test(rates, traces, range(-3, 7)).n_shifts == 400 // 10 - 1
    assert compute_pair_test(rates, traces, [5]).n_shifts == 399
    with pytest.raises(ImagingError, match="only 18 times by 21 frames, as far as the lags reach; take fewer lags"):
        compute_pair_test(rates, traces, range(21))


def test_the_same_is_found_when_traces_are_taken_a_few_at_a_time(monkeypatch):
    rng = np.random.default_rng(10)
    lags = range(-1, 3)
    for shape in ((3, 300), (3, 7, 300)):
        rates, traces = rng.poisson(1.0, shape), rng.normal(size=(7, 300))
        monkeypatch.setattr(circular_shifts, "_CHUNK_VALUES", 2**23)
        whole = compute_pair_test(rates, traces, lags, min_shift=10)
        monkeypatch.setattr(circular_shifts, "_CHUNK_VALUES", 600)
        shares = []
        parts = compute_pair_test(rates, traces, lags, min_shift=10, on_progress=shares.append)
        for name in ("correlation", "lag", "p", "q"):
            np.testing.assert_allclose(getattr(parts, name), getattr(whole, name))
        assert shares == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_the_length_is_where_the_autocorrelation_is_below_a_tenth_for_the_first_time():
    rng = np.random.default_rng(11)
    for share in (0.5, 0.8, 0.9):
        trace = decaying(rng.normal(size=3000), share)
        centred = trace - trace.mean()
        values = np.correlate(centred, centred, "full")[2999:]
        assert autocorrelation_length(trace) == np.flatnonzero(values < 0.1 * values[0])[0]
    assert autocorrelation_length(np.repeat([1.0, -1.0], 41)) == 25  # of 1 − 3 k / 82


def test_values_of_different_stretches_are_not_alike():
    rng = np.random.default_rng(13)
    parts = [decaying(rng.normal(size=n), 0.9) for n in (400, 700, 900)]
    trace, stretches = np.concatenate(parts), np.repeat([0, 1, 2], [400, 700, 900])
    centred, values = trace - trace.mean(), np.zeros(900)
    for number in range(3):
        part = centred[stretches == number]
        values[: len(part)] += np.correlate(part, part, "full")[len(part) - 1 :]
    assert autocorrelation_length(trace, stretches) == np.flatnonzero(values < 0.1 * values[0])[0]


def test_without_any_trace_there_is_nothing_to_test():
    found = compute_pair_test(np.ones((2, 100)), np.full((3, 100), np.nan), [0])
    assert found.p.shape == (2, 3)
    assert np.isnan(found.p).all()
    assert adjust_p(np.array([np.nan, np.nan])).tolist() == pytest.approx([np.nan, np.nan], nan_ok=True)
    assert adjust_p(np.array([0.7, 0.9])).tolist() == [0.9, 0.9]
    assert adjust_p(np.array([1.0, 0.9])).max() <= 1
