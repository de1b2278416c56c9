"""Auto- and cross-correlograms, counted in whole samples: a few spikes by NumPy, many by compiled code."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import look_up
from napari_phy.core.progress import OnProgress, no_progress

Int64 = npt.NDArray[np.int64]
UInt16 = npt.NDArray[np.uint16]
Count = TypeVar("Count", np.int64, np.int32)

SPIKES_AT_ONCE = 2**16
N_SPIKES_NUMBA = 20_000  # fewer are counted before numba is imported
CACHED_BYTES = 2**22  # larger counts are filled cluster by cluster, so that those of one stay in the processor's cache
MAX_CLUSTERS = 2**16 - 1
LONGEST_TABLE = 2**24


def bin_samples(bin_ms: float, sample_rate: float) -> int:
    """Return the width of a bin in whole samples, at least one."""
    if not (bin_ms > 0 and sample_rate > 0):
        raise ValueError(f"A bin of {bin_ms} ms at {sample_rate} Hz has no width.")
    return max(1, round(bin_ms * sample_rate / 1000))


def half_window_bins(bin_ms: float, window_ms: float) -> int:
    """Return the number of one-sided bins: 26 for bins of 1 ms in a window of 50 ms (lags 0…25 ms)."""
    if not (bin_ms > 0 and window_ms >= 0):
        raise ValueError(f"A window of {window_ms} ms cannot be cut into bins of {bin_ms} ms.")
    return int(window_ms / (2 * bin_ms) + 1e-9) + 1


def correlograms(
    spike_samples: npt.ArrayLike,
    spike_clusters: npt.ArrayLike,
    cluster_ids: npt.ArrayLike,
    *,
    sample_rate: float,
    bin_ms: float = 1,
    window_ms: float = 50,
    on_progress: OnProgress = no_progress,
) -> npt.NDArray[np.int64]:
    """Count pairs of spikes by lag.

    Every pair of different spikes is counted once, from the earlier to the later one; of spikes in the same sample the
    one that comes first in the arrays is the earlier. Bin k holds lags from k to below k + 1 bins.

    Parameters
    ----------
    spike_samples : array_like, shape (n_spikes,)
        Sample of each spike, integers, ascending.
    spike_clusters : array_like, shape (n_spikes,)
        Cluster of each spike; spikes of other clusters are left out.
    cluster_ids : array_like, shape (n,)
        Distinct ids, the order of the axes.
    sample_rate : float
        In Hz.
    bin_ms : float, default 1
        Width of a bin, rounded to whole samples.
    window_ms : float, default 50
        Full width; 50 counts lags of 0…25 ms.
    on_progress : OnProgress, default no_progress
        Gets the share of the spikes that is counted.

    Returns
    -------
    ndarray of int64, shape (n, n, n_bins)
        One-sided: [i, j, k] counts spikes of j that follow a spike of i by k bins.

    Raises
    ------
    ValueError
        Samples are not ascending integers, lengths differ, or an id is given twice.
    """
    samples, clusters = np.asarray(spike_samples), np.asarray(spike_clusters)
    if samples.shape != clusters.shape or samples.ndim != 1:
        raise ValueError(f"{samples.shape} spike samples do not fit {clusters.shape} spike clusters.")
    if samples.size and samples.dtype.kind not in "iu":
        raise ValueError(f"Spike samples are integers, not {samples.dtype}.")
    ids = np.asarray(cluster_ids, dtype=np.int64)
    width, n_bins = bin_samples(bin_ms, sample_rate), half_window_bins(bin_ms, window_ms)
    if len(np.unique(ids)) < len(ids):
        raise ValueError("A cluster is named twice.")
    if len(ids) > MAX_CLUSTERS:
        raise ValueError(f"{len(ids)} clusters are more than {MAX_CLUSTERS}.")
    places = places_of(clusters, ids)
    chosen = places < len(ids)
    if not chosen.all():
        samples, places = samples[chosen], places[chosen]
    times = samples.astype(np.int64, copy=False)
    if (times[1:] < times[:-1]).any():
        raise ValueError("Spike samples are not ascending.")
    return count_pairs(times, places, len(ids), width, n_bins, on_progress)


def count_pairs(
    samples: Int64,
    places: UInt16,
    n: int,
    width: int,
    n_bins: int,
    on_progress: OnProgress = no_progress,
    dtype: type[Count] = np.int64,  # type: ignore[assignment]
) -> npt.NDArray[Count]:
    """Return (n, n, n_bins) counts as `correlograms` does, of what is known to be in order.

    Parameters
    ----------
    samples : ndarray of int64, shape (n_spikes,)
        Sample of each spike, ascending.
    places : ndarray of uint16, shape (n_spikes,)
        0 … n − 1, which of the n clusters each spike is of.
    width : int
        Width of a bin, in samples.

    Raises
    ------
    ValueError
        The window is 2**31 samples or longer.
    """
    if width * n_bins >= 2**31:
        raise ValueError(f"A window of {n_bins} bins of {width} samples is too long.")
    counts = np.zeros((n, n, n_bins), dtype=dtype)
    count = _count_by_numpy
    if len(samples) > N_SPIKES_NUMBA:
        from napari_phy.stats._pair_counts import count_followers as count
    for start in range(0, len(samples), SPIKES_AT_ONCE):
        on_progress(start / len(samples))
        some = slice(start, min(start + SPIKES_AT_ONCE, len(samples)))
        by_cluster = counts.nbytes > CACHED_BYTES
        order = np.argsort(places[some], kind="stable") if by_cluster else np.arange(some.stop - start)
        count(samples, places, start + order, width, counts)
    return counts


def places_of(clusters: npt.NDArray[np.integer], cluster_ids: Int64) -> UInt16:
    """Return (n_spikes,) where each spike's cluster is among `cluster_ids`; len(cluster_ids) if it is not there."""
    n = len(cluster_ids)
    if n and clusters.size and cluster_ids.min() >= 0 and cluster_ids.max() < LONGEST_TABLE and clusters.min() >= 0:
        table = np.full(cluster_ids.max() + 2, n, dtype=np.uint16)
        table[cluster_ids] = np.arange(n)
        return look_up(table, np.minimum(clusters, len(table) - 1))
    order = np.argsort(cluster_ids)
    ascending = np.append(cluster_ids[order], np.iinfo(np.int64).max)
    found = np.searchsorted(ascending[:-1], clusters)
    return np.where(ascending[found] == clusters, np.append(order, n)[found], n).astype(np.uint16)


def _count_by_numpy(samples: Int64, places: UInt16, spikes: Int64, width: int, counts: npt.NDArray[Any]) -> None:
    """Add to (n, n, n_bins) the pairs of some spikes, ascending, with those that follow them."""
    n, _, n_bins = counts.shape
    first_of, second_of = places.astype(np.int64) * (n * n_bins), places.astype(np.int64) * n_bins
    for shift in range(1, len(samples)):
        # a spike whose shift-th follower is out of the window has no later one inside it
        spikes = spikes[spikes < len(samples) - shift]
        bins = (samples[spikes + shift] - samples[spikes]) // width
        within = bins < n_bins
        spikes, bins = spikes[within], bins[within]
        if not spikes.size:
            break
        cells = first_of[spikes] + second_of[spikes + shift] + bins
        counts += np.bincount(cells, minlength=counts.size).reshape(counts.shape)


def symmetrise(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return lags of both signs, (n, n, 2 n_bins − 1), from one-sided counts (n, n, n_bins).

    The count of i and j at −k is that of j and i at k. At 0 are all pairs of i and j less than a bin apart, whichever
    came first; in an autocorrelogram, where none comes first, each is one pair.
    """
    mirrored = counts.transpose(1, 0, 2)
    is_same = np.eye(len(counts), dtype=bool)[..., None]
    zero = np.where(is_same, counts[..., :1], counts[..., :1] + mirrored[..., :1])
    return np.concatenate((mirrored[..., :0:-1], zero, counts[..., 1:]), axis=-1)


def merged_autocorrelogram(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return (n_lags,) the autocorrelogram of all clusters as one, from (n, n, n_lags) those of each two of them.

    `counts` are as `symmetrise` returns them.
    """
    merged: npt.NDArray[np.int64] = counts.sum(axis=(0, 1))
    middle = counts.shape[-1] // 2
    merged[middle] -= np.triu(counts[:, :, middle], 1).sum()  # pairs of two clusters are there twice
    return merged
