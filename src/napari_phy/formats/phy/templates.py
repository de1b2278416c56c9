"""Templates of a folder: their shape on every channel, and what they say of the waveforms of spikes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only, zero_unmeasured
from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.kwik.windows import in_order, sorted_ids
from napari_phy.formats.phy.arrays import NpyArray, as_integers

TEMPLATES = ("templates.npy", "template_ind.npy", "templates_ind.npy")
WHITENING = ("whitening_mat_inv.npy", "whitening_mat.npy")
_AT_ONCE = 64
_MOST_SIMILAR = 5000  # 100 MB


@dataclass(frozen=True, eq=False)
class Templates:
    """Shapes of templates, read when asked for.

    Attributes
    ----------
    stored : NpyArray
        (n_templates, n_samples, n_near).
    near : ndarray of int64, shape (n_templates, n_near), or None
        Channels of each template; those that are none are `n_channels`. None where all are stored.
    unwhitening : ndarray of float64, shape (n_channels, n_channels), or None
        Matrix that turns whitened channels into those of the raw data; None where the folder has none.
    n_channels : int
        Channels of the folder.
    """

    stored: NpyArray
    near: npt.NDArray[np.int64] | None
    unwhitening: npt.NDArray[np.float64] | None
    n_channels: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of templates, samples and channels."""
        n_templates, n_samples = self.stored.shape[:2]
        return n_templates, n_samples, self.n_channels

    def __len__(self) -> int:
        return self.stored.shape[0]

    def __getitem__(self, template_ids: Any) -> npt.NDArray[np.float32]:
        """Return (n, n_samples, n_channels), unwhitened where that can be; 0 for templates that there are not."""
        wanted = np.atleast_1d(np.asarray(template_ids, dtype=np.int64))
        out = np.zeros((len(wanted), *self.shape[1:]), dtype=np.float32)
        there = (wanted >= 0) & (wanted < len(self))
        rows, places = np.unique(wanted[there], return_inverse=True)
        found = zero_unmeasured(self.stored.take(rows).astype(np.float32, copy=False))
        if self.near is not None:
            dense = np.zeros((len(rows), self.shape[1], self.n_channels + 1), dtype=np.float32)
            dense[np.arange(len(rows))[:, None], :, self.near[rows]] = found.swapaxes(1, 2)
            found = dense[:, :, :-1]
        if self.unwhitening is not None:
            by_sample = found.reshape(-1, self.n_channels) @ self.unwhitening.astype(np.float32)  # one product is quick
            found = by_sample.reshape(found.shape)
        out[there] = found[places]
        return out[0] if np.ndim(template_ids) == 0 else out

    @cached_property
    def shares(self) -> npt.NDArray[np.float32]:
        """(n_templates, n_channels) height of each template on each channel, over that on its largest."""
        out = np.zeros((len(self), self.n_channels), dtype=np.float32)
        for start in range(0, len(self), _AT_ONCE):
            some = np.arange(start, min(start + _AT_ONCE, len(self)))
            heights = np.ptp(self[some], axis=1)
            out[some] = heights / np.maximum(heights.max(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        return out

    def mean_of(self, templates: npt.NDArray[np.int64], amplitudes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return (n_samples, n_channels), the mean of the templates of some spikes, each times its amplitude."""
        ids, places = np.unique(templates, return_inverse=True)
        weights = np.bincount(places, weights=amplitudes) / max(1, len(templates))
        return np.asarray(np.tensordot(weights, self[ids].astype(np.float64), axes=1))


class TemplateWaveforms:
    """`(n_spikes, n_samples, n_channels)` float32: of each spike its template times its amplitude.

    Parameters
    ----------
    templates : Templates
        The templates.
    spike_templates : ndarray of int64, shape (n_spikes,)
        Template of each spike.
    amplitudes : ndarray of float64, shape (n_spikes,)
        What its template is multiplied by.
    """

    dtype = np.dtype(np.float32)
    ndim = 3

    def __init__(
        self,
        templates: Templates,
        spike_templates: npt.NDArray[np.int64],
        amplitudes: npt.NDArray[np.float64],
    ) -> None:
        self.shape: tuple[int, ...] = (len(spike_templates), *templates.shape[1:])
        self._templates = templates
        self._spike_templates = spike_templates
        self._amplitudes = amplitudes

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, spike_ids: Any) -> npt.NDArray[np.float32]:
        ids, order = sorted_ids(spike_ids, self.shape[0])
        values = self._templates[self._spike_templates[ids]]
        values *= self._amplitudes[ids, None, None].astype(np.float32)
        return in_order(values, order, spike_ids)


def find_unwhitening(
    stored: Sequence[NpyArray], n_channels: int
) -> tuple[npt.NDArray[np.float64] | None, tuple[str, ...]]:
    """Return the (n_channels, n_channels) matrix that whitened channels are multiplied by, and what is wrong with it.

    Parameters
    ----------
    stored : sequence of NpyArray
        Those of the files `WHITENING` that there are; the first that can be used counts.
    n_channels : int
        Channels of the folder.
    """
    problems = []
    for array in stored:
        name = array.path.name
        if array.shape != (n_channels, n_channels):
            problems.append(f"{name} has shape {array.shape}, but there are {n_channels} channels; it is not used.")
            continue
        matrix = array.read().astype(np.float64)
        with suppress(np.linalg.LinAlgError):
            found = matrix if name == WHITENING[0] else np.linalg.inv(matrix).astype(np.float64)
            if np.isfinite(found).all():
                return found, tuple(problems)
        problems.append(f"{name} cannot be used: templates stay whitened.")
    return None, tuple(problems)


def read_similar(stored: NpyArray) -> npt.NDArray[np.float32]:
    """Return (n_templates, n_templates) similarities; what is no number is 0.

    Raises
    ------
    KwikFormatError
        The file has another shape, or too many templates.
    """
    shape, name = stored.shape, stored.path.name
    if len(shape) != 2 or shape[0] != shape[1] or not shape[0]:
        raise KwikFormatError(f"{name} has shape {shape}; it should be templates and templates.")
    if shape[0] > _MOST_SIMILAR:
        raise KwikFormatError(f"{name} has {shape[0]} templates; up to {_MOST_SIMILAR} are compared.")
    return read_only(np.nan_to_num(stored.read().astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0))


def open_templates(
    stored: NpyArray, near: NpyArray | None, unwhitening: npt.NDArray[np.float64] | None, n_channels: int
) -> Templates:
    """Return the templates of `templates.npy`.

    Parameters
    ----------
    stored : NpyArray
        `templates.npy`.
    near : NpyArray or None
        `template_ind.npy` or `templates_ind.npy`.
    unwhitening : ndarray of float64, shape (n_channels, n_channels), or None
        `whitening_mat_inv.npy`.
    n_channels : int
        Channels of the folder.

    Raises
    ------
    KwikFormatError
        Sizes do not fit each other.
    """
    shape, name = stored.shape, stored.path.name
    if len(shape) != 3:
        raise KwikFormatError(f"{name} has shape {shape}; it should be templates, samples and channels.")
    if 0 in shape:
        raise KwikFormatError(f"{name} has shape {shape}, which holds nothing; use another copy of it.")
    channels = None
    if near is not None and near.shape == (shape[0], shape[2]):
        found = as_integers(near.read(), near.path.name)
        channels = np.where((found >= 0) & (found < n_channels), found, n_channels)
    elif shape[2] != n_channels:
        raise KwikFormatError(f"{name} has shape {shape}, but there are {n_channels} channels; it is of another probe.")
    return Templates(stored, channels, unwhitening, n_channels)
