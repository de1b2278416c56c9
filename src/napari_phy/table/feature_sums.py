"""Sums of masks and masked features of each cluster: what channel, depth and similarity are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced, is_measured, read_only
from napari_phy.core.base_model import SpikeRows
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.additive_sums import AdditiveSums
from napari_phy.table.spike_rows import FewRows

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

BLOCK_BYTES = 2**24
MAX_BYTES_READ = 2**31


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSum:
    """Sums over the spikes of one cluster.

    Attributes
    ----------
    n_spikes : int
        Number of spikes that have features.
    mask_sum : ndarray of float64, shape (n_channels,)
        Sum of masks.
    feature_mask_sum : ndarray of float64, shape (n_features,)
        Sum of feature x mask.
    abs_sum : ndarray of float64, shape (n_channels,)
        Sum of |feature| x mask over the features of each channel.
    """

    n_spikes: int
    mask_sum: Float64
    feature_mask_sum: Float64
    abs_sum: Float64


class FeatureSums:
    """`FeatureSum` of every cluster, kept up to date through edits; safe in worker threads.

    When all rows hold more than `max_bytes`, each cluster is summed over evenly spaced spikes and scaled up once. A
    spike with one feature or mask that cannot have been measured counts for none of the sums.

    Attributes
    ----------
    is_prepared : bool
        Whether `prepare` has read them all.
    is_held : bool
        Whether they are read elsewhere, or are not to be read now: then clusters are not ranked.
    """

    def __init__(
        self, manager: ClusterManager, features: SpikeRows, masks: SpikeRows, max_bytes: int = MAX_BYTES_READ
    ) -> None:
        self._manager = manager
        self._features = features
        self._masks = masks
        self._n_channels = masks.shape[1]
        self._n_features = features.shape[1]
        self._few = (features, masks) if isinstance(features, FewRows) and isinstance(masks, FewRows) else None
        row_bytes = 4 * (self._n_channels + self._n_features)
        read_bytes = row_bytes if self._few is None else 4 * sum(rows.n_at_most for rows in self._few)
        self._block = max(1, BLOCK_BYTES // max(1, read_bytes))
        self.is_sampled = manager.total_spikes * row_bytes > max_bytes
        n_clusters = max(1, len(manager.cluster_ids))
        self._n_per_cluster = max(200, max_bytes // row_bytes // n_clusters) if self.is_sampled else None
        self._sums = AdditiveSums(manager, self._compute)
        self._is_unmeasured: npt.NDArray[np.bool_] | None = None  # (n_spikes,), once there is one
        self.is_prepared = self.is_held = False

    @property
    def is_small(self) -> bool:
        """Whether all rows are read at once, which takes a moment."""
        return self._manager.total_spikes <= self._block

    @property
    def n_unmeasured(self) -> int:
        """How many of the spikes that were read have a feature or mask that cannot have been measured."""
        return 0 if self._is_unmeasured is None else int(np.count_nonzero(self._is_unmeasured))

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
            self._sums.get(self._manager.cluster_ids.tolist(), on_progress)
            self.is_prepared = True
            return
        spike_clusters = self._manager.spike_clusters
        blocks = (slice(start, start + self._block) for start in range(0, len(spike_clusters), self._block))
        totals = self._summed(((block, spike_clusters[block]) for block in blocks), len(spike_clusters), on_progress)
        for cluster, total in totals.items():
            self._sums.put(cluster, read_only(total))
        self.is_prepared = True

    def _compute(self, clusters: Sequence[Int64], on_progress: OnProgress) -> list[Float64]:
        """Return the sum over each of several sets of spikes; rows are read once, in the order of the file."""
        chosen = [spikes[evenly_spaced(len(spikes), self._n_per_cluster)] for spikes in clusters]
        sizes = [len(spikes) for spikes in chosen]
        spikes, owners = np.concatenate(chosen), np.repeat(np.arange(len(chosen)), sizes)
        order = np.argsort(spikes, kind="stable")
        blocks = (order[start : start + self._block] for start in range(0, len(order), self._block))
        totals = self._summed(((spikes[block], owners[block]) for block in blocks), len(order), on_progress)
        nothing = np.zeros(2 * self._n_channels + self._n_features + 1)
        scales = [len(all_spikes) / max(size, 1) for all_spikes, size in zip(clusters, sizes, strict=True)]
        return [read_only(totals.get(owner, nothing) * scale) for owner, scale in enumerate(scales)]

    def _summed(
        self, blocks: Iterable[tuple[slice | Int64, npt.NDArray[np.integer]]], n_rows: int, on_progress: OnProgress
    ) -> dict[int, Float64]:
        """Return {label: sum of its rows}, of blocks of spikes and their labels."""
        totals: dict[int, Float64] = {}
        n_done = 0
        for spikes, labels in blocks:
            on_progress(n_done / n_rows)
            if self._few is not None:
                found, rows = self._sums_of_few(*self._few, spikes, labels)
            else:
                terms, order = self._terms(spikes), np.argsort(labels, kind="stable")
                found, starts = np.unique(labels[order], return_index=True)
                rows = np.add.reduceat(terms[order], starts)
            for label, total in zip(found.tolist(), rows, strict=True):
                totals[label] = totals[label] + total if label in totals else total.copy()
            n_done += len(labels)
        return totals

    def _terms(self, spikes: slice | Int64) -> Float64:
        """Return (n, n_sums): masks, masked features, their size on each channel, and 1 for the count."""
        masks, values = self._masks[spikes], self._features[spikes]
        measured = is_measured(values) & is_measured(masks)
        if not measured.all():
            masks, values = np.where(measured[:, None], masks, 0), np.where(measured[:, None], values, 0)
            self._note_unmeasured(spikes, ~measured)
        masks = masks.astype(np.float64)
        features = values.reshape(len(masks), self._n_channels, -1) * masks[:, :, None]
        flat = features.reshape(len(masks), -1)
        return np.concatenate([masks, flat, np.abs(features).sum(axis=2), measured[:, None]], axis=1)

    def _sums_of_few(
        self, features: FewRows, masks: FewRows, spikes: slice | Int64, labels: npt.NDArray[np.integer]
    ) -> tuple[npt.NDArray[np.integer], Float64]:
        """Return the labels and (n_labels, n_sums), the sums of `_terms` by label, without what is 0."""
        (columns, values), (channels, of_masks) = features.few(spikes), masks.few(spikes)
        measured = is_measured(values) & is_measured(of_masks)
        if not measured.all():
            values, of_masks = np.where(measured[:, None], values, 0), np.where(measured[:, None], of_masks, 0)
            self._note_unmeasured(spikes, ~measured)
        found, places = np.unique(labels, return_inverse=True)
        n_each = values.shape[1] // max(1, of_masks.shape[1])
        masked = values.astype(np.float64) * np.repeat(of_masks, n_each, axis=1)
        sizes = np.abs(masked).reshape(*channels.shape, n_each).sum(axis=2)
        parts = [
            _by_label(places, len(found), channels, of_masks, self._n_channels),
            _by_label(places, len(found), columns, masked, self._n_features),
            _by_label(places, len(found), channels, sizes, self._n_channels),
            np.bincount(places, weights=measured, minlength=len(found))[:, None],
        ]
        return found, np.concatenate(parts, axis=1)

    def _note_unmeasured(self, spikes: slice | Int64, unmeasured: npt.NDArray[np.bool_]) -> None:
        if self._is_unmeasured is None:
            self._is_unmeasured = np.zeros(self._manager.total_spikes, dtype=np.bool_)
        self._is_unmeasured[spikes] = unmeasured


def _by_label(
    places: Int64, n_labels: int, columns: Int64, values: npt.NDArray[np.floating], n_columns: int
) -> Float64:
    """Return (n_labels, n_columns), the sums of values by the label of their row and by their column."""
    flat = (places[:, None] * n_columns + columns).reshape(-1)
    sums = np.bincount(flat, weights=values.reshape(-1), minlength=n_labels * n_columns)
    return sums.reshape(n_labels, n_columns).astype(np.float64, copy=False)
