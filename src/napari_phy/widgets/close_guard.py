"""Asks before a window with unsaved edits closes."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal
from weakref import ref

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QPushButton, QWidget

from napari_phy.widgets import messages
from napari_phy.widgets.background_work import BackgroundWork
from napari_phy.widgets.small_dialogs import SmallDialog, Words
from napari_phy.widgets.theme import Tokens

Answer = Literal["save", "keep", "cancel"]


class UnsavedDialog(SmallDialog):
    """`Save 3 edits to synth32.kwik before closing?` with three buttons; `answer` is what was chosen."""

    def __init__(self, n_edits: int, name: str, theme: Tokens, parent: QWidget | None = None) -> None:
        question = messages.save_before_closing(n_edits, name)
        explanation = "Unsaved edits stay in the journal and return the next time."
        super().__init__(Words("Unsaved edits", question, explanation), theme, parent)
        self.answer: Answer = "cancel"
        self.buttons: dict[Answer, QPushButton] = {
            "save": self.add_button("Save and close", partial(self._choose, "save"), "primary"),
            "keep": self.add_button("Close and keep edits", partial(self._choose, "keep")),
            "cancel": self.add_button("Cancel", self.reject),
        }

    def _choose(self, answer: Answer) -> None:
        self.answer = answer
        self.accept()


def ask_unsaved(session: Any, theme: Tokens, parent: QWidget | None) -> Answer:
    """Ask what to do with unsaved edits and wait for the answer."""
    dialog = UnsavedDialog(session.n_unsaved, session.name, theme, parent)
    dialog.ask()
    return dialog.answer


class CloseGuard(QObject):
    """Watches the main window; asks only while the session has unsaved edits that can be saved.

    Parameters
    ----------
    window : the main window; the guard lives as long.
    session : returns the open session, or None.
    theme : returns the theme in force.
    work : what is done to the data set; it is cancelled or waited for.
    save : saves in the background, as part of that work, and says what went wrong.
    """

    def __init__(
        self,
        window: QWidget,
        session: Callable[[], Any],
        theme: Callable[[], Tokens],
        work: BackgroundWork,
        save: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window = ref(window)
        self._session = session
        self._theme = theme
        self._work = work
        self._save = save
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Close and watched is self._window() and not self.may_close():
            event.ignore()
            return True
        return False

    def may_close(self) -> bool:
        """Ask if need be, save if wished; return whether the session may be let go."""
        self._work.settle()
        session = self._session()
        if session is None or not session.is_dirty or not session.can_save:
            return True
        answer = ask_unsaved(session, self._theme(), self._window())
        if answer == "save":
            self._save()
            self._work.settle()
            return not session.is_dirty
        return answer != "cancel"
