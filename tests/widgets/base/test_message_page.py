"""A message page shows as much as has room: whole lines of about the same length, and every button."""

import pytest
from napari.settings import get_settings
from qtpy.QtCore import QRect, Qt
from qtpy.QtGui import QFontMetrics

from napari_phy.widgets.base.message_page import ABOVE, SIDE, MessagePage
from napari_phy.widgets.base.theme import tokens

HEADLINE = "Waveforms and traces need sample.dat, which is not beside sample.kwik."
EXPLANATION = "Everything else works."
LEAST = 120  # px, of a dock at the usual type


@pytest.fixture
def page(qtbot):
    page = MessagePage()
    qtbot.addWidget(page)
    page.apply_theme(tokens())
    page.tell(HEADLINE, EXPLANATION, [("Locate raw data…", lambda: None)])
    page.show()
    return page


@pytest.fixture
def large(page, monkeypatch):
    monkeypatch.setattr(get_settings().appearance, "font_size", 16)
    page.apply_theme(tokens())
    return page


def lines(label, width=None):
    """Return how high the words that are seen are in a width."""
    box, flags = QRect(0, 0, width or label._width, 10_000), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    return QFontMetrics(label.font()).boundingRect(box, flags, label.shown_text).height()


def seen(page):
    """Return what of the page is seen."""
    return [part for part in (page.headline, page.explanation, page.progress, *page.buttons) if part.isVisible()]


def settle(page, qtbot, width, height):
    page.resize(width, height)
    qtbot.waitUntil(lambda: page.headline.width() == width - 2 * SIDE and page.isVisible())
    page.layout().activate()


def check_is_whole(page):
    for button in page.buttons:
        if button.isVisible():
            assert button.width() >= button.fontMetrics().horizontalAdvance(button.text())
            assert button.width() == button.sizeHint().width()
    for label in (page.headline, page.explanation):
        if label.isVisible():
            assert label.height() == lines(label)
    boxes = [part.geometry() for part in seen(page)]
    assert all(page.rect().adjusted(SIDE, ABOVE, -SIDE, -ABOVE).contains(box) for box in boxes)
    assert not any(box.intersects(other) for box in boxes for other in boxes if box is not other)


def test_in_a_low_dock_less_is_said_and_all_of_it_is_seen(page, qtbot):
    settle(page, qtbot, 250, 300)
    needed = sum(part.height() for part in seen(page)) + 2 * 6 + 4 + 2 * ABOVE
    for height, explains in ((needed, True), (needed - 1, False), (needed - 20, False)):
        settle(page, qtbot, 250, height)
        check_is_whole(page)
        assert page.explanation.isVisible() is explains
        assert page.headline.shown_text == HEADLINE
        assert page.toolTip() == ("" if explains else EXPLANATION)
        assert page.text == f"{HEADLINE} {EXPLANATION}"
    settle(page, qtbot, 250, 300)
    assert page.explanation.isVisible()
    assert page.toolTip() == ""


@pytest.mark.parametrize("width", [220, 300, 480])
def test_large_type_is_never_cut(large, qtbot, width):
    for height in range(LEAST, 300, 20):
        settle(large, qtbot, width, height)
        check_is_whole(large)
        if large.headline.shown_text != HEADLINE:
            assert HEADLINE.startswith(large.headline.shown_text.removesuffix("…"))
            assert large.toolTip() == f"{HEADLINE} {EXPLANATION}"


def test_buttons_that_have_no_room_side_by_side_stand_one_below_the_other(large, qtbot):
    large.tell("It failed.", "", [("Try again", lambda: None), ("Copy details", lambda: None)], is_error=True)
    for width, is_wide in ((480, True), (220, False)):
        settle(large, qtbot, width, 240)
        check_is_whole(large)
        again, copy = large.buttons
        assert (again.y() == copy.y()) is is_wide
    settle(large, qtbot, 220, LEAST)
    check_is_whole(large)
    assert again.isVisible()
    assert not copy.isVisible()
    assert large.headline.shown_text == "It failed."


def test_no_word_is_left_alone_in_the_last_line(page, qtbot):
    page.tell("Open a Kwik file to begin: File > Open, or drop it here.")
    settle(page, qtbot, 372, 200)
    label = page.headline
    assert label._width < 0.7 * label.width()
    assert lines(label) == lines(label, label.width()) < lines(label, label._width - 1)


def test_a_name_that_is_longer_than_a_line_is_broken(page, qtbot):
    name = "2024-05-11_mouse_42_session_3_probe_A_sorted_by_somebody_else.kwik"
    page.tell(f"{name} is not a Kwik file.", f"It is beside {name}.")
    settle(page, qtbot, 220, 300)
    check_is_whole(page)
    for label, words in ((page.headline, f"{name} is not a Kwik file."), (page.explanation, f"It is beside {name}.")):
        assert label.shown_text.replace("\u200b", "") == words
        box, flags = QRect(0, 0, label._width, 999), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        assert QFontMetrics(label.font()).boundingRect(box, flags, label.shown_text).width() <= label.width()


def test_numbers_are_not_broken(page, qtbot):
    page.tell("rows 14\u2009400")
    for width in range(60, 200, 10):
        settle(page, qtbot, width + 2 * SIDE, 200)
        assert page.headline.shown_text == "rows 14\u202f400"
    assert page.text == "rows 14\u2009400"


def test_what_is_told_next_takes_its_own_form(page, qtbot):
    page.resize(250, 100)
    page.tell("Counting…", "3 of 9 pairs", percent=33)
    qtbot.waitUntil(page.explanation.isVisible)
    page.tell("Select a cluster.")
    assert not page.explanation.isVisible()
    assert page.toolTip() == ""
