"""What colours of clusters that are not selected stand for: nothing, the cluster itself, its group, or a measure."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np
from qtpy.QtGui import QColor

from napari_phy.core.cluster_groups import DISCARDED, UNSORTED
from napari_phy.core.colors import usual_color
from napari_phy.core.group_colors import own_group_colors
from napari_phy.session.session import Session
from napari_phy.table.cluster_table import Reads, compute_cluster_table
from napari_phy.table.columns import find_column
from napari_phy.table.value_range import ValueRange, spread
from napari_phy.views.cluster_colors import CLUSTER, GREY, GROUP
from napari_phy.views.cluster_order import GROUP_ORDER
from napari_phy.widgets.base.color_scale import ColorScale, ramp_stops
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.plots.ramp import N_SHADES, shades

FAINTEST = 0.4  # of the ramp: the colour of the smallest value, distinguishable from the background


@dataclass(frozen=True, slots=True)
class Coloring:
    """How clusters look that are not selected.

    Attributes
    ----------
    colors : dict of int to str
        {cluster: "#rrggbb"}; without those whose value is not known, {} where all are grey.
    entries : tuple of LegendEntry, default ()
        Chips of groups, and of clusters without a colour.
    scale : ColorScale, optional
        What colours of a measure stand for.
    is_whole : bool, default True
        Whether the values of all are known.
    """

    colors: dict[int, str]
    entries: tuple[LegendEntry, ...] = ()
    scale: ColorScale | None = None
    is_whole: bool = True


class Colorings:
    """What was found out for a view, for the screen and for paper, until it forgets or more gets known."""

    def __init__(self) -> None:
        self._cache: dict[tuple[Hashable, ...], Coloring] = {}

    def get(self, session: Session, scheme: str, theme: Tokens, plain: str) -> Coloring:
        """Return the colouring of a scheme; `plain` is the colour of clusters without one."""
        key = scheme, theme.theme_id, session.time.range_s
        found = self._cache.get(key)
        if found is None or not found.is_whole:
            found = self._cache[key] = find_coloring(session, scheme, theme, plain)
        return found

    def forget(self) -> None:
        """Find out anew: clusters, groups or colours are others."""
        self._cache.clear()


def find_coloring(session: Session, scheme: str, theme: Tokens, plain: str) -> Coloring:
    """Return how clusters look by a scheme; `plain` is the colour of those without one.

    Rates and intervals are those of the time whose spikes are used. What is computed in the background is asked for.
    """
    manager = session.manager
    if scheme == GREY:
        return Coloring({}, (_chip("others", plain),))
    if scheme == CLUSTER:
        return Coloring({c: manager.color(c) or usual_color(c, theme.dark) for c in manager.cluster_ids.tolist()})
    if scheme == GROUP:
        color_of = group_colors(session, theme)
        colors = {c: color_of(manager.group(c)) for c in manager.cluster_ids.tolist() if manager.group(c) != DISCARDED}
        return Coloring(colors, group_entries(session, theme))
    column = find_column(scheme)
    reads: Reads = "nothing" if session.holds_features else "all"
    table = compute_cluster_table(session.shown, keys=[column.key], reads=reads)
    places, ends = spread(table[column.key])
    known = np.flatnonzero(np.isfinite(places))
    levels = np.rint((FAINTEST + (1 - FAINTEST) * places[known]) * (N_SHADES - 1)).astype(int)
    names = [QColor(shade).name() for shade in shades(theme.ramp)]
    colors = dict(zip(table.ids[known].tolist(), (names[level] for level in levels.tolist()), strict=True))
    is_whole = len(known) == len(places)
    if not is_whole and column.in_background:
        session.listed.want(column.key)
    entries = () if is_whole else (_chip(f"{column.name} unknown", plain),)
    scale = None if ends is None else measure_scale(column.key, ends, session.model.unit, theme, FAINTEST)
    return Coloring(colors, entries, scale, is_whole)


def measure_scale(key: str, ends: ValueRange, unit: str, theme: Tokens, faintest: float) -> ColorScale:
    """Return the ramp of the values of clusters, from some place of the theme's own on."""
    column = find_column(key)
    return ColorScale(column.name, *column.range_labels(ends, unit), ramp_stops(theme.ramp, faintest))


def group_entries(session: Session, theme: Tokens) -> tuple[LegendEntry, ...]:
    """Return the chips of the groups that clusters are in: the user's own, then the others as they are sorted."""
    manager, color_of = session.manager, group_colors(session, theme)
    there = {manager.group(cluster) for cluster in manager.cluster_ids.tolist()} - {DISCARDED}
    names = [*sorted(there - set(GROUP_ORDER)), *(group for group in GROUP_ORDER if group in there)]
    return tuple(_chip(name, color_of(name), hollow=name == UNSORTED) for name in names)


def group_colors(session: Session, theme: Tokens) -> Callable[[str], str]:
    """Return a function from a group's name to its colour."""
    own = own_group_colors(session.groups, theme.dark)
    return lambda group: own.get(group) or theme.group_color(group)


def _chip(text: str, color: str, *, hollow: bool = False) -> LegendEntry:
    return LegendEntry(text, color, hollow=hollow, round=True, dim=True)
