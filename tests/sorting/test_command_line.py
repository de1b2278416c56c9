"""`napari-phy detect` and `napari-phy sort`."""

import json

import h5py
import numpy as np
import pytest
from sorting.recordings import recording
from sorting.test_spikedetect import names_in, write_set

from napari_phy.cli import main
from napari_phy.formats.kwik.model import KwikModel


def answer(capsys, *arguments):
    status = main([*map(str, arguments), "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_detect_writes_beside_a_parameter_file(tmp_path, capsys):
    prm = write_set(tmp_path, recording()[0])
    assert main(["detect", str(prm)]) == 0
    text = capsys.readouterr().out
    assert "Channel group 0 has" in text
    assert text.endswith("Wrote set.kwik.\n")
    assert names_in(tmp_path) == ["set.dat", "set.kwik", "set.kwx", "set.prb", "set.prm"]
    status, facts = answer(capsys, "detect", prm)
    assert status == 1
    assert "already holds set.kwx, set.kwik" in facts["error"]


def test_detect_reads_raw_files_with_a_probe(tmp_path, capsys):
    write_set(tmp_path, recording()[0], ["a.dat", "b.dat"])
    files = tmp_path / "a.dat", tmp_path / "b.dat"
    given = ["--prb", tmp_path / "set.prb", "--rate", 20_000, "--gain", 0.5]
    status, facts = answer(capsys, "detect", "--dat", *files, *given, "--set", "detect_spikes=both", "weight_power=1")
    assert status == 0
    assert facts["path"] == str(tmp_path / "a.kwik")
    assert facts["parameters"]["detect_spikes"] == "both"
    assert facts["parameters"]["weight_power"] == 1.0
    model = KwikModel(tmp_path / "a.kwik")
    assert model.missing == ()
    assert (len(model.recordings), model.microvolts_per_unit) == (2, 0.5)
    assert facts["n_spikes"] == {"0": model.n_spikes, "1": model.count_spikes(1)}
    model.close()


def test_sort_clusters_what_it_detects(tmp_path, capsys):
    prm = write_set(tmp_path, recording(n_samples=80_000, n_spikes=300)[0])
    made, again = tmp_path / "sorted" / "all.kwik", tmp_path / "again" / "all.kwik"
    made.parent.mkdir()
    again.parent.mkdir()
    options = ["--cluster-set", "seed=1", "points_for_cluster_mask=10", "--to", made, "--workers", 2]
    status, facts = answer(capsys, "sort", prm, *options)
    assert status == 0
    model = KwikModel(made)
    assert model.missing == ()
    n_clusters = len(np.unique(model.spike_clusters[model.spike_clusters >= 2]))
    assert facts["n_clusters"]["0"] == n_clusters >= 1
    assert model.cluster_groups.get(0, "noise") == "noise"
    assert "original" in model.clusterings
    model.close()
    assert answer(capsys, "sort", prm, *options[:-4], "--to", again, "--workers", 1)[0] == 0
    for suffix in (".kwik", ".kwx"):
        assert made.with_suffix(suffix).read_bytes() == again.with_suffix(suffix).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "sentence", "status"),
    [
        ([], "Name a .prm, or raw files by --dat with their --prb and --rate.", 2),
        (["--dat", "set.dat"], "Give --prb beside --dat.", 2),
        (["--dat", "set.dat", "--prb", "set.prb"], "Give --rate beside --dat.", 2),
        (
            ["--dat", "set.dat", "--prb", "no.prb", "--rate", "20000"],
            "There is no probe file no.prb; correct its name",
            1,
        ),
        (["--dat", "no.dat", "--prb", "set.prb", "--rate", "20000"], "There is no file no.dat; correct its name", 1),
        (["--dat", "set.dat", "--prb", "set.prb", "--rate", "20000", "--dtype", "x"], "x is no type of samples", 2),
        (["--dat", "set.dat", "--prb", "set.prb", "--rate", "20000", "--channels", "4"], "has 4 channels, but", 1),
        (
            ["--dat", "set.dat", "--prb", "set.prb", "--rate", "20000", "--channels", "0"],
            "The number of channels of raw files is 1 or more, not 0.",
            1,
        ),
        (
            ["--dat", "set.dat", "--prb", "set.prb", "--rate", "20000", "--dtype", "complex64"],
            "Samples of type complex64 cannot be sorted; give one such as int16 or float32.",
            1,
        ),
        (["set.prm", "--set", "filter_low"], "filter_low is no setting; write name=value", 2),
        (["set.prm", "--set", "filter_low=0"], "filter_low cannot be 0", 2),
        (["set.prm", "--workers", "-1"], "The number of workers is 1 or more, not -1.", 2),
        (["no.prm"], "There is no file no.prm.", 1),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(tmp_path, monkeypatch, capsys, arguments, sentence, status):
    write_set(tmp_path, recording(n_samples=2000)[0])
    monkeypatch.chdir(tmp_path)
    assert main(["detect", *arguments]) == status
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert captured.out == ""
    assert "set.kwik" not in names_in(tmp_path)


@pytest.mark.parametrize("suffix", [".kwik", ".kwx"])
def test_a_kwik_in_place_of_a_parameter_file_is_called_so(tmp_path, capsys, suffix):
    path = tmp_path / f"set{suffix}"
    with h5py.File(path, "w"):
        pass
    assert main(["detect", str(path)]) == 1
    words = f"{path.name} is an HDF5 file such as a .kwik, not a file of parameters; name a .prm or a .prb.\n"
    assert capsys.readouterr().err == words


@pytest.mark.parametrize("command", ["detect", "sort"])
def test_a_folder_that_is_not_there_is_refused_and_not_made(tmp_path, capsys, command):
    prm = write_set(tmp_path, recording(n_samples=2000)[0])
    before = names_in(tmp_path)
    folder = tmp_path / "no" / "folder"
    status, facts = answer(capsys, command, prm, "--to", folder / "made.kwik")
    assert status == 1
    assert facts["error"] == f"made.kwik cannot be written: there is no folder {folder}; make it first."
    assert names_in(tmp_path) == before


def test_sort_says_what_it_takes_and_why_no_cluster_is_left(tmp_path, capsys):
    prm = write_set(
        tmp_path, recording(n_samples=8000, n_spikes=30)[0], more="threshold_weak_std_factor=2.0, save_raw=1"
    )
    status, facts = answer(capsys, "sort", prm, "--to", tmp_path)
    assert status == 1
    assert facts["error"].endswith("is a folder; name the .kwik file to write in it.")
    status, facts = answer(capsys, "sort", prm)
    assert status == 0
    assert facts["parameters"]["threshold_weak_std_factor"] == 3.0
    assert facts["log"][:2] == [
        "Not used by Matched SpikeDetekt: save_raw.",
        "Matched SpikeDetekt takes threshold_weak_std_factor=3.0: in the parameter file that means something else.",
    ]
    assert set(facts["n_clusters"].values()) == {0}
    assert "Channel group 0 has 0 clusters that explain its traces." in facts["log"]
    assert facts["log"][-2].startswith("Spikes that no template explains are multi-unit activity.")
    assert facts["log"][-2].endswith("by --as-klusta, in Python by refine=None.")
