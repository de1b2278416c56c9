"""Grid: a tile for every cluster, with its mean waveform, autocorrelogram or rate; a click selects."""

from qtpy.QtCore import QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.grid import Content, GridData, GridRequest, GridSettings, compute_grid
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.grid_painter import GridLayout, grid_layout, paint_grid_of_tiles
from napari_phy.widgets.panels.color_schemes import group_colors, group_entries
from napari_phy.widgets.panels.scrolled_clusters_panel import ScrolledClustersPanel

WORDS: dict[Content, str] = {
    "waveform": "mean waveform on the largest channel, each to its own height",
    "autocorrelogram": "autocorrelogram, lags of ±25 ms; the largest count",
    "rate": "firing rate over time; its mean",
}


class GridPanel(ScrolledClustersPanel):
    """Only the tiles in sight are computed; what was computed is kept."""

    title = "Grid"
    subject = "all clusters"
    working = "Reading clusters…"
    failed = "The tiles could not be computed."
    needs_raw_data = True
    needs_features = True  # of the order by depth
    lines_name = "Rows of tiles"
    settings_type = GridSettings
    help_text = (
        "Every tile is a cluster: its group and id, and a number that goes with the curve.\n"
        "Click a tile to select the cluster, Ctrl+click adds or drops one.\n"
        "The wheel, Page Up and Page Down go through the rows.\n"
        "The drop-downs choose what a tile holds and the order; ⋯ its size."
    )

    def make_content(self) -> QWidget:
        self.setting_controls.add_drop_down("content")
        return super().make_content()

    # --- request ---

    def make_request(self) -> GridRequest | None:
        clusters = self.shown_clusters()
        if not clusters:
            return None
        start, stop = self.layout_of(self.plot.size(), len(clusters), self.theme).in_sight
        reads = not self.required_session.holds_features
        return GridRequest(clusters, self.settings.order, self.settings.content, start, min(stop, len(clusters)), reads)

    def compute(self, session: SessionLike, request: GridRequest, on_progress: OnProgress) -> GridData:
        return compute_grid(session, request, on_progress)

    # --- drawing ---

    def draw(self, data: GridData) -> None:
        words = [format_count(len(data.cluster_ids), "cluster"), WORDS[data.request.content]]
        self.stack.caption.setText("; ".join([*words, data.sorted_by] if data.sorted_by else words))
        super().draw(data)

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        return (*super().legend_entries(), *group_entries(self.required_session, self.theme))

    def layout_of(self, size: QSize, n: int, theme: Tokens) -> GridLayout:
        return grid_layout(n, size.width(), size.height(), self.first, self.settings.zoom, theme)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the tiles in sight in a rectangle of some size."""
        layout = self.layout_of(size, len(self.data.cluster_ids), theme)
        paint_grid_of_tiles(
            painter, self.data, layout, theme, self.clusters, self._group_of, group_colors(self.required_session, theme)
        )

    def _group_of(self, cluster: int) -> str:
        manager = self.required_session.manager
        return manager.group(cluster) if cluster in manager else "unsorted"

    # --- mouse ---

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, good, 259 spikes; 104 µV` for the tile under the mouse."""
        cluster = self.cluster_at(x_px, y_px)
        if cluster is None or cluster not in self.required_session.manager:
            return ""
        n_spikes = format_number(self.required_session.manager.n_spikes(cluster))
        tile = self.data.tiles.get(cluster)
        words = f"cluster {cluster}, {self._group_of(cluster)}, {n_spikes} spikes"
        return words if tile is None else f"{words}; {tile.label}"
