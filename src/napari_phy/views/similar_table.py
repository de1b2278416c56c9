"""The columns of the list of clusters that are like the best one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.views.cluster_table import ClusterTable
from napari_phy.views.session_like import SessionLike


@dataclass(frozen=True, slots=True, eq=False)
class SimilarTable:
    """One row a candidate, the most similar first.

    Attributes
    ----------
    cluster : the cluster the others are compared with.
    similarities : (n,) float64, larger is more alike.
    rows : the n candidates in the same order, columns as in the list of clusters.
    n_hidden : candidates left out because of their group.
    """

    cluster: int
    similarities: npt.NDArray[np.float64]
    rows: ClusterTable
    n_hidden: int


def compute_similar(
    session: SessionLike, cluster: int, hide_groups: tuple[str, ...] = ("noise", "mua")
) -> SimilarTable:
    """Return the candidates for merging with a cluster."""
    raise NotImplementedError
