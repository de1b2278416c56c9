"""Go to another channel group and another clustering, and see nothing of the one that was left."""

import numpy as np
import pytest
from napari.layers import Image, Points
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt

from napari_phy import KwikModel
from napari_phy.layers.session_tag import session_of
from napari_phy.views.numbers import format_number


@pytest.fixture
def notes():
    notes = []
    notification_manager.notification_ready.connect(notes.append)
    yield notes
    notification_manager.notification_ready.disconnect(notes.append)


def layer_of(person, kind):
    (layer,) = [
        layer for layer in person.viewer.layers if isinstance(layer, kind) and session_of(layer) is person.session
    ]
    return layer


def check_shows_what_is_open(person):
    """Every list, view and layer shows the clustering that is open, and the one selection."""
    session = person.session
    model, manager = session.model, session.manager
    assert set(person.listed()) == set(manager.cluster_ids.tolist())
    assert set(person.listed("Similar")) <= set(person.listed())
    assert person.chosen
    for title in ("Waveforms", "Correlograms"):
        assert person.workspace.panels[title].data.request.clusters == person.chosen
    features = person.workspace.panels["Features"].data.features
    assert features.request.clusters == person.chosen
    drawn = features.spike_ids[features.places >= 0]
    assert set(manager.clusters_of(drawn).tolist()) == set(person.chosen)
    waveforms = person.workspace.panels["Waveforms"].data
    assert np.array_equal(waveforms.channel_ids, model.probe.channel_ids)
    traces, spikes = layer_of(person, Image), layer_of(person, Points)
    assert traces.data[0].shape == (model.n_channels, model.traces.shape[0])
    channel = int(model.probe.channel_ids[0])
    column = np.asarray(traces.data[0][0, 0:2000], float) - model.traces[0:2000, channel]
    assert np.ptp(column) < 1e-3  # the same but for the baseline
    expected = [model.spike_samples[manager.spikes(cluster)] for cluster in person.chosen]
    assert sorted(spikes.data[:, 1].tolist()) == sorted(np.concatenate(expected).astype(np.float32).tolist())
    assert spikes.data[:, 0].max() < model.n_channels
    title = f"{session.name}{'*' if session.is_dirty else ''} – napari"
    assert person.workspace.window.windowTitle() == title


def opened_words(person):
    session = person.session
    n_clusters, n_spikes = len(session.manager.cluster_ids), session.model.n_spikes
    place = f"shank {session.model.channel_group}, {session.model.clustering}"
    return f"Opened {place}: {n_clusters} clusters, {format_number(n_spikes)} spikes."


def test_a_switch_shows_the_other_channel_group_and_comes_back(person, kwik_copy, notes):
    person.open(kwik_copy)
    check_shows_what_is_open(person)
    traces, spikes = layer_of(person, Image), layer_of(person, Points)
    n_first = person.session.model.n_channels
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    left = person.session.opened
    slots = len(left.selection.changed), len(left.manager.changed)

    person.session.switch(channel_group=1)
    person.settle()
    assert person.session.model.channel_group == 1
    check_shows_what_is_open(person)
    assert person.viewer.status == opened_words(person)
    assert layer_of(person, Image) is traces
    assert layer_of(person, Points) is spikes
    assert len(left.selection.changed) == 0 < slots[0]
    assert len(left.manager.changed) == 1 < slots[1]  # its own selection
    assert person.session.wizard.place[:1] == person.chosen[:1]
    person.press(Qt.Key.Key_Space)
    check_shows_what_is_open(person)

    person.session.switch(channel_group=0)
    person.settle()
    assert merged in person.listed()
    assert person.session.model.n_channels == n_first
    assert person.session.n_unsaved == 1
    check_shows_what_is_open(person)
    person.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert merged not in person.listed()
    check_shows_what_is_open(person)
    assert [str(note.message) for note in notes] == []


def test_late_answers_of_the_clustering_that_was_left_are_dropped(person, kwik_copy):
    model = KwikModel(kwik_copy)
    model.add_clustering("halves", (np.arange(model.n_spikes) % 2 + model.cluster_ids[0]).astype(np.int32))
    model.close()
    person.open(kwik_copy)
    first = int(person.session.model.cluster_ids[0])
    person.session.selection.select([first])
    person.session.switch(clustering="halves")  # what was asked above is still under way
    person.session.selection.select([first])
    assert person.workspace.panels["Features"].data is None
    assert not person.workspace.panels["Features"].stack.shows_picture
    person.settle()
    check_shows_what_is_open(person)
    person.session.switch(clustering="main")
    person.settle()
    check_shows_what_is_open(person)
