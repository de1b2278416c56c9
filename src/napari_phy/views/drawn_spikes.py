"""Which spikes a scatter draws, and what it draws of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import ClusteringError
from napari_phy.stats.sampling import evenly_spaced, evenly_spaced_others, evenly_spread
from napari_phy.table.session_like import SessionLike
from napari_phy.views.violations import violating_spikes

_MANY = 32  # one in so many spikes, from which it is faster to mark spikes among all than to sort them
_NO_SPIKES = np.empty(0, dtype=np.int64)

Spikes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ScatterData:
    """A point for each spike: background spikes first, then the clusters from the last selected to the best.

    Attributes
    ----------
    x, y : ndarray of float32, shape (n,)
        Where each spike is, in the units that the titles of the axes tell; spikes that have no place are left out.
    spike_ids : ndarray of int64, shape (n,)
        Id of each spike.
    places : ndarray of int32, shape (n,)
        Position of the spike's cluster in `clusters`; −1 for background spikes.
    violates : ndarray of bool, shape (n,)
        Whether each spike is to be marked as it comes too soon after another one of its cluster.
    x_label, y_label : str
        Titles of the axes: "channel 4 · PC1", "time (s)" or "amplitude (µV)".
    x_range, y_range : tuple of float
        (low, high) to show.
    n_shown, n_total : int
        Drawn spikes of the selection and all its spikes.
    n_violations : int or None
        How many spikes of the selection violate, drawn or not; None where they are not marked.
    caption : str
        The words below the picture.
    """

    x: npt.NDArray[np.float32]
    y: npt.NDArray[np.float32]
    spike_ids: Spikes
    places: npt.NDArray[np.int32]
    violates: npt.NDArray[np.bool_]
    x_label: str
    y_label: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    n_shown: int
    n_total: int
    n_violations: int | None
    caption: str

    @property
    def clusters(self) -> tuple[int, ...]:
        """In the order of selection, best first."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)
class DrawnSpikes:
    """Spikes in the order of drawing.

    Attributes
    ----------
    spike_ids : ndarray of int64, shape (n,)
        Id of each spike.
    places : ndarray of int32, shape (n,)
        Place of its cluster among those asked for; −1 for the first `n_background`.
    violates : ndarray of bool, shape (n,)
        Whether each is to be marked as a violation of the refractory time.
    n_background, n_total : int
        Drawn spikes of other clusters; spikes of the clusters, drawn or not.
    n_violations : int or None
        Number of violations in the clusters, drawn or not; None where they are not marked.
    """

    spike_ids: Spikes
    places: npt.NDArray[np.int32]
    violates: npt.NDArray[np.bool_]
    n_background: int
    n_total: int
    n_violations: int | None

    @property
    def n_shown(self) -> int:
        """Drawn spikes of the clusters."""
        return len(self.spike_ids) - self.n_background

    def where(self, has_place: npt.NDArray[np.bool_]) -> DrawnSpikes:
        """Return only those of (n,) spikes that can be drawn."""
        return replace(
            self,
            spike_ids=read_only(self.spike_ids[has_place]),
            places=read_only(self.places[has_place]),
            violates=read_only(self.violates[has_place]),
            n_background=int(np.count_nonzero(has_place[: self.n_background])),
        )


def all_spikes(session: SessionLike, clusters: tuple[int, ...]) -> Spikes:
    """Return the ascending spikes of some clusters.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    if len(clusters) == 1:
        return session.manager.spikes(clusters[0])
    found = np.concatenate([_NO_SPIKES, *(session.manager.spikes(cluster) for cluster in clusters)])
    stop = int(found.max(initial=-1)) + 1
    if len(found) < stop // _MANY:
        return np.sort(found)
    is_found = np.zeros(stop, dtype=np.bool_)
    is_found[found] = True
    return np.flatnonzero(is_found)


def drawn_spikes(
    session: SessionLike,
    clusters: tuple[int, ...],
    n_spikes_max: int,
    others: Callable[[Spikes], Spikes],
    *,
    mark_violations: bool = False,
) -> DrawnSpikes:
    """Return up to `n_spikes_max` evenly spread spikes of each cluster, over what `others` picks of all other spikes.

    Many of those of a merged cluster are those of its parts, so little is read anew.
    `others` gets the ascending spikes of the clusters. Violations that are to be marked are drawn in addition, up to as
    many again.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    selected = all_spikes(session, clusters)
    drawn = [evenly_spread(session.manager.spikes(cluster), n_spikes_max) for cluster in reversed(clusters)]
    violating = [_NO_SPIKES] * len(clusters)
    if mark_violations:
        violating = [violating_spikes(session, (cluster,)) for cluster in reversed(clusters)]
        marked = [evenly_spread(spikes, n_spikes_max) for spikes in violating]
        drawn = [np.union1d(spikes, more) for spikes, more in zip(drawn, marked, strict=True)]
    background = others(selected)
    places = np.repeat(
        np.arange(-1, len(drawn), dtype=np.int32)[[0, *range(len(drawn), 0, -1)]],
        [len(background), *(len(ids) for ids in drawn)],
    )
    return DrawnSpikes(
        read_only(np.concatenate([background, *drawn])),
        read_only(places),
        read_only(
            np.concatenate(
                [np.zeros(len(background), np.bool_), *(np.isin(*both) for both in zip(drawn, violating, strict=True))]
            )
        ),
        len(background),
        len(selected),
        sum(map(len, violating)) if mark_violations else None,
    )


def others_of(session: SessionLike, selected: Spikes, n_max: int) -> Spikes:
    """Return up to `n_max` evenly spaced spikes that are not among the selected ones (ascending).

    They are the same for all selections, but for those that stand in for selected ones: so, little is read anew.
    """
    first, stop = np.array(session.manager.spike_spans, dtype=np.int64).T
    before = np.cumsum(stop - first) - (stop - first)  # spikes of the stretches before each
    n = int((stop - first).sum())
    chosen = selected - (first - before)[np.searchsorted(first, selected, side="right") - 1]
    always = evenly_spaced(n, n_max)
    after = np.searchsorted(chosen, always, side="right")
    others = always[after == np.searchsorted(chosen, always)]
    taken = np.sort(np.concatenate([chosen, others]), kind="stable")  # of two ascending parts: NumPy merges them
    instead = evenly_spaced_others(n, taken, n_max - len(others))
    places = np.union1d(others, instead)
    return np.asarray(places + (first - before)[np.searchsorted(before, places, side="right") - 1], dtype=np.int64)


def lasso_vertices(polygon: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the (k, 2) vertices of a lasso.

    Raises
    ------
    ClusteringError
        It has fewer than three points.
    """
    vertices = np.asarray(polygon, dtype=np.float64)
    if len(vertices) < 3:
        raise ClusteringError("The lasso needs three points or more.")
    return vertices
