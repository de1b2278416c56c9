"""A model opens whatever is there and says in one sentence what is not."""

import re
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy import open_session
from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.formats.hdf5 import reading
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.model import KwikModel


def test_arrays_are_read_only_and_typed(small) -> None:
    model = KwikModel(small.path)
    for array, dtype in (
        (model.spike_samples, np.int64),
        (model.spike_recordings, np.int64),
        (model.spike_clusters, np.int32),
        (model.cluster_ids, np.int64),
        (model.channel_order, np.int64),
        (model.probe.positions, np.float64),
    ):
        assert array.dtype == dtype
        assert not array.flags.writeable
    np.testing.assert_array_equal(model.spike_times, model.spike_samples / 20000)
    model.close()


def test_names_of_the_legacy_class(small) -> None:
    model = KwikModel(small.path)
    assert model.name == "small.kwik"
    assert model.n_spikes == 120
    assert model.n_channels == 3
    assert model.channel_order.tolist() == [4, 2, 0]
    assert model.cluster_ids.tolist() == [2, 3, 4, 5]
    assert model.cluster_metadata[3] == {"group": "good", "color": "#12ab9f", "labels": {"checked": True}}
    assert model.metadata["extract_s_before"] == 16
    assert model.metadata["raw_data_files"] == "small.dat"
    assert model.features_masks[:3].shape == (3, 9, 2)
    np.testing.assert_array_equal(model.read_clustering("original"), model.spike_clusters)
    with pytest.raises(MissingDataError, match="channel group 1 has no clustering third"):
        model.read_clustering("third")
    text = model.describe()
    for part in ("small.kwik", "20000 Hz", "1, 10", "120", "main (4 clusters)", "9 per spike", "µV"):
        assert part in text
    model.close()


def test_everything_else_works_without_features_and_raw_data(small) -> None:
    small.path.with_suffix(".kwx").unlink()
    small.path.with_name("small.dat").unlink()
    model = KwikModel(small.path)
    assert model.features is model.masks is model.features_masks is model.traces is model.waveforms is None
    assert model.missing == (
        "small.kwx is missing: features and similarity are not available.",
        "Waveforms and traces need small.dat, which is not beside small.kwik. Everything else works.",
    )
    assert model.n_features_per_channel == 3
    assert model.n_spikes == 120
    assert model.missing[0] in model.describe()
    model.close()


@pytest.mark.parametrize("n_rows", [119, 121])
def test_features_of_another_sorting_are_not_shown(small, n_rows: int) -> None:
    with open_h5(small.path.with_suffix(".kwx"), "r+") as file:
        file.write("/channel_groups/1/features_masks", np.zeros((n_rows, 9, 2), dtype=np.float32))
    model = KwikModel(small.path)
    assert model.features is None
    (sentence,) = model.missing
    assert sentence == (
        f"small.kwik: channel group 1 has 120 spikes but small.kwx has {n_rows} feature rows; "
        "the .kwx belongs to another sorting."
    )
    assert model.waveforms is not None
    model.close()


def test_features_that_cannot_be_read_are_named(small) -> None:
    kwx = small.path.with_suffix(".kwx")
    whole = kwx.read_bytes()
    kwx.write_bytes(whole[: len(whole) // 2])
    model = KwikModel(small.path)
    assert model.features is None
    assert model.missing == (
        "small.kwx cannot be opened: the file was cut short; features and similarity are not available.",
    )
    model.close()
    kwx.write_bytes(whole)
    with h5py.File(kwx, "r+") as file:
        del file["channel_groups/1"]
    model = KwikModel(small.path)
    assert model.missing == ("small.kwx has no features of channel group 1.",)
    model.close()
    with open_h5(small.path, "r+") as file:
        file.write_attr("/application_data/spikedetekt", "n_features_per_channel", 5)
    model = KwikModel(small.path, channel_group=10)
    (sentence,) = model.missing
    assert sentence == (
        "small.kwik: channel group 10 has 4 channels with 5 features each but small.kwx has 12 columns; "
        "the .kwx belongs to another sorting."
    )
    model.close()


def test_the_first_clustering_in_the_alphabet_stands_in_for_main(small) -> None:
    with h5py.File(small.path, "r+") as file:
        clusterings = file["channel_groups/1/spikes/clusters"]
        clusterings.move("main", "second")
        clusterings["attempt"] = np.arange(120, dtype=np.int32)
    model = KwikModel(small.path)
    assert model.clusterings == ("attempt", "original", "second")
    assert model.clustering == "attempt"
    assert model.max_cluster_id == 119
    model.close()
    with pytest.raises(MissingDataError, match="has no clustering main; it has attempt, original, second"):
        KwikModel(small.path, clustering="main")


def test_a_channel_group_that_is_not_there(small) -> None:
    with pytest.raises(MissingDataError, match=r"small\.kwik has no channel group 2; it has 1, 10\."):
        KwikModel(small.path, channel_group=2)


def test_a_shank_without_spikes(small) -> None:
    with h5py.File(small.path, "r+") as file:
        for name in ("spikes", "clusters", "cluster_groups"):
            del file[f"channel_groups/1/{name}"]
    assert KwikModel(small.path).channel_group == 10
    model = KwikModel(small.path, channel_group=1)
    assert model.n_spikes == 0
    assert model.clusterings == ()
    assert model.spike_clusters.shape == (0,)
    model.close()


def test_ids_of_clusters_without_spikes_are_known(small) -> None:
    with h5py.File(small.path, "r+") as file:
        file.create_group("channel_groups/1/clusters/main/900")
    model = KwikModel(small.path)
    assert model.max_cluster_id == 900
    assert 900 not in model.cluster_ids
    model.close()


def test_channels_without_position_or_order(small) -> None:
    with h5py.File(small.path, "r+") as file:
        group = file["channel_groups/1"]
        del group.attrs["channel_order"], group["channels/0"].attrs["position"]
        group["channels/2"].attrs["position"] = np.bytes_(b"N.")
        group.attrs["adjacency_graph"] = np.array([[0, 2], [2, 3], [4, 0]], dtype=np.int32)
    model = KwikModel(small.path)
    assert model.channel_order.tolist() == [0, 2, 4]
    assert model.probe.positions.tolist() == [[0, 0], [0, 20], [0, 0]]
    assert model.probe.edges.tolist() == [[0, 2], [4, 0]]
    model.close()


def test_old_names_of_parameters(small) -> None:
    with h5py.File(small.path, "r+") as file:
        parameters = file["application_data/spikedetekt"].attrs
        for new, old in {"n_channels": "nchannels", "n_features_per_channel": "nfeatures_per_channel"}.items():
            parameters[old] = parameters[new]
            del parameters[new]
        del parameters["sample_rate"], parameters["dtype"]
    model = KwikModel(small.path)
    assert model.sample_rate == 20000
    assert model.n_features_per_channel == 3
    assert model.traces.shape == (16000, 8)
    model.close()


def test_optional_things_may_all_be_absent(small) -> None:
    whole = KwikModel(small.path)
    with h5py.File(small.path, "r+") as file:
        del file["channel_groups/1/spikes/time_fractional"], file["channel_groups/1/clusters/main"]
        del file["channel_groups/1/cluster_groups"], file["application_data/spikedetekt"]
        del file["channel_groups/1"].attrs["adjacency_graph"], file.attrs["name"], file.attrs["creator_version"]
        file.create_group("event_types/stim/events")
    model = KwikModel(small.path)
    np.testing.assert_array_equal(model.spike_samples, whole.spike_samples)
    np.testing.assert_array_equal(model.features[:], whole.features[:])
    assert model.traces.shape == (16000, 8)
    assert model.microvolts_per_unit is None
    assert model.unit == "a.u."
    model.close()
    whole.close()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda f: f.attrs.__setitem__("kwik_version", 3), "is not a Kwik file of version 2: it has kwik_version 3."),
        (lambda f: f.attrs.__delitem__("kwik_version"), "is not a Kwik file of version 2: it has no kwik_version."),
        (lambda f: f.__delitem__("channel_groups"), "is not a Kwik file: it has no group /channel_groups."),
        (lambda f: [f.__delitem__("channel_groups"), f.attrs.__setitem__("VERSION", 1)], "is a Kwik file of version 1"),
        (lambda f: [f["channel_groups"].__delitem__(g) for g in ("1", "10")], "has no channel groups."),
        (
            lambda f: [f["application_data/spikedetekt"].attrs.__delitem__("sample_rate"), f.__delitem__("recordings")],
            "gives no sample rate.",
        ),
        (
            lambda f: f["channel_groups/1/spikes/recording"].__setitem__(0, 9),
            "channel group 1 has a spike of recording 9, but the recordings are 0, 1.",
        ),
        (
            lambda f: f["channel_groups/1/spikes/clusters/main"].__setitem__(0, -4),
            "the clustering main has cluster ids from -4 to 5;",
        ),
    ],
)
def test_files_that_cannot_be_read_say_why(small, change: Callable, sentence: str) -> None:
    with h5py.File(small.path, "r+") as file:
        change(file)
    with pytest.raises(KwikFormatError, match=f"small.kwik:? {re.escape(sentence)}"):
        KwikModel(small.path, 1, "main")


@pytest.mark.parametrize("name", ["time_samples", "recording", "clusters/main"])
def test_per_spike_arrays_of_different_length_are_refused(small, name: str) -> None:
    with open_h5(small.path, "r+") as file:
        file.write(f"/channel_groups/1/spikes/{name}", np.zeros(7, dtype=np.int32))
    with pytest.raises(KwikFormatError, match=r"small\.kwik: channel group 1 has .* but "):
        KwikModel(small.path, 1, "main")


def test_files_that_are_not_there_empty_or_cut(small, tmp_path: Path) -> None:
    (tmp_path / "empty.kwik").touch()
    (tmp_path / "cut.kwik").write_bytes(small.path.read_bytes()[:3000])
    for name, sentence in {
        "gone.kwik": "is not there",
        "empty.kwik": "is empty",
        "cut.kwik": "the file was cut short",
    }.items():
        with pytest.raises(KwikFormatError, match=f"{name}.*{sentence}"):
            KwikModel(tmp_path / name)


def test_reading_holds_no_lock_on_the_kwik(small) -> None:
    model = KwikModel(small.path)
    with open_h5(small.path, "r+") as file:
        file.write_attr("/", "name", "other")
    model.close()


def test_after_closing_nothing_is_read(small) -> None:
    model = KwikModel(small.path)
    features, waveforms = model.features, model.waveforms
    model.close()
    model.close()
    for rows in (features, waveforms):
        with pytest.raises(MissingDataError, match="was closed"):
            rows[:3]


def test_opening_reads_each_node_of_a_cluster_once_and_again_when_the_file_has_changed(tmp_path, monkeypatch):
    path = make_kwik(tmp_path, spike_clusters=np.arange(300))
    monkeypatch.setattr("napari_phy.formats.hdf5.reading._SETTLED_NS", -(10**18))  # files that no test has to wait for
    read: list[int] = []
    one = reading.read_plain_attrs
    monkeypatch.setattr(
        reading,
        "read_plain_attrs",
        lambda group, path, names: (names == ["cluster_group"] and read.append(int(path))) or one(group, path, names),
    )
    by_path: list[str] = []
    attrs = reading.H5Reader.attrs
    monkeypatch.setattr(reading.H5Reader, "attrs", lambda file, node: by_path.append(node) or attrs(file, node))
    with open_session(path) as session:
        assert session.manager.group(1) == "good"
    assert sorted(read) == list(range(300))
    assert len(by_path) < 60
    with h5py.File(path, "r+") as file:
        file["/channel_groups/0/clusters/main/1"].attrs["cluster_group"] = 0
    with open_session(path) as session:
        assert session.manager.group(1) == "noise"


def test_names_with_escapes_reach_no_terminal(tmp_path):
    path = make_kwik(tmp_path, "a\x1b[2J\u202eb.kwik")
    with open_session(path) as session:
        told = [repr(session), repr(session.model), session.model.describe(), *session.model.missing]
        told += session.messages
    assert len(told) > 3
    for text in told:
        assert "\x1b" not in text
        assert "\u202e" not in text
