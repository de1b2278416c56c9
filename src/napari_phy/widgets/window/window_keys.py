"""Whose keys act in one window: ours in our docks, a few in the canvas while its layer is ours and napari has none."""

from collections.abc import Callable
from typing import Any
from weakref import ref

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QDockWidget, QMainWindow

from napari_phy.layers.session_tag import session_of
from napari_phy.widgets.actions.action_table import ACTIONS
from napari_phy.widgets.actions.bindings import KeyBindings
from napari_phy.widgets.actions.keys import KeyFilter
from napari_phy.widgets.actions.napari_keys import canvas_keys
from napari_phy.widgets.napari_compat import canvas_of, help_label
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.dock_registry import Docked
from napari_phy.widgets.window.toolbar import ActionBar

HINTED = {"next_candidate": "next candidate", "merge": "merge", "move_best_good": "good", "keys": "all actions"}
GAP_PX = 24  # between what napari says in its status bar and the keys


def hints(bindings: KeyBindings, has_room: Callable[[str], bool] = bool) -> str:
    """Return the keys that are needed most: `Space next candidate   ·   G merge`; where room is short, the last."""
    keys = {words: bindings.keys(action_id, "panels") for action_id, words in HINTED.items()}
    told = [f"{key[0]} {words}" for words, key in keys.items() if key]
    forms = ("   ·   ".join(told[start:]) for start in range(len(told)))
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

    def watch(self, panel: Docked, dock: QDockWidget) -> None:
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
