"""One vispy canvas a dock, with a painted overlay."""

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QPainter, QResizeEvent, QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget
from vispy import scene

from napari_phy.widgets.napari_compat import keep_programs
from napari_phy.widgets.plots.mouse import Mouse
from napari_phy.widgets.plots.overlay import Overlay


class DataCanvas(QWidget):
    """Visuals go into the scene in logical px, y down; `paint(painter)` draws over them.

    Qt makes a new OpenGL context when a dock floats or docks again, and all that was uploaded is lost. A new vispy
    canvas then takes the place of the old one: `make_visuals(scene)` is called again, and then `rebuilt` is emitted.

    Its `mouse` tells what is done on it, whichever of them is there.
    """

    resized = Signal()
    rebuilt = Signal()

    def __init__(
        self,
        paint: Callable[[QPainter], None],
        make_visuals: Callable[[Any], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._make_visuals = make_visuals
        self._background = "#000000"
        self.mouse = Mouse(self)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self.overlay = Overlay(self, paint)
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._rebuild)
        self._build()

    def _build(self) -> None:
        self._n_contexts = 0
        self._scene_canvas = scene.SceneCanvas(keys=None, parent=self, bgcolor=self._background)
        keep_programs(self._scene_canvas)
        self._scene_canvas.events.initialize.connect(self._on_initialize)
        self.native: QWidget = self._scene_canvas.native
        self.native.setMinimumSize(1, 1)
        self.native.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.mouse.watch(self.native)
        self._layout.addWidget(self.native)
        self.overlay.raise_()
        self._make_visuals(self._scene_canvas.scene)

    def _on_initialize(self, _event: Any) -> None:
        self._n_contexts += 1
        if self._n_contexts > 1:
            self._scene_canvas.events.draw.disconnect()
            self._scene_canvas.context.glir.clear()  # what waits is for objects of the context that is lost
            self.native.setUpdatesEnabled(False)
            self._later.start()

    def _rebuild(self) -> None:
        old = self.native
        self._layout.removeWidget(old)
        old.hide()
        old.deleteLater()
        self._build()
        self.rebuilt.emit()

    @property
    def pixel_scale(self) -> float:
        """Device pixels a logical pixel; vispy's number is wrong after a resize out of sight."""
        return self.native.devicePixelRatioF()

    def set_background(self, color: str) -> None:
        """Fill the canvas with a colour."""
        self._background = color
        self._scene_canvas.bgcolor = color

    def redraw(self) -> None:
        """Draw data and overlay again, soon."""
        self.native.update()
        self.overlay.update()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what changed before the canvas was hidden, or since; Qt forgets it, and vispy waits for it."""
        super().showEvent(event)
        self.native.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the overlay over the canvas."""
        super().resizeEvent(event)
        self.overlay.setGeometry(self.rect())
        self.overlay.raise_()
        self.resized.emit()
