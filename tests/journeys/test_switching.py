"""Go to another channel group and another clustering, and see nothing of the one that was left."""

import threading

import numpy as np
import pytest
from journeys.person import ALT, CTRL
from journeys.sizes import LARGE_FIRST
from napari.layers import Image, Points
from napari.settings import get_plugin_settings
from patience import PATIENCE_S
from qtpy.QtCore import Qt, QThreadPool, QTimer
from qtpy.QtGui import QColor
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLineEdit

from napari_phy import KwikModel, open_session
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.layers.session_tag import session_of
from napari_phy.storage.store import EditStore
from napari_phy.table.numbers import format_number


def layer_of(person, kind):
    (layer,) = [
        layer for layer in person.viewer.layers if isinstance(layer, kind) and session_of(layer) is person.session
    ]
    return layer


def check_shows_what_is_open(person):
    """Every list, view and layer shows the clustering that is open, and the one selection."""
    session = person.session
    person.workspace.panels["Traces"].choose(filter_name="raw")
    person.settle()
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
    raw = model.traces[0:2000, channel] * model.microvolts_per_unit
    column = np.asarray(traces.data[0][0, 0:2000], float) - raw
    assert np.ptp(column) < 1e-2  # the same but for the baseline
    expected = [model.spike_samples[manager.spikes(cluster)] for cluster in person.chosen]
    assert sorted(spikes.data[:, 1].tolist()) == sorted(np.concatenate(expected).astype(np.float32).tolist())
    assert spikes.data[:, 0].max() < model.n_channels
    title = f"{session.name}{'*' if session.is_dirty or session.waiting else ''} – napari"
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
    waiting = " 1 unsaved edit of shank 0, main waits in the journal."
    assert person.viewer.status == opened_words(person) + waiting
    check_shows_what_is_open(person)
    assert layer_of(person, Image) is traces
    assert layer_of(person, Points) is spikes
    assert len(left.selection.changed) == 0 < slots[0]
    assert len(left.manager.changed) == 2 < slots[1]  # its own selection and proposals
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


def entries(person, button):
    """Open a menu by its button; return {text: action} and close it."""
    menu = button.menu()
    person.rest(0.01)
    menu.aboutToShow.emit()
    return {action.text(): action for action in menu.actions() if action.text()}


def pick(person, button, text):
    """Open a menu by a click on its button, click an entry in it."""

    def click():
        menu = QApplication.activePopupWidget()
        if menu is None:
            QTimer.singleShot(20, click)
            return
        (action,) = [action for action in menu.actions() if action.text().startswith(text)]
        assert action.isEnabled()
        QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(action).center())

    QTimer.singleShot(20, click)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    person.wait(lambda: QApplication.activePopupWidget() is None, "the menu to close")
    person.settle()


def clusters_header(person):
    return person.workspace.panels["Clusters"].header


def picker(person):
    return person.workspace.panels["Clusters"].picker


def type_name(dialog, name):
    line = dialog.findChild(QLineEdit)
    line.selectAll()
    QTest.keyClicks(line, name)
    QTest.keyClick(line, Qt.Key.Key_Return)


def test_the_picker_goes_to_the_other_shank(person, kwik_copy):
    person.open(kwik_copy)
    assert picker(person).isVisible()
    assert picker(person).text() == "Shank 0 · main ▾"
    pick(person, picker(person), "Shank 1")
    assert picker(person).text() == "Shank 1 · main ▾"
    assert person.viewer.status == opened_words(person)
    assert person.focused() is person.workspace.panels["Clusters"].list
    check_shows_what_is_open(person)
    pick(person, picker(person), "original")
    assert picker(person).text() == "Shank 1 · original ▾"
    check_shows_what_is_open(person)


@LARGE_FIRST
def test_the_picker_title_and_save_know_of_edits_on_every_shank(person, kwik_copy):
    person.open(kwik_copy)
    person.press(Qt.Key.Key_G)
    person.press(Qt.Key.Key_G, ALT)
    manager = person.session.manager
    groups = [manager.group(cluster) for cluster in manager.cluster_ids.tolist()]
    decided = f"{sum(group != 'unsorted' for group in groups)} of {len(groups)} decided"
    person.press(Qt.Key.Key_PageDown, CTRL)
    assert person.session.model.channel_group == 1
    check_shows_what_is_open(person)
    found = entries(person, picker(person))
    (left,) = [action for text, action in found.items() if text.startswith("Shank 0")]
    (here,) = [action for text, action in found.items() if text.startswith("Shank 1")]
    assert left.text() == f"Shank 0   ·   {decided}   ·   2 unsaved edits"
    assert here.isChecked()
    assert here.icon().isNull()
    dot = left.icon().pixmap(16, 16).toImage()
    assert dot.pixelColor(dot.width() // 2, dot.height() // 2) == QColor(person.workspace.theme.warning)
    assert person.workspace.window.windowTitle() == "sample.kwik* – napari"
    label = person.workspace.toolbar.state_label
    assert label.text() in ("● 2 unsaved edits", "● 2 unsaved")
    assert label.toolTip() == "2 edits of shank 0, main"
    person.press(Qt.Key.Key_G)
    assert label.text() in ("● 3 unsaved edits", "● 3 unsaved")
    person.press(Qt.Key.Key_S, CTRL)
    person.wait(lambda: label.text().startswith("✓ Saved"), "the save")
    assert person.viewer.status == "Saved 3 edits to sample.kwik."
    assert person.workspace.window.windowTitle() == "sample.kwik – napari"
    assert not person.workspace.toolbar.button("save").isEnabled()
    person.press(Qt.Key.Key_PageDown, CTRL)
    assert person.session.model.channel_group == 0
    assert not person.session.is_dirty
    person.press(Qt.Key.Key_PageUp, CTRL)
    assert person.session.model.channel_group == 1


def test_a_data_set_opens_where_it_was_left_with_its_edits(person, kwik_copy):
    person.open(kwik_copy)
    person.press(Qt.Key.Key_PageDown, CTRL)
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    person.workspace.close_session()  # as Close and keep edits does
    person.open(kwik_copy)
    assert picker(person).text() == "Shank 1 · main ▾"
    assert merged in person.listed()
    assert person.session.n_unsaved == 1
    assert person.workspace.window.windowTitle() == "sample.kwik* – napari"
    assert person.workspace.toolbar.button("save").isEnabled()


def test_a_switch_that_takes_long_is_shown_and_cancelled(person, kwik_copy, monkeypatch):
    person.open(kwik_copy)
    session, left, chosen = person.session, person.session.opened, person.chosen
    go_on, open_store = threading.Event(), EditStore.open
    monkeypatch.setattr(
        EditStore, "open", lambda *args, **options: go_on.wait(PATIENCE_S) and open_store(*args, **options)
    )
    choose(picker(person), "Shank 1")
    bar = person.workspace.work_bar
    person.wait(bar.isVisible, "the bar")
    person.wait(lambda: bar.label.text() == "Opening shank 1, main: 10 %", "how far it is")
    choose(picker(person), "original")
    assert person.viewer.status == "Opening shank 1, main… Try again in a moment."
    person.session.move(chosen[:1], "good")  # edits go on
    QTest.mouseClick(bar.button, Qt.MouseButton.LeftButton)
    words = "Opening shank 1, main was cancelled. Nothing was changed."
    person.wait(lambda: person.viewer.status == words, "the words")
    assert bar.isHidden()
    go_on.set()
    person.settle()
    QThreadPool.globalInstance().waitForDone()
    assert session.opened is left
    assert session.manager.group(chosen[0]) == "good"
    with open_session(kwik_copy, channel_group=1) as other:
        assert not other.store.read_only
    pick(person, picker(person), "Shank 1")
    check_shows_what_is_open(person)


def test_a_window_closed_while_another_shank_is_opened_leaves_no_lock(person, kwik_copy, monkeypatch):
    person.open(kwik_copy)
    go_on, open_store = threading.Event(), EditStore.open
    monkeypatch.setattr(
        EditStore, "open", lambda *args, **options: go_on.wait(PATIENCE_S) and open_store(*args, **options)
    )
    choose(picker(person), "Shank 1")
    person.viewer.layers.clear()
    assert person.session is None
    go_on.set()
    QThreadPool.globalInstance().waitForDone()
    for group in (0, 1):
        with open_session(kwik_copy, channel_group=group) as again:
            assert not again.store.read_only


def choose(button, text):
    """Trigger an entry of a menu without waiting for what comes of it."""
    button.menu().aboutToShow.emit()
    (action,) = [action for action in button.menu().actions() if action.text().startswith(text)]
    action.trigger()


def test_an_empty_channel_group_is_greyed(person, kwik_copy):
    with open_h5(kwik_copy, "r+") as file:
        for name in ("time_samples", "recording", "clusters/main", "clusters/original"):
            if file.has(f"/channel_groups/1/spikes/{name}"):
                file.write(f"/channel_groups/1/spikes/{name}", np.empty(0, np.uint64))
    person.open(kwik_copy)
    found = entries(person, picker(person))
    assert not found["Shank 1   ·   no spikes"].isEnabled()
    assert next(action for text, action in found.items() if text.startswith("main")).isChecked()


def test_what_cannot_be_read_is_greyed_with_the_reason_and_main_is_reset(person, kwik_copy, notes):
    with open_h5(kwik_copy, "r+") as file:
        file.write("/channel_groups/0/spikes/clusters/main", np.zeros(7, np.int32))
        file.write("/channel_groups/1/spikes/time_samples", np.full(9, -1))
    person.open(kwik_copy)
    assert picker(person).text() == "Shank 0 · original ▾"
    assert person.session.model.missing[-1] in [note.message for note in notes]
    found = entries(person, picker(person))
    for text, reason in {"Shank 1": "at samples -1 to -1", "main": "has shape (7,)"}.items():
        entry = found[f"{text}   ·   cannot be read"]
        assert not entry.isEnabled()
        assert reason in entry.toolTip()
    assert picker(person).menu().toolTipsVisible()
    pick(person, clusters_header(person).more_button, "Reset to original")
    person.wait(lambda: picker(person).text() == "Shank 0 · main ▾", "main to be opened")
    check_shows_what_is_open(person)


@pytest.mark.soak
def test_a_clustering_is_copied_renamed_reset_and_deleted(person, kwik_copy):
    person.open(kwik_copy)
    session = person.session
    more = clusters_header(person).more_button
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]

    person.answer(lambda dialog: type_name(dialog, "try"))
    pick(person, more, "Copy clustering…")
    assert session.clusterings == ("main", "original", "try")
    assert person.viewer.status == "Copied main to try; main stays open."
    pick(person, picker(person), "try")
    assert merged in person.listed()
    assert not session.is_dirty
    check_shows_what_is_open(person)

    def refuse(dialog):
        dialog.fields["name"].native.setText("main")
        assert dialog.problem_label.text() == "There is a clustering main already."
        assert not dialog.act_button.isEnabled()
        type_name(dialog, "better")

    person.answer(refuse)
    pick(person, more, "Rename clustering…")
    assert person.viewer.status == "Renamed the clustering try to better."
    assert picker(person).text() == "Shank 0 · better ▾"
    check_shows_what_is_open(person)

    pick(person, more, "Reset to original")
    assert merged not in person.listed()
    assert person.viewer.status == f"Reset to original: {len(person.listed())} clusters. It can be undone."
    check_shows_what_is_open(person)
    person.press(Qt.Key.Key_Z, CTRL)
    person.wait(lambda: merged in person.listed(), "undo")
    person.press(Qt.Key.Key_Y, CTRL)
    person.wait(lambda: merged not in person.listed(), "redo")

    person.answer(lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Return))  # Return cancels what cannot be undone
    pick(person, more, "Delete clustering…")
    assert "better" in session.clusterings
    person.answer(lambda dialog: QTest.mouseClick(dialog.act_button, Qt.MouseButton.LeftButton))
    pick(person, more, "Delete clustering…")
    assert session.clusterings == ("main", "original")
    assert picker(person).text() == "Shank 0 · main ▾"
    assert person.viewer.status == "Deleted the clustering better."
    assert merged in person.listed()
    assert session.n_unsaved == 1
    check_shows_what_is_open(person)
    found = entries(person, more)
    assert not found["Delete clustering…"].isEnabled()


@pytest.mark.soak
def test_after_a_reset_the_keys_are_in_clusters_wherever_they_were(person, kwik_copy):
    person.open(kwik_copy)
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    person.workspace.window.setFocus()  # as before anything of ours was clicked
    pick(person, clusters_header(person).more_button, "Reset to original")
    assert merged not in person.listed()
    assert person.focused() is person.workspace.panels["Clusters"].list
    person.press(Qt.Key.Key_Z, CTRL)
    assert merged in person.listed()


@pytest.mark.soak
def test_groups_of_ones_own(person, kwik_copy):
    person.open(kwik_copy)
    session = person.session
    more = clusters_header(person).more_button
    chosen, before = person.chosen, session.groups

    def add(dialog):
        type_name(dialog, "Axons")
        assert dialog.current == "axons"
        dialog.field.setText("good")
        QTest.mouseClick(dialog.add_group_button, Qt.MouseButton.LeftButton)
        assert "good" in dialog.problem_label.text()
        dialog.field.setText("fibres")
        QTest.mouseClick(dialog.rename_button, Qt.MouseButton.LeftButton)
        person.answer(color)
        QTest.mouseClick(dialog.color_button, Qt.MouseButton.LeftButton)
        QTest.mouseClick(dialog.close_button, Qt.MouseButton.LeftButton)

    def color(dialog):
        dialog.setCurrentColor(QColor("#c04080"))
        dialog.accept()

    person.answer(add)
    pick(person, more, "Groups…")
    assert [(group.name, group.color) for group in session.groups[len(before) :]] == [("fibres", "#c04080")]
    assert person.workspace.panels["Clusters"].list.group_colors["fibres"] == "#c04080"

    view = person.workspace.panels["Clusters"].list
    menu = person.workspace.controller.make_menu(view)
    (entry,) = [action for action in menu.actions() if action.text() == "Move to fibres"]
    entry.trigger()
    person.settle()
    menu.deleteLater()
    assert [session.manager.group(cluster) for cluster in chosen] == ["fibres"] * len(chosen)

    def remove(dialog):
        dialog.list.setCurrentRow(len(before))
        QTest.mouseClick(dialog.remove_button, Qt.MouseButton.LeftButton)
        dialog.accept()

    person.answer(remove)
    pick(person, more, "Groups…")
    assert session.groups == before
    assert [session.manager.group(cluster) for cluster in chosen] == ["unsorted"] * len(chosen)
    person.press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert [session.manager.group(cluster) for cluster in chosen] == ["fibres"] * len(chosen)


@pytest.mark.soak
def test_recovered_edits_are_told_once_for_each_clustering(person, kwik_copy, notes):
    with open_session(kwik_copy) as session:
        session.merge(session.manager.cluster_ids[:2])
        session.switch(channel_group=1)
        session.merge(session.manager.cluster_ids[:2])
    person.open(kwik_copy)
    for group in (1, 0, 1):
        person.session.switch(channel_group=group)
        person.settle()
    told = [str(note.message) for note in notes]
    assert [sentence.split(" from ")[0] for sentence in told] == ["1 edit"] * 2
    waiting = [f"1 unsaved edit of shank {group}, main waits in the journal." for group in (0, 1)]
    assert [sentence.split("saved. ")[1] for sentence in told] == waiting


@pytest.mark.soak
def test_settings_hold_in_every_view_and_a_choice_outlives_a_switch(person, kwik_copy, notes, tmp_path, monkeypatch):
    monkeypatch.setenv("PHY_CONFIG_DIR", str(tmp_path / "phy"))
    folder = tmp_path / "phy" / kwik_copy.stem
    folder.mkdir(parents=True)
    lines = [
        "correlogram_bin_ms = 0.5",
        "correlogram_window_ms = 30",
        "waveforms_shown = 12",
        "features_background = 7",
    ]
    lines += ["features_per_cluster = 40", "waveforms_per_cluster = 20", "waveforms_shwon = 3"]
    (folder / "config.py").write_text("\n".join(lines), encoding="utf-8")
    person.open(kwik_copy)
    panels = person.workspace.panels
    request = panels["Correlograms"].data.request
    assert (request.bin_ms, request.window_ms) == (0.5, 30)
    header = panels["Correlograms"].header
    assert [drop_down.text() for drop_down in header.drop_downs] == ["Bin 0.5 ms ▾", "Window 30 ms ▾"]
    request = panels["Waveforms"].data.request
    assert (request.n_per_cluster, request.n_max) == (20, 12)
    request = panels["Features"].data.features.request
    assert (request.n_spikes_max, request.n_background) == (40, 7)
    (note,) = notes
    assert "line 7" in str(note.message)
    assert "did you mean waveforms_shown" in str(note.message)
    panels["Correlograms"].choose(bin_ms=2.0)
    person.session.switch(channel_group=1)
    person.settle()
    assert panels["Correlograms"].data.request.bin_ms == 2
    assert panels["Correlograms"].data.request.window_ms == 30
    assert len(notes) == 1


@pytest.mark.soak
def test_settings_of_napari_preferences_hold(person, kwik_copy, monkeypatch):
    section = get_plugin_settings("napari-phy").sorting
    monkeypatch.setattr(section, "waveforms_shown", 33)
    person.open(kwik_copy)
    assert person.workspace.panels["Waveforms"].data.request.n_max == 33
    assert person.session.settings.source("waveforms_shown") == "Preferences"
