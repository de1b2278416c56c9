"""Groups, colours and labels of clusters, as a Kwik file has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.hdf5.values import as_int, encode
from napari_phy.formats.kwik import schema

LABEL_PREFIX = "label."
_last_nodes: tuple[tuple[Any, ...], Mapping[int, tuple[Any, Mapping[str, Any]]]] | None = None
_HEX = re.compile(r"#[0-9a-f]{6}")


@dataclass(frozen=True, slots=True)
class ClusterData:
    """What is known of the clusters of one clustering.

    Attributes
    ----------
    groups : mapping of int to str
        Group name, lower case, of each cluster that is not unsorted.
    colors : mapping of int to str
        '#rrggbb' of each cluster that has one.
    labels : mapping of str to mapping of int to object
        Field -> {cluster: value}.
    group_names : tuple of str
        Names in the file's order, lower case, each once; the four defaults always.
    """

    groups: Mapping[int, str]
    colors: Mapping[int, str]
    labels: Mapping[str, Mapping[int, Any]]
    group_names: tuple[str, ...]


def read_group_names(file: H5File, channel_group: int, clustering: str) -> dict[int, str]:
    """Return {group id: name in lower case} of the nodes in the file, by id."""
    path = schema.cluster_groups_path(channel_group, clustering)
    names: dict[int, str] = {}
    ids = [name for name in file.children(path) if isinstance(name, int)]
    for group_id, (node,) in file.attrs_of_children(path, ids, {"": ["name"]}):
        name = node.get("name")
        default = schema.DEFAULT_GROUPS.get(group_id, f"group_{group_id}")
        names[group_id] = ((name.strip() if isinstance(name, str) else "") or default).lower()
    return names


def group_name(value: Any, names: Mapping[int, str]) -> str:
    """Return the name that a `cluster_group` attribute (an id, or a name) stands for."""
    group_id = as_int(value)
    if group_id is not None:
        default = schema.DEFAULT_GROUPS.get(group_id, f"group_{group_id}")
        return names.get(group_id, default.lower())
    if isinstance(value, str) and value.strip():
        return value.strip().lower()
    return schema.DEFAULT_GROUPS[schema.UNSORTED].lower()


def read_cluster_nodes(
    file: H5File, channel_group: int, clustering: str
) -> Mapping[int, tuple[Any, Mapping[str, Any]]]:
    """Return {cluster: (`cluster_group` as the file has it, attributes of this program)} of all nodes, ascending.

    Opening a data set asks twice, and nodes are slow to read: those read last are kept until the file changes.
    """
    global _last_nodes  # noqa: PLW0603
    state = file.state
    key = None if state is None else (str(file.path), state, channel_group, clustering)
    if key is not None and _last_nodes is not None and _last_nodes[0] == key:
        return _last_nodes[1]
    path = schema.clusters_path(channel_group, clustering)
    ids = [name for name in file.children(path) if isinstance(name, int)]
    found = file.attrs_of_children(path, ids, {"": ["cluster_group"], schema.OWN: None})
    nodes = MappingProxyType(
        {cluster: (node.get("cluster_group"), MappingProxyType(own)) for cluster, (node, own) in found}
    )
    _last_nodes = None if key is None else (key, nodes)
    return nodes


def read_clusters(
    file: H5File, channel_group: int, clustering: str, cluster_ids: Iterable[int] | npt.NDArray[Any]
) -> ClusterData:
    """Read groups, colours and labels of the given clusters; those without a node are unsorted."""
    names = read_group_names(file, channel_group, clustering)
    unsorted = schema.DEFAULT_GROUPS[schema.UNSORTED].lower()
    groups: dict[int, str] = {}
    colors: dict[int, str] = {}
    labels: dict[str, dict[int, Any]] = {}
    nodes = read_cluster_nodes(file, channel_group, clustering)
    for cluster_id in np.asarray(cluster_ids).tolist():
        group, own = nodes.get(cluster_id, (None, {}))
        name = group_name(group, names)
        if name != unsorted:
            groups[cluster_id] = name
        for key, value in own.items():
            if key == "color" and isinstance(value, str) and _HEX.fullmatch(value.lower()):
                colors[cluster_id] = value.lower()
            elif is_label_name(key) and is_label_value(value):
                labels.setdefault(key.removeprefix(LABEL_PREFIX), {})[cluster_id] = value
    defaults = [name.lower() for name in schema.DEFAULT_GROUPS.values()]
    ordered = dict.fromkeys([*defaults, *names.values(), *sorted(set(groups.values()))])
    return ClusterData(groups, colors, labels, tuple(ordered))


def is_label_name(name: str) -> bool:
    """Tell whether an attribute is a label; one whose name is no UTF-8 is not, since nobody could type or show it."""
    return name.startswith(LABEL_PREFIX) and is_label_value(name)


def is_label_value(value: Any) -> bool:
    """Tell whether a label can have this value and a file can hold it; files may have others, which stay there."""
    try:
        encode(value)
    except (TypeError, ValueError):
        return False
    return isinstance(value, str | bool | int | float | np.generic)


def klustaviewa_color(cluster_id: int, color: str | None = None) -> int:
    """Return KlustaViewa's colour number, 2 to 10: by hue where the cluster has a colour, else by id."""
    if color is None:
        return 2 + cluster_id % 9
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    high, low = max(red, green, blue), min(red, green, blue)
    if high == low:
        return 2
    if high == red:
        sixth = ((green - blue) / (high - low)) % 6
    elif high == green:
        sixth = (blue - red) / (high - low) + 2
    else:
        sixth = (red - green) / (high - low) + 4
    return 2 + int(sixth / 6 * 9) % 9
