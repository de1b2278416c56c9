"""The window with all actions: search, keys, and what each does."""

from collections.abc import Callable, Mapping
from typing import Any

from qtpy.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, QTimer
from qtpy.QtGui import QColor, QFont, QKeyEvent, QPalette, QShowEvent
from qtpy.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_phy.actions.action_table import ACTIONS, BY_ID
from napari_phy.actions.commands import COMMANDS
from napari_phy.widgets.actions.bindings import PLACES, WHERE, KeyBindings, Place
from napari_phy.widgets.actions.keys import canvas_keys
from napari_phy.widgets.base.painting import Index
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.small_dialogs import button_style
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens
from napari_phy.widgets.help.key_editor import KeyEditor

RULE = (
    "Keys act while one of our panels has the focus and no text is typed; those of the right column also while the"
    " canvas has it and the active layer is ours, or none."
)
CHANGE = "Enter does it. Click a key to change it."


class KeysWindow(QDialog):
    """Lists every action by section with its keys in our panels and in napari's canvas.

    Parameters
    ----------
    bindings : KeyBindings
        The keys in force.
    napari : callable
        Returns {key: what napari does with it} in a place.
    session : callable
        Returns the open data set, or None.
    run : callable
        Runs an action.
    ask : callable
        Opens the command line with a text.
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


MOUSE = {
    "Lasso": (("Draw a lasso", "Ctrl+drag"), ("Clear the lasso", "Esc")),
    "Raster, Grid, Templates": (("Next rows", "PgDown"), ("Previous rows", "PgUp")),
    "Waveforms": (("Size of waveforms", "Ctrl+arrows"), ("Distance of channels", "Shift+arrows")),
}  # of single views; these do not change
COMMAND_LINE = "Command line"
ACTION, COMMAND, WORDS = (Qt.ItemDataRole.UserRole + place for place in range(3))


class _Cell(QStyledItemDelegate):
    """Keeps its colour in the selected row."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.palette.setBrush(QPalette.ColorRole.HighlightedText, option.palette.text())


class ActionRows(QTreeWidget):
    """Every action with its keys in our panels and in napari's canvas, and every command.

    Of a row `data(0, ACTION)` is the id of its action, `data(0, COMMAND)` what the command line begins with, or None.

    Parameters
    ----------
    bindings : KeyBindings
        The keys in force.
    editor : KeyEditor
        The editor that changes them.
    """

    def __init__(self, bindings: KeyBindings, editor: KeyEditor, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bindings, self._editor, self._theme = bindings, editor, theme
        self.setHeaderLabels(["", *(WHERE[place] for place in PLACES)])
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setItemDelegate(_Cell(self))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place in (1, 2):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(place, theme.px(156))
        self._fill()
        editor.changed.connect(self._show_all_keys)

    def _fill(self) -> None:
        for section in dict.fromkeys(action.section for action in ACTIONS):
            self._add_section(section)
            for action in ACTIONS:
                if action.section == section:
                    words = f"{section} {action.action_id.replace('_', ' ')} {action.words}"
                    self._add([action.title, "", ""], words).setData(0, ACTION, action.action_id)
        for section, lines in MOUSE.items():
            self._add_section(section)
            for title, keys in lines:
                self._add([title, keys, "–"], f"{section} view mouse")
        self._add_section(COMMAND_LINE)
        for command in COMMANDS:
            examples = command.example.split("  ·  ")
            item = self._add([command.doc, f":{examples[0]}", "–"], f"{COMMAND_LINE} {command.word} {command.name}")
            item.setData(0, COMMAND, f"{command.name} ")
            item.setToolTip(1, plain("   ".join(f":{example}" for example in examples)))
        self._show_all_keys()

    def _add_section(self, title: str) -> None:
        item = QTreeWidgetItem([title.upper()])
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = self._theme.font(AXIS_PX - 1, bold=True)
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
        item.setFont(0, font)
        self.addTopLevelItem(item)

    def _add(self, texts: list[str], words: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(texts)
        item.setData(0, WORDS, words)
        self.addTopLevelItem(item)
        return item

    def _show_all_keys(self) -> None:
        for item in self._items():
            if item.data(0, ACTION) is not None:
                self._show_keys(item, item.data(0, ACTION))

    def _show_keys(self, item: QTreeWidgetItem, action_id: str) -> None:
        for column, place in enumerate(PLACES, start=1):
            awaited = self._editor.awaited(action_id, place)
            own = self._bindings.is_own(action_id, place)
            item.setText(column, awaited or ", ".join(self._bindings.keys(action_id, place)) or "–")
            item.setFont(column, self._theme.font(BODY_PX, bold=own))
            item.setData(column, Qt.ItemDataRole.ForegroundRole, QColor(self._theme.warning) if awaited else None)
            item.setToolTip(column, "Your own. Click to change it." if own else "Click to change it.")

    def _items(self) -> list[QTreeWidgetItem]:
        items = (self.topLevelItem(place) for place in range(self.topLevelItemCount()))
        return [item for item in items if item is not None]

    def rows(self) -> list[QTreeWidgetItem]:
        """Return the rows in sight that can be chosen."""
        return [item for item in self._items() if not item.isHidden() and item.data(0, WORDS) is not None]

    def search(self, text: str) -> None:
        """Show the rows that have all words of a text, in any order, and the sections that have rows.

        They are looked for in titles, keys, sections, and in the other words of an action.
        """
        words = text.lower().split()
        section, section_has_rows = None, False
        for item in [*self._items(), None]:
            if item is None or item.data(0, WORDS) is None:
                if section is not None:
                    section.setHidden(not section_has_rows)
                section, section_has_rows = item, False
                continue
            searched = " ".join([*(item.text(column) for column in range(3)), item.data(0, WORDS)]).lower()
            item.setHidden(not all(word in searched for word in words))
            section_has_rows |= not item.isHidden()
        rows = self.rows()
        self.setCurrentIndex(self.indexFromItem(rows[0]) if rows else QModelIndex())
        self.scrollToTop()

    def step(self, step: int) -> None:
        """Go so many rows on, or back, as far as there are."""
        rows, current = self.rows(), self.currentItem()
        if rows:
            place = rows.index(current) + step if current in rows else 0
            self.setCurrentItem(rows[min(max(place, 0), len(rows) - 1)])
