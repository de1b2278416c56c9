"""Which cluster to look at next, and beside which other one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Any

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.cluster_meta import DISCARDED, UNSORTED
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.listed_clusters import ListedClusters
from napari_phy.core.memory import ByteCache
from napari_phy.core.signals import signal

logger = logging.getLogger(__name__)

Ranking = Sequence[tuple[int, float]]
Step = tuple[str, list[int], Any]
HIDDEN_GROUPS = ("noise", "mua", DISCARDED)
LEAST_SIMILARITY = 0.005  # of a candidate that is gone on to; lists show less than that as nothing


class Similarity:
    """Similarities computed so far: `similarity[a, b]`, 0.0 for a pair that was never computed, or very long ago."""

    def __init__(self, rank: Callable[[int], Ranking]) -> None:
        self._rank = rank
        self._values: ByteCache[int, dict[int, float]] = ByteCache(lambda values: 100 * len(values))

    def __getitem__(self, pair: tuple[int, int]) -> float:
        a, b = pair
        return (self._values.get(a) or {}).get(b, (self._values.get(b) or {}).get(a, 0.0))

    def ranked(self, cluster: int) -> list[int]:
        """Return the other clusters, the most similar first; none where the features cannot be read."""
        try:
            values = dict(self._rank(cluster))
        except NapariPhyError as error:
            logger.warning("Nothing is proposed beside cluster %d: %s", cluster, error)
            values = {}
        self._values.put(cluster, values)
        return list(values)


class Wizard:
    """Proposes a best cluster among the listed ones that are undecided, the largest first, and candidates like it.

    Paused, it keeps its place and proposes nothing. A cluster that it goes on from without a decision is skipped: it
    comes again only by `review_skipped`. A candidate that it goes on from is not the same as the best cluster: the pair
    is not proposed the other way round.

    Parameters
    ----------
    manager : ClusterManager
        The clustering whose clusters are looked at.
    rank : callable
        Returns [(other cluster, similarity)] of a cluster, the most similar first.
    listed : Container, optional
        Container, optional Clusters that can be best or candidate; all if None.
    """

    changed = signal()

    def __init__(
        self, manager: ClusterManager, rank: Callable[[int], Ranking], listed: Container[int] | None = None
    ) -> None:
        self._manager = manager
        self._listed: Container[int] = ListedClusters() if listed is None else listed
        self.similarity = Similarity(rank)
        self.history: list[Step] = []
        self._undone: list[Step | None] = []  # None: a step of an earlier session
        self._skipped: dict[int, None] = {}
        self._different: set[tuple[int, int]] = set()  # (best, candidate) that it went on from
        self._best: int | None = None
        self._candidate: int | None = None
        self._visited: list[tuple[int | None, int | None]] = []
        self._paused = True

    def __repr__(self) -> str:
        place = " and ".join(map(str, self.place)) or "no cluster"
        return f"<Wizard: {'paused at ' if self._paused else ''}{place}, {len(self._skipped)} skipped>"

    @property
    def best(self) -> int | None:
        """The cluster under review, or None."""
        return None if self._paused else self._best

    @property
    def candidate(self) -> int | None:
        """Its proposed match, or None."""
        return None if self._paused else self._candidate

    @property
    def place(self) -> tuple[int, ...]:
        """The best cluster and its candidate, as far as there are any, also while paused."""
        return tuple(cluster for cluster in (self._best, self._candidate) if cluster is not None)

    @property
    def is_paused(self) -> bool:
        """Whether nothing is proposed."""
        return self._paused

    @property
    def skipped(self) -> tuple[int, ...]:
        """The undecided clusters that it went on from, in that order."""
        return tuple(cluster for cluster in self._skipped if cluster in self._manager and self._is_open(cluster))

    @property
    def is_finished(self) -> bool:
        """Whether there are clusters, and each of them is decided or was skipped."""
        shown = self._shown()
        return bool(shown) and not any(map(self._is_waiting, shown))

    @property
    def undone(self) -> tuple[Step, ...]:
        """What redo would bring back into the history, in that order."""
        return tuple(step for step in reversed(self._undone) if step is not None)

    def start(self) -> None:
        """Propose again, at the place that was kept if it is still listed, or at the first listed cluster."""
        is_hidden = self._paused and self._best not in self._listed
        self._paused = False
        if self._best is None or self._best not in self._manager or is_hidden:
            self._propose(self._first())
        self.changed.emit()

    def go_to_largest(self) -> None:
        """Propose the largest listed cluster that is undecided and its match; stay where both are under review."""
        self._paused = False
        first = self._first()
        if first != self._best:
            self._propose(first)
        elif self._candidate is None:
            self._candidate = self._match(first)
        self.changed.emit()

    def find_candidate(self) -> None:
        """Propose a candidate for the first best cluster, once similarities are known, unless the user moved on."""
        if not (self._paused or self._visited or self._best is None or self._candidate is not None):
            self._candidate = next(self._candidates(self._best), None)

    def pause(self) -> None:
        """Keep the place and propose nothing."""
        self._paused = True
        self.changed.emit()

    def reset(self) -> None:
        """Forget the place, what was done and what was skipped, and start over."""
        self.history.clear()
        self._undone.clear()
        self._visited.clear()
        self._skipped.clear()
        self._different.clear()
        self._best = self._candidate = None
        self.start()

    def review_skipped(self) -> None:
        """Propose the clusters that were skipped again, the largest first."""
        self._skipped.clear()
        self._different.clear()
        self._paused = False
        self._propose(self._first())
        self.changed.emit()

    def look_at(self, best: int, candidate: int | None = None) -> None:
        """Take over what the user chose to look at."""
        if (best, candidate) != (self._best, self._candidate):
            self._go(best, candidate)
            self.changed.emit()

    def next_best(self) -> int | None:
        """Skip an undecided best cluster: go to the next undecided one and its best candidate; stay at the last."""
        if self._paused:
            return None
        order = self._order()
        following = order
        if self._best in order:
            following = order[order.index(self._best) + 1 :] + order
            if self._best in self._listed:
                self._skipped[self._best] = None
        found = next(filter(self._may_come, following), None)
        if found is not None:
            self._propose(found)
        self.changed.emit()
        return self.best

    def next_candidate(self) -> int | None:
        """Go to the next most similar cluster; stay at the last that is similar at all."""
        self._go_to_candidate()
        return self.candidate

    def _go_to_candidate(self) -> bool:
        """Go to the next most similar cluster; return whether there was one."""
        following = None if self._paused else self._following_candidate()
        if following is None:
            return False
        self._go(self._best, following)
        self.changed.emit()
        return True

    @property
    def coming(self) -> int | None:
        """The candidate that `next` would go to, also while paused; None where it would go on to another best."""
        return self._following_candidate() if self._best in self._listed else None

    def next(self) -> tuple[int | None, int | None]:
        """Go to the next candidate, or to the next best cluster when none is left."""
        if not self._paused and self._best is not None and self._candidate is not None:
            self._different.add((self._best, self._candidate))
        if not (self._best in self._listed and self._go_to_candidate()):
            self.next_best()
        return self.best, self.candidate

    def previous(self) -> tuple[int | None, int | None]:
        """Go back to what was looked at before, as far as it still exists."""
        while not self._paused and self._visited:
            best, candidate = self._visited.pop()
            if best in self._manager:
                self._look(best, candidate if candidate in self._manager else None)
                self._different.discard((best, candidate))  # it is looked at again
                self.changed.emit()
                break
        return self.best, self.candidate

    def merge(self, clusters: Iterable[int], to: int) -> None:
        """Follow a merge: the new cluster is best."""
        self._record("merge", list(clusters), [to])
        self._propose(to)
        self.changed.emit()

    def split(self, clusters: Iterable[int], to: Iterable[int]) -> None:
        """Follow a split or regrouping: the first new cluster is best."""
        new = list(to)
        self._record("split", list(clusters), new)
        self._go(new[0] if new else None, new[1] if len(new) > 1 else None)
        self.changed.emit()

    def move(self, clusters: Iterable[int], group: str, order: Sequence[int] = ()) -> None:
        """Follow a move to a group: when the best cluster was moved, the next is best.

        When it is not listed any more, that is the next in the `order` of the list before the move, by size if ().
        """
        moved = list(clusters)
        self._record("move", moved, group)
        if self._best in moved:
            self._propose(self._after(moved, order))
        elif self._candidate in moved:
            self._go(self._best, self._following_candidate())
        self.changed.emit()

    def leave_hidden(self, order: Sequence[int]) -> bool:
        """Where an edit took the best cluster out of the list, in that `order` before it, go on to the next row."""
        if self._best is None or self._best in self._listed or self._best not in order:
            return False
        following = self._after([self._best], order)
        if following is None or following not in self._listed:
            return False
        self._propose(following)
        self.changed.emit()
        return True

    def undo(self) -> None:
        """Follow the undo of the last merge, split or move."""
        self._undone.append(self.history.pop() if self.history else None)
        self.changed.emit()

    def redo(self) -> None:
        """Follow the redo."""
        step = self._undone.pop() if self._undone else None
        if step is not None:
            self.history.append(step)
        self.changed.emit()

    def _record(self, kind: str, clusters: list[int], result: Any) -> None:
        self.history.append((kind, clusters, result))
        self._undone.clear()

    def _propose(self, best: int | None) -> None:
        self._go(best, self._match(best))

    def _match(self, best: int | None) -> int | None:
        if best is None or best not in self._manager:
            return None
        found = next(self._candidates(best), None)
        is_second = any(other == best for _, other in self._different)  # the first one was compared already
        return None if found is not None and is_second and not self._are_similar(best, found) else found

    def _go(self, best: int | None, candidate: int | None) -> None:
        if self._best is not None:
            self._visited.append((self._best, self._candidate))
        self._look(best, candidate)

    def _look(self, best: int | None, candidate: int | None) -> None:
        self._best, self._candidate = best, candidate
        if best is not None:
            self._skipped.pop(best, None)  # it is being looked at again

    def _first(self) -> int | None:
        listed = [cluster for cluster in self._order() if cluster in self._listed]
        return next(filter(self._may_come, listed), listed[0] if listed else None)

    def _after(self, moved: list[int], listed: Sequence[int]) -> int | None:
        has_left = self._best not in self._listed
        shown = self._order()
        order = list(dict.fromkeys((*listed, *shown))) if has_left else shown
        start = order.index(self._best) if self._best in order else 0
        known = set(shown).difference(moved)
        around = [cluster for cluster in order[start:] + order[:start] if cluster in known]
        rows = [cluster for cluster in around if cluster in self._listed] if has_left else []
        return next(filter(self._may_come, around), next(iter(rows), self._best))

    def _order(self) -> list[int]:
        """Return the clusters, the largest first."""
        return sorted(self._shown(), key=self._manager.n_spikes, reverse=True)  # a stable sort: equals stay by id

    def _shown(self) -> list[int]:
        ids = self._manager.cluster_ids.tolist()
        return [one for one, group in zip(ids, self._manager.groups_of(ids), strict=True) if group != DISCARDED]

    def _is_open(self, cluster: int) -> bool:
        return self._manager.group(cluster) == UNSORTED

    def _is_waiting(self, cluster: int) -> bool:
        return self._is_open(cluster) and cluster not in self._skipped

    def _may_come(self, cluster: int) -> bool:
        return cluster in self._listed and self._is_waiting(cluster)

    def _candidates(self, best: int, after: int | None = None) -> Iterator[int]:
        """Iterate over those that may be compared with the best, the most similar first: all, or those after one."""
        ranked = self.similarity.ranked(best)
        start = ranked.index(after) + 1 if after in ranked else 0
        return (cluster for cluster in ranked[start:] if self._may_be_compared(best, cluster))

    def _may_be_compared(self, best: int, cluster: int) -> bool:
        is_listed = cluster in self._listed and cluster in self._manager and (cluster, best) not in self._different
        return is_listed and self._manager.group(cluster) not in HIDDEN_GROUPS

    def _following_candidate(self) -> int | None:
        """Return the next candidate that is similar at all."""
        if self._best is None or self._best not in self._manager:
            return None
        found = next(self._candidates(self._best, after=self._candidate), None)
        return found if found is not None and self._are_similar(self._best, found) else None

    def _are_similar(self, best: int, candidate: int) -> bool:
        return self.similarity[best, candidate] >= LEAST_SIMILARITY

    def __iter__(self) -> Iterator[int]:
        """Iterate over the undecided clusters in the order of the wizard."""
        return filter(self._is_open, self._order())
