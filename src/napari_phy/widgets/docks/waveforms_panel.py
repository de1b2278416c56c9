"""Waveforms: single spikes, means, bands or densities of the selection on the geometry of the probe."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QKeyEvent, QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.probe import UNKNOWN_POSITIONS
from napari_phy.core.progress import OnProgress
from napari_phy.core.sentences import listed
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.views.frame import Frame
from napari_phy.views.waveform_boxes import Boxes, Look, Scale
from napari_phy.views.waveforms import (
    WaveformData,
    WaveformRequest,
    WaveformsSettings,
    compute_waveforms,
    spikes_through,
)
from napari_phy.widgets.actions.keys import pressed
from napari_phy.widgets.base.color_scale import ColorScale
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.waveform_plot import WaveformPlot, density_scale
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.plots.highlights import marked_spikes
from napari_phy.widgets.plots.lasso_tool import LassoSearch, SpikeLasso

ZOOM_STEP = 1.2
N_DENSITY = 1000  # spikes of each cluster that a density is made of
N_HIGHLIGHTED = (
    12  # selected spikes that are drawn over all others; more would hide them, and stand out in their colour
)
KEYS = {  # factors of voltage and width of boxes, of distances across and along the probe
    "Ctrl+Up": (ZOOM_STEP, 1, 1, 1),
    "Ctrl+Down": (1 / ZOOM_STEP, 1, 1, 1),
    "Ctrl+Right": (1, ZOOM_STEP, 1, 1),
    "Ctrl+Left": (1, 1 / ZOOM_STEP, 1, 1),
    "Shift+Right": (1, 1, ZOOM_STEP, 1),
    "Shift+Left": (1, 1, 1 / ZOOM_STEP, 1),
    "Shift+Up": (1, 1, 1, ZOOM_STEP),
    "Shift+Down": (1, 1, 1, 1 / ZOOM_STEP),
}


class WaveformsPanel(ViewPanel):
    """Only channels that take part in the selected clusters; the best cluster lies on top."""

    title = "Waveforms"
    subject = "its waveforms"
    working = "Reading waveforms…"
    needs_opengl = True
    failed = "The waveforms could not be read."
    needs_raw_data = True
    reads_ahead = True
    settings_type = WaveformsSettings
    help_text = (
        "Waveforms of the selected clusters, where their channels sit on the probe.\n"
        "A click on a waveform selects its spike, Ctrl+click adds it, Shift+click shows the channel in Features,\n"
        "a click on a chip brings its cluster to the front.\n"
        "A cluster is shown on the channels where its mean mask is 0.1 or more, and where it is largest; long\n"
        "stretches without any channel are shortened.\n"
        "Wheel: taller or flatter; with Shift or Alt, channels farther apart along or across the probe.\n"
        "Ctrl+arrows: size of waveforms; Shift+arrows: distances. Dragging moves, a double-click resets.\n"
        "Ctrl+drag draws a lasso on one channel, for all spikes of the clusters; {split} splits, Esc clears.\n"
        "The drop-downs choose spikes, means or density, and the layout; ⋯ puts clusters side by side\n"
        "and chooses how many spikes of each cluster are read."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._silent: tuple[int, ...] = ()  # clusters without a waveform
        self.lasso_channel = self._lasso_lane = 0  # that the lasso lies on
        super().__init__(session, **options)
        self.stack.legend.clicked.connect(self._on_legend_clicked)

    def make_content(self) -> QWidget:
        self.canvas = WaveformPlot(self.theme, self._paint_over)
        mouse = self.canvas.mouse
        for signal, slot in (
            (mouse.pressed, self._on_pressed),
            (mouse.hovered, self._on_hovered),
            (mouse.clicked, self._on_clicked),
            (mouse.double_clicked, self._on_double_clicked),
            (mouse.dragged, self._on_dragged),
            (mouse.scrolled, self._on_scrolled),
        ):
            signal.connect(slot)
        self.setting_controls.add_drop_down("kind")
        self.setting_controls.add_drop_down("arrangement")
        self.setting_controls.add_switch("side_by_side")
        menu = self.header.more_menu
        self._lasso_action = menu.addAction("Lasso on a channel (Ctrl+drag)")
        self._lasso_action.setCheckable(True)
        self.lasso = SpikeLasso(self, mouse, self._lasso_action, self)
        self.lasso.changed.connect(self.canvas.overlay.update)
        self.lasso.said.connect(self.said)
        self.setting_controls.add_menu("n_spikes")
        menu.addAction("Size and place as at first").triggered.connect(lambda *_: self.reset())
        menu.addSeparator()
        return self.canvas

    # --- what can be chosen ---

    @property
    def look(self) -> Look:
        """How waveforms are shown: the settings, and of this picture what lies in front and its scale."""
        return self.canvas.look

    def show_as(self, **changes: Any) -> None:
        """Change settings, and of this picture `front` and `scale`: `show_as(kind="mean", front=3)`."""
        known = self.settings.described()
        self.choose(**{name: value for name, value in changes.items() if name in known})
        self.canvas.look = replace(self.look, **{name: value for name, value in changes.items() if name not in known})
        self._show_caption()
        self.refresh()

    def show_settings(self) -> None:
        super().show_settings()
        chosen = self.settings
        self.canvas.look = replace(
            self.look, kind=chosen.kind, arrangement=chosen.arrangement, side_by_side=chosen.side_by_side
        )

    def on_settings(self, before: Any, now: Any) -> None:
        self._show_caption()
        self.refresh()

    def scale_by(self, factor: float) -> None:
        """Make waveforms taller (above 1) or flatter."""
        self._stretch(self.look.scale.stretched(factor))

    def reset(self) -> None:
        """Show everything in the size that fits."""
        self._stretch(Scale())

    def _stretch(self, scale: Scale) -> None:
        self.canvas.look = replace(self.look, scale=scale)

    # --- request ---

    def on_session(self) -> None:
        self.canvas.mouse.forget()
        self.lasso.clear()
        self.canvas.look = replace(self.look, front=None, scale=Scale())
        self.canvas.chosen_channel = None
        self.canvas.set_waveforms(None, ())
        self.canvas.set_selected(np.empty(0, np.int64) if self.session is None else self.session.selection.spikes)
        if self.session is not None:
            self._links.connect(self.session.channel.changed, self._on_channel_changed)
            self.canvas.chosen_channel = self.session.channel.chosen

    def on_selection(self) -> None:
        spikes = self.required_session.selection.spikes
        self.canvas.set_selected(spikes)
        self.lasso.follow(spikes)

    @safe_slot
    def _on_channel_changed(self) -> None:
        self.canvas.chosen_channel = self.required_session.channel.chosen
        self.canvas.overlay.update()

    def make_request(self) -> WaveformRequest | None:
        if not self.clusters:
            return None
        settings, density = self.required_session.settings, self.look.kind == "density"
        n_per_cluster, n_shown = self.settings.n_spikes, (self.settings.n_spikes or 0) * len(self.clusters)
        if n_per_cluster is None:
            n_per_cluster, n_shown = settings.value("waveforms_per_cluster"), settings.value("waveforms_shown")
        return WaveformRequest(
            self.clusters,
            max(n_per_cluster, N_DENSITY) if density else n_per_cluster,
            n_shown,
            density,
            tuple(marked_spikes(self.session, N_HIGHLIGHTED).tolist()),
        )

    def compute(self, session: SessionLike, request: WaveformRequest, on_progress: OnProgress) -> WaveformData:
        return compute_waveforms(session, request, on_progress)

    # --- drawing ---

    def draw(self, data: WaveformData) -> None:
        silent = np.flatnonzero(~data.takes_part.any(axis=1))
        self._silent = tuple(data.request.clusters[place] for place in silent)
        self._show_caption()
        self.canvas.set_waveforms(data, self._colors())

    def _show_caption(self) -> None:
        data = self.data
        if data is not None:
            read = format_shown(data.n_read, data.n_total)
            words = {"mean": f"mean of {read}", "band": f"mean ± std of {read}", "density": f"density of {read}"}
            parts = [words.get(self.look.kind, data.caption)]
            parts += [self._words_of_silent()] if self._silent else []
            unknown = self.look.arrangement == "probe" and not self.required_session.model.probe.knows_positions
            caption = "; ".join(parts)
            self.stack.caption.setText(f"{caption}. {UNKNOWN_POSITIONS}" if unknown else caption)

    def color_scale(self) -> ColorScale | None:
        if self.settings.kind != "density" or self.data is None or self.data.density is None:
            return None
        return density_scale(self.data.density, self._colors(), self.theme)

    def apply_theme(self, theme: Tokens) -> None:
        self.canvas.apply_theme(theme, self._colors())

    def _colors(self) -> list[str]:
        n_clusters = len(self.data.request.clusters) if self.data is not None else 0
        return [self.color_of(place) for place in range(n_clusters)]

    def _words_of_silent(self) -> str:
        """Say which clusters have no waveform, and why."""
        alive = [cluster for cluster in self._silent if cluster in self.required_session.manager]
        outside = [cluster for cluster in alive if not self.in_sight.manager.n_spikes(cluster)]
        past = [cluster for cluster in self._silent if cluster not in outside]
        words = []
        if past:
            words.append(f"{listed(past)} {'lies' if len(past) == 1 else 'lie'} past the end of the raw data")
        if outside:
            words.append(f"{listed(outside)} {'has' if len(outside) == 1 else 'have'} no spikes in these times")
        return "; ".join(words)

    @property
    def boxes(self) -> Boxes | None:
        """Where each channel is drawn and how many px a unit of voltage takes."""
        return self.canvas.boxes

    def _paint_over(self, painter: QPainter) -> None:
        self.lasso.paint(painter, self.theme)
        if not self.data.n_shown:
            painter.setFont(self.theme.font())
            painter.setPen(QColor(self.theme.dim))
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(*self.canvas.area), words, f"No waveforms: {self._words_of_silent()}.")

    # --- on paper ---

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        self.canvas.paint_figure(painter, theme, self._colors())

    def figure_note(self) -> str:
        return "its densities are pictures" if self.settings.kind == "density" else ""

    # --- mouse and keys ---

    @safe_slot
    def _on_legend_clicked(self, place: int) -> None:
        if self.data is not None:
            self.show_as(front=self.data.request.clusters[place])

    @safe_slot
    def _on_pressed(self) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    @safe_slot
    def _on_hovered(self, position: QPointF) -> None:
        self.say(self.canvas.read_out(position.x(), position.y()))

    @safe_slot
    def _on_dragged(self, dx: float, dy: float) -> None:
        self._stretch(self.look.scale.dragged(dx, dy))

    @safe_slot
    def _on_clicked(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> None:
        """Pick the spike under the mouse; with Shift, show its channel in Features."""
        if self.data is None or self.boxes is None:
            return
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            box = self.boxes.nearest(position.x(), position.y(), self.data.means)
            if box is not None:
                self.required_session.channel.choose(int(self.data.channels[box]))
            return
        row = self.canvas.spike_at(position.x(), position.y())
        if row is not None:
            self.lasso.clear()
            self.pick_spike(int(self.data.spike_ids[row]), modifiers)

    @safe_slot
    def _on_scrolled(self, position: QPointF, notches: float, modifiers: Qt.KeyboardModifier) -> None:
        factor = ZOOM_STEP**notches
        along = factor if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0
        across = factor if modifiers & Qt.KeyboardModifier.AltModifier else 1.0
        if along == across == 1.0:
            self.scale_by(factor)
        else:
            about = position - QPointF(*self.canvas.area.center)
            self._stretch(self.look.scale.spread(across, along, (about.x(), about.y())))

    @safe_slot
    def _on_double_clicked(self, _position: QPointF) -> None:
        self.reset()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Stretch waveforms, boxes and probe; clear the lasso by Esc; all other keys go their way."""
        factors = KEYS.get(pressed(event))
        if factors is not None:
            voltage, width, across, along = factors
            self._stretch(self.look.scale.stretched(voltage, width).spread(across, along))
            event.accept()
        elif event.key() == Qt.Key.Key_Escape and self._has_lasso_or_highlighted:
            self.lasso.dismiss()
            event.accept()
        else:
            super().keyPressEvent(event)

    @property
    def _has_lasso_or_highlighted(self) -> bool:
        has_highlighted = self.session is not None and len(self.session.selection.spikes) > 0
        return has_highlighted or self.lasso.is_wanted

    # --- lasso: its polygon is in ms and voltage of a channel, so it moves with the box of that channel ---

    def lasso_frame_at(self, position: QPointF) -> Frame | None:
        """Return the frame on the channel whose mean is nearest to the mouse, where a lasso can be drawn."""
        data, boxes = self.data, self.boxes
        if data is None or boxes is None:
            return None
        box = boxes.nearest(position.x(), position.y(), data.means)
        if box is None:
            return None
        self.lasso_channel, self._lasso_lane = int(data.channels[box]), boxes.lane_at(box, position.x())
        return self.lasso_frame

    @property
    def lasso_frame(self) -> Frame | None:
        """The frame on the channel of the lasso; one that is drawn ends with the clusters that it was begun on."""
        data, boxes = self.data, self.boxes
        if data is None or boxes is None or (self.lasso.drawing and data.request.clusters != self.clusters):
            return None
        found = np.flatnonzero(data.channels == self.lasso_channel)
        if not len(found) or self._lasso_lane >= len(boxes.lanes):
            return None
        return boxes.frame(int(found[0]), self._lasso_lane, data.times_ms, self.canvas.extent)

    def lasso_search(self, polygon: npt.NDArray[np.float64]) -> LassoSearch:
        """Return how the waveforms that pass are found: those of the cluster under it where they stand side by side."""
        clusters = self.data.request.clusters
        if self.boxes is not None and self.boxes.lanes.any():
            clusters = clusters[self._lasso_lane : self._lasso_lane + 1]
        n_spikes = sum(self.in_sight.manager.n_spikes(cluster) for cluster in clusters)
        look = partial(spikes_through, self.in_sight, clusters, self.lasso_channel)
        return LassoSearch(look, n_spikes, reads_data=True)

    def n_drawn(self, inside: npt.NDArray[np.int64]) -> int | None:
        """Return how many of the spikes inside are drawn, None where none are."""
        draws_spikes = self.data is not None and self.settings.kind in ("both", "spikes")
        return int(np.isin(self.data.spike_ids, inside).sum()) if draws_spikes else None
