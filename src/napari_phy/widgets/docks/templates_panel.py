"""Templates: the mean waveform of every cluster, a column each, on the channels where it is largest."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen, QPolygonF
from qtpy.QtSvg import QSvgGenerator
from qtpy.QtWidgets import QWidget

from napari_phy.core.colors import selection_color
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.cluster_colors import GREY
from napari_phy.views.templates import (
    TemplateLayout,
    TemplatesData,
    TemplatesRequest,
    TemplatesSettings,
    compute_templates,
    heights_drawn,
    reach_of,
    read_templates,
    template_layout,
    templates_caption,
    unread_templates,
)
from napari_phy.widgets.base.color_scale import ColorScale
from napari_phy.widgets.base.latest_result import LatestResult, background_pool
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.painting import painter_on
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import TICK_PX, Tokens
from napari_phy.widgets.panels.color_schemes import Coloring, Colorings
from napari_phy.widgets.panels.scrolled_clusters_panel import ScrolledClustersPanel

SELECTED_PX = 1.6
NO_COLORS: Mapping[int, str] = MappingProxyType({})
N_AHEAD = 16  # clusters read at a time that are not in sight


class TemplatesPanel(ScrolledClustersPanel):
    """Columns in sight are read first, the others after them in the background."""

    title = "Templates"
    subject = "the mean waveforms of all clusters"
    working = "Reading waveforms…"
    failed = "The templates could not be read."
    needs_raw_data = True
    has_legend = False  # ids stand above the columns; there is one where colours stand for more
    orientation = Qt.Orientation.Horizontal
    lines_name = "Columns of clusters"
    lines_a_notch = 2
    settings_type = TemplatesSettings
    help_text = (
        "Every column is a cluster: its mean waveform on its largest channels, from the top to the tip of the probe.\n"
        "Click a column to select the cluster, Ctrl+click adds or drops one.\n"
        "The wheel, Page Up and Page Down go through the columns.\n"
        "The drop-downs order them and choose heights; ⋯ has their width, and colours\n"
        "those that are not selected."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._colorings = Colorings()
        self._image: tuple[Any, QImage] | None = None
        self._reach = (0.5, 0.5)
        super().__init__(session, **options)
        self._ahead = LatestResult(self, pool=background_pool())
        self._ahead.result_ready.connect(lambda *_: self._read_ahead())

    def make_content(self) -> QWidget:
        content = super().make_content()
        self.setting_controls.add_drop_down("scaling")
        self.setting_controls.add_menu("scheme")
        return content

    def show_settings(self) -> None:
        super().show_settings()
        self.has_legend = self.settings.scheme != GREY

    def on_session(self) -> None:
        super().on_session()
        if self.session is not None:
            self._links.connect(self.session.listed.values_known, self.show_colors_again)
        self._colorings.forget()
        self._image = None
        if hasattr(self, "_ahead"):  # not while this is made
            self._ahead.drop()

    # --- request ---

    def make_request(self) -> TemplatesRequest | None:
        clusters = self.shown_clusters()
        if not clusters:
            return None
        layout = self.layout_of(self.plot.size(), len(clusters), self.theme)
        return TemplatesRequest(
            clusters, self.settings.order, *layout.in_sight, not self.required_session.holds_features
        )

    def compute(self, session: SessionLike, request: TemplatesRequest, on_progress: OnProgress) -> TemplatesData:
        return compute_templates(session, request, on_progress)

    def on_clustering(self) -> None:
        self._forget_colors()
        self.refresh()

    @safe_slot
    def show_colors_again(self) -> None:
        """Colour clusters whose values are known now."""
        self._forget_colors()
        self.show_legend()

    def _forget_colors(self) -> None:
        self._colorings.forget()
        self._image = None
        self.plot.update()

    def _coloring(self) -> Coloring:
        return self._colorings.get(self.required_session, self.settings.scheme, self.theme, self.theme.dim)

    def draw(self, data: TemplatesData) -> None:
        self._forget_colors()
        self._reach = reach_of(data)
        self._show_caption()
        super().draw(data)
        self._read_ahead()

    def _show_caption(self) -> None:
        if self.data is not None:
            self.stack.caption.setText(templates_caption(self.data, self.settings))

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        return self._coloring().entries

    def color_scale(self) -> ColorScale | None:
        return self._coloring().scale

    # --- reading ahead ---

    def _read_ahead(self) -> None:
        """Read templates that are not in sight, those beside it first, while nothing else is asked for."""
        if self.data is None or self.session is None or not self.isVisible():
            return
        ids, (start, stop) = self.data.cluster_ids, self.layout_now.in_sight
        beside = np.argsort(np.abs(np.arange(len(ids)) - (start + stop) / 2), kind="stable")
        alive = [cluster for cluster in ids[beside].tolist() if cluster in self.session.manager]
        wanted = unread_templates(self.in_sight, alive)[:N_AHEAD]
        if wanted:
            self._ahead.ask(tuple(wanted), partial(read_templates, self.in_sight, wanted))

    # --- painting ---

    def layout_of(self, size: QSize, n: int, theme: Tokens) -> TemplateLayout:
        channel_ids = self.required_session.model.probe.channel_ids
        zoom = self.settings.zoom
        return template_layout(size.width(), size.height(), n, channel_ids, self.first, zoom, theme, self._reach)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the columns in sight in a rectangle of some size."""
        data, layout = self.data, self.layout_of(size, len(self.data.cluster_ids), theme)
        colors = {cluster: selection_color(place, theme.dark) for place, cluster in enumerate(self.clusters)}
        painter.save()
        painter.setClipRect(QRectF(layout.left, 0, layout.width + theme.px(4), size.height()))
        for place in range(*layout.in_sight):
            if int(data.cluster_ids[place]) in colors:
                painter.fillRect(QRectF(*layout.column(place).grown(-1, 0)), theme.color("tile"))
        painter.restore()
        paint_rows(painter, data, layout, theme)
        painter.save()
        painter.setClipRect(QRectF(layout.left, 0, layout.width + theme.px(4), size.height()))
        if isinstance(painter.device(), QSvgGenerator):
            self._paint_columns(painter, layout, theme.dim, self._coloring().colors)
        else:
            painter.drawImage(0, 0, self._columns(size, layout, theme, painter.device().devicePixelRatioF()))
        for cluster, color in reversed(colors.items()):
            self._paint_columns(painter, layout, color, clusters=(cluster,), width=SELECTED_PX)
        paint_words(painter, data, layout, theme, colors)
        painter.restore()

    def _columns(self, size: QSize, layout: TemplateLayout, theme: Tokens, scale: float) -> QImage:
        """Return a picture of all columns in the colours of the scheme; a selection paints over it."""
        key = (id(self.data), size, layout, theme.theme_id, self.settings.scaling, scale)
        if self._image is None or self._image[0] != key:
            image = QImage(size * scale, QImage.Format.Format_ARGB32_Premultiplied)
            image.setDevicePixelRatio(scale)
            image.fill(Qt.GlobalColor.transparent)
            with painter_on(image) as on_image:
                on_image.setRenderHint(QPainter.RenderHint.Antialiasing)
                self._paint_columns(on_image, layout, theme.dim, self._coloring().colors)
            self._image = key, image
        return self._image[1]

    def _paint_columns(
        self,
        painter: QPainter,
        layout: TemplateLayout,
        color: str,
        colors: Mapping[int, str] = NO_COLORS,
        clusters: tuple[int, ...] | None = None,
        width: float = 1.0,
    ) -> None:
        data, heights = self.data, heights_drawn(self.data, self.settings.scaling)
        for place in range(*layout.in_sight):
            cluster = int(data.cluster_ids[place])
            template = data.templates.get(cluster)
            if template is not None and (clusters is None or cluster in clusters):
                lines = layout.lines(template, data.rows, place, layout.tall_px / heights[cluster])
                paint_template(painter, lines, colors.get(cluster, color), width)

    # --- mouse ---

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `cluster 20, 259 spikes, 104 µV on channel 6` for the column under the mouse."""
        cluster = self.cluster_at(x_px, y_px)
        if cluster is None or cluster not in self.required_session.manager:
            return ""
        words = f"cluster {cluster}, {format_count(self.required_session.manager.n_spikes(cluster), 'spike')}"
        template = self.data.templates.get(cluster)
        if template is None or not template.n_read:
            return words
        channel = self.data.channel_ids[template.channels[template.best]]
        return f"{words}, {format_number(template.amplitude)} {self.data.unit} on channel {channel}"


# --- painting ---


def paint_rows(painter: QPainter, data: TemplatesData, layout: TemplateLayout, theme: Tokens) -> None:
    """Write channel numbers beside their rows, and draw a line for each."""
    painter.setFont(theme.font(TICK_PX))
    height, right = theme.px(14), Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for channel, y in layout.numbered_rows(data.rows, theme):
        painter.setPen(QPen(QColor(theme.grid), 1))
        painter.drawLine(QLineF(layout.left, round(y) + 0.5, layout.left + layout.width, round(y) + 0.5))
        painter.setPen(QColor(theme.faint))
        box = QRectF(0, y - height / 2, layout.left - theme.px(6), height)
        painter.drawText(box, right, str(data.channel_ids[channel]))


def paint_template(painter: QPainter, lines: npt.NDArray[np.float64], color: str, width: float) -> None:
    """Draw the (k, n_samples, 2) waveforms of a template."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(color), width))
    for line in lines.tolist():
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in line]))


def paint_words(
    painter: QPainter,
    data: TemplatesData,
    layout: TemplateLayout,
    theme: Tokens,
    colors: Mapping[int, str],
) -> None:
    """Write the id of each cluster above its column, and below how large it is."""
    for place in range(*layout.in_sight):
        cluster = int(data.cluster_ids[place])
        color = colors.get(cluster)
        painter.setFont(theme.font(TICK_PX, bold=color is not None))
        painter.setPen(QColor(color or theme.dim))
        painter.drawText(QRectF(*layout.head(place)), Qt.AlignmentFlag.AlignCenter, str(cluster))
        template = data.templates.get(cluster)
        if template is not None:
            painter.setFont(theme.font(TICK_PX))
            painter.setPen(QColor(theme.dim))
            box = QRectF(*layout.foot(place, theme))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, format_number(template.amplitude))
