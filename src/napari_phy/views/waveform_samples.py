"""Up to a hundred evenly spaced waveforms of each cluster, read once and shared by views and amplitudes.

Spikes past the end of the raw data have none: they are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.stats.sampling import evenly_spaced
from napari_phy.views.session_cache import SessionCache
from napari_phy.views.session_like import SessionLike
from napari_phy.views.spike_rows import read_in_file_order, required

N_PER_CLUSTER = 100


@dataclass(frozen=True, slots=True, eq=False)
class WaveformSample:
    """Some waveforms of one cluster and their means.

    Attributes
    ----------
    spike_ids : (n,) int64, ascending.
    waveforms : (n, n_samples, n_channels) float32, in the unit of the model.
    masks : (n, n_channels) float32; ones where the data set has none.
    mean : (n_samples, n_channels) float32; zeros where there is no waveform, as in `mean_mask`.
    mean_mask : (n_channels,) float32.
    """

    spike_ids: npt.NDArray[np.int64]
    waveforms: npt.NDArray[np.float32]
    masks: npt.NDArray[np.float32]
    mean: npt.NDArray[np.float32]
    mean_mask: npt.NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Bytes of the large arrays."""
        return self.waveforms.nbytes + self.masks.nbytes + self.mean.nbytes

    @property
    def amplitudes(self) -> npt.NDArray[np.float32]:
        """(n_channels,) max − min of mean waveform × mean mask; nan where there is no waveform."""
        if not len(self.spike_ids):
            return read_only(np.full(self.mean.shape[1], np.nan, dtype=np.float32))
        return read_only(np.ptp(self.mean * self.mean_mask, axis=0))


_samples: SessionCache[tuple[int, int], WaveformSample] = SessionCache(2**27, lambda sample: sample.nbytes)


def waveform_samples(
    session: SessionLike,
    clusters: Iterable[int],
    n_per_cluster: int = N_PER_CLUSTER,
    on_progress: OnProgress = no_progress,
) -> dict[int, WaveformSample]:
    """Return the sample of each cluster, in their order; those not in memory come from one read.

    Raises
    ------
    MissingDataError
        There is no raw data.
    """
    required(session.model.waveforms, session.model, "waveforms")
    found = _samples.get(
        session,
        [(cluster, n_per_cluster) for cluster in clusters],
        lambda wanted: _read(session, [cluster for cluster, _ in wanted], n_per_cluster, on_progress),
    )
    return {cluster: sample for (cluster, _), sample in found.items()}


def _read(
    session: SessionLike, clusters: list[int], n_per_cluster: int, on_progress: OnProgress
) -> dict[tuple[int, int], WaveformSample]:
    model = session.model
    rows = required(model.waveforms, model, "waveforms")
    with_data: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]] = getattr(rows, "with_data", lambda ids: ids)
    spikes = [with_data(session.manager.spikes(cluster)) for cluster in clusters]
    spikes = [ids[evenly_spaced(len(ids), n_per_cluster)] for ids in spikes]
    spike_ids = np.concatenate(spikes)
    waveforms = read_in_file_order(rows, spike_ids, part_of(on_progress, 0, 0.9))
    if model.masks is None:
        masks = np.ones((len(spike_ids), model.n_channels), dtype=np.float32)
    else:
        masks = read_in_file_order(model.masks, spike_ids, part_of(on_progress, 0.9, 1))
    samples = {}
    stop = 0
    for cluster, ids in zip(clusters, spikes, strict=True):
        start, stop = stop, stop + len(ids)
        # copies, so that a cluster that is kept does not keep its neighbours
        some, their_masks = waveforms[start:stop].copy(), masks[start:stop].copy()
        samples[cluster, n_per_cluster] = WaveformSample(
            spike_ids=read_only(ids),
            waveforms=read_only(some),
            masks=read_only(their_masks),
            mean=read_only(_mean(some)),
            mean_mask=read_only(_mean(their_masks)),
        )
    return samples


def _mean(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if not len(rows):
        return np.zeros(rows.shape[1:], dtype=np.float32)
    return np.asarray(rows.mean(axis=0, dtype=np.float64), dtype=np.float32)
