"""A second curation of the spikes that are open: what differs, and what of it is taken over."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_manager import ClusteringLike, ClusterManager
from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.core.clustering_file import StoredClustering
from napari_phy.core.errors import ClusteringError
from napari_phy.core.signals import signal
from napari_phy.core.update_info import UpdateInfo
from napari_phy.stats.agreement import Agreement, SharedSpikes, agreement, shared_spikes
from napari_phy.stats.differences import Difference, find_differences


@dataclass(frozen=True, slots=True, eq=False)
class Curation:
    """A clustering of the same spikes as they are elsewhere, read once.

    Attributes
    ----------
    name : str
        What it is called: `main of other.kwik`.
    clustering : StoredClustering
        The clustering, its unsaved edits included.
    base : StoredClustering, optional
        The clustering that both began with; None where that is not known.
    base_name : str, default ''
        What that is called.
    doubt : str, default ''
        A sentence on what could not be read of it; "" where all was.
    has_groups : bool, default True
        Whether it says in which groups clusters are.
    """

    name: str
    clustering: StoredClustering
    base: StoredClustering | None = None
    base_name: str = ""
    doubt: str = ""
    has_groups: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """How a clustering compares with a second curation.

    Attributes
    ----------
    shared : SharedSpikes
        Spikes that their clusters share.
    agreement : Agreement
        How far they agree.
    differences : tuple of Difference
        What differs, that which only the second one changed first.
    """

    shared: SharedSpikes
    agreement: Agreement
    differences: tuple[Difference, ...]


def compare(ours: ClusteringLike, curation: Curation) -> Compared:
    """Return how a clustering compares with a second curation of the same spikes."""
    shared = shared_spikes(ours.spike_clusters, curation.clustering.spike_clusters)
    differences = find_differences(ours, curation.clustering, curation.base, shared)
    differences = tuple(one for one in differences if curation.has_groups or one.groups is None)
    return Compared(shared, agreement(shared), differences)


def take(manager: ClusterManager, theirs: ClusteringLike, difference: Difference) -> UpdateInfo:
    """Make clusters what they are in a second curation, by one edit that can be undone.

    Raises
    ------
    ClusteringError
        The clusters were changed since the difference was found; nothing was changed.
    """
    if any(cluster not in manager for cluster in difference.ours):
        raise ClusteringError("These clusters were changed since they were compared; nothing was changed.")
    if difference.groups is None:
        return manager.adopt(difference.ours, theirs)
    group = difference.groups[1]
    return manager.discard(difference.ours) if group == DISCARDED else manager.move(difference.ours, group)


class Comparison:
    """The second curation that a clustering is compared with, and the differences where ours stays.

    Where ours was kept is remembered by the spikes of a difference and how both divide them.

    Parameters
    ----------
    manager : ClusterManager
        The clustering that is open.
    remembered : iterable of str, default ()
        Marks of the differences where ours was kept in earlier sessions.
    remember : callable, optional
        Takes all marks when they change.
    """

    changed = signal()

    def __init__(
        self,
        manager: ClusterManager,
        remembered: Iterable[str] = (),
        remember: Callable[[tuple[str, ...]], object] | None = None,
    ) -> None:
        self._manager = manager
        self._marks = set(remembered)
        self._remember = remember
        self._curation: Curation | None = None
        self._kept: frozenset[Difference] = frozenset()

    @property
    def curation(self) -> Curation | None:
        """The second curation; None while there is none."""
        return self._curation

    @property
    def kept(self) -> frozenset[Difference]:
        """Differences where ours was kept."""
        return self._kept

    def open(self, curation: Curation) -> None:
        """Compare with a second curation from now on."""
        self._curation, self._kept = curation, frozenset()
        self.changed.emit()

    def close(self) -> None:
        """Compare no longer."""
        if self._curation is not None:
            self._curation, self._kept = None, frozenset()
            self.changed.emit()

    def take(self, difference: Difference) -> UpdateInfo:
        """Make clusters what they are in the second curation, by one edit that can be undone."""
        return take(self._manager, self._required.clustering, difference)

    def take_all(self, differences: Iterable[Difference]) -> int:
        """Take those that only the second curation changed and that were not decided otherwise; return how many.

        Each is an edit of its own. Conflicts are left, and where it is not known who changed what, all.
        """
        chosen = [one for one in differences if one.changed_by == "theirs" and one not in self._kept]
        for one in chosen:
            self.take(one)
        return len(chosen)

    def kept_before(self, differences: Iterable[Difference]) -> frozenset[Difference]:
        """Return those where ours was kept when they were compared before; may run in a worker thread."""
        curation, marks = self._curation, frozenset(self._marks)
        if curation is None or not marks:
            return frozenset()
        theirs = curation.clustering.spike_clusters
        return frozenset(one for one in differences if _mark(self._manager, theirs, one) in marks)

    def restore(self, kept: Iterable[Difference]) -> None:
        """Take it that ours was kept there, as `kept_before` found."""
        if not self._kept.issuperset(kept := frozenset(kept)):
            self._kept |= kept
            self.changed.emit()

    def keep(self, difference: Difference) -> None:
        """Keep ours: the difference is decided, until one of its clusters changes."""
        self._kept |= {difference}
        self._note(difference, is_kept=True)
        self.changed.emit()

    def reconsider(self, difference: Difference) -> None:
        """Leave a difference undecided again."""
        if difference in self._kept:
            self._kept -= {difference}
            self._note(difference, is_kept=False)
            self.changed.emit()

    def _note(self, difference: Difference, *, is_kept: bool) -> None:
        if any(cluster not in self._manager for cluster in difference.ours):
            return
        mark = _mark(self._manager, self._required.clustering.spike_clusters, difference)
        (self._marks.add if is_kept else self._marks.discard)(mark)
        if self._remember is not None:
            self._remember(tuple(sorted(self._marks)))

    @property
    def _required(self) -> Curation:
        if self._curation is None:
            raise ClusteringError("Open a second curation first.")
        return self._curation


def _mark(manager: ClusterManager, theirs: npt.ArrayLike, difference: Difference) -> str:
    """Return what is the same for the same difference alone: of the same spikes, that both divide in the same ways."""
    spikes = np.sort(np.concatenate([manager.spikes(cluster) for cluster in difference.ours]))
    hashed = hashlib.blake2b(repr((difference.kind, difference.groups)).encode(), digest_size=8)
    for labels in (manager.clusters_of(spikes), np.asarray(theirs)[spikes]):
        _, firsts, places = np.unique(labels, return_index=True, return_inverse=True)
        hashed.update(np.ascontiguousarray(firsts[places], dtype="<i8").data)  # whatever the ids are
    hashed.update(np.ascontiguousarray(spikes, dtype="<i8").data)
    return hashed.hexdigest()
