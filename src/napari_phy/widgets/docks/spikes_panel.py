"""Spikes: every spike of the selection a row; the row that is chosen lights up in all views, and the trace follows."""

from functools import partial

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_phy.core.progress import OnProgress
from napari_phy.table.session_like import SessionLike
from napari_phy.views.spike_list import SortKey, SpikeListData, SpikeListRequest, SpikesSettings, compute_spike_list
from napari_phy.widgets.base.figure import paint_table, table_size
from napari_phy.widgets.base.latest_result import LatestResult, background_pool
from napari_phy.widgets.base.plain_table import WholeRows
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.spike_table import SpikeTable
from napari_phy.widgets.panels.view_panel import ViewPanel


class SpikesPanel(ViewPanel):
    """A list as long as there are spikes; a click on a header word sorts it."""

    title = "Spikes"
    reads_amplitudes = True
    subject = "its spikes"
    working = "Listing spikes…"
    failed = "The spikes could not be listed."
    settings_type = SpikesSettings
    help_text = (
        "Every row is a spike of the selected clusters. Click a column header to sort by it, again to reverse.\n"
        "A chosen row is highlighted in all views, and Traces goes there; Up, Down, Page Up and Down step.\n"
        "Shift+click chooses a range, Ctrl+click adds a spike; {split} splits what is chosen.\n"
        "Amplitudes are from raw data; without them, and for more than 20 000 spikes, PC1 is shown instead.\n"
        "Intervals of less than 2 ms are coloured; the drop-down shows only those."
    )

    def make_content(self) -> QWidget:
        self.list = SpikeTable()
        self.list.setAccessibleName(self.title)
        self.list.chosen.connect(self._on_chosen)
        self.list.sort_requested.connect(self.sort)
        self.setFocusProxy(self.list)
        self.rest = LatestResult(self, pool=background_pool())
        self.rest.result_ready.connect(lambda *_: self.refresh(again=True))
        self.rest.failed.connect(self._on_failed)
        self.rest.progressed.connect(self._on_progressed)
        self.setting_controls.add_drop_down("shown")
        self._rows = WholeRows(self.list)
        return self._rows

    def make_request(self) -> SpikeListRequest | None:
        if not self.clusters:
            return None
        chosen = self.settings
        return SpikeListRequest(self.clusters, chosen.key, chosen.descending, chosen.shown == "violations")

    def compute(self, session: SessionLike, request: SpikeListRequest, on_progress: OnProgress) -> SpikeListData:
        return compute_spike_list(session, request, on_progress, wait=False)

    def draw(self, data: SpikeListData) -> None:
        self.stack.caption.setText(data.caption)
        self.list.show_list(data)
        self.on_selection()
        if data.is_complete:
            self.rest.drop()
        else:
            self.rest.ask(data.request, partial(compute_spike_list, self.in_sight, data.request))

    def on_session(self) -> None:
        self.rest.drop()
        self.list.show_list(None)

    @safe_slot
    def _on_progressed(self, percent: int) -> None:
        if self.data is not None:
            self.stack.caption.setText(f"{self.data.caption}; reading depths and amplitudes: {percent} %")

    def on_selection(self) -> None:
        self.list.show_highlighted(self.required_session.selection.spikes)

    def apply_theme(self, theme: Tokens) -> None:
        self._rows.apply_theme(theme)

    # --- on paper ---

    def figure_size(self) -> QSize:
        return table_size(self.list)

    def paint_figure(self, painter: QPainter, theme: Tokens) -> None:
        paint_table(painter, self.list, theme)

    # --- what can be done ---

    def sort(self, key: SortKey, descending: bool) -> None:
        """Order the rows by a column; among equals, by time."""
        self.choose(key=key, descending=descending)

    @safe_slot
    def _on_chosen(self, spikes: npt.NDArray[np.int64], gone_to: int) -> None:
        session = self.required_session
        session.time.move_to(float(session.model.spike_samples[gone_to]) / session.model.sample_rate)
        session.selection.select_spikes(spikes)
