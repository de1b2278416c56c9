"""Sums of masks and masked features of each cluster: what channel, depth and similarity are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.additive_sums import AdditiveSums
from napari_phy.core.arrays import evenly_spaced, read_only
from napari_phy.core.base_model import SpikeRows
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.progress import OnProgress, no_progress, part_of

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

BLOCK_BYTES = 2**24
MAX_BYTES_READ = 2**31


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSum:
    """Sums over the spikes of one cluster.

    Attributes
    ----------
    n_spikes : number of spikes.
    mask_sum : (n_channels,) sum of masks.
    feature_mask_sum : (n_features,) sum of feature x mask.
    abs_sum : (n_channels,) sum of |feature| x mask over the features of each channel.
    """

    n_spikes: int
    mask_sum: Float64
    feature_mask_sum: Float64
    abs_sum: Float64


class FeatureSums:
    """`FeatureSum` of every cluster, kept up to date through edits; safe in worker threads.

    When all rows hold more than `max_bytes`, each cluster is summed over evenly spaced spikes and scaled up once.

    Attributes
    ----------
    is_prepared : whether `prepare` has read them all.
    is_held : whether they are read elsewhere, or nobody wants them read now: then clusters are not ranked.
    """

    def __init__(
        self, manager: ClusterManager, features: SpikeRows, masks: SpikeRows, max_bytes: int = MAX_BYTES_READ
    ) -> None:
        self._manager = manager
        self._features = features
        self._masks = masks
        self._n_channels = masks.shape[1]
        self._n_features = features.shape[1]
        row_bytes = 4 * (self._n_channels + self._n_features)
        self._block = max(1, BLOCK_BYTES // row_bytes)
        self.is_sampled = manager.total_spikes * row_bytes > max_bytes
        n_clusters = max(1, len(manager.cluster_ids))
        self._n_per_cluster = max(200, max_bytes // row_bytes // n_clusters) if self.is_sampled else None
        self._sums = AdditiveSums(manager, self._compute)
        self.is_prepared = self.is_held = False

    def get(self, cluster_ids: Iterable[int], on_progress: OnProgress = no_progress) -> dict[int, FeatureSum]:
        """Return the sums of clusters, reading the spikes of those that are not known."""
        n, m = self._n_channels, self._n_channels + self._n_features
        return {
            cluster: FeatureSum(round(float(total[-1])), total[:n], total[n:m], total[m:-1])
            for cluster, total in self._sums.get(cluster_ids, on_progress).items()
        }

    def prepare(self, on_progress: OnProgress = no_progress) -> None:
        """Compute all sums in one pass over the file; `on_progress` gets 0…1 and may raise to cancel."""
        if self.is_sampled:
            ids = self._manager.cluster_ids.tolist()
            for done, cluster in enumerate(ids):
                self._sums.get([cluster], part_of(on_progress, done / len(ids), (done + 1) / len(ids)))
            self.is_prepared = True
            return
        spike_clusters = self._manager.spike_clusters
        totals: dict[int, Float64] = {}
        for start in range(0, len(spike_clusters), self._block):
            on_progress(start / len(spike_clusters))
            labels = spike_clusters[start : start + self._block]
            terms = self._terms(slice(start, start + len(labels)))
            order = np.argsort(labels, kind="stable")
            ids, starts = np.unique(labels[order], return_index=True)
            for cluster, total in zip(ids.tolist(), np.add.reduceat(terms[order], starts), strict=True):
                totals[cluster] = totals[cluster] + total if cluster in totals else total
        for cluster, total in totals.items():
            self._sums.put(cluster, read_only(total))
        self.is_prepared = True

    def _compute(self, spike_ids: Int64, on_progress: OnProgress) -> Float64:
        n_read = len(spike_ids) if self._n_per_cluster is None else min(len(spike_ids), self._n_per_cluster)
        chosen = spike_ids[evenly_spaced(len(spike_ids), n_read)]
        total = np.zeros(2 * self._n_channels + self._n_features + 1)
        for start in range(0, len(chosen), self._block):
            on_progress(start / len(chosen))
            total += self._terms(chosen[start : start + self._block]).sum(axis=0)
        return read_only(total * (len(spike_ids) / max(n_read, 1)))

    def _terms(self, spikes: slice | Int64) -> Float64:
        """Return (n, n_sums): masks, masked features, their size on each channel, and 1 for the count."""
        masks = self._masks[spikes].astype(np.float64)
        features = self._features[spikes].reshape(len(masks), self._n_channels, -1) * masks[:, :, None]
        flat = features.reshape(len(masks), -1)
        return np.concatenate([masks, flat, np.abs(features).sum(axis=2), np.ones((len(masks), 1))], axis=1)
