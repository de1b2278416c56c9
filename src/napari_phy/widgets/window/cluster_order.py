"""The order in which views show clusters: that of the list."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from qtpy.compat import isalive
from qtpy.QtCore import QObject

from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.panels.all_clusters_panel import listed_clusters
from napari_phy.widgets.panels.panel import Panel


@runtime_checkable
class FollowsList(Protocol):
    """A view that shows the clusters of the list."""

    def follow_list(self) -> None:
        """Show what the list shows now."""


class ClusterOrder(QObject):
    """Asks the list, where it is docked, and lets views know when it was sorted or filtered.

    Parameters
    ----------
    panels : mapping of str to Panel or ListPanel
        All that are docked, by name; those with `follow_list` show the clusters in this order.
    session : callable
        Returns the open session.
    """

    def __init__(self, panels: Mapping[str, Panel], session: Callable[[], Any], parent: QObject) -> None:
        super().__init__(parent)
        self._panels = panels
        self._session = session

    def follow(self, clusters: ClustersPanel) -> None:
        """Follow the list of a Clusters panel."""
        clusters.list.cluster_model.layoutChanged.connect(self._on_list_changed)
        clusters.filtered.connect(self._on_list_changed)

    def listed(self) -> list[int]:
        """Return the clusters in the order of the list, or the largest first where it is not open."""
        panel = self._panels.get("Clusters")
        if isinstance(panel, ClustersPanel):
            return panel.cluster_ids
        session = self._session()
        return sorted(listed_clusters(session), key=lambda cluster: -session.manager.n_spikes(cluster))

    def walked(self) -> list[int]:
        """Return the clusters that keys go through, in the order of the list."""
        panel = self._panels.get("Clusters")
        return panel.walked_ids if isinstance(panel, ClustersPanel) else self.listed()

    def _on_list_changed(self) -> None:
        if isalive(self):
            for panel in self._panels.values():
                if isinstance(panel, FollowsList):
                    panel.follow_list()
