"""Recordings of known neurons, whose spikes overlap, made from a seed."""

import numpy as np
from sorting.recordings import RATE, line_probe

from napari_phy.sorting import RawTraces

BEFORE = 16


def make_recording(duration_s=10.0, n_units=6, n_channels=12, rate_hz=12.0, noise=10.0, seed=0):
    """Return the traces, times between samples, the unit of each spike, and the noise alone, `(n_samples, n_channels)`.

    Units have troughs of their own width and height, largest on a channel of their own; times are those of troughs.
    """
    rng = np.random.default_rng(seed)
    n_samples = int(duration_s * RATE)
    traces = rng.normal(0, noise, (n_samples, n_channels))
    silence = traces.copy()
    times, units = [], []
    grid = np.arange(-BEFORE, 2 * BEFORE)
    for unit in range(n_units):
        centre = (unit + 0.5) * n_channels / n_units
        heights = rng.uniform(9, 16) * noise * np.exp(-(((np.arange(n_channels) - centre) / 1.3) ** 2))
        width, late = rng.uniform(2.2, 4.0), rng.uniform(7, 12)
        steps = 0.004 * RATE + rng.exponential(RATE / rate_hz, int(2 * rate_hz * duration_s))
        own = np.cumsum(steps)
        own = own[(own > 100) & (own < n_samples - 100)]
        for time in own.tolist():
            row = int(time)
            at = grid - (time - row)
            shape = -np.exp(-((at / width) ** 2)) + 0.35 * np.exp(-(((at - late) / (2 * width)) ** 2))
            traces[row - BEFORE : row + 2 * BEFORE] += rng.normal(1, 0.05) * shape[:, None] * heights
        times.append(own)
        units.append(np.full(len(own), unit))
    order = np.argsort(np.concatenate(times))
    probe = line_probe(n_channels)
    raw = RawTraces(np.rint(traces).astype(np.int16), RATE, probe)
    return raw, np.concatenate(times)[order], np.concatenate(units)[order], silence


def accuracies(times, units, samples, labels, tolerance=10):
    """Return hits / (hits + misses + false) of each unit with its cluster, one to one where their sum is largest.

    A spike is a hit where one of the cluster is within the tolerance, in samples.
    """
    from scipy.optimize import linear_sum_assignment

    clusters = np.unique(labels[labels >= 2])
    table = np.zeros((int(units.max()) + 1, len(clusters)))
    for unit in range(len(table)):
        true = times[units == unit]
        for place, cluster in enumerate(clusters):
            found = samples[labels == cluster]
            hits = matched(true, found, tolerance)
            table[unit, place] = hits / (len(true) + len(found) - hits)
    rows, columns = linear_sum_assignment(-table)
    result = np.zeros(len(table))
    result[rows] = table[rows, columns]
    return result


def matched(true, found, tolerance):
    """Return how many of ascending times have one of the others within the tolerance, each used once."""
    hits = place = 0
    for time in true:
        while place < len(found) and found[place] < time - tolerance:
            place += 1
        if place < len(found) and found[place] <= time + tolerance:
            hits += 1
            place += 1
    return hits
