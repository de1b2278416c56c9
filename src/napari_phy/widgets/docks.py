"""What the Plugins menu opens: each panel by itself, and the whole workspace."""

from typing import Any

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QDockWidget, QLabel, QMainWindow, QVBoxLayout, QWidget

from napari_phy.layers.session_tag import find_session
from napari_phy.widgets.clusters_panel import ClustersPanel
from napari_phy.widgets.correlograms_panel import CorrelogramsPanel
from napari_phy.widgets.drift_panel import DriftPanel
from napari_phy.widgets.features_panel import FeaturesPanel
from napari_phy.widgets.raster_panel import RasterPanel
from napari_phy.widgets.similar_panel import SimilarPanel
from napari_phy.widgets.traces_panel import TracesPanel
from napari_phy.widgets.waveforms_panel import WaveformsPanel
from napari_phy.widgets.workspace import Workspace, plain_viewer


class _Joins:
    """Makes a panel join the workspace of its viewer as soon as napari has docked it."""

    def __init__(self, viewer: Viewer) -> None:
        plain = plain_viewer(viewer)
        super().__init__(find_session(plain.layers), viewer=plain)
        self._home: Any = plain
        self._joins = QTimer(self, singleShot=True, interval=0)
        self._joins.timeout.connect(self._join)

    def event(self, event: QEvent) -> bool:
        """Notice being docked."""
        if event.type() == QEvent.Type.ParentChange and getattr(self, "_home", None) is not None:
            self._joins.start()
        return super().event(event)

    def _join(self) -> None:
        dock = _dock_of(self)
        if dock is not None and self._home is not None:
            viewer, self._home = self._home, None
            Workspace.in_window(dock.parent(), viewer).adopt(self, dock)


class Clusters(_Joins, ClustersPanel):
    """The list of all clusters."""


class Similar(_Joins, SimilarPanel):
    """The list of clusters like the best one."""


class Features(_Joins, FeaturesPanel):
    """The scatter of two features."""


class Waveforms(_Joins, WaveformsPanel):
    """Waveforms on the probe."""


class Correlograms(_Joins, CorrelogramsPanel):
    """Auto- and cross-correlograms."""


class Traces(_Joins, TracesPanel):
    """The voltage of each channel."""


class Raster(_Joins, RasterPanel):
    """Every cluster a row of spikes along time."""


class Drift(_Joins, DriftPanel):
    """Depth of all spikes over time."""


class Sort(QWidget):
    """Opens the Sort workspace and leaves."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer: Any = plain_viewer(viewer)
        QVBoxLayout(self).addWidget(QLabel("Opening the Sort workspace…"))
        self._opens = QTimer(self, singleShot=True, interval=0)
        self._opens.timeout.connect(self._open)
        self._opens.start()

    def _open(self) -> None:
        viewer, self._viewer = self._viewer, None
        workspace = Workspace.of(viewer)
        session = find_session(viewer.layers)
        if session is None or session is workspace.session:
            workspace.arrange(again=True)
        else:
            workspace.open_session(session)
        dock = _dock_of(self)
        if dock is not None and isalive(dock):
            viewer.window.remove_dock_widget(dock)
            self.deleteLater()


def _dock_of(widget: QWidget) -> QDockWidget | None:
    parent = widget.parent()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parent()
    return parent if parent is not None and isinstance(parent.parent(), QMainWindow) else None


# The names of the manifest.
clusters, similar, features, waveforms, correlograms, traces, raster, drift, sort = (
    Clusters, Similar, Features, Waveforms, Correlograms, Traces, Raster, Drift, Sort,
)  # fmt: skip
