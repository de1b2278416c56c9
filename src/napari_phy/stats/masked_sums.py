"""Sums over the spikes of a cluster that its masked Gaussian is made of: they add up, and can be subtracted.

With a feature x, its mask w, and mean ν and variance σ² of what is masked, a spike counts as ỹ = w (x − ν), which is 0
where it is masked, and as η = w (1 − w) (x − ν)² + (1 − w) σ², what the mask leaves unknown (masked EM: Kadir, Goodman
and Harris 2014, doi:10.1162/NECO_a_00661). Products of two features are summed only over the core of a cluster: the
channels on which more than `LEAST_UNMASKED` of its spikes are not masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]
Rows = tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]  # features (n, n_features) and masks (n, n_channels)

LEAST_UNMASKED = 10
MOST_FEATURES = 128  # of a core: what 500 clusters hold stays below 200 MB, however many channels there are
LEAST_VARIANCE = 1e-3  # of what is masked, as a part of the variance of all spikes


@dataclass(frozen=True, slots=True, eq=False)
class MaskedNoise:
    """What a feature is where it is masked, the same for all clusters of a data set.

    Attributes
    ----------
    mean : ndarray of float64, shape (n_features,)
        ν; of all spikes where a feature is never masked.
    variance : ndarray of float64, shape (n_features,)
        σ², above 0.
    """

    mean: Float64
    variance: Float64

    @classmethod
    def of(cls, blocks: Iterable[Rows]) -> MaskedNoise:
        """Return mean and variance of the masked features of some spikes, which come in blocks of rows."""
        totals: list[Float64] = []
        shift: Float64 | None = None
        for features, masks in blocks:
            values = np.asarray(features, dtype=np.float64)
            shift = values[:1].copy() if shift is None and len(values) else shift  # what is summed stays small
            if shift is None:
                continue
            values = values - shift
            masked = np.repeat(np.asarray(masks) == 0, values.shape[1] // masks.shape[1], axis=1)
            squares = values**2
            sums = [masked.sum(axis=0), (values * masked).sum(axis=0), (squares * masked).sum(axis=0)]
            every = [np.full(values.shape[1], len(values)), values.sum(axis=0), squares.sum(axis=0)]
            totals.append(np.array([sums, every], dtype=np.float64))
        if shift is None:
            raise ValueError("Without a spike it is not known what is masked.")
        (n, first, second), (n_all, first_all, second_all) = np.sum(totals, axis=0)
        is_masked = n >= 2
        mean = np.where(is_masked, first / np.maximum(n, 1), first_all / n_all)
        variance = np.where(is_masked, second / np.maximum(n, 1) - mean**2, 0)
        spread = second_all / n_all - (first_all / n_all) ** 2
        least = LEAST_VARIANCE * np.where(spread > 0, spread, 1 / LEAST_VARIANCE)
        return cls(mean + shift[0], np.maximum(variance, least))


@dataclass(frozen=True, slots=True, eq=False)
class MaskedSums:
    """Sums over the spikes of one cluster.

    Attributes
    ----------
    n : float
        Number of spikes.
    first, second : ndarray of float64, shape (n_features,)
        Σ ỹ and Σ ỹ².
    unknown : ndarray of float64, shape (n_features,)
        Σ η of the spikes that are not masked.
    n_unmasked, mask_sum : ndarray of float64, shape (n_channels,)
        How many spikes are not masked, and the sum of masks.
    core : ndarray of int64, shape (k,)
        Channels of the core, ascending.
    products : ndarray of float64, shape (k_features, k_features)
        Σ ỹ ỹᵀ over the features of the core.
    outside : ndarray of int64, shape (m,), or None
        The spikes, ascending, that are not masked on some channel outside the core, and perhaps others; None where they
        are not known.
    """

    n: float
    first: Float64
    second: Float64
    unknown: Float64
    n_unmasked: Float64
    mask_sum: Float64
    core: Int64
    products: Float64
    outside: Int64 | None

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        arrays = (self.first, self.second, self.unknown, self.n_unmasked, self.mask_sum, self.core, self.products)
        return sum(array.nbytes for array in arrays) + (0 if self.outside is None else self.outside.nbytes)

    @property
    def own_core(self) -> Int64:
        """The channels that its core should have."""
        return core_channels(self.n_unmasked, self.mask_sum, self._n_per_channel)

    @property
    def _n_per_channel(self) -> int:
        return len(self.first) // max(len(self.n_unmasked), 1)

    def plus(self, other: MaskedSums) -> MaskedSums:
        """Return the sums over the spikes of both, whose cores are the same."""
        unknown = self.outside is None or other.outside is None
        return replace(
            self,
            **{name: getattr(self, name) + getattr(other, name) for name in _ADDED},
            outside=None if unknown else np.union1d(self.outside, other.outside),  # type: ignore[arg-type]
        )

    def minus(self, other: MaskedSums) -> MaskedSums:
        """Return the sums over the spikes of this one that are not those of another, whose core is the same."""
        rest = {name: getattr(self, name) - getattr(other, name) for name in _ADDED}
        rest["n_unmasked"] = np.rint(rest["n_unmasked"])
        return replace(self, **rest, outside=None)

    def scaled(self, factor: float) -> MaskedSums:
        """Return the sums over as many spikes as there are, of some that stand for all."""
        return replace(self, **{name: getattr(self, name) * factor for name in _ADDED})

    def on(self, core: Int64) -> MaskedSums:
        """Return the same with a smaller core; what lies outside it then is known only where the core stays."""
        if np.array_equal(core, self.core):
            return self
        kept = _features_of(np.searchsorted(self.core, core), self._n_per_channel)
        return replace(self, core=core, products=self.products[np.ix_(kept, kept)], outside=None)


_ADDED = ("n", "first", "second", "unknown", "n_unmasked", "mask_sum", "products")


def core_channels(n_unmasked: Float64, mask_sum: Float64, n_per_channel: int) -> Int64:
    """Return the channels of a core, ascending: where it would be too large, those that spikes have most part in."""
    core = np.flatnonzero(n_unmasked > LEAST_UNMASKED)
    most = max(1, MOST_FEATURES // max(n_per_channel, 1))
    if len(core) > most:
        core = np.sort(core[np.argsort(-mask_sum[core], kind="stable")[:most]])
    return core


def masked_sums(rows: Rows, spike_ids: Int64, noise: MaskedNoise, core: Int64) -> MaskedSums:
    """Return the sums over the spikes of one cluster, or of some of them.

    Parameters
    ----------
    rows : tuple of ndarray
        Features (n, n_features), channel by channel, and masks (n, n_channels).
    spike_ids : ndarray of int64, shape (n,)
        Ascending.
    noise : MaskedNoise
        What is masked.
    core : ndarray of int64, shape (k,)
        Channels whose features are multiplied, ascending.
    """
    masks = np.asarray(rows[1], dtype=np.float64)
    n_per_channel = len(noise.mean) // masks.shape[1]
    weights = np.repeat(masks, n_per_channel, axis=1)
    away = np.asarray(rows[0], dtype=np.float64) - noise.mean
    seen = weights * away
    rest = 1 - weights
    unknown = np.where(weights > 0, weights * rest * away**2 + rest * noise.variance, 0)
    of_core = seen[:, _features_of(core, n_per_channel)]
    is_unmasked = masks > 0
    outer = np.ones(masks.shape[1], dtype=bool)
    outer[core] = False
    return MaskedSums(
        n=float(len(masks)),
        first=seen.sum(axis=0),
        second=np.einsum("nd,nd->d", seen, seen),
        unknown=unknown.sum(axis=0),
        n_unmasked=is_unmasked.sum(axis=0).astype(np.float64),
        mask_sum=masks.sum(axis=0),
        core=core,
        products=of_core.T @ of_core,
        outside=spike_ids[is_unmasked[:, outer].any(axis=1)],
    )


def merged_sums(parts: Sequence[MaskedSums], noise: MaskedNoise, read: Callable[[int], Rows | None]) -> MaskedSums:
    """Return the sums over the spikes of several clusters together, exactly those of all their spikes.

    Its core may have channels that are in the core of one part only. The products that another part lacks there are
    those of the few spikes that it has unmasked on them, which are read.

    Parameters
    ----------
    parts : sequence of MaskedSums
        Those of the clusters.
    noise : MaskedNoise
        What is masked.
    read : callable
        Returns the rows of the spikes that a part, named by its place, has outside its core: `outside`, all of its
        spikes where these are not known, or None where what they add does not count.
    """
    vectors = {name: sum(getattr(part, name) for part in parts) for name in _ADDED if name != "products"}
    n_per_channel = parts[0]._n_per_channel
    core = core_channels(vectors["n_unmasked"], vectors["mask_sum"], n_per_channel)
    features = _features_of(core, n_per_channel)
    products = np.zeros((len(features),) * 2)
    for place, part in enumerate(parts):
        common, ours, theirs = np.intersect1d(core, part.core, assume_unique=True, return_indices=True)
        rows = read(place) if len(common) < len(core) else None
        if rows is not None:
            weights = np.repeat(np.asarray(rows[1], dtype=np.float64)[:, core], n_per_channel, axis=1)
            seen = weights * (np.asarray(rows[0], dtype=np.float64)[:, features] - noise.mean[features])
            some = seen.T @ seen
        else:
            some = np.zeros_like(products)
        ours, theirs = _features_of(ours, n_per_channel), _features_of(theirs, n_per_channel)
        some[np.ix_(ours, ours)] = part.products[np.ix_(theirs, theirs)]
        products += some
    known = [part.outside for part in parts if part.outside is not None]
    keeps_core = all(np.isin(part.core, core, assume_unique=True).all() for part in parts)
    is_known = len(known) == len(parts) and keeps_core
    outside = np.unique(np.concatenate(known)) if is_known else None
    return replace(parts[0], **vectors, core=core, products=products, outside=outside)


def _features_of(channels: Int64, n_per_channel: int) -> Int64:
    features: Int64 = (channels[:, None] * n_per_channel + np.arange(n_per_channel)).reshape(-1)
    return features
