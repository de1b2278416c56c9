"""All rows of the list of clusters, and what a filter makes of them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import numpy as np

from napari_phy.query.quick_search import find_rows
from napari_phy.session.session import Session
from napari_phy.table.cluster_filter import GROUP, FilterColumns
from napari_phy.table.columns import all_columns, column_named
from napari_phy.widgets.base.application import not_none
from napari_phy.widgets.lists.cluster_columns import Row, place_of


class FilteredRows:
    """The rows of all clusters that are not discarded, by cluster, whether they are listed or not."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._session: Session | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def start(self, rows: Iterable[Row], session: Session) -> None:
        """Take the rows of a session."""
        self._session = session
        labels = self._labels
        self._rows = {row.cluster_id: self._labelled(row, labels) for row in rows}

    def change(self, rows: Iterable[Row], gone: Iterable[int]) -> None:
        """Take rows that are new or other, and drop those of some clusters."""
        for cluster in gone:
            self._rows.pop(cluster, None)
        labels = self._labels
        self._rows.update((row.cluster_id, self._labelled(row, labels)) for row in rows)

    def set_values(self, key: str, values: Mapping[int, float]) -> None:
        """Take values of a column."""
        for cluster in values.keys() & self._rows.keys():
            self._rows[cluster] = with_value(self._rows[cluster], key, values[cluster])

    @property
    def clusters(self) -> list[int]:
        """All of them."""
        return list(self._rows)

    def without(self, key: str) -> list[int]:
        """Return the clusters of which a column is not known."""
        place = place_of(key)
        return [cluster for cluster, row in self._rows.items() if math.isnan(row.values[place])]

    def rows_of(self, clusters: Iterable[int] | None) -> Sequence[Row]:
        """Return the rows of some clusters, as far as there are any; of all for None."""
        if clusters is None:
            return tuple(self._rows.values())
        return [self._rows[cluster] for cluster in clusters if cluster in self._rows]

    def matching(self, text: str) -> list[int] | None:
        """Return the clusters that a filter lets through; None, all of them, for "".

        Raises
        ------
        FilterError
            The filter cannot be read.
        """
        if not text.strip():
            return None
        found = find_rows(text, self.columns, len(self._rows))
        clusters = list(self._rows)
        return [clusters[place] for place in np.flatnonzero(found).tolist()]

    # --- columns ---

    @property
    def _labels(self) -> Mapping[str, Mapping[int, Any]]:
        return not_none(self._session).manager.cluster_labels

    def _labelled(self, row: Row, labels: Mapping[str, Mapping[int, Any]]) -> Row:
        own = {field: values[row.cluster_id] for field, values in labels.items() if row.cluster_id in values}
        return row._replace(labels=own) if own else row

    @property
    def columns(self) -> FilterColumns:
        """What a filter can name."""
        rows = self._rows.values()
        return FilterColumns(
            lambda key: list(map(itemgetter(place_of(key)), (row.values for row in rows))),
            lambda: [row.group for row in rows],
            {field: partial(self._label_values, field) for field in not_none(self._session).manager.label_fields},
        )

    def table_of(self, clusters: Iterable[int]) -> tuple[list[str], list[list[Any]]]:
        """Return the names of columns, and the values of some clusters in this order; nan and None: not known.

        The columns are the usual ones and those of which a value is known.
        """
        fields, all_values = list(self._labels), [row.values for row in self._rows.values()]
        first, *others = (
            (column, place)
            for place, column in enumerate(all_columns())
            if column.is_usual or any(not math.isnan(values[place]) for values in all_values)
        )
        rows = [
            [
                first[0].plain(row.values[0]),
                row.group,
                *(column.plain(row.values[place]) for column, place in others),
                *(row.labels.get(field) for field in fields),
            ]
            for row in self.rows_of(clusters)
        ]
        return [first[0].word, GROUP, *(column.word for column, _ in others), *fields], rows

    def texts_of(self, column: str) -> list[str]:
        """Return the texts that a column holds, each once."""
        if column == GROUP:
            return list(dict.fromkeys((*not_none(self._session).manager.group_names,)))
        known = column_named(column)
        if known is not None and known.categories:
            return list(known.categories)
        values = self._label_values(column) if column in not_none(self._session).manager.label_fields else []
        return sorted({value for value in values if isinstance(value, str) and value}, key=str.casefold)

    def _label_values(self, field: str) -> list[Any]:
        return [row.labels.get(field) for row in self._rows.values()]


def with_value(row: Row, key: str, value: float) -> Row:
    """Return a row with another value of a column."""
    place = place_of(key)
    return row._replace(values=(*row.values[:place], value, *row.values[place + 1 :]))
