"""Raw data that moved are found, or pointed at and remembered; without them times are right all the same."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.kwik.model import KwikModel

NEEDS = "Waveforms and traces need small.dat, which is not beside small.kwik. Everything else works."


@pytest.fixture
def moved(make_kwik: Callable, tmp_path: Path):
    """Return a function that makes the data set with its raw data elsewhere, as `away/small.dat`."""

    def make(**settings):
        folder = tmp_path / "here" / "sorted"
        folder.mkdir(parents=True)
        made = make_kwik(folder, **settings)
        (tmp_path / "away").mkdir()
        shutil.move(folder / "small.dat", tmp_path / "away" / "small.dat")
        return made, tmp_path / "away" / "small.dat"

    return make


def in_file(made):
    return json.loads((made.path.with_suffix(".napari-phy") / "raw-data.json").read_text())


# --- found without asking ---


@pytest.mark.parametrize(
    ("stored", "place"),
    [
        (r"raw\small.dat", "here/sorted/raw/small.dat"),
        (r"..\raw\small.dat", "here/raw/small.dat"),
        ("../raw/small.dat", "here/raw/small.dat"),
        (r"D:\lab\here\raw\small.dat", "here/raw/small.dat"),
        ("/home/someone/here/sorted/raw/small.dat", "here/sorted/raw/small.dat"),
        (r"\\server\share\raw\small.dat", "here/sorted/raw/small.dat"),
        ("/home/someone/other.dat", "here/sorted/other.dat"),
        ("/home/someone/gone.dat", "here/sorted/small.dat"),
    ],
)
def test_paths_of_other_systems_and_computers(moved, tmp_path: Path, stored: str, place: str) -> None:
    made, away = moved(dat_path=stored)
    with closing(KwikModel(made.path)) as model:
        assert model.missing_raw == (stored.replace("\\", "/").split("/")[-1],)
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.move(away, tmp_path / place)
    with closing(KwikModel(made.path)) as model:
        assert model.missing == model.missing_raw == ()
        assert [path.resolve() for path in model.raw_places.values()] == [tmp_path / place]
        np.testing.assert_array_equal(model.traces[:50], made.raw[:50])


def test_raw_data_in_hdf5_beside_the_file(moved, tmp_path: Path) -> None:
    made, _ = moved(dat_path="/nowhere/gone.dat")
    with h5py.File(made.path.with_name("small.raw.kwd"), "w") as file:
        file["recordings/0/data"], file["recordings/1/data"] = made.raw[:9000], made.raw[9000:]
    with closing(KwikModel(made.path)) as model:
        assert model.missing == ()
        np.testing.assert_array_equal(model.traces[:], made.raw)


# --- pointed at ---


@pytest.mark.parametrize("name", ["small.dat", "renamed.bin", "SMALL.DAT"])
def test_a_file_that_is_pointed_at_is_read_and_remembered(moved, name: str) -> None:
    made, away = moved()
    before = made.path.read_bytes()
    away = away.rename(away.with_name(name))
    with closing(KwikModel(made.path)) as model:
        assert (model.missing, model.missing_raw) == ((NEEDS,), ("small.dat",))
        assert model.traces is model.waveforms is None
        features = model.features
        model.locate_raw(away)
        assert model.missing == model.missing_raw == ()
        assert model.features is features
        np.testing.assert_array_equal(model.traces[:], made.raw)
        assert model.waveforms[:5].any()
        assert model.features[:5].any()
        assert model.recordings == made.recordings
    with closing(KwikModel(made.path)) as model:
        assert model.missing == ()
        assert model.raw_places == {"small.dat": away}
        assert model.waveforms[:5].any()
        with closing(model.opened_at(10, None)) as other:
            assert other.missing == ()
    assert made.path.read_bytes() == before
    assert list(in_file(made)["files"]) == ["small.dat"]


def test_a_model_is_made_that_shares_the_rest(moved) -> None:
    made, away = moved()
    with closing(KwikModel(made.path)) as model:
        found = model.with_raw(away)
        assert model.traces is None
        assert found.features is model.features
        assert found.spike_clusters is model.spike_clusters
        np.testing.assert_array_equal(found.traces[:20], made.raw[:20])
        found.close_traces()
        assert found.features[:3].any()


def test_the_stored_place_comes_before_the_remembered_one(moved) -> None:
    made, away = moved()
    with closing(KwikModel(made.path)) as model:
        model.locate_raw(away)
    (made.raw + 1).astype(np.int16).tofile(made.path.with_name("small.dat"))
    with closing(KwikModel(made.path)) as model:
        np.testing.assert_array_equal(model.traces[:50], made.raw[:50] + 1)
        model.locate_raw(away)  # now the user says which one
        np.testing.assert_array_equal(model.traces[:50], made.raw[:50])


def test_data_that_move_with_their_raw_data_are_found_again(moved, tmp_path: Path) -> None:
    made, away = moved()
    with closing(KwikModel(made.path)) as model:
        model.locate_raw(str(away))
    (tmp_path / "there").mkdir()
    for name in ("here", "away"):
        shutil.move(tmp_path / name, tmp_path / "there" / name)
    path = tmp_path / "there" / "here" / "sorted" / "small.kwik"
    with closing(KwikModel(path)) as model:
        assert model.missing == ()
        np.testing.assert_array_equal(model.traces[:50], made.raw[:50])


@pytest.fixture
def three(moved):
    """Three recordings in three files, all moved."""
    made, away = moved(lengths=(5000, 6000, 5000), dat_path=["a.dat", "b.dat", "c.dat"])
    parts = {"a.dat": made.raw[:5000], "b.dat": made.raw[5000:11000], "c.dat": made.raw[11000:]}
    for name, raw in parts.items():
        raw.tofile(away.with_name(name))
    return made, away.parent


@pytest.mark.parametrize(
    "choose",
    [
        lambda folder: [folder / "a.dat"],
        lambda folder: [folder / "c.dat", folder / "a.dat", folder / "b.dat"],
        lambda folder: folder,
        lambda folder: {"a.dat": folder / "a.dat", "b.dat": folder / "b.dat", "c.dat": folder / "c.dat"},
    ],
)
def test_several_files_are_known_by_their_names(three, choose: Callable) -> None:
    made, folder = three
    with closing(KwikModel(made.path)) as model:
        assert model.missing_raw == ("a.dat", "b.dat", "c.dat")
        model.locate_raw(choose(folder))
        assert model.missing == ()
        np.testing.assert_array_equal(model.traces[:], made.raw)


def test_what_is_still_missing_is_said(three) -> None:
    made, folder = three
    (folder / "b.dat").rename(folder / "beta.dat")
    with closing(KwikModel(made.path)) as model:
        model.locate_raw(folder / "c.dat")
        assert model.missing_raw == ("b.dat",)
        assert model.missing == (
            "Waveforms and traces need b.dat, which is not beside small.kwik. Everything else works.",
        )
        model.locate_raw(folder / "beta.dat")  # the only one left may have any name
        assert model.missing == ()
        np.testing.assert_array_equal(model.traces[:], made.raw)
    assert set(in_file(made)["files"]) == {"a.dat", "b.dat", "c.dat"}


def test_a_kwd_has_all_recordings(three) -> None:
    made, folder = three
    with h5py.File(folder / "all.raw.kwd", "w") as file:
        for number, (start, stop) in enumerate([(0, 5000), (5000, 11000), (11000, 16000)]):
            file[f"recordings/{number}/data"] = made.raw[start:stop]
    with closing(KwikModel(made.path)) as model:
        model.locate_raw(folder / "all.raw.kwd")
        assert model.missing == ()
        np.testing.assert_array_equal(model.traces[:], made.raw)


# --- what cannot be it ---


def write(path: Path, *, n_bytes: int) -> Path:
    path.write_bytes(bytes(n_bytes))
    return path


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda folder: folder / "gone.dat", r"gone\.dat is not there: no such file in .*away\."),
        (lambda folder: write(folder / "x.dat", n_bytes=0), r"x\.dat is empty; choose another file\."),
        (
            lambda folder: write(folder / "x.dat", n_bytes=16 * 16000 + 3),
            r"x\.dat has 256003 bytes, which is no multiple of 16 \(8 channels of int16 in .*\); choose another file\.",
        ),
        (
            lambda folder: write(folder / "x.dat", n_bytes=16 * 10000),
            r"x\.dat ends after 0\.500 s, but small\.kwik has a spike at 0\.[67]\d\d s; choose another file\.",
        ),
        (
            lambda folder: write(folder / "x.kwx", n_bytes=16 * 16000),
            r"x\.kwx has no raw data of recording 0; choose another file\.",
        ),
        (
            lambda folder: write(folder / "x.raw.kwd", n_bytes=16 * 16000),
            r"x\.raw\.kwd cannot be opened: it is not an HDF5 file; choose another file\.",
        ),
        (
            lambda folder: [write(folder / "x.dat", n_bytes=16), write(folder / "y.dat", n_bytes=16)],
            r"small\.kwik needs small\.dat; which one is x\.dat\? Choose files that have these names\.",
        ),
        (lambda folder: folder.parent, r"small\.kwik needs small\.dat; none of them is there\."),
        (lambda folder: [], r"small\.kwik needs small\.dat; none of them is there\."),
    ],
)
def test_a_file_that_cannot_be_it_is_refused(moved, make: Callable, sentence: str) -> None:
    made, away = moved()
    with closing(KwikModel(made.path)) as model:
        with pytest.raises((KwikFormatError, MissingDataError), match=f"^{sentence}$"):
            model.locate_raw(make(away.parent))
        assert model.missing == (NEEDS,)
        assert not made.path.with_suffix(".napari-phy").exists()
        model.locate_raw(away)
        assert model.missing == ()


def test_hdf5_with_too_few_channels_is_refused(moved) -> None:
    made, away = moved()
    kwd = away.with_name("few.raw.kwd")
    with h5py.File(kwd, "w") as file:
        file["recordings/0/data"], file["recordings/1/data"] = made.raw[:9000, :4], made.raw[9000:, :4]
    with closing(KwikModel(made.path)) as model, pytest.raises(KwikFormatError) as caught:
        model.locate_raw(kwd)
    assert str(caught.value) == "few.raw.kwd has 4 channels, but small.kwik has channel 4; choose another file."


# --- what is remembered ---


def test_what_is_remembered_may_be_nonsense(moved, caplog) -> None:
    made, away = moved()
    side = made.path.with_suffix(".napari-phy")
    side.mkdir()
    for text in (
        "", "[]", "{", '{"files": 3}', '{"files": {"small.dat": 5}}', '{"lengths": {"x": 1}}', '{"lengths": {"1": {}}}',
        '{"files": {"small.dat": ["/nowhere", "\\u0000", ""]}, "lengths": {"1": -5, "0": 1e300}}',
        '{"lengths": {"0": 99999999999999999999999999}}', "[" * 100_000,
    ):  # fmt: skip
        (side / "raw-data.json").write_text(text)
        with closing(KwikModel(made.path)) as model:
            assert model.missing == (NEEDS,)
            assert model.recordings[0] == made.recordings[0]
            model.locate_raw(away)
            assert model.missing == ()
        assert list(in_file(made)["files"]) == ["small.dat"]


def test_where_nothing_can_be_remembered_it_is_read_all_the_same(moved, monkeypatch, caplog) -> None:
    made, away = moved()
    monkeypatch.setattr(Path, "mkdir", lambda *args, **options: (_ for _ in ()).throw(PermissionError(13, "denied")))
    with closing(KwikModel(made.path)) as model:
        model.locate_raw(away)
        assert model.missing == ()
    assert caplog.messages == ["Where the raw data of small.kwik are cannot be remembered: denied."]


# --- times without raw data ---


def test_times_and_lengths_are_the_same_without_raw_data(make_kwik: Callable) -> None:
    made = make_kwik(lengths=(30_000, 25_000, 40_000))
    with closing(KwikModel(made.path)) as model:
        with_raw = model.recordings, model.duration, model.spike_times, model.spike_recordings
    made.path.with_name("small.dat").unlink()
    with closing(KwikModel(made.path)) as model:
        assert model.recordings == with_raw[0]
        assert model.duration == with_raw[1] == 4.75
        np.testing.assert_array_equal(model.spike_times, with_raw[2])
        np.testing.assert_array_equal(model.spike_recordings, with_raw[3])
        for recording in model.recordings:
            assert model.spike_samples[model.spike_recordings == recording.recording_id].max() < (
                recording.start_sample + recording.n_samples
            )


def test_lengths_are_remembered_when_located_raw_data_are_gone_again(moved) -> None:
    made, away = moved(lengths=(9000, 27_000))
    with closing(KwikModel(made.path)) as model:
        assert model.recordings[1].n_samples == 40_000  # up to the whole second of the last spike
        model.locate_raw(away)
        assert model.recordings == made.recordings
        assert model.duration == 1.8
    away.unlink()
    with closing(KwikModel(made.path)) as model:
        assert model.missing == (NEEDS,)
        assert model.recordings == made.recordings
        assert model.duration == 1.8


def test_recordings_without_a_start_find_theirs_with_the_raw_data(moved) -> None:
    made, away = moved(lengths=(9000, 7000), dat_path=["a.dat", "b.dat"])
    made.raw[:9000].tofile(away.with_name("a.dat"))
    made.raw[9000:].tofile(away.with_name("b.dat"))
    with h5py.File(made.path, "r+") as file:
        for number in (0, 1):
            del file[f"recordings/{number}"].attrs["start_sample"], file[f"recordings/{number}"].attrs["start_time"]
    with closing(KwikModel(made.path)) as model:
        assert model.recordings[1].start_sample == 20_000
        model.locate_raw(away.parent)
        assert model.recordings == made.recordings
        np.testing.assert_array_equal(model.spike_samples, made.groups[1].spike_samples)
        np.testing.assert_array_equal(model.traces[:], made.raw)


@pytest.mark.parametrize("name", ["small.kwik", "other.kwik"])
def test_a_link_leads_to_what_is_beside_its_target(small, tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    link = tmp_path_factory.mktemp("links") / name
    link.symlink_to(small.path)
    with closing(KwikModel(small.path)) as target, closing(KwikModel(link)) as model:
        assert model.missing == ()
        assert model.kwx_path == small.path.with_suffix(".kwx")
        np.testing.assert_array_equal(model.features[:], target.features[:])
        np.testing.assert_array_equal(model.traces[:], small.raw)
