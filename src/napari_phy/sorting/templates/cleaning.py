"""Which templates are of neurons: not those that are tiny, rare, the same as others, or two others at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.sorting.templates.parameters import TemplateParameters

Bools = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_LEAST_ERRORS = 5.0  # standard errors, with which a channel is kept
_TAPER = 3  # samples at either end
_SIMILAR_SIZE = 0.6, 1.6  # of templates that are one
_REFRACTORY_MS = 0.5, 2.5  # between two spikes: later than one is found for, and sooner than a neuron fires again
_FALSE, _LIKELIER = 0.25, 20.0  # how much of chance is left within one neuron, and how much likelier two must be
_RARE = 0.15  # how many spikes at once there may be, of those of each
_LEFT = 0.15  # of the energy that two others don't explain
_LEAST_OVERLAP = 0.5  # of the energy of a template that lies in the window


def tidied(waveforms: Float32, counts: npt.NDArray[np.floating]) -> Float32:
    """Return templates that are 0 on channels and at either end where they are no more than noise.

    Parameters
    ----------
    waveforms : ndarray of float32, shape (n_templates, n_samples, n_channels)
        In multiples of the noise.
    counts : ndarray of float, shape (n_templates,)
        Number of spikes that each is the mean of, or of how many a mean would be as exact.
    """
    least = _LEAST_ERRORS / np.sqrt(np.maximum(counts, 1))
    is_more = np.abs(waveforms) >= least[:, None, None]
    on_channel, in_time = (np.asarray(is_more.any(axis=axis)) for axis in (1, 2))
    return np.asarray(waveforms * on_channel[:, None, :] * _tapers(in_time)[:, :, None], dtype=np.float32)


def _tapers(is_more: Bools) -> Float32:
    """Return `(n_templates, n_samples)` weights: 1 from the first sample that is kept to the last one, falling to 0."""
    n_samples = is_more.shape[1]
    rows = np.arange(n_samples)
    first = np.where(is_more.any(axis=1), is_more.argmax(axis=1), n_samples)[:, None]
    last = np.where(is_more.any(axis=1), n_samples - 1 - is_more[:, ::-1].argmax(axis=1), -1)[:, None]
    inside = np.minimum(rows - first, last - rows) / (_TAPER + 1) + 1
    at_ends = np.minimum(rows, n_samples - 1 - rows) / (_TAPER - 1)
    return np.asarray(np.clip(np.minimum(inside, at_ends), 0, 1), dtype=np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Trains:
    """When the spikes of templates are, which tells whether two templates are of one neuron.

    Attributes
    ----------
    times : tuple of ndarray of float64
        Those of each template, ascending, in samples.
    n_samples : int
        Length of the recordings.
    sample_rate : float
        In Hz.
    """

    times: tuple[Float64, ...]
    n_samples: int
    sample_rate: float

    @property
    def counts(self) -> Int64:
        """Number of spikes of each, `(n_templates,)`."""
        return np.array([len(some) for some in self.times], dtype=np.int64)

    def are_of_two(self, one: int, other: int) -> bool:
        """Return whether two templates are of two neurons: spikes follow each other sooner than those of one can.

        By chance those of two neurons do so a known number of times, and the spikes of one neuron, some of them false,
        a quarter as often. Templates are compared that are alike, mostly since they are of one neuron: the first must
        be the likelier by far.
        """
        mine, others = self.times[one], self.times[other]
        low, high = (ms * self.sample_rate / 1000 for ms in _REFRACTORY_MS)
        n_found = sum(
            int((np.searchsorted(others, mine + late) - np.searchsorted(others, mine + soon)).sum())
            for soon, late in ((-high, -low), (low, high))
        )
        expected = len(mine) * len(others) * 2 * (high - low) / max(self.n_samples, 1)
        return n_found * -math.log(_FALSE) - (1 - _FALSE) * expected > math.log(_LIKELIER)


def neurons(waveforms: Float32, trains: Trains, of_group: Int64, given: TemplateParameters, reach: int) -> Bools:
    """Return which templates are of neurons.

    Parameters
    ----------
    waveforms : ndarray of float32, shape (n_templates, n_samples, n_channels)
        Tidied.
    trains : Trains
        The spikes of each.
    of_group : ndarray of int64, shape (n_templates,)
        Those of different groups are never compared.
    given : TemplateParameters
        What is asked for.
    reach : int
        By how many samples templates that are one may be moved.
    """
    norms, counts = np.sqrt(np.einsum("ijk,ijk->i", waveforms, waveforms)), trains.counts
    kept: Bools = (norms >= given.least_norm) & (counts >= given.least_spikes)
    _drop_same(waveforms, norms, trains, of_group, given.most_alike, reach, kept)
    _drop_composites(waveforms, counts, of_group, kept)
    return kept


def _drop_same(
    waveforms: Float32, norms: Float32, trains: Trains, of_group: Int64, most_alike: float, reach: int, kept: Bools
) -> None:
    """Drop templates that are like one with more spikes, and of the same neuron."""
    alike, reach = np.full((len(waveforms), len(waveforms)), -np.inf), min(reach, waveforms.shape[1] - 1)
    for products, _ in _shifted_products(waveforms, waveforms, range(-reach, reach + 1)):
        np.maximum(alike, products, out=alike)
    sizes = np.maximum(norms, 1e-9)
    alike /= sizes[:, None] * sizes
    low, high = _SIMILAR_SIZE
    order = np.argsort(-trains.counts, kind="stable")
    for place, one in enumerate(order.tolist()):
        others = order[:place][kept[order[:place]] & (of_group[order[:place]] == of_group[one])]
        ratio = norms[one] / np.maximum(norms[others], 1e-9)
        rivals = others[(alike[one, others] > most_alike) & (low < ratio) & (ratio < high)]
        if not all(trains.are_of_two(one, other) for other in rivals.tolist()):
            kept[one] = False


def _drop_composites(waveforms: Float32, counts: Int64, of_group: Int64, kept: Bools) -> None:
    """Drop templates that are the sum of two others, whose spikes are many more."""
    half = waveforms.shape[1] // 2
    for one in np.argsort(counts, kind="stable").tolist():
        frequent = np.flatnonzero(kept & (counts * _RARE > counts[one]) & (of_group == of_group[one]))
        if not kept[one] or len(frequent) < 2:
            continue
        left = waveforms[one : one + 1].copy()
        energy = float((left**2).sum())
        for _ in range(2):
            left = left - _best_explained(left, waveforms[frequent], half)
        if float((left**2).sum()) < _LEFT * energy:
            kept[one] = False


def _best_explained(left: Float32, waveforms: Float32, reach: int) -> Float32:
    """Return the template, moved and scaled, that explains most of `left`, `(1, n_samples, n_channels)`."""
    whole = (waveforms**2).sum(axis=(1, 2))
    best, best_gain = np.zeros_like(left), 0.0
    n_samples = left.shape[1]
    for products, shift in _shifted_products(left, waveforms, range(-reach, reach + 1)):
        inside = waveforms[:, max(0, -shift) : n_samples - max(0, shift)]
        energies = np.maximum((inside**2).sum(axis=(1, 2)), 1e-9)
        amplitudes = np.clip(products[0] / energies, 0.5, 1.5)
        gains = np.where(energies >= _LEAST_OVERLAP * whole, amplitudes * (2 * products[0] - amplitudes * energies), 0)
        chosen = int(gains.argmax())
        if gains[chosen] > best_gain:
            best_gain = float(gains[chosen])
            best = np.zeros_like(left)
            best[0, max(0, shift) : n_samples + min(0, shift)] = amplitudes[chosen] * inside[chosen]
    return best


def _shifted_products(ones: Float32, others: Float32, shifts: range) -> Iterator[tuple[Float64, int]]:
    """Yield `(n_ones, n_others)` the products of templates where the others come `shift` samples later."""
    n_samples = ones.shape[1]
    for shift in shifts:
        left = ones[:, max(0, shift) : n_samples + min(0, shift)]
        right = others[:, max(0, -shift) : n_samples - max(0, shift)]
        size = left.shape[1] * left.shape[2]
        yield (left.reshape(len(ones), size) @ right.reshape(len(others), size).T).astype(np.float64), shift
