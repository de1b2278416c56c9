"""The keyboard: keys of panels and canvas, which view has the focus, and napari's command palette."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from weakref import ref

from app_model.expressions import parse_expression
from app_model.types import Action as Command
from napari.viewer import Viewer, current_viewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QFocusEvent
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

from napari_phy.actions.action import Action
from napari_phy.actions.action_table import ACTIONS
from napari_phy.layers.session_tag import session_of
from napari_phy.widgets.actions.bindings import KeyBindings, key_bindings
from napari_phy.widgets.actions.keys import KeyFilter, canvas_keys
from napari_phy.widgets.base.application import application, when_destroyed
from napari_phy.widgets.napari_compat import canvas_of, command_context, help_label, register_commands
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.toolbar import ActionBar

HINTED = {"next_candidate": "next candidate", "merge": "merge", "move_best_good": "good", "keys": "all actions"}
GAP_PX = 24  # between what napari says in its status bar and the keys


def hints(bindings: KeyBindings, has_room: Callable[[str], bool] = bool) -> str:
    """Return the keys that are needed most: `Space next candidate   ·   G merge`; where room is short, the last."""
    keys = {words: bindings.keys(action_id, "panels") for action_id, words in HINTED.items()}
    texts = [f"{key[0]} {words}" for words, key in keys.items() if key]
    forms = ("   ·   ".join(texts[start:]) for start in range(len(texts)))
    return next(filter(has_room, forms), "")


ONCE = frozenset(action.action_id for action in ACTIONS if action.is_edit) - {"undo", "redo"}  # each shows what is next


class WindowKeys(QObject):
    """Lets the keys in force act, and shows those that are needed most in napari's status bar."""

    def __init__(
        self, viewer: Viewer, window: QMainWindow, controller: ActionController, toolbar: ActionBar, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._controller = controller
        self._toolbar = toolbar
        self._hints = ""  # what stands in napari's status bar
        self.panels = KeyFilter({}, controller.run, parent=self, once=ONCE)
        self.canvas = KeyFilter({}, controller.run, self._acts_in_canvas, self, once=ONCE)
        self.panels.watch(toolbar)
        self.canvas.watch(canvas_of(window))
        self._place = help_label(window)
        if self._place is not None:
            self._place.installEventFilter(self)
        viewer.layers.selection.events.active.connect(self.show_hints)
        controller.bindings.changed.connect(self._on_changed)
        self._on_changed()

    def watch(self, panel: Panel, dock: QDockWidget) -> None:
        """Have the keys of panels act in one of them."""
        self.panels.watch(dock)
        self.panels.watch(panel.header)

    def show_hints(self, event: Any = None) -> None:
        """Show the keys that are needed most while nothing else is active."""
        viewer = self._viewer() if isalive(self) else None
        if viewer is None:
            return
        if self._canvas_is_ours():
            self._hints = viewer.help = hints(self._controller.bindings, self._has_room)
        elif viewer.help == self._hints:
            viewer.help = ""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show as many of them as the status bar leaves room for."""
        if event.type() == QEvent.Type.Resize:
            self.show_hints()
        return False

    def _has_room(self, words: str) -> bool:
        if self._place is None or not isalive(self._place):
            return True
        room = self._place.width() - GAP_PX
        return not self._place.isVisible() or self._place.fontMetrics().horizontalAdvance(words) <= room

    def _acts_in_canvas(self, key: str) -> bool:
        """Tell whether a key is not napari's there: somebody may have given it one of ours in its Preferences."""
        return self._canvas_is_ours() and key not in canvas_keys()

    def _canvas_is_ours(self) -> bool:
        """Keys in the canvas act only while the active layer is ours, or none is."""
        viewer, session = self._viewer(), self._controller.session
        if viewer is None or session is None:
            return False
        active = viewer.layers.selection.active
        return active is None or session_of(active) is session

    def _on_changed(self) -> None:
        if isalive(self):
            self.panels.set_table(self._controller.bindings.table("panels"))
            self.canvas.set_table(self._controller.bindings.table("canvas"))
            self._toolbar.refresh()
            self.show_hints()


_windows: "list[ref[PaletteCommands]]" = []
_unregister: list[Callable[[], None]] = []  # of what is registered now, for all windows


class PaletteCommands(QObject):
    """The commands of one window; they leave the palette with the last window that has them.

    Parameters
    ----------
    viewer : Viewer
        In whose context they are enabled.
    controller : ActionController
        Runs them.
    """

    def __init__(self, viewer: Viewer, controller: ActionController, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._controller = ref(controller)
        context = command_context(viewer)
        for action in ACTIONS:
            context[_enabled_key(action)] = partial(_is_enabled, self._controller, action)
        me = ref(self)
        _windows.append(me)
        if not _unregister:
            _register()
        controller.bindings.changed.connect(_on_keys_changed, unique=True)
        when_destroyed(self, partial(_on_window_closed, me))

    @property
    def viewer(self) -> Viewer | None:
        """The viewer of the window, or None when it is gone."""
        return self._viewer()

    def is_in(self, window: QWidget | None) -> bool:
        """Return whether this is the window whose commands these are."""
        workspace = self.parent()
        return window is not None and workspace is not None and workspace.parent() is window

    def run(self, action_id: str) -> None:
        """Run an action, unless the window is gone."""
        controller = self._controller()
        if controller is not None:
            controller.run(action_id)


def _enabled_key(action: Action) -> str:
    return f"napari_phy_can_{action.action_id}"


def _is_enabled(controller: "ref[ActionController]", action: Action) -> bool:
    running = controller()
    return running is not None and isalive(running) and action.why_not(running.session) is None


def _run(action_id: str) -> None:
    """Run an action in the window whose palette is used."""
    active, current = QApplication.activeWindow(), current_viewer()
    there = [commands for window in _windows if (commands := window()) is not None]
    chosen = next((commands for commands in there if commands.is_in(active)), None)
    chosen = chosen or next((commands for commands in there if commands.viewer is current), None)
    if chosen is not None:
        chosen.run(action_id)


def _register() -> None:
    bindings = key_bindings()
    commands = []
    for action in ACTIONS:
        keys = ", ".join(bindings.keys(action.action_id, "panels"))
        commands.append(
            Command(
                id=f"napari-phy.{action.section}.{action.action_id}",
                title=f"{action.title} ({keys})" if keys else action.title,
                callback=partial(_run, action.action_id),
                enablement=parse_expression(_enabled_key(action)),
            )
        )
    _unregister.append(register_commands(commands))


def _on_keys_changed() -> None:
    if _unregister:
        _unregister.pop()()
        _register()


def _on_window_closed(window: "ref[PaletteCommands]") -> None:
    _windows.remove(window)
    QTimer.singleShot(0, _unregister_last)  # once the palette of that window is gone


def _unregister_last() -> None:
    if _unregister and not _windows:
        _unregister.pop()()


# A click in a window that is not active yet, as right after a dialog, shows only when the window becomes active.
_OF_CLICKS = (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class FocusPolicy(QObject):
    """Such a click gives the focus to napari's main window, where no key is ours: this gives it back.

    It gives it back to one of our views or to napari's canvas. Where the view that had it is closed, or a dock while
    the canvas has it, Clusters takes it.

    Parameters
    ----------
    window : QMainWindow
        The main window.
    panels : mapping of str to QWidget
        The views, by name.
    focus_clusters : callable
        Gives the keys to the list of clusters.
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
        keeps = self._last is None or (self._last in self._panels.values() and self._is_shown(self._last))
        if is_lost or not keeps:
            self._last = None
            self._focus_clusters()

    @staticmethod
    def _is_shown(panel: QWidget) -> bool:
        return isalive(panel) and panel.isVisible()
