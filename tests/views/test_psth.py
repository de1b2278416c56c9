"""PSTH: against loops over spikes, at the ends of recordings, and of responses that are known."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stand_in_session import StandInSession
from support import ArrayModel
from widgets.light_session import light_session

from napari_phy.core.base_model import Recording
from napari_phy.core.errors import ClusteringError, SettingsError, TimelineError
from napari_phy.stats.response_latency import FEWEST_TRIALS
from napari_phy.views.psth import (
    MOST_BINS,
    MOST_TILES,
    PsthRequest,
    PsthSettings,
    bin_edges,
    compute_psth,
    response_words,
)
from napari_phy.views.trials import make_trials

RATE = 20_000
MS = RATE // 1000


def plain_psth(session, cluster, events, edges, spans):
    """Return counts and numbers of events of each bin, the plain way."""
    spikes = session.model.spike_samples[session.manager.spikes(cluster)].tolist()
    counts, n_events = [], []
    for low, high in pairwise(edges):
        found = n = 0
        for event in events:
            start, stop = [span for span in spans if span[0] <= event][-1]
            if start <= event + low and event + high <= stop:
                n += 1
                found += sum(event + low <= spike < event + high for spike in spikes)
        counts.append(found)
        n_events.append(n)
    return counts, n_events


@settings(max_examples=30)
@given(st.lists(st.integers(0, 20 * RATE - 1), min_size=1, max_size=12), st.sampled_from([3.0, 10.0, 50.0]))
def test_counts_and_rates_are_those_of_loops(events, bin_ms):
    session = StandInSession(small_model())
    model = session.model
    chosen = PsthSettings(before_ms=300, after_ms=700, bin_ms=bin_ms)
    data = compute_psth(session, PsthRequest((4, 1), (make_trials("light", events),), settings=chosen))
    edges = bin_edges(chosen, RATE)
    spans = [(one.start_sample, one.start_sample + one.n_samples) for one in model.recordings]
    (tile,) = data.tiles
    for place, cluster in enumerate((4, 1)):
        counts, n_events = plain_psth(session, cluster, sorted(events), edges, spans)
        assert tile.counts[place].tolist() == counts
        assert tile.n_recorded.tolist() == n_events
        with np.errstate(invalid="ignore", divide="ignore"):
            wanted = np.array(counts) / (np.array(n_events) * np.diff(edges) / RATE)
        np.testing.assert_allclose(tile.rates[place], wanted)
        spikes = model.spike_samples[session.manager.spikes(cluster)]
        for row, event in enumerate(sorted(events)):
            start, stop = [span for span in spans if span[0] <= event][-1]
            near = spikes[(spikes >= max(start, event - 300 * MS)) & (spikes < min(stop, event + 700 * MS))]
            assert tile.spikes[place].lags[tile.spikes[place].rows == row].tolist() == (near - event).tolist()


def small_model(seed=0):
    """Return 900 spikes in two recordings of 8 and 12 s."""
    rng = np.random.default_rng(seed)
    model = ArrayModel(rng.integers(0, 5, 900), np.sort(rng.integers(0, 20 * RATE, 900)), duration=20.0)
    model.recordings = (Recording(0, "a", 0, 8 * RATE), Recording(1, "b", 8 * RATE, 12 * RATE))
    return model


def test_the_baseline_is_subtracted_by_cluster():
    session = StandInSession(small_model())
    events = make_trials("light", np.arange(1, 19) * RATE)
    plain, less = (
        compute_psth(session, PsthRequest((0, 3), (events,), settings=PsthSettings(baseline=baseline))).tiles[0]
        for baseline in (False, True)
    )
    np.testing.assert_allclose(plain.baselines, less.baselines)
    np.testing.assert_allclose(less.rates, plain.rates - plain.baselines[:, None])
    for place, cluster in enumerate((0, 3)):
        spikes = session.model.spike_samples[session.manager.spikes(cluster)]
        before = sum(((spikes >= event - 200 * MS) & (spikes < event)).sum() for event in events.samples)
        silent = 8 * RATE  # the event at 8 s has nothing of its own recording before it
        before -= ((spikes >= silent - 200 * MS) & (spikes < silent)).sum()
        assert plain.baselines[place] == pytest.approx(before / (17 * 0.2))


def test_kinds_and_groups_stand_side_by_side():
    session = StandInSession(small_model())
    side = np.array(["left", "right"] * 9)
    light = make_trials("light", np.arange(1, 19) * RATE, {"side": side, "contrast": np.arange(18) % 4})
    sound = make_trials("sound", np.arange(1, 5) * RATE + 300)
    data = compute_psth(session, PsthRequest((0,), (light, sound), PsthSettings(group_by="side", sort_by="contrast")))
    assert [tile.name for tile in data.tiles] == ["light · side left", "light · side right", "sound"]
    left = data.tiles[0]
    assert left.n_trials == 9
    wanted = sorted(range(0, 18, 2), key=lambda place: (place % 4, place))
    assert left.events.tolist() == [(place + 1) * RATE for place in wanted]
    whole = compute_psth(session, PsthRequest((0,), (light,))).tiles[0]
    assert (left.counts + data.tiles[1].counts == whole.counts).all()
    assert data.caption == "22 trials; bins of 10.0 ms"


def test_many_groups_are_the_first_of_them():
    session = StandInSession(small_model())
    kinds = tuple(make_trials(f"kind {place}", [RATE]) for place in range(MOST_TILES + 3))
    data = compute_psth(session, PsthRequest((0,), kinds))
    assert len(data.tiles) == MOST_TILES
    assert data.caption.startswith(f"the first {MOST_TILES} of {MOST_TILES + 3} groups; ")
    with pytest.raises(TimelineError, match="group by a column of at most"):
        compute_psth(
            session, PsthRequest((0,), (make_trials("x", range(99), {"n": np.arange(99)}),), PsthSettings(group_by="n"))
        )


def test_a_stretch_of_time_leaves_out_the_events_outside():
    session = light_session()
    rate = session.model.sample_rate
    session.time.set_range(2.0, 5.0)
    seconds = np.array([1.0, 2.1, 3.0, 4.9, 6.0])
    data = compute_psth(session.shown, PsthRequest((0,), (make_trials("light", np.rint(seconds * rate)),)))
    (tile,) = data.tiles
    assert (tile.events / rate).tolist() == [2.1, 3.0, 4.9]
    assert tile.n_recorded[0] == 2  # 200 ms before 2.1 s is outside
    assert tile.n_recorded[-1] == 2


def test_epochs_leave_out_the_events_between_them():
    session = light_session()
    rate = session.model.sample_rate
    session.time.set_epochs([(2.0, 5.0), (8.0, 9.0)], "run")
    seconds = np.array([1.0, 2.1, 3.0, 4.9, 6.0, 8.0, 8.5, 9.0])
    events = make_trials("light", np.rint(seconds * rate))
    (tile,) = compute_psth(session.shown, PsthRequest((0,), (events,))).tiles
    assert (tile.events / rate).tolist() == [2.1, 3.0, 4.9, 8.0, 8.5]
    assert tile.n_recorded[0] == 3  # 200 ms before 2.1 and 8.0 s are outside
    assert tile.n_recorded[-1] == 4  # 500 ms after 4.9 s are outside


@pytest.mark.parametrize("latency_ms", [4.0, 15.0, 40.0])
def test_known_responses_come_back(latency_ms):
    rng = np.random.default_rng(round(latency_ms))
    events = np.sort(rng.choice(np.arange(1, 400), 150, replace=False)) * RATE // 2
    kinds = rng.choice(["strong", "weak", "none"], len(events))
    trains = {0: rng.integers(0, 200 * RATE, 1500), 1: rng.integers(0, 200 * RATE, 1000)}
    share = {"strong": 0.95, "weak": 0.5, "none": 0.0}
    fires = rng.random(len(events)) < [share[kind] for kind in kinds]
    trains[0] = np.append(trains[0], events[fires] + np.rint(rng.normal(latency_ms, 0.6, fires.sum()) * MS).astype(int))
    samples, clusters = np.concatenate(list(trains.values())), np.repeat([0, 1], [len(one) for one in trains.values()])
    order = np.argsort(samples, kind="stable")
    session = StandInSession(ArrayModel(clusters[order], samples[order], duration=201.0))
    trials = make_trials("light", events, {"kind": kinds})
    data = compute_psth(session, PsthRequest((0, 1), (trials,), PsthSettings(group_by="kind")))
    found = {tile.value.removeprefix("kind "): tile for tile in data.tiles}
    assert {name: tile.n_trials for name, tile in found.items()} == {name: (kinds == name).sum() for name in share}
    for kind in ("strong", "weak"):
        response = found[kind].responses[0]
        assert abs(data.ms(response.latency) - latency_ms) < 1
        assert data.ms(response.jitter) == pytest.approx(0.6, abs=0.5)
        assert response.reliability == pytest.approx(share[kind], abs=0.15)
        words = f"{data.ms(response.latency):.1f} ± {data.ms(response.jitter):.1f} ms, "
        assert response_words(data, found[kind], 0) == f"{words}{100 * response.reliability:.0f} % of trials"
    assert found["none"].responses[0] is None
    assert all(tile.responses[1] is None for tile in data.tiles)
    assert response_words(data, found["none"], 1) == "no response"


def test_a_few_trials_tell_of_no_response_and_none_without_time_before():
    session = StandInSession(small_model())
    few, many = (make_trials("light", np.arange(2, 2 + n) * RATE) for n in (FEWEST_TRIALS - 1, FEWEST_TRIALS))
    words = []
    for trials, before_ms in ((few, 200), (many, 200), (many, 0)):
        data = compute_psth(session, PsthRequest((1,), (trials,), PsthSettings(before_ms=before_ms, bin_ms=5)))
        words.append(response_words(data, data.tiles[0], 0))
    assert words == ["too few trials to tell", "no response", "no time before to compare with"]


def test_without_clusters_or_events_there_is_nothing():
    session = StandInSession(small_model())
    assert compute_psth(session, PsthRequest((), (make_trials("light", [RATE]),))).tiles[0].rates.shape == (0, 70)
    assert compute_psth(session, PsthRequest((0,), ())).tiles == ()
    (tile,) = compute_psth(session, PsthRequest((0,), (make_trials("light", [10**9]),))).tiles
    assert tile.n_trials == 0
    assert np.isnan(tile.rates).all()
    with pytest.raises(ClusteringError):
        compute_psth(session, PsthRequest((77,), (make_trials("light", [RATE]),)))


@given(st.floats(0, 60_000), st.floats(1, 60_000), st.floats(0.05, 10_000), st.sampled_from([1000.0, 20_000.0]))
def test_bins_begin_at_the_event_and_lie_in_what_is_shown(before_ms, after_ms, bin_ms, rate):
    chosen = PsthSettings(before_ms=before_ms, after_ms=after_ms, bin_ms=min(bin_ms, before_ms + after_ms))
    edges = bin_edges(chosen, rate)
    assert (np.diff(edges) > 0).all()
    assert 2 <= len(edges) <= MOST_BINS + 2
    assert -before_ms * rate / 1000 - 0.5 <= edges[0] <= 0 <= edges[-1] <= after_ms * rate / 1000 + 0.5


def test_settings_that_contradict_each_other_follow():
    usual = PsthSettings()
    assert usual.changed(bin_ms=2000).after_ms == 2000
    assert usual.changed(after_ms=5, before_ms=0).bin_ms == 5
    assert usual.changed(before_ms=0).inactive == dict.fromkeys(
        ("baseline", "response_ms"), "No time before the events is shown."
    )
    with pytest.raises(SettingsError, match=r"^PSTH: a bin of 100 ms is longer than the 30 ms shown\."):
        PsthSettings(before_ms=10, after_ms=20, bin_ms=100)
