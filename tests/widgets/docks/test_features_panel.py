"""The features view, worked by mouse and key like a person would."""

import gc
import weakref

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtWidgets import QApplication, QLineEdit
from widgets.light_session import light_session

from napari_phy.views.feature_choices import find_axes
from napari_phy.views.features import TIME_AXIS, FeatureAxis, FeatureRequest, spikes_in_lasso
from napari_phy.views.regrouping import Regrouping
from napari_phy.widgets.docks import features_panel
from napari_phy.widgets.docks.features_panel import FeaturesPanel
from napari_phy.widgets.plots import lasso_tool, opengl
from napari_phy.widgets.plots.highlights import N_MARKED

CTRL, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session():
    made = light_session(n_clusters=5, n_spikes=1500)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = FeaturesPanel(session)
    qtbot.addWidget(made)
    made.resize(550, 480)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(made))
    return made


def ready(panel):
    return not panel.busy and panel.data is not None and panel.data.features.request.clusters == panel.clusters


def features(panel):
    return panel.data.features


def draw_lasso(qtbot, panel, points, modifier=CTRL):
    native = panel.canvas.native
    points = [QPoint(round(x), round(y)) for x, y in points]
    qtbot.mousePress(native, LEFT, modifier, points[0])
    for point in points[1:]:
        qtbot.mouseMove(native, point)
    qtbot.mouseRelease(native, LEFT, modifier, points[-1])


def around_some(panel):
    data, frame = features(panel), panel.frame
    middle = frame.to_px([[float(np.median(data.x[data.places == 0])), 0]])[0, 0]
    return around_all(panel, left=middle)


def around_all(panel, left=None):
    frame = panel.frame
    left, top = frame.left + 1 if left is None else left, frame.top + 1
    right, bottom = frame.left + frame.width - 1, frame.top + frame.height - 1
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def test_it_shows_the_axes_that_suit_the_clusters(panel, session):
    request = features(panel).request
    texts = [box.text() for box in panel.header.drop_downs]
    assert texts == [
        f"x  ch {request.x.channel_index} · PC1 ▾",
        f"y  ch {request.y.channel_index} · PC1 ▾",
    ]
    assert [entry.text for entry in panel.stack.legend.entries] == ["1", "2", "others"]
    assert panel.stack.caption.text() == features(panel).caption


def test_an_axis_can_be_chosen_and_stays(panel, session, qtbot):
    panel.set_axis(0, TIME_AXIS)
    panel.set_axis(1, FeatureAxis("feature", 3, 2))
    qtbot.waitUntil(lambda: not panel.busy)
    assert features(panel).x_label == "time (s)"
    session.selection.select([0])
    qtbot.waitUntil(lambda: ready(panel))
    assert features(panel).request.x == TIME_AXIS
    assert [box.text() for box in panel.header.drop_downs] == ["x  time ▾", "y  ch 3 · PC3 ▾"]
    panel.set_axis(0, None)
    qtbot.waitUntil(lambda: not panel.busy)
    assert features(panel).request.x.kind == "feature"


def test_a_channel_picked_elsewhere_is_shown_until_none_is(panel, session, qtbot):
    before = features(panel).request
    session.channel.choose(5)
    qtbot.waitUntil(lambda: not panel.busy)
    assert (features(panel).x_label, features(panel).y_label) == ("channel 5 · PC1", "channel 5 · PC2")
    session.selection.select([3])
    qtbot.waitUntil(lambda: ready(panel))
    assert features(panel).x_label == "channel 5 · PC1"
    session.selection.select([1, 2])
    session.channel.choose(None)
    qtbot.waitUntil(lambda: not panel.busy and features(panel).request == before)


def test_a_frozen_view_keeps_its_axes_when_a_channel_is_picked(panel, session, qtbot):
    before = features(panel).request
    panel.header.freeze_button.click()
    session.channel.choose(5)
    panel.refresh(again=True)
    qtbot.waitUntil(lambda: not panel.busy)
    assert features(panel).request == before


def test_the_menu_changes_the_axis(panel, qtbot):
    box = panel.header.drop_downs[0]
    box.choices_menu.aboutToShow.emit()
    next(action for action in box.choices_menu.actions() if action.text() == "time").trigger()
    qtbot.waitUntil(lambda: not panel.busy and features(panel).request.x == TIME_AXIS)
    assert box.current == TIME_AXIS


def test_a_spike_is_drawn_in_the_colour_of_its_place(panel, session):
    data, frame = features(panel), panel.frame
    px = frame.to_px(np.column_stack([data.x, data.y]))
    inside = np.array([frame.contains(x, y) for x, y in px])
    QApplication.processEvents()
    image = panel.canvas.native.grabFramebuffer()
    scale = image.width() / panel.canvas.native.width()
    for place in (0, 1):
        # the best cluster lies on top; of the other only spikes that nothing covers count
        wanted = QColor(panel.color_of(place)).getRgb()[:3]
        view = QColor(panel.theme.view).getRgb()[:3]
        mixed = np.array(wanted) * 0.75 + np.array(view) * 0.25
        found = []
        for index in np.flatnonzero(inside & (data.places == place)):
            distance = np.hypot(*(px - px[index]).T)
            if np.sum(distance < 8) == 1:
                x, y = px[index] * scale
                found.append(image.pixelColor(int(x), int(y)).getRgb()[:3])
        assert found
        assert np.median(found, axis=0) == pytest.approx(mixed, abs=12)


def test_ctrl_drag_selects_all_spikes_inside_drawn_or_not(panel, session, qtbot):
    draw_lasso(qtbot, panel, around_some(panel))
    request, polygon = features(panel).request, panel.lasso.polygon
    assert len(polygon) == 4
    inside = features_panel.spikes_in_lasso(session, request, polygon)
    assert np.array_equal(session.selection.spikes, inside)
    assert len(inside) > 50
    assert panel.lasso.tag == f"{len(inside)} spikes inside  ·  K splits"
    session.split(session.selection.spikes)
    assert len(panel.lasso) == 0


def test_a_lasso_acts_on_spikes_that_are_not_drawn(panel, session, qtbot, monkeypatch):
    total = sum(session.manager.n_spikes(cluster) for cluster in (1, 2))

    def few(session, request, _on_progress):
        return compute(session, features_panel.FeatureRequest(request.clusters, request.x, request.y, 20, 20))

    compute = features_panel.compute_features
    monkeypatch.setattr(features_panel, "compute_features", few)
    panel.refresh(again=True)
    qtbot.waitUntil(lambda: not panel.busy)
    assert features(panel).n_shown == 40
    panel.canvas.frame = panel.frame.zoomed(275, 240, 0.2)
    draw_lasso(qtbot, panel, around_all(panel))
    assert len(session.selection.spikes) == total


def test_many_spikes_are_looked_at_in_the_background(panel, session, qtbot, monkeypatch):
    monkeypatch.setattr(lasso_tool, "N_AT_ONCE", 10)
    draw_lasso(qtbot, panel, around_some(panel))
    qtbot.waitUntil(lambda: len(session.selection.spikes) > 50)
    assert panel.lasso.tag.endswith("K splits")


def test_the_lasso_button_draws_without_ctrl_and_esc_clears(panel, session, qtbot):
    panel.header.lasso_button.click()
    draw_lasso(qtbot, panel, around_all(panel), NONE)
    assert len(session.selection.spikes)
    assert not panel.header.lasso_button.isChecked()
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert len(session.selection.spikes) == 0
    assert len(panel.lasso) == 0


def test_a_lasso_around_nothing_says_so(panel, session, qtbot):
    frame = panel.frame
    said = []
    panel.said.connect(said.append)
    draw_lasso(qtbot, panel, around_all(panel))
    panel.canvas.frame = frame.panned(3 * frame.width, 0)
    draw_lasso(qtbot, panel, [(100, 100), (140, 100), (140, 140)])
    assert panel.lasso.tag == "no spikes inside"
    assert said[-1] == "No spike of the selected clusters lies inside the lasso."
    draw_lasso(qtbot, panel, [(100, 100), (140, 100)])
    assert said[-1] == "The lasso needs three points or more."


def test_a_new_selection_removes_the_lasso(panel, session, qtbot):
    draw_lasso(qtbot, panel, around_all(panel))
    session.selection.select([3])
    assert len(panel.lasso) == 0
    qtbot.waitUntil(lambda: ready(panel))


def wheel(panel, x, y, notches):
    native = panel.canvas.native
    position = QPointF(x, y)
    event = QWheelEvent(
        position, QPointF(native.mapToGlobal(position)), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, NONE, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(native, event)


def test_wheel_zooms_drag_pans_and_a_double_click_shows_all_again(panel, qtbot):
    native, before = panel.canvas.native, panel.frame
    wheel(panel, 200, 150, 3)
    zoomed = panel.frame
    assert np.ptp(zoomed.x_range) == pytest.approx(np.ptp(before.x_range) / 1.2**3)
    assert zoomed.to_data([[200, 150]]) == pytest.approx(before.to_data([[200, 150]]))
    qtbot.mousePress(native, LEFT, NONE, QPoint(200, 150))
    qtbot.mouseMove(native, QPoint(230, 140))
    qtbot.mouseRelease(native, LEFT, NONE, QPoint(230, 140))
    assert panel.frame.to_data([[230, 140]]) == pytest.approx(zoomed.to_data([[200, 150]]))
    qtbot.mouseDClick(native, LEFT, NONE, QPoint(100, 100))
    assert panel.frame.x_range == before.x_range


def test_zooming_ends_before_numbers_get_too_small(panel):
    for _ in range(40):
        wheel(panel, 200, 150, 5)
    assert np.ptp(panel.frame.x_range) > 5e-4 * np.ptp(features(panel).x_range)
    for _ in range(80):
        wheel(panel, 200, 150, -5)
    assert np.ptp(panel.frame.x_range) < 1e3 * np.ptp(features(panel).x_range)
    panel.grab()


def test_hovering_tells_the_spike(panel, session, qtbot):
    data = features(panel)
    px = panel.frame.to_px(np.column_stack([data.x, data.y]))
    index = next(k for k in np.flatnonzero(data.places == 0)[::-1] if panel.frame.contains(*px[k]))
    words = panel.read_out(*px[index])
    assert words.startswith("cluster ")
    spike = int(data.spike_ids[index])
    seconds = session.model.spike_samples[spike] / session.model.sample_rate
    nearby = data.spike_ids[np.hypot(*(px - px[index]).T) < 1e-6]
    if len(nearby) == 1:
        assert words.split(", ")[0] == "cluster 1"
        assert words.split(", ")[2] == f"{seconds:.3f} s"
    assert words.split(", ")[3] == f"channel {data.request.y.channel_index}"
    assert panel.read_out(-500, -500) == ""


def test_the_thirteenth_cluster_is_hollow(qtbot):
    session = light_session(n_clusters=14, n_spikes=2000)
    panel = FeaturesPanel(session)
    qtbot.addWidget(panel)
    panel.resize(500, 400)
    panel.show()
    session.selection.select(range(14))
    qtbot.waitUntil(lambda: ready(panel))
    assert [entry.hollow for entry in panel.stack.legend.entries[:14]] == [False] * 12 + [True] * 2
    assert panel.color_of(12) == panel.color_of(0)


def test_without_features_the_missing_file_is_named(qtbot):
    session = light_session(features=None, masks=None)
    panel = FeaturesPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    session.selection.select([1])
    qtbot.waitUntil(lambda: not panel.stack.shows_picture and "kwx" in panel.stack.page.text)
    assert panel.stack.page.buttons == []
    panel.set_axis(0, TIME_AXIS)
    qtbot.waitUntil(lambda: not panel.busy)


def open_and_close(session, qtbot):
    panel = FeaturesPanel(session)
    panel.show()
    session.selection.select([1])
    qtbot.waitUntil(lambda: ready(panel))
    panel.close()
    panel.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return [weakref.ref(panel), weakref.ref(panel.canvas._scene_canvas)]


def test_a_closed_panel_leaves_no_canvas_behind(qtbot, session):
    left = open_and_close(session, qtbot)

    def all_gone():
        gc.collect()
        return [reference() for reference in left] == [None, None]

    qtbot.waitUntil(all_gone)


def test_colours_follow_the_theme(panel, session, qtbot, make_napari_viewer):
    viewer = make_napari_viewer()
    viewer.theme = "dark"
    other = FeaturesPanel(session, viewer=viewer)
    qtbot.addWidget(other)
    other.resize(300, 300)
    other.show()
    qtbot.waitUntil(lambda: ready(other))
    viewer.theme = "light"
    QApplication.processEvents()
    image = other.canvas.native.grabFramebuffer()
    assert image.pixelColor(1, 1) == QColor("#ffffff")
    assert other.stack.legend.entries[0].color == other.color_of(0) == "#1e679c"


def coloured_pixels(panel):
    image = panel.canvas.native.grabFramebuffer()
    wanted = [QColor(panel.color_of(place)).getRgb()[:3] for place in range(2)]
    seen = np.array(
        [
            image.pixelColor(x, y).getRgb()[:3]
            for x in range(0, image.width(), 2)
            for y in range(0, image.height(), 2)
        ]
    )  # fmt: skip
    return sum(int((np.abs(seen - color).max(axis=1) < 80).sum()) for color in wanted)


def test_a_dock_that_floats_and_docks_again_keeps_its_picture_and_its_lasso(make_napari_viewer, session, qtbot):
    viewer = make_napari_viewer(show=True)
    viewer.theme = "dark"
    panel = FeaturesPanel(session, viewer=viewer)
    dock = viewer.window.add_dock_widget(panel, name="Features", area="top", add_vertical_stretch=False)
    session.selection.select([1, 2])
    qtbot.waitUntil(lambda: ready(panel) and coloured_pixels(panel) > 20)
    draw_lasso(qtbot, panel, around_all(panel))
    n_inside = len(session.selection.spikes)
    for floating in (True, False):
        canvas = panel.canvas.native
        dock.setFloating(floating)
        qtbot.waitUntil(lambda canvas=canvas: panel.canvas.native is not canvas)
        qtbot.waitUntil(lambda: coloured_pixels(panel) > 20)
    assert len(panel.lasso) == 4
    draw_lasso(qtbot, panel, around_all(panel))
    assert len(session.selection.spikes) > 0.5 * n_inside


def test_the_tag_tells_whether_k_would_split(panel, session, qtbot):
    session.selection.select([1])
    qtbot.waitUntil(lambda: ready(panel))
    panel.canvas.frame = panel.frame.zoomed(275, 200, 0.05)
    draw_lasso(qtbot, panel, around_all(panel))
    assert panel.lasso.tag == f"all {session.manager.n_spikes(1)} spikes inside"
    panel.show_all()
    draw_lasso(qtbot, panel, around_all(panel))
    assert panel.lasso.tag.endswith("inside  ·  K splits")


def test_without_opengl_a_sentence_takes_the_place_of_a_black_picture(qtbot, session, monkeypatch):
    monkeypatch.setattr(opengl, "opengl_version", lambda: None)
    panel = FeaturesPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    session.selection.select([1])
    qtbot.waitUntil(lambda: not panel.stack.shows_picture and "OpenGL" in panel.stack.page.text)


def alone(panel, place):
    """Return (spike, pixel) of a dot of a cluster with no other dot beside it."""
    data = features(panel)
    px = panel.frame.to_px(np.column_stack([data.x, data.y]))
    for index in np.flatnonzero(data.places == place):
        if np.sum(np.hypot(*(px - px[index]).T) < 16) == 1 and panel.frame.contains(*px[index]):
            return int(data.spike_ids[index]), QPoint(*np.rint(px[index]).astype(int).tolist())
    raise AssertionError("every dot has neighbours")


def test_a_click_on_a_dot_selects_its_spike_and_moves_the_clock(panel, session, qtbot):
    spike, spot = alone(panel, 0)
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, spot)
    assert session.selection.spikes.tolist() == [spike]
    assert session.time.time_s == pytest.approx(session.model.spike_times[spike])
    assert len(panel.highlighted.points) == 1
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, QPoint(3, 3))  # beside the plot
    assert session.selection.spikes.tolist() == [spike]


def test_ctrl_click_on_a_dot_adds_its_spike_and_its_cluster_and_draws_no_lasso(panel, session, qtbot):
    one, spot = alone(panel, 0)
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, spot)
    before = session.selection.clusters
    stray, spot = alone(panel, -1)
    for expected in ({one, stray}, {one}):
        qtbot.mouseClick(panel.canvas.native, LEFT, CTRL, spot)
        assert set(session.selection.spikes.tolist()) == expected
        assert session.selection.clusters == (*before, int(session.manager.clusters_of([stray])[0]))
        assert len(panel.lasso) == 0
    qtbot.waitUntil(lambda: ready(panel))


def test_shift_click_on_a_dot_selects_its_cluster_alone(panel, session, qtbot):
    spike, spot = alone(panel, -1)
    qtbot.mouseClick(panel.canvas.native, LEFT, Qt.KeyboardModifier.ShiftModifier, spot)
    assert session.selection.clusters == (int(session.manager.clusters_of([spike])[0]),)
    qtbot.waitUntil(lambda: ready(panel))


def test_over_time_a_click_beside_the_dots_goes_to_that_moment(panel, session, qtbot):
    panel.set_axis(0, TIME_AXIS)
    qtbot.waitUntil(lambda: not panel.busy and panel.along_time)
    panel.canvas.frame = panel.frame.panned(0, 3 * panel.frame.height)  # no dot in sight
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, QPoint(200, 150))
    assert session.time.time_s == pytest.approx(panel.frame.to_data([[200, 150]])[0, 0])


def choose_grid(panel, text, qtbot):
    panel.header.more_menu.aboutToShow.emit()
    next(action for action in panel.header.more_menu.actions() if action.text() == text).trigger()
    qtbot.waitUntil(lambda: not panel.busy and (panel.data.grid is None) == (panel.settings.grid is None))


def middle_of(panel, row, column):
    frame = panel.canvas.cell_frame(row, column)
    return QPoint(round(frame.left + frame.width / 2), round(frame.top + frame.height / 2))


def test_a_grid_of_projections_one_of_which_becomes_large(panel, session, qtbot):
    canvas = panel.canvas.native
    choose_grid(panel, "Grid of channels", qtbot)
    grid = panel.data.grid
    assert len(grid.labels) == 4
    assert panel.frame is None
    assert panel.header.drop_downs[0].isHidden()
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, middle_of(panel, 1, 2))
    qtbot.waitUntil(lambda: not panel.busy and panel.data.features is not None)
    assert (features(panel).request.x, features(panel).request.y) == grid.request.cell(1, 2)
    assert panel.canvas.native is canvas  # one context
    draw_lasso(qtbot, panel, around_all(panel))
    assert len(session.selection.spikes) > 50
    panel.setFocus()
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert len(panel.lasso) == 0
    assert panel.settings.grid is None
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not panel.busy and panel.data.grid is not None)
    qtbot.mouseClick(panel.canvas.native, LEFT, NONE, middle_of(panel, 3, 3))
    qtbot.waitUntil(lambda: not panel.busy and panel.data.features is not None)
    assert features(panel).request.x == TIME_AXIS


def test_cells_of_the_grid_hold_their_dots_in_the_colours_of_the_clusters(panel, session, qtbot):
    choose_grid(panel, "Grid of components", qtbot)
    QApplication.processEvents()
    image = panel.canvas.native.grabFramebuffer()
    scale = image.width() / panel.canvas.native.width()
    grid = panel.data.grid
    best = np.flatnonzero(grid.places == 0)[-1]  # the last that is drawn in each cell
    color = np.array(QColor(panel.color_of(0)).getRgb()[:3])
    view = np.array(QColor(panel.theme.view).getRgb()[:3])
    hits = 0
    for row in range(4):
        for column in range(4):
            frame, (x, y) = panel.canvas.cell_frame(row, column), grid.cell(row, column)
            px = frame.to_px([[grid.values[x, best], grid.values[y, best]]])[0]
            if frame.contains(*px):
                seen = np.array(image.pixelColor(*(px * scale).astype(int).tolist()).getRgb()[:3])
                hits += np.linalg.norm(seen - color) < 0.6 * np.linalg.norm(view - color)
    assert hits >= 12


def test_the_grid_tells_the_spike_or_the_projection_under_the_mouse(panel, session, qtbot):
    choose_grid(panel, "Grid of channels", qtbot)
    grid = panel.data.grid
    index = int(np.flatnonzero(grid.places == 0)[-1])
    (x_px, y_px), *_ = panel.canvas.px_of(np.array([index]))
    assert panel.read_out(x_px, y_px).startswith("cluster ")
    corner = panel.canvas.cell_frame(0, 1)
    words = panel.read_out(corner.left + 1, corner.top + 1)
    assert words == f"{grid.labels[1]}, {grid.labels[0]}"
    session.selection.select_spikes([int(grid.spike_ids[index])])
    panel.canvas.overlay.grab()


def test_the_channel_that_was_picked_comes_first_in_the_grid(panel, session, qtbot):
    panel.choose(grid="channels")
    session.channel.choose(7)
    qtbot.waitUntil(lambda: not panel.busy and panel.data.grid is not None)
    assert panel.data.grid.labels[0] == "channel 7 · PC1"


def test_a_channel_is_found_by_typing_its_number(panel, qtbot):
    box = panel.header.drop_downs[1]
    box.choices_menu.popup(panel.mapToGlobal(QPoint(10, 10)))
    line = box.choices_menu.findChild(QLineEdit)
    qtbot.waitUntil(line.hasFocus)

    def offered():
        return [action.text() for action in box.choices_menu.actions() if action.isVisible() and action.text()]

    assert "time" in offered()
    qtbot.keyClicks(line, "5")
    assert offered() == ["ch 5 · PC1", "ch 5 · PC2", "ch 5 · PC3"]
    qtbot.keyClicks(line, " pc2")
    assert offered() == ["ch 5 · PC2"]
    line.clear()
    assert "time" in offered()
    qtbot.keyClicks(line, "5.3")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert not box.choices_menu.isVisible()
    qtbot.waitUntil(lambda: not panel.busy and features(panel).request.y == FeatureAxis("feature", 5, 2))
    assert box.text() == "y  ch 5 · PC3 ▾"


def test_what_a_typed_axis_means():
    ids = np.array([7, 70, 12, 71, 170])

    def texts(text, n_components=2):
        return [words for words, _ in find_axes(text, ids, n_components)]

    assert texts("7") == ["ch 7 · PC1", "ch 7 · PC2", "ch 70 · PC1", "ch 70 · PC2", "ch 71 · PC1", "ch 71 · PC2"]
    assert texts("channel 12, PC1") == ["ch 12 · PC1"]
    assert texts("12 3") == texts("12 0") == texts("9") == texts("no") == []
    assert texts("ti") == ["time"]
    assert find_axes("70.2", ids, 2) == [("ch 70 · PC2", FeatureAxis("feature", 1, 1))]


@pytest.mark.parametrize("by_button", [False, True])
def test_a_lasso_in_a_cell_of_the_grid_takes_all_spikes_inside_drawn_or_not(panel, session, qtbot, by_button):
    choose_grid(panel, "Grid of channels", qtbot)
    grid = panel.data.grid
    row, column = 1, 2
    frame = panel.canvas.cell_frame(row, column)
    middle = frame.to_px([[float(np.median(grid.values[column][grid.places == 0])), 0]])[0, 0]
    edges = frame.top + 2, frame.top + frame.height - 2
    box = [(middle, edges[0]), (frame.left + frame.width - 2, edges[0]), (frame.left + frame.width - 2, edges[1])]
    if by_button:
        panel.header.lasso_button.click()
    draw_lasso(qtbot, panel, [*box, (middle, edges[1])], NONE if by_button else CTRL)
    assert panel.settings.grid == "channels"  # none became large
    request = FeatureRequest(session.selection.clusters, *grid.request.cell(row, column))
    expected = spikes_in_lasso(session, request, panel.lasso.polygon)
    assert 0 < len(expected) < grid.n_total
    assert session.selection.spikes.tolist() == expected.tolist()
    assert "inside" in panel.lasso.tag
    session.split(session.selection.spikes)
    (cluster,) = set(session.manager.clusters_of(expected).tolist())
    assert session.manager.n_spikes(cluster) == len(expected)
    qtbot.waitUntil(lambda: not panel.busy)


def finds_few(panel):
    return not panel.highlighted.are_few or len(panel.highlighted.points) == len(panel.session.selection.spikes)


@pytest.mark.parametrize("kind", [None, "channels"])
def test_every_selected_spike_that_is_drawn_is_marked_however_many_there_are(qtbot, kind):
    session = light_session(n_clusters=2, n_spikes=14_000)
    panel = FeaturesPanel(session)
    qtbot.addWidget(panel)
    panel.resize(550, 480)
    panel.show()
    qtbot.waitExposed(panel)
    panel.choose(grid=kind)
    session.selection.select([1])
    qtbot.waitUntil(lambda: not panel.busy and panel.data is not None)
    mine = session.manager.spikes(1)
    for n in (10, 300, 5000, 0):
        session.selection.select_spikes(mine[np.linspace(0, len(mine) - 1, n).astype(int)])
        shown = panel.canvas.grid or panel.scatter
        drawn = np.flatnonzero(np.isin(shown.spike_ids, session.selection.spikes))
        if kind is None:
            qtbot.waitUntil(lambda: finds_few(panel))
            marked = panel.highlighted.points
            assert len(marked) == (n if n <= N_MARKED else len(drawn))
            points = np.column_stack([shown.x, shown.y])[drawn]
        else:
            points = panel.canvas.px_of(drawn)
        dots = panel.canvas.marked
        assert len(dots) == (len(points) if n > N_MARKED else 0)
        if len(dots):
            assert dots == pytest.approx(points)
    session.close()


def test_many_marked_spikes_have_the_colour_of_text_unless_parts_have_colours(panel, session, qtbot):
    mine = session.manager.spikes(1)[:250]
    assert len(mine) == 250
    session.selection.select_spikes(mine)
    assert len(panel.canvas.marked) == np.isin(features(panel).spike_ids, mine).sum() > N_MARKED
    QApplication.processEvents()
    image = panel.canvas.native.grabFramebuffer()
    scale = image.width() / panel.canvas.native.width()
    px = [(x, y) for x, y in panel.frame.to_px(panel.canvas.marked) if panel.frame.contains(x, y)]
    seen = [image.pixelColor(int(x * scale), int(y * scale)).getRgb()[:3] for x, y in px]
    assert np.median(seen, axis=0) == pytest.approx(QColor(panel.theme.text).getRgb()[:3], abs=12)
    panel.show_regrouping(Regrouping.of(session.manager.spikes(1), np.arange(len(session.manager.spikes(1))) % 2 + 1))
    qtbot.waitUntil(lambda: not panel.busy and not len(panel.canvas.marked))
    panel.show_regrouping(None)
    qtbot.waitUntil(lambda: not panel.busy and len(panel.canvas.marked) > N_MARKED)
