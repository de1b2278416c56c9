"""Leaves the keys with the view that had them when what takes none is clicked, a header, or when its dock is closed."""

from collections.abc import Callable, Mapping
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QFocusEvent
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

from napari_phy.widgets.base.application import application

# A click in a window that is not active yet, as right after a dialog, shows only when the window becomes active.
_OF_CLICKS = (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class FocusPolicy(QObject):
    """Such a click gives the focus to napari's main window, where no key is ours: this gives it back.

    It gives it back to one of our views or to napari's canvas. Where the view that had it is closed, Clusters takes it.

    Parameters
    ----------
    window : the main window.
    panels : the views, by name.
    focus_clusters : gives the keys to the list of clusters.
    """

    def __init__(
        self, window: QMainWindow, panels: Mapping[str, QWidget], focus_clusters: Callable[[], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._panels = panels
        self._focus_clusters = focus_clusters
        self._last: QWidget | None = None  # the view that had the keys, or what had them in the canvas
        self._closed = QTimer(self, singleShot=True, interval=0)  # once for many docks, when Qt has passed it on
        self._closed.timeout.connect(self._on_closed)
        application().focusChanged.connect(self._on_focus_changed)
        window.installEventFilter(self)

    def follow(self, _panel: QWidget, dock: QDockWidget) -> None:
        """See when a dock is closed."""
        dock.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the focus back."""
        if watched is self._window():
            is_clicked = isinstance(event, QFocusEvent) and event.gotFocus() and event.reason() in _OF_CLICKS
            if is_clicked and self._last is not None and self._is_shown(self._last):
                self._last.setFocus(Qt.FocusReason.OtherFocusReason)
        elif event.type() == QEvent.Type.Hide and not event.spontaneous():
            self._closed.start()
        return False

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        window = self._window()
        if not isalive(self) or window is None or not isalive(window) or now in (None, window):
            return
        if self._last is None or self._is_shown(self._last):  # else Qt passes it on from one that is hidden just now
            inside = (panel for panel in self._panels.values() if panel is now or panel.isAncestorOf(now))
            canvas = window.centralWidget()
            view = next(inside, now if canvas is not None and canvas.isAncestorOf(now) else None)
            if view is not None or window.isAncestorOf(now):  # else a dialog, which gives the keys back
                self._last = view

    def _on_closed(self) -> None:
        window = self._window()
        if window is None or not window.isVisible():
            return
        focused = window.focusWidget()
        is_lost = focused in (None, window) or not focused.isVisible()
        if is_lost or (self._last is not None and not self._is_shown(self._last)):
            self._last = None
            self._focus_clusters()

    @staticmethod
    def _is_shown(panel: QWidget) -> bool:
        return isalive(panel) and panel.isVisible()
