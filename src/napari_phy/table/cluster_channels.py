"""The channels of a cluster, the same ones wherever the list or a view tells, shows or sorts by them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.session_like import ClusterSumsLike, SessionLike

Int64 = npt.NDArray[np.int64]

HAS_PART = 0.1  # mean mask from which a channel takes part: a tenth of the spikes of a cluster may be another neuron


def channels_of(mean_masks: npt.NDArray[np.floating], sizes: npt.NDArray[np.floating]) -> Int64:
    """Return the channels on which a cluster takes part, the largest first.

    Parameters
    ----------
    mean_masks : ndarray of floating, shape (n_channels,)
        Mean mask of each channel over the spikes of the cluster, 0…1.
    sizes : ndarray of floating, shape (n_channels,)
        How large the cluster is on each channel; where all are 0, the masks decide.

    Returns
    -------
    ndarray of int64, shape (k,)
        Channel indices: those with a mean mask of `HAS_PART` and more, and the largest one in any case. None of a
        cluster that is masked everywhere.
    """
    if not sizes.any():
        sizes = mean_masks
    if not sizes.any():
        return read_only(np.empty(0, dtype=np.int64))
    by_size = np.argsort(-sizes, kind="stable")
    has_part = mean_masks >= HAS_PART
    has_part[by_size[0]] = True
    return read_only(by_size[has_part[by_size]])


def channels_by(sums: ClusterSumsLike) -> Int64:
    """Return the channels of the cluster that was summed over, the largest first.

    Sizes are the means of |feature| × mask, so the first channel is that of the list (`ch`).
    """
    n_spikes = max(sums.n_spikes, 1)
    return channels_of(sums.mask_sum / n_spikes, sums.abs_sum / n_spikes)


def cluster_channels(
    session: SessionLike, clusters: Iterable[int], on_progress: OnProgress = no_progress
) -> dict[int, Int64]:
    """Return {cluster: its channels, the largest first}; {} without features.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    if session.sums is None:
        return {}
    return {cluster: channels_by(sums) for cluster, sums in session.sums.get(clusters, on_progress).items()}


def rank_channels(session: SessionLike, clusters: tuple[int, ...], on_progress: OnProgress = no_progress) -> Int64:
    """Return all channel indices: those on which the clusters take part before the others, the largest first.

    Without features they are in the order of the file.
    """
    n_channels = session.model.n_channels
    if session.sums is None or not clusters:
        return np.arange(n_channels)
    sums = session.sums.get(clusters, on_progress).values()
    size = np.max([one.abs_sum / max(one.n_spikes, 1) for one in sums], axis=0)
    has_part = np.zeros(n_channels, dtype=bool)
    has_part[np.concatenate([channels_by(one) for one in sums])] = True
    return np.lexsort((-size, ~has_part))
