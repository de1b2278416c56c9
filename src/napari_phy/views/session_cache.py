"""What views keep of a session between two requests, by cluster id: an id means the same spikes for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from napari_phy.core.byte_cache import ByteCache
from napari_phy.views.session_like import ManagerLike, SessionLike

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SessionCache(Generic[K, V]):
    """A byte-capped cache for each clustering that a session has open; it is gone with it. Safe in worker threads.

    A session that is switched to another clustering or channel group has another manager, and so another cache.

    Parameters
    ----------
    max_bytes : the ceiling for one clustering.
    nbytes : returns the size of a value.
    """

    def __init__(self, max_bytes: int, nbytes: Callable[[V], int]) -> None:
        self._max_bytes = max_bytes
        self._nbytes = nbytes
        self._caches: WeakKeyDictionary[Any, ByteCache[K, V]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def known(self, session: SessionLike, keys: Iterable[K]) -> dict[K, V]:
        """Return those values that are kept."""
        return self._known(session.manager, keys)

    def get(self, session: SessionLike, keys: Iterable[K], compute: Callable[[list[K]], Mapping[K, V]]) -> dict[K, V]:
        """Return the values in the order of `keys`, computing together those that are not kept."""
        keys = list(keys)
        manager = session.manager
        values = self._known(manager, keys)
        wanted = [key for key in keys if key not in values]
        if wanted:
            computed = compute(wanted)
            values.update(computed)
            if session.manager is manager:  # else it was switched meanwhile, and nobody knows what was computed
                with self._lock:
                    cache = self._cache(manager)
                    for key, value in computed.items():
                        cache.put(key, value)
        return {key: values[key] for key in keys}

    def _known(self, manager: ManagerLike, keys: Iterable[K]) -> dict[K, V]:
        with self._lock:
            cache = self._cache(manager)
            found = {key: cache.get(key) for key in keys}
        return {key: value for key, value in found.items() if value is not None}

    def _cache(self, manager: ManagerLike) -> ByteCache[K, V]:
        cache = self._caches.get(manager)
        if cache is None:
            cache = self._caches[manager] = ByteCache(self._max_bytes, self._nbytes)
        return cache
