"""Every kind of dock, by title. A new view is one row of `KINDS`."""

from dataclasses import dataclass
from importlib import import_module
from typing import Literal

from napari_phy.widgets.panels.panel import Panel

SECTIONS = LISTED, SELECTED, ALL, SORTING = "Lists and recording", "Selected clusters", "All clusters", "Sorting"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of dock.

    Attributes
    ----------
    where : str
        Module and class of its widget, below `widgets`; it is imported when the first one is opened.
    section : str
        What it shows; kinds of the same one stand together in the menu, and open beside each other.
    area : {'left', 'top', 'bottom', 'right'}, default 'right'
        Area of napari's window, until a layout places it.
    is_list : bool, default False
        Whether it lists clusters: there is one of it, and the keys go there after an edit.
    acts_unseen : bool, default False
        Whether something depends on it while it lies behind other docks; the others are made when they are first seen.
    """

    where: str
    section: str
    area: Literal["left", "top", "bottom", "right"] = "right"
    is_list: bool = False
    acts_unseen: bool = False

    @property
    def panel(self) -> type[Panel]:
        """Class of its widget."""
        module, name = self.where.split(":")
        panel: type[Panel] = getattr(import_module(f"napari_phy.widgets.{module}"), name)
        return panel


KINDS: dict[str, Kind] = {
    "Clusters": Kind("lists.clusters_panel:ClustersPanel", LISTED, "left", is_list=True),
    "Similar": Kind("lists.similar_panel:SimilarPanel", LISTED, "left", is_list=True),
    "Waveforms": Kind("docks.waveforms_panel:WaveformsPanel", SELECTED, "top"),
    "Features": Kind("docks.features_panel:FeaturesPanel", SELECTED, "top"),
    "Correlograms": Kind("docks.correlograms_panel:CorrelogramsPanel", SELECTED, "top"),
    "Traces": Kind("docks.traces_panel:TracesPanel", LISTED, "bottom", acts_unseen=True),  # filters the canvas
    "Link time": Kind("docks.link_time_panel:LinkTimePanel", LISTED),
    "Amplitude": Kind("docks.amplitude_panel:AmplitudePanel", SELECTED),
    "Probe": Kind("docks.probe_panel:ProbePanel", SELECTED),
    "Place probe": Kind("docks.place_probe_panel:PlaceProbePanel", SELECTED),
    "Wizard": Kind("docks.wizard_panel:WizardPanel", SORTING),
    "Proposals": Kind("docks.proposals_panel:ProposalsPanel", SORTING),
    "History": Kind("docks.history_panel:HistoryPanel", SORTING),
    "Classes": Kind("docks.classes_panel:ClassesPanel", SORTING),
    "Detect and sort": Kind("docks.detect_and_sort_panel:DetectAndSortPanel", SORTING),
    "Compare": Kind("docks.compare_panel:ComparePanel", SORTING),
    "Actions": Kind("docks.actions_panel:ActionsPanel", SORTING),
    "Spikes": Kind("docks.spikes_panel:SpikesPanel", SELECTED),
    "Raster": Kind("docks.raster_panel:RasterPanel", ALL),
    "Drift": Kind("docks.drift_panel:DriftPanel", ALL),
    "Intervals": Kind("docks.intervals_panel:IntervalsPanel", SELECTED),
    "Firing rate": Kind("docks.firing_rate_panel:FiringRatePanel", SELECTED),
    "PSTH": Kind("docks.psth_panel:PsthPanel", SELECTED),
    "Imaging": Kind("docks.imaging_panel:ImagingPanel", SELECTED, acts_unseen=True),  # follows the mouse over cells
    "Similarity": Kind("docks.similarity_panel:SimilarityPanel", ALL),
    "Templates": Kind("docks.templates_panel:TemplatesPanel", ALL),
    "Scatter": Kind("docks.cluster_scatter_panel:ClusterScatterPanel", ALL),
    "Grid": Kind("docks.grid_panel:GridPanel", ALL),
}
LISTS = tuple(title for title, kind in KINDS.items() if kind.is_list)
