"""Which spike is in which cluster, such that an edit costs what it touches.

A spike holds a slot; a slot belongs to one atom, a fixed set of spikes; a cluster owns atoms. A merge hands atoms over
and writes no spike. A cut writes only the spikes that leave an atom. Spike lists are derived when asked: the clusters
of the beginning are kept as one index, and an atom is the part of its first cluster that holds its slot.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import look_up, read_only
from napari_phy.core.byte_cache import ByteCache
from napari_phy.core.errors import ClusteringError
from napari_phy.core.spike_index import SpikeIndex
from napari_phy.core.update_info import UpdateInfo

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]

N_BASES_SORTED = 64
SCAN_FRACTION = 16


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """A fixed set of spikes: those of cluster number `base` in the index that hold `slot`."""

    base: int
    slot: int
    size: int


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """An atom in pieces: the first kept its slot, each other one took a new slot with its spikes."""

    whole: Atom
    kept: Atom
    parts: tuple[tuple[Atom, Int64], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PartitionEdit:
    """One edit, ready to be applied and reverted any number of times."""

    cuts: tuple[Cut, ...]
    deleted: tuple[tuple[int, tuple[Atom, ...]], ...]
    added: tuple[tuple[int, tuple[Atom, ...]], ...]


class Partition:
    """The clusters of `n_spikes` spikes; safe to read from worker threads while the main thread edits.

    Parameters
    ----------
    spike_clusters : (n_spikes,) integers, the cluster of each spike; not kept and not written to.
    cache_bytes : how many bytes of derived spike lists are kept.
    """

    def __init__(self, spike_clusters: npt.ArrayLike, cache_bytes: int = 2**28) -> None:
        self._index, cluster_ids, self._slots = SpikeIndex.build(spike_clusters)
        self._lock = threading.RLock()
        self._atom_at: list[Atom | None] = []
        self._atoms: dict[int, tuple[Atom, ...]] = {}
        self._cluster_of: dict[Atom, int] = {}
        self._free_slots: list[int] = []
        for base, cluster in enumerate(cluster_ids.tolist()):
            atom = Atom(base, base, self._index.size(base))
            self._atom_at.append(atom)
            self._atoms[cluster] = (atom,)
            self._cluster_of[atom] = cluster
        self._sizes = {cluster: atoms[0].size for cluster, atoms in self._atoms.items()}
        self._lists: ByteCache[int, Int64] = ByteCache(cache_bytes, nbytes=lambda array: array.nbytes)
        self._spike_clusters: Int32 | None = None

    def __contains__(self, cluster_id: object) -> bool:
        return cluster_id in self._sizes

    def __len__(self) -> int:
        """Number of spikes."""
        return len(self._slots)

    @property
    def cluster_ids(self) -> Int64:
        """(n_clusters,) ascending ids of the clusters that exist."""
        with self._lock:
            ids = np.fromiter(self._sizes, np.int64, len(self._sizes))
        ids.sort()
        return read_only(ids)

    @property
    def spike_clusters(self) -> Int32:
        """(n_spikes,) read-only cluster of each spike, derived and kept until the next edit."""
        with self._lock:
            if self._spike_clusters is None:
                self._spike_clusters = read_only(look_up(self._cluster_of_slot(), self._slots))
            return self._spike_clusters

    def n_spikes(self, cluster_id: int) -> int:
        """Return the number of spikes of a cluster."""
        try:
            return self._sizes[cluster_id]
        except KeyError:
            raise unknown_cluster(cluster_id) from None

    def spikes(self, cluster_id: int) -> Int64:
        """Return the ascending, read-only spike ids of a cluster."""
        with self._lock:
            found = self._lists.get(cluster_id)
            if found is None:
                if cluster_id not in self._atoms:
                    raise unknown_cluster(cluster_id)
                found = read_only(self._derive(self._atoms[cluster_id]))
                self._lists.put(cluster_id, found)
            return found

    def clusters_of(self, spike_ids: Int64) -> Int64:
        """Return the cluster of each of the spikes."""
        with self._lock:
            return self._cluster_of_slot().take(self._slots.take(spike_ids)).astype(np.int64)

    def clusters_touched(self, spike_ids: Int64) -> list[int]:
        """Return the ascending ids of the clusters that hold any of the spikes."""
        with self._lock:
            slots = self._slots.take(spike_ids)
            found = slots[:1] if (slots == slots[:1]).all() else np.unique(slots)
            atoms = (self._atom_at[slot] for slot in found.tolist())
            return sorted({self._cluster_of[atom] for atom in atoms if atom is not None})

    def plan(self, update: UpdateInfo) -> PartitionEdit:
        """Return the edit that a record asks for; nothing is changed.

        Raises ClusteringError when the record does not fit the clusters that exist.
        """
        with self._lock:
            for cluster in update.deleted:
                if cluster not in self._atoms:
                    raise unknown_cluster(cluster)
            for cluster in update.added:
                if cluster in self._atoms:
                    raise ClusteringError(f"Cluster {cluster} exists already; nothing was changed.")
            heirs = dict(update.heirs)
            taken: dict[int, list[Atom]] = {cluster: [] for cluster in update.added}
            cuts: list[Cut] = []
            pieces = self._pieces(update)
            for cluster in update.deleted:
                for atom in self._atoms[cluster]:
                    self._hand_over(atom, pieces.pop(atom.slot, []), heirs.get(cluster), taken, cuts)
            if pieces:
                raise ClusteringError("The record names spikes of clusters that it does not delete.")
            for cluster, atoms in taken.items():
                if not atoms:
                    raise ClusteringError(f"Cluster {cluster} would have no spikes; nothing was changed.")
            return PartitionEdit(
                tuple(cuts),
                tuple((cluster, self._atoms[cluster]) for cluster in update.deleted),
                tuple((cluster, tuple(atoms)) for cluster, atoms in taken.items()),
            )

    def apply(self, edit: PartitionEdit) -> None:
        """Do an edit that was planned on this state."""
        with self._lock:
            for cut in edit.cuts:
                self._atom_at[cut.kept.slot] = cut.kept
                del self._cluster_of[cut.whole]
                for atom, spike_ids in cut.parts:
                    self._slots[spike_ids] = atom.slot
                    self._atom_at[atom.slot] = atom
            self._replace(edit.deleted, edit.added)

    def revert(self, edit: PartitionEdit) -> None:
        """Take back the edit that was done last."""
        with self._lock:
            for cut in edit.cuts:
                for atom, spike_ids in cut.parts:
                    self._slots[spike_ids] = cut.whole.slot
                    self._atom_at[atom.slot] = None
                    del self._cluster_of[atom]
                del self._cluster_of[cut.kept]
                self._atom_at[cut.whole.slot] = cut.whole
            self._replace(edit.added, edit.deleted)

    def release(self, edits: Iterable[PartitionEdit]) -> None:
        """Forget reverted edits that can't be done again: their slots are free."""
        with self._lock:
            self._free_slots += [atom.slot for edit in edits for cut in edit.cuts for atom, _ in cut.parts]

    def _replace(
        self, old: tuple[tuple[int, tuple[Atom, ...]], ...], new: tuple[tuple[int, tuple[Atom, ...]], ...]
    ) -> None:
        for cluster, _ in old:
            del self._atoms[cluster], self._sizes[cluster]
        for cluster, atoms in new:
            self._atoms[cluster] = atoms
            self._sizes[cluster] = sum(atom.size for atom in atoms)
            for atom in atoms:
                self._cluster_of[atom] = cluster
        if old or new:
            self._spike_clusters = None

    def _pieces(self, update: UpdateInfo) -> dict[int, list[tuple[int, Int64]]]:
        """Return {slot: [(target cluster, spike ids)]} of the spikes that the record names."""
        spike_ids = update.spike_ids
        if not len(spike_ids):
            return {}
        slots = self._slots.take(spike_ids)
        targets = update.spike_clusters
        first_slot, first_target = int(slots[0]), int(targets[0])
        if (slots == first_slot).all() and (targets == first_target).all():
            return {first_slot: [(first_target, spike_ids)]}
        order = np.lexsort((targets, slots))
        slots, targets = slots[order], targets[order]
        starts = np.flatnonzero((np.diff(slots, prepend=-1) != 0) | (np.diff(targets, prepend=-1) != 0))
        pieces: dict[int, list[tuple[int, Int64]]] = {}
        for start, members in zip(starts, np.split(order, starts[1:]), strict=True):
            pieces.setdefault(int(slots[start]), []).append((int(targets[start]), spike_ids[np.sort(members)]))
        return pieces

    def _hand_over(
        self,
        atom: Atom,
        pieces: list[tuple[int, Int64]],
        heir: int | None,
        taken: dict[int, list[Atom]],
        cuts: list[Cut],
    ) -> None:
        """Give an atom, whole or in pieces, to the added clusters."""
        rest = atom.size - sum(len(spike_ids) for _, spike_ids in pieces)
        if rest and heir is None:
            raise ClusteringError("The record leaves spikes without a cluster; nothing was changed.")
        if rest and heir is not None:
            keeper, kept_size = heir, rest
        else:
            pieces = sorted(pieces, key=lambda piece: len(piece[1]))
            keeper, kept_ids = pieces.pop()
            kept_size = len(kept_ids)
        if not pieces:
            taken[keeper].append(atom)
            return
        kept = Atom(atom.base, atom.slot, kept_size)
        parts = tuple((Atom(atom.base, self._new_slot(), len(spike_ids)), spike_ids) for _, spike_ids in pieces)
        taken[keeper].append(kept)
        for (target, _), (part, _) in zip(pieces, parts, strict=True):
            taken[target].append(part)
        cuts.append(Cut(atom, kept, parts))

    def _new_slot(self) -> int:
        if self._free_slots:
            return self._free_slots.pop()
        self._atom_at.append(None)
        return len(self._atom_at) - 1

    def _cluster_of_slot(self) -> Int32:
        """Return (n_slots,) cluster of each slot."""
        clusters = self._cluster_of
        return np.fromiter(
            (-1 if atom is None else clusters[atom] for atom in self._atom_at), np.int32, len(self._atom_at)
        )

    def _derive(self, atoms: tuple[Atom, ...]) -> Int64:
        bases: dict[int, int] = {}  # and how many of its spikes are wanted
        for atom in atoms:
            bases[atom.base] = bases.get(atom.base, 0) + atom.size
        n_read = sum(map(self._index.size, bases))
        slots = np.array([atom.slot for atom in atoms])
        if len(bases) > N_BASES_SORTED and n_read * SCAN_FRACTION > len(self._slots):
            return np.flatnonzero(look_up(self._marked(slots), self._slots))
        parts = [self._spikes_of_base(base, n_spikes, slots) for base, n_spikes in bases.items()]
        if len(parts) == 1:
            return parts[0].astype(np.int64)
        joined = np.concatenate(parts).astype(np.int64)
        joined.sort(kind="stable")
        return joined

    def _spikes_of_base(self, base: int, n_spikes: int, slots: Int64) -> Int32:
        """Return the `n_spikes` spikes of a cluster of the index that hold one of the slots."""
        members = self._index.members(base)
        if n_spikes == len(members):
            return members
        held = self._slots.take(members)
        inside: npt.NDArray[np.bool_] = held == slots[0] if len(slots) == 1 else self._marked(slots).take(held)
        return members[inside]

    def _marked(self, slots: Int64) -> npt.NDArray[np.bool_]:
        """Return (n_slots,) whether each slot is one of these."""
        marked = np.zeros(len(self._atom_at), dtype=bool)
        marked[slots] = True
        return marked


def unknown_cluster(cluster_id: object) -> ClusteringError:
    """Return the error for a cluster that does not exist."""
    return ClusteringError(f"There is no cluster {cluster_id}; it was merged, split or never existed.")
