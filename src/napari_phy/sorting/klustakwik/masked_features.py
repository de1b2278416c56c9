"""Features of spikes without what is masked: the only data of masked EM, about a quarter of the size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import is_measured
from napari_phy.core.base_model import SpikeRows
from napari_phy.core.errors import SortingError
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.masked_sums import LEAST_VARIANCE, MaskedNoise

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Rows = SpikeRows | npt.NDArray[np.floating]

_BLOCK_BYTES = 2**20  # of features that are read at once; in float64, with what is made of them, some ten times that
_BITS = 64


class SpikeArrays(NamedTuple):
    """Unmasked features, spike by spike, as the loops read them.

    Attributes
    ----------
    offsets : ndarray of int64, shape (n_spikes + 1,)
        Where each spike begins.
    channels : ndarray of int32, shape (n_unmasked,)
        Unmasked channels of each spike, ascending.
    weights : ndarray of float32, shape (n_unmasked,)
        Their masks, above 0.
    values : ndarray of float32, shape (n_unmasked, n_features_per_channel)
        Their features.
    patterns : ndarray of int32, shape (n_spikes,)
        The same number, ascending, for spikes with the same unmasked channels.
    mean, scale : ndarray of float64, shape (n_features,)
        Mean and 1 / standard deviation of what is masked.
    """

    offsets: Int64
    channels: Int32
    weights: Float32
    values: Float32
    patterns: Int32
    mean: Float64
    scale: Float64


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSpace:
    """What holds for all spikes of a data set, also where some of them are clustered.

    Attributes
    ----------
    noise : MaskedNoise
        What a feature is where it is masked.
    extent : ndarray of float64, shape (n_features,)
        The range of each feature: noise is spread evenly over it.
    """

    noise: MaskedNoise
    extent: Float64

    @classmethod
    def of(cls, features: Rows, masks: Rows, on_progress: OnProgress = no_progress) -> FeatureSpace:
        """Return the space of features (n_spikes, n_features) and masks (n_spikes, n_channels)."""
        low, high, n_masked = np.inf, -np.inf, 0

        def measured() -> Iterator[tuple[Float32, Float32]]:
            nonlocal low, high, n_masked
            for _, some, own in _blocks(features, masks, on_progress):
                fine = is_measured(some)
                some, own = (some, own) if fine.all() else (some[fine], own[fine])
                if len(some):
                    low, high = np.minimum(low, some.min(axis=0)), np.maximum(high, some.max(axis=0))
                    n_masked = n_masked + np.count_nonzero(own == 0, axis=0)
                    yield some, own

        try:
            noise = MaskedNoise.of(measured())
        except ValueError as error:
            raise SortingError("No spike has features that can be clustered.") from error
        # What is never masked varies as all spikes do, of whose variance `MaskedNoise` has a small part there.
        is_known = np.repeat(n_masked > 1, features.shape[1] // masks.shape[1])
        noise = MaskedNoise(noise.mean, np.where(is_known, noise.variance, noise.variance / LEAST_VARIANCE))
        extent = np.asarray(high, dtype=np.float64) - np.asarray(low, dtype=np.float64)
        return cls(noise, np.where(extent > 0, extent, np.sqrt(noise.variance)))

    @property
    def log_volume(self) -> float:
        """Σ log of the standard deviations of what is masked, as parts of the range of each feature."""
        return float(np.log(np.sqrt(self.noise.variance) / self.extent).sum())


@dataclass(frozen=True, slots=True, eq=False)
class MaskedFeatures:
    """Spikes to be clustered, in the order of what they have unmasked.

    Attributes
    ----------
    arrays : SpikeArrays
        Their unmasked features.
    rows : ndarray of int64, shape (n_spikes,)
        Which row of what it was made of each spike is.
    n_unmasked : ndarray of float64, shape (n_spikes,)
        Number of unmasked features, those that are partly masked counted in part.
    space : FeatureSpace
        What holds for all of them.
    n_channels : int
        Number of channels.
    n_rows : int
        How many rows there were; spikes whose features are no numbers are left out.
    """

    arrays: SpikeArrays
    rows: Int64
    n_unmasked: Float64
    space: FeatureSpace
    n_channels: int
    n_rows: int

    @classmethod
    def of(
        cls, features: Rows, masks: Rows, space: FeatureSpace | None = None, on_progress: OnProgress = no_progress
    ) -> MaskedFeatures:
        """Return the spikes of a table; it is read some rows at a time.

        Parameters
        ----------
        features : array of float, shape (n_spikes, n_features)
            Channel by channel; an array, or rows of a file.
        masks : array of float, shape (n_spikes, n_channels)
            0 where a channel takes no part in a spike, 1 where it does wholly.
        space : FeatureSpace, optional
            That of the data set, where these are some of its spikes.
        on_progress : callable, optional
            Called with 0…1.

        Raises
        ------
        SortingError
            There are no spikes, their shapes do not fit, or all are masked throughout.
        """
        (n_spikes, n_features), (n_masks, n_channels) = features.shape, masks.shape
        if not n_spikes:
            raise SortingError("There are no spikes to cluster.")
        if n_masks != n_spikes or n_features % max(n_channels, 1) or not n_channels:
            raise SortingError(
                f"{n_spikes} spikes with {n_features} features do not fit masks of {n_masks} spikes on "
                f"{n_channels} channels."
            )
        space = FeatureSpace.of(features, masks, part_of(on_progress, 0, 0.5)) if space is None else space
        words = np.zeros((n_spikes, -(-n_channels // _BITS)), dtype=np.uint64)
        mask_sums, n_unmasked = np.zeros(n_spikes), np.zeros(n_spikes, dtype=np.int64)
        is_fine = np.zeros(n_spikes, dtype=np.bool_)
        for rows, some, own in _blocks(features, masks, part_of(on_progress, 0.5, 0.75)):
            own, is_fine[rows] = _usable(some, own)
            words[rows] = _as_words(own > 0)
            mask_sums[rows] = own.sum(axis=1, dtype=np.float64)
            n_unmasked[rows] = np.count_nonzero(own, axis=1)
        order = np.lexsort(words.T[::-1]).astype(np.int64)
        order = order[is_fine[order]]
        if not n_unmasked.any():
            raise SortingError("All spikes are masked on every channel: there is nothing that tells them apart.")
        sorted_words = words[order]
        is_new = (sorted_words[1:] != sorted_words[:-1]).any(axis=1)
        patterns = np.concatenate([[0], np.cumsum(is_new)]).astype(np.int32)
        offsets = np.concatenate([[0], np.cumsum(n_unmasked[order])])
        n_total, per_channel = int(offsets[-1]), n_features // n_channels
        channels, weights = np.empty(n_total, dtype=np.int32), np.empty(n_total, dtype=np.float32)
        values = np.empty((n_total, per_channel), dtype=np.float32)
        starts = np.zeros(n_spikes, dtype=np.int64)
        starts[order] = offsets[:-1]
        for rows, some, own in _blocks(features, masks, part_of(on_progress, 0.75, 1)):
            own, _ = _usable(some, own)
            spikes, of_channels = np.nonzero(own)
            first = np.cumsum(n_unmasked[rows]) - n_unmasked[rows]
            places = starts[rows][spikes] + np.arange(len(spikes)) - first[spikes]
            channels[places], weights[places] = of_channels, own[spikes, of_channels]
            values[places] = some.reshape(len(own), n_channels, per_channel)[spikes, of_channels]
        scale = 1 / np.sqrt(space.noise.variance)
        arrays = SpikeArrays(offsets, channels, weights, values, patterns, space.noise.mean, scale)
        return cls(arrays, order, per_channel * mask_sums[order], space, n_channels, n_spikes)

    @property
    def n_spikes(self) -> int:
        """Number of spikes."""
        return len(self.rows)

    @property
    def n_features(self) -> int:
        """Number of features, masked or not."""
        return len(self.arrays.mean)

    def in_rows(self, values: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Return values of these spikes for the rows they were made of (n_rows,), 0 where there is no spike."""
        in_rows = np.zeros(self.n_rows, dtype=values.dtype)
        in_rows[self.rows] = values
        return in_rows


def _blocks(features: Rows, masks: Rows, on_progress: OnProgress) -> Iterator[tuple[slice, Float32, Float32]]:
    n_spikes = features.shape[0]
    step = max(1, _BLOCK_BYTES // (4 * features.shape[1]))
    for start in range(0, n_spikes, step):
        on_progress(start / n_spikes)
        rows = slice(start, min(start + step, n_spikes))
        yield rows, np.asarray(features[rows], dtype=np.float32), np.asarray(masks[rows], dtype=np.float32)


def _usable(features: Float32, masks: Float32) -> tuple[Float32, npt.NDArray[np.bool_]]:
    """Return masks from 0 to 1, which are 0 for spikes that cannot have been measured, and which spikes were."""
    fine = is_measured(features)
    masks = np.clip(np.nan_to_num(masks, nan=0, posinf=1, neginf=0), 0, 1)
    return np.where(fine[:, None], masks, np.float32(0)), fine


def _as_words(is_unmasked: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """Return (n, n_words) the bits of (n, n_channels)."""
    n_words = -(-is_unmasked.shape[1] // _BITS)
    padded = np.zeros((len(is_unmasked), n_words * _BITS), dtype=np.bool_)
    padded[:, : is_unmasked.shape[1]] = is_unmasked
    return np.packbits(padded, axis=1).view(">u8").astype(np.uint64)
