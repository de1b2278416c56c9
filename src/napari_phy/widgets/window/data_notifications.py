"""Notifications about the open data set: on opening, about its files, and about unsaved edits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from weakref import ref

from qtpy.QtCore import QObject, QTimer, QUrl, Signal
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QMainWindow

from napari_phy.actions import messages
from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.recording_order import Order, RecordingOrder
from napari_phy.core.update_info import UpdateInfo
from napari_phy.session.session import Session
from napari_phy.storage import store_messages
from napari_phy.widgets.base.application import not_none, referent
from napari_phy.widgets.base.notifications import LOCATE, SAVE_COPY, Choice, notify, restate, take_back
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.plots.opengl import opengl_problem
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.data_files import FileWatch, RawDataSearch


@dataclass(frozen=True, slots=True)
class LiveNote:
    """One of them.

    Attributes
    ----------
    words : callable
        Returns the sentence as it is now, "" once there is nothing to say.
    choices : callable
        Returns the buttons as they are now.
    severity : str, default 'warning'
        Severity of napari's notification.
    """

    words: Callable[[], str]
    choices: Callable[[], Sequence[Choice]]
    severity: str = "warning"


class EditNotifications(QObject):
    """Shows notes in a window and follows the edits of a session; one that was closed does not come back."""

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._links = SessionLinks(self)
        self._said: dict[str, LiveNote] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)  # once for many edits
        self._soon.timeout.connect(self.refresh)

    def follow(self, session: Session | None) -> None:
        """Take back what was said of another clustering, and follow the edits of the one that is open, if any."""
        self.take_back()
        self._links.close()
        if session is not None:
            self._links.connect(session.manager.changed, self._on_edited)

    def show(self, note: LiveNote) -> None:
        """Show a note; it stays until it is answered, if there are answers."""
        sentence, choices = note.words(), note.choices()
        if sentence:
            notify(sentence, note.severity, choices, stays=bool(choices))
            self._said[sentence] = note

    def refresh(self) -> None:
        """Let every note that stands in the window say how things are now."""
        for sentence, note in list(self._said.items()):
            now = note.words()
            if now == sentence:
                continue
            del self._said[sentence]
            if now and restate(sentence, now, [text for text, _ in note.choices()], referent(self._window)):
                self._said[now] = note
            elif take_back([sentence], referent(self._window)):
                self.show(note)

    def take_back(self) -> None:
        """Close all of them."""
        take_back(self._said, referent(self._window))
        self._said.clear()

    def _on_edited(self) -> None:
        self._soon.start()


class Host(Protocol):
    """What the notifications ask of the window."""

    def save(self) -> None:
        """Write the edits into the file."""
        ...

    def save_copy(self) -> None:
        """Ask for a name and save a copy."""
        ...

    def ask_discard(self, n_edits: int, n_newer: int) -> bool:
        """Ask whether so many edits shall go, of which some were made since opening."""
        ...

    def report(self, sentence: str) -> None:
        """Put a sentence into the status bar."""
        ...


class OpeningNotes:
    """Knows what one session has said and where it has been; edits made in the session itself are not "recovered".

    Parameters
    ----------
    live : EditNotifications
        Shows what changes with the edits.
    """

    def __init__(self, live: EditNotifications) -> None:
        self._live = live
        self.said: set[str] = set()  # what stays as it was said
        self._reasons: set[str] = set()  # why parts of the file cannot be read, as far as it was said
        self._visited: set[tuple[int, str]] = set()
        self._last: tuple[int, str] | None = None

    def tell(
        self,
        session: Session,
        controller: Host,
        locate: Callable[[], object],
        reopen: Callable[[], object],
        take_over_edits: Callable[[], object],
    ) -> None:
        """Notify of what is missing, recovered, set aside, read-only or uncertain, with what can be done about it."""
        place = session.model.channel_group, session.model.clustering
        was_renamed = self._last is not None and _is_gone(self._last, session.model)
        is_new = place not in self._visited and not was_renamed
        self._visited.add(place)
        self._last = place
        order = session.model.recording_order
        known = order.sentence(session.name) if order is not None and order.is_chosen and not order.refuted else None
        for sentence in session.messages:
            if sentence == known:
                continue
            if session.store.recovered_at is not None and "recovered" in sentence:
                if is_new:
                    self._live.show(_recovered(session, controller))
            elif not self._is_known(session.model, sentence):
                self.said.add(sentence)
                choices, severity = _choices(session, sentence, controller, locate), "warning"
                stays = "set aside" in sentence  # said here only
                if order is not None and sentence == order.sentence(session.name):
                    choices, stays = _orders(session, order, reopen), not order.is_certain
                    severity = "info" if order.is_certain else "warning"
                if session.store.left_behind is not None and "was renamed, use" in sentence:
                    choices, stays = [(messages.USE_EDITS, take_over_edits)], True
                notify(sentence, severity, choices, stays=stays)

    def _is_known(self, model: BaseModel, sentence: str) -> bool:
        """Tell whether a sentence was said; what is opened instead of a broken part differs from shank to shank."""
        if sentence in model.part_sentences:
            new = set(model.unreadable.values()) - self._reasons
            self._reasons |= new
            return not new
        return sentence in self.said


def _is_gone(place: tuple[int, str], model: Any) -> bool:
    """Tell whether the clustering that was open before has another name now: one that is open is never deleted."""
    return bool(place[0] == model.channel_group and place[1] not in model.clusterings)


def _recovered(session: Session, controller: Host) -> LiveNote:
    """Return what is said of recovered edits, and of those made since, until all are saved or taken back."""
    store, recovered_at = session.store, not_none(session.store.recovered_at)
    known, n_found = session.manager.history, session.n_unsaved

    def words() -> str:
        n_unsaved, n_newer = store.n_unsaved, _n_newer(session.manager, known)
        now = datetime.now(recovered_at.tzinfo)
        if not n_unsaved:
            return ""
        found = store_messages.recovered(n_found, recovered_at, now, n_newer=n_newer, n_unsaved=n_unsaved)
        waiting = [messages.edits_wait(n_edits, messages.place(*where)) for where, n_edits in session.waiting.items()]
        return " ".join([found, *waiting])

    choices = (
        ("Keep", _nothing),
        ("Save now", controller.save),
        ("Discard all", partial(_discard, session, known, controller)),
    )
    return LiveNote(words, lambda: choices, "info")


def _choices(session: Session, sentence: str, controller: Host, locate: Callable[[], object]) -> Sequence[Choice]:
    store = session.store
    if store.set_aside is not None and "set aside" in sentence:
        return (("Show file", lambda: _show_folder(store.set_aside)),)
    if "save a copy" in sentence:
        return ((SAVE_COPY, controller.save_copy),)
    if session.model.missing_raw and any(name in sentence for name in session.model.missing_raw):
        return ((LOCATE, locate),)
    return ()


def _orders(session: Session, order: RecordingOrder, reopen: Callable[[], object]) -> Sequence[Choice]:
    """Return the orders that the numbers of recordings may follow; a choice is remembered, and not asked again."""
    if session.settings.value("recording_order") != "auto":
        return ()
    if order.refuted:
        return ((messages.OPEN_AGAIN, reopen),)

    def take(other: Order) -> None:
        session.model.keep_recording_order(other)
        reopen()

    others = [(messages.READ_BY[other], partial(take, other)) for other in order.others]
    keep = ("Keep", partial(session.model.keep_recording_order, order.order))
    return [keep, *others]


def _nothing() -> None:
    """Keep things as they are."""


def _discard(session: Session, known: Sequence[UpdateInfo], controller: Host) -> None:
    """Discard all unsaved edits; where some were made since opening, which are not in `known`, that is asked first."""
    n_edits, n_newer = session.n_unsaved, _n_newer(session.manager, known)
    if n_newer and session.store.saved_position is not None and not controller.ask_discard(n_edits, n_newer):
        return
    n_done = session.manager.n_done
    try:
        session.discard_unsaved()
    except NapariPhyError as error:
        notify(str(error), "error")
    else:
        controller.report(messages.discarded(n_edits, is_undone=session.manager.n_done < n_done))


def _n_newer(manager: Any, known: Sequence[UpdateInfo]) -> int:
    """Return how many of the edits that hold are not in the history as it was."""
    old = set(map(id, known))
    return sum(id(record) not in old for record in manager.history[: manager.n_done - manager.n_dropped])


def _show_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


FADED_MS = 300


class DataNotifications(QObject):
    """Says it in notifications, with what can be done about it, and takes back what holds no more."""

    open_again_requested = Signal()
    reopening_requested = Signal()
    take_over_requested = Signal()  # of edits that were left behind

    def __init__(
        self,
        window: QMainWindow,
        controller: ActionController,
        live_notes: EditNotifications,
        raw_data: RawDataSearch,
        file_watch: FileWatch,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._controller = controller
        self._live_notes = live_notes
        self._raw_data = raw_data
        self._notes = OpeningNotes(live_notes)
        self._missing: tuple[str, ...] = ()
        file_watch.changed.connect(self._on_file_changed)

    def tell_opened(self, problems: Sequence[str]) -> None:
        """Tell what opening a data set, its settings included, brought to light; follow what is found later."""
        self._raw_data.follow(self._controller.session)
        self._notes = OpeningNotes(self._live_notes)
        self.tell_place()
        if problems:
            notify(" ".join(problems), "warning")
        problem = opengl_problem()
        if problem is not None:
            notify(problem)

    def tell_place(self) -> None:
        """Tell what there is to know of the channel group and clustering that are open now."""
        session = self._controller.session
        self._missing = session.model.missing
        self._tell(session)

    def _tell(self, session: Session) -> None:
        reopen = partial(QTimer.singleShot, FADED_MS, self.reopening_requested.emit)  # once the notification is gone
        take_over = partial(QTimer.singleShot, FADED_MS, self.take_over_requested.emit)
        self._notes.tell(session, self._controller, self._raw_data.ask, reopen, take_over)

    def tell_closed(self) -> None:
        """Take back what was said of the data set that is closed."""
        self._raw_data.follow(None)
        take_back(self._notes.said, referent(self._window))

    def tell_raw_data_found(self) -> None:
        """Tell where raw data were found, take back that they are missing, and tell which still are."""
        session = self._controller.session
        model = session.model
        take_back([sentence for sentence in self._missing if sentence not in model.missing], referent(self._window))
        self._missing = model.missing
        if model.traces is not None:
            self._controller.report(messages.located(path.name for path in model.raw_places.values()))
        for sentence in model.missing:
            if any(name in sentence for name in model.missing_raw):
                notify(sentence, "warning", [(LOCATE, self._raw_data.ask)])
                self._notes.said.add(sentence)
        self._tell(session)

    def _on_file_changed(self) -> None:
        """Tell what another program did to the file, and what can be done about it."""
        controller = self._controller
        session = controller.session

        def choices() -> Sequence[Choice]:
            if session.store.is_gone or not session.store.is_outdated:
                return ()
            if session.is_dirty:
                return ((SAVE_COPY, controller.save_copy),)
            # Once the notification is gone, which takes the focus as it fades.
            return ((messages.OPEN_AGAIN, partial(QTimer.singleShot, FADED_MS, self.open_again_requested.emit)),)

        self._live_notes.show(LiveNote(lambda: session.store.file_trouble, choices))
