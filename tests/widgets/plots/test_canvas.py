"""Frames, ticks, layouts and visuals: what is drawn is where and what it should be."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QApplication, QMainWindow

from napari_phy.views.feature_choices import AUTOMATIC, axis_choices, axis_text
from napari_phy.views.features import TIME_AXIS, FeatureAxis
from napari_phy.views.frame import Frame
from napari_phy.views.lasso import Lasso
from napari_phy.views.probe_layout import probe_layout, stacked_layout
from napari_phy.views.ticks import log_ticks, nice_length, nice_ticks
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.plots import opengl
from napari_phy.widgets.plots.data_canvas import DataCanvas
from napari_phy.widgets.plots.lines import PaletteLines, segment_ends
from napari_phy.widgets.plots.overlay import axis_ticks, fitted, left_margin
from napari_phy.widgets.plots.palette import palette_of, rgba, style_of
from napari_phy.widgets.plots.palette_scatter import PaletteScatter

FRAME = Frame(10, 20, 200, 100, (0.0, 4.0), (-1.0, 1.0))


def test_a_frame_maps_its_range_to_its_rectangle_and_back():
    corners = [[0, 1], [4, -1]]
    assert FRAME.to_px(corners) == pytest.approx(np.array([[10, 20], [210, 120]]))
    points = np.random.default_rng(0).normal(size=(50, 2))
    assert FRAME.to_data(FRAME.to_px(points)) == pytest.approx(points)
    assert FRAME.contains(10, 20)
    assert not FRAME.contains(9, 20)


def test_zooming_keeps_the_point_under_the_mouse():
    zoomed = FRAME.zoomed(70, 50, 2.0)
    assert zoomed.to_data([[70, 50]]) == pytest.approx(FRAME.to_data([[70, 50]]))
    assert np.ptp(zoomed.x_range) == pytest.approx(2)
    assert np.ptp(zoomed.y_range) == pytest.approx(1)
    back = zoomed.zoomed(70, 50, 0.5)
    assert back.x_range == pytest.approx(FRAME.x_range)


def test_panning_moves_the_data_with_the_mouse():
    panned = FRAME.panned(25, -10)
    assert panned.to_px([[1, 0]]) == pytest.approx(FRAME.to_px([[1, 0]]) + np.array([25, -10]))


@pytest.mark.parametrize(
    ("low", "high", "n_max", "labels"),
    [
        (-310, 95, 5, ["−300", "−200", "−100", "0"]),
        (0, 60, 7, ["0", "10", "20", "30", "40", "50", "60"]),
        (3.2, 3.45, 5, ["3.20", "3.25", "3.30", "3.35", "3.40", "3.45"]),
        (900, 3100, 3, ["1\u202f000", "2\u202f000", "3\u202f000"]),
    ],
)
def test_ticks_are_round_numbers_in_our_spelling(low, high, n_max, labels):
    found = [label for _, label in nice_ticks(low, high, n_max)]
    assert [label.replace("\u2009", "\u202f") for label in found] == labels


@pytest.mark.parametrize(
    ("low", "high", "n_max", "labels"),
    [
        (-0.3, 1.1, 6, ["1", "2", "5", "10"]),
        (-1.1, 1.1, 20, ["0.1", "0.2", "0.5", "1", "2", "5", "10"]),
        (-1, 4, 6, ["0.1", "1", "10", "100", "1\u2009000", "10\u2009000"]),
        (0, 8, 5, ["1", "100", "10\u2009000", "1\u2009000\u2009000", "100\u2009000\u2009000"]),
        (2.02, 2.2, 4, ["120", "140"]),
    ],
)
def test_logarithmic_ticks_are_round_numbers_at_their_places(low, high, n_max, labels):
    ticks = log_ticks(low, high, n_max)
    assert [label for _, label in ticks] == labels
    values = [float(label.replace("\u2009", "")) for _, label in ticks]
    assert [place for place, _ in ticks] == pytest.approx(np.log10(values))


def test_an_empty_range_has_no_ticks():
    assert nice_ticks(1.0, 1.0, 5) == []
    assert nice_ticks(float("nan"), 1.0, 5) == []
    assert log_ticks(1.0, 1.0, 5) == []


@pytest.mark.parametrize(("longest", "length"), [(99, 50), (100, 100), (0.23, 0.2), (7, 5)])
def test_scale_bars_have_round_lengths(longest, length):
    assert nice_length(longest) == pytest.approx(length)


def test_a_lasso_grows_by_real_moves_and_needs_three_points():
    lasso = Lasso()
    lasso.start((0, 0), (0, 0))
    assert lasso.drawing
    assert not lasso.add((1, 0), (1, 0))
    assert lasso.add((5, 0), (5, 0))
    assert not lasso.close()
    assert len(lasso) == 0
    lasso.start((0, 0), (0, 0))
    lasso.add((5, 0), (5, 0))
    lasso.add((5, 5), (5, 5))
    assert lasso.close()
    assert not lasso.drawing
    assert lasso.polygon.tolist() == [[0, 0], [5, 0], [5, 5]]


def staggered(n=16):
    return np.column_stack([np.where(np.arange(n) % 2, -12.0, 12.0), 10.0 * np.arange(n)])


def test_a_staggered_probe_has_two_columns():
    layout = probe_layout(staggered())
    assert layout.n_columns == 2
    assert layout.columns.tolist() == [1, 0] * 8
    assert layout.heights[[0, -1]].tolist() == [0, 1]
    assert layout.pitch == pytest.approx(20 / 150)


def test_shown_channels_keep_the_columns_of_the_whole_probe():
    layout = probe_layout(staggered(), np.array([2, 3, 4]))
    assert layout.n_columns == 2
    assert layout.columns.tolist() == [1, 0, 1]
    assert probe_layout(staggered(), np.array([2, 4])).n_columns == 1


def test_a_long_stretch_without_a_channel_is_shortened_to_four_pitches():
    layout = probe_layout(staggered(400), np.array([2, 4, 6, 300, 302]))
    np.testing.assert_allclose(layout.heights, np.array([0, 20, 40, 80, 100]) / 100)
    assert layout.pitch == pytest.approx(0.2)


def test_a_tapered_probe_has_two_columns_and_its_tip_is_in_one_of_them():
    y = 10.0 * np.arange(31)[::-1]
    x = np.where(np.arange(31) % 2, -1, 1) * (8 + y / 12)
    positions = np.vstack([np.column_stack([x, y + 10]), [[0, 0]]])
    layout = probe_layout(positions)
    assert layout.n_columns == 2
    assert layout.pitch > 0.02


@pytest.mark.parametrize(("n_columns", "n_rows"), [(1, 32), (4, 12), (10, 10)])
def test_a_grid_keeps_its_columns(n_columns, n_rows):
    x, y = np.meshgrid(16.0 * np.arange(n_columns), 20.0 * np.arange(n_rows))
    layout = probe_layout(np.column_stack([x.ravel(), y.ravel()]))
    assert layout.n_columns == n_columns
    assert layout.pitch == pytest.approx(1 / (n_rows - 1))


@pytest.mark.parametrize("positions", [np.zeros((1, 2)), np.zeros((5, 2)), np.array([[0.0, 0], [0, 0], [0, 20]])])
def test_boxes_never_lie_on_each_other(positions):
    layout = probe_layout(positions)
    places = set(zip(layout.columns.tolist(), layout.heights.tolist(), strict=True))
    assert len(places) == len(positions)
    assert stacked_layout(positions).n_columns == 1


def test_the_menu_of_an_axis_offers_the_strongest_channels_first_and_all_of_them():
    ids = np.arange(32) + 100
    choices = axis_choices(ids, 3, np.array([7, 6, 5, 4, 3, 2, 1]))
    assert [data for _, data in choices[:2]] == [AUTOMATIC, TIME_AXIS]
    assert [text for text, _ in choices[2:8]] == [f"channel {100 + k}" for k in (7, 6, 5, 4, 3, 2)]
    assert [text for text, _ in choices[8:]] == ["channels 100–115", "channels 116–131"]
    everything = {axis for _, group in choices[8:] for _, channel in group for _, axis in channel}
    assert everything == {FeatureAxis("feature", channel, pc) for channel in range(32) for pc in range(3)}
    assert axis_text(FeatureAxis("feature", 4, 1), ids) == "ch 104 · PC2"


def test_the_title_of_an_axis_is_shortened_before_it_is_cut(qapp):
    metrics = QFontMetrics(tokens().font(11))
    whole, short = "channel 12 · PC1", "ch 12 · PC1"
    room, less = (metrics.horizontalAdvance(title) + 2 for title in (whole, short))
    assert fitted(metrics, whole, room) == whole
    assert fitted(metrics, whole, room - 3) == fitted(metrics, whole, less) == short
    cut = fitted(metrics, whole, less - 9)
    assert cut.startswith("…")
    assert short.endswith(cut[1:])
    assert fitted(metrics, "time (s)", room) == "time (s)"
    assert fitted(metrics, "amplitude (features)", metrics.horizontalAdvance("amplitude")) == "(features)"
    assert fitted(metrics, "time (s)", metrics.horizontalAdvance("time")) == "(s)"


@pytest.mark.parametrize("y_range", [(-0.001, 0.002), (-310, 95), (-1e5, 3e5), (12.501, 12.504)])
@pytest.mark.parametrize("height", [130, 480])
def test_labels_of_the_vertical_axis_don_t_touch_its_title(qtbot, y_range, height):
    theme = tokens("dark")
    margin = left_margin(y_range, height, theme)
    frame = Frame(margin, 8, 300, height, (0, 1), y_range)
    _, ticks = axis_ticks(frame, theme)
    assert len(ticks) >= 2
    for _, label in ticks:
        assert margin - theme.px(6) - theme.text_width(label, 10) > theme.px(4 + 13)


# --- what the visuals put on the screen ---


@pytest.fixture
def canvas(qtbot):
    made = DataCanvas(lambda painter: None, lambda scene: None)
    qtbot.addWidget(made)
    made.resize(120, 100)
    made.set_background("#000000")
    made.show()
    qtbot.waitExposed(made)
    return made


def pixels(canvas):
    canvas.redraw()
    QApplication.processEvents()
    image = canvas.native.grabFramebuffer()
    scale = image.width() / canvas.native.width()
    return lambda x, y: image.pixelColor(int(x * scale), int(y * scale)).getRgb()[:3]


def test_a_disc_is_where_its_data_are_in_the_colour_of_its_place(canvas):
    scatter = PaletteScatter(parent=canvas._scene_canvas.scene)
    scatter.set_data([[30, 20], [60, 70]], [0, 1])
    scatter.set_style(style_of([10, 10], [False, False]))
    scatter.set_palette(palette_of([rgba("#ff0000"), rgba("#00ff00")]))
    at = pixels(canvas)
    assert at(30, 20) == (255, 0, 0)
    assert at(60, 70) == (0, 255, 0)
    assert at(45, 45) == (0, 0, 0)
    scatter.set_palette(palette_of([rgba("#0000ff")]))
    at = pixels(canvas)
    assert at(30, 20) == (0, 0, 255)
    assert at(60, 70) == (0, 0, 0)


def test_discs_are_round_and_rings_are_hollow(canvas):
    scatter = PaletteScatter(parent=canvas._scene_canvas.scene)
    scatter.set_data([[30, 50], [80, 50]], [0, 1])
    scatter.set_style(style_of([20, 20], [False, True]))
    scatter.set_palette(palette_of([rgba("#ffffff"), rgba("#ffffff")]))
    at = pixels(canvas)
    assert at(30, 50) == at(38, 50) == (255, 255, 255)
    assert at(37, 57) == (0, 0, 0)
    assert at(80, 50) == (0, 0, 0)
    assert at(89, 50)[0] > 150


def test_marks_without_data_draw_nothing(canvas):
    scatter = PaletteScatter(parent=canvas._scene_canvas.scene)
    scatter.set_palette(palette_of([rgba("#ffffff")] * 3))
    scatter.set_style(style_of([10] * 3, [False] * 3))
    assert pixels(canvas)(0, 0) == (0, 0, 0)
    scatter.set_data([[60, 50]], [2])
    assert pixels(canvas)(60, 50) == (255, 255, 255)
    scatter.set_data(np.empty((0, 2)), [])
    assert pixels(canvas)(60, 50) == (0, 0, 0)


def test_lines_are_as_wide_as_asked_and_don_t_join_each_other(canvas):
    lines = PaletteLines(3.0, parent=canvas._scene_canvas.scene)
    lines.set_data([[[10, 20.5], [50, 20.5], [100, 20.5]], [[10, 60.5], [50, 60.5], [100, 60.5]]], [0, 1])
    lines.set_palette(palette_of([rgba("#ff0000"), rgba("#00ff00")]))
    at = pixels(canvas)
    assert [at(30, y) for y in (18, 19, 20, 21, 22)] == [(0, 0, 0), *[(255, 0, 0)] * 3, (0, 0, 0)]
    assert at(75, 60) == (0, 255, 0)
    assert at(55, 40) == (0, 0, 0)
    lines.set_data(np.empty((0, 3, 2)), [])
    assert pixels(canvas)(30, 20) == (0, 0, 0)


def test_segments_join_the_points_of_one_line_only():
    starts, ends = segment_ends(np.arange(12, dtype=np.float32).reshape(2, 3, 2))
    assert starts.tolist() == [[0, 1], [2, 3], [6, 7], [8, 9]]
    assert ends.tolist() == [[2, 3], [4, 5], [8, 9], [10, 11]]


def test_mouse_events_come_in_logical_px_with_ctrl(canvas, qtbot):
    seen = []
    canvas.pressed.connect(lambda position, ctrl: seen.append(("press", position, ctrl)))
    canvas.moved.connect(lambda position, ctrl: seen.append(("move", position, ctrl)))
    canvas.released.connect(lambda position: seen.append(("release", position)))
    where = QPoint(30, 40)
    qtbot.mousePress(canvas.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, where)
    qtbot.mouseMove(canvas.native, QPoint(35, 45))
    qtbot.mouseRelease(canvas.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(35, 45))
    qtbot.mousePress(canvas.native, Qt.MouseButton.RightButton, Qt.KeyboardModifier.NoModifier, where)
    assert seen[0] == ("press", QPointF(30, 40), True)
    assert [entry[0] for entry in seen] == ["press", "move", "release"]


# --- OpenGL ---


def test_this_display_can_draw(qtbot):
    assert opengl.opengl_version() >= opengl.OLDEST
    assert opengl.opengl_problem() is None


@pytest.mark.parametrize(
    ("version", "words"),
    [(None, "which this display does not offer"), ((1, 4), "OpenGL 2.1 or newer; this display offers 1.4")],
)
def test_without_opengl_a_sentence_says_what_is_missing_and_what_helps(monkeypatch, version, words):
    monkeypatch.setattr(opengl, "opengl_version", lambda: version)
    problem = opengl.opengl_problem()
    assert words in problem
    assert problem.endswith("LIBGL_ALWAYS_SOFTWARE=1 in the environment.")


def test_a_canvas_that_lost_its_context_draws_no_more_and_is_replaced(canvas, qtbot):
    lost, scatter = canvas.native, PaletteScatter(parent=canvas._scene_canvas.scene)
    scatter.set_data([[30, 20]], [0])
    canvas._scene_canvas.events.initialize()  # as in another context
    assert not lost.updatesEnabled()
    assert canvas._scene_canvas.context.glir.clear() == []
    with qtbot.waitSignal(canvas.rebuilt):
        qtbot.waitUntil(lambda: canvas.native is not lost)
    assert canvas.native.updatesEnabled()


def on_screen(widget):
    """Return the colour of the middle of a widget on the screen; reading the canvas itself would draw it anew."""
    middle = widget.mapToGlobal(widget.rect().center())
    return widget.screen().grabWindow(0, middle.x(), middle.y(), 1, 1).toImage().pixelColor(0, 0).name()


def test_what_changes_while_docks_are_put_back_is_on_the_screen(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    made = DataCanvas(lambda painter: None, lambda scene: None)
    window.setCentralWidget(made)
    window.resize(120, 100)
    window.show()
    qtbot.waitExposed(window)

    made.set_background("#ff0000")
    qtbot.waitUntil(lambda: on_screen(made) == "#ff0000")
    made.set_background("#00ff00")  # asks for it to be drawn, but it is hidden and shown before it is
    made.hide()
    made.show()
    qtbot.waitUntil(lambda: on_screen(made) == "#00ff00")
    made.hide()
    made.set_background("#0000ff")
    made.show()
    qtbot.waitUntil(lambda: on_screen(made) == "#0000ff")
    made.set_background("#ffff00")
    qtbot.waitUntil(lambda: on_screen(made) == "#ffff00")


def test_marks_keep_their_size_when_the_canvas_is_resized_out_of_sight(qtbot):
    made = DataCanvas(lambda painter: None, lambda scene: None)
    qtbot.addWidget(made)
    made.resize(1200, 300)
    made.show()
    qtbot.waitExposed(made)
    made.hide()
    made.native.resize(400, 300)
    assert made.pixel_scale == made.devicePixelRatioF()
