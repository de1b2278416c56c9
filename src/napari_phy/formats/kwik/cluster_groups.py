"""The user's own groups of clusters, as a Kwik file has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from napari_phy.core.cluster_groups import STANDARD_GROUPS, ClusterGroup
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.hdf5.values import as_int
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.clusters import group_name, klustaviewa_color, read_cluster_nodes, read_group_names

_COLOR = re.compile(r"#[0-9a-f]{6}")


def read_user_groups(file: H5File, channel_group: int, clustering: str) -> tuple[ClusterGroup, ...]:
    """Return the groups besides the standard ones, by number; of two with one name the first."""
    path = schema.cluster_groups_path(channel_group, clustering)
    groups: dict[str, ClusterGroup] = {}
    names = read_group_names(file, channel_group, clustering)
    own_ids = [group_id for group_id, name in names.items() if name not in STANDARD_GROUPS]
    for group_id, (own,) in file.attrs_of_children(path, own_ids, {schema.OWN: ["color"]}):
        color, name = own.get("color"), names[group_id]
        known = isinstance(color, str) and _COLOR.fullmatch(color.lower())
        groups.setdefault(name, ClusterGroup(group_id, name, str(color).lower() if known else None))
    return tuple(groups.values())


def write_user_groups(file: H5File, channel_group: int, clustering: str, groups: Sequence[ClusterGroup]) -> None:
    """Make the user's groups in a file those given: by number renamed, coloured, added or removed.

    Clusters of a group that is removed become unsorted, those without spikes too. Whatever else the file has of a
    group stays.
    """
    path = schema.cluster_groups_path(channel_group, clustering)
    stored = {group.group_id: group for group in read_user_groups(file, channel_group, clustering)}
    for group_id in stored.keys() - {group.group_id for group in groups}:
        _move_clusters(file, channel_group, clustering, stored[group_id], schema.UNSORTED)
        parent = file.node(path)
        del parent[str(group_id)]
    taken = read_group_names(file, channel_group, clustering).keys() - stored.keys()
    for group in groups:
        group_id = group.group_id if group.group_id not in taken else _free_id(taken, stored, groups)
        taken |= {group_id}
        node = f"{path}/{group_id}"
        old = stored.get(group_id)
        if old is None or old.name != group.name:
            file.write_attr(node, "name", group.name)
        if old is not None and old.name != group.name:
            _move_clusters(file, channel_group, clustering, old, group_id)
        if group.color is None:
            file.delete_attr(schema.own(node), "color")
        elif old is None or old.color != group.color:
            file.write_attr(schema.own(node), "color", group.color)
        if (group.color and (old is None or old.color != group.color)) or (
            "color" not in file.attrs(schema.klustaviewa(node))
        ):
            file.write_attr(schema.klustaviewa(node), "color", klustaviewa_color(group_id, group.color))


def _free_id(taken: Iterable[int], stored: Iterable[int], groups: Sequence[ClusterGroup]) -> int:
    used = {*taken, *stored, *(group.group_id for group in groups)}
    return next(number for number in range(schema.FIRST_USER_GROUP, 2**31) if number not in used)


def _move_clusters(file: H5File, channel_group: int, clustering: str, group: ClusterGroup, target: int) -> None:
    """Give every cluster of a group another number of a group, whether it has its number or its name."""
    nodes = schema.clusters_path(channel_group, clustering)
    moved = [
        cluster
        for cluster, (stored, _) in read_cluster_nodes(file, channel_group, clustering).items()
        if stored is not None and (as_int(stored) == group.group_id or group_name(stored, {}) == group.name)
    ]
    file.write_attrs_of_children(nodes, {cluster: {"": {"cluster_group": target}} for cluster in moved})
