"""Look at and hand-sort large extracellular recordings in napari."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_phy.core.cluster_manager import ClusterManager
from napari_phy.core.probe import Probe
from napari_phy.core.selector import Selector
from napari_phy.core.update_info import UpdateInfo
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.model import KwikModel
from napari_phy.session import Session, open_session
from napari_phy.table.metrics import metric
from napari_phy.table.similarity_measures import similarity

if TYPE_CHECKING:
    from napari_phy import sorting
    from napari_phy.storage.feature_store.store import FeatureStore

MEA = Probe  # its name in klustaviewa and phy

__all__ = [
    "MEA",
    "ClusterManager",
    "FeatureStore",
    "KwikModel",
    "Probe",
    "Selector",
    "Session",
    "UpdateInfo",
    "metric",
    "open_h5",
    "open_session",
    "similarity",
    "sorting",
]


def __getattr__(name: str) -> Any:
    if name == "sorting":  # which opening a data set does not need
        return import_module("napari_phy.sorting")
    if name == "FeatureStore":
        return import_module("napari_phy.storage.feature_store.store").FeatureStore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
