"""Feature rows of the spikes that were drawn lately stay in memory: to look at a cluster again reads nothing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.memory import BUDGET, ByteCache
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_columns, read_in_file_order, reads_columns, required

SHARE = 16  # of the memory for caches is for the rows of one model at most

Float32 = npt.NDArray[np.float32]


class _Rows:
    """A ring of rows: the newest take the places of the oldest."""

    def __init__(self, n_spikes: int, n_features: int) -> None:
        capacity = min(n_spikes, int(BUDGET.limit / SHARE) // (4 * n_features))
        self._rows = np.empty((capacity, n_features), dtype=np.float32)
        self._owners = np.full(capacity, -1, dtype=np.int64)
        self._places = np.full(n_spikes, -1, dtype=np.int32)
        self._next = 0
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes that are held, or will be once there are as many rows."""
        return self._rows.nbytes + self._owners.nbytes + self._places.nbytes

    def find(self, spike_ids: npt.NDArray[np.int64], columns: Sequence[int]) -> tuple[npt.NDArray[np.bool_], Float32]:
        """Return (n,) which spikes are kept, and (n, n_columns) their features; others are undefined."""
        with self._lock:
            places = self._places[spike_ids]
            found = np.empty((len(spike_ids), len(columns)), dtype=np.float32)
            if len(self._rows):
                for place, column in enumerate(columns):
                    found[:, place] = self._rows[places, column]
            return places >= 0, found

    def keep(self, spike_ids: npt.NDArray[np.int64], rows: Float32) -> None:
        """Keep the rows of distinct spikes, as many as there is room for."""
        rows, spike_ids = rows[: len(self._rows)], spike_ids[: len(self._rows)]
        with self._lock:
            places = (self._next + np.arange(len(rows))) % max(1, len(self._rows))
            gone = self._owners[places]
            self._places[gone[gone >= 0]] = -1
            self._rows[places], self._owners[places] = rows, spike_ids
            self._places[spike_ids] = places
            self._next = int(self._next + len(rows)) % max(1, len(self._rows))


_caches: WeakKeyDictionary[BaseModel, ByteCache[Literal["rows"], _Rows]] = WeakKeyDictionary()
_lock = threading.Lock()


def cached_features(
    session: SessionLike,
    spike_ids: npt.NDArray[np.int64],
    columns: Sequence[int],
    on_progress: OnProgress = no_progress,
) -> Float32:
    """Return (n, n_columns) of the features of some distinct spikes, reading those that are not in memory.

    Raises
    ------
    MissingDataError
        There are no features.
    """
    model = session.model
    features = required(model.features, model, "features")
    if reads_columns(features):  # which keep what was read
        return read_columns(features, spike_ids, columns, on_progress)
    with _lock:
        cache = _caches.setdefault(model, ByteCache(lambda rows: rows.nbytes))
        known = cache.get("rows")
        if known is None:
            known = _Rows(*features.shape)
            cache.put("rows", known)
    is_known, values = known.find(spike_ids, columns)
    unknown = spike_ids[~is_known]
    if len(unknown):
        rows = read_in_file_order(features, unknown, on_progress)
        values[~is_known] = rows[:, columns]
        known.keep(unknown, rows)
    return values
