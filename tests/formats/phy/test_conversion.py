"""A folder is described and checked, and written anew as Kwik with all that a Kwik file holds."""

import json
from contextlib import closing

import numpy as np
import pytest
from phy_folder import dense_features, make_truth, write_folder

from napari_phy.cli import main
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.phy.model import PhyModel
from napari_phy.session import open_session

TRUTH = make_truth()


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "ks"
    write_folder(made, TRUTH)
    (made / "cluster_group.tsv").write_text("cluster_id\tgroup\n0\tgood\n")
    (made / "cluster_note.tsv").write_text("cluster_id\tnote\n1\tburst\n")
    return made


def check_same(kwik, folder):
    with closing(KwikModel(kwik)) as made, closing(PhyModel(folder)) as model:
        assert made.spike_samples.tolist() == model.spike_samples.tolist()
        assert made.spike_clusters.tolist() == model.spike_clusters.tolist()
        assert dict(made.cluster_groups) == dict(model.cluster_groups)
        assert {name: dict(values) for name, values in made.cluster_labels.items()} == {
            name: dict(values) for name, values in model.cluster_labels.items()
        }
        assert made.sample_rate == model.sample_rate
        assert made.probe.channel_ids.tolist() == model.probe.channel_ids.tolist()
        np.testing.assert_array_equal(made.probe.positions, model.probe.positions)
        np.testing.assert_array_equal(made.features[:], dense_features(TRUTH))
        np.testing.assert_array_equal(made.masks[:], model.masks[:])
        np.testing.assert_array_equal(made.traces[:], TRUTH.raw)
        np.testing.assert_array_equal(made.waveforms[:], model.waveforms[:])


def test_a_folder_becomes_a_kwik_file(folder, tmp_path, capsys):
    assert main(["convert", str(folder), str(tmp_path / "new.kwik")]) == 0
    said = capsys.readouterr().out
    assert "ks has templates, amplitudes, for which the new file has no place." in said
    check_same(tmp_path / "new.kwik", folder)


def test_raw_data_behind_a_header_are_written_anew(folder, tmp_path):
    params = folder / "params.py"
    params.write_text(params.read_text().replace("offset = 0", "offset = 100"))
    (folder / "raw.dat").write_bytes(bytes(100) + TRUTH.raw.tobytes())
    assert main(["convert", str(folder), str(tmp_path / "new.kwik")]) == 0
    assert (tmp_path / "new.dat").read_bytes() == TRUTH.raw.tobytes()
    check_same(tmp_path / "new.kwik", folder)


def test_a_copy_holds_what_is_shown(folder, tmp_path):
    with closing(open_session(folder)) as session:
        session.merge([2, 3])
        session.move([1], "pyramidal")
        session.save_copy(tmp_path / "copy.kwik")
        shown = session.manager.spike_clusters.tolist(), dict(session.manager.cluster_groups)
    with closing(KwikModel(tmp_path / "copy.kwik")) as made:
        assert (made.spike_clusters.tolist(), dict(made.cluster_groups)) == shown
        np.testing.assert_array_equal(made.traces[:], TRUTH.raw)
    with closing(PhyModel(folder)) as model:
        assert model.spike_clusters.tolist() == TRUTH.clusters.tolist()


def test_without_raw_data_the_new_file_names_them_as_the_folder_did(folder, tmp_path):
    (folder / "raw.dat").unlink()
    assert main(["convert", str(folder), str(tmp_path / "new.kwik")]) == 0
    with closing(KwikModel(tmp_path / "new.kwik")) as made:
        assert made.missing_raw == ("raw.dat",)


def test_a_folder_is_described(folder, capsys):
    assert main(["describe", str(folder), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["channel_groups"][0]["clusterings"] == [
        {"name": "main", "n_clusters": 4, "clusters_in_group": {"unsorted": 3, "good": 1}}
    ]
    assert facts["missing"] == []
    with closing(PhyModel(folder)) as model:
        assert "Labels:      note" in model.describe()


def test_a_folder_is_checked(folder, capsys):
    found = np.load(folder / "pc_features.npy")
    found[3] = np.nan
    np.save(folder / "pc_features.npy", found)
    np.save(folder / "amplitudes.npy", np.zeros(7))
    assert main(["check", str(folder / "params.py")]) == 1
    said = capsys.readouterr().out
    assert "amplitudes.npy has 7 values, but there are 60 spikes; it is of another sorting" in said
    assert "pc_features.npy: channel group 0 has 1 of 60 spikes with features or masks that are no numbers" in said
