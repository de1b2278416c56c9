"""Small helpers for arrays that are handed out, and what all arrays have that are read when they are indexed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T", bound=np.generic)
ClusterIds = npt.NDArray[np.signedinteger[Any]]  # int32, or int64 where an id is beyond it

N_BLOCK = 2**20
MAX_ID = 2**53 - 1  # of a cluster: what JSON and doubles hold exactly
LARGEST, SMALLEST = 1e12, 1e-20  # of a measurement that is not 0, in any unit


class LazyArray:
    """An array that is read when it is indexed; a subclass has `shape`, `dtype` and `__getitem__`."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values."""
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Bytes of all values."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]


def read_only(array: npt.NDArray[T]) -> npt.NDArray[T]:
    """Return the array itself, no longer writeable."""
    array.flags.writeable = False
    return array


def blocks(n: int) -> Iterator[slice]:
    """Go through `n` values in blocks, for functions that turn all they are given into int64."""
    for start in range(0, n, N_BLOCK):
        yield slice(start, start + N_BLOCK)


def is_measured(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Return (n,) which rows of `(n, ...)` numbers are finite throughout, and none of their values beyond `LARGEST`."""
    if not values.size or -LARGEST <= values.min() <= values.max() <= LARGEST:
        return np.ones(len(values), dtype=np.bool_)
    return np.asarray((np.abs(values) <= LARGEST).reshape(len(values), -1).all(axis=1))


def zero_unmeasured(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Set to 0, in place, floats that cannot have been measured: no numbers, beyond `LARGEST` or below `SMALLEST`."""
    if values.dtype.kind == "f":
        limits = np.finfo(values.dtype)
        sizes = np.abs(values)
        measured = sizes <= values.dtype.type(min(LARGEST, float(limits.max)))
        measured &= sizes >= values.dtype.type(max(SMALLEST, float(limits.smallest_normal)))
        values[~measured] = 0
    return values


def look_up(table: npt.NDArray[T], indices: npt.NDArray[Any]) -> npt.NDArray[T]:
    """Return `table[indices]`, with no int64 copy of all indices on the way."""
    found = np.empty(len(indices), dtype=table.dtype)
    for block in blocks(len(indices)):
        found[block] = table.take(indices[block])
    return found


def compact_ids(cluster_ids: npt.NDArray[Any]) -> ClusterIds:
    """Return cluster ids as int32, as int64 where one is beyond it; without a copy where that can be."""
    if cluster_ids.size and int(cluster_ids.max()) > np.iinfo(np.int32).max:
        return cluster_ids.astype(np.int64, copy=False)
    return cluster_ids.view(np.int32) if cluster_ids.dtype == np.uint32 else cluster_ids.astype(np.int32, copy=False)


def distinct_ids(ids: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return (n,) the different integers among many, ascending; without sorting where they are small."""
    if not ids.size or int(ids.min()) < 0 or int(ids.max()) > 4 * len(ids) + N_BLOCK:
        return np.unique(ids).astype(np.int64)
    is_there = np.zeros(int(ids.max()) + 1, dtype=np.bool_)
    is_there[ids] = True
    return np.flatnonzero(is_there)


def evenly_spaced(n: int, n_max: int | None) -> npt.NDArray[np.int64]:
    """Return at most `n_max` of the indices 0…n-1, ascending, evenly spaced and the same each time."""
    if n_max is None or n <= n_max:
        return np.arange(n, dtype=np.int64)
    return (np.arange(n_max, dtype=np.int64) * n + n // 2) // max(n_max, 1)


def as_ids(values: Any) -> npt.NDArray[np.int64] | None:
    """Return a flat int64 copy of integer ids, or None if they are anything else (floats, booleans, text)."""
    array = np.atleast_1d(np.asarray(values))
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        return None
    return array.astype(np.int64)
