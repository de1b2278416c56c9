"""Which settings each view has, by the name of its dock in lower case, and those of all views of a session."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from napari_phy.core.errors import SettingsError
from napari_phy.core.sentences import visible
from napari_phy.views.amplitudes import AmplitudeSettings
from napari_phy.views.class_settings import ClassesSettings
from napari_phy.views.cluster_scatter import ClusterScatterSettings
from napari_phy.views.correlograms import CorrelogramSettings
from napari_phy.views.drift import DriftSettings
from napari_phy.views.feature_grid import FeaturesSettings
from napari_phy.views.firing_rate import FiringRateSettings
from napari_phy.views.grid import GridSettings
from napari_phy.views.intervals import IntervalsSettings
from napari_phy.views.proposals import ProposalsSettings
from napari_phy.views.psth import PsthSettings
from napari_phy.views.raster import RasterSettings
from napari_phy.views.settings import SettingsController, ViewSettings
from napari_phy.views.similarity import SimilaritySettings
from napari_phy.views.spike_list import SpikesSettings
from napari_phy.views.templates import TemplatesSettings
from napari_phy.views.traces import TracesSettings
from napari_phy.views.waveforms import WaveformsSettings
from napari_phy.views.wizard_review import WizardSettings

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
        PsthSettings,
        RasterSettings,
        DriftSettings,
        SimilaritySettings,
        TemplatesSettings,
        ClusterScatterSettings,
        GridSettings,
        ClassesSettings,
        WizardSettings,
        ProposalsSettings,
    )
}


class NoViewError(SettingsError, KeyError):
    """No view of that name has settings."""


class ViewsOfSession(Mapping[str, SettingsController[Any]]):
    """The settings of all views of a session, by the names of their docks in lower case.

    `session.views["correlograms"]` are those of the first dock of a kind. A second dock, `correlograms 2`, has a copy
    of its own from when it is opened.
    """

    def __init__(self) -> None:
        self._controllers: dict[str, SettingsController[Any]] = {}

    def __getitem__(self, name: str) -> SettingsController[Any]:
        key = name.lower()
        if key not in self._controllers:
            kind = kind_of(key)
            if kind not in SETTINGS:
                raise NoViewError(f"There is no view {visible(name)} with settings. There are {', '.join(SETTINGS)}.")
            self._controllers[key] = SettingsController(SETTINGS[kind]())
        return self._controllers[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*SETTINGS, *self._controllers]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and kind_of(name.lower()) in SETTINGS

    def persistent(self) -> dict[str, dict[str, Any]]:
        """Return {title of a dock: {setting: value}} of the views in which something was chosen."""
        return {
            re.sub(r"^.*?(?= \d+$|$)", one.value.view, name, count=1): one.value.persistent()
            for name, one in self._controllers.items()
            if one.is_chosen
        }

    def __repr__(self) -> str:
        return f"<ViewsOfSession: {', '.join(self)}>"

    def of_kind(self, kind: str) -> list[SettingsController[Any]]:
        """Return those of the first dock of a kind and of all others that were opened."""
        self[kind]
        return [one for name, one in self._controllers.items() if kind_of(name) == kind.lower()]


def kind_of(dock: str) -> str:
    """Return the kind of a dock: `correlograms` of `correlograms 2`."""
    return re.sub(r" \d+$", "", dock)
