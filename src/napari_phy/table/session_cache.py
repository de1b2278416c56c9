"""What is kept of a session between two requests, by cluster id: an id means the same spikes for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary, ref

from napari_phy.core.base_model import BaseModel
from napari_phy.core.memory import BUDGET, ByteCache, MemoryBudget
from napari_phy.table.session_like import ManagerLike, SessionLike

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
T = TypeVar("T")


class PerSession(Generic[T]):
    """An object for each clustering that a session has open; it is gone with it. Safe in worker threads.

    A session that is switched to another clustering or channel group has another manager, and so another object; so it
    has when its raw data are found, which gives it another model.

    Parameters
    ----------
    make : callable
        Returns a new object.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: WeakKeyDictionary[Any, tuple[ref[BaseModel], T]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, manager: ManagerLike, model: BaseModel) -> T:
        """Return the object of a clustering."""
        with self._lock:
            of_model, made = self._made.get(manager, (None, None))
            if made is None or of_model is None or of_model() is not model:
                made = self._make()
                self._made[manager] = ref(model), made
            return made


class SessionCache(Generic[K, V]):
    """A cache for each clustering that a session has open; it is gone with it. Safe in worker threads.

    All of them share the budget of memory.

    Parameters
    ----------
    nbytes : callable
        Returns the size of a value.
    """

    def __init__(self, nbytes: Callable[[V], int], budget: MemoryBudget = BUDGET) -> None:
        self._caches: PerSession[ByteCache[K, V]] = PerSession(lambda: ByteCache(nbytes, budget))

    def known(self, session: SessionLike, keys: Iterable[K]) -> dict[K, V]:
        """Return those values that are kept."""
        return self._known(session.manager, session.model, keys)

    def items(self, session: SessionLike) -> list[tuple[K, V]]:
        """Return all that is kept, also of clusters that an edit took away."""
        return self._caches.of(session.manager, session.model).items()

    def get(self, session: SessionLike, keys: Iterable[K], compute: Callable[[list[K]], Mapping[K, V]]) -> dict[K, V]:
        """Return the values in the order of `keys`, computing together those that are not kept."""
        keys = list(keys)
        manager, model = session.manager, session.model
        values = self._known(manager, model, keys)
        wanted = [key for key in keys if key not in values]
        if wanted:
            computed = compute(wanted)
            values.update(computed)
            if session.manager is manager and session.model is model:  # else it is not known what was computed
                self._caches.of(manager, model).put_all(computed)
        return {key: values[key] for key in keys}

    def keep(self, session: SessionLike, key: K, value: V) -> None:
        """Keep a value that was made from what was known before."""
        self._caches.of(session.manager, session.model).put(key, value)

    def remove(self, session: SessionLike, key: K) -> None:
        """Forget a value."""
        self._caches.of(session.manager, session.model).remove(key)

    def _known(self, manager: ManagerLike, model: BaseModel, keys: Iterable[K]) -> dict[K, V]:
        return self._caches.of(manager, model).known(keys)
