"""Groups of the user's own look unlike the standard ones and each other, to all kinds of eyes."""

import pytest
from core.test_colors import contrast_with, smallest_differences

from napari_phy.core.cluster_groups import FIRST_USER_ID, ClusterGroup, numbered
from napari_phy.core.group_colors import OWN_DARK, OWN_LIGHT, own_group_colors
from napari_phy.widgets.base.theme import tokens

NAMES = [f"cell type {number}" for number in range(6)]


@pytest.mark.parametrize(("theme", "wanted"), [("dark", (17, 8, 9, 9)), ("light", (13, 8, 8, 9))])
def test_six_groups_and_the_standard_ones_differ_for_all_eyes(qapp, theme, wanted):
    look = tokens(theme)
    own = own_group_colors(numbered(NAMES), look.dark)
    colors = [look.good, look.mua, look.noise, look.unsorted, *own.values()]
    assert (smallest_differences(colors) >= wanted).all()
    assert min(contrast_with(color, look.view) for color in own.values()) >= 4.5


def test_a_colour_that_was_given_is_kept_and_not_given_twice():
    first = own_group_colors(numbered(["a"]))["a"]
    groups = (ClusterGroup(4, "a"), ClusterGroup(5, "b", first.upper()))
    colors = own_group_colors(groups)
    assert colors["b"] == first.upper()
    assert colors["a"].lower() != first


def test_a_group_keeps_its_colour_while_others_come_go_and_are_renamed():
    groups = numbered(NAMES)
    before = own_group_colors(groups)
    renamed = ClusterGroup(groups[3].group_id, "renamed")
    after = own_group_colors((*groups[1:3], renamed))
    assert [after[name] for name in (NAMES[1], NAMES[2], "renamed")] == [before[name] for name in NAMES[1:4]]


def test_more_groups_than_colours_repeat_them():
    colors = own_group_colors(numbered([str(number) for number in range(14)]))
    assert len(colors) == 14
    assert colors["0"] == colors["6"]


def test_each_theme_has_its_own_and_a_number_its_place():
    for dark, palette in ((True, OWN_DARK), (False, OWN_LIGHT)):
        assert tuple(own_group_colors(numbered(NAMES), dark).values()) == palette
        assert own_group_colors([ClusterGroup(FIRST_USER_ID + 7, "x")], dark) == {"x": palette[1]}
    assert own_group_colors([ClusterGroup(4, "x")]) == {"x": OWN_DARK[0]}


def test_a_group_whose_colour_is_taken_has_the_next_that_is_free():
    groups = [ClusterGroup(4, "a", OWN_DARK[1]), ClusterGroup(5, "b"), ClusterGroup(6, "c"), ClusterGroup(10, "d")]
    assert own_group_colors(groups) == {"a": OWN_DARK[1], "b": OWN_DARK[2], "c": OWN_DARK[3], "d": OWN_DARK[0]}
