"""Frames, ticks, layouts and visuals: what is drawn is where and what it should be."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QApplication, QMainWindow

from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.plots import opengl
from napari_phy.widgets.plots.data_canvas import DataCanvas
from napari_phy.widgets.plots.lines import PaletteLines, segment_ends
from napari_phy.widgets.plots.overlay import fitted
from napari_phy.widgets.plots.palette import palette_of, rgba, style_of
from napari_phy.widgets.plots.palette_scatter import PaletteScatter


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


def test_the_mouse_is_followed_on_the_canvas_also_on_the_one_that_takes_its_place(canvas, qtbot):
    clicks, lost = [], canvas.native
    canvas.mouse.clicked.connect(lambda position, modifiers: clicks.append((position, modifiers)))
    where = QPoint(30, 40)
    qtbot.mouseClick(canvas.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier, where)
    canvas._scene_canvas.events.initialize()  # as in another context
    qtbot.waitUntil(lambda: canvas.native is not lost)
    qtbot.mouseClick(canvas.native, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, where)
    assert clicks == [
        (QPointF(30, 40), Qt.KeyboardModifier.ControlModifier),
        (QPointF(30, 40), Qt.KeyboardModifier.NoModifier),
    ]


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
