import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats.sampling import evenly_spaced, evenly_spaced_others, evenly_spread


@given(st.integers(0, 5000), st.integers(0, 200))
def test_indices_are_distinct_ascending_and_as_many_as_asked(n, n_max):
    indices = evenly_spaced(n, n_max)
    assert len(indices) == min(n, n_max)
    assert (np.diff(indices) > 0).all()
    assert not indices.size or (indices[0] >= 0 and indices[-1] < n)


@given(st.integers(1, 5000), st.integers(1, 200))
def test_steps_differ_by_one_at_most(n, n_max):
    steps = np.diff(evenly_spaced(n, n_max))
    assert not steps.size or steps.max() - steps.min() <= 1


def test_no_ceiling_takes_all():
    assert evenly_spaced(4, None).tolist() == [0, 1, 2, 3]


@given(st.integers(0, 300), st.sets(st.integers(0, 299)), st.integers(0, 50))
def test_others_are_the_evenly_spaced_rest(n, chosen, n_max):
    taken = sorted(i for i in chosen if i < n)
    rest = np.setdiff1d(np.arange(n), taken)
    assert evenly_spaced_others(n, taken, n_max).tolist() == rest[evenly_spaced(len(rest), n_max)].tolist()


@given(st.integers(1, 5000), st.integers(1, 200), st.integers(1, 50))
def test_spread_ids_are_one_of_each_equal_part(n, n_max, step):
    ids = np.arange(n) * step
    chosen = evenly_spread(ids, n_max)
    assert len(chosen) == min(n, n_max)
    if n > n_max:
        starts = np.arange(n_max) * n // n_max
        assert np.searchsorted(starts, chosen // step, side="right").tolist() == list(range(1, n_max + 1))


def test_many_of_a_union_are_those_of_its_parts():
    labels = np.random.default_rng(0).integers(0, 8, 80_000)
    parts = [np.flatnonzero(labels == one) for one in (2, 5)]
    chosen = np.concatenate([evenly_spread(part, 100) for part in parts])
    union = evenly_spread(np.sort(np.concatenate(parts)), 100)
    assert np.isin(union, chosen).mean() > 0.4
    assert np.isin(evenly_spread(parts[0], 50), evenly_spread(parts[0], 500)).mean() == 1


@pytest.mark.parametrize("n", [4, 5, 6])
def test_all_are_taken_where_there_are_no_more_than_asked_for(n):
    ids = np.arange(n) * 7
    assert (evenly_spread(ids, 5) is ids) == (n <= 5)
    assert len(evenly_spread(ids, 5)) == min(n, 5)
