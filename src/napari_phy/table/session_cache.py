"""What views keep of a session between two requests, by cluster id: an id means the same spikes for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary, ref

from napari_phy.core.base_model import BaseModel
from napari_phy.core.memory import ByteCache
from napari_phy.table.session_like import ManagerLike, SessionLike

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SessionCache(Generic[K, V]):
    """A byte-capped cache for each clustering that a session has open; it is gone with it. Safe in worker threads.

    A session that is switched to another clustering or channel group has another manager, and so another cache; so it
    has when its raw data are found, which gives it another model.

    Parameters
    ----------
    max_bytes : the ceiling for one clustering.
    nbytes : returns the size of a value.
    """

    def __init__(self, max_bytes: int, nbytes: Callable[[V], int]) -> None:
        self._max_bytes = max_bytes
        self._nbytes = nbytes
        self._caches: WeakKeyDictionary[Any, tuple[ref[BaseModel], ByteCache[K, V]]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def known(self, session: SessionLike, keys: Iterable[K]) -> dict[K, V]:
        """Return those values that are kept."""
        return self._known(session.manager, session.model, keys)

    def items(self, session: SessionLike) -> list[tuple[K, V]]:
        """Return all that is kept, also of clusters that an edit took away."""
        with self._lock:
            return self._cache(session.manager, session.model).items()

    def get(self, session: SessionLike, keys: Iterable[K], compute: Callable[[list[K]], Mapping[K, V]]) -> dict[K, V]:
        """Return the values in the order of `keys`, computing together those that are not kept."""
        keys = list(keys)
        manager, model = session.manager, session.model
        values = self._known(manager, model, keys)
        wanted = [key for key in keys if key not in values]
        if wanted:
            computed = compute(wanted)
            values.update(computed)
            if session.manager is manager and session.model is model:  # else nobody knows what was computed
                with self._lock:
                    cache = self._cache(manager, model)
                    for key, value in computed.items():
                        cache.put(key, value)
        return {key: values[key] for key in keys}

    def keep(self, session: SessionLike, key: K, value: V) -> None:
        """Keep a value that was made from what was known before."""
        with self._lock:
            self._cache(session.manager, session.model).put(key, value)

    def _known(self, manager: ManagerLike, model: BaseModel, keys: Iterable[K]) -> dict[K, V]:
        with self._lock:
            return self._cache(manager, model).known(keys)

    def _cache(self, manager: ManagerLike, model: BaseModel) -> ByteCache[K, V]:
        of_model, cache = self._caches.get(manager, (None, None))
        if cache is None or of_model is None or of_model() is not model:
            cache = ByteCache(self._max_bytes, self._nbytes)
            self._caches[manager] = ref(model), cache
        return cache
