"""The yellow frame over napari's canvas: the stretch of time that Traces shows. A click moves it."""

from collections.abc import Iterator
from typing import Any
from weakref import ref

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QRectF
from qtpy.QtGui import QPainter, QPen
from qtpy.QtWidgets import QMainWindow

from napari_phy.layers.session_tag import session_of
from napari_phy.session.session import Session
from napari_phy.widgets.actions.navigation import go_to_time
from napari_phy.widgets.base.application import not_none
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.napari_compat import canvas_of
from napari_phy.widgets.plots.overlay import Overlay

LEAST_PX = 3
DRAG_PX = 3


class TimeFrame(QObject):
    """Lies over the canvas and lets the mouse through; it is there while our layers are shown in two dimensions.

    Parameters
    ----------
    viewer : Viewer
        The viewer whose canvas it is.
    window : QMainWindow
        The main window of the viewer.
    """

    def __init__(self, viewer: Viewer, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._session: Session | None = None
        self._theme: Tokens | None = None
        self._links = SessionLinks()
        self._canvas = canvas_of(window)
        self._overlay = Overlay(self._canvas, self._paint)
        self._overlay.show()
        self._canvas.installEventFilter(self)
        camera = viewer.scene.camera
        for event in (camera.events.center, camera.events.zoom, viewer.dims.events.ndisplay):
            event.connect(self._on_view_changed)
        viewer.mouse_drag_callbacks.append(self._on_pressed)
        self.destroyed.connect(self._links.close)

    def follow(self, session: Session | None) -> None:
        """Show what Traces shows of another data set, or nothing."""
        self._links.close()
        self._session = session
        if session is not None:
            self._links.connect(session.time.shown_changed, self._overlay_changed)
            self._links.connect(session.time.moved, self._overlay_changed)
        self._place()
        self._overlay.raise_()  # over the canvas; notifications come later and lie above

    def apply_theme(self, theme: Tokens) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self._overlay.update()

    def rectangle(self) -> QRectF | None:
        """Return the frame in pixels of the canvas, None where there is none."""
        viewer, session = self._viewer(), self._session
        if viewer is None or session is None or viewer.dims.ndisplay != 2 or viewer.dims.ndim != 2:
            return None
        layers = [layer for layer in viewer.layers if session_of(layer) is session]
        if not layers:
            return None
        camera, pitch = viewer.scene.camera, float(layers[0].scale[0])
        middle = self._canvas.width() / 2
        x0, x1 = (middle + (time_s - camera.center[2]) * camera.zoom for time_s in session.time.shown_s)
        y0, y1 = (
            self._canvas.height() / 2 + (row * pitch - camera.center[1]) * camera.zoom
            for row in (-0.5, session.model.n_channels - 0.5)
        )
        spare = max(0.0, LEAST_PX - (x1 - x0)) / 2
        return QRectF(x0 - spare, y0, x1 - x0 + 2 * spare, y1 - y0)

    def _paint(self, painter: QPainter) -> None:
        rectangle = self.rectangle()
        if rectangle is None or self._theme is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(self._theme.color("warning"), 1))
        painter.drawRect(rectangle.adjusted(0, 1, 0, -1))

    def _overlay_changed(self) -> None:
        self._overlay.update()

    def _on_view_changed(self, event: Any = None) -> None:
        if isalive(self):
            self._overlay.update()

    def _place(self) -> None:
        self._overlay.setGeometry(self._canvas.rect())
        self._overlay.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the canvas whatever size it takes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False

    def _on_pressed(self, viewer: Any, event: Any) -> Iterator[None]:
        """Go to the moment of a click, not of a drag."""
        place = tuple(event.position)
        yield
        while event.type == "mouse_move":
            far = max(abs(now - then) for now, then in zip(event.position, place, strict=True))
            if far * viewer.scene.camera.zoom > DRAG_PX:
                return
            yield
        if isalive(self) and self.rectangle() is not None and 0 <= place[-1] <= not_none(self._session).time.duration_s:
            go_to_time(not_none(self._session), float(place[-1]))
