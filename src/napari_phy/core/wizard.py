"""Which cluster to look at next, beside which other one, and where to cut it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import Any

from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.cluster_meta import DISCARDED, UNSORTED
from napari_phy.core.decisions import Decisions
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.listed_clusters import ListedClusters
from napari_phy.core.signals import signal
from napari_phy.core.summaries import wizard_html
from napari_phy.core.wizard_order import Arrange, ExpectedGain, Ranking, Similarity, by_size

logger = logging.getLogger(__name__)

Step = tuple[str, list[int], Any]
HIDDEN_GROUPS = ("noise", "mua", DISCARDED)
LEAST_SCORE = 0.5  # of a cut that is proposed
LEAST_SIMILARITY = 0.005  # of a candidate that is gone on to, of most measures; lists show less as nothing


class Wizard:
    """Proposes a best cluster among the listed ones that are undecided, candidates like it, and where to cut it.

    Paused, it keeps its place and proposes nothing. A cluster that it goes on from without a decision is skipped: it
    comes again only by `review_skipped`. A candidate that it goes on from is not the same as the best cluster: the pair
    is not proposed again, in either order, unless one of the two was merged or split, or it was gone back to. The
    same holds for a cut that it goes on from.

    Parameters
    ----------
    manager : ClusterManager
        The clustering whose clusters are looked at.
    rank : callable
        Returns [(other cluster, similarity)] of a cluster, the most similar first.
    listed : Container, optional
        Clusters that can be best or candidate; all if None.
    decisions : Decisions, optional
        What was decided and skipped before; nothing if None.
    find_cut : callable, optional
        Returns the ClusterCut of a cluster, or None; no cluster has one if None.
    least : callable, optional
        Returns the similarity from which on candidates are gone on to; 0.005 if None.

    Attributes
    ----------
    gain : ExpectedGain
        How much is expected of a merge of each cluster.
    """

    changed = signal()

    def __init__(
        self,
        manager: ClusterManager,
        rank: Callable[[int], Ranking],
        listed: Container[int] | None = None,
        decisions: Decisions | None = None,
        find_cut: Callable[[int], ClusterCut | None] | None = None,
        least: Callable[[], float] | None = None,
    ) -> None:
        self._manager = manager
        self._listed: Container[int] = ListedClusters() if listed is None else listed
        self.similarity = Similarity(rank)
        self.history: list[Step] = []
        self._undone: list[Step | None] = []  # None: a step of an earlier session
        self._decisions = Decisions(manager) if decisions is None else decisions
        self._find_cut = find_cut
        self._least: Callable[[], float] = least or (lambda: LEAST_SIMILARITY)
        self._arrange = by_size(manager)
        self.gain = ExpectedGain(manager, self.similarity.rank, self._may_be_candidate, self._may_be_compared)
        self._best: int | None = None
        self._candidate: int | None = None
        self._cut: ClusterCut | None = None
        self._visited: list[tuple[int | None, int | None, ClusterCut | None]] = []
        self._paused = True

    def __repr__(self) -> str:
        place = " and ".join(map(str, self.place)) or "no cluster"
        return f"<Wizard: {'paused at ' if self._paused else ''}{place}, {len(self.skipped)} skipped>"

    def _repr_html_(self) -> str:
        """Return where it is, for a notebook."""
        return wizard_html(self)

    @property
    def best(self) -> int | None:
        """The cluster under review, or None."""
        return None if self._paused else self._best

    @property
    def candidate(self) -> int | None:
        """Its proposed match, or None."""
        return None if self._paused else self._candidate

    @property
    def cut(self) -> ClusterCut | None:
        """The cut of the best cluster that is under review, or None."""
        return None if self._paused else self._cut

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
        return tuple(filter(self._is_open, self._decisions.skipped))

    @property
    def is_finished(self) -> bool:
        """Whether there are clusters, and each of them is decided or was skipped."""
        shown = self._shown()
        return bool(shown) and not any(map(self._is_waiting, shown))

    @property
    def undone(self) -> tuple[Step, ...]:
        """What redo would bring back into the history, in that order."""
        return tuple(step for step in reversed(self._undone) if step is not None)

    def order_by(self, arrange: Arrange) -> None:
        """Go through the clusters in another order from now on; what is under review stays.

        Parameters
        ----------
        arrange : callable
            Puts clusters in order, as those of `wizard_order`.
        """
        self._arrange = arrange
        self._tell()

    def start(self) -> None:
        """Propose again, at the place that was kept if it is still listed, or at the first listed cluster."""
        is_hidden = self._paused and self._best not in self._listed
        self._paused = False
        if self._best is None or self._best not in self._manager or is_hidden:
            self._propose(self._first())
        self._tell()

    def go_to_first(self) -> None:
        """Propose the first listed cluster that is undecided and its match; stay where both are under review."""
        self._paused = False
        first = self._first()
        if first != self._best:
            self._propose(first)
        elif self._candidate is None and self._cut is None:
            self._candidate = self._match(first)
        self._tell()

    def find_candidate(self) -> None:
        """Propose a candidate for the first best cluster, once similarities are known, unless the user moved on."""
        if not (self._paused or self._visited or self._best is None or self._candidate is not None):
            self._candidate = next(self._candidates(self._best), None)

    def pause(self) -> None:
        """Keep the place and propose nothing."""
        self._paused = True
        self._tell()

    def reset(self) -> None:
        """Forget the place, what was done, decided and skipped, and start over."""
        self.history.clear()
        self._undone.clear()
        self._visited.clear()
        self._decisions.clear()
        self.gain.forget()
        self._best = self._candidate = self._cut = None
        self.start()

    def review_skipped(self) -> None:
        """Propose the clusters that were skipped again, in their order; pairs that are not the same stay so."""
        self._decisions.review_all()
        self._paused = False
        self._propose(self._first())
        self._tell()

    def look_at(self, best: int, candidate: int | None = None) -> None:
        """Take over what the user chose to look at."""
        if (best, candidate) != (self._best, self._candidate):
            self._go(best, candidate)
            self._tell()

    def next_best(self) -> int | None:
        """Skip an undecided best cluster: go to the next undecided one and its best candidate; stay at the last."""
        if self._paused:
            return None
        order = self._order()
        following = order
        if self._best in order:
            following = order[order.index(self._best) + 1 :] + order
            if self._best in self._listed:
                self._decisions.skip(self._best)
        found = next(filter(self._may_come, following), None)
        if found is None:
            self._cut = None
        else:
            self._propose(found)
        self._tell()
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
        self._tell()
        return True

    def propose_cut(self) -> ClusterCut | None:
        """Propose where to cut the best cluster, if it has two clouds and they are not decided to be one; return it."""
        if not (self._paused or self._go_to_cut()):
            return None
        return self.cut

    def leave_cut(self) -> None:
        """Review no cut any more; it stays undecided."""
        if self._cut is not None:
            self._cut = None
            self._tell()

    def is_one(self, cluster: int) -> bool:
        """Return whether it was decided that a cluster is not to be cut."""
        return self._decisions.are_different(cluster, cluster)

    def _cut_of(self, cluster: int) -> ClusterCut | None:
        """Return where a cluster may be cut, unless it was decided that it is not to be."""
        if self._find_cut is None or cluster not in self._manager or self.is_one(cluster):
            return None
        try:
            cut = self._find_cut(cluster)
            return None if cut is None or cut.score < LEAST_SCORE else cut
        except NapariPhyError as error:
            logger.warning("No cut of cluster %d is proposed: %s", cluster, error)
            return None

    def _go_to_cut(self) -> bool:
        """Review the cut of the best cluster; return whether there is one."""
        cut = None if self._best is None else self._cut_of(self._best)
        if cut is None:
            return False
        if self._cut is None or self._cut.cluster != cut.cluster:
            self._go(self._best, None, cut)
            self._tell()
        return True

    @property
    def coming(self) -> int | None:
        """The candidate that `next` would go to, also while paused; None where it would go on to another best."""
        has_one = self._best in self._listed and self._cut is None
        return self._following_candidate() if has_one else None

    def next(self) -> tuple[int | None, int | None]:
        """Decide that the pair is not the same, or that the best cluster is not two, and go on.

        That is to the next candidate, then to the cut of the best cluster, then to the next best cluster.
        """
        is_cut = self._cut is not None
        if not self._paused and self._best is not None and (is_cut or self._candidate is not None):
            self._decisions.decide(self._best, self._best if self._candidate is None else self._candidate)
        stays = not (self._paused or is_cut) and self._best in self._listed
        if not (stays and (self._go_to_candidate() or self._go_to_cut())):
            self.next_best()
        return self.best, self.candidate

    def previous(self) -> tuple[int | None, int | None]:
        """Go back to what was looked at before, as far as it still exists."""
        while not self._paused and self._visited:
            best, candidate, cut = self._visited.pop()
            if best is not None and best in self._manager:
                self._look(best, candidate if candidate in self._manager else None, cut)
                other = best if cut is not None else candidate
                if other is not None and self._decisions.take_back(best, other):  # it is looked at again
                    self.gain.forget()
                self._tell()
                break
        return self.best, self.candidate

    def merge(self, clusters: Iterable[int], to: int) -> None:
        """Follow a merge: the new cluster is best."""
        self._record("merge", list(clusters), [to])
        self._propose(to)
        self._tell()

    def split(self, clusters: Iterable[int], to: Iterable[int]) -> None:
        """Follow a split or regrouping: the first new cluster is best; two new ones are not the same."""
        new = list(to)
        if len(new) == 2:
            self._decisions.decide(new[0], new[1])
        self._record("split", list(clusters), new)
        self._go(new[0] if new else None, new[1] if len(new) > 1 else None)
        self._tell()

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
        self._tell()

    def leave_hidden(self, order: Sequence[int]) -> bool:
        """Where an edit took the best cluster out of the list, in that `order` before it, go on to the next row."""
        if self._best is None or self._best in self._listed or self._best not in order:
            return False
        following = self._after([self._best], order)
        if following is None or following not in self._listed:
            return False
        self._propose(following)
        self._tell()
        return True

    def undo(self) -> None:
        """Follow the undo of the last merge, split or move."""
        self._undone.append(self.history.pop() if self.history else None)
        self._tell()

    def redo(self) -> None:
        """Follow the redo."""
        step = self._undone.pop() if self._undone else None
        if step is not None:
            self.history.append(step)
        self._tell()

    def _record(self, kind: str, clusters: list[int], result: Any) -> None:
        self.history.append((kind, clusters, result))
        self._undone.clear()

    def _propose(self, best: int | None) -> None:
        self._go(best, self._match(best))

    def _match(self, best: int | None) -> int | None:
        if best is None or best not in self._manager:
            return None
        found = next(self._candidates(best), None)
        is_second = self._decisions.has_any(best)  # it was compared already
        return None if found is not None and is_second and not self._are_similar(best, found) else found

    def _go(self, best: int | None, candidate: int | None, cut: ClusterCut | None = None) -> None:
        if self._best is not None:
            self._visited.append((self._best, self._candidate, self._cut))
        self._look(best, candidate, cut)

    def _look(self, best: int | None, candidate: int | None, cut: ClusterCut | None = None) -> None:
        self._best, self._candidate, self._cut = best, candidate, cut
        if best is not None:
            self._decisions.review(best)  # it is being looked at again

    def _tell(self) -> None:
        """Have decisions kept, and tell of another place."""
        self._decisions.flush()
        self.changed.emit()

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
        """Return the clusters in the order that was chosen; equal ones stay by id."""
        return self._arrange(self._shown())

    def _shown(self) -> list[int]:
        ids = self._manager.cluster_ids.tolist()
        return [one for one, group in zip(ids, self._manager.groups_of(ids), strict=True) if group != DISCARDED]

    def _is_open(self, cluster: int) -> bool:
        return self._manager.group(cluster) == UNSORTED

    def _is_waiting(self, cluster: int) -> bool:
        return self._is_open(cluster) and not self._decisions.is_skipped(cluster)

    def _may_come(self, cluster: int) -> bool:
        return cluster in self._listed and self._is_waiting(cluster)

    def _candidates(self, best: int, after: int | None = None) -> Iterator[int]:
        """Iterate over those that may be compared with the best, the most similar first: all, or those after one."""
        ranked = self.similarity.ranked(best)
        start = ranked.index(after) + 1 if after in ranked else 0
        return (cluster for cluster in ranked[start:] if self._may_be_compared(best, cluster))

    def _may_be_compared(self, best: int, cluster: int) -> bool:
        is_other = cluster != best and self._may_be_candidate(cluster)
        return is_other and not self._decisions.are_different(best, cluster)

    def _may_be_candidate(self, cluster: int) -> bool:
        is_listed = cluster in self._listed and cluster in self._manager
        return is_listed and self._manager.group(cluster) not in HIDDEN_GROUPS

    def _following_candidate(self) -> int | None:
        """Return the next candidate that is similar at all."""
        if self._best is None or self._best not in self._manager:
            return None
        found = next(self._candidates(self._best, after=self._candidate), None)
        return found if found is not None and self._are_similar(self._best, found) else None

    def _are_similar(self, best: int, candidate: int) -> bool:
        return self.similarity[best, candidate] >= self._least()

    def __iter__(self) -> Iterator[int]:
        """Iterate over the undecided clusters in the order of the wizard."""
        return filter(self._is_open, self._order())
