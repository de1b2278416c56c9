"""KlustaKwik2 as a whole: known clusters are found, results are better than klusta's, and the same for a seed."""

import h5py
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.optimize import linear_sum_assignment
from sorting.masked_clusters import draw_spikes

from napari_phy.core.errors import SettingsError, SortingError
from napari_phy.core.progress import CancelledError
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.klustakwik.klustakwik2 import KlustaKwik2
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures

KLUSTA_WORST = -1_085_655


def overlaps(found, truth):
    """Return for each true cluster from 2 on how much of it and of the found one that matches it is shared."""
    ids, ours = np.unique(truth[truth > 1]), np.unique(found[found > 1])
    shared = np.array([[((truth == one) & (found == other)).sum() for other in ours] for one in ids])
    sizes = np.array([[((truth == one) | (found == other)).sum() for other in ours] for one in ids])
    rows, columns = linear_sum_assignment(-shared / sizes)
    matched = np.zeros(len(ids))
    matched[rows] = (shared / sizes)[rows, columns]
    return matched


def fit(features, masks, labels=None, reporter=None, executor=None, **parameters):
    return KlustaKwik2(**parameters).fit(MaskedFeatures.of(features, masks), labels, reporter, executor)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("masked", [True, False])
def test_known_clusters_are_found_from_any_start(masked, seed):
    n_channels, noise = (8, 40) if masked else (4, 0)
    features, masks, truth = draw_spikes(250, 5, n_channels, seed=1, masked=masked, noise=noise)
    found = fit(features, masks, seed=seed, points_for_cluster_mask=20)
    assert found.n_clusters_ == 5
    assert (overlaps(found.labels_, truth) > 0.99).all()
    assert np.count_nonzero(found.labels_ == 0) == noise


@pytest.mark.parametrize("data_seed", [0, 2, 3])
def test_no_score_is_worse_than_that_of_the_truth(data_seed):
    features, masks, truth = draw_spikes(150, 5, seed=data_seed)
    of_truth = fit(features, masks, truth, max_iterations=1).score_
    assert fit(features, masks).score_ <= of_truth + 1e-6


def test_clusters_of_a_tetrode_that_are_never_masked_are_found_again():
    # klustakwik2 has no variance for features that are never masked, and puts all of these spikes into noise.
    rng = np.random.default_rng(0)
    truth = np.repeat([2, 3, 4], 60).astype(np.int32)
    features = rng.normal(0, 1, (180, 12)) + rng.normal(0, 20, (5, 12))[truth]
    found = fit(features.astype(np.float32), np.ones((180, 4), dtype=np.float32), truth)
    assert_array_equal(found.labels_, truth)


@pytest.mark.real_data
def test_the_clustering_that_klusta_stored_stays(data_folder):
    with h5py.File(data_folder / "hybrid_10sec/hybrid_10sec.kwx") as file:
        table = file["channel_groups/0/features_masks"][:]
    with h5py.File(data_folder / "hybrid_10sec/hybrid_10sec.kwik") as file:
        stored = file["channel_groups/0/spikes/clusters/main"][:]
    found = fit(
        table[..., 0], table[:, ::3, 1], stored, original_score=True, one_deletion=True, consider_cluster_splits=False
    )
    assert found.n_iter_ == 1
    assert_array_equal(np.unique(found.labels_, return_inverse=True)[1], np.unique(stored, return_inverse=True)[1])
    assert found.score_ == pytest.approx(-123311.8385934707, rel=1e-9)


SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(1, 5))]


@pytest.mark.real_data
@pytest.mark.parametrize("seed", SEEDS)
def test_scores_and_units_are_at_least_those_of_klusta(data_folder, seed):
    with h5py.File(data_folder / "klusta_synth32/synth32.kwx") as file:
        table = file["channel_groups/0/features_masks"][:]
    with h5py.File(data_folder / "klusta_synth32/synth32.kwik") as file:
        samples = file["channel_groups/0/spikes/time_samples"][:].astype(np.int64)
    truth = np.load(data_folder / "klusta_synth32/ground_truth.npz")
    found = fit(table[..., 0], table[:, ::3, 1], seed=seed, original_score=True)
    assert found.score_ < KLUSTA_WORST
    units = [truth["spike_times"][truth["spike_labels"] == unit] for unit in range(20)]
    clusters = [samples[found.labels_ == one] for one in range(2, found.n_clusters_ + 2)]
    accuracies = np.array([[agreement(unit, cluster) for cluster in clusters] for unit in units])
    rows, columns = linear_sum_assignment(-accuracies)
    assert (accuracies[rows, columns] > 0.8).sum() >= 14


def agreement(truth, found, tolerance=10):
    """Return the share of spikes of both that are the same, within 0.5 ms."""
    n = int((np.searchsorted(found, truth + tolerance, "right") > np.searchsorted(found, truth - tolerance)).sum())
    return n / (len(truth) + len(found) - n)


def test_the_result_depends_on_the_seed_alone():
    features, masks, _ = draw_spikes(100, n_clusters=5, seed=5)
    same = [fit(features, masks, seed=4).labels_ for _ in range(2)]
    assert_array_equal(*same)


def test_a_number_of_clusters_can_be_asked_for():
    features, masks, truth = draw_spikes(150, n_clusters=6)
    assert fit(features, masks, n_clusters_max=3).n_clusters_ == 3
    assert fit(features, masks, truth, n_clusters_max=4).n_clusters_ == 4
    assert fit(features, masks, truth, n_clusters_min=9, points_for_cluster_mask=10).n_clusters_ == 9
    assert fit(features, masks, np.full_like(truth, 2), n_clusters_min=2).n_clusters_ >= 2
    with pytest.raises(SettingsError, match="n_clusters_min must not be more than n_clusters_max"):
        KlustaKwik2(n_clusters_min=3, n_clusters_max=2)


class CancelledAt(Reporter):
    """Cancels at some step."""

    def __init__(self, number):
        super().__init__()
        self._number = number

    def stage(self, name, stop):
        if name.startswith(f"Step {self._number}:"):
            self.cancel()
        return super().stage(name, stop)


def test_cancelling_keeps_the_best_so_far():
    features, masks, _ = draw_spikes(100, n_clusters=5)
    reporter = CancelledAt(2)
    stopped = fit(features, masks, reporter=reporter)
    assert stopped.n_iter_ == 2
    assert reporter.has_stopped
    assert len(stopped.labels_) == len(features)
    assert stopped.score_ >= fit(features, masks).score_


def test_progress_tells_each_step_and_only_rises():
    features, masks, _ = draw_spikes(60)
    told = []

    class Telling(Reporter):
        def stage(self, name, stop):
            told.append((name, stop))
            return super().stage(name, stop)

    found = fit(features, masks, reporter=Telling())
    assert [name.split(":")[0] for name, _ in told] == [f"Step {n + 1}" for n in range(found.n_iter_)]
    assert (np.diff([stop for _, stop in told]) > 0).all()


def test_one_spike_is_one_cluster_or_noise():
    found = fit(np.ones((1, 4), dtype=np.float32), np.ones((1, 2), dtype=np.float32))
    assert len(found.labels_) == 1
    assert np.isfinite(found.score_)


@pytest.mark.parametrize("labels", [[1, 2], [0.5] * 44, [-1] * 44])
def test_labels_to_begin_with_are_checked(labels):
    features, masks, _ = draw_spikes(1)
    with pytest.raises(SortingError, match="needs an id for each of 44 spikes"):
        fit(features, masks, labels)


def test_cancelled_in_the_first_step_it_has_nothing():
    features, masks, _ = draw_spikes(10)
    reporter = Reporter()
    reporter.cancel()
    with pytest.raises(CancelledError):
        fit(features, masks, reporter=reporter)


def test_ids_to_begin_with_may_be_any():
    features, masks, truth = draw_spikes(100)
    large = np.where(truth > 1, truth.astype(np.int64) * 10**9, truth)
    assert_array_equal(fit(features, masks, large).labels_, fit(features, masks, truth).labels_)
