"""A feature or mask that cannot have been measured costs its spike the features, and no other one."""

import h5py
import numpy as np
import pytest
from soak.small_kwik import N_SPIKES, make_kwik

from napari_phy import open_session
from napari_phy.formats.checks import check_data_set
from napari_phy.formats.conversion.convert import convert_data_set
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.views.amplitudes import AmplitudeRequest, compute_amplitude_view
from napari_phy.views.drift import DriftRequest, compute_drift
from napari_phy.views.feature_grid import FeatureGridRequest, compute_feature_grid
from napari_phy.views.features import TIME_AXIS, FeatureAxis, FeatureRequest, compute_features, spikes_in_lasso
from napari_phy.views.similarity import SimilarityRequest, compute_similarity

SPIKE = 7
TABLE = "/channel_groups/0/features_masks"
LABELS = np.arange(N_SPIKES) % 6  # a cluster a pair of channel and sign: like its neighbour, unlike the others
BAD = [(np.nan, 0), (np.inf, 0), (-np.inf, 0), (3e38, 0), (-1e13, 0), (np.nan, 1), (np.inf, 1), (3e38, 1)]


@pytest.fixture
def kwik(tmp_path):
    """Return a data set whose cluster n is largest on channel n % 4."""
    path = make_kwik(tmp_path, spike_clusters=LABELS)
    values = np.random.default_rng(1).normal(0, 0.1, (N_SPIKES, 4, 3))
    values[np.arange(N_SPIKES), LABELS % 4] += 10 + LABELS[:, None]
    with h5py.File(path.with_suffix(".kwx"), "r+") as file:
        file[TABLE][:, :, 0] = values.reshape(N_SPIKES, 12)
    return path


def poison(path, value, plane, column=5):
    with h5py.File(path.with_suffix(".kwx"), "r+") as file:
        file[TABLE][SPIKE, (slice(3, 6) if plane else column), plane] = value


@pytest.mark.parametrize(("value", "plane"), BAD)
def test_every_cluster_keeps_channel_depth_and_similarity_also_through_merges(kwik, value, plane):
    with open_session(kwik) as session:
        expected = compute_cluster_table(session)
        alike = dict(session.similar_to(0))
        assert not any("no numbers" in sentence for sentence in session.messages)
    poison(kwik, value, plane)
    with open_session(kwik) as session:
        assert any("1 spike has features or masks that are no numbers" in sentence for sentence in session.messages)
        found = compute_cluster_table(session)
        assert found["channel"].tolist() == expected["channel"].tolist() == [0, 1, 2, 3, 0, 1]
        np.testing.assert_allclose(found["depth"], expected["depth"], atol=1)
        for cluster, similarity in session.similar_to(0):
            assert similarity == pytest.approx(alike[cluster], abs=0.01)
        merged = session.merge([int(LABELS[SPIKE]), 5]).added[0]
        assert compute_cluster_table(session, [merged])["channel"].tolist() == [1]
        ids = tuple(session.manager.cluster_ids.tolist())
        assert np.isfinite(compute_similarity(session, SimilarityRequest(ids)).similarities).all()


@pytest.mark.parametrize(("value", "plane"), BAD)
def test_views_of_features_leave_out_the_spike_and_nothing_else(kwik, value, plane):
    poison(kwik, value, plane)
    axes = FeatureAxis("feature", 0), FeatureAxis("feature", 3)
    clusters = tuple(range(6))
    with open_session(kwik) as session:
        others = np.delete(np.arange(N_SPIKES), SPIKE)
        shown = compute_features(session, FeatureRequest(clusters, *axes))
        assert sorted(shown.spike_ids.tolist()) == others.tolist()
        everywhere = [(-1e20, -1e20), (1e20, -1e20), (1e20, 1e20), (-1e20, 1e20)]
        for request in (FeatureRequest(clusters, *axes), FeatureRequest(clusters, axes[0], TIME_AXIS)):
            assert spikes_in_lasso(session, request, everywhere).tolist() == others.tolist()
        grid = compute_feature_grid(session, FeatureGridRequest(clusters, axes))
        assert sorted(grid.spike_ids.tolist()) == others.tolist()
        assert np.isfinite(grid.values).all()
        sizes = compute_amplitude_view(session, AmplitudeRequest(clusters, "feature"))
        assert sorted(sizes.spike_ids.tolist()) == others.tolist()
        drift = compute_drift(session, DriftRequest(0))
        assert 0 < drift.amplitude_range[0] < drift.amplitude_range[1] < 20
        assert np.flatnonzero(np.isnan(drift.columns.depths)).tolist() == [SPIKE]


def test_check_counts_them_all_and_convert_keeps_what_the_file_has(kwik, tmp_path):
    poison(kwik, np.nan, 0)
    problems = [finding.sentence for finding in check_data_set(kwik) if finding.level == "problem"]
    assert any("has 1 of 300 spikes with features or masks that are no numbers" in sentence for sentence in problems)
    made = tmp_path / "made" / "new.kwik"
    made.parent.mkdir()
    convert_data_set(kwik, made)
    with h5py.File(kwik.with_suffix(".kwx")) as old, h5py.File(made.with_suffix(".kwx")) as new:
        np.testing.assert_array_equal(new[TABLE][...], old[TABLE][...])
    model = KwikModel(made)
    assert np.isnan(model.features[SPIKE]).all()
    assert np.isnan(model.features[SPIKE : SPIKE + 1, [0]]).all()
    assert model.masks[SPIKE].tolist() == [1, 1, 1, 1]
    model.close()


def test_those_of_a_file_that_is_read_later_are_told_then(kwik, monkeypatch):
    monkeypatch.setattr("napari_phy.table.feature_sums.BLOCK_BYTES", 2**10)
    poison(kwik, np.nan, 0)
    with open_session(kwik) as session:
        assert not any("no numbers" in sentence for sentence in session.messages)
        session.prepare()
        assert any("1 spike has features" in sentence for sentence in session.messages)


@pytest.mark.real_data
def test_the_poisoned_case_keeps_its_channels(data_folder, tmp_path):
    for file in (data_folder / "cases" / "poison").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with open_session(tmp_path / "day.kwik") as session:
        table = compute_cluster_table(session)
        assert (table["channel"] >= 0).all()
        assert np.isfinite(table["depth"]).all()
        assert any("1 spike has features" in sentence for sentence in session.messages)
