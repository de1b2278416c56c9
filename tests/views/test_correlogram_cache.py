"""Correlograms of a large data set come from what is kept, and equal fresh ones after any edits."""

import numpy as np
import pytest
from core.edits import do, edit_lists
from examples import examples
from hypothesis import HealthCheck, given, settings

from napari_phy.core.errors import ClusteringError
from napari_phy.stats.correlograms import correlograms, symmetrise
from napari_phy.views import correlogram_cache
from napari_phy.views import correlograms as view
from napari_phy.views.correlograms import (
    CorrelogramRequest,
    CorrelogramSettings,
    cache_correlograms,
    compute_correlograms,
)


@pytest.fixture(autouse=True)
def of_small_data_sets(monkeypatch):
    monkeypatch.setattr(correlogram_cache, "CACHED_FROM", 0)


@pytest.fixture
def counted(monkeypatch):
    """How often the pairs of a selection were counted on demand."""
    calls = []
    count = view.count_pairs
    monkeypatch.setattr(view, "count_pairs", lambda *arguments: calls.append(1) or count(*arguments))
    return calls


def request_of(session, **bins):
    return CorrelogramRequest(tuple(session.manager.cluster_ids.tolist()[:8]), CorrelogramSettings(**bins))


def fresh(session, request):
    labels = session.manager.spike_clusters
    return symmetrise(correlograms(session.model.spike_samples, labels, request.clusters, sample_rate=20_000))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(40))
@given(edit_lists)
def test_they_equal_fresh_ones_after_any_edits(make_session, counted, sequence):
    session = make_session(n_spikes=400, duration=1.0)
    assert cache_correlograms(session, request_of(session))
    counted.clear()
    for kind, seed in sequence:
        do(session.manager, kind, seed)
        request = request_of(session)
        np.testing.assert_array_equal(compute_correlograms(session, request).counts, fresh(session, request))
    assert not counted


def test_a_merge_and_its_undo_count_nothing(session, counted, monkeypatch):
    cache_correlograms(session, request_of(session))
    monkeypatch.setattr(correlogram_cache.IncrementalCorrelograms, "follow", None)
    new = session.manager.merge([0, 3]).added[0]
    request = CorrelogramRequest((new, 1))
    np.testing.assert_array_equal(compute_correlograms(session, request).counts, fresh(session, request))
    session.manager.undo()
    request = request_of(session)
    np.testing.assert_array_equal(compute_correlograms(session, request).counts, fresh(session, request))
    assert not counted


def test_other_bins_are_counted_on_demand_until_they_are_kept(session, counted):
    cache_correlograms(session, request_of(session))
    other = request_of(session, bin_ms=2.0)
    wanted = compute_correlograms(session, other).counts
    assert len(counted) == 1
    assert cache_correlograms(session, other)
    np.testing.assert_array_equal(compute_correlograms(session, other).counts, wanted)
    assert len(counted) == 1
    compute_correlograms(session, request_of(session))
    assert len(counted) == 2


def test_small_data_sets_and_many_clusters_are_not_kept(session, counted, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(correlogram_cache, "CACHED_FROM", session.model.n_spikes + 1)
        assert not cache_correlograms(session, request_of(session))
    monkeypatch.setattr(correlogram_cache.IncrementalCorrelograms, "has_room", lambda self, n_slots: n_slots <= 5)
    assert cache_correlograms(session, request_of(session))
    compute_correlograms(session, request_of(session))
    assert not counted
    session.manager.split(session.manager.spikes(2)[:10])
    request = request_of(session)
    np.testing.assert_array_equal(compute_correlograms(session, request).counts, fresh(session, request))
    assert len(counted) == 1


def test_while_they_are_counted_a_view_counts_its_own(session, counted):
    def look(share):
        compute_correlograms(session, request_of(session))

    cache_correlograms(session, request_of(session), look)
    assert counted
    counted.clear()
    compute_correlograms(session, request_of(session))
    assert not counted


def test_a_cluster_that_is_gone_is_told(session):
    cache_correlograms(session, request_of(session))
    session.manager.merge([0, 1])
    with pytest.raises(ClusteringError, match="no cluster 0"):
        compute_correlograms(session, CorrelogramRequest((0, 2)))
