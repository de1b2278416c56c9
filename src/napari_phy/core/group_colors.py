"""Colours of the user's own groups that were given none, such that they differ from the standard ones."""

from __future__ import annotations

from collections.abc import Iterable

from napari_phy.core.cluster_groups import FIRST_USER_ID, ClusterGroup

# Far from good, mua, noise and unsorted of the same theme, and from each other, also for colour-blind eyes.
OWN_DARK = ("#cc77cc", "#cc6611", "#44aaff", "#ccee66", "#eeccff", "#888855")
OWN_LIGHT = ("#660066", "#770011", "#4455bb", "#886699", "#bb5555", "#993377")


def own_group_colors(groups: Iterable[ClusterGroup], dark: bool = True) -> dict[str, str]:
    """Return {name: "#rrggbb"}: the colour it was given, else one that goes with its number and stays.

    After six groups colours repeat.
    """
    groups = tuple(groups)
    palette = OWN_DARK if dark else OWN_LIGHT
    colors = {group.name: group.color for group in groups if group.color is not None}
    taken = {color.lower() for color in colors.values()}
    for group in groups:
        if group.name not in colors:
            wanted = [palette[(group.group_id - FIRST_USER_ID + step) % len(palette)] for step in range(len(palette))]
            color = next((color for color in wanted if color not in taken), wanted[0])
            colors[group.name] = color
            taken.add(color)
    return colors
