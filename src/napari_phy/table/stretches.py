"""The stretches of time whose spikes are used: where each begins, since across a gap spikes are no neighbours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.core.time_cursor import spans_of
from napari_phy.table.session_like import ManagerLike, SessionLike

Int64 = npt.NDArray[np.int64]


def first_spikes(manager: ManagerLike, spikes: Int64) -> Int64:
    """Return the place among some spikes of the first of each stretch but the earliest; none where all time is used.

    Parameters
    ----------
    manager : ManagerLike
        The clustering that knows the stretches.
    spikes : ndarray of int64, shape (n,)
        Ascending ids.
    """
    return np.searchsorted(spikes, np.array([first for first, _ in manager.spike_spans[1:]], dtype=np.int64))


def moved_apart(samples: Int64, firsts: Int64, gap: int) -> Int64:
    """Return the samples of spikes with each stretch so much later that all others are a gap away or more.

    Parameters
    ----------
    samples : ndarray of int64, shape (n,)
        Ascending.
    firsts : ndarray of int64
        Places of the first spike of each stretch but the earliest, as `first_spikes` returns them.
    gap : int
        Samples.
    """
    if not len(firsts):
        return samples
    return samples + gap * np.searchsorted(firsts, np.arange(len(samples)), side="right")


def used_samples(session: SessionLike) -> Int64:
    """Return (n, 2) the first sample of each stretch, ascending, and the one after its last."""
    ends = np.array(spans_of(session.range_s), dtype=np.float64) * session.model.sample_rate
    return np.ceil(np.round(ends, 6)).astype(np.int64)
