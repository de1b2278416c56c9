"""What `?` says of each panel is complete, and names the keys in force."""

import re

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from napari_phy.actions.action_table import BY_ID
from napari_phy.core.colors import selection_color
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.help_popup import HelpPopup
from napari_phy.widgets.window.kinds import KINDS


@pytest.fixture(params=KINDS)
def panel(request, qtbot):
    panel = KINDS[request.param].panel()
    qtbot.addWidget(panel)
    return panel


def test_it_tells_of_mouse_drop_downs_lasso_lock_and_menu(panel):
    words = panel.explanation()
    assert len(words.split()) > 15
    assert max(map(len, words.splitlines())) <= 140
    header = panel.header
    if panel.title != "Clusters" and header.drop_downs:
        assert "drop-down" in words
    assert ("lasso" in words) == (getattr(panel, "has_lasso", False) or panel.title == "Waveforms")
    assert ("The lock keeps" in words) == getattr(panel, "has_freeze", False)
    if any(action.text() == "Save picture…" for action in header.more_menu.actions()):
        assert "saves the picture" in words
    assert not re.search(r"\{|\}", words)


def test_it_names_keys_by_their_actions_and_as_they_are_now(panel):
    named = re.findall(r"\{(\w+)\}", panel.help_text)
    assert set(named) <= set(BY_ID)
    for action_id in named:
        key_bindings().bind(action_id, "panels", ("F7",))
        assert "F7" in panel.explanation()
        key_bindings().bind(action_id, "panels", ())
        assert "no key" in panel.explanation()
        key_bindings().reset(action_id, "panels")


def test_no_key_that_may_change_is_written_out(panel):
    changeable = {key for action in BY_ID.values() for key in action.keys} - {"F1", "Up", "Down", "Home", "End"}
    changeable.remove("A")  # which is a word, too
    words = set(re.findall(r"[^\s,;:()]+", panel.help_text.replace(".", " ")))
    assert not changeable & words


def test_the_button_shows_a_sketch_and_three_lines_and_more_on_demand(panel, qtbot):
    panel.resize(500, 400)
    panel.show()
    panel.header.show()
    qtbot.waitExposed(panel)
    QTest.mouseClick(panel.header.help_button, Qt.MouseButton.LeftButton)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, HelpPopup)
    lines = panel.explanation().splitlines()
    assert popup.summary.text().splitlines() == lines[:3]
    assert lines[2].endswith(".")
    colors = popup.sketch.pixmap().toImage()
    drawn = {QColor(colors.pixel(x, y)).name() for x in range(colors.width()) for y in range(colors.height())}
    assert drawn & {selection_color(place, panel.theme.dark) for place in (0, 1)}
    assert not popup.rest.isVisible()
    if len(lines) > 3:
        QTest.mouseClick(popup.more_button, Qt.MouseButton.LeftButton)
        assert popup.rest.text().splitlines() == lines[3:]
        assert popup.rest.isVisible()
    assert not popup.more_button.isVisible()
    assert popup.screen().geometry().contains(popup.geometry())
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert QApplication.activePopupWidget() is None
