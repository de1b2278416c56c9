"""Every cache of an open data set keeps to the one budget, and is freed with the data set."""

import gc
import importlib
import pkgutil
from functools import partial

import numpy as np
import pytest
from widgets.light_session import light_session

import napari_phy.table
import napari_phy.views
from napari_phy import Selector
from napari_phy.core.memory import BUDGET, ByteCache
from napari_phy.core.progress import no_progress
from napari_phy.table.columns import find_column
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.valid_periods import periods_of
from napari_phy.views import correlogram_cache
from napari_phy.views.explained import Explanation
from napari_phy.views.feature_cache import cached_features
from napari_phy.views.firing_rate import FiringRateRequest, compute_firing_rates
from napari_phy.views.grid import GridRequest, compute_grid
from napari_phy.views.intervals import IntervalsRequest, compute_intervals
from napari_phy.views.similarity import SimilarityRequest, compute_similarity
from napari_phy.views.spike_shapes import spike_shapes
from napari_phy.views.templates import TemplatesRequest, compute_templates
from napari_phy.views.trace_source import TraceSource
from napari_phy.views.traces import MODEL, levels_of
from napari_phy.views.violations import violating_spikes

N_CLUSTERS, N_SPIKES = 40, 8000
METRICS = ("drift_ptp", "isolation_distance", "nn_hit_rate", "peak_to_trough_duration")  # of each kind that keeps


@pytest.fixture
def open_one():
    """Return a function that opens a data set; nothing else is kept."""
    gc.collect()
    return partial(light_session, N_CLUSTERS, N_SPIKES)


@pytest.fixture
def caches(monkeypatch):
    """Return the caches that are made, by who made them, as weak as they are."""
    monkeypatch.setattr(correlogram_cache, "CACHED_FROM", 0)
    for package in (napari_phy.table, napari_phy.views):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    return [one for one in gc.get_objects() if isinstance(one, SessionCache)]


def use(session, selector, n):
    """Look at n clusters in every way that keeps something; yield after each."""
    ids = tuple(session.manager.cluster_ids[:n].tolist())
    yield session.sums.prepare()
    for act in (
        lambda: session.similar_to(ids[0]),
        lambda: session.wizard.similarity.ranked(ids[0]),
        lambda: compute_intervals(session, IntervalsRequest(ids)),
        lambda: compute_firing_rates(session, FiringRateRequest(ids)),
        lambda: compute_templates(session, TemplatesRequest(ids, "id", 0, n)),
        *(partial(compute_grid, session, GridRequest(ids, "id", kind, 0, n)) for kind in ("waveform", "rate")),
        lambda: compute_similarity(session, SimilarityRequest(ids)),
        lambda: violating_spikes(session, ids),
        lambda: cached_features(session, np.arange(N_SPIKES), [0]),
        lambda: correlogram_cache.cache_pairs(session, 20, 26),
        lambda: levels_of(session, TraceSource.of_array(np.zeros((20_000, 8), np.int16), 20_000)),
        lambda: explained_by(session),
        lambda: setattr(selector, "selected_clusters", ids) or selector.data,
        *(partial(find_column(key).compute, session, ids[:3], no_progress) for key in METRICS),
        lambda: periods_of(session, ids[0]),
        lambda: spike_shapes(session, "half-width", np.arange(200), np.zeros(200, np.int64)),
        lambda: session.wizard._find_cut(ids[0]),
    ):
        act()
        yield None


def explained_by(session):
    """Return what the clusters explain of a short stretch."""
    n_channels = session.model.n_channels
    source = TraceSource.of_array(np.zeros((20_000, n_channels), np.int16), session.model.sample_rate)
    return Explanation.now(session, MODEL).of(source, np.zeros((2_000, n_channels), np.float32), 0)


def of_values(cache):
    """Return the bytes that the values of a cache have now."""
    return sum(cache._nbytes(value) for _, value in cache.items())


def test_all_caches_together_stay_within_the_budget(open_one, caches, monkeypatch):
    before, others = BUDGET.used, set(BUDGET._caches)
    with open_one() as session:
        selector = Selector(session.manager, reader=session.model.features)
        for _ in use(session, selector, N_CLUSTERS):
            pass
        assert all(cache.nbytes for cache in set(BUDGET._caches) - others)
        assert all(cache.items(session) for cache in caches)  # each of them keeps something of it
        needed = BUDGET.used - before
        everything = list(BUDGET._caches)
        assert BUDGET.used == sum(map(of_values, everything))
        for share in (0.5, 0.1):
            monkeypatch.setattr(BUDGET, "_limit", before + int(share * needed))
            BUDGET.make_room()
            for _ in use(session, selector, N_CLUSTERS):
                assert sum(map(of_values, list(BUDGET._caches))) <= BUDGET.limit
            assert BUDGET.used > BUDGET.limit - needed * 0.9  # and use it


def test_what_a_session_kept_is_freed_with_it(open_one, caches):
    before = BUDGET.used
    with open_one() as session:
        for _ in use(session, Selector(session.manager, reader=session.model.features), 5):
            pass
        assert BUDGET.used > before
    del session
    gc.collect()
    assert BUDGET.used == before


def test_the_setting_bounds_all_caches(open_one, monkeypatch, tmp_path):
    monkeypatch.setattr(BUDGET, "_limit", BUDGET.limit)
    with open_one() as session:
        session.load_settings({"memory_mb": 96})
        assert BUDGET.limit == 96 * 2**20
        cache = ByteCache(len)
        for number in range(12):
            cache.put(number, bytes(10 * 2**20))
            assert BUDGET.used <= 96 * 2**20
        session.load_settings({"memory_mb": 64})
        assert 0 < BUDGET.used <= 64 * 2**20
        session.load_settings()
        assert BUDGET.limit == 1024 * 2**20
