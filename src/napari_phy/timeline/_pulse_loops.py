"""The loop that tells pulses on a grid from false ones."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from napari_phy.core.compiled import compiled

LONGEST_RUN = 24  # false pulses in a row


@compiled
def _choose(times_s, intervals_s, deviation, false_costs, doubled_cost, doubled_part, gap_cost, jump_cost):  # type: ignore[no-untyped-def]
    n = len(times_s)
    best = np.full(n, np.inf)
    origin = np.full(n, -1, np.int64)
    before = 0.0
    for j in range(n):
        if j <= LONGEST_RUN:
            best[j] = before
            before += false_costs[j]
        left_out = 0.0
        for i in range(j - 1, max(-1, j - 2 - LONGEST_RUN), -1):
            interval = intervals_s[i]
            step = times_s[j] - times_s[i]
            if i < j - 1:
                k = i + 1
                is_doubled = times_s[k] - times_s[i] < doubled_part * interval
                left_out += min(doubled_cost, false_costs[k]) if is_doubled else false_costs[k]
                if step > 8 * interval and left_out > 8 * jump_cost:
                    break
            n_slots = max(1.0, np.rint(step / interval))
            off = abs(step / interval - n_slots)
            cost = best[i] + left_out + min(off * off / (2 * deviation * deviation), 2 + (jump_cost - 4) * 2 * off)
            if n_slots > 1:
                cost += gap_cost
            if cost < best[j]:
                best[j] = cost
                origin[j] = i
    last, total, after = n - 1, np.inf, 0.0
    for j in range(n - 1, max(-1, n - 2 - LONGEST_RUN), -1):
        if best[j] + after < total:
            total = best[j] + after
            last = j
        after += false_costs[j]
    kept = np.zeros(n, np.bool_)
    while last >= 0:
        kept[last] = True
        last = origin[last]
    return total, kept


def choose_pulses(
    times_s: npt.NDArray[np.float64],
    intervals_s: npt.NDArray[np.float64],
    deviation: float,
    false_costs: npt.NDArray[np.float64],
    *,
    doubled: tuple[float, float],
    gap_cost: float,
    jump_cost: float,
) -> tuple[float, npt.NDArray[np.bool_]]:
    """Return `(cost, kept)`: the pulses that lie best on a grid, by dynamic programming over chains of them.

    Parameters
    ----------
    times_s : ndarray of float64, shape (n,)
        Ascending.
    intervals_s : ndarray of float64, shape (n,)
        Interval of the grid around each pulse.
    deviation : float
        Of an interval, as a part of it.
    false_costs : ndarray of float64, shape (n,)
        Cost of leaving a pulse out.
    doubled : tuple of float
        Cost of leaving out one that follows another within a part of an interval, and that part.
    gap_cost, jump_cost : float
        Cost of a gap of whole intervals; about the most that an interval off the grid costs.
    """
    cost, kept = _choose(times_s, intervals_s, deviation, false_costs, *doubled, gap_cost, jump_cost)
    return float(cost), cast("npt.NDArray[np.bool_]", kept)
