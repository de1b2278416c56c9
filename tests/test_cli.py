"""The command line: what it answers, as text and as JSON, and its exit status."""

import json
import os
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import h5py
import numpy as np
import pytest
from hostile import ESCAPES, NAME, make_hostile
from kwik_writers.open_ephys import make_recorded, write_open_ephys
from phy_folder import write_folder
from soak.small_kwik import make_kwik, write_raw

from napari_phy import open_session
from napari_phy.cli import main, opening

COMMANDS = (
    "open",
    "demo",
    "describe",
    "check",
    "convert",
    "detect",
    "sort",
    "compare",
    "cluster",
    "propose",
    "serve",
    "config",
)


@pytest.fixture
def kwik(tmp_path: Path) -> Path:
    """Return a data set with raw data."""
    path = make_kwik(tmp_path, groups=(0, 3))
    write_raw(path)
    return path


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a folder of settings of its own."""
    folder = tmp_path / "settings"
    monkeypatch.setenv("PHY_CONFIG_DIR", str(folder))
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_examples_and_the_exit_status(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert f"  napari-phy {command}" in text
    assert "example" in text
    assert "exit status: 0" in text
    assert "--json" in text


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(f"    {command} " in text for command in COMMANDS)


@pytest.mark.parametrize("arguments", [[], ["describe"], ["unknown"], ["describe", "a", "b"], ["config", "--what"]])
def test_what_is_not_understood_has_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: napari-phy" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("napari-phy ")


def test_describe_says_what_is_there(kwik: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", str(kwik)]) == 0
    text = capsys.readouterr().out
    for part in ("20000 Hz", "10 s", "recording 0", "300 spikes", "4 channels", "0.195 µV", "main: 6 clusters"):
        assert part in text
    assert "Missing" not in text


def test_describe_says_what_is_missing(kwik: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kwik.with_suffix(".dat").unlink()
    assert main(["describe", str(kwik)]) == 0
    assert "Waveforms and traces need small.dat" in capsys.readouterr().out


def test_describe_says_once_why_a_clustering_cannot_be_read(kwik: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with h5py.File(kwik, "r+") as file:
        clusters = file["channel_groups/0/spikes/clusters"]
        del clusters["main"]
        clusters["main"] = np.zeros(40, dtype=np.int32)
    assert main(["describe", str(kwik)]) == 0
    text = capsys.readouterr().out
    assert text.count("has shape (40,) and type int32. It belongs to another sorting: reset it to original") == 1
    assert "main: cannot be read, see Missing\n" in text
    assert "Channel group 0, clustering original, is opened instead." in text


def test_describe_in_json(kwik: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", str(kwik), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [group["channel_group"] for group in facts["channel_groups"]] == [0, 3]
    first = facts["channel_groups"][0]
    assert first["n_spikes"] == 300
    assert [clustering["name"] for clustering in first["clusterings"]] == ["main", "original"]
    assert first["clusterings"][0]["clusters_in_group"] == {"unsorted": 4, "good": 1, "noise": 1}
    assert facts["missing"] == []


@pytest.mark.parametrize("command", ["describe", "check", "open"])
def test_what_cannot_be_opened_has_status_1(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "no.kwik"
    assert main([command, str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "no.kwik" in captured.err
    assert captured.err.count("\n") == 1
    assert main([command, str(path), "--json"]) == 1
    assert "no.kwik" in json.loads(capsys.readouterr().out)["error"]


def test_check_of_a_data_set_in_order(kwik: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(kwik)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("small.kwik is in order")


def test_check_finds_problems(kwik: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kwik.with_suffix(".dat").unlink()
    assert main(["check", str(kwik), "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert facts["n_problems"] == 1
    assert facts["findings"][0]["level"] == "problem"
    assert main(["check", str(kwik)]) == 1
    assert "1 problem" in capsys.readouterr().out


def test_convert(kwik: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "new.kwik"
    assert main(["convert", str(kwik), str(target)]) == 0
    assert capsys.readouterr().out.startswith("Wrote new.kwik: 2 channel groups, 600 spikes.")
    assert main(["check", str(target)]) == 0
    capsys.readouterr()
    assert main(["convert", str(kwik), str(target), "--json"]) == 1
    assert "is there already" in json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize("name", ["experiment1.kwx", "experiment1.kwe", "experiment1_100.raw.kwd"])
def test_what_open_ephys_recorded(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_open_ephys(tmp_path, make_recorded())
    assert main(["describe", str(tmp_path / name)]) == 0
    text = capsys.readouterr().out
    for part in (
        name,
        "30000 Hz",
        "Events          2 Messages, 10 TTL",
        "30 spikes, no features",
        "detected: 1 cluster",
    ):
        assert part in text
    assert main(["check", str(tmp_path / name)]) == 0
    assert f"{name} is in order; 2 notes." in capsys.readouterr().out
    assert main(["convert", str(tmp_path / name), str(tmp_path / "new.kwik")]) == 0
    assert capsys.readouterr().out.startswith("Wrote new.kwik: 2 channel groups, 60 spikes.")
    (tmp_path / "experiment1_100.raw.kwd").unlink()
    (tmp_path / "experiment1_102.raw.kwd").unlink()
    assert main(["check", str(tmp_path / "experiment1.kwx")]) == 1
    assert "Traces need a .raw.kwd, which is not beside experiment1.kwx" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".kwx", ".raw.kwd"])
def test_a_file_of_a_sorting_stands_for_it(suffix: str, kwik: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = kwik.with_suffix(suffix)
    file.touch()
    assert main(["describe", str(file)]) == 0
    assert capsys.readouterr().out.startswith("small.kwik in ")
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("small.kwik is in order")


def test_config_says_what_holds_and_where_it_came_from(
    settings: Path, kwik: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (settings / "small").mkdir(parents=True)
    (settings / "config.py").write_text("correlogram_bin_ms = 0.5\n")
    (settings / "small" / "config.py").write_text("\nwaveforms_shown = 7\n")
    assert main(["config", str(kwik)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("correlogram_bin_ms ") and "= 0.5" in line and "line 1" in line for line in lines)
    assert any(line.startswith("waveforms_shown ") and "= 7" in line and "line 2" in line for line in lines)
    assert main(["config", str(kwik), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["settings"]["correlogram_bin_ms"]["value"] == 0.5
    assert facts["settings"]["features_background"]["source"] == "default"


def test_what_config_prints_can_be_read_again(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0
    printed = capsys.readouterr().out
    settings.mkdir()
    (settings / "config.py").write_text(printed, encoding="utf-8")
    assert main(["config", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert all("config.py, line" in item["source"] for item in facts["settings"].values())


def test_a_bad_line_of_config_has_status_1(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings.mkdir()
    (settings / "config.py").write_text("\n\ncorrelogram = 1")
    assert main(["config"]) == 1
    assert "line 3: there is no setting correlogram" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["open", "config"])
def test_a_file_that_was_mistyped_is_named(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "nope.kwik"]) == 1
    assert capsys.readouterr().err == "There is no file nope.kwik.\n"


def test_an_image_that_was_mistyped_is_named_before_a_window_opens(
    kwik: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["open", str(kwik), str(kwik.with_name("nope.tif"))]) == 1
    assert "nope.tif" in capsys.readouterr().err


def test_the_folder_of_a_file_is_named_in_full(
    kwik: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(kwik.parent)
    assert main(["describe", f"../{kwik.parent.name}/small.kwik"]) == 0
    assert capsys.readouterr().out.startswith(f"small.kwik in {kwik.parent}\n")
    assert main(["describe", "nope.kwik"]) == 1
    assert capsys.readouterr().err == f"nope.kwik is not there: no such file in {kwik.parent}.\n"


@pytest.mark.parametrize("arguments", [["open", "small.kwik"], ["demo"]])
def test_without_a_display_no_window_is_tried(
    arguments: list[str], kwik: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(kwik.parent)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    assert main(arguments) == 1
    assert capsys.readouterr().err == "There is no display here to open a window on; use a desktop, or ssh -X.\n"


def test_only_open_and_demo_import_napari(kwik: Path) -> None:
    code = (
        "import sys; from napari_phy.cli import main\n"
        f"assert main(['describe', {str(kwik)!r}]) == main(['check', {str(kwik)!r}]) == main(['config']) == 0\n"
        f"assert main(['compare', {str(kwik)!r}, {str(kwik)!r}]) == 0\n"
        "assert not {'napari', 'qtpy', 'vispy', 'numba'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_compare_says_how_far_two_curations_agree_and_what_differs(
    kwik: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = kwik.with_name("theirs")
    shutil.copytree(kwik.parent, folder)
    with open_session(folder / kwik.name) as session:
        session.merge([0, 1])
        session.move([2], "mua")
    before = sorted(path.relative_to(folder) for path in folder.rglob("*"))
    arguments = ["compare", str(kwik), str(folder / kwik.name)]
    assert main(arguments) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.endswith("300 spikes, 6 and 5 clusters, 4 the same.")
    assert lines[0].startswith("Agreement ")
    assert "κ" in lines[0]
    merged, moved = lines[2:-1]
    assert [lines[1], lines[-1]] == ["Common base: what both began with.", "2 differences."]
    assert merged.startswith("theirs  Merge 0 and 1 → 6 ")
    assert moved.startswith("theirs  Move 2 to mua (here noise)  ")
    assert main([*arguments, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [one["changed_by"] for one in facts["differences"]] == ["theirs", "theirs"]
    assert 0 < facts["agreement"]["kappa"] < facts["agreement"]["share"] < 1
    assert sorted(path.relative_to(folder) for path in folder.rglob("*")) == before
    assert main(["compare", str(kwik)]) == 1
    assert "another clustering" in capsys.readouterr().err
    assert main(["compare", str(kwik), str(kwik)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Nothing differs."


def test_cluster_divides_clusters_anew_and_saves_that(kwik: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_session(kwik) as session:
        before = session.manager.spike_clusters.copy()
    arguments = ["cluster", str(kwik), "--clusters", "0", "--set", "n_clusters_min=2", "use_noise_cluster=False"]
    assert main([*arguments, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["clusters"] == [0]
    assert facts["n_clusters"] - facts["n_clusters_before"] == len(facts["added"]) - 1 > 0
    with open_session(kwik) as session:
        now = session.manager.spike_clusters.copy()
        assert not session.is_dirty
        session.undo()
        np.testing.assert_array_equal(session.manager.spike_clusters, before)
        session.redo()
        session.merge(facts["added"])
    np.testing.assert_array_equal(now[before != 0], before[before != 0])
    assert set(now[before == 0]) == set(facts["added"])
    assert main(arguments) == 1
    assert "has 1 unsaved edit; open it in napari and save or undo them first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("sed", "sed is no setting; write name=value, such as seed=1."),
        ("sed=1", "KlustaKwik2 has no setting sed. Did you mean seed?"),
        ("seed=one", "seed cannot be 'one'. Choose a whole number"),
    ],
)
def test_cluster_says_what_is_wrong_with_a_setting(
    settings: str, sentence: str, kwik: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cluster", str(kwik), "--set", settings]) == 2
    assert sentence in capsys.readouterr().err


def test_propose_says_what_may_be_done_writes_lists_and_changes_nothing(
    kwik: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with open_session(kwik) as session:
        spikes = session.manager.spikes(0)
        parts = session.split(spikes[::2]).added
        if session.manager.n_spikes(parts[0]) < 2:
            pytest.skip("too few spikes")
    before = kwik.read_bytes()
    groups, curation = tmp_path / "groups.json", tmp_path / "curation.json"
    arguments = ["propose", str(kwik), "--least-score", "0", "--groups", str(groups), "--curation", str(curation)]
    assert main(arguments) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith(f"main of {kwik.name}: 7 clusters, ")
    assert lines[-2:] == [f"Merge groups are in {groups}.", f"The proposals are in {curation}."]
    assert main([*arguments, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    merges = [one["clusters"] for one in facts["proposals"] if one["kind"] == "merge"]
    assert json.loads(groups.read_text()) == merges
    assert [one["unit_ids"] for one in json.loads(curation.read_text())["merges"]] == merges
    assert kwik.read_bytes() == before
    assert main(["propose", str(kwik), "--least-score", "2"]) == 2
    assert "least_score cannot be 2" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--groups", "--curation", "convert"])
def test_a_folder_to_write_to_that_is_not_there_is_named_and_not_made(
    option: str, kwik: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "no" / "folder" / "made.kwik"
    arguments = ["convert", str(kwik)] if option == "convert" else ["propose", str(kwik), option]
    assert main([*arguments, str(target)]) == 1
    words = f"made.kwik cannot be written: there is no folder {target.parent}; make it first.\n"
    assert capsys.readouterr().err == words
    assert not (tmp_path / "no").exists()


def test_a_file_beside_a_data_set_leads_to_its_kwik(
    kwik: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, words in (("small.prm", "open small.kwik."), ("other.prm", "open its .kwik, which `napari-phy sort`")):
        path = tmp_path / name
        path.write_text("experiment_name = 'small'\n")
        assert main(["propose", str(path)]) == 1
        assert f"{name} is no data set; {words}" in capsys.readouterr().err


def test_a_folder_has_settings_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["config", str(tmp_path)]) == 0
    assert tmp_path.name in capsys.readouterr().out


def test_it_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "napari_phy.cli", "config"], capture_output=True, text=True, check=True
    )
    assert "correlogram_bin_ms" in done.stdout


@pytest.mark.parametrize("command", ["describe", "check", "convert"])
@pytest.mark.parametrize("how", [[], ["--json"], ["--verbose"]])
def test_no_name_in_a_file_acts_on_the_terminal(
    command: str, how: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = make_hostile(tmp_path)
    target = [str(tmp_path / "new.kwik")] if command == "convert" else []
    main([command, str(hostile), *target, *how])
    said = "".join(capsys.readouterr())
    acting = {one for one in said if one != "\n" and not one.isprintable() and unicodedata.category(one) != "Zs"}
    assert acting == set()
    if command == "describe":
        assert (json.dumps(ESCAPES)[1:-1] if how == ["--json"] else r"\x1b]0;owned\x07") in said
    if how == ["--json"]:
        facts = json.loads(said)
        assert command != "describe" or facts["recordings"][0]["name"] == NAME  # programs get the name itself


def test_an_error_about_a_name_is_plain_and_on_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = tmp_path / f"{ESCAPES}\n.kwik"
    hostile.write_text("no HDF5")
    assert main(["describe", str(hostile)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.rstrip("\n").isprintable()


@pytest.mark.parametrize("command", ["config", "describe --json", "check", "--help"])
def test_a_reader_that_stops_reading_is_no_error(command: str, kwik: Path) -> None:
    name, *how = command.split()
    files = [] if name in ("config", "--help") else [str(kwik)]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        arguments = [sys.executable, "-m", "napari_phy.cli", name, *files, *how]
        done = subprocess.run(arguments, stdout=closed, stderr=subprocess.PIPE, check=False)
    assert done.stderr == b""
    assert done.returncode == (0 if name == "--help" else 141)  # argparse says nothing of it


def test_folders_beside_a_data_set_open_with_the_reader_that_they_are_for(tmp_path: Path) -> None:
    """One of phy with ours, one of images with napari's own."""

    class Viewer:
        def __init__(self) -> None:
            self.opened: list[tuple[str, str | None]] = []

        def open(self, path: str, plugin: str | None) -> None:
            self.opened.append((Path(path).name, plugin))

    write_folder(tmp_path / "ks")
    (tmp_path / "images").mkdir()
    viewer = Viewer()
    for name in ("ks", "images"):
        opening._add_image(viewer, tmp_path / name)
    assert viewer.opened == [("ks", "napari-phy"), ("images", "napari")]
