"""The loop of `log_likelihoods` for a few means; a module of its own, so that numba is imported only when needed."""

from __future__ import annotations

from functools import partial

import numpy as np

from napari_phy.core.compiled import compiled


@partial(compiled, fastmath={"reassoc", "contract"})  # several products at once
def add_whitened_distances(points, places, means, cores, whitenings, distances):  # type: ignore[no-untyped-def]
    """Add |W (point − μ)|² of n points under each of the m Gaussians at `places` to (n, m); W is a lower triangle."""
    width = cores.shape[1]
    away = np.empty(width, whitenings.dtype)
    for number in range(len(places)):
        place = places[number]
        for point in range(len(points)):  # a factor is read once for all of them
            for row in range(width):
                feature = cores[place, row]
                away[row] = points[point, feature] - means[place, feature]
            distance = 0.0
            for row in range(width):
                along = away[0] * 0
                for column in range(row + 1):
                    along += whitenings[place, row, column] * away[column]
                distance += along * along
            distances[point, number] += distance
