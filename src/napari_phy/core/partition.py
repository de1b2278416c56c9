"""Which spike is in which cluster, such that an edit costs what it touches.

A spike holds a slot; a slot belongs to one atom, a fixed set of spikes; a cluster owns atoms. A merge hands atoms over
and writes no spike. A cut writes only the spikes that leave their atoms; they become one new atom, however many they
come from. Spike lists are derived when asked: an atom knows an array that holds its spikes, a cluster of the beginning
or the spikes that a record names, and its spikes are those in it that hold its slot.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import ClusterIds, compact_ids, look_up, read_only
from napari_phy.core.errors import ClusteringError
from napari_phy.core.memory import ByteCache
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
    """An atom that spikes leave, its place in its cluster, and the atom of those that stay; None when all leave."""

    place: int
    whole: Atom
    kept: Atom | None


@dataclass(frozen=True, slots=True, eq=False)
class HandOver:
    """What becomes of a deleted cluster: `n_kept` atoms go to the heir, those of `cuts` without what leaves them."""

    cluster: int
    heir: int
    n_kept: int
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Leaving:
    """Spikes that leave their atoms for one of their own, and the slots that they held: (n,), or () when all one."""

    target: int
    atom: Atom
    spike_ids: Int64
    old_slots: Int32


@dataclass(frozen=True, slots=True, eq=False)
class PartitionEdit:
    """One edit, ready to be applied and reverted any number of times; it holds no atoms that it does not change."""

    added: tuple[int, ...]
    handed: tuple[HandOver, ...]
    leaving: tuple[Leaving, ...]


_NO_EDIT = PartitionEdit((), (), ())


class Partition:
    """The clusters of `n_spikes` spikes; safe to read from worker threads while the main thread edits.

    Parameters
    ----------
    spike_clusters : array_like, shape (n_spikes,)
        Integers, the cluster of each spike; not kept and not written to.
    """

    def __init__(self, spike_clusters: npt.ArrayLike) -> None:
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
        self._lists: ByteCache[int, Int64] = ByteCache(nbytes=lambda array: array.nbytes)
        self._spike_clusters: ClusterIds | None = None
        self._n_cuts = 0

    def __contains__(self, cluster_id: object) -> bool:
        return cluster_id in self._sizes

    def __len__(self) -> int:
        """Return the number of spikes."""
        return len(self._slots)

    @property
    def cluster_ids(self) -> Int64:
        """(n_clusters,) ascending ids of the clusters that exist."""
        with self._lock:
            ids = np.fromiter(self._sizes, np.int64, len(self._sizes))
        ids.sort()
        return read_only(ids)

    @property
    def spike_clusters(self) -> ClusterIds:
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
    def slot_clusters(self) -> ClusterIds:
        """(n_slots,) cluster of each slot, −1 where none has it."""
        with self._lock:
            return read_only(self._cluster_of_slot())

    def slots_since(self, n_cuts: int | None) -> tuple[int, Int32 | None, ClusterIds]:
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

        Raises
        ------
        ClusteringError
            The record does not fit the clusters that exist.
        """
        if not (update.deleted or update.added or len(update.spike_ids)):  # of groups, labels or colours
            return _NO_EDIT
        with self._lock:
            for cluster in update.deleted:
                if cluster not in self._atoms:
                    raise unknown_cluster(cluster)
            for cluster in update.added:
                if cluster in self._atoms:
                    raise ClusteringError(f"Cluster {cluster} exists already; nothing was changed.")
            self._check_named(update)
            old_slots = self._slots.take(update.spike_ids)
            handed = self._hand_over(update, _counts(old_slots))
            leaving = self._leave(update, old_slots)
            filled = {part.heir for part in handed if part.n_kept} | {part.target for part in leaving}
            for cluster in update.added:
                if cluster not in filled:
                    raise ClusteringError(f"Cluster {cluster} would have no spikes; nothing was changed.")
            return PartitionEdit(update.added, tuple(handed), tuple(leaving))

    def apply(self, edit: PartitionEdit) -> None:
        """Do an edit that was planned on this state."""
        with self._lock:
            self._n_cuts += bool(edit.leaving)
            taken: dict[int, list[Atom]] = {cluster: [] for cluster in edit.added}
            for part in edit.handed:
                atoms: list[Atom | None] = list(self._remove(part.cluster))
                for cut in part.cuts:
                    atoms[cut.place] = self._atom_at[cut.whole.slot] = cut.kept
                    del self._cluster_of[cut.whole]
                taken[part.heir] += [atom for atom in atoms if atom is not None]
            for leaving in edit.leaving:
                self._slots[leaving.spike_ids] = leaving.atom.slot
                self._atom_at[leaving.atom.slot] = leaving.atom
                taken[leaving.target].append(leaving.atom)
            self._add(taken)

    def revert(self, edit: PartitionEdit) -> None:
        """Take back the edit that was done last."""
        with self._lock:
            self._n_cuts += bool(edit.leaving)
            taken = {cluster: iter(self._remove(cluster)) for cluster in edit.added}
            for leaving in edit.leaving:
                self._slots[leaving.spike_ids] = leaving.old_slots
                self._atom_at[leaving.atom.slot] = None
                del self._cluster_of[leaving.atom]
            restored: dict[int, list[Atom]] = {}
            for part in edit.handed:
                atoms = restored[part.cluster] = list(islice(taken[part.heir], part.n_kept))
                for cut in part.cuts:
                    if cut.kept is None:
                        atoms.insert(cut.place, cut.whole)
                    else:
                        atoms[cut.place] = cut.whole
                        del self._cluster_of[cut.kept]
                    self._atom_at[cut.whole.slot] = cut.whole
            self._add(restored)

    def release(self, edits: Iterable[PartitionEdit]) -> None:
        """Forget reverted edits that can't be done again: their slots are free."""
        with self._lock:
            self._free_slots += [part.atom.slot for edit in edits for part in edit.leaving]

    def _remove(self, cluster: int) -> tuple[Atom, ...]:
        """Remove a cluster, its list of spikes too; return its atoms."""
        self._spike_clusters = None
        self._lists.remove(cluster)
        del self._sizes[cluster]
        return self._atoms.pop(cluster)

    def _add(self, clusters: Mapping[int, list[Atom]]) -> None:
        for cluster, atoms in clusters.items():
            self._atoms[cluster] = tuple(atoms)
            self._sizes[cluster] = sum(atom.size for atom in atoms)
            self._cluster_of.update(dict.fromkeys(atoms, cluster))

    def _check_named(self, update: UpdateInfo) -> None:
        """Raise ClusteringError unless the spikes that a record names exist, and are named once."""
        spike_ids = update.spike_ids
        if not len(spike_ids):
            return
        if spike_ids[0] < 0 or spike_ids[-1] >= len(self._slots) or (spike_ids[1:] <= spike_ids[:-1]).any():
            raise ClusteringError(
                "The record names spikes that do not exist, or in another order; nothing was changed."
            )

    def _hand_over(self, update: UpdateInfo, n_leaving: dict[int, int]) -> list[HandOver]:
        """Give the atoms, or what stays of them, to the heirs of their clusters; `n_leaving` is by slot."""
        heirs, added = dict(update.heirs), set(update.added)
        handed = []
        for cluster in update.deleted:
            atoms = self._atoms[cluster]
            cuts = []
            if n_leaving:
                for place, atom in enumerate(atoms):
                    if n_left := n_leaving.pop(atom.slot, 0):
                        kept = Atom(atom.slot, atom.size - n_left, atom.among) if n_left < atom.size else None
                        cuts.append(Cut(place, atom, kept))
            n_kept = len(atoms) - sum(cut.kept is None for cut in cuts) if cuts else len(atoms)
            heir = heirs.get(cluster, update.added[0] if update.added and not n_kept else -1)
            if heir not in added:
                raise ClusteringError("The record leaves spikes without a cluster; nothing was changed.")
            handed.append(HandOver(cluster, heir, n_kept, tuple(cuts)))
        if n_leaving:
            raise ClusteringError("The record names spikes of clusters that it does not delete.")
        return handed

    def _leave(self, update: UpdateInfo, old_slots: Int32) -> list[Leaving]:
        """Give the named spikes to their clusters, as one new atom each."""
        leaving = []
        added = set(update.added)
        for target, index in _by_target(update.spike_clusters):
            if target not in added:
                raise ClusteringError("The record gives spikes to a cluster that it does not add.")
            spike_ids, held = update.spike_ids[index], old_slots[index]
            atom = Atom(self._new_slot(), len(spike_ids), spike_ids)
            leaving.append(Leaving(target, atom, spike_ids, held[0] if (held == held[0]).all() else held))
        return leaving

    def _new_slot(self) -> int:
        if self._free_slots:
            return self._free_slots.pop()
        self._atom_at.append(None)
        return len(self._atom_at) - 1

    def _cluster_of_slot(self) -> ClusterIds:
        """Return (n_slots,) cluster of each slot."""
        clusters = self._cluster_of
        ids = np.fromiter(
            (-1 if atom is None else clusters[atom] for atom in self._atom_at), np.int64, len(self._atom_at)
        )
        return compact_ids(ids)

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
