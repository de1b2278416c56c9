"""The columns of the list of clusters that are like the best one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.table.cluster_table import HIDDEN_GROUP, ClusterTable, compute_cluster_table
from napari_phy.table.session_like import SessionLike


@dataclass(frozen=True, slots=True, eq=False)
class SimilarTable:
    """One row a candidate, the most similar first.

    Attributes
    ----------
    cluster : int
        The cluster the others are compared with.
    similarities : ndarray of float64, shape (n,)
        Larger is more alike.
    rows : ClusterTable
        The n candidates in the same order, columns as in the list of clusters.
    n_hidden : int
        Candidates left out because of their group.
    """

    cluster: int
    similarities: npt.NDArray[np.float64]
    rows: ClusterTable
    n_hidden: int


def compute_similar(
    session: SessionLike, cluster: int, hide_groups: tuple[str, ...] = ("noise", "mua"), *, is_ranked: bool = True
) -> SimilarTable:
    """Return the candidates for merging with a cluster.

    Discarded clusters are never among them and are not counted as hidden. How alike two clusters are is the
    session's business (`session.similar_to`). Without `is_ranked` no features are read: similarities are 0, the largest
    cluster comes first.
    """
    ranking = session.similar_to(cluster) if is_ranked else _largest_first(session)
    ranking = [pair for pair in ranking if pair[0] != cluster]
    groups = session.manager.groups_of(other for other, _ in ranking)
    n_candidates = len(groups) - groups.count(HIDDEN_GROUP)
    left_out = {HIDDEN_GROUP, *hide_groups}
    shown = [pair for pair, group in zip(ranking, groups, strict=True) if group not in left_out]
    return SimilarTable(
        cluster=cluster,
        similarities=read_only(np.array([similarity for _, similarity in shown], dtype=np.float64)),
        rows=compute_cluster_table(session, [other for other, _ in shown], reads="all" if is_ranked else "times"),
        n_hidden=n_candidates - len(shown),
    )


def _largest_first(session: SessionLike) -> list[tuple[int, float]]:
    clusters = session.manager.cluster_ids.tolist()
    return [(cluster, 0.0) for cluster in sorted(clusters, key=session.manager.n_spikes, reverse=True)]
