"""Look at and hand-sort large extracellular recordings in napari."""

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.selector import Selector
from napari_phy.core.update_info import UpdateInfo

__all__ = ["ClusterManager", "Selector", "UpdateInfo"]
