"""What the user looks at: clusters in order, and spikes inside the lasso."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import as_ids, read_only
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import ClusteringError
from napari_phy.core.partition import unknown_cluster
from napari_phy.core.signals import signal
from napari_phy.core.summaries import selection_html, selection_text
from napari_phy.core.update_info import no_spikes


class Selection:
    """The selected clusters, whose order gives their colours, and the selected spikes.

    The first cluster is the best one. `n_best` of them were chosen in the list of clusters, the rest are similar ones.
    """

    changed = signal()

    def __init__(self, manager: ClusterManager) -> None:
        self._manager = manager
        self._clusters: tuple[int, ...] = ()
        self._n_best = 0
        self._spikes = no_spikes()

    @property
    def clusters(self) -> tuple[int, ...]:
        """Selected clusters in order."""
        return self._clusters

    @property
    def n_best(self) -> int:
        """How many of the first clusters were chosen in the list of clusters."""
        return self._n_best

    @property
    def best(self) -> tuple[int, ...]:
        """The clusters chosen in the list of clusters."""
        return self._clusters[: self._n_best]

    @property
    def similar(self) -> tuple[int, ...]:
        """The clusters chosen beside the best ones."""
        return self._clusters[self._n_best :]

    @property
    def spikes(self) -> npt.NDArray[np.int64]:
        """Ascending ids of the selected spikes, usually those inside a lasso."""
        return self._spikes

    def select(self, clusters: Iterable[int], n_best: int = 1, *, spikes: npt.ArrayLike | None = None) -> None:
        """Select clusters in this order, and spikes; the same again do nothing.

        Parameters
        ----------
        clusters : iterable of int
            The clusters, the best one first.
        n_best : int, default 1
            How many of them are best.
        spikes : array_like of int, optional
            Ids of the spikes. If None, those that are selected stay with the same clusters, and none is with others.

        Raises
        ------
        ClusteringError
            A cluster does not exist, or something is no integer.
        """
        ids = as_ids(clusters if isinstance(clusters, (np.ndarray, str, int, float)) else list(clusters))
        if ids is None:
            raise ClusteringError("Cluster ids are integers.")
        chosen = tuple(dict.fromkeys(ids.tolist()))
        for cluster in chosen:
            if cluster not in self._manager:
                raise unknown_cluster(cluster)
        n_best = min(max(n_best, 1), len(chosen))
        stay = (chosen, n_best) == (self._clusters, self._n_best)
        found = (self._spikes if stay else no_spikes()) if spikes is None else self._checked(spikes)
        if stay and np.array_equal(found, self._spikes):
            return
        self._clusters, self._n_best, self._spikes = chosen, n_best, found
        self.changed.emit()

    def add(self, clusters: Iterable[int]) -> None:
        """Add clusters as the last similar ones; raises ClusteringError where one does not exist."""
        self.select((*self._clusters, *clusters), n_best=self._n_best)

    def toggle(self, cluster: int) -> None:
        """Add a cluster as the last similar one, or drop it; raises ClusteringError where it does not exist."""
        if cluster not in self._clusters:
            self.add([cluster])
            return
        n_best = self._n_best - (cluster in self.best)
        self.select((one for one in self._clusters if one != cluster), n_best=n_best)

    def select_spikes(self, spikes: npt.ArrayLike) -> None:
        """Select spikes by id; the clusters stay. The same spikes again do nothing."""
        ids = self._checked(spikes)
        if np.array_equal(ids, self._spikes):
            return
        self._spikes = ids
        self.changed.emit()

    def _checked(self, spikes: npt.ArrayLike) -> npt.NDArray[np.int64]:
        ids = as_ids(spikes)
        if ids is None:
            raise ClusteringError("Spike ids are integers.")
        ids = np.unique(ids)
        if len(ids) and (ids[0] < 0 or ids[-1] >= self._manager.total_spikes):
            raise ClusteringError(f"Spikes go from 0 to {self._manager.total_spikes - 1}.")
        return read_only(ids)

    def toggle_spike(self, spike: int) -> None:
        """Add a spike to the selected ones, and its cluster as the last similar one, or drop the spike."""
        spikes = np.setxor1d(self._spikes, [spike])
        cluster = int(self._manager.clusters_of([spike])[0])
        if spike in spikes and cluster not in self._clusters:
            self._clusters, self._n_best = (*self._clusters, cluster), max(1, self._n_best)
        self.select_spikes(spikes)

    def __repr__(self) -> str:
        return selection_text(self)

    def _repr_html_(self) -> str:
        """Return the selected clusters for a notebook."""
        return selection_html(self, self._manager)
