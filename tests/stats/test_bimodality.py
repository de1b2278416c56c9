"""Two clouds of numbers: the dip by linear programming, and how often two are found where there are one or two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import norm

from napari_phy.stats.bimodality import dip_statistic, find_two_clouds, find_valley, fit_two_normals


def dip_by_programming(values):
    """Return the least distance of the empirical distribution from one that is convex, then concave, for any mode."""
    x, n = np.sort(values), len(values)
    above, below = np.arange(1, n + 1) / n, np.arange(n) / n
    return min(_distance_with_mode(x, above, below, mode) for mode in range(n))


def _distance_with_mode(x, above, below, mode):
    """The unknowns are the distribution up to the mode, from the mode on (it may jump there), and the distance."""
    n, n_unknown = len(x), len(x) + 2
    rows, limits = [], []

    def require(terms, limit):
        row = np.zeros(n_unknown)
        for place, factor in terms:
            row[place] += factor
        rows.append(row)
        limits.append(limit)

    far = n_unknown - 1
    for i in range(n):
        sides = ([i] if i <= mode else []) + ([i + 1] if i >= mode else [])
        require([(sides[0], 1), (far, -1)], below[i])
        require([(sides[-1], -1), (far, -1)], -above[i])
    for place in range(n):
        require([(place, 1), (place + 1, -1)], 0)
    for i in range(1, n - 1):
        if i != mode:
            sign, shift = (1, 0) if i < mode else (-1, 1)
            back, on = sign / (x[i] - x[i - 1]), sign / (x[i + 1] - x[i])
            require([(i + shift, back + on), (i + shift - 1, -back), (i + shift + 1, -on)], 0)
    cost = np.zeros(n_unknown)
    cost[far] = 1
    found = linprog(cost, A_ub=np.array(rows), b_ub=np.array(limits), bounds=[(0, 1)] * n_unknown)
    return found.fun if found.status == 0 else 1.0


@pytest.mark.parametrize("n", [2, 3, 5, 9, 14])
def test_the_dip_is_the_distance_from_the_nearest_distribution_with_one_mode(n):
    rng = np.random.default_rng(n)
    for values in (rng.random(n), rng.normal(size=n), np.append(rng.normal(size=n - n // 2), rng.normal(5, 1, n // 2))):
        assert dip_statistic(values) == pytest.approx(dip_by_programming(values), abs=1e-9)


def test_the_dip_has_its_known_extremes():
    assert dip_statistic(np.arange(100)) == pytest.approx(1 / 200)
    assert dip_statistic([0.0, 0.001, 1.0, 1.001] * 1) == pytest.approx(0.25, abs=0.001)
    assert dip_statistic([3.0, 3.0]) == dip_statistic([]) == 0.0


def test_the_dip_depends_on_neither_scale_nor_direction():
    values = np.random.default_rng(3).gamma(2, 1, 300)
    assert dip_statistic(-7 * values + 2) == pytest.approx(dip_statistic(values), abs=1e-12)


ONE_CLOUD = {
    "normal": lambda rng, n: rng.normal(size=n),
    "uniform": lambda rng, n: rng.random(n),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "gamma": lambda rng, n: rng.gamma(2, 1, n),
    "heavy tails": lambda rng, n: rng.standard_t(3, n),
    "cut off at a threshold": lambda rng, n: np.maximum(rng.normal(1, 1, n), rng.random(n) * 0.3),
    "rounded": lambda rng, n: np.rint(rng.normal(0, 3, n)),
    "two that overlap": lambda rng, n: rng.normal(size=n) + (np.arange(n) % 2),
}


@pytest.mark.parametrize("kind", ONE_CLOUD)
def test_in_one_cloud_two_are_found_in_less_than_5_percent(kind):
    rng = np.random.default_rng(0)
    found = [find_two_clouds(ONE_CLOUD[kind](rng, n)) for n in (60, 200, 700) for _ in range(60)]
    assert np.mean([one is not None for one in found]) <= 0.05


@pytest.mark.parametrize(
    ("apart", "share", "n"), [(4, 0.5, 300), (4, 0.3, 1500), (5, 0.3, 400), (5, 0.2, 1000), (6, 0.15, 1000)]
)
def test_of_clear_pairs_of_clouds_90_percent_are_found_and_cut_between_them(apart, share, n):
    rng, right = np.random.default_rng(1), []
    for _ in range(60):
        is_upper = np.arange(n) < share * n
        values = rng.normal(apart * is_upper, 1)
        clouds = find_two_clouds(values)
        if clouds is not None:
            assert clouds.separation == pytest.approx(apart, abs=1)
            right.append(np.mean((values > clouds.cut) == is_upper))
    assert len(right) >= 0.9 * 60
    assert np.mean(right) > 0.95


@given(st.floats(4.5, 9), st.floats(-100, 100), st.sampled_from([0.01, 1.0, 300.0]), st.integers(60, 500))
def test_the_valley_is_halfway_between_two_equal_clouds(apart, middle, size, n):
    cloud = norm.ppf((np.arange(n) + 0.5) / n)
    values = np.sort(np.append(cloud - apart / 2, cloud + apart / 2))
    assert find_valley(size * values + middle).place == pytest.approx(middle, abs=0.35 * size)


def test_clouds_of_other_width_are_cut_where_both_are_equally_likely():
    rng = np.random.default_rng(2)
    values = np.append(rng.normal(0, 1, 600), rng.normal(9, 3, 600))
    weights, means, deviations = fit_two_normals(np.sort(values))
    assert weights == pytest.approx([0.5, 0.5], abs=0.03)
    assert means == pytest.approx([0, 9], abs=0.4)
    assert deviations == pytest.approx([1, 3], abs=0.3)
    assert find_two_clouds(values).cut == pytest.approx(2.7, abs=0.4)


def test_few_equal_or_unknown_numbers_are_one_cloud():
    assert find_two_clouds([0, 0, 0, 9, 9, 9]) is None
    assert find_two_clouds(np.full(100, 3.0)) is None
    assert find_two_clouds(np.full(100, np.nan)) is None
    rng = np.random.default_rng(0)
    assert find_two_clouds(np.append(rng.normal(size=300), [50.0])) is None  # one spike is no cloud
