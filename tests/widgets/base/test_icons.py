"""Icons take the colour asked for, at every size."""

import re

import pytest
from qtpy.QtGui import QIcon

from napari_phy.widgets.base.icons import FOLDER, icon, icon_names


def mean_color(pixmap):
    image = pixmap.toImage()
    colors = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    inked = [color for color in colors if color.alpha() == 255]
    assert inked, "nothing was drawn"
    return {color.name() for color in inked}


@pytest.mark.parametrize("name", icon_names())
def test_every_icon_is_drawn_in_the_colour_asked_for(qtbot, name):
    assert mean_color(icon(name, "#ff0000").pixmap(64, 64)) == {"#ff0000"}


@pytest.mark.parametrize("name", icon_names())
def test_every_icon_keeps_the_common_style(name):
    svg = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert 'viewBox="0 0 16 16"' in svg
    assert 'stroke="currentColor"' in svg
    assert 'stroke-width="1.5"' in svg
    assert re.search(r"#[0-9a-f]{6}", svg) is None


def test_a_disabled_icon_is_fainter(qtbot):
    made = icon("merge", "#ffffff")

    def ink(mode):
        image = made.pixmap(32, 32, mode).toImage()
        return sum(image.pixelColor(x, y).alpha() for x in range(32) for y in range(32))

    assert ink(QIcon.Mode.Disabled) < 0.5 * ink(QIcon.Mode.Normal)


def test_a_checked_icon_can_have_its_own_colour(qtbot):
    made = icon("freeze", "#ffffff", checked_color="#e3b617")
    assert mean_color(made.pixmap(64, 64, QIcon.Mode.Normal, QIcon.State.On)) == {"#e3b617"}


def test_an_unknown_icon_is_an_error(qtbot):
    with pytest.raises(FileNotFoundError):
        icon("no such icon", "#ffffff")
