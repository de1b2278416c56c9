"""The part of Grid that has histograms of metrics: limits by mouse, and the filter of the list that they make."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.table.cluster_filter import find_clusters
from napari_phy.table.columns import find_column, quantities
from napari_phy.table.valid_periods import valid_time
from napari_phy.views.grid import GridLayout, GridRequest
from napari_phy.views.metric_histograms import (
    HistogramParts,
    Limit,
    format_limit,
    histogram_parts,
    limits_filter,
    limits_sentence,
    passing,
    read_limits,
)
from napari_phy.widgets.base.choices import switch_action
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.metric_limits import LimitsBar, paint_histograms
from napari_phy.widgets.panels.scrolled_clusters_panel import ScrolledClustersPanel


class HistogramsPanel(ScrolledClustersPanel):
    """A grid whose tiles may be histograms of metrics, which have limits that clusters pass or not."""

    # --- content ---

    def make_content(self) -> QWidget:
        self._metrics_menu = self.header.more_menu.addMenu("Metrics")
        self._metrics_menu.aboutToShow.connect(self._fill_metrics_menu)
        self.limits_bar = LimitsBar()
        self.limits_bar.filter_requested.connect(self.filter_list)
        self.limits_bar.clear_requested.connect(lambda: self.choose(limits=()))
        self._at = QPointF()  # where the mouse has dragged to
        self._dragged: int | None = None  # place of the histogram whose limit is dragged
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(super().make_content(), 1)
        column.addWidget(self.limits_bar)
        mouse = self.plot.mouse
        mouse.pressed.connect(self._on_pressed)
        mouse.dragged.connect(self._on_dragged)
        mouse.double_clicked.connect(self._on_double_clicked)
        return content

    def on_session(self) -> None:
        super().on_session()
        if self.session is not None:
            self._links.connect(valid_time(self.session).changed, self.refresh)

    def show_settings(self) -> None:
        super().show_settings()
        self.header.offer(self.setting_controls.drop_downs["order"], self.settings.content != "metrics")

    def draw(self, data: Any) -> None:
        super().draw(data)
        self._show_limits()

    def on_settings(self, before: Any, now: Any) -> None:
        super().on_settings(before, now)
        self._show_limits()

    def apply_theme(self, theme: Tokens) -> None:
        super().apply_theme(theme)
        self.limits_bar.apply_theme(theme)

    def layout_of(self, size: QSize, n: int, theme: Tokens) -> GridLayout:
        """Return where n tiles are in a rectangle of some size."""
        raise NotImplementedError

    @property
    def layout_now(self) -> GridLayout:
        """Where tiles are on the screen."""
        return self.layout_of(self.plot.size(), self.data.n_tiles, self.theme)

    def paint_histograms(self, painter: QPainter, layout: GridLayout, theme: Tokens) -> None:
        """Paint the histograms in sight, selected clusters as marks."""
        places = {cluster: place for place, cluster in enumerate(self.data.request.clusters)}
        marked = [(places[one], self.color_of(n)) for n, one in enumerate(self.clusters) if one in places]
        paint_histograms(painter, self.data.histograms, self.limits, layout, theme, marked)

    # --- request ---

    def request_of_metrics(self) -> GridRequest | None:
        """Return what histograms ask for: of all clusters, so that a filter by them does not change them."""
        session, settings = self.required_session, self.settings
        ids = session.manager.cluster_ids.tolist()
        groups = session.manager.groups_of(ids)
        clusters = tuple(one for one, group in zip(ids, groups, strict=True) if group != DISCARDED)
        reads, valid_only = not session.holds_features, valid_time(session).is_used
        if not (clusters and settings.metrics):
            return None
        return GridRequest(clusters, settings.order, "metrics", 0, 0, reads, settings.metrics, valid_only)

    def why_nothing(self) -> tuple[str, str]:
        if self.settings.content == "metrics" and not self.settings.metrics:
            return "No metric is chosen.", "⋯ chooses the metrics that have a histogram."
        return super().why_nothing()

    # --- limits ---

    @property
    def limits(self) -> dict[str, Limit]:
        """What metrics have to be, by key."""
        return read_limits(self.settings.limits)

    def set_limit(self, key: str, limit: Limit | None) -> None:
        """Have another limit of a metric, or none."""
        limits = {one: of for one, of in self.limits.items() if one != key}
        if limit is not None:
            limits[key] = limit
        self.choose(limits=tuple(of.text for of in limits.values()))

    def filter_list(self) -> None:
        """Make the limits in sight the filter of the list."""
        session = self.required_session
        text = limits_filter(self._limits_in_sight().values())
        if text:
            session.listed.show(text, find_clusters(session, text))

    def _limits_in_sight(self) -> dict[str, Limit]:
        limits = self.limits
        return {one.key: limits[one.key] for one in self.data.histograms if one.key in limits}

    def _show_limits(self) -> None:
        """Say how many clusters pass."""
        words = ""
        if self.data is not None and (limits := self._limits_in_sight()):
            n_passing = int(np.count_nonzero(passing(self.data.histograms, limits)))
            words = limits_sentence(n_passing, len(self.data.request.clusters), len(limits))
        self.limits_bar.say(words)
        self.plot.update()

    def _histogram_at(self, x_px: float, y_px: float) -> int | None:
        if self.data is None:
            return None
        place = self.layout_now.place_at(x_px, y_px)
        return place if place is not None and place < len(self.data.histograms) else None

    def _parts(self, place: int) -> HistogramParts:
        return histogram_parts(self.layout_now.tile(place), self.theme)

    def read_histogram(self, x_px: float, y_px: float) -> str:
        """Return `signal to noise 4.2` for what is under the mouse."""
        place = self._histogram_at(x_px, y_px)
        if place is None or not self.data.histograms[place].counts.any():
            return ""
        one, unit = self.data.histograms[place], self.required_session.model.unit
        column = find_column(one.key)
        value = format_limit(one.value_at(self._parts(place).place_at(x_px)))
        return " ".join(filter(None, (column.name, value, column.unit_in(unit))))

    def _set_limit_at(self, place: int, x_px: float) -> None:
        one = self.data.histograms[place]
        if one.counts.any():
            self.set_limit(one.key, one.limit_at(self._parts(place).place_at(x_px), self.limits.get(one.key)))

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        if not self.data.histograms:
            super().on_clicked(position, ctrl)
            return
        place = self._histogram_at(position.x(), position.y())
        if place is None:
            return
        one = self.data.histograms[place]
        limit = self.limits.get(one.key)
        if position.y() >= self._parts(place).bars.top:
            self._set_limit_at(place, position.x())
        elif limit is not None:
            self.set_limit(one.key, replace(limit, is_least=not limit.is_least))

    @safe_slot
    def _on_pressed(self) -> None:
        self._at = self.plot.mouse.pressed_at or QPointF()
        self._dragged = self._histogram_at(self._at.x(), self._at.y())

    @safe_slot
    def _on_dragged(self, dx: float, dy: float) -> None:
        self._at = self._at + QPointF(dx, dy)
        if self._dragged is not None and self.data is not None and self._dragged < len(self.data.histograms):
            self._set_limit_at(self._dragged, self._at.x())

    @safe_slot
    def _on_double_clicked(self, position: QPointF) -> None:
        place = self._histogram_at(position.x(), position.y())
        if place is not None:
            self.set_limit(self.data.histograms[place].key, None)

    def _fill_metrics_menu(self) -> None:
        """Offer every quantity, those that have a histogram checked."""
        self._metrics_menu.clear()
        chosen = self.settings.metrics
        for column in quantities():
            switch_action(
                self._metrics_menu, column.name, column.key in chosen, partial(self._switch_metric, column.key)
            )

    def _switch_metric(self, key: str, is_on: bool) -> None:
        others = tuple(one for one in self.settings.metrics if one != key)
        self.choose(content="metrics", metrics=(*others, key) if is_on else others)
