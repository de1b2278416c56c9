"""Slots that a panel hangs on a session: weak, and all taken off at once."""

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod


class SessionLinks:
    """Connects bound methods without keeping their owner alive."""

    def __init__(self) -> None:
        self._links: list[tuple[Any, Callable[..., None]]] = []

    def connect(self, signal: Any, slot: Callable[[], None]) -> None:
        """Call a method, without arguments, at each emission of a psygnal signal."""
        weak = WeakMethod(slot)

        def forward(*_: Any) -> None:
            method = weak()
            if method is not None:
                method()

        signal.connect(forward)
        self._links.append((signal, forward))

    def close(self, *_: Any) -> None:
        """Disconnect all; the owner may be gone already."""
        while self._links:
            signal, slot = self._links.pop()
            signal.disconnect(slot, missing_ok=True)
