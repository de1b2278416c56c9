"""A figure has the same parts in SVG, in pixels and in the clipboard."""

import numpy as np
import pytest
from qtpy.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFontInfo, QImage, QPen
from widgets.svg_reading import Svg, colors_of

from napari_phy.widgets.base.figure import PNG_SCALE, SVG_TYPE, Figure
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.theme import tokens

AREA = QRectF(20, 10, 60, 40)


def paint(painter):
    painter.save()
    painter.setClipRect(AREA)
    painter.setPen(QPen(QColor("#112233"), 2))
    painter.drawLine(QLineF(0, 30, 200, 30))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#aa0000"))
    painter.drawEllipse(QPointF(50, 20), 5, 5)
    painter.restore()
    assert painter.window().size() == QSize(200, 148)  # that of the whole figure, whatever is painted on


@pytest.fixture
def figure(qapp):
    entries = (LegendEntry("20", "#1e679c"), LegendEntry("others", "#b9bbc0", round=True))
    return Figure("Features", QSize(200, 100), paint, tokens("light"), entries, "84 of 908 spikes")


def test_an_svg_has_legend_picture_caption_and_clips(figure):
    svg = Svg(figure.svg())
    assert svg.size == (200, 28 + 100 + 20)
    (circle,) = svg.all("circle")
    assert circle.points.tolist() == [[50, 48]]
    assert circle.look["fill"] == "#aa0000"
    assert svg.clip_box(circle.clip) == (20, 38, 80, 78)
    (line,) = svg.all("polyline")
    assert line.clip == circle.clip
    assert {"20", "others", "84 of 908 spikes"} <= set(svg.texts)
    heights = {mark.text: float(mark.points[0, 1]) for mark in svg.all("text")}
    assert heights["20"] < 28 < 128 < heights["84 of 908 spikes"]
    assert svg.root.find("{*}title").text == "Features"


def test_text_names_a_font_that_is_there_and_others_in_its_place(figure):
    families = {mark.attributes["font-family"] for mark in Svg(figure.svg()).all("text")}
    own = QFontInfo(figure.theme.font()).family()
    assert families == {f"'{own}', Helvetica, Arial, sans-serif"}


def test_a_png_has_two_pixels_for_each_one_of_the_screen_and_the_size_of_the_svg(figure):
    image = QImage.fromData(figure.png(), "PNG")
    assert (image.width(), image.height()) == (200 * PNG_SCALE, 148 * PNG_SCALE)
    assert image.width() / image.dotsPerMeterX() * 1000 == pytest.approx(200 / 72 * 25.4, rel=1e-3)
    colors = colors_of(image)
    assert colors[2 * 48, 2 * 50].tolist() == [0xAA, 0, 0]
    assert colors[2 * 58, 2 * 30].tolist() == [0x11, 0x22, 0x33]
    assert colors[2 * 58, 2 * 90].tolist() == [255, 255, 255]  # beyond the clip


def test_svg_and_png_look_alike(figure):
    svg, png = Svg(figure.svg()).image(PNG_SCALE), colors_of(figure.image())
    assert svg.shape == png.shape
    inside = (slice(2 * 38, 2 * 78), slice(2 * 20, 2 * 80))  # Qt's reader of SVG does not clip
    assert np.abs(svg[inside] - png[inside]).max(axis=2).mean() < 2


def test_nothing_above_and_below_takes_no_room(qapp):
    bare = Figure("Plain", QSize(50, 40), lambda painter: None, tokens("light"))
    assert Svg(bare.svg()).size == (50, 40)
    assert (colors_of(bare.image()) == 255).all()


def test_the_clipboard_gets_pixels_and_svg(figure):
    mime = figure.mime_data()
    assert mime.imageData().size() == QSize(400, 296)
    assert Svg(mime.data(SVG_TYPE).data()).size == (200, 148)


def test_a_legend_takes_as_many_lines_as_it_needs(qapp):
    entries = tuple(LegendEntry(f"{cluster} · 12.5 Hz", "#1e679c") for cluster in range(100, 111))
    svg = Svg(Figure("Rates", QSize(300, 100), lambda painter: None, tokens("light"), entries).svg())
    labels = svg.all("text")
    assert [mark.text for mark in labels] == [entry.text for entry in entries]
    lines = sorted({float(mark.points[0, 1]) // 28 for mark in labels})
    assert len(lines) > 2
    assert lines == list(range(len(lines)))
    assert svg.size == (300, 28 * len(lines) + 100)
