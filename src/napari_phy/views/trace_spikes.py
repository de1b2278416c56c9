"""The spikes of a selection in a stretch of the traces, with the channels that took part in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced, read_only
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_in_file_order, samples_before

N_SPIKES_MAX = 3000
_HALF_WINDOW_S = 0.0008


@dataclass(frozen=True, slots=True, eq=False)
class TraceSpikes:
    """Spikes of some clusters, in the order of time.

    Attributes
    ----------
    spike_ids : ndarray of int64, shape (n,)
        Id of each spike.
    samples : ndarray of int64, shape (n,)
        Sample of each spike on the joined time line.
    clusters : tuple of int
        Those asked for; last, where it is not one of them, the cluster of the marked spike.
    places : ndarray of int32, shape (n,)
        Position of the spike's cluster in `clusters`.
    masks : ndarray of float32, shape (n, n_channels)
        Masks of each spike, 0…1; all 1 where the data set has no masks.
    before, after : int
        Samples of a spike on either side.
    n_total : int
        Spikes in the stretch; at most `N_SPIKES_MAX` of them are here.
    """

    spike_ids: npt.NDArray[np.int64]
    samples: npt.NDArray[np.int64]
    clusters: tuple[int, ...]
    places: npt.NDArray[np.int32]
    masks: npt.NDArray[np.float32]
    before: int
    after: int
    n_total: int


def find_trace_spikes(
    session: SessionLike, clusters: tuple[int, ...], start: int, stop: int, marked: tuple[int, int] | None = None
) -> TraceSpikes:
    """Return the spikes of clusters with a sample from `start` to before `stop`, evenly spaced where there are many.

    Parameters
    ----------
    marked : tuple of int, optional
        (spike, its cluster), which is among them in any case if it lies in the stretch.

    Raises
    ------
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    first, last = np.searchsorted(model.spike_samples, [start, stop])
    found, places = [], []
    for place, cluster in enumerate(clusters):
        own = session.manager.spikes(cluster)
        begin, end = np.searchsorted(own, [first, last])
        found.append(own[begin:end])
        places.append(np.full(end - begin, place, dtype=np.int32))
    if marked is not None and marked[1] not in clusters:
        clusters = (*clusters, marked[1])
        found.append(np.array([spike for spike in marked[:1] if first <= spike < last], dtype=np.int64))
        places.append(np.full(len(found[-1]), len(clusters) - 1, dtype=np.int32))
    spike_ids = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
    order = np.argsort(spike_ids, kind="stable")
    kept = order[evenly_spaced(len(order), N_SPIKES_MAX)]
    if marked is not None:
        kept = order[np.isin(order, kept) | (spike_ids[order] == marked[0])]
    spike_ids = spike_ids[kept]
    masks = np.ones((len(spike_ids), model.n_channels), dtype=np.float32)
    if model.masks is not None and len(spike_ids):
        masks = read_in_file_order(model.masks, spike_ids)
    half = max(1, round(_HALF_WINDOW_S * model.sample_rate))
    before = samples_before(model.waveforms, half)
    n_window = model.waveforms.shape[1] if model.waveforms is not None else 2 * half
    return TraceSpikes(
        spike_ids=read_only(spike_ids),
        samples=read_only(model.spike_samples[spike_ids]),
        clusters=clusters,
        places=read_only(np.concatenate(places)[kept] if places else np.empty(0, dtype=np.int32)),
        masks=read_only(masks),
        before=before,
        after=n_window - before,
        n_total=len(order),
    )
