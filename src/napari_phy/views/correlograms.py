"""Auto- and cross-correlograms of the clusters of a selection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.correlograms import bin_samples, count_pairs, half_window_bins, symmetrise
from napari_phy.table.columns import mean_rates
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import first_spikes, moved_apart
from napari_phy.views.correlogram_cache import cache_pairs, cached_counts
from napari_phy.views.settings import Choice, Number, Switch, ViewSettings

Unit = Literal["counts", "Hz"]
Lags = Literal["linear", "log"]
Float64 = npt.NDArray[np.float64]

N_MAX = 8  # clusters at most, so that boxes stay legible


@dataclass(frozen=True, slots=True)
class CorrelogramSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    bin_ms : float or None
        Width of a bin; None: that of the data set's settings.
    window_ms : float or None
        Full width: 50 shows lags from −25 to 25 ms; None as above.
    unit : str
        Pairs of spikes ("counts"), or spikes of the column per second around one of the row ("Hz").
    lags : str
        "log" spreads short lags: a lag of n bins is log(1 + n) from the middle.
    refractory_ms : float
        Half width of the refractory band.
    baseline : bool
        Whether the expected height is drawn.
    shared : bool
        Whether all boxes have one scale.
    merged : bool
        Whether the box at the bottom left, which mirrors the one at the top right, shows all clusters as one instead.
    """

    view: ClassVar[str] = "Correlograms"

    bin_ms: Annotated[
        float | None,
        Number(
            title="Bin", low=0.1, high=20, unit="ms", offered=(0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
            pattern="Bin {:g} ms", none="As in Preferences", preference="correlogram_bin_ms",
            tip="Rounded to whole samples.",
        ),
    ] = None  # fmt: skip
    window_ms: Annotated[
        float | None,
        Number(
            title="Window", low=2, high=2000, unit="ms", offered=(10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0),
            pattern="Window {:g} ms", none="As in Preferences", preference="correlogram_window_ms",
            tip="50 ms shows lags from −25 to 25 ms.",
        ),
    ] = None  # fmt: skip
    unit: Annotated[Unit, Choice(title="Height", of=(("Counts", "counts"), ("Hz", "Hz")), is_look=True)] = "counts"
    lags: Annotated[Lags, Choice(title="Lags", of=(("Linear", "linear"), ("Logarithmic", "log")), is_look=True)] = (
        "linear"
    )
    refractory_ms: Annotated[
        float,
        Number(
            title="Refractory time", low=0, high=100, unit="ms", offered=(0.5, 1.0, 1.5, 2.0, 3.0, 5.0), is_look=True
        ),
    ] = 2.0
    baseline: Annotated[
        bool, Switch(title="Expected height", is_look=True, tip="That of independent clusters of these rates.")
    ] = True
    shared: Annotated[bool, Switch(title="One scale for all", is_look=True)] = False
    merged: Annotated[
        bool, Switch(title="Bottom left: all as one", is_look=True, tip="What a merge would give; else it is a mirror.")
    ] = True

    def shows_merged(self, data: CorrelogramData) -> bool:
        """Return whether a box shows all clusters as one."""
        return self.merged and len(data.cluster_ids) > 1

    def heights(self, data: CorrelogramData) -> Float64:
        """Return (n, n, n_lags) the heights of all bars."""
        return data.counts / self._per_unit(data)[:, :, None]

    def maxima(self, data: CorrelogramData) -> Float64:
        """Return (n, n) the height of the largest bar in each box."""
        return data.maxima / self._per_unit(data)

    def expected(self, data: CorrelogramData) -> Float64:
        """Return (n, n) the height that independent clusters of these rates would have."""
        return data.expected / self._per_unit(data)

    def tops(self, data: CorrelogramData) -> Float64:
        """Return (n, n) the height that fills each box."""
        own = self.maxima(data)
        if self.baseline:
            own = np.maximum(own, self.expected(data))
        own = np.where(own > 0, own, 1.0)
        return np.full_like(own, own.max()) if self.shared and own.size else own

    def _per_unit(self, data: CorrelogramData) -> Float64:
        """Return (n, n) how many pairs make one unit."""
        shape = data.maxima.shape
        if self.unit == "counts":
            return np.ones(shape)
        per_row = np.maximum(data.n_spikes, 1) * (data.bin_ms / 1000)
        return np.broadcast_to(per_row[:, None], shape)

    def place(self, data: CorrelogramData, lags_ms: Any) -> Float64:
        """Return where lags in ms are between the left edge of a box, 0, and the right one, 1."""
        half = len(data.lags_ms) / 2
        bins = np.asarray(lags_ms, dtype=np.float64) / data.bin_ms
        if self.lags == "log":
            bins, half = np.sign(bins) * np.log1p(np.abs(bins)), np.log1p(half)
        return np.asarray((bins / half + 1) / 2, dtype=np.float64)

    def edges(self, data: CorrelogramData) -> Float64:
        """Return (n_lags + 1,) where the bars begin and end, 0…1."""
        n_lags = len(data.lags_ms)
        return self.place(data, (np.arange(n_lags + 1) - n_lags / 2) * data.bin_ms)

    def caption(self, data: CorrelogramData) -> str:
        """Return the words below the picture."""
        words = ["counts" if self.unit == "counts" else "Hz, around a spike of the row"]
        if abs(data.bin_ms - data.request.bin_ms) > 1e-6 * data.request.bin_ms:
            words.append(f"bins of {data.bin_ms:.4g} ms (whole samples)")
        words += ["one scale for all"] * self.shared + ["logarithmic lags"] * (self.lags == "log")
        words += ["dashed: expected at this rate"] * self.baseline
        words.append(f"band: {self.refractory_ms:g} ms refractory")
        return "; ".join(words + ["bottom left: all as one"] * self.shows_merged(data))


@dataclass(frozen=True, slots=True)
class CorrelogramRequest:
    """What a correlogram view asks for.

    Attributes
    ----------
    clusters : tuple of int
        The clusters in the order of selection, best first.
    settings : CorrelogramSettings
        Only `bin_ms`, 1 ms for None, and `window_ms`, 50 ms for None, matter.
    """

    clusters: tuple[int, ...]
    settings: CorrelogramSettings = CorrelogramSettings()

    @property
    def bin_ms(self) -> float:
        """Width of a bin, rounded to whole samples when counted."""
        return 1.0 if self.settings.bin_ms is None else self.settings.bin_ms

    @property
    def window_ms(self) -> float:
        """Full width."""
        return 50.0 if self.settings.window_ms is None else self.settings.window_ms


@dataclass(frozen=True, slots=True, eq=False)
class CorrelogramData:
    """What a correlogram view draws: a matrix of histograms, [i, j] is j seen from the spikes of i.

    Attributes
    ----------
    request : CorrelogramRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        The clusters in the order of selection.
    counts : ndarray of int64, shape (n, n, n_lags)
        Symmetric: counts[i, j, lag] = counts[j, i, −lag].
    lags_ms : ndarray of float64, shape (n_lags,)
        −25 … 25: draw a bar of width `bin_ms` centred on each. The bar at k > 0 holds lags [k, k + 1) bins, the one at
        −k mirrors it, the one at 0 holds all pairs less than one bin apart: two bins of lags in a cross-correlogram.
    expected : ndarray of float64, shape (n, n)
        Counts per bin of independent clusters at these rates, N_i N_j bin / duration.
    maxima : ndarray of int64, shape (n, n)
        The largest count of each histogram.
    n_spikes : ndarray of int64, shape (n,)
        Number of spikes of each cluster.
    bin_ms : float
        The width of a bin after rounding to whole samples.
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
    """Count what a correlogram view draws, over all spikes of the clusters; no pair is across a gap between epochs.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    model, n = session.model, len(request.clusters)
    sizes = np.array([session.manager.n_spikes(cluster) for cluster in request.clusters], dtype=np.int64)
    bins = bin_samples(request.bin_ms, model.sample_rate), half_window_bins(request.bin_ms, request.window_ms)
    one_sided = cached_counts(session, request.clusters, *bins, on_progress)
    if one_sided is None:
        spikes = [session.manager.spikes(cluster) for cluster in request.clusters]
        spike_ids = np.concatenate([np.empty(0, dtype=np.int64), *spikes])
        order = np.argsort(spike_ids, kind="stable")
        spike_ids, places = spike_ids[order], np.repeat(np.arange(n, dtype=np.uint16), sizes)[order]
        window = bins[0] * bins[1]
        samples = moved_apart(model.spike_samples[spike_ids], first_spikes(session.manager, spike_ids), window)
        one_sided = count_pairs(samples, places, n, *bins, on_progress)
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


def cache_correlograms(
    session: SessionLike, request: CorrelogramRequest, on_progress: OnProgress = no_progress
) -> bool:
    """Count those of all clusters of a large data set in the same bins, so that edits and clicks need sums only.

    Returns whether they are kept.
    """
    rate = session.model.sample_rate
    bins = bin_samples(request.bin_ms, rate), half_window_bins(request.bin_ms, request.window_ms)
    return cache_pairs(session, *bins, on_progress)
