"""Which settings each view has, by the name of its dock in lower case, and those of all views of a session."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from napari_phy.core.errors import SettingsError
from napari_phy.core.sentences import visible
from napari_phy.views.settings import SettingsController, ViewSettings

_PLACES = {
    "waveforms": "waveforms:WaveformsSettings",
    "traces": "traces:TracesSettings",
    "features": "feature_grid:FeaturesSettings",
    "correlograms": "correlograms:CorrelogramSettings",
    "amplitude": "amplitudes:AmplitudeSettings",
    "spikes": "spike_list:SpikesSettings",
    "intervals": "intervals:IntervalsSettings",
    "firing rate": "firing_rate:FiringRateSettings",
    "psth": "psth:PsthSettings",
    "raster": "raster:RasterSettings",
    "drift": "drift:DriftSettings",
    "similarity": "similarity:SimilaritySettings",
    "templates": "templates:TemplatesSettings",
    "scatter": "cluster_scatter:ClusterScatterSettings",
    "grid": "grid:GridSettings",
    "classes": "class_settings:ClassesSettings",
    "wizard": "wizard_review:WizardSettings",
    "proposals": "proposals:ProposalsSettings",
}


class _SettingsTypes(Mapping[str, type[ViewSettings]]):
    """The settings of each view, whose module is imported when they are first asked for."""

    def __getitem__(self, name: str) -> type[ViewSettings]:
        module, kind = _PLACES[name].split(":")
        settings: type[ViewSettings] = getattr(import_module(f"napari_phy.views.{module}"), kind)
        return settings

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)

    def __contains__(self, name: object) -> bool:
        return name in _PLACES


SETTINGS = _SettingsTypes()


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
