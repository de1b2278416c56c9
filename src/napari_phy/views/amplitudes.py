"""Amplitude over time of the spikes of a selection, with a histogram; and the spikes inside a lasso."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.lasso import points_in_polygon
from napari_phy.table.numbers import format_number, format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.table.valid_periods import periods_of
from napari_phy.views.drawn_spikes import DrawnSpikes, ScatterData, all_spikes, drawn_spikes, lasso_vertices, others_of
from napari_phy.views.settings import Choice, Names, Switch, ViewSettings
from napari_phy.views.spike_amplitudes import (
    Kind,
    SpikeNumber,
    amplitude_name,
    amplitude_unit,
    count_unread,
    spike_amplitudes,
)
from napari_phy.views.spike_shapes import MEASURE_NAMES

N_BINS = 80
N_FIRST = 100  # spikes, of each cluster and of all others, that are read from raw data before the rest
SMALL_BYTES = 2**27  # raw data up to this size are soon in memory: all spikes are read at once
_N_BINS_MAX = 4 * N_BINS  # spikes that are still larger are in no bin
_MARGIN = 0.09  # of the range, above


@dataclass(frozen=True, slots=True)
class AmplitudeSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    violations : bool
        Whether spikes within the refractory time after another one of their cluster are marked.
    valid : bool
        Whether the times in which clusters are steady are shaded.
    measure : str or None
        How amplitude is measured, where the data set has what it needs; None: by the best that there is.
    number : str
        Another number of each spike that is shown instead, "" for none: `snr` of `spike_snr.npy`.
    """

    view: ClassVar[str] = "Amplitude"

    violations: Annotated[
        bool,
        Switch(
            title="Mark refractory violations", tip="Spikes that come within 2 ms after another one of their cluster."
        ),
    ] = False
    valid: Annotated[
        bool,
        Switch(
            title="Shade valid periods",
            tip="Times in which fewer than a tenth of the spikes are of other neurons, and than a tenth are missing.",
        ),
    ] = False
    measure: Annotated[
        str | None,
        Choice(
            title="Amplitude",
            of=(
                ("Automatic", None),
                ("Peak to peak", "peak to peak"),
                ("By feature", "feature"),
                ("Of the sorter", "sorter"),
                *((name.capitalize(), measure) for measure, name in MEASURE_NAMES.items()),
            ),
        ),
    ] = None
    number: Annotated[
        str,
        Names(
            title="Of the sorter",
            is_single=True,
            tip="Shown instead of the amplitude, where the data set has it: `snr` of spike_snr.npy.",
        ),
    ] = ""


@dataclass(frozen=True, slots=True)
class AmplitudeRequest:
    """What an amplitude view asks for; equal requests of an unchanged clustering give equal data.

    Attributes
    ----------
    clusters : tuple of int
        The clusters in the order of selection, best first.
    kind : Kind, default 'peak to peak'
        How amplitude is measured.
    n_spikes_max : int, default 10000
        Most spikes drawn of each cluster.
    n_background : int, default 2500
        Most spikes drawn of all other clusters together.
    mark_violations : bool, default False
        Also draw, and tell apart, spikes within the refractory time after another one of their cluster.
    find_valid : bool, default False
        Also find the valid periods of the clusters.
    """

    clusters: tuple[int, ...]
    kind: Kind = "peak to peak"
    n_spikes_max: int = 10_000
    n_background: int = 2_500
    mark_violations: bool = False
    find_valid: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class AmplitudeData(ScatterData):
    """What an amplitude view draws: amplitudes over seconds; spikes without raw data are left out.

    Shown is the whole recording, from 0 to what 99.8 % of the drawn spikes of the selection keep below, and 9 % more.
    Of a `SpikeNumber`, it is what the middle 99.6 % have, and 9 % more on either side.

    Attributes
    ----------
    request : AmplitudeRequest
        What was asked for.
    histogram : ndarray of int64, shape (n_clusters, n_bins)
        Drawn spikes of each cluster by amplitude, `bin_width` a bin from `y_range[0]` on.
    valid_s : tuple of ndarray of float64, shape (n, 2), default ()
        Start and stop in seconds of the valid periods of each cluster, where they were asked for.
    """

    request: AmplitudeRequest
    histogram: npt.NDArray[np.int64]
    bin_width: float
    valid_s: tuple[npt.NDArray[np.float64], ...] = ()

    @property
    def clusters(self) -> tuple[int, ...]:
        """In the order of selection."""
        return self.request.clusters

    @property
    def kind(self) -> Kind:
        """How amplitude is measured."""
        return self.request.kind


def compute_amplitude_view(
    session: SessionLike, request: AmplitudeRequest, on_progress: OnProgress = no_progress
) -> AmplitudeData:
    """Read what an amplitude view draws.

    Raises
    ------
    MissingDataError
        The data set has no amplitudes of this kind.
    ClusteringError
        A cluster does not exist (any more).
    """
    valid_s = _valid_s(session, request, part_of(on_progress, 0, 0.3)) if request.find_valid else ()
    drawn, on_progress = _drawn(session, request), part_of(on_progress, 0.3 * request.find_valid, 1)
    amplitudes = spike_amplitudes(session, request.kind, drawn.spike_ids, on_progress)
    known = np.isfinite(amplitudes)
    drawn, amplitudes = drawn.where(known), amplitudes[known]
    shown = amplitudes[drawn.n_background :] if drawn.n_shown else amplitudes
    y_range = _range(shown, from_0=not isinstance(request.kind, SpikeNumber))
    bin_width = (y_range[1] - y_range[0]) / N_BINS
    return AmplitudeData(
        request=request,
        x=read_only((session.model.spike_samples[drawn.spike_ids] / session.model.sample_rate).astype(np.float32)),
        y=read_only(amplitudes),
        spike_ids=drawn.spike_ids,
        places=drawn.places,
        violates=drawn.violates,
        x_label="time (s)",
        y_label=f"{amplitude_name(request.kind)} ({amplitude_unit(session, request.kind)})",
        x_range=(0.0, max(session.model.duration, 1e-3)),
        y_range=y_range,
        n_shown=drawn.n_shown,
        n_total=drawn.n_total,
        n_violations=drawn.n_violations,
        histogram=read_only(_histogram(amplitudes - y_range[0], drawn.places, len(request.clusters), bin_width)),
        bin_width=bin_width,
        caption="; ".join((format_shown(drawn.n_shown, drawn.n_total), *_valid_words(session, valid_s))),
        valid_s=valid_s,
    )


def _valid_s(
    session: SessionLike, request: AmplitudeRequest, on_progress: OnProgress
) -> tuple[npt.NDArray[np.float64], ...]:
    """Return (n, 2) seconds of the valid periods of each cluster; () without features, by which they are told."""
    if session.sums is None:
        return ()
    rate = session.model.sample_rate
    return tuple(read_only(periods_of(session, cluster, on_progress) / rate) for cluster in request.clusters)


def _valid_words(session: SessionLike, valid_s: tuple[npt.NDArray[np.float64], ...]) -> tuple[str, ...]:
    """Return how much of the time the best cluster is steady."""
    if not valid_s:
        return ()
    share = float(np.diff(valid_s[0]).sum()) / max(session.model.duration, 1e-3)
    return (f"valid {format_number(100 * share)} % of the time" if share else "no valid period of 3 minutes or more",)


def quick_request(session: SessionLike, request: AmplitudeRequest) -> AmplitudeRequest:
    """Return the request itself, or one for fewer spikes where many have to be read from raw data that are large."""
    quick = replace(
        request,
        n_spikes_max=min(request.n_spikes_max, N_FIRST),
        n_background=min(request.n_background, N_FIRST),
    )
    unread = count_unread(session, request.kind, _drawn(session, request).spike_ids)
    return quick if unread > N_FIRST and not _is_small(session) else request


def _is_small(session: SessionLike) -> bool:
    traces = session.model.traces
    return traces is not None and math.prod(traces.shape) * traces.dtype.itemsize <= SMALL_BYTES


def amplitude_points(
    session: SessionLike,
    request: AmplitudeRequest,
    spike_ids: npt.NDArray[np.int64],
    on_progress: OnProgress = no_progress,
) -> npt.NDArray[np.float64]:
    """Return (n, 2) float64, seconds and amplitude of some spikes."""
    times_s = session.model.spike_samples[spike_ids] / session.model.sample_rate
    return np.column_stack([times_s, spike_amplitudes(session, request.kind, spike_ids, on_progress)])


def spikes_in_lasso(
    session: SessionLike, request: AmplitudeRequest, polygon: npt.ArrayLike, on_progress: OnProgress = no_progress
) -> npt.NDArray[np.int64]:
    """Return the ascending ids of all spikes of the selected clusters inside a polygon, drawn or not.

    Parameters
    ----------
    polygon : array_like, shape (k, 2)
        Vertices in seconds and units of the amplitude.

    Raises
    ------
    ClusteringError
        The polygon has fewer than three points, or a cluster does not exist (any more).
    MissingDataError
        The data set has no amplitudes of this kind.
    """
    vertices = lasso_vertices(polygon)
    spikes = beside_lasso(session, request, vertices)
    points = amplitude_points(session, request, spikes, on_progress)
    return read_only(spikes[points_in_polygon(points, vertices)])


def beside_lasso(
    session: SessionLike, request: AmplitudeRequest, polygon: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return the ascending spikes of the selected clusters at the times of a polygon: those that must be looked at."""
    spikes = all_spikes(session, request.clusters)
    times_s = session.model.spike_samples[spikes] / session.model.sample_rate
    first = int(np.searchsorted(times_s, polygon[:, 0].min(), side="left"))
    return spikes[first : int(np.searchsorted(times_s, polygon[:, 0].max(), side="right"))]


def _drawn(session: SessionLike, request: AmplitudeRequest) -> DrawnSpikes:
    n_others = 0 if request.kind in MEASURE_NAMES else request.n_background  # whose waveforms nobody asked for
    return drawn_spikes(
        session,
        request.clusters,
        request.n_spikes_max,
        lambda selected: others_of(session, selected, n_others),
        mark_violations=request.mark_violations,
    )


def _range(amplitudes: npt.NDArray[np.float32], *, from_0: bool) -> tuple[float, float]:
    if not len(amplitudes):
        return 0.0, 1.0
    low, high = np.quantile(amplitudes, (0.002, 0.998)).tolist()
    if from_0:
        return 0.0, high * (1 + _MARGIN) or 1.0
    margin = (high - low) * _MARGIN or max(abs(high) * _MARGIN, 1.0)
    return low - margin, high + margin


def _histogram(
    amplitudes: npt.NDArray[np.float32], places: npt.NDArray[np.int32], n_clusters: int, bin_width: float
) -> npt.NDArray[np.int64]:
    bins = np.minimum(amplitudes.astype(np.float64) / bin_width, _N_BINS_MAX).astype(np.int64)
    counted = (places >= 0) & (amplitudes >= 0) & (bins < _N_BINS_MAX)
    n_bins = int(bins[counted].max()) + 1 if counted.any() else 0
    flat = places[counted].astype(np.int64) * n_bins + bins[counted]
    return np.bincount(flat, minlength=n_clusters * n_bins).reshape(n_clusters, n_bins)
