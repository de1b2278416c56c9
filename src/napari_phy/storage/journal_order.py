"""The order of spikes in journals and saves, where it is not that of time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.update_info import UpdateInfo


@dataclass(frozen=True, slots=True, eq=False)
class JournalOrder:
    """Turns spike ids of the program into those of the journal, and back.

    Journals and files count spikes in the order that the numbers in the file give, which depends on that file alone.
    Where these numbers mean recordings in the order of text, the program has the spikes in another order, that of
    time; so edits stay with their spikes whichever way the recordings are read.

    Attributes
    ----------
    places : ndarray of int64, shape (n_spikes,) or None
        Id in the journal of each spike; None where they are the same.
    """

    places: npt.NDArray[np.int64] | None

    def to_journal(self, clustering: StoredClustering) -> StoredClustering:
        """Return a clustering of spikes in time as one of spikes in the journal's order."""
        if self.places is None:
            return clustering
        return replace(clustering, spike_clusters=_scattered(clustering.spike_clusters, self.places))

    def from_journal(self, clustering: StoredClustering) -> StoredClustering:
        """Return what `to_journal` was given."""
        if self.places is None:
            return clustering
        return replace(clustering, spike_clusters=clustering.spike_clusters[self.places])

    def record_to_journal(self, update: UpdateInfo) -> UpdateInfo:
        """Return an edit with the spike ids of the journal, ascending."""
        return update if self.places is None else _renamed(update, self.places)

    def record_from_journal(self, update: UpdateInfo) -> UpdateInfo:
        """Return an edit with the spike ids of the program, ascending."""
        if self.places is None or not len(update.spike_ids):
            return update
        return _renamed(update, _scattered(np.arange(len(self.places)), self.places))


def _renamed(update: UpdateInfo, names: npt.NDArray[np.int64]) -> UpdateInfo:
    ids = names[update.spike_ids]
    order = np.argsort(ids)
    ids, clusters = ids[order], update.spike_clusters[order]
    for array in (ids, clusters):
        array.flags.writeable = False
    return replace(update, spike_ids=ids, spike_clusters=clusters)


def _scattered(values: npt.NDArray[Any], places: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Return an array that has each value at its place."""
    scattered = np.empty_like(values)
    scattered[places] = values
    return scattered
