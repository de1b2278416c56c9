"""Small multiples in a notebook: a tile for every cluster."""

from __future__ import annotations

import numpy as np

from napari_phy.core.group_colors import own_group_colors
from napari_phy.notebook.painted import PaintedView
from napari_phy.notebook.picture import TYPE, Picture, selection_ink
from napari_phy.notebook.similarity_view import listed_clusters
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.grid import (
    Content,
    GridLayout,
    GridRequest,
    bars_outline,
    compute_grid,
    grid_layout,
    line_points,
    tile_parts,
    zero_y,
)
from napari_phy.views.rectangles import AXIS_PX, TICK_PX, Rectangle

RIM_PX, LINE_PX = 2.0, 1.5


class GridView(PaintedView):
    """A tile for every cluster with its waveform, autocorrelogram or rate; the wheel goes through the rows.

    Parameters
    ----------
    session : Session
        What is shown.
    """

    title = "Grid"
    subject = "all clusters"
    settings_name = "grid"
    shown_settings = ("content", "order", "zoom")

    def __init__(self, session: object, **traits: object) -> None:
        self._first = 0
        self._notches = 0.0
        super().__init__(session, **traits)

    @property
    def _content(self) -> Content:
        content: Content = self.settings.content
        return "waveform" if content == "metrics" else content  # histograms of metrics are the program's

    def _layout(self, n: int) -> GridLayout:
        return grid_layout(n, *self.width_height, self._first, self.settings.zoom, TYPE)

    def make_request(self) -> GridRequest | None:
        """Return what is to be computed: the tiles in sight."""
        clusters = listed_clusters(self)
        if not clusters:
            return None
        start, stop = self._layout(len(clusters)).in_sight
        return GridRequest(
            clusters,
            self.settings.order,
            self._content,
            start,
            min(stop, len(clusters)),
            not self.session.holds_features,
        )

    def compute(self, session: SessionLike, request: GridRequest) -> object:
        """Compute the tiles in sight."""
        return compute_grid(session, request)

    def paint(self, picture: Picture) -> None:
        """Draw the tiles in sight."""
        layout, data = self._layout(len(self.data.cluster_ids)), self.data
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

    def _cluster_at(self, x_px: float, y_px: float) -> int | None:
        n = len(self.data.cluster_ids)
        place = self._layout(n).place_at(x_px, y_px)
        return None if place is None or place >= n else int(self.data.cluster_ids[place])

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, good, 259 spikes; 104 µV` for the tile under the mouse."""
        cluster, manager = self._cluster_at(x_px, y_px), self.session.manager
        if cluster is None or cluster not in manager:
            return ""
        tile = self.data.tiles.get(cluster)
        words = f"cluster {cluster}, {manager.group(cluster)}, {format_number(manager.n_spikes(cluster))} spikes"
        return words if tile is None else f"{words}; {tile.label}"

    def on_click(self, x_px: float, y_px: float, *, ctrl: bool, shift: bool) -> None:
        """Select a cluster; with Ctrl add or drop it."""
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
        layout = self._layout(len(listed_clusters(self)))
        steps = {
            "PageUp": -layout.n_whole, "PageDown": layout.n_whole, "Home": -layout.n_lines, "End": layout.n_lines,
            "ArrowUp": -1, "ArrowDown": 1,
        }  # fmt: skip
        if key in steps:
            self._go(steps[key])
        return key in steps

    def _go(self, steps: int) -> None:
        layout = self._layout(len(listed_clusters(self)))
        first = min(max(layout.first + steps, 0), max(0, layout.n_lines - layout.n_whole))
        if first != self._first:
            self._first = first
            self.refresh()
