"""Probe: where the selected clusters are large; a click on a channel shows it in Features."""

from typing import Any

from qtpy.QtCore import QPointF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.probe_picture import ProbePicture, probe_picture
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.probe import ProbeData, ProbeRequest, compute_probe, probe_words
from napari_phy.widgets.base.guarded import guarded
from napari_phy.widgets.base.theme import TICK_PX, Tokens
from napari_phy.widgets.docks.probe_painter import FOOT_PX, fan_spread, paint_probe
from napari_phy.widgets.panels.painted_panel import PaintedPanel

HOVER_PX = 9.0
ZOOM_STEP = 1.25
ZOOMS = (1.0, 60.0)


class ProbePanel(PaintedPanel):
    """Channels at their places, x and y on one scale; discs are as large as the clusters' amplitudes."""

    title = "Probe"
    working = "Reading waveforms…"
    failed = "The probe could not be drawn."
    help_text = (
        "Circles are channels. The area of a disc is the amplitude of a cluster there, side by side for several.\n"
        "Click a channel to see it in Features, click it again to go back to what suits the clusters.\n"
        "The wheel zooms, dragging moves, a double-click shows the whole probe.\n"
        "Discs stand on the channels of a cluster that Waveforms shows."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._zoom = 1.0
        self._center_um: tuple[float, float] | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        content = super().make_content()
        plot = self.plot
        plot.scrolled.connect(self._on_scrolled)
        plot.dragged.connect(self._on_dragged)
        plot.double_clicked.connect(self._on_double_clicked)
        return content

    def on_session(self) -> None:
        self._zoom, self._center_um = 1.0, None
        if self.session is not None:
            self._links.connect(self.session.channel.changed, self._on_channel_changed)

    def make_request(self) -> ProbeRequest:
        return ProbeRequest(self.clusters)

    def compute(self, session: SessionLike, request: ProbeRequest, on_progress: OnProgress) -> ProbeData:
        return compute_probe(session, request, on_progress)

    def draw(self, data: ProbeData) -> None:
        self._show_caption()
        self.plot.update()

    def _show_caption(self) -> None:
        chosen, data = self.required_session.channel.chosen, self.data
        words = [] if chosen is None else [f"channel {data.channel_ids[chosen]} in Features"]
        self.stack.caption.setText("; ".join([*words, data.caption] if data.caption else words))

    def layout_in(self, size: QSize, theme: Tokens) -> ProbePicture:
        """Return where everything is in a rectangle of some size."""
        height = size.height() - theme.px(FOOT_PX)
        return probe_picture(
            self.data.geometry, self.data.channel_ids, size.width(), height,
            text_px=theme.px(TICK_PX), zoom=self._zoom, center_um=self._center_um,
            spread=fan_spread(len(self.data.request.clusters)),
        )  # fmt: skip

    @property
    def layout_now(self) -> ProbePicture:
        """Where everything is on the screen."""
        return self.layout_in(self.plot.size(), self.theme)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the probe in a rectangle of some size."""
        paint_probe(
            painter, self.data, self.layout_in(size, theme), theme, size.height(), self.required_session.channel.chosen
        )

    # --- mouse ---

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `channel 12, 0 µm, 240 µm; cluster 20: 85 µV` for the channel under the mouse."""
        channel = self.layout_now.nearest(x_px, y_px, HOVER_PX)
        return "" if channel is None else probe_words(self.data, channel)

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        channel = self.layout_now.nearest(position.x(), position.y(), HOVER_PX)
        if channel is not None:
            chosen = self.required_session.channel
            chosen.choose(None if chosen.chosen == channel else channel)

    @guarded
    def _on_channel_changed(self) -> None:
        if self.data is not None:
            self._show_caption()
        self.plot.update()

    @guarded
    def _on_scrolled(self, position: QPointF, notches: float, _modifiers: Any) -> None:
        if self.data is None:
            return
        before = self.layout_now
        zoom = min(max(self._zoom * ZOOM_STEP**notches, ZOOMS[0]), ZOOMS[1])
        place = before.place_um(position.x(), position.y())
        if zoom == ZOOMS[0]:
            self._zoom, self._center_um = zoom, None
        else:
            self._look_at(place, position, before.px_per_um * zoom / self._zoom)
            self._zoom = zoom
        self.plot.update()

    def _look_at(self, place_um: tuple[float, float], position: QPointF, px_per_um: float) -> None:
        """Put a place of the probe at a position of the plot."""
        right = self.plot.width() / 2 - position.x()
        down = (self.plot.height() - self.theme.px(FOOT_PX)) / 2 - position.y()
        self._center_um = (place_um[0] + right / px_per_um, place_um[1] - down / px_per_um)

    @guarded
    def _on_dragged(self, x_px: float, y_px: float) -> None:
        if self.data is not None and self._center_um is not None:
            scale = self.layout_now.px_per_um
            self._center_um = (self._center_um[0] - x_px / scale, self._center_um[1] + y_px / scale)
            self.plot.update()

    @guarded
    def _on_double_clicked(self, _position: QPointF) -> None:
        self._zoom, self._center_um = 1.0, None
        self.plot.update()
