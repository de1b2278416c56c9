"""Which spikes a scatter draws, and what it draws of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.stats.sampling import evenly_spaced
from napari_phy.views.session_like import SessionLike

_NO_SPIKES = np.empty(0, dtype=np.int64)

Spikes = npt.NDArray[np.int64]


class ScatterData(Protocol):
    """A point for each spike: background spikes first, then the clusters from the last selected to the best."""

    @property
    def clusters(self) -> tuple[int, ...]:
        """In the order of selection, best first."""
        ...

    @property
    def x(self) -> npt.NDArray[np.float32]:
        """(n,) horizontal values."""
        ...

    @property
    def y(self) -> npt.NDArray[np.float32]:
        """(n,) vertical values."""
        ...

    @property
    def spike_ids(self) -> Spikes:
        """(n,) spikes in the order of drawing."""
        ...

    @property
    def places(self) -> npt.NDArray[np.int32]:
        """(n,) position of the spike's cluster in `clusters`; −1 for background spikes."""
        ...

    @property
    def x_label(self) -> str:
        """Title of the horizontal axis."""
        ...

    @property
    def y_label(self) -> str:
        """Title of the vertical axis."""
        ...

    @property
    def x_range(self) -> tuple[float, float]:
        """(low, high) to show."""
        ...

    @property
    def y_range(self) -> tuple[float, float]:
        """(low, high) to show."""
        ...

    @property
    def n_total(self) -> int:
        """Spikes of the clusters, drawn or not."""
        ...

    @property
    def caption(self) -> str:
        """What was drawn of them."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSpikes:
    """Spikes in the order of drawing, with the places of their clusters; −1 for the first `n_background`."""

    spike_ids: Spikes
    places: npt.NDArray[np.int32]
    n_background: int
    n_total: int

    @property
    def n_shown(self) -> int:
        """Drawn spikes of the clusters."""
        return len(self.spike_ids) - self.n_background


def all_spikes(session: SessionLike, clusters: tuple[int, ...]) -> Spikes:
    """Return the ascending spikes of some clusters.

    Raises ClusteringError when one does not exist (any more).
    """
    return np.sort(np.concatenate([_NO_SPIKES, *(session.manager.spikes(cluster) for cluster in clusters)]))


def drawn_spikes(
    session: SessionLike, clusters: tuple[int, ...], n_spikes_max: int, others: Callable[[Spikes], Spikes]
) -> DrawnSpikes:
    """Return up to `n_spikes_max` evenly spaced spikes of each cluster, over what `others` picks of all other spikes.

    `others` gets the ascending spikes of the clusters. Raises ClusteringError when a cluster does not exist (any more).
    """
    selected = all_spikes(session, clusters)
    spikes = [session.manager.spikes(cluster) for cluster in clusters]
    drawn = [ids[evenly_spaced(len(ids), n_spikes_max)] for ids in reversed(spikes)]
    background = others(selected)
    places = np.repeat(
        np.arange(-1, len(drawn), dtype=np.int32)[[0, *range(len(drawn), 0, -1)]],
        [len(background), *(len(ids) for ids in drawn)],
    )
    spike_ids = np.concatenate([background, *drawn])
    return DrawnSpikes(read_only(spike_ids), read_only(places), len(background), len(selected))
