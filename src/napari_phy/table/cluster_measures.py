"""The columns of the list of clusters as measures: values, titles, words."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.table.cluster_table import ClusterTable
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.table.value_range import ValueRange

Measure = Literal["depth", "rate", "amplitude", "spikes", "refractory", "channel", "id"]
MEASURES: tuple[Measure, ...] = ("depth", "rate", "amplitude", "spikes", "refractory", "channel", "id")
OF_FEATURES = frozenset({"depth", "channel"})  # measures that are made of features
LOGARITHMIC = frozenset({"rate", "amplitude", "spikes"})  # measures that may have a logarithmic axis

_TITLES = {
    "depth": ("depth", "µm"),
    "rate": ("rate", "Hz"),
    "refractory": ("intervals within 2 ms", "%"),
    "id": ("cluster id", ""),
}
_DECIMALS = {"rate": 1, "refractory": 1}


def known_measures(session: SessionLike, *, reads_features: bool = True) -> tuple[Measure, ...]:
    """Return the measures that can be known of a data set, as it has features, raw data and positions of channels."""
    has_features = session.sums is not None and reads_features
    known = {
        "depth": has_features and session.model.probe.knows_positions,
        "channel": has_features,
        "amplitude": session.model.waveforms is not None,
    }
    return tuple(measure for measure in MEASURES if known.get(measure, True))


def measure_name(measure: str) -> str:
    """Return what a measure is called in menus and captions."""
    return "cluster id" if measure == "id" else measure


def column(table: ClusterTable, measure: str) -> npt.NDArray[np.float64]:
    """Return (n,) float64 of a column; nan where it is not known."""
    values = {
        "depth": table.depths,
        "rate": table.rates,
        "amplitude": table.amplitudes,
        "spikes": table.n_spikes,
        "refractory": table.refractory,
        "channel": table.channels,
        "id": table.ids,
    }[measure].astype(np.float64)
    if measure == "channel":
        values[values < 0] = np.nan
    return values


def measure_title(measure: str, amplitude_unit: str) -> str:
    """Return the title of an axis: "rate (Hz)"."""
    title, unit = _title(measure, amplitude_unit)
    return f"{title} ({unit})" if unit else title


def range_labels(measure: str, ends: ValueRange, amplitude_unit: str) -> tuple[str, str]:
    """Return what the two ends of a ramp of colours stand for: "0.8" and "≥ 8.1 Hz"."""
    _, unit = _title(measure, amplitude_unit)
    return ends.labels(unit, _DECIMALS.get(measure, 0))


def measure_words(measure: str, value: float, amplitude_unit: str) -> str:
    """Return "rate 4.3 Hz"."""
    _, unit = _title(measure, amplitude_unit)
    number = format_number(value, _DECIMALS.get(measure, 0))
    return f"{measure} {number} {unit}" if unit else f"{measure} {number}"


def _title(measure: str, amplitude_unit: str) -> tuple[str, str]:
    return _TITLES.get(measure, (measure, amplitude_unit if measure == "amplitude" else ""))
