"""Every kind of dock, by title. A new view is one row of `KINDS`."""

from dataclasses import dataclass
from typing import Literal

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
from napari_phy.widgets.panels.panel import Panel

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
