"""What notifications say on opening, and on going to another shank."""

from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth

from napari_phy.session.session import open_session
from napari_phy.widgets.window import data_notifications
from napari_phy.widgets.window.data_notifications import OpeningNotes


@pytest.fixture
def said(monkeypatch):
    """Return the sentences of all notifications."""
    said = []
    monkeypatch.setattr(data_notifications, "notify", lambda sentence, *_, **__: said.append(sentence))
    return said


@pytest.fixture
def path(tmp_path):
    """Return a file whose shank 0 has a clustering `main` that cannot be read."""
    path = write_klusta(tmp_path, make_truth())
    with h5py.File(path, "r+") as file:
        clusters = file["channel_groups/0/spikes/clusters"]
        del clusters["main"]
        clusters["main"] = np.zeros(40, dtype=np.int32)
    return path


def test_why_a_clustering_cannot_be_read_is_said_once_for_all_shanks(path, said):
    with open_session(path) as session:
        notes, controller = OpeningNotes(live=None), SimpleNamespace(save_copy=None)
        for channel_group in (0, 1):
            session.switch(channel_group=channel_group, clustering="original")
            session.switch(channel_group=channel_group)
            notes.tell(session, controller, *[None] * 3)
            assert any("another sorting" in sentence for sentence in session.messages)
    assert len([sentence for sentence in said if "another sorting" in sentence]) == 1


def test_that_of_a_broken_shank_is_not_said_again_on_going_there(path, said):
    with open_session(path, channel_group=1) as session:
        notes, controller = OpeningNotes(live=None), SimpleNamespace(save_copy=None)
        notes.tell(session, controller, *[None] * 3)
        session.switch(channel_group=0)
        assert session.model.clustering == "original"
        assert any("is opened instead" in sentence for sentence in session.messages)
        notes.tell(session, controller, *[None] * 3)
    assert len([sentence for sentence in said if "another sorting" in sentence]) == 1
