"""What SpikeDetekt would have made of the recording: times, masks, waveforms, misses and collisions.

The threshold crossings around every known event are flooded like SpikeDetekt floods the whole recording, so each
detected spike keeps the number of its source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.probe import Probe
from napari_phy.sample_data.recipe import SAMPLE_RATE

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

WEAK_FACTOR = 2.0
STRONG_FACTOR = 4.5
N_BEFORE = 16  # samples of a waveform
N_AFTER = 16
_REACH = 14  # samples on each side of an event where its crossings are looked for
_SEED_REACH = 7
_MERGED = 7.0  # two spikes nearer than this (samples) are one detection where they share channels
_WEIGHT_POWER = 2


@dataclass(frozen=True, slots=True, eq=False)
class Detected:
    """Detected spikes, ascending.

    Attributes
    ----------
    samples : Floats
        (n_spikes,) float64, centre of mass of the crossings.
    events : ndarray of int64, shape (n_spikes,)
        Which of the given events each spike is.
    masks : Singles
        (n_spikes, n_channels) float32, 0…1.
    """

    samples: Floats
    events: npt.NDArray[np.int64]
    masks: Singles


def filter_traces(traces: npt.NDArray[np.int16]) -> Singles:
    """Return (n_channels, n_samples) band-passed as SpikeDetekt does by default: 500 Hz to 0.475 of the rate."""
    from scipy.signal import butter, filtfilt

    b, a = butter(3, [500.0 / (SAMPLE_RATE / 2), 0.95], "bandpass")
    filtered = np.empty(traces.shape, dtype=np.float32)
    for channel, row in enumerate(traces):
        filtered[channel] = filtfilt(b, a, row.astype(np.float64))
    return filtered


def detect(
    filtered: Singles,
    probe: Probe,
    event_samples: Floats,
    event_channels: npt.NDArray[np.int64],
    event_sizes: Floats,
) -> Detected:
    """Detect the given events in filtered traces (n_channels, n_samples); what stays below the threshold is missed.

    An event is looked for near its sample, on its channel (an index) and the neighbours of that.
    """
    noise = float(np.median(np.abs(filtered[:, ::7]))) / 0.6745
    weak, strong = WEAK_FACTOR * noise, STRONG_FACTOR * noise
    centres = np.rint(event_samples).astype(np.int64)
    inside = (centres >= _REACH) & (centres < filtered.shape[1] - _REACH)
    windows = -_windows(filtered, np.where(inside, centres, _REACH), _REACH, _REACH + 1)
    component = _flood(windows, event_channels, _neighbours(probe), weak, strong) & inside[:, None, None]
    peaks = np.where(component, windows, 0.0).max(axis=1)
    masks = np.clip((peaks - weak) / (strong - weak), 0.0, 1.0).astype(np.float32)
    weights = np.where(component, np.clip((windows - weak) / (strong - weak), 0.0, 1.0), 0.0) ** _WEIGHT_POWER
    weights = weights.sum(axis=2).astype(np.float64)
    total = weights.sum(axis=1)
    found = np.flatnonzero((masks.max(axis=1) >= 1.0) & (total > 0))
    offsets = (weights[found] * np.arange(-_REACH, _REACH + 1)).sum(axis=1) / total[found]
    samples = centres[found] + offsets
    kept = _without_collisions(samples, masks[found], event_sizes[found])
    order = kept[np.argsort(samples[kept], kind="stable")]
    return Detected(samples[order], found[order], masks[found[order]])


def extract_waveforms(filtered: Singles, samples: Floats) -> Singles:
    """Return (n_spikes, N_BEFORE + N_AFTER, n_channels), moved by the fraction of a sample with a cubic."""
    whole = np.floor(samples).astype(np.int64)
    x = (samples - whole)[:, None, None].astype(np.float32)
    raw = _windows(filtered, whole, N_BEFORE + 1, N_AFTER + 2)
    p0, p1, p2, p3 = (raw[:, i : i + N_BEFORE + N_AFTER] for i in range(4))
    result: Singles = p1 + x / 2 * (
        p2 - p0 + x * (2 * p0 - 5 * p1 + 4 * p2 - p3 + x * (3 * (p1 - p2) + p3 - p0))
    )  # Catmull-Rom
    return result


def _windows(filtered: Singles, centres: npt.NDArray[np.int64], before: int, after: int) -> Singles:
    """Return (n, before + after, n_channels) around the centres; samples beyond the ends repeat the last one."""
    rows = np.clip(centres[:, None] + np.arange(-before, after), 0, filtered.shape[1] - 1)
    return np.ascontiguousarray(filtered[:, rows].transpose(1, 2, 0))


def _neighbours(probe: Probe) -> npt.NDArray[np.bool_]:
    index = {int(channel): i for i, channel in enumerate(probe.channel_ids)}
    adjacent = np.eye(probe.n_channels, dtype=bool)
    for one, other in probe.edges.tolist():
        adjacent[index[one], index[other]] = adjacent[index[other], index[one]] = True
    return adjacent


def _flood(
    windows: Singles, channels: npt.NDArray[np.int64], adjacent: npt.NDArray[np.bool_], weak: float, strong: float
) -> npt.NDArray[np.bool_]:
    """Return the nodes joined to the largest strong peak near the middle: one sample on, same or adjacent channel."""
    nodes = windows > weak
    near = windows[:, _REACH - _SEED_REACH : _REACH + _SEED_REACH + 1]
    near = np.where(adjacent[channels][:, None, :], near, -np.inf)
    best = near.reshape(len(windows), -1).argmax(axis=1)
    rows, columns = best // windows.shape[2] + _REACH - _SEED_REACH, best % windows.shape[2]
    spikes = np.arange(len(windows))
    reached = np.zeros(windows.shape, dtype=bool)
    reached[spikes, rows, columns] = windows[spikes, rows, columns] > strong
    while True:
        wider = reached.copy()
        wider[:, 1:] |= reached[:, :-1]
        wider[:, :-1] |= reached[:, 1:]
        spread = np.zeros_like(wider)
        for channel, others in enumerate(adjacent):
            spread[:, :, channel] = wider[:, :, others].any(axis=2)
        spread &= nodes
        if np.array_equal(spread, reached):
            return reached
        reached = spread


def _without_collisions(samples: Floats, masks: Singles, sizes: Floats) -> npt.NDArray[np.int64]:
    """Return which detections stay: of two at once on shared channels only the larger event is seen."""
    kept = np.ones(len(samples), dtype=bool)
    order = np.argsort(samples, kind="stable").tolist()
    for place, one in enumerate(order):
        for other in order[place + 1 :]:
            if samples[other] - samples[one] >= _MERGED:
                break
            if kept[one] and kept[other] and bool(np.any((masks[one] > 0) & (masks[other] > 0))):
                kept[other if sizes[one] >= sizes[other] else one] = False
    return np.flatnonzero(kept)
