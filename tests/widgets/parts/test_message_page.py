"""A message page shows as much as has room, and never a cut line."""

import pytest
from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QFontMetrics

from napari_phy.widgets.parts.message_page import MessagePage
from napari_phy.widgets.parts.theme import tokens

HEADLINE = "Waveforms and traces need sample.dat, which is not beside sample.kwik."
EXPLANATION = "Everything else works."


@pytest.fixture
def page(qtbot):
    page = MessagePage()
    qtbot.addWidget(page)
    page.apply_theme(tokens())
    page.tell(HEADLINE, EXPLANATION, [("Locate raw data…", lambda: None)])
    page.show()
    return page


def is_whole(label):
    box = QRect(0, 0, label.width(), 10_000)
    needed = QFontMetrics(label.font()).boundingRect(box, Qt.TextFlag.TextWordWrap, label.text()).height()
    return label.height() >= needed


@pytest.mark.parametrize(("lower", "explains"), [(0, True), (1, False), (20, False)])
def test_in_a_low_dock_less_is_said_and_all_of_it_is_seen(page, qtbot, lower, explains):
    page.resize(250, 300)
    page.resize(250, page._needed_height() - lower)
    qtbot.waitUntil(lambda: page.explanation.isVisible() is explains)
    qtbot.waitUntil(lambda: is_whole(page.headline) and page.buttons[0].geometry().bottom() < page.height())
    assert page.toolTip() == ("" if explains else EXPLANATION)
    assert page.text == f"{HEADLINE} {EXPLANATION}"
    page.resize(250, 300)
    qtbot.waitUntil(page.explanation.isVisible)
    assert page.toolTip() == ""


def test_what_is_told_next_takes_its_own_form(page, qtbot):
    page.resize(250, 100)
    page.tell("Counting…", "3 of 9 pairs", progress=(3, 9))
    qtbot.waitUntil(page.explanation.isVisible)
    page.tell("Select a cluster.")
    assert not page.explanation.isVisible()
    assert page.toolTip() == ""
