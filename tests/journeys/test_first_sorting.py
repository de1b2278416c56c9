"""Data that nobody has sorted by hand yet: a recording of Open Ephys, and a data set with the clustering original."""

from contextlib import closing

import h5py
import numpy as np
import pytest
from journeys.person import CTRL
from kwik_writers.open_ephys import make_recorded, write_open_ephys
from qtpy.QtCore import Qt

from napari_phy.formats.kwik.model import KwikModel


@pytest.fixture
def screen_size():
    return (1600, 1000)


@pytest.mark.parametrize("name", ["experiment1.kwx", pytest.param("experiment1_100.raw.kwd", marks=pytest.mark.soak)])
def test_a_recording_of_open_ephys_is_sorted_into_a_kwik(person, tmp_path, own_dialogs, notes, name):
    write_open_ephys(tmp_path, make_recorded())
    copy = tmp_path / "sorted.kwik"
    person.open(tmp_path / name)
    session = person.session
    assert session.name == name
    told = {str(note.message): [text for text, _ in note.actions] for note in notes}
    sentence = next(sentence for sentence in told if "has no place for a sorting" in sentence)
    assert told[sentence] == ["Save a copy…"]
    person.wait(lambda: person.workspace.panels["Waveforms"].data is not None, "the waveforms")
    session.split(np.arange(10))
    assert person.listed() == [1, 2] or person.listed() == [2, 1]
    person.click(1)

    person.answer(lambda dialog: person.choose_file(dialog, copy.with_suffix("")))
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: person.viewer.status == f"Saved a copy of {name} to sorted.kwik.", "the sentence")
    labels = session.manager.spike_clusters
    person.viewer.layers.clear()
    person.wait(lambda: person.session is None, "the data set to be closed")
    person.open(copy)
    assert np.array_equal(person.session.manager.spike_clusters, labels)
    assert person.session.can_save
    assert len(person.viewer.layers) == 2


def test_saving_what_was_sorted_in_original_makes_main(person, kwik_copy, notes):
    with h5py.File(kwik_copy, "r+") as file:
        for group in file["channel_groups"].values():
            for node in ("spikes/clusters", "clusters", "cluster_groups"):
                del group[node]["main"]
    person.open(kwik_copy)
    sentence = f"{kwik_copy.name} has no clustering main: saving adds it, and original stays as the sorter wrote it."
    assert sentence in [str(note.message) for note in notes]
    picker = person.workspace.panels["Clusters"].picker
    person.press(Qt.Key.Key_G)
    assert person.session.n_unsaved == 1
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: not person.session.is_dirty, "the save")
    person.wait(lambda: person.session.model.clustering == "main" in picker.text(), "the name of the clustering")
    with closing(KwikModel(kwik_copy)) as model:
        assert model.clusterings == ("main", "original")
        assert np.array_equal(model.spike_clusters, person.session.manager.spike_clusters)
