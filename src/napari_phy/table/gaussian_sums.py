"""Sums of masked features that the Gaussians of clusters are made of, kept up to date through edits."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced, is_measured
from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.memory import ByteCache
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.core.update_info import UpdateInfo
from napari_phy.stats.masked_sums import MaskedNoise, MaskedSums, Rows, core_channels, masked_sums, merged_sums
from napari_phy.table.additive_sums import SMALLEST_REST
from napari_phy.table.cluster_arrays import families
from napari_phy.table.feature_sums import BLOCK_BYTES, MAX_BYTES_READ
from napari_phy.table.spike_rows import read_in_file_order, required

Int64 = npt.NDArray[np.int64]

N_FOR_NOISE = 2**17  # spikes that tell what is masked
N_AT_ONCE = 20_000  # spikes that are read while somebody waits


class GaussianSums:
    """`MaskedSums` of every cluster; safe in worker threads.

    Those of a merged cluster are the sums over its parents. Of a split the largest part is its parents less the others.
    When all rows hold more than `max_bytes`, each cluster is summed over evenly spaced spikes and scaled up once. A
    spike with one feature or mask that cannot have been measured counts for none of the sums.

    Parameters
    ----------
    manager : ClusterManager
        The clustering.
    model : BaseModel
        The data set, with features and masks.
    """

    def __init__(self, manager: ClusterManager, model: BaseModel, max_bytes: int = MAX_BYTES_READ) -> None:
        self._manager = manager
        self._features: SpikeRows = required(model.features, model, "features")
        self._masks: SpikeRows = required(model.masks, model, "masks")
        row_bytes = 4 * (self._features.shape[1] + self._masks.shape[1])
        self._block = max(1, BLOCK_BYTES // row_bytes)
        self._is_sampled = manager.total_spikes * row_bytes > max_bytes
        n_clusters = max(1, len(manager.cluster_ids))
        self._n_per_cluster = max(200, max_bytes // row_bytes // n_clusters) if self._is_sampled else None
        self._sums: ByteCache[int, MaskedSums] = ByteCache(lambda sums: sums.nbytes)
        self._families: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = {}
        self._noise: MaskedNoise | None = None
        self._lock = threading.Lock()
        self._noise_lock = threading.Lock()
        manager.changed.connect(self._on_changed)

    def noise(self, on_progress: OnProgress = no_progress) -> MaskedNoise:
        """Return what is masked, in all clusters alike; of some spikes where there are very many."""
        with self._noise_lock:
            if self._noise is None:
                spikes = evenly_spaced(self._manager.total_spikes, N_FOR_NOISE)
                starts = range(0, len(spikes), self._block)
                blocks = (self._rows(spikes[start : start + self._block])[0] for start in starts)
                self._noise = MaskedNoise.of(_told(blocks, len(starts), on_progress))
            return self._noise

    def knows(self, cluster_ids: Iterable[int]) -> bool:
        """Return whether the sums of clusters are known, or follow from what is with a moment of reading."""
        if self._noise is None:
            return False
        ids = list(cluster_ids)
        known = self._sums.known(ids)
        return all(one in known or self._follows(one) for one in ids)

    def _follows(self, cluster: int) -> bool:
        parents, siblings = self._parents(cluster), self._families.get(cluster, ((), ()))[1]
        if parents is None or cluster not in self._manager:
            return False
        if not siblings:
            return self._is_sampled or all(sums.outside is not None for sums in parents.values())
        sizes = sorted(self._manager.n_spikes(one) for one in (cluster, *siblings) if one in self._manager)
        return sum(sizes[:-1]) <= N_AT_ONCE

    def get(self, cluster_ids: Iterable[int], on_progress: OnProgress = no_progress) -> dict[int, MaskedSums]:
        """Return {cluster: its sums}, reading the spikes of those that do not follow from others."""
        ids = [int(cluster) for cluster in cluster_ids]
        noise = self.noise(part_of(on_progress, 0, 0.2))
        found: dict[int, MaskedSums] = self._sums.known(ids)
        unknown = [cluster for cluster in ids if cluster not in found]
        for cluster in unknown:
            if cluster not in found:
                found |= self._derived(cluster, noise)
        wanted = [cluster for cluster in ids if cluster not in found]
        if wanted:
            found |= self._read_sums(wanted, noise, {}, part_of(on_progress, 0.2, 1))
        self._sums.put_all({cluster: found[cluster] for cluster in unknown})
        return {cluster: found[cluster] for cluster in ids}

    def _derived(self, cluster: int, noise: MaskedNoise) -> dict[int, MaskedSums]:
        """Return what follows from the parents of a cluster: its sums, and those of its siblings."""
        parents = self._parents(cluster)
        if parents is None:
            return {}
        total = self._merged(parents, noise) if len(parents) > 1 else next(iter(parents.values()))
        if total is None:
            return {}
        siblings = self._families[cluster][1]
        if not siblings:
            return {cluster: total}
        sizes = {one: self._manager.n_spikes(one) for one in (cluster, *siblings) if one in self._manager}
        if len(sizes) <= len(siblings):
            return {}
        largest = max(sizes, key=lambda one: (sizes[one], one))
        others = [one for one in sizes if one != largest]
        if self._is_sampled or sizes[largest] < SMALLEST_REST * sum(sizes.values()):
            return {}
        parts = self._read_sums(others, noise, dict.fromkeys(others, total.core))
        rest = total
        for one, part in parts.items():
            outside = rest.outside
            rest = rest.minus(part)
            if outside is not None:
                rest = replace(rest, outside=np.setdiff1d(outside, self._manager.spikes(one), assume_unique=True))
        found = {**parts, largest: rest}
        if not all(np.isin(one.own_core, total.core).all() for one in found.values()):
            return {}  # of a core that was cut: other channels take part in a part of it
        return {one: sums.on(sums.own_core) for one, sums in found.items()}

    def _parents(self, cluster: int) -> dict[int, MaskedSums] | None:
        parents = self._families.get(cluster, ((), ()))[0]
        known = self._sums.known(parents)
        return known if parents and len(known) == len(parents) else None

    def _merged(self, parents: Mapping[int, MaskedSums], noise: MaskedNoise) -> MaskedSums | None:
        """Return the sums over several clusters, None where all of their spikes would have to be read."""
        parts = list(parents.values())

        def read(place: int) -> Rows | None:
            if self._is_sampled:
                return None  # what a few spikes add to very many
            outside = parts[place].outside
            if outside is None:
                raise _NotKnownError
            return self._rows(outside)[0] if len(outside) else None

        try:
            return merged_sums(parts, noise, read)
        except _NotKnownError:
            return None

    def _read_sums(
        self,
        clusters: Sequence[int],
        noise: MaskedNoise,
        cores: Mapping[int, Int64],
        on_progress: OnProgress = no_progress,
    ) -> dict[int, MaskedSums]:
        """Return the sums of clusters from their rows, which are read twice in the order of the file: masks first."""
        every = [self._manager.spikes(cluster) for cluster in clusters]
        chosen = [spikes[evenly_spaced(len(spikes), self._n_per_cluster)] for spikes in every]
        spikes = np.concatenate(chosen)
        owners = np.repeat(np.arange(len(chosen)), [len(some) for some in chosen])
        order = np.argsort(spikes, kind="stable")
        spikes, owners = spikes[order], owners[order]
        own = self._cores(spikes, owners, len(chosen), part_of(on_progress, 0, 0.3))
        totals = [_nothing(noise, self._masks.shape[1], cores.get(c, own[p])) for p, c in enumerate(clusters)]
        told = part_of(on_progress, 0.3, 1)
        for start in range(0, len(spikes), self._block):
            told(start / len(spikes))
            some = slice(start, start + self._block)
            rows, measured = self._rows(spikes[some])
            ids, labels = spikes[some][measured], owners[some][measured]
            by_owner = np.argsort(labels, kind="stable")
            found, firsts = np.unique(labels[by_owner], return_index=True)
            for owner, places in zip(found.tolist(), np.split(by_owner, firsts[1:]), strict=True):
                part = masked_sums((rows[0][places], rows[1][places]), ids[places], noise, totals[owner].core)
                totals[owner] = totals[owner].plus(part)
        return {
            cluster: total.scaled(len(all_spikes) / max(len(some), 1)) if self._is_sampled else total
            for cluster, total, all_spikes, some in zip(clusters, totals, every, chosen, strict=True)
        }

    def _cores(self, spikes: Int64, owners: Int64, n: int, on_progress: OnProgress) -> list[Int64]:
        """Return the core of each owner of spikes."""
        n_unmasked, mask_sum = np.zeros((2, n, self._masks.shape[1]))
        for start in range(0, len(spikes), self._block):
            on_progress(start / len(spikes))
            some = slice(start, start + self._block)
            rows, measured = self._rows(spikes[some])
            np.add.at(n_unmasked, owners[some][measured], rows[1] > 0)
            np.add.at(mask_sum, owners[some][measured], rows[1])
        n_per_channel = self._features.shape[1] // self._masks.shape[1]
        return [core_channels(*of, n_per_channel) for of in zip(n_unmasked, mask_sum, strict=True)]

    def _rows(self, spike_ids: Int64) -> tuple[Rows, npt.NDArray[np.bool_]]:
        """Return features and masks of those ascending spikes that were measured, and which these are."""
        features, masks = read_in_file_order(self._features, spike_ids), read_in_file_order(self._masks, spike_ids)
        measured = is_measured(features) & is_measured(masks)
        return ((features, masks) if measured.all() else (features[measured], masks[measured])), measured

    def _on_changed(self, update: UpdateInfo) -> None:
        with self._lock:
            for parents, children in families(update):
                for child in children:
                    if child not in self._families:
                        self._families[child] = (parents, tuple(one for one in children if one != child))


class _NotKnownError(Exception):
    """It is not known which spikes to read."""


def _nothing(noise: MaskedNoise, n_channels: int, core: Int64) -> MaskedSums:
    """Return the sums over no spikes, for a core."""
    n_features = len(noise.mean)
    none = np.empty((0, n_features), np.float32), np.empty((0, n_channels), np.float32)
    return masked_sums(none, np.empty(0, np.int64), noise, core)


def _told(blocks: Iterable[Rows], n: int, on_progress: OnProgress) -> Iterator[Rows]:
    for number, rows in enumerate(blocks):
        on_progress(number / n)
        yield rows
