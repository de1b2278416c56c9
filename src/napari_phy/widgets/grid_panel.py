"""Grid: a tile for every cluster, with its mean waveform, autocorrelogram or rate; a click selects."""

from typing import Any, ClassVar

import numpy as np
from qtpy.QtCore import QPointF, QSignalBlocker, QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QHBoxLayout, QScrollBar, QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.views.grid import Content, GridData, GridRequest, compute_grid
from napari_phy.views.numbers import format_count, format_number
from napari_phy.widgets.all_clusters_panel import AllClustersPanel
from napari_phy.widgets.canvas.grid_painter import GridLayout, grid_layout, paint_grid_of_tiles
from napari_phy.widgets.choices import Allowed, choice_actions, values_of
from napari_phy.widgets.color_schemes import group_colors
from napari_phy.widgets.guarded import guarded
from napari_phy.widgets.theme import Tokens

CONTENTS: tuple[tuple[str, Content], ...] = (
    ("Waveform", "waveform"),
    ("Autocorrelogram", "autocorrelogram"),
    ("Firing rate", "rate"),
)
ORDERS = (("By size", "size"), ("By depth", "depth"), ("By id", "id"), ("As in Clusters", "list"))
ZOOMS = (("Small tiles", 0.7), ("Medium tiles", 1.0), ("Large tiles", 1.7))
WORDS: dict[Content, str] = {
    "waveform": "mean waveform on the largest channel, each to its own height",
    "autocorrelogram": "autocorrelogram, lags of ±25 ms; the largest count",
    "rate": "firing rate over the recording; its mean",
}


class GridPanel(AllClustersPanel):
    """Only the tiles in sight are computed; what was computed is kept."""

    title = "Grid"
    subject = "all clusters"
    working = "Reading clusters…"
    failed = "The tiles could not be computed."
    needs_raw_data = True
    needs_features = True  # of the order by depth
    orders = ORDERS
    remembered: ClassVar[Allowed] = {
        "order": values_of(ORDERS),
        "content": values_of(CONTENTS),
        "zoom": values_of(ZOOMS),
    }
    help_text = (
        "Every tile is a cluster: its group and id, and a number that goes with the curve.\n"
        "Click a tile to select the cluster, Ctrl+click adds or drops one.\n"
        "The wheel, Page Up and Page Down go through the rows."
    )

    def __init__(self, session: Any = None, **options: Any) -> None:
        self.content: Content = "waveform"
        self.zoom = 1.0
        self._first_row = 0
        self._best: int | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._content_menu = self.add_drop_down("Content of a tile", CONTENTS, self.content, self.set_content)
        row.addWidget(super().make_content(), 1)
        self.bar = QScrollBar(Qt.Orientation.Vertical)
        self.bar.setAccessibleName("Rows of tiles")
        self.bar.valueChanged.connect(self._on_bar_moved)
        row.addWidget(self.bar)
        self.plot.scrolled.connect(self._on_scrolled)
        self.plot.resized.connect(self._on_resized)
        self._zooms = choice_actions(self.header.more_menu, ZOOMS, self.zoom, self.set_zoom)
        return content

    def on_session(self) -> None:
        self._first_row, self._best = 0, None

    def on_selection(self) -> None:
        self._bring_into_sight()
        self.plot.update()

    # --- request ---

    def make_request(self) -> GridRequest | None:
        clusters = self.shown_clusters()
        if not clusters:
            return None
        start, stop = self._layout(self.plot.size(), len(clusters)).in_sight
        reads = not self.session.holds_features
        return GridRequest(clusters, self.order, self.content, start, min(stop, len(clusters)), reads)

    def compute(self, session: Any, request: GridRequest, on_progress: OnProgress) -> GridData:
        return compute_grid(session, request, on_progress)

    def set_content(self, content: Content) -> None:
        """Show "waveform", "autocorrelogram" or "rate" in every tile."""
        self.content = content
        self._content_menu.set_current(content)
        self.refresh()

    def set_zoom(self, zoom: float) -> None:
        """Make tiles smaller or larger."""
        self.zoom = zoom
        self._zooms[zoom].setChecked(True)
        self._first_row, self._best = 0, None
        self.refresh()

    # --- drawing ---

    def draw(self, data: GridData) -> None:
        words = f"{format_count(len(data.cluster_ids), 'cluster')}; {WORDS[data.request.content]}"
        self.stack.caption.setText(words)
        self._bring_into_sight()
        self._show_bar()
        self.plot.update()

    def _layout(self, size: QSize, n: int, theme: Tokens | None = None) -> GridLayout:
        return grid_layout(n, size.width(), size.height(), self._first_row, self.zoom, theme or self.theme)

    @property
    def layout_now(self) -> GridLayout:
        """Where the tiles are on the screen."""
        return self._layout(self.plot.size(), len(self.data.cluster_ids))

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the tiles in sight in a rectangle of some size."""
        layout = self._layout(size, len(self.data.cluster_ids), theme)
        paint_grid_of_tiles(
            painter, self.data, layout, theme, self.clusters, self._group_of, group_colors(self.session, theme)
        )

    def _group_of(self, cluster: int) -> str:
        manager = self.session.manager
        return manager.group(cluster) if cluster in manager else "unsorted"

    # --- scrolling ---

    def scroll_to(self, row: int) -> None:
        """Show another row at the top."""
        if self.data is not None and row != self._first_row:
            self._first_row = max(0, row)
            self._first_row = self.layout_now.first_row
            self._show_bar()
            self.plot.update()
            self.refresh()

    def _bring_into_sight(self) -> None:
        """Scroll to the best cluster when it is another one."""
        best = self.clusters[0] if self.clusters else None
        if self.data is None or best == self._best:
            return
        found = np.flatnonzero(self.data.cluster_ids == best)
        if not len(found):
            return
        self._best = best
        layout = self.layout_now
        row, bottom = int(found[0]) // layout.n_columns, layout.tile(int(found[0])).bottom()
        if row < layout.first_row or bottom > self.plot.height():
            self.scroll_to(max(0, row - (layout.n_whole - 1) // 2))

    def _show_bar(self) -> None:
        with QSignalBlocker(self.bar):
            layout = self.layout_now
            self.bar.setRange(0, max(0, layout.n_rows - layout.n_whole))
            self.bar.setPageStep(layout.n_whole)
            self.bar.setValue(layout.first_row)
            self.bar.setVisible(layout.n_rows > layout.n_whole)

    @guarded
    def _on_bar_moved(self, row: int) -> None:
        self.scroll_to(row)

    @guarded
    def _on_scrolled(self, _position: QPointF, notches: float, _modifiers: Any) -> None:
        step = round(notches) or (1 if notches > 0 else -1)
        self.scroll_to(max(0, self._first_row - step))

    @guarded
    def _on_resized(self) -> None:
        if self.data is not None:
            self._first_row = self.layout_now.first_row
            self._show_bar()
            self.refresh()

    def keyPressEvent(self, event) -> None:
        """Turn pages of rows; all other keys go their way."""
        step = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}.get(event.key())
        if step is not None and event.modifiers() == Qt.KeyboardModifier.NoModifier and self.data is not None:
            self.scroll_to(max(0, self._first_row + step * self.layout_now.n_whole))
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- mouse ---

    def cluster_at(self, x_px: float, y_px: float) -> int | None:
        """Return the cluster of the tile under a pixel."""
        place = self.layout_now.at(x_px, y_px)
        known = place is not None and place < len(self.data.cluster_ids)
        return int(self.data.cluster_ids[place]) if known else None

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, good, 259 spikes; 104 µV` for the tile under the mouse."""
        cluster = self.cluster_at(x_px, y_px)
        if cluster is None or cluster not in self.session.manager:
            return ""
        n_spikes = format_number(self.session.manager.n_spikes(cluster))
        tile = self.data.tiles.get(cluster)
        words = f"cluster {cluster}, {self._group_of(cluster)}, {n_spikes} spikes"
        return words if tile is None else f"{words}; {tile.label}"

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        cluster = self.cluster_at(position.x(), position.y())
        if cluster is None:
            return
        selection = self.session.selection
        if ctrl:
            selection.toggle(cluster)
        else:
            self._best = cluster  # it is in sight, and stays where it is
            selection.select([cluster])
