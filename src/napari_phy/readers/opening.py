"""Opens a data set off the main thread: one that takes long says how far it is, and can be cancelled."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from napari.viewer import Viewer

from napari_phy.core.progress import CancelledError

OpenSession = Callable[..., Any]  # (path, on_progress=…), which returns a session
QUIET_S, FIRM_S = 0.15, 1.0  # until something is shown, until it can be cancelled

_one_by_one = ThreadPoolExecutor(1, "napari-phy opening")  # what was cancelled lets go of its file before the next
_awaited: list[str] = []


class _Opening:
    """One data set that is being opened."""

    def __init__(self, file: Path, open_session: OpenSession) -> None:
        self.percent = 0
        self._is_wanted = True
        self.session: Future[Any] = _one_by_one.submit(open_session, file, on_progress=self._report)

    def is_there_in(self, seconds: float) -> bool:
        """Wait so long; return whether it is open, or could not be opened."""
        return not wait([self.session], seconds).not_done

    def drop(self) -> None:
        """Let go of it as soon as it looks up, or is open."""
        self._is_wanted = False
        self.session.add_done_callback(_close)

    def _report(self, share: float) -> None:
        if not self._is_wanted:
            raise CancelledError
        self.percent = int(100 * share)


def open_in_background(viewer: Viewer, file: Path, open_session: OpenSession) -> Any:
    """Return the session of a file; nothing is shown of a small one, a large one can be cancelled.

    None, and a sentence in the status bar, when that was done or another file is awaited.

    Raises
    ------
    NapariPhyError
        The file cannot be opened.
    """
    if _awaited:
        from napari_phy.widgets.base.plain_text import plain

        viewer.status = plain(f"{_awaited[0]} is being opened. Open {file.name} after that.")
        return None
    _awaited.append(file.name)
    found = _Opening(file, open_session)
    try:
        if not _is_waited_for(viewer, file.name, found):
            found.drop()
            return None
        return found.session.result()
    except BaseException:
        found.drop()
        raise
    finally:
        _awaited.clear()


def _is_waited_for(viewer: Viewer, name: str, found: _Opening) -> bool:
    """Wait until a data set is open, or cannot be opened; return False when that was cancelled."""
    if found.is_there_in(QUIET_S):
        return True
    with show_opening(viewer, name):
        if found.is_there_in(FIRM_S - QUIET_S):
            return True
    from napari_phy.readers.opening_dialog import wait_for_opening

    return wait_for_opening(viewer, name, lambda: found.percent, found.session.done)


def _close(session: "Future[Any]") -> None:
    if session.exception() is None:
        session.result().close()


@contextmanager
def show_opening(viewer: Viewer, name: str) -> Iterator[None]:
    """Show a wait cursor, words in the status bar and a bar in napari's activity dock."""
    from napari.utils import progress
    from qtpy.QtCore import QEventLoop, Qt
    from qtpy.QtWidgets import QApplication

    from napari_phy.widgets.base.plain_text import plain

    words = plain(f"Opening {name}…")
    QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        with progress(total=0, desc=words):
            viewer.status = words
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)  # so that it is painted
            yield
    finally:
        QApplication.restoreOverrideCursor()
        if viewer.status == words:
            viewer.status = ""
