"""From one spike of a selection to the next, and to the next violation of the refractory time."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt

from napari_phy.stats.refractory import violations
from napari_phy.views.drawn_spikes import all_spikes
from napari_phy.views.session_cache import SessionCache
from napari_phy.views.session_like import SessionLike

_violating: SessionCache[int, npt.NDArray[np.int64]] = SessionCache(2**24, lambda spikes: spikes.nbytes + 128)


def next_spike(session: SessionLike, clusters: tuple[int, ...], time_s: float, step: int = 1) -> int | None:
    """Return the spike of the clusters after a moment (before it for a step of −1), or None at the end."""
    return _next(session, all_spikes(session, clusters), time_s, step)


def next_violation(session: SessionLike, clusters: tuple[int, ...], time_s: float, step: int = 1) -> int | None:
    """Return the next spike that comes within the refractory time after another one of the same cluster, or None."""
    return _next(session, violating_spikes(session, clusters), time_s, step)


def violating_spikes(session: SessionLike, clusters: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """Return the ascending spikes that come within the refractory time after another one of the same cluster."""
    found = _violating.get(session, clusters, partial(_find_violating, session))
    return np.sort(np.concatenate([np.empty(0, np.int64), *found.values()]))


def _find_violating(session: SessionLike, clusters: list[int]) -> dict[int, npt.NDArray[np.int64]]:
    samples, rate = session.model.spike_samples, session.model.sample_rate
    spikes = {cluster: session.manager.spikes(cluster) for cluster in clusters}
    return {cluster: ids[violations(samples[ids], sample_rate=rate)] for cluster, ids in spikes.items()}


def _next(session: SessionLike, spikes: npt.NDArray[np.int64], time_s: float, step: int) -> int | None:
    samples = session.model.spike_samples[spikes]
    now = round(time_s * session.model.sample_rate)
    place = np.searchsorted(samples, now, side="right") if step > 0 else np.searchsorted(samples, now) - 1
    return int(spikes[place]) if 0 <= place < len(spikes) else None
