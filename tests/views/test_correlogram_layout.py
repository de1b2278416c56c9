"""Boxes of correlograms, their bars and their lags lie where they belong, at any size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from views.rectangle_laws import TYPES, PlainType, assert_apart, assert_inside, places_in

from napari_phy.views.correlogram_layout import (
    DrawnCorrelograms,
    bar_boxes,
    correlogram_grid,
    correlogram_words,
    lag_labels,
    lag_ticks,
    log_lag_ticks,
)
from napari_phy.views.correlograms import CorrelogramData, CorrelogramRequest, CorrelogramSettings
from napari_phy.views.rectangles import Rectangle

SIZES = st.tuples(st.integers(200, 1500), st.integers(160, 1200))
IDS = st.lists(st.integers(0, 2_000_000_000), min_size=1, max_size=8, unique=True)


def made_up(ids, n_bins=26, seed=0):
    n, rng = len(ids), np.random.default_rng(seed)
    counts = rng.integers(0, 40, (n, n, 2 * n_bins - 1))
    return CorrelogramData(
        CorrelogramRequest(tuple(ids)), np.array(ids), counts, np.arange(1.0 - n_bins, n_bins), counts.mean(axis=-1),
        counts.max(axis=-1), np.full(n, 500), 1.0,
    )  # fmt: skip


@given(IDS, SIZES, TYPES)
def test_tiles_lie_apart_inside_and_the_one_under_a_pixel_is_that_which_holds_it(ids, size, sizes):
    if sizes.scale > 1.3 and min(size) < 300:
        return  # margins alone would fill it
    grid = correlogram_grid(ids, *size, sizes)
    tiles = {(row, column): grid.tile(row, column) for row in range(grid.n) for column in range(grid.n)}
    if grid.tile_width > 4 and grid.tile_height > 4:
        assert_inside(list(tiles.values()), *size)
    assert_apart(list(tiles.values()))
    for place, tile in tiles.items():
        for x, y in places_in(tile):
            *found, share = grid.tile_at(x, y)
            assert tuple(found) == place
            assert tile.left + share * tile.width == pytest.approx(x)
        assert grid.tile_at(tile.right + grid.gap / 2, tile.top) is None
        assert grid.tile_at(tile.left, tile.bottom + grid.gap / 2) is None


@given(IDS, SIZES, TYPES)
def test_an_id_is_under_the_pixels_where_it_stands(ids, size, sizes):
    grid = correlogram_grid(ids, *size, sizes)
    for place in range(grid.n):
        above, beside = grid.id_boxes(place, sizes)
        assert grid.id_at(*above.center) == grid.id_at(*beside.center) == place
    assert grid.left <= max(sizes.px(36), size[0] / 4)


@given(
    st.integers(1, 600), st.tuples(st.integers(4, 400), st.integers(4, 300)), st.integers(0, 2**32 - 1), st.booleans()
)
def test_bars_stand_on_the_bottom_of_their_tile_and_the_highest_is_never_lost(n, size, seed, is_log):
    rng, tile = np.random.default_rng(seed), Rectangle(30, 40, *size)
    edges = np.linspace(0, 1, n + 1) ** (2 if is_log else 1) * tile.width
    heights = rng.random(n) * tile.height * rng.integers(0, 2, n)
    bars, have_gaps = bar_boxes(edges, heights, tile)
    assert (bars[:, 1] + bars[:, 3] == tile.bottom).all()
    assert (bars[:, 0] >= tile.left).all()
    assert (bars[:, 0] + bars[:, 2] <= tile.right + 1).all()
    assert bars[:, 3].max(initial=0) == (max(1, np.rint(heights.max())) if heights.any() else 0)
    if have_gaps:
        assert len(bars) == np.count_nonzero(heights)
        assert_apart(bars)


@given(IDS, SIZES, st.sampled_from(["linear", "log"]), st.sampled_from([3, 26, 251]))
def test_lags_stand_below_their_tile_and_never_on_each_other(ids, size, lags, n_bins):
    sizes, data = PlainType(), made_up(ids, n_bins)
    grid = correlogram_grid(ids, *size, sizes)
    labels = lag_labels(data, CorrelogramSettings(lags=lags), grid, sizes)
    last = [grid.tile(grid.n - 1, column) for column in range(grid.n)]
    for box, label in labels:
        assert any(tile.left <= box.left <= box.right <= tile.right + 1e-9 for tile in last), label
        assert box.top > last[0].bottom
        assert box.bottom <= grid.title_box(sizes).top + 1e-9
    assert_apart([box for box, _ in labels])


@given(st.integers(0, 2), st.integers(0, 2), st.sampled_from(["linear", "log"]), st.sampled_from(["counts", "Hz"]))
def test_the_words_under_a_pixel_are_those_of_the_bar_there(row, column, lags, unit):
    data, look = made_up([5, 3, 9]), CorrelogramSettings(lags=lags, unit=unit, merged=False)
    grid = correlogram_grid([5, 3, 9], 520, 545, PlainType())
    tile, edges = grid.tile(row, column), look.edges(data)
    for lag in range(-25, 26):
        middle = edges[lag + 25 : lag + 27].mean()
        words = correlogram_words(data, look, grid, tile.left + middle * tile.width, tile.center[1])
        said = str(lag).replace("-", "−")
        assert words.startswith(f"{data.cluster_ids[row]} → {data.cluster_ids[column]}, {said} ms, ")
        assert words.endswith((" pair", " pairs") if unit == "counts" else " Hz")
    assert correlogram_words(data, look, grid, 1, 1) == ""


@given(st.booleans(), st.booleans())
def test_the_highest_bar_fills_its_box_unless_all_have_one_scale(shared, baseline):
    data, look = made_up([1, 2, 3]), CorrelogramSettings(shared=shared, baseline=baseline)
    drawn, tops = DrawnCorrelograms.of(data, look), DrawnCorrelograms.of(data, look).bars.max(axis=-1)
    assert tops.max() == 1
    assert shared or (tops == 1).all()
    assert (drawn.expected is not None) == baseline
    assert drawn.band == pytest.approx((0.5 - 2 / 51, 0.5 + 2 / 51))
    tile = Rectangle(0, 0, 100, 100)
    assert drawn.band_box(tile).width == pytest.approx(100 * 4 / 51)
    assert not drawn.has_label(0, 0, Rectangle(0, 0, 12, 100), PlainType())


def test_lags_between_whole_ms_keep_their_half():
    labels = [label for _, label in lag_ticks(22.5, 800, 20)]
    assert {"−22.5", "−2.5", "0.0", "2.5", "22.5"} <= set(labels)


def test_the_lags_of_a_logarithmic_axis_are_powers_of_ten_and_then_fives():
    ticks = log_lag_ticks(made_up([1]), CorrelogramSettings(lags="log"), 25.0, 400, 20)
    assert [label for _, label in ticks] == ["−25", "−10", "−5", "−1", "0", "1", "5", "10", "25"]
