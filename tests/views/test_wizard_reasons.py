"""Each reason for a merge against the plain way of computing it, and its words."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from napari_phy.core.errors import ClusteringError
from napari_phy.views.wizard_reasons import PairReasons, compute_reasons

PAIR = PairReasons(
    similarity=0.987,
    rank=1,
    n_ranked=21,
    merged_percent=0.0,
    alone_percent=(0.0, 0.0),
    amplitudes=(104.0, 105.0),
    unit="µV",
    distance_um=0.2,
    channels=(4, 4),
    has_features=True,
)


def reasons_of(session, best, candidate, **options):
    return compute_reasons(session, best, candidate, **{"reads_features": True, **options})


def told(pair, name, **changes):
    return next(reason[1:] for reason in replace(pair, **changes).as_rows() if reason.name == name)


def test_similarity_and_place_are_those_of_the_ranking(session):
    session.manager.move([0, 1, 2, 3], "good")
    ranking = session.similar_to(4)
    for place, (other, similarity) in enumerate(ranking, 1):
        found = reasons_of(session, 4, other)
        assert (found.similarity, found.rank, found.n_ranked) == (similarity, place, 4)
    session.manager.discard([ranking[0][0]])
    assert reasons_of(session, 4, ranking[1][0]).rank == 1


@pytest.mark.parametrize("group", ["noise", "mua"])
def test_only_clusters_that_the_wizard_may_propose_have_a_place(session, group):
    session.manager.move([0, 1, 2, 3], "good")
    first, second, third, fourth = (other for other, _ in session.similar_to(4))
    session.manager.move([first], group)
    found = reasons_of(session, 4, third, hidden={second})
    assert (found.rank, found.n_ranked) == (1, 2)
    found = reasons_of(session, 4, fourth, hidden={second, fourth})  # one that the user chose
    assert (found.rank, found.n_ranked) == (2, 2)


def test_refractory_violations_are_those_of_the_merged_train(session):
    samples, labels = session.model.spike_samples, session.model.spike_clusters

    def percent(clusters):
        train = samples[np.isin(labels, clusters)]
        return 100 * np.mean([b - a < 40 for a, b in pairwise(train)])  # 2 ms at 20 kHz

    found = reasons_of(session, 3, 1)
    assert found.merged_percent == pytest.approx(percent([3, 1]))
    assert found.alone_percent == pytest.approx((percent([3]), percent([1])))
    new = session.manager.merge([3, 1]).added[0]
    other = next(cluster for cluster in (0, 2, 4))
    assert reasons_of(session, new, other).alone_percent[0] == pytest.approx(found.merged_percent)


def test_amplitudes_are_those_of_the_mean_waveforms(session):
    few = session.manager.split(np.sort(np.r_[session.manager.spikes(2)[:50], session.manager.spikes(4)[:60]])).added
    pair = session.manager.split(session.manager.spikes(few[0])[:50]).added[:2]
    found = reasons_of(session, *pair)
    for cluster, amplitude in zip(pair, found.amplitudes, strict=True):
        ids = session.manager.spikes(cluster)
        mean = session.model.waveforms[ids].mean(axis=0) * session.model.masks[ids].mean(axis=0)
        assert amplitude == pytest.approx(np.ptp(mean, axis=0).max(), rel=1e-5)


def test_the_distance_is_that_of_the_centres_on_the_probe(make_session):
    positions = np.random.default_rng(1).normal(0, 50, (8, 2))
    session = make_session(positions=positions)
    features, masks = session.model.features, session.model.masks

    def center(cluster):
        total, weight = np.zeros(2), 0.0
        for spike in session.manager.spikes(cluster).tolist():
            size = np.abs(features[[spike]].reshape(8, 3)).sum(axis=1) * masks[[spike]][0]
            total, weight = total + size @ positions, weight + size.sum()
        return total / weight

    found = reasons_of(session, 3, 0)
    assert found.distance_um == pytest.approx(np.hypot(*(center(3) - center(0))), rel=1e-4)
    assert found.channels == (2, 1)
    assert told(found, "position") == (f"{found.distance_um:.0f} µm", "peak channels 2 and 1")


def test_without_positions_only_the_channels_are_known(make_session):
    found = reasons_of(make_session(knows_positions=False), 3, 0)
    assert math.isnan(found.distance_um)
    assert told(found, "position") == ("unknown", "peak channels 2 and 1")


def test_without_files_what_they_hold_is_unknown(make_session):
    found = reasons_of(make_session(features=None, masks=None, with_raw=False), 3, 0)
    assert found.as_rows()[0][1:] == ("–", "needs features")
    assert found.as_rows()[2][1:] == ("–", "needs raw data")
    assert found.as_rows()[3][1:] == ("–", "needs features")
    assert math.isfinite(found.merged_percent)


def test_features_that_may_not_be_read_are_not(session):
    session.sums.is_held = True
    found = reasons_of(session, 3, 0, reads_features=False)
    assert session.sums.asked_for == []
    assert not found.has_features


def test_a_cluster_that_is_gone_is_an_error(session):
    with pytest.raises(ClusteringError, match="99"):
        reasons_of(session, 3, 99)


def test_similarity_in_words():
    assert told(PAIR, "similarity") == ("0.99", "highest of 21")
    assert told(PAIR, "similarity", rank=2) == ("0.99", "2nd of 21")
    assert told(PAIR, "similarity", rank=13) == ("0.99", "13th of 21")
    assert told(PAIR, "similarity", rank=21) == ("0.99", "21st of 21")
    assert told(PAIR, "similarity", similarity=0.001, rank=3) == ("–", "3rd of 21")


def test_refractory_in_words():
    assert told(PAIR, "refractory") == ("ok", "none within 2 ms")
    some = {"merged_percent": 0.4, "alone_percent": (0.2, math.nan)}
    assert told(PAIR, "refractory", **some) == ("ok", "0.4 % within 2 ms; alone 0.2 and – %")
    many = {"merged_percent": 2.5, "alone_percent": (0.2, 0.4)}
    assert told(PAIR, "refractory", **many) == ("violated", "2.5 % within 2 ms; alone 0.2 and 0.4 %")
    as_before = {"merged_percent": 2.5, "alone_percent": (3.0, 0.4)}
    assert told(PAIR, "refractory", **as_before) == ("ok", "2.5 % within 2 ms; alone 3.0 and 0.4 %")


def test_amplitude_and_position_in_words():
    assert told(PAIR, "amplitude") == ("104 / 105 µV", "1 % apart")
    assert told(PAIR, "amplitude", amplitudes=(50.0, 200.0)) == ("50 / 200 µV", "75 % apart")
    assert told(PAIR, "amplitude", amplitudes=(math.nan, 200.0)) == ("–", "needs raw data")
    assert told(PAIR, "position") == ("0 µm", "same peak channel 4")
    assert told(PAIR, "position", channels=(4, -1)) == ("0 µm", "masked on all channels")


@pytest.mark.parametrize(
    ("changes", "against", "verdict"),
    [
        ({}, (), "Likely: nothing speaks against it"),
        ({"similarity": 0.89}, (), "Plausible: nothing speaks against it"),
        ({"similarity": 0.49}, ("similarity",), "Unlikely: little alike"),
        ({"merged_percent": 1.3}, ("refractory",), "Unlikely: refractory violated"),
        ({"merged_percent": math.nan}, (), "Likely: nothing speaks against it"),
        ({"amplitudes": (100.0, 69.0)}, ("amplitude",), "Plausible: amplitudes differ"),
        ({"amplitudes": (100.0, 71.0)}, (), "Likely: nothing speaks against it"),
        ({"distance_um": 51.0}, ("position",), "Plausible: far apart"),
        ({"distance_um": math.nan}, (), "Likely: nothing speaks against it"),
        ({"similarity": math.nan}, (), "Open: how alike they are is not known"),
        (
            {"amplitudes": (100.0, 60.0), "distance_um": 80.0},
            ("amplitude", "position"),
            "Unlikely: amplitudes differ, far apart",
        ),
        (
            {"similarity": 0.1, "amplitudes": (100.0, 60.0), "distance_um": 80.0, "merged_percent": 5.0},
            ("similarity", "refractory", "amplitude", "position"),
            "Unlikely: little alike, refractory violated, amplitudes differ, far apart",
        ),
    ],
)
def test_how_strong_the_case_is(changes, against, verdict):
    pair = replace(PAIR, **changes)
    assert (pair.against, pair.verdict) == (against, verdict)
