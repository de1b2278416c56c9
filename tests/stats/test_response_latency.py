"""Responses that were put into trains of spikes are found with their latency; without one, hardly ever."""

import numpy as np
import pytest

from napari_phy.stats import response_latency
from napari_phy.stats.peri_event import AlignedSpikes, align_spikes, recorded_around
from napari_phy.stats.response_latency import FEWEST_TRIALS, N_SHIFTS, find_response

RATE = 20_000
MS = RATE // 1000


def spikes_around(rng, n_trials, background_hz, latency_ms=None, jitter_ms=0.5, share=1.0, burst=1):
    """Return spikes around events a second apart, with a response of some trials."""
    n_samples = (n_trials + 1) * RATE
    spikes = rng.integers(0, n_samples, rng.poisson(background_hz * n_samples / RATE))
    events = np.arange(1, n_trials + 1) * RATE
    if latency_ms is not None:
        some = events[rng.random(n_trials) < share]
        first = some + np.rint(rng.normal(latency_ms, jitter_ms, len(some)) * MS).astype(int)
        spikes = np.concatenate([spikes, *(first + 3 * MS * later for later in range(burst))])
    recorded = recorded_around(events, np.array([0]), np.array([n_samples + RATE]))
    return align_spikes(np.sort(spikes), events, -200 * MS, 100 * MS, recorded)


@pytest.mark.parametrize("latency_ms", [3.0, 8.0, 25.0, 60.0])
@pytest.mark.parametrize(
    ("background_hz", "share", "burst"), [(0, 1, 1), (5, 0.8, 1), (20, 0.6, 1), (40, 0.9, 3), (2, 0.2, 1)]
)
def test_the_latency_is_within_a_millisecond(latency_ms, background_hz, share, burst):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        aligned = spikes_around(rng, 120, background_hz, latency_ms, 0.8, share, burst)
        found = find_response(aligned, 120, 100 * MS, 200 * MS)
        assert found is not None
        assert abs(found.latency / MS - latency_ms) < 1
        assert found.start <= found.latency < found.stop
        assert found.jitter / MS < 3
        assert found.reliability == pytest.approx(share, abs=0.2)
        assert found.p_value <= 0.01


def test_the_jitter_is_that_of_the_first_spikes():
    for jitter_ms in (0.3, 1.0, 2.0):
        found = [
            find_response(
                spikes_around(np.random.default_rng(seed), 150, 5, 12.0, jitter_ms, 0.9), 150, 50 * MS, 200 * MS
            )
            for seed in range(6)
        ]
        assert np.mean([one.jitter for one in found]) / MS == pytest.approx(jitter_ms, rel=0.25)


@pytest.mark.parametrize("background_hz", [0, 1, 10, 60])
def test_a_train_without_a_response_has_hardly_ever_one(background_hz):
    found = [
        find_response(spikes_around(np.random.default_rng(seed), 60, background_hz), 60, 50 * MS, 200 * MS)
        for seed in range(60)
    ]
    assert sum(one is not None for one in found) <= 3  # of 60, at α = 0.01


def test_bursts_of_a_few_trials_are_no_response():
    rows, lags = np.repeat([3, 17], 12), np.tile(np.arange(12) * MS, 2)
    before = np.repeat(np.arange(0, 40, 4), 12), np.tile(-100 * MS + np.arange(12) * MS, 10)
    order = np.lexsort((np.append(lags, before[1]), np.append(rows, before[0])))
    aligned = AlignedSpikes(np.append(rows, before[0])[order], np.append(lags, before[1])[order])
    assert find_response(aligned, 40, 50 * MS, 200 * MS) is None


def test_the_first_spikes_of_bursts_tell_latency_and_jitter():
    rows, lags = np.repeat(np.arange(8), 5), np.tile(np.arange(10, 15) * MS, 8)
    found = find_response(AlignedSpikes(rows, lags), 40, 50 * MS, 200 * MS)
    assert found.p_value == 1 / (N_SHIFTS + 1)
    assert (found.latency, found.jitter, found.reliability) == (10 * MS, 0, 0.2)


def test_fewer_trials_than_five_tell_nothing():
    for n in (1, 4, 5):
        found = find_response(AlignedSpikes(np.arange(n), np.full(n, 10 * MS)), n, 50 * MS, 200 * MS)
        assert (found is not None) == (n >= FEWEST_TRIALS)


def test_a_pause_after_events_is_no_response():
    for seed in range(10):
        aligned = spikes_around(np.random.default_rng(seed), 100, 20)
        quiet = (aligned.lags >= 5 * MS) & (aligned.lags < 40 * MS)
        assert find_response(aligned.where(~quiet), 100, 100 * MS, 200 * MS) is None


class Case:
    """A train around trials that may respond; what is put in is known."""

    def __init__(self, seed, *, responds):
        rng = np.random.default_rng(seed)
        self.n_trials = int(rng.integers(10, 150))
        self.window_ms, self.baseline_ms = int(rng.choice([50, 100, 500])), int(rng.choice([50, 100, 200]))
        self.background_hz, burst = 10 ** rng.uniform(-0.5, 1.7), int(rng.integers(1, 4))
        self.latency_ms, jitter_ms = rng.uniform(3, 45), rng.choice([0.3, 1.0, 2.0])
        share = rng.uniform(0.15, 1.0) if responds else 0.0
        bursts = rng.random() < 0.3
        lead_ms = 10  # bursts may have begun before
        total = self.window_ms + self.baseline_ms + lead_ms
        lags, rows = [], []
        for trial in range(self.n_trials):
            rate = self.background_hz * rng.gamma(2, 0.5)  # from trial to trial
            first_ms = -self.baseline_ms - lead_ms
            spikes = rng.uniform(first_ms, self.window_ms, rng.poisson(rate * total / 1000))
            if bursts:
                spikes = np.concatenate([spikes, spikes + 3, spikes + 6])
            if rng.random() < share:
                spikes = np.append(spikes, self.latency_ms + rng.normal(0, jitter_ms) + 3.0 * np.arange(burst))
            kept = np.sort(spikes[(spikes >= -self.baseline_ms) & (spikes < self.window_ms)])
            lags.append(np.floor(kept * MS))
            rows.append(np.full(len(kept), trial))
        self.aligned = AlignedSpikes(np.concatenate(rows), np.concatenate(lags).astype(np.int64))
        width_ms = 4 * jitter_ms + 3.0 * (burst - 1)
        by_chance = self.n_trials * self.background_hz * (3 if bursts else 1) * width_ms / 1000
        extra = share * self.n_trials * burst
        self.is_visible = share * self.n_trials >= 5 and extra >= 5 * np.sqrt(by_chance * (3 if bursts else 1))

    def response(self, alpha):
        return find_response(self.aligned, self.n_trials, self.window_ms * MS, self.baseline_ms * MS, alpha)


@pytest.mark.parametrize("n", [60, pytest.param(600, marks=pytest.mark.soak)])
def test_of_many_trains_few_without_a_response_have_one_and_most_that_are_seen_have(n):
    silent = [Case(seed, responds=False).response(0.05) for seed in range(n)]
    assert np.mean([found is not None for found in silent]) <= 0.05
    visible = [case for seed in range(n // 2) if (case := Case(1000 + seed, responds=True)).is_visible]
    found = [(case, case.response(0.01)) for case in visible]
    assert len(found) > 0.4 * n
    assert np.mean([one is not None for _, one in found]) >= 0.9
    errors_ms = np.array([one.latency / MS - case.latency_ms for case, one in found if one is not None])
    assert np.mean(np.abs(errors_ms) <= 1) >= 0.95


@pytest.mark.parametrize("n", [40, pytest.param(400, marks=pytest.mark.soak)])
def test_weak_responses_of_few_trials_are_found(n):
    found = []
    for seed in range(n):
        rng = np.random.default_rng(seed)
        n_trials, background_hz, share = int(rng.integers(8, 25)), rng.uniform(0.5, 8), rng.uniform(0.35, 0.9)
        latency_ms, jitter_ms = rng.uniform(5, 40), rng.choice([0.5, 1.5, 3.0])
        rows, lags = [], []
        for trial in range(n_trials):
            spikes = rng.uniform(-200, 500, rng.poisson(background_hz * 0.7))
            if rng.random() < share:
                spikes = np.append(spikes, latency_ms + rng.normal(0, jitter_ms))
            lags.append(np.sort(np.floor(spikes * MS)))
            rows.append(np.full(len(spikes), trial))
        aligned = AlignedSpikes(np.concatenate(rows), np.concatenate(lags).astype(np.int64))
        if share * n_trials >= 5:
            found.append(find_response(aligned, n_trials, 500 * MS, 200 * MS))
    assert np.mean([one is not None for one in found]) >= 0.9


def test_nothing_to_compare_with_is_no_response():
    rng = np.random.default_rng(0)
    aligned = spikes_around(rng, 50, 5, 10.0)
    assert find_response(aligned, 50, 50 * MS, 0) is None
    assert find_response(aligned, 0, 50 * MS, 200 * MS) is None
    assert find_response(AlignedSpikes(np.empty(0, np.int64), np.empty(0, np.int64)), 50, 50 * MS, 200 * MS) is None


def stretch_by_looking_at_all(lags, n_before, window, baseline, n_steps):
    """Return the stretch in which the spikes are least likely at the rate before."""
    found, most = None, 0.0
    edges = np.linspace(0, window, n_steps + 1)
    for first in range(n_steps):
        for last in range(first + 1, n_steps + 1):
            n, length = int(((lags >= edges[first]) & (lags < edges[last])).sum()), edges[last] - edges[first]
            share = length / (length + baseline)
            expected = (n + n_before) * share
            if n > expected:
                ratio = n * np.log(n / expected)
                ratio += n_before * np.log(n_before / ((n + n_before) * (1 - share))) if n_before else 0
                if ratio > most * (1 + 1e-12):
                    found, most = (edges[first], edges[last]), ratio
    return found


@pytest.mark.parametrize("seed", range(12))
def test_the_stretch_and_the_p_value_are_those_of_a_look_at_all_stretches(monkeypatch, seed):
    monkeypatch.setattr(response_latency, "N_STEPS", 10)
    rng = np.random.default_rng(seed)
    n_trials, window, baseline = 60, 100, 150
    rows = np.concatenate([rng.integers(0, n_trials, 40), np.arange(0, n_trials, 2)])
    lags = np.concatenate([rng.integers(-baseline, window, 40), rng.integers(20, 60, n_trials // 2)])
    order = np.lexsort((lags, rows))
    rows, lags = rows[order], lags[order]
    found = find_response(AlignedSpikes(rows, lags), n_trials, window, baseline, alpha=1.0)
    before = lags < 0
    start, stop = stretch_by_looking_at_all(lags[~before], before.sum(), window, baseline, 10)
    assert (found.start, found.stop) == pytest.approx((start, stop))
    inside = (lags >= start) & (lags < stop)
    firsts = [lags[inside & (rows == row)].min() for row in np.unique(rows[inside])]
    assert found.latency == np.median(firsts)
    assert found.jitter == pytest.approx(np.std(firsts, ddof=1))
    assert found.reliability == len(firsts) / n_trials
    p_value = plain_p_value(rng, rows, lags, n_trials, window, baseline)
    assert found.p_value == pytest.approx(p_value, abs=0.1)
    assert 200 * found.p_value == pytest.approx(round(200 * found.p_value))


def plain_p_value(rng, rows, lags, n_trials, window, baseline):
    """Return the share of trials shifted in circles with a stretch of 10 that is as unlikely."""

    def largest(shifted):
        inside = [lag for lag in shifted if lag >= 0]
        n_before, ratios = len(shifted) - len(inside), [0.0]
        for first in range(0, window, 10):
            for last in range(first + 10, window + 1, 10):
                n, share = sum(first <= lag < last for lag in inside), (last - first) / (last - first + baseline)
                if n > (n + n_before) * share:
                    others = n_before * np.log(n_before / ((n + n_before) * (1 - share))) if n_before else 0
                    ratios.append(n * np.log(n / ((n + n_before) * share)) + others)
        return max(ratios)

    actual = largest(lags) - 1e-9
    shifts = rng.integers(0, window + baseline, (100, n_trials))
    return np.mean([largest((lags + baseline + of[rows]) % (window + baseline) - baseline) >= actual for of in shifts])


def test_a_single_first_spike_has_no_jitter_and_alpha_decides():
    one = AlignedSpikes(np.array([0]), np.array([5]))
    found = find_response(one, 100, 50, 10_000, alpha=1e9)
    assert np.isnan(found.jitter)
    assert (found.latency, found.reliability) == (5, 0.01)
    many = AlignedSpikes(np.arange(30), np.full(30, 5))
    p_value = find_response(many, 100, 50, 10_000).p_value
    assert find_response(many, 100, 50, 10_000, alpha=p_value) is not None
    assert find_response(many, 100, 50, 10_000, alpha=0.99 * p_value) is None
    assert find_response(many, 100, 0, 10_000) is None


def test_spikes_at_the_event_are_after_it_and_those_at_the_ends_of_the_windows_are_left_out():
    rows = np.arange(40)
    for lag, is_inside in ((0, True), (49, True), (50, False), (-1, False)):
        found = find_response(AlignedSpikes(rows, np.full(40, lag)), 40, 50, 200)
        assert (found is not None) is is_inside
