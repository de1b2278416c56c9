"""The columns of the lists of clusters: made of those that are declared, and computed in the background where slow."""

import math
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, Qt, Signal

from napari_phy.session.open_clustering import OpenClustering
from napari_phy.table.cluster_table import CLUSTERS_AT_ONCE, ClusterTable, compute_values
from napari_phy.table.column import Column
from napari_phy.table.columns import all_columns
from napari_phy.table.numbers import format_similarity
from napari_phy.views.typed_values import label_text
from napari_phy.widgets.base.application import not_none
from napari_phy.widgets.base.latest_result import LatestResult, background_pool

GROUP_ORDER = ("good", "mua", "noise", "unsorted")
NO_LABELS: Mapping[str, Any] = MappingProxyType({})


class Row(NamedTuple):
    """One cluster of the list. Thousands are made and compared after an edit.

    Attributes
    ----------
    values : tuple of float
        Values of `all_columns()`, in their order; nan where one is not known.
    rank : int
        Order among equals.
    """

    cluster_id: int
    group: str
    values: tuple[float, ...]
    similarity: float = math.nan
    rank: int = 0
    labels: Mapping[str, Any] = NO_LABELS

    def value(self, key: str) -> float:
        """Return the value of a column."""
        return self.values[place_of(key)]


def place_of(key: str) -> int:
    """Return the place of a column among the values of a row."""
    return next(place for place, column in enumerate(all_columns()) if column.key == key)


def rows_of(table: ClusterTable, similarities: Iterable[float] | None = None) -> list[Row]:
    """Return the rows of a computed table of all columns, without labels; among equals the table's order holds."""
    known = (
        table.ids.tolist(),
        table.groups,
        list(zip(*(_numbers(table[column.key]) for column in all_columns()), strict=True)),
    )
    if similarities is None:
        return [Row(*values, rank=values[0]) for values in zip(*known, strict=True)]
    ranked = enumerate(zip(*known, similarities, strict=True))
    return [Row._make((*values, rank, NO_LABELS)) for rank, values in ranked]


def _numbers(values: npt.NDArray[np.float64]) -> list[float]:
    """Return values with the one `math.nan` for those not known, so that rows without them are equal."""
    numbers: list[float] = values.tolist()
    for place in np.flatnonzero(np.isnan(values)).tolist():
        numbers[place] = math.nan
    return numbers


SortKey = float | tuple[float, str]  # nan: not known, comes last


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column: what it shows and how wide it is in the large and in the small form.

    The first line of `tip` names it; more of them explain it. `word` is how commands name it.
    """

    key: str
    title: str
    word: str
    tip: str
    width: int
    small_width: int
    text: Callable[[Row], str]
    sort_key: Callable[[Row], SortKey]
    keep: int = 10  # in a narrow list the column with the smallest number goes behind the others first
    in_small: bool = True
    is_usual: bool = True
    left: bool = False
    source: Column | None = None
    warns: Callable[[Row], bool] = lambda row: False


def _group_rank(row: Row) -> float:
    """Return where the group comes: standard ones in their order, then the user's own by name."""
    if row.group in GROUP_ORDER:
        return GROUP_ORDER.index(row.group)
    letters = row.group[:8].ljust(8, "\0").encode("utf-32-le")
    return 10.0 + int.from_bytes(letters, "big") / 2**257


ID, GROUP_KEY, SPIKES_KEY = "id", "group", "spikes"
SIMILAR = ListColumn(
    "similar", "similar", "similar", "Similarity to the best cluster, 1 is most alike", 60, 58,
    lambda r: format_similarity(r.similarity), lambda r: r.similarity,
)  # fmt: skip
GROUP = ListColumn(GROUP_KEY, "group", "group", "Group", 84, 66, lambda r: r.group, _group_rank, left=True)


def cluster_columns() -> tuple[ListColumn, ...]:
    """Return the columns of the list of all clusters, without those of labels."""
    first, *others = map(_list_column, all_columns(), range(len(all_columns())))
    return (first, GROUP, *others)


def similar_columns() -> tuple[ListColumn, ...]:
    """Return the columns of the list of similar clusters."""
    columns = [_list_column(column, place) for place, column in enumerate(all_columns()) if column.in_similar]
    return (columns[0], SIMILAR, GROUP, *columns[1:])


def _list_column(column: Column, place: int) -> ListColumn:
    text, warns_from = column.text, column.warns_from
    return ListColumn(
        column.key,
        column.title,
        column.word,
        column.tip,
        column.width,
        column.small_width,
        lambda row: text(row.values[place]),
        lambda row: row.values[place],
        column.keep,
        column.in_small,
        column.is_usual,
        left=bool(column.categories),
        source=column,
        warns=lambda row: row.values[place] >= warns_from,
    )


LABEL = "label "  # before the field, in the key of its column


def label_columns(labels: Mapping[str, Iterable[Any]]) -> tuple[ListColumn, ...]:
    """Return a column for each field of labels, {field: its values}: on the right where all values are numbers."""
    return tuple(
        _label_column(name, any(isinstance(v, (str, bool)) for v in values)) for name, values in labels.items()
    )


def _label_column(name: str, is_text: bool) -> ListColumn:
    def number(row: Row) -> SortKey:
        value = row.labels.get(name)
        return math.nan if value is None else float(value)

    def words(row: Row) -> SortKey:
        value = row.labels.get(name)
        if value is None:
            return math.nan
        return (math.inf, value.casefold()) if isinstance(value, str) else (float(value), "")

    return ListColumn(
        f"{LABEL}{name}", name, name, f"Your label {name}", 64, 56, lambda row: label_text(row.labels.get(name)),
        words if is_text else number, keep=1, left=is_text,
    )  # fmt: skip


def is_unknown(value: SortKey) -> bool:
    """Return whether a row has no value to be sorted by."""
    return value != value  # as nan does; faster than asking for its type


_LEFT, _RIGHT = (
    side | Qt.AlignmentFlag.AlignVCenter for side in (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)
)


def alignment(column: ListColumn) -> Qt.AlignmentFlag:
    """Return how the cells and the header word of a column are aligned."""
    return _LEFT if column.left else _RIGHT


class ColumnReader(QObject):
    """Computes columns for one list; what was computed for another list is not computed again."""

    known = Signal(str, object)  # key, {cluster: value}
    failed = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: OpenClustering | None = None
        self._wanted: dict[str, tuple[int, ...]] = {}
        self._tried: set[tuple[str, int]] = set()
        self.in_sight: Callable[[], Container[int]] = lambda: ()  # clusters that come first
        self._results = LatestResult(self, pool=background_pool())
        self._results.result_ready.connect(self._on_result)
        self._results.failed.connect(self._on_failed)

    def ask(self, session: OpenClustering, wanted: Mapping[str, Iterable[int]]) -> None:
        """Compute what was not computed yet, {key of a column: clusters}, instead of what was asked for before."""
        if session is not self._session:
            self.drop()
        self._session = session
        self._wanted = {key: tuple(clusters) for key, clusters in wanted.items()}
        if self._results.wanted is None:
            self._read_on()

    def drop(self) -> None:
        """Stop: the session is another one, or its data are."""
        self._results.drop()
        self._session, self._wanted, self._tried = None, {}, set()

    def ask_again(self, keys: Iterable[str]) -> None:
        """Have columns computed anew when they are asked for next."""
        again = set(keys)
        self._tried = {one for one in self._tried if one[0] not in again}

    def _read_on(self) -> None:
        lacking = {
            key: [cluster for cluster in clusters if (key, cluster) not in self._tried]
            for key, clusters in self._wanted.items()
        }
        in_sight = self.in_sight()
        first = {key: [cluster for cluster in clusters if cluster in in_sight] for key, clusters in lacking.items()}
        for key, clusters in (*first.items(), *lacking.items()):
            if some := tuple(clusters[:CLUSTERS_AT_ONCE]):
                self._results.ask((key, some), partial(compute_values, not_none(self._session), key, some))
                return

    def _on_result(self, question: tuple[str, tuple[int, ...]], values: dict[int, float]) -> None:
        key, clusters = question
        self._tried.update((key, cluster) for cluster in clusters)
        self.known.emit(key, values)
        self._read_on()

    def _on_failed(self, question: tuple[str, tuple[int, ...]], error: Exception) -> None:
        key, clusters = question
        manager = not_none(self._session).manager
        if all(cluster in manager for cluster in clusters):  # else an edit came in between
            self._tried.update((key, cluster) for cluster in clusters)
            self.failed.emit(key, error)
        self._wanted = {
            one: tuple(cluster for cluster in wanted if cluster in manager) for one, wanted in self._wanted.items()
        }
        self._read_on()
