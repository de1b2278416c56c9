"""A step of masked EM: that of klustakwik2, that of the dense way, and the same whoever computes it."""

import json
import pickle
import tracemalloc
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import h5py
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sorting.masked_clusters import dense_step, draw_spikes

from napari_phy.core.errors import SortingError
from napari_phy.sorting.klustakwik import spike_blocks, spike_part
from napari_phy.sorting.klustakwik.masked_em import MaskedEM
from napari_phy.sorting.klustakwik.masked_features import MaskedFeatures
from napari_phy.sorting.klustakwik.parameters import KlustaKwik2Parameters
from napari_phy.sorting.klustakwik.spike_blocks import SpikeBlocks

SETS = {"hybrid_10sec": "hybrid_10sec/hybrid_10sec.kwx", "synth32": "klusta_synth32/synth32.kwx"}


def in_rows(features, values):
    """Return values of spikes in the order of the table."""
    ordered = np.empty_like(values)
    ordered[features.rows] = values
    return ordered


def em_of(features, masks, labels, executor=None, **parameters):
    data = MaskedFeatures.of(features, masks)
    settings = KlustaKwik2Parameters(**parameters)
    return MaskedEM(SpikeBlocks(data, executor, settings.original_score), labels[data.rows], settings)


@pytest.mark.real_data
@pytest.mark.parametrize("name", SETS)
def test_one_step_is_that_of_klustakwik2(name, data_folder):
    reference = np.load(data_folder / f"klusta_synth32/reference/kk2_onestep_{name}.npz")
    expected = json.loads((data_folder / "klusta_synth32/reference/kk2_onestep_scores.json").read_text())[name]
    with h5py.File(data_folder / SETS[name]) as file:
        table = file["channel_groups/0/features_masks"][:]
    em = em_of(table[..., 0], table[:, ::3, 1], reference["clusters_start"], original_score=True)
    step = em.step()
    features = em.blocks.features
    assert_array_equal(in_rows(features, step.chosen.best), reference["clusters_end"])
    assert_array_equal(in_rows(features, step.chosen.second), reference["second"])
    best, second = (in_rows(features, costs) for costs in (step.chosen.best_costs, step.chosen.second_costs))
    assert_allclose(best, reference["log_p_best"], rtol=1e-9)
    # One cost in 7 444 is 0.016, of terms such as 96 / 2 log 2π = 88, the rounding of which shows there.
    assert_allclose(second, reference["log_p_second"], rtol=1e-9, atol=1e-12 * 88)
    penalties = em.penalty * step.tally.params / np.maximum(step.tally.n, 1)
    assert_allclose(penalties, np.delete(reference["penalty"], 1), rtol=1e-9)
    assert_allclose([step.tally.costs.sum(), step.score], [expected["raw"], expected["score"]], rtol=1e-9)
    assert step.n_changed == expected["n_changed"]


@pytest.mark.parametrize("per_channel", [1, 3])
@pytest.mark.parametrize("least_mask", [10.0, 150.0, 1e5])
def test_costs_are_those_of_the_dense_way(per_channel, least_mask):
    features, masks, labels = draw_spikes(150, per_channel=per_channel, seed=per_channel)
    labels[:30] = 2
    costs, score = dense_step(features, masks, labels, least_mask=least_mask)
    em = em_of(features, masks, labels, points_for_cluster_mask=least_mask)
    step = em.step()
    best, second = np.sort(costs, axis=1)[:, :2].T
    data = em.blocks.features
    assert_allclose(in_rows(data, step.chosen.best_costs), best, rtol=1e-9, atol=1e-9)
    assert_allclose(in_rows(data, step.chosen.second_costs), second, rtol=1e-9, atol=1e-9)
    assert_allclose(step.score, score, rtol=1e-9)


def test_the_penalty_that_is_off_by_one_is_had_on_request():
    features, masks, labels = draw_spikes(60)
    plain, original = (em_of(features, masks, labels, original_score=wanted).blocks for wanted in (False, True))
    unmasked = 3 * masks.sum(axis=1, dtype=np.float64)
    unmasked[-2:] = unmasked[-2] + unmasked[-1], 0
    assert_allclose(in_rows(original.features, original.n_params), unmasked * (unmasked + 1) / 2 + unmasked + 1)
    differing = np.flatnonzero(plain.n_params != original.n_params)
    assert set(plain.features.rows[differing]) == {len(labels) - 2, len(labels) - 1}


class Backwards(ThreadPoolExecutor):
    """Does the last block first, when the first result is wanted."""

    def __init__(self):
        super().__init__(1)
        self._waiting = []

    def submit(self, function, /, *arguments):
        self._waiting.append((Future(), function, arguments))
        return Late(self._waiting)


class Late(Future):
    def __init__(self, waiting):
        super().__init__()
        self._waiting, self._place = waiting, len(waiting) - 1

    def result(self, timeout=None):
        for future, function, arguments in reversed(self._waiting):
            if not future.done():
                future.set_result(function(*arguments))
        return self._waiting[self._place][0].result()


class Elsewhere(Executor):
    """Does all from copies, as another process would; now and then that process is a new one."""

    def __init__(self, n_calls):
        self._n_calls, self._n_done = n_calls, 0

    def submit(self, function, /, *arguments):
        self._n_done += 1
        if self._n_done % self._n_calls == 0:
            spike_part.held.clear()
        future = Future()
        future.set_result(function(*pickle.loads(pickle.dumps(arguments))))
        return future


def run_steps(em, n_steps=3):
    """Return all that some steps give, with changes of labels between them."""
    found = []
    for number in range(n_steps):
        step = em.step()
        found += [step.score, step.chosen.best, step.chosen.second, *step.tally]
        labels = em.labels.copy()
        labels[number :: 7 + number] = 2 + number
        em.relabel(labels)
    return found


def test_threads_and_the_order_of_blocks_change_no_bit(monkeypatch):
    monkeypatch.setattr(spike_blocks, "N_BLOCK", 100)
    features, masks, labels = draw_spikes(120)
    alone = run_steps(em_of(features, masks, labels))
    with ThreadPoolExecutor(3) as threads:
        together = run_steps(em_of(features, masks, labels, threads))
    with Backwards() as executor:
        backwards = run_steps(em_of(features, masks, labels, executor))
    for one, other, third in zip(alone, together, backwards, strict=True):
        assert_array_equal(one, other)
        assert_array_equal(one, third)


@pytest.mark.parametrize("n_calls", [7, 50, 10_000])
def test_other_processes_change_no_bit_even_if_they_lose_what_they_kept(n_calls, monkeypatch):
    monkeypatch.setattr(spike_blocks, "N_BLOCK", 100)
    features, masks, labels = draw_spikes(120)
    alone = run_steps(em_of(features, masks, labels), 5)
    em = em_of(features, masks, labels, Elsewhere(n_calls))
    with em.blocks:
        elsewhere = run_steps(em, 5)
    spike_part.held.clear()
    for one, other in zip(alone, elsewhere, strict=True):
        assert_array_equal(one, other)


def test_kept_costs_are_those_that_are_computed_anew(monkeypatch):
    features, masks, labels = draw_spikes(120, n_clusters=6)
    kept = run_steps(em_of(features, masks, labels), 5)
    monkeypatch.setattr(spike_blocks, "COST_BYTES", 0)
    monkeypatch.setattr(spike_part, "_SPIKES_AT_ONCE", 37)
    anew = run_steps(em_of(features, masks, labels), 5)
    for one, other in zip(kept, anew, strict=True):
        assert_array_equal(one, other)


def test_memory_grows_by_little_for_each_spike_however_many_clusters_there_are(monkeypatch):
    monkeypatch.setattr(spike_blocks, "COST_BYTES", 0)
    peaks, counts = [], (6_000, 18_000)
    features, masks, labels = draw_spikes(450, n_clusters=40)
    for n_spikes in counts:
        em = em_of(features[:n_spikes], masks[:n_spikes], labels[:n_spikes], points_for_cluster_mask=10.0)
        em.step()
        tracemalloc.start()
        em.step()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 100 * (counts[1] - counts[0])  # bytes; costs of each in each cluster would be 320


def test_own_costs_of_clusters_are_the_sums_over_their_spikes():
    features, masks, labels = draw_spikes(130)
    data = MaskedFeatures.of(features, masks)
    blocks = SpikeBlocks(data)
    rows = labels[data.rows] - 2
    gaussians = blocks.gaussians(rows, 4, prior=1.0, least_mask=100.0)[1]
    costs = blocks.costs(rows, gaussians)
    sums = np.bincount(rows[rows >= 0], costs[rows >= 0])
    assert_allclose(gaussians.own_costs, sums, rtol=1e-9)


def test_the_multi_unit_cluster_is_used_or_dropped():
    features, masks, labels = draw_spikes(150, noise=150)
    given = np.where(labels == 0, 1, labels).astype(np.int32)
    dropped = em_of(features, masks, given).step().chosen.best
    used = em_of(features, masks, given, use_mua_cluster=True).step().chosen.best
    assert not (dropped == 1).any()
    assert (used == 1).sum() > 100


def test_without_any_gaussian_and_noise_there_is_a_sentence():
    features, masks, labels = draw_spikes(20)
    with pytest.raises(SortingError, match="No cluster has a Gaussian"):
        em_of(features, masks, np.zeros_like(labels), use_noise_cluster=False).step()
