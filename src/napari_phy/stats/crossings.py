"""When a trace passes a threshold, and for how long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]


def threshold_crossings(
    times_s: npt.ArrayLike,
    values: npt.ArrayLike,
    threshold: float,
    *,
    falls: bool = False,
    shortest_s: float = 0.0,
) -> Float64:
    """Return (n, 2) when a trace comes above a threshold, and when it is there no longer.

    Times are between two samples, on the straight line from one to the other. Where the trace is beyond the threshold
    from its first sample on, or from the first after one that is not known, that is no crossing.

    Parameters
    ----------
    times_s : array_like, shape (n_samples,)
        Ascending.
    values : array_like, shape (n_samples,)
        The trace; NaN where it is not known.
    threshold : float
        Passed where a value is above it; below it if `falls`.
    falls : bool, default False
        Whether the trace comes from above.
    shortest_s : float, default 0.0
        Leave out what lasts less long.
    """
    times, trace = np.asarray(times_s, dtype=np.float64), np.asarray(values, dtype=np.float64)
    beyond = threshold - trace if falls else trace - threshold
    inside = beyond > 0  # NaN is not
    edges = np.diff(inside.astype(np.int8))
    firsts, lasts = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)  # the sample before each edge
    if not len(firsts):
        return np.empty((0, 2))
    starts = _between(times, beyond, firsts)
    stops = np.append(_between(times, beyond, lasts), times[-1])
    stops = stops[np.searchsorted(np.append(lasts, len(trace)), firsts)]
    found = np.column_stack([starts, stops])[np.isfinite(beyond[firsts])]
    return np.asarray(found[found[:, 1] - found[:, 0] >= shortest_s])


def _between(times: Float64, beyond: Float64, before: npt.NDArray[np.int64]) -> Float64:
    """Return when `beyond` is 0 between some samples and the next; at the known one where the other is not."""
    here, there = beyond[before], beyond[before + 1]
    share = np.divide(here, here - there, out=np.full(len(before), np.nan), where=np.isfinite(here - there))
    share = np.where(np.isnan(share), np.isnan(here), share)
    return np.asarray(times[before] + share * (times[before + 1] - times[before]))
