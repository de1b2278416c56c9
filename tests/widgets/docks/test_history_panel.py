"""History: a row an edit, going back and forth by clicks, what is undone and what is saved."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from qtpy.QtTest import QTest
from widgets.light_session import light_session

from napari_phy.widgets.docks.history_panel import HistoryPanel


@pytest.fixture
def panel(qtbot):
    session = light_session()
    panel = HistoryPanel(session)
    qtbot.addWidget(panel)
    panel.resize(300, 400)
    panel.show()
    settle(qtbot, panel)
    return panel


def settle(qtbot, panel):
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)


def rows(panel):
    return [panel.model.words(row) for row in range(panel.model.rowCount())]


def click(qtbot, panel, row):
    place = panel.list.visualRect(panel.model.index(row)).center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(20, place.y()))
    settle(qtbot, panel)


def test_every_edit_is_a_row_and_a_click_goes_there(panel, qtbot):
    session = panel.session
    assert rows(panel) == ["Opened memory.kwik   ·   saved"]
    session.move([3], "good")
    session.merge([4, 5])
    spikes = session.manager.spikes(6)[:5]
    session.split(spikes)
    settle(qtbot, panel)
    words = rows(panel)
    assert words[1:] == ["Move 3 to good", "Merge 4 and 5 → 8", "Split 6 → 9, 10"]
    assert panel.stack.caption.text() == "3 edits"
    click(qtbot, panel, 1)
    assert session.manager.n_done == 1
    assert session.manager.group(3) == "good"
    assert 4 in session.manager
    assert rows(panel) == words
    assert panel.stack.caption.text() == "1 edit, 2 undone"
    click(qtbot, panel, 3)
    assert session.manager.n_done == 3
    assert session.manager.spikes(9).tolist() == spikes.tolist()
    click(qtbot, panel, 0)
    assert not session.is_dirty
    session.move([1], "noise")
    settle(qtbot, panel)
    assert rows(panel)[1:] == ["Move 1 to noise"]


def test_what_is_undone_is_dim_and_the_state_shown_is_marked(panel, qtbot):
    panel.session.move([3], "good")
    panel.session.move([4], "good")
    panel.session.undo()
    settle(qtbot, panel)
    role = Qt.ItemDataRole
    ink = [panel.model.data(panel.model.index(row), role.ForegroundRole) for row in range(3)]
    assert ink == [QColor(panel.theme.text), QColor(panel.theme.text), QColor(panel.theme.faint)]
    fill = [panel.model.data(panel.model.index(row), role.BackgroundRole) for row in range(3)]
    assert fill == [None, QColor(panel.theme.selected_row), None]
    image = panel.list.viewport().grab().toImage()
    corners = [image.pixelColor(2, panel.list.visualRect(panel.model.index(row)).top() + 3) for row in range(3)]
    assert corners == [QColor(panel.theme.view), QColor(panel.theme.selected_row), QColor(panel.theme.view)]


def test_a_save_moves_the_mark_of_the_saved_state(panel, qtbot):
    panel.session.move([3], "good")
    panel.session.save()
    settle(qtbot, panel)
    qtbot.waitUntil(lambda: rows(panel) == ["Opened memory.kwik", "Move 3 to good   ·   saved"])


def test_edits_too_old_to_be_undone_are_one_row(qtbot):
    session = light_session()
    session.manager._history._limit = 2
    panel = HistoryPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    for group in ("good", "noise", "mua", "good"):
        session.move([3], group)
    settle(qtbot, panel)
    assert rows(panel)[0] == "2 earlier edits, too old to be undone"
    click(qtbot, panel, 0)
    assert session.manager.n_done == 2
    assert session.manager.group(3) == "noise"
