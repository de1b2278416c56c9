"""Asks before a window with unsaved edits closes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, Protocol
from weakref import ref

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QPushButton, QWidget

from napari_phy.widgets.actions import messages
from napari_phy.widgets.actions.background_work import BackgroundWork
from napari_phy.widgets.desk.file_watch import looked_at
from napari_phy.widgets.parts.notify import SAVE_COPY
from napari_phy.widgets.parts.small_dialogs import SmallDialog, Words
from napari_phy.widgets.parts.theme import Tokens

Answer = Literal["save", "copy", "keep", "cancel"]
TITLE = "Unsaved edits"
KEEP = "Close and keep edits"


class Saver(Protocol):
    """What the guard asks of the desk: both save in the background, as part of its work, and say what went wrong."""

    work: BackgroundWork

    def save(self) -> None:
        """Save."""
        ...

    def save_copy(self, then: Callable[[], object]) -> None:
        """Ask for a name and save a copy; call `then` once it is there."""
        ...


class UnsavedDialog(SmallDialog):
    """`Save 3 edits to synth32.kwik before closing?` with its buttons; `answer` is what was chosen.

    Parameters
    ----------
    choices : {answer: words on its button}, that of Return first; Cancel is added.
    """

    def __init__(
        self, words: Words, choices: Mapping[Answer, str], theme: Tokens, parent: QWidget | None = None
    ) -> None:
        super().__init__(words, theme, parent)
        self.answer: Answer = "cancel"
        self.buttons: dict[Answer, QPushButton] = {}
        for answer, text in choices.items():
            look: Literal["", "primary"] = "" if self.buttons else "primary"
            self.buttons[answer] = self.add_button(text, partial(self._choose, answer), look)
        self.buttons["cancel"] = self.add_button("Cancel", self.reject)

    def _choose(self, answer: Answer) -> None:
        self.answer = answer
        self.accept()


def closing_words(session: Any) -> tuple[Words, dict[Answer, str]]:
    """Return what is asked before the unsaved edits of a session are left, and the answers there are."""
    n_edits, name, store = session.n_unsaved, session.name, session.store
    if store.is_gone:
        return Words(TITLE, *messages.gone_before_closing(n_edits, name)), {"keep": KEEP}
    if store.is_outdated:
        words = Words(TITLE, *messages.changed_before_closing(n_edits, name))
        return words, {"copy": SAVE_COPY, "keep": "Close without"}
    question = messages.save_before_closing(n_edits, name)
    explanation = "Unsaved edits stay in the journal and return the next time."
    return Words(TITLE, question, explanation), {"save": "Save and close", "keep": KEEP}


def ask_unsaved(session: Any, theme: Tokens, parent: QWidget | None) -> Answer:
    """Ask what to do with unsaved edits and wait for the answer."""
    dialog = UnsavedDialog(*closing_words(session), theme, parent)
    dialog.ask()
    return dialog.answer


class CloseGuard(QObject):
    """Watches the main window; asks only while the session has unsaved edits, unless its place is read-only.

    Parameters
    ----------
    window : the main window; the guard lives as long.
    session : returns the open session, or None.
    theme : returns the theme in force.
    desk : saves; what it does to the data set is cancelled or waited for.
    """

    def __init__(self, window: QWidget, session: Callable[[], Any], theme: Callable[[], Tokens], desk: Saver) -> None:
        super().__init__(window)
        self._window = ref(window)
        self._session = session
        self._theme = theme
        self._desk = desk
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Close and watched is self._window() and not self.may_close():
            event.ignore()
            return True
        return False

    def may_close(self) -> bool:
        """Ask if need be, save if wished; return whether the session may be let go."""
        work = self._desk.work
        work.settle()
        session = self._session()
        if session is None or not session.is_dirty:
            return True
        if not looked_at(session.store).is_gone and not session.can_save:
            return True
        answer = ask_unsaved(session, self._theme(), self._window())
        if answer == "save":
            self._desk.save()
            work.settle()
            return not session.is_dirty
        if answer == "copy":
            copied: list[bool] = []
            self._desk.save_copy(lambda: copied.append(True))
            work.settle()
            return bool(copied)
        return answer != "cancel"
