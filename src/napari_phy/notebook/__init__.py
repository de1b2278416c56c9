"""Views of a session in a notebook, which follow each other; they need the extra `notebook`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from napari_phy.core.errors import MissingDataError

if TYPE_CHECKING:
    from napari_phy.notebook.cluster_view import ClusterView
    from napari_phy.notebook.correlograms_view import CorrelogramsView
    from napari_phy.notebook.feature_view import FeatureView
    from napari_phy.notebook.grid_view import GridView
    from napari_phy.notebook.page import export_html
    from napari_phy.notebook.probe_view import ProbeView
    from napari_phy.notebook.similarity_view import SimilarityView
    from napari_phy.notebook.trace_view import TraceView
    from napari_phy.notebook.waveform_view import WaveformView
    from napari_phy.notebook.workspace import Workspace

__all__ = [
    "ClusterView",
    "CorrelogramsView",
    "FeatureView",
    "GridView",
    "ProbeView",
    "SimilarityView",
    "TraceView",
    "WaveformView",
    "Workspace",
    "export_html",
]

_MODULES = {
    "ClusterView": "cluster_view",
    "CorrelogramsView": "correlograms_view",
    "FeatureView": "feature_view",
    "GridView": "grid_view",
    "ProbeView": "probe_view",
    "SimilarityView": "similarity_view",
    "TraceView": "trace_view",
    "WaveformView": "waveform_view",
    "Workspace": "workspace",
    "export_html": "page",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import_module("anywidget")
    except ImportError:
        raise MissingDataError('Views in notebooks need anywidget: pip install "napari-phy[notebook]".') from None
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
