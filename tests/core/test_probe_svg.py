"""The size of the picture of a probe: sites are told apart, and short probes do not fill a page."""

import re

import numpy as np
import pytest

from napari_phy.core.colors import SELECTION_LIGHT
from napari_phy.core.probe import Probe


def size(positions):
    """Return width and height of the picture, and the largest height that is seen without scrolling."""
    html = Probe(range(len(positions)), positions)._repr_html_()
    width, height = map(float, re.search(r'<svg [^>]*width="([\d.]+)" height="([\d.]+)"', html).groups())
    scrolled = re.match(r'<div style="max-height: (\d+)px; overflow: auto">', html)
    return width, height, int(scrolled[1]) if scrolled else None


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "step", "width", "height"),
    [
        (4, 1, 20, 170, 194),  # 28 px between sites, 110 px around them
        (4, 4, 20, 184, 194),
        (4, 1, 40, 170, 194),
        (13, 1, 20, 170, 446),  # no higher than 340 px and what is around them
        (14, 1, 20, 170, 450),
        (30, 1, 20, 170, 450),
        (1, 16, 20, 520, 150),  # no wider than 420 px and what is around them
        (1, 14, 20, 464, 150),
        (60, 1, 20, 170, 450),
        (69, 1, 20, 170, 450),  # 5 px between sites at least
        (101, 1, 20, 170, 610),
        (490, 1, 20, 170, 2510),  # 2 400 px at most
        (1, 190, 20, 1000, 150),  # 900 px at most
    ],
)
def test_the_picture_is_as_large_as_its_sites_need(n_rows, n_columns, step, width, height):
    positions = [[step * column, step * row] for row in range(n_rows) for column in range(n_columns)]
    assert size(positions)[:2] == (width, height)


def test_a_high_picture_is_scrolled():
    assert size([[0, 20 * row] for row in range(107)]) == (170, 640, None)
    assert size([[0, 20 * row] for row in range(108)]) == (170, 645, 640)
    assert size([]) == (170, 150, None)


def texts(probe):
    return re.findall(r">([^<>]+)</text>", probe._repr_html_())


def test_numbers_and_scale_are_written_below_each_other():
    html = Probe([7, 9], [[0, 0], [0, 50]])._repr_html_()
    assert 'font-size="10"' in html
    assert 'aria-label="Probe with 2 channels"' in html
    height = size([[0, 0], [0, 50]])[1]
    bar = re.search(r'<path d="M10 ([\d.]+)H([\d.]+)" [^>]*stroke-width="1.5"/><text x="([\d.]+)" y="([\d.]+)">', html)
    line, end, start, base = map(float, bar.groups())
    assert (line, base) == (height - 13.5, height - 10)
    assert start == pytest.approx(end + 5, abs=0.1)
    assert texts(Probe([7, 9], [[0, 0], [0, 50]]))[:2] == ["7", "9"]
    circles = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', html)
    numbers = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="middle">', html)
    for (_, center), (_, base) in zip(circles, numbers, strict=True):
        assert float(base) - float(center) == pytest.approx(3.6, abs=0.11)


@pytest.mark.parametrize(
    ("positions", "label"),
    [
        ([[0, 0]], "Probe with 1 channel"),
        ([[0, 0], [0, 20]], "Probe with 2 channels"),
        ([[x, y] for x in (0, 500) for y in (0, 20)], "Probe with 4 channels on 2 shanks"),
        ([], "Probe with 0 channels"),
    ],
)
def test_it_is_told_to_who_cannot_see_it(positions, label):
    assert f'aria-label="{label}"' in Probe(range(len(positions)), positions)._repr_html_()


def test_shanks_have_the_colours_for_a_light_page_from_the_left():
    html = Probe(range(6), [[x, y] for x in (1000, 0, 500) for y in (0, 20)])._repr_html_()
    colors = re.findall(r'<circle [^>]*fill="(#\w+)"', html)
    assert colors[::2] == colors[1::2] == [SELECTION_LIGHT[place] for place in (2, 0, 1)]


def test_what_is_not_known_is_said_below():
    assert texts(Probe([], []))[-1] == "no channels"
    assert texts(Probe([1, 2]))[-1] == "positions not known"
    assert texts(Probe([1, 2, 3], [[0, 0], [0, 20], None]))[-1].endswith(" µm")
    assert np.isfinite(size([[0, 0], [0, 1e9]])[:2]).all()
