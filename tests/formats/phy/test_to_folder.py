"""Any data set is written as a folder of phy; what comes back from it is what it can hold."""

import json
from contextlib import closing

import numpy as np
import pytest
from phy_folder import make_truth

from napari_phy.cli import main
from napari_phy.core.base_model import Recording
from napari_phy.core.errors import SaveError
from napari_phy.core.probe import Probe
from napari_phy.formats.conversion import to_folder
from napari_phy.formats.conversion.convert import convert_data_set
from napari_phy.formats.conversion.to_folder import convert_to_folder
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.create import create_kwik
from napari_phy.formats.kwik.kwik_group import KwikGroup
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.phy.model import PhyModel

TRUTH = make_truth()
N = len(TRUTH.samples)
CLUSTERS = np.array([3, 7, 8, 40])[TRUTH.clusters]
LABELS = {"note": {3: "007", 7: "5", 8: 'a "b"'}, "snr": {3: 1.5, 40: -2}, "a/b": {7: "x"}}


def group(n_pcs=2, positions=TRUTH.positions, channels=TRUTH.channel_map, **changes):
    """Return what is written; features are projections of the raw data, so that they scale with the spikes."""
    rng = np.random.default_rng(2)
    features = rng.normal(size=(N, len(channels), n_pcs)).astype(np.float32) + TRUTH.clusters[:, None, None]
    fields = {
        "probe": Probe(channels, positions, np.array([[channels[0], channels[1]]])),
        "spike_samples": TRUTH.samples,
        "spike_clusters": CLUSTERS,
        "features": features,
        "masks": rng.uniform(size=features.shape[:2]).astype(np.float32),
        "cluster_groups": {3: "good", 8: "pyramidal", 40: "noise"},
        "group_names": ("noise", "mua", "good", "unsorted", "pyramidal"),
        "cluster_colors": {3: "#ff0000"},
        "cluster_labels": LABELS,
    }
    return KwikGroup(**{**fields, **changes})


def write_kwik(folder, groups, dat="raw.dat", lengths=(4000,), gain=0.2):
    starts = np.cumsum([0, *lengths]).tolist()
    recordings = [Recording(i, str(i), starts[i], n) for i, n in enumerate(lengths)]
    create_kwik(
        folder / "a.kwik",
        sample_rate=20_000,
        recordings=recordings,
        dat_path=dat,
        dtype=np.int16,
        n_channels_total=8,
        microvolts_per_unit=gain,
        groups=groups,
        parameters={"extract_s_before": 5, "extract_s_after": 9},
    )
    TRUTH.raw.tofile(folder / "raw.dat")
    return folder / "a.kwik"


def same(kwik, other):
    with closing(KwikModel(kwik)) as old, closing(KwikModel(other)) as new:
        assert new.spike_samples.tolist() == old.spike_samples.tolist()
        assert new.spike_clusters.tolist() == old.spike_clusters.tolist()
        assert dict(new.cluster_groups) == dict(old.cluster_groups)
        assert dict(new.cluster_colors) == dict(old.cluster_colors)
        labels = [{name: dict(values) for name, values in model.cluster_labels.items()} for model in (old, new)]
        assert labels[1] == labels[0]
        assert {type(value) for value in labels[1]["note"].values()} == {str}
        assert new.probe.channel_ids.tolist() == old.probe.channel_ids.tolist()
        np.testing.assert_array_equal(new.probe.positions, old.probe.positions)
        np.testing.assert_array_equal(new.features[:], old.features[:])
        np.testing.assert_array_equal(new.waveforms[:], old.waveforms[:])
        assert new.microvolts_per_unit == old.microvolts_per_unit


def test_there_and_back_again(tmp_path, capsys):
    kwik = write_kwik(tmp_path, {0: group()})
    assert main(["convert", str(kwik), str(tmp_path / "ks")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "Wrote ks: 1 channel group, 60 spikes.",
        "A folder holds one clustering: original is not in it.",
        "a.kwik has masks, neighbours of channels and parameters of detection, for which a folder has no place.",
    ]
    assert sorted(file.name for file in (tmp_path / "ks").glob("*.tsv")) == [
        "cluster_a-b-3ec69c85.tsv",
        *("cluster_color.tsv", "cluster_group.tsv", "cluster_note.tsv", "cluster_snr.tsv"),
    ]
    assert not list(tmp_path.glob(".converting*"))
    convert_data_set(tmp_path / "ks", tmp_path / "b.kwik")
    same(kwik, tmp_path / "b.kwik")


def test_arrays_are_as_phy_reads_them(tmp_path):
    convert_to_folder(write_kwik(tmp_path, {0: group()}), tmp_path / "ks")
    arrays = {file.stem: np.load(file) for file in (tmp_path / "ks").glob("*.npy")}
    assert {name: (array.shape, array.dtype.name) for name, array in arrays.items()} == {
        "spike_times": ((N,), "uint64"),
        "spike_clusters": ((N,), "int32"),
        "spike_templates": ((N,), "uint32"),
        "amplitudes": ((N,), "float64"),
        "templates": ((4, 18, 6), "float32"),
        "similar_templates": ((4, 4), "float32"),
        "pc_features": ((N, 2, 6), "float32"),
        "pc_feature_ind": ((4, 6), "uint32"),
        "channel_map": ((6,), "int32"),
        "channel_positions": ((6, 2), "float64"),
        "channel_shanks": ((6,), "int32"),
        "whitening_mat": ((6, 6), "float64"),
        "whitening_mat_inv": ((6, 6), "float64"),
    }
    assert arrays["spike_templates"].tolist() == TRUTH.clusters.tolist()
    with closing(KwikModel(tmp_path / "a.kwik")) as model:
        mean = model.waveforms[np.flatnonzero(TRUTH.clusters == 1)].mean(axis=0) / np.float32(0.2)
    np.testing.assert_allclose(arrays["templates"][1, 4:], mean, rtol=1e-5, atol=1e-4)  # the spike is in the middle
    assert not arrays["templates"][1, :4].any()
    heights = np.ptp(arrays["templates"], axis=1)
    assert arrays["pc_feature_ind"][:, 0].tolist() == heights.argmax(axis=1).tolist()
    np.testing.assert_allclose(np.diag(arrays["similar_templates"]), 1, rtol=1e-6)


def test_amplitudes_say_how_large_a_spike_is_beside_its_template(tmp_path):
    size = np.linspace(0.5, 2, N).astype(np.float32)
    shape = np.random.default_rng(0).normal(size=(4, 6, 2)).astype(np.float32)[TRUTH.clusters]
    convert_to_folder(write_kwik(tmp_path, {0: group(features=size[:, None, None] * shape)}), tmp_path / "ks")
    means = np.array([size[TRUTH.clusters == one].mean() for one in range(4)])
    np.testing.assert_allclose(np.load(tmp_path / "ks" / "amplitudes.npy"), size / means[TRUTH.clusters], rtol=1e-4)


def test_several_raw_files_stay_several_recordings(tmp_path):
    kwik = write_kwik(tmp_path, {0: group()}, dat=["x.dat", "y.dat"], lengths=(1500, 2500))
    TRUTH.raw[:1500].tofile(tmp_path / "x.dat")
    TRUTH.raw[1500:].tofile(tmp_path / "y.dat")
    convert_to_folder(kwik, tmp_path / "ks")
    with closing(PhyModel(tmp_path / "ks")) as model:
        assert [one.n_samples for one in model.recordings] == [1500, 2500]
        np.testing.assert_array_equal(model.traces[:], TRUTH.raw)
    assert "dat_path = ['../x.dat', '../y.dat']" in (tmp_path / "ks" / "params.py").read_text()


def test_raw_data_that_phy_cannot_read_are_written_anew(tmp_path):
    """The first recording is longer than its raw data: there was a pause."""
    kwik = write_kwik(tmp_path, {0: group()}, dat=["x.dat", "y.dat"], lengths=(1500, 2500))
    TRUTH.raw[:1400].tofile(tmp_path / "x.dat")
    TRUTH.raw[1500:].tofile(tmp_path / "y.dat")
    done = convert_to_folder(kwik, tmp_path / "ks")
    assert done.raw_files == ("raw.dat",)
    assert "The raw data were written anew as raw.dat." in done.left_out
    assert "The 2 recordings follow each other as one." in done.left_out
    joined = np.fromfile(tmp_path / "ks" / "raw.dat", np.int16).reshape(4000, 8)
    assert not joined[1400:1500].any()
    np.testing.assert_array_equal(joined[1500:], TRUTH.raw[1500:])


def test_what_is_missing_costs_that_part(tmp_path):
    kwik = write_kwik(tmp_path, {0: group(n_pcs=1), 5: group(features=None, masks=None)}, dat="lost.dat", gain=None)
    done = convert_to_folder(kwik, tmp_path / "ks")
    assert done.left_out[0] == (
        "A folder holds one channel group: 0 was written; write 5 into folders of their own with --group."
    )
    assert "Features have a second component of 0, since phy cannot read a single one." in done.left_out
    assert any(
        said.startswith("Waveforms need raw data: templates have the height of features") for said in done.left_out
    )
    with closing(PhyModel(tmp_path / "ks")) as model:
        assert model.missing_raw == ("lost.dat",)
        assert model.features.shape == (N, 12)
    done = convert_to_folder(kwik, tmp_path / "ks5", channel_group=5)
    assert "Channel group 5 has no features." in done.left_out
    assert np.load(tmp_path / "ks5" / "channel_shanks.npy").tolist() == [5] * 6


def test_one_cluster_has_a_second_template_that_nothing_fires(tmp_path):
    """phy takes an axis of length 1 out of an array."""
    convert_to_folder(
        write_kwik(tmp_path, {0: group(spike_clusters=np.full(N, 9), cluster_labels={})}), tmp_path / "ks"
    )
    assert np.load(tmp_path / "ks" / "templates.npy").shape[0] == 2
    assert np.load(tmp_path / "ks" / "similar_templates.npy").shape == (2, 2)
    with closing(PhyModel(tmp_path / "ks")) as model:
        assert model.cluster_ids.tolist() == [9]


def test_a_folder_is_made_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    kwik = write_kwik(tmp_path, {0: group()})
    before = sorted(file.name for file in tmp_path.iterdir())

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(to_folder, "_write_rows", fail)
    with pytest.raises(SaveError, match=r"ks could not be written: No space left on device"):
        convert_to_folder(kwik, tmp_path / "ks")
    assert sorted(file.name for file in tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("a.kwik", "raw.dat", "raw.dat is neither a .kwik nor a name of a folder; choose another name."),
        ("a.kwik", "old", "old is there already; choose another name."),
        ("a.kwik", "no/ks", "ks cannot be written: there is no folder"),
        ("old", "ks", "old is a folder of phy already; copy it, or convert it to a .kwik."),
    ],
)
def test_what_cannot_be_written_is_said(tmp_path, capsys, source, target, sentence):
    write_kwik(tmp_path, {0: group()})
    convert_to_folder(tmp_path / "a.kwik", tmp_path / "old")
    assert main(["convert", str(tmp_path / source), str(tmp_path / target), "--json"]) == 1
    assert sentence in json.loads(capsys.readouterr().out)["error"]


def test_events_and_colours_of_groups_are_told_of(tmp_path):
    kwik = write_kwik(tmp_path, {0: group()})
    with open_h5(kwik, "r+") as file:
        node = "/channel_groups/0/cluster_groups/main/4/application_data/napari_phy"
        file.write_attr(node, "color", "#00ff00")
    said = " ".join(convert_to_folder(kwik, tmp_path / "ks").left_out)
    assert "masks, colours of groups, neighbours of channels" in said
