"""Clusterings and groups of a file are changed in one step, and nothing else in it changes."""

import errno
import os
import re
import subprocess
import sys
from contextlib import closing

import h5py
import numpy as np
import pytest
from examples import examples
from h5_tree import below, tree, without
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_phy import open_session
from napari_phy.core.errors import ClusteringError, NapariPhyError, NotInFileError, ReadOnlyError, SaveError
from napari_phy.files import atomic
from napari_phy.files.crash_points import REWRITE_POINTS
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.cluster_data import ClusterExtras
from napari_phy.formats.kwik.model import KwikModel

pytestmark = pytest.mark.usefixtures("quick_disk")
GROUP = "/channel_groups/1"
PLACES = tuple(f"{GROUP}/{parent}" for parent in ("spikes/clusters", "clusters", "cluster_groups"))


def places(*names):
    return [f"{place}/{name}" for name in names for place in PLACES]


@pytest.fixture
def model(small):
    with h5py.File(small.path, "r+") as file:
        file["channel_groups/1/clusters/main/3"].attrs["unknown"] = [1.5, 2.5]
        file.create_group("channel_groups/1/clusters/main/3/application_data/elsewhere").attrs["x"] = 7
        file["channel_groups/1/clusters/main"].attrs["klustakwik2_version"] = b"0.2.7"
        file["channel_groups/1/cluster_groups/main/4"].attrs["unknown"] = "ü"
        file.create_group("channel_groups/1/somebody").attrs["else"] = 1
        file.create_dataset("analysis", data=np.arange(5))
    with closing(KwikModel(small.path)) as model:
        yield model


@pytest.fixture
def untouched(small, model):
    """Check at the end that nothing was written that is never written."""
    kwx, raw = small.path.with_suffix(".kwx").read_bytes(), small.path.with_name("small.dat").read_bytes()
    before = tree(small.path)
    yield before
    assert small.path.with_suffix(".kwx").read_bytes() == kwx
    assert small.path.with_name("small.dat").read_bytes() == raw
    after = tree(small.path)
    for place in places("original"):
        assert below(after, place) == below(before, place)
    kept = ("/analysis", f"{GROUP}/somebody", "/recordings", "/application_data", "/channel_groups/10")
    for place in kept:
        assert below(after, place) == below(before, place)
    assert not list(small.path.parent.glob(".*"))


def test_a_copy_has_everything(model, untouched) -> None:
    model.copy_clustering("main", "copied")
    after = tree(model.path)
    assert without(after, *places("copied")) == untouched
    for place in PLACES:
        assert below(after, f"{place}/copied") == below(untouched, f"{place}/main")
    assert model.clusterings == ("copied", "main", "original")
    model.clustering = "copied"
    assert model.cluster_groups == {2: "noise", 3: "good", 4: "möwen"}
    assert model.cluster_labels == {"comment": {2: "schön"}, "checked": {3: True, 4: False}}
    assert model.path.with_name("small.kwik.bak").is_file()
    assert tree(model.path.with_name("small.kwik.bak")) == untouched


def test_a_renamed_clustering_is_the_same(model, untouched) -> None:
    model.clustering = "original"
    model.rename_clustering("main", "  Größe 2 ")
    after = tree(model.path)
    assert without(after, *places("Größe 2")) == without(untouched, *places("main"))
    for place in PLACES:
        assert below(after, f"{place}/Größe 2") == below(untouched, f"{place}/main")
    assert model.clusterings == ("Größe 2", "original")
    with closing(KwikModel(model.path)) as again:
        assert again.clustering == "Größe 2"
        assert again.cluster_groups[3] == "good"


def test_a_deleted_clustering_leaves_the_others(model, untouched) -> None:
    model.copy_clustering("main", "other")
    model.delete_clustering("other")
    assert tree(model.path) == untouched
    model.clustering = "original"
    model.delete_clustering("main")
    assert tree(model.path) == without(untouched, *places("main"))
    assert model.clusterings == ("original",)


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint16, np.uint32])
def test_an_added_clustering_is_unsorted(model, untouched, dtype) -> None:
    clusters = (np.arange(120) % 7 * 3).astype(dtype)
    model.add_clustering("added", clusters)
    assert without(tree(model.path), *places("added")) == untouched
    assert model.clustering == "main"
    model.clustering = "added"
    np.testing.assert_array_equal(model.spike_clusters, clusters)
    assert model.cluster_ids.tolist() == [0, 3, 6, 9, 12, 15, 18]
    assert model.cluster_groups == {}
    assert model.group_names == ("noise", "mua", "good", "unsorted")
    with open_h5(model.path) as file:
        assert file.dataset(f"{GROUP}/spikes/clusters/added").dtype == np.int32
        for cluster in model.cluster_ids:
            assert file.read_attr(f"{GROUP}/clusters/added/{cluster}", "cluster_group") == 3
            assert 2 <= file.read_attr(f"{GROUP}/clusters/added/{cluster}/application_data/klustaviewa", "color") <= 10


def test_a_reset_clustering_is_the_original(model, untouched) -> None:
    clusters = np.arange(120) % 3 + 40
    model.save(clusters, {40: "good", 41: "mine"}, cluster_colors={40: "#102030"}, cluster_labels={"n": {41: 3}})
    model.reset_clustering()
    np.testing.assert_array_equal(model.spike_clusters, model.read_clustering("original"))
    assert (model.cluster_groups, model.cluster_colors, model.cluster_labels) == ({}, {}, {})
    assert [group.name for group in model.user_groups] == ["möwen", "mine"]
    assert model.max_cluster_id == 42
    with open_h5(model.path) as file:
        assert file.attrs(f"{GROUP}/clusters/main/3")["unknown"].tolist() == [1.5, 2.5]


def test_spikes_of_a_file_in_another_order_are_written_where_they_belong(small) -> None:
    order = np.random.default_rng(0).permutation(120)
    with h5py.File(small.path, "r+") as file:
        for name in ("time_samples", "recording", "clusters/main", "clusters/original"):
            data = file[f"channel_groups/1/spikes/{name}"]
            data[...] = data[()][order]
    with closing(KwikModel(small.path)) as model:
        ascending = np.arange(120)
        model.add_clustering("numbered", ascending)
        model.copy_clustering("numbered", "copied")
        model.clustering = "copied"
        np.testing.assert_array_equal(model.spike_clusters, ascending)
        model.reset_clustering()
        np.testing.assert_array_equal(model.spike_clusters, model.read_clustering("main"))


BAD_CALLS = [
    (lambda m: m.rename_clustering("nobody", "b"), NotInFileError, "channel group 1 has no clustering nobody"),
    (lambda m: m.copy_clustering("nobody", "b"), NotInFileError, "no clustering nobody; it has main, original"),
    (lambda m: m.delete_clustering("nobody"), NotInFileError, "no clustering nobody"),
    (lambda m: m.reset_clustering("nobody"), NotInFileError, "no clustering nobody"),
    (lambda m: m.copy_clustering("main", "original"), ClusteringError, "has a clustering original already"),
    (lambda m: m.add_clustering("main", np.zeros(120, int)), ClusteringError, "has a clustering main already"),
    (lambda m: m.rename_clustering("main", "b"), ClusteringError, "main is in use and cannot be renamed; switch"),
    (lambda m: m.delete_clustering("main"), ClusteringError, "main is in use and cannot be deleted; switch"),
    (lambda m: m.rename_clustering("original", "b"), ReadOnlyError, "original is kept as the sorter wrote it"),
    (lambda m: m.delete_clustering("original"), ReadOnlyError, "original is kept as the sorter wrote it"),
    (lambda m: m.reset_clustering("original"), ReadOnlyError, "original is kept as the sorter wrote it"),
    (lambda m: m.copy_clustering("main", " "), ClusteringError, "needs a name"),
    (lambda m: m.copy_clustering("main", "a/b"), ClusteringError, "'a/b' cannot be the name of a clustering"),
    (lambda m: m.copy_clustering("main", "."), ClusteringError, "cannot be the name"),
    (lambda m: m.copy_clustering("main", "\udcff"), ClusteringError, "cannot be the name"),
    (lambda m: m.add_clustering("b", np.zeros(119, int)), SaveError, "has 120 spikes but the clustering to save has"),
    (lambda m: m.add_clustering("b", np.zeros(120)), SaveError, "shape .120,. of float64"),
    (lambda m: m.add_clustering("b", np.full(120, -1)), SaveError, "cluster ids go from 0 to .*, not -1 to -1"),
    (lambda m: m.add_clustering("b", np.full(120, 2**62)), SaveError, "cluster ids go from 0"),
    (lambda m: m.save(cluster_groups={2: 77}), SaveError, "has no group 77"),
    (lambda m: m.save(cluster_colors={2: "red"}), SaveError, "'red' of cluster 2 is not of the form"),
    (lambda m: m.save(clustering_metadata={"x": object()}), SaveError, "attribute x cannot be saved"),
    (lambda m: m.save(cluster_data={2: ClusterExtras({"a/b": 1})}), SaveError, "'a/b' is no name of a field"),
    (lambda m: m.save(cluster_data={2: ClusterExtras(mean_waveform_raw=np.zeros(3))}), SaveError, "shape .3,., not"),
    (lambda m: m.add_cluster_group(3, "b"), ClusteringError, "cannot have the number 3"),
    (lambda m: m.add_cluster_group(4, "b"), ClusteringError, "cannot have the number 4"),
    (lambda m: m.add_cluster_group("Good"), ClusteringError, 'there is a group "good" already'),
    (lambda m: m.add_cluster_group("möwen"), ClusteringError, 'there is a group "möwen" already'),
    (lambda m: m.add_cluster_group("b", color="red"), ClusteringError, "#rrggbb, not 'red'"),
    (lambda m: m.rename_cluster_group(2, "b"), ClusteringError, "group 2 is protected"),
    (lambda m: m.rename_cluster_group("möwen", "noise"), ClusteringError, 'a group "noise" already'),
    (lambda m: m.rename_cluster_group("möwen", ""), ClusteringError, "needs a name"),
    (lambda m: m.rename_cluster_group(9, "b"), NotInFileError, "has no group 9"),
    (lambda m: m.delete_cluster_group("unsorted"), ClusteringError, "unsorted is protected"),
    (lambda m: m.delete_cluster_group("discarded"), ClusteringError, "discarded is protected"),
    (lambda m: m.delete_cluster_group(9), NotInFileError, "has no group 9"),
    (lambda m: m.recolor_cluster_group(0, "#102030"), ClusteringError, "group 0 is protected"),
    (lambda m: setattr(m, "clustering", "b"), NotInFileError, "no clustering b"),
    (lambda m: setattr(m, "channel_group", 42), NotInFileError, "no channel group 42"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD_CALLS)
def test_a_call_that_cannot_be_done_says_so_and_changes_nothing(model, untouched, call, error, message) -> None:
    before = model.path.read_bytes()
    shown = dict(model.__dict__)
    with pytest.raises(error, match=message) as caught:
        call(model)
    assert str(caught.value).endswith(".")
    assert ".saving" not in str(caught.value)
    assert model.path.read_bytes() == before
    assert model.__dict__ == shown
    assert not model.path.with_suffix(".napari-phy").exists()


def test_original_is_never_saved_to(model) -> None:
    model.clustering = "original"
    with pytest.raises(ReadOnlyError, match="copy it and work on the copy"):
        model.save(model.spike_clusters)
    with pytest.raises(ReadOnlyError, match="original is kept"):
        model.add_cluster_group("b")


def test_the_last_clustering_stays(model) -> None:
    with h5py.File(model.path, "r+") as file:
        for place in PLACES:
            del file[place]["original"]
    with pytest.raises(ClusteringError, match="main is in use"):
        model.delete_clustering("main")
    model.copy_clustering("main", "a")
    model.clustering = "a"
    model.delete_clustering("main")
    with pytest.raises(NotInFileError, match="no clustering original"):
        model.reset_clustering()
    model.copy_clustering("a", "original")
    model.reset_clustering()


def test_saving_writes_what_is_named_and_leaves_the_rest(model, untouched) -> None:
    clusters = model.spike_clusters.astype(np.int64).copy()
    clusters[:60] = 30
    model.save(clusters, {30: "New", 2: None, 3: 1}, {"test": (1, 2.0), "note": "é"}, cluster_colors={3: None})
    for one in (model, KwikModel(model.path)):
        np.testing.assert_array_equal(one.spike_clusters, clusters)
        assert {c: one.cluster_metadata.group(c) for c in (30, 2, 3, 4)} == {
            30: "new",
            2: "unsorted",
            3: "mua",
            4: "möwen",
        }
        assert one.cluster_colors == {}
        assert one.cluster_labels == {"comment": {2: "schön"}, "checked": {3: True, 4: False}}
        assert one.clustering_metadata["test"].tolist() == [1, 2]
        assert one.clustering_metadata["note"] == "é"
        assert one.clustering_metadata["klustakwik2_version"] == "0.2.7"
    model.save(cluster_groups={30: "möwen"}, cluster_labels={"comment": {2: None, 30: "x"}})
    assert model.cluster_labels == {"comment": {30: "x"}, "checked": {3: True, 4: False}}
    np.testing.assert_array_equal(model.spike_clusters, clusters)
    assert without(tree(model.path), *places("main")) == without(untouched, *places("main"))


names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=12)


@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_sequence_of_changes_is_what_a_dictionary_does(make_in, tmp_path_factory, data) -> None:
    path = make_in(tmp_path_factory.mktemp("any")).path
    with closing(KwikModel(path)) as model:
        expected = {name: model.read_clustering(name).tolist() for name in model.clusterings}
        for act in data.draw(st.lists(st.sampled_from(["add", "copy", "rename", "delete", "reset"]), max_size=6)):
            known = st.sampled_from(sorted(expected))
            old, new = data.draw(known), data.draw(st.one_of(known, names))
            try:
                match act:
                    case "add":
                        clusters = data.draw(st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=5))
                        values = np.resize(np.array(clusters), 120)
                        model.add_clustering(new, values)
                        expected[new.strip()] = values.tolist()
                    case "copy":
                        model.copy_clustering(old, new)
                        expected[new.strip()] = expected[old]
                    case "rename":
                        model.rename_clustering(old, new)
                        expected[new.strip()] = expected.pop(old)
                    case "delete":
                        model.delete_clustering(old)
                        del expected[old]
                    case "reset":
                        model.reset_clustering(old)
                        expected[old] = expected["original"]
            except NapariPhyError:
                pass
            assert {name: model.read_clustering(name).tolist() for name in model.clusterings} == expected


def test_groups_are_added_renamed_coloured_and_deleted(model, untouched) -> None:
    assert model.add_cluster_group(7, "New") == 7
    assert model.add_cluster_group("axons", color="#0000ff") == 5
    model.save(cluster_groups={5: "axons", 2: 7})
    model.rename_cluster_group("axons", "Dendrites")
    model.rename_cluster_group(4, "gulls")
    model.recolor_cluster_group("gulls", "#FF0000")
    shown = {(group.group_id, group.name, group.color) for group in model.user_groups}
    assert shown == {(4, "gulls", "#ff0000"), (5, "dendrites", "#0000ff"), (7, "new", None)}
    assert model.cluster_groups == {2: "new", 3: "good", 4: "gulls", 5: "dendrites"}
    with open_h5(model.path) as file:
        node = f"{GROUP}/cluster_groups/main"
        assert file.read_attr(f"{node}/4", "unknown") == "ü"
        assert file.read_attr(f"{node}/5", "name") == "dendrites"
        for group in (4, 5, 7):
            assert 2 <= file.read_attr(f"{node}/{group}/application_data/klustaviewa", "color") <= 10
        reds, blues = (file.read_attr(f"{node}/{g}/application_data/klustaviewa", "color") for g in (4, 5))
        assert reds != blues
    model.recolor_cluster_group("gulls", None)
    model.delete_cluster_group(7)
    model.delete_cluster_group("dendrites")
    assert [(group.name, group.color) for group in model.user_groups] == [("gulls", None)]
    assert model.cluster_groups == {3: "good", 4: "gulls"}
    assert without(tree(model.path), *places("main")) == without(untouched, *places("main"))


def test_clusters_that_have_the_name_of_their_group_follow_it(model) -> None:
    with open_h5(model.path, "r+") as file:
        for cluster in (2, 3):
            file.write_attr(f"{GROUP}/clusters/main/{cluster}", "cluster_group", "Möwen")
    with closing(KwikModel(model.path)) as again:
        assert again.cluster_groups == {2: "möwen", 3: "möwen", 4: "möwen"}
        again.rename_cluster_group("möwen", "gulls")
        assert again.cluster_groups == {2: "gulls", 3: "gulls", 4: "gulls"}
        again.delete_cluster_group("gulls")
        assert again.cluster_groups == {}


fields = st.dictionaries(
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=8).filter(lambda n: n != "."),
    st.one_of(
        st.booleans(),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
    ),
    max_size=4,
)
measures = st.dictionaries(
    st.sampled_from(["isolation_distance", "matrix_isolation", "refractory_violation", "amplitude"]),
    st.floats(allow_nan=False, allow_infinity=False),
)
shapes = st.tuples(st.integers(1, 90), st.sampled_from([1, 4, 199]))


@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(user_data=fields, quality=measures, shape=st.none() | shapes, cluster=st.sampled_from([2, 5]))
def test_facts_about_a_cluster_come_back(make_in, tmp_path_factory, user_data, quality, shape, cluster) -> None:
    path = make_in(tmp_path_factory.mktemp("facts")).path
    waveform = None if shape is None else np.random.default_rng(0).normal(size=shape).astype(np.float32)
    with closing(KwikModel(path)) as model:
        before = model.cluster_metadata[cluster]
        model.save(cluster_data={cluster: ClusterExtras(user_data, quality, mean_waveform_filtered=waveform)})
        found = model.cluster_metadata[cluster]
        assert found.get("user_data", {}) == user_data
        assert found.get("quality_measures", {}) == quality
        assert "mean_waveform_raw" not in found
        if waveform is None:
            assert "mean_waveform_filtered" not in found
        else:
            np.testing.assert_array_equal(found["mean_waveform_filtered"], waveform)
            assert not found["mean_waveform_filtered"].flags.writeable
        model.save(model.spike_clusters, {cluster: "mua"})
        assert model.cluster_metadata[cluster].keys() == found.keys()
        gone = ClusterExtras(dict.fromkeys(user_data), dict.fromkeys(quality))
        model.save(cluster_groups={cluster: before["group"]}, cluster_data={cluster: gone})
        found = model.cluster_metadata[cluster]
        found.pop("mean_waveform_filtered", None)
        assert found == before


def test_a_mean_waveform_that_no_attribute_can_hold_becomes_a_dataset_and_back(model) -> None:
    for n_channels in (400, 4, 400):
        waveform = np.full((82, n_channels), 1.5, dtype=np.float32)
        model.save(cluster_data={3: ClusterExtras(mean_waveform_raw=waveform)})
        np.testing.assert_array_equal(model.cluster_metadata.extras(3).mean_waveform_raw, waveform)
    assert model.cluster_metadata.extras(3).application_data["elsewhere"] == {"x": 7}
    assert model.cluster_metadata.extras(99).mean_waveform_raw is None
    with pytest.raises(KeyError):
        model.cluster_metadata[99]


def test_facts_that_make_no_sense_are_left_out(model) -> None:
    with h5py.File(model.path, "r+") as file:
        node = file["channel_groups/1/clusters/main/3"]
        node.attrs["mean_waveform_raw"] = np.bytes_(b"N.")
        node.attrs["mean_waveform_filtered"] = [1.0, 2.0]
        quality = node.create_group("quality_measures")
        quality.attrs["isolation_distance"] = np.bytes_(b"N.")
        quality.attrs["amplitude"] = [3.5]
        quality.create_dataset("matrix_isolation", data=2.25)
        node.create_dataset("user_data/note", data=np.bytes_("schön".encode()))
        node.require_group("user_data/deeper")
    found = model.cluster_metadata[3]
    assert found["quality_measures"] == {"amplitude": 3.5, "matrix_isolation": 2.25}
    assert found["user_data"] == {"note": "schön"}
    assert "mean_waveform_raw" not in found


# ---- what is kept beside the file


def edited(path, clustering="main"):
    """Leave two edits in a journal; return what is shown."""
    with open_session(path, clustering=clustering) as session:
        session.merge(session.manager.cluster_ids[:2])
        session.save()
        session.move([session.manager.cluster_ids[0]], "mine")
        return session.manager.spike_clusters.tolist(), session.manager.cluster_groups


def test_edits_go_along_with_a_new_name(small) -> None:
    shown = edited(small.path)
    with closing(KwikModel(small.path, clustering="original")) as model:
        model.rename_clustering("main", "b")
        model.copy_clustering("b", "main")
    side = small.path.with_suffix(".napari-phy")
    assert sorted(file.name for file in side.iterdir() if file.suffix == ".sqlite") == ["journal-1-b.sqlite"]
    with open_session(small.path, clustering="main") as session:
        assert session.n_unsaved == 0
        assert session.manager.undo_record is None
    with open_session(small.path, clustering="b") as session:
        assert (session.manager.spike_clusters.tolist(), session.manager.cluster_groups) == shown
        assert session.n_unsaved == 1
        assert session.undo()
        assert session.undo()
        assert session.manager.spike_clusters.tolist() == session.model.read_clustering("original").tolist()


def test_edits_go_along_where_files_have_one_name(small, monkeypatch) -> None:
    shown = edited(small.path)

    def no_links(*_):
        raise OSError(errno.EPERM, "not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with closing(KwikModel(small.path, clustering="original")) as model:
        model.rename_clustering("main", "b")
    with open_session(small.path, clustering="b") as session:
        assert (session.manager.spike_clusters.tolist(), session.manager.cluster_groups) == shown


def test_edits_of_a_deleted_clustering_are_set_aside(small) -> None:
    edited(small.path)
    side = small.path.with_suffix(".napari-phy")
    journal = (side / "journal-1-main.sqlite").read_bytes()
    with closing(KwikModel(small.path, clustering="original")) as model:
        model.copy_clustering("main", "copied")
        model.delete_clustering("main")
        model.copy_clustering("copied", "main")
    (aside,) = side.glob("journal-1-main.set-aside-*.sqlite")
    assert aside.stat().st_size == len(journal)
    with open_session(small.path, clustering="main") as session:
        assert session.n_unsaved == 0


def test_a_clustering_that_is_being_edited_is_left_alone(small) -> None:
    with open_session(small.path) as session, closing(KwikModel(small.path)) as model:
        before = small.path.read_bytes()
        other = KwikModel(small.path, clustering="original")
        for call in (
            lambda: model.save(cluster_groups={2: "good"}),
            model.reset_clustering,
            lambda: model.add_cluster_group("b"),
            lambda: other.rename_clustering("main", "b"),
            lambda: other.delete_clustering("main"),
        ):
            with pytest.raises(ReadOnlyError, match="main is being edited; close it there first"):
                call()
        other.close()
        assert small.path.read_bytes() == before
        session.merge(session.manager.cluster_ids[:2])
        model.copy_clustering("main", "b")
        model.delete_clustering("b")
        session.save()
        assert not session.is_dirty


def test_a_journal_that_cannot_be_read_is_set_aside(small) -> None:
    side = small.path.with_suffix(".napari-phy")
    side.mkdir()
    (side / "journal-1-main.sqlite").write_bytes(b"nonsense" * 1000)
    with closing(KwikModel(small.path, clustering="original")) as model:
        model.rename_clustering("main", "b")
    (aside,) = side.glob("journal-1-main.set-aside-*.sqlite")
    assert aside.read_bytes() == b"nonsense" * 1000


def test_no_side_folder_is_left_where_nothing_is_kept(model) -> None:
    model.copy_clustering("main", "b")
    model.save(cluster_groups={2: "good"})
    assert sorted(file.name for file in model.path.parent.iterdir()) == [
        "small.dat",
        "small.kwik",
        "small.kwik.bak",
        "small.kwx",
    ]


# ---- when it goes wrong


def test_a_full_disk_is_said_and_harms_nothing(model, untouched, monkeypatch) -> None:
    def full(*_):
        raise OSError(errno.ENOSPC, "12 MB needed, 3 MB free")

    monkeypatch.setattr(atomic, "require_room", full)
    monkeypatch.setattr(atomic, "_reflink", lambda *_: False)
    with pytest.raises(SaveError, match=r"^Could not change small.kwik: the disk is full. Nothing was changed.$"):
        model.copy_clustering("main", "b")
    assert tree(model.path) == untouched


def test_a_file_that_another_program_changes_meanwhile_is_left_alone(model, monkeypatch) -> None:
    sync = atomic.sync_file

    def changed(path):
        os.utime(model.path, ns=(1, 1))
        sync(path)

    monkeypatch.setattr(atomic, "sync_file", changed)
    before = model.path.read_bytes()
    with pytest.raises(SaveError, match=r"^small.kwik was changed by another program. Nothing was changed.$"):
        model.copy_clustering("main", "b")
    assert model.path.read_bytes() == before
    assert model.clusterings == ("main", "original")


def test_a_read_only_file_is_said(model, monkeypatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ReadOnlyError, match=r"small.kwik is read-only\. Nothing was changed\."):
        model.copy_clustering("main", "b")


def test_a_link_to_a_file_stays_one(model) -> None:
    link = model.path.with_name("link.kwik")
    link.symlink_to(model.path.name)
    with closing(KwikModel(link)) as linked:
        linked.copy_clustering("main", "b")
    assert link.is_symlink()
    with closing(KwikModel(model.path)) as again:
        assert "b" in again.clusterings


_KILLED = """
import os, sys
from napari_phy import KwikModel
from napari_phy.files import crash_points
crash_points.observe(lambda name: name == sys.argv[2] and os._exit(7))
KwikModel(sys.argv[1], clustering="original").rename_clustering("main", "b")
"""


@pytest.mark.parametrize("point", REWRITE_POINTS)
def test_killed_anywhere_the_file_is_whole_and_edits_are_there(small, point) -> None:
    shown = edited(small.path)
    before = tree(small.path)
    assert subprocess.run([sys.executable, "-c", _KILLED, small.path, point], check=False).returncode == 7
    with closing(KwikModel(small.path)) as model:
        name = model.clustering
    assert name == ("b" if REWRITE_POINTS.index(point) >= REWRITE_POINTS.index("rewrite.replaced") else "main")
    if name == "main":
        assert tree(small.path) == before
    with open_session(small.path, clustering=name) as session:
        assert (session.manager.spike_clusters.tolist(), session.manager.cluster_groups) == shown
        assert session.n_unsaved == 1
    with closing(KwikModel(small.path, clustering="original")) as model:
        model.rename_clustering(name, "c")
    assert not [file.name for file in small.path.parent.iterdir() if re.match(r"\..*saving", file.name)]
    with open_session(small.path, clustering="c") as session:
        assert (session.manager.spike_clusters.tolist(), session.manager.cluster_groups) == shown
