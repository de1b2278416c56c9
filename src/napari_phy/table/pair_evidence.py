"""Evidence that clusters are one neuron, of those pairs that share channels and look alike at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import is_measured
from napari_phy.core.base_model import BaseModel
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.pair_evidence import ShapeEvidence, TimeEvidence, log_odds, shape_evidence, time_evidence
from napari_phy.stats.sampling import evenly_spread
from napari_phy.stats.similarity import unit_vectors
from napari_phy.table.cluster_channels import channels_by
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_columns, required

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]

N_SPIKES = 400  # of each cluster whose features are compared
N_CHANNELS = 6  # of a pair: those on which one of them is largest
N_CANDIDATES = 10  # of each cluster: the most similar ones
LEAST_SIMILARITY = 0.7  # cosine of the mean masked features
CLUSTERS_AT_ONCE, PAIRS_AT_ONCE = 512, 2048  # that are compared; whose features are held


@dataclass(frozen=True, slots=True)
class PairEvidence:
    """What is known of two clusters.

    Attributes
    ----------
    clusters : tuple of int
        Both ids, ascending.
    shape : ShapeEvidence
        How their features differ.
    time : TimeEvidence
        How their spikes are in time.
    terms : mapping of str to float
        What each kind of evidence adds to the log odds that they are one neuron.
    """

    clusters: tuple[int, int]
    shape: ShapeEvidence
    time: TimeEvidence
    terms: Mapping[str, float]

    @property
    def odds(self) -> float:
        """Log odds that they are one neuron."""
        return sum(self.terms.values())

    @property
    def score(self) -> float:
        """The probability of these odds."""
        return 1 / (1 + exp(-min(max(self.odds, -50.0), 50.0)))


def candidate_pairs(
    session: SessionLike, clusters: Sequence[int], on_progress: OnProgress = no_progress
) -> list[tuple[int, int]]:
    """Return pairs of clusters, ascending, that share a channel and of which one is much like the other.

    Of each cluster those count that are the most similar to it.

    Parameters
    ----------
    clusters : sequence of int
        Ascending ids.
    """
    if session.sums is None or len(clusters) < 2:
        return []
    ids = list(clusters)
    sums = session.sums.get(ids, on_progress)
    vectors = unit_vectors(np.array([sums[one].feature_mask_sum for one in ids])).astype(np.float32)
    has_part = np.zeros((len(ids), session.model.n_channels), dtype=np.float32)
    for row, one in enumerate(ids):
        has_part[row, channels_by(sums[one])] = 1
    found: set[tuple[int, int]] = set()
    for start in range(0, len(ids), CLUSTERS_AT_ONCE):
        some = slice(start, start + CLUSTERS_AT_ONCE)
        alike = np.where(has_part[some] @ has_part.T > 0, vectors[some] @ vectors.T, -1)
        alike[np.arange(len(alike)), start + np.arange(len(alike))] = -1
        best = np.argsort(-alike, axis=1, kind="stable")[:, :N_CANDIDATES]
        for row, others in enumerate(best.tolist(), start):
            near = (other for other in others if alike[row - start, other] >= LEAST_SIMILARITY)
            found.update((ids[min(row, other)], ids[max(row, other)]) for other in near)
    return sorted(found)


def pair_evidence(
    session: SessionLike, pairs: Sequence[tuple[int, int]], on_progress: OnProgress = no_progress
) -> list[PairEvidence]:
    """Return the evidence of each pair, in their order; features of a few hundred spikes of each cluster are read.

    Raises
    ------
    MissingDataError
        There are no features.
    """
    found: list[PairEvidence] = []
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        some = pairs[start : start + PAIRS_AT_ONCE]
        found += _evidence(session, some, part_of(on_progress, start / len(pairs), (start + len(some)) / len(pairs)))
    return found


def _evidence(session: SessionLike, pairs: Sequence[tuple[int, int]], on_progress: OnProgress) -> list[PairEvidence]:
    model = session.model
    clouds = _Clouds(session, pairs, part_of(on_progress, 0, 0.5))
    trains = {one: model.spike_samples[session.manager.spikes(one)] for one in {c for pair in pairs for c in pair}}
    n_samples = round(model.duration * model.sample_rate)
    found = []
    for done, pair in enumerate(pairs):
        on_progress(0.5 + 0.5 * done / len(pairs))
        shape = shape_evidence(*clouds.of(pair))
        time = time_evidence(trains[pair[0]], trains[pair[1]], n_samples, model.sample_rate)
        found.append(PairEvidence(pair, shape, time, log_odds(shape, time)))
    return found


def parts_evidence(model: BaseModel, cluster: int, spikes: Int64, rest: Int64) -> PairEvidence:
    """Return the evidence that two parts of a cluster are one neuron.

    Parameters
    ----------
    spikes, rest : ndarray of int64, shape (n,) and (m,)
        Ascending ids of the spikes of both parts.

    Raises
    ------
    MissingDataError
        There are no features.
    """
    parts = [(_read(model, part, np.arange(model.n_channels)), model.spike_samples[part]) for part in (spikes, rest)]
    sizes = [np.abs(rows).sum(axis=2).mean(axis=0) if len(rows) else np.zeros(model.n_channels) for rows, _ in parts]
    channels = _largest(np.maximum(*sizes))
    shape = shape_evidence(*(rows[:, channels].reshape(len(rows), -1) for rows, _ in parts))
    n_samples = round(model.duration * model.sample_rate)
    time = time_evidence(parts[0][1], parts[1][1], n_samples, model.sample_rate)
    return PairEvidence((cluster, cluster), shape, time, log_odds(shape, time))


class _Clouds:
    """Features of some spikes of clusters, on the channels that their pairs are compared on."""

    def __init__(self, session: SessionLike, pairs: Sequence[tuple[int, int]], on_progress: OnProgress) -> None:
        assert session.sums is not None
        ids = sorted({one for pair in pairs for one in pair})
        sums = session.sums.get(ids)
        sizes = {one: sums[one].abs_sum / max(sums[one].n_spikes, 1) for one in ids}
        self._channels = {pair: _largest(np.maximum(sizes[pair[0]], sizes[pair[1]])) for pair in pairs}
        wanted: dict[int, Int64] = {one: np.empty(0, dtype=np.int64) for one in ids}
        for pair, channels in self._channels.items():
            for one in pair:
                wanted[one] = np.union1d(wanted[one], channels)
        self._wanted = wanted
        self._rows = {}
        for done, one in enumerate(ids):
            on_progress(done / len(ids))
            self._rows[one] = _read(session.model, session.manager.spikes(one), wanted[one])

    def of(self, pair: tuple[int, int]) -> tuple[Float32, Float32]:
        """Return (n, d) and (m, d) features of both."""
        channels = self._channels[pair]
        first, second = (self._rows[one][:, np.searchsorted(self._wanted[one], channels)] for one in pair)
        return first.reshape(len(first), -1), second.reshape(len(second), -1)


def _largest(sizes: npt.NDArray[np.float64]) -> Int64:
    chosen = np.argsort(-sizes, kind="stable")[:N_CHANNELS]
    return np.sort(chosen[sizes[chosen] > 0]) if sizes.any() else np.sort(chosen)


def _read(model: BaseModel, spikes: Int64, channels: Int64) -> Float32:
    """Return (n, n_channels, n_per_channel) features of some of these spikes."""
    features = required(model.features, model, "features")
    some = evenly_spread(spikes, N_SPIKES)
    per_channel = features.shape[1] // model.n_channels
    columns = (channels[:, None] * per_channel + np.arange(per_channel)).reshape(-1)
    rows = read_columns(features, some, columns.tolist()).reshape(len(some), len(channels), per_channel)
    return np.asarray(rows[is_measured(rows)])
