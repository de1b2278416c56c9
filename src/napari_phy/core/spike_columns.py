"""What is known of each single spike besides its time: where on the probe it is, and how large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import is_measured, read_only

Float32 = npt.NDArray[np.float32]

UNKNOWN_CHANNEL = 2**16 - 1


@dataclass(frozen=True, slots=True, eq=False)
class SpikeColumns:
    """One number a spike each: 10 bytes of every spike.

    Attributes
    ----------
    channels : ndarray of uint16, shape (n_spikes,)
        Index of the channel where |feature| × mask is largest; `UNKNOWN_CHANNEL` of a spike that is on none, or whose
        features or masks cannot have been measured.
    depths : ndarray of float32, shape (n_spikes,)
        µm, centre of mass of |feature| × mask over y; nan where the channel is unknown.
    amplitudes : ndarray of float32, shape (n_spikes,)
        Largest |first feature| × mask of all channels, in units of the features; nan of a spike whose features or masks
        cannot have been measured.
    """

    channels: npt.NDArray[np.uint16]
    depths: Float32
    amplitudes: Float32

    def __len__(self) -> int:
        return len(self.channels)

    @classmethod
    def empty(cls, n_spikes: int) -> SpikeColumns:
        """Return columns to be filled."""
        return cls(np.empty(n_spikes, np.uint16), np.empty(n_spikes, np.float32), np.empty(n_spikes, np.float32))

    def put(self, start: int, columns: SpikeColumns) -> None:
        """Fill in the spikes from `start` on."""
        stop = start + len(columns)
        self.channels[start:stop] = columns.channels
        self.depths[start:stop] = columns.depths
        self.amplitudes[start:stop] = columns.amplitudes

    def lock(self) -> SpikeColumns:
        """Return these columns, no longer writeable."""
        for column in (self.channels, self.depths, self.amplitudes):
            read_only(column)
        return self


def spike_columns(
    features: Float32, masks: Float32, y_um: npt.NDArray[Any], near: npt.NDArray[np.int64] | None = None
) -> SpikeColumns:
    """Return the columns of some spikes.

    Where all features are 0 the masks decide alone. A spike with one feature or mask that cannot have been measured
    has no channel, depth or amplitude.

    Parameters
    ----------
    features : ndarray of float32, shape (n, n_channels * n_features_per_channel)
        Features of the spikes, channel by channel.
    masks : ndarray of float32, shape (n, n_channels)
        Masks of the spikes, 0…1.
    y_um : ndarray, shape (n_channels,)
        Depth of each channel.
    near : ndarray of int64, shape (n, n_near), optional
        Channels of each spike that features and masks are of; else they are of all.
    """
    n_spikes, n_channels = masks.shape
    measured = is_measured(features) & is_measured(masks)
    if not measured.all():
        features, masks = np.where(measured[:, None], features, 0), np.where(measured[:, None], masks, 0)
    sizes = np.abs(features).reshape(n_spikes, n_channels, -1) * masks[:, :, None]
    weights = sizes.sum(axis=2)
    total = weights.sum(axis=1)
    silent = np.flatnonzero(total <= 0)
    weights[silent] = masks[silent]
    total[silent] = weights[silent].sum(axis=1)
    unknown = total <= 0
    total[unknown] = np.nan
    y_um = np.asarray(y_um, dtype=np.float64)
    if near is None:
        channels = weights.argmax(axis=1).astype(np.uint16)
        depths = (weights @ y_um / total).astype(np.float32)
    else:
        largest = weights == weights.max(axis=1, initial=0)[:, None]
        channels = np.where(largest, near, UNKNOWN_CHANNEL).min(axis=1, initial=UNKNOWN_CHANNEL).astype(np.uint16)
        depths = (np.einsum("ij,ij->i", weights, y_um[near]) / total).astype(np.float32)
    channels[unknown] = UNKNOWN_CHANNEL
    amplitudes = sizes[:, :, 0].max(axis=1, initial=0).astype(np.float32, copy=False)
    amplitudes[~measured] = np.nan
    return SpikeColumns(channels, depths, amplitudes)
