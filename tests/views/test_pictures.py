"""The picture of traces covers exactly what the lines cover; a pixel of a raster tells how many spikes it has."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_phy.core.compiled import ReadyLoop
from napari_phy.views.pictures import blank, draw_traces, opacity
from napari_phy.views.trace_lines import Columns, make_lines

WHITE = [[255, 255, 255]]


def drawn(low, high, first_bin=0.0, bins_per_column=1.0, width=1.0, zero=20.0, gain=1.0, size=(40, 12), **part):
    image = blank(size[1], size[0], "#000000")
    low, high = np.atleast_2d(np.asarray(low, np.float32)), np.atleast_2d(np.asarray(high, np.float32))
    lines = make_lines(
        [0], part.get("first", 0), part.get("n", low.shape[1]), [zero], gain, WHITE, part.get("alpha", 1.0)
    )
    draw_traces(image, low, high, lines, Columns(first_bin, bins_per_column), width)
    return image[..., 0] / 255


def test_a_flat_line_is_as_wide_as_it_should_be():
    image = drawn(np.zeros(20), np.zeros(20))
    assert np.allclose(image[:, 5].sum(), 1.0, atol=0.01)
    assert np.allclose(image[19:21, 5], 0.5, atol=0.01)
    assert np.allclose(drawn(np.zeros(20), np.zeros(20), width=0.8)[:, 5].sum(), 0.8, atol=0.01)


def test_up_is_up():
    image = drawn(np.full(20, 10.0), np.full(20, 10.0))
    assert image[9:11].sum() > 0
    assert image[11:].sum() == 0


def test_a_column_reaches_from_the_smallest_to_the_largest_of_its_bins():
    rng = np.random.default_rng(0)
    low = rng.uniform(-15, 0, 96)
    high = low + rng.uniform(0, 15, 96)
    image = drawn(low, high, bins_per_column=8)
    for column in range(1, 11):
        own = slice(column * 8, column * 8 + 8)
        covered = np.flatnonzero(image[:, column] > 0)
        assert covered[0] <= 20 - high[own].max()
        assert covered[-1] >= 20 - low[own].min() - 1
        neighbours = slice(column * 8 - 1, column * 8 + 9)
        assert covered[0] >= 20 - high[neighbours].max() - 1.5
        assert covered[-1] <= 20 - low[neighbours].min() + 1.5


def test_neighbours_are_joined_however_steep():
    values = np.array([0, 0, 18, -18, 18, 0, 0], float)
    image = drawn(values, values, bins_per_column=0.5)
    rows = [set(np.flatnonzero(column > 0)) for column in image.T]
    assert all(one & other for one, other in pairwise(rows[1:]))


def test_only_a_part_is_drawn_where_a_part_is_wished():
    image = drawn(np.zeros(12), np.zeros(12), first=4, n=3)
    columns = np.flatnonzero(image.sum(axis=0))
    assert columns.min() >= 4
    assert columns.max() <= 6
    assert drawn(np.zeros(12), np.zeros(12), first=-5, n=3).sum() == 0
    assert drawn(np.zeros(12), np.zeros(12), first=50, n=3).sum() == 0


def test_what_lies_outside_of_the_picture_is_left_out():
    assert drawn(np.full(12, 500.0), np.full(12, 500.0)).sum() == 0
    assert drawn(np.zeros(12), np.zeros(12), first_bin=100.0).sum() == 0
    assert drawn(np.zeros(12), np.zeros(12), first_bin=-100.0).sum() == 0


@pytest.mark.parametrize("alpha", [0.25, 1.0])
def test_a_faint_line_is_fainter(alpha):
    assert np.allclose(drawn(np.zeros(20), np.zeros(20), alpha=alpha)[:, 5].sum(), alpha, atol=0.02)


def test_colours_come_out_as_they_went_in():
    image = blank(8, 8, "#102030")
    values = np.zeros((1, 8), np.float32)
    draw_traces(image, values, values, make_lines([0], 0, 8, [4.0], 1.0, [[200, 100, 50]], 1.0), Columns(0, 1), 4.0)
    assert image[4, 4, 2::-1].tolist() == [200, 100, 50]  # Qt keeps blue first
    assert image[0, 4, 2::-1].tolist() == [16, 32, 48]


def test_opacity_of_a_raster_grows_with_the_spikes_of_a_pixel():
    assert opacity(1, 1) == 1
    values = [opacity(n, 16) for n in (1, 4, 16, 40)]
    assert values == sorted(values)
    assert values[-2:] == [1, 1]


@given(st.integers(0, 10_000))
def test_numba_and_numpy_draw_the_same_pixels(seed):
    rng = np.random.default_rng(seed)
    n_lines, n_bins, columns = rng.integers(1, 6), rng.integers(1, 60), rng.integers(1, 40)
    low = rng.normal(0, 9, (3, n_bins)).astype(np.float32)
    high = low + rng.exponential(4, low.shape).astype(np.float32)
    low[rng.random(low.shape) < 0.1] = np.nan
    lines = make_lines(
        rng.integers(0, 3, n_lines), rng.integers(-9, n_bins + 9, n_lines), rng.integers(0, n_bins + 9, n_lines),
        rng.uniform(-5, 45, n_lines), rng.choice([0, 0.5, 2]), rng.integers(0, 256, (n_lines, 3)), rng.random(n_lines),
    )  # fmt: skip
    place = Columns(rng.uniform(-20, n_bins), rng.choice([0.1, 0.7, 1, 3.3, 40]))
    pictures = []
    with pytest.MonkeyPatch.context() as patched:
        for ready in (True, False):
            patched.setattr(ReadyLoop, "find", lambda loop, *_, ready=ready, **__: loop.load() if ready else None)
            image = blank(int(columns), 40, "#102030")
            draw_traces(image, low, high, lines, place, 1.5)
            pictures.append(image)
    np.testing.assert_array_equal(*pictures)
