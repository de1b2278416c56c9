"""Metrics of valid periods only are those of the spikes of that time, and the choice is one of the session."""

import math

import numpy as np
import pytest
from stats.quality_data import RATE, unsteady
from widgets.light_session import light_session

from napari_phy.core.errors import ClusteringError, MissingDataError
from napari_phy.stats.completeness import presence_ratio
from napari_phy.stats.contamination import close_pairs, llobet_contamination
from napari_phy.stats.refractory import violations
from napari_phy.stats.valid_periods import valid_periods, within_stretches
from napari_phy.table.cluster_table import compute_values
from napari_phy.table.quality import QUALITY
from napari_phy.table.valid_periods import valid_time

N_SAMPLES = 20_000_000


@pytest.fixture(scope="module")
def session():
    """Return one cluster on one channel whose first feature is its amplitude."""
    samples, sizes = unsteady()
    return light_session(
        1,
        len(samples),
        n_channels=1,
        spike_samples=samples,
        features=np.column_stack([sizes, 0 * sizes, 0 * sizes]),
        masks=np.ones((len(samples), 1)),
        with_raw=False,
        duration=N_SAMPLES / RATE,
    )


@pytest.fixture
def valid(session):
    session.table.valid_only = True
    yield session
    session.table.valid_only = False


def test_periods_of_a_cluster_are_told_in_seconds(session):
    assert session.table.valid_periods(0).tolist() == [[0, 450], [540, 720]]
    with pytest.raises(ClusteringError):
        session.table.valid_periods(99)
    with pytest.raises(MissingDataError):
        light_session(2, features=None, masks=None).table.valid_periods(0)


def test_metrics_of_valid_periods_are_those_of_their_spikes(valid):
    samples, sizes = unsteady()
    periods = valid_periods(samples, sizes, [(0, N_SAMPLES)], sample_rate=RATE)
    inside = samples[within_stretches(samples, periods)]
    table = valid.table
    assert table["isi_violations_count"][0] == violations(inside, sample_rate=RATE, refractory_ms=1.5).sum()
    n_samples = int(np.diff(periods).sum())
    expected = llobet_contamination(close_pairs(inside, 20), len(inside), n_samples, 20)
    assert table["rp_contamination"][0] == pytest.approx(expected)
    assert table["presence_ratio"][0] == presence_ratio(inside, periods, sample_rate=RATE) == 1
    assert table["spikes"][0] == len(samples)


def test_what_was_computed_of_all_times_is_found_again(session):
    keys = [column.key for column in QUALITY if column.uses_periods]
    whole = {key: session.table[key][0] for key in keys}
    told = []
    choice = valid_time(session)
    choice.changed.connect(lambda: told.append(choice.is_used))
    session.table.valid_only = True
    session.table.valid_only = True
    valid = {key: session.table[key][0] for key in keys}
    session.table.valid_only = False
    assert told == [True, False]
    assert {key: session.table[key][0] for key in keys} == pytest.approx(whole, nan_ok=True)
    assert valid["rp_contamination"] < whole["rp_contamination"] / 3


def test_of_a_stretch_of_time_the_valid_part_is_used(valid):
    valid.time.set_range(500, 600)
    try:
        count = compute_values(valid.shown, "isi_violations_count", [0])[0]
        samples, _ = unsteady()
        inside = samples[(samples >= 540 * RATE) & (samples < 600 * RATE)]
        assert count == violations(inside, sample_rate=RATE, refractory_ms=1.5).sum()
    finally:
        valid.time.clear_range()


def test_a_cluster_that_is_never_steady_has_dashes_and_without_features_all_times_are_used():
    session = light_session()
    session.table.valid_only = True
    assert math.isnan(session.table["rp_contamination"][0])
    assert math.isnan(session.table["presence_ratio"][0])
    bare = light_session(features=None, masks=None)
    before = bare.table["rp_contamination"]
    bare.table.valid_only = True
    assert bare.table["rp_contamination"] == pytest.approx(before, nan_ok=True)
