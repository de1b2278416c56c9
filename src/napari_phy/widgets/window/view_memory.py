"""Gives views the settings that the user chose in them last."""

from functools import partial
from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QMainWindow

from napari_phy.storage.view_options import load_view_options, save_view_options

WAIT_MS = 1000  # after a choice, so that a turning wheel writes once


class ViewMemory(QObject):
    """Watches the views of a window; what was chosen in them when they last drew, or when it is closed, is kept."""

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        window.installEventFilter(self)
        self._known = load_view_options()
        self._panels: dict[str, Any] = {}
        self._soon = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._soon.timeout.connect(self.keep)

    def follow(self, name: str, panel: Any) -> None:
        """Give a view the settings it had and keep those it will have."""
        panel.set_options(self._known.get(name, {}))
        self._panels[name] = ref(panel)
        panel.drawn.connect(self._soon.start)
        panel.destroyed.connect(partial(self._panels.pop, name, None))

    def keep(self) -> None:
        """Write what was chosen since the last time."""
        self._soon.stop()
        now = {name: panel().options() for name, panel in self._panels.items() if panel() and isalive(panel())}
        chosen = {name: options for name, options in now.items() if options != self._known.get(name)}
        if chosen:
            self._known |= chosen
            save_view_options(chosen)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep what was chosen when the window is closed."""
        if event.type() == QEvent.Type.Close:
            self.keep()
        return False
