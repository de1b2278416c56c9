"""Our actions in napari's command palette, with their keys, enabled as in the toolbar."""

from collections.abc import Callable
from functools import partial
from weakref import ref

from app_model.expressions import parse_expression
from app_model.types import Action as Command
from napari.viewer import Viewer, current_viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QApplication, QWidget

from napari_phy.widgets.actions.action import Action
from napari_phy.widgets.actions.action_table import ACTIONS
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.napari_compat import command_context, register_commands
from napari_phy.widgets.window.action_controller import ActionController

_windows: "list[ref[PaletteCommands]]" = []
_unregister: list[Callable[[], None]] = []  # of what is registered now, for all windows


class PaletteCommands(QObject):
    """The commands of one window; they leave the palette with the last window that has them.

    Parameters
    ----------
    viewer : in whose context they are enabled.
    controller : runs them.
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
        self.destroyed.connect(partial(_on_window_closed, me))

    @property
    def viewer(self) -> Viewer | None:
        """The viewer of the window, or None when it is gone."""
        return self._viewer()

    def is_in(self, window: QWidget | None) -> bool:
        """Return whether this is the window whose commands these are."""
        workspace = self.parent()
        return window is not None and workspace is not None and workspace.parent() is window

    def run(self, action_id: str) -> None:
        """Run an action."""
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


def _on_window_closed(window: "ref[PaletteCommands]", *_: object) -> None:
    _windows.remove(window)
    QTimer.singleShot(0, _unregister_last)  # once the palette of that window is gone


def _unregister_last() -> None:
    if _unregister and not _windows:
        _unregister.pop()()
