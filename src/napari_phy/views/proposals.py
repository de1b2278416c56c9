"""What may be done with clusters: groups of them to merge, clusters that may be noise, clusters to split, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.cluster_cut import ClusterCut
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.session_like import SessionLike
from napari_phy.views.settings import Number, Switch, ViewSettings

Kind = Literal["merge", "noise", "split"]
MOST_IN_GROUP = 50


@dataclass(frozen=True, slots=True)
class Proposal:
    """One edit that is proposed.

    Attributes
    ----------
    kind : {"merge", "noise", "split"}
        What to do: join the clusters, move the cluster to noise, or cut it in two.
    clusters : tuple of int
        Ascending ids: two or more to merge, else one.
    score : float
        How sure it is, from 0 to 1.
    reasons : tuple of str
        Why, in a few words each, the strongest first.
    cut : ClusterCut or None
        Where a cluster is split.
    """

    kind: Kind
    clusters: tuple[int, ...]
    score: float
    reasons: tuple[str, ...] = ()
    cut: ClusterCut | None = None

    @property
    def key(self) -> tuple[Kind, tuple[int, ...]]:
        """What tells it from other proposals, however they are scored."""
        return self.kind, self.clusters

    @property
    def spikes(self) -> npt.NDArray[np.int64] | None:
        """(n,) ascending ids of the spikes that a split gives a cluster of their own; None of other kinds."""
        return None if self.cut is None else self.cut.spikes


@dataclass(frozen=True, slots=True)
class ProposalsSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    merges, noise, splits : bool
        Which kinds are proposed.
    least_score : float
        Least score of what is proposed, 0 to 1.
    least_spikes : int
        Least spikes of each cluster that is looked at.
    """

    view: ClassVar[str] = "Proposals"

    merges: Annotated[bool, Switch(title="Propose merges")] = True
    noise: Annotated[bool, Switch(title="Propose noise")] = True
    splits: Annotated[bool, Switch(title="Propose splits")] = True
    least_score: Annotated[
        float, Number(title="Least score", low=0, high=1, offered=(0.3, 0.5, 0.7, 0.9), tip="More are less sure.")
    ] = 0.5
    least_spikes: Annotated[
        int,
        Number(title="Least spikes of a cluster", low=2, high=1_000_000, offered=(10, 30, 100, 300), is_whole=True),
    ] = 30


def compute_proposals(
    session: SessionLike, settings: ProposalsSettings, on_progress: OnProgress = no_progress
) -> tuple[Proposal, ...]:
    """Return what is proposed, the surest first."""
    return ()
