"""Palettes differ for all kinds of eyes, in the judgement of CIEDE2000, and stand out from the view."""

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from napari_phy.core.color_space import contrast, hex_of, oklab, rgb_of
from napari_phy.core.colors import (
    SELECTION_DARK,
    SELECTION_LIGHT,
    color_distinct_from,
    distinct_colors,
    is_color,
    is_hollow,
    random_color,
    selection_color,
    usual_color,
)

BACKGROUND = {True: "#15171c", False: "#ffffff"}
# Machado, Oliveira, Fernandes (2009): full protanopia, deuteranopia, tritanopia
VISIONS = (
    np.eye(3),
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
)


def luminance(color):
    return linear(color) @ [0.2126, 0.7152, 0.0722]


def linear(color):
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast_with(color, background):
    low, high = sorted([luminance(color), luminance(background)])
    return (high + 0.05) / (low + 0.05)


def smallest_differences(colors):
    """Return the smallest CIEDE2000 of two colours for each of `VISIONS`."""
    found = []
    for vision in VISIONS:
        light = np.clip(np.stack([linear(color) for color in colors]) @ np.transpose(vision), 0, 1)
        lab = rgb2lab(np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)[None])[0]
        differences = deltaE_ciede2000(lab[:, None], lab[None])
        found.append(differences[np.triu_indices(len(colors), 1)].min())
    return np.array(found)


@pytest.mark.parametrize(
    ("palette", "background", "least"), [(SELECTION_DARK, "#15171c", 4.45), (SELECTION_LIGHT, "#ffffff", 3.0)]
)
def test_every_colour_stands_out_from_the_view(palette, background, least):
    assert len(set(palette)) == 12
    assert min(contrast_with(color, background) for color in palette) >= least


@pytest.mark.parametrize(
    ("dark", "n", "wanted"),
    [
        (True, 4, (42, 25, 25, 21)),
        (True, 12, (16, 9, 9, 10)),
        (False, 4, (35, 24, 24, 20)),
        (False, 12, (15, 11, 11, 9)),
    ],
)
def test_the_first_twelve_are_as_far_apart_as_they_were_chosen_to_be(dark, n, wanted):
    assert smallest_differences(distinct_colors(n, dark)) == pytest.approx(wanted, abs=0.6)


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize(
    ("n", "least"),
    [(16, (12, 4.5, 7, 8)), (24, (6, 4.5, 4.5, 6)), (48, (3.5, 3, 3.4, 3.3)), (100, (2.8, 1.6, 1.8, 2.3))],
)
def test_longer_palettes_stay_apart_for_all_eyes(dark, n, least):
    assert (smallest_differences(distinct_colors(n, dark)) >= least).all()


@pytest.mark.parametrize("dark", [True, False])
def test_two_hundred_differ_more_than_two_hundred_random_ones_and_all_stand_out(dark):
    colors = distinct_colors(200, dark)
    random = [random_color(seed, dark) for seed in range(200)]
    assert len(set(colors)) == 200
    assert (smallest_differences(colors) > 1).all()
    assert (smallest_differences(colors) > 3 * smallest_differences(random)).all()
    contrasts = [contrast_with(color, BACKGROUND[dark]) for color in colors]
    assert min(contrasts) >= (4.45 if dark else 3.0)
    assert max(contrasts) < contrast_with("#f0f1f2" if dark else "#1e1e21", BACKGROUND[dark])  # that of text


@pytest.mark.parametrize("dark", [True, False])
def test_a_palette_of_any_length_begins_as_the_shorter_one(dark):
    assert distinct_colors(0, dark) == ()
    assert distinct_colors(12, dark) == (SELECTION_DARK if dark else SELECTION_LIGHT)
    many = distinct_colors(5000, dark)
    assert len(many) == 5000
    n_different = len(set(many))
    assert n_different > 2500
    assert many[n_different:] == many[: 5000 - n_different]
    assert many[:130] == distinct_colors(130, dark)
    assert all(map(is_color, many))


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("n", [12, 13, 40])
def test_the_colour_distinct_from_a_palette_is_its_next(n, dark):
    *given, following = distinct_colors(n + 1, dark)
    assert color_distinct_from(given, dark) == following
    assert color_distinct_from(given[::-1], dark) == following


def test_a_colour_distinct_from_one_is_far_from_it():
    assert color_distinct_from([]) == SELECTION_DARK[0]
    for seed in range(20):
        color = random_color(seed)
        assert (smallest_differences([color, color_distinct_from([color])]) > 20).all()
    with pytest.raises(ValueError, match=r'written "#rrggbb", not \'red\''):
        color_distinct_from(["red"])


def test_a_random_colour_is_the_same_for_the_same_seed():
    assert random_color(3) == random_color(3)
    rng = np.random.default_rng(0)
    assert len({random_color(rng, dark=False) for _ in range(50)}) > 40
    assert is_color(random_color())


def test_places_repeat_from_the_thirteenth():
    assert selection_color(0) == "#2e93fa"
    assert selection_color(12) == selection_color(0)
    assert selection_color(1, dark=False) == "#ba4907"


@pytest.mark.parametrize(
    ("text", "right"), [("#12aBcd", True), ("#12345", False), ("red", False), (None, False), ("#12345g", False)]
)
def test_spelling(text, right):
    assert is_color(text) is right


def test_colours_become_numbers_and_back():
    colors = ["#000000", "#ffffff", "#2e93fa"]
    assert [hex_of(rgb) for rgb in rgb_of(colors)] == colors
    assert contrast(rgb_of(["#000000"]), np.ones(3)) == pytest.approx([21])


def test_oklab_of_known_colours():
    # from the page of its author, https://bottosson.github.io/posts/oklab/
    normal = oklab(rgb_of(["#ffffff", "#ff0000", "#00ff00", "#0000ff"]))[0]
    wanted = [[1, 0, 0], [0.628, 0.225, 0.126], [0.866, -0.234, 0.179], [0.452, -0.032, -0.312]]
    np.testing.assert_allclose(normal, wanted, atol=5e-4)


def test_greys_look_the_same_to_all_eyes():
    grey = oklab(rgb_of(["#808080"]))[:, 0]
    np.testing.assert_allclose(grey, np.broadcast_to(grey[0], (4, 3)), atol=2e-3)


@pytest.mark.parametrize("dark", [True, False])
def test_clusters_without_a_colour_of_their_own_have_one_of_48_that_repeat(dark):
    colors = [usual_color(cluster, dark) for cluster in range(50)]
    assert colors[:48] == list(distinct_colors(48, dark))
    assert len(set(colors)) == 48
    assert colors[48:] == colors[:2]


def test_a_dark_background_is_the_usual_one():
    assert usual_color(3) == usual_color(3, dark=True) == SELECTION_DARK[3]
    assert distinct_colors(2) == SELECTION_DARK[:2]
    assert random_color(5) == random_color(5, dark=True) != random_color(5, dark=False)
    assert color_distinct_from(["#2e93fa"]) == color_distinct_from(["#2e93fa"], dark=True)
    assert color_distinct_from([], dark=False) == SELECTION_LIGHT[0]


def test_marks_are_hollow_where_colours_repeat():
    assert [place for place in range(14) if is_hollow(place)] == [12, 13]


@pytest.mark.parametrize("dark", [True, False])
def test_random_colours_stand_out_and_are_not_taken_for_text(dark):
    least, most = (4.5, 15) if dark else (3, 12.5)
    contrasts = [contrast_with(random_color(seed, dark), BACKGROUND[dark]) for seed in range(300)]
    assert min(contrasts) >= least - 0.01
    assert max(contrasts) <= most + 0.01
    assert max(contrasts) > 0.9 * most  # the whole of it is used
    assert min(contrasts) < 1.1 * least


def test_colours_are_rounded_to_the_nearest():
    assert hex_of([0.5 / 255 + 1e-9, 1.49 / 255, 1]) == "#0101ff"
    assert rgb_of(["#0a80FF"]).tolist() == [[10 / 255, 128 / 255, 1]]
    assert rgb_of([]).shape == (0, 3)
    assert contrast(rgb_of(["#ffffff", "#777777"]), rgb_of(["#777777"])[0]) == pytest.approx([4.478, 1], abs=1e-3)
