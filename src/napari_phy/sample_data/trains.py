"""When a unit fires and how large each of its spikes is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.sample_data.recipe import Unit

Floats = npt.NDArray[np.float64]

REFRACTORY_S = 0.0024
_LONGEST_BURST = 4  # spikes after the first
_CONTINUES = 0.42
_EDGE_S = 0.02  # no spike so near to either end: its waveform would be cut


def make_train(unit: Unit, duration_s: float, rng: np.random.Generator) -> Floats:
    """Return ascending spike times in seconds: a gamma process under a slow rate, with bursts."""
    extra = unit.bursting * sum(_CONTINUES**step for step in range(_LONGEST_BURST))
    events = _gamma_events(unit, unit.rate_hz / (1.0 + extra), duration_s, rng)
    times = np.sort(_add_bursts(events, unit.bursting, rng))
    times = times[(times > _EDGE_S) & (times < duration_s - _EDGE_S)]
    return _without_violations(times)


def _gamma_events(unit: Unit, rate_hz: float, duration_s: float, rng: np.random.Generator) -> Floats:
    grid = np.linspace(0.0, duration_s, max(int(duration_s * 20), 2))
    periods = rng.uniform(4.0, 25.0, 3)
    phases = rng.uniform(0.0, 2 * np.pi, 3)
    modulation = 1.0 + 0.3 * np.sin(2 * np.pi * grid[:, None] / periods + phases).sum(axis=1) / 2
    elapsed = np.concatenate([[0.0], np.cumsum((modulation[1:] + modulation[:-1]) / 2 * np.diff(grid))])
    elapsed *= duration_s / elapsed[-1]
    shape = 1.6 if unit.kind == "interneuron" else 1.3
    n_drawn = int(rate_hz * duration_s * 1.5) + 30
    waits = rng.gamma(shape, 1.0 / (shape * rate_hz), n_drawn)
    operational = np.cumsum(waits)
    result: Floats = np.interp(operational[operational < duration_s], elapsed, grid)
    return result


def _add_bursts(events: Floats, bursting: float, rng: np.random.Generator) -> Floats:
    trains = [events]
    alive = rng.random(len(events)) < bursting
    times = events.copy()
    for _ in range(_LONGEST_BURST):
        times = times + rng.gamma(12.0, 0.005 / 12, len(events))
        trains.append(times[alive])
        alive = alive & (rng.random(len(events)) < _CONTINUES)
    return np.concatenate(trains)


def _without_violations(times: Floats) -> Floats:
    kept: list[float] = []
    for time in times.tolist():
        if not kept or time - kept[-1] >= REFRACTORY_S:
            kept.append(time)
    return np.array(kept)


def spike_scales(unit: Unit, times: Floats, duration_s: float, rng: np.random.Generator) -> Floats:
    """Return each spike's share of the unit's amplitude: slow fading, smaller within bursts, a little of chance."""
    slow = 1.0 + unit.fading * (0.5 - times / duration_s)
    intervals = np.diff(times, prepend=-1.0)
    used = np.zeros(len(times))
    for i, interval in enumerate(intervals.tolist()):
        used[i] = (used[i - 1] + 1.0) * np.exp(-interval / 0.012) if i else 0.0
    depletion = 0.30 if unit.kind == "pyramidal" else 0.08
    chance = 1.0 + 0.05 * rng.standard_normal(len(times))
    result: Floats = slow * (1.0 - depletion * np.tanh(used)) * chance
    return result


def spike_shifts(unit: Unit, times: Floats, duration_s: float) -> Floats:
    """Return how far up in µm the unit has drifted at each spike."""
    progress = times / duration_s
    wander = 0.08 * np.sin(2 * np.pi * (1.7 * progress + 0.2 * unit.shank))
    result: Floats = unit.drift_um * (progress + wander)
    return result
