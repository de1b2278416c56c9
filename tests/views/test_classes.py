"""Why a cluster has its class, in words; settings are the rules; what moves by class, and nothing unasked."""

import pytest
from widgets.light_session import light_session

from napari_phy.core.errors import ClusteringError
from napari_phy.stats.automatic_classes import DEFAULT_RULES, Rule
from napari_phy.table.columns import registry
from napari_phy.views.class_settings import ClassesSettings
from napari_phy.views.classes import (
    ClassesRequest,
    agreement_of,
    agreement_words,
    compute_classes,
    known_reason,
    left_out_words,
    moves_by_class,
    moves_words,
    reason_words,
)
from napari_phy.views.edit_words import edit_done, edit_name

RULES = (Rule("snr", "mua", 5), Rule("num_spikes", "mua", 300), Rule("peak_to_trough_duration", "noise", 0.1, 1.15))


@pytest.fixture
def session():
    yield light_session(8, 2000)
    registry.clear()


def test_settings_are_the_rules():
    assert ClassesSettings().rules == DEFAULT_RULES
    changed = ClassesSettings().changed(snr_least=3, drift_ptp_most=None)
    assert {rule.metric: (rule.least, rule.most) for rule in changed.rules if rule not in DEFAULT_RULES} == {
        "snr": (3, None),
        "drift_ptp": (None, None),
    }


def test_the_threshold_that_decides_is_named(session):
    values = {"snr": 3.21, "num_spikes": 299.0, "peak_to_trough_duration": 0.5}
    assert reason_words(session, values, RULES) == "mua: signal to noise 3.2 is below 5 and spikes 299 is below 300"
    assert reason_words(session, {**values, "snr": 4.999, "num_spikes": 300.0}, RULES) == (
        "mua: signal to noise 4.999 is below 5"
    )
    assert reason_words(session, {**values, "peak_to_trough_duration": 1.3}, RULES) == (
        "noise: trough to peak 1.30 is above 1.15 ms"
    )
    unknown = {**values, "peak_to_trough_duration": float("nan")}
    assert reason_words(session, unknown, RULES) == "noise: trough to peak is not known"
    sliding = (Rule("sliding_rp_violation", "mua", most=0.1, unknown_breaks=True),)
    few = "mua: too few spikes to rule contamination out"
    assert reason_words(session, {"sliding_rp_violation": 0.11}, sliding, 60) == f"{few} (0.110 > 0.1)"
    assert reason_words(session, {"sliding_rp_violation": float("nan")}, sliding, 60) == few
    assert reason_words(session, {"sliding_rp_violation": 0.11}, sliding, 100_000) == (
        "mua: contamination (sliding test) 0.110 is above 0.1"
    )
    assert reason_words(session, {"snr": 9.0, "num_spikes": 400.0}, RULES) == "good: it keeps all 2 thresholds"


def test_what_was_computed_is_told_again(session):
    clusters = tuple(session.manager.cluster_ids.tolist())
    rules = ClassesSettings().rules
    assert known_reason(session, clusters[0], rules) == ""
    data = compute_classes(session, ClassesRequest(clusters, rules))
    assert {cluster: known_reason(session, cluster, rules) for cluster in clusters} == data.reasons
    assert all(why.startswith(f"{data.classes[cluster]}: ") for cluster, why in data.reasons.items())
    assert left_out_words(data.left_out) == ""


def test_clusters_move_by_class_in_one_edit_and_decided_ones_stay_unless_asked(session):
    manager, rules = session.manager, (Rule("num_spikes", "mua", 0), Rule("num_spikes", "noise", most=1e6))
    clusters = tuple(manager.cluster_ids.tolist())
    session.move(clusters[:2], "noise")
    session.move(clusters[2:3], "good")
    before = dict(manager.cluster_groups)
    data = compute_classes(session, ClassesRequest(clusters, rules))
    groups = {cluster: manager.group(cluster) for cluster in clusters}
    assert set(data.classes.values()) == {"good"}
    agreement = agreement_of(data, groups)
    assert (agreement.n_decided, agreement.n_same) == (3, 1)
    assert agreement_words(agreement) == "1 of 3 decided clusters in the group of their class"
    assert not moves_by_class(data, groups, ["mua"])
    assert moves_words({}, groups) == "No cluster would move."
    both = moves_by_class(data, groups, with_decided=True)
    assert moves_words(both, groups) == (
        f"{len(clusters) - 1} clusters move: {len(clusters) - 1} to good. 2 of them leave the group that you gave them."
    )
    moves = moves_by_class(data, groups)
    assert set(moves) == set(clusters[3:])
    update = session.move_each({**moves, clusters[3]: "axon"})
    assert manager.group(clusters[3]) == "axon"
    assert [group.name for group in session.groups] == ["axon"]
    assert edit_name(update).endswith(" to axon and good")
    assert edit_done(update, manager).endswith(" to axon and good.")
    with pytest.raises(ClusteringError, match="already"):
        session.move_each({clusters[4]: "good"})
    session.undo()
    assert dict(manager.cluster_groups) == before
    assert not session.groups
