"""Lassos drawn by real mouse events: the polygon in data units, what is inside, and the tag that tells it."""

import threading

import numpy as np
import pytest
from patience import PATIENCE_S
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QAction
from widgets.light_session import light_session
from widgets.mouse_events import drag, move, press, release

from napari_phy.core.errors import ClusteringError
from napari_phy.views.frame import Frame
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.plots import lasso_tool
from napari_phy.widgets.plots.lasso_tool import LassoSearch, LassoTool, SpikeLasso
from napari_phy.widgets.plots.overlay import tag_box
from napari_phy.widgets.plots.painted_plot import PaintedPlot

CTRL = Qt.KeyboardModifier.ControlModifier
SQUARE = [(20, 20), (80, 20), (80, 80), (20, 80)]


class View:
    """A panel of 200 × 200 px that shows 0…2 along both axes."""

    title = "View"

    def __init__(self, session=None):
        self.session = session
        self.lasso_frame = Frame(0, 0, 200, 200, (0, 2), (0, 2))
        self.errors = []
        self.search = LassoSearch(lambda polygon: np.array([3, 4]), 2)

    def lasso_frame_at(self, position):
        return self.lasso_frame

    def lasso_search(self, polygon):
        return self.search

    def n_drawn(self, inside):
        return None

    def show_error(self, error):
        self.errors.append(error)


@pytest.fixture
def plot(qtbot):
    made = PaintedPlot(lambda painter: None)
    qtbot.addWidget(made)
    made.resize(200, 200)
    return made


@pytest.fixture
def button(plot):
    made = QAction(plot)
    made.setCheckable(True)
    return made


@pytest.fixture
def session():
    made = light_session(n_clusters=5, n_spikes=400)
    made.selection.select([1, 2])
    yield made
    made.close()


@pytest.fixture
def view(session):
    return View(session)


@pytest.fixture
def lasso(view, plot, button):
    return SpikeLasso(view, plot.mouse, button, plot)


def draw(plot, points=SQUARE, modifiers=CTRL):
    drag(plot, points, modifiers)


# --- the polygon ---


def test_it_is_in_data_units_and_stays_on_them_when_the_view_moves(plot, button, qtbot):
    view, finished = View(), []
    tool = LassoTool(view, plot.mouse, button, plot)
    tool.finished.connect(finished.append)
    press(plot, (20, 20), CTRL)
    move(plot, (80, 20), CTRL)
    view.lasso_frame = view.lasso_frame.panned(50, 0)
    move(plot, (80, 80), CTRL)
    assert tool.drawing
    release(plot, (80, 80), CTRL)
    assert tool.closed
    assert len(finished) == 1
    np.testing.assert_allclose(finished[0], [[0.2, 1.8], [0.8, 1.8], [0.3, 1.2]])


def test_the_button_draws_without_ctrl_and_goes_off(plot, button, qtbot):
    tool = LassoTool(View(), plot.mouse, button, plot)
    draw(plot, modifiers=Qt.KeyboardModifier.NoModifier)
    assert not len(tool)
    button.setChecked(True)
    assert tool.is_wanted
    draw(plot, modifiers=Qt.KeyboardModifier.NoModifier)
    assert len(tool) == 4
    assert not button.isChecked()


def test_two_points_are_no_lasso(plot, button, qtbot):
    tool, said = LassoTool(View(), plot.mouse, button, plot), []
    tool.said.connect(said.append)
    draw(plot, SQUARE[:2])
    assert said == ["The lasso needs three points or more."]
    assert not tool.is_wanted


@pytest.mark.parametrize("when", ["before", "during"])
def test_none_is_left_where_there_is_nothing_to_draw_on(plot, button, qtbot, when):
    view = View()
    tool, finished = LassoTool(view, plot.mouse, button, plot), []
    tool.finished.connect(finished.append)
    frame = view.lasso_frame
    view.lasso_frame = None if when == "before" else frame
    press(plot, (20, 20), CTRL)
    move(plot, (80, 20), CTRL)
    view.lasso_frame = None
    move(plot, (80, 80), CTRL)
    release(plot, (20, 80), CTRL)
    assert not len(tool)
    assert not finished


def test_one_that_is_dismissed_while_it_is_drawn_is_gone(plot, button, qtbot):
    tool = LassoTool(View(), plot.mouse, button, plot)
    press(plot, (20, 20), CTRL)
    move(plot, (80, 20), CTRL)
    tool.dismiss()
    move(plot, (80, 80), CTRL)
    release(plot, (20, 80), CTRL)
    assert not len(tool)


# --- the spikes inside ---


def test_the_spikes_inside_are_selected_and_told_and_go_with_it(plot, lasso, view, session, qtbot):
    session.selection.select_spikes([7])
    draw(plot)
    assert session.selection.spikes.tolist() == [3, 4]
    assert lasso.tag == "2 spikes inside  ·  K splits"
    lasso.dismiss()
    assert not len(session.selection.spikes)
    assert not lasso.is_wanted
    assert lasso.tag == ""


def test_one_that_begins_deselects_the_spikes_of_the_last(plot, lasso, session, qtbot):
    draw(plot)
    press(plot, (20, 20), CTRL)
    assert len(session.selection.spikes)
    move(plot, (80, 20), CTRL)
    assert not len(session.selection.spikes)


def test_it_goes_when_other_spikes_are_selected(plot, lasso, session, qtbot):
    draw(plot)
    lasso.follow(session.selection.spikes)
    assert lasso.closed
    lasso.follow(np.array([3]))
    assert not len(lasso)


def test_it_tells_how_many_are_drawn_and_when_all_or_none_are_inside(plot, lasso, view, session, qtbot):
    view.n_drawn = lambda inside: min(len(inside), 5)
    all_of_one, said = session.manager.spikes(1), []
    lasso.said.connect(said.append)
    view.search = LassoSearch(lambda polygon: all_of_one, len(all_of_one))
    draw(plot)
    assert lasso.tag == f"all {len(all_of_one)} spikes inside, 5 of them drawn"
    view.search = LassoSearch(lambda polygon: all_of_one[:0], 0)
    draw(plot)
    assert lasso.tag == "no spikes inside"
    assert said == ["No spike of the selected clusters lies inside the lasso."]


@pytest.mark.parametrize("why", ["many", "read"])
def test_much_is_counted_in_the_background_and_the_tag_tells_how_far(plot, lasso, view, session, qtbot, why):
    go_on = threading.Event()

    def look(polygon, on_progress):
        on_progress(0.42)
        go_on.wait(PATIENCE_S)
        return np.array([3, 4])

    n_spikes = lasso_tool.N_AT_ONCE + 1 if why == "many" else 2
    view.search = LassoSearch(look, n_spikes, reads_data=why == "read")
    draw(plot)
    assert lasso.tag == "counting…"
    qtbot.waitUntil(lambda: lasso.tag == "counting: 42 %")
    go_on.set()
    qtbot.waitUntil(lambda: len(session.selection.spikes) == 2)
    assert session.selection.spikes.tolist() == [3, 4]
    assert lasso.tag == "2 spikes inside  ·  K splits"


def test_it_goes_with_clusters_that_an_edit_took_away(plot, lasso, view, qtbot):
    def refuse(polygon):
        raise ClusteringError("There is no cluster 1; it was merged, split or never existed.")

    view.lasso_search = refuse
    draw(plot)
    assert not len(lasso)
    assert not view.errors


def test_other_errors_show_in_the_panel(plot, lasso, view, qtbot, caplog):
    view.search = LassoSearch(lambda polygon: 1 / 0, 2)
    draw(plot)
    assert [type(error) for error in view.errors] == [ZeroDivisionError]
    assert "View could not be updated." in caplog.text


# --- the tag ---

AREA = QRectF(60, 4, 400, 300)  # of a plot; the x axis is below


@pytest.mark.parametrize(
    ("polygon", "top"),
    [
        (QRectF(200, 100, 50, 50), 100 - 25),
        (QRectF(200, 10, 50, 100), 110 + 5),  # no room above
        (QRectF(200, 10, 50, 290), 10 + 5),  # nor below
        (QRectF(200, -50, 50, 400), 4 + 5),  # beyond the plot
    ],
)
def test_the_tag_stays_inside_the_plot(polygon, top):
    box = tag_box(polygon, AREA, tokens("dark"), "84 spikes inside · K splits")
    assert AREA.contains(box)
    assert box.top() == top


@pytest.mark.parametrize("left", [61, 450])
def test_the_tag_of_a_polygon_at_the_side_is_inside(left):
    assert AREA.contains(tag_box(QRectF(left, 100, 5, 5), AREA, tokens("light"), "84 spikes inside · K splits"))
