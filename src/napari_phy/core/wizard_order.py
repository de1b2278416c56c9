"""In which order a wizard goes through clusters, and through the candidates of each."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping, Sequence

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.memory import ByteCache

logger = logging.getLogger(__name__)

Arrange = Callable[[Sequence[int]], list[int]]  # puts clusters in order
Ranking = Sequence[tuple[int, float]]  # (other cluster, similarity), the most similar first


def by_size(manager: ClusterManager) -> Arrange:
    """Return the order with the largest first; those of equal size stay as they are."""
    return lambda clusters: sorted(clusters, key=manager.n_spikes, reverse=True)


def by_list(order: Callable[[], Sequence[int]], otherwise: Arrange) -> Arrange:
    """Return the order of a list; what it does not show comes last, in another order."""

    def arrange(clusters: Sequence[int]) -> list[int]:
        rows = {cluster: row for row, cluster in enumerate(order())}
        return sorted(otherwise(clusters), key=lambda cluster: rows.get(cluster, len(rows)))

    return arrange


def by_value(
    values_of: Callable[[Sequence[int]], Mapping[int, float]], otherwise: Arrange, *, is_ascending: bool = False
) -> Arrange:
    """Return the order by numbers, the largest first or last; equal and unknown ones, which are last, in another one.

    Parameters
    ----------
    values_of : callable
        Returns {cluster: number} of clusters, nan where one is not known.
    """

    def arrange(clusters: Sequence[int]) -> list[int]:
        values = values_of(clusters)

        def key(cluster: int) -> tuple[bool, float]:
            value = values.get(cluster, math.nan)
            return (True, 0.0) if math.isnan(value) else (False, value if is_ascending else -value)

        return sorted(otherwise(clusters), key=key)

    return arrange


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
        values = dict(self.rank(cluster))
        self._values.put(cluster, values)
        return list(values)

    def rank(self, cluster: int) -> Ranking:
        """Return them with their similarities, of which none is kept."""
        try:
            return self._rank(cluster)
        except NapariPhyError as error:
            logger.warning("Nothing is proposed beside cluster %d: %s", cluster, error)
            return []


class ExpectedGain:
    """How many spikes a merge of each cluster is expected to put in the right place.

    That is its similarity to the most similar cluster that may be compared with it, times the number of spikes of the
    smaller of the two. What was found of a cluster is kept while that partner may be compared, so after an edit only
    the new clusters and those that lost their partner are ranked.

    Parameters
    ----------
    manager : ClusterManager
        The clustering.
    rank : callable
        Returns [(other cluster, similarity)] of a cluster, the most similar first.
    may_be_candidate : callable
        Returns whether a cluster may be proposed beside some other one.
    may_be_compared : callable
        Returns whether it may be beside a certain one, which is given first.
    """

    def __init__(
        self,
        manager: ClusterManager,
        rank: Callable[[int], Ranking],
        may_be_candidate: Callable[[int], bool],
        may_be_compared: Callable[[int, int], bool],
    ) -> None:
        self._manager = manager
        self._rank = rank
        self._may_be_candidate = may_be_candidate
        self._may_be_compared = may_be_compared
        self._candidates: set[int] = set()
        self._partners: dict[int, tuple[int, float]] = {}  # (partner, similarity); (itself, 0.0) where there is none

    def forget(self) -> None:
        """Rank all clusters anew: other pairs may be compared than before."""
        self._partners.clear()

    def __call__(self, clusters: Sequence[int]) -> dict[int, float]:
        """Return {cluster: its gain}."""
        for gone in self._partners.keys() - set(clusters):
            del self._partners[gone]
        candidates = set(filter(self._may_be_candidate, clusters))
        fresh, self._candidates = candidates - self._candidates, candidates
        for cluster in [one for one in clusters if one in fresh or one not in self._partners]:
            self._find(cluster, is_new=True)
        for cluster, (partner, _) in list(self._partners.items()):
            if partner != cluster and not self._may_be_compared(cluster, partner):
                self._find(cluster, is_new=False)
        return {cluster: self._gain(cluster) for cluster in clusters}

    def _find(self, cluster: int, *, is_new: bool) -> None:
        ranked = self._rank(cluster)
        found = next(((one, value) for one, value in ranked if self._may_be_compared(cluster, one)), None)
        if ranked:
            self._partners[cluster] = found or (cluster, 0.0)
        else:
            self._partners.pop(cluster, None)  # not known yet
        for other, value in ranked if is_new else ():
            known = self._partners.get(other)
            if known is not None and value > known[1] and self._may_be_compared(other, cluster):
                self._partners[other] = cluster, value

    def _gain(self, cluster: int) -> float:
        partner, similarity = self._partners.get(cluster, (cluster, 0.0))
        return similarity * min(self._manager.n_spikes(cluster), self._manager.n_spikes(partner))
