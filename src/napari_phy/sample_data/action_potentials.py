"""The voltage that a spike leaves on the sites of a shank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.sample_data.recipe import SAMPLE_RATE, Unit

Floats = npt.NDArray[np.float64]

N_BEFORE = 20  # samples of a template before and after the time of the spike
N_AFTER = 44
DENDRITE_STEPS_UM = np.arange(0.0, 141.0, 20.0)  # the soma and places along the dendrite where the current returns
_RETURNED = {"pyramidal": 0.65, "interneuron": 0.3}  # share of the soma's current that leaves along the dendrite
_DENDRITE_UM = {"pyramidal": 90.0, "interneuron": 30.0}
_VELOCITY_UM_PER_MS = 450.0
_CLOSEST_UM = 8.0


@dataclass(frozen=True, slots=True)
class _Phase:
    """One deflection: an asymmetric bell."""

    height: float
    at_ms: float
    rise_ms: float
    fall_ms: float


def _phases(unit: Unit) -> tuple[_Phase, ...]:
    if unit.kind == "interneuron":
        return (
            _Phase(-1.0, 0.0, 0.075, 0.085),
            _Phase(0.42, 0.29, 0.11, 0.22),
            _Phase(0.06 + 0.1 * unit.triphasic, -0.2, 0.08, 0.06),
        )
    return (
        _Phase(-1.0, 0.0, 0.11, 0.15),
        _Phase(0.34, 0.62, 0.25, 0.48),
        _Phase(0.05 + 0.2 * unit.triphasic, -0.3, 0.14, 0.1),
    )


def _current(unit: Unit, time_ms: Floats) -> Floats:
    total = np.zeros_like(time_ms)
    for phase in _phases(unit):
        offset = time_ms - phase.at_ms
        width = np.where(offset < 0, phase.rise_ms, phase.fall_ms)
        total += phase.height * np.exp(-0.5 * (offset / width) ** 2)
    return total


def _source_currents(unit: Unit, fractions: Floats) -> Floats:
    """Return (n_spikes, n_sources, n_samples): later and broader along the dendrite."""
    samples = np.arange(-N_BEFORE, N_AFTER) - fractions[:, None]
    time_ms = samples / SAMPLE_RATE * 1e3
    delays = DENDRITE_STEPS_UM / _VELOCITY_UM_PER_MS
    stretched = (time_ms[:, None, :] - delays[:, None]) / (1.0 + 1.5 * delays[:, None])
    weights = np.exp(-DENDRITE_STEPS_UM / _DENDRITE_UM[unit.kind])
    weights[1:] *= -_RETURNED[unit.kind] / weights[1:].sum()
    result: Floats = _current(unit, stretched) * weights[:, None]
    return result


def _distances(unit: Unit, sites: Floats, shift_um: Floats) -> Floats:
    """Return (n_spikes, n_sites, n_sources) distances in µm; `sites` are relative to the shank."""
    up = sites[:, 1, None] - unit.y_um - DENDRITE_STEPS_UM
    across = sites[:, 0, None] - unit.x_um
    return np.sqrt(across**2 + (up - shift_um[:, None, None]) ** 2 + unit.z_um**2 + _CLOSEST_UM**2)


def _voltages(unit: Unit, sites: Floats, fractions: Floats, shift_um: Floats) -> Floats:
    spread = _distances(unit, sites, shift_um) ** -1.5
    result: Floats = np.einsum("nck,nkt->ntc", spread, _source_currents(unit, fractions))
    return result


def compute_template(unit: Unit, sites: Floats) -> Floats:
    """Return (n_samples, n_sites) in µV: the unit half-way through its drift."""
    middle = np.array([unit.drift_um / 2])
    shape = _voltages(unit, sites, np.zeros(1), middle)[0]
    result: Floats = shape * (unit.amplitude_uv / -shape.min())
    return result


def compute_spikes(unit: Unit, sites: Floats, fractions: Floats, shift_um: Floats, scales: Floats) -> Floats:
    """Return (n_spikes, n_samples, n_sites) in µV for spikes `fractions` of a sample late, moved up and scaled."""
    middle = np.array([unit.drift_um / 2])
    unscaled = _voltages(unit, sites, np.zeros(1), middle)[0].min()
    gain = scales * (unit.amplitude_uv / -unscaled)
    result: Floats = _voltages(unit, sites, fractions, shift_um) * gain[:, None, None]
    return result
