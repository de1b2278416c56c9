"""The Sort workspace in real viewers: layout, keys, words, sessions that come and go."""

import threading
from datetime import UTC, datetime

import numpy as np
import pytest
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.settings import get_settings
from napari.utils.notifications import NotificationSeverity, notification_manager
from patience import PATIENCE_S
from qtpy.QtCore import QPoint, QSize, Qt, QThreadPool, QTimer
from qtpy.QtGui import QFontMetrics
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QAbstractButton, QApplication, QDockWidget, QLabel, QToolButton, QWidget
from widgets.light_session import disk_full, light_session

from napari_phy.core.errors import JournalError
from napari_phy.layers.session_tag import TAG, SessionTag, session_of
from napari_phy.widgets.actions.background_work import Job
from napari_phy.widgets.base.header import Header
from napari_phy.widgets.window import action_controller as controller
from napari_phy.widgets.window import docks
from napari_phy.widgets.window.dock_manager import dock_name
from napari_phy.widgets.window.layouts import napari_docks
from napari_phy.widgets.window.workspace import Workspace, open_workspace

LARGE, SMALL = (1920, 1080), (1280, 800)
NAMES = {
    "Clusters",
    "Similar",
    "Waveforms",
    "Features",
    "Correlograms",
    "Traces",
    "Amplitude",
    "Probe",
    "Wizard",
    "History",
}
TABS = ("Amplitude", "Probe", "Wizard", "History")


def show(viewer, size):
    viewer.window.show()
    viewer.window.set_geometry(0, 0, *size)
    viewer.window.activate()


def settle(qtbot, workspace):
    """Wait until the views have drawn and the docks have their sizes."""
    panels = [panel for title, panel in workspace.panels.items() if title not in ("Clusters", "Similar")]
    qtbot.waitUntil(lambda: not any(getattr(panel, "busy", False) for panel in panels if panel.isVisible()))
    for _ in range(5):
        QApplication.processEvents()


def add_layer(viewer, session, name="spikes"):
    return viewer.add_points([[0, 0], [1, 1]], name=name, metadata={TAG: SessionTag(session)})


@pytest.fixture
def open_(kept_window, qtbot):
    """Return a function that opens a session in the window that is kept."""

    def open_(size=LARGE, session=None):
        return opened(qtbot, kept_window.take(size, "dark"), session or light_session(), size)

    return open_


@pytest.fixture
def open_new(make_napari_viewer, qtbot):
    """Return a function that opens a session in a new window."""

    def open_new(size=LARGE, session=None):
        viewer = make_napari_viewer(show=False)
        show(viewer, size)
        return opened(qtbot, viewer, session or light_session(), size)

    return open_new


def opened(qtbot, viewer, session, size):
    add_layer(viewer, session)
    workspace = open_workspace(viewer, session)
    settle(qtbot, workspace)
    assert (workspace.window.width(), workspace.window.height()) == size
    return workspace


@pytest.fixture
def workspace(kept_window, qtbot):
    return opened(qtbot, kept_window.take(LARGE, "dark"), light_session(), LARGE)


def key(widget, key, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(widget, key, modifiers)
    QApplication.processEvents()


CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


# --- layout ---


def test_the_large_layout(workspace):
    window = workspace.window
    area = {title: window.dockWidgetArea(dock) for title, dock in workspace.docks.items()}
    assert set(area) == NAMES
    assert {t for t, a in area.items() if a == Qt.DockWidgetArea.LeftDockWidgetArea} == {"Clusters", "Similar"}
    on_top = {t for t, a in area.items() if a == Qt.DockWidgetArea.TopDockWidgetArea}
    assert on_top == {"Waveforms", "Features", "Correlograms"}
    assert area["Traces"] == Qt.DockWidgetArea.BottomDockWidgetArea
    assert {t for t, a in area.items() if a == Qt.DockWidgetArea.RightDockWidgetArea} == set(TABS)
    assert [title for title in TABS if not workspace.docks[title].visibleRegion().isEmpty()] == ["Amplitude"]
    size = {title: (dock.width(), dock.height()) for title, dock in workspace.docks.items()}
    assert size["Clusters"][0] == pytest.approx(434, abs=4)
    assert size["Clusters"][1] / size["Similar"][1] == pytest.approx(555 / 435, rel=0.05)
    assert size["Waveforms"][1] == pytest.approx(545, abs=4)
    assert size["Traces"][1] == pytest.approx(300, abs=4)
    for title, width in (("Waveforms", 420), ("Features", 550), ("Correlograms", 520), ("Amplitude", 520)):
        assert size[title][0] == pytest.approx(width, rel=0.03), title
    assert workspace.docks["Clusters"].x() == 0
    assert not workspace.is_small


def test_the_small_layout(open_):
    workspace = open_(SMALL)
    assert workspace.is_small
    docks = workspace.docks
    assert workspace.window.dockWidgetArea(docks["Correlograms"]) == Qt.DockWidgetArea.RightDockWidgetArea
    assert docks["Clusters"].width() == pytest.approx(302, abs=4)
    assert docks["Clusters"].height() / docks["Similar"].height() == pytest.approx(395 / 310, rel=0.05)
    assert (docks["Waveforms"].width(), docks["Waveforms"].height()) == pytest.approx((410, 360), abs=6)
    assert docks["Features"].width() == pytest.approx(545, abs=6)
    assert docks["Correlograms"].width() == pytest.approx(480, abs=4)
    assert {docks[title] for title in TABS} == set(workspace.window.tabifiedDockWidgets(docks["Correlograms"]))
    assert not docks["Correlograms"].visibleRegion().isEmpty()
    assert workspace.panels["Clusters"].list.rowHeight(0) == 20


def test_keys_in_the_status_bar_leave_room_for_what_is_said(workspace, qtbot):
    status, place = workspace.window.statusBar().findChild(QLabel, "help status"), workspace.viewer
    whole = "Space next candidate   ·   G merge   ·   Alt+G good   ·   F1 all actions"
    qtbot.waitUntil(lambda: place.help == whole)
    room = status.width()
    for words in ("a" * 20 * n for n in range(1, 40)):
        place.status = words
        QApplication.processEvents()
        assert whole.endswith(place.help)
        if status.isVisible():
            assert status.fontMetrics().horizontalAdvance(place.help) <= max(0, status.width() - 20)
    place.status = ""
    qtbot.waitUntil(lambda: status.width() >= room and place.help == whole)


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_every_word_fits_its_widget(open_, size, qtbot):
    workspace = open_(size)
    session = workspace.session
    for cluster in (3, 4, 5):
        session.move([cluster], "good")
    session.selection.select([6, 7, 3])
    session.selection.select_spikes(session.manager.spikes(6)[:40])
    settle(qtbot, workspace)
    assert (workspace.window.width(), workspace.window.height()) == size
    assert_words_fit(workspace.toolbar)
    for dock in workspace.docks.values():
        dock.raise_()  # a tab that was never seen has no size of its own yet
        settle(qtbot, workspace)
        assert_words_fit(dock)


def assert_words_fit(root):
    """Every label and button in a widget is as large as its words need."""
    for label in (child for child in root.findChildren(QLabel) if child.isVisible()):
        if label.wordWrap() or not label.text():
            continue
        margins = label.contentsMargins()
        room = label.width() - margins.left() - margins.right()
        assert room >= QFontMetrics(label.font()).horizontalAdvance(label.text()), label.text()
        assert label.height() >= QFontMetrics(label.font()).ascent(), label.text()
    for button in (child for child in root.findChildren(QAbstractButton) if child.isVisible()):
        if button.objectName() == "qt_toolbar_ext_button":
            pytest.fail("the toolbar overflows")
        words = isinstance(button, QToolButton) and button.toolButtonStyle() != Qt.ToolButtonStyle.ToolButtonIconOnly
        if button.text() and words:
            assert button.width() >= QFontMetrics(button.font()).horizontalAdvance(button.text()), button.text()
        assert button.parentWidget().rect().contains(button.geometry()), button.text() or button.objectName()


def test_napari_lists_are_hidden_until_the_layers_button(workspace):
    lists = [workspace.window.findChild(QDockWidget, name) for name in ("layer list", "layer controls")]
    assert not any(dock.isVisible() for dock in lists)
    QTest.mouseClick(workspace.toolbar.layers_button, Qt.MouseButton.LeftButton)
    assert all(dock.isVisible() for dock in lists)
    QTest.mouseClick(workspace.toolbar.layers_button, Qt.MouseButton.LeftButton)
    assert not any(dock.isVisible() for dock in lists)


@pytest.mark.soak  # the journey of docks that float has most of it
def test_every_dock_keeps_its_header_through_floating_and_moving(open_new, qtbot):
    workspace = open_new()  # which all docks in one row make wider for good
    for title, dock in workspace.docks.items():
        dock.setFloating(True)
        QApplication.processEvents()
        dock.setFloating(False)
        workspace.window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        qtbot.waitUntil(lambda dock=dock: dock.titleBarWidget().findChild(Header) is not None)
        assert dock.titleBarWidget().findChild(Header) is workspace.panels[title].header


def test_sort_in_the_menu_brings_closed_docks_back(workspace, qtbot):
    workspace.docks["Features"].close()
    workspace.docks["Similar"].setFloating(True)
    workspace.toolbar.layout_button.menu().actions()[0].trigger()
    qtbot.waitUntil(lambda: workspace.docks["Features"].isVisible())
    assert not workspace.docks["Similar"].isFloating()


# --- opening ---


def test_opening_selects_the_largest_unsorted_cluster_and_its_best_candidate(workspace):
    session = workspace.session
    unsorted = [c for c in range(8) if session.manager.group(c) == "unsorted"]
    largest = max(unsorted, key=session.manager.n_spikes)
    assert session.selection.clusters[0] == largest
    assert session.selection.clusters[1] == next(c for c, _ in session.similar_to(largest) if c not in (1, 2))
    assert workspace.panels["Clusters"].list.hasFocus()
    assert workspace.viewer.status.startswith("Opened memory.kwik: 8 clusters, 1")
    assert workspace.viewer.title == "memory.kwik – napari"
    assert "Space next candidate" in workspace.viewer.help
    assert {panel.session for panel in workspace.panels.values()} == {session}
    docks = dict(workspace.docks)
    assert open_workspace(workspace.viewer, session) is workspace
    assert workspace.docks == docks


def all_are_large(monkeypatch):
    """Read the features of any data set in the background, those of none when it is opened."""
    monkeypatch.setattr("napari_phy.widgets.window.background_jobs.LARGE", 1000)
    monkeypatch.setattr("napari_phy.table.feature_sums.FeatureSums.is_small", False)


def hold_all_features(session, go_on, monkeypatch):
    """Let all features be read only after an event; those of single clusters are read at once."""
    terms = session.sums._terms

    def wait(spikes):
        assert not isinstance(spikes, slice) or go_on.wait(PATIENCE_S)
        return terms(spikes)

    monkeypatch.setattr(session.sums, "_terms", wait)


def test_a_large_file_shows_its_largest_cluster_at_once_and_a_candidate_when_features_are_read(
    open_, qtbot, monkeypatch
):
    all_are_large(monkeypatch)
    go_on = threading.Event()
    session = light_session()
    hold_all_features(session, go_on, monkeypatch)
    workspace = open_(session=session)
    largest = max(range(3, 8), key=session.manager.n_spikes)
    assert session.selection.clusters == (largest,)
    qtbot.waitUntil(lambda: workspace.panels["Features"].data is not None)
    go_on.set()
    qtbot.waitUntil(lambda: len(session.selection.clusters) == 2)
    candidate = next(cluster for cluster, _ in session.similar_to(largest) if cluster not in (1, 2))
    assert session.selection.clusters == (largest, candidate)


def test_a_large_file_shows_its_list_at_once_and_reads_in_the_background(open_, qtbot, monkeypatch):
    all_are_large(monkeypatch)
    workspace = open_()
    session = workspace.session
    assert len(workspace.panels["Clusters"].cluster_ids) == 8
    qtbot.waitUntil(lambda: len(session.selection.clusters) == 2)
    model = workspace.panels["Clusters"].list.cluster_model
    qtbot.waitUntil(lambda: all(row.value("channel") >= 0 for row in model.rows))
    qtbot.waitUntil(lambda: workspace.panels["Similar"].list.shown_selection == session.selection.similar)


def test_what_was_selected_while_a_large_file_is_read_stays_alone(open_, qtbot, monkeypatch):
    all_are_large(monkeypatch)
    go_on = threading.Event()
    session = light_session()
    hold_all_features(session, go_on, monkeypatch)
    open_(session=session)
    session.selection.select([5])
    go_on.set()
    qtbot.waitUntil(lambda: session.sums.is_prepared and not session.holds_features)
    assert session.selection.clusters == (5,)


def test_a_large_file_whose_reading_is_cancelled_can_be_sorted_and_closed(open_, qtbot, monkeypatch):
    all_are_large(monkeypatch)
    monkeypatch.setattr("napari_phy.table.feature_sums.BLOCK_BYTES", 2**13)
    go_on = threading.Event()
    session = light_session()
    hold_all_features(session, go_on, monkeypatch)
    workspace = open_(session=session)
    strip = workspace.panels["Clusters"].strip
    assert len(session.selection.clusters) == 1
    qtbot.waitUntil(lambda: workspace.panels["Correlograms"].data is not None)
    QTest.mouseClick(strip.button, Qt.MouseButton.LeftButton)
    assert len(session.selection.clusters) == 1
    QTest.mouseClick(strip.button, Qt.MouseButton.LeftButton)
    assert strip.button.text() == "Cancel"
    workspace.viewer.layers.clear()
    assert workspace.session is None
    assert strip.isHidden()
    go_on.set()
    QThreadPool.globalInstance().waitForDone()
    assert not session.sums.is_prepared


@pytest.fixture
def notes():
    notes = []
    notification_manager.notification_ready.connect(notes.append)
    yield notes
    notification_manager.notification_ready.disconnect(notes.append)


def test_what_is_missing_is_notified(open_, notes):
    open_(session=light_session(with_raw=False, features=None, masks=None))
    assert [str(note.message) for note in notes] == [
        "Waveforms and traces need memory.dat, which is not beside memory.kwik.",
        "memory.kwx is missing: features and similarity are not available.",
    ]


def test_recovered_edits_offer_to_keep_save_or_discard(open_, notes, qtbot):
    session = light_session()
    session.store.recovered_at = today_at_14_32()
    session.store.messages = ("1 edit from 14:32 was recovered. It is not yet saved.",)
    session.move([3], "good")
    workspace = open_(session=session)
    choices = dict(notes[0].actions)
    assert list(choices) == ["Keep", "Save now", "Discard all"]
    assert workspace.viewer.title == "memory.kwik* – napari"
    choices["Discard all"](None)
    assert not session.is_dirty
    assert workspace.viewer.title == "memory.kwik – napari"
    qtbot.waitUntil(lambda: workspace.viewer.status == "Discarded 1 edit. Redo brings it back.")


def test_edits_made_since_opening_are_not_discarded_without_a_question(open_, notes, qtbot, monkeypatch):
    session = light_session()
    session.store.recovered_at = today_at_14_32()
    session.store.messages = ("3 edits from 14:32 were recovered. They are not yet saved.",)
    for cluster in (3, 4, 5):
        session.move([cluster], "good")
    workspace = open_(session=session)
    session.undo()
    session.move([6], "mua")
    session.move([7], "mua")
    discard = dict(notes[0].actions)["Discard all"]
    asked, answers = [], [False, True]
    monkeypatch.setattr(controller.questions, "ask_discard", lambda *words: asked.append(words[:2]) or answers.pop(0))
    discard(None)
    assert session.n_unsaved == 4
    discard(None)
    assert asked == [(4, 2), (4, 2)]
    assert not session.is_dirty
    qtbot.waitUntil(lambda: workspace.viewer.status == "Discarded 4 edits. Redo brings them back.")
    assert [session.redo() is not None for _ in range(5)] == [True] * 4 + [False]


def today_at_14_32():
    return datetime.now(UTC).astimezone().replace(hour=14, minute=32)


def notifications(workspace):
    """Return the sentences that stand in the window."""
    dialogs = [dialog for dialog in workspace.window.findChildren(NapariQtNotification) if dialog.isVisible()]
    return [dialog.message.text() for dialog in dialogs]


RECOVERED = "1 edit from 14:32 was recovered. It is not yet saved."


@pytest.fixture
def recovered(open_, monkeypatch):
    """A workspace that tells of a recovered edit and of missing raw data."""
    monkeypatch.setattr(get_settings().application, "gui_notification_level", NotificationSeverity.INFO)
    session = light_session(with_raw=False)
    session.store.recovered_at = today_at_14_32()
    session.store.messages = (RECOVERED,)
    session.move([3], "good")
    workspace = open_(session=session)
    assert RECOVERED in notifications(workspace)
    return workspace


def test_what_was_recovered_is_no_longer_unsaved_once_it_is_saved(recovered, qtbot):
    key(recovered.panels["Clusters"].list, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: RECOVERED not in notifications(recovered))
    assert len(notifications(recovered)) == 1  # the raw data are missing still


def test_what_was_told_of_a_data_set_goes_with_it(recovered):
    recovered.viewer.layers.clear()
    assert notifications(recovered) == []


def test_of_a_file_that_is_gone_no_copy_is_asked_for(workspace, notes, qtbot):
    workspace.session.move([3], "good")
    workspace.session.store.can_save, workspace.session.store.is_gone = False, True
    key(workspace.panels["Clusters"].list, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: [str(note.message) for note in notes] == ["memory.kwik is not there any more."])


def test_a_read_only_file_offers_to_save_a_copy(open_, notes, qtbot, monkeypatch, tmp_path):
    session = light_session()
    session.store.can_save = False
    session.store.messages = ("memory.kwik is read-only. Edits are kept in the journal; save a copy to keep …",)
    workspace = open_(session=session)
    monkeypatch.setattr(controller.questions, "ask_copy", lambda *_: tmp_path / "copy.kwik")
    dict(notes[0].actions)["Save a copy…"](None)
    qtbot.waitUntil(lambda: workspace.viewer.status == "Saved a copy of memory.kwik to copy.kwik.")
    session.move([3], "good")
    assert workspace.toolbar.button("save").text() == "Save a copy"  # Qt leaves the dots out
    key(workspace.panels["Clusters"].list, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: workspace.viewer.status == "Saved a copy of memory.kwik to copy.kwik.")
    assert [target for _, target, _ in session.store.copies] == 2 * [tmp_path / "copy.kwik"]
    assert session.is_dirty  # the file itself has not got the edit
    session.store.save_error = disk_full()
    key(workspace.panels["Clusters"].list, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: str(notes[-1].message) == str(disk_full()))


def test_a_file_changed_elsewhere_is_noticed_when_the_window_is_looked_at_again(open_, notes, qtbot):
    workspace = open_()
    session = workspace.session
    session.move([3], "good")
    session.store.changed = "memory.kwik was changed by another program; save a copy to keep your edit."
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is other)
    workspace.window.activateWindow()
    qtbot.waitUntil(lambda: len(notes) == 1)
    assert str(notes[0].message) == "memory.kwik was changed by another program; save a copy to keep your edit."
    assert [text for text, _ in notes[0].actions] == ["Save a copy…"]


# --- keys ---


def clusters_list(workspace):
    return workspace.panels["Clusters"].list


def test_keys_of_the_panels(workspace):
    session, view = workspace.session, clusters_list(workspace)
    key(view, Qt.Key.Key_Home)
    first = session.selection.clusters
    assert first == (workspace.panels["Clusters"].cluster_ids[0],)
    key(view, Qt.Key.Key_Down)
    assert session.selection.clusters == (workspace.panels["Clusters"].cluster_ids[1],)
    key(view, Qt.Key.Key_Up)
    assert session.selection.clusters == first
    key(view, Qt.Key.Key_Space)
    assert len(session.selection.clusters) == 2
    best, candidate = session.selection.clusters
    key(view, Qt.Key.Key_Backspace)
    assert session.selection.clusters == (best,)
    key(view, Qt.Key.Key_Space)
    key(view, Qt.Key.Key_G, CTRL)
    assert session.manager.group(candidate) == "good"
    key(view, Qt.Key.Key_Z, CTRL)
    assert session.manager.group(candidate) == "unsorted"
    key(view, Qt.Key.Key_Y, CTRL)
    assert session.manager.group(candidate) == "good"
    key(view, Qt.Key.Key_Z, CTRL)
    session.selection.select([best, candidate])
    key(view, Qt.Key.Key_G)
    assert best not in session.manager
    key(view, Qt.Key.Key_Z, CTRL)
    session.selection.select([best, candidate])
    key(view, Qt.Key.Key_M, ALT)
    assert (session.manager.group(best), session.manager.group(candidate)) == ("mua", "unsorted")
    session.selection.select([best, candidate])
    key(view, Qt.Key.Key_N, CTRL | ALT)
    assert (session.manager.group(best), session.manager.group(candidate)) == ("noise", "noise")


def test_keys_act_in_every_panel_and_the_focus_goes_back_to_clusters(workspace):
    session = workspace.session
    for title in ("Similar", "Waveforms", "Features", "Correlograms"):
        session.selection.select([3, 4])
        workspace.panels[title].setFocus()
        key(workspace.panels[title], Qt.Key.Key_G)
        assert 3 not in session.manager, title
        assert clusters_list(workspace).hasFocus(), title
        session.undo()


def test_napari_keeps_its_keys_where_we_use_ours(workspace):
    viewer = workspace.viewer
    workspace.session.selection.select([3, 4])
    grid = viewer.canvas.grid.enabled
    key(clusters_list(workspace), Qt.Key.Key_G, CTRL)
    assert viewer.canvas.grid.enabled is grid
    assert workspace.session.manager.group(4) == "good"


def canvas_of(workspace):
    return workspace.viewer.window.qt_viewer.canvas.native


@pytest.fixture
def canvas(workspace):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return canvas_of(workspace)


def test_in_the_canvas_only_the_right_column_acts(workspace, canvas):
    session = workspace.session
    session.selection.select([3, 4])
    key(canvas, Qt.Key.Key_Backspace)
    key(canvas, Qt.Key.Key_L)
    assert session.selection.clusters == (3, 4)
    key(canvas, Qt.Key.Key_G)
    assert 3 not in session.manager
    key(canvas, Qt.Key.Key_Z, CTRL)
    assert 3 in session.manager
    key(canvas, Qt.Key.Key_Z, CTRL | SHIFT)
    assert 3 not in session.manager


def test_in_the_canvas_nothing_acts_while_another_layer_is_active(workspace, canvas):
    session, viewer = workspace.session, workspace.viewer
    session.selection.select([3, 4])
    layer = viewer.add_labels(np.array([[0, 1], [1, 0]]))
    viewer.layers.selection.active = layer
    key(canvas, Qt.Key.Key_G)
    key(canvas, Qt.Key.Key_Z, CTRL)
    assert 3 in session.manager
    viewer.layers.selection.clear()
    key(canvas, Qt.Key.Key_G)
    assert 3 not in session.manager


def test_l_asks_for_a_label(workspace):
    session = workspace.session
    session.selection.select([3, 4])

    def fill():
        dialog = QApplication.activeModalWidget()
        dialog.fields["field"].native.setEditText("quality")
        dialog.fields["value"].native.setText("0.8")
        dialog.accept()

    QTimer.singleShot(50, fill)
    key(clusters_list(workspace), Qt.Key.Key_L)
    assert session.manager.cluster_labels == {"quality": {3: 0.8, 4: 0.8}}


def test_the_menu_of_a_list_has_the_actions(workspace):
    workspace.session.selection.select([3, 4])
    menu = workspace.controller.make_menu(workspace.window)
    entries = {entry.text().split("\t")[0]: entry for entry in menu.actions() if entry.text()}
    assert entries["Merge 2"].isEnabled()
    assert not entries["Split"].isEnabled()
    entries["Merge 2"].trigger()
    assert 3 not in workspace.session.manager
    menu.deleteLater()


# --- words ---


def said(qtbot, workspace, sentence):
    qtbot.waitUntil(lambda: workspace.viewer.status == sentence)


def test_the_status_bar_says_what_was_done(workspace, qtbot):
    session = workspace.session
    n_spikes = session.manager.n_spikes(3) + session.manager.n_spikes(4)
    session.merge([3, 4])
    said(qtbot, workspace, f"Merged 3 and 4 into 8 ({n_spikes} spikes).")
    assert workspace.viewer.title == "memory.kwik* – napari"
    session.undo()
    assert workspace.viewer.title == "memory.kwik – napari"
    said(qtbot, workspace, "Undid: merge 3 and 4.")
    session.redo()
    said(qtbot, workspace, "Redid: merge 3 and 4.")
    session.split(session.manager.spikes(5)[:7])
    said(qtbot, workspace, "Split 7 spikes off 5: new clusters 9 and 10.")
    session.move([6, 7], "good")
    said(qtbot, workspace, "Moved 6 and 7 to good.")
    session.selection.select([6, 7])
    assert workspace.viewer.status.startswith("6, 7 selected")


def test_undo_at_the_end_of_the_stack_says_so(workspace, qtbot):
    key(clusters_list(workspace), Qt.Key.Key_Z, CTRL)
    said(qtbot, workspace, "Nothing more to undo.")


def test_saving_goes_on_in_the_background(workspace, qtbot):
    session, view = workspace.session, clusters_list(workspace)
    session.move([3], "good")
    key(view, Qt.Key.Key_S, CTRL)
    said(qtbot, workspace, "Saved 1 edit to memory.kwik.")
    assert workspace.viewer.title == "memory.kwik – napari"
    qtbot.waitUntil(lambda: workspace.toolbar.state_label.text().startswith("✓ Saved "))
    assert len(session.store.saved) == 1


def test_a_save_that_fails_is_notified(workspace, qtbot, notes):
    session = workspace.session
    session.move([3], "good")
    session.store.save_error = disk_full()
    QTest.mouseClick(workspace.toolbar.button("save"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [str(note.message) for note in notes] == [str(disk_full())])
    assert workspace.toolbar.button("save").isEnabled()
    assert workspace.viewer.title == "memory.kwik* – napari"


def test_what_failed_is_said_once_until_it_succeeds(workspace, qtbot, monkeypatch):
    session, window = workspace.session, workspace.window

    def told():
        shown = window.findChildren(NapariQtNotification)
        return [dialog.message.text() for dialog in shown if dialog.isVisible()]

    def refuse(update):
        raise JournalError("Could not keep the edit: the disk is full.")

    session.selection.select([3])
    with monkeypatch.context() as full:
        full.setattr(session.store, "commit", refuse)
        for _ in range(6):
            workspace.controller.run("move_all_good")
        assert told() == ["Could not keep the edit: the disk is full."]
    workspace.controller.run("move_all_good")
    assert told() == []

    session.store.save_error = disk_full()
    for _ in range(2):
        workspace.controller.run("save")
        qtbot.waitUntil(lambda: workspace.controller.work.job is None and told() == [str(disk_full())])
    workspace.controller.run("move_all_mua")
    assert told() == [str(disk_full())]
    session.store.save_error = None
    workspace.controller.run("save")
    qtbot.waitUntil(lambda: not session.is_dirty and told() == [])


# --- sessions that come and go ---


def test_a_second_file_replaces_the_first(workspace, qtbot):
    viewer, first, second = workspace.viewer, workspace.session, light_session(5)
    closed = []
    first.closed.connect(lambda: closed.append(first))
    add_layer(viewer, second, "spikes [1]")
    open_workspace(viewer, second)
    settle(qtbot, workspace)
    assert {panel.session for panel in workspace.panels.values()} == {second}
    assert [session_of(layer) for layer in viewer.layers] == [second]
    assert closed == [first]
    assert len(workspace.panels["Clusters"].cluster_ids) == 5


def test_a_second_file_waits_for_the_answer_about_unsaved_edits(workspace, monkeypatch):
    viewer, first, second = workspace.viewer, workspace.session, light_session(5)
    first.move([3], "good")
    monkeypatch.setattr("napari_phy.widgets.window.close_guard.ask_unsaved", lambda *_: "cancel")
    add_layer(viewer, second, "spikes [1]")
    open_workspace(viewer, second)
    assert workspace.session is first
    assert [session_of(layer) for layer in viewer.layers] == [first]


def test_a_data_set_that_is_open_already_stays_open_for_editing(workspace, qtbot):
    viewer, first, again = workspace.viewer, workspace.session, light_session()
    again.store.read_only = True  # since the first holds its journal
    first.move([3], "good")
    closed = []
    again.closed.connect(lambda: closed.append(again))
    add_layer(viewer, again, "spikes [1]")
    open_workspace(viewer, again)
    assert workspace.session is first
    assert [session_of(layer) for layer in viewer.layers] == [first]
    assert closed == [again]
    assert viewer.help == "Space next candidate   ·   G merge   ·   Alt+G good   ·   F1 all actions"
    said(qtbot, workspace, "memory.kwik is open already.")


def test_removing_the_layers_empties_the_docks(workspace, qtbot):
    session = workspace.session
    other = light_session()
    n_before = len(other.manager.changed)
    workspace.viewer.layers.clear()
    assert workspace.session is None
    for title in ("Clusters", "Similar"):
        assert workspace.panels[title].page.text == "Open a Kwik file to begin: File > Open, or drop it here."
    assert workspace.viewer.title == "napari"
    assert (workspace.viewer.status, workspace.viewer.help) == ("", "")
    assert all(menu.isHidden() for menu in workspace.panels["Features"].header.drop_downs)
    assert workspace.viewer.canvas.background_color_override is None
    assert not workspace.toolbar.button("merge").isEnabled()
    assert len(session.manager.changed) == n_before


def test_two_viewers_do_not_disturb_each_other(open_new, qtbot):
    one, two = open_new(), open_new(SMALL, light_session(5))
    assert one is not two
    assert Workspace.find(one.viewer) is one
    assert Workspace.find(two.viewer) is two
    before = two.session.selection.clusters
    one.session.selection.select([3, 4])
    key(clusters_list(one), Qt.Key.Key_G)
    assert two.session.selection.clusters == before
    assert len(two.panels["Clusters"].cluster_ids) == 5
    one.viewer.close()
    QApplication.processEvents()
    two.session.merge([3, 4])
    settle(qtbot, two)
    assert len(two.panels["Clusters"].cluster_ids) == 4


def test_what_a_window_began_is_done_before_its_layers_go(workspace):
    go_on, done = threading.Event(), []
    QTimer.singleShot(50, go_on.set)
    workspace.controller.work.begin(Job("Renaming main…", lambda _: go_on.wait(PATIENCE_S), done.append, done.append))
    workspace.viewer.layers.clear()
    assert done == [True]
    assert workspace.session is None


def test_docks_of_the_plugins_menu_join_the_workspace(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=False)
    show(viewer, LARGE)
    panels = [factory(viewer) for factory in (docks.clusters, docks.similar, docks.features)]
    for panel in panels:
        viewer.window.add_dock_widget(panel, name=dock_name(panel.title))
    qtbot.waitUntil(lambda: (found := Workspace.find(viewer)) is not None and len(found.docks) == 3)
    workspace = Workspace.find(viewer)
    assert workspace.session is None
    session = light_session()
    add_layer(viewer, session)
    open_workspace(viewer, session)
    settle(qtbot, workspace)
    assert {workspace.panels[panel.title] for panel in panels} == set(panels)
    assert {panel.session for panel in panels} == {session}
    assert len(workspace.window.findChildren(QDockWidget, dock_name("Clusters"))) == 1


def test_sort_of_the_plugins_menu_opens_the_workspace_and_leaves(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=False)
    show(viewer, LARGE)
    viewer.window.add_dock_widget(docks.sort(viewer), name=dock_name("Sort"))
    qtbot.waitUntil(lambda: (found := Workspace.find(viewer)) is not None and set(found.docks) == NAMES)
    qtbot.waitUntil(lambda: dock_name("Sort") not in viewer.window.dock_widgets)


def test_a_right_click_opens_the_menu(workspace):
    view = clusters_list(workspace)
    seen = []

    def look():
        menu = QApplication.activePopupWidget()
        seen.append(menu is not None)
        if menu is not None:
            menu.close()

    QTimer.singleShot(50, look)
    view.customContextMenuRequested.emit(QPoint(20, 20))
    assert seen == [True]


def test_a_session_closed_in_the_console_is_let_go(workspace):
    workspace.session.close()
    QApplication.processEvents()
    assert workspace.session is None
    assert not workspace.viewer.layers
    assert all(panel.session is None for panel in workspace.panels.values())


def test_a_display_without_opengl_is_told_when_a_file_opens(open_new, notes, monkeypatch):
    from napari_phy.widgets.plots import opengl

    monkeypatch.setattr(opengl, "opengl_version", lambda: None)
    open_new()
    assert any("need OpenGL" in note.message for note in notes)


def test_what_was_said_stays_a_second_when_napari_empties_the_status_bar(workspace, qtbot):
    workspace.controller.report("Opened it.")
    qtbot.waitUntil(lambda: workspace.viewer.status == "Opened it.")
    workspace.viewer.status = ""
    qtbot.waitUntil(lambda: workspace.viewer.status == "Opened it.")


def test_napari_s_own_docks_share_the_room_of_the_lists_in_a_small_window(open_):
    workspace = open_(SMALL)
    lists = [workspace.docks[title] for title in ("Clusters", "Similar")]
    workspace.toolbar.layers_action.trigger()
    QApplication.processEvents()
    assert workspace.window.height() == SMALL[1]
    assert all(dock.isVisible() for dock in napari_docks(workspace.window).values())
    workspace.toolbar.layers_action.trigger()
    QApplication.processEvents()
    assert workspace.window.height() == SMALL[1]
    assert not any(dock.isVisible() for dock in napari_docks(workspace.window).values())
    assert all(dock.isVisible() and not dock.visibleRegion().isEmpty() for dock in lists)


@pytest.mark.parametrize("size", [(1090, 630), (900, 600)])
def test_the_canvas_keeps_room_in_a_window_lower_than_the_layout_is_made_for(open_new, monkeypatch, size):
    monkeypatch.setattr("napari_phy.widgets.window.window_size.LEAST", QSize(*size))  # as on a small screen
    workspace = open_new(size)
    assert workspace.window.centralWidget().height() >= 50


def test_after_hovering_the_status_bar_says_nothing_and_not_what_was_said_before(open_, qtbot):
    workspace = open_()
    viewer, panel = workspace.viewer, workspace.panels["Features"]
    qtbot.waitUntil(lambda: not workspace.controller._status._repeats.isActive())
    assert viewer.status.startswith("Opened")

    def hover_a_view():
        panel.say("channel 4, 12.0")
        assert viewer.status == "channel 4, 12.0"
        panel.say("")

    def hover_the_canvas():  # as napari tells of it
        viewer.status = "spikes [3 12]"
        viewer.status = ""

    for hover in (hover_a_view, hover_the_canvas):
        hover()
        workspace.overview.fit.fit()
        assert viewer.status == ""
        workspace.controller.report("Merged 3 and 4.")
        qtbot.waitUntil(lambda: viewer.status == "Merged 3 and 4.")
        qtbot.waitUntil(lambda: not workspace.controller._status._repeats.isActive())


def test_what_is_said_of_an_opened_data_set_counts_as_the_list_does(open_, qtbot):
    session = light_session(cluster_groups={0: "good", 3: "discarded"})
    workspace = open_(session=session)
    counts = workspace.panels["Clusters"].count_label.text().split("   ·   ")
    assert counts[0] == "7 clusters"
    sentence = f"Opened memory.kwik: {', '.join(counts)}, "
    qtbot.waitUntil(lambda: workspace.viewer.status.startswith(sentence))
