"""Holds up what views compute, as a large data set does, or has it fail."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Gate:
    """Views that it watches compute only while it is open, and fail with its `error`, if there is one."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self._percent = 0
        self._open = threading.Event()
        self._open.set()

    def watch(self, panel: Any) -> None:
        """Have a view compute only what goes through."""
        compute = panel.compute

        def wait_and_compute(session: Any, request: Any, on_progress: Callable[[float], None]) -> Any:
            on_progress(self._percent / 100)
            while not self._open.wait(0.02):
                on_progress(self._percent / 100)  # ends what nobody waits for any more
            if self.error is not None:
                raise self.error
            return compute(session, request, on_progress)

        panel.compute = wait_and_compute

    @contextmanager
    def closed(self, percent: int = 0) -> Iterator[None]:
        """Let nothing through for a while; what is under way has come that far."""
        self._percent = percent
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()
            self._percent = 0

    @contextmanager
    def failing(self, error: Exception) -> Iterator[None]:
        """Have everything fail for a while."""
        self.error = error
        try:
            yield
        finally:
            self.error = None
