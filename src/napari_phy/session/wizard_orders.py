"""The orders in which the wizard of a session can go through clusters, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from napari_phy.core.wizard_order import Arrange, by_list, by_size, by_value
from napari_phy.session.open_clustering import OpenClustering
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.columns import find_column

GAIN, LIST, SIZE = "gain", "list", "spikes"


def wizard_order(opened_now: Callable[[], OpenClustering], order: str, *, is_ascending: bool = False) -> Arrange:
    """Return an order for the clustering that is open; equal clusters are in the order of size.

    Values that lists compute in the background count from when they are known.

    Parameters
    ----------
    opened_now : callable
        Returns what is open.
    order : str
        A column, "list" or "gain".
    is_ascending : bool, default False
        Whether the smallest comes first, or the last of the list.

    Raises
    ------
    ClusteringError
        There is no such column.
    """
    opened = opened_now()
    largest_first = by_size(opened.manager)
    if order == LIST:
        listed = opened.listed
        return by_list(lambda: listed.order[::-1] if is_ascending else listed.order, largest_first)
    if order == GAIN:
        return by_value(opened.wizard.gain, largest_first, is_ascending=is_ascending)
    key = find_column(order).key
    if key == SIZE and not is_ascending:
        return largest_first

    def values_of(clusters: Sequence[int]) -> Mapping[int, float]:
        now = opened_now()  # its raw data may have been found since
        reads_all = now.sums is None or not now.sums.is_held
        table = compute_cluster_table(now, clusters, [key], reads="all" if reads_all else "times")
        return dict(zip(table.ids.tolist(), table[key].tolist(), strict=True))

    return by_value(values_of, largest_first, is_ascending=is_ascending)
