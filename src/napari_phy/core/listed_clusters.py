"""Which clusters the list shows: all, or those that a filter lets through."""

from __future__ import annotations

from collections.abc import Iterable

from napari_phy.core.signals import signal


class ListedClusters:
    """The filter of the list of clusters and what it lets through; wizard and views of all clusters keep to it.

    The list computes what a filter lets through, also after each edit, and tells it here. A cluster that is not listed
    may still be selected and edited.

    Attributes
    ----------
    order : tuple of int
        The clusters in the order in which the list shows them, as last reported; () before that.
    wanted : frozenset of str
        Keys of columns that the list computes for others, though it may not show them.
    """

    changed = signal()
    wanted_changed = signal()
    values_known = signal()  # of a column that is wanted

    def __init__(self) -> None:
        self.wanted: frozenset[str] = frozenset()
        self._text = ""
        self._clusters: frozenset[int] | None = None
        self.order: tuple[int, ...] = ()

    @property
    def text(self) -> str:
        """The filter that is in force; "" when there is none."""
        return self._text

    @property
    def clusters(self) -> frozenset[int] | None:
        """The clusters it lets through; None when there is none."""
        return self._clusters

    def __contains__(self, cluster: object) -> bool:
        return self._clusters is None or cluster in self._clusters

    def show_all(self) -> None:
        """Take the filter away: every cluster is listed."""
        self._set("", None)

    def show(self, text: str, clusters: Iterable[int]) -> None:
        """List only the clusters that a filter lets through; the same ones again do nothing."""
        self._set(text, frozenset(clusters))

    def want(self, key: str) -> None:
        """Have the list compute a column in the background."""
        if key not in self.wanted:
            self.wanted |= {key}
            self.wanted_changed.emit()

    def _set(self, text: str, clusters: frozenset[int] | None) -> None:
        if (text, clusters) != (self._text, self._clusters):
            self._text, self._clusters = text, clusters
            self.changed.emit()
