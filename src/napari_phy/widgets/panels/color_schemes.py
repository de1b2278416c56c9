"""What colours of clusters that are not selected stand for: nothing, the cluster itself, its group, or a measure."""

from collections.abc import Callable
from typing import Any

import numpy as np
from qtpy.QtGui import QColor

from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.core.colors import distinct_colors
from napari_phy.views.cluster_measures import column
from napari_phy.views.cluster_order import GROUP_ORDER
from napari_phy.views.cluster_table import ClusterTable, compute_cluster_table
from napari_phy.widgets.canvas.ramp import N_SHADES, shades
from napari_phy.widgets.parts.legend import LegendEntry
from napari_phy.widgets.parts.theme import Tokens

GREY, CLUSTER, GROUP = "grey", "cluster", "group"
SCHEMES = (
    ("Others grey", GREY),
    ("Others by cluster", CLUSTER),
    ("Others by group", GROUP),
    ("Others by depth", "depth"),
    ("Others by rate", "rate"),
    ("Others by amplitude", "amplitude"),
    ("Others by refractory violations", "refractory"),
)
N_COLORS = 48  # of clusters without a colour of their own, which repeat
FAINTEST = 0.4  # of the ramp: the colour of the smallest value, told apart from the background
KNOWN_SHARE = (2, 98)  # per cent: beyond these values the ramp ends, so that one odd cluster does not flatten it


def scheme_colors(session: Any, scheme: str, theme: Tokens) -> dict[int, str]:
    """Return {cluster: "#rrggbb"}; without those whose value is not known, {} where all are grey."""
    if scheme == GREY:
        return {}
    manager = session.manager
    if scheme == CLUSTER:
        palette = distinct_colors(N_COLORS, theme.dark)
        return {c: manager.color(c) or palette[c % N_COLORS] for c in manager.cluster_ids.tolist()}
    table = compute_cluster_table(session, reads="nothing" if session.holds_features else "all")
    if scheme == GROUP:
        color_of = group_colors(session, theme)
        return {cluster: color_of(group) for cluster, group in zip(table.ids.tolist(), table.groups, strict=True)}
    return _ramp_colors(table, column(table, scheme), theme)


def scheme_words(scheme: str) -> str:
    """Return "others by rate" for captions, "" where they are grey."""
    return "" if scheme == GREY else next(title for title, name in SCHEMES if name == scheme).lower()


def scheme_entries(session: Any, scheme: str, theme: Tokens, plain: str) -> tuple[LegendEntry, ...]:
    """Return the chips of clusters that are not selected: those of groups, else one in a plain colour."""
    if scheme != GROUP:
        return (LegendEntry("others", plain, round=True, dim=True),)
    manager, color_of = session.manager, group_colors(session, theme)
    there = {manager.group(cluster) for cluster in manager.cluster_ids.tolist()} - {DISCARDED}
    names = [*sorted(there - set(GROUP_ORDER)), *(group for group in GROUP_ORDER if group in there)]
    return tuple(LegendEntry(name, color_of(name), round=True, dim=True) for name in names)


def group_colors(session: Any, theme: Tokens) -> Callable[[str], str]:
    """Return a function from a group's name to its colour: its own, or that of the theme."""
    own = {group.name: group.color for group in session.groups if group.color is not None}
    return lambda group: own.get(group) or theme.group_color(group)


def _ramp_colors(table: ClusterTable, values: np.ndarray, theme: Tokens) -> dict[int, str]:
    known = np.flatnonzero(np.isfinite(values))
    if not len(known):
        return {}
    low, high = np.percentile(values[known], KNOWN_SHARE)
    share = (values[known] - low) / (high - low) if high > low else np.full(len(known), 0.5)
    levels = np.rint((FAINTEST + (1 - FAINTEST) * np.clip(share, 0, 1)) * (N_SHADES - 1)).astype(int)
    table_of_shades = shades(theme.ramp)
    return {
        cluster: QColor(table_of_shades[level]).name()
        for cluster, level in zip(table.ids[known].tolist(), levels.tolist(), strict=True)
    }
