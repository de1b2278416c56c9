"""The table of all settings: what each is called, may be, and is for."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from napari_phy.core.memory import USUAL_MB

Kind = Literal["integer", "number", "boolean", "text"]

_WORDS: Mapping[Kind, str] = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "True or False",
    "text": "a text",
}
_JSON: Mapping[Kind, str] = {"integer": "integer", "number": "number", "boolean": "boolean", "text": "string"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes
    ----------
    name : str
        Name in `config.py`.
    title : str
        Name in napari's Preferences.
    kind : Kind
        Kind of its value.
    default : object
        Its value unless another one is set.
    doc : str
        One sentence.
    minimum, maximum : float, optional
        Least and largest value of numbers.
    choices : tuple of object, default ()
        The values that are allowed; empty for all.
    in_preferences : bool, default True
        Whether napari's Preferences offer it; what tells of a data set is for `config.py` only.
    """

    name: str
    title: str
    kind: Kind
    default: Any
    doc: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[Any, ...] = ()
    in_preferences: bool = True

    @property
    def must_be(self) -> str:
        """What a value must be, in words."""
        if self.choices:
            return f"one of {', '.join(map(repr, self.choices))}"
        bounds = "" if self.minimum is None else f" from {self.minimum} to {self.maximum}"
        return _WORDS[self.kind] + bounds

    def checked(self, value: Any) -> Any:
        """Return the value in its own type.

        Raises
        ------
        ValueError
            If it is not what it must be.
        """
        problem = ValueError(f"{self.name} must be {self.must_be}")
        if self.kind in ("integer", "number"):
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                raise problem
            if self.kind == "integer" and value != int(value):
                raise problem
            if (self.minimum is not None and value < self.minimum) or (
                self.maximum is not None and value > self.maximum
            ):
                raise problem
            value = int(value) if self.kind == "integer" else float(value)
        elif not isinstance(value, bool if self.kind == "boolean" else str):
            raise problem
        if self.choices and value not in self.choices:
            raise problem
        return value


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        setting.name: setting
        for setting in (
            Setting(
                "correlogram_bin_ms",
                "Correlogram bin (ms)",
                "number",
                1.0,
                "Width of a bin of the correlograms, in ms.",
                0.1,
                20,
            ),
            Setting(
                "correlogram_window_ms",
                "Correlogram window (ms)",
                "number",
                50.0,
                "Full width of the correlograms, in ms: 50 shows lags from −25 to 25 ms.",
                2,
                2000,
            ),
            Setting(
                "waveforms_per_cluster",
                "Waveforms in a mean",
                "integer",
                100,
                "Most spikes that the mean waveform of a cluster is made of.",
                1,
                10_000,
            ),
            Setting(
                "waveforms_shown",
                "Single waveforms shown",
                "integer",
                90,
                "Most single waveforms drawn of all selected clusters together.",
                1,
                10_000,
            ),
            Setting(
                "features_per_cluster",
                "Spikes of a cluster in Features",
                "integer",
                2500,
                "Most spikes of each selected cluster drawn in Features; a lasso takes all of them.",
                1,
                1_000_000,
            ),
            Setting(
                "features_background",
                "Background spikes in Features",
                "integer",
                2500,
                "Most spikes of all other clusters together drawn in Features.",
                0,
                1_000_000,
            ),
            Setting(
                "amplitudes_per_cluster",
                "Spikes of a cluster in Amplitude",
                "integer",
                10_000,
                "Most spikes of each selected cluster drawn in Amplitude; a lasso takes all of them.",
                1,
                1_000_000,
            ),
            Setting(
                "amplitudes_background",
                "Background spikes in Amplitude",
                "integer",
                2500,
                "Most spikes of all other clusters together drawn in Amplitude.",
                0,
                1_000_000,
            ),
            Setting(
                "memory_mb",
                "Memory for caches (MB)",
                "integer",
                USUAL_MB,
                "Memory for what is kept to be shown again without reading, of all open data sets together, in MB.",
                64,
                1_000_000,
            ),
            Setting(
                "recording_order",
                "Numbers of recordings",
                "text",
                "auto",
                "How spikes name their recording: by 'number', by its place in the order of 'text' (0, 1, 10, 11, 2), "
                "as klusta does, or by its 'place' in the order of number; 'auto' finds out.",
                choices=("auto", "number", "text", "place"),
                in_preferences=False,
            ),
        )
    }
)


def setting(name: str) -> Setting:
    """Return a setting by name.

    Raises
    ------
    ValueError
        If there is none; the message names the nearest.
    """
    if name not in SETTINGS:
        near = difflib.get_close_matches(name.lower(), SETTINGS, cutoff=0.5)
        advice = f"did you mean {near[0]}" if near else "`napari-phy config` lists them"
        raise ValueError(f"there is no setting {name}; {advice}")
    return SETTINGS[name]


def preferences() -> dict[str, Any]:
    """Return the contribution `configurations` of the manifest: the same settings in napari's Preferences."""
    return {
        "sorting": {
            "title": "Sorting",
            "properties": {name: _schema(setting) for name, setting in SETTINGS.items() if setting.in_preferences},
        }
    }


def _schema(setting: Setting) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "title": setting.title,
        "type": _JSON[setting.kind],
        "default": setting.default,
        "description": setting.doc,
    }
    if setting.minimum is not None:
        schema |= {"minimum": setting.minimum, "maximum": setting.maximum}
    if setting.choices:
        schema["enum"] = list(setting.choices)
    return schema
