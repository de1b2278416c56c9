"""Files of every program that wrote Kwik give back what was put into them."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from kwik_writers import foreign
from kwik_writers.klusta import write_klusta
from kwik_writers.open_ephys import make_recorded, write_open_ephys
from kwik_writers.pytables import stored
from kwik_writers.spikedetekt2 import stored_waveforms, write_spikedetekt2
from kwik_writers.truth import AFTER, BEFORE, RATE, Truth, make_truth

from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.files.rows import RowFile
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik import raw_files
from napari_phy.formats.kwik.model import KwikModel

LEFT_OUT = (
    "Waveforms and traces need set.raw.kwd, which is not beside set.kwik. Everything else works.",
    "Traces need set.raw.kwd, which is not beside set.kwik. Waveforms are those stored in set.kwx.",
)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_truth()


def check_spikes(path: Path, truth: Truth, group: int) -> None:
    """Compare times, clusters, channels, features and masks with what was written."""
    shank = truth.shanks[group]
    with closing(KwikModel(path, channel_group=group)) as model:
        assert model.channel_groups == tuple(sorted(truth.shanks))
        assert model.sample_rate == RATE
        np.testing.assert_array_equal(model.spike_samples, truth.joined(shank))
        np.testing.assert_array_equal(model.spike_recordings, shank.recordings)
        np.testing.assert_array_equal(model.spike_clusters, shank.clusters)
        assert model.spike_clusters.dtype == np.int32
        assert model.spike_samples.dtype == np.int64
        assert sorted(model.probe.channel_ids.tolist()) == sorted(shank.channels)
        places = dict(zip(shank.channels, shank.positions, strict=True))
        assert [places[channel] for channel in model.probe.channel_ids.tolist()] == [
            tuple(position) for position in model.probe.positions.tolist()
        ]
        assert model.probe.edges.tolist() == [list(edge) for edge in shank.edges]
        assert model.cluster_groups == {0: "noise", 1: "mua", 2: "good", 4: "good"}
        if model.features is not None:
            np.testing.assert_array_equal(model.features[:], shank.features)
            np.testing.assert_array_equal(model.features[[7, 3, 3]], shank.features[[7, 3, 3]])


def check_traces(path: Path, truth: Truth, group: int = 0) -> None:
    """Compare traces and raw waveforms with what was written."""
    raw = np.concatenate(truth.raw)
    with closing(KwikModel(path, channel_group=group)) as model:
        assert [recording.n_samples for recording in model.recordings] == truth.lengths
        assert model.duration == len(raw) / RATE
        np.testing.assert_array_equal(model.traces[:], raw)
        np.testing.assert_array_equal(model.traces[5990:6010, [2, 0]], raw[5990:6010, [2, 0]])
        np.testing.assert_array_equal(model.traces[[9, 6001, 5999]], raw[[9, 6001, 5999]])
        shank = truth.shanks[group]
        expected = np.stack(
            [
                np.pad(truth.raw[recording], ((BEFORE, AFTER), (0, 0)))[sample : sample + BEFORE + AFTER]
                for sample, recording in zip(shank.samples, shank.recordings, strict=True)
            ]
        )[:, :, model.channel_order]
        np.testing.assert_array_equal(model.waveforms.raw[:], expected)


# ---- A: klusta 3 and phy


@pytest.mark.parametrize("raw", ["dat", "kwd"])
def test_klusta_3(tmp_path: Path, truth: Truth, raw: str) -> None:
    path = write_klusta(tmp_path, truth, raw=raw)
    for group in truth.shanks:
        check_spikes(path, truth, group)
        check_traces(path, truth, group)
    with closing(KwikModel(path)) as model:
        assert model.missing == ()
        assert model.events == {}
        np.testing.assert_array_equal(model.masks[:], truth.shanks[0].masks)


def test_contiguous_kwd_are_read_by_position_and_leave_no_file_open(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="kwd")
    with closing(KwikModel(path)) as model:
        assert all(isinstance(source, RowFile) for source in model.traces._sources.values())
        with h5py.File(tmp_path / "set.raw.kwd", "r+") as file:
            file.attrs["free"] = 1


def test_big_endian_and_compressed_kwd(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="kwd")
    with h5py.File(tmp_path / "set.raw.kwd", "r+") as file:
        for number, kind in ((0, {"dtype": ">i2"}), (1, {"chunks": (100, 3), "compression": "gzip"})):
            del file[f"recordings/{number}/data"]
            file.create_dataset(f"recordings/{number}/data", data=truth.raw[number], **kind)
    check_traces(path, truth)


# ---- B: SpikeDetekt2 and KlustaViewa


@pytest.mark.parametrize("link", ["{{raw.kwd}}/recordings/{}", "{{raw.kwd}}/recordings/{}/data"])
@pytest.mark.parametrize("layout", [{}, {"contiguous": True}, {"masks": False}, {"start_sample": True}])
def test_spikedetekt_2(tmp_path: Path, truth: Truth, link: str, layout: dict) -> None:
    path = write_spikedetekt2(tmp_path, truth, link=link, **layout)
    for group in truth.shanks:
        check_spikes(path, truth, group)
        check_traces(path, truth, group)
    with closing(KwikModel(path)) as model:
        assert model.missing == ()
        assert model.n_features_per_channel == 3
        assert model.unit == "µV"
        assert model.metadata["raw_data_files"] == ["set.raw.kwd"]
        assert model.metadata["shanks"] == [1, 2, 3]
        assert model.metadata["filter_lfp_low"] is None
        masks = truth.shanks[0].masks if layout.get("masks", True) else np.ones_like(truth.shanks[0].masks)
        np.testing.assert_array_equal(model.masks[:], masks)


def test_spikedetekt_2_without_raw_data_shows_the_waveforms_it_stored(tmp_path: Path, truth: Truth) -> None:
    path = write_spikedetekt2(tmp_path, truth, has_raw=False)
    for group, shank in truth.shanks.items():
        check_spikes(path, truth, group)
        with closing(KwikModel(path, channel_group=group)) as model:
            assert model.traces is None
            assert model.missing == LEFT_OUT[1:]
            expected = stored_waveforms(shank) * np.float32(2 * 0.195)
            np.testing.assert_allclose(model.waveforms[:], expected, rtol=1e-6)
            np.testing.assert_allclose(model.waveforms[[7, 3, 3]], expected[[7, 3, 3]], rtol=1e-6)
            np.testing.assert_allclose(model.waveforms[-1], expected[-1], rtol=1e-6)
            assert model.waveforms.shape == expected.shape
            assert model.recordings[1].start_sample == 6000


def test_spikedetekt_2_without_any_waveforms(tmp_path: Path, truth: Truth) -> None:
    path = write_spikedetekt2(tmp_path, truth, has_raw=False, waveforms=False)
    with closing(KwikModel(path)) as model:
        assert model.waveforms is None
        assert model.missing == LEFT_OUT[:1]


# ---- C: cluster groups, and clusters with or without a node


@pytest.mark.parametrize(
    ("value", "group"),
    [
        (2, "good"),
        (np.array([1]), "mua"),
        (np.array([1], dtype=np.uint8), "mua"),
        (np.float64(0), "noise"),
        ("Good", "good"),
        (np.array([b"MUA"], dtype="S"), "mua"),
        (np.bytes_(b"2"), "good"),
        (stored(None), "unsorted"),
        (stored([2]), "good"),
        (h5py.Empty("S1"), "unsorted"),
        (7, "axons"),
        ("AXONS", "axons"),
        (12, "group_12"),
        ("", "unsorted"),
        (np.array([], dtype=np.int64), "unsorted"),
    ],
)
def test_groups_in_every_spelling(tmp_path: Path, truth: Truth, value: object, group: str) -> None:
    path = write_klusta(tmp_path, truth)
    with h5py.File(path, "r+") as file:
        node = file["channel_groups/0"]
        node.create_group("cluster_groups/main/7").attrs["name"] = np.bytes_(b"Axons")
        node["clusters/main/3"].attrs["cluster_group"] = value
    with closing(KwikModel(path)) as model:
        assert model.cluster_groups.get(3, "unsorted") == group
        assert model.group_names[:5] == ("noise", "mua", "good", "unsorted", "axons")


def test_clusters_without_nodes_and_nodes_without_spikes(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth)
    with h5py.File(path, "r+") as file:
        nodes = file["channel_groups/0/clusters/main"]
        del nodes["2"], nodes["4"].attrs["cluster_group"]
        nodes.create_group("77").attrs["cluster_group"] = 2
        nodes.create_group("no number")
    with closing(KwikModel(path)) as model:
        assert model.cluster_groups == {0: "noise", 1: "mua"}
        assert model.cluster_ids.tolist() == [0, 1, 2, 3, 4]
        assert model.max_cluster_id == 77


# ---- D: empty shanks, channel groups not from 0


def test_empty_shanks_and_groups_that_start_elsewhere(tmp_path: Path) -> None:
    truth = make_truth(groups=((3, (0, 1)), (12, (2, 3)), (101, (4, 5))))
    path = write_klusta(tmp_path, truth)
    with h5py.File(path, "r+") as file, h5py.File(path.with_suffix(".kwx"), "r+") as kwx:
        for name in ("spikes", "clusters", "cluster_groups"):
            del file[f"channel_groups/3/{name}"]
        del kwx["channel_groups/3"]
    check_spikes(path, truth, 101)
    with closing(KwikModel(path)) as model:
        assert model.channel_group == 12
        assert model.channel_groups == (3, 12, 101)
    with closing(KwikModel(path, channel_group=3)) as model:
        assert (model.n_spikes, model.n_channels) == (0, 2)
        assert model.clusterings == ()
        assert model.waveforms[:].shape == (0, 32, 2)
        np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))


def test_a_shank_whose_arrays_are_empty(tmp_path: Path) -> None:
    truth = make_truth(groups=((0, (0, 1)),), n_spikes=0)
    for name, write in (("a", write_klusta), ("b", write_spikedetekt2)):
        path = write(tmp_path, truth, name)
        with closing(KwikModel(path)) as model:
            assert model.n_spikes == 0
            assert model.spike_times.shape == model.spike_recordings.shape == (0,)
            assert model.cluster_ids.tolist() == []
            assert model.duration == 0.5


# ---- E: the ways of telling time in several recordings


@pytest.mark.parametrize(
    ("times", "raw"),
    [
        *((times, raw) for times in ("relative", "absolute") for raw in ("dat", "kwd", "none")),
        ("numbered", "dat"),
        ("numbered", "kwd"),
    ],
)
@pytest.mark.parametrize("lengths", [(6000, 4000), (6000, 500, 3000, 5000), (900,) * 13])
def test_times_of_several_recordings(tmp_path: Path, times: str, raw: str, lengths: tuple[int, ...]) -> None:
    truth = make_truth(lengths, n_spikes=300)
    path = write_klusta(tmp_path, truth, raw=raw, times=times)
    for group in truth.shanks:
        check_spikes(path, truth, group)
    with closing(KwikModel(path)) as model:
        assert [recording.recording_id for recording in model.recordings] == list(range(len(lengths)))
        assert [recording.start_sample for recording in model.recordings] == truth.starts.tolist()
        if raw != "none":
            np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))


@pytest.mark.parametrize(("raw", "starts"), [("kwd", "none"), ("dat", "none"), ("none", "start_time")])
def test_recordings_without_start_sample(tmp_path: Path, raw: str, starts: str) -> None:
    truth = make_truth((6000, 500, 3000))
    path = write_klusta(tmp_path, truth, raw=raw, starts=starts)
    check_spikes(path, truth, 0)


def test_recordings_with_a_pause_between_them_keep_their_start(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth)
    with h5py.File(path, "r+") as file:
        file["recordings/1"].attrs["start_sample"] = 9000
    with closing(KwikModel(path)) as model:
        shank = truth.shanks[0]
        np.testing.assert_array_equal(model.spike_samples, shank.samples + 9000 * shank.recordings)
        assert [(r.start_sample, r.n_samples) for r in model.recordings] == [(0, 9000), (9000, 4000)]
        np.testing.assert_array_equal(model.traces[9000:], truth.raw[1])
        assert not model.traces[6000:9000].any()
        assert model.duration == 13000 / RATE


@pytest.mark.parametrize("starts", [(0, 0), (0, 100), (5, 3)])
def test_starts_that_cannot_be_are_not_believed(tmp_path: Path, truth: Truth, starts: tuple[int, int]) -> None:
    path = write_klusta(tmp_path, truth)
    with h5py.File(path, "r+") as file:
        for number, start in enumerate(starts):
            file[f"recordings/{number}"].attrs["start_sample"] = start
    check_spikes(path, truth, 0)
    check_traces(path, truth)


def test_times_that_do_not_ascend_are_sorted_with_all_that_belongs_to_them(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth)
    mixed = np.random.default_rng(1).permutation(truth.shanks[0].n_spikes)
    with h5py.File(path, "r+") as file, h5py.File(path.with_suffix(".kwx"), "r+") as kwx:
        spikes = file["channel_groups/0/spikes"]
        for dataset in (
            spikes["time_samples"],
            spikes["recording"],
            spikes["clusters/main"],
            kwx["channel_groups/0/features_masks"],
        ):
            dataset[...] = dataset[()][mixed]
    before = path.read_bytes()
    check_spikes(path, truth, 0)
    check_traces(path, truth)
    assert path.read_bytes() == before


def test_recordings_whose_raw_data_differ_in_width_are_left_out_by_name(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="kwd")
    with h5py.File(tmp_path / "set.raw.kwd", "r+") as file:
        del file["recordings/1/data"]
        file["recordings/1/data"] = np.ones((4000, 3), dtype=np.int16)
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
        assert told.startswith("set.raw.kwd, recording 1, has 3 channels of int16 and is left out: ")
        assert told.endswith(" set.raw.kwd, recording 0, has 6 of int16.")
        np.testing.assert_array_equal(model.traces[:6000], truth.raw[0])
        assert not model.traces[6000:].any()


# ---- F: raw data that moved


def test_raw_data_that_somebody_points_at(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth)
    (tmp_path / "elsewhere").mkdir()
    moved = {}
    for number in range(2):
        moved[f"set_{number}.dat"] = tmp_path / "elsewhere" / f"new{number}.bin"
        (tmp_path / f"set_{number}.dat").rename(moved[f"set_{number}.dat"])
    with closing(KwikModel(path)) as model:
        assert model.missing == (
            "Waveforms and traces need set_0.dat and set_1.dat, which are not beside set.kwik. Everything else works.",
        )
    with closing(KwikModel(path, raw_files=moved)) as model:
        assert model.missing == ()
        np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))


def test_flat_files_replaced_by_a_kwd(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth)
    write_klusta(tmp_path, truth, raw="kwd")
    for number in range(2):
        (tmp_path / f"set_{number}.dat").unlink()
    check_traces(path, truth)


@pytest.mark.parametrize("raw", ["kwd", "dat"])
def test_paths_of_another_system(tmp_path: Path, truth: Truth, raw: str) -> None:
    path = write_klusta(tmp_path, truth, raw=raw)
    with h5py.File(path, "r+") as file:
        for number in range(2):
            node = file[f"recordings/{number}/raw"]
            name = "hdf5_path" if raw == "kwd" else "dat_path"
            stem = "set.raw.kwd" if raw == "kwd" else f"set_{number}.dat"
            node.attrs[name] = np.bytes_(rf"C:\data\2014\{stem}".encode())
    check_traces(path, truth)


def test_a_raw_file_that_is_no_file(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="none")
    for text in ("a" * 5000, ".", "/", "..", "/dev/zero", "x/\udcff.dat"):
        with h5py.File(path, "r+") as file:
            for number in range(2):
                file[f"recordings/{number}/raw"].attrs["hdf5_path"] = np.bytes_(text.encode("utf-8", "surrogateescape"))
        with closing(KwikModel(path)) as model:
            assert model.traces is None
            assert len(model.missing) == 1


def test_a_damaged_kwd_counts_as_missing(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="kwd")
    (tmp_path / "set.raw.kwd").write_bytes(b"nothing")
    with closing(KwikModel(path)) as model:
        assert model.traces is None
        (told,) = model.missing
    assert told.startswith("Waveforms and traces cannot be read: set.raw.kwd cannot be opened: it is not an HDF5 file.")
    assert raw_files.RawLink("C:\\x\\a.dat").name == "a.dat"


# ---- G: clusterings


def test_several_clusterings_and_no_main(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, clusterings=("second", "automatic", "original"))
    with closing(KwikModel(path)) as model:
        assert model.clusterings == ("automatic", "original", "second")
        assert model.clustering == "automatic"
    with closing(KwikModel(path, clustering="second")) as model:
        np.testing.assert_array_equal(model.spike_clusters, truth.shanks[0].clusters)
    with pytest.raises(MissingDataError, match="it has automatic, original, second"):
        KwikModel(path, clustering="main")


# ---- events


def test_events_are_on_the_line_of_the_recordings(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth)
    with open_h5(path, "r+") as file:
        node = "/event_types/stimulus/events"
        file.write(f"{node}/time_samples", np.array([40, 10, 30], dtype=np.uint64))
        file.write(f"{node}/recording", np.array([1, 0, 0], dtype=np.uint16))
        file.write(f"{node}/user_data/contrast", np.array([0.5, 0.1, 0.2]))
        file.write(f"{node}/user_data/label", np.array([b"c", b"a", "bé".encode()], dtype="S8"))
        file.write(f"{node}/user_data/other", np.zeros(7))
        file.require_group("/event_types/nothing/events")
        file.write("/event_types/strange/events/time_samples", np.array([1], dtype=np.uint64))
        file.write("/event_types/strange/events/recording", np.array([9], dtype=np.uint16))
    with closing(KwikModel(path)) as model:
        assert list(model.events) == ["stimulus"]
        events = model.events["stimulus"]
        assert events.samples.tolist() == [10, 30, 6040]
        assert events.recordings.tolist() == [0, 0, 1]
        assert {name: values.tolist() for name, values in events.values.items()} == {
            "contrast": [0.1, 0.2, 0.5],
            "label": ["a", "bé", "c"],
        }
        assert not events.samples.flags.writeable
        assert len(events) == 3
        assert model.missing == (
            "The events strange are left out. set.kwik: one belongs to recording 9, which the file does not have.",
        )


# ---- I: what is no Kwik file of version 2


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (foreign.write_kwik_1_json, "is JSON text, as Kwik files of version 1 (2013) were; only version 2 can be read"),
        (foreign.write_kwik_1_tables, "is a Kwik file of version 1 (2013); only version 2 can be read"),
        (foreign.write_bxr, "is a 3Brain analysis (.bxr), not a Kwik file"),
        (foreign.write_nwb, "is a Neurodata Without Borders file, not a Kwik file"),
        (lambda path: path.write_text("experiment_name = 'x'\n"), "cannot be opened: it is not an HDF5 file"),
    ],
)
def test_other_files_are_refused_by_one_clear_sentence(tmp_path: Path, write: Callable, sentence: str) -> None:
    path = tmp_path / "x.kwik"
    write(path)
    with pytest.raises(KwikFormatError) as caught:
        KwikModel(path)
    assert str(caught.value).startswith(f"x.kwik {sentence}")
    assert "\n" not in str(caught.value)


def test_companions_of_a_kwik_file_say_what_they_are(tmp_path: Path, truth: Truth) -> None:
    path = write_klusta(tmp_path, truth, raw="kwd")
    with pytest.raises(KwikFormatError, match=r"^set\.kwx is a \.kwx, which holds features; open the \.kwik beside it"):
        KwikModel(path.with_suffix(".kwx"))
    with pytest.raises(KwikFormatError, match=r"^set\.raw\.kwd is a \.kwd, which holds raw data"):
        KwikModel(tmp_path / "set.raw.kwd")
    kwx = write_open_ephys(tmp_path, make_recorded(), events="kwik")
    with pytest.raises(KwikFormatError, match=r"experiment1\.kwx is a \.kwx of Open Ephys, which holds detected"):
        KwikModel(kwx)
    with pytest.raises(KwikFormatError, match=r"experiment1\.kwik is a file of events of Open Ephys"):
        KwikModel(kwx.with_suffix(".kwik"))


def test_files_are_never_written_to(tmp_path: Path, truth: Truth) -> None:
    for name, write in (("a", write_klusta), ("b", write_spikedetekt2)):
        path = write(tmp_path, truth, name)
        files = {file: file.read_bytes() for file in tmp_path.iterdir()}
        check_spikes(path, truth, 0)
        check_traces(path, truth)
        assert {file: file.read_bytes() for file in tmp_path.iterdir()} == files
