"""Plots that are painted by Qt alone."""

from weakref import ref

from napari_phy.views.pictures import blank
from napari_phy.widgets.plots.painted_plot import as_qimage


def test_the_colours_of_an_array_are_those_of_its_picture():
    pixels = blank(8, 8, "#102030")
    pixels[4, 4] = (50, 100, 200, 255)
    found = as_qimage(pixels, 1.0)
    assert found.pixelColor(4, 4).getRgb()[:3] == (200, 100, 50)
    assert found.pixelColor(4, 0).getRgb()[:3] == (16, 32, 48)


def test_a_picture_that_looks_at_an_array_keeps_it():
    pixels = blank(4, 3, "#102030")
    kept, picture = ref(pixels), as_qimage(pixels, 1.0)
    del pixels
    assert kept() is not None
    assert picture.pixelColor(3, 2).name() == "#102030"
    del picture
    assert kept() is None
