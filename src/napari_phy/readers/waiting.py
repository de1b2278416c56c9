"""Says that a data set is being opened: napari waits for its readers."""

from collections.abc import Iterator
from contextlib import contextmanager

from napari.viewer import Viewer


@contextmanager
def opening(viewer: Viewer, name: str) -> Iterator[None]:
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
