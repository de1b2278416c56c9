"""napari's welcome in a canvas that is too low for it: its lines would lie upon each other."""

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QMainWindow, QWidget

from napari_phy.widgets.napari_compat import welcome_widget

LEAST_HEIGHT = 320  # px


class LowWelcome(QObject):
    """Shows what is in the welcome of a window only where it has room; dropping files on it goes on."""

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        welcome = welcome_widget(window)
        if welcome is not None:
            welcome.installEventFilter(self)
            _fit(welcome)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again when it is shown or has another size."""
        if isinstance(watched, QWidget) and event.type() in (QEvent.Type.Show, QEvent.Type.Resize):
            _fit(watched)
        return False


def _fit(welcome: QWidget) -> None:
    for child in welcome.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        child.setVisible(welcome.height() >= LEAST_HEIGHT)
