"""Raster: every cluster a row of spikes along time, the selected ones in their colours."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeyEvent, QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_shown
from napari_phy.table.session_like import SessionLike
from napari_phy.table.value_range import ValueRange
from napari_phy.views.cluster_colors import scheme_words
from napari_phy.views.pictures import opacity
from napari_phy.views.raster import RasterData, RasterRequest, RasterSettings, compute_raster, trains_of
from napari_phy.widgets.base.color_scale import ColorScale, blended
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.raster_plot import RasterPlot
from napari_phy.widgets.panels.all_clusters_panel import listed_clusters, show_order, why_no_cluster
from napari_phy.widgets.panels.color_schemes import Coloring, Colorings
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.plots.highlights import marked_spike

NOBODY: tuple[int, ...] = ()
FEW = 4.0  # spikes a pixel that are opaque: below, a scale would tell nothing


class RasterPanel(ViewPanel):
    """Rows of all clusters; a click moves the clock of all views, Ctrl+click adds the cluster.

    Attributes
    ----------
    listed : callable or None
        Returns the cluster ids in the order of the Clusters list; None where there is no list.
    """

    title = "Raster"
    subject = "its spikes"
    working = "Ordering clusters…"
    failed = "The raster could not be drawn."
    needs_features = True
    draws_times = True
    settings_type = RasterSettings
    help_text = (
        "Every row is a cluster, every tick a spike; pixels with more spikes are stronger.\n"
        "A click goes to that time, Ctrl+click adds or drops the cluster, Shift+click selects it alone,\n"
        "a double-click shows the whole recording.\n"
        "Drag moves, the wheel zooms time, Shift+wheel and Page Up and Down go through the rows.\n"
        "The yellow frame is what Traces shows, the line the current time.\n"
        "The drop-downs order clusters and choose the rows of a page; ⋯ colours the others, and has dots for bars."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self.listed: Callable[[], Sequence[int]] | None = None
        self._colorings = Colorings()
        self._best: int | None = None
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        self.plot = RasterPlot(self.theme)
        self.plot.pointed.connect(self._on_pointed)
        self.plot.said.connect(self.say)
        self.plot.changed.connect(self._show_caption)
        self.plot.pictured.connect(self._on_pictured)
        self.setting_controls.add_drop_down("order")
        self.setting_controls.add_drop_down("rows_a_page")
        self.setting_controls.add_menu("scheme")
        self.setting_controls.add_entries("marker")
        return self.plot

    def show_settings(self) -> None:
        super().show_settings()
        settings = self.settings
        if settings.rows_a_page != self.plot.rows_a_page:
            self.plot.set_rows_a_page(settings.rows_a_page)
            self._best = None
        if settings.marker != self.plot.marker:
            self.plot.set_marker(settings.marker)

    def on_settings(self, before: Any, now: Any) -> None:
        if before.computed() != now.computed():
            self.refresh()
        elif self.data is not None:
            self._show_selection()
            self._show_caption()
            self.show_legend()
            self.drawn.emit()

    def on_session(self) -> None:
        session = self.session
        self._colorings.forget()
        if session is None:
            self.plot.set_trains(None)
            return
        self.plot.set_trains(trains_of(session), session.time)
        self._links.connect(session.listed.values_known, self.show_colors_again)
        self._links.connect(session.time.moved, self._on_time_moved)
        self._links.connect(session.time.shown_changed, self._on_shown_changed)
        self._links.connect(session.time.range_changed, self._on_shown_changed)

    def make_request(self) -> RasterRequest | None:
        shown = self._list_order(listed_clusters(self.required_session))
        if not shown:
            return None
        of_shown = tuple(map(self.required_session.manager.group, shown)) if self.settings.order == "group" else ()
        return RasterRequest(self.settings.order, tuple(shown), of_shown, not self.required_session.holds_features)

    def _list_order(self, clusters: list[int]) -> list[int]:
        """Return the clusters as the list has them; those that it does not show (yet) last."""
        listed = self.listed() if self.settings.order == "list" and self.listed is not None else NOBODY
        known = set(clusters)
        first = [cluster for cluster in listed if cluster in known]
        return [*first, *sorted(known.difference(first))]

    def why_nothing(self) -> tuple[str, str]:
        return why_no_cluster(self.required_session)

    def compute(self, session: SessionLike, request: RasterRequest, on_progress: OnProgress) -> RasterData:
        return compute_raster(session, request, on_progress)

    # --- drawing ---

    def draw(self, data: RasterData) -> None:
        self._best = None
        if data.request.order == self.settings.order:
            chosen = self.settings.described()["order"].text(data.request.order)
            show_order(self.setting_controls.drop_downs["order"], data.request.order, chosen, data.sorted_by)
        self.plot.update_trains(trains_of(self.required_session), data.cluster_ids)
        self._show_others()
        self._show_selection()

    def on_selection(self) -> None:
        if self.data is not None:
            self._show_selection()

    @safe_slot
    def show_colors_again(self) -> None:
        """Colour clusters whose values are known now."""
        self._colorings.forget()
        if self.data is not None:
            self._show_others()
            self.show_legend()

    def on_clustering(self) -> None:
        self._colorings.forget()
        self._show_others()
        self.refresh()

    def _coloring(self) -> Coloring:
        return self._colorings.get(
            self.required_session, self.settings.scheme, self.theme, self.theme.background_spikes
        )

    def _show_others(self) -> None:
        self.plot.set_other_colors(self._coloring().colors)

    def _show_selection(self) -> None:
        clusters = self.clusters
        self._show_others()
        self.plot.set_colors(self._selection_colors())
        self.plot.set_marked(marked_spike(self.session))
        best = clusters[0] if clusters else None
        if best is not None and best != self._best:
            self.plot.bring_into_sight(best)
        self._best = best

    def _selection_colors(self) -> dict[int, str]:
        return {cluster: self.color_of(place) for place, cluster in enumerate(self.clusters)}

    # --- on paper ---

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        self.plot.paint_figure(painter, theme, self._selection_colors(), self._coloring().colors)

    def figure_note(self) -> str:
        n_pictured = self.plot.n_pictured
        rows = "its rows" if n_pictured == len(self.plot.rows) else "the rows of other clusters"
        return f"{rows} are a picture, as they have too many spikes" if n_pictured else ""

    def legend_entries(self) -> tuple[LegendEntry, ...]:
        return (*self.cluster_entries(self.clusters), *self._coloring().entries)

    def color_scale(self) -> ColorScale | None:
        return self._coloring().scale or numbers_scale(self.plot.opaque, self.theme.background_spikes, self.theme.view)

    def apply_theme(self, theme: Tokens) -> None:
        self.plot.apply_theme(theme)
        if self.data is not None:
            self._show_selection()

    @safe_slot
    def _show_caption(self) -> None:
        layout = self.plot.layout_now
        n_rows = 0 if layout is None else len(layout.rows)
        words = format_shown(min(n_rows, self.plot.rows_a_page or n_rows), len(self.plot.rows), "cluster")
        sorted_by = self.data.sorted_by if self.data is not None else ""
        parts = filter(None, (words, sorted_by, scheme_words(self.settings.scheme)))
        self.stack.caption.setText("; ".join(parts) if n_rows else "")

    # --- what can be done ---

    def follow_list(self) -> None:
        """Show what the list shows now, in its order if that is the one chosen; the same again is no work."""
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn pages of rows; all other keys go their way."""
        pages: dict[int, int] = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}
        step = pages.get(event.key())
        if step is not None and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.plot.turn_page(step)
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- events ---

    @safe_slot
    def _on_time_moved(self) -> None:
        self.plot.follow_time()

    @safe_slot
    def _on_shown_changed(self) -> None:
        self.plot.update()

    @safe_slot
    def _on_pictured(self) -> None:
        if self.data is not None:
            self.show_legend()

    @safe_slot
    def _on_pointed(self, time_s: float, cluster: int | None, modifiers: Qt.KeyboardModifier) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if cluster is not None and modifiers & Qt.KeyboardModifier.ControlModifier:
            self.required_session.selection.toggle(cluster)
        elif cluster is not None and modifiers & Qt.KeyboardModifier.ShiftModifier:
            self.required_session.selection.select([cluster])
        else:
            self.required_session.time.move_to(time_s)


def numbers_scale(opaque: float, color: str, view: str) -> ColorScale | None:
    """Return what the opacity of rows stands for; None where nearly no pixel has more than one spike."""
    if opaque < FEW:
        return None
    places = np.linspace(0, 1, 9).tolist()
    alphas = [opacity(1 + place * (opaque - 1), opaque) for place in places]
    stops = tuple((place, blended(view, color, alpha)) for place, alpha in zip(places, alphas, strict=True))
    return ColorScale("spikes a pixel", *ValueRange(1, opaque, is_above=True).labels(), stops)
