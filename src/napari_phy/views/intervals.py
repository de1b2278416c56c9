"""Histograms of the intervals between the spikes of each selected cluster."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import SettingsError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.intervals import (
    NO_INTERVAL,
    density_of,
    interval_counts,
    linear_edges,
    log_edges,
    spike_intervals,
)
from napari_phy.table.numbers import format_count, format_number, format_shown
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import first_spikes
from napari_phy.views.frame import Frame
from napari_phy.views.rectangles import Rectangle, TypeSizes
from napari_phy.views.settings import Choice, Number, ViewSettings
from napari_phy.views.steps import bin_at, decade_ticks, listed, step_frame
from napari_phy.views.ticks import Ticks

Scale = Literal["linear", "log"]
Heights = Literal["density", "counts"]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

REFRACTORY_MS = 2.0
LOG_SHORTEST_MS, LOG_LONGEST_MS, LOG_MOST_MS = 0.1, 10_000.0, 100_000.0
MOST_BINS = 10_000


@dataclass(frozen=True, slots=True)
class IntervalsSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    scale : str
        "linear", from `shortest_ms` to `longest_ms`, or "log", from `log_shortest_ms` to `log_longest_ms`.
    heights : str
        "density" or "counts".
    longest_ms, shortest_ms : float
        Ends of the linear axis.
    log_longest_ms, log_shortest_ms : float
        Ends of the logarithmic axis.
    n_bins : int
        Number of bins of the linear axis; the logarithmic one has as many on average.
    bin_ms : float or None
        Width of a bin of the linear axis; None: as `n_bins` makes it.
    refractory_ms : float
        Intervals below it are counted as violations.
    """

    view: ClassVar[str] = "Intervals"

    scale: Annotated[Scale, Choice(title="Axis of intervals", of=(("Linear", "linear"), ("Log", "log")))] = "linear"
    heights: Annotated[
        Heights, Choice(title="Height", of=(("Density", "density"), ("Counts", "counts")), is_look=True)
    ] = "density"
    longest_ms: Annotated[
        float,
        Number(
            title="Longest interval", low=0.1, high=20_000, unit="ms",
            offered=(20.0, 50.0, 100.0, 200.0, 500.0, 1000.0), tip="Of the linear axis.",
        ),
    ] = 50.0  # fmt: skip
    shortest_ms: Annotated[
        float,
        Number(
            title="Shortest interval", low=0, high=10_000, unit="ms", offered=(0.0, 1.0, 2.0, 5.0, 10.0),
            tip="Of the linear axis.",
        ),
    ] = 0.0  # fmt: skip
    log_longest_ms: Annotated[
        float,
        Number(
            title="Longest on the log axis", low=0.1, high=LOG_MOST_MS, unit="ms",
            offered=(100.0, 1000.0, 10_000.0, 100_000.0), tip="Of the logarithmic axis.",
        ),
    ] = LOG_LONGEST_MS  # fmt: skip
    log_shortest_ms: Annotated[
        float,
        Number(
            title="Shortest on the log axis", low=0.01, high=10_000, unit="ms", offered=(0.1, 1.0, 10.0),
            tip="Of the logarithmic axis.",
        ),
    ] = LOG_SHORTEST_MS  # fmt: skip
    n_bins: Annotated[
        int,
        Number(
            title="Number of bins", low=1, high=MOST_BINS, is_whole=True, offered=(25, 50, 100, 200), pattern="{} bins"
        ),
    ] = 50
    bin_ms: Annotated[
        float | None,
        Number(
            title="Width of bins", low=0.01, high=1000, unit="ms", none="From the number of bins",
            offered=(None, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0), tip="Of the linear axis.",
        ),
    ] = None  # fmt: skip
    refractory_ms: Annotated[
        float, Number(title="Refractory time", low=0, high=100, unit="ms", offered=(0.5, 1.0, 1.5, 2.0, 3.0, 5.0))
    ] = REFRACTORY_MS

    def __post_init__(self) -> None:
        ViewSettings.__post_init__(self)
        for prefix in ("", "log_"):
            shortest, longest = (getattr(self, f"{prefix}{end}_ms") for end in ("shortest", "longest"))
            if shortest >= longest:
                raise SettingsError(
                    f"{self.view}: {prefix}shortest_ms {shortest:g} leaves nothing below {prefix}longest_ms "
                    f"{longest:g}. Choose a smaller one."
                )

    def adapted(self, name: str, value: Any) -> Self:
        """Return settings with another one; an axis that would be empty moves, and a number of bins sets their width.

        A longest interval below the shortest one begins the axis at 0 again, the logarithmic one a decade below; a
        shortest one above the longest moves the axis, which stays as long as it is.
        """
        if name == "longest_ms":
            return replace(self, longest_ms=value, shortest_ms=self.shortest_ms if self.shortest_ms < value else 0.0)
        if name == "shortest_ms" and value >= self.longest_ms:
            longest = max(
                self.longest_ms + value - self.shortest_ms, math.nextafter(value, math.inf)
            )  # not rounded away
            return replace(self, shortest_ms=value, longest_ms=longest)
        if name == "log_longest_ms":
            shortest = self.log_shortest_ms if self.log_shortest_ms < value else value / 10
            return replace(self, log_longest_ms=value, log_shortest_ms=shortest)
        if name == "log_shortest_ms" and value >= self.log_longest_ms:
            longest = max(value * self.log_longest_ms / self.log_shortest_ms, math.nextafter(value, math.inf))
            longest = min(longest, LOG_MOST_MS)
            return replace(self, log_shortest_ms=value, log_longest_ms=longest)
        if name == "n_bins":
            return replace(self, n_bins=value, bin_ms=None)
        return ViewSettings.adapted(self, name, value)

    @property
    def inactive(self) -> Mapping[str, str]:
        """What is of the axis that is not shown."""
        if self.scale == "log":
            return dict.fromkeys(("shortest_ms", "longest_ms", "bin_ms"), "it is of the linear axis.")
        return dict.fromkeys(("log_shortest_ms", "log_longest_ms"), "it is of the logarithmic axis.")

    def acting(self, name: str) -> str:
        """Return the end of the axis that is shown for that of the linear one."""
        return f"log_{name}" if self.scale == "log" and name in ("shortest_ms", "longest_ms") else name


@dataclass(frozen=True, slots=True)
class IntervalsRequest:
    """What a view of intervals asks for.

    Attributes
    ----------
    clusters : tuple of int
        The clusters in the order of selection, best first.
    settings : IntervalsSettings
        `heights` does not matter.
    """

    clusters: tuple[int, ...]
    settings: IntervalsSettings = IntervalsSettings()


@dataclass(frozen=True, slots=True, eq=False)
class IntervalsData:
    """What a view of intervals draws: step lines over common bins.

    Attributes
    ----------
    request : IntervalsRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        The clusters in the order of selection.
    edges_ms : ndarray of float64, shape (n_bins + 1,)
        Whole samples in ms; a bin holds its low edge, not the high one.
    counts : ndarray of int64, shape (n, n_bins)
        Number of intervals in each bin.
    density : ndarray of float64, shape (n, n_bins)
        `counts` over all intervals in sight and the width of the bin: per ms, or per decade on the logarithmic axis.
    n_intervals : ndarray of int64, shape (n,)
        Number of intervals, in sight or not.
    n_violations : ndarray of int64, shape (n,)
        Number of intervals below `request.settings.refractory_ms`.
    caption : str
        The words below the picture.
    """

    request: IntervalsRequest
    cluster_ids: Int64
    edges_ms: Float64
    counts: Int64
    density: Float64
    n_intervals: Int64
    n_violations: Int64
    caption: str

    @property
    def is_log(self) -> bool:
        """Whether the axis is logarithmic."""
        return self.request.settings.scale == "log"

    @property
    def edges(self) -> Float64:
        """(n_bins + 1,) edges along the axis, in ms or in decades of ms."""
        return np.log10(self.edges_ms) if self.is_log else self.edges_ms

    def values(self, heights: Heights) -> Float64:
        """Return (n, n_bins) what is drawn."""
        return self.density if heights == "density" else self.counts.astype(np.float64)


_Key = tuple[int, IntervalsRequest]
_counted: SessionCache[_Key, tuple[Int64, int, int]] = SessionCache(lambda one: one[0].nbytes + 64)


def compute_intervals(
    session: SessionLike, request: IntervalsRequest, on_progress: OnProgress = no_progress
) -> IntervalsData:
    """Count the intervals between neighbouring spikes, of all spikes of the clusters; none leads across a gap.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    on_progress(0)
    model, rate = session.model, session.model.sample_rate
    edges = _edges(request, rate)

    def count(keys: list[_Key]) -> dict[_Key, tuple[Int64, int, int]]:
        found = {}
        for done, key in enumerate(keys):
            on_progress(done / len(keys))
            spikes = session.manager.spikes(key[0])
            intervals = spike_intervals(model.spike_samples[spikes], first_spikes(session.manager, spikes))
            intervals = intervals[intervals != NO_INTERVAL]
            n_violations = int(np.count_nonzero(intervals * 1000.0 < request.settings.refractory_ms * rate))
            found[key] = read_only(interval_counts(intervals, edges)), len(intervals), n_violations
        return found

    keys = {cluster: (cluster, replace(request, clusters=())) for cluster in request.clusters}
    found = _counted.get(session, keys.values(), count)
    each = [found[keys[cluster]] for cluster in request.clusters]
    counts = np.array([one[0] for one in each], dtype=np.int64).reshape(len(each), len(edges) - 1)
    edges_ms = edges / rate * 1000
    widths = np.diff(np.log10(edges_ms)) if request.settings.scale == "log" else np.diff(edges_ms)
    density = np.array([density_of(one, widths) for one in counts]).reshape(counts.shape)
    n_spikes = sum(session.manager.n_spikes(cluster) for cluster in request.clusters)
    n_intervals = np.array([one[1] for one in each], dtype=np.int64)
    n_outside = int(n_intervals.sum() - counts.sum())
    return IntervalsData(
        request=request,
        cluster_ids=read_only(np.array(request.clusters, dtype=np.int64)),
        edges_ms=read_only(edges_ms),
        counts=read_only(counts),
        density=read_only(density),
        n_intervals=read_only(n_intervals),
        n_violations=read_only(np.array([one[2] for one in each], dtype=np.int64)),
        caption=_caption(request, n_spikes, n_outside),
    )


def _edges(request: IntervalsRequest, sample_rate: float) -> Int64:
    settings = request.settings
    if settings.scale == "log":
        ends = settings.log_shortest_ms, settings.log_longest_ms
        return log_edges(*ends, max(1, round(settings.n_bins / np.log10(ends[1] / ends[0]))), sample_rate)
    length_ms = settings.longest_ms - settings.shortest_ms
    bin_ms = max(settings.bin_ms or length_ms / settings.n_bins, length_ms / MOST_BINS)
    return linear_edges(bin_ms, settings.longest_ms, sample_rate, settings.shortest_ms)


def _caption(request: IntervalsRequest, n_spikes: int, n_outside: int) -> str:
    words = [
        format_shown(n_spikes, n_spikes),
        f"beside the ids: intervals below {request.settings.refractory_ms:g} ms",
        f"{format_count(n_outside, 'interval')} out of sight",
    ]
    return "; ".join(words if n_outside else words[:2])


# --- layout ---


def intervals_frame(data: IntervalsData, heights: Heights, width: int, height: int, sizes: TypeSizes) -> Frame:
    """Return the plot's rectangle and ranges; x is in ms, or in decades of ms."""
    edges, values = data.edges, data.values(heights)
    largest = float(values.max()) if values.size else 0.0
    return step_frame(width, height, sizes, (float(edges[0]), float(edges[-1])), largest)


def refractory_band(data: IntervalsData, frame: Frame) -> Rectangle:
    """Return the part of the plot below the refractory time."""
    refractory = data.request.settings.refractory_ms
    if data.is_log:
        refractory = float(np.log10(refractory)) if refractory else -np.inf
    end = float(frame.to_px([[max(refractory, frame.x_range[0]), 0]])[0, 0])
    return frame.area._replace(width=min(end - frame.left, frame.width))


def intervals_ticks(data: IntervalsData, frame: Frame, sizes: TypeSizes) -> Ticks | None:
    """Return the ticks of a logarithmic axis, None for those of a linear one."""
    return decade_ticks(frame.x_range, frame.width, sizes) if data.is_log else None


def intervals_titles(data: IntervalsData, heights: Heights) -> tuple[str, str]:
    """Return the titles of both axes."""
    per = "decade" if data.is_log else "ms"
    return "interspike interval (ms)", f"density (1/{per})" if heights == "density" else "number of intervals"


def intervals_words(data: IntervalsData, frame: Frame, x_px: float, y_px: float) -> str:
    """Return `intervals of 3–4 ms: 20: 4, 22: 0` for the bin under a pixel."""
    found = bin_at(frame, data.edges, x_px, y_px)
    if found is None:
        return ""
    low, high = (_ms(edge) for edge in data.edges_ms[found : found + 2].tolist())
    counts = data.counts[:, found].tolist()
    words = [f"{cluster}: {format_number(n)}" for cluster, n in zip(data.cluster_ids, counts, strict=True)]
    return f"intervals of {low}–{high} ms: {listed(words)}"


def _ms(value: float) -> str:
    decimals = 0 if float(value).is_integer() or value >= 100 else 2 if value < 1 else 1
    return format_number(value, decimals)


def violation_words(data: IntervalsData, place: int) -> str:
    """Return `3 (0.7 %)`, the intervals of a cluster that are too short for one neuron."""
    n, total = int(data.n_violations[place]), int(data.n_intervals[place])
    return f"{format_number(n)} ({format_number(100 * n / total, 1)} %)" if n else "0"
