"""Deleting and dividing clusters: what is said to be gained is what the score falls by, computed the long way."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sorting.masked_clusters import dense_step, draw_spikes

from napari_phy.sorting.klustakwik.deletion import delete_clusters
from napari_phy.sorting.klustakwik.masked_em import MaskedEM
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures
from napari_phy.sorting.klustakwik.parameters import KlustaKwik2Parameters
from napari_phy.sorting.klustakwik.spike_blocks import SpikeBlocks
from napari_phy.sorting.klustakwik.splitting import Splits, split_clusters

LEAST_MASK = 20.0


def em_of(features, masks, labels):
    data = MaskedFeatures.of(features, masks)
    settings = KlustaKwik2Parameters(points_for_cluster_mask=LEAST_MASK)
    return MaskedEM(SpikeBlocks(data), labels[data.rows], settings)


def penalty(masks, labels, per_channel=3):
    """Return the penalty for the parameters of all clusters."""
    n_unmasked = per_channel * masks.sum(axis=1, dtype=np.float64)
    n_params = n_unmasked * (n_unmasked + 1) / 2 + n_unmasked + 1
    return sum(n_params[labels == one].mean() for one in np.unique(labels)) * np.log(len(labels)) / 2


def score_of(features, masks, labels):
    """Return the score of a clustering as it is."""
    costs, _ = dense_step(features, masks, labels, least_mask=LEAST_MASK)
    columns = np.concatenate([[0], np.unique(labels[labels > 0])])
    return costs[np.arange(len(labels)), np.searchsorted(columns, labels)].sum() + penalty(masks, labels)


@pytest.mark.parametrize("seed", [0, 1])
def test_what_a_division_gains_is_what_the_score_falls_by(seed):
    features, masks, truth = draw_spikes(80, 4, seed=seed)
    em = em_of(features, masks, np.where(truth == 5, 3, truth).astype(np.int32))
    clusters = np.array([2, 3, 4])
    splits = Splits(em, clusters)
    halves, gains = splits.settle(splits.halves_along_axis())
    before = em.blocks.features.in_rows(em.labels)
    halves = em.blocks.features.in_rows(halves)
    for cluster, gain in zip(clusters, gains, strict=True):
        after = np.where((before == cluster) & (halves == 1), 9, before)
        if len(np.unique(after)) > len(np.unique(before)):
            fall = score_of(features, masks, before) - score_of(features, masks, after)
            assert_allclose(gain, fall, atol=1e-6)
    assert gains[1] > 0
    labels, n_split = split_clusters(em, clusters, 1, 10, np.random.default_rng(0))
    assert n_split == (gains > 0).sum()
    found = em.blocks.features.in_rows(labels)
    assert len(np.unique(found[truth == 5])) == 1
    assert not set(found[truth == 5]) & set(found[truth == 3])


@pytest.mark.parametrize("seed", range(4))
def test_the_cluster_is_deleted_whose_spikes_fit_best_elsewhere(seed):
    features, masks, truth = draw_spikes(80, 4, seed=seed)
    rng = np.random.default_rng(seed)
    labels = np.where((truth == 3) & (rng.random(len(truth)) < 0.4), 6, truth).astype(np.int32)
    em = em_of(features, masks, labels)
    step = em.step()
    data = em.blocks.features
    best, second = data.in_rows(step.chosen.best), data.in_rows(step.chosen.second)
    costs, second_costs = data.in_rows(step.chosen.best_costs), data.in_rows(step.chosen.second_costs)
    scores = {}
    for cluster in np.unique(best[best > 1]):
        is_gone = best == cluster
        after = np.where(is_gone, second, best)
        scores[cluster] = np.where(is_gone, second_costs, costs).sum() + penalty(masks, after)
    expected = min(scores, key=scores.get)
    left = data.in_rows(delete_clusters(step, em.penalty, n_least=1, n_most=1000, one=True))
    if scores[expected] < step.score:
        assert_array_equal(left, np.where(best == expected, second, best))
    else:
        assert_array_equal(left, best)
    several = data.in_rows(delete_clusters(step, em.penalty, n_least=1, n_most=1000))
    after = np.where(several == best, costs, second_costs).sum() + penalty(masks, several)
    assert after <= min(step.score, scores[expected]) + 1e-6
    kept = data.in_rows(delete_clusters(step, em.penalty, n_least=100, n_most=1000))
    assert_array_equal(kept, best)
    assert len(np.unique(delete_clusters(step, em.penalty, n_least=1, n_most=2)[step.chosen.best > 1])) >= 1
