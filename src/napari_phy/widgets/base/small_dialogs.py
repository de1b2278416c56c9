"""Our dialogs, all of one look: a question, an explanation, what to fill in, and buttons."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.theme import BODY_PX, HEADLINE_PX, Tokens

WIDTH = 372

Look = Literal["", "primary", "destructive"]


@dataclass(frozen=True, slots=True)
class Words:
    """What a dialog says; `act` is the word on the button that does it, none of a dialog with buttons of its own."""

    title: str
    question: str
    explanation: str = ""
    act: str = ""


class SmallDialog(QDialog):
    """A question, an explanation, the `body` that a subclass fills, a problem, and buttons; Esc cancels.

    Parameters
    ----------
    words : Words
        With an `act` there are a button for it and Cancel.
    is_destructive : bool, default False
        What is done cannot be undone, so Return cancels.
    """

    def __init__(
        self, words: Words, theme: Tokens, parent: QWidget | None = None, *, is_destructive: bool = False
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(words.title)
        self.question, self.explanation, self.problem_label = (
            PlainLabel(words.question),
            PlainLabel(words.explanation),
            PlainLabel(),
        )
        self.question.setObjectName("napari-phy-question")
        self.problem_label.setObjectName("napari-phy-problem")
        self.body = QVBoxLayout()
        self.body.setSpacing(theme.px(6))
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(theme.px(6))
        self._buttons.addStretch(1)
        self._buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(18))
        column.setSpacing(theme.px(8))
        column.addStrut(theme.px(WIDTH))
        column.addWidget(self.question)
        column.addWidget(self.explanation)
        column.addLayout(self.body)
        column.addWidget(self.problem_label)
        column.addSpacing(theme.px(4))
        column.addLayout(self._buttons)
        for label in (self.question, self.explanation, self.problem_label):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for label in (self.explanation, self.problem_label):
            label.setWordWrap(True)
        self.explanation.setVisible(bool(words.explanation))
        self.set_problem("")
        if words.act:
            self.act_button = self.add_button(words.act, self.accept, "destructive" if is_destructive else "primary")
            self.cancel_button = self.add_button("Cancel", self.reject, "primary" if is_destructive else "")
        self.setStyleSheet(dialog_style(theme))

    def add_button(self, text: str, act: Callable[[], object], look: Look = "") -> QPushButton:
        """Add a button at the right of the others; Return presses the one with the focus, else the primary one."""
        button = QPushButton(text)
        button.setProperty("look", look)
        button.setDefault(look == "primary")
        button.clicked.connect(lambda *_: act())
        self._buttons.insertWidget(self._buttons.count() - 1, button)
        if look == "primary":
            button.setFocus()
        return button

    def set_problem(self, sentence: str) -> None:
        """Say what cannot be done, or nothing."""
        self.problem_label.setText(sentence)
        self.problem_label.setVisible(bool(sentence))
        layout = self.layout()
        if layout is not None and self.isVisible():  # Qt makes room by itself only when it shows the dialog
            needed = layout.totalHeightForWidth(self.width())
            self.resize(self.width(), max(self.height(), needed))

    def ask(self) -> bool:
        """Show the dialog and wait; return whether it shall be done."""
        accepted = bool(self.exec() == QDialog.DialogCode.Accepted)
        self.deleteLater()
        return accepted


def button_style(theme: Tokens) -> str:
    """Return the style sheet of push buttons in dialogs and on message pages."""
    on_accent = "#ffffff" if theme.dark else theme.text
    return f"""
        QPushButton {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.raised};
            border-radius: 3px; padding: {theme.px(4)}px {theme.px(12)}px; margin: 0;
            font-size: {theme.px(BODY_PX)}px; }}
        QPushButton:hover {{ background: {theme.grid}; }}
        QPushButton:focus {{ border-color: {theme.dim}; }}
        QPushButton:disabled {{ color: {theme.faint}; }}
        QPushButton[look="destructive"] {{ color: {theme.error}; }}
        QPushButton[look="primary"] {{ background: {theme.accent}; color: {on_accent}; border-color: {theme.accent}; }}
        QPushButton[look="primary"]:focus {{ border-color: {theme.text}; }}
        QPushButton[look="primary"]:disabled {{ background: {theme.raised}; color: {theme.faint};
            border-color: {theme.raised}; }}
        """


def dialog_style(theme: Tokens) -> str:
    """Return the style sheet of our dialogs."""
    return f"""
        QDialog {{ background: {theme.panel}; }}
        QLabel {{ color: {theme.dim}; font-size: {theme.px(BODY_PX)}px; }}
        #napari-phy-question {{ color: {theme.text}; font-size: {theme.px(HEADLINE_PX)}px; }}
        #napari-phy-problem {{ color: {theme.error}; }}
        QLineEdit, QComboBox, QAbstractSpinBox, QCheckBox {{ font-size: {theme.px(BODY_PX)}px; }}
        QLineEdit, QComboBox, QAbstractSpinBox {{ min-height: {theme.px(22)}px; }}
        QAbstractSpinBox QLineEdit {{ min-height: 0; }}
        QLineEdit {{ padding-left: {theme.px(5)}px; }}
        {button_style(theme)}
        """
