"""What a filter of the list of clusters can name, and the clusters it lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from napari_phy.query import filter_values as fv
from napari_phy.query.filter_values import Values
from napari_phy.query.quick_search import find_rows
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.columns import all_columns, column_named, find_column
from napari_phy.table.session_like import SessionLike

GROUP = "group"


def offered_names(fields: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the words of all columns and the fields of labels, as completion and tables have them."""
    first, *others = (column.word for column in all_columns())
    return tuple(dict.fromkeys((first, GROUP, *others, *fields)))


class FilterColumns(Mapping[str, Values]):
    """The values that a filter asks for, by any name of a column.

    A label whose field is named like a usual column of our own is hidden by it; by another one, or an alias, it is not.

    Parameters
    ----------
    numbers : callable
        Returns the numbers of a column by its key; nan where one is not known.
    groups : callable
        Returns the group of every row.
    labels : dict of callables
        {field: returns the value of every row}.
    """

    def __init__(
        self,
        numbers: Callable[[str], Sequence[float]],
        groups: Callable[[], Sequence[str]],
        labels: Mapping[str, Callable[[], Sequence[Any]]],
    ) -> None:
        self._numbers, self._groups, self._labels = numbers, groups, labels
        self._own = {column.word for column in all_columns() if column.is_usual and not column.is_of_package}
        self._made: dict[str, Values] = {}

    def __getitem__(self, name: str) -> Values:
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Values:
        if name == GROUP:
            return fv.texts(self._groups())
        if name in self._labels and name not in self._own:
            return fv.anything(self._labels[name]())
        column = find_column(name)
        numbers = self._numbers(column.key)
        return fv.texts(str(column.plain(number)) for number in numbers) if column.categories else fv.numbers(numbers)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names that are worth offering."""
        return iter(offered_names(tuple(self._labels)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name == GROUP or name in self._labels or (isinstance(name, str) and column_named(name) is not None)


def find_clusters(session: SessionLike, text: str) -> list[int]:
    """Return the ascending ids of the clusters that a filter lets through.

    A filter is written as `group == "good" and rate > 1`; words or ids typed instead of one are looked for.

    Discarded clusters are left out; amplitudes and metrics count where they were computed before.

    Raises
    ------
    FilterError
        The filter says nothing.
    """
    table = compute_cluster_table(session)
    clusters = table.ids.tolist()
    columns = FilterColumns(
        lambda key: table[key].tolist(),
        lambda: table.groups,
        {field: _of_rows(values, clusters) for field, values in session.manager.cluster_labels.items()},
    )
    return [clusters[row] for row in np.flatnonzero(find_rows(text, columns, len(clusters))).tolist()]


def _of_rows(values: Mapping[int, Any], clusters: Sequence[int]) -> Callable[[], list[Any]]:
    return lambda: [values.get(cluster) for cluster in clusters]
