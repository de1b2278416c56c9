"""Writes a new Kwik data set (`.kwik` and `.kwx`) in the layout of klusta 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import Recording
from napari_phy.core.errors import SaveError
from napari_phy.core.probe import Probe
from napari_phy.io.h5 import H5File, open_h5
from napari_phy.io.kwik import schema
from napari_phy.io.kwik.clusters import LABEL_PREFIX, klustaviewa_color

_BLOCK_BYTES = 2**24
_PARAMETERS: dict[str, Any] = {
    "chunk_overlap_seconds": 0.015,
    "chunk_size_seconds": 1.0,
    "connected_component_join_size": 1,
    "detect_spikes": "negative",
    "excerpt_size_seconds": 1.0,
    "extract_s_after": 16,
    "extract_s_before": 16,
    "filter_butter_order": 3,
    "filter_high_factor": 0.475,
    "filter_low": 500.0,
    "n_excerpts": 50,
    "pca_n_waveforms_max": 10000,
    "threshold_strong_std_factor": 4.5,
    "threshold_weak_std_factor": 2.0,
    "use_single_threshold": 1,
    "weight_power": 2,
}


@dataclass(frozen=True, slots=True, eq=False)
class KwikGroup:
    """One channel group to write.

    Attributes
    ----------
    probe : its channels; the order is that of features and masks.
    spike_samples : (n_spikes,) integers, ascending, on the joined time line.
    spike_clusters : (n_spikes,) integers, 0 or more.
    features : (n_spikes, n_channels, n_features_per_channel).
    masks : (n_spikes, n_channels), 0…1.
    cluster_groups : {cluster: group name}; those left out are unsorted.
    group_names : all group names by id; the first four are noise, mua, good, unsorted.
    cluster_colors : {cluster: '#rrggbb'}.
    cluster_labels : {field: {cluster: value}}.
    """

    probe: Probe
    spike_samples: npt.NDArray[np.integer[Any]]
    spike_clusters: npt.NDArray[np.integer[Any]]
    features: npt.NDArray[np.floating[Any]]
    masks: npt.NDArray[np.floating[Any]]
    cluster_groups: Mapping[int, str] = field(default_factory=dict)
    group_names: Sequence[str] = ("noise", "mua", "good", "unsorted")
    cluster_colors: Mapping[int, str] = field(default_factory=dict)
    cluster_labels: Mapping[str, Mapping[int, Any]] = field(default_factory=dict)


def create_kwik(
    path: str | Path,
    *,
    sample_rate: float,
    recordings: Sequence[Recording],
    dat_path: str | Path | Sequence[str | Path],
    dtype: npt.DTypeLike,
    n_channels_total: int,
    microvolts_per_unit: float | None,
    groups: Mapping[int, KwikGroup],
    parameters: Mapping[str, Any] | None = None,
) -> None:
    """Write `path` (`.kwik`) and the `.kwx` beside it, with the clusterings `main` and `original`.

    Equal input gives files equal byte for byte. Text is UTF-8, datasets are contiguous.

    Parameters
    ----------
    path : the `.kwik` file to make.
    sample_rate : in Hz.
    recordings : in time; each starts where the one before it ends.
    dat_path : flat raw file, one for all recordings together or one for each; kept as given
        (a relative one is looked for beside the `.kwik`).
    dtype : of the raw samples.
    n_channels_total : columns of the raw file.
    microvolts_per_unit : gain of the raw samples; None when it is not known.
    groups : {channel group: its spikes}.
    parameters : SpikeDetekt parameters that differ from the defaults.

    Raises
    ------
    SaveError
        If one of the files is there already, or the arrays contradict each other.
    """
    path = Path(path)
    kwx_path = path.with_suffix(".kwx")
    for target in (path, kwx_path):
        if target.exists():
            raise SaveError(f"{target.name} is there already; a data set is never overwritten.")
    dat_paths = [str(dat_path)] if isinstance(dat_path, (str, Path)) else [str(item) for item in dat_path]
    if len(dat_paths) not in (1, len(recordings)) or not recordings:
        raise SaveError(f"{path.name}: {len(recordings)} recordings cannot be read from {len(dat_paths)} raw files.")
    _check_recordings(path.name, recordings)
    per_channel = {group.features.shape[2] for group in groups.values() if group.features.ndim == 3}
    for channel_group, group in groups.items():
        _check_group(path.name, channel_group, group, len(per_channel) == 1)
    settings = {
        **_PARAMETERS,
        "dtype": np.dtype(dtype).name,
        "experiment_name": path.name,
        "n_channels": int(n_channels_total),
        "n_features_per_channel": per_channel.pop() if per_channel else 3,
        "prb_file": f"{path.stem}.prb",
        "raw_data_files": dat_paths,
        "sample_rate": sample_rate,
        **({} if microvolts_per_unit is None else {"voltage_gain": float(microvolts_per_unit)}),
        **(parameters or {}),
    }
    with open_h5(kwx_path, "x") as kwx:
        _write_head(kwx)
        for channel_group, group in sorted(groups.items()):
            _write_features_masks(kwx, channel_group, group)
    with open_h5(path, "x") as kwik:
        _write_head(kwik)
        for name, value in sorted(settings.items()):
            kwik.write_attr(schema.PARAMETERS, name, value)
        _write_recordings(kwik, sample_rate, recordings, dat_paths)
        for channel_group, group in sorted(groups.items()):
            _write_channels(kwik, channel_group, group.probe)
            _write_spikes(kwik, channel_group, group, recordings)
            for clustering in ("main", schema.ORIGINAL):
                _write_clusters(kwik, channel_group, clustering, group)


def _check_recordings(name: str, recordings: Sequence[Recording]) -> None:
    start = 0
    for recording in recordings:
        if recording.start_sample != start:
            raise SaveError(
                f"{name}: recording {recording.recording_id} starts at sample {recording.start_sample}; "
                f"the ones before it end at {start}."
            )
        start += recording.n_samples


def _check_group(name: str, channel_group: int, group: KwikGroup, same_features: bool) -> None:
    n_spikes, n_channels = len(group.spike_samples), group.probe.n_channels
    problem = None
    if len(group.spike_clusters) != n_spikes:
        problem = f"{len(group.spike_clusters)} cluster ids for {n_spikes} spikes"
    elif group.features.ndim != 3 or group.features.shape[:2] != (n_spikes, n_channels) or not same_features:
        problem = f"features of shape {group.features.shape} for {n_spikes} spikes on {n_channels} channels"
    elif group.masks.shape != (n_spikes, n_channels):
        problem = f"masks of shape {group.masks.shape} for {n_spikes} spikes on {n_channels} channels"
    elif n_spikes and (np.diff(group.spike_samples.astype(np.int64)) < 0).any():
        problem = "spikes that are not ascending in time"
    elif n_spikes and not 0 <= int(group.spike_clusters.min()) <= int(group.spike_clusters.max()) < 2**31:
        problem = "cluster ids that do not fit the file"
    if problem:
        raise SaveError(f"{name}: channel group {channel_group} has {problem}.")


def _write_head(file: H5File) -> None:
    try:
        release = version("napari-phy")
    except PackageNotFoundError:
        release = "unknown"
    file.write_attr("/", "creator_version", f"napari-phy {release}")
    file.write_attr("/", "kwik_version", schema.KWIK_VERSION)
    file.write_attr("/", "name", file.path.stem)


def _write_features_masks(file: H5File, channel_group: int, group: KwikGroup) -> None:
    n_spikes, n_channels, n_per_channel = group.features.shape
    n_features = n_channels * n_per_channel
    path = schema.features_masks_path(channel_group)
    file.require_group(path.rpartition("/")[0])
    parent = file.node(path.rpartition("/")[0])
    assert isinstance(parent, h5py.Group)
    dataset = parent.create_dataset(path.rpartition("/")[2], (n_spikes, n_features, 2), np.float32)
    step = max(1, _BLOCK_BYTES // max(1, n_features * 8))
    for start in range(0, n_spikes, step):
        rows = slice(start, start + step)
        features = group.features[rows].reshape(-1, n_features)
        masks = np.repeat(group.masks[rows], n_per_channel, axis=1)
        dataset[rows] = np.stack([features, masks], axis=2).astype(np.float32)


def _write_recordings(
    file: H5File, sample_rate: float, recordings: Sequence[Recording], dat_paths: Sequence[str]
) -> None:
    for place, recording in enumerate(recordings):
        node = schema.recording_path(recording.recording_id)
        file.write_attr(node, "name", recording.name)
        file.write_attr(node, "sample_rate", float(sample_rate))
        file.write_attr(node, "start_sample", int(recording.start_sample))
        file.write_attr(node, "start_time", recording.start_sample / float(sample_rate))
        file.write_attr(f"{node}/raw", "dat_path", dat_paths[place if len(dat_paths) > 1 else 0])


def _write_channels(file: H5File, channel_group: int, probe: Probe) -> None:
    node = schema.group_path(channel_group)
    file.write_attr(node, "adjacency_graph", np.asarray(probe.edges, dtype=np.int32).reshape(-1, 2))
    file.write_attr(node, "channel_order", np.asarray(probe.channel_ids, dtype=np.int32))
    for channel_id, position in zip(probe.channel_ids.tolist(), probe.positions, strict=True):
        file.write_attr(f"{node}/channels/{channel_id}", "name", str(channel_id))
        file.write_attr(f"{node}/channels/{channel_id}", "position", np.asarray(position, dtype=np.float32))


def _write_spikes(file: H5File, channel_group: int, group: KwikGroup, recordings: Sequence[Recording]) -> None:
    starts = np.array([recording.start_sample for recording in recordings], dtype=np.int64)
    ids = np.array([recording.recording_id for recording in recordings], dtype=np.int32)
    samples = np.asarray(group.spike_samples, dtype=np.int64)
    place = np.clip(np.searchsorted(starts, samples, side="right") - 1, 0, None)
    file.write(schema.spikes_path(channel_group, "time_samples"), (samples - starts[place]).astype(np.uint64))
    file.write(schema.spikes_path(channel_group, "time_fractional"), np.zeros(len(samples), dtype=np.uint8))
    file.write(schema.spikes_path(channel_group, "recording"), ids[place])
    clusters = np.asarray(group.spike_clusters, dtype=np.int32)
    for clustering in ("main", schema.ORIGINAL):
        file.write(schema.clustering_path(channel_group, clustering), clusters)


def _write_clusters(file: H5File, channel_group: int, clustering: str, group: KwikGroup) -> None:
    defaults = [name.lower() for name in schema.DEFAULT_GROUPS.values()]
    extra = [name for name in (*group.group_names, *group.cluster_groups.values()) if name.lower() not in defaults]
    names = [*schema.DEFAULT_GROUPS.values(), *dict.fromkeys(extra)]
    group_ids = {name.lower(): group_id for group_id, name in enumerate(names)}
    groups_node = schema.cluster_groups_path(channel_group, clustering)
    for group_id, name in enumerate(names):
        file.write_attr(f"{groups_node}/{group_id}", "name", name)
        file.write_attr(schema.klustaviewa(f"{groups_node}/{group_id}"), "color", klustaviewa_color(group_id))
    file.require_group(schema.clusters_path(channel_group, clustering))
    is_original = clustering == schema.ORIGINAL
    for cluster_id in np.unique(group.spike_clusters).tolist():
        node = schema.cluster_path(channel_group, clustering, cluster_id)
        color = None if is_original else group.cluster_colors.get(cluster_id)
        name = "unsorted" if is_original else group.cluster_groups.get(cluster_id, "unsorted").lower()
        file.write_attr(node, "cluster_group", group_ids[name])
        file.write_attr(schema.klustaviewa(node), "color", klustaviewa_color(cluster_id, color))
        if color is not None:
            file.write_attr(schema.own(node), "color", color.lower())
        for label, values in () if is_original else sorted(group.cluster_labels.items()):
            if cluster_id in values:
                file.write_attr(schema.own(node), f"{LABEL_PREFIX}{label}", values[cluster_id])
