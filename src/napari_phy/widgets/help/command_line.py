"""The line that `:` opens at the bottom of the window: a command, what it could become, and why it cannot be done."""

from collections.abc import Callable, Sequence

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QSize, Qt, Signal
from qtpy.QtGui import QFocusEvent, QKeyEvent
from qtpy.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_phy.actions.commands import Completion, usage
from napari_phy.core.errors import NapariPhyError
from napari_phy.storage.user_choices import keep_command, load_commands
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.theme import AXIS_PX, HEADLINE_PX, Tokens

WIDTH, MARGIN, ROW, MOST_ROWS = 620, 10, 20, 9
HINT = "Tab completes   ·   Up, Down: what was typed before   ·   Enter does it   ·   Esc leaves"


class _Field(QLineEdit):
    """A line that gives its owner the keys that it has no use for itself."""

    pressed = Signal(int)
    left = Signal()
    KEYS = frozenset(
        {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Escape, Qt.Key.Key_Return}
        | {Qt.Key.Key_Enter}
    )

    def event(self, event: QEvent) -> bool:
        is_pressed = event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        if isinstance(event, QKeyEvent) and is_pressed and event.key() in self.KEYS:
            event.accept()
            if event.type() == QEvent.Type.KeyPress:
                self.pressed.emit(event.key())
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self.left.emit()


class CommandLine(QFrame):
    """Lies over the docks at the bottom left while it is open; `run(text)` raises NapariPhyError with the reason.

    Parameters
    ----------
    window : QMainWindow
        Over whose docks it lies.
    run : callable
        Runs a line.
    complete : callable
        Returns what a line could become.
    """

    def __init__(
        self, window: QMainWindow, run: Callable[[str], None], complete: Callable[[str], Sequence[Completion]]
    ) -> None:
        super().__init__(window)
        self.setObjectName("napari-phy-command-line")
        self.hide()
        self._run, self._complete = run, complete
        self._came_from: QWidget | None = None
        self._history: list[str] = []
        self._place = 0  # in the history; its length is what is being typed
        self._typed = ""
        self._turn = -1  # of the completion that Tab has put in
        self._offered: tuple[Completion, ...] = ()
        self.field = _Field()
        self.field.setAccessibleName("Command")
        self.field.setPlaceholderText("a command")
        colon = PlainLabel(":")
        colon.setObjectName("napari-phy-colon")
        self.offers = QTreeWidget()
        self.offers.setColumnCount(2)
        self.offers.setHeaderHidden(True)
        self.offers.setRootIsDecorated(False)
        self.offers.setUniformRowHeights(True)
        self.offers.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.offers.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.offers.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.note = PlainLabel(HINT)
        self.note.setWordWrap(True)
        self.note.setObjectName("napari-phy-note")
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(colon)
        row.addWidget(self.field, 1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.offers)
        self._column.addLayout(row)
        self._column.addWidget(self.note)
        self.field.textEdited.connect(self._on_edited)
        self.field.pressed.connect(self._on_key)
        self.field.left.connect(self.leave)
        self.offers.itemClicked.connect(self._on_clicked)
        window.installEventFilter(self)

    # --- opening and leaving ---

    def open(self, text: str = "") -> None:
        """Show the line, empty or with a text, and give it the keys."""
        if not self.isVisible():
            self._came_from = QApplication.focusWidget()
        self._history = load_commands()
        self._place = len(self._history)
        self._take(text)
        self.show()
        self._arrange()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def leave(self) -> None:
        """Hide the line; the keys go where they were."""
        if self.isHidden():
            return
        had_keys = self.field.hasFocus()
        self.hide()
        if had_keys and self._came_from is not None and isalive(self._came_from):
            self._came_from.setFocus(Qt.FocusReason.OtherFocusReason)
        self._came_from = None

    # --- keys ---

    def _on_key(self, key: int) -> None:
        if key == Qt.Key.Key_Escape:
            self.leave()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do()
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._turn_offers(1 if key == Qt.Key.Key_Tab else -1)
        else:
            self._step(-1 if key == Qt.Key.Key_Up else 1)

    def _do(self) -> None:
        text = self.field.text().strip()
        if not text:
            self.leave()
            return
        self._history = keep_command(text)
        self._place = len(self._history)
        try:
            self._run(text)
        except NapariPhyError as error:
            self._say(str(error), is_error=True)
        else:
            self.leave()  # an edit has given the keys to Clusters by then, a view has taken them

    def _step(self, step: int) -> None:
        """Go back or forth in what was typed before."""
        if self._place == len(self._history):
            self._typed = self.field.text()
        self._place = min(max(self._place + step, 0), len(self._history))
        self._take([*self._history, self._typed][self._place])

    def _turn_offers(self, step: int) -> None:
        """Put in the next thing that the line could become."""
        if not self._offered:
            return
        start = -1 if step > 0 else 0
        self._turn = ((self._turn if self._turn >= 0 else start) + step) % len(self._offered)
        self.field.setText(self._offered[self._turn].line)
        self.offers.setCurrentIndex(self.offers.model().index(self._turn, 0))
        if len(self._offered) == 1:
            self._on_edited(self.field.text())
        self._show_hint()

    def _on_clicked(self, item: QTreeWidgetItem) -> None:
        self._take(self._offered[self.offers.indexOfTopLevelItem(item)].line)

    # --- what is shown ---

    def _take(self, text: str) -> None:
        self.field.setText(text)
        self._on_edited(text)

    def _on_edited(self, text: str) -> None:
        self._turn = -1
        self._offered = tuple(self._complete(text))
        self.offers.clear()
        self.offers.addTopLevelItems([QTreeWidgetItem([offer.shown, offer.doc]) for offer in self._offered])
        self._show_hint()

    def _show_hint(self) -> None:
        self._say(usage(self.field.text()) or HINT, is_error=False)

    def _say(self, sentence: str, *, is_error: bool) -> None:
        self.note.setText(sentence)
        for widget in (self.note, self.field):
            widget.setProperty("wrong", is_error)
            widget.style().unpolish(widget)
            widget.style().polish(widget)
        self._arrange()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        edge = theme.px(8)
        self._column.setContentsMargins(edge, theme.px(6), edge, theme.px(6))
        self._column.setSpacing(theme.px(4))
        self.offers.setColumnWidth(0, theme.px(210))
        self.offers.setIconSize(QSize(1, theme.px(ROW)))
        self.setStyleSheet(
            f"""
            #napari-phy-command-line {{ background: {theme.panel}; border: 1px solid {theme.faint};
                border-radius: 4px; }}
            QTreeWidget {{ background: {theme.panel}; color: {theme.dim}; border: none; outline: none;
                font-size: {theme.px(AXIS_PX)}px; }}
            QTreeWidget::item {{ height: {theme.px(ROW)}px; border: none; padding: 0; }}
            QTreeWidget::item:hover {{ background: {theme.raised}; }}
            QTreeWidget::item:selected {{ background: {theme.selected_row}; color: {theme.text}; }}
            QLineEdit {{ background: {theme.view}; color: {theme.text}; border: 1px solid {theme.raised};
                border-radius: 3px; padding: {theme.px(3)}px; font-size: {theme.px(HEADLINE_PX)}px;
                selection-background-color: {theme.selected_row}; }}
            QLineEdit[wrong="true"] {{ border-color: {theme.error}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; padding: 0; }}
            #napari-phy-colon {{ color: {theme.text}; font-size: {theme.px(HEADLINE_PX)}px; font-weight: bold; }}
            QLabel[wrong="true"] {{ color: {theme.error}; }}
            """
        )
        self._arrange()

    def _arrange(self) -> None:
        """Stand at the bottom left of the window, above the status bar, as high as what is shown."""
        window, px = self.parentWidget(), self._theme.px
        if self.isHidden() or not isinstance(window, QMainWindow):
            return
        width = min(px(WIDTH), window.width() - 2 * MARGIN)
        rows = min(len(self._offered), MOST_ROWS)
        self.offers.setVisible(bool(rows))
        self.offers.setFixedHeight(max(1, rows) * px(ROW))
        self.note.setFixedWidth(width - 2 * px(8) - 2)
        self._column.activate()
        height = self._column.totalHeightForWidth(width) if self._column.hasHeightForWidth() else 0
        height = max(height, self._column.totalMinimumSize().height())
        self.setGeometry(MARGIN, window.statusBar().geometry().top() - height - 4, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in place when the window changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._arrange()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keep keys that the field leaves: they are not meant for the window below."""
        event.accept()
