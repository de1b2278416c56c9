"""Headings of groups among the rows of a list; what stands under a folded one is not shown."""

from collections.abc import Container, Iterable
from operator import itemgetter
from typing import NamedTuple

from napari_phy.table.numbers import format_count
from napari_phy.widgets.lists.cluster_columns import Row

ORDER = ("good", "mua", "unsorted", "noise")  # then the user's own by name


class Heading(NamedTuple):
    """The line above the rows of a group."""

    group: str
    n_clusters: int
    is_folded: bool

    @property
    def title(self) -> str:
        """The group as a heading has it: Good, MUA, the user's own as they are called."""
        return "MUA" if self.group == "mua" else self.group.capitalize() if self.group in ORDER else self.group

    @property
    def tip(self) -> str:
        """The whole title, which may be cut short, and what a click does, or which key."""
        clusters = format_count(self.n_clusters, "cluster")
        act, key = ("show", "→") if self.is_folded else ("fold away", "←")
        return f"{self.title}: click to {act} {clusters} ({key})"


Item = Row | Heading
key_of = itemgetter(0)  # what a line of the list stands for, whatever its values are: a cluster, or a group


def by_group(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each group that has any, in the order of headings; within a group they stay in order."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    own = sorted(group for group in groups if group not in ORDER)
    return {group: groups[group] for group in (*ORDER, *own) if group in groups}


def under_headings(groups: dict[str, list[Row]], folded: Container[str]) -> list[Item]:
    """Return the lines of the list: each group's heading, and its rows unless they are folded away."""
    lines: list[Item] = []
    for group, rows in groups.items():
        lines.append(Heading(group, len(rows), group in folded))
        if group not in folded:
            lines.extend(rows)
    return lines
