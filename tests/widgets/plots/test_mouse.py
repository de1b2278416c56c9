"""What is told of real mouse events: clicks, drags, the wheel, and lassos."""

import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication, QWidget
from widgets.mouse_events import NO_BUTTON, NONE, double_click, drag, move, press, release

from napari_phy.widgets.plots.mouse import Mouse
from napari_phy.widgets.plots.painted_plot import PaintedPlot

RIGHT = Qt.MouseButton.RightButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
SIGNALS = (
    "pressed", "hovered", "clicked", "double_clicked", "dragged", "scrolled",
    "lasso_started", "lasso_moved", "lasso_ended", "left",
)  # fmt: skip


def told_by(mouse):
    """Return the list that (signal, what it carries…) of all its signals go to."""
    told = []
    for name in SIGNALS:
        getattr(mouse, name).connect(lambda *carried, name=name: told.append((name, *carried)))
    return told


@pytest.fixture
def plot(qtbot):
    made = PaintedPlot(lambda painter: None)
    qtbot.addWidget(made)
    made.resize(200, 200)
    return made


@pytest.fixture
def told(plot):
    return told_by(plot.mouse)


def place(x, y):
    return QPointF(x, y)


def test_a_press_and_a_release_are_a_click_with_the_keys_that_are_held(plot, told):
    drag(plot, [(50, 60)], SHIFT)
    assert told == [("pressed",), ("clicked", place(50, 60), SHIFT)]


def test_a_move_with_the_button_up_hovers_and_one_with_it_down_does_not(plot, told):
    move(plot, (20, 30), held=NO_BUTTON)
    drag(plot, [(50, 60), (51, 60)])
    assert told == [("hovered", place(20, 30)), ("pressed",), ("clicked", place(51, 60), NONE)]


@pytest.mark.parametrize("is_far", [False, True])
def test_a_drag_begins_at_qts_distance(plot, told, is_far):
    distance = QApplication.startDragDistance() - (not is_far)
    drag(plot, [(50, 60), (50 + distance, 60)])
    assert told[1:] == ([("dragged", distance, 0)] if is_far else [("clicked", place(50 + distance, 60), NONE)])


def test_the_steps_of_a_drag_add_up_to_the_way_from_the_press(plot, told):
    drag(plot, [(50, 60), (52, 61), (90, 60), (51, 62), (70, 40)])
    steps = [entry[1:] for entry in told if entry[0] == "dragged"]
    assert steps == [(40, 0), (-39, 2), (19, -22)]
    assert [entry[0] for entry in told] == ["pressed", *["dragged"] * 3]  # back where it began is no click


def test_a_double_click_is_told_after_the_click_that_it_begins_with(plot, told):
    double_click(plot, (50, 60))
    assert told == [("pressed",), ("clicked", place(50, 60), NONE), ("double_clicked", place(50, 60))]


def test_other_buttons_mean_nothing(plot, told):
    drag(plot, [(50, 60)], button=RIGHT)
    assert not told


@pytest.mark.parametrize("turned", [QPoint(0, 240), QPoint(240, 0)])  # Alt turns the wheel sideways
def test_the_wheel_tells_where_how_far_and_with_which_keys(plot, told, turned):
    where = place(30, 40)
    event = QWheelEvent(
        where, plot.mapToGlobal(where), QPoint(), turned, Qt.MouseButton.NoButton, CTRL,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(plot, event)
    assert told == [("scrolled", where, 2.0, CTRL)]
    assert event.isAccepted()  # else it would scroll what is around


def test_it_tells_when_the_mouse_left(plot, told):
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert told == [("left",)]


def test_an_event_is_what_its_type_says_whatever_class_pyqt_has_for_it(plot, told):
    place_now = place(50, 60)
    leaving = QMouseEvent(QEvent.Type.Leave, place_now, place_now, Qt.MouseButton.LeftButton, NO_BUTTON, NONE)
    assert not plot.mouse.eventFilter(plot, leaving)
    assert told == [("left",)]


def test_without_a_lasso_ctrl_drags_too(plot, told):
    drag(plot, [(50, 60), (90, 60)], CTRL)
    assert told[1:] == [("dragged", 40, 0)]


@pytest.mark.parametrize(("is_asked_for", "modifiers"), [(False, CTRL), (True, NONE), (True, CTRL)])
def test_a_lasso_is_drawn_with_ctrl_or_when_it_is_asked_for(plot, told, is_asked_for, modifiers):
    plot.mouse.offer_lasso(lambda: is_asked_for)
    drag(plot, [(50, 60), (90, 60), (90, 90)], modifiers)
    assert told == [
        ("pressed",),
        ("lasso_started", place(50, 60)),
        ("lasso_moved", place(90, 60)),
        ("lasso_moved", place(90, 90)),
        ("lasso_ended", place(90, 90)),
    ]


def test_a_lasso_has_the_way_to_the_drag_distance(plot, told):
    plot.mouse.offer_lasso(lambda: False)
    drag(plot, [(50, 60), (54, 60), (55, 63), (90, 90)], CTRL)
    assert told[1:] == [
        ("lasso_started", place(50, 60)),
        *(("lasso_moved", place(*point)) for point in ((54, 60), (55, 63), (90, 90))),
        ("lasso_ended", place(90, 90)),
    ]


def test_a_drag_without_ctrl_moves_where_a_lasso_is_offered_but_not_asked_for(plot, told):
    plot.mouse.offer_lasso(lambda: False)
    drag(plot, [(50, 60), (90, 60)])
    assert told[1:] == [("dragged", 40, 0)]


def test_the_press_decides_whether_a_lasso_is_drawn(plot, told):
    asked = [True]
    plot.mouse.offer_lasso(lambda: asked[0])
    press(plot, (50, 60))
    asked[0] = False
    move(plot, (90, 60))
    release(plot, (90, 60))
    assert [entry[0] for entry in told] == ["pressed", "lasso_started", "lasso_moved", "lasso_ended"]


@pytest.mark.parametrize(("is_asked_for", "modifiers"), [(False, CTRL), (True, NONE)])
def test_a_press_that_is_no_drag_stays_a_click_where_a_lasso_is_offered(plot, told, is_asked_for, modifiers):
    plot.mouse.offer_lasso(lambda: is_asked_for)
    drag(plot, [(50, 60), (51, 60)], modifiers)
    assert told == [("pressed",), ("clicked", place(51, 60), modifiers)]


def test_a_press_that_was_forgotten_means_nothing(plot, told):
    press(plot, (50, 60))
    plot.mouse.forget()
    release(plot, (50, 60))
    assert told == [("pressed",)]


def test_another_widget_is_watched_in_place_of_the_first(plot, told):
    other = QWidget(plot)
    other.resize(50, 50)
    other.show()
    plot.mouse.watch(other)
    assert other.hasMouseTracking()
    drag(other, [(5, 6)])
    drag(plot, [(150, 160)])
    assert told == [("pressed",), ("clicked", place(5, 6), NONE)]


def test_nothing_is_left_for_the_widget_itself(qtbot):
    class Widget(QWidget):
        def mousePressEvent(self, event):
            raise AssertionError

    widget = Widget()
    qtbot.addWidget(widget)
    told = told_by(Mouse(widget))
    drag(widget, [(5, 6)])
    assert [entry[0] for entry in told] == ["pressed", "clicked"]
