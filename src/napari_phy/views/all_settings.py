"""Which settings each view has, by the name of its dock in lower case."""

from __future__ import annotations

from collections.abc import Mapping

from napari_phy.views.correlograms import CorrelogramSettings
from napari_phy.views.firing_rate import FiringRateSettings
from napari_phy.views.intervals import IntervalsSettings
from napari_phy.views.settings import ViewSettings

SETTINGS: Mapping[str, type[ViewSettings]] = {
    kind.view.lower(): kind
    for kind in (
        CorrelogramSettings,
        IntervalsSettings,
        FiringRateSettings,
    )
}
