"""The spikes of clusters that come too soon after another one for one neuron."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from napari_phy.stats.refractory import violations
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.stretches import first_spikes

_violating: SessionCache[int, npt.NDArray[np.int64]] = SessionCache(lambda spikes: spikes.nbytes + 128)


def violating_spikes(session: SessionLike, clusters: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return the ascending spikes that come within the refractory time after another one of the same cluster."""
    found = _violating.get(session, clusters, partial(_find_violating, session))
    return np.sort(np.concatenate([np.empty(0, np.int64), *found.values()]))


def _find_violating(session: SessionLike, clusters: list[int]) -> dict[int, npt.NDArray[np.int64]]:
    samples, rate, found = session.model.spike_samples, session.model.sample_rate, {}
    for cluster in clusters:
        spikes = session.manager.spikes(cluster)
        firsts = first_spikes(session.manager, spikes)
        found[cluster] = spikes[violations(samples[spikes], sample_rate=rate, firsts=firsts)]
    return found
