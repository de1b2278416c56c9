"""The scale of colours: the same colours on screen and on paper, and room for it beside the chips."""

import numpy as np
import pytest
from qtpy.QtCore import QSize
from qtpy.QtGui import QColor, QImage, QPainter
from widgets.svg_reading import Svg, colors_of

from napari_phy.widgets.base.color_scale import BAR_PX, ColorScale, blended, paint_scale, ramp_stops, scale_width
from napari_phy.widgets.base.figure import Figure
from napari_phy.widgets.base.legend import Legend, LegendEntry
from napari_phy.widgets.base.theme import tokens
from napari_phy.widgets.plots.ramp import N_SHADES, shades

ENTRIES = tuple(LegendEntry(str(cluster), "#1e679c") for cluster in range(20, 24))


@pytest.fixture
def theme(qapp):
    return tokens("light")


@pytest.fixture
def scale(theme):
    return ColorScale("rate", "≤ 0.8", "8.1 Hz", ramp_stops(theme.ramp, 0.4))


def along(stops, place):
    places, colors = zip(*stops, strict=True)
    parts = np.array([QColor(color).getRgb()[:3] for color in colors])
    return [np.interp(place, places, parts[:, part]) for part in range(3)]


@pytest.mark.parametrize("first", [0.0, 0.3, 0.5, 0.7])
@pytest.mark.parametrize("name", ["dark", "light"])
def test_stops_are_the_ramp_from_some_place_on(qapp, name, first):
    ramp = tokens(name).ramp
    table = shades(ramp)
    stops = ramp_stops(ramp, first)
    for place in np.linspace(0, 1, 11):
        shade = QColor(table[round((first + (1 - first) * place) * (N_SHADES - 1))]).getRgb()[:3]
        np.testing.assert_allclose(along(stops, place), shade, atol=2)


def test_a_colour_over_another_lies_between_them(qapp):
    assert blended("#000000", "#ffffff", 0) == "#000000"
    assert blended("#000000", "#ffffff", 1) == "#ffffff"
    assert blended("#102030", "#506070", 0.5) == "#304050"


def test_the_bar_has_the_colours_of_its_stops(theme, scale):
    image = QImage(300, 28, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.view))
    painter = QPainter(image)
    paint_scale(painter, scale, 290, 28, theme, titled=True)
    painter.end()
    left = round(290 - scale_width(scale, theme) + sum(theme.text_width(word, 10) + 6 for word in ("rate", "≤ 0.8")))
    row = colors_of(image)[14]
    for place in (0.1, 0.5, 0.9):
        np.testing.assert_allclose(row[left + round(BAR_PX[0] * place)], along(scale.stops, place), atol=4)


def test_a_figure_has_the_scale_as_a_gradient_and_text_at_the_right_of_the_chips(theme, scale):
    svg = Svg(Figure("Raster", QSize(400, 100), lambda painter: None, theme, ENTRIES, scale=scale).svg())
    assert svg.size == (400, 128)
    assert {"rate", "≤ 0.8", "8.1 Hz"} <= set(svg.texts)
    stops = svg.root.findall(".//{*}linearGradient")[0].findall("{*}stop")
    assert [stop.get("stop-color") for stop in stops] == [color for _, color in scale.stops]
    lefts = {mark.text: mark.points[0, 0] for mark in svg.all("text")}
    assert lefts["23"] < lefts["rate"] < lefts["≤ 0.8"] < lefts["8.1 Hz"] < 390 - theme.text_width("8.1 Hz", 10) + 2


def test_a_narrow_figure_has_a_line_for_the_scale(theme, scale):
    svg = Svg(Figure("Raster", QSize(260, 100), lambda painter: None, theme, ENTRIES, scale=scale).svg())
    assert svg.size == (260, 28 * 2 + 100)
    heights = {mark.text: mark.points[0, 1] for mark in svg.all("text")}
    assert heights["23"] < 28 < heights["rate"] < 56
    assert Svg(Figure("Raster", QSize(260, 100), lambda painter: None, theme, scale=scale).svg()).size == (260, 128)


def test_chips_without_room_beside_the_scale_are_counted_and_its_title_goes_first(qtbot, theme, scale):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.apply_theme(theme)
    legend.set_entries(ENTRIES, scale)
    n_shown = []
    for width in (600, 240):
        legend.resize(width, legend.height())
        legend.grab()
        n_shown.append(legend.n_shown())
    assert n_shown[0] == 4 > n_shown[1]
    assert legend.accessibleName() == "20, 21, 22, 23, colour: rate, ≤ 0.8 to 8.1 Hz"
    assert legend.toolTip() == legend.accessibleName()
    assert legend.entry_at(190) is None


@pytest.mark.parametrize("entries", [(), ENTRIES])
def test_where_a_line_is_too_short_for_both_the_scale_gives_way_to_chips(qtbot, theme, scale, entries):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.apply_theme(theme)
    legend.set_entries(entries, scale)
    legend.show()
    for width in range(100, 400, 10):
        legend.resize(width, legend.height())
        image = colors_of(legend.grab().toImage())
        bar = scale_width(scale, theme, titled=False)
        has_scale = np.abs(image - QColor(scale.stops[-1][1]).getRgb()[:3]).max(axis=2).min() < 6
        if entries:
            assert legend.n_shown() > 0
        assert not has_scale or bar + 10 <= width
        assert has_scale or width < bar + 110
