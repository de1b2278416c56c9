"""One budget of memory for all that is kept of what can be computed again."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar
from weakref import WeakSet

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

USUAL_MB = 1024


class MemoryBudget:
    """How many bytes all caches may hold together; beyond it the value that was used longest ago anywhere goes first.

    Parameters
    ----------
    limit : int
        Bytes that all caches together may hold.
    """

    def __init__(self, limit: int = USUAL_MB * 2**20) -> None:
        self._limit = limit
        self._caches: WeakSet[ByteCache[Any, Any]] = WeakSet()
        self._ticks = itertools.count()
        self.lock = threading.RLock()  # of all caches: what makes room in one of them may be used in another thread

    @property
    def limit(self) -> int:
        """Bytes that all caches may hold together."""
        return self._limit

    @limit.setter
    def limit(self, limit: int) -> None:
        with self.lock:
            self._limit = limit
            self.make_room()

    @property
    def used(self) -> int:
        """Bytes that are held now."""
        with self.lock:
            return sum(cache.nbytes for cache in self._caches)

    def add(self, cache: ByteCache[Any, Any]) -> None:
        """Let a cache share the budget as long as it lives."""
        with self.lock:
            self._caches.add(cache)

    def tick(self) -> int:
        """Return a number that is larger than all before: when a value was used."""
        return next(self._ticks)

    def make_room(self) -> None:
        """Forget the values that were used longest ago until what is left fits."""
        with self.lock:
            excess = self.used - self._limit
            while excess > 0:
                oldest = min(self._caches, key=lambda cache: cache.oldest)
                excess -= oldest.forget_oldest()


BUDGET = MemoryBudget()


class ByteCache(Generic[K, V]):
    """Values that can be computed again, as many as a budget has room for; a value larger than that is not kept.

    Safe in worker threads. It shares the budget until it is collected.

    Parameters
    ----------
    nbytes : callable
        Returns the size of a value.
    budget : MemoryBudget, default BUDGET
        What it shares with the other caches.
    """

    def __init__(self, nbytes: Callable[[V], int], budget: MemoryBudget = BUDGET) -> None:
        self._nbytes = nbytes
        self._budget = budget
        self._values: OrderedDict[K, tuple[V, int, int]] = OrderedDict()  # value, size, tick; the oldest first
        self.nbytes = 0
        budget.add(self)

    def __contains__(self, key: K) -> bool:
        return key in self._values

    @property
    def oldest(self) -> float:
        """The tick of the value that was used longest ago; infinite where there is none."""
        return next(iter(self._values.values()))[2] if self._values else float("inf")

    def items(self) -> list[tuple[K, V]]:
        """Return what is kept, the oldest first; none of it becomes more recent."""
        with self._budget.lock:
            return [(key, value) for key, (value, _, _) in self._values.items()]

    def get(self, key: K) -> V | None:
        """Return the value, now the most recent, or None."""
        return self.known((key,)).get(key)

    def known(self, keys: Iterable[K]) -> dict[K, V]:
        """Return those values of many that are kept, now the most recent."""
        found: dict[K, V] = {}
        with self._budget.lock:
            tick = self._budget.tick()
            for key in keys:
                if key in self._values:
                    value, size, _ = self._values[key]
                    self._values[key] = value, size, tick
                    self._values.move_to_end(key)
                    found[key] = value
        return found

    def remove(self, key: K) -> None:
        """Forget a value, if it is kept."""
        with self._budget.lock:
            if key in self._values:
                self.nbytes -= self._values.pop(key)[1]

    def put(self, key: K, value: V) -> None:
        """Keep a value, or note the size it has now; what was used longest ago makes room."""
        self.put_all({key: value})

    def put_all(self, values: Mapping[K, V]) -> None:
        """Keep several values."""
        with self._budget.lock:
            tick = self._budget.tick()
            for key, value in values.items():
                self.remove(key)
                size = self._nbytes(value)
                if size <= self._budget.limit:
                    self._values[key] = value, size, tick
                    self.nbytes += size
            self._budget.make_room()

    def forget_oldest(self) -> int:
        """Forget the value that was used longest ago and return its size."""
        with self._budget.lock:
            _, (_, size, _) = self._values.popitem(last=False)
            self.nbytes -= size
            return size
