"""Each contradiction in a data set is found, named, and comes with advice."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth
from soak.small_kwik import make_kwik, write_raw

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.checks import Finding, check_data_set

GROUP = "/channel_groups/0"


@pytest.fixture
def kwik(tmp_path: Path) -> Path:
    """Return a data set in order, with raw data."""
    path = make_kwik(tmp_path, groups=(0, 3))
    write_raw(path)
    return path


def sentences(path: Path) -> list[str]:
    return [finding.sentence for finding in check_data_set(path)]


def problems(path: Path) -> list[str]:
    return [finding.sentence for finding in check_data_set(path) if finding.level == "problem"]


def test_a_data_set_in_order_has_no_problems(kwik: Path) -> None:
    assert problems(kwik) == []
    # both groups of this data set were made with the same channels
    assert [text for text in sentences(kwik) if "same sample" not in text and "as channel group" not in text] == []


def replace(file: h5py.File, path: str, values: object) -> None:
    attributes = dict(file[path].attrs)
    del file[path]
    file[path] = values
    file[path].attrs.update(attributes)


def cut_raw(path: Path) -> None:
    with path.with_suffix(".dat").open("r+b") as stream:
        stream.truncate(1000)


def edit(change: Callable[[h5py.File], object], suffix: str = ".kwik") -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        with h5py.File(path.with_suffix(suffix), "r+") as file:
            change(file)

    return damage


def reverse_times(file: h5py.File) -> None:
    replace(file, TIMES, file[TIMES][:][::-1].copy())


CLUSTER = f"{GROUP}/clusters/main/0"
TIMES = f"{GROUP}/spikes/time_samples"
DAMAGES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "no raw data": (lambda path: path.with_suffix(".dat").unlink(), "problem", "need small.dat"),
    "no features": (lambda path: path.with_suffix(".kwx").unlink(), "problem", "small.kwx is missing"),
    "features of others": (
        edit(lambda file: replace(file, f"{GROUP}/features_masks", np.zeros((7, 12, 2), "f4")), ".kwx"),
        "problem",
        "small.kwx has 7 feature rows; the .kwx belongs to another sorting",
    ),
    "no numbers": (
        edit(lambda file: file[f"{GROUP}/features_masks"].write_direct(np.full((300, 12, 2), np.nan, "f4")), ".kwx"),
        "problem",
        "300 of 300 spikes with features or masks that are no numbers",
    ),
    "masks": (
        edit(lambda file: file[f"{GROUP}/features_masks"].write_direct(np.full((300, 12, 2), 2, "f4")), ".kwx"),
        "problem",
        "masks outside of 0 to 1",
    ),
    "masked": (
        edit(lambda file: file[f"{GROUP}/features_masks"].write_direct(np.zeros((300, 12, 2), "f4")), ".kwx"),
        "note",
        "300 of 300 spikes that are masked on every channel",
    ),
    "rate": (
        edit(lambda file: file["/recordings/0"].attrs.modify("sample_rate", 30000.0)),
        "problem",
        "Recording 0 has 30000 Hz, but everything is read at 20000 Hz",
    ),
    "fraction": (
        edit(lambda file: replace(file, f"{GROUP}/spikes/time_fractional", np.zeros(9, "u1"))),
        "problem",
        "has 300 spikes but time_fractional of shape (9,)",
    ),
    "recording": (
        edit(lambda file: replace(file, f"{GROUP}/spikes/recording", np.full(300, 4))),
        "problem",
        "has spikes of recording 4, which the file does not have",
    ),
    "no recording": (
        edit(lambda file: file.pop(f"{GROUP}/spikes/recording")),
        "note",
        "does not say of which recording",
    ),
    "order": (
        edit(reverse_times),
        "note",
        "come before the one they follow",
    ),
    "clustering": (
        edit(lambda file: replace(file, f"{GROUP}/spikes/clusters/original", np.zeros(5, "i4"))),
        "problem",
        "clustering original has shape (5,) and type int32; it belongs to another sorting: use another copy of it.",
    ),
    "no main": (edit(lambda file: file.pop(f"{GROUP}/spikes/clusters/main")), "note", "has no clustering main"),
    "no clustering": (edit(lambda file: file.pop(f"{GROUP}/spikes/clusters")), "note", "has no clustering; all its"),
    "node": (edit(lambda file: file.pop(CLUSTER)), "note", "clustering main has clusters without a node: 0"),
    "stale node": (edit(lambda file: file.create_group(f"{GROUP}/clusters/main/77")), "note", "without spikes: 77"),
    "group": (
        edit(lambda file: file[CLUSTER].attrs.modify("cluster_group", 9)),
        "problem",
        "has cluster 0 in group 9, which the file does not have; it is shown as group_9",
    ),
    "no spikes": (edit(lambda file: file.pop(f"{GROUP}/spikes")), "note", "channel group 0 has no spikes"),
    "position": (
        edit(lambda file: file[f"{GROUP}/channels/2"].attrs.pop("position")),
        "note",
        "has no position for channels 2",
    ),
    "edges": (
        edit(lambda file: file[GROUP].attrs.create("adjacency_graph", np.array([[0, 9]], "i4"))),
        "note",
        "has edges to channels 9",
    ),
    "order of channels": (edit(lambda file: file[GROUP].attrs.pop("channel_order")), "note", "has no channel_order"),
    "twice": (
        edit(lambda file: file[GROUP].attrs.modify("channel_order", np.array([0, 1, 2, 2], "i4"))),
        "problem",
        "names a channel twice",
    ),
    "gain": (
        edit(lambda file: file["/application_data/spikedetekt"].attrs.modify("voltage_gain", 10.0)),
        "note",
        "gives 10 µV a unit",
    ),
    "parameters": (
        lambda path: path.with_suffix(".prm").write_text("traces = dict(sample_rate=25000)"),
        "problem",
        "small.prm gives 25000.0 as sample_rate but small.kwik 20000.0",
    ),
    "bad parameters": (
        lambda path: path.with_suffix(".prm").write_text("traces = make()"),
        "problem",
        "small.prm, line 1: make() is a call",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_contradiction_is_found_and_comes_with_advice(kwik: Path, name: str) -> None:
    damage, level, says = DAMAGES[name]
    damage(kwik)
    found = [finding for finding in check_data_set(kwik) if says in finding.sentence]
    assert found, sentences(kwik)
    assert found[0].level == level
    for finding in check_data_set(kwik):
        assert finding.place
        assert finding.advice
        assert finding.sentence.endswith(".")
        assert "\n" not in finding.sentence


VARIANTS = {
    "a group as a number": (
        lambda file: file["channel_groups/0/clusters/main/2"].attrs.__setitem__("cluster_group", np.array([9])),
        (
            "set.kwik: channel group 0, clustering main has cluster 2 in group 9, which the file does not have; "
            "it is shown as group_9; save, or move it to another group."
        ),
    ),
    "a group as a name": (
        lambda file: file["channel_groups/0/clusters/main/2"].attrs.__setitem__("cluster_group", "Axons"),
        (
            "set.kwik: channel group 0, clustering main has cluster 2 in group Axons, which the file does not have; "
            "it is shown as axons; save, or move it to another group."
        ),
    ),
    "a group whose name is no word": (
        lambda file: file["channel_groups/0/clusters/main/2"].attrs.__setitem__("cluster_group", "(a\nb" + "c" * 2000),
        (
            f"set.kwik: channel group 0, clustering main has cluster 2 in group (a b{'c' * 55}…, which the file does "
            f"not have; it is shown as (a b{'c' * 55}…; save, or move it to another group."
        ),
    ),
    "original alone": (
        lambda file: file["channel_groups/0/spikes/clusters"].pop("main"),
        (
            "set.kwik: channel group 0 has no clustering main, but original; original is opened unless another one is "
            "chosen, and saving what is sorted in it adds main."
        ),
    ),
    "a pause": (
        lambda file: file["recordings/1"].attrs.__setitem__("start_sample", 9000),
        (
            "set.kwik: recording 0 is 0.150 s longer than its raw data; there was a pause, or the raw file is cut "
            "short: what is not there is shown as 0."
        ),
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_words_for_variants(tmp_path: Path, name: str) -> None:
    change, expected = VARIANTS[name]
    path = write_klusta(tmp_path, make_truth(n_spikes=300))
    with h5py.File(path, "r+") as file:
        change(file)
    assert sentences(path) == [expected]


def test_raw_data_that_are_not_there_can_be_pointed_at(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, make_truth(n_spikes=300))
    for name in ("set_0.dat", "set_1.dat"):
        (tmp_path / name).unlink()
    (sentence,) = sentences(path)
    assert sentence.startswith("set.kwik: Waveforms and traces need set_0.dat and set_1.dat, which are not beside")
    assert sentence.endswith("; put them there, or point at them with Locate raw data in napari.")


def test_a_raw_file_that_is_cut_short_is_told_once(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, make_truth(n_spikes=300))
    raw = tmp_path / "set_1.dat"
    raw.write_bytes(raw.read_bytes()[:20_000])
    (sentence,) = sentences(path)
    assert sentence.startswith(
        "set.kwik: set_1.dat ends at 0.1 s of 0.2 s: later spikes have no waveforms; the file is"
    )


def test_problems_come_first_and_once(kwik: Path) -> None:
    kwik.with_suffix(".dat").unlink()
    levels = [finding.level for finding in check_data_set(kwik)]
    assert levels == sorted(levels, reverse=True)
    assert len(problems(kwik)) == len(set(problems(kwik))) == 1


def test_nothing_is_changed(kwik: Path) -> None:
    before = {file.name: file.read_bytes() for file in kwik.parent.iterdir()}
    check_data_set(kwik)
    assert {file.name: file.read_bytes() for file in kwik.parent.iterdir()} == before


def test_what_is_no_kwik_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.kwik"
    path.write_bytes(b"text")
    with pytest.raises(KwikFormatError):
        check_data_set(path)


def test_a_finding_is_a_sentence() -> None:
    assert Finding("note", "x.kwik", "has no name", "give it one").sentence == "x.kwik has no name; give it one."


@pytest.mark.real_data
def test_real_data(data_folder: Path) -> None:
    assert problems(data_folder / "klusta_4ch" / "test4.kwik") == []
    assert problems(data_folder / "klusta_synth32" / "synth32.kwik") == []
    (problem,) = problems(data_folder / "hybrid_10sec" / "hybrid_10sec.kwik")
    assert "hybrid_10sec.dat" in problem
