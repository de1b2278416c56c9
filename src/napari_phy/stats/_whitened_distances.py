"""The loop of `log_likelihoods` for one mean; a module of its own, so that numba is imported only when needed."""

from __future__ import annotations

from functools import partial

import numpy as np

from napari_phy.core.compiled import compiled


@partial(compiled, fastmath={"reassoc", "contract"})  # several products at once
def add_whitened_distances(mean, places, means, cores, whitenings, distances):  # type: ignore[no-untyped-def]
    """Add |W (mean − μ)|² under each of the Gaussians at `places` to (m,) distances; W is a lower triangle."""
    width = cores.shape[1]
    away = np.empty(width, whitenings.dtype)
    for number in range(len(places)):
        place = places[number]
        for row in range(width):
            feature = cores[place, row]
            away[row] = mean[feature] - means[place, feature]
        distance = 0.0
        for row in range(width):
            along = away[0] * 0
            for column in range(row + 1):
                along += whitenings[place, row, column] * away[column]
            distance += along * along
        distances[number] += distance
