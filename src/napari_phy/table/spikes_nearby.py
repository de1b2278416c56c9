"""The features of a cluster's spikes and of the other spikes around it, which tell how well it is apart from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import is_measured, read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.sampling import evenly_spread
from napari_phy.table.cluster_channels import cluster_channels
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_columns, required

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

MOST_CHANNELS = 4  # those of a tetrode, for which these measures were made
MOST_OWN, MOST_OTHERS = 5_000, 10_000


@dataclass(frozen=True, slots=True, eq=False)
class SpikesNearby:
    """Some spikes of a cluster and some others that are largest on its channels, whatever clusters they are in.

    Attributes
    ----------
    own, others : ndarray of float64, shape (n, n_features), (m, n_features)
        Their features on the cluster's largest channels.
    other_ids : ndarray of int64, shape (m,)
        Spike ids of the others.
    n_own, n_others : int
        How many there are, of which these are evenly spaced ones.
    """

    own: Float64
    others: Float64
    other_ids: Int64
    n_own: int
    n_others: int

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.own.nbytes + self.others.nbytes + self.other_ids.nbytes

    def equal_shares(self, n_max: int) -> tuple[Float64, Float64]:
        """Return the same share of its spikes and of the others, `n_max` of both together at most."""
        shares = [len(rows) / n for rows, n in ((self.own, self.n_own), (self.others, self.n_others)) if n]
        share = min([*shares, n_max / max(1, self.n_own + self.n_others)])
        return _spaced(self.own, share * self.n_own), _spaced(self.others, share * self.n_others)


_nearby: SessionCache[int, SpikesNearby] = SessionCache(lambda nearby: nearby.nbytes + 100)


def spikes_nearby(session: SessionLike, cluster: int, on_progress: OnProgress = no_progress) -> SpikesNearby:
    """Return the spikes on the largest channels of a cluster; it means the same as long as there is its id.

    Raises
    ------
    MissingDataError
        There are no features.
    """
    found = _nearby.get(session, [cluster], lambda _: {cluster: _read(session, cluster, on_progress)})
    return found[cluster]


def _read(session: SessionLike, cluster: int, on_progress: OnProgress) -> SpikesNearby:
    model, spikes = session.model, session.manager.spikes(cluster)
    features = required(model.features, model, "features")
    channels = cluster_channels(session, [cluster], part_of(on_progress, 0, 0.1))[cluster][:MOST_CHANNELS]
    is_near = np.zeros(2**16, dtype=np.bool_)
    is_near[channels] = True
    near = is_near[session.columns.get(part_of(on_progress, 0.1, 0.5)).channels]
    near[spikes] = False
    others = np.flatnonzero(near)
    per_channel = features.shape[1] // max(1, model.n_channels)
    places = (channels[:, None] * per_channel + np.arange(per_channel)).reshape(-1)
    own_ids, other_ids = evenly_spread(spikes, MOST_OWN), evenly_spread(others, MOST_OTHERS)
    rows = []
    for ids, part in ((own_ids, part_of(on_progress, 0.5, 0.7)), (other_ids, part_of(on_progress, 0.7, 1))):
        rows.append(read_columns(features, ids, places.tolist(), part).astype(np.float64))
    fine, others_fine = is_measured(rows[0]), is_measured(rows[1])
    return SpikesNearby(
        read_only(rows[0][fine]),
        read_only(rows[1][others_fine]),
        read_only(other_ids[others_fine]),
        round(len(spikes) * fine.mean()) if len(own_ids) else 0,
        round(len(others) * others_fine.mean()) if len(other_ids) else 0,
    )


def _spaced(rows: Float64, n: float) -> Float64:
    """Return about `n` evenly spaced rows."""
    n_wanted = min(len(rows), round(n))
    return rows[np.arange(n_wanted) * len(rows) // max(1, n_wanted)]
