"""What the plugin needs of napari and vispy that they offer no public way for, each behind one function.

Each function says why it is needed, and goes without where napari no longer has what it looks for. Nothing here changes
napari for other plugins. `tests/widgets/test_napari_compat.py` fails when napari changes.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeGuard
from weakref import WeakSet, ref

from app_model import Application
from app_model.expressions import get_context
from app_model.types import Action
from napari.layers import Points
from napari.viewer import Viewer, current_viewer
from psygnal import EmitLoopError
from qtpy.QtCore import QChildEvent, QEvent, QObject, Qt, QTimer
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QApplication, QDialog, QDockWidget, QLabel, QMainWindow, QPushButton, QWidget
from vispy.gloo import gl
from vispy.gloo.glir import GlirProgram

if TYPE_CHECKING:
    from napari._qt.dialogs.confirm_close_dialog import ConfirmCloseDialog
    from napari._qt.dialogs.qt_notification import NapariQtNotification
    from napari._qt.qt_main_window import _QtMainWindow

CLOSE_DIALOG, NOTIFICATION, WELCOME = "ConfirmCloseDialog", "NapariQtNotification", "QtWelcomeWidget"
SLIDER = "QtDimSliderWidget"
SWITCH_INTERVAL_S = 5e-4

# --- viewers ---------------------------------------------------------------------------------------------------------


def unwrap(viewer: Viewer) -> Viewer:
    """Return the viewer behind the proxy that napari hands to plugins.

    Viewers are compared, and referred to weakly. Without a proxy, it is the viewer itself.
    """
    return getattr(viewer, "__wrapped__", viewer)


def open_viewers() -> list[Viewer]:
    """Return all viewers: layers may have gone to another one than the current one.

    Fallback: the current viewer.
    """
    viewers = getattr(Viewer, "_instances", None)
    if viewers is not None:
        return list(viewers)
    viewer = current_viewer()
    return [] if viewer is None else [viewer]


def class_keys(kinds: Iterable[type]) -> dict[str, str]:
    """Return {key: what it does} of napari's classes, as set in Preferences: napari does not list keys in force.

    Fallback: none, so no key counts as napari's.
    """
    return {
        str(key): getattr(act, "__name__", str(act)).strip("_").replace("_", " ")
        for kind in kinds
        for key, act in getattr(kind, "class_keymap", {}).items()
    }


# --- commands --------------------------------------------------------------------------------------------------------


def command_registry() -> Application | None:
    """Return the registry of napari's commands, which it shares with nobody else. Fallback: None."""
    try:
        from napari._app_model import get_app_model
    except ImportError:
        return None
    app: Application = get_app_model()
    return app


def register_commands(commands: Iterable[Action[..., Any]]) -> Callable[[], None]:
    """Add commands to napari's command palette; return a function that removes them.

    napari offers plugins only commands of their manifests, whose keys and enablement cannot change. Its palette looks
    at all commands each time one is added, so it is notified of ours once. Fallback: they are not there.
    """
    app = command_registry()
    if app is None:
        return lambda: None

    def notified_once() -> AbstractContextManager[None]:
        return app.menus.menus_changed.paused(lambda one, other: (one[0] | other[0],))

    added = list(commands)
    with notified_once():
        remove = app.register_actions(added)

    def unregister() -> None:
        if not all(command.id in app.commands for command in added):  # napari has removed all commands already
            return
        with suppress(EmitLoopError), notified_once():  # raised by the palette of a window that was closed before
            remove()

    return unregister


def command_context(viewer: Viewer) -> MutableMapping[str, Any]:
    """Return the names that enable commands in the window of a viewer; functions are called when the palette is shown.

    Fallback: a mapping that nobody reads, so that commands stay disabled.
    """
    context = get_context(viewer.layers)
    return {} if context is None else context


# --- the window ------------------------------------------------------------------------------------------------------


def canvas_of(window: QMainWindow) -> QWidget:
    """Return what napari's window has in its centre."""
    canvas = window.centralWidget()
    assert canvas is not None
    return canvas


def welcome_widget(window: QMainWindow) -> QWidget | None:
    """Return the welcome screen of the canvas; in a low canvas its lines would lie upon each other."""
    return next((widget for widget in canvas_of(window).findChildren(QWidget) if _is(widget, WELCOME)), None)


def help_label(window: QMainWindow) -> QLabel | None:
    """Return where the status bar shows `viewer.help`: how much room there is for it."""
    return window.statusBar().findChild(QLabel, "help status")


def slider_of(window: QMainWindow, axis: int) -> QWidget | None:
    """Return the row of an axis below the canvas: label, slider, and the numbers of its steps, which are no seconds.

    Rows that napari has replaced, and will delete, are out of their layout.

    Fallback: None; the slider goes on with its steps.
    """
    rows = (widget for widget in window.findChildren(QWidget) if _is(widget, SLIDER))
    return next((row for row in rows if getattr(row, "axis", None) == axis and _is_laid_out(row)), None)


def _is_laid_out(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    layout = None if parent is None else parent.layout()
    return layout is not None and layout.indexOf(widget) >= 0


def show_slider(row: QWidget, shown: bool) -> None:
    """Show or hide the row of an axis; there is room for those that are seen, as napari reckons it.

    Fallback: the room stays as it was.
    """
    row.setVisible(shown)
    sliders = row.parentWidget()
    height = getattr(sliders, "SLIDERHEIGHT", None)
    if sliders is not None and isinstance(height, int):
        rows = [one for one in sliders.findChildren(QWidget) if _is(one, SLIDER) and not one.isHidden()]
        sliders.setMinimumHeight(len(rows) * height)


def show_steps(row: QWidget, shown: bool) -> None:
    """Show or hide the numbers of the steps of a slider."""
    for name in ("slice_label", "slice_label_sep"):
        for part in row.findChildren(QWidget, name):
            part.setVisible(shown)


def add_dock(viewer: Viewer, widget: QWidget, name: str, area: str) -> QDockWidget:
    """Dock a widget; napari does not write its place to the user's settings on disk, which takes 5 ms a dock.

    Fallback: it does.
    """
    quiet = _QuietDocks()
    window = viewer.window.main_menu.window()
    window.installEventFilter(quiet)
    try:
        dock: QDockWidget = viewer.window.add_dock_widget(widget, name=name, area=area, add_vertical_stretch=False)
    finally:
        window.removeEventFilter(quiet)
        for added in quiet.docks:
            added.blockSignals(False)
    return dock


class _QuietDocks(QObject):
    """Blocks the signals of docks that are added to a window, before they tell their place."""

    def __init__(self) -> None:
        super().__init__()
        self.docks: list[QDockWidget] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        child = event.child() if isinstance(event, QChildEvent) and event.added() else None
        if isinstance(child, QDockWidget):
            child.blockSignals(True)
            self.docks.append(child)
        return False


@contextmanager
def signals_blocked(docks: Iterable[QDockWidget]) -> Iterator[None]:
    """Move docks without signals: at each move napari writes its settings to disk and makes a new title bar."""
    blocked = [dock for dock in docks if not dock.blockSignals(True)]
    try:
        yield
    finally:
        for dock in blocked:
            dock.blockSignals(False)


@contextmanager
def signals_later(window: QMainWindow, docks: Iterable[QDockWidget]) -> Iterator[None]:
    """Move docks of napari; those that have come to another area, or float now, tell it once, afterwards."""
    before = {dock: (window.dockWidgetArea(dock), dock.isFloating()) for dock in docks}
    with signals_blocked(before):
        yield
    for dock, (area, floats) in before.items():
        if window.dockWidgetArea(dock) != area:
            dock.dockLocationChanged.emit(window.dockWidgetArea(dock))
        if dock.isFloating() != floats:
            dock.topLevelChanged.emit(dock.isFloating())


# --- progress --------------------------------------------------------------------------------------------------------


class _UnseenButtons(QObject):
    """Keeps buttons without a place off the screen until they have one."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, QPushButton) and event.type() in (QEvent.Type.Show, QEvent.Type.ParentChange):
            watched.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, watched.isWindow())
        return False


@contextmanager
def stray_buttons_unseen() -> Iterator[None]:
    """Make a progress bar whose button Cancel napari shows before it has a place: it would flash as a window."""
    application, unseen = QApplication.instance(), _UnseenButtons()
    if application is not None:
        application.installEventFilter(unseen)
    try:
        yield
    finally:
        if application is not None:
            application.removeEventFilter(unseen)


# --- closing ---------------------------------------------------------------------------------------------------------


def is_close_dialog(child: QObject) -> "TypeGuard[ConfirmCloseDialog]":
    """Tell whether this is napari's dialog before it closes, which can be switched off; ours may be shown instead."""
    return _is_of_close(child) and not child.do_not_ask.isHidden()


def is_tasks_dialog(child: QObject) -> "TypeGuard[ConfirmCloseDialog]":
    """Tell whether this is napari's dialog about tasks that still run."""
    return _is_of_close(child) and bool(child.do_not_ask.isHidden())


def _is_of_close(child: QObject) -> "TypeGuard[ConfirmCloseDialog]":
    return _is(child, CLOSE_DIALOG)


def closes_all(dialog: "ConfirmCloseDialog") -> bool:
    """Tell whether a close dialog is about all windows, not one."""
    return bool(dialog.close_btn.shortcut() == QKeySequence("Ctrl+Q"))


def accept_unseen(dialog: QDialog) -> None:
    """Accept a close dialog before it is seen; whether napari asks the next time stays as it is."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    QTimer.singleShot(0, dialog.accept)


def is_quitting(window: QMainWindow | None) -> bool:
    """Tell whether a close under way ends the program. Fallback: it closes one window."""
    return bool(getattr(window, "_quit_app", False))


def cancel_quit(window: "_QtMainWindow") -> None:
    """Have a window that stays open forget that the program should end; else closing it later would end the program."""
    if is_quitting(window):
        window._quit_app = False


# --- notifications ---------------------------------------------------------------------------------------------------


def notifications(window: QWidget) -> "list[NapariQtNotification]":
    """Return napari's notifications in a window."""
    return [dialog for dialog in window.findChildren(QDialog) if _is(dialog, NOTIFICATION)]


def keep_notification(dialog: "NapariQtNotification", *, fades: bool) -> None:
    """Show a notification whole and opaque, at once in its place; one that does not fade stays until it is closed."""
    if not fades:
        dialog.DISMISS_AFTER = 0
        dialog.timer_stop()
    dialog.expand_button.hide()
    dialog.message.setElideMode(Qt.TextElideMode.ElideNone)
    dialog.opacity_anim.setEndValue(1.0)
    dialog.geom_anim.stop()


def notification_text(dialog: "NapariQtNotification") -> str:
    """Return what a notification says."""
    return str(dialog.message.text())


def set_notification_text(dialog: "NapariQtNotification", text: str) -> None:
    """Change the text of a notification."""
    dialog.message.setText(text)


def notification_buttons(dialog: "NapariQtNotification") -> list[str]:
    """Return the texts of the buttons of a notification."""
    return [button.text() for button in dialog.row2_widget.findChildren(QPushButton)]


def fit_notification(dialog: "NapariQtNotification") -> None:
    """Make a notification as high as its whole text."""
    message = dialog.message
    dialog.row1.activate()
    dialog.row2_widget.setFixedHeight(dialog.row2.sizeHint().height())
    message.setMinimumHeight(message.heightForWidth(message.width()))
    dialog.resize(dialog.width(), max(dialog.minimumHeight(), dialog.layout().totalMinimumSize().height()))


def _is(child: QObject, name: str) -> bool:
    return bool(child.metaObject().className() == name)


# --- drawing ---------------------------------------------------------------------------------------------------------


class _PersistentProgram(GlirProgram):
    """An OpenGL program that Mesa keeps to the end of its context; other drivers delete it."""

    def delete(self) -> None:
        if "Mesa" not in str(gl.glGetParameter(gl.GL_VERSION)):
            super().delete()


def keep_programs(canvas: Any) -> None:
    """Have a vispy canvas leave OpenGL programs of Mesa to the end of their context; other canvases go on as before.

    Mesa 22.3, of Debian 12, reads a null pointer in an instanced draw of one program after another one was deleted,
    once the buffer drawn from has grown: napari's Points, a layer removed and another with new data. A program kept is
    a few kilobytes. Fallback: programs are deleted.
    """
    parser = canvas.context.shared.parser
    classes = getattr(parser, "_classmap", {})
    if classes.get("Program") is GlirProgram:
        classes["Program"] = _PersistentProgram
        for known in getattr(parser, "_objects", {}).values():
            if type(known) is GlirProgram:
                known.__class__ = _PersistentProgram


def canvases(window: QMainWindow) -> list[Any]:
    """Return the vispy canvases in the middle of a napari window."""
    found = (getattr(widget, "_vispy_canvas", None) for widget in canvas_of(window).findChildren(QWidget))
    return [canvas for canvas in found if canvas is not None]


_followed_texts: "WeakSet[Any]" = WeakSet()


def leave_out_empty_text(window: QMainWindow, layer: Points) -> None:
    """Have the canvas of a window draw no text of a layer of points while it has none.

    napari draws the text "" for it: the first time it renders six letters to measure them, and compiles a program of
    OpenGL for them, which takes longer than all else in the first picture. Fallback: the text is drawn.
    """
    for widget in (canvas_of(window), *canvas_of(window).findChildren(QWidget)):
        visual = getattr(getattr(widget, "canvas", None), "layer_to_visual", {}).get(layer)
        text = getattr(getattr(visual, "node", None), "text", None)
        if text is not None and text not in _followed_texts:
            _followed_texts.add(text)
            _follow_text(ref(layer), ref(text))


def _follow_text(layer: "ref[Points]", text: "ref[Any]") -> None:
    def follow(_event: object = None) -> None:
        points, node = layer(), text()
        if points is not None and node is not None:
            node.visible = getattr(points.text.string, "constant", None) != ""

    points = layer()
    if points is not None:
        points.text.events.connect(follow)
        follow()


# --- threads ---------------------------------------------------------------------------------------------------------


class _ShortSwitchInterval:
    """Python's switch interval is shortened from the first worker that starts to the last that ends."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._n_workers = 0
        self._usual_s = 0.0

    def __enter__(self) -> None:
        with self._lock:
            self._n_workers += 1
            if self._n_workers == 1:
                self._usual_s = sys.getswitchinterval()
                if self._usual_s > SWITCH_INTERVAL_S:
                    sys.setswitchinterval(SWITCH_INTERVAL_S)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._n_workers -= 1
            if self._n_workers == 0 and self._usual_s > SWITCH_INTERVAL_S:
                sys.setswitchinterval(self._usual_s + 5e-7)  # Python cuts it off to whole microseconds


_short_switch_interval = _ShortSwitchInterval()


def short_switch_interval() -> AbstractContextManager[None]:
    """Return a context in which Python's threads take turns of 0.5 ms instead of 5 ms, for workers of views.

    The main thread gives up the interpreter lock at each call of OpenGL, and each time waits for the worker's turn to
    end before it goes on. Python has one interval for the process: it is as before once the last worker has finished.
    """
    return _short_switch_interval
