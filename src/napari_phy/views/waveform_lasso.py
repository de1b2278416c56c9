"""Which spikes have a waveform that passes through a lasso on one channel."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.lasso import lines_through_polygon
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_pairs, required, samples_before, with_data

N_AT_ONCE = 2048  # spikes


def spikes_through(
    session: SessionLike,
    clusters: Iterable[int],
    channel: int,
    polygon: npt.NDArray[np.float64],
    on_progress: OnProgress = no_progress,
) -> npt.NDArray[np.int64]:
    """Return the ascending spikes of some clusters, drawn or not, whose waveform passes through a polygon.

    Parameters
    ----------
    clusters : iterable of int
        Clusters whose spikes are looked at, all of them; those past the end of the raw data have no waveform.
    channel : int
        Place of the channel.
    polygon : ndarray of float64, shape (k, 2)
        Milliseconds from the sample of the spike, and voltage in the unit of the model.

    Raises
    ------
    MissingDataError
        There is no raw data.
    ClusteringError
        A cluster does not exist (any more).
    """
    model = session.model
    rows = required(model.waveforms, model, "waveforms")
    spikes = np.sort(np.concatenate([np.empty(0, np.int64), *(session.manager.spikes(one) for one in clusters)]))
    spikes = with_data(rows, spikes)
    n_samples = rows.shape[1]
    times_ms = (np.arange(n_samples) - samples_before(rows, n_samples // 2)) * (1000 / model.sample_rate)
    inside = np.zeros(len(spikes), dtype=bool)
    for start in range(0, len(spikes), N_AT_ONCE):
        on_progress(start / len(spikes))
        some = spikes[start : start + N_AT_ONCE]
        waveforms = read_pairs(rows, some, np.full(len(some), channel))
        inside[start : start + N_AT_ONCE] = lines_through_polygon(times_ms, waveforms, polygon)
    return read_only(spikes[inside])
