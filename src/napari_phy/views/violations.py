"""The spikes of clusters that come too soon after another one for one neuron."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import nan

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.stats.intervals import NO_INTERVAL, spike_intervals
from napari_phy.stats.refractory import violations
from napari_phy.table.columns import mean_rates
from napari_phy.table.numbers import format_number
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import first_spikes

Int64 = npt.NDArray[np.int64]

_violating: SessionCache[int, Int64] = SessionCache(lambda spikes: spikes.nbytes + 128)


def violating_spikes(session: SessionLike, clusters: tuple[int, ...]) -> Int64:
    """Return the ascending spikes that come within the refractory time after another one of the same cluster."""
    found = _violating.get(session, clusters, partial(_find_violating, session))
    return np.sort(np.concatenate([np.empty(0, np.int64), *found.values()]))


def _find_violating(session: SessionLike, clusters: list[int]) -> dict[int, Int64]:
    samples, rate, found = session.model.spike_samples, session.model.sample_rate, {}
    for cluster in clusters:
        spikes = session.manager.spikes(cluster)
        firsts = first_spikes(session.manager, spikes)
        found[cluster] = spikes[violations(samples[spikes], sample_rate=rate, firsts=firsts)]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class MergedViolations:
    """Refractory violations of some sets of spikes, and of all of them as one cluster.

    Attributes
    ----------
    refractory_ms : float
        Intervals below it are violations.
    n_violations, n_intervals : ndarray of int64, shape (n,)
        Number of violations, and of all intervals, of each set.
    whole_violations, whole_intervals : int
        The same of all spikes together.
    by_chance : float
        Pairs of spikes of different sets within the refractory time if the sets fired independently, at their mean
        rates.
    """

    refractory_ms: float
    n_violations: Int64
    n_intervals: Int64
    whole_violations: int
    whole_intervals: int
    by_chance: float

    @property
    def each_percent(self) -> list[float]:
        """Per cent of the intervals of each set that are violations; nan where there is none."""
        return [_percent(*both) for both in zip(self.n_violations.tolist(), self.n_intervals.tolist(), strict=True)]

    @property
    def apart_percent(self) -> float:
        """Per cent of the intervals within the sets that are violations; nan where there is none."""
        return _percent(int(self.n_violations.sum()), int(self.n_intervals.sum()))

    @property
    def together_percent(self) -> float:
        """The same of all spikes together."""
        return _percent(self.whole_violations, self.whole_intervals)

    @property
    def n_between(self) -> int:
        """Violations of all together beyond those within the sets."""
        return self.whole_violations - int(self.n_violations.sum())

    @property
    def chance_words(self) -> str:
        """How many would be by chance: `about 4` or `less than one`."""
        return f"about {format_number(self.by_chance)}" if self.by_chance >= 0.5 else "less than one"


def merged_violations(session: SessionLike, parts: Sequence[Int64], refractory_ms: float) -> MergedViolations:
    """Count the refractory violations of sets of spikes, alone and as one cluster.

    Parameters
    ----------
    session : SessionLike
        The clustering.
    parts : sequence of ndarray of int64, shape (n,)
        Ascending ids of the spikes of each set; no spike is in two.
    refractory_ms : float
        Intervals below it are violations.
    """
    n_violations, n_intervals = np.array([_violations(session, part, refractory_ms) for part in parts]).T
    whole = _violations(session, np.sort(np.concatenate(parts), kind="stable"), refractory_ms)
    sizes = np.array([len(part) for part in parts], dtype=np.int64)
    rates = mean_rates(session, sizes)
    pairs = sum(2 * sizes[one] * rates[other] for one, other in combinations(range(len(sizes)), 2))
    by_chance = float(pairs * refractory_ms / 1000)
    return MergedViolations(refractory_ms, read_only(n_violations), read_only(n_intervals), *whole, by_chance)


def _violations(session: SessionLike, spikes: Int64, refractory_ms: float) -> tuple[int, int]:
    """Return how many intervals of spikes are below the refractory time, and how many there are."""
    model = session.model
    intervals = spike_intervals(model.spike_samples[spikes], first_spikes(session.manager, spikes))
    intervals = intervals[intervals != NO_INTERVAL]
    return int(np.count_nonzero(intervals * 1000.0 < refractory_ms * model.sample_rate)), len(intervals)


def _percent(n: int, of: int) -> float:
    return 100 * n / of if of else nan
