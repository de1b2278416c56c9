"""What was decided in a review and is no edit: clusters that are not the same, that are no noise, that were skipped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from napari_phy.core.cluster_manager import ClusterManager

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class KeptDecisions:
    """Decisions as they are kept.

    Attributes
    ----------
    different : tuple of tuple of int
        Pairs of clusters that are not the same, the smaller id first; the same id twice is a cluster that is not two.
    skipped : tuple of int
        Clusters that were gone on from, in that order.
    prints : mapping of int to str
        {cluster: fingerprint of its spikes} of all of them, so that a decision holds only for the same spikes.
    sound : tuple of int
        Clusters that are no noise.
    """

    different: tuple[Pair, ...] = ()
    skipped: tuple[int, ...] = ()
    prints: Mapping[int, str] = field(default_factory=dict)
    sound: tuple[int, ...] = ()


class Decisions:
    """Remembers decisions by cluster id, which means the same spikes for ever, also after undo and redo.

    Ids of an earlier session are trusted once the fingerprint of their spikes is the same: another program may have
    written other clusters under the same ids.

    Parameters
    ----------
    manager : ClusterManager
        The clustering that is reviewed.
    kept : KeptDecisions, optional
        Those of an earlier session.
    keep : callable, optional
        Takes all decisions when `flush` finds them changed.
    """

    def __init__(
        self,
        manager: ClusterManager,
        kept: KeptDecisions | None = None,
        keep: Callable[[KeptDecisions], object] | None = None,
    ) -> None:
        kept = KeptDecisions() if kept is None else kept
        self._manager = manager
        self._keep = keep
        self._others: dict[int, set[int]] = {}  # {cluster: those it is not the same as}
        self._skipped: dict[int, None] = dict.fromkeys(one for one in kept.skipped if one in kept.prints)
        self._sound = {one for one in kept.sound if one in kept.prints}
        self._fingerprints: dict[int, str] = dict(kept.prints)
        self._unchecked = set(kept.prints)
        self._is_changed = False
        for a, b in kept.different:
            if a in kept.prints and b in kept.prints:
                self._put(a, b)

    def are_different(self, a: int, b: int) -> bool:
        """Return whether two clusters were decided to be two neurons, or one that is given twice to be no more."""
        return b in self._others.get(a, ()) and self._is_same(a) and self._is_same(b)

    def has_any(self, cluster: int) -> bool:
        """Return whether a cluster is different from any other one that exists."""
        others = self._others.get(cluster, set())
        return any(one != cluster and one in self._manager and self.are_different(cluster, one) for one in list(others))

    @property
    def skipped(self) -> tuple[int, ...]:
        """The clusters that were skipped and exist, in that order."""
        return tuple(one for one in list(self._skipped) if one in self._manager and self.is_skipped(one))

    def is_skipped(self, cluster: int) -> bool:
        """Return whether a cluster was gone on from."""
        return cluster in self._skipped and self._is_same(cluster)

    def decide(self, a: int, b: int) -> None:
        """Remember that two clusters are not the same; the same one twice: that it is not two."""
        if a in self._manager and b in self._manager and not self.are_different(a, b):
            self._take_fingerprint(a)
            self._take_fingerprint(b)
            self._put(a, b)
            self._is_changed = True

    def take_back(self, a: int, b: int) -> bool:
        """Leave it open whether two clusters are the same; return whether it was decided."""
        if b not in self._others.get(a, ()):
            return False
        self._others[a].discard(b)
        self._others[b].discard(a)
        self._is_changed = True
        return True

    def is_sound(self, cluster: int) -> bool:
        """Return whether a cluster was decided to be no noise."""
        return cluster in self._sound and self._is_same(cluster)

    def trust(self, cluster: int) -> None:
        """Remember that a cluster is no noise."""
        if cluster in self._manager and not self.is_sound(cluster):
            self._take_fingerprint(cluster)
            self._sound.add(cluster)
            self._is_changed = True

    def doubt(self, cluster: int) -> None:
        """Leave it open whether a cluster is noise."""
        if cluster in self._sound:
            self._sound.discard(cluster)
            self._is_changed = True

    def skip(self, cluster: int) -> None:
        """Remember that a cluster was gone on from; one that was skipped before keeps its place."""
        if cluster in self._manager and not self.is_skipped(cluster):
            self._take_fingerprint(cluster)
            self._skipped[cluster] = None
            self._is_changed = True

    def review(self, cluster: int) -> None:
        """Forget that a cluster was skipped."""
        if cluster in self._skipped:
            del self._skipped[cluster]
            self._is_changed = True

    def review_all(self) -> None:
        """Forget which clusters were skipped."""
        self._is_changed = self._is_changed or bool(self._skipped)
        self._skipped.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._is_changed = self._is_changed or bool(self._skipped or self._others or self._sound)
        self._skipped.clear()
        self._sound.clear()
        self._others.clear()
        self._fingerprints.clear()
        self._unchecked.clear()

    def flush(self) -> None:
        """Have them kept if they were changed since."""
        if self._is_changed and self._keep is not None:
            self._keep(self.kept)
        self._is_changed = False

    @property
    def kept(self) -> KeptDecisions:
        """All of them, also of clusters that undo may bring back."""
        pairs = sorted((a, b) for a, others in self._others.items() for b in others if a <= b)
        named = {cluster for pair in pairs for cluster in pair}.union(self._skipped, self._sound)
        prints = {one: self._fingerprints[one] for one in sorted(named)}
        return KeptDecisions(tuple(pairs), tuple(self._skipped), prints, tuple(sorted(self._sound)))

    def _put(self, a: int, b: int) -> None:
        self._others.setdefault(a, set()).add(b)
        self._others.setdefault(b, set()).add(a)

    def _take_fingerprint(self, cluster: int) -> None:
        self._is_same(cluster)  # else its fingerprint is that of other spikes
        if cluster not in self._fingerprints:
            self._fingerprints[cluster] = fingerprint(self._manager, cluster)

    def _is_same(self, cluster: int) -> bool:
        """Return whether a cluster has the spikes it had when it was decided on; forget it if not."""
        if cluster not in self._unchecked or cluster not in self._manager:
            return True
        self._unchecked.discard(cluster)
        if self._fingerprints[cluster] == fingerprint(self._manager, cluster):
            return True
        del self._fingerprints[cluster]
        self._skipped.pop(cluster, None)
        self._sound.discard(cluster)
        for other in self._others.pop(cluster, set()):
            self._others.get(other, set()).discard(cluster)
        self._is_changed = True
        return False


def fingerprint(manager: ClusterManager, cluster: int) -> str:
    """Return what is the same for clusters of the same spikes alone."""
    spikes = np.ascontiguousarray(manager.spikes(cluster), dtype="<i8")
    return hashlib.blake2b(spikes.data, digest_size=8).hexdigest()
