"""Where the boxes of correlograms are, what is in each, and what is under the mouse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.sentences import listed
from napari_phy.stats.correlograms import merged_autocorrelogram
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.correlograms import CorrelogramData, CorrelogramSettings
from napari_phy.views.rectangles import BODY_PX, TICK_PX, Rectangle, TypeSizes
from napari_phy.views.ticks import Ticks, nice_ticks

Float64 = npt.NDArray[np.float64]

GAP = 8.0
ID_GAP = 6.0  # between ids and boxes
NUMBER_PX, LAG_PX, AXIS_TITLE_PX = 14, 14, 16  # heights of the largest count in a box, of a lag, of the title below
BAR_SHARE = 0.78  # of its place, where bars are wide enough for gaps
NO_PAIRS = "no pairs"
AS_ONE = "as one"


@dataclass(frozen=True, slots=True)
class CorrelogramGrid:
    """Where the tiles of n × n correlograms are, in logical px.

    Attributes
    ----------
    n : int
        Clusters.
    left, top : float
        Of the first tile.
    tile_width, tile_height, gap : float
        Of every tile, and between two.
    """

    n: int
    left: float
    top: float
    tile_width: float
    tile_height: float
    gap: float

    def tile(self, row: int, column: int) -> Rectangle:
        """Return the rectangle of one correlogram, on whole px."""
        left = round(self.left + column * (self.tile_width + self.gap))
        top = round(self.top + row * (self.tile_height + self.gap))
        right = round(self.left + column * (self.tile_width + self.gap) + self.tile_width)
        bottom = round(self.top + row * (self.tile_height + self.gap) + self.tile_height)
        return Rectangle(left, top, right - left, bottom - top)

    def tile_at(self, x_px: float, y_px: float) -> tuple[int, int, float] | None:
        """Return row, column and share of the width of the tile under a pixel."""
        half = self.gap / 2  # tiles are on whole px: what is nearest is found, then looked at
        column = int((x_px - self.left + half) // (self.tile_width + self.gap))
        row = int((y_px - self.top + half) // (self.tile_height + self.gap))
        if not (0 <= row < self.n and 0 <= column < self.n):
            return None
        tile = self.tile(row, column)
        return (row, column, (x_px - tile.left) / tile.width) if tile.contains(x_px, y_px) else None

    def id_at(self, x_px: float, y_px: float) -> int | None:
        """Return the row or the column whose id stands under a pixel."""
        for place in range(self.n):
            above, beside = self.tile(0, place), self.tile(place, 0)
            is_above = y_px < above.top and above.left <= x_px <= above.right
            if is_above or (x_px < beside.left and beside.top <= y_px <= beside.bottom):
                return place
        return None

    def id_boxes(self, place: int, sizes: TypeSizes) -> tuple[Rectangle, Rectangle]:
        """Return where the id of a cluster stands: above its column, and left of its row."""
        gap = sizes.px(ID_GAP)
        above, beside = self.tile(0, place), self.tile(place, 0)
        return (
            Rectangle(above.left, 0, above.width, self.top),
            Rectangle(gap / 2, beside.top, self.left - 1.5 * gap, beside.height),
        )

    def title_box(self, sizes: TypeSizes) -> Rectangle:
        """Return where the title of the axis stands, below the lags."""
        last, line = self.tile(self.n - 1, self.n - 1), sizes.px(LAG_PX)
        return Rectangle(self.left, last.bottom + 3 + line, last.right - self.left, sizes.px(AXIS_TITLE_PX))


def correlogram_grid(ids: Sequence[int], width: int, height: int, sizes: TypeSizes) -> CorrelogramGrid:
    """Return the tiles that fill a widget, with room for ids, a quarter of the width at most, and for lags."""
    n, top, right, bottom = len(ids), sizes.px(24), sizes.px(10), sizes.px(36)
    widest = max(sizes.text_width(str(cluster), BODY_PX, bold=True) for cluster in ids)
    left = max(sizes.px(36), min(math.ceil(widest) + 2 * sizes.px(ID_GAP), width // 4))
    gap = GAP if n <= 4 else GAP / 2
    return CorrelogramGrid(
        n,
        left,
        top,
        max(4.0, (width - left - right - gap * (n - 1)) / n),
        max(4.0, (height - top - bottom - gap * (n - 1)) / n),
        gap,
    )


@dataclass(frozen=True, slots=True, eq=False)
class DrawnCorrelograms:
    """What is in the boxes; places and heights in shares of a box, 0…1.

    Attributes
    ----------
    edges : ndarray of float64, shape (n_lags + 1,)
        Where bars begin and end.
    band : tuple of float
        Ends of the refractory time.
    bars : ndarray of float64, shape (n, n, n_lags)
        Heights.
    expected : ndarray of float64, shape (n, n), or None
        Heights of independent clusters; None where they are not drawn.
    labels : list of list of str
        The largest bar of each box in digits.
    merged : tuple of int or None
        Row and column of the box that shows all clusters as one.
    """

    edges: Float64
    band: tuple[float, float]
    bars: Float64
    expected: Float64 | None
    labels: list[list[str]]
    merged: tuple[int, int] | None = None

    @classmethod
    def of(cls, data: CorrelogramData, look: CorrelogramSettings) -> DrawnCorrelograms:
        """Return how correlograms look."""
        tops, maxima, bars, expected = look.tops(data), look.maxima(data), look.heights(data), look.expected(data)
        left, right = np.clip(look.place(data, [-look.refractory_ms, look.refractory_ms]), 0, 1)
        merged = merged_place(data) if look.shows_merged(data) else None
        if merged is not None:
            bars[merged], expected[merged] = merged_heights(data, look), merged_expected(data, look)
            maxima[merged] = bars[merged].max(initial=0.0)
            tops[merged] = max(maxima[merged], expected[merged] if look.baseline else 0.0) or 1.0
        return cls(
            look.edges(data),
            (float(left), float(right)),
            bars / tops[:, :, None],
            expected / tops if look.baseline else None,
            [[height_words(value, look.unit) if value else NO_PAIRS for value in row] for row in maxima.tolist()],
            merged,
        )

    def band_box(self, tile: Rectangle) -> Rectangle:
        """Return the rectangle of the refractory time in a tile."""
        left, right = (tile.left + share * tile.width for share in self.band)
        return tile._replace(left=left, width=right - left)

    def has_label(self, row: int, column: int, tile: Rectangle, sizes: TypeSizes) -> bool:
        """Return whether there is room for the number at the top right of a tile."""
        width = sizes.text_width(self.labels[row][column], TICK_PX)
        return tile.height >= 3 * sizes.px(NUMBER_PX) and tile.width > width + 8

    def height_px(self, row: int, column: int, tile: Rectangle, sizes: TypeSizes) -> float:
        """Return the height of a bar that fills its box."""
        return tile.height - (sizes.px(NUMBER_PX) if self.has_label(row, column, tile, sizes) else 2)

    def expected_y(self, row: int, column: int, tile: Rectangle, height_px: float) -> float | None:
        """Return where the line of the expected height is, in the middle of a px."""
        if self.expected is None:
            return None
        return float(np.floor(tile.bottom - self.expected[row, column] * height_px)) + 0.5


def bar_boxes(edges: Float64, heights: Float64, tile: Rectangle) -> tuple[Float64, bool]:
    """Return (k, 4) rectangles of bars that stand on the bottom of a tile, and whether there are gaps between them.

    Where several bars share a px, the highest is drawn; those without height are left out.

    Parameters
    ----------
    edges : ndarray of float64, shape (n + 1,)
        Px from the left of the tile.
    heights : ndarray of float64, shape (n,)
        Px.
    tile : Rectangle
        Where they stand.
    """
    if len(heights) > tile.width:
        first = np.flatnonzero(np.diff(np.floor(edges[:-1]), prepend=-1))
        edges, heights = np.append(edges[first], edges[-1]), np.maximum.reduceat(heights, first)
    pitches = np.diff(edges)
    shares = np.where(pitches >= 2, BAR_SHARE, 1.0)
    shown = heights > 0
    tall = np.maximum(1.0, np.rint(heights[shown]))
    lefts = tile.left + (edges[:-1] + (1 - shares) / 2 * pitches)[shown]
    widths = np.maximum(1.0, shares * pitches)[shown]
    return np.column_stack([lefts, tile.bottom - tall, widths, tall]), bool(pitches.min() >= 2)


def lag_labels(
    data: CorrelogramData, look: CorrelogramSettings, grid: CorrelogramGrid, sizes: TypeSizes
) -> list[tuple[Rectangle, str]]:
    """Return where the lags stand below the last row, inside the width of their tile."""
    outer = float(np.floor(abs(data.lags_ms[0])))
    widest = sizes.text_width(format_number(-outer), TICK_PX) + 8
    labels = []
    for column in range(grid.n):
        tile = grid.tile(grid.n - 1, column)
        if tile.width < widest:
            continue
        ticks = lag_ticks(outer, tile.width, widest)
        if look.lags == "log":
            ticks = log_lag_ticks(data, look, outer, tile.width, widest)
        for lag, label in ticks:
            width = sizes.text_width(label, TICK_PX) + 2
            center = tile.left + float(look.place(data, lag)) * tile.width
            left = min(max(center - width / 2, tile.left), tile.right - width)
            labels.append((Rectangle(left, tile.bottom + 3, width, sizes.px(LAG_PX)), label))
    return labels


def log_lag_ticks(data: CorrelogramData, look: CorrelogramSettings, outer: float, width: float, widest: float) -> Ticks:
    """Return (lag in ms, label): 0, the outermost, and those of 1, 10, 100 … ms that fit between them."""
    if width < 3.2 * widest:
        return lag_ticks(outer, width, widest)
    chosen = [0.0, outer]
    for lag in (1.0, 10.0, 100.0, 1000.0, 5.0, 50.0, 500.0):
        places = np.minimum(look.place(data, [*chosen, lag]) * width, width - widest / 2)  # labels stay inside
        if lag < outer and np.abs(places[:-1] - places[-1]).min() >= widest:
            chosen.append(lag)
    return _whole(sorted({-lag for lag in chosen} | set(chosen)))


def lag_ticks(outer: float, width: float, widest: float) -> Ticks:
    """Return (lag in ms, label) of the ticks from −outer to outer that fit a width in px, `widest` being a label's."""
    if width < 2 * widest:
        return _whole([0.0])
    if width < 3.2 * widest:
        return _whole([-outer, outer])
    ticks = nice_ticks(-outer, outer, max(2, int(width / (2 * widest))))
    return _whole([-outer, 0.0, outer]) if len(ticks) < 3 else ticks


def _whole(lags: list[float]) -> Ticks:
    return [(lag, format_number(lag)) for lag in lags]


def height_words(value: float, unit: str) -> str:
    """Return the height of a bar in digits: whole pairs, or Hz."""
    return format_number(value, 0 if unit == "counts" or value >= 100 else 1 if value >= 10 else 2)


def correlogram_words(
    data: CorrelogramData, look: CorrelogramSettings, grid: CorrelogramGrid, x_px: float, y_px: float
) -> str:
    """Return `20 → 22, 4 ms, 7 pairs`, or Hz, for the bar under a pixel, and an id that may be cut short."""
    found = grid.tile_at(x_px, y_px)
    if found is None:
        place = grid.id_at(x_px, y_px)
        return "" if place is None else f"Cluster {data.cluster_ids[place]}"
    row, column, share = found
    is_merged = look.shows_merged(data) and (row, column) == merged_place(data)
    lag = int(np.searchsorted(look.edges(data), share, side="right")) - 1
    lag = min(max(lag, 0), len(data.lags_ms) - 1)
    counts = merged_autocorrelogram(data.counts) if is_merged else data.counts[row, column]
    height = format_count(int(counts[lag]), "pair")
    if look.unit == "Hz":
        heights = merged_heights(data, look) if is_merged else look.heights(data)[row, column]
        height = f"{height_words(float(heights[lag]), 'Hz')} Hz"
    decimals = 0 if float(data.bin_ms).is_integer() else 1
    ids = f"{data.cluster_ids[row]} → {data.cluster_ids[column]}"
    if is_merged:
        ids = f"{listed(data.cluster_ids.tolist())} {AS_ONE}"
    return f"{ids}, {format_number(data.lags_ms[lag], decimals)} ms, {height}"


# --- all clusters as one ---


def merged_place(data: CorrelogramData) -> tuple[int, int]:
    """Return row and column of the box that shows all clusters as one: it mirrors the one at the top right."""
    return len(data.cluster_ids) - 1, 0


def merged_heights(data: CorrelogramData, look: CorrelogramSettings) -> Float64:
    """Return (n_lags,) the heights of the bars of all clusters as one."""
    return merged_autocorrelogram(data.counts) / _per_unit(data, look)


def merged_expected(data: CorrelogramData, look: CorrelogramSettings) -> float:
    """Return the height that a cluster of their rate would have."""
    return float(data.expected.sum()) / _per_unit(data, look)


def _per_unit(data: CorrelogramData, look: CorrelogramSettings) -> float:
    return 1.0 if look.unit == "counts" else max(1, int(data.n_spikes.sum())) * data.bin_ms / 1000
