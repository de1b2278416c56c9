"""How the clusterings of a file were left is found again, whatever the small file says, and broken ones say why."""

import json

import pytest

from napari_phy import KwikModel, open_session
from napari_phy.files.side_folder import side_folder
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.readers.kwik import last_place
from napari_phy.storage.clustering_summaries import load_left, read_summaries


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
