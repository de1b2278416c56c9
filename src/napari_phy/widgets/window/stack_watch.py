"""Tells when layers have come into a viewer, or gone: an image stack may be among them."""

from typing import Any

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal


class StackWatch(QObject):
    """`changed` comes once after several layers came or went."""

    changed = Signal()

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.changed)
        for emitter in (viewer.layers.events.inserted, viewer.layers.events.removed):
            emitter.connect(self._on_layers_changed)

    def _on_layers_changed(self, event: Any = None) -> None:
        if isalive(self):
            self._timer.start()
