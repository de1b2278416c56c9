"""Neurons whose spikes are known, cut into clusters as sorters do: at random, by amplitude, time, drift and bursts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.spike_columns import SpikeColumns
from napari_phy.sample_data.truth import read_truth, truth_path

Cut = Literal["random", "amplitude", "time", "drift", "bursts"]
Pair = tuple[int, int]
Int64 = npt.NDArray[np.int64]
CUTS: tuple[Cut, ...] = get_args(Cut)
SHARE_CUT, SHARE_OF_THREE = 0.6, 0.25  # of neurons that are cut, and of those that become three clusters
FEWEST = 40  # spikes of a piece
FUZZ = 0.05  # standard deviation of where a spike is cut, in the ranks of the neuron's spikes
BURST_MS = 20.0  # a spike that soon after another is one of a burst
_MATCH_SAMPLES = 8


@dataclass(frozen=True, slots=True, eq=False)
class CutUnits:
    """A clustering in which some neurons are several clusters.

    Attributes
    ----------
    clusters : ndarray of int64, shape (n_spikes,)
        The cluster of each spike.
    pairs : frozenset of tuple of int
        The pairs of clusters that are one neuron.
    """

    clusters: Int64
    pairs: frozenset[Pair]


def cut_units(
    units: npt.ArrayLike, samples: Int64, columns: SpikeColumns, rate: float, cut: Cut, seed: int
) -> CutUnits:
    """Cut some neurons, the same ones each time.

    Parameters
    ----------
    units : array_like of int, shape (n_spikes,)
        The neuron of each spike; those below 0 are no neurons and stay whole.
    samples : ndarray of int64, shape (n_spikes,)
        Ascending samples.
    columns : SpikeColumns
        Amplitudes and depths of the spikes.
    rate : float
        Samples a second.
    cut : {"random", "amplitude", "time", "drift", "bursts"}
        By what: any spikes, large and small ones, early and late ones, those above and below on the probe, or those
        within bursts and the others.
    seed : int
        Which neurons are cut, where, and into how many.
    """
    of = np.asarray(units)
    rng = np.random.default_rng([seed, CUTS.index(cut)])
    clusters, next_id = np.empty(len(of), dtype=np.int64), 0
    pairs: set[Pair] = set()
    for unit in np.unique(of).tolist():
        spikes = np.flatnonzero(of == unit)
        n_pieces = 3 if rng.random() < SHARE_OF_THREE else 2
        is_cut = rng.random() < SHARE_CUT
        values = _ranks(_values(cut, spikes, samples, columns, rate, rng)) + FUZZ * rng.standard_normal(len(spikes))
        edges = np.sort(rng.uniform(0.2, 0.8, n_pieces - 1))
        pieces = np.searchsorted(edges, values)
        if cut == "bursts":
            pieces = (rng.random(len(spikes)) < np.where(_in_burst(samples[spikes], rate), 0.9, 0.1)).astype(np.int64)
        if unit < 0 or not is_cut or np.bincount(pieces, minlength=2).min() < FEWEST:
            pieces = np.zeros(len(spikes), dtype=np.int64)
        clusters[spikes] = next_id + pieces
        n_made = int(pieces.max()) + 1
        pairs.update(combinations(range(next_id, next_id + n_made), 2))
        next_id += n_made
    return CutUnits(clusters, frozenset(pairs))


def _values(
    cut: Cut, spikes: Int64, samples: Int64, columns: SpikeColumns, rate: float, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return (n,) what a neuron is cut by."""
    if cut == "amplitude":
        return columns.amplitudes[spikes].astype(np.float64)
    if cut == "time":
        return samples[spikes].astype(np.float64)
    if cut == "drift":
        return columns.depths[spikes].astype(np.float64)
    return rng.random(len(spikes))


def _in_burst(samples: Int64, rate: float) -> npt.NDArray[np.bool_]:
    return np.asarray(np.diff(samples, prepend=-(2**40)) < BURST_MS * rate / 1000)


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return (n,) the rank of each value, 0…1."""
    return np.argsort(np.argsort(values, kind="stable"), kind="stable") / max(len(values) - 1, 1)


def units_of_sample(path: Path, model: BaseModel) -> Int64:
    """Return the neuron of each spike of a sample data set."""
    return read_truth(truth_path(path)).spike_units[model.channel_group]


def units_of_klustas(path: Path, model: BaseModel) -> Int64:
    """Return the neuron of each spike that klusta detected, the most alike of those that fired; −1 where none did."""
    with np.load(path.parent / "ground_truth.npz") as truth:
        times, labels, templates = truth["spike_times"], truth["spike_labels"], truth["templates_uV"]
    order = np.argsort(times, kind="stable")
    times, labels = times[order], labels[order]
    sizes = np.abs(templates).max(axis=1)
    sizes /= np.linalg.norm(sizes, axis=1, keepdims=True)
    assert model.features is not None
    assert model.masks is not None
    every = np.arange(model.n_spikes)
    features = model.features[every].reshape(model.n_spikes, model.n_channels, -1)
    seen = np.linalg.norm(features, axis=2) * model.masks[every]
    found = np.full(model.n_spikes, -1, dtype=np.int64)
    spans = np.searchsorted(times, [model.spike_samples - _MATCH_SAMPLES, model.spike_samples + _MATCH_SAMPLES + 1])
    for spike, (first, stop) in enumerate(spans.T.tolist()):
        if first < stop:
            near = labels[first:stop]
            found[spike] = near[int((sizes[near] @ seen[spike]).argmax())]
    return found


def units_as_sorted(units: Int64, clusters: npt.ArrayLike, least_share: float = 0.8) -> Int64:
    """Return the cluster of each spike as a sorter left it; one that is not mostly a single neuron is below 0."""
    of = np.asarray(clusters, dtype=np.int64)
    found = of.copy()
    for cluster in np.unique(of).tolist():
        own = units[of == cluster]
        values, counts = np.unique(own, return_counts=True)
        if values[counts.argmax()] < 0 or counts.max() < least_share * len(own):
            found[of == cluster] = -2 - cluster
    return found
