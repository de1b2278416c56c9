"""The loop that tests points against a polygon; a module of its own, so that numba is imported only when needed."""

from __future__ import annotations

import numpy as np

from napari_phy.core.compiled import compiled


@compiled
def mark_inside(points, low, high, scale, edges, starts, of_band, inside):  # type: ignore[no-untyped-def]
    """Mark points (n, 2) with an odd number of edges (k, 4: x, y, x, y) to the right; `of_band` has those of a band."""
    n_bands = len(starts) - 1
    for place in range(len(points)):
        x, y = np.float64(points[place, 0]), np.float64(points[place, 1])
        odd = False
        if low[0] <= x <= high[0] and low[1] <= y <= high[1]:
            where = (y - low[1]) * scale
            band = int(where) if where < n_bands else n_bands - 1
            for number in range(starts[band], starts[band + 1]):
                edge = of_band[number]
                x0, y0, x1, y1 = edges[edge, 0], edges[edge, 1], edges[edge, 2], edges[edge, 3]
                if (y0 <= y) != (y1 <= y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                    odd = not odd
        inside[place] = odd
