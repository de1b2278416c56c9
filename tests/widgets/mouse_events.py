"""Mouse events as Qt sends them to a widget, at once and wherever the pointer of the screen is."""

from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
NONE = Qt.KeyboardModifier.NoModifier


def send(widget, kind, point, button=LEFT, modifiers=NONE, held=NO_BUTTON):
    """Send a mouse event to a place in a widget."""
    place = QPointF(*point)
    QApplication.sendEvent(widget, QMouseEvent(kind, place, widget.mapToGlobal(place), button, held, modifiers))


def press(widget, point, modifiers=NONE, button=LEFT):
    send(widget, QEvent.Type.MouseButtonPress, point, button, modifiers, button)


def release(widget, point, modifiers=NONE, button=LEFT):
    send(widget, QEvent.Type.MouseButtonRelease, point, button, modifiers)


def move(widget, point, modifiers=NONE, held=LEFT):
    send(widget, QEvent.Type.MouseMove, point, NO_BUTTON, modifiers, held)


def drag(widget, points, modifiers=NONE, button=LEFT):
    """Press at the first point, move through all others, let go at the last; one point is a click."""
    press(widget, points[0], modifiers, button)
    for point in points[1:]:
        move(widget, point, modifiers, button)
    release(widget, points[-1], modifiers, button)


def double_click(widget, point):
    """Do what Qt makes of a double-click: its second press comes as an event of its own."""
    drag(widget, [point])
    send(widget, QEvent.Type.MouseButtonDblClick, point, held=LEFT)
    release(widget, point)
