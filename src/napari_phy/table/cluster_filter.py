"""The columns that a filter of the list of clusters can name, and the clusters it lets through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from napari_phy.core.label_fields import COLUMNS
from napari_phy.query import filter_values as fv
from napari_phy.query.filter_values import Values
from napari_phy.query.quick_search import find_rows
from napari_phy.table.cluster_measures import column
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.session_like import SessionLike

NUMBERS = ("id", "ch", "depth", "spikes", "rate", "amp", "refr")
ALIASES: Mapping[str, str] = {
    "cluster": "id",
    "cluster_id": "id",
    "channel": "ch",
    "n_spikes": "spikes",
    "fr": "rate",
    "amplitude": "amp",
    "refractory": "refr",
}


class LazyColumns(Mapping[str, Values]):
    """Columns that are made when a filter asks for them; a label field named like a column of the list is hidden.

    Parameters
    ----------
    numbers : returns the numbers of one of `NUMBERS`; nan where one is not known.
    groups : returns the group of every row.
    labels : {field: value of every row}, by functions too.
    """

    def __init__(
        self,
        numbers: Callable[[str], Sequence[float]],
        groups: Callable[[], Sequence[str]],
        labels: Mapping[str, Callable[[], Sequence[Any]]],
    ) -> None:
        self._numbers, self._groups, self._labels = numbers, groups, labels
        self._made: dict[str, Values] = {}

    def __getitem__(self, name: str) -> Values:
        name = ALIASES.get(name, name) if name not in self._labels else name
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Values:
        if name == "group":
            return fv.texts(self._groups())
        if name in NUMBERS:
            return fv.numbers(self._numbers(name))
        return fv.anything(self._labels[name]())

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names that are worth offering."""
        yield from COLUMNS
        yield from (field for field in self._labels if field not in COLUMNS)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in COLUMNS or name in self._labels or name in ALIASES


def find_clusters(session: SessionLike, text: str) -> list[int]:
    """Return the ids, ascending, of the clusters that a filter such as `group == "good" and rate > 1` lets through,
    or that have the words or ids typed instead of one.

    Discarded clusters are left out; amplitudes count where they were read before. Raises FilterError.
    """
    table = compute_cluster_table(session)
    clusters = table.ids.tolist()
    measures = {"ch": "channel", "amp": "amplitude", "refr": "refractory"}
    labels = session.manager.cluster_labels
    columns = LazyColumns(
        lambda name: column(table, measures.get(name, name)).tolist(),
        lambda: table.groups,
        {field: _of_rows(values, clusters) for field, values in labels.items()},
    )
    return [clusters[row] for row in np.flatnonzero(find_rows(text, columns, len(clusters))).tolist()]


def _of_rows(values: Mapping[int, Any], clusters: Sequence[int]) -> Callable[[], list[Any]]:
    return lambda: [values.get(cluster) for cluster in clusters]
