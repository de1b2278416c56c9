"""The columns of the list of clusters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.views.session_like import SessionLike


@dataclass(frozen=True, slots=True, eq=False)
class ClusterTable:
    """One row a cluster, ascending ids; discarded clusters are left out.

    Attributes
    ----------
    ids : (n,) int64.
    groups : n lower-case names.
    channels : (n,) int64, channel id of the largest mean |feature| × mask; −1 where unknown.
    depths : (n,) float64, µm, centre of mass of the same over y; nan where unknown.
    n_spikes : (n,) int64.
    rates : (n,) float64, Hz.
    amplitudes : (n,) float64, in the unit of the model; nan until `compute_amplitudes` has read them.
    refractory : (n,) float64, per cent of intervals below 2 ms; nan with fewer than two spikes.
    """

    ids: npt.NDArray[np.int64]
    groups: tuple[str, ...]
    channels: npt.NDArray[np.int64]
    depths: npt.NDArray[np.float64]
    n_spikes: npt.NDArray[np.int64]
    rates: npt.NDArray[np.float64]
    amplitudes: npt.NDArray[np.float64]
    refractory: npt.NDArray[np.float64]


def compute_cluster_table(session: SessionLike, cluster_ids: Iterable[int] | None = None) -> ClusterTable:
    """Return the rows of some clusters (None: all that are not discarded, ascending)."""
    raise NotImplementedError


def compute_amplitudes(
    session: SessionLike, cluster_ids: Iterable[int], cancelled: Callable[[], bool] = lambda: False
) -> dict[int, float]:
    """Return the amplitude of clusters by id: slow, for a worker. Later tables hold them; {} without raw data."""
    raise NotImplementedError


def group_counts(table: ClusterTable) -> dict[str, int]:
    """Return the number of clusters of each group that has any: good, mua, noise, unsorted, then the user's own."""
    raise NotImplementedError


def clusters_sentence(table: ClusterTable, n_shown: int | None = None) -> str:
    """Return "22 clusters · 7 444 spikes", or with a filter "8 of 22 clusters"."""
    raise NotImplementedError


def groups_sentence(table: ClusterTable) -> str:
    """Return "8 good 3 mua 4 noise 7 unsorted"."""
    raise NotImplementedError
