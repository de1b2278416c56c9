"""Which recordings the numbers of spikes mean: spikes are at their true times, however the file numbers recordings."""

import shutil
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import Truth, make_truth

from napari_phy import open_session
from napari_phy.formats.checks import check_data_set
from napari_phy.formats.conversion.convert import convert_data_set
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.parameter_files.config import config_folder

SAMPLES_NEAR = 20


def many(n_recordings: int, *, equal: bool = False, silent: tuple[int, ...] = ()) -> Truth:
    """Return recordings with about 20 spikes each, of different lengths unless `equal`; some may have no spikes."""
    lengths = [900] * n_recordings if equal else (600 + 10 * np.arange(n_recordings) * 7 % 900).tolist()
    truth = make_truth(lengths, groups=((0, (0, 1, 3)),), n_channels=4, n_spikes=20 * n_recordings, seed=n_recordings)
    shank = truth.shanks[0]
    kept = ~np.isin(shank.recordings, silent)
    for name in ("samples", "recordings", "clusters", "features", "masks"):
        setattr(shank, name, getattr(shank, name)[kept])
    return truth


def assert_true(path: Path, truth: Truth) -> KwikModel:
    with closing(KwikModel(path)) as model:
        shank = truth.shanks[0]
        np.testing.assert_array_equal(model.spike_samples, truth.joined(shank))
        np.testing.assert_array_equal(model.spike_recordings, shank.recordings)
        np.testing.assert_array_equal(model.spike_clusters, shank.clusters)
        np.testing.assert_array_equal(model.features[:], shank.features)
        assert [item.n_samples for item in model.recordings][:-1] == truth.lengths[:-1]
        return model


def by_row(model: KwikModel, spike_clusters: np.ndarray) -> list[int]:
    """Return the clusters of spikes in the order of the file."""
    rows = np.arange(model.n_spikes) if model.file_order is None else model.file_order
    return spike_clusters[np.argsort(rows)].tolist()


@pytest.mark.parametrize("numbering", ["text", "number"])
@pytest.mark.parametrize("raw", ["dat", "kwd", "none"])
@pytest.mark.parametrize("n_recordings", [11, 12, 23, 101])
def test_spikes_are_at_their_true_times(tmp_path: Path, n_recordings: int, raw: str, numbering: str) -> None:
    truth = many(n_recordings, silent=(3, 10))
    path = write_klusta(tmp_path, truth, raw=raw, numbering=numbering)
    model = assert_true(path, truth)
    assert model.recording_order.order == numbering
    assert model.recording_order.is_certain or raw == "none"  # 11, the last of them silent: lengths say nothing
    assert model.doubts == (model.recording_order.sentence("set.kwik"),)
    assert not any("ends at" in sentence for sentence in model.missing)


@pytest.mark.parametrize("numbering", ["text", "number"])
def test_the_voltage_decides_where_lengths_do_not(tmp_path: Path, numbering: str) -> None:
    truth = many(12, equal=True)
    path = write_klusta(tmp_path, truth, numbering=numbering)
    model = assert_true(path, truth)
    assert model.recording_order.is_certain
    assert "stand out from the raw data" in model.recording_order.reason
    assert not any(finding.level == "problem" for finding in check_data_set(path))


def test_one_raw_file_that_is_cut_short_does_not_decide(tmp_path: Path) -> None:
    truth = many(12, equal=True)
    path = write_klusta(tmp_path, truth, numbering="number", starts="none")
    raw = tmp_path / "set_11.dat"
    raw.write_bytes(raw.read_bytes()[: 4 * 2 * 600])
    with closing(KwikModel(path)) as model:
        assert model.recording_order.order == "number"


@pytest.mark.parametrize(
    ("creator", "order"), [("klusta 3.0.16", "text"), ("", "number"), ("SpikeDetekt 2.0", "number")]
)
def test_what_only_the_writer_tells_is_said_to_be_uncertain(tmp_path: Path, creator: str, order: str) -> None:
    truth = many(12, equal=True)
    path = write_klusta(tmp_path, truth, raw="none", numbering=order, creator=creator)
    model = assert_true(path, truth)
    assert (model.recording_order.order, model.recording_order.is_certain) == (order, False)
    (told,) = model.doubts
    assert "not certain" in told
    assert "choose the other order" in told
    assert told.startswith("set.kwik does not say how it numbers its recordings")


@pytest.mark.parametrize("names", [None, [f"{number:02}" for number in range(12)], [f"{n:03}" for n in range(5)]])
@pytest.mark.parametrize("raw", ["dat", "kwd", "none"])
def test_where_both_orders_are_the_same_nothing_is_said(tmp_path: Path, names: list[str] | None, raw: str) -> None:
    truth = many(len(names or range(10)))
    path = write_klusta(tmp_path, truth, raw=raw, names=names)
    model = assert_true(path, truth)
    assert model.recording_order is None
    assert model.doubts == ()


@pytest.mark.parametrize("numbering", ["text", "number"])
@pytest.mark.parametrize("numbers", [range(1, 13), (2, 3, 5, 7, 11, 13), (7, 30, 100)])
def test_names_need_not_begin_at_0_or_follow_one_another(tmp_path: Path, numbers: range, numbering: str) -> None:
    truth = many(len(numbers))
    path = write_klusta(tmp_path, truth, names=list(map(str, numbers)), numbering=numbering)
    with closing(KwikModel(path)) as model:
        np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[0]))
        assert model.spike_recordings.tolist() == [numbers[place] for place in truth.shanks[0].recordings]
        order, sentence = model.recording_order, model.missing
        model.keep_recording_order("text" if numbering == "number" else "number")
    with closing(KwikModel(path)) as model:
        if not order.others:  # it cannot be read that way
            assert model.missing == sentence


def test_numbers_that_are_names_in_order_leave_nothing_to_find_out(tmp_path: Path) -> None:
    truth = many(3)
    path = write_klusta(tmp_path, truth, names=["1", "2", "3"], numbering="number")
    with closing(KwikModel(path)) as model:
        assert model.recording_order is None
        assert model.spike_recordings.tolist() == (truth.shanks[0].recordings + 1).tolist()


@pytest.mark.parametrize("numbering", ["text", "place"])
@pytest.mark.parametrize("raw", ["dat", "none"])
@pytest.mark.parametrize("numbers", [range(1, 14), range(0, 26, 2), range(8, 12)])
def test_a_place_may_be_one_in_the_order_of_number(tmp_path: Path, numbers: range, raw: str, numbering: str) -> None:
    truth = many(len(numbers), equal=True)
    path = write_klusta(tmp_path, truth, raw=raw, names=list(map(str, numbers)), numbering=numbering, creator="")
    with closing(KwikModel(path)) as model:
        order = model.recording_order
        assert (order.order, order.is_certain) == ((numbering, True) if raw == "dat" else ("place", False))
        assert order.others == tuple({"text", "place"} - {order.order})
        if numbering == order.order:
            np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[0]))
        model.keep_recording_order(numbering)
    with closing(KwikModel(path)) as model:
        np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[0]))
        assert "by hand" in model.recording_order.reason


def test_ends_of_recordings_tell_places_in_the_order_of_number(tmp_path: Path) -> None:
    truth = many(4)
    path = write_klusta(tmp_path, truth, raw="none", names=["8", "9", "10", "11"], numbering="place")
    with closing(KwikModel(path)) as model:
        np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[0]))
        assert (model.recording_order.order, model.recording_order.is_certain) == ("place", True)
        assert "behind the end" in model.recording_order.reason


def test_spikes_of_the_first_recordings_alone_leave_nothing_to_find_out(tmp_path: Path) -> None:
    truth = many(12, silent=tuple(range(2, 12)))
    assert assert_true(write_klusta(tmp_path, truth), truth).recording_order is None


def test_start_samples_in_the_order_of_text_give_the_lengths(tmp_path: Path) -> None:
    truth = many(12)
    path = write_klusta(tmp_path, truth, raw="none", starts="in_text")
    with closing(KwikModel(path)) as model:
        last_in_text = 9
        lengths = [item.n_samples for item in model.recordings]
        assert np.delete(lengths, last_in_text).tolist() == np.delete(truth.lengths, last_in_text).tolist()
        in_text = sorted(range(12), key=str)
        assert by_row(model, model.spike_recordings) == sorted(truth.shanks[0].recordings.tolist(), key=in_text.index)
    assert not any("correct start_sample" in finding.advice for finding in check_data_set(path))


@pytest.mark.parametrize("creator", ["klusta 3.0.16", ""])
@pytest.mark.parametrize("raw", ["kwd", "none"])
def test_links_into_a_kwd_name_the_recordings(tmp_path: Path, raw: str, creator: str) -> None:
    truth = many(12, equal=True)
    path = write_klusta(tmp_path, truth, raw=raw, starts="none", creator=creator)
    in_text = sorted(range(12), key=str)
    with h5py.File(path, "r+") as file:  # recordings of the file are numbered by place
        for place, number in enumerate(in_text):
            link = f"{{raw.kwd}}/recordings/{number}"
            file[f"recordings/{place}/raw"].attrs["hdf5_path"] = np.array([link.encode()])
    with closing(KwikModel(path)) as model:
        shank = truth.shanks[0]
        assert [in_text[number] for number in model.spike_recordings] == shank.recordings.tolist()
        if raw == "kwd":
            np.testing.assert_array_equal(model.spike_samples, truth.joined(shank))
            np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))


def test_a_link_to_a_recording_that_is_not_there_finds_no_other_one(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, many(3), raw="kwd")
    with h5py.File(path, "r+") as file:
        file["recordings/1/raw"].attrs["hdf5_path"] = np.array([b"{raw.kwd}/recordings/7"])
    with closing(KwikModel(path)) as model:
        assert [segment.raw is None for segment in model.traces.segments] == [False, True, False]


# --- chosen by hand


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PHY_CONFIG_DIR", str(tmp_path / "phy"))
    return tmp_path / "phy"


def test_an_order_chosen_by_hand_holds_from_then_on(tmp_path: Path, settings: Path) -> None:
    path = write_klusta(tmp_path, many(12))
    with closing(KwikModel(path)) as model:
        model.keep_recording_order("number")
    with closing(KwikModel(path)) as model:
        assert model.recording_order.order == "number"
        assert "set.kwik numbers its recordings by number; it was chosen so by hand." in model.missing
        assert not any("ends at" in sentence for sentence in model.missing)
        assert any("but has spikes up to" in sentence for sentence in model.missing)
    config = config_folder(path) / "config.py"
    config.parent.mkdir(parents=True)
    config.write_text("recording_order = 'text'\n")
    with closing(KwikModel(path)) as model:
        assert model.recording_order.order == "text"
        assert "config.py, line 1" in model.recording_order.reason


@pytest.mark.parametrize("now", ["text", "number"])
def test_edits_stay_with_their_spikes_in_either_order(tmp_path: Path, settings: Path, now: str) -> None:
    path = write_klusta(tmp_path, many(12))
    rng = np.random.default_rng(3)
    with open_session(path) as session:
        for _ in range(4):
            cluster = int(rng.choice(session.manager.cluster_ids))
            session.split(session.manager.spikes(cluster)[:: int(rng.integers(2, 5))])
        session.merge([int(cluster) for cluster in session.manager.cluster_ids[:2]])
        session.undo()
        wanted = by_row(session.model, session.manager.spike_clusters)
        session.model.keep_recording_order(now)
    with open_session(path) as session:
        assert session.model.recording_order.order == now
        assert by_row(session.model, session.manager.spike_clusters) == wanted
        session.copy_clustering("main", "mine")
        session.save_copy(tmp_path / "copy.kwik")
        session.save()
    with h5py.File(path) as file, h5py.File(tmp_path / "copy.kwik") as copy:
        clusters = "channel_groups/0/spikes/clusters"
        assert wanted == file[f"{clusters}/main"][:].tolist() == file[f"{clusters}/mine"][:].tolist()
        assert wanted == copy[f"{clusters}/main"][:].tolist()
        recording = file["channel_groups/0/spikes/recording"][:]
        assert recording.tolist() == copy["channel_groups/0/spikes/recording"][:].tolist() == sorted(recording.tolist())
    with closing(KwikModel(tmp_path / "copy.kwik")) as model:
        assert model.recording_order.order == now
    with open_session(path) as session:
        while session.undo():
            pass
        with h5py.File(path) as file:
            assert by_row(session.model, session.manager.spike_clusters) == file[f"{clusters}/original"][:].tolist()


def test_raw_data_that_contradict_the_order_are_told_and_ids_stay(tmp_path: Path) -> None:
    truth = many(12, equal=True)
    path = write_klusta(tmp_path, truth, numbering="number")
    away = tmp_path / "away"
    away.mkdir()
    for file in tmp_path.glob("*.dat"):
        file.rename(away / file.name)
    with open_session(path) as session:
        before = session.model.spike_samples
        session.locate_raw(away)
        np.testing.assert_array_equal(session.model.spike_samples, before)
        told = session.model.recording_order.sentence("set.kwik")
        assert told in session.messages
        assert "but that is wrong; so 8" in told or "but that is wrong; so 9" in told
    assert_true(path, truth)


def test_converting_writes_plain_numbers(tmp_path: Path) -> None:
    truth = many(12)
    path = write_klusta(tmp_path, truth)
    done = convert_data_set(path, tmp_path / "new.kwik")
    assert ["in the order of text" in sentence for sentence in done.taken_as] == [True]
    with h5py.File(done.path) as file:
        assert file["channel_groups/0/spikes/recording"][:].tolist() == truth.shanks[0].recordings.tolist()
    assert assert_true(done.path, truth).recording_order is None


@pytest.mark.parametrize("numbering", ["text", "number"])
@pytest.mark.parametrize("creator", ["klusta 3.0.16", ""])
def test_converting_keeps_a_doubt(tmp_path: Path, creator: str, numbering: str) -> None:
    truth = many(12, equal=True)
    path = write_klusta(tmp_path, truth, numbering=numbering, creator=creator)
    raw = {file: file.read_bytes() for file in tmp_path.glob("*.dat")}
    for file in raw:
        file.unlink()
    (tmp_path / "made").mkdir()
    done = convert_data_set(path, tmp_path / "made" / "new.kwik")
    assert any("as they are in set.kwik" in sentence for sentence in done.taken_as)
    with closing(KwikModel(path)) as old, closing(KwikModel(done.path)) as new:
        assert not new.is_numbering_certain
        assert new.recording_order == old.recording_order
        np.testing.assert_array_equal(new.spike_samples, old.spike_samples)
    for file, data in raw.items():
        file.write_bytes(data)
    assert assert_true(path, truth).recording_order == assert_true(done.path, truth).recording_order
    again = convert_data_set(done.path, tmp_path / "again.kwik")
    assert assert_true(again.path, truth).recording_order is None


def test_converting_keeps_a_doubt_where_names_are_padded_unevenly(tmp_path: Path) -> None:
    names = ["0", "01", "2", "03", *map(str, range(4, 12))]
    path = write_klusta(tmp_path, many(12, equal=True), names=names, raw="none", creator="")
    done = convert_data_set(path, tmp_path / "new.kwik")
    with closing(KwikModel(path)) as old, closing(KwikModel(done.path)) as new:
        assert not old.is_numbering_certain
        assert new.recording_order == old.recording_order
        np.testing.assert_array_equal(new.spike_samples, old.spike_samples)
    with h5py.File(done.path) as file:
        assert sorted(file["recordings"]) == sorted(names)


def add_events(path: Path, truth: Truth, numbers: np.ndarray) -> np.ndarray:
    """Write an event into each recording, which `numbers` says of which it is; return where they are on the line."""
    times = np.arange(len(truth.lengths)) + 5
    with h5py.File(path, "r+") as file:
        node = file.create_group("event_types/button/events")
        node["time_samples"], node["recording"] = times.astype(np.uint64), numbers.astype(np.uint16)
    return np.cumsum([0, *truth.lengths[:-1]]) + times


@pytest.mark.parametrize("numbering", ["text", "number"])
def test_events_count_recordings_as_spikes_do(tmp_path: Path, numbering: str) -> None:
    truth = many(12)
    path = write_klusta(tmp_path, truth, numbering=numbering)
    names = [str(number) for number in range(12)]
    in_text = np.array([sorted(names).index(name) for name in names])
    expected = add_events(path, truth, in_text if numbering == "text" else np.arange(12))
    for file in (path, convert_data_set(path, tmp_path / "new.kwik").path):
        with closing(KwikModel(file)) as model:
            assert model.events["button"].samples.tolist() == expected.tolist()
            assert model.events["button"].recordings.tolist() == list(range(12))


def test_events_keep_their_numbers_where_the_order_is_not_certain(tmp_path: Path) -> None:
    truth = many(12, equal=True)
    path = write_klusta(tmp_path, truth, raw="none")
    add_events(path, truth, np.arange(12))
    done = convert_data_set(path, tmp_path / "new.kwik")
    with closing(KwikModel(path)) as old, closing(KwikModel(done.path)) as new:
        assert not new.is_numbering_certain
        assert new.recording_order.order == "text"
        assert new.events["button"].samples.tolist() == old.events["button"].samples.tolist()
        assert new.events["button"].recordings.tolist() == old.events["button"].recordings.tolist()
    with h5py.File(path) as old, h5py.File(done.path) as new:
        node = "event_types/button/events"
        pairs = [
            sorted(zip(file[f"{node}/time_samples"], file[f"{node}/recording"], strict=True)) for file in (old, new)
        ]
        assert pairs[0] == pairs[1]


@pytest.mark.parametrize("names", [[str(n) for n in range(1, 14)], ["8", "9", "10", "11"]])
def test_converting_writes_plain_numbers_for_places(tmp_path: Path, names: list[str]) -> None:
    truth = many(len(names), equal=True)
    path = write_klusta(tmp_path, truth, names=names, numbering="place")
    with closing(KwikModel(convert_data_set(path, tmp_path / "new.kwik").path)) as model:
        assert model.recording_order is None
        np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[0]))


def test_spikes_without_numbers_of_recordings_are_told(tmp_path: Path) -> None:
    path = write_klusta(tmp_path, many(3))
    with h5py.File(path, "r+") as file:
        del file["channel_groups/0/spikes/recording"]
    with closing(KwikModel(path)) as model:
        assert any("does not say of which recording" in sentence for sentence in model.missing)
    problems = [finding.what for finding in check_data_set(path) if finding.level == "problem"]
    assert any("does not say of which recording" in what for what in problems)


@pytest.mark.parametrize("raw", ["dat", "none"])
@pytest.mark.parametrize("times", ["relative", "absolute"])
def test_converting_leaves_out_numbers_of_recordings_that_the_source_does_not_have(
    tmp_path: Path, times: str, raw: str
) -> None:
    truth = many(3, equal=True)
    path = write_klusta(tmp_path, truth, raw=raw, times=times)
    add_events(path, truth, np.arange(3))
    with h5py.File(path, "r+") as file:
        del file["channel_groups/0/spikes/recording"]
    (tmp_path / "made").mkdir()
    done = convert_data_set(path, tmp_path / "made" / "new.kwik")
    with closing(KwikModel(path)) as old, closing(KwikModel(done.path)) as new, h5py.File(done.path) as file:
        assert old.is_numbering_certain == ("recording" in file["channel_groups/0/spikes"])
        assert new.is_numbering_certain == old.is_numbering_certain
        assert old.is_numbering_certain == (times == "absolute")
        np.testing.assert_array_equal(new.spike_samples, old.spike_samples)
        np.testing.assert_array_equal(new.spike_recordings, old.spike_recordings)
        assert new.events["button"].samples.tolist() == old.events["button"].samples.tolist()
        for model in (old, new):
            told = [sentence for sentence in model.missing if "does not say of which recording" in sentence]
            assert len(told) == (not old.is_numbering_certain)
        assert any("does not say of which recording" in said for said in done.taken_as) != old.is_numbering_certain


# --- the proof of the check


def test_each_recording_whose_spikes_are_not_in_its_raw_data_is_told(tmp_path: Path) -> None:
    truth = many(12)
    path = write_klusta(tmp_path, truth)
    assert not any("has no spikes where" in finding.what for finding in check_data_set(path))
    for number in (2, 7):
        np.roll(truth.raw[number], 137, axis=0).tofile(tmp_path / f"set_{number}.dat")
    told = [finding for finding in check_data_set(path) if "has no spikes where the file says" in finding.what]
    assert [finding.place for finding in told] == [
        f"set.kwik: recording {number} of channel group 0" for number in (2, 7)
    ]
    assert {finding.level for finding in told} == {"problem"}


# --- what klusta wrote


@pytest.fixture(params=["with raw data", "without"])
def of_klusta(data_folder: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    for file in (data_folder / "klusta_12rec").iterdir():
        if request.param == "with raw data" or file.suffix != ".dat":
            shutil.copyfile(file, tmp_path / file.name)
    return tmp_path / "part.kwik"


@pytest.mark.real_data
def test_spikes_of_klusta_are_at_true_times_in_every_recording(of_klusta: Path, data_folder: Path) -> None:
    truth = np.load(data_folder / "klusta_12rec" / "ground_truth.npz")
    lengths = truth["recording_lengths"]
    starts = np.cumsum([0, *lengths[:-1]])
    target = of_klusta.with_name("new.kwik")
    convert_data_set(of_klusta, target)
    for path in (of_klusta, target):
        with closing(KwikModel(path)) as model:
            assert [item.start_sample for item in model.recordings] == starts.tolist()
            for number in range(12):
                own = model.spike_samples[model.spike_recordings == number]
                true = truth["spike_times"] - starts[number]
                true = true[(true >= 0) & (true < lengths[number])] + starts[number]
                distance = np.abs(own[:, None] - true)
                assert (distance.min(axis=1) <= SAMPLES_NEAR).mean() >= 0.85, (path.name, number)
            if path == of_klusta:
                assert model.recording_order.order == "text"
            else:
                assert model.recording_order is None
        said = [finding.what for finding in check_data_set(path)]
        assert not [what for what in said if "ends at" in what or "where the file says" in what]
