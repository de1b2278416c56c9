"""Scripts for the legacy `KwikModel` find every attribute and method, with its meaning and none of its defects."""

import shutil
from contextlib import closing

import h5py
import numpy as np
import pytest

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.kwik.model import KwikModel

pytestmark = [pytest.mark.real_data, pytest.mark.usefixtures("quick_disk")]
SETS = ["hybrid_10sec/hybrid_10sec", "klusta_4ch/test4", "klusta_synth32/synth32"]


@pytest.fixture(params=SETS)
def source(request, data_folder):
    return data_folder / f"{request.param}.kwik"


@pytest.fixture
def kwik(source, tmp_path):
    """A copy of the `.kwik` and `.kwx` that may be edited."""
    for suffix in (".kwik", ".kwx"):
        shutil.copyfile(source.with_suffix(suffix), tmp_path / source.with_suffix(suffix).name)
    return tmp_path / source.name


@pytest.fixture
def model(source):
    with closing(KwikModel(source)) as model:
        yield model


@pytest.fixture
def stored(source):
    with h5py.File(source) as file:
        yield file["channel_groups/0"]


@pytest.fixture
def features(source):
    with h5py.File(source.with_suffix(".kwx")) as file:
        yield file["channel_groups/0/features_masks"][()]


def test_path(model, source) -> None:
    assert model.path == model.kwik_path == source
    assert model.kwx_path == source.with_suffix(".kwx")
    assert model.name == source.name


def test_n_spikes(model, stored) -> None:
    assert model.n_spikes == len(stored["spikes/time_samples"])
    assert model.spike_ids.tolist() == list(range(model.n_spikes))


def test_channels(model, stored) -> None:
    order = stored.attrs["channel_order"]
    assert model.channel_order.tolist() == order.tolist()
    assert model.channels.tolist() == sorted(order.tolist())
    assert model.n_channels == len(order)
    positions = [stored[f"channels/{channel}"].attrs["position"] for channel in order]
    np.testing.assert_allclose(model.channel_positions, positions)
    np.testing.assert_allclose(model.probe.positions, positions)


def test_sample_rate_and_duration(model, source, stored) -> None:
    assert model.sample_rate == stored.file["application_data/spikedetekt"].attrs["sample_rate"]
    assert model.duration * model.sample_rate >= model.spike_samples[-1]
    if model.traces is not None:
        assert model.duration == model.traces.shape[0] / model.sample_rate


def test_channel_group(kwik) -> None:
    with h5py.File(kwik, "r+") as file:
        file.copy("channel_groups/0", "channel_groups/1")
        file["channel_groups/1"].attrs["channel_order"] = file["channel_groups/0"].attrs["channel_order"][::-1]
        file["channel_groups/1/spikes/clusters/main"][...] = 7
        file["channel_groups/1/spikes/clusters"].move("original", "other")
    with h5py.File(kwik.with_suffix(".kwx"), "r+") as file:
        file["channel_groups/1/features_masks"] = 1 + file["channel_groups/0/features_masks"][()]
    with closing(KwikModel(kwik)) as model:
        assert model.channel_groups == (0, 1)
        assert model.channel_group == 0
        first = model.features[:3]
        order, samples = model.channel_order.tolist(), model.spike_samples.tolist()
        for _ in range(3):  # the old class moved the spikes a little at each change
            model.channel_group = 1
            assert model.clustering == "main"
            assert model.clusterings == ("main", "other")
            assert model.cluster_ids.tolist() == [7]
            assert model.channel_order.tolist() == order[::-1]
            assert model.spike_samples.tolist() == samples
            np.testing.assert_allclose(model.features[:3], first + 1)
            model.channel_group = 0
            assert model.channel_order.tolist() == order
            assert model.spike_samples.tolist() == samples
        with pytest.raises(ValueError, match="no channel group 42; it has 0, 1"):
            model.channel_group = 42
        assert model.channel_group == 0
        np.testing.assert_allclose(model.features[:3], first)
    with pytest.raises(ValueError, match="no channel group 42"):
        KwikModel(kwik, channel_group=42)


def test_clustering(kwik) -> None:
    with h5py.File(kwik, "r+") as file:
        file["channel_groups/0/spikes/clusters/original"][::2] = 1000
        file.create_group("channel_groups/0/clusters/original/1000").attrs["cluster_group"] = 1
        file["channel_groups/0/clusters/original"].attrs["klustakwik2_version"] = "x"
    with closing(KwikModel(kwik)) as model:
        main = model.spike_clusters.tolist()
        assert model.clusterings == ("main", "original")
        assert model.clustering == "main"
        model.clustering = "original"
        assert set(model.spike_clusters[::2].tolist()) == {1000}
        assert model.cluster_ids[-1] == 1000
        assert model.cluster_groups[1000] == "mua"
        assert model.clustering_metadata["klustakwik2_version"] == "x"
        with pytest.raises(ValueError, match="no clustering foo; it has main, original"):
            model.clustering = "foo"
        assert model.clustering == "original"
        model.clustering = "main"
        assert model.spike_clusters.tolist() == main
        assert 1000 not in model.cluster_groups
    with pytest.raises(ValueError, match="no clustering foo"):
        KwikModel(kwik, clustering="foo")


def test_recordings(model, stored) -> None:
    assert model.n_recordings == len(model.recordings) == len(stored.file["recordings"])
    assert [recording.recording_id for recording in model.recordings] == sorted(map(int, stored.file["recordings"]))


def test_spike_samples_and_times(model, stored) -> None:
    samples, times = model.spike_samples, model.spike_times
    assert samples.dtype == np.int64
    assert times.dtype == np.float64
    assert (np.diff(samples) >= 0).all()
    np.testing.assert_array_equal(samples, np.sort(stored["spikes/time_samples"][()].astype(np.int64)))
    np.testing.assert_array_equal(times, samples / model.sample_rate)


def test_spike_recordings(model, stored) -> None:
    assert sorted(model.spike_recordings.tolist()) == sorted(stored["spikes/recording"][()].tolist())


def test_spike_clusters_and_cluster_ids(model, stored) -> None:
    clusters = stored["spikes/clusters/main"][()]
    assert sorted(model.spike_clusters.tolist()) == sorted(clusters.tolist())
    assert model.cluster_ids.tolist() == np.unique(clusters).tolist()
    assert model.n_clusters == len(model.cluster_ids)


def test_cluster_groups_and_metadata(model, stored) -> None:
    names = {0: "noise", 1: "mua", 2: "good", 3: "unsorted"}
    groups = model.cluster_groups
    for cluster in model.cluster_ids.tolist():
        name = names[int(stored[f"clusters/main/{cluster}"].attrs["cluster_group"])]
        assert groups[cluster] == model.cluster_metadata.group(cluster) == name
        assert model.cluster_metadata[cluster]["group"] == name
        color = stored[f"clusters/main/{cluster}/application_data/klustaviewa"].attrs["color"]
        assert model.cluster_metadata.extras(cluster).application_data["klustaviewa"]["color"] == color
    assert list(model.cluster_metadata) == model.cluster_ids.tolist()
    assert model.cluster_metadata.group(10**6) == "unsorted"
    groups[1] = "changed"  # it is the caller's own
    assert "changed" not in model.cluster_groups.values()


def test_features_and_masks(model, features) -> None:
    n_channels, n_per_channel = model.n_channels, model.n_features_per_channel
    assert n_per_channel == 3
    assert model.features.shape == (model.n_spikes, n_channels * n_per_channel)
    np.testing.assert_array_equal(model.features[:], features[..., 0])
    np.testing.assert_array_equal(model.masks[:], features[:, ::n_per_channel, 1])
    np.testing.assert_array_equal(model.features_masks[:], features)
    np.testing.assert_array_equal(model.all_features[:], features[..., 0].reshape(-1, n_channels, n_per_channel))
    np.testing.assert_array_equal(model.all_features[[3, 1], :, 0], features[[3, 1], ::n_per_channel, 0])
    assert model.all_features.shape == (model.n_spikes, n_channels, n_per_channel)
    np.testing.assert_array_equal(model.all_masks[-1], features[-1, ::n_per_channel, 1])
    np.testing.assert_array_equal(model.all_features_masks[0], features[0])
    with pytest.raises(IndexError):
        model.features[model.n_spikes + 10]


def test_waveforms_and_traces(model, source) -> None:
    if model.traces is None:
        assert model.waveforms is model.all_waveforms is model.all_traces is None
        assert any(".dat" in sentence for sentence in model.missing)
        return
    one = (model.n_samples_waveforms, model.n_channels)
    assert model.waveforms.shape == (model.n_spikes, *one)
    assert model.waveforms[0].shape == model.waveforms[-1].shape == model.waveforms[-10].shape == one
    assert model.all_waveforms[[10, 20]].shape == (2, *one)
    last = model.waveforms[model.n_spikes - 1]
    np.testing.assert_allclose(model.waveforms[[0, -1]][1], last, rtol=1e-4, atol=1e-3)
    for wrong in (model.n_spikes + 10, -model.n_spikes - 1, [0, model.n_spikes]):
        with pytest.raises(IndexError, match="there are"):
            model.waveforms[wrong]
    (dat,) = source.parent.glob("*.dat")
    raw = np.fromfile(dat, dtype=np.int16).reshape(-1, model.traces.shape[1])
    assert model.traces.shape == model.all_traces.shape == raw.shape
    np.testing.assert_array_equal(model.traces[1000:1100], raw[1000:1100])


def test_metadata(model, stored) -> None:
    for name, value in stored.file["application_data/spikedetekt"].attrs.items():
        if np.ndim(value) == 0 and not isinstance(value, h5py.Empty):
            assert model.metadata[name] == value
    assert model.metadata["extract_s_before"] + model.metadata["extract_s_after"] == model.n_samples_waveforms
    for name in stored.file["application_data/klustakwik2"].attrs:
        assert name in model.kk2_metadata


def test_describe(model) -> None:
    text = model.describe()
    for part in (str(model.path), str(model.n_spikes), model.clustering, f"{model.sample_rate:g} Hz"):
        assert part in text


def test_save_takes_what_the_old_class_refused(kwik) -> None:
    with closing(KwikModel(kwik)) as model:
        clusters, new = model.spike_clusters.astype(np.int64), int(model.cluster_ids[-1]) + 10
        clusters[model.n_spikes // 2 :] = new
        groups = model.cluster_groups
        first = int(clusters[0])
        groups[new], groups[first] = "new", None
        model.save(clusters, groups, {"test": (1, 2.0)})
        assert model.spike_clusters.tolist() == clusters.tolist()
        assert model.cluster_metadata.group(new) == "new"
    with closing(KwikModel(kwik)) as again, closing(KwikModel(kwik, clustering="original")) as original:
        assert again.spike_clusters.tolist() == clusters.tolist()
        assert again.cluster_groups[new] == "new"
        assert again.cluster_groups[first] == "unsorted"
        assert again.clustering_metadata["test"].tolist() == [1, 2]
        assert new not in original.cluster_ids
        assert original.group_names == ("noise", "mua", "good", "unsorted")  # the old class gave the group to all
    with h5py.File(kwik) as file:
        assert "color" in file[f"channel_groups/0/clusters/main/{new}/application_data/klustaviewa"].attrs


def test_manage_clusterings(kwik) -> None:
    with closing(KwikModel(kwik)) as model:
        main = model.spike_clusters.tolist()
        for call in (
            lambda: model.rename_clustering("a", "b"),
            lambda: model.rename_clustering("main", "b"),
            lambda: model.copy_clustering("a", "b"),
            lambda: model.copy_clustering("main", "original"),
            lambda: model.delete_clustering("a"),
            lambda: model.delete_clustering("main"),
            lambda: model.add_clustering("main", model.spike_clusters),
        ):
            with pytest.raises(ValueError, match="clustering"):
                call()
        model.copy_clustering("original", "original_2")
        assert model.clusterings == ("main", "original", "original_2")
        model.rename_clustering("original_2", "second")
        model.clustering = "second"
        assert model.spike_clusters.tolist() == model.read_clustering("original").tolist()
        model.clustering = "main"
        model.delete_clustering("second")
        new = np.ones(model.n_spikes, dtype=np.int32)
        new[[1, -2]] = 3
        model.add_clustering("new", new)
        assert model.spike_clusters.tolist() == main
        model.clustering = "new"
        assert model.spike_clusters.tolist() == new.tolist()
        assert model.n_clusters == 2


def test_manage_cluster_groups(kwik) -> None:
    with closing(KwikModel(kwik)) as model:
        for call in (
            lambda: model.delete_cluster_group(2),
            lambda: model.add_cluster_group(1, "new"),
            lambda: model.rename_cluster_group(1, "renamed"),
            lambda: model.delete_cluster_group(4),
        ):
            with pytest.raises(ValueError, match="group"):
                call()
        model.add_cluster_group(4, "new")
        model.rename_cluster_group(4, "renamed")
        assert model.group_names == ("noise", "mua", "good", "unsorted", "renamed")
        model.delete_cluster_group(4)
        assert model.group_names == ("noise", "mua", "good", "unsorted")
    with closing(KwikModel(kwik)) as again:  # the old class kept removed groups for every model made later
        again.add_clustering("b", again.spike_clusters)
        again.clustering = "b"
        assert again.group_names == ("noise", "mua", "good", "unsorted")


def test_close(source) -> None:
    model = KwikModel(source)
    model.close()
    model.close()
    assert model.n_spikes


def test_what_is_not_a_kwik_file_is_said(source) -> None:
    with pytest.raises(KwikFormatError, match=r"open the \.kwik beside it"):
        KwikModel(source.with_suffix(".kwx"))
