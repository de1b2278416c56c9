import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import PlainType

from napari_phy.views.firing_rate import (
    MOST_BINS,
    FiringRateRequest,
    FiringRateSettings,
    compute_firing_rates,
    rate_edges,
    rate_frame,
    rate_words,
    usual_bin_s,
)


def test_spikes_are_counted_bin_by_bin(session):
    data = compute_firing_rates(session, FiringRateRequest((4, 0), FiringRateSettings(n_bins=7)))
    edges = rate_edges(round(session.model.duration * 20_000), 7)
    for place, cluster in enumerate((4, 0)):
        samples = [int(session.model.spike_samples[spike]) for spike in session.manager.spikes(cluster)]
        wanted = [sum(low <= sample < high for sample in samples) for low, high in itertools.pairwise(edges)]
        assert data.counts[place].tolist() == wanted
        assert data.mean_rates[place] == pytest.approx(len(samples) / session.model.duration)
    np.testing.assert_allclose(data.rates, data.counts / (np.diff(edges) / 20_000))


def test_all_spikes_within_the_recordings_are_counted(session):
    everything = tuple(session.manager.cluster_ids.tolist())
    data = compute_firing_rates(session, FiringRateRequest(everything))
    assert data.counts.shape == (len(everything), 20)
    assert data.counts.sum() == session.model.n_spikes
    assert data.edges_s[[0, -1]].tolist() == [0, pytest.approx(session.model.duration)]


@given(st.integers(1, 10_000), st.integers(1, 300))
def test_parts_are_equal_to_a_sample(n_samples, n_bins):
    edges = rate_edges(n_samples, n_bins)
    widths = np.diff(edges)
    assert (edges[0], edges[-1], len(widths)) == (0, n_samples, min(n_bins, n_samples))
    assert widths.max() - widths.min() <= 1


def test_bins_of_a_width_within_a_stretch_of_time(make_session):
    session = make_session(duration=60.0)
    data = compute_firing_rates(
        session, FiringRateRequest((0,), FiringRateSettings(bin_s=2.0, start_s=10.0, stop_s=15.5))
    )
    assert data.edges_s.tolist() == [10.0, 12.0, 14.0, 15.5]
    times = session.model.spike_samples[session.manager.spikes(0)] / 20_000
    assert data.counts[0].tolist() == [
        np.count_nonzero((low <= times) & (times < high)) for low, high in itertools.pairwise(data.edges_s)
    ]
    assert data.mean_rates[0] == pytest.approx(len(times) / 60)
    assert data.caption == f"{data.counts.sum()} of {len(times)} spikes; bins of 2.0 s"
    equal = compute_firing_rates(session, FiringRateRequest((0,), FiringRateSettings(n_bins=4, start_s=10.0)))
    assert equal.edges_s.tolist() == [10.0, 22.5, 35.0, 47.5, 60.0]


def test_a_stretch_past_the_end_shows_all_and_bins_are_never_too_many(make_session):
    session = make_session(duration=60.0)
    past = compute_firing_rates(
        session, FiringRateRequest((0,), FiringRateSettings(n_bins=6, start_s=70.0, stop_s=80.0))
    )
    assert past.edges_s.tolist() == [0, 10, 20, 30, 40, 50, 60]
    narrow = compute_firing_rates(session, FiringRateRequest((0,), FiringRateSettings(bin_s=0.001)))
    assert len(narrow.edges_s) == MOST_BINS + 1
    assert narrow.caption.endswith("bins of 3.0 ms")


def test_a_merge_adds_rates(session):
    parts = compute_firing_rates(session, FiringRateRequest((0, 1)))
    new = session.manager.merge([0, 1]).added[0]
    whole = compute_firing_rates(session, FiringRateRequest((new,)))
    np.testing.assert_array_equal(whole.counts[0], parts.counts.sum(axis=0))


def test_rates_of_a_merged_cluster_are_added_without_looking_at_its_spikes(session, monkeypatch):
    parts = compute_firing_rates(session, FiringRateRequest((0, 1)))
    new = session.manager.merge([0, 1]).added[0]
    asked = []
    spikes_of = session.manager.spikes
    monkeypatch.setattr(session.manager, "spikes", lambda cluster: (asked.append(cluster), spikes_of(cluster))[1])
    whole = compute_firing_rates(session, FiringRateRequest((new,)))
    assert asked == []
    np.testing.assert_array_equal(whole.counts[0], parts.counts.sum(axis=0))
    session.manager.undo()
    compute_firing_rates(session, FiringRateRequest((0, 1)))
    assert asked == []


def test_the_caption_says_how_long_a_bin_is(make_session):
    session = make_session(duration=60.0)
    data = compute_firing_rates(session, FiringRateRequest((0,)))
    assert data.caption == f"all {session.manager.n_spikes(0)} spikes; bins of 1.0 s"
    assert compute_firing_rates(session, FiringRateRequest((0,), FiringRateSettings(n_bins=200))).caption.endswith(
        "bins of 300 ms"
    )
    assert compute_firing_rates(session, FiringRateRequest((0,), FiringRateSettings(n_bins=50))).caption.endswith(
        "bins of 1.2 s"
    )
    assert not any(array.flags.writeable for array in (data.counts, data.rates, data.edges_s, data.mean_rates))


def test_nothing_selected_has_no_rates(session):
    assert compute_firing_rates(session, FiringRateRequest(())).rates.shape == (0, 20)


@given(st.floats(0.01, 1e6))
def test_usual_bins_are_round_a_second_or_more_and_about_a_hundred(length_s):
    bin_s = usual_bin_s(length_s)
    assert bin_s >= 1
    assert f"{bin_s:e}"[:2] in ("1.", "2.", "5.")
    assert length_s <= 100 or 60 <= length_s / bin_s <= 160


def test_the_words_under_a_pixel_are_the_rates_of_the_bin_there(session):
    data = compute_firing_rates(session, FiringRateRequest((3, 1), FiringRateSettings(n_bins=37)))
    frame = rate_frame(data, 480, 340, PlainType())
    assert frame.y_range[1] >= data.rates.max()
    assert frame.x_range == pytest.approx((0, session.model.duration))
    for found in range(37):
        ((x, y),) = frame.to_px([[data.edges_s[found : found + 2].mean(), 1.0]])
        words = rate_words(data, frame, x, y)
        assert words.endswith(f" s: 3: {data.rates[0, found]:.1f} Hz, 1: {data.rates[1, found]:.1f} Hz")
    assert rate_words(data, frame, 1, 1) == ""
