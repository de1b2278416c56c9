"""Asks before a window with unsaved edits closes."""

from collections.abc import Callable
from typing import Any, Literal
from weakref import ref

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_phy.core.errors import NapariPhyError
from napari_phy.widgets import messages
from napari_phy.widgets.theme import BODY_PX, Tokens

Answer = Literal["save", "keep", "cancel"]


class UnsavedDialog(QDialog):
    """`Save 3 edits to synth32.kwik before closing?` with three buttons; `answer` is what was chosen."""

    def __init__(self, n_edits: int, name: str, theme: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Unsaved edits")
        self.answer: Answer = "cancel"
        question = QLabel(messages.save_before_closing(n_edits, name))
        question.setObjectName("napari-phy-question")
        explanation = QLabel("Unsaved edits stay in the journal and return the next time.")
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addStretch(1)
        self.buttons: dict[Answer, QPushButton] = {}
        for answer, text in (("save", "Save and close"), ("keep", "Close and keep edits"), ("cancel", "Cancel")):
            button = QPushButton(text)
            button.setAutoDefault(answer == "save")
            button.clicked.connect(lambda *_, answer=answer: self._choose(answer))
            row.addWidget(button)
            self.buttons[answer] = button
        row.addStretch(1)
        self.buttons["save"].setDefault(True)
        self.buttons["save"].setObjectName("napari-phy-primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.px(24), theme.px(20), theme.px(24), theme.px(18))
        column.setSpacing(theme.px(8))
        for label in (question, explanation):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(theme.px(6))
        column.addLayout(row)
        on_accent = "#ffffff" if theme.dark else theme.text
        self.setStyleSheet(
            f"""
            QDialog {{ background: {theme.panel}; }}
            QLabel {{ color: {theme.dim}; font-size: {theme.px(BODY_PX)}px; }}
            #napari-phy-question {{ color: {theme.text}; font-size: {theme.px(13)}px; }}
            QPushButton {{ background: {theme.raised}; color: {theme.text}; border: none; border-radius: 3px;
                padding: {theme.px(5)}px {theme.px(12)}px; font-size: {theme.px(BODY_PX)}px; }}
            QPushButton:hover, QPushButton:focus {{ background: {theme.grid}; }}
            #napari-phy-primary {{ background: {theme.accent}; color: {on_accent}; }}
            """
        )

    def _choose(self, answer: Answer) -> None:
        self.answer = answer
        self.accept() if answer != "cancel" else self.reject()


def ask_unsaved(session: Any, theme: Tokens, parent: QWidget | None) -> Answer:
    """Ask what to do with unsaved edits and wait for the answer."""
    dialog = UnsavedDialog(session.n_unsaved, session.name, theme, parent)
    dialog.exec()
    answer = dialog.answer
    dialog.deleteLater()
    return answer


class CloseGuard(QObject):
    """Watches the main window; asks only while the session has unsaved edits that can be saved.

    Parameters
    ----------
    window : the main window; the guard lives as long.
    session : returns the open session, or None.
    theme : returns the theme in force.
    complain : shows an error.
    """

    def __init__(
        self,
        window: QWidget,
        session: Callable[[], Any],
        theme: Callable[[], Tokens],
        complain: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._window = ref(window)
        self._session = session
        self._theme = theme
        self._complain = complain
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Close and watched is self._window() and not self.may_close():
            event.ignore()
            return True
        return False

    def may_close(self) -> bool:
        """Ask if need be, save if wished; return whether the session may be let go."""
        session = self._session()
        if session is None or not session.is_dirty or not session.can_save:
            return True
        answer = ask_unsaved(session, self._theme(), self._window())
        if answer == "save":
            try:
                session.save()
            except NapariPhyError as error:
                self._complain(str(error))
                return False
        return answer != "cancel"
