"""After an edit only what it touched is compared, and correlograms are compared as counted pair by pair."""

import numpy as np
import pytest
from scipy.stats import poisson
from support import ArrayModel
from widgets.light_session import light_session

from napari_phy.core.progress import no_progress
from napari_phy.table import similarities
from napari_phy.table.similarity_kinds import ByCorrelogram
from napari_phy.table.similarity_measures import BUILT_IN, COSINE, Measure, registry


class Recorded:
    """Compares clusters by their ids, and notes which."""

    def __init__(self):
        self.asked = []

    def knows(self, session, clusters):
        return True

    def pairs(self, session, rows, columns, on_progress):
        self.asked.append((set(rows.tolist()), set(columns.tolist())))
        return 1 / (1 + np.abs(np.subtract.outer(rows, columns)))


@pytest.fixture
def session():
    with light_session(9, 3000) as session:
        yield session


@pytest.mark.parametrize("n_dense", [2000, 3])
def test_after_a_merge_a_split_and_undo_only_touched_clusters_are_compared(session, monkeypatch, n_dense):
    monkeypatch.setattr(similarities, "N_DENSE", n_dense)
    recorded = Recorded()
    registry.add(Measure("recorded", "Recorded", "ids", lambda _: recorded))
    try:
        session.views["similarity"].measure = "recorded"
        session.prepare()
        for edit in (
            lambda: session.merge([3, 4]).added,
            lambda: session.undo().added,
            lambda: session.split(session.manager.spikes(5)[::3]).added,
            lambda: session.undo().added,
            lambda: session.redo().added,
            lambda: session.move([1], "good") and (),
        ):
            recorded.asked.clear()
            touched = set(edit())
            session.similar_to(7)
            compared = [rows if len(rows) < len(columns) else columns for rows, columns in recorded.asked]
            assert set().union(*compared) == touched
            assert not session.similarities.is_due
    finally:
        registry.clear()


@pytest.mark.parametrize("key", [measure.key for measure in BUILT_IN if measure.key != COSINE])
def test_what_follows_edits_is_what_is_compared_anew(session, key):
    templates = np.array(session.manager.spike_clusters, dtype=np.int64)
    session.model.spike_templates = templates
    session.model.similar_templates = np.random.default_rng(0).uniform(size=2 * (templates.max() + 1,)).astype("f4")
    session.views["similarity"].measure = key
    session.prepare()
    session.merge([3, 4])
    session.split(session.manager.spikes(5)[::3])
    session.undo()
    session.prepare()
    ids = session.manager.cluster_ids
    followed = session.similarities.matrix(key, ids)
    measure = next(one for one in BUILT_IN if one.key == key)
    anew = similarities.Similarities(session.opened.ranking)
    anew.follow(session.opened)
    tolerance = 1e-3 if measure.is_likelihood else 1e-5
    np.testing.assert_allclose(followed, anew.matrix(key, ids), atol=tolerance)


def test_only_spikes_of_touched_clusters_are_gone_through(session, monkeypatch):
    seen = []
    from napari_phy.stats import _pair_counts

    count = _pair_counts.count_around
    monkeypatch.setattr(_pair_counts, "count_around", lambda *given: (seen.append(given[2]), count(*given)))
    session.views["similarity"].measure = "correlogram"
    session.prepare()
    assert sum(map(len, seen)) == session.model.n_spikes
    seen.clear()
    merged = session.merge([3, 4]).added[0]
    session.prepare()
    assert np.array_equal(np.concatenate(seen), session.manager.spikes(merged))


def test_the_significance_of_a_dip_is_that_of_pairs_counted_one_by_one():
    rng = np.random.default_rng(0)
    samples = np.sort(rng.integers(0, 200_000, 600))
    clusters = rng.integers(0, 4, 600)
    model = ArrayModel(clusters, spike_samples=samples, n_channels=2, duration=10.0)
    with light_session(4, 600) as session:
        held = type("Held", (), {"model": model, "manager": session.manager.__class__(clusters), "sums": None})
        ids = np.arange(4)
        found = ByCorrelogram().pairs(held, ids, ids, no_progress)
        part = ByCorrelogram().pairs(held, ids[2:], ids[[0, 1, 3]], no_progress)
    for a in range(4):
        for b in range(4):
            lags = np.abs(np.subtract.outer(samples[clusters == a], samples[clusters == b]))
            near, far = (lags < 40).sum(), ((lags >= 100) & (lags < 500)).sum()
            expected = 1.0 if a == b else poisson.sf(near, far / 10)
            assert found[a, b] == pytest.approx(expected, abs=1e-9)
    np.testing.assert_allclose(part, found[2:][:, [0, 1, 3]])
