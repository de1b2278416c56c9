"""Small multiples in a notebook: a tile for every cluster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from napari_phy.core.group_colors import own_group_colors
from napari_phy.core.listed_clusters import ListedClusters
from napari_phy.notebook.painted import PaintedView, tool
from napari_phy.notebook.picture import TYPE, Picture, selection_ink
from napari_phy.table.cluster_filter import find_clusters
from napari_phy.table.columns import find_column
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.table.valid_periods import valid_time
from napari_phy.views.cluster_order import listed_clusters
from napari_phy.views.grid import (
    TILE_PX,
    GridLayout,
    GridRequest,
    bars_outline,
    compute_grid,
    grid_layout,
    line_points,
    tile_parts,
    zero_y,
)
from napari_phy.views.metric_histograms import (
    HISTOGRAM_PX,
    Histogram,
    HistogramParts,
    Limit,
    format_limit,
    histogram_bars,
    histogram_parts,
    limits_filter,
    limits_sentence,
    passing,
    read_limits,
)
from napari_phy.views.rectangles import AXIS_PX, TICK_PX, Rectangle

RIM_PX, LINE_PX = 2.0, 1.5
FAINT = 0.35  # of bars of clusters that do not pass a limit
MARK_PX = 5.0  # height of the mark of a selected cluster


class GridView(PaintedView):
    """A tile for every cluster with its waveform, autocorrelogram or rate; or a histogram of every metric.

    The wheel goes through the rows. A click in a histogram sets a limit of the metric, one on its words turns it round,
    a double-click drops it; *Filter the list* lists the clusters that pass all limits.

    Parameters
    ----------
    session : Session
        What is shown. `session.views["grid"].metrics` tells which metrics have a histogram.
    """

    title = "Grid"
    subject = "all clusters"
    settings_name = "grid"
    shown_settings = ("content", "order", "zoom")

    def __init__(self, session: object, **traits: object) -> None:
        self._first = 0
        self._notches = 0.0
        super().__init__(session, **traits)

    def follow_more(self) -> None:
        """Follow the filter of the list, and the periods that metrics are of."""
        self.follow(self.session.listed.changed, self._on_settings)
        self.follow(valid_time(self.session).changed, self._on_settings)

    def offered_settings(self) -> tuple[str, ...]:
        """Return the names of the settings; histograms have no order."""
        return tuple(name for name in self.shown_settings if name != "order" or self.settings.content != "metrics")

    def _layout(self, n: int) -> GridLayout:
        least = HISTOGRAM_PX if self.settings.content == "metrics" else TILE_PX
        return grid_layout(n, *self.width_height, self._first, self.settings.zoom, TYPE, least)

    def make_request(self) -> GridRequest | None:
        """Return what is to be computed: the tiles in sight, or histograms of all clusters, listed or not."""
        session, settings = self.session, self.settings
        reads = not session.holds_features
        if settings.content == "metrics":
            clusters = listed_clusters(session.manager, ListedClusters())
            used = valid_time(session).is_used
            if not (clusters and settings.metrics):
                return None
            return GridRequest(clusters, settings.order, "metrics", 0, 0, reads, settings.metrics, used)
        clusters = listed_clusters(session.manager, session.listed, in_order=settings.order == "list")
        if not clusters:
            return None
        start, stop = self._layout(len(clusters)).in_sight
        return GridRequest(clusters, settings.order, settings.content, start, min(stop, len(clusters)), reads)

    def compute(self, session: SessionLike, request: GridRequest) -> object:
        """Compute the tiles in sight."""
        return compute_grid(session, request)

    def caption(self) -> str:
        """Return the words at the foot."""
        limits = self._limits_in_sight()
        if not limits:
            return str(self.data.caption)
        n_passing = int(np.count_nonzero(passing(self.data.histograms, limits)))
        return limits_sentence(n_passing, len(self.data.request.clusters), len(limits))

    def paint(self, picture: Picture) -> None:
        """Draw the tiles in sight."""
        layout, data = self._layout(self.data.n_tiles), self.data
        if data.histograms:
            limits, (start, stop) = self._limits, layout.in_sight
            for place in range(start, min(stop, len(data.histograms))):
                one = data.histograms[place]
                self._paint_histogram(picture, layout.tile(place), one, limits.get(one.key))
            return
        rank = {cluster: place for place, cluster in enumerate(self.session.selection.clusters)}
        colors = own_group_colors(self.session.groups)
        start, stop = layout.in_sight
        for place in range(start, min(stop, len(data.cluster_ids))):
            cluster = int(data.cluster_ids[place])
            group = self.session.manager.group(cluster) if cluster in self.session.manager else "unsorted"
            dot = group if group in ("good", "mua", "noise", "unsorted") else colors.get(group, "text")
            self._paint_tile(picture, layout.tile(place), cluster, rank.get(cluster), group, dot)

    def _paint_tile(
        self, picture: Picture, box: Rectangle, cluster: int, place: int | None, group: str, dot: str
    ) -> None:
        tile, content = self.data.tiles.get(cluster), self.data.request.content
        color = "bars" if place is None else selection_ink(place)
        picture.rectangles([box], "tile")
        if place is not None:
            picture.frames([box.grown(-RIM_PX / 2)], color, RIM_PX)
        parts = tile_parts(box, cluster, "" if tile is None else tile.label, TYPE)
        disc = [[*parts.dot.center, parts.dot.width / 2]]
        picture.discs(disc, *(("", dot) if group == "unsorted" else (dot, "")))
        words = color if place is not None else "dim" if group == "noise" else "text"
        picture.text(parts.name, str(cluster), words, AXIS_PX, bold=place is not None)
        if tile is None:
            return
        if parts.has_number:
            picture.text(parts.name, tile.label, "dim", TICK_PX, align="right")
        if not len(tile.values) or parts.curve is None:
            return
        if content == "waveform":
            zero = zero_y(tile, parts.curve)
            if zero is not None:
                picture.lines([[[parts.curve.left, zero], [parts.curve.right, zero]]], "grid")
            picture.lines([line_points(tile, parts.curve)], color, LINE_PX)
        else:
            picture.polygons([bars_outline(tile, parts.curve)], color)
            ground = round(parts.curve.bottom) + 0.5
            picture.lines([[[parts.curve.left, ground], [parts.curve.right, ground]]], "grid")

    def _paint_histogram(self, picture: Picture, box: Rectangle, one: Histogram, limit: Limit | None) -> None:
        """Draw a metric: bars, faint where clusters do not pass, the limit, and marks of the selected clusters."""
        parts = histogram_parts(box, TYPE)
        picture.rectangles([box], "tile")
        picture.clip(box.grown(-4, 0))
        picture.text(parts.title, one.title, "text", AXIS_PX)
        picture.text(parts.words, one.words(limit), "text" if limit else "dim", TICK_PX)
        if one.counts.any():
            low, high = one.ends()
            picture.text(parts.ends, low, "dim", TICK_PX)
            picture.text(parts.ends, high, "dim", TICK_PX, align="right")
            bars, area = histogram_bars(one, parts), parts.bars.grown(1)
            if limit is not None:
                edge = parts.x_of(one.place_of(limit.value))
                picture.rectangles(bars, "bars", alpha=FAINT)
                left, right = (edge, area.right) if limit.is_least else (area.left, edge)
                area = Rectangle(left, area.top, right - left, area.height)
            picture.clip(area)
            picture.rectangles(bars, "bars")
            picture.clip(None)
            ground = round(parts.bars.bottom) + 0.5
            picture.lines([[[parts.bars.left, ground], [parts.bars.right, ground]]], "grid")
            if limit is not None:
                picture.lines([[[edge, parts.bars.top], [edge, parts.bars.bottom]]], "text", RIM_PX)
            self._paint_marks(picture, one, parts)
        picture.clip(None)

    def _paint_marks(self, picture: Picture, one: Histogram, parts: HistogramParts) -> None:
        places = {cluster: place for place, cluster in enumerate(self.data.request.clusters)}
        for rank, cluster in reversed([*enumerate(self.session.selection.clusters)]):
            value = float(one.values[places[cluster]]) if cluster in places else np.nan
            if np.isfinite(value):
                x = parts.x_of(one.place_of(value))
                mark = [[x, parts.bars.bottom - MARK_PX], [x, parts.bars.bottom]]
                picture.lines([mark], selection_ink(rank), RIM_PX)

    # --- limits ---

    @property
    def _limits(self) -> dict[str, Limit]:
        return read_limits(self.settings.limits)

    def _limits_in_sight(self) -> dict[str, Limit]:
        limits = self._limits
        return {one.key: limits[one.key] for one in self.data.histograms if one.key in limits}

    def _set_limit(self, key: str, limit: Limit | None) -> None:
        limits = {one: of for one, of in self._limits.items() if one != key}
        if limit is not None:
            limits[key] = limit
        self.session.views["grid"].update(limits=tuple(of.text for of in limits.values()))

    def _histogram_at(self, x_px: float, y_px: float) -> tuple[Histogram, HistogramParts] | None:
        place = self._layout(self.data.n_tiles).place_at(x_px, y_px)
        if place is None or place >= len(self.data.histograms):
            return None
        return self.data.histograms[place], histogram_parts(self._layout(self.data.n_tiles).tile(place), TYPE)

    def _set_limit_at(self, one: Histogram, parts: HistogramParts, x_px: float) -> None:
        if one.counts.any():
            self._set_limit(one.key, one.limit_at(parts.place_at(x_px), self._limits.get(one.key)))

    def shown_tools(self) -> list[dict[str, Any]]:
        """Return what can be done with limits."""
        if self.data is None or not self._limits_in_sight():
            return []
        return [
            tool("filter", "Filter the list", "List only the clusters that pass all limits, here and in all views"),
            tool("clear", "Clear", "Drop all limits"),
        ]

    def on_tool(self, name: str) -> None:
        """Make the limits the filter of the list, or drop them."""
        if name == "clear":
            self.session.views["grid"].update(limits=())
        elif name == "filter" and self.data is not None:
            text = limits_filter(self._limits_in_sight().values())
            if text:
                self.session.listed.show(text, find_clusters(self.session, text))

    # --- mouse and keys ---

    def drags_at(self, start: tuple[float, float], now: tuple[float, float]) -> bool:
        """Drag the limit of the histogram where the drag began."""
        found = self._histogram_at(*start)
        if found is not None:
            self._set_limit_at(*found, now[0])
        return found is not None

    def on_reset(self, x_px: float, y_px: float) -> None:
        """Drop the limit of a metric."""
        found = self._histogram_at(x_px, y_px)
        if found is not None:
            self._set_limit(found[0].key, None)

    def _cluster_at(self, x_px: float, y_px: float) -> int | None:
        n = len(self.data.cluster_ids)
        place = self._layout(n).place_at(x_px, y_px)
        return None if place is None or place >= n else int(self.data.cluster_ids[place])

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, good, 259 spikes; 104 µV` for the tile under the mouse, or `signal to noise 4.2`."""
        if self.data.histograms:
            found = self._histogram_at(x_px, y_px)
            if found is None or not found[0].counts.any():
                return ""
            column, value = find_column(found[0].key), found[0].value_at(found[1].place_at(x_px))
            return " ".join(filter(None, (column.name, format_limit(value), column.unit_in(self.session.model.unit))))
        cluster, manager = self._cluster_at(x_px, y_px), self.session.manager
        if cluster is None or cluster not in manager:
            return ""
        tile = self.data.tiles.get(cluster)
        words = f"cluster {cluster}, {manager.group(cluster)}, {format_number(manager.n_spikes(cluster))} spikes"
        return words if tile is None else f"{words}; {tile.label}"

    def on_click(self, x_px: float, y_px: float, *, ctrl: bool, shift: bool) -> None:
        """Select a cluster; with Ctrl add or drop it. In a histogram, set a limit or turn it round."""
        found = self._histogram_at(x_px, y_px)
        if found is not None:
            limit = self._limits.get(found[0].key)
            if y_px >= found[1].bars.top:
                self._set_limit_at(*found, x_px)
            elif limit is not None:
                self._set_limit(found[0].key, replace(limit, is_least=not limit.is_least))
            return
        cluster = self._cluster_at(x_px, y_px)
        if cluster is not None and ctrl:
            self.session.selection.toggle(cluster)
        elif cluster is not None:
            self.select([cluster])

    def on_wheel(self, x_px: float, y_px: float, notches: float, *, ctrl: bool, shift: bool) -> None:
        """Go through the rows of tiles."""
        self._notches -= notches
        steps = int(np.trunc(self._notches))
        self._notches -= steps
        self._go(steps)

    def on_key(self, key: str) -> bool:
        """Go through the rows with Page Up, Page Down, Home and End."""
        layout = self._layout(0 if self.data is None else self.data.n_tiles)
        steps = {
            "PageUp": -layout.n_whole, "PageDown": layout.n_whole, "Home": -layout.n_lines, "End": layout.n_lines,
            "ArrowUp": -1, "ArrowDown": 1,
        }  # fmt: skip
        if key in steps:
            self._go(steps[key])
        return key in steps

    def _go(self, steps: int) -> None:
        layout = self._layout(0 if self.data is None else self.data.n_tiles)
        first = min(max(layout.first + steps, 0), max(0, layout.n_lines - layout.n_whole))
        if first != self._first:
            self._first = first
            self.refresh()
