"""Histograms of the intervals between neighbouring spikes, counted in whole samples."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.stats.correlograms import bin_samples

Int64 = npt.NDArray[np.int64]


NO_INTERVAL = -1


def spike_intervals(spike_samples: npt.ArrayLike, firsts: npt.ArrayLike = ()) -> Int64:
    """Return (n_spikes,) samples since the spike before, −1 where there is none.

    Parameters
    ----------
    spike_samples : array_like, shape (n_spikes,)
        Ascending integer samples of one cluster.
    firsts : array_like of int, default ()
        Places of spikes that nothing leads to: each is the first of a stretch of time of its own. A place behind the
        last spike stands for a stretch without spikes.
    """
    samples = np.asarray(spike_samples, dtype=np.int64)
    intervals = np.full(len(samples), NO_INTERVAL, dtype=np.int64)
    intervals[1:] = np.diff(samples)
    starts = np.asarray(firsts, dtype=np.int64)
    intervals[starts[starts < len(samples)]] = NO_INTERVAL
    return intervals


def linear_edges(bin_ms: float, window_ms: float, sample_rate: float, shortest_ms: float = 0.0) -> Int64:
    """Return (n_bins + 1,) edges in samples, from `shortest_ms` to `window_ms`, equally wide in whole samples.

    A bin has one sample at least.
    """
    if not 0 <= shortest_ms < window_ms:
        raise ValueError(f"Intervals from {shortest_ms} to {window_ms} ms have no histogram.")
    bin_ms = max(bin_ms, 1000 / sample_rate)
    first, width = round(shortest_ms * sample_rate / 1000), bin_samples(bin_ms, sample_rate)
    return first + np.arange(max(1, round((window_ms - shortest_ms) / bin_ms)) + 1, dtype=np.int64) * width


def log_edges(shortest_ms: float, longest_ms: float, bins_per_decade: int, sample_rate: float) -> Int64:
    """Return (n_bins + 1,) distinct edges in samples, at whole fractions of decades as near as samples allow.

    There is one bin of one sample at least.
    """
    if not 0 < shortest_ms < longest_ms:
        raise ValueError(f"From {shortest_ms} to {longest_ms} ms there is no logarithmic axis.")
    n_bins = max(1, round(np.log10(longest_ms / shortest_ms) * bins_per_decade))
    requested = np.geomspace(shortest_ms, longest_ms, n_bins + 1) * sample_rate / 1000
    edges = np.unique(np.maximum(1, np.rint(requested)).astype(np.int64))
    return edges if len(edges) > 1 else np.append(edges, edges + 1)


def interval_counts(intervals: npt.ArrayLike, edges: Int64) -> Int64:
    """Return (n_bins,) how many intervals are from one edge to below the next.

    Parameters
    ----------
    intervals : array_like of int, shape (n_intervals,)
        Intervals in samples, in any order; those of `spike_intervals` that are none are in no bin.
    edges : ndarray of int64, shape (n_bins + 1,)
        Edges of the bins in samples, ascending, from 0 on.
    """
    of_interval = np.searchsorted(edges, intervals, side="right")
    counts: Int64 = np.bincount(of_interval, minlength=len(edges) + 1)[1 : len(edges)].astype(np.int64)
    return counts


def density_of(counts: Int64, widths: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return (n_bins,) counts as a density over what is shown: its sum times `widths` is 1, or 0 of no interval."""
    density: npt.NDArray[np.float64] = counts / (max(1, int(counts.sum())) * widths)
    return density
