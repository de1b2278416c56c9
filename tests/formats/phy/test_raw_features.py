"""Without `pc_features.npy`, features are principal components of waveforms cut out of the raw data."""

from contextlib import closing

import numpy as np
import pytest
from phy_folder import N_CHANNELS, make_truth, write_folder

from napari_phy.cli import main
from napari_phy.formats.phy import raw_features
from napari_phy.formats.phy.model import PhyModel
from napari_phy.formats.phy.raw_features import COMPUTED
from napari_phy.session import open_session
from napari_phy.views.features import FeatureAxis, FeatureRequest, compute_features

TRUTH = make_truth(n_spikes=200)
SPIKES = len(TRUTH.samples)


@pytest.fixture
def near(monkeypatch):
    monkeypatch.setattr(raw_features, "N_NEAR", 3)


def opened(folder, **arrays):
    write_folder(folder, TRUTH, **{"pc_features": None, "pc_feature_ind": None, **arrays})
    return closing(PhyModel(folder))


def test_features_are_principal_components_of_each_channel_where_templates_are_large(tmp_path, near):
    with opened(tmp_path / "ks") as model:
        assert model.missing == model.doubts == (COMPUTED,)
        assert model.features.shape == (SPIKES, 3 * N_CHANNELS)
        waveforms = model.waveforms[:].astype(np.float64)
        largest = np.argsort(-model.templates.shares, axis=1)[:, :3]
        features = model.features[:].reshape(SPIKES, N_CHANNELS, 3)
        for channel in range(N_CHANNELS):
            mine = (largest[TRUTH.spike_templates] == channel).any(axis=1)
            assert not features[~mine, channel].any()
            _, vectors = np.linalg.eigh(np.cov(waveforms[mine, :, channel].T))
            expected = waveforms[mine, :, channel] @ vectors[:, ::-1][:, :3]
            np.testing.assert_allclose(np.abs(features[mine, channel]), np.abs(expected), rtol=1e-3, atol=0.5)
        assert ((model.masks[:] > 0).sum(axis=1) == 3).all()


def test_the_same_files_give_the_same_features_in_any_order(tmp_path, near):
    with opened(tmp_path / "ks") as one, closing(PhyModel(tmp_path / "ks")) as other:
        whole = one.features[:]
        some = np.array([150, 3, 3, 77])
        np.testing.assert_array_equal(other.features[some], whole[some])
        np.testing.assert_array_equal(one.features[some, [4, 1]], whole[some][:, [4, 1]])
        np.testing.assert_array_equal(other.features[:], whole)


def test_components_are_fitted_to_a_fixed_sample(tmp_path, near, monkeypatch):
    with opened(tmp_path / "ks") as model:
        whole = model.features[:]
    monkeypatch.setattr(raw_features, "_N_SAMPLE", 60)
    with closing(PhyModel(tmp_path / "ks")) as model:
        assert not np.allclose(model.features[:], whole)
        first = model.features[:]
    with closing(PhyModel(tmp_path / "ks")) as model:
        np.testing.assert_array_equal(model.features[:], first)


def test_spikes_without_raw_data_or_template_have_no_features(tmp_path):
    times, templates = TRUTH.samples.astype(np.int64), TRUTH.spike_templates.astype(np.int64)
    times[-1], templates[0] = 5000, 99
    with opened(tmp_path / "ks", spike_times=times, spike_templates=templates) as model:
        lost = np.isnan(model.features[:]).all(axis=1)
        assert np.flatnonzero(lost).tolist() == [0, SPIKES - 1]
        assert not model.masks[[0, SPIKES - 1]].any()


def test_without_templates_all_channels_of_a_small_probe_have_features(tmp_path, monkeypatch):
    with opened(tmp_path / "ks", templates=None, whitening_mat_inv=None) as model:
        assert model.features[:].all()
        assert (model.masks[:] == 1).all()
    monkeypatch.setattr("napari_phy.formats.phy.folder_reading.MOST_CHANNELS", 5)
    with closing(PhyModel(tmp_path / "ks")) as model:
        assert model.features is None
        assert model.missing[-1].startswith("Features and similarity need pc_features.npy, or templates.npy")


def test_without_raw_data_it_is_said_what_features_need(tmp_path):
    with opened(tmp_path / "ks"):
        pass
    (tmp_path / "ks" / "raw.dat").unlink()
    with closing(PhyModel(tmp_path / "ks")) as model:
        assert model.features is None
        assert "Features and similarity need pc_features.npy, or raw data to compute them from." in model.missing
        TRUTH.raw.tofile(tmp_path / "moved.dat")
        found = model.with_raw(tmp_path / "moved.dat")
        assert found.missing == (
            "pc_features.npy is not there: open the folder again to have features computed from the raw data.",
        )
        found.close_traces()


def test_views_lists_and_conversion_use_them(tmp_path, capsys):
    with opened(tmp_path / "ks"), closing(open_session(tmp_path / "ks")) as session:
        assert len(session.similar_to(1)) == 3
        request = FeatureRequest((0, 1), FeatureAxis(), FeatureAxis(component=1), n_background=0)
        data = compute_features(session, request)
        np.testing.assert_array_equal(data.x, session.model.features[data.spike_ids][:, 0])
        session.merge([0, 1])
        assert len(session.similar_to(2)) == 2
    main(["check", str(tmp_path / "ks")])
    assert COMPUTED.rstrip(".") in capsys.readouterr().out
    assert main(["convert", str(tmp_path / "ks"), str(tmp_path / "a.kwik")]) == 0
