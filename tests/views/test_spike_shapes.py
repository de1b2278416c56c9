"""Measures of single spikes as axes: read once, of the spikes that are shown, and inside a lasso."""

import numpy as np
import pytest
from widgets.light_session import light_session

from napari_phy.stats.lasso import points_in_polygon
from napari_phy.stats.spike_measures import MEASURES, spike_measure
from napari_phy.table.spike_rows import samples_before
from napari_phy.views.amplitudes import AmplitudeRequest, compute_amplitude_view
from napari_phy.views.feature_choices import axis_choices, axis_text, find_axes
from napari_phy.views.features import FeatureAxis, FeatureRequest, compute_features, spikes_in_lasso
from napari_phy.views.spike_amplitudes import amplitude_kinds, count_unread
from napari_phy.views.spike_shapes import count_unmeasured, spike_shapes


@pytest.fixture
def session():
    return light_session(8, 2000)


def direct(session, measure, spikes, channels):
    rows = session.model.waveforms
    waves = np.stack([rows[np.array([spike])][0, :, channel] for spike, channel in zip(spikes, channels, strict=True)])
    before = samples_before(rows, waves.shape[1] // 2)
    return spike_measure(waves, measure, sample_rate=session.model.sample_rate, before=before)


@pytest.mark.parametrize("measure", MEASURES)
def test_they_are_those_of_the_waveforms_in_any_order_and_read_once(session, measure):
    spikes = np.random.default_rng(1).permutation(session.model.n_spikes)[:60]
    channels = spikes % session.model.n_channels
    channels[7] = -1
    assert count_unmeasured(session, spikes, channels) == 59
    spike_shapes(session, "peak", spikes[:20], channels[:20])
    assert count_unmeasured(session, spikes, channels) == 40
    found = spike_shapes(session, measure, spikes, channels)
    assert count_unmeasured(session, spikes, channels) == 0
    keep = channels >= 0
    assert found[keep] == pytest.approx(direct(session, measure, spikes[keep], channels[keep]), nan_ok=True, rel=1e-5)
    assert np.isnan(found[7])


def test_features_show_and_cut_by_them(session):
    x, y = FeatureAxis("shape", 2, measure="peak"), FeatureAxis("shape", 3, measure="half-width")
    request = FeatureRequest((1, 2), x, y)
    data = compute_features(session, request)
    assert data.n_background == 0
    assert data.x_label == f"channel {session.model.probe.channel_ids[2]} · peak ({session.model.unit})"
    assert data.y_label.endswith("half-width (ms)")
    spikes = np.sort(data.spike_ids)
    order = np.argsort(data.spike_ids)
    assert data.x[order] == pytest.approx(direct(session, "peak", spikes, np.full(len(spikes), 2)), rel=1e-5)
    middle, top = np.median(data.x), data.y_range[1]
    polygon = [(middle, -1), (1e9, -1), (1e9, top), (middle, top)]
    inside = points_in_polygon(np.column_stack([data.x, data.y]).astype(float), np.array(polygon))
    assert spikes_in_lasso(session, request, polygon).tolist() == np.sort(data.spike_ids[inside]).tolist()


def test_amplitude_has_their_sizes_on_the_channel_of_each_spike(session):
    assert set(MEASURES) < set(amplitude_kinds(session))
    data = compute_amplitude_view(session, AmplitudeRequest((1,), "repolarization"))
    channels = session.columns.get().channels[data.spike_ids].astype(int)
    expected = np.abs(direct(session, "repolarization", data.spike_ids, channels))
    assert data.y == pytest.approx(expected, rel=1e-4)
    assert data.y_label == f"repolarisation ({session.model.unit}/ms)"
    assert count_unread(session, "half-width", data.spike_ids) == 0


def test_menus_and_search_have_them_where_there_are_waveforms():
    ids = np.arange(100, 104)
    shape = FeatureAxis("shape", 1, measure="half-width")
    assert axis_text(shape, ids) == "ch 101 · half-width"
    entries = dict(axis_choices(ids, 2, ids, has_shapes=True))["channel 101"]
    assert ("ch 101 · half-width", shape) in entries
    assert len(dict(axis_choices(ids, 2, ids))["channel 101"]) == 2
    assert find_axes("101 half", ids, 2, has_shapes=True) == [("ch 101 · half-width", shape)]
    assert [text for text, _ in find_axes("101 peak", ids, 2, has_shapes=True)] == [
        "ch 101 · peak", "ch 101 · peak to trough",
    ]  # fmt: skip
    assert find_axes("101 half", ids, 2) == find_axes("101", ids, 2)
