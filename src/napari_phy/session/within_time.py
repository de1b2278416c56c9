"""What is open, with only the spikes of a stretch of time: every view that looks at it is filtered."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.session.open_clustering import OpenClustering

TimeRange = tuple[float, float]


class ClusteringWithin:
    """The clustering as views read it; spike ids are ascending in time, so each cluster's are a slice of all.

    Parameters
    ----------
    manager : ClusterManager
        The whole clustering.
    first, stop : int
        Spike ids from the first to before the last.

    Attributes
    ----------
    spike_range : tuple of int
        Both.
    """

    def __init__(self, manager: ClusterManager, first: int, stop: int) -> None:
        self._manager = manager
        self.spike_range = first, stop

    def spikes(self, cluster_id: int) -> npt.NDArray[np.int64]:
        """Return the ascending ids of a cluster's spikes in the stretch."""
        spikes = self._manager.spikes(cluster_id)
        first, stop = np.searchsorted(spikes, self.spike_range)
        return spikes[first:stop]

    def n_spikes(self, cluster_id: int) -> int:
        """Return how many spikes of a cluster are in the stretch."""
        return len(self.spikes(cluster_id))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)


class OpenWithin:
    """An open clustering that shows a stretch of time; model, features and columns are those of the whole.

    Parameters
    ----------
    opened : OpenClustering
        What is open.
    range_s : TimeRange
        Start and stop in seconds; a spike at the stop is outside.
    """

    def __init__(self, opened: OpenClustering, range_s: TimeRange) -> None:
        self.whole, self.range_s = opened, range_s
        samples = opened.model.spike_samples
        edges = [math.ceil(round(edge * opened.model.sample_rate, 6)) for edge in range_s]
        first, stop = np.searchsorted(samples, edges).tolist()
        self.manager = ClusteringWithin(opened.manager, first, stop)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)


def within(opened: OpenClustering, range_s: TimeRange | None, last: OpenWithin | None) -> OpenWithin | None:
    """Return what is open within a stretch of time: `last`, if it is that already; None for the whole time."""
    if range_s is None:
        return None
    if last is not None and last.whole is opened and last.range_s == range_s:
        return last
    return OpenWithin(opened, range_s)
