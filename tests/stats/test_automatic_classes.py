"""Classes are those of SpikeInterface on the same metrics, and the rules named are those that decide."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats.automatic_classes import (
    CLASSES,
    DEFAULT_RULES,
    GOOD,
    NON_SOMATIC,
    Rule,
    class_agreement,
    classify,
    deciding_rules,
)

NAN = math.nan
# of a good unit; times in ms
USUAL = {
    "num_positive_peaks": 1, "num_negative_peaks": 1, "peak_to_trough_duration": 0.5,
    "waveform_baseline_flatness": 0.1, "peak_after_to_trough_ratio": 0.3, "exp_decay": 0.05, "amplitude_median": -80,
    "snr": 9, "amplitude_cutoff": 0.01, "num_spikes": 2000, "sliding_rp_violation": 0.01, "presence_ratio": 0.99,
    "drift_ptp": 12, "isolation_distance": 60, "l_ratio": 0.01, "peak_before_width": 0.3, "trough_width": 0.3,
    "peak_before_to_trough_ratio": 0.2, "peak_before_to_peak_after_ratio": 0.5, "main_peak_to_trough_ratio": 0.3,
}  # fmt: skip
# what differs from it, and the label that `bombcell_label_units` of SpikeInterface 0.105.3 gives by default
OF_SPIKEINTERFACE = (
    ({}, "good"),
    ({"trough_width": NAN}, "good"),
    ({"presence_ratio": NAN, "peak_before_to_trough_ratio": NAN}, "good"),
    ({"amplitude_cutoff": 0.1, "presence_ratio": 1.05, "peak_before_to_trough_ratio": 3.0}, "good"),
    ({"num_positive_peaks": NAN, "peak_to_trough_duration": 0.15, "waveform_baseline_flatness": 0.5,
      "sliding_rp_violation": 0.05, "peak_before_to_peak_after_ratio": 4.5}, "noise"),
    ({"peak_after_to_trough_ratio": 1.2, "isolation_distance": 20.0, "peak_before_to_peak_after_ratio": 3.0,
      "main_peak_to_trough_ratio": 1.2}, "noise"),
    ({"num_positive_peaks": 2, "num_negative_peaks": 1.5, "isolation_distance": 30, "main_peak_to_trough_ratio": NAN},
     "noise"),
    ({"waveform_baseline_flatness": NAN, "exp_decay": 0.01, "num_spikes": 450}, "noise"),
    ({"waveform_baseline_flatness": 0.25, "drift_ptp": 150, "isolation_distance": 30, "l_ratio": NAN,
      "peak_before_width": 0.15}, "mua"),
    ({"amplitude_median": 15, "l_ratio": 0.15, "peak_before_width": 0.15}, "mua"),
    ({"num_spikes": 450, "presence_ratio": 0.35, "main_peak_to_trough_ratio": 0.8}, "mua"),
    ({"amplitude_cutoff": 0.3}, "mua"),
    ({"num_negative_peaks": 0.5, "snr": 2.5, "drift_ptp": 50}, "mua"),
    ({"drift_ptp": 150, "main_peak_to_trough_ratio": 1.2}, "non-somatic"),
    ({"amplitude_median": 30, "num_spikes": NAN, "isolation_distance": 20, "trough_width": 0.1,
      "main_peak_to_trough_ratio": 1.2}, "non-somatic"),
    ({"amplitude_median": NAN, "peak_before_to_trough_ratio": 1.5, "main_peak_to_trough_ratio": 1.2}, "non-somatic"),
    ({"peak_after_to_trough_ratio": 0.8, "peak_before_width": NAN, "trough_width": 0.1,
      "peak_before_to_peak_after_ratio": 3.0, "main_peak_to_trough_ratio": 1.2}, "non-somatic"),
    ({"peak_before_width": NAN, "trough_width": 0.1, "peak_before_to_trough_ratio": 4.5}, "non-somatic"),
    ({"peak_before_width": NAN, "trough_width": NAN, "peak_before_to_trough_ratio": 4.5}, "non-somatic"),
    ({"peak_before_width": 0.1, "peak_before_to_trough_ratio": 4.5}, "good"),
    ({"peak_before_width": 0.1, "trough_width": 0.1, "snr": 1}, "mua"),
    ({"sliding_rp_violation": NAN}, "mua"),
    ({"sliding_rp_violation": 0.105}, "mua"),
    ({"sliding_rp_violation": NAN, "exp_decay": NAN}, "noise"),
    ({"sliding_rp_violation": NAN, "main_peak_to_trough_ratio": 1.2}, "non-somatic"),
    ({"exp_decay": 0.2}, "noise"),
)  # fmt: skip

metrics = st.fixed_dictionaries(
    {
        rule.metric: st.one_of(
            st.just(NAN), st.sampled_from([0.5, 1, 1.5]).map(lambda f, r=rule: f * (r.most or r.least))
        )
        for rule in DEFAULT_RULES
        if (rule.least, rule.most) != (None, None)
    }
)


def test_classes_are_those_of_spikeinterface():
    table = {name: [{**USUAL, **changed}[name] for changed, _ in OF_SPIKEINTERFACE] for name in USUAL}
    assert [CLASSES[code] for code in classify(table)] == [label for _, label in OF_SPIKEINTERFACE]


def test_ends_of_ranges_are_in_them_and_a_rule_without_ends_is_off():
    assert not Rule("x", "mua", 1, 2).is_broken([1, 2, NAN]).any()
    assert Rule("x", "mua", most=2, unknown_breaks=True).is_broken([1, 2, NAN]).tolist() == [False, False, True]
    assert Rule("x", "mua", 1, 2, is_absolute=True).is_broken([-1.5, -0.5, -3]).tolist() == [False, True, True]
    off = [Rule("snr", "noise"), Rule("trough_width", "width"), Rule("ratio", "ratio", most=1)]
    assert classify({"snr": [NAN], "trough_width": [0], "ratio": [2]}, off).tolist() == [GOOD]


def test_rules_without_their_metric_are_left_out():
    assert classify({"snr": [9, 1], "drift_ptp": [500, 0]}).tolist() == [1, 1]
    assert not len(classify({}))


@given(metrics)
def test_what_breaks_no_rule_that_decides_would_be_of_another_class(values):
    code = int(classify({name: [value] for name, value in values.items()})[0])
    deciding = deciding_rules(values)
    assert bool(deciding) == (code != GOOD)
    assert all(rule.is_broken(values[rule.metric]) or math.isnan(values[rule.metric]) for rule in deciding)
    rules = [rule for rule in DEFAULT_RULES if rule not in deciding]
    if code != GOOD and not (code == NON_SOMATIC and deciding[0].part != "main peak"):
        others = classify({name: [value] for name, value in values.items()}, rules)
        assert others[0] != code or code == NON_SOMATIC


def test_agreement_counts_each_cluster_once_and_tells_how_many_are_the_same():
    found = class_agreement(["good", "noise", "mine", "good", "unsorted"], [2, 0, 1, 1, 2])
    assert found.groups == ("noise", "good", "mine", "unsorted")
    assert found.counts.tolist() == [[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    assert (found.n_decided, found.n_same) == (3, 2)
    assert class_agreement([], []).counts.shape == (0, 4)


@pytest.mark.parametrize("group", ["good", "axon"])
def test_a_group_that_is_no_class_cannot_agree(group):
    found = class_agreement([group], np.array([GOOD]))
    assert found.n_decided == (group == "good")
