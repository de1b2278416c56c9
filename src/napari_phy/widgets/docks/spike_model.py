"""Rows of a list of spikes: nothing is made of them but what is in sight, so that a million cost as much as ten."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, Qt
from qtpy.QtWidgets import QWidget

from napari_phy.table.numbers import UNKNOWN, format_number
from napari_phy.views.spike_list import SortKey, SpikeListData
from napari_phy.widgets.base.painting import Index
from napari_phy.widgets.base.plain_text import plain

NO_INDEX = QModelIndex()
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


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


class SpikeModel(QAbstractTableModel):
    """Rows as `SpikeListData` has them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        """Return what a cell says."""
        return COLUMNS[column].text(self.listed, self.index_of(row))

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() or self.spikes is None else len(self.spikes.rows)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(index.row(), index.column())
        return RIGHT if role == Qt.ItemDataRole.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        column = COLUMNS[section]
        title, tip = column.title, column.tip
        if column.key == "amplitude" and self.spikes is not None:
            unit = self.spikes.amplitude_unit
            title, tip = OF_FEATURES if unit == "features" else (title, f"{tip} ({unit})")
        if role == Qt.ItemDataRole.DisplayRole:
            request = None if self.spikes is None else self.spikes.request
            if request is None or request.key != column.key:
                return title
            return f"{'▾' if request.descending else '▴'} {title}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain(tip)
        return RIGHT if role == Qt.ItemDataRole.TextAlignmentRole else None
