"""Pointing at raw data that moved: the dialog, and what follows when they are found."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QMainWindow
from superqt.utils import create_worker

from napari_phy.core.errors import NapariPhyError
from napari_phy.session.session import Session
from napari_phy.widgets.actions import messages

SUFFIXES = (".dat", ".bin", ".raw", ".kwd")


class RawDataSearch(QObject):
    """Asks where raw data are, looks at them in the background, and has the session go on with them.

    Parameters
    ----------
    window : parent of the dialog.
    session : returns the open session, or None.
    complain : shows an error.
    """

    found = Signal()
    _found_in_some_thread = Signal()

    def __init__(
        self, window: QMainWindow, session: Callable[[], Any], complain: Callable[[str], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._session = session
        self._complain = complain
        self._followed: Any = None
        self._is_looking = False
        self._found_in_some_thread.connect(self.found)

    def follow(self, session: Session | None) -> None:
        """Tell when raw data of a session are found, whoever points at them."""
        if self._followed is not None:
            self._followed.raw_data_found.disconnect(self._on_found, missing_ok=True)
        self._followed = session
        if session is not None:
            session.raw_data_found.connect(self._on_found)

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
        if isalive(self):
            self._found_in_some_thread.emit()


def _look(session: Session, model: Any, paths: Sequence[str]) -> tuple[Any, Any, Any, str]:
    """Return (session, model asked, model with raw data, complaint)."""
    try:
        return session, model, model.with_raw(paths), ""
    except NapariPhyError as error:
        return session, model, None, str(error)
