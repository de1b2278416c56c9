"""Depth of all spikes over time, as a picture of counts and amplitudes, and the spikes of chosen clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced, read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.core.spike_columns import UNKNOWN_CHANNEL, SpikeColumns
from napari_phy.stats.spike_counts import column_edges, count_cells
from napari_phy.table.columns import column_key, quantities
from napari_phy.table.session_like import SessionLike
from napari_phy.views.cluster_colors import CLUSTER, GROUP
from napari_phy.views.settings import Choice, ViewSettings
from napari_phy.views.spike_amplitudes import amplitude_unit, count_unread, spike_amplitudes

N_POINTS_MAX = 12_000
AMPLITUDE_SHARES = (0.05, 0.99)  # of the spikes: the amplitudes of the two ends of the colours
N_LOOKED_AT = 100_000
N_READ = 20_000  # spikes whose amplitude is read from raw data; the others are estimated from their features
_MARGIN = 0.03  # of the depths, on each side


def colors() -> tuple[tuple[str, str], ...]:
    """Return (text, colour): those of spikes, and what is known of clusters beyond depth and amplitude."""
    own = (("Amplitude", "amplitude"), ("Number", "number"), ("Cluster", CLUSTER), ("Group", GROUP))
    of_clusters = (column for column in quantities() if column.key not in ("depth", "amplitude"))
    return (*own, *((column.name.capitalize(), column.key) for column in of_clusters))


@dataclass(frozen=True, slots=True)
class DriftSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    color : str
        What the colour of a place stands for: the mean "amplitude" of its spikes, their "number", or what is known of
        their clusters.
    """

    view: ClassVar[str] = "Drift"

    color: Annotated[
        str,
        Choice(
            title="Colour",
            of=colors,
            key_of=column_key,
            is_look=True,
        ),
    ] = "amplitude"


@dataclass(frozen=True, slots=True)
class DriftRequest:
    """All spikes of a channel group; edits and selections do not change them."""

    channel_group: int


@dataclass(frozen=True, slots=True, eq=False)
class DriftData:
    """What a drift view draws.

    Attributes
    ----------
    columns : SpikeColumns
        Depth and amplitude of every spike, in `unit`.
    samples : ndarray of int64, shape (n_spikes,)
        Sample of each spike, ascending.
    sample_rate : float
        Samples a second.
    depth_range : tuple of float
        (low, high) in µm that holds all channels.
    amplitude_range : tuple of float
        What the two ends of the colours stand for.
    unit : str
        "µV" or "a.u." of raw data; "features" without them.
    is_estimated : bool
        Whether amplitudes are those of features, in a unit that raw data of some spikes give.
    knows_positions : bool, default True
        Whether depths are in µm; else they are places of channels in the order of the file.
    """

    columns: SpikeColumns
    samples: npt.NDArray[np.int64]
    sample_rate: float
    duration_s: float
    depth_range: tuple[float, float]
    amplitude_range: tuple[float, float]
    unit: str
    is_estimated: bool
    knows_positions: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class DriftCells:
    """Spikes of a window in cells.

    Attributes
    ----------
    counts : ndarray of int32, shape (n_columns, n_rows)
        Number of spikes; rows go from the lowest depth on.
    amplitudes : ndarray of float32, shape (n_columns, n_rows)
        Mean amplitude, 0…1 of the range; 0 where there is no spike.
    """

    counts: npt.NDArray[np.int32]
    amplitudes: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class DriftPoints:
    """Spikes of chosen clusters in a window, those of the last chosen first.

    Attributes
    ----------
    spike_ids : ndarray of int64, shape (n,)
        Id of each spike.
    times_s : ndarray of float64, shape (n,)
        Time of each spike.
    depths_um : ndarray of float32, shape (n,)
        Depth of each spike.
    places : ndarray of int32, shape (n,)
        Place of its cluster among those chosen.
    n_total : int
        Number of spikes of these clusters in the window, shown or not.
    """

    spike_ids: npt.NDArray[np.int64]
    times_s: npt.NDArray[np.float64]
    depths_um: npt.NDArray[np.float32]
    places: npt.NDArray[np.int32]
    n_total: int


def compute_drift(session: SessionLike, request: DriftRequest, on_progress: OnProgress = no_progress) -> DriftData:
    """Get the columns of all spikes, which may take a while the first time.

    Raises
    ------
    MissingDataError
        There are no features.
    """
    model = session.model
    columns = session.columns.get(part_of(on_progress, 0, 0.8))
    amplitudes, is_estimated = _amplitudes(session, columns.amplitudes, part_of(on_progress, 0.8, 1))
    columns = replace(columns, amplitudes=read_only(amplitudes))
    knows_positions = model.probe.knows_positions
    depths = model.probe.positions[:, 1]
    low, high = (float(depths.min()), float(depths.max())) if len(depths) else (0.0, 1.0)
    margin = _MARGIN * (high - low) or 20.0
    if not knows_positions:
        places = np.where(columns.channels == UNKNOWN_CHANNEL, np.nan, columns.channels).astype(np.float32)
        columns = replace(columns, depths=read_only(places))
        low, high, margin = 0.0, float(model.n_channels - 1), 0.5
    some = columns.amplitudes[evenly_spaced(len(columns), N_LOOKED_AT)]
    some = some[np.isfinite(some)]
    ends = np.quantile(some, AMPLITUDE_SHARES).tolist() if len(some) else (0.0, 1.0)
    amplitude_range = (float(ends[0]), max(float(ends[1]), float(ends[0]) + 1e-6))
    return DriftData(
        columns,
        model.spike_samples,
        model.sample_rate,
        model.duration,
        (low - margin, high + margin),
        amplitude_range,
        amplitude_unit(session, "feature" if model.waveforms is None else "peak to peak"),
        is_estimated,
        knows_positions,
    )


def _amplitudes(
    session: SessionLike, by_features: npt.NDArray[np.float32], on_progress: OnProgress
) -> tuple[npt.NDArray[np.float32], bool]:
    """Return the amplitudes of all spikes, of raw data where there are any, and whether some of them are estimates."""
    if session.model.waveforms is None:
        return by_features, False
    every = np.arange(len(by_features))
    some = evenly_spaced(len(every), N_READ) if count_unread(session, "peak to peak", every) else every
    read = spike_amplitudes(session, "peak to peak", some, on_progress)
    known = np.isfinite(read) & (by_features[some] > 0)
    scale = float(np.median(read[known] / by_features[some][known])) if known.any() else 1.0
    amplitudes = (by_features * scale).astype(np.float32)
    amplitudes[some[np.isfinite(read)]] = read[np.isfinite(read)]
    return amplitudes, bool(np.isfinite(read).sum() < len(by_features))


def drift_cells(
    data: DriftData, time_range: tuple[float, float], depth_range: tuple[float, float], n_columns: int, n_rows: int
) -> DriftCells:
    """Count the spikes of a window; 10 million take some 30 ms."""
    start, stop = time_range[0] * data.sample_rate, time_range[1] * data.sample_rate
    edges = column_edges(data.samples, start, (stop - start) / n_columns, n_columns)
    counts, sums = count_cells(edges, data.columns.depths, data.columns.amplitudes, depth_range, n_rows)
    low, high = data.amplitude_range
    means = sums / np.maximum(counts, 1)
    amplitudes = np.clip((means - low) / (high - low), 0, 1)
    amplitudes[counts == 0] = 0
    return DriftCells(read_only(counts), read_only(amplitudes.astype(np.float32, copy=False)))


def drift_colors(
    session: SessionLike,
    data: DriftData,
    time_range: tuple[float, float],
    depth_range: tuple[float, float],
    shape: tuple[int, int],
    colors: Mapping[int, Sequence[int]],
    plain: Sequence[int],
) -> npt.NDArray[np.float32]:
    """Return (n_columns, n_rows, 3) the mean of the colours of the spikes in each cell of a window.

    Parameters
    ----------
    shape : tuple of int
        Number of columns and of rows.
    colors : mapping of int to sequence of int
        {cluster: three parts, such as blue, green and red}.
    plain : sequence of int
        The same parts of all other clusters.
    """
    manager, (n_columns, n_rows) = session.manager, shape
    of_slots = np.array([colors.get(c, plain) for c in manager.slot_clusters.tolist()], dtype=np.float32).reshape(-1, 3)
    start, stop = time_range[0] * data.sample_rate, time_range[1] * data.sample_rate
    edges = column_edges(data.samples, start, (stop - start) / n_columns, n_columns)
    found = np.empty((n_columns, n_rows, 3), dtype=np.float32)
    for part in range(3):
        values = of_slots[:, part][manager.spike_slots]
        counts, sums = count_cells(edges, data.columns.depths, values, depth_range, n_rows)
        found[..., part] = sums / np.maximum(counts, 1)
    return read_only(found)


def drift_points(
    session: SessionLike,
    data: DriftData,
    clusters: tuple[int, ...],
    time_range: tuple[float, float],
    depth_range: tuple[float, float],
) -> DriftPoints:
    """Return at most `N_POINTS_MAX` spikes of a window, evenly spaced in time within each cluster.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    borders = np.ceil(np.array(time_range) * data.sample_rate).astype(np.int64)
    first, last = np.searchsorted(data.samples, borders).tolist()
    inside = []
    for cluster in clusters:
        spikes = session.manager.spikes(cluster)
        spikes = spikes[slice(*np.searchsorted(spikes, (first, last)).tolist())]
        depths = data.columns.depths[spikes]
        inside.append(spikes[(depths >= depth_range[0]) & (depths <= depth_range[1])])
    n_total = sum(len(spikes) for spikes in inside)
    share = min(1.0, N_POINTS_MAX / max(1, n_total))
    drawn = [spikes[evenly_spaced(len(spikes), int(len(spikes) * share))] for spikes in reversed(inside)]
    spike_ids = np.concatenate([np.empty(0, np.int64), *drawn])
    places = np.repeat(np.arange(len(clusters) - 1, -1, -1, dtype=np.int32), [len(spikes) for spikes in drawn])
    return DriftPoints(
        read_only(spike_ids),
        read_only(data.samples[spike_ids] / data.sample_rate),
        read_only(data.columns.depths[spike_ids]),
        read_only(places),
        n_total,
    )
