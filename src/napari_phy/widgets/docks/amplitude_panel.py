"""Amplitude: how large the spikes of the selection are over time, with a histogram and a lasso."""

from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt, QTimer
from qtpy.QtGui import QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import is_hollow
from napari_phy.core.errors import ClusteringError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.amplitudes import (
    AmplitudeData,
    AmplitudeRequest,
    AmplitudeSettings,
    amplitude_points,
    beside_lasso,
    compute_amplitude_view,
    quick_request,
    spikes_in_lasso,
)
from napari_phy.views.drawn_spikes import Spikes
from napari_phy.views.frame import Frame
from napari_phy.views.spike_amplitudes import (
    Kind,
    SpikeNumber,
    amplitude_kinds,
    amplitude_unit,
    count_unread,
    no_amplitudes,
)
from napari_phy.views.spike_shapes import MEASURE_NAMES
from napari_phy.widgets.base.latest_result import LatestResult, background_pool
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import with_alpha
from napari_phy.widgets.panels.spike_scatter_panel import SpikeScatterPanel, spike_words
from napari_phy.widgets.plots.highlights import Points
from napari_phy.widgets.plots.scatter_plot import RIGHT_PX

KINDS: dict[str, str] = {"peak to peak": "Peak to peak", "feature": "By feature", "sorter": "Of the sorter"}
KINDS |= {measure: name.capitalize() for measure, name in MEASURE_NAMES.items()}
GAP_PX = 4  # between plot and histogram
FILL_ALPHA = 0.6  # of the histogram
BAR_PX, SHADE = 3, 0.12  # of valid periods
REST_MS = 300  # after a picture with few spikes, the rest is read: not for who clicks on and on
READING_COST = 100  # of a spike in raw data, against one whose amplitude is known


class AmplitudePanel(SpikeScatterPanel):
    """A dot for each spike at its time and amplitude; where raw data are read, some spikes first, then the rest."""

    title = "Amplitude"
    subject = "its amplitude"
    working = "Reading amplitudes…"
    failed = "The amplitudes could not be read."
    needs_raw_data = True
    reads_ahead = True
    reads_amplitudes = True
    side = 0.16
    settings_type = AmplitudeSettings
    help_text = (
        "Every dot is a spike at its time and amplitude; grey ones belong to other clusters. At right, a histogram.\n"
        "A click goes to that time, and on a dot selects the spike in all views; Ctrl+click adds the spike and its\n"
        "cluster, Shift+click selects its cluster.\n"
        "Peak to peak: of the waveform × mask, where it is largest.\n"
        "By feature: the largest first feature × mask; the drop-down chooses, also measures of single waveforms,\n"
        "and what a folder of phy has: amplitudes of the sorter, and spike_*.npy.\n"
        "Wheel zooms time, Ctrl+wheel amplitude, dragging moves, a double-click shows all again.\n"
        "Ctrl+drag draws a lasso, {split} splits what is inside, Esc clears it. ⋯ marks refractory violations,\n"
        "and shades the times in which the best cluster is steady; each has a bar of them at the top.\n"
        "The yellow frame is what Traces shows."
    )

    def make_content(self) -> QWidget:
        content = super().make_content()
        self.setting_controls.add_switch("valid")
        self._kind_menu = self.add_drop_down("How amplitude is measured", [], None, self._pick_kind)
        self._rest_later = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest_later.timeout.connect(self._read_on)
        self.rest = LatestResult(self, pool=background_pool())
        self.rest.result_ready.connect(self._on_rest)
        self.rest.failed.connect(self._on_rest_failed)
        self.rest.progressed.connect(self._on_rest_progressed)
        return content

    def on_session(self) -> None:
        self.rest.drop()
        super().on_session()
        self._offer_kinds()

    def read_again(self) -> None:
        self.rest.drop()
        super().read_again()
        self._offer_kinds()

    def _offer_kinds(self) -> None:
        kinds = () if self.session is None else amplitude_kinds(self.session)
        self._kind_menu.set_choices([(_title(kind), kind) for kind in kinds])
        self._kind_menu.set_current(self.kind)
        self.header.offer(self._kind_menu, len(kinds) > 1)

    @property
    def kind(self) -> Kind:
        """How amplitude is measured: as was chosen, if the data set has it, else as it can be."""
        kinds = () if self.session is None else amplitude_kinds(self.session)
        wanted = (SpikeNumber(self.settings.number), self.settings.measure)
        return next((kind for kind in wanted if kind in kinds), next(iter(kinds), "peak to peak"))

    def _pick_kind(self, kind: Kind) -> None:
        if isinstance(kind, SpikeNumber):
            self.choose(number=kind.name)
        else:
            self.choose(number="", measure=kind)

    def show_settings(self) -> None:
        super().show_settings()
        self._kind_menu.set_current(self.kind)

    def on_settings(self, before: Any, now: Any) -> None:
        if (before.measure, before.number) != (now.measure, now.number):
            self.lasso.clear()
        super().on_settings(before, now)

    # --- request ---

    def make_request(self) -> AmplitudeRequest | None:
        if not self.clusters:
            return None
        preferred, chosen = self.required_session.settings.value, self.settings
        n_max, n_background = preferred("amplitudes_per_cluster"), preferred("amplitudes_background")
        return AmplitudeRequest(self.clusters, self.kind, n_max, n_background, chosen.violations, chosen.valid)

    def compute(self, session: SessionLike, request: AmplitudeRequest, on_progress: OnProgress) -> AmplitudeData:
        if request.kind not in amplitude_kinds(session):
            raise no_amplitudes(session)
        return compute_amplitude_view(session, quick_request(session, request), on_progress)

    def draw(self, data: AmplitudeData) -> None:
        self.show_scatter()
        self._rest_later.start()

    def on_selection(self) -> None:
        super().on_selection()
        self._read_on()

    @safe_slot
    def _read_on(self) -> None:
        """Read the rest of what is shown, as long as it is wanted."""
        wanted, data = self.make_request(), self.data
        if wanted is None or data is None or wanted == data.request:
            self.rest.drop()
        elif wanted == replace(data.request, n_spikes_max=wanted.n_spikes_max, n_background=wanted.n_background):
            self.rest.ask(wanted, partial(compute_amplitude_view, self.in_sight, wanted))
        else:
            self.rest.drop()

    @safe_slot
    def _on_rest(self, request: Hashable, data: AmplitudeData) -> None:
        wanted = self.make_request()
        if wanted is not None and wanted == request and self.data is not None:
            self.data = data
            self.show_scatter(keep_range=True)

    def _on_rest_progressed(self, percent: int) -> None:
        if self.data is not None:
            self.stack.caption.setText(f"{self.data.caption}; reading on: {percent} %")

    @safe_slot
    def _on_rest_failed(self, _request: Hashable, error: Exception) -> None:
        if not isinstance(error, ClusteringError):  # else an edit took the clusters away while they were read
            self.show_error(error)

    # --- the scatter ---

    @property
    def scatter(self) -> AmplitudeData | None:
        """What is drawn."""
        data: AmplitudeData | None = self.data
        return data

    @property
    def along_time(self) -> bool:
        """Always."""
        return True

    def points_of(
        self, session: SessionLike, data: AmplitudeData, spike_ids: Spikes, on_progress: OnProgress
    ) -> Points:
        return amplitude_points(session, data.request, spike_ids, on_progress)

    def look_inside(
        self, session: SessionLike, data: AmplitudeData, polygon: Points, on_progress: OnProgress = no_progress
    ) -> Spikes:
        return spikes_in_lasso(session, data.request, polygon, on_progress)

    def n_to_look_at(self, polygon: Points) -> int:
        beside = beside_lasso(self.required_session, self.data.request, polygon)
        return len(beside) + READING_COST * count_unread(self.required_session, self.data.kind, beside)

    def spike_words(self, index: int) -> str:
        kind = self.data.kind
        unit = amplitude_unit(self.required_session, kind)
        decimals = 2 if unit == "ms" else 0
        size = format_number(float(self.data.y[index]), decimals) + (
            f" ({unit})" if unit in ("features", "of the sorter") else f" {unit}"
        )
        return f"{spike_words(self.required_session, int(self.data.spike_ids[index]), ())}, {size}"

    def paint_beside(self, painter: QPainter) -> None:
        area, gap, frame = self.area, self.theme.px(GAP_PX), self.frame
        if frame is None:
            return
        colors = [self.color_of(place) for place in range(len(self.data.clusters))]
        if self.data.valid_s:
            paint_valid(painter, self.data, frame, area, colors, self.theme.px(BAR_PX))
        left = area.right() + gap
        side = QRectF(left, area.top(), self.canvas.width() - self.theme.px(RIGHT_PX) - left, area.height())
        paint_histogram(painter, self.data, frame, side, colors)


def _title(kind: Kind) -> str:
    """Return what the drop-down calls it."""
    return kind.name if isinstance(kind, SpikeNumber) else KINDS[kind]


def paint_valid(
    painter: QPainter, data: AmplitudeData, frame: Frame, area: QRectF, colors: Sequence[str], bar_px: float
) -> None:
    """Shade the valid periods of the best cluster, and have a bar for those of each at the top of the plot."""
    painter.save()
    painter.setClipRect(area)
    for place, periods_s in enumerate(data.valid_s):
        top = area.top() + place * (bar_px + 1)
        edges = frame.to_px(np.column_stack([periods_s.reshape(-1), np.zeros(periods_s.size)]))[:, 0]
        for left, right in edges.reshape(-1, 2).tolist():
            painter.fillRect(QRectF(left, top, right - left, bar_px), with_alpha(colors[place], 1.0))
            if place == 0:
                painter.fillRect(QRectF(left, area.top(), right - left, area.height()), with_alpha(colors[0], SHADE))
    painter.restore()


def paint_histogram(painter: QPainter, data: AmplitudeData, frame: Frame, area: QRectF, colors: Sequence[str]) -> None:
    """Paint into `area`, the largest bin over its whole width; the best cluster lies on top."""
    most = int(data.histogram.max(initial=0))
    if not most:
        return
    painter.save()
    painter.setClipRect(area)
    edges = data.y_range[0] + np.arange(data.histogram.shape[1] + 1) * data.bin_width
    heights = frame.to_px(np.column_stack([np.zeros(len(edges)), edges]))[:, 1]
    for place in reversed(range(len(data.histogram))):
        lengths = area.left() + data.histogram[place] * (area.width() / most)
        steps = zip(np.repeat(lengths, 2).tolist(), np.repeat(heights, 2)[1:-1].tolist(), strict=True)
        start, stop = QPointF(area.left(), heights[0]), QPointF(area.left(), heights[-1])
        color = with_alpha(colors[place], FILL_ALPHA)
        hollow = is_hollow(place)
        painter.setPen(QPen(color, 1) if hollow else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if hollow else color)
        painter.drawPolygon(QPolygonF([start, *(QPointF(x, y) for x, y in steps), stop]))
    painter.restore()
