"""Raw files as people have them: renamed, padded, transposed, cut, or of other lengths than the spikes need."""

import os
import unicodedata
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import RATE, Truth, make_truth

from napari_phy.formats.checks import check_data_set
from napari_phy.formats.kwik.model import KwikModel


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_truth(n_spikes=300)


def assert_raw(path: Path, truth: Truth) -> None:
    with closing(KwikModel(path)) as model:
        assert model.missing == ()
        np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))
        np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[0]))


def problems(path: Path) -> list[str]:
    return [finding.sentence for finding in check_data_set(path) if finding.level == "problem"]


# --- names


@pytest.mark.parametrize("raw", ["dat", "kwd"])
@pytest.mark.parametrize("stored_as", ["NFC", "NFD"])
@pytest.mark.parametrize("found_as", ["NFC", "NFD", "upper"])
def test_a_name_may_differ_in_case_or_normal_form(
    tmp_path: Path, truth: Truth, raw: str, stored_as: str, found_as: str
) -> None:
    path = write_klusta(tmp_path, truth, unicodedata.normalize(stored_as, "möwe"), raw=raw)
    for file in [*tmp_path.glob("*.dat"), *tmp_path.glob("*.kwd")]:
        base = file.name.upper() if found_as == "upper" else unicodedata.normalize(found_as, file.name)
        file.rename(file.with_name(base))
    assert_raw(path, truth)


def test_of_two_alike_neither_is_taken_but_the_exact_one_is(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth)
    exact = tmp_path / "set_1.dat"
    exact.with_name("SET_1.dat").write_bytes(bytes(48_000))
    assert_raw(path, truth)
    exact.rename(exact.with_name("Set_1.dat"))
    with closing(KwikModel(path)) as model:
        assert model.missing_raw == ("set_1.dat",)


def test_the_folder_that_is_pointed_at_may_have_names_in_another_case(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth)
    away = tmp_path / "away"
    away.mkdir()
    for file in tmp_path.glob("*.dat"):
        file.rename(away / file.name.upper())
    with closing(KwikModel(path)) as model:
        model.locate_raw(away)
        np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))
    assert_raw(path, truth)


@pytest.mark.parametrize("padded", ["kwik", "kwd", "both"])
def test_recordings_padded_with_zeros_are_found_in_a_kwd(tmp_path: Path, truth: Truth, padded: str) -> None:
    names = None if padded == "kwd" else ["000", "001"]
    path = write_klusta(tmp_path, truth, raw="kwd", names=names)
    if padded != "kwik":
        with h5py.File(tmp_path / "set.raw.kwd", "r+") as kwd:
            for number in (0, 1):
                kwd.move(f"recordings/{number}", f"recordings/{number:04}")
    assert_raw(path, truth)
    assert problems(path) == []


# --- sizes


@pytest.mark.parametrize("n_bytes", [1, 7, 11])
def test_a_size_that_is_no_whole_number_of_rows_is_told(tmp_path: Path, truth: Truth, n_bytes: int) -> None:
    path = write_klusta(tmp_path, truth)
    with (tmp_path / "set_0.dat").open("ab") as stream:
        stream.write(bytes(n_bytes))
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
        np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))
    assert told.startswith(f"set_0.dat has {72_000 + n_bytes} bytes, which is no multiple of 12 (6 channels of int16);")
    assert told.endswith("the last byte is left out." if n_bytes == 1 else f"the last {n_bytes} bytes are left out.")
    (problem,) = problems(path)
    assert "which is no multiple of 12" in problem


@pytest.mark.real_data
def test_the_odd_size_of_a_real_file_is_told(data_folder: Path) -> None:
    with closing(KwikModel(data_folder / "cases" / "odd-size" / "day.kwik")) as model:
        assert [sentence for sentence in model.missing if "479997 bytes" in sentence]


def test_a_transposed_kwd_is_told_from_a_short_one(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="kwd")
    with h5py.File(tmp_path / "set.raw.kwd", "r+") as kwd:
        for number, raw in enumerate(truth.raw):
            del kwd[f"recordings/{number}/data"]
            kwd[f"recordings/{number}/data"] = raw.T
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
        assert [item.n_samples for item in model.recordings] == truth.lengths
        np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[0]))
    assert "/recordings/0/data as 6 samples of 6000 channels: samples and channels are swapped" in told
    with h5py.File(tmp_path / "set.raw.kwd", "r+") as kwd:
        for number, raw in enumerate(truth.raw):
            del kwd[f"recordings/{number}/data"]
            kwd[f"recordings/{number}/data"] = raw[:3000] if number else raw
    with closing(KwikModel(path)) as model:
        assert model.missing == ("Recording 1 in set.raw.kwd ends at 0.1 s of 0.2 s: later spikes have no waveforms.",)


def test_one_transposed_recording_is_left_out(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="kwd")
    with h5py.File(tmp_path / "set.raw.kwd", "r+") as kwd:
        del kwd["recordings/1/data"]
        kwd["recordings/1/data"] = truth.raw[1].T
    with closing(KwikModel(path)) as model:
        assert ["swapped" in told for told in model.missing] == [True]
        np.testing.assert_array_equal(model.traces[:6000], truth.raw[0])
        assert not model.traces[6000:].any()


def test_raw_lengths_that_contradict_the_spikes_are_not_called_cut_short(tmp_path: Path) -> None:
    truth = make_truth((6000, 4000, 5000), n_spikes=300)
    path = write_klusta(tmp_path, truth)
    with h5py.File(path, "r+") as file:
        samples = file["channel_groups/0/spikes/time_samples"][:]
        numbers = file["channel_groups/0/spikes/recording"][:]
        samples[np.flatnonzero(numbers == 1)[-1]] = 4500
        file["channel_groups/0/spikes/time_samples"][:] = samples
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
        assert told == (
            f"Recording 1 is 0.200 s long, but has spikes up to {4500 / RATE:.3f} s; those behind its end have no "
            "waveforms and may be of another one."
        )
    assert any("may be of another one" in problem for problem in problems(path))
    assert not any("cut short" in problem for problem in problems(path))


# --- another number of channels than the `.kwik` says


def claim_channels(path: Path, n_channels: int) -> None:
    with h5py.File(path, "r+") as file:
        file["application_data/spikedetekt"].attrs["n_channels"] = n_channels


@pytest.mark.parametrize("claimed", [3, 4, 5, 12])
def test_a_number_of_channels_that_fits_the_size_but_not_the_lengths_is_told(tmp_path: Path, claimed: int) -> None:
    truth = make_truth((6000, 4000, 5000), groups=((0, (0, 1, 2)),), n_spikes=300)
    path = write_klusta(tmp_path, truth)
    with closing(KwikModel(path)) as model:
        assert model.missing == ()
    claim_channels(path, claimed)
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
    assert told == (
        f"set_0.dat has not the length that set.kwik says with {claimed} channels, but has it with 6; correct "
        "n_channels in the parameters of set.kwik, or use other raw files."
    )
    assert f"set.kwik: {told}" in problems(path)


def test_a_file_that_was_cut_to_a_size_that_other_channels_would_fit_is_called_cut_short(tmp_path: Path) -> None:
    truth = make_truth((6000, 4000), groups=((0, (0, 1, 2)),), n_spikes=300)
    path = write_klusta(tmp_path, truth)
    truth.raw[0][:3000].tofile(tmp_path / "set_0.dat")
    with closing(KwikModel(path)) as model:
        assert model.missing == ("set_0.dat ends at 0.1 s of 0.3 s: later spikes have no waveforms.",)


@pytest.mark.parametrize("lengths", [(6000, 4000), (9000,)])
@pytest.mark.parametrize("claimed", [3, 4])
def test_where_no_lengths_are_told_spikes_that_end_early_and_are_nowhere_tell_it(
    tmp_path: Path, claimed: int, lengths: tuple[int, ...]
) -> None:
    truth = make_truth(lengths, groups=((0, (0, 1, 2)),), n_spikes=300)
    path = write_klusta(tmp_path, truth, starts="none")
    claim_channels(path, claimed)
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
    assert f"s long with {claimed} channels, but its spikes end at" in told
    assert "its channels may be more; correct n_channels in the parameters of set.kwik" in told


@pytest.mark.parametrize("starts", ["start_sample", "none"])
def test_spikes_that_end_early_where_the_raw_data_have_them_are_no_reason(tmp_path: Path, starts: str) -> None:
    truth = make_truth((6000, 4000), groups=((0, (0, 1, 2)),), n_spikes=300)
    shank = truth.shanks[0]
    kept = shank.samples < 1900
    for name in ("samples", "recordings", "clusters", "features", "masks"):
        setattr(shank, name, getattr(shank, name)[kept])
    with closing(KwikModel(write_klusta(tmp_path, truth, starts=starts))) as model:
        assert model.missing == ()


# --- files that are there and cannot be read


def rewritten(file: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    with h5py.File(file, "r+") as kwd:
        values = change(kwd["recordings/1/data"][:])
        del kwd["recordings/1/data"]
        kwd["recordings/1/data"] = values


def in_its_place(file: Path, make: Callable[[Path], object]) -> None:
    file.unlink()
    make(file)


def deleted(file: Path) -> None:
    with h5py.File(file, "r+") as kwd:
        del kwd["recordings/1"]


def under_two_names(file: Path) -> None:
    file.with_name("SET_1.dat").write_bytes(file.read_bytes())
    file.rename(file.with_name("Set_1.dat"))


BROKEN_FILES: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "folder": ("dat", lambda file: in_its_place(file, Path.mkdir), "set_1.dat is a folder, not a file"),
    "dangling": (
        "dat",
        lambda file: in_its_place(file, lambda place: place.symlink_to("gone")),
        "set_1.dat is a link that leads nowhere",
    ),
    "two alike": ("dat", under_two_names, "set_1.dat may be SET_1.dat or Set_1.dat; rename the one that it is"),
    "no hdf5": ("kwd", lambda file: file.write_bytes(b"hello" * 1000), "cannot be opened: it is not an HDF5 file"),
    "cut short": ("kwd", lambda file: os.truncate(file, 40_000), "cannot be opened: the file was cut short"),
    "flat": ("kwd", lambda file: rewritten(file, np.ravel), "recordings/1/data has shape (24000,) of int16 and should"),
    "cube": (
        "kwd",
        lambda file: rewritten(file, lambda x: x[None]),
        "/data has shape (1, 4000, 6) of int16 and should",
    ),
    "text": ("kwd", lambda file: rewritten(file, lambda x: x.astype("S6")), "has shape (4000, 6) of |S6 and should"),
    "not in it": ("kwd", deleted, "set.raw.kwd has no raw data of recording 1"),
}
if hasattr(os, "mkfifo"):
    BROKEN_FILES["pipe"] = ("dat", lambda file: in_its_place(file, os.mkfifo), "set_1.dat is a device or a pipe")


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_what_is_wrong_with_a_raw_file_is_said_rather_than_that_it_is_not_there(
    tmp_path: Path, truth: Truth, name: str
) -> None:
    raw, damage, cause = BROKEN_FILES[name]
    path = write_klusta(tmp_path, truth, raw=raw)
    damage(tmp_path / ("set_1.dat" if raw == "dat" else "set.raw.kwd"))
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
        np.testing.assert_array_equal(model.spike_clusters, truth.shanks[0].clusters)
    assert told.startswith("Waveforms and traces cannot be read: set")
    assert cause in told
    assert "not beside" not in told
    assert any(cause in problem for problem in problems(path))


def test_a_recording_of_another_type_is_named(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="kwd")
    rewritten(tmp_path / "set.raw.kwd", lambda values: values.astype(np.float64))
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
    assert told == (
        "set.raw.kwd, recording 1, has 6 channels of float64 and is left out: set.raw.kwd, recording 0, has 6 of int16."
    )


def test_samples_that_were_never_written_make_no_recording_longer(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="kwd")
    with h5py.File(tmp_path / "set.raw.kwd", "r+") as kwd:
        del kwd["recordings/1/data"]
        kwd.create_dataset("recordings/1/data", (6, 10**12), np.int16, chunks=(6, 100_000))
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
        assert model.duration < 10
    assert "/recordings/1/data has shape (6, 1000000000000), samples and channels are swapped" in told
