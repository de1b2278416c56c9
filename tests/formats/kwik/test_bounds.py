"""What a small file claims costs little: counts and sizes are bounded, and what is left out is said."""

import tracemalloc
from contextlib import closing

import h5py
import numpy as np
import pytest
from soak.small_kwik import make_kwik

from napari_phy.cli.describing import describe
from napari_phy.formats.hdf5.links import Nodes
from napari_phy.formats.kwik import events, parts
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.save import content_hash, write_clustering


def test_columns_that_no_channel_has_are_not_read(tmp_path):
    path = make_kwik(tmp_path)
    kwd = tmp_path / "small.raw.kwd"
    n_columns = 10**6
    with h5py.File(kwd, "w") as file:
        shape, chunks = (2 * n_columns, n_columns), (1, n_columns)
        file.create_dataset("recordings/0/data", shape, np.int16, chunks=chunks, compression="gzip", fillvalue=3)
    assert kwd.stat().st_size < 5000
    with h5py.File(path, "r+") as file:
        file["recordings/0/raw"].attrs["hdf5_path"] = "{raw.kwd}/recordings/0/data"
        del file["recordings/0/raw"].attrs["dat_path"]
    tracemalloc.start()
    model = KwikModel(path)
    waveforms, some = model.waveforms[:10], model.traces[1000:1010]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (
        "small.raw.kwd: /recordings/0/data has 1000000 columns, more than any recording has; "
        "the first 4 are read and 999996 are passed over." in model.missing
    )
    assert waveforms.shape[2] == 4
    assert some.shape == (10, 4)
    assert (some == 3).all()
    assert peak < 5e7
    model.close()


@pytest.fixture
def counted(monkeypatch):
    """Count the channel groups that are looked at."""
    looked_at: list[int] = []
    scan = parts._scan

    def look(file, number, known):
        looked_at.append(number)
        return scan(file, number, known)

    monkeypatch.setattr(parts, "_scan", look)
    return looked_at


def test_of_very_many_channel_groups_the_first_are_read_and_it_is_said(tmp_path, monkeypatch, counted):
    monkeypatch.setattr(parts, "MAX_GROUPS", 5)
    path = make_kwik(tmp_path)
    with h5py.File(path, "r+") as file:
        for number in range(1, 9):
            file.copy("channel_groups/0", f"channel_groups/{number}")
    model = KwikModel(path)
    assert model.channel_groups == tuple(range(5))
    assert "small.kwik has 9 channel groups; only the first 5 are read." in model.missing
    assert counted == [0, 1, 2, 3, 4]
    model.close()
    other = KwikModel(path, channel_group=8)
    assert other.n_spikes == 300
    other.close()


@pytest.mark.parametrize("is_broken", [False, True])
def test_a_channel_group_with_many_hard_links_is_looked_at_once(tmp_path, counted, is_broken):
    path = make_kwik(tmp_path, groups=(0, 1))
    with h5py.File(path, "r+") as file:
        if is_broken:
            del file["channel_groups/1/spikes/time_samples"]
        for number in range(2, 9):
            file[f"channel_groups/{number}"] = file["channel_groups/1"]
    with closing(KwikModel(path)) as model:
        assert counted == [0, 1]
        assert model.channel_groups == tuple(range(9))
        assert [model.count_spikes(number) for number in range(9)] == [300] + 8 * [0 if is_broken else 300]
        assert {number for number, name in model.unreadable if name is None} == (
            set(range(1, 9)) if is_broken else set()
        )
    if not is_broken:
        with closing(KwikModel(path, channel_group=7)) as model:
            assert model.n_spikes == 300


def test_describe_looks_at_each_channel_group_once(tmp_path, counted):
    path = make_kwik(tmp_path, groups=range(6))
    assert len(describe(path).facts["channel_groups"]) == 6
    assert counted == list(range(6))


def test_another_look_is_taken_at_a_file_that_has_changed(tmp_path, counted):
    path = make_kwik(tmp_path, groups=(0, 1))
    model = KwikModel(path)
    with h5py.File(path, "r+") as file:
        file["channel_groups/1/spikes/clusters/mine"] = np.zeros(300, np.int32)
    other = model.opened_at(1, "mine")
    assert other.cluster_ids.tolist() == [0]
    assert counted == [0, 1, 0, 1]
    for each in (model, other):
        each.close()


def test_of_very_many_kinds_of_events_the_first_are_read_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(events, "MAX_KINDS", 3)
    path = make_kwik(tmp_path)
    with h5py.File(path, "r+") as file:
        for number in range(9):
            file[f"event_types/kind {number}/events/time_samples"] = np.arange(2, dtype=np.uint64)
    model = KwikModel(path)
    assert list(model.events) == ["kind 0", "kind 1", "kind 2"]
    assert "small.kwik has 9 kinds of events; only the first 3 are read." in model.missing
    model.close()


@pytest.fixture
def walked(monkeypatch):
    """Count the paths that are walked from the root of a file, link by link."""
    paths: list[str] = []
    find = Nodes.find
    monkeypatch.setattr(Nodes, "find", lambda nodes, path: paths.append(path) or find(nodes, path))
    return paths


def _add_recordings(file, count):
    for number in range(1, count):
        node = file.create_group(f"recordings/{number}")
        node.attrs.update({"name": f"recording {number}", "start_sample": 200_000 + number, "sample_rate": 20_000.0})
        node.create_group("raw").attrs["dat_path"] = "small.dat"


def _add_groups_of_clusters(file, count):
    for number in range(4, 4 + count):
        node = file.create_group(f"channel_groups/0/cluster_groups/main/{number}")
        node.attrs["name"] = f"group {number}"
        node.create_group("application_data/napari_phy").attrs["color"] = "#102030"


def _add_channels(file, count):
    file["channel_groups/0"].attrs["channel_order"] = np.arange(4 + count)
    for number in range(4, 4 + count):
        file.create_group(f"channel_groups/0/channels/{number}").attrs["position"] = [0.0, 20.0 * number]


def _add_links(file, count):
    for number in range(1, count):
        file[f"channel_groups/{number}"] = file["channel_groups/0"]


@pytest.mark.parametrize(
    ("add", "most"),
    [(_add_recordings, 0), (_add_groups_of_clusters, 0), (_add_channels, 0), (_add_links, 2)],
    ids=["recordings", "groups of clusters", "channels", "hard links"],
)
def test_opening_reads_many_nodes_in_bulk(tmp_path, walked, add, most):
    counts = []
    for count in (10, 110):
        (tmp_path / str(count)).mkdir()
        path = make_kwik(tmp_path / str(count))
        with h5py.File(path, "r+") as file:
            add(file, count)
        walked.clear()
        KwikModel(path).close()
        counts.append(len(walked))
    assert counts[1] <= counts[0] + most * 100


def test_making_saving_and_hashing_many_clusters_walks_as_few_paths_as_of_few(tmp_path, walked):
    counts = []
    for n_clusters in (20, 300):
        (tmp_path / str(n_clusters)).mkdir()
        walked.clear()
        path = make_kwik(tmp_path / str(n_clusters), spike_clusters=np.arange(300) % n_clusters)
        steps = [len(walked)]
        clusters = np.arange(300)[::-1] % n_clusters
        write_clustering(
            path,
            channel_group=0,
            clustering="main",
            spike_clusters=clusters,
            cluster_groups=dict.fromkeys(range(n_clusters), "good"),
            cluster_colors=dict.fromkeys(range(n_clusters), "#405060"),
            cluster_labels={"quality": dict.fromkeys(range(n_clusters), "fine")},
            group_names=(),
        )
        steps.append(len(walked))
        content_hash(path, 0, "main")
        counts.append([*steps, len(walked)])
        with closing(KwikModel(path)) as model:
            assert model.spike_clusters.tolist() == clusters.tolist()
            assert model.cluster_groups == dict.fromkeys(range(n_clusters), "good")
            assert model.cluster_labels["quality"] == dict.fromkeys(range(n_clusters), "fine")
    assert counts[0] == counts[1]
