"""The raster: pixels against counts, real mouse events, one clock."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QColor, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication
from widgets.light_session import light_session
from widgets.svg_reading import Svg

from napari_phy.widgets.docks.raster_panel import RasterPanel

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT, PLAIN = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


@pytest.fixture
def session():
    made = light_session(n_clusters=8, n_spikes=400)
    yield made
    made.close()


@pytest.fixture
def panel(qtbot, session):
    made = RasterPanel(session)
    qtbot.addWidget(made)
    made.resize(620, 420)
    made.show()
    qtbot.waitExposed(made)
    session.selection.select([3, 5])
    qtbot.waitUntil(lambda: not made.busy and made.data is not None)
    return made


def pixels(plot):
    """Return (height, width, 3) of the plot as it is on screen."""
    image = plot.grab().toImage().convertToFormat(plot.grab().toImage().Format.Format_RGB888)
    rows = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def rgb(color):
    return QColor(color).getRgb()[:3]


def columns_with(plot, row, color):
    """Return the columns of the spikes' rectangle that have a colour in the middle of a row."""
    layout = plot.layout_now
    line = pixels(plot)[round(float(layout.zero_of(row)))]
    inside = line[round(layout.left) : round(layout.left) + round(layout.width)]
    return np.flatnonzero(np.abs(inside - rgb(color)).max(axis=1) <= 12)


def place_of(plot, time_s, row):
    layout = plot.layout_now
    return QPoint(round(layout.x_of(time_s)), round(float(layout.zero_of(row))))


def wheel(plot, place, notches, modifiers=PLAIN):
    position = QPointF(place)
    event = QWheelEvent(
        position, QPointF(plot.mapToGlobal(place)), QPoint(), QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot, event)


def test_every_spike_of_a_selected_cluster_has_a_tick_in_its_colour_and_nothing_else_has(panel, session):
    session.time.show(0, session.model.duration)  # no frame over the spikes
    layout = panel.plot.layout_now
    for place, cluster in enumerate((3, 5)):
        row = int(np.flatnonzero(panel.plot.rows == cluster)[0])
        times = session.model.spike_times[session.manager.spikes(cluster)]
        expected = np.unique(((times - layout.start_s) * layout.px_per_s).astype(int))
        found = columns_with(panel.plot, row, panel.color_of(place))
        clock = round(layout.x_of(session.time.time_s) - layout.left)
        assert set(expected.tolist()) - {clock} <= set(found.tolist()) <= set(expected.tolist())


def test_other_clusters_have_the_background_s_colour(panel):
    row = int(np.flatnonzero(~np.isin(panel.plot.rows, [3, 5]))[0])
    assert len(columns_with(panel.plot, row, panel.theme.background_spikes)) > 5


def test_a_click_moves_the_clock_ctrl_click_adds_the_cluster_of_the_row_and_shift_click_selects_it(panel, session):
    moves = []
    session.time.moved.connect(lambda: moves.append(session.time.time_s))
    place = place_of(panel.plot, 12.0, 4)
    QTest.mouseClick(panel.plot, LEFT, PLAIN, place)
    layout = panel.plot.layout_now
    assert moves == [pytest.approx(12.0, abs=1 / layout.px_per_s)]
    assert session.selection.clusters == (3, 5)
    cluster = int(panel.plot.rows[4])
    for expected in ((3, 5, cluster), (3, 5)):
        QTest.mouseClick(panel.plot, LEFT, CTRL, place)
        assert session.selection.clusters == expected
    QTest.mouseClick(panel.plot, LEFT, SHIFT, place)
    assert session.selection.clusters == (cluster,)
    assert len(moves) == 1


def test_the_clock_is_a_yellow_line_wherever_it_was_moved(panel, session):
    session.time.move_to(9.0)
    layout = panel.plot.layout_now
    column = pixels(panel.plot)[:, int(layout.x_of(9.0))]
    inside = column[int(layout.top) + 2 : int(layout.top + layout.height) - 2]
    assert (np.abs(inside - rgb(panel.theme.warning)).max(axis=1) <= 40).mean() > 0.9


def test_a_moment_out_of_sight_is_brought_into_sight_and_the_length_stays(panel, session):
    panel.plot.show_time(2.0, 4.0)
    session.time.move_to(3.0)
    assert panel.plot.shown_s == (2.0, 4.0)
    session.time.move_to(15.0)
    assert panel.plot.shown_s == (14.0, 16.0)
    assert session.time.time_s == 15.0


def test_the_wheel_zooms_around_the_mouse_and_a_double_click_shows_all(panel, session):
    place = place_of(panel.plot, 5.0, 0)
    time_s = panel.plot.layout_now.time_at(place.x())
    wheel(panel.plot, place, 3)
    layout = panel.plot.layout_now
    assert layout.stop_s - layout.start_s == pytest.approx(20 / 1.25**3)
    assert layout.time_at(place.x()) == pytest.approx(time_s)
    QTest.mouseDClick(panel.plot, LEFT, PLAIN, place)
    assert panel.plot.shown_s == (0.0, session.model.duration)


def test_dragging_moves_time_and_clicks_nothing(panel, session):
    panel.plot.show_time(5.0, 10.0)
    before = session.time.time_s
    start = place_of(panel.plot, 8.0, 2)
    QTest.mousePress(panel.plot, LEFT, PLAIN, start)
    QTest.mouseMove(panel.plot, start - QPoint(40, 0))
    QTest.mouseMove(panel.plot, start - QPoint(100, 0))
    QTest.mouseRelease(panel.plot, LEFT, PLAIN, start - QPoint(100, 0))
    shift = 100 / panel.plot.layout_now.px_per_s
    assert panel.plot.shown_s == (pytest.approx(5 + shift), pytest.approx(10 + shift))
    assert session.time.time_s == before


def test_pages_of_rows_are_turned_and_counted_and_show_the_best_cluster(panel, session, qtbot):
    panel.choose(rows_a_page=3)
    assert panel.stack.caption.text() == "3 of 8 clusters"
    assert len(panel.plot.layout_now.rows) == 3
    panel.plot.set_rows_a_page(3)  # to the first page
    QTest.keyClick(panel, Qt.Key.Key_PageDown)
    assert panel.plot.layout_now.rows[0] == 3
    QTest.keyClick(panel, Qt.Key.Key_PageUp)
    assert panel.plot.layout_now.rows[0] == 0
    wheel(panel.plot, place_of(panel.plot, 5.0, 0), -1, SHIFT)
    assert panel.plot.layout_now.rows[0] == 3
    last = int(panel.plot.rows[-1])
    session.selection.select([last])
    assert panel.plot.layout_now.rows[-1] == 7
    panel.choose(rows_a_page=None)
    assert panel.stack.caption.text() == "all 8 clusters"


def test_rows_follow_edits_and_the_order_chosen(panel, session, qtbot):
    session.merge([3, 5])
    new = session.manager.cluster_ids[-1]
    qtbot.waitUntil(lambda: new in panel.plot.rows)
    assert sorted(panel.plot.rows.tolist()) == session.manager.cluster_ids.tolist()
    session.discard([0])
    qtbot.waitUntil(lambda: 0 not in panel.plot.rows)
    panel.listed = lambda: [7, 1, new]
    panel.choose(order="list")
    qtbot.waitUntil(lambda: panel.plot.rows[:3].tolist() == [7, 1, new])
    panel.choose(order="group")
    qtbot.waitUntil(lambda: panel.plot.rows[-1] == 2)
    session.move([7], "noise")
    qtbot.waitUntil(lambda: panel.plot.rows[-2:].tolist() == [2, 7])


def test_a_page_that_was_turned_stays_while_spikes_are_selected(panel, session):
    panel.choose(rows_a_page=2)
    panel.plot.turn_page(-4)
    panel.plot.turn_page(1)
    rows = panel.plot.layout_now.rows
    session.selection.select_spikes([5])
    assert panel.plot.layout_now.rows == rows


def test_a_single_selected_spike_has_a_ring_around_it(panel, session):
    session.time.show(0, session.model.duration)
    spike = int(session.manager.spikes(0)[20])
    before = pixels(panel.plot)
    session.selection.select_spikes([spike])
    place = panel.plot.place_of(spike)
    lines, columns = np.nonzero(np.abs(pixels(panel.plot) - before).max(axis=2) > 30)
    assert len(lines) > 8
    assert np.hypot(lines - place.y(), columns - place.x()).max() < 9
    row = panel.plot.layout_now.row_at(place.y())
    assert panel.plot.rows[row] == 0


def test_dots_are_wider_than_bars(panel):
    row = int(np.flatnonzero(panel.plot.rows == 3)[0])
    n_bars = len(columns_with(panel.plot, row, panel.color_of(0)))
    next(action for action in panel.header.more_menu.actions() if action.text() == "Dots").trigger()
    assert len(columns_with(panel.plot, row, panel.color_of(0))) > 1.5 * n_bars


def test_the_ids_of_selected_clusters_are_bold_and_no_others(panel):
    texts = Svg(panel.figure().svg()).all("text")
    in_bold = [mark.text for mark in texts if int(mark.attributes["font-weight"]) > 500]
    assert set(in_bold) == {"3", "5"}


def test_what_is_under_the_mouse_is_said(panel, qtbot):
    said = []
    panel.said.connect(said.append)
    QTest.mouseMove(panel.plot, place_of(panel.plot, 5.0, 2))
    qtbot.waitUntil(lambda: len(said) > 0)
    assert said[-1].startswith(f"cluster {panel.plot.rows[2]}, 5.")
    assert said[-1].endswith(" s")


def test_nothing_is_shown_without_a_session(panel):
    panel.set_session(None)
    assert panel.plot.layout_now is None
    assert not panel.stack.shows_picture


@pytest.mark.parametrize("size", [(220, 120), (60, 40)])
def test_it_paints_at_any_size(panel, size):
    panel.plot.resize(*size)
    assert not panel.plot.grab().isNull()
