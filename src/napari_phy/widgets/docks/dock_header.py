"""Keeps our header as the title bar of a napari dock through floating, moving and tab changes."""

from collections.abc import Callable

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget

from napari_phy.widgets.parts.header import Header


class TitleBar(QWidget):
    """A shell around the header: napari deletes title bars, the header outlives them."""

    def __init__(self, header: Header, parent: QWidget) -> None:
        super().__init__(parent)
        self._header: Header | None = header
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(header)
        header.show()

    def release(self) -> None:
        """Let go of the header, unless another shell already has it."""
        header, self._header = self._header, None
        if header is not None and isalive(header) and header.parent() is self:
            header.go_home()

    def event(self, event) -> bool:
        """Save the header when napari deletes this shell."""
        if event.type() == QEvent.Type.DeferredDelete:
            self.release()
        return super().event(event)


class HeaderKeeper(QObject):
    """Lives as long as the dock and puts the header back after napari's own slots."""

    def __init__(self, dock: QDockWidget, header: Header, duplicate: Callable[[], object] | None) -> None:
        super().__init__(dock)
        self._dock = dock
        self._header = header
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.restore)
        dock.topLevelChanged.connect(self._schedule)
        dock.dockLocationChanged.connect(self._schedule)
        dock.visibilityChanged.connect(self._schedule)
        dock.installEventFilter(self)
        menu = header.more_menu
        menu.addSeparator()
        self._float = menu.addAction("Float")
        self._float.triggered.connect(self._toggle_float)
        self._full = menu.addAction("Full screen")
        self._full.triggered.connect(self._toggle_full_screen)
        if duplicate is not None:
            menu.addAction("Duplicate").triggered.connect(lambda *_: duplicate())
        menu.addAction("Close").triggered.connect(dock.close)
        menu.aboutToShow.connect(self._name_actions)
        self.restore()

    def eventFilter(self, watched, event) -> bool:
        """Look again after resizing: a tab bar may have come or gone; see a dock that a double click brings back."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._schedule()
        elif event.type() == QEvent.Type.MouseButtonDblClick and self._dock.isFloating():
            QTimer.singleShot(0, self._raise)
        return False

    def _raise(self) -> None:
        """Bring the dock before the others of its place, where it would lie behind them."""
        if isalive(self._dock):
            self._dock.raise_()

    def _schedule(self, *_) -> None:
        self._later.start()

    def restore(self) -> None:
        """Make the header the title bar, upright on top, with or without its title."""
        dock, header = self._dock, self._header
        if not isalive(dock) or not isalive(header):
            return
        if dock.features() & QDockWidget.DockWidgetFeature.DockWidgetVerticalTitleBar:
            dock.setFeatures(dock.features() & ~QDockWidget.DockWidgetFeature.DockWidgetVerticalTitleBar)
        if not isinstance(dock.titleBarWidget(), TitleBar):
            dock.setTitleBarWidget(TitleBar(header, dock))
        header.set_title_shown(not self._is_tabbed())

    def _is_tabbed(self) -> bool:
        window = self._dock.parent()
        return (
            isinstance(window, QMainWindow)
            and not self._dock.isFloating()
            and any(not dock.isHidden() for dock in window.tabifiedDockWidgets(self._dock))
        )

    def _name_actions(self) -> None:
        self._float.setText("Dock" if self._dock.isFloating() else "Float")
        self._full.setText("Leave full screen" if self._dock.isFullScreen() else "Full screen")

    def _toggle_float(self, *_) -> None:
        self._dock.setFloating(not self._dock.isFloating())
        self._raise()

    def _toggle_full_screen(self, *_) -> None:
        if self._dock.isFullScreen():
            self._dock.showNormal()
            self._dock.setFloating(False)
            self._raise()
        else:
            self._dock.setFloating(True)
            self._dock.setWindowState(self._dock.windowState() | Qt.WindowState.WindowFullScreen)
            self._dock.show()


def keep_header(dock: QDockWidget, header: Header, duplicate: Callable[[], object] | None = None) -> HeaderKeeper:
    """Give a napari dock our header now and after every float, move, re-dock and tab change.

    Where there may be several docks of the kind, `duplicate` opens another one.
    """
    return HeaderKeeper(dock, header, duplicate)
