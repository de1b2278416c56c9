"""Layouts to choose: where each puts its docks, and the way from one to the other and back."""

import numpy as np
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from napari.settings import get_settings
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session
from widgets.window.test_workspace import LARGE, SMALL, settle, show

from napari_phy.widgets.base.header import Header
from napari_phy.widgets.window.kinds import KINDS, LISTS
from napari_phy.widgets.window.layouts import (
    BOTTOM,
    INSPECT,
    LEFT,
    NAPARI_DOCKS,
    PRESETS,
    RIGHT,
    SORT,
    TOP,
    napari_docks,
)
from napari_phy.widgets.window.workspace import open_workspace

LOWER_BY_TABS = {"Waveforms", "Features"}  # in whose place there may be tabs now
INSPECT_TOP, INSPECT_BOTTOM = (
    {title: width for (title,), width in INSPECT.large[area].places.items()} for area in (TOP, BOTTOM)
)


@pytest.fixture
def open_(kept_window, qtbot):
    """Return a function that opens a session in the window that is kept."""

    def open_(size):
        workspace = open_workspace(kept_window.take(size, "dark"), light_session())
        settle(qtbot, workspace)
        return workspace

    return open_


@pytest.fixture
def open_new(make_napari_viewer, qtbot):
    """Return a function that opens a session in a new window."""

    def open_new(size):
        viewer = make_napari_viewer(show=False)
        show(viewer, size)
        workspace = open_workspace(viewer, light_session())
        settle(qtbot, workspace)
        return workspace

    return open_new


def choose(qtbot, workspace, name):
    menu = workspace.toolbar.layout_button.menu()
    next(action for action in menu.actions() if action.text() == name).trigger()
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == f"{name} ▾"


def seen(workspace):
    return {title for title, dock in workspace.docks.items() if not dock.visibleRegion().isEmpty()}


def sizes(workspace):
    return {title: (dock.width(), dock.height()) for title, dock in workspace.docks.items() if title in seen(workspace)}


def test_inspect_has_a_row_above_the_overview_and_one_below(open_, qtbot):
    workspace = open_(LARGE)
    choose(qtbot, workspace, "Inspect")
    window, docks, size = workspace.window, workspace.docks, sizes(workspace)
    assert seen(workspace) == {"Clusters", "Similar", *INSPECT_TOP, *INSPECT_BOTTOM}
    for area, row, height in ((TOP, INSPECT_TOP, 440), (BOTTOM, INSPECT_BOTTOM, 420)):
        assert {window.dockWidgetArea(docks[title]) for title in row} == {area}
        assert sorted(row, key=lambda title: docks[title].x()) == list(row)
        for title, width in row.items():
            assert size[title] == pytest.approx((width, height), rel=0.03), title
    assert size["Clusters"][0] == pytest.approx(434, abs=4)
    assert size["Clusters"][1] / size["Similar"][1] == pytest.approx(555 / 435, rel=0.05)
    assert window.centralWidget().height() == pytest.approx(110, abs=30)
    assert (window.width(), window.height()) == LARGE


def test_inspect_in_a_small_window_puts_two_docks_behind_others(open_, qtbot):
    workspace = open_(SMALL)
    choose(qtbot, workspace, "Inspect")
    window, docks = workspace.window, workspace.docks
    assert docks["Amplitude"] in window.tabifiedDockWidgets(docks["Correlograms"])
    assert docks["Probe"] in window.tabifiedDockWidgets(docks["Similarity"])
    assert {"Correlograms", "Similarity"} <= seen(workspace)
    assert docks["Clusters"].width() == pytest.approx(302, abs=4)
    assert min(width for width, _ in sizes(workspace).values()) >= 220
    assert window.centralWidget().height() >= 100
    assert (window.width(), window.height()) == SMALL


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_the_way_to_inspect_and_back_changes_nothing_in_sort(open_, qtbot, size):
    workspace = open_(size)
    before = sizes(workspace)
    choose(qtbot, workspace, "Inspect")
    between = sizes(workspace)
    choose(qtbot, workspace, "Sort")
    assert sizes(workspace) == {title: pytest.approx(there, abs=6) for title, there in before.items()}
    docks = workspace.docks
    assert {docks["Raster"], docks["Probe"]} <= {
        docks["Amplitude"],
        *workspace.window.tabifiedDockWidgets(docks["Amplitude"]),
    }
    choose(qtbot, workspace, "Inspect")
    assert sizes(workspace) == {title: pytest.approx(there, abs=6) for title, there in between.items()}


@pytest.mark.soak
def test_headers_survive_and_a_preset_brings_back_what_was_moved(open_, qtbot):
    workspace = open_(LARGE)
    choose(qtbot, workspace, "Inspect")
    before = sizes(workspace)
    workspace.docks["Raster"].setFloating(True)
    workspace.docks["Similarity"].close()
    workspace.window.addDockWidget(TOP, workspace.docks["Traces"])
    QApplication.processEvents()
    choose(qtbot, workspace, "Inspect")
    assert sizes(workspace) == {title: pytest.approx(there, abs=6) for title, there in before.items()}
    for title in (*INSPECT_TOP, *INSPECT_BOTTOM):
        dock = workspace.docks[title]
        qtbot.waitUntil(lambda dock=dock: dock.titleBarWidget().findChild(Header) is not None)
        assert dock.titleBarWidget().findChild(Header) is workspace.panels[title].header


@pytest.mark.parametrize(("size", "preset"), [(LARGE, "Sort"), (SMALL, "With imaging"), (SMALL, "Sort")])
def test_a_view_that_is_opened_leaves_the_lines_between_docks_where_they_were_drawn(open_, qtbot, size, preset):
    workspace = open_(size)
    choose(qtbot, workspace, preset)
    window, docks = workspace.window, workspace.docks
    for name, dock in docks.items():
        if window.dockWidgetArea(dock) == RIGHT and name != "Amplitude":
            dock.close()  # a column of one dock was taken for a new one
    window.resizeDocks([docks["Traces"]], [300], Qt.Orientation.Vertical)
    window.resizeDocks([docks["Clusters"], docks["Amplitude"]], [280, 530], Qt.Orientation.Horizontal)
    QApplication.processEvents()
    before, canvas = sizes(workspace), window.centralWidget().size()
    for title in ("PSTH", "Intervals"):
        workspace.board.open(title)
        with qtbot.waitSignal(workspace.board.arranged):
            pass
        after = sizes(workspace)
        assert title in after
        stay = before.keys() & after.keys()
        assert {name: after[name] for name in stay - LOWER_BY_TABS} == {
            name: pytest.approx(before[name], abs=2) for name in stay - LOWER_BY_TABS
        }
        assert window.centralWidget().width() == pytest.approx(canvas.width(), abs=2)
        assert window.centralWidget().height() == pytest.approx(canvas.height(), abs=2)


def test_another_data_set_opens_in_the_layout_that_was_chosen(open_, qtbot):
    workspace = open_(LARGE)
    choose(qtbot, workspace, "Inspect")
    before = sizes(workspace)
    workspace.open_session(light_session())
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == "Inspect ▾"
    assert sizes(workspace) == {title: pytest.approx(there, abs=6) for title, there in before.items()}


@pytest.mark.soak
@pytest.mark.parametrize(("size", "width"), [(LARGE, 768), (SMALL, 410)])
def test_large_type_makes_the_lists_wider(open_new, monkeypatch, size, width):
    monkeypatch.setattr(get_settings().appearance, "font_size", 16)
    assert sizes(open_new(size))["Clusters"][0] == pytest.approx(width, abs=4)


def test_in_a_large_window_the_lists_keep_all_usual_columns_with_large_type(open_new, monkeypatch):
    monkeypatch.setattr(get_settings().appearance, "font_size", 16)
    for panel in open_new(LARGE).board.lists:
        view = panel.list
        usual = [place for place, column in enumerate(view.cluster_model.columns) if column.is_usual]
        assert not any(map(view.isColumnHidden, usual)), panel.title
        assert not view.horizontalScrollBar().maximum()


def test_the_menu_begins_with_the_presets(open_):
    menu = open_(LARGE).toolbar.layout_button.menu()
    assert [action.text() for action in menu.actions()[: len(PRESETS)]] == ["Sort", "Inspect", "With imaging"]


def test_the_menu_fits_below_its_button_in_a_small_window(open_):
    button = open_(SMALL).toolbar.layout_button
    menu = button.menu()
    heights = [menu.actionGeometry(action).height() for action in menu.actions()]
    assert len({menu.actionGeometry(action).left() for action in menu.actions()}) == 1
    assert sum(heights) < 700


# --- laws of all layouts ---


@pytest.mark.parametrize("preset", PRESETS.values(), ids=list(PRESETS))
def test_both_forms_have_the_same_docks_each_once_and_room_for_all_others(preset):
    forms = [preset.form(small=small) for small in (False, True)]
    placed = [[title for strip in form.values() for place in strip.places for title in place] for form in forms]
    assert sorted(placed[0]) == sorted(placed[1]) == sorted(set(preset.titles))
    assert set(preset.titles) <= {*KINDS, *NAPARI_DOCKS}
    for small in (False, True):
        amplitudes = preset.place_of("Amplitude", small=small)
        for kind in KINDS:
            area, place = preset.place_of(kind, small=small)
            assert place in preset.form(small=small)[area].places
            assert (kind in place) == (kind in preset.titles)
            assert kind in place or (area, place) == amplitudes


def add_stack(viewer):
    viewer.add_image(np.zeros((4, 16, 16), np.uint8), name="stack")


@pytest.fixture
def imaging(make_napari_viewer, qtbot):
    """A way to open a session in a window whose canvas shows an image stack."""

    def imaging(size):
        viewer = make_napari_viewer(show=False)
        show(viewer, size)
        add_stack(viewer)
        workspace = open_workspace(viewer, light_session())
        settle(qtbot, workspace)
        return workspace

    return imaging


@pytest.mark.parametrize(
    ("size", "docks_there", "canvas"),
    [
        (
            LARGE,
            {"Clusters": (434, 925), "Correlograms": (500, 925), "Traces": (600, 285), "Waveforms": (360, 285)},
            640,
        ),
        (
            SMALL,
            {"Clusters": (302, 641), "Waveforms": (430, 641), "Traces": (535, 215)},
            420,
        ),
    ],
    ids=["large", "small"],
)
def test_beside_an_image_stack_the_docks_leave_it_the_canvas(imaging, qtbot, size, docks_there, canvas):
    workspace = imaging(size)
    window, docks, there = workspace.window, workspace.docks, sizes(workspace)
    assert workspace.toolbar.layout_button.text() == "With imaging ▾"
    assert seen(workspace) == set(docks_there)
    list_dock, controls = (napari_docks(window)[name] for name in NAPARI_DOCKS)
    assert list_dock in window.tabifiedDockWidgets(docks["Clusters"])
    assert controls.isHidden()
    assert docks["Amplitude"] in window.tabifiedDockWidgets(docks["Correlograms"])
    assert docks["Imaging"] in window.tabifiedDockWidgets(docks["Correlograms"])
    areas = {"Clusters": LEFT, "Waveforms": BOTTOM if size == LARGE else RIGHT, "Correlograms": RIGHT, "Traces": BOTTOM}
    assert {title: window.dockWidgetArea(docks[title]) for title in areas} == areas
    assert there == {title: pytest.approx(wanted, abs=30) for title, wanted in docks_there.items()}
    for title in ("Clusters", "Correlograms" if size == LARGE else "Waveforms"):
        assert there[title][0] == docks_there[title][0]
    below = sum(there[title][0] for title, area in areas.items() if area == BOTTOM)
    assert window.centralWidget().width() == pytest.approx(below, abs=12)
    assert window.centralWidget().height() >= canvas
    assert (window.width(), window.height()) == size
    assert [layer.name for layer in workspace.viewer.layers] == ["stack"]
    workspace.toolbar.layers_action.trigger()
    settle(qtbot, workspace)
    assert controls.isVisible()
    assert (window.width(), window.height()) == size
    workspace.toolbar.layers_action.trigger()
    assert controls.isHidden()
    assert not list_dock.isHidden()


@pytest.mark.soak
def test_with_imaging_clusters_marks_all_that_are_selected(imaging, qtbot):
    workspace = imaging(LARGE)
    clusters, session = workspace.panels["Clusters"], workspace.session
    session.selection.select([3, 4, 5], n_best=1)
    assert set(clusters.list.shown_selection) == {3, 4, 5}
    choose(qtbot, workspace, "Sort")
    assert set(clusters.list.shown_selection) == {3}
    choose(qtbot, workspace, "With imaging")
    assert set(clusters.list.shown_selection) == {3, 4, 5}


@pytest.mark.soak
def test_a_stack_that_comes_later_chooses_the_layout_and_that_of_the_data_sets_opened_after_it(open_, qtbot):
    workspace = open_(LARGE)
    assert workspace.toolbar.layout_button.text() == "Sort ▾"
    before = sizes(workspace)
    workspace.toolbar.layers_action.trigger()
    add_stack(workspace.viewer)
    add_stack(workspace.viewer)
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == "With imaging ▾"
    assert seen(workspace) == {"Clusters", "Waveforms", "Correlograms", "Traces"}
    assert not workspace.toolbar.layers_action.isChecked()
    choose(qtbot, workspace, "Inspect")
    workspace.open_session(light_session())
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == "Inspect ▾"
    workspace.viewer.layers.remove("stack")
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == "Inspect ▾"
    workspace.viewer.layers.clear()
    settle(qtbot, workspace)
    assert workspace.toolbar.layout_button.text() == "Sort ▾"
    workspace.toolbar.layers_action.setChecked(False)
    settle(qtbot, workspace)
    assert sizes(workspace) == {title: pytest.approx(size, abs=6) for title, size in before.items()}
    assert workspace.session is not None


@pytest.mark.parametrize("size", [LARGE, SMALL])
def test_new_views_open_in_the_largest_place_of_their_section_and_no_place_is_crowded(open_, qtbot, size):
    workspace = open_(size)
    window, docks = workspace.window, workspace.docks
    areas = {title: docks[title].width() * docks[title].height() for title in seen(workspace) - set(LISTS)}
    largest = max(areas, key=lambda title: areas[title] / (len(window.tabifiedDockWidgets(docks[title])) + 2))
    workspace.board.open("Raster")
    settle(qtbot, workspace)
    assert docks[largest] in window.tabifiedDockWidgets(docks["Raster"])
    for title in ("Drift", "Similarity"):
        workspace.board.open(title)
        settle(qtbot, workspace)
        assert docks["Raster"] in window.tabifiedDockWidgets(docks[title])  # all clusters, too
    for title in ("Intervals", "Firing rate", "Spikes", "Actions"):
        workspace.board.open(title)
        settle(qtbot, workspace)
        assert title in seen(workspace)
    homes = {title: window.tabifiedDockWidgets(docks[title]) for title in ("Intervals", "Firing rate", "Spikes")}
    assert max(map(len, homes.values())) < 6
    assert docks["Wizard"] in window.tabifiedDockWidgets(docks["Actions"])


def test_the_menu_has_headings_and_ticks_what_is_open(open_, qtbot):
    workspace = open_(LARGE)
    menu = workspace.toolbar.layout_button.menu()

    def ticked():
        menu.aboutToShow.emit()
        return {entry.text() for entry in entries if entry.isChecked()}

    parts = [entry.menu() for entry in menu.actions() if entry.menu() is not None]
    entries = [entry for one in (menu, *parts) for entry in one.actions()]
    headings = [entry.text() for entry in menu.actions() if entry.text() and not entry.isEnabled()]
    assert headings == ["Lists and recording", "Selected clusters", "All clusters"]
    assert [part.title() for part in parts] == ["Sorting", "Canvas"]
    assert {*KINDS, *PRESETS, "Spike density", "Colour density by amplitude"} <= {entry.text() for entry in entries}
    assert ticked() == {"Sort", *SORT.titles}
    workspace.docks["Probe"].close()
    raster = next(entry for entry in menu.actions() if entry.text() == "Raster")
    for _ in range(2):
        raster.trigger()
        settle(qtbot, workspace)
        assert ticked() == {"Sort", "Raster", *SORT.titles} - {"Probe"}
        assert "Raster" in seen(workspace)


@pytest.mark.soak
def test_with_imaging_what_has_no_place_opens_as_a_tab_of_another(imaging, qtbot):
    workspace = imaging(SMALL)
    canvas = workspace.window.centralWidget().size()
    for title in ("Features", "Probe", "Raster", "Wizard"):
        workspace.board.open(title)
        settle(qtbot, workspace)
        assert workspace.window.tabifiedDockWidgets(workspace.docks[title])
        assert title in seen(workspace)
    assert workspace.window.centralWidget().size() == canvas
    workspace.board.open("Similar")
    settle(qtbot, workspace)
    assert workspace.window.dockWidgetArea(workspace.docks["Similar"]) == LEFT
    assert {"Clusters", "Similar"} <= seen(workspace)
    choose(qtbot, workspace, "With imaging")
    assert seen(workspace) == {"Clusters", "Waveforms", "Correlograms", "Traces"}


# --- a preset puts everything at its place, whatever was done before ---

STEPS = st.one_of(
    st.tuples(st.just("choose"), st.sampled_from(list(PRESETS))),
    st.tuples(
        st.sampled_from(["duplicate", "float", "close", "open", "full screen", "move"]),
        st.sampled_from(["Features", "Correlograms", "Probe", "Raster", "Correlograms 2", "Raster 2"]),
    ),
)


def act(workspace, deed, name):
    """Do one thing to a dock, where it is there."""
    board, window = workspace.board, workspace.window
    title = name.removesuffix(" 2")
    dock = workspace.docks.get(name)
    if deed == "choose":
        workspace.arrange(name, again=True)
    elif deed == "open":
        board.open(title)
    elif dock is None:
        return
    elif deed == "duplicate" and f"{title} 2" not in workspace.docks:
        board.duplicate(name)
    elif deed == "float":
        dock.setFloating(True)
    elif deed == "close":
        dock.close()
    elif deed == "move":
        window.addDockWidget(BOTTOM, dock)
    elif deed == "full screen":
        menu = workspace.panels[name].header.more_menu
        menu.aboutToShow.emit()
        for action in menu.actions():
            if action.text() == "Full screen" and not dock.isHidden():
                action.trigger()


def assert_at_its_places(workspace, preset, size):
    window, docks, small = workspace.window, workspace.docks, workspace.is_small
    assert (window.width(), window.height()) == size
    everything = {**docks, **napari_docks(window)}
    for area, strip in preset.form(small=small).items():
        fronts = []
        for place in strip.places:
            front = next((title for title in place if title in strip.front), place[0])
            fronts.append(everything[front])
            for title in place:
                dock = everything[title]
                assert (dock.isHidden(), dock.isFloating(), dock.isFullScreen()) == (False, False, False), title
                assert window.dockWidgetArea(dock) == area, title
                assert dock in (everything[front], *window.tabifiedDockWidgets(everything[front])), title
            assert not everything[front].visibleRegion().isEmpty(), front
        along = [dock.x() if area in (TOP, BOTTOM) else dock.y() for dock in fronts]
        assert along == sorted(along)
        assert len(set(along)) == len(along)
    for name, dock in docks.items():
        title = name.removesuffix(" 2")
        if name not in preset.titles and not dock.isHidden():
            _, place = preset.place_of(title, small=small)
            assert docks[next(t for t in place if t in docks)] in window.tabifiedDockWidgets(dock), name
            assert preset.keeps_others or title in preset.titles, name


@pytest.mark.parametrize("size", [LARGE, pytest.param(SMALL, marks=pytest.mark.soak)], ids=["large", "small"])
def test_whatever_was_done_a_preset_ends_with_its_docks_at_its_places_in_the_same_window(open_, qtbot, size):
    workspace = open_(size)
    for name in ("Features", "Correlograms"):
        workspace.board.duplicate(name)
        settle(qtbot, workspace)
        assert (workspace.window.width(), workspace.window.height()) == size

    @settings(max_examples=examples(6), suppress_health_check=list(HealthCheck))
    @given(st.lists(STEPS, max_size=6), st.sampled_from(list(PRESETS)))
    def law(steps, name):
        for step in steps:
            act(workspace, *step)
        choose(qtbot, workspace, name)
        assert_at_its_places(workspace, PRESETS[name], size)

    law()
