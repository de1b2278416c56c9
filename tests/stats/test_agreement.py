"""Shared spikes, matched clusters, κ and the Rand index of two clusterings, against slow ways to count them."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats import agreement as module
from napari_phy.stats.agreement import agreement, shared_spikes

pairs_of_labels = st.integers(1, 14).flatmap(
    lambda n: st.tuples(*[st.lists(st.sampled_from([0, 1, 3, 4]), min_size=n, max_size=n)] * 2)
)


@given(pairs_of_labels)
def test_every_pair_of_clusters_has_its_spikes(labels):
    ours, theirs = map(np.array, labels)
    shared = shared_spikes(ours, theirs)
    found = {
        (int(shared.ours[row]), int(shared.theirs[column])): count
        for row, column, count in zip(*(a.tolist() for a in (shared.rows, shared.columns, shared.counts)), strict=True)
    }
    expected = {}
    for pair in zip(*labels, strict=True):
        expected[pair] = expected.get(pair, 0) + 1
    assert found == expected
    assert list(found) == sorted(found)
    assert shared.n_ours.tolist() == [labels[0].count(one) for one in sorted(set(labels[0]))]
    assert shared.n_theirs.tolist() == [labels[1].count(one) for one in sorted(set(labels[1]))]


@given(pairs_of_labels)
def test_agreement_is_that_of_the_best_matching_and_of_pairs_of_spikes(labels):
    ours, theirs = map(np.array, labels)
    found = agreement(shared_spikes(ours, theirs))
    both = Counter(zip(*labels, strict=True))
    of_ours, partners = sorted(set(labels[0])), [*sorted(set(labels[1])), -1, -2, -3]
    best = max(
        sum(map(both.__getitem__, zip(of_ours, chosen, strict=True))) for chosen in permutations(partners, len(of_ours))
    )
    assert found.share == pytest.approx(best / len(ours))
    upper = np.triu_indices(len(ours), 1)
    together, there = ((one[:, None] == one)[upper] for one in (ours, theirs))
    a, b, c, d = ((together == x) & (there == y) for x, y in ((1, 1), (1, 0), (0, 1), (0, 0)))
    a, b, c, d = (int(one.sum()) for one in (a, b, c, d))
    below = (a + b) * (b + d) + (a + c) * (c + d)
    assert found.adjusted_rand == pytest.approx(2 * (a * d - b * c) / below if b + c else 1.0)
    assert found.kappa <= 1
    assert (found.kappa == 1) == (found.share == 1) == (b + c == 0)


def test_kappa_is_that_of_two_raters():
    # of 50 cases both call 20 A and 15 B, one rater alone 5 and 10: agreement 0.7, by chance 0.5
    ours = np.repeat([7, 7, 9, 9], [20, 5, 10, 15])
    theirs = np.repeat([1, 0, 1, 0], [20, 5, 10, 15])
    found = agreement(shared_spikes(ours, theirs))
    assert (found.n_spikes, found.n_same, found.share) == (50, 0, 0.7)
    assert found.kappa == pytest.approx(0.4)
    assert agreement(shared_spikes([0, 0, 1, 1], [0, 0, 1, 2])).adjusted_rand == pytest.approx(4 / 7)


def test_ids_do_not_matter_and_no_spikes_agree():
    found = agreement(shared_spikes([5, 5, 2**40, 8], [1, 1, 0, 3]))
    assert (found.n_same, found.share, found.kappa, found.adjusted_rand) == (3, 1, 1, 1)
    assert agreement(shared_spikes([4, 4], [2, 2])).kappa == 1
    assert agreement(shared_spikes(np.empty(0, int), np.empty(0, int))).share == 1
    with pytest.raises(ValueError, match="cannot be compared"):
        shared_spikes([1, 2], [1, 2, 3])


def test_a_table_too_large_to_be_counted_whole_is_counted_all_the_same(monkeypatch):
    rng = np.random.default_rng(3)
    ours, theirs = rng.integers(0, 40, 300), rng.integers(0, 50, 300)
    whole = shared_spikes(ours, theirs)
    monkeypatch.setattr(module, "N_CELLS_COUNTED", 0)
    monkeypatch.setattr(module, "N_IDS_LISTED", 0)
    sparse = shared_spikes(ours + 1000, theirs + 1000)
    for name in ("rows", "columns", "counts"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(sparse, name))
