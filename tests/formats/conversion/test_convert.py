"""What is converted holds what was there, and the old files are as before."""

from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from kwik_writers.klusta import write_klusta
from kwik_writers.open_ephys import make_recorded, write_open_ephys
from kwik_writers.spikedetekt2 import stored_waveforms, write_spikedetekt2
from kwik_writers.truth import make_truth
from soak.small_kwik import make_kwik

from napari_phy.core.errors import SaveError
from napari_phy.formats.conversion.convert import convert_data_set
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.cluster_data import ClusterExtras
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.open_ephys.model import OpenEphysModel


def compare(source: Path, target: Path) -> None:
    """Check that two data sets hold the same in every channel group and clustering."""
    for group in KwikModel(source).channel_groups:
        for clustering in KwikModel(source, group).clusterings:
            old, new = KwikModel(source, group, clustering), KwikModel(target, group, clustering)
            assert new.spike_samples.tolist() == old.spike_samples.tolist()
            assert new.spike_recordings.tolist() == old.spike_recordings.tolist()
            assert new.spike_clusters.tolist() == old.spike_clusters.tolist()
            assert dict(new.cluster_groups) == dict(old.cluster_groups)
            assert new.group_names == old.group_names
            assert new.channel_order.tolist() == old.channel_order.tolist()
            assert np.array_equal(new.probe.positions, old.probe.positions)
            assert new.recordings == old.recordings
            if old.features is None:
                assert new.features is None
            else:
                assert np.array_equal(new.features[:], old.features[:])
                assert np.array_equal(new.masks[:], old.masks[:])
            if old.waveforms is not None:
                assert np.array_equal(new.waveforms[:10], old.waveforms[:10])
            for model in (old, new):
                model.close()


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a data set with raw data in a folder of its own."""
    folder = tmp_path / "old"
    folder.mkdir()
    np.random.default_rng(1).integers(-100, 100, (200_000, 4)).astype(np.int16).tofile(folder / "small.dat")
    return make_kwik(folder, groups=(0, 3))


def test_everything_comes_along_and_the_old_files_stay(source: Path, tmp_path: Path) -> None:
    with h5py.File(source, "r+") as file:
        clusters = file["/channel_groups/0/spikes/clusters/main"][:]
        file["/channel_groups/0/spikes/clusters/before"] = clusters[::-1].copy()
        file["/channel_groups/0/clusters/before/1"] = h5py.SoftLink("/channel_groups/0/clusters/main/1")
    before = files(source.parent)
    target = tmp_path / "new.kwik"
    seen: list[float] = []
    done = convert_data_set(source, target, seen.append)
    assert files(source.parent) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.kwik", "new.kwx", "old"]
    assert done.path == target
    assert dict(done.n_spikes) == {0: 300, 3: 300}
    assert done.left_out == ()
    assert done.raw_files == (str(source.with_suffix(".dat")),)
    assert seen == sorted(seen)
    assert seen[-1] == 1
    compare(source, target)
    assert dict(KwikModel(target).cluster_colors) == {3: "#102030"}


def test_older_layouts_become_new(source: Path, tmp_path: Path) -> None:
    with h5py.File(source, "r+") as file:
        parameters = file["/application_data/spikedetekt"].attrs
        parameters["nchannels"] = parameters.pop("n_channels")
        parameters["nfeatures_per_channel"] = parameters.pop("n_features_per_channel")
        parameters["raw_data_files"] = np.bytes_(b"(lp0\nVsmall.dat\np1\na.")
        node = file["/channel_groups/0/spikes/clusters"]
        values = node["main"][:].astype("u4")
        del node["main"]
        node.create_dataset("main", data=values, chunks=(100,))
        del file["/channel_groups/3/spikes"], file["/channel_groups/3/clusters"]
    with h5py.File(source.with_suffix(".kwx"), "r+") as file:
        values = file["/channel_groups/0/features_masks"][..., 0]
        del file["/channel_groups/0/features_masks"], file["/channel_groups/3"]
        file.create_dataset("/channel_groups/0/features_masks", data=values, chunks=(64, 12), compression="gzip")
    target = tmp_path / "new.kwik"
    done = convert_data_set(source, target)
    compare(source, target)
    assert done.left_out == ("Channel group 3 has no features.",)
    with h5py.File(target) as file, h5py.File(target.with_suffix(".kwx")) as kwx:
        assert file["/channel_groups/0/spikes/clusters/main"].dtype == np.int32
        assert file["/application_data/spikedetekt"].attrs["n_channels"] == 4
        assert "nchannels" not in file["/application_data/spikedetekt"].attrs
        assert kwx["/channel_groups/0/features_masks"].shape == (300, 12, 2)
        assert kwx["/channel_groups/0/features_masks"].chunks is None
        assert "features_masks" not in kwx["/channel_groups/3"]


def test_fractions_events_and_the_looks_of_all_clusterings_come_along(source: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    fractions = rng.integers(0, 256, 300).astype(np.uint8)
    mixed = rng.permutation(300)
    with h5py.File(source, "r+") as file:
        for group in (0, 3):
            node = file[f"channel_groups/{group}"]
            node["spikes/time_fractional"][...] = fractions
            for name in ("time_samples", "time_fractional", "recording", "clusters/main", "clusters/original"):
                node[f"spikes/{name}"][...] = node[f"spikes/{name}"][()][mixed]  # the file is not in the order of time
        for kind, times in (("TTL", [900, 7, 30]), ("Messages", [12])):
            events = file.create_group(f"event_types/{kind}/events")
            events["time_samples"] = np.array(times, dtype="u8")
            events["recording"] = np.zeros(len(times), dtype="u2")
            events["user_data/eventID"] = np.arange(len(times), dtype="u1")
            events["user_data/Text"] = np.array(["größer".encode()] * len(times), dtype="S9")
        file["channel_groups/0/clusters/original/2/application_data"].create_group("napari_phy").attrs["label.note"] = (
            "x"
        )
    target = tmp_path / "new.kwik"
    assert convert_data_set(source, target).left_out == ()
    compare(source, target)
    with h5py.File(source) as old, h5py.File(target) as new:
        for group in (0, 3):
            path = f"channel_groups/{group}/spikes/time_fractional"
            assert new[path].dtype == np.uint8
            times = old[f"channel_groups/{group}/spikes/time_samples"][()]
            pairs = list(zip(times, old[path][()], strict=True))
            made = zip(new[f"channel_groups/{group}/spikes/time_samples"][()], new[path][()], strict=True)
            assert sorted(pairs) == sorted(made)
        assert new["event_types/TTL/events/time_samples"].dtype == np.uint64
    old_model, new_model = KwikModel(source, clustering="original"), KwikModel(target, clustering="original")
    assert new_model.cluster_labels == old_model.cluster_labels == {"note": {2: "x"}}
    assert list(new_model.events) == list(old_model.events) == ["Messages", "TTL"]
    for name, events in old_model.events.items():
        assert new_model.events[name].samples.tolist() == events.samples.tolist()
        assert {field: values.tolist() for field, values in new_model.events[name].values.items()} == {
            field: values.tolist() for field, values in events.values.items()
        }


def test_facts_about_clusters_and_parameters_of_the_clustering_come_along(source: Path, tmp_path: Path) -> None:
    mean = np.arange(128, dtype=np.float32).reshape(32, 4)
    with closing(KwikModel(source)) as model:
        extras = ClusterExtras({"depth": "deep"}, {"isolation_distance": 31.5}, mean_waveform_raw=mean)
        model.save(clustering_metadata={"klustakwik2_version": "0.2.7"}, cluster_data={3: extras})
    with h5py.File(source, "r+") as file:
        file.create_group("application_data/klustakwik2").attrs["num_starting_clusters"] = 500
        clusters = file["channel_groups/0/clusters"]
        clusters["original/2"].create_group("user_data").attrs["of"] = "the sorter"
    convert_data_set(source, tmp_path / "new.kwik")
    with closing(KwikModel(tmp_path / "new.kwik")) as new, closing(KwikModel(source)) as old:
        assert new.metadata["num_starting_clusters"] == 500
        assert dict(new.clustering_metadata) == dict(old.clustering_metadata) == {"klustakwik2_version": "0.2.7"}
        found = new.cluster_metadata[3]
        assert found["user_data"] == {"depth": "deep"}
        assert found["quality_measures"] == {"isolation_distance": 31.5}
        np.testing.assert_array_equal(found["mean_waveform_raw"], mean)
        assert "user_data" not in new.cluster_metadata[2]
        new.clustering = "original"
        assert new.cluster_metadata[2]["user_data"] == {"of": "the sorter"}


@pytest.mark.parametrize("has_raw", [True, False])
def test_waveforms_stored_by_spikedetekt2_come_along(tmp_path: Path, has_raw: bool) -> None:
    (tmp_path / "old").mkdir()
    truth = make_truth()
    source = write_spikedetekt2(tmp_path / "old", truth, has_raw=has_raw)
    target = tmp_path / "new.kwik"
    convert_data_set(source, target)
    compare(source, target)
    with h5py.File(target.with_suffix(".kwx")) as kwx:
        for group, shank in truth.shanks.items():
            for kind, factor in (("raw", 1), ("filtered", 2)):
                rows = kwx[f"channel_groups/{group}/waveforms_{kind}"]
                assert (rows.dtype, rows.chunks) == (np.int16, None)
                np.testing.assert_array_equal(rows[()], stored_waveforms(shank) * factor)


def test_open_ephys_becomes_a_data_set_of_klusta(tmp_path: Path) -> None:
    recorded = make_recorded()
    (tmp_path / "old").mkdir()
    source = write_open_ephys(tmp_path / "old", recorded)
    before = files(source.parent)
    done = convert_data_set(source.with_name("experiment1_100.raw.kwd"), tmp_path / "new.kwik")
    assert files(source.parent) == before
    assert dict(done.n_spikes) == {0: 30, 1: 30}
    assert np.array_equal(np.fromfile(tmp_path / "new.dat", "i2").reshape(-1, 4), np.concatenate(recorded.raw[100]))
    for electrode in (0, 1):
        with (
            closing(OpenEphysModel(source, electrode)) as old,
            closing(KwikModel(done.path, electrode)) as new,
            h5py.File(tmp_path / "new.kwx") as kwx,
        ):
            assert new.spike_samples.tolist() == old.spike_samples.tolist()
            assert new.spike_recordings.tolist() == old.spike_recordings.tolist()
            assert new.recordings == old.recordings
            assert new.clusterings == ("main", "original")
            assert new.microvolts_per_unit == pytest.approx(old.microvolts_per_unit)
            assert {name: len(events) for name, events in new.events.items()} == {"TTL": 10, "Messages": 2}
            rows = kwx[f"channel_groups/{electrode}/waveforms_filtered"][()]
            np.testing.assert_array_equal(rows, recorded.spikes[electrode][2])


def test_raw_data_in_hdf5_become_a_flat_file(source: Path, tmp_path: Path) -> None:
    raw = np.fromfile(source.with_suffix(".dat"), dtype=np.int16).reshape(-1, 4)
    source.with_suffix(".dat").unlink()
    with h5py.File(source.with_name("small.raw.kwd"), "w") as kwd:
        kwd["/recordings/0/data"] = raw
    with h5py.File(source, "r+") as file:
        del file["/recordings/0/raw"].attrs["dat_path"]
        file["/recordings/0/raw"].attrs["hdf5_path"] = "{raw.kwd}/recordings/0/data"
    target = tmp_path / "new.kwik"
    done = convert_data_set(source, target)
    assert done.raw_files == ("new.dat",)
    assert np.array_equal(np.fromfile(tmp_path / "new.dat", dtype=np.int16).reshape(-1, 4), raw)
    compare(source, target)
    target.unlink()
    target.with_suffix(".kwx").unlink()
    with pytest.raises(SaveError, match=r"new\.dat is there already"):
        convert_data_set(source, target)


def test_without_features_and_raw_data(source: Path, tmp_path: Path) -> None:
    source.with_suffix(".kwx").unlink()
    source.with_suffix(".dat").unlink()
    target = tmp_path / "new.kwik"
    done = convert_data_set(source, target)
    assert not target.with_suffix(".kwx").exists()
    assert any("raw data were not read" in sentence for sentence in done.left_out)
    assert done.raw_files == (str(source.with_suffix(".dat")),)
    compare(source, target)


@pytest.mark.parametrize("suffix", [".kwik", ".kwx"])
def test_a_data_set_is_never_overwritten(source: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / "new.kwik"
    target.with_suffix(suffix).write_text("mine")
    with pytest.raises(SaveError, match="is there already"):
        convert_data_set(source, target)
    assert target.with_suffix(suffix).read_text() == "mine"
    with pytest.raises(SaveError, match="is there already"):
        convert_data_set(source, source)


def test_names_that_cannot_be(source: Path, tmp_path: Path) -> None:
    with pytest.raises(SaveError, match=r"does not end in \.kwik"):
        convert_data_set(source, tmp_path / "new.h5")
    with pytest.raises(SaveError, match="there is no folder"):
        convert_data_set(source, tmp_path / "nowhere" / "new.kwik")


def test_what_fails_leaves_nothing_behind(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_phy.formats.conversion.convert._verify", full)
    with pytest.raises(SaveError, match="No space left on device"):
        convert_data_set(source, tmp_path / "new.kwik")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["klusta_4ch/test4", "hybrid_10sec/hybrid_10sec"])
def test_real_data(data_folder: Path, tmp_path: Path, name: str) -> None:
    source = data_folder / f"{name}.kwik"
    convert_data_set(source, tmp_path / source.name)
    compare(source, tmp_path / source.name)


PARAMETERS = "application_data/spikedetekt"
LEFT_OUT = ("n_channels", "n_features_per_channel", "extract_s_before", "filter_low", "voltage_gain", "raw_data_files")
NOT_THE_SAME = {
    *("experiment_name", "raw_data_files", "dtype", "nchannels", "n_channels"),  # named anew, or by older names
    *("nfeatures_per_channel", "n_features_per_channel", "fetdim", "CLASS", "TITLE", "VERSION"),
}


def what_is_read(path: Path, group: int) -> dict[str, object]:
    """Return what a model says of a data set, and what the file says of its channels and recordings."""
    with closing(KwikModel(path, group)) as model, open_h5(path) as file:
        channels = [f"/channel_groups/{group}/channels/{channel}" for channel in model.probe.channel_ids.tolist()]
        traces = model.traces
        return {
            "samples": model.spike_samples.tolist(),
            "recordings": model.recordings,
            "of_recording": model.spike_recordings.tolist(),
            "clusters": model.spike_clusters.tolist(),
            "from_start": model.counts_from_start,
            "rate": model.sample_rate,
            "gain": model.microvolts_per_unit,
            "positions": model.probe.positions.tolist(),
            "edges": model.probe.edges.tolist(),
            "features": None if model.features is None else model.features[:].tolist(),
            "columns": model.n_features_per_channel,
            "raw": None if traces is None else traces[:].tobytes(),
            "type": None if traces is None else (traces.dtype.kind, traces.shape),
            "waveforms": None if model.waveforms is None else model.waveforms[:5].tolist(),
            "parameters": {
                name: np.ravel(value).tolist()
                for name, value in model.metadata.items()
                if name not in NOT_THE_SAME and value is not None
            },
            "names": [file.attrs(channel).get("name") for channel in channels],
            "starts": [
                {name: file.attrs(f"/recordings/{number}").get(name) for name in ("start_sample", "start_time")}
                for number in file.children("/recordings")
            ],
        }


def write_variant(folder: Path, writer: str, starts: str, dtype: str) -> Path:
    """Write what one of the old programs wrote; flat raw data are of the type."""
    truth = make_truth((900, 600), n_spikes=30)
    if not writer.startswith("klusta"):
        return write_spikedetekt2(folder, truth, start_sample="samples" in writer)
    path = write_klusta(folder, truth, raw="kwd" if "kwd" in writer else "dat", starts=starts)
    if writer == "klusta":
        with h5py.File(path, "r+") as file:
            file[PARAMETERS].attrs["dtype"] = np.bytes_(dtype)
        for number, raw in enumerate(truth.raw):
            raw.clip(-100, 100).astype(dtype).tofile(folder / f"set_{number}.dat")
    return path


def rename_channels(channels: h5py.Group, names: str) -> None:
    for number, channel in channels.items():
        if names == "none":
            channel.attrs.pop("name", None)
        if names == "own":
            channel.attrs["name"] = np.bytes_(f"tetrode {number}")


@settings(max_examples=examples(10), deadline=None)
@given(
    writer=st.sampled_from(["klusta", "klusta kwd", "SpikeDetekt2", "SpikeDetekt2, start samples"]),
    starts=st.sampled_from(["start_sample", "start_time", "none"]),
    dtype=st.sampled_from(["<i2", ">i2", "<f4", ">f4", "|i1"]),
    left_out=st.sets(st.sampled_from(LEFT_OUT)),
    names=st.sampled_from(["numbers", "own", "none"]),
    is_far=st.booleans(),
    is_absent=st.booleans(),
)
def test_the_result_reads_as_the_source_does_with_raw_data_and_without_and_when_they_are_back(
    tmp_path_factory, writer, starts, dtype, left_out, names, is_far, is_absent
) -> None:
    folder = tmp_path_factory.mktemp("source")
    source = write_variant(folder, writer, starts, dtype)
    is_flat = writer == "klusta"
    with h5py.File(source, "r+") as file:
        parameters = file[PARAMETERS].attrs
        for name in left_out & set(parameters):
            del parameters[name]
        rename_channels(file["channel_groups/0/channels"], names)
    raw_files = [*folder.glob("*.dat"), *folder.glob("*.raw.kwd")]
    target = (tmp_path_factory.mktemp("target") if is_far else folder) / "new.kwik"

    def hide() -> None:
        for file in raw_files:
            file.rename(file.with_name(f"{file.name}.away"))

    def bring_back() -> None:
        for file in raw_files:
            file.with_name(f"{file.name}.away").rename(file)

    def check() -> None:
        for group in (0, 1):
            old, new = what_is_read(source, group), what_is_read(target, group)
            from_start = old.pop("from_start")
            new.pop("from_start")
            is_anew = counted_from_start or from_start or (not is_flat and not is_absent)
            if is_anew:  # times or raw data were written anew, with starts
                old.pop("starts")
                new.pop("starts")
            assert new == old

    if is_absent:
        hide()
    counted_from_start = bool(what_is_read(source, 0)["from_start"])
    convert_data_set(source, target)
    check()
    if is_absent:
        bring_back()
        check()
    elif is_flat:
        hide()
        check()
        bring_back()
        check()
    with h5py.File(source) as old, h5py.File(target) as new:
        invented = set(new[PARAMETERS].attrs) - set(old[PARAMETERS].attrs)
        allowed = {"experiment_name", "n_channels", "n_features_per_channel"}
        assert invented <= allowed | (set() if is_flat or is_absent else {"dtype", "raw_data_files"})
