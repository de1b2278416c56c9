"""From one spike of a selection to the next, and to the next violation of the refractory time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.views.session_like import SessionLike

REFRACTORY_S = 0.002


def next_spike(session: SessionLike, clusters: tuple[int, ...], time_s: float, step: int = 1) -> int | None:
    """Return the spike of the clusters after a moment (before it for a step of −1), or None at the end."""
    return _next(session, _spikes(session, clusters), time_s, step)


def next_violation(
    session: SessionLike, clusters: tuple[int, ...], time_s: float, step: int = 1, refractory_s: float = REFRACTORY_S
) -> int | None:
    """Return the next spike that comes within the refractory time after another one of the same cluster, or None."""
    found = []
    for cluster in clusters:
        spikes = session.manager.spikes(cluster)
        gaps = np.diff(session.model.spike_samples[spikes])
        found.append(spikes[1:][gaps < refractory_s * session.model.sample_rate])
    return _next(session, np.sort(np.concatenate(found)) if found else np.empty(0, np.int64), time_s, step)


def _spikes(session: SessionLike, clusters: tuple[int, ...]) -> npt.NDArray[np.int64]:
    if not clusters:
        return np.empty(0, dtype=np.int64)
    return np.sort(np.concatenate([session.manager.spikes(cluster) for cluster in clusters]))


def _next(session: SessionLike, spikes: npt.NDArray[np.int64], time_s: float, step: int) -> int | None:
    samples = session.model.spike_samples[spikes]
    now = round(time_s * session.model.sample_rate)
    place = np.searchsorted(samples, now, side="right") if step > 0 else np.searchsorted(samples, now) - 1
    return int(spikes[place]) if 0 <= place < len(spikes) else None
