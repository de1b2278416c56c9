"""Leaves the keys with one of our views: when what takes none is clicked, a header, and when its dock is closed."""

from collections.abc import Callable, Mapping
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget


class FocusPolicy(QObject):
    """Such a click gives the focus to napari's main window, where no key is ours: this gives it back.

    Where the view that had it is closed, Clusters takes it.

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
        self._last: QWidget | None = None  # the view that had the keys
        self._closed = QTimer(self, singleShot=True, interval=0)  # once for many docks, when Qt has passed it on
        self._closed.timeout.connect(self._on_closed)
        QApplication.instance().focusChanged.connect(self._on_focus_changed)
        window.installEventFilter(self)

    def follow(self, _panel: QWidget, dock: QDockWidget) -> None:
        """See when a dock is closed."""
        dock.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the focus back."""
        if watched is self._window():
            is_clicked = event.type() == QEvent.Type.FocusIn and event.reason() == Qt.FocusReason.MouseFocusReason
            if is_clicked and self._last is not None and self._is_shown(self._last):
                self._last.setFocus(Qt.FocusReason.OtherFocusReason)
        elif event.type() == QEvent.Type.Hide and not event.spontaneous():
            self._closed.start()
        return False

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        if not isalive(self) or now is None or now is self._window():
            return
        if self._last is None or self._is_shown(self._last):  # else Qt passes it on from one that is hidden just now
            inside = (panel for panel in self._panels.values() if panel is now or panel.isAncestorOf(now))
            self._last = next(inside, None)

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
