"""The loops of masked EM. Sums are made one by one in the order of the spikes, so that they are the same everywhere.

Spikes are those of `masked_features`, Gaussians those of `gaussians`. A spike counts by its deviations d = w u and its
spreads r = w (u² − 1), where u is a feature from the mean of what is masked, in its standard deviations; both are 0
where it is masked.
"""

from __future__ import annotations

import math

import numpy as np

from napari_phy.core.compiled import compiled

LANES = 4  # spikes with the same mask that are worked on at once


@compiled
def add_sums(spikes, start, stop, rows, sums):  # type: ignore[no-untyped-def]
    """Add spikes start…stop to the sums of the clusters that `rows` names; below 0: none."""
    offsets, channels, weights, values, _, mean, scale = spikes
    n, masks, first, spread = sums
    per_channel = values.shape[1]
    for i in range(start, stop):
        row = rows[i - start]
        if row < 0:
            continue
        n[row] += 1
        for q in range(offsets[i], offsets[i + 1]):
            weight, channel = np.float64(weights[q]), channels[q]
            masks[row, channel] += weight
            for f in range(per_channel):
                feature = channel * per_channel + f
                u = (values[q, f] - mean[feature]) * scale[feature]
                first[row, feature] += weight * u
                spread[row, feature] += weight * (u * u - 1)


@compiled
def add_products(spikes, start, stop, rows, core, sizes, starts, products):  # type: ignore[no-untyped-def]
    """Add Σ d dᵀ below the diagonal, over the features of the core of each cluster."""
    offsets, channels, weights, values, _, mean, scale = spikes
    per_channel = values.shape[1]
    places, deviations = np.empty(len(mean), np.int64), np.empty(len(mean))
    for i in range(start, stop):
        row = rows[i - start]
        if row < 0 or sizes[row] == 0:
            continue
        n = 0
        for q in range(offsets[i], offsets[i + 1]):
            weight, first = np.float64(weights[q]), channels[q] * per_channel
            if core[row, first] < 0:
                continue
            for feature in range(first, first + per_channel):
                places[n] = core[row, feature]
                u = (values[q, feature % per_channel] - mean[feature]) * scale[feature]
                deviations[n] = weight * u
                n += 1
        for x in range(1, n):
            line, d = starts[row] + places[x] * sizes[row], deviations[x]
            for y in range(x):
                products[line + places[y]] += d * deviations[y]


@compiled
def fit_cores(sums, prior, log_volume, gaussians):  # type: ignore[no-untyped-def]
    """Turn the products of clusters into inverse covariances, and fill in what costs are made of.

    The covariance of a core is (Σ (d − δ)(d − δ)ᵀ + diag Σ η + prior I) / (n + prior − 1); outside it features are
    independent. A cluster whose covariance has no inverse is not alive.
    """
    n_spikes, _, first, spread = sums
    core, sizes, starts, inverses, linear, precisions, constants, own_costs, alive = gaussians
    features = np.empty(first.shape[1], np.int64)
    for row in range(len(sizes)):
        n, size = n_spikes[row], sizes[row]
        freedom = n + prior - 1
        alive[row] = n > 0 and freedom > 0
        if not alive[row]:
            continue
        precision = precisions[row] = freedom / (n + prior)
        constant, scatter = log_volume, 0.0
        k = 0
        for feature in range(first.shape[1]):
            shift = first[row, feature] / (n + prior)
            if core[row, feature] >= 0:
                features[k] = feature
                k += 1
                continue
            linear[row, feature] = -precision * shift
            constant += 0.5 * (precision * (shift * shift + 1) - math.log(precision))
            scatter += precision * (spread[row, feature] + n - 2 * shift * first[row, feature] + n * shift * shift)
            scatter -= precision * n * (shift * shift + 1)
        matrix = inverses[starts[row] : starts[row] + size * size].reshape(size, size)
        shifts = np.empty(size)
        for x in range(size):
            f = features[x]
            shifts[x] = first[row, f] / (n + prior)
            matrix[x, x] = spread[row, f] + n + prior - 2 * shifts[x] * first[row, f] + n * shifts[x] * shifts[x]
            for y in range(x):
                g = features[y]
                cross = shifts[x] * first[row, g] + shifts[y] * first[row, f]
                matrix[x, y] += n * shifts[x] * shifts[y] - cross
                matrix[y, x] = matrix[x, y]
        for x in range(size):
            for y in range(size):
                matrix[x, y] /= freedom
        log_determinant, alive[row] = _invert(matrix)
        if not alive[row]:
            continue
        trace, distance = 0.0, 0.0
        for x in range(size):
            slope = 0.0
            for y in range(size):
                slope += matrix[x, y] * shifts[y]
            linear[row, features[x]] = -slope
            trace += matrix[x, x]
            distance += shifts[x] * slope
        own = n * (constant + 0.5 * log_determinant) + 0.5 * scatter
        own_costs[row] = own + 0.5 * (freedom * size - prior * trace)
        constants[row] = constant + 0.5 * (log_determinant + distance + trace)


@compiled
def _invert(matrix):  # type: ignore[no-untyped-def]
    """Invert a symmetric matrix in place; return the log of its determinant, and whether it is positive definite.

    Rows are written value by value: to assign whole rows takes numba seconds longer to compile.
    """
    log_determinant = 0.0
    for k in range(len(matrix)):
        line, pivot = matrix[k], matrix[k, k]
        if not pivot > 0:
            return 0.0, False
        log_determinant += math.log(pivot)
        line[k] = 1
        for j in range(len(matrix)):
            line[j] /= pivot
        for i in range(len(matrix)):
            if i != k:
                factor = matrix[i, k]
                matrix[i, k] = 0
                for j in range(len(matrix)):
                    matrix[i, j] -= factor * line[j]
    return log_determinant, True


@compiled
def fill_costs(spikes, start, stop, gaussians, linear, columns, costs):  # type: ignore[no-untyped-def]
    """Write costs of spikes start…stop under Gaussians, without weights, into columns of `(n_spikes, n_columns)`.

    The cost of a spike is constant + Σ linear d + Σ inverse_ff r / 2 + Σ_{f<g} d_f inverse_fg d_g, over what it has
    unmasked. `linear` (n_features, n_clusters) is that of the Gaussians turned, so that clusters are worked on at once.
    """
    core, sizes, starts, inverses, _, precisions, constants, _, _ = gaussians
    patterns, (n_features, n_clusters) = spikes[4], linear.shape
    d, r, totals = np.zeros((n_features, LANES)), np.zeros((n_features, LANES)), np.zeros((LANES, n_clusters))
    features, places = np.zeros(n_features, np.int64), np.zeros(n_features, np.int64)
    common = np.zeros(n_features, np.int64)
    i = start
    while i < stop:
        n = 1
        while n < LANES and i + n < stop and patterns[i + n] == patterns[i]:
            n += 1
        k = _load(spikes, i, i + n, features, d, r)
        for lane in range(n):
            total, spread = totals[lane], 0.0
            for x in range(k):
                spread += r[x, lane]
            for row in range(n_clusters):
                total[row] = constants[row] + 0.5 * precisions[row] * spread
            for x in range(k):
                away, slopes = d[x, lane], linear[features[x]]
                for row in range(n_clusters):
                    total[row] += slopes[row] * away
        for row in range(n_clusters):
            n_common = _find_common(features[:k], core[row], places, common)
            matrix = inverses[starts[row] : starts[row] + sizes[row] ** 2].reshape(sizes[row], sizes[row])
            inside = _inside_core(matrix, precisions[row], places[:n_common], common, d, r)
            for lane in range(n):
                costs[i - start + lane, columns[row]] = totals[lane, row] + inside[lane]
        i += n


@compiled
def _find_common(features, core, places, common):  # type: ignore[no-untyped-def]
    """Write where features lie in a core, and which ones these are; return how many."""
    n_common = 0
    for x in range(len(features)):
        place = core[features[x]]
        if place >= 0:
            places[n_common], common[n_common] = place, x
            n_common += 1
    return n_common


@compiled
def _inside_core(matrix, precision, places, common, d, r):  # type: ignore[no-untyped-def]
    """Return for each lane what the features in a core add to the cost."""
    a0 = a1 = a2 = a3 = 0.0
    for x in range(len(places)):
        line, z = matrix[places[x]], common[x]
        s0 = s1 = s2 = s3 = 0.0
        for y in range(x):
            p, v = line[places[y]], common[y]
            s0 += p * d[v, 0]
            s1 += p * d[v, 1]
            s2 += p * d[v, 2]
            s3 += p * d[v, 3]
        p = 0.5 * (line[places[x]] - precision)
        a0 += s0 * d[z, 0] + p * r[z, 0]
        a1 += s1 * d[z, 1] + p * r[z, 1]
        a2 += s2 * d[z, 2] + p * r[z, 2]
        a3 += s3 * d[z, 3] + p * r[z, 3]
    return a0, a1, a2, a3


@compiled
def _load(spikes, start, stop, features, d, r):  # type: ignore[no-untyped-def]
    """Read deviations and spreads of spikes with the same mask, and which features they are of; return how many."""
    offsets, channels, weights, values, _, mean, scale = spikes
    per_channel = values.shape[1]
    n_channels = offsets[start + 1] - offsets[start]
    for lane in range(LANES):
        if start + lane >= stop:
            d[: n_channels * per_channel, lane] = 0
            r[: n_channels * per_channel, lane] = 0
            continue
        for a in range(n_channels):
            q = offsets[start + lane] + a
            weight = np.float64(weights[q])
            for f in range(per_channel):
                x, feature = a * per_channel + f, channels[q] * per_channel + f
                u = (values[q, f] - mean[feature]) * scale[feature]
                features[x], d[x, lane], r[x, lane] = feature, weight * u, weight * (u * u - 1)
    return n_channels * per_channel


@compiled
def choose(costs, columns, constants, clusters, noise_cost, chosen):  # type: ignore[no-untyped-def]
    """Choose for each spike the cluster of least cost, and the second; `clusters` are ascending."""
    best, second, best_costs, second_costs = chosen
    for i in range(len(best)):
        first, other, least, next_least = 0, -1, noise_cost, np.inf
        for k in range(len(clusters)):
            cost = costs[i, columns[k]] + constants[k]
            if cost < least:
                other, next_least = first, least
                first, least = clusters[k], cost
            elif cost < next_least:
                other, next_least = clusters[k], cost
        best[i], best_costs[i] = first, least
        if next_least == np.inf:
            other = -1
        second[i], second_costs[i] = other, next_least


@compiled
def own_costs(spikes, start, stop, rows, gaussians, costs):  # type: ignore[no-untyped-def]
    """Write the cost of each spike under the Gaussian that `rows` names; below 0: none."""
    core, sizes, starts, inverses, linear, precisions, constants, _, _ = gaussians
    n_features = linear.shape[1]
    d, r = np.zeros((n_features, LANES)), np.zeros((n_features, LANES))
    features, places = np.zeros(n_features, np.int64), np.zeros(n_features, np.int64)
    common = np.zeros(n_features, np.int64)
    for i in range(start, stop):
        row = rows[i - start]
        if row < 0:
            continue
        k = _load(spikes, i, i + 1, features, d, r)
        cost, spread = constants[row], 0.0
        for x in range(k):
            cost += linear[row, features[x]] * d[x, 0]
            spread += r[x, 0]
        cost += 0.5 * precisions[row] * spread
        for x in range(_find_common(features[:k], core[row], places, common)):
            line, z, total = starts[row] + places[x] * sizes[row], common[x], 0.0
            for y in range(x):
                total += inverses[line + places[y]] * d[common[y], 0]
            cost += total * d[z, 0] + 0.5 * (inverses[line + places[x]] - precisions[row]) * r[z, 0]
        costs[i - start] = cost


@compiled
def add_tally(places, chosen, n_params, tally):  # type: ignore[no-untyped-def]
    """Add up by cluster, at the place that `places` gives it: spikes, costs, losses and what would go where."""
    best, second, best_costs, second_costs = chosen
    n, cost, loss, params, n_moved, params_moved = tally
    for i in range(len(best)):
        row = places[best[i]]
        n[row] += 1
        cost[row] += best_costs[i]
        params[row] += n_params[i]
        loss[row] += second_costs[i] - best_costs[i]
        if second[i] >= 0:
            n_moved[row, places[second[i]]] += 1
            params_moved[row, places[second[i]]] += n_params[i]


@compiled
def leading_directions(gaussians, n_steps, directions):  # type: ignore[no-untyped-def]
    """Write into `(n_clusters, n_features)` in which direction the core of each cluster varies most; 0 without one."""
    core, sizes, starts, inverses, _, _, _, _, alive = gaussians
    for row in range(len(sizes)):
        size = sizes[row]
        directions[row] = 0
        if not alive[row] or size == 0:
            continue
        covariance = inverses[starts[row] : starts[row] + size * size].copy().reshape(size, size)
        _invert(covariance)
        widest = 0
        for x in range(size):
            if covariance[x, x] > covariance[widest, widest]:
                widest = x
        direction, turned = covariance[widest].copy(), np.empty(size)
        for _ in range(n_steps):
            turned[:] = 0
            for x in range(size):
                for y in range(size):
                    turned[y] += direction[x] * covariance[x, y]
            norm = 0.0
            for x in range(size):
                norm += turned[x] * turned[x]
            for x in range(size):
                direction[x] = turned[x] / math.sqrt(norm)
        for feature in range(core.shape[1]):
            if core[row, feature] >= 0:
                directions[row, feature] = direction[core[row, feature]]
