"""The files of the open data set: whether they changed, where the raw data are."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QTimer, Signal
from qtpy.QtWidgets import QFileDialog, QMainWindow
from superqt.utils import create_worker

from napari_phy.actions import messages
from napari_phy.core.errors import NapariPhyError
from napari_phy.session.session import Session
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.notifications import notify, take_back
from napari_phy.widgets.base.session_links import SessionLinks


class FileWatch(QObject):
    """Looks at the file each time the window becomes active; says it once for each change.

    Parameters
    ----------
    window : QMainWindow
        The main window.
    session : callable
        Returns the open session, or None.
    """

    changed = Signal()  # which the store of the session tells in words

    def __init__(self, window: QMainWindow, session: Callable[[], Any], parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._session = session
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look at the file when the window becomes active."""
        if event.type() == QEvent.Type.WindowActivate and watched is self._window():
            self.look()
        return False

    def look(self) -> None:
        """Look whether there is another file; only then read it, in the background."""
        session = self._session()
        if session is None or not session.store.look_at_file():
            return
        worker = create_worker(_ask, session.store, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(self._on_asked)
        worker.start()

    def _on_asked(self, answer: tuple[Any, str]) -> None:
        store, sentence = answer
        session = self._session()
        if sentence and session is not None and session.store is store:
            self.changed.emit()


def check_file(store: Any) -> Any:
    """Return the store of a session once it knows what became of its file."""
    store.what_changed()
    return store


def _ask(store: Any) -> tuple[Any, str]:
    return store, store.what_changed()


LOOK_AGAIN_MS = 2000


class RawWatch(QObject):
    """Follows one session at a time; each trouble is said once, until the file is whole again."""

    back = Signal()

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._session: Session | None = None
        self._links = SessionLinks(self)
        self._said = ""
        self._timer = QTimer(self, singleShot=True, interval=LOOK_AGAIN_MS)
        self._timer.timeout.connect(self._look)

    def follow(self, session: Session | None) -> None:
        """Listen to another session, or to none."""
        self._links.close()
        self._session = session
        self._timer.stop()
        self._take_back()
        if session is not None:
            self._links.connect(session.raw_trouble, self._on_trouble)

    def _on_trouble(self, sentence: str) -> None:
        if self._session is not None and not self._said:
            self._said = f"{sentence} The traces are shown again when the file is back."
            notify(self._said, "warning")
            self._timer.start()

    def _look(self) -> None:
        """Read the last sample, in the background."""
        traces = None if self._session is None else self._session.model.traces
        if traces is None:
            return
        worker = create_worker(_reads, traces, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(self._on_looked)
        worker.start()

    def _on_looked(self, reads: bool) -> None:
        if not isalive(self) or not self._said or self._session is None:
            return
        if reads:
            self._take_back()
            self.back.emit()
        else:
            self._timer.start()

    def _take_back(self) -> None:
        if self._said:
            take_back([self._said], referent(self._window))
            self._said = ""


def _reads(traces: Any) -> bool:
    try:
        traces[traces.shape[0] - 1 :]
    except (NapariPhyError, OSError):
        return False
    return True


SUFFIXES = (".dat", ".bin", ".raw", ".kwd")


class RawDataSearch(QObject):
    """Asks where raw data are, looks at them in the background, and has the session go on with them.

    Parameters
    ----------
    window : QMainWindow
        Parent of the dialog.
    session : callable
        Returns the open session, or None.
    complain : callable
        Shows an error.
    """

    found = Signal()

    def __init__(
        self, window: QMainWindow, session: Callable[[], Any], complain: Callable[[str], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._session = session
        self._complain = complain
        self._links = SessionLinks(self)
        self._is_looking = False

    def follow(self, session: Session | None) -> None:
        """Tell when raw data of a session are found, whoever points at them."""
        self._links.close()
        if session is not None:
            self._links.connect(session.raw_data_found, self._on_found)

    def ask(self) -> None:
        """Let the user choose the files, and look at them."""
        session = self._session()
        if session is None or self._is_looking:
            return
        names = session.model.missing_raw or tuple(session.model.raw_places)
        title = messages.locate(names)
        suffixes = dict.fromkeys([*(Path(name).suffix for name in names), *SUFFIXES])
        files = f"Raw data ({' '.join(f'*{suffix}' for suffix in suffixes if suffix)});;All files (*)"
        paths, _ = QFileDialog.getOpenFileNames(self._window(), title, str(session.model.path.parent), files)
        if paths:
            self.look_at(paths)

    def look_at(self, paths: Sequence[str]) -> None:
        """Have the session read its raw data from these files, or say why they cannot be it."""
        session = self._session()
        self._is_looking = True
        worker = create_worker(_look, session, session.model, paths, _start_thread=False, _ignore_errors=True)
        worker.returned.connect(self._on_looked)
        worker.errored.connect(self._on_failed)
        worker.start()

    def _on_looked(self, answer: tuple[Any, Any, Any, str]) -> None:
        session, asked, found, complaint = answer
        self._is_looking = False
        if complaint:
            self._complain(complaint)
        elif session is not self._session():
            found.close_traces()
        elif not session.take_raw(asked, found):
            self._complain(messages.LOCATED_AFTER_SWITCH)

    def _on_failed(self, error: Exception) -> None:
        self._is_looking = False
        self._complain(str(error) or type(error).__name__)

    def _on_found(self) -> None:
        self.found.emit()


def _look(session: Session, model: Any, paths: Sequence[str]) -> tuple[Any, Any, Any, str]:
    """Return (session, model asked, model with raw data, complaint)."""
    try:
        return session, model, model.with_raw(paths), ""
    except NapariPhyError as error:
        return session, model, None, str(error)
