"""The window with all actions: found as one types, done by Enter, with keys that can be changed."""

from collections.abc import Callable, Mapping
from typing import Any

from qtpy.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from qtpy.QtGui import QColor, QFont
from qtpy.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_phy.views.commands import COMMANDS
from napari_phy.widgets.actions.action_table import ACTIONS, BY_ID
from napari_phy.widgets.actions.bindings import PLACES, WHERE, KeyBindings, Place
from napari_phy.widgets.actions.keys import pressed
from napari_phy.widgets.parts.small_dialogs import button_style
from napari_phy.widgets.parts.theme import AXIS_PX, BODY_PX, Tokens

MOUSE = {
    "Lasso": (("Draw a lasso", "Ctrl+drag"), ("Clear the lasso", "Esc")),
    "Raster, Grid, Templates": (("Next rows", "PgDown"), ("Previous rows", "PgUp")),
    "Waveforms": (("Size of waveforms", "Ctrl+arrows"), ("Distance of channels", "Shift+arrows")),
}  # of single views; these do not change
RULE = (
    "Keys act while one of our panels has the focus and no text is typed; those of the right column also while the"
    " canvas has it and the active layer is ours, or none."
)
CHANGE = "Enter does it. Click a key to change it."
PRESS = "Press the new key of {} {}. Esc leaves it as it is."
COMMAND_LINE = "Command line"
ACTION, COMMAND = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
MODIFIERS = frozenset(
    {Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_CapsLock}
)


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
        self.setWindowTitle("All keys")
        self.setObjectName("napari-phy-keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)  # the next one may have another theme
        self._bindings, self._napari, self._session, self._run, self._ask = bindings, napari, session, run, ask
        self._theme = theme
        self._waiting: tuple[QTreeWidgetItem, str, Place] | None = None  # whose new key is awaited
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search actions and keys")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search actions and keys")
        rule = QLabel(RULE)
        rule.setWordWrap(True)
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["", *(WHERE[place] for place in PLACES)])
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(0)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionsClickable(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for place in (1, 2):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(place, theme.px(156))
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setMinimumHeight(theme.px(32))
        self.no_key_button = self._button("No key", self._take_away)
        self.reset_button = self._button("Reset", self._reset)
        self.reset_all_button = self._button("Reset all keys", self._reset_all)
        buttons = QHBoxLayout()
        buttons.addWidget(self.note, 1)
        for button in (self.no_key_button, self.reset_button, self.reset_all_button):
            buttons.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(18), theme.px(14), theme.px(18), theme.px(14))
        column.setSpacing(theme.px(8))
        for widget in (self.search, rule, self.list):
            column.addWidget(widget)
        column.addLayout(buttons)
        self._fill()
        self.search.textChanged.connect(self._on_searched)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._on_clicked)
        self.list.itemDoubleClicked.connect(self._on_double_clicked)
        self.list.currentItemChanged.connect(lambda *_: self._leave_key())
        self.setStyleSheet(self._style())
        self.resize(theme.px(660), theme.px(760))
        self._on_searched("")

    def _button(self, text: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda *_: act())
        return button

    # --- rows ---

    def _fill(self) -> None:
        for section in dict.fromkeys(action.section for action in ACTIONS):
            self._add_section(section)
            for action in ACTIONS:
                if action.section == section:
                    item = self._add([action.title, "", ""], section)
                    item.setData(0, ACTION, action.action_id)
                    self._show_keys(item)
        for section, lines in MOUSE.items():
            self._add_section(section)
            for title, keys in lines:
                self._add([title, keys, "–"], section)
        self._add_section(COMMAND_LINE)
        for command in COMMANDS:
            examples = command.example.split("  ·  ")
            item = self._add([command.doc, f":{examples[0]}", "–"], f"{COMMAND_LINE} {command.word}")
            item.setData(0, COMMAND, f"{command.name} ")
            item.setToolTip(1, "   ".join(f":{example}" for example in examples))

    def _add_section(self, title: str) -> None:
        item = QTreeWidgetItem([title.upper()])
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        font = self._theme.font(AXIS_PX - 1, bold=True)
        font.setLetterSpacing(QFont.SpacingType.PercentageSpacing, 106)
        item.setFont(0, font)
        self.list.addTopLevelItem(item)

    def _add(self, texts: list[str], section: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem(texts)
        item.setData(1, ACTION, section)
        self.list.addTopLevelItem(item)
        return item

    def _show_keys(self, item: QTreeWidgetItem) -> None:
        action_id = item.data(0, ACTION)
        for column, place in enumerate(PLACES, start=1):
            item.setText(column, ", ".join(self._bindings.keys(action_id, place)) or "–")
            own = self._bindings.is_own(action_id, place)
            item.setFont(column, self._theme.font(BODY_PX, bold=own))
            item.setData(column, Qt.ItemDataRole.ForegroundRole, None)
            item.setToolTip(column, "Your own. Click to change it." if own else "Click to change it.")

    def rows(self) -> list[QTreeWidgetItem]:
        """Return the rows in sight that can be chosen."""
        items = (self.list.topLevelItem(place) for place in range(self.list.topLevelItemCount()))
        return [item for item in items if not item.isHidden() and item.flags() & Qt.ItemFlag.ItemIsSelectable]

    # --- searching ---

    def _on_searched(self, text: str) -> None:
        """Show the rows that have all words somewhere, and the sections that have rows."""
        words = text.lower().split()
        section, section_has_rows = None, False
        for place in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(place)
            if not item.flags() & Qt.ItemFlag.ItemIsSelectable:
                if section is not None:
                    section.setHidden(not section_has_rows)
                section, section_has_rows = item, False
                continue
            searched = " ".join([*(item.text(column) for column in range(3)), item.data(1, ACTION)]).lower()
            item.setHidden(not all(word in searched for word in words))
            section_has_rows |= not item.isHidden()
        if section is not None:
            section.setHidden(not section_has_rows)
        rows = self.rows()
        self.list.setCurrentItem(rows[0] if rows else None)
        self.list.scrollToTop()
        self._leave_key()
        if not rows:
            self._say("Nothing is called so.")

    def _step(self, step: int) -> None:
        rows = self.rows()
        if rows:
            current = self.list.currentItem()
            place = rows.index(current) + step if current in rows else 0
            self.list.setCurrentItem(rows[min(max(place, 0), len(rows) - 1)])

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

    # --- changing keys ---

    def _on_clicked(self, item: QTreeWidgetItem, column: int) -> None:
        self._leave_key()
        action_id = item.data(0, ACTION)
        if column == 0:
            return
        if action_id is None:
            self._say("This does not change.")
            return
        place = PLACES[column - 1]
        self._waiting = (item, action_id, place)
        item.setText(column, "press a key…")
        item.setForeground(column, QColor(self._theme.warning))
        self._say(PRESS.format(BY_ID[action_id].title, WHERE[place]))
        self.no_key_button.setVisible(bool(self._bindings.keys(action_id, place)))
        self.reset_button.setVisible(self._bindings.is_own(action_id, place))
        self.reset_all_button.hide()

    def _on_double_clicked(self, _item: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self._do()

    def _take_key(self, key: str) -> None:
        _, action_id, place = self._waiting
        problem = self._bindings.problem(action_id, place, key, self._napari(place))
        if problem:
            self._say(problem, is_error=True)
            return
        self._bindings.bind(action_id, place, (key,))
        self._leave_key()
        self._say(f"{BY_ID[action_id].title} has the key {key} {WHERE[place]}.")

    def _take_away(self) -> None:
        _, action_id, place = self._waiting
        self._bindings.bind(action_id, place, ())
        self._leave_key()
        self._say(f"{BY_ID[action_id].title} has no key {WHERE[place]}.")

    def _reset(self) -> None:
        _, action_id, place = self._waiting
        problem = self._bindings.reset(action_id, place)
        if problem:
            self._say(problem, is_error=True)
            return
        self._leave_key()
        self._say(f"{BY_ID[action_id].title} has its usual keys {WHERE[place]}.")

    def _reset_all(self) -> None:
        self._bindings.reset_all()
        for item in (self.list.topLevelItem(place) for place in range(self.list.topLevelItemCount())):
            if item.data(0, ACTION) is not None:
                self._show_keys(item)
        self._leave_key()
        self._say("All actions have their usual keys.")

    def _leave_key(self) -> None:
        """Wait for no key, and say what the current row is."""
        if self._waiting is not None:
            item, self._waiting = self._waiting[0], None
            self._show_keys(item)
        self.no_key_button.hide()
        self.reset_button.hide()
        self.reset_all_button.setVisible(self._bindings.any_own)
        self._say(self._sentence())

    def _sentence(self) -> str:
        item, session = self.list.currentItem(), self._session()
        action_id = None if item is None else item.data(0, ACTION)
        if action_id is None:
            return CHANGE
        refusal = BY_ID[action_id].why_not(session)
        if refusal is None and session is None:
            return CHANGE
        return f"{refusal or BY_ID[action_id].sentence(session) + '.'} {CHANGE}"

    def _say(self, sentence: str, *, is_error: bool = False) -> None:
        self.note.setText(sentence)
        color = self._theme.error if is_error else self._theme.dim
        self.note.setStyleSheet(f"color: {QColor(color).name()};")

    # --- Qt ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the awaited key; move in the list from the search line."""
        if event.type() not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride):
            return False
        key = event.key()
        if self._waiting is not None:
            event.accept()
            if event.type() == QEvent.Type.KeyPress and key not in MODIFIERS:
                self._leave_key() if key == Qt.Key.Key_Escape else self._take_key(pressed(event))
            return True
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -15, Qt.Key.Key_PageDown: 15}
        enters = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        escapes = key == Qt.Key.Key_Escape and bool(self.search.text())
        if key not in steps and key not in enters and not escapes:
            return False
        event.accept()
        if event.type() == QEvent.Type.KeyPress:
            if key in steps:
                self._step(steps[key])
            elif escapes:
                self.search.clear()
            else:
                self._do()
        return True

    def showEvent(self, event) -> None:
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
            QTreeWidget::item:selected {{ background: {theme.selected_row}; color: {theme.text}; }}
            QTreeWidget::item:disabled {{ color: {theme.dim}; background: {theme.panel}; }}
            QHeaderView {{ background: {theme.panel}; border: none; }}
            QHeaderView::section {{ background: {theme.panel}; color: {theme.dim}; border: none;
                font-size: {theme.px(AXIS_PX)}px; padding: {theme.px(3)}px {theme.px(4)}px; }}
            {button_style(theme)}
            """
