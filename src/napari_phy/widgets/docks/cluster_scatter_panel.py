"""Scatter: every cluster a disc; any two columns of the list along the axes, size and colour by others."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.compat import isalive
from qtpy.QtCore import QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QKeyEvent, QPainter, QPen
from qtpy.QtWidgets import QWidget

from napari_phy.core.cluster_groups import UNSORTED
from napari_phy.core.colors import is_hollow, selection_color
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.columns import known_keys, registry
from napari_phy.table.session_like import SessionLike
from napari_phy.views.cluster_colors import CLUSTER, GROUP
from napari_phy.views.cluster_scatter import (
    RING_PX,
    ClusterScatterData,
    ClusterScatterRequest,
    ClusterScatterSettings,
    Ranges,
    cluster_at,
    cluster_words,
    clusters_in_lasso,
    compute_cluster_scatter,
    disc_radii,
    drawing_order,
    scatter_frame,
    scatter_ticks,
    zoomed_ranges,
)
from napari_phy.views.frame import Frame
from napari_phy.widgets.base.color_scale import ColorScale
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens, with_alpha
from napari_phy.widgets.panels.all_clusters_panel import listed_clusters, why_no_cluster
from napari_phy.widgets.panels.color_schemes import find_coloring, group_colors, group_entries, measure_scale
from napari_phy.widgets.panels.painted_panel import PaintedPanel
from napari_phy.widgets.plots.lasso_tool import LassoTool
from napari_phy.widgets.plots.overlay import paint_axes
from napari_phy.widgets.plots.ramp import N_SHADES, shades
from napari_phy.widgets.plots.step_plot import paint_grid

ALPHA, SELECTED_ALPHA = 0.78, 0.92
FAINTEST = 0.38  # of the ramp: the colour of the smallest value, distinguishable from the background
INSTEAD = ("rate", "amplitude", "refractory")  # of a column that the data set does not have
ZOOM_STEP = 1.2
NOTHING_INSIDE = "No cluster lies inside the lasso."


class ClusterScatterPanel(PaintedPanel):
    """All clusters; the selected ones in their colours. A click selects, a lasso selects all inside."""

    title = "Scatter"
    subject = "all clusters"
    working = "Reading clusters…"
    failed = "The clusters could not be read."
    needs_features = True
    has_lasso = True
    settings_type = ClusterScatterSettings
    help_text = (
        "Every disc is a cluster; the selected ones have their colours and a rim.\n"
        "Click one to select it, Ctrl+click adds or drops one. Ctrl+drag draws a lasso that selects what is inside.\n"
        "The drop-downs choose the axes; ⋯ sets what size and colour stand for, and logarithmic axes.\n"
        "Wheel zooms, dragging moves, a double-click shows all again."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._picked: set[str] = set()  # columns that were asked for, whether the data set has them or not
        self._ranges: Ranges | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        content, mouse = super().make_content(), self.plot.mouse
        self.lasso = LassoTool(self, mouse, self.header.lasso_button, self)
        for signal, slot in (
            (mouse.dragged, self._on_dragged),
            (mouse.scrolled, self._on_scrolled),
            (mouse.double_clicked, self._on_double_clicked),
            (self.lasso.changed, self.plot.update),
            (self.lasso.finished, self._on_lasso_finished),
            (self.lasso.said, self.say),
        ):
            signal.connect(slot)
        registry.changed.connect(self._on_columns_changed)
        controls = self.setting_controls
        for name, prefix in (("x_by", "x"), ("y_by", "y")):
            controls.add_drop_down(name, prefix=prefix).chosen.connect(self._on_picked)
        controls.add_menu("size_by")
        controls.add_menu("color")
        controls.add_entries("log")
        return content

    def on_session(self) -> None:
        self._ranges = None
        self._picked = set()
        self.lasso.clear()

    def on_selection(self) -> None:
        self.plot.update()

    # --- request ---

    def make_request(self) -> ClusterScatterRequest | None:
        if self._is_preparing:
            return None
        shown = tuple(listed_clusters(self.required_session))
        if not shown:
            return None
        return ClusterScatterRequest(
            shown,
            tuple(map(self.required_session.manager.group, shown)),
            *(*self.axes, self.settings.size_by, self.settings.color, self.settings.log),
            reads_features=not self.required_session.holds_features,
        )

    def follow_list(self) -> None:
        """Show what the list shows now."""
        self.refresh()

    def why_nothing(self) -> tuple[str, str]:
        return why_no_cluster(self.required_session)

    def compute(
        self, session: SessionLike, request: ClusterScatterRequest, on_progress: OnProgress
    ) -> ClusterScatterData:
        return compute_cluster_scatter(session, request, on_progress)

    @property
    def axes(self) -> tuple[str, str]:
        """What x and y show: what was chosen, or columns that the data set has."""
        known = (
            known_keys(self.required_session, reads_features=not self.required_session.holds_features) | self._picked
        )
        x, y = self.settings.x_by, self.settings.y_by
        if x not in known:
            x = next(one for one in INSTEAD if one in known and one != y)
        return x, y if y in known else next(one for one in INSTEAD if one in known and one != x)

    def _on_columns_changed(self) -> None:
        if isalive(self):
            self.show_settings()

    def _on_picked(self, measure: str) -> None:
        """Show a column that was asked for, even where the data set does not have it."""
        self._picked.add(measure)
        self.refresh()

    def on_settings(self, before: Any, now: Any) -> None:
        if (before.x_by, before.y_by, before.log) != (now.x_by, now.y_by, now.log):
            self._ranges = None
            self.lasso.clear()
        self.refresh()

    # --- drawing ---

    def draw(self, data: ClusterScatterData) -> None:
        self.setting_controls.drop_downs["x_by"].set_current(data.request.x)
        self.setting_controls.drop_downs["y_by"].set_current(data.request.y)
        self.stack.caption.setText(data.caption)
        self.plot.update()

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        of_clusters = self.cluster_entries(self.clusters)
        if self.data is None or self.data.request.color != GROUP:
            return of_clusters
        return (*of_clusters, *group_entries(self.required_session, self.theme))

    def color_scale(self) -> ColorScale | None:
        data = self.data
        if data is None or data.color_range is None:
            return None
        return measure_scale(data.request.color, data.color_range, data.amplitude_unit, self.theme, FAINTEST)

    def colors(self, theme: Tokens) -> list[str]:
        """Return the colour of each cluster while it is not selected."""
        by, own = self.data.request.color, {}
        if by == GROUP:
            color_of = group_colors(self.required_session, theme)
            pairs = zip(self.data.cluster_ids.tolist(), self.data.groups, strict=True)
            own = {cluster: color_of(group) for cluster, group in pairs}
        elif by == CLUSTER:
            own = find_coloring(self.required_session, CLUSTER, theme, theme.bars).colors
        return disc_colors(self.data, theme, own)

    def frame(self, size: QSize, theme: Tokens) -> Frame:
        """Return the plot's rectangle and the ranges shown."""
        return scatter_frame(self.data, self._ranges, size.width(), size.height(), theme)

    @property
    def frame_now(self) -> Frame:
        """The same on the screen."""
        return self.frame(self.plot.size(), self.theme)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint axes, discs and the lasso in a rectangle of some size."""
        frame = self.frame(size, theme)
        paint_clusters(painter, self.data, frame, theme, self.clusters, self.colors(theme))
        self.lasso.paint(painter, theme)

    # --- what is under the mouse ---

    def index_at(self, x_px: float, y_px: float) -> int | None:
        """Return the index of the cluster at a pixel: of the discs that are there, that whose middle is nearest."""
        return cluster_at(self.data, self.frame_now, self.theme.scale, x_px, y_px)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, good, 259 spikes: rate 4.3 Hz, depth 240 µm` for the disc under the mouse."""
        index = self.index_at(x_px, y_px)
        return "" if index is None else cluster_words(self.data, index)

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        index = self.index_at(position.x(), position.y())
        if index is not None:
            selection, cluster = self.required_session.selection, int(self.data.cluster_ids[index])
            if ctrl:
                selection.toggle(cluster)
            else:
                selection.select([cluster])

    # --- moving about ---

    @safe_slot
    def _on_dragged(self, x_px: float, y_px: float) -> None:
        if self.data is not None:
            frame = self.frame_now.panned(x_px, y_px)
            self._show((frame.x_range, frame.y_range))

    @safe_slot
    def _on_scrolled(self, position: QPointF, notches: float, _modifiers: Any) -> None:
        if self.data is None:
            return
        ranges = zoomed_ranges(self.data, self.frame_now, position.x(), position.y(), ZOOM_STEP**notches)
        if ranges is not None:
            self._show(ranges)

    def _show(self, ranges: Ranges) -> None:
        self._ranges = ranges
        self.plot.update()

    @safe_slot
    def _on_double_clicked(self, _position: QPointF) -> None:
        self._ranges = None
        self.plot.update()

    # --- lasso ---

    @property
    def lasso_frame(self) -> Frame | None:
        """The frame in which a lasso is drawn, None while there is nothing to draw it on."""
        return None if self.data is None else self.frame_now

    def lasso_frame_at(self, position: QPointF) -> Frame | None:
        """Return the same, wherever it begins."""
        return self.lasso_frame

    @safe_slot
    def _on_lasso_finished(self, polygon: npt.NDArray[np.float64]) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.lasso.clear()
        found = clusters_in_lasso(self.data, polygon)
        if found:
            self.required_session.selection.select(found, n_best=len(found))
        else:
            self.say(NOTHING_INSIDE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the lasso by Esc; all other keys go their way."""
        if event.key() == Qt.Key.Key_Escape and self.lasso.is_wanted:
            self.lasso.dismiss()
            event.accept()
        else:
            super().keyPressEvent(event)


# --- painting ---


def disc_colors(data: ClusterScatterData, theme: Tokens, own: Mapping[int, str]) -> list[str]:
    """Return the colour of each cluster while it is not selected; `own` holds those by group or cluster."""
    if data.request.color in (GROUP, CLUSTER):
        return [own.get(cluster, theme.bars) for cluster in data.cluster_ids.tolist()]
    if data.color_range is None:
        return [theme.bars] * len(data.cluster_ids)
    table = [QColor(shade).name() for shade in shades(theme.ramp)]
    places = np.nan_to_num(FAINTEST + (1 - FAINTEST) * data.colors, nan=-1.0)
    return [table[round(place * (N_SHADES - 1))] if place >= 0 else theme.bars for place in places.tolist()]


def paint_clusters(
    painter: QPainter,
    data: ClusterScatterData,
    frame: Frame,
    theme: Tokens,
    selected: tuple[int, ...],
    colors: Sequence[str],
) -> None:
    """Paint grid, axes and discs: large ones first, so that none is hidden, the selected ones last, the best on top."""
    ticks = scatter_ticks(data, frame, theme)
    paint_grid(painter, frame, theme, *ticks)
    paint_axes(painter, frame, theme, data.x_label, data.y_label, x_ticks=ticks[0], y_ticks=ticks[1])
    painter.save()
    painter.setClipRect(QRectF(*frame.area))
    points = [QPointF(x, y) for x, y in frame.to_px(np.column_stack([data.x, data.y])).tolist()]
    radii = disc_radii(data, theme.scale).tolist()
    by_group = data.request.color == GROUP
    rim, brushes = QPen(QColor(theme.view), 0.8), {color: with_alpha(color, ALPHA) for color in set(colors)}
    for index, place in drawing_order(data, selected):
        if place is None and by_group and data.groups[index] == UNSORTED:  # as in the lists
            painter.setPen(QPen(brushes[colors[index]], RING_PX))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        elif place is None:
            painter.setPen(rim)
            painter.setBrush(brushes[colors[index]])
        else:
            color = selection_color(place, dark=theme.dark)
            painter.setPen(QPen(QColor(color if is_hollow(place) else theme.text), RING_PX))
            painter.setBrush(Qt.BrushStyle.NoBrush if is_hollow(place) else with_alpha(color, SELECTED_ALPHA))
        painter.drawEllipse(points[index], radii[index], radii[index])
    painter.restore()
