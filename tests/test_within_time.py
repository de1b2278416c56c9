"""Views of a stretch of time: what they show of a session is what they would show of a data set cut there."""

import contextlib
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from widgets.light_session import light_session

from napari_phy.actions.navigation import go_to_spike, go_to_violation
from napari_phy.core.errors import ClusteringError, TimelineError
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.views import correlogram_cache
from napari_phy.views.amplitudes import AmplitudeRequest, compute_amplitude_view
from napari_phy.views.cluster_order import order_clusters
from napari_phy.views.cluster_scatter import ClusterScatterRequest, compute_cluster_scatter
from napari_phy.views.correlograms import (
    CorrelogramRequest,
    CorrelogramSettings,
    cache_correlograms,
    compute_correlograms,
)
from napari_phy.views.drawn_spikes import others_of
from napari_phy.views.features import FeatureRequest, compute_features, default_axes
from napari_phy.views.firing_rate import FiringRateRequest, compute_firing_rates
from napari_phy.views.grid import GridRequest, compute_grid
from napari_phy.views.intervals import IntervalsRequest, compute_intervals
from napari_phy.views.psth import PsthRequest, compute_psth
from napari_phy.views.raster import RasterRequest, compute_raster
from napari_phy.views.spike_list import SpikeListRequest, compute_spike_list
from napari_phy.views.time_words import range_words, read_range
from napari_phy.views.trials import make_trials
from napari_phy.views.violations import violating_spikes
from napari_phy.views.wizard_reasons import compute_reasons


@pytest.fixture(scope="module")
def session():
    return light_session()


edges = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted).filter(lambda ends: ends[0] < ends[1])


@given(ends=edges)
def test_each_cluster_has_its_spikes_from_the_start_to_before_the_stop(session, ends):
    start_s, stop_s = (share * session.model.duration for share in ends)
    session.time.set_range(start_s, stop_s)
    samples, rate = session.model.spike_samples.astype(np.int64), session.model.sample_rate
    whole = session.opened.manager
    for cluster in whole.cluster_ids.tolist():
        spikes = whole.spikes(cluster)
        times = samples[spikes] / rate
        expected = spikes[(times >= start_s - 1e-10) & (times < stop_s - 1e-10)]
        assert np.array_equal(session.shown.manager.spikes(cluster), expected)
        assert session.shown.manager.n_spikes(cluster) == len(expected)


@given(st.lists(edges, min_size=1, max_size=4), st.integers(1, 200))
def test_spikes_of_epochs_are_those_of_each(session, ends, n_others):
    duration, rate = session.model.duration, session.model.sample_rate
    spans = [(low * duration, high * duration) for low, high in ends]
    session.time.set_epochs(spans, "run")
    shown, whole = session.shown, session.opened.manager
    times = session.model.spike_samples / rate
    inside = np.zeros(len(times), dtype=bool)
    for start, stop in spans:
        inside |= (times >= start - 1e-10) & (times < stop - 1e-10)
    ids = whole.cluster_ids.tolist()
    for cluster in ids:
        spikes = whole.spikes(cluster)
        assert shown.manager.spikes(cluster).tolist() == spikes[inside[spikes]].tolist()
    others = others_of(shown, shown.manager.spikes(0), n_others)
    assert inside[others].all()
    assert not np.isin(others, whole.spikes(0)).any()
    assert len(others) == min(n_others, inside.sum() - shown.manager.n_spikes(0))
    used_s = sum(stop - start for start, stop in session.time.range_s.spans)
    n_spikes = np.array([shown.manager.n_spikes(cluster) for cluster in ids])
    np.testing.assert_allclose(compute_cluster_table(shown, ids, ["rate"])["rate"], n_spikes / max(used_s, 1 / rate))
    intervals = compute_intervals(shown, IntervalsRequest(tuple(ids)))
    expected = []
    for cluster in ids:
        in_spans = [
            ((times[whole.spikes(cluster)] >= start - 1e-10) & (times[whole.spikes(cluster)] < stop - 1e-10)).sum()
            for start, stop in session.time.range_s.spans
        ]
        expected.append(sum(max(0, n - 1) for n in in_spans))
    assert intervals.n_intervals.tolist() == expected


@st.composite
def epochs_beside_each_other(draw):
    """Return (start, stop) in seconds of epochs with gaps of a few ms between them."""
    edges_ms = np.cumsum(draw(st.lists(st.integers(1, 300), min_size=4, max_size=60)))
    return [(start / 1000, stop / 1000) for start, stop in zip(edges_ms[::2], edges_ms[1::2], strict=False)]


@settings(max_examples=40)
@given(epochs_beside_each_other())
def test_what_is_counted_of_epochs_is_the_sum_over_them(session, spans):
    """No interval and no pair of spikes leads from one epoch to another."""
    ids, clock, rate = (0, 1, 2), session.time, session.model.sample_rate
    wide = CorrelogramRequest(ids, CorrelogramSettings(window_ms=500))
    trials = make_trials("light", np.arange(0.05, 19, 0.31) * rate)
    requests = {
        "correlograms": lambda shown: compute_correlograms(shown, wide).counts,
        "intervals": lambda shown: compute_intervals(shown, IntervalsRequest(ids)).counts,
        "all intervals": lambda shown: compute_intervals(shown, IntervalsRequest(ids)).n_intervals,
        "short intervals": lambda shown: compute_intervals(shown, IntervalsRequest(ids)).n_violations,
        "violations": lambda shown: len(violating_spikes(shown, ids)),
        "listed": lambda shown: len(compute_spike_list(shown, SpikeListRequest(ids, only_violations=True)).spike_ids),
        "known": lambda shown: np.isfinite(compute_spike_list(shown, SpikeListRequest(ids)).intervals_ms).sum(),
        "tile": lambda shown: compute_grid(shown, GridRequest(ids, "id", "autocorrelogram", 0, 1)).tiles[0].values,
        "psth": lambda shown: compute_psth(shown, PsthRequest(ids, (trials,))).tiles[0].counts,
        "trials": lambda shown: compute_psth(shown, PsthRequest(ids, (trials,))).tiles[0].n_recorded,
    }
    clock.set_epochs(spans, "run")
    found = {name: compute(session.shown) for name, compute in requests.items()}
    percent = compute_cluster_table(session.shown, ids, ["refractory"])["refractory"]
    merged = compute_reasons(session.shown, 0, 1, reads_features=False).merged_percent
    sums, n_merged, n_short = dict.fromkeys(requests, 0), 0, 0
    for start_s, stop_s in clock.range_s.spans:
        clock.set_range(start_s, stop_s)
        for name, compute in requests.items():
            sums[name] = sums[name] + compute(session.shown)
        spikes = np.sort(np.concatenate([session.shown.manager.spikes(cluster) for cluster in (0, 1)]))
        gaps = np.diff(session.model.spike_samples[spikes])
        n_merged, n_short = n_merged + len(gaps), n_short + (gaps * 1000 < 2 * rate).sum()
    for name, counts in found.items():
        np.testing.assert_array_equal(counts, sums[name], err_msg=name)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(percent, 100 * sums["short intervals"] / sums["all intervals"])
        np.testing.assert_allclose(merged, 100 * np.divide(n_short, n_merged))


@settings(max_examples=20)
@given(epochs_beside_each_other())
def test_rates_of_tiles_are_those_of_the_time_used_in_each_bin(session, spans):
    session.time.set_epochs(spans, "run")
    shown, rate = session.shown, session.model.sample_rate
    tiles = compute_grid(shown, GridRequest((0, 1), "id", "rate", 0, 2)).tiles
    spans = np.array(session.time.range_s.spans)
    edges = np.linspace(spans[0, 0], spans[-1, 1], len(tiles[0].values) + 1)
    inside = np.clip(edges[:, None], spans[:, 0], spans[:, 1]) - spans[:, 0]
    used_s = np.diff(inside.sum(axis=1))
    for cluster, tile in tiles.items():
        n_spikes = shown.manager.n_spikes(cluster)
        assert (tile.values * used_s).sum() == pytest.approx(n_spikes, rel=0.02)
        assert (tile.values[used_s < 1 / rate] == 0).all()


def test_the_next_violation_is_one_of_the_epochs(session):
    session.time.set_epochs([(1.0, 1.5), (1.501, 4.0)], "run")
    session.selection.select([0])
    for go in (partial(go_to_spike, step=1), go_to_violation):
        session.time.move_to(0.0)
        seen = []
        with contextlib.suppress(ClusteringError):  # where there is no further one
            while len(seen) < 10_000:
                go(session)
                seen.append(session.time.time_s)
        assert len(seen) < 10_000
        assert seen == sorted(seen)
        assert all(1 <= time_s < 4 for time_s in seen)


def test_epochs_are_used_by_name_and_told_by_it(session):
    session.epochs.add(1.0, 2.0, "run")
    session.epochs.add(4.0, 5.5, "run")
    told = []
    session.time.range_changed.connect(lambda: told.append(session.time.range_s))
    session.use_epochs("run")
    session.use_epochs("run")
    assert session.time.range_s == (1.0, 5.5)
    assert session.time.range_s.spans == ((1.0, 2.0), (4.0, 5.5))
    assert range_words(session.time.range_s) == "run (2 epochs)"
    session.time.set_range(1.0, 5.5)
    assert range_words(session.time.range_s) == "1.0–5.5 s"
    assert [one.name for one in told] == ["run", ""]
    session.epochs.add(1000.0, 1001.0, "later")
    for name, words in [("later", "Of later there is nothing within 20 s."), ("walk", "There are no epochs walk.")]:
        with pytest.raises(TimelineError, match=words):
            session.use_epochs(name)
    assert session.time.range_s.name == ""


def test_epochs_are_recordings_those_drawn_and_events_that_last(session):
    session.events.add("light", [1.0, 3.0, 5.0], {"duration": [0.5, 0.0, 2.0]})
    session.events.add("beep", [1.0, 3.0])
    try:
        usable = session.usable_epochs
        assert "beep" not in usable
        assert [(one.start_s, one.stop_s) for one in usable["light"]] == [(1.0, 1.5), (5.0, 7.0)]
        session.use_epochs("light")
        assert session.time.range_s.spans == ((1.0, 1.5), (5.0, 7.0))
        assert ("recordings" in usable) == (len(session.model.recordings) > 1)
    finally:
        session.events.remove("light")
        session.events.remove("beep")


def test_views_follow_the_epochs_in_use():
    session = light_session()
    first = session.epochs.add(1.0, 2.0, "walk")
    session.use_epochs("walk")
    second = session.epochs.add(3.0, 4.0, "walk")
    assert session.time.range_s.spans == ((1.0, 2.0), (3.0, 4.0))
    session.epochs.move(second, 5.0, 6.0)
    session.epochs.remove(first)
    assert session.time.range_s.spans == ((5.0, 6.0),)
    session.epochs.add(7.0, 8.0, "sleep")
    assert session.time.range_s.name == "walk"
    session.time.set_range(1.0, 3.0)
    session.epochs.remove(session.epochs.named("walk")[0])
    assert session.time.range_s == (1.0, 3.0)
    session.use_epochs("sleep")
    session.epochs.remove(session.epochs.named("sleep")[0])
    assert session.time.range_s is None
    session.close()


def test_views_of_all_times_ask_what_is_open(session):
    session.time.clear_range()
    assert session.shown is session.opened
    session.time.set_range(0, 1)
    assert session.shown is session.shown is not session.opened
    assert session.shown.model is session.model
    assert session.shown.sums is session.sums
    assert session.shown.manager.group(0) == session.manager.group(0)


def test_correlograms_of_a_stretch_are_those_of_its_spikes(session):
    session.time.clear_range()
    request = CorrelogramRequest((0, 1, 2), CorrelogramSettings(window_ms=500))
    whole = compute_correlograms(session.shown, request)
    session.time.set_range(0, session.model.duration / 3)
    part = compute_correlograms(session.shown, request)
    assert (part.counts <= whole.counts).all()
    assert 0 < part.counts.sum() < whole.counts.sum() / 2
    n_spikes = [session.shown.manager.n_spikes(cluster) for cluster in (0, 1, 2)]
    assert part.n_spikes.tolist() == n_spikes
    per_bin = part.bin_ms / 1000 / (session.model.duration / 3)  # as many as expected in that time, not in all of it
    np.testing.assert_allclose(part.expected, np.outer(n_spikes, n_spikes) * per_bin)
    session.time.set_range(0, session.model.duration)
    assert np.array_equal(compute_correlograms(session.shown, request).counts, whole.counts)


@given(ends=edges)
def test_every_rate_is_that_of_the_stretch(session, ends):
    """Of the spikes from 2 to 5 s over 3 s, wherever a rate is told or sorted by."""
    duration = session.model.duration
    start_s, stop_s = (round(share * duration, 3) for share in ends)
    if stop_s - start_s < 0.1:
        return
    session.time.set_range(start_s, stop_s)
    shown, ids = session.shown, tuple(range(8))
    times_s = session.model.spike_samples / session.model.sample_rate
    inside = (times_s >= start_s - 1e-9) & (times_s < stop_s - 1e-9)
    counts = np.bincount(session.model.spike_clusters[inside], minlength=8)
    rates = counts / (stop_s - start_s)

    table = compute_cluster_table(shown, ids)
    assert table["spikes"].tolist() == counts.tolist()
    np.testing.assert_allclose(table["rate"], rates)
    means = compute_firing_rates(shown, FiringRateRequest(ids)).mean_rates
    np.testing.assert_allclose(means, rates)
    tiles = compute_grid(shown, GridRequest(ids, "id", "rate", 0, 8)).tiles
    assert [tile.label for tile in tiles.values()] == [f"{rate:.1f} Hz" for rate in rates]
    one_spike = 1 / (stop_s - start_s)  # may lie on the other side of an edge that is no whole sample
    np.testing.assert_allclose([tile.values.mean() for tile in tiles.values()], rates, rtol=1e-2, atol=one_spike)
    groups = tuple(map(session.manager.group, ids))
    scatter = compute_cluster_scatter(shown, ClusterScatterRequest(ids, groups, "rate", "id"))
    np.testing.assert_allclose(scatter.x, rates)
    fastest_first = np.lexsort((ids, -rates)).tolist()
    assert order_clusters(shown, ids, "rate").tolist() == fastest_first
    assert compute_raster(shown, RasterRequest("rate", ids, ())).cluster_ids.tolist() == fastest_first
    correlograms = compute_correlograms(shown, CorrelogramRequest((3, 4)))
    expected_hz = CorrelogramSettings(unit="Hz").expected(correlograms)  # spikes of 4 a second around one of 3
    fires = rates[[3, 4]] > 0
    np.testing.assert_allclose(expected_hz[np.ix_(fires, fires)], np.tile(rates[[3, 4]], (2, 1))[np.ix_(fires, fires)])


def test_channels_depths_and_amplitudes_are_those_of_whole_clusters(session):
    session.time.set_range(0, session.model.duration / 50)
    whole, part = compute_cluster_table(session.opened), compute_cluster_table(session.shown)
    assert (part["spikes"] < whole["spikes"]).all()
    for key in ("channel", "depth", "amplitude"):
        np.testing.assert_array_equal(part[key], whole[key])


def test_the_curve_of_rates_is_that_of_all_times(session):
    session.time.set_range(0, session.model.duration / 3)
    part, whole = (compute_firing_rates(one, FiringRateRequest((0, 1))) for one in (session.shown, session.opened))
    assert np.array_equal(part.counts, whole.counts)
    assert part.caption == whole.caption
    assert (part.mean_rates != whole.mean_rates).all()


def test_what_is_kept_of_all_spikes_is_not_shown_of_a_stretch(session, monkeypatch):
    monkeypatch.setattr(correlogram_cache, "CACHED_FROM", 0)
    session.time.clear_range()
    request = CorrelogramRequest((0, 1, 2), CorrelogramSettings(window_ms=500))
    session.time.set_range(0, session.model.duration / 3)
    before = compute_correlograms(session.shown, request).counts
    assert cache_correlograms(session.opened, request)
    assert not cache_correlograms(session.shown, request)
    assert np.array_equal(compute_correlograms(session.shown, request).counts, before)


def test_features_draw_only_spikes_of_the_stretch_and_say_of_how_many(session):
    session.time.set_range(0, session.model.duration / 4)
    stop = session.model.duration / 4 * session.model.sample_rate
    data = compute_features(session.shown, FeatureRequest((0, 1), *default_axes(session.opened, (0, 1)), 5, 0))
    assert len(data.spike_ids) == 10
    assert (session.model.spike_samples[data.spike_ids] < stop).all()
    assert data.n_total == sum(session.shown.manager.n_spikes(cluster) for cluster in (0, 1))


def test_background_spikes_are_of_the_stretch_too(session):
    start_s, stop_s = session.model.duration / 4, session.model.duration / 2
    session.time.set_range(start_s, stop_s)
    axes = default_axes(session.opened, (0, 1))
    for data in (
        compute_features(session.shown, FeatureRequest((0, 1), *axes, 5, 40)),
        compute_amplitude_view(session.shown, AmplitudeRequest((0, 1), n_background=40)),
    ):
        others = data.spike_ids[data.places < 0]
        times_s = session.model.spike_times[others]
        assert 20 <= len(others) <= 40
        assert start_s <= times_s.min() <= times_s.max() < stop_s
        assert not {0, 1} & set(session.manager.clusters_of(others).tolist())


def test_a_range_is_told_once_and_cut_at_the_ends():
    clock = TimeCursor(10.0)
    told = []
    clock.range_changed.connect(lambda: told.append(clock.range_s))
    clock.set_range(2, 30)
    clock.set_range(2, 10)
    clock.clear_range()
    clock.clear_range()
    assert told == [(2.0, 10.0), None]
    for nothing in ((3, 3), (5, 2), (10, 12)):
        with pytest.raises(ValueError, match="there is nothing"):
            clock.set_range(*nothing)


def test_a_range_beyond_the_end_of_other_raw_data_is_taken_back():
    clock = TimeCursor(10.0)
    clock.set_range(2, 9)
    clock.set_duration(20)
    assert clock.range_s == (2, 9)
    clock.set_duration(5)
    assert clock.range_s is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 - 12.5", (10, 12.5)),
        ("10–12.5", (10, 12.5)),
        ("1:00 to 2:00.5", (60, 120.5)),
        (" 0 – 1 ", (0, 1)),
        ("12 - 10", None),
        ("10", None),
        ("10 - x", None),
        ("1 - 2 - 3", None),
        ("-1 - 2", None),
        ("", None),
    ],
)
def test_a_stretch_of_time_as_people_type_it(text, expected):
    assert read_range(text) == expected


@given(ends=edges)
def test_words_of_a_stretch_tell_its_ends_apart(ends):
    start, stop = (round(1000 * share, 3) for share in ends)
    if stop - start >= 0.002:
        first, last = range_words((start, stop)).removesuffix(" s").split("–")
        assert first != last
