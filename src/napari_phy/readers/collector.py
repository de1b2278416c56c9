"""Keeps Python's collector of cycles out of the way while a window is filled."""

import gc

PAUSE_MS = 1_000  # of the event loop, in which everything that was opened is painted


def pause_collector() -> None:
    """Collect no cycles until the event loop has run for `PAUSE_MS`.

    Each collection looks at every object of napari, 0.15 s, and opening makes so many new ones that three are due.
    """
    from qtpy.QtCore import QTimer

    if gc.isenabled():
        gc.disable()
        QTimer.singleShot(PAUSE_MS, gc.enable)
