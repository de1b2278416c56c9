"""Waits for conditions, with one limit for all tests."""

import time
from collections.abc import Callable

from patience import PATIENCE_S
from qtpy.QtCore import QEvent, QEventLoop
from qtpy.QtWidgets import QApplication


def run_until(condition: Callable[[], object], what: str = "the condition", *, patience_s: float = PATIENCE_S) -> None:
    """Run Qt's events until a condition holds; raise TimeoutError when it does not for so long."""
    end = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited in vain for {what}")
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)  # as the main loop does
        time.sleep(0.002)
