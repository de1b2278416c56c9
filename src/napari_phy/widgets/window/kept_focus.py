"""Leaves the keys with the view that had them when what takes none is clicked: a header, a tab, the toolbar."""

from collections.abc import Mapping
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QApplication, QMainWindow, QWidget


class KeptFocus(QObject):
    """Such a click gives the focus to napari's main window, where no key is ours: this gives it back.

    Parameters
    ----------
    window : the main window.
    panels : the views, by name.
    """

    def __init__(self, window: QMainWindow, panels: Mapping[str, QWidget], parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._panels = panels
        self._last: QWidget | None = None  # the view that had the keys
        QApplication.instance().focusChanged.connect(self._on_focus_changed)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the focus back."""
        is_clicked = event.type() == QEvent.Type.FocusIn and event.reason() == Qt.FocusReason.MouseFocusReason
        last = self._last if is_clicked and watched is self._window() else None
        if last is not None and isalive(last) and last.isVisible():
            last.setFocus(Qt.FocusReason.OtherFocusReason)
        return False

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        if isalive(self) and now is not None and now is not self._window():
            inside = (panel for panel in self._panels.values() if panel is now or panel.isAncestorOf(now))
            self._last = next(inside, None)
