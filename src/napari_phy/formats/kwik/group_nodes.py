"""Writes the nodes of one channel group of a new Kwik file: channels, spikes, clusters, and the rows of its `.kwx`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import compact_ids
from napari_phy.core.base_model import Recording
from napari_phy.core.probe import Probe, assumed_line
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.clusters import LABEL_PREFIX, klustaviewa_color
from napari_phy.formats.kwik.kwik_group import KwikGroup, Rows

_BLOCK_BYTES = 2**21


def write_channels(file: H5File, channel_group: int, probe: Probe) -> None:
    """Write the channels with their places and neighbours."""
    node = schema.group_path(channel_group)
    file.write_attr(node, "adjacency_graph", np.asarray(probe.edges, dtype=np.int32).reshape(-1, 2))
    file.write_attr(node, "channel_order", np.asarray(probe.channel_ids, dtype=np.int32))
    assumed = ~probe.is_known & (probe.positions == assumed_line(probe.n_channels)).all(axis=1)
    for place, channel_id in enumerate(probe.channel_ids.tolist()):
        file.write_attr(f"{node}/channels/{channel_id}", "name", str(channel_id))
        if not assumed[place]:
            position = np.asarray(probe.positions[place], dtype=np.float32)
            file.write_attr(f"{node}/channels/{channel_id}", "position", position)


def write_spikes(file: H5File, channel_group: int, group: KwikGroup, recordings: Sequence[Recording]) -> None:
    """Write the times of the spikes, each within its recording."""
    starts = np.array([recording.start_sample for recording in recordings], dtype=np.int64)
    ids = np.array([recording.recording_id for recording in recordings], dtype=np.int32)
    samples = np.asarray(group.spike_samples, dtype=np.int64)
    fractions = np.zeros(len(samples), dtype=np.uint8) if group.time_fractional is None else group.time_fractional
    place = np.clip(np.searchsorted(starts, samples, side="right") - 1, 0, None)
    file.write(schema.spikes_path(channel_group, "time_samples"), (samples - starts[place]).astype(np.uint64))
    file.write(schema.spikes_path(channel_group, "time_fractional"), np.asarray(fractions, dtype=np.uint8))
    file.write(schema.spikes_path(channel_group, "recording"), ids[place])


def write_clusters(file: H5File, channel_group: int, clustering: str, group: KwikGroup) -> None:
    """Write a clustering: the cluster of each spike, the groups of clusters, their colours and labels."""
    file.write(schema.clustering_path(channel_group, clustering), compact_ids(np.asarray(group.spike_clusters)))
    defaults = [name.lower() for name in schema.DEFAULT_GROUPS.values()]
    extra = [name for name in (*group.group_names, *group.cluster_groups.values()) if name.lower() not in defaults]
    names = [*schema.DEFAULT_GROUPS.values(), *dict.fromkeys(extra)]
    group_ids = {name.lower(): group_id for group_id, name in enumerate(names)}
    named: dict[int, dict[str, dict[str, Any]]] = {
        group_id: {"": {"name": name}, schema.KLUSTAVIEWA: {"color": klustaviewa_color(group_id)}}
        for group_id, name in enumerate(names)
    }
    file.write_attrs_of_children(schema.cluster_groups_path(channel_group, clustering), named)
    nodes: dict[int, dict[str, dict[str, Any]]] = {}
    for cluster_id in np.unique(group.spike_clusters).tolist():
        color = group.cluster_colors.get(cluster_id)
        name = group.cluster_groups.get(cluster_id, "unsorted").lower()
        labels = {
            f"{LABEL_PREFIX}{label}": values[cluster_id]
            for label, values in sorted(group.cluster_labels.items())
            if cluster_id in values
        }
        own = {**({} if color is None else {"color": color.lower()}), **labels}
        nodes[cluster_id] = {
            "": {"cluster_group": group_ids[name]},
            schema.KLUSTAVIEWA: {"color": klustaviewa_color(cluster_id, color)},
            **({schema.OWN: own} if own else {}),
        }
    file.write_attrs_of_children(schema.clusters_path(channel_group, clustering), nodes)


def as_detected(group: KwikGroup) -> KwikGroup:
    """Return the same clusters as the sorter leaves them: unsorted, without colours and labels."""
    names = (*group.group_names, *group.cluster_groups.values())
    return replace(group, group_names=names, cluster_groups={}, cluster_colors={}, cluster_labels={})


def write_rows(file: H5File, channel_group: int, group: KwikGroup) -> None:
    """Write features with masks, and stored waveforms, into a `.kwx`, block by block."""
    file.require_group(schema.group_path(channel_group))
    if group.features is not None and group.masks is not None:
        features, masks = group.features, group.masks
        n_spikes, n_channels, n_per_channel = features.shape
        width = n_channels * n_per_channel

        def features_masks(rows: slice) -> npt.NDArray[Any]:
            values = features[rows].reshape(-1, width)
            return np.stack([values, np.repeat(masks[rows], n_per_channel, axis=1)], axis=2)

        path = schema.features_masks_path(channel_group)
        _write_blocks(file, path, (n_spikes, width, 2), np.dtype(np.float32), features_masks)
    for name, rows in group.waveforms.items():
        _write_blocks(file, f"{schema.group_path(channel_group)}/{name}", rows.shape, rows.dtype, _reader(rows))


def _reader(rows: Rows) -> Callable[[slice], npt.NDArray[Any]]:
    return lambda places: rows[places]


def _write_blocks(
    file: H5File,
    path: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    read: Callable[[slice], npt.NDArray[Any]],
) -> None:
    parent, _, name = path.rpartition("/")
    group = file.node(parent)
    assert isinstance(group, h5py.Group)
    dataset = group.create_dataset(name, shape, dtype)
    step = max(1, _BLOCK_BYTES // max(1, int(np.prod(shape[1:])) * dtype.itemsize))
    for start in range(0, shape[0], step):
        rows = slice(start, min(start + step, shape[0]))
        dataset[rows] = read(rows).astype(dtype, copy=False)
