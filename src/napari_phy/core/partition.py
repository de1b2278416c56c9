"""Which spike is in which cluster, such that an edit costs what it touches.

A spike holds a slot; a slot belongs to one atom, a fixed set of spikes; a cluster owns atoms. A merge hands atoms over
and writes no spike. A cut writes only the spikes that leave their atoms; they become one new atom, however many they
come from. Spike lists are derived when asked: an atom knows an array that holds its spikes, a cluster of the beginning
or the spikes that a record names, and its spikes are those in it that hold its slot.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
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

N_ATOMS_SORTED = 64
SCAN_FRACTION = 16


@dataclass(frozen=True, slots=True, eq=False)
class Atom:
    """A fixed set of spikes: those of `among` (ascending) that hold `slot`."""

    slot: int
    size: int
    among: Int32 | Int64


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """An atom that spikes leave, and the atom of those that stay; None when all leave."""

    whole: Atom
    kept: Atom | None


@dataclass(frozen=True, slots=True, eq=False)
class Leaving:
    """Spikes that leave their atoms for one of their own, and the slots that they held: (n,), or () when all one."""

    atom: Atom
    spike_ids: Int64
    old_slots: Int32


@dataclass(frozen=True, slots=True, eq=False)
class PartitionEdit:
    """One edit, ready to be applied and reverted any number of times."""

    cuts: tuple[Cut, ...]
    leaving: tuple[Leaving, ...]
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
        index, cluster_ids, self._slots = SpikeIndex.build(spike_clusters)
        self._lock = threading.RLock()
        self._atom_at: list[Atom | None] = []
        self._atoms: dict[int, tuple[Atom, ...]] = {}
        self._cluster_of: dict[Atom, int] = {}
        self._free_slots: list[int] = []
        for slot, cluster in enumerate(cluster_ids.tolist()):
            atom = Atom(slot, index.size(slot), index.members(slot))
            self._atom_at.append(atom)
            self._atoms[cluster] = (atom,)
            self._cluster_of[atom] = cluster
        self._sizes = {cluster: atoms[0].size for cluster, atoms in self._atoms.items()}
        self._lists: ByteCache[int, Int64] = ByteCache(cache_bytes, nbytes=lambda array: array.nbytes)
        self._spike_clusters: Int32 | None = None
        self._n_cuts = 0

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

    @property
    def slots(self) -> Int32:
        """(n_spikes,) slot of each spike: the living array, read-only for others; it changes with `n_cuts`."""
        slots = self._slots.view()
        slots.flags.writeable = False
        return slots

    @property
    def n_cuts(self) -> int:
        """How often spikes were given other slots; merges and their undo don't."""
        return self._n_cuts

    @property
    def slot_clusters(self) -> Int32:
        """(n_slots,) cluster of each slot, −1 where none has it."""
        with self._lock:
            return read_only(self._cluster_of_slot())

    def slots_since(self, n_cuts: int | None) -> tuple[int, Int32 | None, Int32]:
        """Return (`n_cuts` now, a copy of `slots` unless it is as it was then, `slot_clusters`), all of one moment."""
        with self._lock:
            slots = None if n_cuts == self._n_cuts else read_only(self._slots.copy())
            return self._n_cuts, slots, self.slot_clusters

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
            taken: dict[int, list[Atom]] = {cluster: [] for cluster in update.added}
            old_slots = self._slots.take(update.spike_ids)
            cuts = self._hand_over(update, _counts(old_slots), taken)
            leaving = self._leave(update, old_slots, taken)
            for cluster, atoms in taken.items():
                if not atoms:
                    raise ClusteringError(f"Cluster {cluster} would have no spikes; nothing was changed.")
            return PartitionEdit(
                tuple(cuts),
                tuple(leaving),
                tuple((cluster, self._atoms[cluster]) for cluster in update.deleted),
                tuple((cluster, tuple(atoms)) for cluster, atoms in taken.items()),
            )

    def apply(self, edit: PartitionEdit) -> None:
        """Do an edit that was planned on this state."""
        with self._lock:
            self._n_cuts += bool(edit.leaving)
            for cut in edit.cuts:
                self._atom_at[cut.whole.slot] = cut.kept
                del self._cluster_of[cut.whole]
            for part in edit.leaving:
                self._slots[part.spike_ids] = part.atom.slot
                self._atom_at[part.atom.slot] = part.atom
            self._replace(edit.deleted, edit.added)

    def revert(self, edit: PartitionEdit) -> None:
        """Take back the edit that was done last."""
        with self._lock:
            self._n_cuts += bool(edit.leaving)
            for part in edit.leaving:
                self._slots[part.spike_ids] = part.old_slots
                self._atom_at[part.atom.slot] = None
                del self._cluster_of[part.atom]
            for cut in edit.cuts:
                if cut.kept is not None:
                    del self._cluster_of[cut.kept]
                self._atom_at[cut.whole.slot] = cut.whole
            self._replace(edit.added, edit.deleted)

    def release(self, edits: Iterable[PartitionEdit]) -> None:
        """Forget reverted edits that can't be done again: their slots are free."""
        with self._lock:
            self._free_slots += [part.atom.slot for edit in edits for part in edit.leaving]

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

    def _hand_over(self, update: UpdateInfo, n_leaving: dict[int, int], taken: dict[int, list[Atom]]) -> list[Cut]:
        """Give the atoms, or what stays of them, to the heirs of their clusters; `n_leaving` is by slot."""
        heirs = dict(update.heirs)
        cuts = []
        for cluster in update.deleted:
            heir = heirs.get(cluster)
            for atom in self._atoms[cluster]:
                kept: Atom | None = atom
                if n_leaving and (n_left := n_leaving.pop(atom.slot, 0)):
                    kept = Atom(atom.slot, atom.size - n_left, atom.among) if n_left < atom.size else None
                    cuts.append(Cut(atom, kept))
                if kept is None:
                    continue
                if heir not in taken:
                    raise ClusteringError("The record leaves spikes without a cluster; nothing was changed.")
                taken[heir].append(kept)
        if n_leaving:
            raise ClusteringError("The record names spikes of clusters that it does not delete.")
        return cuts

    def _leave(self, update: UpdateInfo, old_slots: Int32, taken: dict[int, list[Atom]]) -> list[Leaving]:
        """Give the named spikes to their clusters, as one new atom each."""
        leaving = []
        for target, index in _by_target(update.spike_clusters):
            if target not in taken:
                raise ClusteringError("The record gives spikes to a cluster that it does not add.")
            spike_ids, held = update.spike_ids[index], old_slots[index]
            atom = Atom(self._new_slot(), len(spike_ids), spike_ids)
            taken[target].append(atom)
            leaving.append(Leaving(atom, spike_ids, held[0] if (held == held[0]).all() else held))
        return leaving

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
        n_read = sum(len(atom.among) for atom in atoms)
        if len(atoms) > N_ATOMS_SORTED and n_read * SCAN_FRACTION > len(self._slots):
            inside = np.zeros(len(self._atom_at), dtype=bool)
            inside[[atom.slot for atom in atoms]] = True
            return np.flatnonzero(look_up(inside, self._slots))
        parts = [self._spikes_of_atom(atom) for atom in atoms]
        if len(parts) == 1:
            return parts[0].astype(np.int64)
        joined = np.concatenate(parts).astype(np.int64, copy=False)
        joined.sort(kind="stable")
        return joined

    def _spikes_of_atom(self, atom: Atom) -> Int32 | Int64:
        if atom.size == len(atom.among):
            return atom.among
        spikes: Int32 | Int64 = atom.among[self._slots.take(atom.among) == atom.slot]
        return spikes


def _counts(slots: Int32) -> dict[int, int]:
    """Return {slot: how often it occurs}."""
    if not len(slots):
        return {}
    if (slots == slots[0]).all():
        return {int(slots[0]): len(slots)}
    found, counts = np.unique(slots, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _by_target(targets: Int64) -> Iterator[tuple[int, slice | Int64]]:
    """Give each target cluster with where it occurs, in the order of the spikes."""
    if not len(targets):
        return
    if (targets == targets[0]).all():
        yield int(targets[0]), slice(None)
        return
    order = np.argsort(targets, kind="stable")
    starts = np.flatnonzero(np.diff(targets[order])) + 1
    for index in np.split(order, starts):
        yield int(targets[index[0]]), index


def unknown_cluster(cluster_id: object) -> ClusteringError:
    """Return the error for a cluster that does not exist."""
    return ClusteringError(f"There is no cluster {cluster_id}; it was merged, split or never existed.")
