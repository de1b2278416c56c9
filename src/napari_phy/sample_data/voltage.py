"""The simulated recording of one shank: every source's spikes added to the noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.probe import Probe
from napari_phy.sample_data.action_potentials import N_BEFORE, compute_spikes
from napari_phy.sample_data.noise import artefact_times, make_artefacts, make_field, make_noise
from napari_phy.sample_data.recipe import (
    ARTEFACT,
    MICROVOLTS_PER_UNIT,
    MUA,
    SAMPLE_RATE,
    SEED,
    SHANK_DISTANCE_UM,
    UNITS,
    Unit,
)
from napari_phy.sample_data.trains import make_train, spike_scales, spike_shifts

Floats = npt.NDArray[np.float64]
_Events = tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]  # samples, sources, channels, sizes

_N_DISTANT = 12  # neurons too far away to be distinguished, on each shank
_CHUNK = 500  # spikes


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """What the sites of one shank recorded, and why.

    Attributes
    ----------
    traces : ndarray of int16, shape (n_channels, n_samples)
        `MICROVOLTS_PER_UNIT` µV a unit.
    event_samples : Floats
        (n_events,) float64, when each source was active, ascending.
    event_sources : ndarray of int64, shape (n_events,)
        The unit's number, or `MUA`, or `ARTEFACT`.
    event_channels : ndarray of int64, shape (n_events,)
        Index of the channel with the largest negative peak.
    event_sizes : Floats
        (n_events,) float64, that peak in µV.
    """

    traces: npt.NDArray[np.int16]
    event_samples: Floats
    event_sources: npt.NDArray[np.int64]
    event_channels: npt.NDArray[np.int64]
    event_sizes: Floats


def site_positions(probe: Probe, shank: int) -> Floats:
    """Return (n_channels, 2) in µm, measured from the middle of the shank at its lowest site."""
    result: Floats = probe.positions - np.array([shank * SHANK_DISTANCE_UM, 0.0])
    return result


def record_shank(shank: int, probe: Probe, duration_s: float) -> Recorded:
    """Simulate the recording of one shank; each source of chance has a seed of its own."""
    sites = site_positions(probe, shank)
    n_samples = round(duration_s * SAMPLE_RATE)
    voltage = make_noise(sites, n_samples, _rng(shank, 0))
    voltage += make_field(sites, n_samples, _rng(shank, 1))
    events = [
        _add_unit(voltage, unit, number, sites, duration_s, _rng(shank, 2, number))
        for number, unit in enumerate(UNITS)
        if unit.shank == shank
    ]
    distant = _distant_units(shank, _rng(shank, 3))
    events += [
        _add_unit(voltage, unit, MUA, sites, duration_s, _rng(shank, 4, number)) for number, unit in enumerate(distant)
    ]
    events.append(_add_artefacts(voltage, shank, duration_s))
    samples, sources, channels, sizes = (np.concatenate(parts) for parts in zip(*events, strict=True))
    order = np.argsort(samples, kind="stable")
    voltage *= np.float32(1.0 / MICROVOLTS_PER_UNIT)
    traces = np.rint(voltage, out=voltage).clip(-32768, 32767).astype(np.int16)
    return Recorded(traces, samples[order], sources[order], channels[order], sizes[order])


def _rng(*key: int) -> np.random.Generator:
    return np.random.default_rng((SEED, *key))


def _distant_units(shank: int, rng: np.random.Generator) -> list[Unit]:
    return [
        Unit(
            shank=shank,
            kind="interneuron" if rng.random() < 0.3 else "pyramidal",
            x_um=float(rng.uniform(-25, 25)),
            y_um=float(rng.uniform(-20, 300)),
            z_um=float(rng.uniform(45, 80)),
            amplitude_uv=float(rng.uniform(16, 44)),
            rate_hz=float(rng.uniform(0.8, 3.0)),
            bursting=0.2,
        )
        for _ in range(_N_DISTANT)
    ]


def _add_unit(
    voltage: npt.NDArray[np.float32],
    unit: Unit,
    source: int,
    sites: Floats,
    duration_s: float,
    rng: np.random.Generator,
) -> _Events:
    """Add a unit's spikes in place; return them."""
    times = make_train(unit, duration_s, rng)
    scales = spike_scales(unit, times, duration_s, rng)
    shifts = spike_shifts(unit, times, duration_s)
    samples = times * SAMPLE_RATE
    whole = np.floor(samples).astype(np.int64)
    channels = np.empty(len(times), dtype=np.int64)
    sizes = np.empty(len(times))
    for start in range(0, len(times), _CHUNK):
        part = slice(start, start + _CHUNK)
        spikes = compute_spikes(unit, sites, (samples - whole)[part], shifts[part], scales[part])
        troughs = -spikes.min(axis=1)
        channels[part] = troughs.argmax(axis=1)
        sizes[part] = troughs.max(axis=1)
        _add(voltage, whole[part] - N_BEFORE, spikes)
    return samples, np.full(len(times), source, dtype=np.int64), channels, sizes


def _add_artefacts(voltage: npt.NDArray[np.float32], shank: int, duration_s: float) -> _Events:
    times = artefact_times(duration_s, _rng(9))  # the same on both shanks
    shapes = make_artefacts(times, len(voltage), _rng(shank, 5))
    whole = np.rint(times * SAMPLE_RATE).astype(np.int64)
    _add(voltage, whole - 20, shapes)
    return (
        whole.astype(np.float64),
        np.full(len(times), ARTEFACT, dtype=np.int64),
        np.abs(shapes).max(axis=1).argmax(axis=1),
        np.full(len(times), np.inf),
    )


def _add(voltage: npt.NDArray[np.float32], starts: npt.NDArray[np.int64], shapes: Floats) -> None:
    n_samples = shapes.shape[1]
    for start, shape in zip(starts.tolist(), shapes.astype(np.float32), strict=True):
        voltage[:, start : start + n_samples] += shape.T
