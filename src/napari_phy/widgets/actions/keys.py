"""Keys: how they are spelled, which are taken, and a filter that runs actions."""

from collections.abc import Callable, Container, Iterator, Mapping

from napari.components import ViewerModel
from napari.layers import Image, Points
from qtpy.QtCore import QChildEvent, QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMainWindow,
    QMenu,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from napari_phy.widgets.napari_compat import class_keys

TEXT_FIELDS = (QLineEdit, QTextEdit, QPlainTextEdit, QAbstractSpinBox)
COMBO_KEYS = frozenset({"Up", "Down", "Home", "End", "Space"})
SIGNS = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
OWN_KEYS = "napari_phy_own_keys"  # dynamic property of a widget: keys that it keeps for itself


def normal(keys: str) -> str:
    """Return a key sequence as Qt spells it, so that `ctrl+g` and `Ctrl+G` are one."""
    return str(QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText))


def pressed(event: QKeyEvent) -> str:
    """Return the key sequence of a key event; the number pad counts as the main keys.

    Signs are without Shift, since it depends on the keyboard which of them need it.
    """
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if event.text() in SIGNS:
        modifiers &= ~Qt.KeyboardModifier.ShiftModifier
    keys = QKeySequence(event.keyCombination() if modifiers == event.modifiers() else modifiers | Qt.Key(event.key()))
    return str(keys.toString(QKeySequence.SequenceFormat.PortableText))


class KeyFilter(QObject):
    """Calls `run(action_id)` for the keys of a table pressed in any widget below a watched one.

    napari's menus use some of the same keys, so the filter accepts Qt's `ShortcutOverride` and consumes the key
    press that follows; all other keys go their way.

    Parameters
    ----------
    table : mapping of str to str
        Key sequence to action id.
    run : callable
        Called with the action id.
    is_active : callable, optional
        Asked at each key of the table; where it says no, the key is not ours.
    once : container of str, default ()
        Action ids that a key does once, however long it is held.
    """

    def __init__(
        self,
        table: Mapping[str, str],
        run: Callable[[str], object],
        is_active: Callable[[str], bool] = lambda _: True,
        parent: QObject | None = None,
        once: Container[str] = (),
    ) -> None:
        super().__init__(parent)
        self.set_table(table)
        self._once = once
        self._run = run
        self._is_active = is_active

    def set_table(self, table: Mapping[str, str]) -> None:
        """Take other keys."""
        self._table = {normal(keys): action_id for keys, action_id in table.items()}

    def watch(self, root: QWidget) -> None:
        """Watch a widget, everything in it and everything that is added to it later."""
        root.removeEventFilter(self)
        root.installEventFilter(self)
        for child in root.children():
            if isinstance(child, QWidget) and not child.isWindow():
                self.watch(child)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ChildAdded and isinstance(event, QChildEvent):
            child = event.child()
            if isinstance(child, QWidget) and not child.isWindow():
                self.watch(child)
            return False
        if kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not isinstance(event, QKeyEvent):
            return False
        keys = pressed(event)
        action_id = self._table.get(keys)
        if action_id is None or _keeps(_origin(watched), keys) or not self._is_active(keys):
            return False
        event.accept()
        if kind == QEvent.Type.KeyPress and not (event.isAutoRepeat() and action_id in self._once):
            self._run(action_id)
        return True


def _origin(watched: QObject) -> QObject:
    """Return where a key was pressed: keys that a widget has no use for go on to those it is in."""
    focused = QApplication.focusWidget()
    if focused is not None and isinstance(watched, QWidget) and watched.isAncestorOf(focused):
        return focused
    return watched


def _keeps(widget: QObject, keys: str) -> bool:
    """Return whether a widget needs this key itself: text fields, drop-downs, focused buttons, lists that say so."""
    if isinstance(widget, TEXT_FIELDS):
        return True
    if isinstance(widget, QComboBox):
        return widget.isEditable() or keys in COMBO_KEYS
    if isinstance(widget, QAbstractButton):
        return keys == "Space"
    return keys in (widget.property(OWN_KEYS) or ())


IN_PANELS = {
    "Esc": "clears a lasso and leaves what is open",
    "Return": "answers questions",
    "Enter": "answers questions",
    "Tab": "goes from one field to the next",
    "Shift+Tab": "goes back from field to field",
    "Backtab": "goes back from field to field",
    "PgUp": "turns pages in Raster, Grid and Templates",
    "PgDown": "turns pages in Raster, Grid and Templates",
    "Left": "folds groups in Clusters",
    "Right": "shows folded groups in Clusters",
    **{f"Ctrl+{arrow}": "sizes waveforms" for arrow in ("Up", "Down", "Left", "Right")},
    **{f"Shift+{arrow}": "selects rows, and spreads waveforms" for arrow in ("Up", "Down", "Left", "Right")},
    **{f"Shift+{end}": "selects rows up to the end of a list" for end in ("Home", "End")},
}  # normal spelling: what it does there, whatever is chosen
EVERYWHERE = {
    "Alt+F4": "closes the window",
    **dict.fromkeys(("Alt+Tab", "Alt+Shift+Tab", "Alt+Backtab", "Alt+Shift+Backtab"), "goes to another window"),
    **dict.fromkeys(("Alt+Esc", "Alt+Space", "Ctrl+Esc", "Ctrl+Alt+Del"), "belongs to the desktop"),
    **{f"{keys}+F{n}": "belongs to the desktop" for keys in ("Alt", "Ctrl+Alt") for n in range(1, 13) if n != 4},
    **dict.fromkeys(("Print", "Alt+Print", "Shift+Print", "Ctrl+Print"), "takes a picture of the screen"),
    **dict.fromkeys(("Ctrl+C", "Ctrl+Ins"), "copies"),
    **dict.fromkeys(("Ctrl+X", "Shift+Del"), "cuts"),
    **dict.fromkeys(("Ctrl+V", "Shift+Ins"), "pastes"),
    "Ctrl+A": "selects all, of a list or a text",
}  # in text a key cannot be ours, and beside it should not mean something else


def why_fixed(key: str, *, in_panels: bool) -> str:
    """Return why no action can have a key (normal spelling), or ""."""
    if not key.isprintable() or not key:
        return "This key has no name and cannot be kept."
    does = EVERYWHERE.get(key) or (IN_PANELS.get(key) if in_panels else None)
    if does is None and "Meta" in key.split("+"):
        does = "belongs to the desktop"
    return "" if does is None else f"{key} is taken: it {does}."


OUR_KINDS = (Image, Points)


def napari_keys(window: QMainWindow, *, with_layers: bool) -> dict[str, str]:
    """Return {key: what napari does with it}, from its menus and its viewer.

    Parameters
    ----------
    window : QMainWindow
        The main window of napari, whose menus are asked.
    with_layers : bool
        Add the keys of the layers that are ours: images and points.
    """
    found = canvas_keys() if with_layers else _keymaps((ViewerModel,))
    for menu in window.menuBar().actions():
        title = menu.text()
        if "&" in title:
            letter = title[title.index("&") + 1]
            found[normal(f"Alt+{letter}")] = f"opens the menu {title.replace('&', '')}"
        found |= dict(_entries(menu.menu()))
    return found


def canvas_keys() -> dict[str, str]:
    """Return {key: what napari does with it} in its canvas while the active layer is ours, or none."""
    return _keymaps((*OUR_KINDS, ViewerModel))


def _keymaps(kinds: tuple[type, ...]) -> dict[str, str]:
    return {normal(key): does for key, does in class_keys(kinds).items()}


def _entries(menu: QObject | None) -> Iterator[tuple[str, str]]:
    for entry in menu.actions() if isinstance(menu, QMenu) else ():
        for key in entry.shortcuts():
            yield normal(key.toString()), entry.text().strip("\u200e").replace("&", "").rstrip(".…")
        yield from _entries(entry.menu())
