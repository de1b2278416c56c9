"""Single and mean waveforms of the clusters of a selection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.sampling import evenly_spaced
from napari_phy.views.numbers import format_shown
from napari_phy.views.session_like import SessionLike
from napari_phy.views.spike_rows import required
from napari_phy.views.waveform_samples import N_PER_CLUSTER, waveform_samples


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
    n_per_cluster: int = N_PER_CLUSTER
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
    times_ms : (n_samples,) float64, 0 at the sample of the spike (the middle one where the model does not say).
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


def compute_waveforms(
    session: SessionLike, request: WaveformRequest, on_progress: OnProgress = no_progress
) -> WaveformData:
    """Read what a waveform view draws; clusters seen before come from memory.

    Raises
    ------
    MissingDataError
        There is no raw data.
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    rows = required(model.waveforms, model, "waveforms")
    shape = rows.shape[1:]
    samples = list(waveform_samples(session, request.clusters, request.n_per_cluster, on_progress).values())
    kept = _shares([len(sample.spike_ids) for sample in samples], request.n_max)
    n_shown = sum(len(indices) for indices in kept)
    n_total = sum(session.manager.n_spikes(cluster) for cluster in request.clusters)

    waveforms = np.empty((n_shown, *shape), dtype=np.float32)
    masks = np.empty((n_shown, shape[-1]), dtype=np.float32)
    spike_ids = np.empty(n_shown, dtype=np.int64)
    stop = 0
    for sample, indices in zip(samples, kept, strict=True):
        start, stop = stop, stop + len(indices)
        waveforms[start:stop] = sample.waveforms[indices]
        masks[start:stop] = sample.masks[indices]
        spike_ids[start:stop] = sample.spike_ids[indices]
    places = np.repeat(np.arange(len(kept), dtype=np.int32), [len(indices) for indices in kept])
    n_before = getattr(rows, "before", shape[0] // 2)
    times_ms = (np.arange(shape[0], dtype=np.float64) - n_before) * (1000 / model.sample_rate)
    return WaveformData(
        request=request,
        waveforms=read_only(waveforms),
        masks=read_only(masks),
        places=read_only(places),
        spike_ids=read_only(spike_ids),
        means=read_only(np.array([sample.mean for sample in samples], dtype=np.float32).reshape(-1, *shape)),
        mean_masks=read_only(np.array([sample.mean_mask for sample in samples], np.float32).reshape(-1, shape[-1])),
        channel_ids=model.probe.channel_ids,
        positions=model.probe.positions,
        times_ms=read_only(times_ms),
        unit=model.unit,
        n_shown=n_shown,
        n_total=n_total,
        caption=format_shown(n_shown, n_total),
    )


def _shares(sizes: list[int], n_max: int) -> list[npt.NDArray[np.int64]]:
    """Return evenly spaced indices into each sample, in proportion to its size where the ceiling is reached."""
    total = sum(sizes)
    if total <= n_max:
        return [evenly_spaced(size, None) for size in sizes]
    return [evenly_spaced(size, max(1, size * n_max // total)) for size in sizes]
