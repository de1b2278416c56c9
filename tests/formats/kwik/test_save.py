"""What is saved comes back exactly, and nothing else in the file changes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_phy.core.errors import KwikFormatError, MissingDataError, ReadOnlyError, SaveError
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.formats.kwik.save import content_hash, write_clustering

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
values = st.one_of(texts, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False))
group_names = st.one_of(
    st.sampled_from(["noise", "mua", "good", "unsorted", "discarded", "group_9"]),
    st.text("abcö -", min_size=1, max_size=9).filter(lambda name: name == name.strip() and name),
)
colors = st.integers(0, 2**24 - 1).map(lambda number: f"#{number:06x}")


def save(path: Path, **changes: Any) -> None:
    model = KwikModel(path)
    arguments: dict[str, Any] = {
        "channel_group": model.channel_group,
        "clustering": model.clustering,
        "spike_clusters": model.spike_clusters,
        "cluster_groups": model.cluster_groups,
        "cluster_colors": model.cluster_colors,
        "cluster_labels": model.cluster_labels,
        "group_names": model.group_names,
    }
    model.close()
    write_clustering(path, **{**arguments, **changes})


def everything(path: Path) -> dict[str, Any]:
    """Return all datasets and attributes of a file as bytes, with their types."""
    found: dict[str, Any] = {}

    def visit(name: str, node: h5py.Group | h5py.Dataset) -> None:
        found[name] = (str(node.dtype), node[()].tobytes()) if isinstance(node, h5py.Dataset) else "group"
        for key in node.attrs:
            identifier = node.attrs.get_id(key)
            raw = np.asarray(node.attrs[key]) if identifier.shape is not None else np.empty(0)
            found[f"{name}@{key}"] = (str(identifier.dtype), identifier.shape, raw.tobytes())

    with h5py.File(path) as file:
        visit("/", file["/"])
        file.visititems(visit)
    return found


@settings(max_examples=examples(40))
@given(data=st.data())
def test_what_is_saved_comes_back(
    data: st.DataObject, saved_once: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("save") / "x.kwik"
    shutil.copy(saved_once, path)
    ids = st.integers(0, 40)
    clusters = np.array(data.draw(st.lists(ids, min_size=120, max_size=120)))
    live = np.unique(clusters).tolist()
    some = st.sampled_from(live)
    groups = data.draw(st.dictionaries(some, group_names, max_size=8))
    chosen_colors = data.draw(st.dictionaries(some, colors, max_size=8))
    labels = data.draw(st.dictionaries(texts, st.dictionaries(some, values, min_size=1, max_size=5), max_size=4))
    write_clustering(
        path,
        channel_group=1,
        clustering="main",
        spike_clusters=clusters,
        cluster_groups=groups,
        cluster_colors=chosen_colors,
        cluster_labels=labels,
        group_names=("noise", "mua", "good", "unsorted", "möwen"),
    )
    model = KwikModel(path, channel_group=1)
    np.testing.assert_array_equal(model.spike_clusters, clusters)
    assert model.cluster_groups == {cluster: name for cluster, name in groups.items() if name != "unsorted"}
    assert model.cluster_colors == chosen_colors
    assert {field: dict(kept) for field, kept in model.cluster_labels.items()} == labels
    assert {type(v) for kept in model.cluster_labels.values() for v in kept.values()} == {
        type(v) for kept in labels.values() for v in kept.values()
    }
    assert set(model.group_names) >= set(groups.values()) | {"möwen"}
    model.close()


@pytest.fixture(scope="module")
def saved_once(tmp_path_factory: pytest.TempPathFactory, make_in: Callable) -> Path:
    return make_in(tmp_path_factory.mktemp("saved")).path


def test_saving_again_changes_nothing(small) -> None:
    save(small.path)
    before = everything(small.path)
    code = content_hash(small.path, 1, "main")
    save(small.path)
    assert everything(small.path) == before
    assert content_hash(small.path, 1, "main") == code


def test_only_what_was_edited_changes(small) -> None:
    with h5py.File(small.path, "r+") as file:
        file["channel_groups/1/clusters/main/3"].attrs["mean_waveform"] = np.arange(5, dtype=np.float32)
        file["channel_groups/1/clusters/main/3/application_data/napari_phy"].attrs["of_the_future"] = 7
        file.create_group("channel_groups/1/clusters/main/3/user_data").attrs["note"] = np.bytes_(b"N.")
        file.create_group("channel_groups/1/clusters/main/77").attrs["cluster_group"] = np.int64(1)
        file.create_group("channel_groups/1/cluster_groups/main/12").attrs["name"] = "Sleep"
        file.create_group("event_types/stim")["time_samples"] = np.arange(9, dtype=np.uint64)
        file["channel_groups/1/spikes/clusters"].create_dataset("kept", data=np.arange(120, dtype=np.uint32))
    before = everything(small.path)
    kwx, raw = small.path.with_suffix(".kwx").read_bytes(), small.path.with_name("small.dat").read_bytes()
    model = KwikModel(small.path, channel_group=1)
    clusters = np.array(model.spike_clusters)
    model.close()
    clusters[clusters == 5] = 6
    save(small.path, spike_clusters=clusters, cluster_groups={2: "noise", 3: "good", 4: "möwen", 6: "discarded"})
    after = everything(small.path)
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == {"channel_groups/1/spikes/clusters/main"}
    node, group = "channel_groups/1/clusters/main/6", "channel_groups/1/cluster_groups/main/5"
    assert set(after) - set(before) == {
        node,
        f"{node}@cluster_group",
        f"{node}/application_data",
        f"{node}/application_data/klustaviewa",
        f"{node}/application_data/klustaviewa@color",
        group,
        f"{group}@name",
        f"{group}/application_data",
        f"{group}/application_data/klustaviewa",
        f"{group}/application_data/klustaviewa@color",
    }
    assert small.path.with_suffix(".kwx").read_bytes() == kwx
    assert small.path.with_name("small.dat").read_bytes() == raw
    with open_h5(small.path) as file:
        assert file.read_attr(f"/{group}", "name") == "discarded"
        assert file.read_attr(f"/{node}", "cluster_group") == 5


def test_the_type_in_the_file_is_kept(small) -> None:
    for dtype in (np.uint32, np.int32, np.uint16, np.int64):
        with open_h5(small.path, "r+") as file:
            file.write("/channel_groups/1/spikes/clusters/main", np.arange(120, dtype=dtype))
        save(small.path, spike_clusters=np.arange(120, dtype=np.int64)[::-1])
        with open_h5(small.path) as file:
            values = file.read("/channel_groups/1/spikes/clusters/main")
        assert values.dtype == dtype
        assert values[0] == 119


def test_spikes_out_of_order_are_saved_in_the_order_of_the_file(small) -> None:
    shuffle = np.random.default_rng(0).permutation(120)
    with open_h5(small.path, "r+") as file:
        for name in ("time_samples", "recording", "clusters/main", "clusters/original"):
            path = f"/channel_groups/1/spikes/{name}"
            file.write(path, file.read(path)[shuffle])
    with h5py.File(small.path.with_suffix(".kwx"), "r+") as kwx:
        table = kwx["channel_groups/1/features_masks"]
        table[...] = table[()][shuffle]
    model = KwikModel(small.path)
    group = small.groups[1]
    np.testing.assert_array_equal(model.spike_samples, group.spike_samples)
    np.testing.assert_array_equal(model.spike_clusters, group.spike_clusters)
    np.testing.assert_array_equal(model.features[:], group.features.reshape(120, -1).astype(np.float32))
    np.testing.assert_array_equal(model.masks[[5, 3]], group.masks[[5, 3]].astype(np.float32))
    model.close()
    save(small.path, spike_clusters=np.arange(120), cluster_groups={})
    with open_h5(small.path) as file:
        np.testing.assert_array_equal(file.read("/channel_groups/1/spikes/clusters/main"), shuffle)
    model = KwikModel(small.path)
    np.testing.assert_array_equal(model.spike_clusters, np.arange(120))
    model.close()


def test_labels_and_colours_of_a_dead_cluster_do_not_come_back(small) -> None:
    merged = np.where(small.groups[1].spike_clusters == 3, 2, small.groups[1].spike_clusters)
    save(small.path, spike_clusters=merged)
    save(small.path, spike_clusters=small.groups[1].spike_clusters, cluster_groups={})
    model = KwikModel(small.path)
    assert model.cluster_colors == {}
    assert model.cluster_labels == {"comment": {2: "schön"}, "checked": {4: False}}
    model.close()


def test_a_label_whose_name_is_no_utf_8_is_left_alone(small) -> None:
    node, name = "channel_groups/1/clusters/main/3/application_data/napari_phy", b"label.caf\xe9"
    code = content_hash(small.path, 1, "main")
    with h5py.File(small.path, "r+") as file:
        file[node].attrs[name] = "old"
    model = KwikModel(small.path, channel_group=1)
    assert model.cluster_labels == small.groups[1].cluster_labels
    model.close()
    assert content_hash(small.path, 1, "main") == code
    save(small.path, cluster_labels={})
    with h5py.File(small.path) as file:
        assert [key for key in file[node].attrs if key != "color"] == [name]


def test_groups_are_understood_in_every_form(small) -> None:
    with h5py.File(small.path, "r+") as file:
        nodes = file["channel_groups/1/clusters/main"]
        nodes["2"].attrs["cluster_group"] = np.array([1])
        nodes["3"].attrs["cluster_group"] = np.bytes_(b"Good")
        nodes["4"].attrs["cluster_group"] = np.int64(9)
        del nodes["5"]
    model = KwikModel(small.path)
    assert model.cluster_groups == {2: "mua", 3: "good", 4: "group_9"}
    assert model.group_names == ("noise", "mua", "good", "unsorted", "möwen", "group_9")
    assert model.cluster_metadata[5] == {"group": "unsorted", "color": None, "labels": {}}
    model.close()
    before = everything(small.path)
    save(small.path)
    after = everything(small.path)
    assert all(after[name] == value for name, value in before.items())
    with open_h5(small.path) as file:
        assert file.read_attr("/channel_groups/1/cluster_groups/main/9", "name") == "group_9"
        assert file.read_attr("/channel_groups/1/clusters/main/5", "cluster_group") == 3


def test_a_file_without_groups_and_nodes_gets_them(small) -> None:
    with h5py.File(small.path, "r+") as file:
        del file["channel_groups/1/clusters"], file["channel_groups/1/cluster_groups"]
    model = KwikModel(small.path)
    assert model.group_names == ("noise", "mua", "good", "unsorted")
    assert model.cluster_groups == {}
    model.close()
    save(small.path, cluster_groups={2: "noise", 4: "mine"}, group_names=("noise", "mua", "good", "unsorted", "Mine"))
    model = KwikModel(small.path)
    assert model.cluster_groups == {2: "noise", 4: "mine"}
    assert model.group_names == ("noise", "mua", "good", "unsorted", "mine")
    model.close()
    with open_h5(small.path) as file:
        assert file.read_attr("/channel_groups/1/cluster_groups/main/4", "name") == "Mine"


def test_the_original_clustering_is_never_written(small) -> None:
    before = small.path.read_bytes()
    with pytest.raises(ReadOnlyError, match=r"small\.kwik: the clustering original is never changed"):
        save(small.path, clustering="original")
    assert small.path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"spike_clusters": np.arange(5)}, r"has 120 spikes but the clustering to save has shape \(5,\) of int64"),
        ({"spike_clusters": np.zeros(120)}, "has 120 spikes but the clustering to save has shape .* of float64"),
        ({"spike_clusters": np.full(120, 2**53)}, "cluster ids go from 0 to 9007199254740991, not 9007199254740992 to"),
        ({"clustering": "second"}, "has no clustering second in channel group 1"),
        ({"channel_group": 3}, "has no clustering main in channel group 3"),
        ({"cluster_colors": {3: "red"}}, "the colour 'red' of cluster 3 is not of the form #rrggbb"),
        ({"cluster_labels": {"a": {3: [1, 2]}}}, "the label a of cluster 3 is no text, number or truth value"),
        ({"cluster_labels": {"a": {3: "x\0"}}}, "the label a of cluster 3 cannot be saved: .* NUL"),
        ({"cluster_labels": {"a": {3: 2**70}}}, "the label a of cluster 3 cannot be saved: .* does not fit"),
        ({"cluster_labels": {"\0": {3: 1}}}, "cannot be saved: .* NUL"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(small, change: dict[str, Any], sentence: str) -> None:
    before = small.path.read_bytes()
    with pytest.raises(SaveError, match=sentence):
        save(small.path, **change)
    assert small.path.read_bytes() == before


def test_a_save_that_did_not_reach_the_file_is_noticed(small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("napari_phy.formats.hdf5.file.H5File.write_attrs_of_children", lambda *_: None)
    with pytest.raises(SaveError, match=r"small\.kwik does not hold the colours that were written to it"):
        save(small.path, cluster_colors={3: "#000000"})


def test_the_hash_tells_contents_from_dates_and_packing(small, tmp_path: Path) -> None:
    code = content_hash(small.path, 1, "main")
    repacked = tmp_path / "repacked.kwik"
    with h5py.File(small.path) as source, h5py.File(repacked, "w") as target:
        for name in source:
            source.copy(name, target)
        target.attrs.update(dict(source.attrs))
        path = "channel_groups/1/spikes/clusters/main"
        values = target[path][()]
        del target[path]
        target.create_dataset(path, data=values.astype(np.uint32), chunks=True, compression="gzip")
    assert content_hash(repacked, 1, "main") == code
    assert content_hash(small.path, 10, "main") != code
    assert content_hash(small.path, 1, "original") != code
    codes = {code}
    for change in (
        {"cluster_groups": {3: "mua"}},
        {"cluster_colors": {3: "#000000"}},
        {"cluster_labels": {"checked": {3: False}}},
        {"spike_clusters": np.arange(120)},
    ):
        save(small.path, **change)
        codes.add(content_hash(small.path, 1, "main"))
    assert len(codes) == 5
    with pytest.raises(MissingDataError, match="has no /channel_groups/1/spikes/clusters/second"):
        content_hash(small.path, 1, "second")


def test_a_file_that_is_no_kwik_file_is_not_written_to(tmp_path: Path) -> None:
    with open_h5(tmp_path / "x.kwik", "w") as file:
        file.write("/a", [1])
    with pytest.raises(KwikFormatError, match=r"x\.kwik is not a Kwik file: it has no group /channel_groups\."):
        write_clustering(
            tmp_path / "x.kwik",
            channel_group=0,
            clustering="main",
            spike_clusters=np.zeros(1, dtype=int),
            cluster_groups={},
            cluster_colors={},
            cluster_labels={},
            group_names=(),
        )
