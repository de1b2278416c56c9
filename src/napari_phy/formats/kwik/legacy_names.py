"""The names that scripts for the class `KwikModel` of klusta use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel, Samples, SpikeRows
from napari_phy.formats.kwik.companions import find_features


class ChannelFeatures:
    """Features with an axis for the channels, read when asked for."""

    def __init__(self, features: SpikeRows, n_channels: int) -> None:
        self._features = features
        n_spikes, n_features = features.shape
        self.shape = (n_spikes, n_channels, n_features // max(n_channels, 1))

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        """Return `[spikes]` or `[spikes, channels, features]`."""
        spike_ids, rest = (key[0], key[1:]) if isinstance(key, tuple) else (key, ())
        rows = self._features[spike_ids]
        channels = rows.reshape(*rows.shape[:-1], *self.shape[1:])
        return channels[(slice(None),) * (rows.ndim - 1) + tuple(rest)] if rest else channels


class LegacyNames(BaseModel):
    """A model that says what it has under the old names too."""

    cluster_ids: npt.NDArray[np.int64]
    features_masks: SpikeRows | None

    @property
    def kwik_path(self) -> Path:
        """The `.kwik` file."""
        return self.path

    @property
    def kwx_path(self) -> Path:
        """Where its features are."""
        return find_features(self.path)

    @property
    def channel_order(self) -> npt.NDArray[np.int64]:
        """(n_channels,) columns of the raw data, in the order of features and waveforms."""
        return self.probe.channel_ids

    @property
    def all_features(self) -> ChannelFeatures | None:
        """(n_spikes, n_channels, n_features_per_channel), or None."""
        return None if self.features is None else ChannelFeatures(self.features, self.n_channels)

    @property
    def all_masks(self) -> SpikeRows | None:
        """The same as `masks`."""
        return self.masks

    @property
    def all_features_masks(self) -> SpikeRows | None:
        """Features and masks as the `.kwx` has them."""
        return self.features_masks

    @property
    def all_waveforms(self) -> SpikeRows | None:
        """The same as `waveforms`."""
        return self.waveforms

    @property
    def all_traces(self) -> Samples | None:
        """The same as `traces`."""
        return self.traces

    @property
    def kk2_metadata(self) -> Mapping[str, Any]:
        """The parameters, among them those of KlustaKwik2."""
        return self.metadata

    @property
    def channels(self) -> npt.NDArray[np.int64]:
        """The same channels, ascending."""
        return np.sort(self.probe.channel_ids)

    @property
    def channel_positions(self) -> npt.NDArray[np.float64]:
        """(n_channels, 2) in µm, in the order of features and waveforms."""
        return self.probe.positions

    @property
    def n_clusters(self) -> int:
        """Number of clusters that have spikes."""
        return len(self.cluster_ids)

    @property
    def n_recordings(self) -> int:
        """Number of recordings."""
        return len(self.recordings)

    @property
    def n_samples_waveforms(self) -> int:
        """Number of samples of a waveform."""
        before, after = (self.metadata.get(f"extract_s_{side}") for side in ("before", "after"))
        return sum(side if isinstance(side, int) and side >= 0 else 16 for side in (before, after))

    @property
    def spike_ids(self) -> npt.NDArray[np.int64]:
        """(n_spikes,) numbers of the spikes."""
        return np.arange(self.n_spikes)
