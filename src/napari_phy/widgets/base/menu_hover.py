"""Takes the look of being under the mouse from a button whose menu was used: Qt tells it of no mouse that leaves."""

from qtpy.compat import isalive
from qtpy.QtCore import Qt, QTimer
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QToolButton


def follow_menu(button: QToolButton) -> None:
    """Look where the mouse is each time the menu of a button hides."""
    look = QTimer(button, singleShot=True, interval=0)  # once the menu is gone
    look.timeout.connect(lambda: _look(button))
    button.menu().aboutToHide.connect(look.start)


def _look(button: QToolButton) -> None:
    if isalive(button):
        is_under = button.rect().contains(button.mapFromGlobal(QCursor.pos()))
        button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, is_under and button.isVisible())
        button.update()
