"""Clusters by time: which rows there are, and how many spikes each has in every column of the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import ClusterIds, read_only
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.spike_counts import column_edges, count_labels
from napari_phy.table.columns import column_key
from napari_phy.table.session_like import SessionLike
from napari_phy.views.cluster_colors import GREY, schemes
from napari_phy.views.cluster_order import Order, order_caption, order_choice, order_clusters
from napari_phy.views.settings import Choice, Number, ViewSettings
from napari_phy.views.trace_layout import TraceLayout

Marker = Literal["bar", "dot"]
TICKS_PER_S = 1_000_000  # of spike times that come in seconds


@dataclass(frozen=True, slots=True, eq=False)
class SpikeTrains:
    """All spikes in time, and which cluster has each.

    Attributes
    ----------
    samples : ndarray of int64, shape (n_spikes,)
        Sample of each spike, ascending.
    sample_rate : float
        Samples a second.
    duration_s : float
        End of the time line.
    slots : ndarray of int32, shape (n_spikes,)
        Slot of each spike; spikes of one slot are in one cluster.
    slot_clusters : ndarray of signedinteger, shape (n_slots,)
        Cluster of each slot, −1 for none.
    n_cuts : int, default 0
        Changes when `slots` do.
    """

    samples: npt.NDArray[np.int64]
    sample_rate: float
    duration_s: float
    slots: npt.NDArray[np.int32]
    slot_clusters: ClusterIds
    n_cuts: int = 0

    def rows_of_slots(self, cluster_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """Return (n_slots,) place in `cluster_ids` of the cluster of each slot, −1 where it is not among them."""
        order = np.argsort(cluster_ids, kind="stable")
        place = np.searchsorted(cluster_ids[order], self.slot_clusters)
        found = np.full(len(self.slot_clusters), -1, dtype=np.int32)
        inside = np.flatnonzero(place < len(order))
        candidates = order[place[inside]]
        same = cluster_ids[candidates] == self.slot_clusters[inside]
        found[inside[same]] = candidates[same]
        return found


def trains_of(session: SessionLike) -> SpikeTrains:
    """Return the spikes of a session as they are now; nothing is copied but the table of slots."""
    model, manager = session.model, session.manager
    n_cuts = manager.n_cuts
    return SpikeTrains(
        model.spike_samples, model.sample_rate, model.duration, manager.spike_slots, manager.slot_clusters, n_cuts
    )


def trains_of_arrays(spike_times_s: npt.ArrayLike, neuron_ids: npt.ArrayLike) -> SpikeTrains:
    """Return plain arrays as trains, in any order of time.

    Raises
    ------
    NapariPhyError
        They are not two flat arrays of one length, or a time is not a finite number from 0 on.
    """
    times, ids = np.asarray(spike_times_s, dtype=np.float64), np.asarray(neuron_ids)
    if times.ndim != 1 or times.shape != ids.shape:
        raise NapariPhyError(f"A raster needs one neuron a spike; times have the shape {times.shape}, ids {ids.shape}.")
    if ids.size and ids.dtype.kind not in "iu":
        raise NapariPhyError(f"Neuron ids are integers, not {ids.dtype}.")
    if ids.size and not 0 <= ids.min() <= ids.max() <= np.iinfo(np.int32).max:
        raise NapariPhyError(f"Neuron ids are integers from 0 to 2³¹ − 1; these go from {ids.min()} to {ids.max()}.")
    if not np.isfinite(times).all() or (times < 0).any():
        raise NapariPhyError("Spike times are finite numbers of seconds, from 0 on.")
    samples = np.rint(times * TICKS_PER_S).astype(np.int64)
    order = np.argsort(samples, kind="stable")
    neurons, slots = np.unique(ids[order], return_inverse=True)
    duration_s = (int(samples.max(initial=TICKS_PER_S - 1)) + 1) / TICKS_PER_S
    return SpikeTrains(
        read_only(samples[order]),
        float(TICKS_PER_S),
        duration_s,
        read_only(slots.astype(np.int32)),
        read_only(neurons.astype(np.int32)),
    )


class RasterCounts:
    """Counts the spikes of every slot in the columns of a window; merges and colours count nothing again."""

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._samples: npt.NDArray[np.int64] | None = None
        self._counts = np.zeros((0, 0), dtype=np.int32)

    def get(self, trains: SpikeTrains, start_s: float, stop_s: float, n_columns: int) -> npt.NDArray[np.int32]:
        """Return (n_columns, n_slots) spikes of each slot in each column."""
        key = (trains.n_cuts, len(trains.slot_clusters), start_s, stop_s, n_columns)
        if key != self._key or trains.samples is not self._samples:
            start, stop = start_s * trains.sample_rate, stop_s * trains.sample_rate
            edges = column_edges(trains.samples, start, (stop - start) / n_columns, n_columns)
            self._counts = count_labels(edges, trains.slots, len(trains.slot_clusters))
            self._key, self._samples = key, trains.samples
        return self._counts


@dataclass(frozen=True, slots=True, eq=False)
class RasterMarks:
    """Spikes in sight.

    Attributes
    ----------
    x : ndarray of float64, shape (n,)
        Place along the time axis, in px.
    rows : ndarray of int32, shape (n,)
        Row of each spike.
    """

    x: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int32]

    def among(self, wanted: npt.NDArray[np.bool_]) -> RasterMarks:
        """Return the marks of those rows that are wanted."""
        inside = wanted[self.rows]
        return RasterMarks(self.x[inside], self.rows[inside])


def raster_marks(trains: SpikeTrains, rows_of_slots: npt.NDArray[np.int32], layout: TraceLayout) -> RasterMarks:
    """Return the spikes of the rows and the time in sight; `rows_of_slots` is −1 where a slot has no row."""
    rate = trains.sample_rate
    window = np.ceil(np.array([layout.start_s, layout.stop_s]) * rate).astype(np.int64)
    part = slice(*np.searchsorted(trains.samples, window).tolist())
    rows = rows_of_slots[trains.slots[part]]
    inside = np.flatnonzero((rows >= layout.rows.start) & (rows < layout.rows.stop))
    seconds = trains.samples[part][inside] / rate
    return RasterMarks(layout.left + (seconds - layout.start_s) * layout.px_per_s, rows[inside])


def usual_number(marks: RasterMarks) -> float:
    """Return how many spikes that share a pixel are opaque, as `typical_count` does for pictures."""
    cells = np.unique(np.stack([marks.rows, marks.x.astype(np.int64)]), axis=1).shape[1]
    return max(1.0, 2.0 * len(marks.x) / cells - 1.0) if cells else 1.0


@dataclass(frozen=True, slots=True)
class RasterSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        Order of the rows; "list" is that of Clusters.
    rows_a_page : int or None
        How many rows are shown at a time; None: all.
    marker : str
        A spike is a "bar" or a "dot".
    scheme : str
        Colours of the rows of clusters that are not selected.
    """

    view: ClassVar[str] = "Raster"

    order: Annotated[Order, order_choice("depth", "rate", "group", "list")] = "depth"
    rows_a_page: Annotated[
        int | None,
        Number(
            title="Rows per page", low=1, high=10_000, is_whole=True, offered=(None, 25, 50, 100, 200),
            pattern="{} rows", none="All rows", is_look=True,
        ),
    ] = None  # fmt: skip
    marker: Annotated[Marker, Choice(title="Spikes", of=(("Bars", "bar"), ("Dots", "dot")), is_look=True)] = "bar"
    scheme: Annotated[str, Choice(title="Colour", of=schemes, key_of=column_key, is_look=True)] = GREY


@dataclass(frozen=True, slots=True)
class RasterRequest:
    """Which rows a raster asks for.

    Attributes
    ----------
    order : Order
        Order of the rows, from the top: the highest first, the fastest first, good ones first, or as in `clusters`.
    clusters : tuple of int
        All that are shown, in the order of the list.
    groups : tuple of str
        Group of each of them.
    reads_features : bool, default True
        Whether depths may be read that are not known yet.
    """

    order: Order
    clusters: tuple[int, ...]
    groups: tuple[str, ...]
    reads_features: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class RasterData:
    """The rows of a raster, from the top, and what they are sorted by where that is not what was asked for."""

    request: RasterRequest
    cluster_ids: npt.NDArray[np.int64]
    sorted_by: str = ""


def compute_raster(session: SessionLike, request: RasterRequest, on_progress: OnProgress = no_progress) -> RasterData:
    """Put the rows in order; clusters that the order does not know come last, by id.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    on_progress(0)
    ids = order_clusters(session, request.clusters, request.order, reads_features=request.reads_features)
    return RasterData(request, ids, order_caption(session, request.order, reads_features=request.reads_features))
