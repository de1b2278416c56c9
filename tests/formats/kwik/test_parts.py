"""A channel group or clustering that cannot be read costs that one; all the rest opens, and it is said."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kwik_writers.klusta import write_klusta
from kwik_writers.spikedetekt2 import write_spikedetekt2
from kwik_writers.truth import Truth, make_truth

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.checks import check_data_set
from napari_phy.formats.conversion.convert import convert_data_set
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.session.session import open_session

GROUP = "channel_groups/0"
SPIKES = f"{GROUP}/spikes"


def replace(file: h5py.File, name: str, values: object) -> None:
    if name in file:
        del file[name]
    file[name] = values


def without_channels(file: h5py.File) -> None:
    del file[GROUP].attrs["channel_order"], file[f"{GROUP}/channels"]


BROKEN_GROUPS: dict[str, tuple[Callable[[h5py.File], object], str]] = {
    "no channels": (without_channels, "has spikes but no channels"),
    "odd channels": (lambda f: f[GROUP].attrs.__setitem__("channel_order", [-1, 2]), "has channels -1 to 2"),
    "no times": (lambda f: f.__delitem__(f"{SPIKES}/time_samples"), "no times of their spikes"),
    "times a group": (lambda f: replace(f, f"{SPIKES}/time_samples", h5py.SoftLink("/nowhere")), "no times of"),
    "times of text": (lambda f: replace(f, f"{SPIKES}/time_samples", [b"a"] * 80), "should be a row of integers"),
    "scalar times": (lambda f: replace(f, f"{SPIKES}/time_samples", 7), "should be a row of integers"),
    "null times": (lambda f: replace(f, f"{SPIKES}/time_samples", h5py.Empty("u8")), "no times of their spikes"),
    "negative times": (lambda f: replace(f, f"{SPIKES}/time_samples", np.full(80, -5)), "at samples -5 to -5"),
    "fractions": (lambda f: replace(f, f"{SPIKES}/time_samples", np.full(80, 1.5)), "1.5 where a whole number"),
    "few recordings": (lambda f: replace(f, f"{SPIKES}/recording", np.zeros(3, int)), "but 3 recording numbers"),
    "unknown recording": (lambda f: f[f"{SPIKES}/recording"].__setitem__(4, 17), "has a spike of recording 17"),
    "nan recording": (lambda f: replace(f, f"{SPIKES}/recording", np.full(80, np.nan)), "nan where a whole number"),
    "all clusterings short": (
        lambda f: [replace(f, f"{SPIKES}/clusters/{name}", np.zeros(9, int)) for name in ("main", "original")],
        "the clustering main has shape (9,)",
    ),
    "all clusterings negative": (
        lambda f: [replace(f, f"{SPIKES}/clusters/{name}", np.full(80, -1)) for name in ("main", "original")],
        "has cluster ids from -1 to -1",
    ),
}
BROKEN_MAINS: dict[str, object] = {
    "short": np.zeros(40, dtype=np.int32),
    "long": np.zeros(81, dtype=np.int32),
    "scalar": 3,
    "table": np.zeros((80, 2)),
    "text": [b"a"] * 80,
    "fractions": np.full(80, 0.25),
    "infinite": np.full(80, np.inf),
    "negative": np.full(80, -1),
    "huge": np.full(80, 2**53),
}


def written(folder: Path, change: Callable[[h5py.File], object] | None = None) -> tuple[Path, Truth]:
    truth = make_truth()
    path = write_klusta(folder, truth)
    with h5py.File(path, "r+") as file:
        if change is not None:
            change(file)
    return path, truth


@pytest.mark.parametrize("name", BROKEN_GROUPS)
def test_a_broken_channel_group_leaves_the_others(tmp_path: Path, name: str) -> None:
    change, reason = BROKEN_GROUPS[name]
    path, truth = written(tmp_path, change)
    with closing(KwikModel(path)) as model:
        assert (model.channel_group, model.clustering) == (1, "main")
        assert model.channel_groups == (0, 1)
        assert reason in model.unreadable[0, None]
        assert model.unreadable[0, None].startswith("set.kwik")
        assert reason.partition("has ")[2] in model.missing[-1]
        assert model.missing[-1].endswith(" Channel group 1, clustering main, is opened instead.")
        np.testing.assert_array_equal(model.spike_samples, truth.joined(truth.shanks[1]))
        np.testing.assert_array_equal(model.spike_clusters, truth.shanks[1].clusters)
        np.testing.assert_array_equal(model.features[:], truth.shanks[1].features)
        with pytest.raises(KwikFormatError, match=r"^set\.kwik"):
            model.opened_at(0, None)


def test_nothing_is_said_of_a_sound_file(tmp_path: Path) -> None:
    path, _ = written(tmp_path)
    with closing(KwikModel(path)) as model:
        assert (model.channel_group, model.clustering, model.unreadable, model.missing) == (0, "main", {}, ())


@pytest.mark.parametrize("name", BROKEN_GROUPS)
def test_where_nothing_can_be_read_the_reason_is_raised(tmp_path: Path, name: str) -> None:
    change, reason = BROKEN_GROUPS[name]
    path, _ = written(tmp_path, lambda file: (change(file), file.__delitem__("channel_groups/1")))
    with pytest.raises(KwikFormatError) as raised:
        KwikModel(path)
    assert reason in str(raised.value)


@pytest.mark.parametrize("name", BROKEN_MAINS)
def test_a_broken_main_leaves_original_and_is_reset_to_it(tmp_path: Path, name: str) -> None:
    path, truth = written(tmp_path, lambda file: replace(file, f"{SPIKES}/clusters/main", BROKEN_MAINS[name]))
    with open_session(path) as session:
        model = session.model
        assert (model.channel_group, model.clustering) == (0, "original")
        assert model.clusterings == ("main", "original")
        assert list(model.unreadable) == [(0, "main")]
        assert model.missing[-1].endswith(" Channel group 0, clustering original, is opened instead.")
        np.testing.assert_array_equal(model.spike_clusters, truth.shanks[0].clusters)
        with pytest.raises(KwikFormatError, match="main"):
            session.switch(clustering="main")
        assert model.clustering == "original"
        session.copy_clustering("original", "third")  # a broken neighbour keeps nobody from writing
        assert list(model.unreadable) == [(0, "main")]
        session.reset_clustering("main")
        assert not model.unreadable
        session.switch(clustering="main")
        np.testing.assert_array_equal(session.model.spike_clusters, truth.shanks[0].clusters)


def test_features_of_more_channels_than_there_are_are_refused(tmp_path: Path) -> None:
    path, _ = written(tmp_path, lambda file: file[GROUP].attrs.__setitem__("channel_order", [1, 3]))
    with closing(KwikModel(path)) as model:
        assert model.features is None
        assert "has 2 channels but set.kwx has features of 3; correct channel_order" in model.missing[0]


def test_many_broken_parts_are_counted(tmp_path: Path) -> None:
    truth = make_truth(groups=[(number, (0, 1)) for number in range(12)])
    path = write_klusta(tmp_path, truth)
    with h5py.File(path, "r+") as file:
        for number in range(11):
            del file[f"channel_groups/{number}/spikes/time_samples"]
    with closing(KwikModel(path)) as model:
        assert model.channel_group == 11
        assert len(model.unreadable) == 11
        assert model.missing[-1].count(".") <= 8
        assert " 8 more of its channel groups or clusterings cannot be read." in model.missing[-1]


SHAPES = {"row": (-1,), "column": (-1, 1), "wide": (1, -1)}


@pytest.mark.parametrize("write", [write_klusta, write_spikedetekt2])
@given(
    shapes=st.tuples(*[st.sampled_from(list(SHAPES.values()))] * 3),
    types=st.tuples(*[st.sampled_from(["<f8", ">f8", "<i8", ">u4", "<u2", "<f4"])] * 3),
)
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whole_numbers_of_any_type_and_shape_are_read_and_saved(
    tmp_path_factory: pytest.TempPathFactory, write: Callable, shapes: tuple, types: tuple
) -> None:
    truth = make_truth()
    path = write(tmp_path_factory.mktemp("shapes"), truth)
    with h5py.File(path, "r+") as file:
        for name, shape, dtype in zip(("time_samples", "recording", "clusters/main"), shapes, types, strict=True):
            values = file[f"{SPIKES}/{name}"][()]
            replace(file, f"{SPIKES}/{name}", values.astype(dtype).reshape(shape))
    shank = truth.shanks[0]
    with closing(KwikModel(path)) as model:
        assert not model.unreadable
        np.testing.assert_array_equal(model.spike_samples, truth.joined(shank))
        np.testing.assert_array_equal(model.spike_recordings, shank.recordings)
        np.testing.assert_array_equal(model.spike_clusters, shank.clusters)
        model.save(np.where(shank.clusters == 2, 300, shank.clusters))
    with closing(KwikModel(path)) as model:
        np.testing.assert_array_equal(model.spike_clusters, np.where(shank.clusters == 2, 300, shank.clusters))
    with h5py.File(path) as file:
        saved = file[f"{SPIKES}/clusters/main"]
        assert saved.dtype == np.dtype(types[2])
        assert saved.shape == np.zeros(80).reshape(shapes[2]).shape


@pytest.mark.parametrize(
    ("dtype", "top", "wider"),
    [
        *(("u1", 255, "i4"), ("i1", 127, "i4"), ("i2", 2**15 - 1, "i4"), ("u2", 2**16 - 1, "i4"), ("<f4", 2**24, "i4")),
        *(("i4", 2**31 - 1, "i8"), ("u4", 2**32 - 1, "i8")),
    ],
)
def test_ids_beyond_their_type_are_saved_in_a_wider_one(tmp_path: Path, dtype: str, top: int, wider: str) -> None:
    clusters = np.arange(80) % 5
    clusters[clusters == 4] = top

    def change(file: h5py.File) -> None:
        replace(file, f"{SPIKES}/clusters/main", clusters.astype(dtype))
        file[f"{SPIKES}/clusters/main"].attrs["TITLE"] = "kept"

    path, _ = written(tmp_path, change)
    with open_session(path) as session:
        session.manager.merge([0, 1])
        session.save()
        session.manager.merge([2, 3])
        expected = session.manager.spike_clusters.copy()
    assert expected.max() == top + 2
    with open_session(path) as session:  # from the journal, whose base has the ids of the file as it was
        np.testing.assert_array_equal(session.manager.spike_clusters, expected)
        session.undo()
        session.undo()
        np.testing.assert_array_equal(session.manager.spike_clusters, clusters)
        session.redo()
        session.redo()
        session.save()
    with closing(KwikModel(path)) as model:
        np.testing.assert_array_equal(model.spike_clusters, expected)
    with h5py.File(path) as file:
        assert file[f"{SPIKES}/clusters/main"].dtype == np.dtype(wider)
        assert file[f"{SPIKES}/clusters/main"].attrs["TITLE"] == "kept"


@pytest.mark.parametrize("name", ["no-channels", "main-short", "clusters-double"])
@pytest.mark.real_data
def test_files_that_people_reported_open(data_folder: Path, tmp_path: Path, name: str) -> None:
    for file in (data_folder / "cases" / name).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with open_session(tmp_path / "day.kwik") as session:
        expected = {"no-channels": (1, "main"), "main-short": (0, "original"), "clusters-double": (0, "main")}
        assert (session.model.channel_group, session.model.clustering) == expected[name]
        assert len(session.manager.cluster_ids) == 4
        assert bool(session.model.unreadable) == (name != "clusters-double")


# --- links that lead nowhere


def linked_to(file: h5py.File, node: str, link: object) -> None:
    del file[node]
    file[node] = link


DEAD_LINKS: dict[str, Callable[[str], object]] = {
    "circle": h5py.SoftLink,
    "out of the folder": lambda _: h5py.ExternalLink("/etc/passwd", "/x"),
    "no such file": lambda _: h5py.ExternalLink("gone.h5", "/x"),
}
SIDE_NODES = (
    "channels",
    "channels/0",
    "clusters",
    "clusters/main",
    "clusters/main/1",
    "clusters/main/1/application_data",
    "clusters/original",
    "cluster_groups",
    "cluster_groups/main",
    "cluster_groups/main/2",
)


@pytest.mark.parametrize("kind", DEAD_LINKS)
@pytest.mark.parametrize("node", SIDE_NODES)
def test_a_link_that_leads_nowhere_costs_what_is_behind_it(tmp_path: Path, node: str, kind: str) -> None:
    path, truth = written(
        tmp_path, lambda file: linked_to(file, f"{GROUP}/{node}", DEAD_LINKS[kind](f"/{GROUP.strip('/')}/{node}"))
    )
    assert any(f"/{node} is a link" in finding.sentence for finding in check_data_set(path))
    with open_session(path) as session:
        assert (session.model.channel_group, session.model.clustering) == (0, "main")
        np.testing.assert_array_equal(session.model.spike_clusters, truth.shanks[0].clusters)
        assert any(f"/{node} is a link" in told for told in session.messages)
        cluster = int(session.manager.cluster_ids[1])
        session.move([cluster], "good")
        session.label([cluster], "note", "kept")
        session.save()
        assert not session.is_dirty
    with closing(KwikModel(path)) as model:
        assert model.cluster_groups[cluster] == "good"
        assert model.cluster_labels["note"] == {cluster: "kept"}


@pytest.mark.parametrize("kind", DEAD_LINKS)
@pytest.mark.parametrize("shank", [0, 1])
def test_a_shank_that_is_a_link_that_leads_nowhere_leaves_the_other(tmp_path: Path, kind: str, shank: int) -> None:
    node = f"channel_groups/{shank}"
    path, _ = written(tmp_path, lambda file: linked_to(file, node, DEAD_LINKS[kind](f"/{node}")))
    with closing(KwikModel(path)) as model:
        assert model.channel_group == 1 - shank
        assert f"/{node} is a link" in model.unreadable[shank, None]
        assert sum(f"/{node} is a link" in told for told in model.missing) == 1
    assert any(f"/{node} is a link" in finding.sentence for finding in check_data_set(path))


@pytest.mark.parametrize("kind", DEAD_LINKS)
def test_a_clustering_that_is_a_link_that_leads_nowhere_leaves_the_other(tmp_path: Path, kind: str) -> None:
    node = f"{SPIKES}/clusters/main"
    path, _ = written(tmp_path, lambda file: linked_to(file, node, DEAD_LINKS[kind](f"/{node.strip('/')}")))
    with closing(KwikModel(path)) as model:
        assert (model.channel_group, model.clustering) == (0, "original")
        assert "clusters/main is a link" in model.unreadable[0, "main"]


# --- channel groups that are none


@pytest.mark.parametrize("name", ["tetrode A", "-1", "9" * 23])
def test_channel_groups_with_other_names_than_numbers_are_told(tmp_path: Path, name: str) -> None:
    path, _ = written(tmp_path, lambda file: file.move("channel_groups/0", f"channel_groups/{name}"))
    told = f"hannel group '{name}' is left out, because the name is no whole number from 0 on"
    with closing(KwikModel(path)) as model:
        assert model.channel_groups == (1,)
        assert told in model.missing[-1]
    assert any(told in finding.sentence for finding in check_data_set(path))
    with h5py.File(path, "r+") as file:
        del file["channel_groups/1"]
    with pytest.raises(KwikFormatError, match="left out, because the name is no whole number"):
        KwikModel(path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda file: replace(file, GROUP, np.arange(4)), "channel group 0 is no group"),
        (lambda file: file.__delitem__(SPIKES), "channel group 0 has clusters but no times of their spikes"),
    ],
)
def test_a_shank_without_what_makes_one_is_told(tmp_path: Path, change: Callable, reason: str) -> None:
    path, _ = written(tmp_path, change)
    with closing(KwikModel(path)) as model:
        assert model.channel_group == 1
        assert reason in model.unreadable[0, None]
    assert any(reason.partition("0 ")[2] in finding.sentence for finding in check_data_set(path))


# --- attributes of other kinds


@pytest.mark.parametrize(
    "value",
    [np.array([b"int16", b"int16"]), np.arange(3), np.zeros(1, [("a", "i4"), ("b", "f8")]), 7, np.zeros((2, 2, 2))],
)
def test_a_sample_type_that_is_no_text_is_told(tmp_path: Path, value: object) -> None:
    path, truth = written(tmp_path, lambda file: file["application_data/spikedetekt"].attrs.__setitem__("dtype", value))
    with closing(KwikModel(path)) as model:
        (told,) = model.missing
        assert told.startswith("set.kwik: The parameter dtype is ")
        assert told.endswith(" names no type; flat raw files are read as int16.")
        np.testing.assert_array_equal(model.traces[:], np.concatenate(truth.raw))
    assert any("dtype" in finding.sentence for finding in check_data_set(path))
    convert_data_set(path, tmp_path / "new.kwik")


def test_positions_that_are_none_and_positions_in_space_are_told(tmp_path: Path) -> None:
    places = {0: [np.nan, 3.0], 1: [1.0, 2.0, 3.0], 3: [5.0, 6.0]}

    def change(file: h5py.File) -> None:
        for channel, place in places.items():
            file[f"{GROUP}/channels/{channel}"].attrs["position"] = np.array(place)

    path, _ = written(tmp_path, change)
    with closing(KwikModel(path)) as model:
        lost, projected = model.missing
        assert lost.endswith(" has positions that are no two numbers, of channel 0; they are drawn on a line.")
        assert projected.endswith(" in space, of channel 1; they are shown without z, which others do not have.")
        order = model.probe.channel_ids.tolist()
        assert model.probe.is_known.tolist() == [channel != 0 for channel in order]
        assert model.probe.positions[order.index(1)].tolist() == [1, 2]
    places.update({0: [0.0, 7.0, 10.0], 1: [1.0, 7.0, 50.0], 3: [2.0, 7.0, 90.0]})
    path, _ = written(tmp_path, change)
    with closing(KwikModel(path)) as model:
        order = model.probe.channel_ids.tolist()
        assert "they are shown without y, along which they differ least." in model.missing[0]
        assert model.probe.positions[order.index(3)].tolist() == [2, 90]
