"""Where things are in a Kwik file (version 2), and what a file must have to be one."""

from __future__ import annotations

from napari_phy.core.arrays import MAX_ID
from napari_phy.core.errors import KwikFormatError
from napari_phy.core.sentences import on_one_line
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.hdf5.values import as_int
from napari_phy.formats.kwik.foreign import describe_foreign

KWIK_VERSION = 2
MAX_CLUSTERS = MAX_ID + 1
DEFAULT_GROUPS = {0: "Noise", 1: "MUA", 2: "Good", 3: "Unsorted"}
UNSORTED = 3
FIRST_USER_GROUP = 4

PARAMETERS = "/application_data/spikedetekt"
CLUSTERING_PARAMETERS = "/application_data/klustakwik2"
GROUPS = "/channel_groups"
RECORDINGS = "/recordings"
_MAX_DIGITS = 18
OWN = "application_data/napari_phy"
KLUSTAVIEWA = "application_data/klustaviewa"


def group_path(channel_group: int) -> str:
    """Return the path of the group that holds all of a channel group."""
    return f"{GROUPS}/{channel_group}"


def spikes_path(channel_group: int, name: str) -> str:
    """Return the path of a per-spike dataset: time_samples, time_fractional, recording."""
    return f"{group_path(channel_group)}/spikes/{name}"


def clusterings_path(channel_group: int) -> str:
    """Return the path of the group that holds one dataset for each clustering."""
    return f"{group_path(channel_group)}/spikes/clusters"


def clustering_path(channel_group: int, clustering: str) -> str:
    """Return the path of the cluster ids of the spikes."""
    return f"{clusterings_path(channel_group)}/{clustering}"


def clusters_path(channel_group: int, clustering: str) -> str:
    """Return the path of the group that holds one node for each cluster."""
    return f"{group_path(channel_group)}/clusters/{clustering}"


def cluster_path(channel_group: int, clustering: str, cluster_id: int) -> str:
    """Return the path of the node of one cluster."""
    return f"{clusters_path(channel_group, clustering)}/{cluster_id}"


def cluster_groups_path(channel_group: int, clustering: str) -> str:
    """Return the path of the group that holds one node for each cluster group."""
    return f"{group_path(channel_group)}/cluster_groups/{clustering}"


def features_masks_path(channel_group: int) -> str:
    """Return the path of features and masks in the `.kwx`."""
    return f"{group_path(channel_group)}/features_masks"


def own(node: str) -> str:
    """Return the path of this program's data below a node."""
    return f"{node}/{OWN}"


def klustaviewa(node: str) -> str:
    """Return the path of KlustaViewa's data below a node."""
    return f"{node}/{KLUSTAVIEWA}"


def recording_path(recording_id: int, n_digits: int = 1) -> str:
    """Return the path of a recording in a new file, its number with as many digits at least."""
    return f"{RECORDINGS}/{recording_id:0{n_digits}d}"


def recording_nodes(file: H5File) -> dict[int, str]:
    """Return {number of a recording: its path}, ascending; names may be padded with zeros, as `007`."""
    names = [name for name in map(str, file.children(RECORDINGS)) if name.isascii() and name.isdecimal()]
    shortest_last = sorted((name for name in names if len(name) <= _MAX_DIGITS), key=len, reverse=True)
    paths = {int(name): f"{RECORDINGS}/{name}" for name in shortest_last}
    return dict(sorted(paths.items()))


def check_is_kwik(file: H5File) -> None:
    """Raise KwikFormatError unless the file is a Kwik file of version 2."""
    name = file.path.name
    attributes = file.attrs("/")
    foreign = describe_foreign(file)
    if foreign is not None:
        raise KwikFormatError(f"{name} is {foreign}")
    if not file.has(GROUPS):
        if as_int(attributes.get("VERSION")) == 1:
            raise KwikFormatError(
                f"{name} is a Kwik file of version 1 (2013); only version 2 can be read: sort the raw data again."
            )
        raise KwikFormatError(next(iter(file.dead_links), f"{name} is not a Kwik file: it has no group {GROUPS}."))
    version = attributes.get("kwik_version")
    if as_int(version) != KWIK_VERSION:
        found = "no kwik_version" if version is None else f"kwik_version {on_one_line(version)}"
        raise KwikFormatError(f"{name} is not a Kwik file of version {KWIK_VERSION}: it has {found}.")
