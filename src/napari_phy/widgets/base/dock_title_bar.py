"""Title bars and tabs of docks: our header through floating, moving and tab changes."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QChildEvent, QEvent, QObject, QPoint, QRect, QSize, Qt, QTimer
from qtpy.QtGui import QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow, QStyle, QTabBar, QVBoxLayout, QWidget

from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.header import Header
from napari_phy.widgets.base.theme import BODY_PX, Tokens
from napari_phy.widgets.napari_compat import signals_blocked

FLOAT_SCALE = 1.5  # a dock that floats is larger than it was in the window
LEAST_FLOAT_PX = QSize(640, 480)


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
        """Release the header, unless another shell already has it."""
        header, self._header = self._header, None
        if header is not None and isalive(header) and header.parent() is self:
            header.go_home()

    def event(self, event: QEvent) -> bool:
        """Save the header when napari deletes this shell."""
        if event.type() == QEvent.Type.DeferredDelete:
            self.release()
        return super().event(event)


class TitleBarBinding(QObject):
    """Lives as long as the dock and puts the header back after napari's own slots."""

    def __init__(self, dock: QDockWidget, header: Header, duplicate: Callable[[], object] | None) -> None:
        super().__init__(dock)
        self._dock = dock
        self._header = header
        self._was_docked = False  # before it filled the screen
        self._before_full = QRect()  # geometry of the window then
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self.restore)
        dock.topLevelChanged.connect(self.schedule)
        dock.dockLocationChanged.connect(self.schedule)
        dock.visibilityChanged.connect(self.schedule)
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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again after a resize: tabs may have come or gone; float by a double-click, leave full screen by Esc."""
        kind = event.type()
        if kind in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.MouseButtonRelease):
            self.schedule()
        elif isinstance(event, QMouseEvent):
            if kind != QEvent.Type.MouseButtonDblClick or not self._is_on_header(event.position().toPoint()):
                return False
            QTimer.singleShot(0, self._toggle_float)  # the header must not move while it handles the mouse
            return True
        elif isinstance(event, QKeyEvent):
            if kind != QEvent.Type.KeyPress or event.key() != Qt.Key.Key_Escape or not self._dock.isFullScreen():
                return False
            self._toggle_full_screen()
            return True
        return False

    def _is_on_header(self, place: QPoint) -> bool:
        bar = self._dock.titleBarWidget()
        return isinstance(bar, TitleBar) and bar.geometry().contains(place)

    def _raise(self) -> None:
        """Bring the dock before the others of its place, where it would lie behind them."""
        if isalive(self._dock):
            self._dock.raise_()

    def schedule(self, *_: object) -> None:
        """Restore the header soon."""
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
        self._frame()

    def _frame(self) -> None:
        """Make a floating dock a window of its own: Qt gives one with a title bar of ours no frame, and no full screen.

        While it is dragged, new window flags would end the drag.
        """
        dock = self._dock
        is_framed = not dock.windowFlags() & Qt.WindowType.FramelessWindowHint
        if not dock.isFloating() or is_framed or QApplication.mouseButtons() != Qt.MouseButton.NoButton:
            return
        geometry, is_shown = dock.geometry(), not dock.isHidden()
        dock.setWindowFlags(Qt.WindowType.Window)
        dock.setGeometry(geometry)
        dock.setVisible(is_shown)

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

    def _toggle_float(self, *_: object) -> None:
        if not isalive(self._dock):
            return
        if self._dock.isFullScreen():
            self._toggle_full_screen()
        elif self._dock.isFloating():
            self._dock.setFloating(False)
            self._raise()
        else:
            self._float_out()

    def _float_out(self) -> None:
        """Float where the dock was, larger, or as it floated the last time."""
        dock = self._dock
        docked = QRect(dock.mapToGlobal(QPoint()), dock.size())
        self._become_window()
        if dock.size() == docked.size():
            title = dock.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
            dock.setGeometry(_enlarged(docked, dock.screen().availableGeometry().adjusted(0, title, 0, 0)))
        dock.show()
        self._activate()

    def _toggle_full_screen(self, *_: object) -> None:
        dock = self._dock
        if dock.isFullScreen():
            dock.showNormal()
            dock.setGeometry(self._before_full)
            if self._was_docked:
                dock.setFloating(False)
            self._raise()
            return
        self._was_docked = not dock.isFloating()
        self._become_window()
        self._before_full = dock.geometry()
        dock.setGeometry(dock.screen().geometry())  # also where no window manager does it
        dock.showFullScreen()
        self._activate()

    def _become_window(self) -> None:
        """Float, hidden until the window has its frame and size, so that it is activated once."""
        if not self._dock.isFloating():
            self._dock.hide()
            self._dock.setFloating(True)
            self.restore()

    def _activate(self) -> None:
        """Give the keys to the dock, which is a window now."""
        self._raise()
        self._dock.activateWindow()
        self._dock.widget().setFocus(Qt.FocusReason.OtherFocusReason)


def _enlarged(docked: QRect, screen: QRect) -> QRect:
    """Return where a dock floats: about its middle, larger, within three quarters of the screen."""
    size = (docked.size() * FLOAT_SCALE).expandedTo(LEAST_FLOAT_PX).boundedTo(screen.size() * 0.75)
    size = size.expandedTo(docked.size().boundedTo(screen.size()))
    place = QRect(QPoint(), size)
    place.moveCenter(docked.center())
    room = screen.size() - size
    left = min(max(place.left(), screen.left()), screen.left() + room.width())
    top = min(max(place.top(), screen.top()), screen.top() + room.height())
    return QRect(QPoint(left, top), size)


def keep_header(dock: QDockWidget, header: Header, duplicate: Callable[[], object] | None = None) -> TitleBarBinding:
    """Give a napari dock our header now and after every float, move, re-dock and tab change.

    Where there may be several docks of the kind, `duplicate` opens another one.
    """
    return TitleBarBinding(dock, header, duplicate)


@contextmanager
def placing(docks: Iterable[QDockWidget]) -> Iterator[None]:
    """Move docks without napari's slots, which would turn their title bars; our headers are restored afterwards."""
    docks = [dock for dock in docks if isalive(dock)]
    with signals_blocked(docks):
        yield
    for dock in docks:
        for binding in dock.findChildren(TitleBarBinding, options=Qt.FindChildOption.FindDirectChildrenOnly):
            binding.schedule()


class DockTabs(QObject):
    """Watches a main window, which makes a bar of tabs whenever docks come to lie upon each other."""

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._style = ""
        window.installEventFilter(self)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._style = tab_bar_style(theme)
        for bar in referent(self._window).findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setStyleSheet(self._style)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Style a new bar."""
        child = event.child() if isinstance(event, QChildEvent) and event.polished() else None
        if isinstance(child, QTabBar):
            child.setStyleSheet(self._style)
        return False


def tab_bar_style(theme: Tokens) -> str:
    """Return the style sheet of dock tabs: 12 px text, a 2 px underline for the current one."""
    return f"""
        QTabBar {{ background: {theme.panel}; qproperty-drawBase: 0; qproperty-elideMode: ElideNone; }}
        QTabBar::tab {{
            background: {theme.panel}; color: {theme.dim}; border: none; border-bottom: 2px solid {theme.panel};
            padding: 3px 8px 3px 8px; margin: 0; font-size: {theme.px(BODY_PX)}px;
        }}
        QTabBar::tab:selected {{ color: {theme.text}; border-bottom: 2px solid {theme.text}; }}
        QTabBar::tab:hover {{ color: {theme.text}; }}
        QTabBar::tear {{ width: 0; border: none; }}
    """
