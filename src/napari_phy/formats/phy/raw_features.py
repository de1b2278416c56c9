"""Features that a folder does not have, computed from the raw data when they are asked for."""

from __future__ import annotations

import hashlib
import threading
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.formats.kwik.waveforms import Waveforms
from napari_phy.formats.phy.templates import Templates
from napari_phy.stats.principal_components import Moments, principal_components

PC_FEATURES = "pc_features.npy"
COMPUTED = f"{PC_FEATURES} is not there; features are computed from the raw data when they are needed."
AGAIN = f"{PC_FEATURES} is not there: open the folder again to have features computed from the raw data."
N_NEAR = 12  # channels of a template that features are computed of, as in phy
MOST_CHANNELS = 32  # that they are computed of where there are no templates
_VERSION = 1  # of how they are computed
_N_PCS = 3
_N_SAMPLE = 2000  # spikes that components are fitted to
_N_AT_ONCE = 2048

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]


class ComputedRows:
    """Principal components of waveforms, on the channels where the template of a spike is largest.

    Components of each channel are fitted once, when features are first asked for, to waveforms of 2 000 evenly spaced
    spikes on their channels: the same files give the same features. Safe in worker threads.

    Parameters
    ----------
    waveforms : Waveforms
        Waveforms cut out of the raw data.
    templates : Templates or None
        Templates that tell where spikes are large; None gives all channels.
    spike_templates : ndarray of int64, shape (n_spikes,)
        Template of each spike.
    """

    n_pcs = _N_PCS
    reads_columns = False

    def __init__(self, waveforms: Waveforms, templates: Templates | None, spike_templates: Int64) -> None:
        self.n_channels = waveforms.shape[2]
        n = 1 if templates is None else len(templates)
        numbers = np.zeros(len(waveforms), dtype=np.int64) if templates is None else spike_templates
        self.templates = np.where((numbers >= 0) & (numbers < n), numbers, -1)
        self.rows = np.full(len(waveforms), -1)
        has_data = waveforms.with_data(np.arange(len(waveforms)))
        self.rows[has_data] = has_data
        self._waveforms = waveforms
        self._shapes = templates
        self._lock = threading.Lock()

    def identity(self, spike_samples: Int64) -> list[Any]:
        """Return what tells these features from others of the same templates, as plain values."""
        digest = hashlib.blake2b(digest_size=16)
        for values in (spike_samples, self.templates):
            digest.update(np.ascontiguousarray(values).data)
        return [_VERSION, N_NEAR, _N_PCS, _N_SAMPLE, digest.hexdigest(), self._waveforms.identity]

    @property
    def n_near(self) -> int:
        """Channels of a template."""
        return self.n_channels if self._shapes is None else min(N_NEAR, self.n_channels)

    @cached_property
    def near(self) -> Int64:
        """(n_templates, n_near) channels of each template, the largest first."""
        if self._shapes is None:
            return np.arange(self.n_channels)[None]
        return np.argsort(-self._shapes.shares, axis=1, kind="stable")[:, :N_NEAR].astype(np.int64)

    def values_of(self, ids: Int64) -> Float32:
        """Return (n, n_near, n_pcs) of ascending spikes that have features."""
        with self._lock:
            components = self._components
        n_near = self.near.shape[1]
        out = np.empty((len(ids), n_near, _N_PCS), dtype=np.float32)
        for start in range(0, len(ids), _N_AT_ONCE):
            some = ids[start : start + _N_AT_ONCE]
            channels = self.near[self.templates[some]].reshape(-1)
            cut = self._waveforms.pairs(np.repeat(some, n_near), channels)
            values = np.einsum("pn,pkn->pk", cut, components[channels])  # each row on its own: the same in any company
            out[start : start + len(some)] = values.reshape(len(some), n_near, _N_PCS)
        return out

    @cached_property
    def _components(self) -> Float32:
        """(n_channels, n_pcs, n_samples), fitted to a fixed sample."""
        usable = np.flatnonzero((self.rows >= 0) & (self.templates >= 0))
        sample = usable[evenly_spaced(len(usable), _N_SAMPLE)]
        n_near, n_samples = self.near.shape[1], self._waveforms.shape[1]
        moments = Moments.empty(self.n_channels, n_samples)
        channels = self.near[self.templates[sample]].reshape(-1)
        cut = self._waveforms.pairs(np.repeat(sample, n_near), channels).astype(np.float64)
        for channel in np.unique(channels).tolist():
            mine = cut[channels == channel]
            moments.counts[channel] = len(mine)
            moments.sums[channel] = mine.sum(axis=0)
            moments.products[channel] = np.tril(mine.T @ mine)
        made = principal_components(Moments(len(sample), moments.counts, moments.sums, moments.products), _N_PCS)
        found = np.zeros((self.n_channels, _N_PCS, n_samples), dtype=np.float32)
        found[:, : made.shape[0]] = made.transpose(2, 0, 1)
        return found
