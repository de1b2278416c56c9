"""A second cloud of a few percent is found along one of the axes, and one cloud has one mode along each."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.stats.bimodality import find_two_clouds
from napari_phy.stats.cloud_axes import N_SPREAD, cloud_axes

N_FEATURES, N_ROUNDS = 12, 6


def clouds_along(points):
    points = points - points.mean(axis=0)
    return [(find_two_clouds(values), values) for values in (points @ cloud_axes(points).T).T]


@pytest.mark.parametrize(
    ("share", "apart", "n", "least"),
    [(0.03, 8, 1500, 0.9), (0.05, 7, 1500, 0.9), (0.1, 6, 1500, 0.9), (0.2, 5, 1500, 0.9), (0.1, 8, 400, 0.9)],
)
def test_a_second_cloud_of_a_few_percent_is_found_and_cut_off(share, apart, n, least):
    rng, n_found, alike = np.random.default_rng(0), 0, []
    for _ in range(N_ROUNDS):
        is_second = np.arange(n) < share * n
        away = rng.normal(size=N_FEATURES)
        points = rng.normal(size=(n, N_FEATURES)) + apart * is_second[:, None] * away / np.linalg.norm(away)
        points = points @ (np.diag(1 / np.arange(1, N_FEATURES + 1)) + rng.normal(0, 0.05, (N_FEATURES, N_FEATURES)))
        found = [(clouds, values) for clouds, values in clouds_along(points) if clouds is not None]
        if found:
            clouds, values = max(found, key=lambda one: one[0].separation)
            is_above = values > clouds.cut
            is_small = is_above if is_above.mean() < 0.5 else ~is_above
            n_found += 1
            alike.append((is_small & is_second).sum() / (is_small | is_second).sum())
    assert n_found >= least * N_ROUNDS
    assert np.mean(alike) > 0.9


ONE_CLOUD = {
    "normal": lambda rng, n: rng.normal(size=(n, N_FEATURES)),
    "lopsided": lambda rng, n: rng.gamma(2, 1, (n, N_FEATURES)),
    "heavy tails": lambda rng, n: rng.normal(size=(n, N_FEATURES)) / np.sqrt(rng.chisquare(4, (n, 1)) / 4),
    "drifting": lambda rng, n: rng.normal(size=(n, N_FEATURES)) + np.linspace(-2, 2, n)[:, None] / 4,
    "of varying size": lambda rng, n: (rng.normal(size=(n, N_FEATURES)) + 9) * rng.normal(1, 0.2, (n, 1)),
}


@pytest.mark.parametrize("kind", ONE_CLOUD)
def test_of_one_cloud_two_are_found_along_less_than_5_percent_of_the_axes(kind):
    rng = np.random.default_rng(0)
    found = [
        clouds is not None
        for n in (120, 500, 1500)
        for _ in range(N_ROUNDS)
        for clouds, _ in clouds_along(ONE_CLOUD[kind](rng, n))
    ]
    assert np.mean(found) <= 0.05


@given(st.integers(1, 60), st.integers(1, 6), st.integers(0, 2**16), st.sampled_from([0.0, 1e-12, 1.0, 1e9]))
def test_axes_have_length_1_and_are_finite_whatever_the_points(n, width, seed, scale):
    points = scale * np.random.default_rng(seed).integers(-2, 3, (n, width)).astype(float)
    axes = cloud_axes(points - points.mean(axis=0))
    assert np.isfinite(axes).all()
    assert axes.shape[1] == width
    assert len(axes) <= N_SPREAD + 2
    lengths = np.linalg.norm(axes, axis=1)
    assert np.allclose(lengths, 1)


def test_the_first_axes_are_those_of_the_largest_variance():
    points = np.random.default_rng(0).normal(size=(200, 5)) * (5, 4, 3, 2, 1)
    expected = np.linalg.svd(points, full_matrices=False)[2][:N_SPREAD]
    assert np.allclose(np.abs(cloud_axes(points)[:N_SPREAD] @ expected.T), np.eye(N_SPREAD), atol=1e-9)
