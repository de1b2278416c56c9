"""The slow, direct way to KlustaViewa's similarity: no sums, every feature of every spike, one pair at a time."""

import numpy as np

from napari_phy.stats import masked_gaussian, masked_sums


def expected_features(features, masks, noise):
    """Return y and η of every spike, features × spikes as masked EM has them."""
    w = np.repeat(masks.astype(float), features.shape[1] // masks.shape[1], axis=1)
    x = features.astype(float)
    y = w * x + (1 - w) * noise.mean
    z = w * x**2 + (1 - w) * (noise.mean**2 + noise.variance)
    return y, z - y**2


def gaussian(features, masks, noise):
    """Return mean and full covariance of one cluster; features outside the core vary alone."""
    y, eta = expected_features(features, masks, noise)
    n, n_features = len(y), y.shape[1]
    prior = masked_gaussian.PRIOR
    mean = (y.sum(axis=0) + prior * noise.mean) / (n + prior)
    scatter = np.zeros((n_features, n_features))
    for row in y - mean:
        scatter += np.outer(row, row)
    covariance = (scatter + prior * np.diag(noise.variance)) / (n + prior - 1) + np.diag(eta.mean(axis=0))
    core = masked_sums.core_channels((masks > 0).sum(axis=0), masks.sum(axis=0), n_features // masks.shape[1])
    in_core = np.repeat(np.isin(np.arange(masks.shape[1]), core), n_features // masks.shape[1])
    alone = ~np.outer(in_core, in_core) & ~np.eye(n_features, dtype=bool)
    covariance[alone] = 0
    return mean, covariance


def log_matrix(features, masks, labels, noise):
    """Return log(w_j) + log N(μ_i | μ_j, C_j) of all pairs of clusters, by ascending label."""
    found = [gaussian(features[labels == one], masks[labels == one], noise) for one in np.unique(labels)]
    counts = [np.count_nonzero(labels == one) for one in np.unique(labels)]
    logs = np.empty((len(found), len(found)))
    for i, (mean, _) in enumerate(found):
        for j, (other, covariance) in enumerate(found):
            away = mean - other
            sign, log_determinant = np.linalg.slogdet(covariance)
            assert sign > 0
            distance = away @ np.linalg.solve(covariance, away)
            logs[i, j] = np.log(counts[j] / len(labels)) - 0.5 * (
                distance + log_determinant + len(away) * np.log(2 * np.pi)
            )
    return logs
