"""Asks before a window with unsaved edits closes."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, Protocol
from weakref import ref

from qtpy.QtCore import QChildEvent, QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QApplication, QMainWindow, QPushButton, QWidget

from napari_phy.actions import messages
from napari_phy.core.errors import NapariPhyError
from napari_phy.session.session import Session
from napari_phy.storage import store_messages
from napari_phy.table.numbers import format_count, format_number
from napari_phy.widgets import napari_compat
from napari_phy.widgets.actions.background_work import BackgroundWork
from napari_phy.widgets.base.notifications import SAVE_COPY, notify
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.window.data_files import check_file

Answer = Literal["save", "copy", "keep", "discard", "cancel"]
TITLE = "Unsaved edits"
KEEP = "Close and keep edits"
DISCARD = "Discard"


class Saver(Protocol):
    """What the guard asks of the window: all save in the background, as part of its work, and say what went wrong."""

    work: BackgroundWork

    def save(self) -> None:
        """Write the edits into the file."""
        ...

    def save_savable(self) -> None:
        """Save what can be saved of the clusterings that are not open."""
        ...

    def save_copy(self, then: Callable[[], object]) -> None:
        """Ask for a name and save a copy; call `then` once it is there."""
        ...


class UnsavedDialog(SmallDialog):
    """`Save 3 edits to synth32.kwik before closing?` with its buttons; `answer` is what was chosen.

    Parameters
    ----------
    choices : mapping of Answer to str
        {answer: words on its button}, that of Return first; Cancel is added.
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


def closing_words(session: Session) -> tuple[Words, dict[Answer, str]]:
    """Return what is asked before the unsaved edits of a session are left, and the answers there are."""
    n_edits, name, store = session.n_unsaved_in_all, session.name, session.store
    if store.is_gone:
        return Words(TITLE, *gone_before_closing(n_edits, name, store.whereabouts)), {"keep": KEEP}
    if store.is_outdated:
        words = Words(TITLE, *changed_before_closing(n_edits, name))
        return words, {"copy": SAVE_COPY, "keep": "Close without"}
    choices: dict[Answer, str] = {"keep": KEEP}
    explanation = messages.EDITS_STAY
    n_savable = n_edits if session.can_save else sum(session.savable.values())
    if session.is_dirty and not session.can_save:
        choices = {"copy": SAVE_COPY, **choices}
    if n_savable:
        question = save_before_closing(n_savable, name)
        choices = {"save": "Save and close", **choices}
        if n_edits > n_savable:
            explanation = stays_unsaved(n_edits - n_savable, name)
    elif session.is_dirty:
        question, explanation = copy_before_closing(session.n_unsaved, name)
    else:
        n_edits = n_edits or sum(session.in_original.values())
        question = keep_before_closing(n_edits, name)
    if session.is_dirty and store.saved_position is not None:
        choices["discard"] = DISCARD
        if session.waiting:
            place = messages.place(session.model.channel_group, session.model.clustering)
            explanation += f" {discarding_here(session.n_unsaved, place)}"
    for where, n_original in session.in_original.items():
        explanation += f" {messages.edits_wait(n_original, messages.place(*where))}"
    return Words(TITLE, question, explanation), choices


def ask_unsaved(session: Session, theme: Tokens, parent: QWidget | None) -> Answer:
    """Ask what to do with unsaved edits and wait for the answer."""
    dialog = UnsavedDialog(*closing_words(session), theme, parent)
    if "discard" in dialog.buttons:
        dialog.buttons["discard"].setToolTip(plain(discarding(session.n_unsaved)))
    dialog.ask()
    return dialog.answer


class CloseGuard(QObject):
    """Watches the main window; asks only while the session has unsaved edits.

    Who is asked here is not asked by napari too. Before the program ends the guards of all windows ask.

    Parameters
    ----------
    window : QMainWindow
        The main window; the guard lives as long.
    session : callable
        Returns the open session, or None.
    theme : callable
        Returns the theme in force.
    controller : Saver
        Saves; what it does to the data set is cancelled or waited for.
    """

    def __init__(
        self, window: QMainWindow, session: Callable[[], Any], theme: Callable[[], Tokens], controller: Saver
    ) -> None:
        super().__init__(window)
        self._window = ref(window)
        self._session = session
        self._theme = theme
        self._controller = controller
        self._has_asked = False  # about a close that napari may still ask about
        self._lets_close = QTimer(self, singleShot=True, interval=0)  # runs while a close is let through
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        window = self._window()
        if window is None or watched is not window:
            return False
        if isinstance(event, QChildEvent):
            if event.type() == QEvent.Type.ChildPolished:  # just before it is shown
                self._on_child(event.child())
        elif event.type() == QEvent.Type.Close and not self._close(event.spontaneous()):
            napari_compat.cancel_quit(window)
            event.ignore()
            return True
        return False

    @property
    def will_ask(self) -> bool:
        """Whether there are edits to ask about."""
        session = self._session()
        return session is not None and bool(session.is_dirty or session.waiting or session.in_original)

    def may_close(self) -> bool:
        """Ask if need be, save or discard as the user answers; return whether the session may be closed."""
        work = self._controller.work
        work.settle()
        if not self.will_ask:
            return True
        session = self._session()
        check_file(session.store)
        answer = ask_unsaved(session, self._theme(), self._window())
        if answer == "save" and session.can_save:
            self._controller.save()
            work.settle()
            return not (session.is_dirty or session.waiting)
        if answer == "save":
            self._controller.save_savable()
            work.settle()
            return not session.savable
        if answer == "copy":
            copied: list[bool] = []
            self._controller.save_copy(lambda: copied.append(True))
            work.settle()
            return bool(copied)
        if answer == "discard":
            return self._discard(session)
        return answer != "cancel"

    def _discard(self, session: Session) -> bool:
        """Take the unsaved edits back, which redo brings the next time; return whether that came about."""
        try:
            session.discard_unsaved()
        except NapariPhyError as error:
            notify(str(error), "error")
            return False
        return True

    def _close(self, is_spontaneous: bool) -> bool:
        """Ask in every window that is about to close, once: Qt repeats a filter if others were installed meanwhile."""
        if self._lets_close.isActive():
            return True
        guards = _all_guards(self) if napari_compat.is_quitting(self._window()) else [self]
        self._controller.work.settle()
        will_ask = self.will_ask
        may_close = all(guard.may_close() for guard in guards)
        self._has_asked = will_ask and may_close and is_spontaneous  # else napari has asked before
        if may_close:
            self._lets_close.start()
        return may_close

    def _on_child(self, child: QObject) -> None:
        """Spare a person napari's question where ours was answered or will be asked."""
        if napari_compat.is_tasks_dialog(child):
            child.rejected.connect(self._forget)
        elif napari_compat.is_close_dialog(child):
            guards = _all_guards(self) if napari_compat.closes_all(child) else [self]
            if self._has_asked or any(guard.will_ask and guard._controller.work.job is None for guard in guards):
                napari_compat.accept_unseen(child)
            self._forget()

    def _forget(self) -> None:
        self._has_asked = False


def _all_guards(first: CloseGuard) -> list[CloseGuard]:
    """Return the guards of all windows."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    windows = QApplication.topLevelWidgets()
    guards = [guard for window in windows for guard in window.findChildren(CloseGuard, options=direct)]
    return [first, *(guard for guard in guards if guard is not first)]


# --- what is asked ---


def save_before_closing(n_edits: int, name: str) -> str:
    """Return the question of the close guard."""
    return f"Save {format_count(n_edits, 'edit')} to {name} before closing?"


def copy_before_closing(n_edits: int, name: str) -> tuple[str, str]:
    """Return the question of the close guard, and what explains it, where the file cannot be saved to."""
    question = f"Save a copy with your {format_count(n_edits, 'edit')} before closing?"
    return question, f"{name} cannot be saved to. {messages.EDITS_STAY}"


def stays_unsaved(n_edits: int, name: str) -> str:
    """Return the sentence on those edits that stay in the journal when the others are saved."""
    edits = "Your other edit" if n_edits == 1 else f"Your other {format_number(n_edits)} edits"
    return f"{edits} cannot be saved to {name} and {'stays' if n_edits == 1 else 'stay'} in the journal."


def keep_before_closing(n_edits: int, name: str) -> str:
    """Return the question of the close guard where the unsaved edits are those of clusterings that are not open."""
    return f"Close {name} with {format_count(n_edits, 'unsaved edit')}?"


def discarding_here(n_edits: int, place: str) -> str:
    """Return which edits discarding takes back, where others wait in other shanks or clusterings."""
    return f"Discard undoes the {format_count(n_edits, 'edit')} of {place}, and keeps those of other places."


def discarding(n_edits: int) -> str:
    """Return what discarding unsaved edits does."""
    return f"Undo {format_count(n_edits, 'edit')}. Redo brings {'it' if n_edits == 1 else 'them'} back the next time."


def changed_before_closing(n_edits: int, name: str) -> tuple[str, str]:
    """Return the question of the close guard, and what explains it, where another program changed the file."""
    edits = "your edit is" if n_edits == 1 else "your edits are"
    return (
        f"Save a copy with your {format_count(n_edits, 'edit')} before closing?",
        f"{name} was changed by another program and cannot be saved to. Without a copy {edits} set aside.",
    )


def gone_before_closing(n_edits: int, name: str, journal: store_messages.Whereabouts) -> tuple[str, str]:
    """Return the question of the close guard, and what explains it, where the file was taken away."""
    return f"{name} was moved or deleted. Close it?", store_messages.edits_of_a_gone_file(n_edits, journal)
