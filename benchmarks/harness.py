"""What a subject is made of: its rows, its sizes, and the watch that it is timed with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeVar

import numpy as np
import numpy.typing as npt

P = ParamSpec("P")
T = TypeVar("T")
Side = Literal["ours", "theirs"]
SEED = 20_240


@dataclass(frozen=True, slots=True)
class Size:
    """How much work a subject does.

    Attributes
    ----------
    n_spikes, n_clusters : of the clustering that is edited.
    n_split : how many spikes a split takes.
    n_edits : length of a series of edits.
    n_repeats : how often a single edit is timed in one process.
    """

    n_spikes: int = 10_000_000
    n_clusters: int = 500
    n_split: int = 10_000
    n_edits: int = 100
    n_repeats: int = 15


TINY = Size(n_spikes=10_000, n_clusters=200, n_split=5, n_edits=20, n_repeats=2)


@dataclass(frozen=True, slots=True)
class Limit:
    """What a row must not exceed: our seconds or bytes, or ours against theirs.

    Attributes
    ----------
    value : in seconds, bytes, or a plain number for a ratio.
    of : "ours", "ours / theirs" or "ours - theirs".
    """

    value: float
    of: Literal["ours", "ours / theirs", "ours - theirs"] = "ours"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    work : what is done, for the reader.
    key : under which name both sides measured it.
    limit : the target, None where there is none.
    theirs_key : the name under which *our* process measured what we compare with, where no peer has it.
    peer_key : the name under which the peer's process measured it, where there are several peers; else `key`.
    unit : "s" for seconds, "B" for bytes.
    """

    work: str
    key: str
    limit: Limit | None = None
    theirs_key: str | None = None
    unit: Literal["s", "B", "%"] = "s"
    peer_key: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: wall and processor seconds, or bytes in both."""

    wall: float
    cpu: float


@dataclass(slots=True)
class Watch:
    """Samples by key, a digest of what came out, which must be the same on both sides, and sentences to print."""

    samples: dict[str, list[Sample]] = field(default_factory=dict)
    digest: str | None = None
    notes: list[str] = field(default_factory=list)

    def time(self, key: str, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what `work` returns, and keep how long it took."""
        cpu, wall = time.process_time(), time.perf_counter()
        result = work(*args, **kwargs)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        self.add(key, wall, cpu)
        return result

    def add(self, key: str, wall: float, cpu: float | None = None) -> None:
        """Keep a measurement made elsewhere."""
        self.samples.setdefault(key, []).append(Sample(wall, wall if cpu is None else cpu))


def random_clusters(size: Size, shares: dict[int, float] | None = None) -> npt.NDArray[np.int32]:
    """Return (n_spikes,) int32 clusters from 0 in random order; those in `shares` have that share of the spikes."""
    rng = np.random.default_rng(SEED)
    if not shares:
        return rng.integers(0, size.n_clusters, size.n_spikes, dtype=np.int32)
    rest = (1 - sum(shares.values())) / (size.n_clusters - len(shares))
    edges = np.cumsum([shares.get(cluster, rest) for cluster in range(size.n_clusters - 1)], dtype=np.float32)
    clusters = np.empty(size.n_spikes, dtype=np.int32)
    for start in range(0, size.n_spikes, 2**22):
        stop = min(start + 2**22, size.n_spikes)
        clusters[start:stop] = np.searchsorted(edges, rng.random(stop - start, dtype=np.float32), side="right")
    return clusters


def some_spikes(spike_clusters: npt.NDArray[np.int32], cluster: int, n_spikes: int) -> npt.NDArray[np.int64]:
    """Return `n_spikes` ascending spike ids of a cluster, chosen at random."""
    spikes = np.flatnonzero(spike_clusters == cluster)
    chosen: npt.NDArray[np.int64] = np.random.default_rng(SEED + cluster).choice(spikes, n_spikes, replace=False)
    chosen.sort()
    return chosen


def spikes_of(spike_clusters: npt.NDArray[Any], clusters: list[int], n_spikes: int) -> list[npt.NDArray[np.int64]]:
    """Return `some_spikes` of each of the clusters."""
    return [some_spikes(spike_clusters, cluster, n_spikes) for cluster in clusters]
