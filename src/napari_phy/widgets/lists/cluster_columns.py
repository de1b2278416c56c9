"""The columns that a list of clusters can have, and the values of one row."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from qtpy.QtCore import Qt

from napari_phy.table.cluster_table import ClusterTable
from napari_phy.table.numbers import UNKNOWN, format_number, format_similarity
from napari_phy.views.typed_values import label_text

GROUP_ORDER = ("good", "mua", "noise", "unsorted")
REFRACTORY_WARNING = 1.0  # per cent of intervals within 2 ms


NO_LABELS: Mapping[str, Any] = MappingProxyType({})


class Row(NamedTuple):
    """One cluster of the list; nan and a channel of −1 mean unknown. Thousands are made and compared after an edit."""

    cluster_id: int
    group: str
    channel: int
    depth: float
    n_spikes: int
    rate: float
    amplitude: float
    refractory: float
    similarity: float = math.nan
    rank: int = 0  # order among equals
    labels: Mapping[str, Any] = NO_LABELS


def rows_of(table: ClusterTable, similarities: Iterable[float] | None = None) -> list[Row]:
    """Return the rows of a computed table, without labels; among equals the table's order holds."""
    columns = (
        table.ids.tolist(), table.groups, table.channels.tolist(), table.depths.tolist(), table.n_spikes.tolist(),
        table.rates.tolist(), table.amplitudes.tolist(), table.refractory.tolist(),
    )  # fmt: skip
    if similarities is None:
        return [Row._make((*values, math.nan, values[0], NO_LABELS)) for values in zip(*columns, strict=True)]
    ranked = enumerate(zip(*columns, similarities, strict=True))
    return [Row._make((*values, rank, NO_LABELS)) for rank, values in ranked]


SortKey = float | tuple[float, str]  # nan: not known, comes last


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it shows and how wide it is in the large and in the small form.

    The first line of `tip` names it; more of them explain it.
    """

    key: str
    title: str
    tip: str
    width: int
    small_width: int
    text: Callable[[Row], str]
    sort_key: Callable[[Row], SortKey]
    keep: int = 10  # in a narrow list the column with the smallest number goes behind the others first
    in_small: bool = True
    left: bool = False


def _unknown_below_zero(channel: int) -> str:
    return str(channel) if channel >= 0 else UNKNOWN


def _group_rank(row: Row) -> float:
    """Standard groups in their order, then the user's own by name."""
    if row.group in GROUP_ORDER:
        return GROUP_ORDER.index(row.group)
    letters = row.group[:8].ljust(8, "\0").encode("utf-32-le")
    return 10.0 + int.from_bytes(letters, "big") / 2**257


ID = Column("id", "id", "Cluster id", 58, 44, lambda r: str(r.cluster_id), lambda r: r.cluster_id)
SIMILAR = Column(
    "similar", "similar", "Similarity to the best cluster, 1 is most alike", 60, 58,
    lambda r: format_similarity(r.similarity), lambda r: r.similarity,
)  # fmt: skip
GROUP = Column("group", "group", "Group", 84, 66, lambda r: r.group, _group_rank, left=True)
CHANNEL = Column(
    "channel", "ch", "Channel where the cluster is largest", 32, 30,
    lambda r: _unknown_below_zero(r.channel), lambda r: r.channel, keep=7,
)  # fmt: skip
DEPTH = Column(
    "depth", "depth", "Depth (µm)", 48, 46,
    lambda r: format_number(r.depth), lambda r: r.depth, keep=2, in_small=False,
)  # fmt: skip
SPIKES = Column(
    "spikes", "spikes", "Number of spikes", 60, 58,
    lambda r: format_number(r.n_spikes), lambda r: r.n_spikes, keep=8,
)  # fmt: skip
RATE = Column("rate", "rate", "Mean firing rate (Hz)", 44, 42, lambda r: format_number(r.rate, 1), lambda r: r.rate, 5)
AMPLITUDE = Column(
    "amp", "amp", "Amplitude (µV)\nPeak to peak of the mean waveform × mask on the best channel; single spikes differ",
    44, 40, lambda r: format_number(r.amplitude), lambda r: r.amplitude, keep=3,
)  # fmt: skip
REFRACTORY = Column(
    "refractory", "refr.", "Intervals within 2 ms (%)", 46, 44,
    lambda r: format_number(r.refractory, 1), lambda r: r.refractory, keep=9, in_small=False,
)  # fmt: skip

CLUSTER_COLUMNS = (ID, GROUP, CHANNEL, DEPTH, SPIKES, RATE, AMPLITUDE, REFRACTORY)
SIMILAR_COLUMNS = (ID, SIMILAR, GROUP, CHANNEL, SPIKES, AMPLITUDE, REFRACTORY)


LABEL = "label "  # before the field, in the key of its column


def label_columns(labels: Mapping[str, Iterable[Any]]) -> tuple[Column, ...]:
    """Return a column for each field of labels, {field: its values}: on the right where all values are numbers."""
    return tuple(
        _label_column(name, any(isinstance(v, (str, bool)) for v in values)) for name, values in labels.items()
    )


def _label_column(name: str, is_text: bool) -> Column:
    def number(row: Row) -> SortKey:
        value = row.labels.get(name)
        return math.nan if value is None else float(value)

    def words(row: Row) -> SortKey:
        value = row.labels.get(name)
        if value is None:
            return math.nan
        return (math.inf, value.casefold()) if isinstance(value, str) else (float(value), "")

    return Column(
        f"{LABEL}{name}", name, f"Your label {name}", 64, 56, lambda row: label_text(row.labels.get(name)),
        words if is_text else number, keep=1, left=is_text,
    )  # fmt: skip


def is_unknown(value: SortKey) -> bool:
    """Return whether a row has no value to be sorted by."""
    return value != value  # as nan does; faster than asking for its type


def alignment(column: Column) -> Qt.AlignmentFlag:
    """Return how the cells and the header word of a column are aligned."""
    side = Qt.AlignmentFlag.AlignLeft if column.left else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
