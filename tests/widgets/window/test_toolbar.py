"""What the toolbar shows and does."""

from dataclasses import replace
from itertools import pairwise

import pytest
from qtpy.QtCore import QRect, Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLabel, QMainWindow, QMenu, QToolButton
from widgets.light_session import light_session

from napari_phy.table.numbers import THIN_SPACE
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.window.toolbar import WIDEST, ActionBar


@pytest.fixture
def session():
    return light_session(12)


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(1920, 300)
    window.show()
    return window


@pytest.fixture
def ran():
    return []


@pytest.fixture
def bar(window, session, ran):
    bar = ActionBar(ran.append, QMenu(window), window)
    window.addToolBar(bar)
    bar.set_session(session)
    yield bar
    bar.set_session(None)


def enabled(bar):
    names = ("merge", "split", "move_all_good", "label", "undo", "redo", "save")
    return {name for name in names if bar.button(name).isEnabled()}


def texts(bar):
    return [
        button.text()
        for button in bar.findChildren(QToolButton)
        if button.isVisible() and button.toolButtonStyle() != Qt.ToolButtonStyle.ToolButtonIconOnly
    ]


def test_words_in_their_order(bar, session):
    session.selection.select([3, 4, 5])
    assert texts(bar) == [
        "Merge 3",
        "Split",
        "Good",
        "MUA",
        "Noise",
        "Unsorted",
        "Label",
        "Undo",
        "Redo",
        "Wizard",
        "All times ▾",
        "Save",
        "Sort ▾",
    ]


def test_enabled_by_selection_lasso_and_stack(bar, session):
    assert enabled(bar) == set()
    session.selection.select([3])
    assert enabled(bar) == {"move_all_good", "label"}
    session.selection.select([3, 4])
    assert enabled(bar) == {"move_all_good", "label", "merge"}
    session.selection.select_spikes(session.manager.spikes(3)[:5])
    assert enabled(bar) == {"move_all_good", "label", "merge", "split"}
    assert bar.button("split").text() == "Split 5"
    session.merge([3, 4])
    assert enabled(bar) == {"move_all_good", "label", "merge", "undo", "save"}
    session.undo()
    assert {"redo"} <= enabled(bar)
    assert not {"undo", "save"} & enabled(bar)


def test_without_a_session_only_help(bar):
    bar.set_session(None)
    assert enabled(bar) == set()
    assert bar.button("keys").isEnabled()
    assert bar.button("merge").toolTip().endswith("Open a Kwik file to begin: File > Open, or drop it here.")


def test_a_click_runs_the_action(bar, session, ran):
    session.selection.select([3, 4])
    QTest.mouseClick(bar.button("merge"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(bar.button("move_all_noise"), Qt.MouseButton.LeftButton)
    QTest.mouseClick(bar.button("split"), Qt.MouseButton.LeftButton)  # disabled
    assert ran == ["merge", "move_all_noise"]


def test_tooltips_say_what_or_why_not(bar, session):
    session.selection.select([3])
    assert bar.button("merge").toolTip() == "Merge (G). Select two or more clusters to merge."
    session.selection.select([3, 4])
    assert bar.button("merge").toolTip() == "Merge 3 and 4 into one cluster (G)"


def test_unsaved_edits_are_counted_and_undo_clears_them(bar, session):
    session.move([3], "good")
    assert bar.state_label.text() == "● 1 unsaved edit"
    session.move([4], "good")
    assert bar.state_label.text() == "● 2 unsaved edits"
    assert bar._theme.warning in bar.state_label.styleSheet()
    session.undo()
    session.undo()
    assert bar.state_label.text() == ""


def test_where_edits_are_not_kept_it_says_read_only(bar, session):
    session.selection.select([3, 4])
    session.store.read_only = True
    bar.refresh()
    assert bar.state_label.text() == "read-only"
    assert bar.state_label.toolTip() == "memory.kwik is open read-only; it cannot be edited."
    assert enabled(bar) == set()


def test_saved_shows_the_time_for_a_while(bar, session, qtbot):
    session.move([3], "good")
    bar.set_saving(True)
    assert bar.state_label.text() == "Saving…"
    assert not bar.button("save").isEnabled()
    session.save()
    qtbot.waitUntil(lambda: bar.state_label.text().startswith("✓ Saved "))
    assert bar._theme.dim in bar.state_label.styleSheet()
    bar._saved_shown.setInterval(1)
    bar._saved_shown.start()
    qtbot.waitUntil(lambda: bar.state_label.text() == "")


def test_fewer_words_in_a_narrower_window(bar, window, session):
    session.move([3], "good")
    session.selection.select([3])
    window.resize(1599, 300)
    QApplication.processEvents()
    assert texts(bar) == [
        "Merge",
        "Split",
        "Good",
        "MUA",
        "Noise",
        "Unsorted",
        "Wizard",
        "All times ▾",
        "Save",
        "Sort ▾",
    ]
    assert bar.state_label.text() == "● 1 unsaved"
    window.resize(1920, 300)
    QApplication.processEvents()
    assert "Label" in texts(bar)


@pytest.mark.parametrize("width", [1920, 1600, 1599, 1280, 1024, 800])
def test_all_fits_without_an_overflow_arrow(bar, window, session, width):
    for _ in range(12):
        session.label([3], "note", str(session.n_unsaved))
    session.selection.select(range(8))
    session.selection.select_spikes(range(1100))
    window.resize(width, 300)
    QApplication.processEvents()
    assert bar.button("split").text() == f"Split 1{THIN_SPACE}100"
    overflow = bar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert overflow is None or not overflow.isVisible()
    for button in bar.findChildren(QToolButton):
        if button.isVisible():
            assert button.width() >= button.sizeHint().width(), button.text()
            assert button.geometry().right() <= bar.width()
    label = bar.state_label
    assert label.width() >= label.fontMetrics().horizontalAdvance(label.text())


def places(bar):
    names = ("merge", "split", "undo", "redo", *(f"move_all_{group}" for group in ("good", "mua", "noise", "unsorted")))
    buttons = {name: bar.button(name) for name in names}
    return {name: (button.x(), button.width(), button.toolButtonStyle()) for name, button in buttons.items()}


def states(session):
    """Yield after each change of what the toolbar says: clusters, a lasso, an edit, its undo, the time in use."""
    for n_clusters in (0, 1, 2, 12):
        session.selection.select(range(n_clusters))
        yield
        session.time.set_range(0.1, 0.2)
        yield
        session.move([3], "good")
        yield
        session.time.clear_range()
        yield
        session.undo()
        yield
    for n_spikes in (5, 1100):
        session.selection.select_spikes(range(n_spikes))
        yield


@pytest.mark.parametrize("scale", [0.75, 1.0, 1.3, 1.7])
def test_no_button_moves_whatever_is_done(bar, window, session, scale):
    bar.apply_theme(replace(tokens(), scale=scale))
    for width in (1000, 1100, 1280, 1440, 1599, 1600, 1750, 1920):
        session.selection.select([])
        window.resize(width, 300)
        QApplication.processEvents()
        first = places(bar)
        for _ in states(session):
            QApplication.processEvents()
            assert places(bar) == first, width
            assert_nothing_overlaps(bar)


def assert_nothing_overlaps(bar):
    kinds = (QToolButton, QLabel)
    shown = [
        QRect(widget.mapTo(bar, widget.rect().topLeft()), widget.size())
        for kind in kinds
        for widget in bar.findChildren(kind)
        if widget.isVisible()
    ]
    shown.sort(key=QRect.left)
    assert all(one.right() < other.left() for one, other in pairwise(shown) if not other.isEmpty())
    assert shown[-1].right() <= bar.width()


@pytest.mark.parametrize("width", [1920, 1600, 1280, 1000, 800])
@pytest.mark.parametrize("name", ["run", "a run of which much is to be told"])
def test_the_epochs_in_use_have_room(bar, window, session, width, name):
    for _ in range(12):
        session.label([3], "note", str(session.n_unsaved))
    session.time.set_epochs([(0.1, 0.2), (0.3, 0.4), (0.5, 0.6)], name)
    window.resize(width, 300)
    QApplication.processEvents()
    assert_nothing_overlaps(bar)
    assert bar.range_chip.text().startswith("only ")
    assert bar.range_chip.text().endswith("×")
    if name == "run" and width >= 1000:
        assert bar.range_chip.text() == "only run (3 epochs)  ×"


def test_more_spikes_than_have_room_are_not_on_the_button(bar, session, monkeypatch):
    session.selection.select_spikes(range(5))
    assert bar.button("split").text() == "Split 5"
    monkeypatch.setitem(WIDEST, "split", "Split")
    bar.refresh()
    assert bar.button("split").text() == "Split"


def test_the_layers_button_is_a_switch(bar, qtbot):
    with qtbot.waitSignal(bar.layers_toggled) as toggled:
        QTest.mouseClick(bar.layers_button, Qt.MouseButton.LeftButton)
    assert toggled.args == [True]


def test_buttons_have_the_height_they_need_for_their_icons(bar):
    button = bar.button("merge")
    assert button.height() >= button.sizeHint().height()
    assert bar.rect().contains(button.geometry())
