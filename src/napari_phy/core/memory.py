"""A cache that forgets what was used longest ago once it holds too many bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ByteCache(Generic[K, V]):
    """Least recently used values, up to `max_bytes`; a value larger than that is not kept.

    Parameters
    ----------
    max_bytes : the ceiling.
    nbytes : returns the size of a value.
    """

    def __init__(self, max_bytes: int, nbytes: Callable[[V], int]) -> None:
        self._max_bytes = max_bytes
        self._nbytes = nbytes
        self._values: OrderedDict[K, V] = OrderedDict()
        self._held = 0

    def __contains__(self, key: K) -> bool:
        return key in self._values

    def items(self) -> list[tuple[K, V]]:
        """Return what is kept, the oldest first; none of it becomes more recent."""
        return list(self._values.items())

    def get(self, key: K) -> V | None:
        """Return the value, now the most recent, or None."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def known(self, keys: Iterable[K]) -> dict[K, V]:
        """Return those values of many that are kept, now the most recent."""
        found = {key: value for key in keys if (value := self._values.get(key)) is not None}
        for key in found:
            self._values.move_to_end(key)
        return found

    def remove(self, key: K) -> None:
        """Forget a value, if it is kept."""
        if key in self._values:
            self._held -= self._nbytes(self._values.pop(key))

    def put(self, key: K, value: V) -> None:
        """Keep a value and forget the oldest ones above the ceiling."""
        self.remove(key)
        self._values[key] = value
        self._held += self._nbytes(value)
        while self._held > self._max_bytes and self._values:
            _, oldest = self._values.popitem(last=False)
            self._held -= self._nbytes(oldest)
