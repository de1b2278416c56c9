"""What `?` says of each panel is complete, and names the keys in force."""

import re

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QToolTip

from napari_phy.widgets.actions.action_table import BY_ID
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.docks.catalogue import KINDS


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
    words = set(re.findall(r"[^\s,;:()]+", panel.help_text.replace(".", " ")))
    assert not changeable & words


def test_the_button_shows_it(qtbot):
    panel = KINDS["Traces"].panel()
    qtbot.addWidget(panel)
    panel.show()
    panel.header.show()
    qtbot.waitExposed(panel)
    QTest.mouseClick(panel.header.help_button, Qt.MouseButton.LeftButton)
    assert QToolTip.text() == panel.explanation()
    assert "Alt+Right and Alt+Left turn the page" in QToolTip.text()
    QToolTip.hideText()
