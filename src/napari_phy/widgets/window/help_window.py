"""The window with all actions: found as one types, done by Enter, with their keys."""

from collections.abc import Callable, Mapping
from typing import Any

from qtpy.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from qtpy.QtGui import QColor, QKeyEvent, QShowEvent
from qtpy.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QTreeWidgetItem, QVBoxLayout, QWidget

from napari_phy.widgets.actions.action_table import BY_ID
from napari_phy.widgets.actions.bindings import PLACES, KeyBindings, Place
from napari_phy.widgets.actions.napari_keys import canvas_keys
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.small_dialogs import button_style
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens
from napari_phy.widgets.window.action_rows import ACTION, COMMAND, ActionRows
from napari_phy.widgets.window.key_editor import KeyEditor

RULE = (
    "Keys act while one of our panels has the focus and no text is typed; those of the right column also while the"
    " canvas has it and the active layer is ours, or none."
)
CHANGE = "Enter does it. Click a key to change it."


class KeysWindow(QDialog):
    """Lists every action by section with its keys in our panels and in napari's canvas.

    Parameters
    ----------
    bindings : the keys in force.
    napari : returns {key: what napari does with it} in a place.
    session : returns the open data set, or None.
    run : does an action.
    ask : opens the command line with a text.
    """

    def __init__(
        self,
        bindings: KeyBindings,
        napari: Callable[[Place], Mapping[str, str]],
        session: Callable[[], Any],
        run: Callable[[str], object],
        ask: Callable[[str], object],
        theme: Tokens,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("All actions")
        self.setObjectName("napari-phy-keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)  # the next one may have another theme
        self._bindings, self._session, self._run, self._ask = bindings, session, run, ask
        self._theme = theme
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search actions and keys")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search actions and keys")
        rule = PlainLabel(RULE)
        rule.setWordWrap(True)
        self.editor = KeyEditor(bindings, napari)
        self.list = ActionRows(bindings, self.editor, theme)
        self.note = PlainLabel()
        self.note.setWordWrap(True)
        self.note.setMinimumHeight(theme.px(32))
        foot = QHBoxLayout()
        foot.addWidget(self.note, 1)
        foot.addWidget(self.editor)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(18), theme.px(14), theme.px(18), theme.px(14))
        column.setSpacing(theme.px(8))
        for widget in (self.search, rule, self.list):
            column.addWidget(widget)
        column.addLayout(foot)
        self.search.textChanged.connect(self._on_searched)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._on_clicked)
        self.list.itemDoubleClicked.connect(self._on_double_clicked)
        self.list.currentItemChanged.connect(lambda *_: self.editor.leave())
        self.editor.changed.connect(lambda: self._say(self._sentence()))
        self.editor.said.connect(self._say)
        self.setStyleSheet(self._style())
        self.resize(theme.px(660), theme.px(760))
        self._on_searched("")

    def _on_searched(self, text: str) -> None:
        self.list.search(text)
        self.editor.leave()
        if not self.list.rows():
            self._say("Nothing is called so.")

    # --- doing ---

    def _do(self) -> None:
        """Do what the current row says if it can be done, else say why not."""
        item = self.list.currentItem()
        if item is None or item.isHidden():
            return
        if item.data(0, COMMAND):
            text = item.data(0, COMMAND)
            self._leave_to(lambda: self._ask(text))
            return
        action_id = item.data(0, ACTION)
        if action_id is None:
            self._say("This is done in the view itself.", is_error=True)
            return
        refusal = BY_ID[action_id].why_not(self._session())
        if refusal is not None:
            self._say(refusal, is_error=True)
        elif action_id != "keys":
            self._leave_to(lambda: self._run(action_id))

    def _leave_to(self, act: Callable[[], object]) -> None:
        """Close, and act once the main window has the keys again."""
        window = self.parentWidget()
        self.close()
        if window is not None:
            window.activateWindow()
        QTimer.singleShot(0, act)

    def _on_clicked(self, item: QTreeWidgetItem, column: int) -> None:
        self.editor.leave()
        action_id = item.data(0, ACTION)
        if column and action_id is None:
            self._say("This does not change.")
        elif column:
            self.editor.ask(action_id, PLACES[column - 1])

    def _on_double_clicked(self, _item: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self._do()

    def _sentence(self) -> str:
        item, session = self.list.currentItem(), self._session()
        action_id = None if item is None else item.data(0, ACTION)
        if action_id is None:
            return CHANGE
        refusal = BY_ID[action_id].why_not(session)
        if refusal is not None:
            sentences = [refusal]
        else:
            sentences = [CHANGE] if session is None else [f"{BY_ID[action_id].sentence(session)}.", CHANGE]
        return " ".join([*sentences, *self._taken(action_id)])

    def _taken(self, action_id: str) -> list[str]:
        """Return a sentence on each of its keys that somebody gave napari in its Preferences."""
        given = canvas_keys()
        keys = self._bindings.keys(action_id, "canvas")
        return [f"In the canvas {key} is napari's key: {given[key]}." for key in keys if key in given]

    def _say(self, sentence: str, is_error: bool = False) -> None:
        self.note.setText(sentence)
        color = self._theme.error if is_error else self._theme.dim
        self.note.setStyleSheet(f"color: {QColor(color).name()};")

    # --- Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the awaited key; move in the list from the search line."""
        is_pressed = event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if not is_pressed or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if self.editor.is_waiting:
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self.editor.take(event)
            return True
        steps: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -15, Qt.Key.Key_PageDown: 15}
        enters = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        escapes = key == Qt.Key.Key_Escape and bool(self.search.text())
        if key not in steps and key not in enters and not escapes:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            if key in steps:
                self.list.step(steps[key])
            elif escapes:
                self.search.clear()
            else:
                self._do()
        return True

    def showEvent(self, event: QShowEvent) -> None:
        """Be ready to search."""
        super().showEvent(event)
        self.search.setFocus(Qt.FocusReason.OtherFocusReason)

    def center_on(self, window: QWidget) -> None:
        """Stand in the middle of a window, within it."""
        size = self.size().boundedTo(window.size())
        self.resize(size)
        middle = QPoint((window.width() - size.width()) // 2, (window.height() - size.height()) // 2)
        self.move(window.mapToGlobal(middle))

    def _style(self) -> str:
        theme = self._theme
        return f"""
            QDialog {{ background: {theme.panel}; }}
            QLabel {{ color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; padding: 0; }}
            QLineEdit {{ background: {theme.view}; color: {theme.text}; border: 1px solid {theme.raised};
                border-radius: 3px; padding: {theme.px(4)}px; font-size: {theme.px(BODY_PX)}px; }}
            QTreeWidget {{ background: {theme.panel}; color: {theme.text}; border: none; outline: none;
                font-size: {theme.px(BODY_PX)}px; }}
            QTreeWidget::item {{ height: {theme.px(21)}px; border: none; padding: 0 {theme.px(4)}px; }}
            QTreeWidget::item:hover {{ background: {theme.raised}; }}
            QTreeWidget::item:selected {{ background: {theme.selected_row}; }}
            QTreeWidget::item:disabled {{ color: {theme.dim}; background: {theme.panel}; }}
            QHeaderView {{ background: {theme.panel}; border: none; }}
            QHeaderView::section {{ background: {theme.panel}; color: {theme.dim}; border: none;
                font-size: {theme.px(AXIS_PX)}px; padding: {theme.px(3)}px {theme.px(4)}px; }}
            {button_style(theme)}
            """
