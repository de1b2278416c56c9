"""Keys that are ours while the focus is in our panels, and a few of them in napari's canvas."""

from collections.abc import Callable, Container, Mapping

from qtpy.QtCore import QChildEvent, QEvent, QObject, Qt
from qtpy.QtGui import QKeyEvent, QKeySequence
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

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
    table : key sequence to action id.
    run : called with the action id.
    is_active : asked at each key of the table; where it says no, the key is not ours.
    once : action ids that a key does once, however long it is held.
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
