"""A header shows what fits, and stays with its dock."""

from itertools import pairwise

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QWidget

from napari_phy.widgets.base.dock_title_bar import keep_header
from napari_phy.widgets.base.drop_down import DropDown
from napari_phy.widgets.base.header import HEIGHT, Header


def drop_down(name, prefix=""):
    made = DropDown(name, prefix)
    made.set_choices([("ch 4 · PC1", 1), ("more", [("ch 5 · PC1", 2), ("ch 5 · PC2", 3)])])
    made.set_current(1)
    return made


@pytest.fixture
def header(qtbot):
    made = Header("Features", lasso=True)
    qtbot.addWidget(made)
    made.add_drop_down(drop_down("Horizontal axis", "x"))
    made.add_drop_down(drop_down("Vertical axis", "y"))
    made.resize(600, HEIGHT)
    made.show()
    return made


def menu_texts(header):
    header.more_menu.aboutToShow.emit()
    return [action.text() for action in header.more_menu.actions() if action.text()]


def test_all_is_shown_where_there_is_room(header):
    assert header.height() == HEIGHT
    assert [box.isVisible() for box in header.drop_downs] == [True, True]
    assert header.help_button.isVisible()
    assert header.drop_downs[0].text() == "x  ch 4 · PC1 ▾"
    assert menu_texts(header) == []


def test_below_380_px_the_second_drop_down_moves_into_the_menu(header):
    header.resize(379, HEIGHT)
    assert [box.isVisible() for box in header.drop_downs] == [True, False]
    assert menu_texts(header) == ["Vertical axis"]
    header.resize(600, HEIGHT)
    assert header.drop_downs[1].isVisible()
    assert menu_texts(header) == []


@pytest.mark.parametrize("width", [220, 240, 260, 300, 340, 379, 380, 420, 520])
def test_nothing_is_clipped_or_overlaps_at_any_width(header, width):
    header.resize(width, HEIGHT)
    header.layout().activate()
    shown = [
        child for child in header.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)
        if child.isVisible() and not child.isWindow()
    ]  # fmt: skip
    shown.sort(key=lambda child: child.x())
    for child in shown:
        assert child.width() >= min(child.sizeHint().width(), child.maximumWidth()), child
    for left, right in pairwise(shown):
        assert left.geometry().right() < right.geometry().left()
    assert shown[-1].geometry().right() < width
    assert header.more_button in shown


def test_what_is_folded_away_still_works(header, qtbot):
    header.resize(220, HEIGHT)
    assert not header.freeze_button.isVisible()
    texts = menu_texts(header)
    assert "Freeze" in texts
    with qtbot.waitSignal(header.freeze_toggled):
        next(action for action in header.more_menu.actions() if action.text() == "Freeze").trigger()
    assert header.freeze_button.isChecked()


def test_a_choice_of_a_submenu_is_told_and_nothing_is_told_by_setting(header, qtbot):
    box = header.drop_downs[0]
    seen = []
    box.chosen.connect(seen.append)
    box.set_current(2)
    assert box.text() == "x  ch 5 · PC1 ▾"
    assert seen == []
    submenu = next(action.menu() for action in box.choices_menu.actions() if action.menu())
    submenu.actions()[1].trigger()
    assert seen == [3]
    assert box.choices == (1, 2, 3)


def test_choices_can_be_asked_for_when_the_menu_opens(qtbot):
    box = DropDown("Axis")
    qtbot.addWidget(box)
    box.set_current("now", "what is shown")
    box.set_source(lambda: [("first", 1), ("second", 2)])
    box.choices_menu.aboutToShow.emit()
    assert [action.text() for action in box.choices_menu.actions()] == ["first", "second"]
    assert box.text() == "what is shown ▾"


def test_what_was_shown_and_never_offered_is_forgotten(qtbot):
    box = DropDown("Length of a page")
    qtbot.addWidget(box)
    box.set_choices([("1 s", 1.0), ("2 s", 2.0)])
    box.set_current(1.0)
    box.choices_menu.aboutToShow.emit()
    for length in np.linspace(3, 4, 50).tolist():
        box.set_current(length, f"{length:.3g} s")
    assert box.text() == "4 s ▾"
    assert box.choices == (1.0, 2.0, 4.0)
    box.choices_menu.aboutToShow.emit()
    assert not any(action.isChecked() for action in box.choices_menu.actions())


def test_a_note_gives_way_to_the_drop_downs(header):
    words = "17 of 32 channels; common median"
    header.set_note(words)
    header.layout().activate()
    assert header.note_label.shown_text() == words
    for width in (379, 260, 220):
        header.resize(width, HEIGHT)
        header.layout().activate()
        assert header.drop_downs[0].width() >= header.drop_downs[0].sizeHint().width()
    assert header.note_label.shown_text() != words
    assert header.note_label.tip() == words


def open_docks(make_napari_viewer):
    # not a fixture: pytest would keep the window alive, and napari looks for windows that are left
    viewer = make_napari_viewer(show=True)
    docks = []
    for name in ("Features", "Waveforms"):
        panel = QWidget()
        dock = viewer.window.add_dock_widget(panel, name=name, area="top", add_vertical_stretch=False)
        header = Header(name, parent=panel)
        keep_header(dock, header)
        docks.append((dock, header))
    return docks[0][0].window(), docks


def is_titled(dock, header):
    upright = not dock.features() & QDockWidget.DockWidgetFeature.DockWidgetVerticalTitleBar
    return upright and header.isVisible() and dock.titleBarWidget().isAncestorOf(header)


def test_a_header_stays_through_floating_moving_and_docking_again(make_napari_viewer, qtbot):
    window, ((dock, header), _) = open_docks(make_napari_viewer)
    qtbot.waitUntil(lambda: is_titled(dock, header))
    state = window.saveState()
    for change in (
        lambda: dock.setFloating(True),
        lambda: dock.setFloating(False),
        lambda: window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock),
        lambda: window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock),
        lambda: window.restoreState(state),
    ):
        change()
        qtbot.waitUntil(lambda: is_titled(dock, header))
    assert header.title == "Features"


def test_a_tabbed_panel_hides_its_title(make_napari_viewer, qtbot):
    window, ((first, first_header), (second, second_header)) = open_docks(make_napari_viewer)
    qtbot.waitUntil(first_header.title_label.isVisible)
    window.tabifyDockWidget(first, second)
    second.raise_()
    qtbot.waitUntil(lambda: second_header.title_label.isHidden())
    first.raise_()
    qtbot.waitUntil(lambda: first_header.title_label.isHidden() and is_titled(first, first_header))
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, second)
    qtbot.waitUntil(lambda: not second_header.title_label.isHidden())
    qtbot.waitUntil(lambda: not first_header.title_label.isHidden())


def test_the_menu_floats_the_dock_and_docks_it_again(make_napari_viewer, qtbot):
    _, ((dock, header), _) = open_docks(make_napari_viewer)
    header.more_menu.aboutToShow.emit()
    float_action = next(action for action in header.more_menu.actions() if action.text() == "Float")
    float_action.trigger()
    assert dock.isFloating()
    header.more_menu.aboutToShow.emit()
    assert float_action.text() == "Dock"
    float_action.trigger()
    assert not dock.isFloating()
    qtbot.waitUntil(lambda: is_titled(dock, header))
