"""What third parties add by entry points."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.signals import signal

logger = logging.getLogger(__name__)

TRACE_FILTERS = "napari_phy.trace_filters"
METRICS = "napari_phy.metrics"
SIMILARITIES = "napari_phy.similarities"
SORTERS = "napari_phy.sorters"

TraceFilter = Callable[[npt.NDArray[np.float32], float], npt.NDArray[np.float32]]


@cache
def trace_filters() -> dict[str, TraceFilter]:
    """Return {name: filter} of the entry points `napari_phy.trace_filters`.

    A filter gets traces, `(n_samples, n_channels)` float32, and the sample rate in Hz, and returns traces of the same
    shape. One that cannot be imported is left out, with a warning.
    """
    return load_entry_points(TRACE_FILTERS, "trace filter")


def load_entry_points(group: str, noun: str) -> dict[str, Any]:
    """Return {name: what it names} of the entry points of a group; those that fail to import are left out."""
    found: dict[str, Any] = {}
    for entry_point in entry_points(group=group):
        try:
            found[entry_point.name] = entry_point.load()
        except Exception as error:  # noqa: BLE001  # whatever the code of others raises
            logger.warning("The %s %s cannot be loaded: %s.", noun, entry_point.name, error)
    return found


class Declared(Protocol):
    """What is known by a key, and perhaps by other names."""

    @property
    def key(self) -> str:
        """The name in settings and scripts."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The key and what else it is called."""
        ...


T = TypeVar("T", bound=Declared)


class Registry(Generic[T]):
    """What the program declares of one kind, then what packages and scripts add.

    Parameters
    ----------
    built_in : iterable
        What the program declares.
    group : str
        The entry points of packages. They are imported when all are first asked for, and add themselves.
    noun : str
        What one is called in messages.
    reserved : iterable of str
        More names that cannot be added.
    """

    changed = signal()

    def __init__(self, built_in: Iterable[T], group: str, noun: str, reserved: Iterable[str] = ()) -> None:
        self._built_in = tuple(built_in)
        self._group, self._noun, self._reserved = group, noun, frozenset(reserved)
        self._added: dict[str, T] = {}
        self._has_loaded = False

    @property
    def all(self) -> tuple[T, ...]:
        """The built-in ones first; what packages offer is imported when this is first asked for."""
        if not self._has_loaded:
            self._has_loaded = True
            load_entry_points(self._group, self._noun)
        return (*self._built_in, *self._added.values())

    def add(self, one: T) -> None:
        """Add one, in the place of one of the same key that was added before.

        Raises
        ------
        ValueError
            Another has one of its names.
        """
        others = (*self._built_in, *(other for key, other in self._added.items() if key != one.key))
        taken = self._reserved.union(*(other.names for other in others))
        for name in one.names:
            if name in taken:
                raise ValueError(f"There is a {self._noun} {name} already: choose another name.")
        self._added[one.key] = one
        self.changed.emit()

    def clear(self) -> None:
        """Drop all that was added; what packages offer is imported anew."""
        self._added.clear()
        self._has_loaded = False
        self.changed.emit()
