"""A histogram of each chosen metric over all clusters, with a limit that clusters pass or not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.table.cluster_table import Reads, compute_cluster_table, compute_values
from napari_phy.table.column import Column
from napari_phy.table.columns import column_named, find_column
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.rectangles import AXIS_PX, TICK_PX, Rectangle, TypeSizes

Float64 = npt.NDArray[np.float64]

N_BINS = 30
HISTOGRAM_PX = (190, 118)  # of a tile, at least
USUAL_METRICS = (
    "spikes", "rate", "presence_ratio", "rp_contamination", "snr", "amplitude_cutoff", "isolation_distance", "l_ratio"
)  # fmt: skip
_LOG_FROM = 20.0  # largest over smallest value, of metrics that may have such an axis
_MOST_DECIMALS = 5
_LIMIT = re.compile(r"^(\w+) (>=|<=) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a metric has to be.

    Attributes
    ----------
    key : str
        Key of the column.
    value : float
        The limit, which passes itself.
    is_least : bool
        Whether larger values pass, not smaller ones.
    """

    key: str
    value: float
    is_least: bool

    @property
    def text(self) -> str:
        """Return it as filters have it: `snr >= 4.2`."""
        return f"{self.key} {'>=' if self.is_least else '<='} {self.value:.6g}"

    @property
    def words(self) -> str:
        """Return "≥ 4.2"."""
        return f"{'≥' if self.is_least else '≤'} {format_limit(self.value)}"

    def passes(self, values: Float64) -> npt.NDArray[np.bool_]:
        """Return (n,) whether each value passes; what is not known does not."""
        return np.asarray(values >= self.value if self.is_least else values <= self.value)


def read_limits(texts: Iterable[str]) -> dict[str, Limit]:
    """Return {key: limit} of texts as `Limit.text` writes them; others, and those of unknown columns, are left out."""
    found = {}
    for text in texts:
        parts = _LIMIT.match(text)
        column = column_named(parts[1]) if parts else None
        if parts is not None and column is not None:
            found[column.key] = Limit(column.key, float(parts[3]), parts[2] == ">=")
    return found


def limits_filter(limits: Iterable[Limit]) -> str:
    """Return the filter of the list that lets through what passes all limits; "" for none."""
    return " and ".join(limit.text for limit in limits)


def format_limit(value: float) -> str:
    """Return a value with three digits, or with all of a larger whole number: "0.2", "13.3", "6 109"."""
    decimals = next((n for n in range(_MOST_DECIMALS) if abs(value) * 10**n >= 100), _MOST_DECIMALS)
    while decimals and round(value, decimals) == round(value, decimals - 1):
        decimals -= 1
    return format_number(value, decimals)


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """A metric of all clusters.

    Attributes
    ----------
    key : str
        Key of the column.
    title : str
        Its name and unit.
    values : ndarray of float64, shape (n_clusters,)
        Value of each cluster; nan where it is not known.
    counts : ndarray of int64, shape (n_bins,)
        Clusters in each of equally wide bins; none where nothing is known.
    low, high : float
        The ends of the axis; of a logarithmic one, of log10 of the values.
    is_log : bool
        Whether the axis is logarithmic.
    """

    key: str
    title: str
    values: Float64
    counts: npt.NDArray[np.int64]
    low: float
    high: float
    is_log: bool

    @property
    def n_unknown(self) -> int:
        """Of how many clusters it is not known."""
        return int(np.count_nonzero(np.isnan(self.values)))

    def place_of(self, value: float) -> float:
        """Return where a value is on the axis, 0 at its beginning and 1 at its end."""
        if self.is_log:
            value = float(np.log10(value)) if value > 0 else self.low
        return (value - self.low) / (self.high - self.low)

    def value_at(self, place: float) -> float:
        """Return the value at a place of the axis, rounded to three digits."""
        along = self.low + min(max(place, 0.0), 1.0) * (self.high - self.low)
        return float(f"{10**along if self.is_log else along:.3g}")

    def ends(self) -> tuple[str, str]:
        """Return the words below the ends of the axis."""
        first, last = ((10**end if self.is_log else end) for end in (self.low, self.high))
        return format_limit(first), format_limit(last)

    def limit_at(self, place: float, limit: Limit | None) -> Limit:
        """Return the limit at a place of the axis, on the same side as that before, else on that which is better."""
        is_least = not find_column(self.key).is_lower_better if limit is None else limit.is_least
        return Limit(self.key, self.value_at(place), is_least)

    def words(self, limit: Limit | None) -> str:
        """Return "≥ 4.2: 12 of 22", or how many clusters there are and of how many it is not known."""
        if limit is not None:
            n_passing = int(np.count_nonzero(limit.passes(self.values)))
            return f"{limit.words}: {format_number(n_passing)} of {format_number(len(self.values))}"
        return f"{format_number(self.n_unknown)} unknown" if self.n_unknown else ""


def compute_histograms(
    session: SessionLike,
    clusters: Sequence[int],
    keys: Iterable[str],
    on_progress: OnProgress = no_progress,
    *,
    reads_features: bool = True,
) -> tuple[Histogram, ...]:
    """Return the histograms of some columns over some clusters, computing what is not known yet and may be read.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    columns = [column for key in dict.fromkeys(keys) if (column := column_named(key)) is not None]
    found = []
    for done, column in enumerate(columns):
        of_one = part_of(on_progress, done / len(columns), (done + 1) / len(columns))
        if column.in_background and (reads_features or "features" not in column.needs):
            compute_values(session, column.key, clusters, of_one)
        reads: Reads = "all" if reads_features else "times"
        values = compute_cluster_table(session, clusters, [column.key], reads=reads)[column.key]
        found.append(_histogram(column, values, session.model.unit))
    return tuple(found)


def passing(histograms: Iterable[Histogram], limits: dict[str, Limit]) -> npt.NDArray[np.bool_]:
    """Return (n,) which clusters pass the limits of all histograms that have one."""
    passes = [limits[one.key].passes(one.values) for one in histograms if one.key in limits]
    return np.all(passes, axis=0) if passes else np.ones(0, dtype=np.bool_)


def limits_sentence(n_passing: int, n_clusters: int, n_limits: int) -> str:
    """Return "12 of 22 clusters pass 3 limits"."""
    limits = format_count(n_limits, "limit")
    return f"{format_number(n_passing)} of {format_count(n_clusters, 'cluster')} pass {limits}"


def _histogram(column: Column, values: Float64, unit: str) -> Histogram:
    known = values[np.isfinite(values)]
    is_log = bool(column.is_log and len(known) and known.min() > 0 and known.max() > _LOG_FROM * known.min())
    along = np.log10(known) if is_log else known
    low, high = (float(along.min()), float(along.max())) if len(along) else (0.0, 1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-12):  # one value
        low, high = min(0.0, low), max(0.0, high) or float(low == 0)
    counts = np.histogram(along, N_BINS, (low, high))[0] if len(along) else np.zeros(0)
    title = column.axis_title(unit)
    return Histogram(column.key, title, read_only(values), read_only(counts.astype(np.int64)), low, high, is_log)


# --- layout ---


@dataclass(frozen=True, slots=True)
class HistogramParts:
    """Where the parts of a histogram are in its tile.

    Attributes
    ----------
    title, words : Rectangle
        Of the name, and below it of the limit and what passes.
    bars : Rectangle
        Of the bars.
    ends : Rectangle
        Of the numbers below.
    """

    title: Rectangle
    words: Rectangle
    bars: Rectangle
    ends: Rectangle

    def place_at(self, x_px: float) -> float:
        """Return the place on the axis of a pixel, 0 to 1 between the ends of the bars."""
        return (x_px - self.bars.left) / max(self.bars.width, 1.0)

    def x_of(self, place: float) -> float:
        """Return the pixel of a place on the axis, on it."""
        return self.bars.left + min(max(place, 0.0), 1.0) * self.bars.width


def histogram_parts(box: Rectangle, sizes: TypeSizes) -> HistogramParts:
    """Return where the parts of a histogram are in a tile."""
    left, width = box.left + sizes.px(8), box.width - sizes.px(16)
    line, small = sizes.px(AXIS_PX + 5), sizes.px(TICK_PX + 4)
    top = box.top + sizes.px(3)
    bottom = box.bottom - small - sizes.px(3)
    return HistogramParts(
        title=Rectangle(left, top, width, line),
        words=Rectangle(left, top + line, width, small),
        bars=Rectangle(left, top + line + small + sizes.px(4), width, bottom - top - line - small - sizes.px(6)),
        ends=Rectangle(left, bottom, width, small),
    )


def histogram_bars(one: Histogram, parts: HistogramParts) -> Float64:
    """Return (n_bins, 4) left, top, width and height of the bars, on whole px; those that count something are seen."""
    edges = np.rint([parts.x_of(edge) for edge in np.linspace(0, 1, len(one.counts) + 1)])
    heights = np.rint(parts.bars.height * one.counts / max(1, int(one.counts.max(initial=0))))
    heights[one.counts > 0] = np.maximum(heights[one.counts > 0], 1)
    return np.column_stack([edges[:-1], round(parts.bars.bottom) - heights, np.diff(edges), heights])
