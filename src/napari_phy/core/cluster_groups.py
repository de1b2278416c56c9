"""The user's own groups of clusters: in an order, with a name, a colour and a number that stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from napari_phy.core.errors import ClusteringError
from napari_phy.core.label_fields import name_problem

UNSORTED = "unsorted"
DISCARDED = "discarded"
STANDARD_GROUPS = ("noise", "mua", "good", UNSORTED)
FIRST_USER_ID = 4


@dataclass(frozen=True, slots=True)
class ClusterGroup:
    """A group besides the four standard ones.

    Attributes
    ----------
    group_id : int
        Its number in the file; a new name does not change it.
    name : str
        Name in lower case.
    color : str or None
        '#rrggbb', or None when it has none of its own.
    """

    group_id: int
    name: str
    color: str | None = None


@dataclass(frozen=True, slots=True)
class GroupChange:
    """The group at `place` in the list went from `old` (None: it is new) to `new` (None: it is gone)."""

    place: int
    old: ClusterGroup | None
    new: ClusterGroup | None


class GroupList:
    """The user's groups, "discarded" included once something was discarded.

    Parameters
    ----------
    groups : iterable of ClusterGroup, default ()
        Those of the file.
    used : iterable of str, default ()
        Names that clusters have; groups that are missing get free numbers.
    """

    def __init__(self, groups: Iterable[ClusterGroup] = (), used: Iterable[str] = ()) -> None:
        self._groups = list({group.name: group for group in reversed(list(groups))}.values())[::-1]
        self._used_ids = {group.group_id for group in self._groups}
        for name in sorted(set(used).difference(STANDARD_GROUPS, [group.name for group in self._groups])):
            self.apply([self.adding(name)])

    @property
    def groups(self) -> tuple[ClusterGroup, ...]:
        """All of them, in order."""
        return tuple(self._groups)

    def find(self, name: str) -> int | None:
        """Return the place of the group of this name."""
        return next((place for place, group in enumerate(self._groups) if group.name == name), None)

    def adding(self, name: str, color: str | None = None) -> GroupChange:
        """Return the change that adds a group at the end; its number was never another group's."""
        return self.adding_all([name], color)[0]

    def adding_all(self, names: Iterable[str], color: str | None = None) -> tuple[GroupChange, ...]:
        """Return the changes that add groups at the end; their numbers were never other groups'."""
        free = (number for number in count(FIRST_USER_ID) if number not in self._used_ids)
        return tuple(
            GroupChange(place, None, ClusterGroup(number, name, color))
            for place, (number, name) in enumerate(zip(free, names, strict=False), len(self._groups))
        )

    def apply(self, changes: Iterable[GroupChange]) -> None:
        """Make each change; raises ClusteringError at one that does not fit."""
        for change in changes:
            if change.old is not None:
                if self._groups[change.place : change.place + 1] != [change.old]:
                    raise ClusteringError(f'There is no group "{change.old.name}" at place {change.place}.')
                del self._groups[change.place]
            if change.new is not None:
                self._groups.insert(change.place, change.new)
                self._used_ids.add(change.new.group_id)


def numbered(names: Iterable[str]) -> tuple[ClusterGroup, ...]:
    """Return the groups besides the standard ones, where only names are known."""
    own = [name for name in names if name not in STANDARD_GROUPS]
    return tuple(ClusterGroup(FIRST_USER_ID + place, name) for place, name in enumerate(own))


def group_name(text: object) -> str:
    """Return the name of a group as it is kept: lower case, without blanks around it.

    Raises
    ------
    ClusteringError
        It is no name that a file can hold.
    """
    if not isinstance(text, str) or not text.strip():
        raise ClusteringError("A group needs a name.")
    name = text.strip().lower()
    try:
        fits = "\0" not in name and len(name.encode()) < 2**12
    except UnicodeEncodeError:
        fits = False
    if not fits:
        raise ClusteringError(f"{name[:40]!r} cannot be the name of a group: a file cannot hold it.")
    return name


def new_group_name(text: object) -> str:
    """Return the name of a group that is to be made, as it is kept.

    Raises
    ------
    ClusteringError
        It is no name, or too long or with control characters for one; files may hold such.
    """
    name = group_name(text)
    problem = name_problem(name, "The name of a group")
    if problem:
        raise ClusteringError(problem)
    return name
