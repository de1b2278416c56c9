"""The order in which views of all clusters show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.core.listed_clusters import ListedClusters
from napari_phy.table.cluster_table import ClusterTable, compute_cluster_table
from napari_phy.table.columns import column_key, column_named
from napari_phy.table.session_like import ManagerLike, SessionLike
from napari_phy.views.settings import Choice

Order = Literal["depth", "rate", "size", "group", "id", "list"]

_ORDERS: tuple[tuple[str, Order], ...] = (
    ("By depth", "depth"),
    ("By rate", "rate"),
    ("By size", "size"),
    ("By group", "group"),
    ("By id", "id"),
    ("As in Clusters", "list"),
)

GROUP_ORDER = ("good", "mua", "unsorted", "noise")


def order_choice(*orders: Order) -> Choice:
    """Return the setting that chooses one of some orders, also by another name of the column."""
    texts = {order: text for text, order in _ORDERS}
    return Choice(
        title="Order of clusters", of=tuple((texts[order], order) for order in orders), key_of=_order_of_column
    )


def _order_of_column(name: str) -> str:
    key = column_key(name)
    return "size" if key == "spikes" else key


def listed_clusters(manager: ManagerLike, listed: ListedClusters, *, in_order: bool = False) -> tuple[int, ...]:
    """Return the clusters that the filter of the list lets through; discarded ones are left out.

    Parameters
    ----------
    manager : ManagerLike
        The clusters.
    listed : ListedClusters
        The list.
    in_order : bool, default False
        Whether they come as the list has them, those that it does not show last; else they ascend.
    """
    ids = manager.cluster_ids.tolist()
    groups = manager.groups_of(ids)
    shown = [one for one, group in zip(ids, groups, strict=True) if group != DISCARDED and one in listed]
    if not in_order:
        return tuple(shown)
    known = set(shown)
    first = [cluster for cluster in listed.order if cluster in known]
    return (*first, *sorted(known.difference(first)))


def order_clusters(
    session: SessionLike, clusters: Sequence[int], order: Order, *, reads_features: bool = True
) -> npt.NDArray[np.int64]:
    """Return the clusters in order; those that the order does not know come last, by id.

    Parameters
    ----------
    clusters : sequence of int
        The clusters in the order of the list.
    order : {'depth', 'rate', 'size', 'group', 'id', 'list'}
        The highest first ("depth"; without positions that of the last channel), the fastest, the largest ("size"), good
        ones, by id, or as given ("list").
    reads_features : bool, default True
        Whether depths may be read that are not known yet.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    if order == "list":
        return read_only(np.array(clusters, dtype=np.int64))
    reads: Literal["all", "nothing"] = "all" if order == "depth" and reads_features else "nothing"
    keys = ("depth", "channel") if order == "depth" else ("spikes", "rate")
    table = compute_cluster_table(session, sorted(clusters), keys, reads=reads)
    probe = session.model.probe
    if order == "depth" and not probe.knows_positions:
        places = {channel: place for place, channel in enumerate(probe.channel_ids.tolist())}
        values = -np.array([places.get(channel, np.nan) for channel in table["channel"].tolist()])
    else:
        values = _keys(table, order)
    return read_only(table.ids[np.lexsort((table.ids, values))])


def order_caption(session: SessionLike, order: Order, *, reads_features: bool = True) -> str:
    """Return what clusters are sorted by where it cannot be what was asked for: "by id: depths need features"."""
    if order != "depth":
        return ""
    if session.sums is None:
        return "by id: depths need features"
    if not reads_features:
        return "by id until features are read"
    return "" if session.model.probe.knows_positions else "by channel: positions are unknown"


def few_words(caption: str) -> str:
    """Return `By id` for what `order_caption` says: "by id: depths need features"."""
    return " ".join(caption.split()[:2]).rstrip(":").capitalize()


def _keys(table: ClusterTable, order: Order) -> npt.NDArray[np.float64]:
    """Return (n,) what clusters are sorted by, ascending; nan comes last."""
    if order == "id":
        return np.zeros(len(table))
    column = column_named(order)
    if column is not None:
        return -table[column.key]
    ranks: Mapping[str, int] = {group: rank for rank, group in enumerate(GROUP_ORDER)}
    return np.array([ranks.get(group, -1) for group in table.groups], dtype=np.float64)  # the user's own before all
