"""The spikes over the traces are those of the selection in the stretch, and steps go through all of them."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from support import ArrayModel

from napari_phy.actions.navigation import next_spike, next_violation
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.views import traces_reading
from napari_phy.views.traces import TraceRequest
from napari_phy.views.traces_reading import find_trace_spikes, pictured_s

RATE = 20_000.0


class Light:
    """A session as far as these views need one."""

    sums = None

    def __init__(self, seed=0, n_spikes=400):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 5, n_spikes).astype(np.int32)
        samples = np.sort(rng.integers(0, 20_000, n_spikes))
        masks = rng.random((n_spikes, 3)).astype(np.float32)
        self.model = ArrayModel(labels, samples, masks=masks, features=rng.random((n_spikes, 9), dtype=np.float32))
        self.manager = ClusterManager(labels)
        self.labels = labels


SESSION = Light()


@given(st.integers(0, 20_000), st.integers(0, 9000), st.lists(st.integers(0, 4), unique=True))
def test_spikes_of_the_selection_in_the_stretch(start, length, clusters):
    found = find_trace_spikes(SESSION, tuple(clusters), start, start + length)
    samples = SESSION.model.spike_samples
    inside = (samples >= start) & (samples < start + length) & np.isin(SESSION.labels, clusters)
    assert_array_equal(found.spike_ids, np.flatnonzero(inside))
    assert_array_equal(found.samples, samples[inside])
    assert [clusters[place] for place in found.places] == SESSION.labels[inside].tolist()
    assert_array_equal(found.masks, SESSION.model.masks[inside])
    assert found.n_total == inside.sum()


def test_of_many_spikes_some_are_shown(monkeypatch):
    monkeypatch.setattr(traces_reading, "N_SPIKES_MAX", 50)
    found = find_trace_spikes(SESSION, (0, 1, 2, 3, 4), 0, 20_000)
    assert len(found.spike_ids) == 50
    assert found.n_total == 400
    assert (np.diff(found.spike_ids) > 0).all()


@given(st.integers(0, 399), st.lists(st.integers(0, 4), unique=True), st.integers(1, 60))
def test_the_marked_spike_is_shown_whatever_its_cluster_and_however_many_there_are(spike, clusters, most):
    marked = (spike, int(SESSION.labels[spike]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traces_reading, "N_SPIKES_MAX", most)
        found = find_trace_spikes(SESSION, tuple(clusters), 0, 20_000, marked)
    assert spike in found.spike_ids
    assert (np.diff(found.spike_ids) > 0).all()
    assert set(SESSION.labels[found.spike_ids[found.spike_ids != spike]].tolist()) <= set(clusters)
    n_total = len(np.union1d(np.flatnonzero(np.isin(SESSION.labels, clusters)), [spike]))
    assert found.n_total == n_total
    assert min(most, n_total) <= len(found.spike_ids) <= most + 1
    assert [found.clusters[place] for place in found.places] == SESSION.labels[found.spike_ids].tolist()
    sample = int(SESSION.model.spike_samples[spike])
    assert find_trace_spikes(SESSION, (), sample + 1, 20_000, marked).n_total == 0


@pytest.mark.parametrize("step", [1, -1])
def test_steps_visit_every_spike_in_order(step):
    spikes = np.flatnonzero(np.isin(SESSION.labels, [1, 3]))
    samples = np.unique(SESSION.model.spike_samples[spikes])
    visited, time_s = [], -1.0 if step > 0 else 2.0
    while (spike := next_spike(SESSION, (1, 3), time_s, step)) is not None:
        sample = int(SESSION.model.spike_samples[spike])
        visited.append(sample)
        time_s = sample / RATE
    assert visited == samples.tolist()[::step]


def test_violations_follow_within_two_milliseconds():
    visited, time_s = [], -1.0
    while (spike := next_violation(SESSION, (2,), time_s)) is not None:
        visited.append(spike)
        time_s = SESSION.model.spike_samples[spike] / RATE
    own = np.flatnonzero(SESSION.labels == 2)
    gaps = np.diff(SESSION.model.spike_samples[own])
    assert visited
    assert visited == own[1:][gaps < 0.002 * RATE].tolist()


def test_nothing_selected_leads_nowhere():
    assert next_spike(SESSION, (), 0.0) is None
    assert next_violation(SESSION, (), 0.0) is None


@given(st.integers(0, 900), st.integers(1, 400), st.floats(0, 1300), st.floats(1, 500))
def test_the_picture_is_of_the_nearest_stretch_that_was_read(start, length, shown_s, page_s):
    source = SimpleNamespace(sample_rate=1.0)
    request = TraceRequest(start, start + length)
    data = SimpleNamespace(traces=SimpleNamespace(request=request), source=source)
    first, last = pictured_s(data, shown_s, shown_s + page_s)
    if page_s <= length:
        assert last - first == pytest.approx(page_s)
        assert start - 1e-9 <= first <= last <= start + length + 1e-9
        moved = abs(first - shown_s)
        assert moved == pytest.approx(max(0.0, start - shown_s, shown_s + page_s - start - length))
    else:
        assert first < start + length
        assert last > start
