"""Spikes of known clusters with masks, and masked EM the long way: dense, spike by spike."""

import numpy as np


def draw_spikes(n_each=200, n_clusters=4, n_channels=8, per_channel=3, *, seed=0, noise=40, masked=True):
    """Return features (n, n_features), masks (n, n_channels) and labels, from 2; 0 for spikes from anywhere.

    Each cluster has its own neighbouring channels; what is far from them is noise, and masked.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(n_clusters) + 2, n_each)
    labels = np.concatenate([labels, np.zeros(noise, dtype=int)])
    rng.shuffle(labels)
    n = len(labels)
    centres = rng.normal(0, 12, (n_clusters + 2, n_channels, per_channel))
    best = (np.arange(n_clusters + 2) * n_channels / n_clusters).astype(int) % n_channels
    distance = np.abs(np.arange(n_channels) - best[labels][:, None])
    sizes = np.clip(1.4 - 0.5 * distance, 0, 1)
    masks = np.clip(sizes + rng.normal(0, 0.1, sizes.shape), 0, 1) * (sizes > 0)
    features = rng.normal(0, 1, (n, n_channels, per_channel)) + centres[labels] * sizes[:, :, None]
    is_noise = labels == 0
    features[is_noise] = rng.uniform(-25, 25, (is_noise.sum(), n_channels, per_channel))
    if not masked:
        masks = np.ones_like(masks)
    return features.reshape(n, -1).astype(np.float32), masks.astype(np.float32), labels.astype(np.int32)


def dense_step(features, masks, labels, *, prior=1.0, noise_point=1.0, least_mask=100.0, k_log_n=1.0, extra=0.0):
    """Return costs (n, n_clusters) of clusters 0, 2, 3, …, and the score when all spikes go to the best of them."""
    x, w = features.astype(np.float64), np.repeat(masks.astype(np.float64), features.shape[1] // masks.shape[1], axis=1)
    x = (x - x.min(axis=0)) / np.ptp(x, axis=0)
    masked = w == 0
    nu = (x * masked).sum(axis=0) / masked.sum(axis=0)
    sigma2 = (((x - nu) ** 2) * masked).sum(axis=0) / masked.sum(axis=0)
    y = w * x + (1 - w) * nu
    eta = w * x**2 + (1 - w) * (nu**2 + sigma2) - y**2
    n, n_features = x.shape
    ids = [one for one in range(2, labels.max() + 1) if (labels == one).any()]
    total = n + prior * len(ids) + noise_point + extra
    costs = [np.full(n, -np.log(((labels == 0).sum() + noise_point) / total))]
    for one in ids:
        own = labels == one
        m = own.sum()
        mean = (y[own].sum(axis=0) + prior * nu) / (m + prior)
        core = w[own].sum(axis=0) >= least_mask
        covariance = np.diag((m + prior) * sigma2)
        away = (y[own] - mean)[:, core]
        covariance[np.ix_(core, core)] = (
            away.T @ away + np.diag(eta[own][:, core].sum(axis=0)) + prior * np.diag(sigma2[core])
        )
        covariance /= m + prior - 1
        inverse = np.linalg.inv(covariance)
        away = y - mean
        cost = 0.5 * (np.einsum("ni,ij,nj->n", away, inverse, away) + eta @ np.diag(inverse))
        cost += (
            0.5 * np.linalg.slogdet(covariance)[1] - np.log((m + prior) / total) + n_features / 2 * np.log(2 * np.pi)
        )
        costs.append(cost)
    costs = np.array(costs).T
    best = costs.argmin(axis=1)
    n_unmasked = w.sum(axis=1)
    n_params = n_unmasked * (n_unmasked + 1) / 2 + n_unmasked + 1
    penalty = sum(n_params[best == place].mean() for place in np.unique(best)) * k_log_n * np.log(n) / 2
    return costs, costs.min(axis=1).sum() + penalty
