"""Single and mean waveforms of the clusters of a selection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.views.session_like import SessionLike


@dataclass(frozen=True, slots=True)
class WaveformRequest:
    """What a waveform view wishes to see.

    Attributes
    ----------
    clusters : in the order of selection, best first.
    n_per_cluster : most spikes read of each cluster; the mean is over these.
    n_max : most single waveforms drawn of all clusters together.
    """

    clusters: tuple[int, ...]
    n_per_cluster: int = 100
    n_max: int = 300


@dataclass(frozen=True, slots=True, eq=False)
class WaveformData:
    """What a waveform view draws.

    Attributes
    ----------
    request : what was asked for.
    waveforms : (n, n_samples, n_channels) float32 in `unit`, single spikes, ordered by place.
    masks : (n, n_channels) float32, 0…1; a channel with mask 0 took no part in the spike.
    places : (n,) int32, position of the spike's cluster in `request.clusters`.
    spike_ids : (n,) int64.
    means : (n_clusters, n_samples, n_channels) float32 in `unit`, over up to `n_per_cluster` spikes.
    mean_masks : (n_clusters, n_channels) float32, over the same spikes.
    channel_ids : (n_channels,) int64, the numbers to print.
    positions : (n_channels, 2) float64, x and y in µm.
    times_ms : (n_samples,) float64, 0 at the middle sample.
    unit : "µV", or "a.u." where the gain is unknown.
    n_shown, n_total : single waveforms drawn, and all spikes of the selection.
    caption : "84 of 908 spikes" or "all 84 spikes".
    """

    request: WaveformRequest
    waveforms: npt.NDArray[np.float32]
    masks: npt.NDArray[np.float32]
    places: npt.NDArray[np.int32]
    spike_ids: npt.NDArray[np.int64]
    means: npt.NDArray[np.float32]
    mean_masks: npt.NDArray[np.float32]
    channel_ids: npt.NDArray[np.int64]
    positions: npt.NDArray[np.float64]
    times_ms: npt.NDArray[np.float64]
    unit: str
    n_shown: int
    n_total: int
    caption: str


def compute_waveforms(session: SessionLike, request: WaveformRequest) -> WaveformData:
    """Read what a waveform view draws; MissingDataError when there is no raw data."""
    raise NotImplementedError
