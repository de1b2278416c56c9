"""Principal components of waveforms, of each channel on its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums over waveforms that are unmasked on a channel; those of parts are added in a fixed order.

    Attributes
    ----------
    n_spikes : int
        All waveforms that were looked at.
    counts : ndarray of int64, shape (n_channels,)
        Those that are unmasked.
    sums : ndarray of float64, shape (n_channels, n_samples)
        Their sums.
    products : ndarray of float64, shape (n_channels, n_samples, n_samples)
        Sums of products of two samples, below the diagonal and on it.
    """

    n_spikes: int
    counts: Int64
    sums: Float64
    products: Float64

    @classmethod
    def empty(cls, n_channels: int, n_samples: int) -> Moments:
        """Return those of no waveforms."""
        square = np.zeros((n_channels, n_samples, n_samples))
        return cls(0, np.zeros(n_channels, dtype=np.int64), np.zeros((n_channels, n_samples)), square)

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            self.n_spikes + other.n_spikes,
            self.counts + other.counts,
            self.sums + other.sums,
            self.products + other.products,
        )


def principal_components(moments: Moments, n_components: int, *, is_pooled: bool = True) -> Float32:
    """Return `(n_components, n_samples, n_channels)`, those of the largest variance first.

    A channel with fewer unmasked waveforms than samples has no covariance of its own that would do; that of all
    channels together, divided by the number of spikes, is added. Where `is_pooled` is False, all channels get the
    identity instead, divided by the same, as from klusta.
    """
    n_channels, n_samples = moments.sums.shape
    lower = np.tril(moments.products, -1)
    products = moments.products + lower.transpose(0, 2, 1)
    common = np.eye(n_samples)
    if is_pooled and moments.counts.sum() > n_samples:
        common = _covariance(int(moments.counts.sum()), moments.sums.sum(axis=0), products.sum(axis=0))
    components = np.empty((n_components, n_samples, n_channels), dtype=np.float32)
    for channel, count in enumerate(moments.counts.tolist()):
        has_enough = is_pooled and count > n_samples
        covariance = np.zeros_like(common) if has_enough else common / max(1, moments.n_spikes)
        if count > 1:
            covariance = covariance + _covariance(count, moments.sums[channel], products[channel])
        _, vectors = np.linalg.eigh(covariance)
        components[:, :, channel] = _turned(vectors[:, ::-1][:, :n_components].T)
    return components


def _covariance(count: int, total: Float64, products: Float64) -> Float64:
    return np.asarray((products - np.outer(total, total) / count) / (count - 1))


def _turned(components: Float64) -> Float64:
    """Return components whose largest entry is negative, so that troughs have positive features."""
    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    return np.asarray(components * -np.where(signs == 0, 1, signs)[:, None])
