"""Which settings each view has, by the name of its dock in lower case."""

from __future__ import annotations

from collections.abc import Mapping

from napari_phy.views.amplitudes import AmplitudeSettings
from napari_phy.views.cluster_scatter import ClusterScatterSettings
from napari_phy.views.correlograms import CorrelogramSettings
from napari_phy.views.drift import DriftSettings
from napari_phy.views.feature_grid import FeaturesSettings
from napari_phy.views.firing_rate import FiringRateSettings
from napari_phy.views.grid import GridSettings
from napari_phy.views.intervals import IntervalsSettings
from napari_phy.views.raster import RasterSettings
from napari_phy.views.settings import ViewSettings
from napari_phy.views.similarity import SimilaritySettings
from napari_phy.views.spike_list import SpikesSettings
from napari_phy.views.templates import TemplatesSettings
from napari_phy.views.traces import TracesSettings
from napari_phy.views.waveforms import WaveformsSettings

SETTINGS: Mapping[str, type[ViewSettings]] = {
    kind.view.lower(): kind
    for kind in (
        WaveformsSettings,
        TracesSettings,
        FeaturesSettings,
        CorrelogramSettings,
        AmplitudeSettings,
        SpikesSettings,
        IntervalsSettings,
        FiringRateSettings,
        RasterSettings,
        DriftSettings,
        SimilaritySettings,
        TemplatesSettings,
        ClusterScatterSettings,
        GridSettings,
    )
}
