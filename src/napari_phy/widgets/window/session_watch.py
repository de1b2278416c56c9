"""Tells in the main thread what a session tells in some thread: that it was switched, that it was closed."""

from qtpy.compat import isalive
from qtpy.QtCore import QObject, Signal

from napari_phy.session.session import Session


class SessionWatch(QObject):
    """Follows one session at a time."""

    switched = Signal()
    closed = Signal(object)  # the session

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._session: Session | None = None

    def follow(self, session: Session | None) -> None:
        """Listen to another session, or to none."""
        if self._session is not None:
            self._session.switched.disconnect(self._on_switched, missing_ok=True)
            self._session.closed.disconnect(self._on_closed, missing_ok=True)
        self._session = session
        if session is not None:
            session.switched.connect(self._on_switched)
            session.closed.connect(self._on_closed)

    def _on_switched(self) -> None:
        if isalive(self):
            self.switched.emit()

    def _on_closed(self) -> None:
        if isalive(self):
            self.closed.emit(self._session)
