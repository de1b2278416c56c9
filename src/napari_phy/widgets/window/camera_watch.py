"""Tells when napari's camera has come to rest."""

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal

REST_MS = 100


class CameraWatch(QObject):
    """`rested` comes once after the camera of a viewer was moved or zoomed."""

    rested = Signal()

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._timer.timeout.connect(self.rested)
        for emitter in (viewer.scene.camera.events.center, viewer.scene.camera.events.zoom):
            emitter.connect(self._on_moved)

    def _on_moved(self, event: object = None) -> None:
        if isalive(self):
            self._timer.start()
