"""Columns of quality are what the formulas make of the data, are computed when asked for, and follow edits."""

import math

import numpy as np
import pytest
from support import random_model
from widgets.light_session import light_session

import napari_phy
from napari_phy.stats.completeness import amplitude_cutoff
from napari_phy.stats.contamination import close_pairs, hill_ratio, llobet_contamination, sliding_contamination
from napari_phy.stats.drift_measures import drift_measures
from napari_phy.stats.isolation import d_prime, mahalanobis_measures, neighbor_rates, silhouette
from napari_phy.stats.template_measures import template_measures
from napari_phy.table.cluster_table import compute_cluster_table, compute_values
from napari_phy.table.columns import find_column, known_keys
from napari_phy.table.quality import QUALITY
from napari_phy.table.spikes_nearby import spikes_nearby
from napari_phy.table.waveform_samples import waveform_samples

KEYS = [column.key for column in QUALITY]
OF_PLACES = {"drift_ptp", "drift_std", "drift_mad", "spread", "exp_decay"}
RELATIVE = [column.key for column in QUALITY if column.is_relative]


def long_session(**changes):
    """Return eight clusters of 750 spikes in five minutes."""
    return light_session(8, 6000, duration=300.0, **changes)


@pytest.fixture(scope="module")
def session():
    return long_session()


def columns_of(session, cluster):
    known = known_keys(session)
    return {key: compute_values(session.shown, key, [cluster])[cluster] for key in KEYS if key in known}


def test_everything_is_known_of_clusters_of_a_whole_data_set(session):
    for cluster in range(4):
        unknown = [key for key, value in columns_of(session, cluster).items() if not math.isfinite(value)]
        assert set(unknown) <= {
            "peak_to_trough_duration",
            "repolarization_slope",
            "recovery_slope",
            "peak_before_width",
            "exp_decay",
            "sliding_rp_violation",
        }


def test_numbers_are_those_of_the_formulas(session):
    model, spikes = session.model, session.manager.spikes(2)
    samples, rate = model.spike_samples[spikes], model.sample_rate
    found, n_samples = columns_of(session, 2), round(model.duration * model.sample_rate)
    n_violations = int((np.diff(samples) < 30).sum())
    assert found["isi_violations_count"] == n_violations
    assert found["isi_violations_ratio"] == pytest.approx(hill_ratio(n_violations, len(spikes), 300))
    sliding = sliding_contamination(samples, 300, sample_rate=rate)
    assert found["sliding_rp_violation"] == pytest.approx(sliding, nan_ok=True)
    n_pairs = close_pairs(samples, 20)
    assert found["rp_contamination"] == pytest.approx(llobet_contamination(n_pairs, len(spikes), n_samples, 20))
    known = session.columns.get()
    assert found["amplitude_cutoff"] == amplitude_cutoff(known.amplitudes[spikes])
    drift = drift_measures(samples, known.depths[spikes], [(0, n_samples)], sample_rate=rate)
    assert (found["drift_ptp"], found["drift_std"], found["drift_mad"]) == (drift.ptp, drift.std, drift.mad)
    sample = waveform_samples(session, [2])[2]
    best = sample.mean[:, np.argmax(sample.amplitudes)]
    assert found["trough_half_width"] == template_measures(best, sample_rate=rate).half_width_ms


def test_isolation_is_that_from_all_spikes_on_the_largest_channels(session):
    model, manager = session.model, session.manager
    spikes = manager.spikes(1)
    channels = np.argsort(-session.sums.get([1])[1].abs_sum)[:4]
    others = np.setdiff1d(np.flatnonzero(np.isin(session.columns.get().channels, channels)), spikes)
    features = model.features[np.arange(model.n_spikes)].reshape(model.n_spikes, model.n_channels, -1)[:, channels]
    features = features.reshape(model.n_spikes, -1).astype(float)
    own, rest, labels = features[spikes], features[others], manager.spike_clusters[others]
    found = columns_of(session, 1)
    assert (found["isolation_distance"], found["l_ratio"]) == pytest.approx(mahalanobis_measures(own, rest))
    assert found["d_prime"] == pytest.approx(d_prime(own, rest))
    assert found["silhouette"] == pytest.approx(silhouette(own, rest, labels))
    assert len(own) + len(rest) < 5000, "all of them are looked at"
    assert (found["nn_hit_rate"], found["nn_miss_rate"]) == pytest.approx(neighbor_rates(own, rest))


def test_of_many_spikes_the_same_share_has_its_neighbours_counted(session):
    nearby = spikes_nearby(session, 1)
    own, others = nearby.equal_shares(100)
    assert 98 <= len(own) + len(others) <= 102
    assert len(own) / len(others) == pytest.approx(nearby.n_own / nearby.n_others, rel=0.1)


def test_nothing_is_computed_before_it_is_asked_for_and_then_once():
    session = light_session()
    table = compute_cluster_table(session)
    assert all(np.isnan(table[key]).all() for key in KEYS)
    compute_values(session, "nn_hit_rate", [0])
    n_read = session.model.features.n_rows_read
    compute_values(session, "isolation_distance", [0])
    compute_values(session, "d_prime", [0])
    assert session.model.features.n_rows_read == n_read
    assert (
        np.isfinite(compute_cluster_table(session, keys=["nn_hit_rate"])["nn_hit_rate"]).tolist()
        == [True] + [False] * 7
    )


def test_after_an_edit_only_what_depends_on_other_clusters_is_computed_again():
    session = long_session()
    before = columns_of(session, 0)
    session.merge([1, 2])
    table = compute_cluster_table(session, [0])
    for key, value in before.items():
        assert table[key][0] == pytest.approx(math.nan if key in RELATIVE else value, nan_ok=True), key
    session.undo()
    for key in RELATIVE:
        assert compute_values(session, key, [0])[0] == pytest.approx(before[key])


def test_measures_of_times_are_those_of_the_stretch_and_the_others_of_whole_clusters():
    session = long_session()
    keys = ("isi_violations_count", "isi_violations_ratio", "amplitude_cutoff", "nn_hit_rate")
    whole = [compute_values(session.shown, key, [0])[0] for key in keys]
    session.time.set_range(0, 150)
    part = [compute_values(session.shown, key, [0])[0] for key in keys]
    assert part[0] < whole[0]
    assert part[2:] == whole[2:]
    samples = session.model.spike_samples[session.shown.manager.spikes(0)]
    assert part[1] == pytest.approx(hill_ratio(int((np.diff(samples) < 30).sum()), len(samples), 150))
    session.time.set_epochs([(0, 50), (100, 200)], "run")
    presence = compute_values(session.shown, "presence_ratio", [0])[0]
    assert presence == 1  # of one whole minute


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e30, 0.0])
def test_what_nobody_measured_costs_its_cells_and_never_a_warning(value):
    model = random_model(400, 4)
    features = np.array(model.features[np.arange(400)])
    features[::2] = value
    with np.errstate(all="raise", under="ignore"):
        session = light_session(4, 400, features=features)
        for cluster in range(4):
            for key, number in columns_of(session, cluster).items():
                assert find_column(key).text(number) == "–" or math.isfinite(number)


@pytest.mark.parametrize("sizes", [(1, 1), (1, 3), (2, 40), (13, 200)])
def test_tiny_clusters_have_dashes(sizes):
    clusters = np.repeat(np.arange(2), sizes)
    model = random_model(len(clusters), 2)
    session = light_session(2, len(clusters))
    assert model.n_spikes == session.model.n_spikes
    for cluster in session.manager.cluster_ids.tolist():
        for key, number in columns_of(session, cluster).items():
            assert find_column(key).text(number) == "–" or math.isfinite(number)


def test_a_data_set_without_features_waveforms_or_places_lacks_their_columns():
    of_times = {"presence_ratio", "isi_violations_count", "isi_violations_ratio", "rp_contamination"}
    of_times.add("sliding_rp_violation")
    bare = light_session(3, features=None, masks=None, with_raw=False)
    assert known_keys(bare) & set(KEYS) == of_times
    assert all(math.isnan(bare.table[key][0]) for key in KEYS if key not in of_times)
    placeless = light_session(3, knows_positions=False)
    assert set(KEYS) - known_keys(placeless) == {*OF_PLACES, "nn_noise_overlap"}
    few = light_session(3, n_channels=4)
    assert set(KEYS) - known_keys(few) == {"exp_decay", "nn_noise_overlap"}


def test_spikes_of_a_neuron_overlap_little_with_the_noise_of_real_traces(sample_kwik):
    with napari_phy.open_session(sample_kwik, read_only=True) as session:
        sizes = session.table["amplitude"]
        largest, smallest = max(sizes, key=sizes.get), min(sizes, key=sizes.get)
        overlaps = compute_values(session, "nn_noise_overlap", [largest, smallest])
        assert overlaps[largest] < 0.05
        assert overlaps[largest] <= overlaps[smallest] <= 0.6
        decay = compute_values(session, "exp_decay", [largest])[largest]
        assert 0.005 < decay < 0.2


def test_each_has_its_words_unit_and_a_place_of_its_own():
    assert len({column.title for column in QUALITY}) == len(QUALITY)
    for column in QUALITY:
        assert column.in_background
        assert not column.is_usual
        assert len(column.tip.partition("\n")[0]) < 80
    assert find_column("recovery_slope").unit_in("a.u.") == "a.u./ms"
    assert find_column("SNR").key == find_column("snr").key == "snr"
