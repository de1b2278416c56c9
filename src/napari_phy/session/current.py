"""Which clustering a session has open, and the one change of it that may be under way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import ClusteringError
from napari_phy.core.wizard_order import Arrange, by_list, by_size, by_value
from napari_phy.session.following import Following
from napari_phy.session.open_clustering import OpenClustering
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.columns import find_column

GAIN, LIST, SIZE = "gain", "list", "spikes"  # orders of the wizard besides those of columns


class UnderWay(Protocol):
    """A change that has begun."""

    def drop(self) -> None:
        """Close what was opened for it, now or when that comes."""


class Current:
    """Holds what is open; another clustering takes its place as a whole.

    Attributes
    ----------
    opened : OpenClustering
        The clustering that is open.
    following : Following
        Keeps its selection and wizard in step with edits.
    lock : RLock
        Held by whoever writes the file, or puts another clustering in the place of this one.
    """

    def __init__(self, opened: OpenClustering) -> None:
        self.opened = opened
        self.following = Following(opened)
        self.lock = threading.RLock()
        self._change: UnderWay | None = None
        self._order = SIZE, False  # in which the wizard goes through clusters, and whether the smallest comes first

    def model_now(self) -> BaseModel:
        """Return the data set as it is open now."""
        return self.opened.model

    def begin(self, change: UnderWay) -> None:
        """Begin a change; raises ClusteringError while another one is under way."""
        with self.lock:
            if self._change is not None:
                raise ClusteringError(f"{self.opened.model.name} is being changed. Try again in a moment.")
            self._change = change

    def order_wizard(self, order: str, *, is_ascending: bool) -> None:
        """Let the wizard go through the clusters in an order, also that of another clustering later."""
        arrange = _wizard_order(lambda: self.opened, order, is_ascending=is_ascending)
        self._order = order, is_ascending
        self.opened.wizard.order_by(arrange)

    def end(self, change: UnderWay) -> None:
        """Say that a change is over."""
        if self._change is change:
            self._change = None

    def take(self, found: OpenClustering) -> None:
        """Put another clustering in the place of the one that is open."""
        with self.lock:
            left = self.opened
            self.following.close()
            self.opened, self.following = found, Following(found)
            left.close(but_not_of=found)
            if self._order != (SIZE, False):
                self.order_wizard(self._order[0], is_ascending=self._order[1])
                if not found.wizard.is_paused:
                    found.wizard.go_to_first()
                    self.following.select_place()

    def take_model(self, asked: BaseModel, found: BaseModel) -> bool:
        """Go on with another model of what is open; False, and nothing done, if that is or becomes something else."""
        with self.lock:
            if self.opened.model is not asked or self._change is not None:
                return False
            self.opened = replace(self.opened, model=found)
            self.opened.similarities.follow(self.opened)
            self.opened.proposals.follow(self.opened)
            return True

    def close(self) -> None:
        """Close every file, also those opened for a change; one that writes is waited for."""
        change = self._change
        if change is not None:
            change.drop()
        with self.lock:
            self.opened.close()


def _wizard_order(opened_now: Callable[[], OpenClustering], order: str, *, is_ascending: bool = False) -> Arrange:
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
