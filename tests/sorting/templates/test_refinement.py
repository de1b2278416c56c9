"""Templates explain a recording of known neurons: all spikes, those that overlap too, and nothing but noise is left."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sorting.recordings import line_probe
from sorting.templates.made import accuracies, make_recording, matched
from sorting.test_spikedetect import Peaks
from support import random_model

import napari_phy
from napari_phy.core.errors import MissingDataError, SortingError
from napari_phy.sorting import RawTraces, algorithms, cluster, sort
from napari_phy.sorting.matched.detector import MatchedSpikeDetekt
from napari_phy.sorting.templates.refinement import TemplateSubtraction

QUICK = {"points_for_cluster_mask": 10.0, "num_starting_clusters": 50}


@pytest.fixture(scope="module")
def made():
    return make_recording()


@pytest.fixture(scope="module")
def result(made):
    return sort.run(made[0], cluster_parameters=QUICK).result()


@pytest.fixture(scope="module")
def detected(made):
    return with_true_clusters(*made[:3])


def with_true_clusters(raw, times, units):
    """Return the detector, and its spikes with the cluster of the true spike next to each."""
    detector = MatchedSpikeDetekt().fit(raw)
    found = detector.groups_[0]
    next_to = np.abs(found.samples[:, None] - times).argmin(axis=1)
    return detector, replace(found, spike_clusters=(units[next_to] + 2).astype(np.int32))


def test_all_neurons_are_found(made, result):
    _, times, units, _ = made
    found = result.groups[0]
    assert accuracies(times, units, found.samples, found.spike_clusters).min() > 0.95
    assert found.n_clusters == 6


def test_spikes_that_overlap_are_found_where_detection_has_one():
    raw, times, units, _ = make_recording(rate_hz=40.0, seed=1)
    detector, spikes = with_true_clusters(raw, times, units)
    found = TemplateSubtraction().fit(raw, {0: spikes}, detector.plan_).spikes_[0]
    is_close = np.concatenate([[False], (np.diff(times) < 12) & (np.abs(np.diff(units)) == 1)])
    before = after = 0
    for unit in range(6):
        close = times[is_close & (units == unit)]
        before += matched(close, spikes.samples[spikes.spike_clusters == unit + 2], 6)
        after += matched(close, found.samples[found.labels == unit + 2], 6)
    n_close = np.count_nonzero(is_close)
    assert n_close > 50
    assert before < 0.7 * n_close
    assert after > 0.9 * n_close


def test_spikes_just_before_larger_ones_are_found():
    raw, times, units, _ = make_recording(rate_hz=40.0, seed=1)
    detector, spikes = with_true_clusters(raw, times, units)
    found = TemplateSubtraction().fit(raw, {0: spikes}, detector.plan_).spikes_[0]
    until_next = np.diff(times, append=np.inf)
    for unit in range(6):
        close = times[(units == unit) & (until_next > 20) & (until_next < 60)]
        assert matched(close, found.samples[found.labels == unit + 2], 6) >= 0.99 * len(close) > 10


def test_clusters_that_are_refined_are_made_with_half_the_penalty():
    kind = algorithms.algorithm("klustakwik2", "cluster")
    assert cluster.refined_settings(kind, TemplateSubtraction()) == {"penalty_k_log_n": 0.5}
    assert cluster.refined_settings(kind, None) == {}


def test_what_is_left_is_the_noise(made, detected):
    raw, _, _, silence = made
    detector, spikes = detected
    refiner = TemplateSubtraction().fit(raw, {0: spikes}, detector.plan_)
    alone = detector.plan_.band.apply(silence.astype(np.float32), detector.plan_.columns)
    assert_allclose(refiner.residual_[0], np.sqrt((alone**2).mean(axis=0)), rtol=0.02)


def test_amplitudes_and_times_are_those_of_the_neurons(made, detected):
    raw, times, units, _ = made
    detector, spikes = detected
    found = TemplateSubtraction().fit(raw, {0: spikes}, detector.plan_).spikes_[0]
    assert_allclose(found.amplitudes.std(), 0.05, atol=0.04)
    for unit in range(6):
        mine = found.samples[found.labels == unit + 2]
        late = mine - times[units == unit][np.abs(mine[:, None] - times[units == unit]).argmin(axis=1)]
        assert np.percentile(np.abs(late - np.median(late)), 90) < 0.4


def test_masks_and_features_are_those_of_the_detector_at_these_times(made, result):
    found = result.groups[0]
    detector = MatchedSpikeDetekt().fit(made[0])
    again = detector.measure(made[0], {0: found.samples}).groups_[0]
    has_mask = again.masks.any(axis=1)
    assert has_mask.mean() > 0.99
    assert_array_equal(found.masks[has_mask], again.masks[has_mask])
    assert_array_equal(found.features, again.features)
    hidden = found.masks[~has_mask & (found.spike_clusters >= 2)]  # by larger spikes
    assert (hidden.sum(axis=1) == 1).all()
    assert (hidden.max(axis=1, initial=0) == 1).all()


def test_no_detected_spike_is_lost(made, result):
    found = result.groups[0]
    for sample in MatchedSpikeDetekt().fit(made[0]).groups_[0].samples:
        assert np.abs(found.samples - sample).min() <= 10


def test_workers_and_chunks_make_no_difference(made, detected):
    raw, *_ = made
    detector, spikes = detected
    alone = TemplateSubtraction(n_rounds=1).fit(raw, {0: spikes}, detector.plan_).spikes_[0]
    with ThreadPoolExecutor(3) as threads:
        together = TemplateSubtraction(n_rounds=1).fit(raw, {0: spikes}, detector.plan_, executor=threads).spikes_[0]
    for name in ("samples", "labels", "amplitudes"):
        assert_array_equal(getattr(together, name), getattr(alone, name))
    plan = replace(detector.plan_, parameters=detector.plan_.parameters.changed(chunk_size_seconds=2.3))
    other = TemplateSubtraction(n_rounds=1).fit(raw, {0: spikes}, plan).spikes_[0]
    hits = sum(
        matched(alone.samples[alone.labels == label], other.samples[other.labels == label], 1) for label in range(2, 8)
    )
    assert hits >= 0.995 * max(len(alone.samples), len(other.samples))


def test_no_clusters_leave_everything_as_it_is():
    silence = RawTraces(np.random.default_rng(0).normal(0, 10, (20_000, 6)).astype(np.int16), 20_000.0, line_probe(6))
    found = sort.run(silence).result().groups[0]
    assert found.n_clusters == 0


def test_clusters_of_a_data_set_are_refined(made, tmp_path):
    raw, times, units, _ = made
    path = tmp_path / "made.kwik"
    sort.run(raw, refine=None, cluster_parameters=QUICK, path=path).result()
    with napari_phy.open_session(path) as session:
        model = session.model
        plain = cluster.run(model, **QUICK).result()
        job = cluster.run(model, refine="templates", **QUICK)
        refined = job.result()
        assert_array_equal(refined.spike_ids, plain.spike_ids)
        samples = np.asarray(model.spike_samples)
        before, after = (accuracies(times, units, samples, one.labels).mean() for one in (plain, refined))
        assert after > before - 0.01
        assert "explain" in job.log[-1]


def test_what_cannot_be_refined_is_said(made, monkeypatch):
    with pytest.raises(MissingDataError, match="has no raw data to sort"):
        cluster.run(random_model(50), refine="templates")
    monkeypatch.setattr(algorithms, "_known", dict(algorithms._known))
    algorithms.register(Peaks)
    with pytest.raises(SortingError, match="which Peaks cannot give; sort without it"):
        sort.run(made[0], detect="peaks")


@pytest.mark.soak
def test_a_long_recording_of_many_neurons():
    raw, times, units, _ = make_recording(120.0, 16, 32, seed=3)
    found = sort.run(raw).result().groups[0]
    accuracy = accuracies(times, units, found.samples, found.spike_clusters)
    assert accuracy.min() > 0.9
    assert accuracy.mean() > 0.97
    assert found.n_clusters <= 17
