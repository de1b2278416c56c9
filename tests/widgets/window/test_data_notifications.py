"""What notifications say on opening, and on going to another shank."""

from types import SimpleNamespace

import h5py
import numpy as np
from kwik_writers.klusta import write_klusta
from kwik_writers.truth import make_truth

from napari_phy.session.session import open_session
from napari_phy.widgets.window import data_notifications
from napari_phy.widgets.window.data_notifications import OpeningNotes


def test_why_a_clustering_cannot_be_read_is_said_once_for_all_shanks(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(data_notifications, "notify", lambda sentence, *_, **__: said.append(sentence))
    path = write_klusta(tmp_path, make_truth())
    with h5py.File(path, "r+") as file:
        clusters = file["channel_groups/0/spikes/clusters"]
        del clusters["main"]
        clusters["main"] = np.zeros(40, dtype=np.int32)
    with open_session(path) as session:
        notes, controller = OpeningNotes(live=None), SimpleNamespace(save_copy=None)
        for channel_group in (0, 1):
            session.switch(channel_group=channel_group, clustering="original")
            session.switch(channel_group=channel_group)
            notes.tell(session, controller, *[None] * 3)
            assert any("another sorting" in sentence for sentence in session.messages)
    assert len([sentence for sentence in said if "another sorting" in sentence]) == 1
