"""Correlograms in a notebook."""

from __future__ import annotations

import numpy as np

from napari_phy.core.sentences import listed
from napari_phy.notebook.painted import PaintedView
from napari_phy.notebook.picture import TYPE, Picture, selection_ink
from napari_phy.table.session_like import SessionLike
from napari_phy.views.correlogram_layout import (
    AS_ONE,
    CorrelogramGrid,
    DrawnCorrelograms,
    bar_boxes,
    correlogram_grid,
    correlogram_words,
    lag_labels,
)
from napari_phy.views.correlograms import N_MAX, CorrelogramRequest, compute_correlograms
from napari_phy.views.rectangles import AXIS_PX, TICK_PX


class CorrelogramsView(PaintedView):
    """Auto- and cross-correlograms of the selected clusters, at most eight; a click on a box selects its two clusters.

    Parameters
    ----------
    session : Session
        What is shown.
    """

    title = "Correlograms"
    subject = "its correlograms"
    settings_name = "correlograms"
    shown_settings = ("bin_ms", "window_ms", "unit", "lags")

    def make_request(self) -> CorrelogramRequest | None:
        """Return what is to be computed; None while nothing is selected."""
        clusters = self.session.selection.clusters[:N_MAX]
        return CorrelogramRequest(clusters, self.settings.computed()) if clusters else None

    def compute(self, session: SessionLike, request: CorrelogramRequest) -> object:
        """Count the pairs of spikes."""
        return compute_correlograms(session, request)

    @property
    def _grid(self) -> CorrelogramGrid:
        return correlogram_grid(self.data.cluster_ids.tolist(), *self.width_height, TYPE)

    def caption(self) -> str:
        """Return the words at the foot."""
        left_out = len(self.session.selection.clusters) - len(self.data.cluster_ids)
        words = f"the first {N_MAX} of {len(self.session.selection.clusters)} clusters; " if left_out > 0 else ""
        return f"{words}{self.settings.caption(self.data)}"

    def describe(self) -> str:
        """Return what a screen reader says of the picture."""
        return f"Correlograms of {listed(self.data.cluster_ids.tolist())}"

    def paint(self, picture: Picture) -> None:
        """Draw ids, tiles, bars, bands, expected heights, maxima and lags."""
        grid, data, look = self._grid, self.data, self.settings
        drawn = DrawnCorrelograms.of(data, look)
        for place, cluster in enumerate(data.cluster_ids.tolist()):
            above, beside = grid.id_boxes(place, TYPE)
            picture.text(above, str(cluster), selection_ink(place), bold=True, align="center")
            picture.text(beside, str(cluster), selection_ink(place), bold=True, align="right")
        places = [(row, column) for row in range(grid.n) for column in range(grid.n)]
        tiles = [grid.tile(*place) for place in places]
        picture.rectangles(tiles, "tile")
        picture.rectangles([drawn.band_box(tile) for tile in tiles], "grid")
        for at, tile in zip(places, tiles, strict=True):
            color = selection_ink(at[0]) if at[0] == at[1] else "bars"
            height = drawn.height_px(*at, tile, TYPE)
            bars, _ = bar_boxes(drawn.edges * tile.width, drawn.bars[at] * height, tile)
            picture.rectangles(bars, "text" if at == drawn.merged else color)
            expected = drawn.expected_y(*at, tile, height)
            if expected is not None:
                line = np.array([[tile.left, expected], [tile.right, expected]])
                picture.lines([line], "text", alpha=0.75, dash=(3, 2))
            if drawn.has_label(*at, tile, TYPE):
                head = tile._replace(left=tile.left + 4, width=tile.width - 8, height=14)
                picture.text(head, drawn.labels[at[0]][at[1]], "dim", TICK_PX, align="right")
                if at == drawn.merged:
                    picture.text(head, AS_ONE, "text", TICK_PX)
        for box, label in lag_labels(data, look, grid, TYPE):
            picture.text(box, label, "dim", TICK_PX, align="center")
        picture.text(grid.title_box(TYPE), "lag (ms)", "dim", AXIS_PX, align="center")

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `20 → 22, 4 ms, 7 pairs` for the bar under the mouse."""
        return correlogram_words(self.data, self.settings, self._grid, x_px, y_px)

    def on_click(self, x_px: float, y_px: float, *, ctrl: bool, shift: bool) -> None:
        """Select, or with Ctrl add, the two clusters of a box."""
        found = self._grid.tile_at(x_px, y_px)
        if found is not None:
            pair = list(dict.fromkeys(int(self.data.cluster_ids[place]) for place in found[:2]))
            self.select((*self.session.selection.clusters, *pair) if ctrl else pair)
