"""The column of classes is what the rules make of other columns, and goes with the rules."""

import math

import numpy as np
import pytest
from widgets.light_session import light_session

from napari_phy.stats.automatic_classes import CLASSES, DEFAULT_RULES, Rule, classify
from napari_phy.table.class_column import rule_values, usable_rules
from napari_phy.table.cluster_filter import find_clusters
from napari_phy.table.cluster_table import compute_cluster_table, compute_values
from napari_phy.table.columns import find_column
from napari_phy.table.waveform_samples import best_channels, waveform_samples


@pytest.fixture
def session():
    return light_session(8, 2000)


def test_classes_are_what_rules_make_of_the_columns(session):
    clusters = session.manager.cluster_ids.tolist()
    values = rule_values(session, clusters)
    assert set(values) == {rule.metric for rule in usable_rules(session)}
    for metric, of in values.items():
        if metric != "num_spikes":
            assert np.array_equal(of, list(compute_values(session, metric, clusters).values()), equal_nan=True)
    assert values["num_spikes"].tolist() == [session.manager.n_spikes(cluster) for cluster in clusters]
    found = compute_values(session, "class", clusters)
    assert list(found.values()) == classify(values).tolist()
    assert session.table["class"][clusters[0]] == CLASSES[int(found[clusters[0]])]


def test_other_rules_have_other_classes_and_the_filter_knows_them_by_name(session):
    n = min(session.manager.n_spikes(cluster) for cluster in session.manager.cluster_ids.tolist())
    other = light_session(8, 2000)
    session.class_rules.rules = [Rule("num_spikes", "mua", n + 1)]
    clusters = session.manager.cluster_ids.tolist()
    found = compute_values(session, "class", clusters)
    assert {CLASSES[int(value)] for value in found.values()} <= {"mua", "good"}
    few = [cluster for cluster in clusters if session.manager.n_spikes(cluster) == n]
    assert find_clusters(session, 'class == "mua"') == few
    session.views["classes"].snr_least = None
    assert session.class_rules.rules == session.views["classes"].value.rules
    assert math.isnan(compute_cluster_table(session, few, ["class"], reads="nothing")["class"][0])
    assert other.class_rules.rules == DEFAULT_RULES
    session.class_rules.rules = [Rule("num_spikes", "mua", n + 1)]
    kept = compute_cluster_table(session, few, ["class"], reads="nothing")["class"]
    assert kept.tolist() == [found[cluster] for cluster in few]


def test_a_rule_in_microvolts_is_left_out_where_the_gain_is_not_known(session):
    unit = session.model.unit
    names = {rule.metric for rule in usable_rules(session)}
    assert ("amplitude_median" in names) == (unit == "µV")
    assert "exp_decay" in names
    assert "rp_contamination" not in names  # off
    assert usable_rules(session, [Rule("snr", "mua")]) == ()
    assert len(DEFAULT_RULES) == len({rule.metric for rule in DEFAULT_RULES})


def test_the_median_amplitude_is_that_of_single_spikes_where_the_mean_is_largest(session):
    samples = waveform_samples(session, [2])
    sample, best = samples[2], best_channels(session, samples)[2]
    moment = np.abs(sample.mean[:, best]).argmax()
    single = sample.waveforms[:, moment, sample.channels.tolist().index(best)]
    assert compute_values(session, "amplitude_median", [2])[2] == pytest.approx(np.median(np.abs(single)))


def test_words_stand_for_numbers():
    column = find_column("class")
    assert [column.text(code) for code in (0, 3, math.nan)] == ["noise", "non-somatic", "–"]
    assert [column.plain(code) for code in (2, math.nan)] == ["good", ""]
