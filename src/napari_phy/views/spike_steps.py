"""From one spike of a selection to the next, and to the next violation of the refractory time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.table.session_like import SessionLike
from napari_phy.views.drawn_spikes import all_spikes
from napari_phy.views.violations import violating_spikes


def next_spike(session: SessionLike, clusters: tuple[int, ...], time_s: float, step: int = 1) -> int | None:
    """Return the spike of the clusters after a moment (before it for a step of −1), or None at the end."""
    return _next(session, all_spikes(session, clusters), time_s, step)


def next_violation(session: SessionLike, clusters: tuple[int, ...], time_s: float, step: int = 1) -> int | None:
    """Return the next spike that comes within the refractory time after another one of the same cluster, or None."""
    return _next(session, violating_spikes(session, clusters), time_s, step)


def _next(session: SessionLike, spikes: npt.NDArray[np.int64], time_s: float, step: int) -> int | None:
    samples = session.model.spike_samples[spikes]
    now = round(time_s * session.model.sample_rate)
    place = np.searchsorted(samples, now, side="right") if step > 0 else np.searchsorted(samples, now) - 1
    return int(spikes[place]) if 0 <= place < len(spikes) else None
