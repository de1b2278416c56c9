"""Sorting by commands, by the window with all actions and by the Actions dock, with keys of one's own."""

import warnings

import numpy as np
import pytest
from journeys.person import ALT, CTRL, LEFT, PLAIN, SHIFT
from journeys.sizes import LARGE_FIRST
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QLineEdit, QMenu, QTabBar

from napari_phy.widgets.actions.bindings import KeyBindings


def command(person, text):
    """Press the colon, type a line and press Return; return what stands below the line, "" once it is gone."""
    person.press(Qt.Key.Key_Colon, SHIFT)
    line = person.workspace.command_line
    person.wait(line.field.hasFocus, "the command line")
    QTest.keyClicks(line.field, text)
    QTest.keyClick(line.field, Qt.Key.Key_Return)
    person.settle()
    if line.isHidden():
        return ""
    reason = line.note.text()
    QTest.keyClick(line.field, Qt.Key.Key_Escape)
    return reason


def all_actions(person, text):
    """Press F1 and search."""
    person.press(Qt.Key.Key_F1)
    window = person.workspace.controller._keys_window
    person.wait(window.search.hasFocus, "the window with all actions")
    QTest.keyClicks(window.search, text)
    person.settle()
    return window


def test_sorting_by_commands(person, kwik_copy):
    person.open(kwik_copy)
    session, manager = person.session, person.session.manager
    first, second, third = person.listed()[:3]
    assert command(person, f"c {first} {second}") == ""
    assert person.chosen == (first, second)
    assert command(person, "g") == ""
    merged = person.chosen[0]
    assert merged not in (first, second)
    assert command(person, f"m good {merged} {third}") == ""
    assert manager.group(merged) == manager.group(third) == "good"
    assert command(person, f"c {third}") == ""
    assert command(person, "l note put-int axon") == ""
    assert manager.labels(third) == {"note": "put-int axon"}
    assert command(person, 'f rate > -1 and group == "good"') == ""
    assert set(person.listed()) >= {merged, third}
    assert all(manager.group(cluster) == "good" for cluster in person.listed())
    listed, n_done = person.listed(), manager.n_done
    assert command(person, "f rate >") == "In the filter, column 7: a value is missing after >."
    assert command(person, "g") == "Select two or more clusters to merge."
    assert command(person, f"g {merged} 99999") == "There is no cluster 99999."
    assert (person.listed(), manager.n_done) == (listed, n_done)
    assert command(person, "f") == ""
    assert len(person.listed()) == len(manager.cluster_ids)
    for _ in range(n_done):
        assert command(person, "undo") == ""
    assert not session.is_dirty
    person.press(Qt.Key.Key_Colon)
    line = person.workspace.command_line
    seen = []
    for _ in range(4):
        QTest.keyClick(line.field, Qt.Key.Key_Up)
        seen.append(line.field.text())
    assert seen == ["undo", "f", f"g {merged} 99999", "g"]
    QTest.keyClick(line.field, Qt.Key.Key_Escape)
    assert person.workspace.panels["Clusters"].list.hasFocus()


def test_a_key_of_ones_own_holds_for_the_next_window_and_an_action_is_found_by_a_word(person, kwik_copy):
    person.open(kwik_copy)
    first, second = person.listed()[:2]
    window = all_actions(person, "merge")
    item = window.list.rows()[0]
    place = QPoint(window.list.columnViewportPosition(1) + 10, window.list.visualItemRect(item).center().y())
    QTest.mouseClick(window.list.viewport(), LEFT, PLAIN, place)
    QTest.keyClick(window.search, Qt.Key.Key_K)
    assert window.note.text() == "K is the key of Split in our panels. Give that another key first."
    QTest.keyClick(window.search, Qt.Key.Key_J)
    assert window.note.text() == "Merge has the key J in our panels."
    window.close()
    assert KeyBindings().keys("merge", "panels") == ("J",)  # as the next start reads them
    command(person, f"c {first} {second}")
    person.press(Qt.Key.Key_G)
    assert person.session.manager.n_done == 0
    person.press(Qt.Key.Key_J)
    assert person.session.manager.n_done == 1
    window = all_actions(person, "undo")
    QTest.keyClick(window.search, Qt.Key.Key_Return)
    person.wait(lambda: person.session.manager.n_done == 0, "the undo")
    person.wait(person.workspace.panels["Clusters"].list.hasFocus, "the keys to go to Clusters")


@LARGE_FIRST
def test_the_actions_dock_does_what_its_buttons_print(person, kwik_copy):
    person.open(kwik_copy)
    first, second = person.listed()[:2]
    command(person, "v actions")
    panel = person.workspace.panels["Actions"]
    command(person, f"c {first} {second}")
    person.wait(lambda: panel.buttons["merge"].text == "Merge 2", "the caption")
    for action_id, button in panel.buttons.items():
        label = panel._keys[action_id]
        button = button.native
        words = button.fontMetrics().horizontalAdvance(button.text()) + button.iconSize().width()
        assert words + label.width() <= button.width() - 16, f"{action_id} is cut"
    QTest.mouseClick(panel.buttons["move_all_good"].native, LEFT)
    person.settle()
    manager = person.session.manager
    assert manager.group(first) == manager.group(second) == "good"
    assert QApplication.focusWidget() is person.workspace.panels["Clusters"].list
    person.wait(lambda: panel.buttons["undo"].tooltip.startswith("Undo: move"), "the tooltip")
    QTest.mouseClick(panel.buttons["undo"].native, LEFT)
    person.settle()
    assert manager.n_done == 0


@LARGE_FIRST
def test_clicks_beside_the_views_leave_the_keys_where_they_were(person, kwik_copy):
    person.open(kwik_copy)
    window, panels = person.workspace.window, person.workspace.panels
    person.click(person.listed()[0])
    tabs = next(tabs for tabs in window.findChildren(QTabBar) if "Probe" in map(tabs.tabText, range(tabs.count())))
    probe = [tabs.tabText(place) for place in range(tabs.count())].index("Probe")
    undo = person.workspace.toolbar.button("undo")
    clicked = [
        (panels["Features"].header.freeze_button, None),
        (panels["Features"].header.freeze_button, None),
        (panels["Waveforms"].header, None),
        (tabs, tabs.tabRect(probe).center()),
        (undo, None),
        (window.statusBar(), QPoint(4, 4)),
    ]
    for number, (widget, place) in enumerate(clicked, 1):
        assert person.focused() is panels["Clusters"].list
        QTest.mouseClick(widget, LEFT, PLAIN, place or widget.rect().center())
        person.press(Qt.Key.Key_Down)
        assert person.chosen[0] == person.listed()[number]
    person.pick(panels["Features"].header.more_button, "Copy picture")
    person.press(Qt.Key.Key_Home)
    assert person.chosen == (person.listed()[0],)
    assert person.workspace.docks["Probe"].visibleRegion().isEmpty() is False


def test_a_click_in_a_window_that_is_not_active_yet_leaves_the_keys_where_they_were(person, kwik_copy):
    person.open(kwik_copy)
    window, panels = person.workspace.window, person.workspace.panels
    person.click(person.listed()[0])
    assert person.focused() is panels["Clusters"].list
    dialog = QDialog(window)
    QLineEdit(dialog).setFocus()
    dialog.show()
    dialog.activateWindow()
    person.wait(lambda: QApplication.activeWindow() is dialog, "the dialog")
    QTest.mouseClick(panels["Clusters"].header, LEFT, PLAIN, panels["Clusters"].header.rect().center())
    dialog.close()
    dialog.deleteLater()
    person.press(Qt.Key.Key_Down)
    assert person.chosen[0] == person.listed()[1]


@pytest.mark.soak
def test_a_click_on_a_header_leaves_the_keys_with_the_canvas(person, kwik_copy):
    person.open(kwik_copy)
    header = person.workspace.panels["Clusters"].header
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        canvas = person.viewer.window.qt_viewer.canvas.native
    person.press(Qt.Key.Key_G)
    canvas.setFocus()
    QTest.mouseClick(header, LEFT, PLAIN, header.rect().center())
    assert person.focused() is canvas
    person.press(Qt.Key.Key_Z, CTRL)
    assert person.session.manager.n_done == 0


@pytest.mark.soak
@LARGE_FIRST
def test_a_line_is_completed_refused_and_brought_back(person, kwik_copy):
    person.open(kwik_copy)
    person.press(Qt.Key.Key_Colon, SHIFT)
    line = person.workspace.command_line
    person.wait(line.field.hasFocus, "the command line")
    QTest.keyClicks(line.field, "v inter")
    QTest.keyClick(line.field, Qt.Key.Key_Tab)
    assert line.field.text() == "v Intervals"
    QTest.keyClick(line.field, Qt.Key.Key_Return)
    person.settle()
    assert command(person, "isib 0") == "0 is not a valid interval bin: choose a number from 0.01 to 1000."
    person.press(Qt.Key.Key_Colon, SHIFT)
    person.wait(line.field.hasFocus, "the command line")
    QTest.keyClick(line.field, Qt.Key.Key_Up)
    assert line.field.text() == "isib 0"
    QTest.keyClicks(line.field, ".4")
    assert line.note.property("wrong") is False
    window = person.workspace.window
    assert window.rect().contains(line.geometry())
    assert line.geometry().bottom() < window.statusBar().geometry().top()
    QTest.keyClick(line.field, Qt.Key.Key_Return)
    person.settle()
    panel = person.workspace.panels["Intervals"]
    assert np.diff(panel.data.edges_ms) == pytest.approx(0.4)
    assert person.session.views["intervals"].bin_ms == 0.4
    entries = [entry for menu in panel.header.findChildren(QMenu) for entry in menu.actions()]
    assert "0.4 ms" in [entry.text() for entry in entries if entry.isChecked()]


@pytest.mark.soak
@LARGE_FIRST
def test_an_action_is_found_given_a_second_key_and_done(person, kwik_copy):
    person.open(kwik_copy)
    window = all_actions(person, "undo")
    assert person.workspace.window.frameGeometry().contains(window.geometry())
    item = window.list.rows()[0]
    place = QPoint(window.list.columnViewportPosition(1) + 10, window.list.visualItemRect(item).center().y())
    QTest.mouseClick(window.list.viewport(), LEFT, PLAIN, place)
    QTest.mouseClick(window.editor.second_button, LEFT)
    QTest.keyClick(window.search, Qt.Key.Key_F4, ALT)
    assert window.note.text() == "Alt+F4 is taken: it closes the window."
    QTest.keyClick(window.search, Qt.Key.Key_J)
    assert item.text(1) == "Ctrl+Z, J"
    window.search.selectAll()
    QTest.keyClicks(window.search, "best good")
    QTest.keyClick(window.search, Qt.Key.Key_Return)
    manager = person.session.manager
    person.wait(lambda: manager.n_done == 1, "the move")
    person.wait(person.workspace.panels["Clusters"].list.hasFocus, "the keys to go to Clusters")
    person.press(Qt.Key.Key_J)
    assert manager.n_done == 0


@pytest.mark.soak
def test_a_similarity_chosen_by_a_command_leads_list_matrix_and_wizard_alike(person, kwik_copy):
    person.open(kwik_copy)
    session, similar = person.session, person.workspace.panels["Similar"]
    person.click(person.listed()[0])
    best = person.chosen[0]
    assert command(person, "sim masked gaussian") == ""
    person.wait(lambda: similar.count_label.text() == f"like {best} by masked Gaussian", "the Gaussians")
    matrix = person.workspace.panels["Similarity"]
    person.wait(lambda: matrix.data is not None and matrix.data.request.measure == "masked gaussian", "the matrix")
    ranking = [other for other, _ in session.similar_to(best)]
    shown = person.listed("Similar")
    assert shown == [other for other in ranking if other in shown]
    person.press(Qt.Key.Key_Space)
    other = person.chosen[1]
    assert other == shown[0]
    person.press(Qt.Key.Key_G)
    merged = person.chosen[0]
    person.wait(lambda: similar.count_label.text().startswith(f"like {merged} by masked Gaussian"), "its candidates")
    person.press(Qt.Key.Key_Z, CTRL)
    assert [one for one, _ in session.similar_to(best)] == ranking
    assert command(person, "sim cosine") == ""
