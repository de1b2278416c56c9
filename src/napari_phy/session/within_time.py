"""What is open, with only the spikes of a stretch of time: every view that looks at it is filtered."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.time_cursor import UsedTime, same_time
from napari_phy.session.open_clustering import OpenClustering


class ClusteringWithin:
    """The clustering as views read it; spike ids are ascending in time, so each cluster's are slices of all.

    Parameters
    ----------
    manager : ClusterManager
        The whole clustering.
    spans : tuple of tuple of int
        Spike ids from the first to before the last of each stretch, ascending.

    Attributes
    ----------
    spike_spans : tuple of tuple of int
        The same.
    """

    def __init__(self, manager: ClusterManager, spans: tuple[tuple[int, int], ...]) -> None:
        self._manager = manager
        self.spike_spans = spans

    def spikes(self, cluster_id: int) -> npt.NDArray[np.int64]:
        """Return the ascending ids of a cluster's spikes in the stretch."""
        spikes = self._manager.spikes(cluster_id)
        parts = [spikes[first:stop] for first, stop in np.searchsorted(spikes, self.spike_spans).tolist()]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

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
    range_s : UsedTime
        Start and stop of each stretch in seconds; a spike at the stop is outside.
    """

    def __init__(self, opened: OpenClustering, range_s: UsedTime) -> None:
        self.whole, self.range_s = opened, range_s
        rate = opened.model.sample_rate
        edges = [[math.ceil(round(edge * rate, 6)) for edge in span] for span in range_s.spans]
        spans = np.searchsorted(opened.model.spike_samples, edges).tolist()
        self.manager = ClusteringWithin(opened.manager, tuple((first, stop) for first, stop in spans))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)


def within(opened: OpenClustering, range_s: UsedTime | None, last: OpenWithin | None) -> OpenWithin | None:
    """Return what is open within a stretch of time: `last`, if it is that already; None for the whole time."""
    if range_s is None:
        return None
    if last is not None and last.whole is opened and same_time(last.range_s, range_s):
        return last
    return OpenWithin(opened, range_s)
