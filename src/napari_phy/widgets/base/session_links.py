"""Connections of a widget to the signals of the session that it shows: weak, and all closed at once."""

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any
from weakref import WeakMethod, ref

from qtpy.compat import isalive
from qtpy.QtCore import QObject
from superqt.utils import ensure_main_thread


class SessionLinks:
    """Connects methods of one owner; they run in the main thread, whichever thread emits.

    The connections do not keep the owner alive, and are closed with it.

    Parameters
    ----------
    owner : QObject
        Whose methods are connected, or those of a part of it.
    """

    def __init__(self, owner: QObject) -> None:
        self._owner = ref(owner)
        self._links: list[tuple[Any, Callable[..., object]]] = []
        owner.destroyed.connect(self.close)

    def connect(self, signal: Any, slot: Callable[..., None]) -> None:
        """Call a method at each emission of a psygnal signal, with as many of its values as the method takes."""
        owner, weak, n_values = self._owner, WeakMethod(slot), _n_values(slot)

        @ensure_main_thread
        def forward(*values: Any) -> None:
            method, target = weak(), owner()
            if method is not None and target is not None and isalive(target):
                method(*values[:n_values])

        signal.connect(forward)
        self._links.append((signal, forward))

    def close(self, *_: object) -> None:
        """Disconnect all; the owner may be gone already."""
        while self._links:
            signal, slot = self._links.pop()
            signal.disconnect(slot, missing_ok=True)


def _n_values(slot: Callable[..., None]) -> int:
    return sum(one.kind is Parameter.POSITIONAL_OR_KEYWORD for one in signature(slot).parameters.values())
