"""How the clusterings of a file were left is found again, whatever the small file says, and broken ones say why."""

import json
import logging
from contextlib import closing

import pytest

from napari_phy import KwikModel, open_session
from napari_phy.files.side_folder import side_folder
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.readers.kwik import last_place
from napari_phy.storage.clustering_summaries import (
    LeftClusterings,
    count_unsaved,
    find_unsaved,
    load_left,
    read_summaries,
    save_left,
)
from napari_phy.storage.journal import Journal


def test_the_place_is_kept_where_something_was_done_or_looked_at(kwik_copy):
    with open_session(kwik_copy):
        pass
    assert last_place(kwik_copy) is None
    assert not side_folder(kwik_copy).exists()
    with open_session(kwik_copy) as session:
        session.switch(1)
    assert last_place(kwik_copy) == (1, "main")
    assert last_place(kwik_copy.with_suffix(".kwx")) == (1, "main")
    with open_session(kwik_copy, 1) as session:
        session.switch(0, "original")
    assert last_place(kwik_copy) == (0, "original")


def test_what_is_read_only_leaves_nothing(kwik_copy):
    with open_session(kwik_copy, 1, read_only=True) as session:
        session.switch(0)
    assert not side_folder(kwik_copy).exists()


@pytest.mark.parametrize(
    "content",
    [
        "nonsense",
        [],
        {"last": 1, "decided": {}},
        {"last": [0], "decided": [[0, "main", 1]]},
        {"last": [True, "main"], "decided": [[0, "main", -1, 4], None]},
        {"last": ["0", "main"], "decided": [[0, 3, 1, 4]]},
    ],
)
def test_what_makes_no_sense_is_passed_over(kwik_copy, content):
    folder = side_folder(kwik_copy)
    folder.mkdir()
    (folder / "clusterings.json").write_text(json.dumps(content))
    left = load_left(kwik_copy)
    assert left.last is None
    assert left.decided == {}


def test_a_clustering_that_cannot_be_read_says_why(kwik_copy):
    with open_h5(kwik_copy, "r+") as file:
        path = "/channel_groups/1/spikes/clusters/main"
        file.write(path, file.read(path)[:-7])
    model = KwikModel(kwik_copy)
    found = {(one.channel_group, one.clustering): one for one in read_summaries(model)}
    model.close()
    assert "channel group 1" in found[1, "main"].reason
    assert found[1, "main"].n_clusters is None
    assert not any(found[place].reason for place in ((0, "main"), (0, "original"), (1, "original")))


def test_how_a_file_was_left_comes_back_where_it_has_a_folder(tmp_path, monkeypatch, caplog):
    path = tmp_path / "x.kwik"
    path.touch()
    left = LeftClusterings((2, "main"), {(0, "main"): (0, 7), (1, "other"): (3, 4)})
    save_left(path, left)
    assert load_left(path) == LeftClusterings(None, {})
    side_folder(path).mkdir()
    save_left(path, left)
    assert load_left(path) == left
    save_left(path, LeftClusterings())
    assert load_left(path) == LeftClusterings(None, {})

    def full(path, write):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("napari_phy.storage.clustering_summaries.write_file", full)
    with caplog.at_level(logging.WARNING):
        save_left(path, left)
    assert "where the data set was left is not kept" in caplog.text


def test_of_what_is_left_each_entry_is_looked_at_alone(tmp_path):
    path = tmp_path / "x.kwik"
    path.touch()
    side_folder(path).mkdir()
    entries = [[0, "main", 0, 1], [0, "a", -1, 1], [1, "b", 2, True], [-1, "c", 1, 1], [2, "d", 1], "e", [3, "f", 5, 6]]
    (side_folder(path) / "clusterings.json").write_text(json.dumps({"last": [0, "main"], "decided": entries}))
    assert load_left(path) == LeftClusterings((0, "main"), {(0, "main"): (0, 1), (3, "f"): (5, 6)})
    for last in ([0, "main", 1], [-1, "main"], [0], [0, 5], None):
        (side_folder(path) / "clusterings.json").write_text(json.dumps({"last": last}))
        assert load_left(path) == LeftClusterings(None, {})


def test_unsaved_edits_are_counted_without_disturbing_who_makes_them(kwik_copy):
    assert count_unsaved(kwik_copy, 1, "main") == 0
    with open_session(kwik_copy, 1) as session:
        clusters = session.manager.cluster_ids.tolist()
        session.label(clusters[:1], "note", "a")
        session.label(clusters[:1], "note", "b")
        assert count_unsaved(kwik_copy, 1, "main") == 0  # it is held
    assert count_unsaved(kwik_copy, 1, "main") == 2
    assert count_unsaved(kwik_copy, 0, "main") == 0
    with closing(KwikModel(kwik_copy)) as model:
        assert find_unsaved(model, (0, "main")) == {(1, "main"): 2}
        assert find_unsaved(model, (1, "main")) == {}
        counts = {(one.channel_group, one.clustering): one.n_unsaved for one in read_summaries(model)}
    assert counts[1, "main"] == 2
    assert sum(counts.values()) == 2
    with open_session(kwik_copy, 1) as session:
        open_ones = [one for one in session.manager.cluster_ids.tolist() if session.manager.group(one) == "unsorted"]
        session.move(open_ones[:2], "good")
    with closing(KwikModel(kwik_copy)) as model:
        saved = {(one.channel_group, one.clustering): one for one in model.read_summaries()}[1, "main"]
        found = {(one.channel_group, one.clustering): one for one in read_summaries(model)}[1, "main"]
    assert (found.n_decided, found.n_clusters) == load_left(kwik_copy).decided[1, "main"]
    assert found.n_decided - saved.n_decided == len(open_ones[:2]) > 0
    (journal,) = side_folder(kwik_copy).glob("journal-1*.sqlite")
    with closing(Journal(journal)):
        assert count_unsaved(kwik_copy, 1, "main") == 0
    journal.write_bytes(b"once upon a time" * 500)
    assert count_unsaved(kwik_copy, 1, "main") == 0
