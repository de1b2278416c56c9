"""The line above the list of clusters in which a filter is typed."""

from collections.abc import Callable

from qtpy.QtCore import QEvent, QObject, QStringListModel, Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QAbstractItemView, QCompleter, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from napari_phy.query.filter_completion import Completion
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens

WAIT_MS = 200  # after the last letter
EXAMPLE = 'Filter:  group == "good" and spikes > 100'


class FilterLine(QWidget):
    """Asks for what was typed, 200 ms later or at Return; Esc clears; below it stands what is wrong.

    Attributes
    ----------
    asked : Signal
        The text is to be the filter now.
    left : Signal
        Return, Down or Esc gave the focus away.
    """

    asked = Signal(str)
    left = Signal()

    def __init__(self, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-filter")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._complete: Callable[[str], Completion] = lambda text: Completion(len(text), ())
        self._asked = self._in_force = ""
        self.line = QLineEdit()
        self.line.setPlaceholderText(EXAMPLE)
        self.line.setAccessibleName("Filter of the list of clusters")
        self.line.setToolTip(
            "Shows only the clusters for which this holds, or that have these ids or words (/)\n"
            '12 15     good     rate > -1 and group == "good"     5 <= depth < 300     id in (3, 5)     note is null'
        )
        self.line.installEventFilter(self)
        self.reason = PlainLabel()
        self.reason.setWordWrap(True)
        self.reason.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.reason.hide()
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.line)
        self._column.addWidget(self.reason)
        self._words = QStringListModel(self)
        self._completer = QCompleter(self._words, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setWidget(self.line)
        self._completer.activated.connect(self._take)
        self._popup.installEventFilter(self)
        self._start = 0
        self._soon = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._soon.timeout.connect(self._ask_unless_offering)
        self.line.textChanged.connect(lambda _: self._soon.start())
        self.line.textEdited.connect(lambda _: self._offer())
        self.apply_theme(theme)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.line.text()

    def set_completing(self, complete: Callable[[str], Completion]) -> None:
        """Say where the words come from that are offered: what can follow a text."""
        self._complete = complete

    def show_text(self, text: str) -> None:
        """Show a filter that came into force, and ask nothing; what is typed in the meantime stays."""
        if text == self._in_force:
            return
        self._in_force = self._asked = text
        if text != self.text.strip():
            self.line.setText(text)
            self.show_problem("")
        self._soon.stop()

    def ask(self) -> None:
        """Ask for what is typed, unless that was asked for already."""
        self._soon.stop()
        if self.text.strip() != self._asked:
            self._asked = self.text.strip()
            self.asked.emit(self._asked)

    def _ask_unless_offering(self) -> None:
        """Wait while the last word is unfinished."""
        if self._popup.isVisible():
            self._soon.start()
        else:
            self.ask()

    def clear(self) -> None:
        """Clear the filter; Ctrl+Z in the line brings it back."""
        self.line.selectAll()
        self.line.del_()
        self.ask()

    def show_problem(self, sentence: str) -> None:
        """Show what is wrong with the filter, or that nothing is."""
        if sentence != self.reason.text():
            self.reason.setText(sentence)
            self.reason.setVisible(bool(sentence))
            self._style()

    def take_focus(self) -> None:
        """Be typed in."""
        self.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.line.selectAll()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        px = theme.px
        self._column.setContentsMargins(px(6), px(1), px(6), px(4))
        self._column.setSpacing(px(3))
        self.line.setFixedHeight(px(22))
        self._style()

    def _style(self) -> None:
        theme, px = self._theme, self._theme.px
        rim = theme.error if self.reason.text() else theme.raised
        rim_in_focus = theme.error if self.reason.text() else theme.accent
        self.setStyleSheet(
            f"#napari-phy-filter {{ background: {theme.panel}; }}"
            f"QLineEdit {{ background: {theme.raised}; color: {theme.text}; font-size: {px(AXIS_PX)}px; margin: 0;"
            f" border: 1px solid {rim}; border-radius: 3px; padding: 0 {px(6)}px;"
            f" selection-background-color: {theme.accent}; selection-color: {theme.text};"
            f" placeholder-text-color: {theme.dim}; }}"
            f"QLineEdit:focus {{ border: 1px solid {rim_in_focus}; }}"
            f"QLabel {{ background: transparent; color: {theme.error}; font-size: {px(AXIS_PX)}px;"
            f" padding: 0 {px(4)}px; }}"
        )
        self._popup.setStyleSheet(
            f"QListView {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.grid};"
            f" font-size: {px(BODY_PX)}px; padding: {px(2)}px; outline: none; }}"
            f"QListView::item {{ padding: {px(2)}px {px(6)}px; }}"
            f"QListView::item:selected {{ background: {theme.selected_row}; color: {theme.text}; }}"
        )

    # --- completion ---

    @property
    def _popup(self) -> QAbstractItemView:
        popup = self._completer.popup()
        assert popup is not None
        return popup

    def _offer(self) -> None:
        completion = self._complete(self.text[: self.line.cursorPosition()])
        self._start = completion.start
        self._words.setStringList(list(completion.words))
        popup = self._popup
        if not completion.words:
            if popup.isVisible():
                popup.hide()
            return
        place = self.line.rect()
        before = self.line.fontMetrics().horizontalAdvance(self.text[: completion.start])
        place.setLeft(min(before, self.line.width() - self._theme.px(120)))
        longest = max(popup.fontMetrics().horizontalAdvance(word) for word in completion.words)
        place.setWidth(longest + self._theme.px(48))
        self._completer.complete(place)

    def _take(self, word: str) -> None:
        """Put a word that was offered in the place of the one before the cursor."""
        rest, mark = self.text[self.line.cursorPosition() :], word[-1]
        if mark in "\"'`" and rest.count(mark) % 2:  # the cursor stands inside of a quoted text, which goes whole
            rest = rest.partition(mark)[2]
        self.line.setText(f"{self.text[: self._start]}{word}{rest}")
        self.line.setCursorPosition(self._start + len(word))

    # --- keys ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc clears, Return and Down go to the list, Tab takes the first word that is offered."""
        if not isinstance(event, QKeyEvent):
            return False
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        key, popup = event.key(), self._popup
        if watched is popup and popup.isVisible():
            return self._on_popup_key(key)
        if key not in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            return False
        popup.hide()
        if key == Qt.Key.Key_Escape:
            self.clear()
            self.left.emit()
        else:
            self._accept(key)
        return True

    def _accept(self, key: int) -> None:
        """Go to the list; Return stays where the filter is wrong, since keys edit in the list."""
        self.ask()
        if key == Qt.Key.Key_Down or not self.reason.text():
            self.left.emit()

    def _on_popup_key(self, key: int) -> bool:
        popup = self._popup
        chosen = popup.selectionModel().selectedIndexes()
        if key == Qt.Key.Key_Tab:
            popup.hide()
            self._take(self._words.stringList()[chosen[0].row() if chosen else 0])
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not chosen:
            popup.hide()
            self._accept(key)
            return True
        return False
