"""A data set without the clustering main is sorted into one; what the sorter wrote stays."""

import shutil
from contextlib import closing
from pathlib import Path

import h5py
import numpy as np
import pytest
from h5_tree import below, tree
from soak.small_kwik import make_kwik

from napari_phy import Session, open_session
from napari_phy.core.errors import ReadOnlyError
from napari_phy.files import crash_points
from napari_phy.files.crash_points import SAVE_POINTS
from napari_phy.formats.kwik.model import KwikModel

NODES = ("spikes/clusters", "clusters", "cluster_groups")
TOLD = "small.kwik has no clustering main: saving adds it, and original stays as the sorter wrote it."


@pytest.fixture
def kwik(tmp_path: Path) -> Path:
    return without(make_kwik(tmp_path), "main")


def without(path: Path, *clusterings: str) -> Path:
    with h5py.File(path, "r+") as file:
        for node in NODES:
            for name in clusterings:
                del file[f"channel_groups/0/{node}/{name}"]
    return path


def shown(session: Session) -> tuple[object, ...]:
    return session.manager.spike_clusters.tolist(), session.manager.cluster_groups, session.manager.n_done


def original(path: Path) -> dict[str, object]:
    nodes = tree(path)
    return {node: below(nodes, f"/channel_groups/0/{node}/original") for node in NODES}


def test_sorting_original_adds_main_and_leaves_original(kwik: Path) -> None:
    before = original(kwik)
    heard: list[tuple[str, ...]] = []
    with open_session(kwik) as session:
        assert session.model.clustering == "original"
        assert session.messages[-1] == TOLD
        assert session.can_save
        session.clusterings_changed.connect(lambda: heard.append(session.clusterings))
        session.merge([0, 1])
        session.move([3], "good")
        session.save()
        assert heard == [("main", "original")]
        assert (session.model.clustering, session.is_dirty) == ("main", False)
        session.merge([2, 4])
        session.save()
        expected = shown(session)
    assert original(kwik) == before
    with closing(KwikModel(kwik)) as model:
        assert model.clusterings == ("main", "original")
        assert model.clustering == "main"
        assert model.spike_clusters.tolist() == expected[0]
        assert dict(model.cluster_groups) == {3: "good"}
    with open_session(kwik) as session:
        assert TOLD not in session.messages
        assert shown(session) == expected
        for _ in range(3):
            session.undo()
        np.testing.assert_array_equal(session.manager.spike_clusters, session.model.read_clustering("original"))


def test_unsaved_edits_of_original_are_recovered(kwik: Path) -> None:
    with open_session(kwik) as session:
        session.merge([0, 1])
        expected = shown(session)
    for _ in range(2):
        with open_session(kwik) as session:
            assert shown(session) == expected
            assert session.n_unsaved == 1
    with closing(KwikModel(kwik)) as model:
        assert model.clusterings == ("original",)


def test_killed_at_any_point_of_the_first_save_nothing_is_lost(kwik: Path, tmp_path: Path) -> None:
    copies: dict[str, Path] = {}

    def keep(point: str) -> None:
        if point in SAVE_POINTS:
            copies[point] = shutil.copytree(kwik.parent, tmp_path.with_name(f"{tmp_path.name}-{point}"))

    with open_session(kwik) as session:
        session.merge([0, 1])
        session.label([2], "note", "look")
        forget = crash_points.observe(keep)
        try:
            session.save()
        finally:
            forget()
        expected = shown(session)
    before = original(kwik)
    assert list(copies) == list(SAVE_POINTS)
    for point, folder in copies.items():
        path = folder / kwik.name
        is_saved = SAVE_POINTS.index(point) >= SAVE_POINTS.index("save.replaced")
        with open_session(path) as session:
            assert session.model.clustering == ("main" if is_saved else "original")
            assert shown(session) == expected
            assert session.is_dirty == (not is_saved)
            session.undo()
            session.save()
        assert original(path) == before


def test_copying_original_to_main_saves_it(kwik: Path) -> None:
    with open_session(kwik) as session:
        session.merge([0, 1])
        session.copy_clustering("original", "main")
        assert (session.model.clustering, session.is_dirty) == ("main", False)
        session.copy_clustering("main", "other")
        assert session.clusterings == ("main", "original", "other")


def test_main_made_by_another_program_is_not_saved_over(kwik: Path) -> None:
    with open_session(kwik) as session:
        session.merge([0, 1])
        with h5py.File(kwik, "r+") as file:
            clusters = file["channel_groups/0/spikes/clusters"]
            clusters["main"] = clusters["original"][()] + 1
        with pytest.raises(Exception, match=r"small\.kwik was changed by another program"):
            session.save()
    with open_session(kwik) as session:
        assert session.model.clustering == "main"
        assert "1 unsaved edit was set aside, not applied" in session.messages[-1]


def test_original_beside_main_is_not_saved_over(tmp_path: Path) -> None:
    kwik = make_kwik(tmp_path)
    with open_session(kwik, clustering="original") as session:
        assert not session.can_save
        session.merge([0, 1])
        sentence = session.messages[-1]
        assert sentence.startswith("The clustering original of small.kwik stays as the sorter wrote it.")
        assert "read-only" not in sentence
        with pytest.raises(ReadOnlyError, match="copy it as a new clustering, or save a copy"):
            session.save()
        session.copy_clustering("original", "mine")
        session.save_copy(tmp_path / "copy.kwik")
        expected = session.manager.spike_clusters.tolist()
    with open_session(kwik, clustering="original") as session:
        assert session.n_unsaved == 1
    assert original(tmp_path / "copy.kwik") == original(kwik)
    for path, clustering in ((tmp_path / "copy.kwik", "main"), (kwik, "mine")):
        with closing(KwikModel(path, clustering=clustering)) as model:
            assert model.spike_clusters.tolist() == expected


def test_spikes_without_any_clustering_are_one_cluster_to_sort(tmp_path: Path) -> None:
    kwik = without(make_kwik(tmp_path), "main", "original")
    with open_session(kwik) as session:
        assert session.messages[-1] == "small.kwik has no clustering main: saving adds it."
        assert session.manager.cluster_ids.tolist() == [0]
        session.split(np.arange(100))
        session.save()
        expected = shown(session)
    with open_session(kwik) as session:
        assert session.clusterings == ("main",)
        assert shown(session) == expected


def test_a_copy_of_a_data_set_with_original_alone_has_main(kwik: Path, tmp_path: Path) -> None:
    with open_session(kwik) as session:
        session.merge([0, 1])
        session.save_copy(tmp_path / "copy.kwik")
        expected = session.manager.spike_clusters.tolist()
        assert session.model.clustering == "original"
    with closing(KwikModel(tmp_path / "copy.kwik")) as model:
        assert (model.clusterings, model.spike_clusters.tolist()) == (("main", "original"), expected)
