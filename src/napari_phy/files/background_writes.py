"""Small files that are written in the background, so that nobody waits for the disk."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable

logger = logging.getLogger(__name__)


class BackgroundWrites:
    """Writes one thing after the other, in the order in which they were last put, in a thread that ends when idle.

    What waits to be written is replaced by a newer version of it. The program does not end before all is written.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Callable[[], None]] = {}
        self._is_running = False
        self._changed = threading.Condition()

    def put(self, key: Hashable, write: Callable[[], None]) -> None:
        """Have something written soon.

        Parameters
        ----------
        key : hashable
            What is written: what waits under the same key is not written any more.
        write : callable
            Writes it.
        """
        with self._changed:
            self._waiting.pop(key, None)
            self._waiting[key] = write
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._work, name="napari-phy-writes", daemon=False).start()

    def wait(self) -> None:
        """Return when all that was put is written."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_running)

    def _work(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._is_running = False
                    self._changed.notify_all()
                    return
                write = self._waiting.pop(next(iter(self._waiting)))
            try:
                write()
            except Exception:
                logger.exception("A file could not be written.")


WRITES = BackgroundWrites()
