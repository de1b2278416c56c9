"""Groups of clusters besides the standard ones, changed in a Kwik file in one step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from napari_phy.core.cluster_groups import DISCARDED, STANDARD_GROUPS, ClusterGroup, group_name, new_group_name
from napari_phy.core.clustering_file import check_not_original
from napari_phy.core.colors import is_color
from napari_phy.core.errors import ClusteringError, NotInFileError, SaveError
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.cluster_groups import read_user_groups, write_user_groups
from napari_phy.formats.kwik.clustering_edits import alone, rewrite
from napari_phy.formats.kwik.clusters import read_group_names

Change = Callable[[list[ClusterGroup], Mapping[int, str]], ClusterGroup]

_PROTECTED = (*STANDARD_GROUPS, DISCARDED)


def add_group(
    path: Path, channel_group: int, clustering: str, number: int | None, name: object, color: str | None = None
) -> int:
    """Add a group; return its number, which is the first free one unless it is given.

    Raises
    ------
    ClusteringError
        There is a group of this name or number, or it is a standard one.
    ReadOnlyError, SaveError
        As `clusterings.save_clustering`.
    """
    wanted = new_group_name(name)
    _check_color(color)

    def change(groups: list[ClusterGroup], taken: Mapping[int, str]) -> ClusterGroup:
        _check_free(path, wanted, taken)
        if number is not None and (number < schema.FIRST_USER_GROUP or number in taken):
            raise ClusteringError(
                f"{path.name}: a new group cannot have the number {number}; take one from 4 on that is free."
            )
        free = next(one for one in range(schema.FIRST_USER_GROUP, 2**31) if one not in taken)
        groups.append(ClusterGroup(free if number is None else number, wanted, color))
        return groups[-1]

    return _change_groups(path, channel_group, clustering, change).group_id


def rename_group(path: Path, channel_group: int, clustering: str, group: int | str, name: str) -> None:
    """Rename a group, given by number or name; its clusters stay in it.

    Raises
    ------
    NotInFileError
        There is no such group.
    ClusteringError
        There is a group of the new name, or it is a standard one.
    ReadOnlyError, SaveError
        As `clusterings.save_clustering`.
    """
    wanted = new_group_name(name)

    def change(groups: list[ClusterGroup], taken: Mapping[int, str]) -> ClusterGroup:
        place = _find(path, groups, group)
        _check_free(path, wanted, taken)
        groups[place] = replace(groups[place], name=wanted)
        return groups[place]

    _change_groups(path, channel_group, clustering, change)


def recolor_group(path: Path, channel_group: int, clustering: str, group: int | str, color: str | None) -> None:
    """Give a group, given by number or name, a colour '#rrggbb'; None takes it away."""
    _check_color(color)

    def change(groups: list[ClusterGroup], _: Mapping[int, str]) -> ClusterGroup:
        place = _find(path, groups, group)
        groups[place] = replace(groups[place], color=None if color is None else color.lower())
        return groups[place]

    _change_groups(path, channel_group, clustering, change)


def delete_group(path: Path, channel_group: int, clustering: str, group: int | str) -> None:
    """Delete a group, given by number or name; its clusters become unsorted."""

    def change(groups: list[ClusterGroup], _: Mapping[int, str]) -> ClusterGroup:
        return groups.pop(_find(path, groups, group))

    _change_groups(path, channel_group, clustering, change)


def _change_groups(path: Path, channel_group: int, clustering: str, change: Change) -> ClusterGroup:
    changed: list[ClusterGroup] = []

    def edit(copy: Path) -> None:
        with open_h5(copy, "r+") as file:
            groups = list(read_user_groups(file, channel_group, clustering))
            defaults = {number: name.lower() for number, name in schema.DEFAULT_GROUPS.items()}
            changed.append(change(groups, {**defaults, **read_group_names(file, channel_group, clustering)}))
            write_user_groups(file, channel_group, clustering, groups)
        with open_h5(copy) as file:
            if set(read_user_groups(file, channel_group, clustering)) != set(groups):
                raise SaveError(f"{path.name} does not hold the groups that were written to it.")

    check_not_original(path, clustering)
    with alone(path, channel_group, clustering) as (file, _):
        rewrite(file, channel_group, edit, {clustering})
    return changed[-1]


def _find(path: Path, groups: list[ClusterGroup], group: int | str) -> int:
    """Return the place of a group that may be changed."""
    if isinstance(group, str):
        wanted = group_name(group)
        is_protected = wanted in _PROTECTED
        place = next((place for place, one in enumerate(groups) if one.name == wanted), None)
    else:
        place = next((place for place, one in enumerate(groups) if one.group_id == group), None)
        is_protected = group in schema.DEFAULT_GROUPS or (place is not None and groups[place].name == DISCARDED)
    if is_protected:
        raise ClusteringError(f"{path.name}: the group {group} is protected; it can be neither changed nor removed.")
    if place is None:
        raise NotInFileError(f"{path.name} has no group {group}.")
    return place


def _check_free(path: Path, name: str, taken: Mapping[int, str]) -> None:
    if name in _PROTECTED or name in taken.values():
        raise ClusteringError(f'{path.name}: there is a group "{name}" already.')


def _check_color(color: str | None) -> None:
    if color is not None and not is_color(color):
        raise ClusteringError(f"A colour is written #rrggbb, not {color!r}.")
