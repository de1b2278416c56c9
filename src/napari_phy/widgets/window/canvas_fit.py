"""Keeps the whole recording in napari's canvas while that changes its size."""

from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QTimer, Signal
from qtpy.QtWidgets import QMainWindow

from napari_phy.widgets.base.application import referent
from napari_phy.widgets.napari_compat import canvas_of

FIT_AFTER_MS = 50


class CanvasFit(QObject):
    """Fits the layers of a binder into the canvas of a window, until the user has moved the camera."""

    fitted = Signal()

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._binder: Any = None
        self._fits = QTimer(self, singleShot=True, interval=FIT_AFTER_MS)
        self._fits.timeout.connect(self._fit_again)
        canvas_of(window).installEventFilter(self)

    def follow(self, binder: Any) -> None:
        """Fit the layers of another binder, or none."""
        self._binder = binder

    def fit_soon(self) -> None:
        """Fit when the docks have found their sizes."""
        QTimer.singleShot(0, self.fit)

    def fit(self) -> None:
        """Fit now."""
        if isalive(self) and self._binder is not None:
            size = canvas_of(referent(self._window)).size()
            self._binder.fit(size.width(), size.height())
            self.fitted.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit again after the canvas has changed its size."""
        if event.type() == QEvent.Type.Resize and self._binder is not None:
            self._fits.start()
        return False

    def _fit_again(self) -> None:
        if self._binder is not None:
            size = canvas_of(referent(self._window)).size()
            self._binder.fit_again(size.width(), size.height())
