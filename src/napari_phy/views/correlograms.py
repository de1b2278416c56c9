"""Auto- and cross-correlograms of the clusters of a selection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.correlograms import bin_samples, count_pairs, half_window_bins, symmetrise
from napari_phy.table.cluster_table import mean_rates
from napari_phy.table.session_like import SessionLike
from napari_phy.views.kept_pairs import keep_pairs, kept_counts


@dataclass(frozen=True, slots=True)
class CorrelogramRequest:
    """What a correlogram view wishes to see.

    Attributes
    ----------
    clusters : in the order of selection, best first.
    bin_ms : width of a bin; rounded to whole samples.
    window_ms : full width: 50 shows lags from −25 to 25 ms.
    """

    clusters: tuple[int, ...]
    bin_ms: float = 1.0
    window_ms: float = 50.0


@dataclass(frozen=True, slots=True, eq=False)
class CorrelogramData:
    """What a correlogram view draws: a matrix of histograms, [i, j] is j seen from the spikes of i.

    Attributes
    ----------
    request : what was asked for.
    cluster_ids : (n,) int64, in the order of selection.
    counts : (n, n, n_lags) int64, symmetric: counts[i, j, lag] = counts[j, i, −lag].
    lags_ms : (n_lags,) float64, −25 … 25: draw a bar of width `bin_ms` centred on each. The bar at k > 0 holds lags
        [k, k + 1) bins, the one at −k mirrors it, the one at 0 holds all pairs less than one
        bin apart: two bins of lags in a cross-correlogram.
    expected : (n, n) float64, counts per bin of independent clusters at these rates, N_i N_j bin / duration.
    maxima : (n, n) int64, the largest count of each histogram.
    n_spikes : (n,) int64, of each cluster.
    bin_ms : the width of a bin after rounding to whole samples.
    """

    request: CorrelogramRequest
    cluster_ids: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    lags_ms: npt.NDArray[np.float64]
    expected: npt.NDArray[np.float64]
    maxima: npt.NDArray[np.int64]
    n_spikes: npt.NDArray[np.int64]
    bin_ms: float


def compute_correlograms(
    session: SessionLike, request: CorrelogramRequest, on_progress: OnProgress = no_progress
) -> CorrelogramData:
    """Count what a correlogram view draws, over all spikes of the clusters.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    model, n = session.model, len(request.clusters)
    sizes = np.array([session.manager.n_spikes(cluster) for cluster in request.clusters], dtype=np.int64)
    bins = bin_samples(request.bin_ms, model.sample_rate), half_window_bins(request.bin_ms, request.window_ms)
    one_sided = kept_counts(session, request.clusters, *bins, on_progress)
    if one_sided is None:
        spikes = [session.manager.spikes(cluster) for cluster in request.clusters]
        spike_ids = np.concatenate([np.empty(0, dtype=np.int64), *spikes])
        order = np.argsort(spike_ids, kind="stable")
        places = np.repeat(np.arange(n, dtype=np.uint16), sizes)[order]
        one_sided = count_pairs(model.spike_samples[spike_ids[order]], places, n, *bins, on_progress)
    counts = symmetrise(one_sided)
    width, n_bins = bins
    bin_s = width / model.sample_rate
    bin_ms = round(1000 * bin_s, 9)
    expected = np.outer(sizes, mean_rates(session, sizes)) * bin_s
    lags_ms = np.arange(1 - n_bins, n_bins, dtype=np.float64) * bin_ms
    return CorrelogramData(
        request=request,
        cluster_ids=read_only(np.array(request.clusters, dtype=np.int64)),
        counts=read_only(counts),
        lags_ms=read_only(lags_ms),
        expected=read_only(expected),
        maxima=read_only(counts.max(axis=-1)),
        n_spikes=read_only(sizes),
        bin_ms=bin_ms,
    )


def keep_correlograms(session: SessionLike, request: CorrelogramRequest, on_progress: OnProgress = no_progress) -> bool:
    """Count those of all clusters of a large data set in the same bins, so that edits and clicks need sums only.

    Returns whether they are kept.
    """
    rate = session.model.sample_rate
    bins = bin_samples(request.bin_ms, rate), half_window_bins(request.bin_ms, request.window_ms)
    return keep_pairs(session, *bins, on_progress)
