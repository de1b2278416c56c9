"""Clusters as points: any two columns of the list along the axes, size and colour by others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.lasso import points_in_polygon
from napari_phy.table.cluster_table import ClusterTable, Reads, compute_cluster_table, compute_values
from napari_phy.table.column import Column
from napari_phy.table.columns import all_columns, column_key, find_column, measures, quantities
from napari_phy.table.numbers import format_count, format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.table.value_range import ValueRange, spread
from napari_phy.views.cluster_colors import CLUSTER, GROUP
from napari_phy.views.frame import Frame
from napari_phy.views.rectangles import TypeSizes
from napari_phy.views.settings import Choice, ViewSettings
from napari_phy.views.ticks import Ticks, left_margin, log_ticks

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

SAME = "same"
_MARGIN = 0.08  # of the range, on each side
SMALLEST_PX, LARGEST_PX = 3.0, 9.0  # radius
RING_PX = 1.8
HOVER_PX = 4.0  # beyond the disc
ZOOM_LIMITS = (1e-3, 20.0)  # of the range that shows all

Ranges = tuple[tuple[float, float], tuple[float, float]]  # of x and of y


def axes() -> tuple[tuple[str, str], ...]:
    """Return (text, column) of what axes can show."""
    return tuple((column.name, column.key) for column in measures())


def sizes() -> tuple[tuple[str, str], ...]:
    """Return (text, column) of what sizes can stand for."""
    return (*((column.name, column.key) for column in quantities()), ("all the same", SAME))


def colors() -> tuple[tuple[str, str], ...]:
    """Return (text, column) of what colours can stand for."""
    return (("group", GROUP), ("its own", CLUSTER), *axes(), ("all the same", SAME))


@dataclass(frozen=True, slots=True)
class ClusterScatterSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    x_by, y_by : str
        The columns along the axes; where the data set does not have one, another is shown.
    size_by : str
        The column that sets the area of a disc, or "same".
    color : str
        The column that sets its colour, "group", "cluster" for its own, or "same".
    log : bool
        Whether axes of rates, amplitudes and spikes are logarithmic.
    """

    view: ClassVar[str] = "Scatter"

    x_by: Annotated[str, Choice(title="Horizontal axis", of=axes, key_of=column_key)] = "rate"
    y_by: Annotated[str, Choice(title="Vertical axis", of=axes, key_of=column_key)] = "depth"
    size_by: Annotated[str, Choice(title="Size", of=sizes, key_of=column_key)] = "spikes"
    color: Annotated[str, Choice(title="Colour", of=colors, key_of=column_key)] = GROUP
    log: Annotated[
        bool,
        Choice(
            title="Axes",
            of=(("Linear axes", False), ("Logarithmic axes", True)),
            tip="Only rates, amplitudes and numbers of spikes have logarithmic axes.",
        ),
    ] = False


@dataclass(frozen=True, slots=True)
class ClusterScatterRequest:
    """What a scatter of clusters asks for.

    Attributes
    ----------
    clusters : tuple of int
        All that are shown.
    groups : tuple of str
        Group of each of them, so that a move to another group makes another request.
    x, y : str
        The columns along the axes.
    size : str, default 'spikes'
        The column that sets the area of a disc, or "same".
    color : str, default GROUP
        The column that sets its colour, "group", "cluster" for its own, or "same".
    log : bool, default False
        Whether axes of rates, amplitudes and spikes are logarithmic.
    reads_features : bool, default True
        Whether depths and channels may be read that are not known yet.
    """

    clusters: tuple[int, ...]
    groups: tuple[str, ...]
    x: str = "rate"
    y: str = "depth"
    size: str = "spikes"
    color: str = GROUP
    log: bool = False
    reads_features: bool = True

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are read."""
        asked = {self.x, self.y, self.size, self.color}
        return tuple(column for column in all_columns() if column.key in asked)

    def is_log(self, key: str) -> bool:
        """Return whether the axis of a column is logarithmic."""
        return self.log and find_column(key).is_log


@dataclass(frozen=True, slots=True, eq=False)
class ClusterScatterData:
    """What a scatter of clusters draws: the clusters of which x and y are known.

    Attributes
    ----------
    request : ClusterScatterRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        The clusters, ascending.
    x, y : ndarray of float64, shape (n,)
        Values of the two columns; of logarithmic axes their decimal logarithms.
    sizes : ndarray of float64, shape (n,)
        Share 0…1 of the largest value; 1 where all are the same, 0 where unknown.
    colors : ndarray of float64, shape (n,)
        Place 0…1 in `color_range`; nan where unknown or without one.
    color_range : ValueRange or None
        Values of the first and the last colour; None where colours are not those of a column.
    groups : tuple of str
        Group of each cluster.
    n_spikes : ndarray of int64, shape (n,)
        Number of spikes of each cluster.
    x_label, y_label : str
        Titles of the axes, such as "rate (Hz)".
    amplitude_unit : str
        "µV", or "a.u." where the gain is unknown.
    x_range, y_range : tuple of float
        Ranges of the axes.
    caption : str
        The words below the picture: "all 22 clusters; size: spikes, colour: group".
    """

    request: ClusterScatterRequest
    cluster_ids: Int64
    x: Float64
    y: Float64
    sizes: Float64
    colors: Float64
    color_range: ValueRange | None
    groups: tuple[str, ...]
    n_spikes: Int64
    x_label: str
    y_label: str
    amplitude_unit: str
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    caption: str


def compute_cluster_scatter(
    session: SessionLike, request: ClusterScatterRequest, on_progress: OnProgress = no_progress
) -> ClusterScatterData:
    """Return what a scatter of clusters draws; only what its columns need is read.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    ids = sorted(request.clusters)
    columns = request.columns
    for column in columns:
        if column.in_background and (request.reads_features or "features" not in column.needs):
            compute_values(session, column.key, ids, on_progress)
    keys = ("spikes", *(column.key for column in columns))
    table = compute_cluster_table(session, ids, keys, reads=_reads(request))
    x, y = (_along(table, request, key) for key in (request.x, request.y))
    shown = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    x, y = x[shown], y[shown]
    sizes, colors, color_range = np.ones(len(shown)), np.full(len(shown), np.nan), None
    if request.size != SAME:
        sizes = _share_of_largest(table[request.size][shown])
    if request.color not in (SAME, GROUP, CLUSTER):
        colors, color_range = spread(table[request.color][shown])
    meanings = (("size", request.size), ("colour", request.color))
    names = {column.key: column.name for column in columns}
    words = [f"{what}: {names.get(value, value)}" for what, value in meanings if value != SAME]
    parts = [format_shown(len(shown), len(ids), "cluster"), *([", ".join(words)] if words else [])]
    parts += _lacking(session, request)
    unit = session.model.unit
    return ClusterScatterData(
        request=request,
        cluster_ids=read_only(table.ids[shown]),
        x=read_only(x),
        y=read_only(y),
        sizes=read_only(sizes),
        colors=read_only(colors),
        color_range=color_range,
        groups=tuple(table.groups[place] for place in shown.tolist()),
        n_spikes=read_only(table["spikes"][shown].astype(np.int64)),
        x_label=find_column(request.x).axis_title(unit),
        y_label=find_column(request.y).axis_title(unit),
        amplitude_unit=unit,
        x_range=_range(x),
        y_range=_range(y),
        caption="; ".join(parts),
    )


def clusters_in_lasso(data: ClusterScatterData, polygon: npt.ArrayLike) -> list[int]:
    """Return the clusters whose points lie in a polygon of (k, 2) vertices, the largest first."""
    points = np.column_stack([data.x, data.y])
    inside = points_in_polygon(points, np.asarray(polygon, dtype=np.float64))
    order = np.lexsort((data.cluster_ids[inside], -data.n_spikes[inside]))
    found: list[int] = data.cluster_ids[inside][order].tolist()
    return found


def cluster_words(data: ClusterScatterData, index: int) -> str:
    """Return `cluster 20, good, 259 spikes: rate 4.3 Hz, depth 240 µm`."""
    request = data.request
    parts = [
        find_column(key).value_words(10**value if request.is_log(key) else value, data.amplitude_unit)
        for key, value in ((request.x, float(data.x[index])), (request.y, float(data.y[index])))
    ]
    n_spikes = format_count(int(data.n_spikes[index]), "spike")
    return f"cluster {data.cluster_ids[index]}, {data.groups[index]}, {n_spikes}: {', '.join(parts)}"


def _along(table: ClusterTable, request: ClusterScatterRequest, key: str) -> Float64:
    values = table[key]
    if not request.is_log(key):
        return values
    return np.log10(values, out=np.full(len(values), np.nan), where=values > 0)


def _reads(request: ClusterScatterRequest) -> Reads:
    return "all" if request.reads_features else "times"


def _lacking(session: SessionLike, request: ClusterScatterRequest) -> list[str]:
    """Return what cannot be known of a data set: "amplitudes need raw data"."""
    has_features = session.sums is not None and request.reads_features
    said = []
    for need, what, is_there in (
        ("waveforms", "raw data", session.model.waveforms is not None),
        ("features", "features", has_features),
    ):
        lacking = [] if is_there else [column for column in request.columns if need in column.needs]
        if any(map(_is_common, lacking)):
            own = (column.name for column in measures() if need in column.needs and _is_common(column))
            said.append(f"{' and '.join(f'{name}s' for name in own)} need {what}")
        said += [f"{column.name}: needs {what}" for column in lacking if not _is_common(column)]
    return said


def _is_common(column: Column) -> bool:
    return column.is_usual and not column.is_of_package


def _share_of_largest(values: Float64) -> Float64:
    largest = np.nan_to_num(values).max(initial=0)
    return np.nan_to_num(values) / largest if largest > 0 else np.zeros(len(values))


def _range(values: Float64) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = _MARGIN * (high - low) or max(abs(low) * _MARGIN, 0.5)
    return low - margin, high + margin


# --- layout ---


def scatter_frame(data: ClusterScatterData, ranges: Ranges | None, width: int, height: int, sizes: TypeSizes) -> Frame:
    """Return the plot's rectangle and the ranges shown: `ranges`, or those of all clusters."""
    x_range, y_range = ranges or (data.x_range, data.y_range)
    top, right, bottom = sizes.px(8), sizes.px(14), sizes.px(38)
    inner = max(20, height - top - bottom)
    low, high = (10.0**edge if data.request.is_log(data.request.y) else edge for edge in y_range)
    left = left_margin((low, high), inner, sizes)
    across = max(20, width - left - right)
    if ranges is None:
        room = sizes.px(LARGEST_PX + RING_PX)
        x_range, y_range = _with_room(data.x, x_range, across, room), _with_room(data.y, y_range, inner, room)
    return Frame(left, top, across, inner, x_range, y_range)


def _with_room(values: Float64, shown: tuple[float, float], length_px: float, room_px: float) -> tuple[float, float]:
    """Return a range that leaves room for the largest disc beyond the outermost values of a short axis."""
    if not len(values) or not np.ptp(values) or length_px <= 4 * room_px:
        return shown
    middle, half = (values.min() + values.max()) / 2, np.ptp(values) / 2 * length_px / (length_px - 2 * room_px)
    return min(shown[0], float(middle - half)), max(shown[1], float(middle + half))


def scatter_ticks(data: ClusterScatterData, frame: Frame, sizes: TypeSizes) -> tuple[Ticks | None, Ticks | None]:
    """Return the ticks of logarithmic axes, None for the others."""
    x, y = (data.request.is_log(measure) for measure in (data.request.x, data.request.y))
    return (
        log_ticks(*frame.x_range, max(2, int(frame.width / sizes.px(56)))) if x else None,
        log_ticks(*frame.y_range, max(2, int(frame.height / sizes.px(44)))) if y else None,
    )


def disc_radii(data: ClusterScatterData, scale: float) -> Float64:
    """Return (n,) radii of the discs in px: areas grow with the sizes; `scale` is that of the type."""
    small, large = SMALLEST_PX**2, LARGEST_PX**2
    return np.asarray(np.sqrt(small + (large - small) * data.sizes) * scale, dtype=np.float64)


def drawing_order(data: ClusterScatterData, selected: Sequence[int]) -> list[tuple[int, int | None]]:
    """Return (index of a cluster, its place in the selection), from the back to the front.

    Large ones come first, so that none is hidden, the selected ones last, the best on top.
    """
    rank = {cluster: place for place, cluster in enumerate(selected)}
    places = [rank.get(cluster, -1) for cluster in data.cluster_ids.tolist()]
    sizes = data.sizes.tolist()
    order = sorted(range(len(places)), key=lambda i: (places[i] >= 0, -places[i], -sizes[i]))
    return [(index, places[index] if places[index] >= 0 else None) for index in order]


def cluster_at(data: ClusterScatterData, frame: Frame, scale: float, x_px: float, y_px: float) -> int | None:
    """Return the index of the cluster at a pixel: of the discs that are there, that whose middle is nearest."""
    if not len(data.cluster_ids) or not frame.contains(x_px, y_px):
        return None
    distances = np.hypot(*(frame.to_px(np.column_stack([data.x, data.y])) - (x_px, y_px)).T)
    distances[distances > disc_radii(data, scale) + HOVER_PX] = np.inf
    index = int(np.argmin(distances))
    return index if np.isfinite(distances[index]) else None


def zoomed_ranges(data: ClusterScatterData, frame: Frame, x_px: float, y_px: float, factor: float) -> Ranges | None:
    """Return the ranges that show 1/factor of a frame about a pixel, None where that is too much or too little."""
    zoomed = frame.zoomed(x_px, y_px, factor)
    is_allowed = ZOOM_LIMITS[0] < np.ptp(zoomed.x_range) / np.ptp(data.x_range) < ZOOM_LIMITS[1]
    return (zoomed.x_range, zoomed.y_range) if is_allowed else None
