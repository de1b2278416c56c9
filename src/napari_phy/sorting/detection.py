"""What detection finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.probe import Probe
from napari_phy.formats.kwik.kwik_group import Rows

_N_SPECIAL = 2  # clusters: noise and multi-unit activity


@dataclass(frozen=True, slots=True, eq=False)
class DetectedSpikes:
    """The spikes of one channel group, in the order of time.

    Attributes
    ----------
    probe : Probe
        Channels of the group; their order is that of masks and features.
    samples : ndarray of float64, shape (n_spikes,)
        Times on the joined time line, in samples and parts of one.
    masks : Rows of float32, shape (n_spikes, n_channels)
        How much a channel takes part in a spike, 0…1; an array, or rows that are read when asked for.
    features : Rows of float32, shape (n_spikes, n_channels, n_features_per_channel)
        Features of each channel.
    spike_clusters : ndarray of int32, shape (n_spikes,), or None
        Cluster of each spike, 0 for noise and 1 for multi-unit activity; None where they were not clustered.
    """

    probe: Probe
    samples: npt.NDArray[np.float64]
    masks: Rows
    features: Rows
    spike_clusters: npt.NDArray[np.int32] | None = None

    @property
    def n_spikes(self) -> int:
        """Number of spikes."""
        return len(self.samples)

    @property
    def n_clusters(self) -> int:
        """Number of clusters, but for noise and multi-unit activity."""
        labels = self.spike_clusters
        return 0 if labels is None else len(np.unique(labels[labels >= _N_SPECIAL]))


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """What a job of detection returns.

    Attributes
    ----------
    n_spikes : mapping of int to int
        {channel group: number of spikes}.
    n_clusters : mapping of int to int
        {channel group: number of clusters, but for noise and multi-unit activity}; 0 where none were made.
    path : Path or None
        The `.kwik` that was written; None where the spikes are here.
    groups : mapping of int to DetectedSpikes
        {channel group: its spikes}; empty where they were written.
    parameters : mapping of str to object
        Those of the algorithm that detected them.
    """

    n_spikes: Mapping[int, int]
    n_clusters: Mapping[int, int]
    path: Path | None
    groups: Mapping[int, DetectedSpikes]
    parameters: Mapping[str, Any]
