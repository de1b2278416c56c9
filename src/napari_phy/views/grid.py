"""Every cluster a small picture: mean waveform, autocorrelogram or rate; or every metric a histogram over all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import ceil
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.table.columns import mean_rates
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import used_samples
from napari_phy.table.waveform_samples import best_channels, waveform_samples
from napari_phy.views.cluster_order import Order, order_caption, order_choice, order_clusters
from napari_phy.views.correlograms import CorrelogramRequest, CorrelogramSettings, compute_correlograms
from napari_phy.views.firing_rate import rate_edges
from napari_phy.views.metric_histograms import USUAL_METRICS, Histogram, compute_histograms
from napari_phy.views.rectangles import AXIS_PX, TICK_PX, Rectangle, TypeSizes
from napari_phy.views.settings import Choice, Names, ViewSettings

Float64 = npt.NDArray[np.float64]
Content = Literal["waveform", "autocorrelogram", "rate", "metrics"]

TILE_CORRELOGRAM = CorrelogramSettings(bin_ms=1.0, window_ms=50.0)
N_RATE_BINS = 60
_AT_ONCE = 8

TILE_PX = (88, 76)  # at least
GAP_PX, MARGIN_PX, HEAD_PX = 6, 8, 18
LEAST_CURVE_PX = 4

MEANINGS: Mapping[Content, str] = {
    "waveform": "mean waveform on the largest channel, each to its own height",
    "autocorrelogram": "autocorrelogram, lags of ±25 ms; the largest count",
    "rate": "firing rate over time; its mean",
    "metrics": "click or drag in a histogram to set a limit, click its words to turn it round",
}


@dataclass(frozen=True, slots=True)
class GridSettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        Order of the tiles; "list" is that of Clusters.
    content : str
        Content of a tile: "waveform", "autocorrelogram" or "rate" of a cluster, or "metrics": histograms of metrics
        over all clusters.
    zoom : float
        Size of a tile; 1 is the usual one.
    metrics : tuple of str
        Keys of the columns that have a histogram.
    limits : tuple of str
        What metrics have to be, as filters have it: "snr >= 4".
    """

    view: ClassVar[str] = "Grid"

    order: Annotated[Order, order_choice("size", "depth", "id", "list")] = "size"
    content: Annotated[
        Content,
        Choice(
            title="Content of a tile",
            of=(
                ("Waveform", "waveform"),
                ("Autocorrelogram", "autocorrelogram"),
                ("Firing rate", "rate"),
                ("Metrics", "metrics"),
            ),
        ),
    ] = "waveform"
    zoom: Annotated[
        float, Choice(title="Size of tiles", of=(("Small tiles", 0.7), ("Medium tiles", 1.0), ("Large tiles", 1.7)))
    ] = 1.0
    metrics: Annotated[tuple[str, ...], Names(title="Metrics", is_persistent=True)] = USUAL_METRICS
    limits: Annotated[tuple[str, ...], Names(title="Limits", is_persistent=True, is_look=True)] = ()


@dataclass(frozen=True, slots=True)
class GridRequest:
    """What a grid asks for.

    Attributes
    ----------
    clusters : tuple of int
        All that there are tiles for, in the order of the list.
    order : Order
        Order of the tiles.
    content : {'waveform', 'autocorrelogram', 'rate', 'metrics'}
        Content of each tile.
    start, stop : int
        Which tiles are in sight, by their place.
    reads_features : bool, default True
        Whether depths may be read that are not known yet.
    metrics : tuple of str, default ()
        Keys of the columns that have a histogram.
    valid_only : bool, default False
        Whether these are of valid periods only.
    """

    clusters: tuple[int, ...]
    order: Order
    content: Content
    start: int
    stop: int
    reads_features: bool = True
    metrics: tuple[str, ...] = ()
    valid_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """The curve of one cluster.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        In equal steps; empty where there is nothing to show.
    low, high : float
        What the lower and upper edge of the tile stand for.
    label : str
        The number that goes with it: `104 µV`.
    """

    values: Float64
    low: float
    high: float
    label: str


@dataclass(frozen=True, slots=True, eq=False)
class GridData:
    """What a grid draws.

    Attributes
    ----------
    request : GridRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        Cluster ids of all tiles, in order; none where tiles are histograms.
    tiles : mapping of int to Tile
        {cluster: tile} of those in sight.
    sorted_by : str, default ''
        What they are sorted by where that is not what was asked for.
    histograms : tuple of Histogram, default ()
        Metrics of all clusters.
    """

    request: GridRequest
    cluster_ids: npt.NDArray[np.int64]
    tiles: Mapping[int, Tile]
    sorted_by: str = ""
    histograms: tuple[Histogram, ...] = ()

    @property
    def n_tiles(self) -> int:
        """How many tiles there are."""
        return len(self.histograms) or len(self.cluster_ids)

    @property
    def caption(self) -> str:
        """The words below the picture."""
        words = (format_count(len(self.request.clusters), "cluster"), MEANINGS[self.request.content], self.sorted_by)
        return "; ".join(filter(None, words))


_tiles: SessionCache[tuple[Content, int], Tile] = SessionCache(lambda tile: tile.values.nbytes + 200)


def compute_grid(session: SessionLike, request: GridRequest, on_progress: OnProgress = no_progress) -> GridData:
    """Put the clusters in order and compute the tiles in sight that are not computed yet.

    Raises
    ------
    MissingDataError
        Tiles show waveforms and there is no raw data.
    ClusteringError
        A cluster does not exist (any more).
    """
    if request.content == "metrics":
        histograms = compute_histograms(
            session, request.clusters, request.metrics, on_progress, reads_features=request.reads_features
        )
        return GridData(request, read_only(np.empty(0, dtype=np.int64)), MappingProxyType({}), histograms=histograms)
    ids = order_clusters(session, request.clusters, request.order, reads_features=request.reads_features)
    make = _MAKERS[request.content]
    tiles: dict[int, Tile] = {}
    visible = ids[request.start : request.stop].tolist()
    for start in range(0, len(visible), _AT_ONCE):
        some = visible[start : start + _AT_ONCE]
        of_some = part_of(on_progress, start / len(visible), (start + len(some)) / len(visible))
        keys = [(request.content, cluster) for cluster in some]
        found = _tiles.get(session, keys, partial(_make, session, make, of_some))
        tiles.update({cluster: tile for (_, cluster), tile in found.items()})
    sorted_by = order_caption(session, request.order, reads_features=request.reads_features)
    return GridData(request, ids, MappingProxyType(tiles), sorted_by)


_Maker = Callable[[SessionLike, list[int], OnProgress], dict[int, Tile]]


def _make(
    session: SessionLike, make: _Maker, on_progress: OnProgress, keys: list[tuple[Content, int]]
) -> dict[tuple[Content, int], Tile]:
    made = make(session, [cluster for _, cluster in keys], on_progress)
    return {(content, cluster): made[cluster] for content, cluster in keys}


def _waveforms(session: SessionLike, clusters: list[int], on_progress: OnProgress) -> dict[int, Tile]:
    """Return the mean waveform of each cluster on its channel in the list, with its amplitude there."""
    tiles = {}
    samples = waveform_samples(session, clusters, on_progress=on_progress)
    best = best_channels(session, samples)
    for cluster, sample in samples.items():
        if cluster not in best:
            tiles[cluster] = _nothing()
            continue
        values = sample.mean[:, best[cluster]].astype(np.float64)
        label = f"{format_number(float(sample.amplitudes.max()))} {session.model.unit}"
        tiles[cluster] = Tile(read_only(values), float(values.min()), float(values.max()), label)
    return tiles


def _autocorrelograms(session: SessionLike, clusters: list[int], on_progress: OnProgress) -> dict[int, Tile]:
    tiles = {}
    for done, cluster in enumerate(clusters):
        on_progress(done / len(clusters))
        counts = compute_correlograms(session, CorrelogramRequest((cluster,), TILE_CORRELOGRAM)).counts[0, 0]
        largest = int(counts.max(initial=0))
        tiles[cluster] = Tile(read_only(counts.astype(np.float64)), 0.0, float(max(largest, 1)), format_number(largest))
    return tiles


def _rates(session: SessionLike, clusters: list[int], on_progress: OnProgress) -> dict[int, Tile]:
    """Return spikes a second of the time that is used in each bin, from the first that is used to the last."""
    model, manager, used = session.model, session.manager, used_samples(session)
    start, stop = int(used[0, 0]), max(int(used[-1, 1]), int(used[0, 0]) + 1)
    edges = start + rate_edges(stop - start, N_RATE_BINS)
    seconds = np.diff([np.clip(edge - used[:, 0], 0, used[:, 1] - used[:, 0]).sum() for edge in edges])
    seconds = seconds / model.sample_rate
    n_spikes = np.array([manager.n_spikes(cluster) for cluster in clusters], dtype=np.int64)
    tiles = {}
    for done, (cluster, mean) in enumerate(zip(clusters, mean_rates(session, n_spikes).tolist(), strict=True)):
        on_progress(done / len(clusters))
        counts = np.diff(np.searchsorted(model.spike_samples[manager.spikes(cluster)], edges))
        rates = np.divide(counts, seconds, out=np.zeros(len(counts)), where=seconds > 0)
        tiles[cluster] = Tile(read_only(rates), 0.0, float(rates.max(initial=0)) or 1.0, f"{format_number(mean, 1)} Hz")
    return tiles


def _nothing() -> Tile:
    return Tile(read_only(np.zeros(0)), 0.0, 1.0, format_number(np.nan))


_MAKERS: dict[Content, _Maker] = {"waveform": _waveforms, "autocorrelogram": _autocorrelograms, "rate": _rates}


# --- layout ---


@dataclass(frozen=True, slots=True)
class GridLayout:
    """Where the tiles are, in logical px; rows scroll.

    Attributes
    ----------
    n_columns, n_lines : int
        Columns and rows of all tiles.
    n_visible, n_whole : int
        Rows in sight, the last may be cut, and those that are not.
    width, height : float
        Of a tile.
    left, top, gap : float
        Of the first tile, and between two.
    first : int
        Row at the top.
    """

    n_columns: int
    n_lines: int
    n_visible: int
    n_whole: int
    width: float
    height: float
    left: float
    top: float
    gap: float
    first: int

    @property
    def in_sight(self) -> tuple[int, int]:
        """The places of the first tile in sight and of the one after the last."""
        return self.first * self.n_columns, (self.first + self.n_visible) * self.n_columns

    def tile(self, place: int) -> Rectangle:
        """Return the rectangle of the tile at a place, on whole px."""
        row, column = divmod(place, self.n_columns)
        left = round(self.left + column * (self.width + self.gap))
        right = round(self.left + column * (self.width + self.gap) + self.width)
        top = self.top + (row - self.first) * (self.height + self.gap)
        return Rectangle(left, top, right - left, self.height)

    def line_of(self, place: int) -> int:
        """Return the row of the tile at a place."""
        return place // self.n_columns

    def place_at(self, x_px: float, y_px: float) -> int | None:
        """Return the place of the tile under a pixel."""
        half = self.gap / 2  # tiles are on whole px: what is nearest is found, then looked at
        column = int((x_px - self.left + half) // (self.width + self.gap))
        row = self.first + int((y_px - self.top + half) // (self.height + self.gap))
        if not (0 <= column < self.n_columns and 0 <= row < self.n_lines):
            return None
        place = row * self.n_columns + column
        return place if self.tile(place).contains(x_px, y_px) else None


def grid_layout(
    n: int,
    width: float,
    height: float,
    first: int,
    zoom: float,
    sizes: TypeSizes,
    least_px: tuple[float, float] = TILE_PX,
) -> GridLayout:
    """Return tiles that fill the width; the last row that can be at the top leaves the last tiles whole."""
    gap, margin = sizes.px(GAP_PX), sizes.px(MARGIN_PX)
    least_width, tile_height = sizes.px(least_px[0] * zoom), sizes.px(least_px[1] * zoom)
    room = max(least_width, width - 2 * margin)
    n_columns = max(1, int((room + gap) // (least_width + gap)))
    n_lines, pitch, top = ceil(n / n_columns), tile_height + gap, margin / 2
    n_whole = max(1, int((height - top + gap) // pitch))
    return GridLayout(
        n_columns=n_columns,
        n_lines=n_lines,
        n_visible=max(1, ceil((height - top) / pitch)),
        n_whole=n_whole,
        width=(room - gap * (n_columns - 1)) / n_columns,
        height=tile_height,
        left=margin,
        top=top,
        gap=gap,
        first=min(first, max(0, n_lines - n_whole)),
    )


@dataclass(frozen=True, slots=True)
class TileParts:
    """Where the parts of a tile are.

    Attributes
    ----------
    dot : Rectangle
        Of the group.
    name : Rectangle
        Of the id, and of the number at its right end.
    curve : Rectangle or None
        Of the line or the bars; None where there is no room.
    has_number : bool
        Whether there is room for the number.
    """

    dot: Rectangle
    name: Rectangle
    curve: Rectangle | None
    has_number: bool


def tile_parts(box: Rectangle, cluster: int, label: str, sizes: TypeSizes) -> TileParts:
    """Return where the parts of a tile are; `label` is the number that goes with its curve."""
    left, width, dot = box.left + sizes.px(6), box.width - sizes.px(12), sizes.px(6)
    top, height = box.top + 1, sizes.px(HEAD_PX)
    before = dot + sizes.px(5)
    inner = Rectangle(left, top + height + 1, width, box.bottom - top - height - sizes.px(7))
    texts = sizes.text_width(str(cluster), AXIS_PX, bold=True) + sizes.text_width(label, TICK_PX)
    return TileParts(
        dot=Rectangle(left, top + (height - dot) / 2, dot, dot),
        name=Rectangle(left + before, top, width - before, height),
        curve=inner if inner.height > LEAST_CURVE_PX else None,
        has_number=texts + 16 < width,
    )


def line_points(tile: Tile, box: Rectangle) -> Float64:
    """Return (n, 2) px of a curve that fills a rectangle."""
    x = np.linspace(box.left, box.right, len(tile.values))
    return np.column_stack([x, box.bottom - (tile.values - tile.low) * _px_per_unit(tile, box)])


def zero_y(tile: Tile, box: Rectangle) -> float | None:
    """Return where the zero line of a curve is, in the middle of a px; None where it is out of sight."""
    if not tile.low <= 0 <= tile.high:
        return None
    return float(np.floor(box.bottom + tile.low * _px_per_unit(tile, box))) + 0.5


def _px_per_unit(tile: Tile, box: Rectangle) -> float:
    return box.height / ((tile.high - tile.low) or 1.0)


def bars_outline(tile: Tile, box: Rectangle) -> Float64:
    """Return (2n + 2, 2) corners of bars without gaps, on whole px, that stand on the bottom of a rectangle."""
    edges = np.repeat(np.rint(np.linspace(box.left, box.right, len(tile.values) + 1)), 2)
    heights = np.concatenate([[0.0], np.repeat(tile.values, 2), [0.0]]) * (box.height / (tile.high or 1.0))
    return np.column_stack([edges, np.rint(round(box.bottom) - heights)])
