"""Every kind of dock, by title, and what the Plugins menu opens. A new view is one row of `KINDS`."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QVBoxLayout, QWidget

from napari_phy.layers.session_tag import find_session
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.docks.actions_panel import ActionsPanel
from napari_phy.widgets.docks.amplitude_panel import AmplitudePanel
from napari_phy.widgets.docks.cluster_scatter_panel import ClusterScatterPanel
from napari_phy.widgets.docks.correlograms_panel import CorrelogramsPanel
from napari_phy.widgets.docks.drift_panel import DriftPanel
from napari_phy.widgets.docks.features_panel import FeaturesPanel
from napari_phy.widgets.docks.firing_rate_panel import FiringRatePanel
from napari_phy.widgets.docks.grid_panel import GridPanel
from napari_phy.widgets.docks.history_panel import HistoryPanel
from napari_phy.widgets.docks.imaging_panel import ImagingPanel
from napari_phy.widgets.docks.intervals_panel import IntervalsPanel
from napari_phy.widgets.docks.link_time_panel import LinkTimePanel
from napari_phy.widgets.docks.place_probe_panel import PlaceProbePanel
from napari_phy.widgets.docks.probe_panel import ProbePanel
from napari_phy.widgets.docks.psth_panel import PsthPanel
from napari_phy.widgets.docks.raster_panel import RasterPanel
from napari_phy.widgets.docks.similarity_panel import SimilarityPanel
from napari_phy.widgets.docks.spikes_panel import SpikesPanel
from napari_phy.widgets.docks.templates_panel import TemplatesPanel
from napari_phy.widgets.docks.traces_panel import TracesPanel
from napari_phy.widgets.docks.waveforms_panel import WaveformsPanel
from napari_phy.widgets.docks.wizard_panel import WizardPanel
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.lists.similar_panel import SimilarPanel
from napari_phy.widgets.napari_compat import unwrap
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.panels.view_panel import ViewPanel

SECTIONS = LISTED, SELECTED, ALL, SORTING = "Lists and recording", "Selected clusters", "All clusters", "Sorting"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of dock.

    Attributes
    ----------
    panel : type of Panel
        Class of its widget.
    section : str
        What it shows; kinds of the same one stand together in the menu, and open beside each other.
    area : {'left', 'top', 'bottom', 'right'}, default 'right'
        Area of napari's window, until a layout places it.
    is_list : bool, default False
        Whether it lists clusters: there is one of it, and the keys go there after an edit.
    """

    panel: type[Panel]
    section: str
    area: Literal["left", "top", "bottom", "right"] = "right"
    is_list: bool = False


KINDS: dict[str, Kind] = {
    "Clusters": Kind(ClustersPanel, LISTED, "left", is_list=True),
    "Similar": Kind(SimilarPanel, LISTED, "left", is_list=True),
    "Waveforms": Kind(WaveformsPanel, SELECTED, "top"),
    "Features": Kind(FeaturesPanel, SELECTED, "top"),
    "Correlograms": Kind(CorrelogramsPanel, SELECTED, "top"),
    "Traces": Kind(TracesPanel, LISTED, "bottom"),
    "Link time": Kind(LinkTimePanel, LISTED),
    "Amplitude": Kind(AmplitudePanel, SELECTED),
    "Probe": Kind(ProbePanel, SELECTED),
    "Place probe": Kind(PlaceProbePanel, SELECTED),
    "Wizard": Kind(WizardPanel, SORTING),
    "History": Kind(HistoryPanel, SORTING),
    "Actions": Kind(ActionsPanel, SORTING),
    "Spikes": Kind(SpikesPanel, SELECTED),
    "Raster": Kind(RasterPanel, ALL),
    "Drift": Kind(DriftPanel, ALL),
    "Intervals": Kind(IntervalsPanel, SELECTED),
    "Firing rate": Kind(FiringRatePanel, SELECTED),
    "PSTH": Kind(PsthPanel, SELECTED),
    "Imaging": Kind(ImagingPanel, SELECTED),
    "Similarity": Kind(SimilarityPanel, ALL),
    "Templates": Kind(TemplatesPanel, ALL),
    "Scatter": Kind(ClusterScatterPanel, ALL),
    "Grid": Kind(GridPanel, ALL),
}
LISTS = tuple(title for title, kind in KINDS.items() if kind.is_list)


if TYPE_CHECKING:
    _Base = ViewPanel
else:
    _Base = object  # mixed into each kind of panel


class _Joins(_Base):
    """Makes a panel join the workspace of its viewer as soon as napari has docked it."""

    def __init__(self, viewer: Viewer) -> None:
        plain = unwrap(viewer)
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
            from napari_phy.widgets.window.workspace import Workspace  # which imports the kinds of docks

            viewer, self._home = self._home, None
            Workspace.in_window(_window_of(dock), viewer).adopt(self, dock)


class Sort(QWidget):
    """Opens the Sort workspace and leaves."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer: Any = unwrap(viewer)
        QVBoxLayout(self).addWidget(PlainLabel("Opening the Sort workspace…"))
        self._opens = QTimer(self, singleShot=True, interval=0)
        self._opens.timeout.connect(self._open)
        self._opens.start()

    def _open(self) -> None:
        from napari_phy.widgets.window.workspace import Workspace

        viewer, self._viewer = self._viewer, None
        workspace = Workspace.of(viewer)
        session = find_session(viewer.layers)
        if session is None or session is workspace.session:
            workspace.arrange("Sort", again=True)
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


def _window_of(dock: QDockWidget) -> QMainWindow:
    window = dock.parent()
    assert isinstance(window, QMainWindow)
    return window


sort = Sort


def __getattr__(name: str) -> type[QWidget]:
    """Return the dock that the manifest calls by its title in small letters: `clusters`."""
    kind = next((kind for title, kind in KINDS.items() if title.lower() == name.replace("_", " ")), None)
    if kind is None:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return _joining(kind)


@cache
def _joining(kind: Kind) -> type[QWidget]:
    panel = kind.panel
    return type(panel.__name__.removesuffix("Panel"), (_Joins, panel), {"__doc__": panel.__doc__})
