"""Tokens follow napari's theme and font size."""

import pytest
from napari.settings import get_settings

from napari_phy.widgets.base.theme import ThemeFollower, tokens, with_alpha


def contrast(color, background):
    def luminance(name):
        channels = [int(name[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(color), luminance(background)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("theme_id", "text", "dim", "faint"), [("dark", 15.9, 7.6, 3.7), ("light", 16.6, 7.2, 3.2)])
def test_text_stands_out_as_designed(theme_id, text, dim, faint):
    theme = tokens(theme_id)
    found = [contrast(color, theme.view) for color in (theme.text, theme.dim, theme.faint)]
    assert found == pytest.approx([text, dim, faint], abs=0.15)


def test_each_theme_has_its_own_colours():
    dark, light = tokens("dark"), tokens("light")
    assert dark.dark
    assert not light.dark
    assert dark.view != light.view
    assert dark.group_color("good") == "#5cc98a"
    assert light.group_color("mine") == light.text


def test_lengths_scale_with_naparis_font_size(qtbot):
    appearance = get_settings().appearance
    usual = appearance.font_size
    follower = ThemeFollower()
    seen = []
    follower.changed.connect(seen.append)
    try:
        appearance.font_size = 2 * usual
        assert seen[-1].px(12) == 24
        assert seen[-1].font(12).pixelSize() == 24
    finally:
        appearance.font_size = usual
    assert seen[-1].px(12) == 12
    follower.close()


def test_a_follower_sees_its_viewers_theme_until_it_is_closed(make_napari_viewer):
    viewer = make_napari_viewer()
    viewer.theme = "dark"
    follower = ThemeFollower(viewer)
    seen = []
    follower.changed.connect(seen.append)
    viewer.theme = "light"
    assert [theme.theme_id for theme in seen] == ["light"]
    follower.close()
    viewer.theme = "dark"
    assert len(seen) == 1


def test_alpha_keeps_the_colour():
    color = with_alpha("#102030", 0.5)
    assert color.name() == "#102030"
    assert color.alphaF() == pytest.approx(0.5, abs=0.01)
