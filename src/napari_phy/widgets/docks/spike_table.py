"""The list of spikes: its rows, of which only those in sight are made, its painter, its keys and clicks, its widths."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QRectF, Qt, Signal
from qtpy.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter
from qtpy.QtWidgets import QStyleOptionViewItem, QWidget

from napari_phy.stats.refractory import REFRACTORY_MS
from napari_phy.table.numbers import UNKNOWN, format_number
from napari_phy.views.spike_list import SortKey, SpikeListData
from napari_phy.widgets.actions.keys import OWN_KEYS
from napari_phy.widgets.base.painting import CellPainter, Index
from napari_phy.widgets.base.plain_table import paint_place
from napari_phy.widgets.docks.stepped_table import RIGHT, FittedTable, TextModel

Spikes = npt.NDArray[np.int64]

SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
MOST_SPREAD_PX = 40  # that a column is wider than it needs


@dataclass(frozen=True, slots=True)
class SpikeColumn:
    """One column: what it shows of the spike at an index, and how wide it is at least.

    In a narrow list the column with the smallest `keep` goes first.
    """

    key: SortKey
    title: str
    tip: str
    width: int
    text: Callable[[SpikeListData, int], str]
    keep: int = 9


def _channel(data: SpikeListData, index: int) -> str:
    channel = int(data.channels[index])
    return str(channel) if channel >= 0 else UNKNOWN


COLUMNS = (
    SpikeColumn("cluster", "id", "Cluster id", 58, lambda d, i: str(d.request.clusters[d.places[i]])),
    SpikeColumn("time", "time", "Time (s)", 72, lambda d, i: format_number(float(d.times_s[i]), 4)),
    SpikeColumn(
        "interval", "interval", "Interval since the spike before of the same cluster (ms)", 62,
        lambda d, i: format_number(float(d.intervals_ms[i]), 1), keep=5,
    ),
    SpikeColumn("channel", "ch", "Channel where the spike is largest", 36, _channel, keep=2),
    SpikeColumn("depth", "depth", "Depth (µm)", 48, lambda d, i: format_number(float(d.depths[i])), keep=1),
    SpikeColumn(
        "amplitude", "amp", "Amplitude: max − min of the waveform × mask", 50,
        lambda d, i: format_number(float(d.amplitudes[i])), keep=3,
    ),
    SpikeColumn("spike", "spike", "Spike id", 64, lambda d, i: format_number(int(d.spike_ids[i])), keep=4),
)  # fmt: skip
CLUSTER, INTERVAL = COLUMNS[0], COLUMNS[2]
OF_FEATURES = "PC1", "Largest first feature × mask of all channels (units of the features)"  # instead of amplitudes


class SpikeModel(TextModel):
    """Rows as `SpikeListData` has them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__([(column.title, column.tip) for column in COLUMNS], parent)
        self.spikes: SpikeListData | None = None

    def show(self, spikes: SpikeListData | None) -> None:
        """Show these rows."""
        self.beginResetModel()
        self.spikes = spikes
        self.endResetModel()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)

    @property
    def listed(self) -> SpikeListData:
        """What is shown; only to be asked while there are rows."""
        assert self.spikes is not None
        return self.spikes

    def index_of(self, row: int) -> int:
        """Return the index, in the arrays of the data, of what stands in a row."""
        return int(self.listed.rows[row])

    def text(self, row: int, column: int) -> str:
        return COLUMNS[column].text(self.listed, self.index_of(row))

    @property
    def n_rows(self) -> int:
        return 0 if self.spikes is None else len(self.spikes.rows)

    def title(self, column: int) -> tuple[str, str]:
        title, tip = super().title(column)
        if self.spikes is None:
            return title, tip
        key, unit, request = COLUMNS[column].key, self.spikes.amplitude_unit, self.spikes.request
        if key == "amplitude":
            title, tip = OF_FEATURES if unit == "features" else (title, f"{tip} ({unit})")
        return f"{'▾' if request.descending else '▴'} {title}" if request.key == key else title, tip


class SpikeDelegate(CellPainter):
    """Paints a cell: fill of selected rows, chip, number."""

    def __init__(self, view: "SpikeTable") -> None:
        super().__init__(view)
        self._view = view

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, theme, spikes = self._view, self._view.theme, self._view.spike_model.listed
        column, of_spike = COLUMNS[index.column()], view.spike_model.index_of(index.row())
        selected = view.is_highlighted(int(spikes.spike_ids[of_spike]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(option.rect, view.row_color(index.row(), selected=selected))
        rect = QRectF(option.rect)
        if column is CLUSTER:
            paint_place(painter, rect, int(spikes.places[of_spike]), theme)
        warns = column is INTERVAL and spikes.intervals_ms[of_spike] < REFRACTORY_MS
        painter.setFont(view.cell_font(bold=selected and column is CLUSTER))
        painter.setPen(QColor(theme.warning if warns else theme.text))
        painter.drawText(rect.adjusted(0, 0, -theme.px(5), 0), int(RIGHT), column.text(spikes, of_spike))


class SpikeTable(FittedTable):
    """Shows the selected spikes, and emits which ones the user chose; it holds no selection of its own.

    `chosen` carries the spikes chosen and the one gone to; `sort_requested` a column and whether it descends.
    """

    chosen = Signal(object, int)
    sort_requested = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.spike_model = SpikeModel()
        super().__init__(self.spike_model, parent)
        self._highlighted: Spikes = np.empty(0, np.int64)
        self._anchor: int | None = None  # the spike that a range begins at
        self._current: int | None = None  # the spike that was gone to
        self.setProperty(OWN_KEYS, ["Up", "Down", "Home", "End"])
        self.setItemDelegate(SpikeDelegate(self))
        self.horizontalHeader().sectionClicked.connect(self._on_header_clicked)
        self.apply_theme(self.theme)

    def show_list(self, spikes: SpikeListData | None) -> None:
        """Show these rows, from the spike gone to or else from the top."""
        self.spike_model.show(spikes)
        self.fit_columns()
        row = self._row_of(self._current)
        if row is not None:
            self._bring_into_sight(row)
        else:
            self._anchor = self._current = None

    def show_highlighted(self, spikes: Spikes) -> None:
        """Mark selected spikes (ascending); a single one is brought into sight."""
        self._highlighted = spikes
        if len(spikes) == 1 and int(spikes[0]) != self._current:
            row = self._row_of(int(spikes[0]))
            if row is not None:
                self._anchor = self._current = int(spikes[0])
                self._bring_into_sight(row)
        self.viewport().update()

    def is_highlighted(self, spike: int) -> bool:
        """Return whether a spike is marked."""
        place = int(np.searchsorted(self._highlighted, spike))
        return place < len(self._highlighted) and int(self._highlighted[place]) == spike

    def _row_of(self, spike: int | None) -> int | None:
        spikes = self.spike_model.spikes
        return None if spike is None or spikes is None else spikes.row_of(spike)

    def _spike_in(self, row: int) -> int:
        return int(self.spike_model.listed.spike_ids[self.spike_model.index_of(row)])

    def _bring_into_sight(self, row: int) -> None:
        index = self.spike_model.index(row, 0)
        self.setCurrentIndex(index)
        self.scrollTo(index)

    # --- choosing ---

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.rowAt(int(event.position().y()))
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self._choose(row, event.modifiers())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Choose a range by dragging."""
        row = self.rowAt(int(event.position().y()))
        if event.buttons() & Qt.MouseButton.LeftButton and row >= 0 and self._spike_in(row) != self._current:
            self._choose(row, SHIFT)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """All is done by the press."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step by Up and Down, Page Up and Page Down, Home and End; with Shift, choose a range."""
        row, n_rows = self._row_of(self._current), self.spike_model.rowCount()
        page = max(1, self.viewport().height() // max(1, self.rowHeight(0)) - 1)
        steps: dict[int, int] = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -n_rows,
            Qt.Key.Key_End: n_rows,
        }
        step = steps.get(event.key())
        if step is None or not n_rows or event.modifiers() & ~(SHIFT | Qt.KeyboardModifier.KeypadModifier):
            event.ignore()
            return
        start = (0 if event.key() != Qt.Key.Key_End else n_rows) if row is None else row + step
        self._choose(min(max(start, 0), n_rows - 1), event.modifiers() & SHIFT)

    def _choose(self, row: int, modifiers: Qt.KeyboardModifier) -> None:
        spikes, spike = self.spike_model.listed, self._spike_in(row)
        first = self._row_of(self._anchor)
        self._current = spike
        if modifiers & SHIFT and first is not None:
            some = spikes.rows[min(first, row) : max(first, row) + 1]
            chosen = np.sort(spikes.spike_ids[some])
        else:
            self._anchor = spike
            chosen = np.array([spike])
            if modifiers & CTRL:
                chosen = np.setxor1d(self._highlighted, chosen)
        self._bring_into_sight(row)
        self.chosen.emit(chosen, spike)

    def _on_header_clicked(self, section: int) -> None:
        if self.spike_model.spikes is None:
            return
        request, key = self.spike_model.spikes.request, COLUMNS[section].key
        self.sort_requested.emit(key, not request.descending if key == request.key else key == "amplitude")

    # --- widths ---

    def _needed_widths(self) -> dict[int, int]:
        """Return the room of each column: its least, or what the last spike needs, whose numbers are long."""
        metrics, theme, spikes = QFontMetricsF(self.cell_font()), self.theme, self.spike_model.spikes
        widths = {place: theme.px(column.width) for place, column in enumerate(COLUMNS)}
        if spikes is not None and len(spikes.spike_ids):
            for place, column in enumerate(COLUMNS):
                longest = math.ceil(metrics.horizontalAdvance(column.text(spikes, len(spikes.spike_ids) - 1)))
                widths[place] = max(widths[place], longest + theme.px(22 if column is CLUSTER else 11))
        return widths

    def fit_columns(self) -> None:
        """Give each column its room and a share of the rest; leave the least needed out, never that which sorts."""
        widths, available, spikes = self._needed_widths(), self.viewport().width(), self.spike_model.spikes
        key = None if spikes is None else spikes.request.key
        while sum(widths.values()) > available and len(widths) > 2:
            del widths[min(widths, key=lambda place: (COLUMNS[place].key == key, COLUMNS[place].keep))]
        spread = min(max(0, (available - sum(widths.values())) // len(widths)), self.theme.px(MOST_SPREAD_PX))
        for place in range(len(COLUMNS)):
            self.setColumnHidden(place, place not in widths)
            if place in widths:
                self.setColumnWidth(place, widths[place] + spread)
