"""Which spikes are shown of a selection: repeatable, and read from disk once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import as_ids, evenly_spaced, read_only
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.core.memory import ByteCache
from napari_phy.core.signals import signal
from napari_phy.core.update_info import UpdateInfo, no_spikes

Int64 = npt.NDArray[np.int64]


class Rows(Protocol):
    """Anything that gives the rows of spike ids, such as an array or `KwikModel.features`."""

    def __getitem__(self, spike_ids: Any, /) -> Any:
        """Return the rows of an array of spike ids."""
        ...


class Selector:
    """Selected spikes, given one by one or as clusters, with a ceiling.

    Beyond a ceiling the spikes are evenly spaced in time: the same each time. A selection of clusters follows the edits
    of a manager: a cluster that is merged or split is replaced by what became of it.

    Parameters
    ----------
    spike_clusters_or_manager : array_like or ClusterManager, shape (n_spikes,)
        Integers, or the ClusterManager that holds them.
    n_spikes_max : int, optional
        The most spikes in total.
    n_per_cluster : int, optional
        The most spikes of one cluster, when clusters are selected.
    reader : Rows or callable, optional
        Rows or callable, optional Gives the data of spikes, as `reader[spike_ids]` or `reader(spike_ids)`.
    """

    changed = signal()

    def __init__(
        self,
        spike_clusters_or_manager: npt.ArrayLike | ClusterManager,
        n_spikes_max: int | None = None,
        n_per_cluster: int | None = None,
        reader: Rows | Callable[[Int64], Any] | None = None,
    ) -> None:
        if isinstance(spike_clusters_or_manager, ClusterManager):
            self._manager = spike_clusters_or_manager
            self._manager.changed.connect(self._on_changed)
        else:
            self._manager = ClusterManager(spike_clusters_or_manager)
        self._n_spikes_max = _ceiling(n_spikes_max)
        self._n_per_cluster = _ceiling(n_per_cluster)
        self._reader = reader
        self._data: ByteCache[bytes, npt.NDArray[Any]] = ByteCache(nbytes=lambda array: array.nbytes)
        self._current: npt.NDArray[Any] | None = None
        self._clusters: tuple[int, ...] | None = ()
        self._asked = no_spikes()
        self._spikes = no_spikes()

    @property
    def n_spikes_max(self) -> int | None:
        """The most spikes in total."""
        return self._n_spikes_max

    @n_spikes_max.setter
    def n_spikes_max(self, n: int | None) -> None:
        self._n_spikes_max = _ceiling(n)
        self._choose()

    @property
    def n_per_cluster(self) -> int | None:
        """The most spikes of one cluster."""
        return self._n_per_cluster

    @n_per_cluster.setter
    def n_per_cluster(self, n: int | None) -> None:
        self._n_per_cluster = _ceiling(n)
        self._choose()

    @property
    def selected_clusters(self) -> tuple[int, ...]:
        """Selected clusters in order; of spikes selected one by one, the ascending clusters they are in."""
        if self._clusters is None:
            return tuple(np.unique(self._manager.clusters_of(self._asked)).tolist())
        return self._clusters

    @selected_clusters.setter
    def selected_clusters(self, clusters: Iterable[int]) -> None:
        ids = as_ids(list(clusters))
        if ids is None:
            raise ClusteringError("Cluster ids are integers.")
        chosen = tuple(dict.fromkeys(ids.tolist()))
        for cluster in chosen:
            self._manager.n_spikes(cluster)
        self._clusters, self._asked = chosen, no_spikes()
        self._choose()

    @property
    def selected_spikes(self) -> Int64:
        """Ascending ids of the selected spikes, within the ceilings."""
        return self._spikes

    @selected_spikes.setter
    def selected_spikes(self, spikes: npt.ArrayLike) -> None:
        ids = as_ids(spikes)
        if ids is None:
            raise ClusteringError("Spike ids are integers.")
        ids = np.unique(ids)
        self._manager.clusters_of(ids)
        self._clusters, self._asked = None, ids
        self._choose()

    @property
    def data(self) -> Any:
        """What the reader holds for the selected spikes; read once per selection."""
        if self._reader is None:
            raise ValueError("This selector has no reader: give it one to fetch data.")
        if self._current is None:
            key = self._spikes.tobytes()
            found = self._data.get(key)
            if found is None:
                reader = self._reader
                found = np.asarray(reader(self._spikes) if callable(reader) else reader[self._spikes])
                self._data.put(key, found)
            self._current = found
        return self._current

    def _choose(self) -> None:
        if self._clusters is None:
            spikes = self._asked
        else:
            lists = [self._manager.spikes(cluster) for cluster in self._clusters]
            spikes = np.concatenate([no_spikes(), *(_thinned(one, self._n_per_cluster) for one in lists)])
        spikes = np.sort(_thinned(spikes, self._n_spikes_max))
        if np.array_equal(spikes, self._spikes):
            return
        self._spikes = read_only(spikes)
        self._current = None
        self.changed.emit()

    def _on_changed(self, update: UpdateInfo) -> None:
        if not update.deleted:
            return
        if self._clusters is not None:
            heirs: dict[int, list[int]] = {}
            for old, new in update.descendants:
                heirs.setdefault(old, []).append(new)
            followed = (new for old in self._clusters for new in heirs.get(old, [old]))
            self._clusters = tuple(dict.fromkeys(followed))
        self._choose()


def _thinned(spikes: Int64, n_max: int | None) -> Int64:
    return spikes if n_max is None or len(spikes) <= n_max else spikes[evenly_spaced(len(spikes), n_max)]


def _ceiling(n: int | None) -> int | None:
    if n is not None and n < 1:
        raise ValueError(f"A ceiling is at least 1, not {n}.")
    return n
