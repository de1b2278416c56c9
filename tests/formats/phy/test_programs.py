"""Folders as each program writes them open right, are sorted and saved, and keep what belongs to others."""

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from phy_folder import N_CHANNELS, dense_features
from phy_programs import PROGRAMS

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.conversion.convert import convert_data_set
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.opening import open_model
from napari_phy.formats.phy.model import PhyModel
from napari_phy.session import open_session

WHOLE = [name for name in PROGRAMS if name != "phy_2_killed"]


@pytest.fixture
def made(tmp_path, request):
    folder = tmp_path / "ks"
    folder.mkdir()
    return folder, PROGRAMS[request.param](folder)


def test_there_are_twelve():
    assert len(PROGRAMS) == 12


@pytest.mark.parametrize("made", WHOLE, indirect=True)
def test_a_folder_opens_with_all_that_it_has(made):
    folder, written = made
    truth = written.truth
    with closing(open_model(folder / "params.py")) as model:
        assert isinstance(model, PhyModel)
        assert model.missing == written.said
        assert model.spike_samples.tolist() == sorted(truth.samples.tolist())
        assert model.spike_clusters.tolist() == truth.clusters.tolist()
        assert model.spike_templates.tolist() == truth.spike_templates.tolist()
        np.testing.assert_allclose(model.amplitudes, truth.amplitudes, rtol=1e-6)
        assert dict(model.cluster_groups) == written.groups
        assert {name: dict(values) for name, values in model.cluster_labels.items()} == written.labels
        assert tuple(model.spike_values) == written.values
        assert (model.similar_templates is not None) is written.has_similar
        assert model.probe.channel_ids.tolist() == truth.channel_map.tolist()
        if written.n_samples:
            np.testing.assert_array_equal(model.traces[:], truth.raw)
        else:
            assert model.traces is None
        assert np.isfinite(model.waveforms[:]).all()
        assert model.features is not None
        if not model.computes_features:
            near = np.where(truth.near < 0, N_CHANNELS, truth.near)
            known = truth.spike_templates < len(near)
            features = model.features[:]
            has = np.isfinite(features).all(axis=1)
            assert has[known].any()
            assert not has[~known].any()
            wide = replace(truth, near=near, spike_templates=np.where(known, truth.spike_templates, 0))
            np.testing.assert_array_equal(features[has], _dense(wide)[has])


def _dense(truth):
    """Return features on all channels; those of the padding are left out."""
    padded = replace(truth, near=np.where(truth.near == N_CHANNELS, 0, truth.near))
    if (truth.near < N_CHANNELS).all():
        return dense_features(padded)
    out = np.zeros((len(truth.samples), N_CHANNELS + 1, truth.features.shape[2]), np.float32)
    for spike, template in enumerate(truth.spike_templates):
        out[spike, truth.near[template]] = truth.features[spike]
    return out[:, :-1].reshape(len(out), -1)


@pytest.mark.parametrize("made", WHOLE, indirect=True)
def test_a_folder_is_sorted_and_saved_and_what_is_of_others_stays(made):
    folder, written = made
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    clusters = np.load(folder / "spike_clusters.npy") if "spike_clusters.npy" in before else None
    with closing(open_session(folder)) as session:
        ids = session.manager.cluster_ids.tolist()
        session.merge(ids[:2])
        session.move(ids[2:3], "good")
        session.label(ids[2:3], "note", "5")
        session.save_all()
        shown = session.manager.spike_clusters.tolist(), dict(session.manager.cluster_groups)
    after = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    ours = ("spike_clusters.npy", "cluster_", ".")  # `.bak` among them
    changed = {name for name in after if before.get(name) != after[name]}
    assert all(name.startswith(ours) for name in changed)
    assert not changed.intersection(written.foreign)
    if clusters is not None:
        now = np.load(folder / "spike_clusters.npy")
        assert (now.dtype, now.shape) == (clusters.dtype, clusters.shape)
        assert after["spike_clusters.npy.bak"] == before["spike_clusters.npy"]
    with closing(PhyModel(folder)) as model:
        assert (model.spike_clusters.tolist(), dict(model.cluster_groups)) == shown
        assert model.cluster_labels["note"] == {ids[2]: "5"}
        kept = {
            name: {one: value for one, value in values.items() if one not in ids[:2]}
            for name, values in written.labels.items()
        }
        for name, values in kept.items():
            found = model.cluster_labels[name]
            assert {one: found[one] for one in values} == values


@pytest.mark.parametrize("made", WHOLE, indirect=True)
def test_a_folder_is_written_as_kwik(made, tmp_path):
    folder, written = made
    convert_data_set(folder, tmp_path / "a.kwik")
    with closing(KwikModel(tmp_path / "a.kwik")) as model:
        assert model.spike_clusters.tolist() == written.truth.clusters.tolist()
        assert dict(model.cluster_groups) == written.groups
        assert {name: dict(values) for name, values in model.cluster_labels.items()} == written.labels


@pytest.mark.parametrize("made", ["phy_2_killed"], indirect=True)
def test_what_phy_wrote_in_part_is_one_sentence(made):
    folder, written = made
    with pytest.raises(KwikFormatError, match=written.error):
        open_model(folder)
    (folder / "spike_clusters.npy").unlink()  # as the sentence of phy itself has it: start again from the templates
    with closing(open_model(folder)) as model:
        assert model.cluster_groups == {}
