"""Auto- and cross-correlograms, counted in whole samples."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.core.progress import OnProgress, no_progress

Int64 = npt.NDArray[np.int64]

SPIKES_AT_ONCE = 2**16


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
    spike_samples : (n_spikes,) integer samples, ascending.
    spike_clusters : (n_spikes,) cluster of each spike; spikes of other clusters are left out.
    cluster_ids : (n,) distinct ids, the order of the axes.
    sample_rate : Hz.
    bin_ms : width of a bin, rounded to whole samples.
    window_ms : full width; 50 counts lags of 0…25 ms.
    on_progress : gets the share of the spikes that is counted.

    Returns
    -------
    (n, n, n_bins) int64, one-sided: [i, j, k] counts spikes of j that follow a spike of i by k bins.

    Raises
    ------
    ValueError
        Samples are not ascending integers, lengths differ, or an id is given twice.
    """
    samples, ids = np.asarray(spike_samples), np.asarray(cluster_ids, dtype=np.int64)
    clusters = np.asarray(spike_clusters)
    if samples.shape != clusters.shape or samples.ndim != 1:
        raise ValueError(f"{samples.shape} spike samples do not fit {clusters.shape} spike clusters.")
    if samples.size and samples.dtype.kind not in "iu":
        raise ValueError(f"Spike samples are integers, not {samples.dtype}.")
    order = np.argsort(ids)
    ascending = ids[order]
    if (ascending[1:] == ascending[:-1]).any():
        raise ValueError("A cluster is named twice.")
    n, n_bins = len(ids), half_window_bins(bin_ms, window_ms)
    width = bin_samples(bin_ms, sample_rate)
    counts = np.zeros(n * n * n_bins, dtype=np.int64)
    if not n:
        return counts.reshape(n, n, n_bins)

    places = np.minimum(np.searchsorted(ascending, clusters), n - 1)
    chosen = ascending[places] == clusters
    rows = order[places[chosen]]
    times = samples[chosen].astype(np.int64)
    if (times[1:] < times[:-1]).any():
        raise ValueError("Spike samples are not ascending.")

    first_of = rows * (n * n_bins)
    second_of = rows * n_bins
    for start in range(0, len(times), SPIKES_AT_ONCE):
        on_progress(start / len(times))
        earlier = np.arange(start, min(start + SPIKES_AT_ONCE, len(times)))
        counts += _count_followers(earlier, times, (first_of, second_of), width, n_bins, len(counts))
    return counts.reshape(n, n, n_bins)


def _count_followers(
    earlier: Int64, times: Int64, codes: tuple[Int64, Int64], width: int, n_bins: int, n_counts: int
) -> Int64:
    """Return (n_counts,) pairs of some spikes with those that follow them; a pair and a bin share one number."""
    first_of, second_of = codes
    counts = np.zeros(n_counts, dtype=np.int64)
    for shift in range(1, len(times)):
        # a spike whose shift-th follower is out of the window has no later one inside it
        earlier = earlier[: np.searchsorted(earlier, len(times) - shift)]
        bins = (times[earlier + shift] - times[earlier]) // width
        within = bins < n_bins
        earlier, bins = earlier[within], bins[within]
        if not earlier.size:
            break
        counts += np.bincount(first_of[earlier] + second_of[earlier + shift] + bins, minlength=n_counts)
    return counts


def symmetrise(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return lags of both signs, (n, n, 2 n_bins − 1), from one-sided counts (n, n, n_bins).

    The count of i and j at −k is that of j and i at k; at 0 it is the larger of the two.
    """
    mirrored = counts.transpose(1, 0, 2)
    zero = np.maximum(counts[..., :1], mirrored[..., :1])
    return np.concatenate((mirrored[..., :0:-1], zero, counts[..., 1:]), axis=-1)
