"""What the Plugins menu opens: each kind of dock, which joins the workspace of its window, and the Sort workspace."""

from functools import cache
from typing import TYPE_CHECKING, Any

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget

from napari_phy.layers.session_tag import find_session
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.napari_compat import unwrap
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.window.kinds import KINDS, Kind
from napari_phy.widgets.window.workspace import Workspace

if TYPE_CHECKING:
    _Base = ViewPanel
else:
    _Base = object  # mixed into each kind of panel


class _Joins(_Base):
    """Makes a panel join the workspace of its viewer as soon as napari has docked it."""

    def __init__(self, viewer: Viewer) -> None:
        plain = unwrap(viewer)
        super().__init__(find_session(plain.layers), viewer=plain)
        self._home: Any = plain
        self._joins = QTimer(self, singleShot=True, interval=0)
        self._joins.timeout.connect(self._join)

    def event(self, event: QEvent) -> bool:
        """Notice being docked."""
        if event.type() == QEvent.Type.ParentChange and getattr(self, "_home", None) is not None:
            self._joins.start()
        return super().event(event)

    def _join(self) -> None:
        dock = _dock_of(self)
        if dock is not None and self._home is not None:
            viewer, self._home = self._home, None
            Workspace.in_window(_window_of(dock), viewer).adopt(self, dock)


class Sort(QWidget):
    """Opens the Sort workspace and leaves."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer: Any = unwrap(viewer)
        QVBoxLayout(self).addWidget(PlainLabel("Opening the Sort workspace…"))
        self._opens = QTimer(self, singleShot=True, interval=0)
        self._opens.timeout.connect(self._open)
        self._opens.start()

    def _open(self) -> None:
        viewer, self._viewer = self._viewer, None
        workspace = Workspace.of(viewer)
        session = find_session(viewer.layers)
        if session is None or session is workspace.session:
            workspace.arrange("Sort", again=True)
        else:
            workspace.open_session(session)
        dock = _dock_of(self)
        if dock is not None and isalive(dock):
            viewer.window.remove_dock_widget(dock)
            self.deleteLater()


def _dock_of(widget: QWidget) -> QDockWidget | None:
    parent = widget.parent()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parent()
    return parent if parent is not None and isinstance(parent.parent(), QMainWindow) else None


def _window_of(dock: QDockWidget) -> QMainWindow:
    window = dock.parent()
    assert isinstance(window, QMainWindow)
    return window


sort = Sort


def __getattr__(name: str) -> type[QWidget]:
    """Return the dock that the manifest calls by its title in small letters: `clusters`."""
    kind = next((kind for title, kind in KINDS.items() if title.lower() == name.replace("_", " ")), None)
    if kind is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return _joining(kind)


@cache
def _joining(kind: Kind) -> type[QWidget]:
    panel = kind.panel
    return type(panel.__name__.removesuffix("Panel"), (_Joins, panel), {"__doc__": panel.__doc__})
