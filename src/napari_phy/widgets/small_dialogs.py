"""Small dialogs in one style: a question with buttons, a name to type, a choice to make."""

from collections.abc import Callable, Sequence

from qtpy.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from napari_phy.widgets.theme import BODY_PX, Tokens


def dialog_style(theme: Tokens) -> str:
    """Return the style sheet of our dialogs."""
    on_accent = "#ffffff" if theme.dark else theme.text
    return f"""
        QDialog {{ background: {theme.panel}; }}
        QLabel {{ color: {theme.dim}; font-size: {theme.px(BODY_PX)}px; }}
        #napari-phy-question {{ color: {theme.text}; font-size: {theme.px(13)}px; }}
        #napari-phy-problem {{ color: {theme.error}; }}
        QLineEdit, QComboBox {{ font-size: {theme.px(BODY_PX)}px; }}
        QPushButton {{ background: {theme.raised}; color: {theme.text}; border: none; border-radius: 3px;
            padding: {theme.px(5)}px {theme.px(12)}px; font-size: {theme.px(BODY_PX)}px; }}
        QPushButton:hover, QPushButton:focus {{ background: {theme.grid}; }}
        QPushButton:disabled {{ color: {theme.faint}; }}
        #napari-phy-primary {{ background: {theme.accent}; color: {on_accent}; }}
        #napari-phy-primary:disabled {{ background: {theme.raised}; color: {theme.faint}; }}
        """


class SmallDialog(QDialog):
    """A question, an explanation, what a subclass adds, and the buttons of what is offered and Cancel.

    Parameters
    ----------
    title : of the window.
    question, explanation : sentences; the second may be empty.
    act : words of the button that does it.
    is_destructive : what is done cannot be undone, so Return cancels.
    """

    def __init__(
        self,
        title: str,
        question: str,
        explanation: str,
        act: str,
        theme: Tokens,
        parent: QWidget | None = None,
        *,
        is_destructive: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.question = QLabel(question)
        self.question.setObjectName("napari-phy-question")
        self.explanation = QLabel(explanation)
        self.explanation.setWordWrap(True)
        self.explanation.setVisible(bool(explanation))
        self.body = QVBoxLayout()
        self.act_button, self.cancel_button = QPushButton(act), QPushButton("Cancel")
        primary = self.cancel_button if is_destructive else self.act_button
        for button in (self.act_button, self.cancel_button):
            button.setAutoDefault(button is primary)
        primary.setDefault(True)
        primary.setObjectName("napari-phy-primary")
        self.act_button.clicked.connect(self.accept)
        self.cancel_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(theme.px(6))
        row.addStretch(1)
        row.addWidget(self.act_button)
        row.addWidget(self.cancel_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(18), theme.px(14), theme.px(18), theme.px(14))
        column.setSpacing(theme.px(8))
        column.addWidget(self.question)
        column.addWidget(self.explanation)
        column.addLayout(self.body)
        column.addSpacing(theme.px(4))
        column.addLayout(row)
        self.setMinimumWidth(theme.px(380))
        self.setStyleSheet(dialog_style(theme))

    def ask(self) -> bool:
        """Show the dialog and wait; return whether it shall be done."""
        accepted = bool(self.exec() == QDialog.DialogCode.Accepted)
        self.deleteLater()
        return accepted


class NameDialog(SmallDialog):
    """Asks for a name; `problem(name)` says in a sentence why one cannot be taken, or returns ""."""

    def __init__(
        self,
        title: str,
        question: str,
        explanation: str,
        act: str,
        theme: Tokens,
        parent: QWidget | None = None,
        *,
        name: str = "",
        problem: Callable[[str], str],
    ) -> None:
        super().__init__(title, question, explanation, act, theme, parent)
        self._problem = problem
        self.field = QLineEdit(name)
        self.field.setPlaceholderText("name")
        self.problem_label = QLabel()
        self.problem_label.setObjectName("napari-phy-problem")
        self.problem_label.setWordWrap(True)
        self.body.addWidget(self.field)
        self.body.addWidget(self.problem_label)
        self.field.textChanged.connect(self._check)
        self.field.selectAll()
        self.field.setFocus()
        self._check(name)

    @property
    def name(self) -> str:
        """What was typed, without blanks around it."""
        return self.field.text().strip()

    def _check(self, _text: str) -> None:
        problem = self._problem(self.name) if self.name else ""
        self.problem_label.setText(problem)
        self.act_button.setEnabled(bool(self.name) and not problem)


class ChoiceDialog(SmallDialog):
    """Asks which one."""

    def __init__(
        self,
        title: str,
        question: str,
        explanation: str,
        act: str,
        theme: Tokens,
        parent: QWidget | None = None,
        *,
        choices: Sequence[str],
        current: str,
    ) -> None:
        super().__init__(title, question, explanation, act, theme, parent, is_destructive=True)
        self.choice = QComboBox()
        self.choice.addItems(list(choices))
        self.choice.setCurrentText(current)
        self.body.addWidget(self.choice)
