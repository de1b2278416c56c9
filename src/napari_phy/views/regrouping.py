"""Clusters that some spikes would have, before anybody says that they shall: what views colour spikes by meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.stats.sampling import evenly_spaced
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.features import FeatureAxis, feature_points

Int64 = npt.NDArray[np.int64]

_N_LOOKED_AT = 300  # spikes of each part, to find where parts lie apart
_CLEARLY = 9.0  # apart, as a square
_NOISE = 0


@dataclass(frozen=True, slots=True, eq=False)
class Regrouping:
    """Parts of some spikes, the largest first; noise is the last.

    Attributes
    ----------
    spike_ids : ndarray of int64, shape (n_spikes,)
        Ascending.
    parts : ndarray of int32, shape (n_spikes,)
        Place of the part of each.
    sizes : tuple of int
        Spikes of each part.
    has_noise : bool
        Whether the last part is noise.
    """

    spike_ids: Int64
    parts: npt.NDArray[np.int32]
    sizes: tuple[int, ...]
    has_noise: bool

    @classmethod
    def of(cls, spike_ids: Int64, labels: npt.NDArray[np.integer]) -> Regrouping:
        """Return the parts of ascending spikes with labels, of which 0 is noise."""
        found, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
        order = np.lexsort([found, -counts, found == _NOISE])
        places = np.empty(len(found), dtype=np.int32)
        places[order] = np.arange(len(found))
        sizes = tuple(counts[order].tolist())
        return cls(spike_ids, read_only(places[inverse.reshape(-1)]), sizes, bool((found == _NOISE).any()))

    @property
    def names(self) -> tuple[str, ...]:
        """What each part is called: `312 spikes`, or `noise: 12`."""
        sizes = [format_number(size) for size in self.sizes]
        n_named = len(sizes) - self.has_noise
        return (*(f"{size} spikes" for size in sizes[:n_named]), *(f"noise: {size}" for size in sizes[n_named:]))

    def places_of(self, spike_ids: Int64) -> npt.NDArray[np.int32]:
        """Return `(n,)` the places of the parts of any spikes; −1 for those that it does not have."""
        if not len(self.spike_ids):
            return np.full(len(spike_ids), -1, dtype=np.int32)
        rows = np.minimum(np.searchsorted(self.spike_ids, spike_ids), len(self.spike_ids) - 1)
        return np.where(self.spike_ids[rows] == spike_ids, self.parts[rows], -1).astype(np.int32)


def regrouping_axes(session: SessionLike, regrouping: Regrouping) -> tuple[FeatureAxis, FeatureAxis] | None:
    """Return two features in which as many parts as can be lie apart; None where that cannot be told.

    Two parts are apart by the distance of their means in standard deviations; what is clearly apart needs to be no
    farther, so that the second feature tells those apart that the first one does not. It is of another channel if there
    is one. The lower channel is along x.
    """
    model = session.model
    n_components, n_parts = model.n_features_per_channel, len(regrouping.sizes) - regrouping.has_noise
    if n_parts < 2 or model.n_channels * n_components < 2:
        return None
    rows = [np.flatnonzero(regrouping.parts == part) for part in range(n_parts)]
    some = [regrouping.spike_ids[mine[evenly_spaced(len(mine), _N_LOOKED_AT)]] for mine in rows]
    axes = [FeatureAxis("feature", *divmod(column, n_components)) for column in range(model.n_channels * n_components)]
    spikes = np.sort(np.concatenate(some))
    values, parts = feature_points(session, axes, spikes), regrouping.places_of(spikes)
    is_known = np.isfinite(values).all(axis=1)
    groups = [values[is_known & (parts == part)] for part in range(n_parts)]
    groups = [group for group in groups if len(group)]
    if len(groups) < 2:
        return None
    means = np.array([group.mean(axis=0) for group in groups])
    spread = np.array([group.var(axis=0) for group in groups])
    one, other = np.triu_indices(len(groups), 1)
    widths = spread[one] + spread[other]
    apart = np.where(widths > 0, (means[one] - means[other]) ** 2 / np.where(widths > 0, widths, 1), 0)
    first = int(np.argmax(np.minimum(apart, _CLEARLY).sum(axis=0)))
    with_first = np.minimum(apart + apart[:, [first]], _CLEARLY).sum(axis=0)
    others = np.array([axis.channel_index != axes[first].channel_index for axis in axes])
    if not others.any():
        others = np.arange(len(axes)) != first
    second = int(np.argmax(np.where(others, with_first, -1)))
    low, high = sorted((first, second))
    return axes[low], axes[high]
