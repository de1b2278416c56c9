"""Data sets written here have klusta's layout, and come back as they were given."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from napari_phy.core.base_model import Recording
from napari_phy.core.errors import SaveError
from napari_phy.core.probe import Probe, assumed_line
from napari_phy.formats.kwik.create import KwikGroup
from napari_phy.formats.kwik.model import KwikModel


def test_a_data_set_comes_back(small) -> None:
    for key, group in small.groups.items():
        model = KwikModel(small.path, channel_group=key)
        assert model.channel_groups == (1, 10)
        assert model.clusterings == ("main", "original")
        assert model.clustering == "main"
        assert model.recordings == small.recordings
        assert model.duration == 16000 / 20000
        assert model.missing == ()
        assert model.microvolts_per_unit == 0.195
        np.testing.assert_array_equal(model.spike_samples, group.spike_samples)
        np.testing.assert_array_equal(model.spike_recordings, np.asarray(group.spike_samples) >= 9000)
        np.testing.assert_array_equal(model.spike_clusters, group.spike_clusters)
        np.testing.assert_array_equal(model.probe.channel_ids, group.probe.channel_ids)
        np.testing.assert_array_equal(model.probe.positions, group.probe.positions)
        np.testing.assert_array_equal(model.probe.edges, group.probe.edges)
        np.testing.assert_array_equal(model.features[:], group.features.reshape(120, -1).astype(np.float32))
        np.testing.assert_array_equal(model.masks[:], group.masks.astype(np.float32))
        np.testing.assert_array_equal(model.traces[:], small.raw)
        assert model.cluster_groups == {2: "noise", 3: "good", 4: "möwen"}
        assert model.group_names == ("noise", "mua", "good", "unsorted", "möwen")
        assert model.cluster_colors == {3: "#12ab9f"}
        assert model.cluster_labels == {"comment": {2: "schön"}, "checked": {3: True, 4: False}}
        model.close()


def test_the_original_clustering_is_as_detected(small) -> None:
    model = KwikModel(small.path, clustering="original")
    np.testing.assert_array_equal(model.spike_clusters, small.groups[1].spike_clusters)
    assert model.cluster_groups == {}
    assert model.cluster_colors == {}
    assert model.cluster_labels == {}
    model.close()


def test_the_layout_is_that_of_klusta(small) -> None:
    with h5py.File(small.path) as kwik, h5py.File(small.path.with_suffix(".kwx")) as kwx:
        for file in (kwik, kwx):
            assert file.attrs["kwik_version"] == 2
            assert file.attrs["kwik_version"].dtype == np.int64
            assert file.attrs["name"].tolist() == [b"small"]
        spikes = kwik["channel_groups/10/spikes"]
        assert spikes["time_samples"].dtype == np.uint64
        assert spikes["time_fractional"].dtype == np.uint8
        assert spikes["recording"].dtype == np.int32
        assert spikes["clusters/main"].dtype == np.int32
        assert spikes["time_samples"][-1] < 7000
        table = kwx["channel_groups/10/features_masks"]
        assert table.shape == (120, 12, 2)
        assert table.dtype == np.float32
        assert table.chunks is None
        assert kwik["channel_groups/10"].attrs["channel_order"].dtype == np.int32
        assert kwik["channel_groups/10/channels/5"].attrs["position"].dtype == np.float32
        assert kwik["channel_groups/10/channels/5"].attrs["name"].tolist() == [b"5"]
        names = [kwik[f"channel_groups/1/cluster_groups/main/{i}"].attrs["name"][0].decode() for i in range(5)]
        assert names == ["Noise", "MUA", "Good", "Unsorted", "Möwen"]
        node = kwik["channel_groups/1/clusters/main/5"]
        assert node.attrs["cluster_group"] == 3
        assert 2 <= node["application_data/klustaviewa"].attrs["color"] <= 10
        assert kwik["recordings/1"].attrs["start_sample"] == 9000
        assert kwik["recordings/1"].attrs["start_time"] == 0.45
        assert kwik["recordings/1/raw"].attrs["dat_path"].tolist() == [b"small.dat"]
        parameters = kwik["application_data/spikedetekt"].attrs
        assert parameters["voltage_gain"] == 0.195
        assert parameters["n_channels"] == 8
        assert parameters["n_features_per_channel"] == 3
        assert parameters["dtype"].tolist() == [b"int16"]


def test_equal_input_gives_equal_files(make_kwik: Callable, tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made = make_kwik(tmp_path / name)
        contents.append((made.path.read_bytes(), made.path.with_suffix(".kwx").read_bytes()))
    assert contents[0] == contents[1]


def test_a_data_set_without_spikes_or_gain(make_kwik: Callable) -> None:
    empty = {
        "spike_samples": np.empty(0, dtype=np.int64),
        "spike_clusters": np.empty(0, dtype=np.int64),
        "features": np.empty((0, 3, 3)),
        "masks": np.empty((0, 3)),
    }
    probe = small_probe()
    group = KwikGroup(probe, **empty)
    made = make_kwik(groups={0: group}, microvolts_per_unit=None)
    model = KwikModel(made.path)
    assert model.n_spikes == 0
    assert model.unit == "a.u."
    assert model.max_cluster_id == -1
    assert model.features.shape == (0, 9)
    assert model.features[:].shape == (0, 9)
    assert model.masks[[]].shape == (0, 3)
    assert model.waveforms[:].shape == (0, 32, 3)
    model.close()


def small_probe() -> Probe:
    return Probe(np.arange(3), np.zeros((3, 2)), np.empty((0, 2), dtype=int))


def test_positions_that_were_only_assumed_are_not_written(make_kwik: Callable) -> None:
    ids = np.arange(3)
    probe = Probe(ids, assumed_line(3), is_known=np.zeros(3, dtype=bool))
    empty = {name: np.zeros(0, dtype=int) for name in ("spike_samples", "spike_clusters")}
    made = make_kwik(groups={0: KwikGroup(probe, **empty, features=np.empty((0, 3, 3)), masks=np.empty((0, 3)))})
    with h5py.File(made.path) as file:
        assert all("position" not in file[f"channel_groups/0/channels/{channel}"].attrs for channel in ids)
    model = KwikModel(made.path)
    assert not model.probe.knows_positions
    assert model.probe.positions.tolist() == assumed_line(3).tolist()
    model.close()


def test_files_that_are_there_are_not_overwritten(make_kwik: Callable, small) -> None:
    before = small.path.read_bytes()
    with pytest.raises(SaveError, match=r"small\.kwik is there already; a data set is never overwritten"):
        make_kwik()
    small.path.rename(small.path.with_name("other.kwik"))
    with pytest.raises(SaveError, match=r"small\.kwx is there already"):
        make_kwik()
    assert small.path.with_name("other.kwik").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"spike_clusters": np.zeros(7, dtype=int)}, "has 7 cluster ids for 120 spikes"),
        ({"features": np.zeros((120, 9, 3))}, r"has features of shape \(120, 9, 3\)"),
        ({"masks": np.zeros((120, 9))}, r"has masks of shape \(120, 9\)"),
        ({"spike_samples": np.arange(120)[::-1]}, "has spikes that are not ascending in time"),
        ({"spike_clusters": np.full(120, -1)}, "has cluster ids that do not fit the file"),
    ],
)
def test_arrays_that_contradict_each_other_are_refused(make_kwik: Callable, tmp_path: Path, change, sentence) -> None:
    with pytest.raises(SaveError, match=f"small.kwik: channel group 1 {sentence}"):
        make_kwik(group=change)
    assert not (tmp_path / "small.kwik").exists()
    assert not (tmp_path / "small.kwx").exists()


def test_recordings_that_leave_gaps_are_refused(make_kwik: Callable) -> None:
    gap = [Recording(0, "a", 0, 10), Recording(1, "b", 20, 10)]
    with pytest.raises(SaveError, match="recording 1 starts at sample 20; the ones before it end at 10"):
        make_kwik(recordings=gap)
    with pytest.raises(SaveError, match="2 recordings cannot be read from 3 raw files"):
        make_kwik(dat_path=["a.dat", "b.dat", "c.dat"])
