"""A Kwik data set, as read from disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.errors import KwikFormatError, MissingDataError
from napari_phy.core.probe import Probe
from napari_phy.io.h5 import H5File, open_h5
from napari_phy.io.kwik import parameters, schema, spikes
from napari_phy.io.kwik.attributes import as_int
from napari_phy.io.kwik.clusters import read_clusters
from napari_phy.io.kwik.features import FeatureFile, open_features
from napari_phy.io.kwik.recordings import Timeline, read_timeline
from napari_phy.io.kwik.traces import FlatTraces
from napari_phy.io.kwik.waveforms import Waveforms

_CHANNEL_PITCH_UM = 20.0


class KwikModel(BaseModel):
    """One channel group and one clustering of a Kwik data set; nothing here is edited.

    The `.kwik` is read and closed; features, masks, traces and waveforms are read when asked for.
    `missing` has one sentence for each thing that is not there. `duration` is that of the raw data;
    without them a recording ends where the next one starts, and the last one with the whole second of
    its last spike.

    Parameters
    ----------
    path : the `.kwik` file.
    channel_group : None takes the first that has spikes.
    clustering : None takes `main`, else the first in the alphabet.

    Attributes
    ----------
    metadata : parameters of SpikeDetekt and KlustaKwik2, as the file has them.
    clustering_metadata : attributes of the clustering.
    channel_order : (n_channels,) int64, columns of the raw data.
    cluster_ids : ascending int64, clusters that have spikes.
    cluster_metadata : {cluster: {"group": name, "color": '#rrggbb' or None, "labels": {field: value}}}.
    features_masks : (n_spikes, n_channels * n_features_per_channel, 2), or None.
    max_cluster_id : the highest id that the file knows in any clustering of the channel group, -1 for none;
        nodes of clusters without spikes count.

    Raises
    ------
    KwikFormatError
        If this is no Kwik file of version 2, or it contradicts itself.
    MissingDataError
        If it has no such channel group or clustering.
    """

    metadata: Mapping[str, Any]
    clustering_metadata: Mapping[str, Any]
    features_masks: SpikeRows | None
    max_cluster_id: int

    def __init__(self, path: str | Path, channel_group: int | None = None, clustering: str | None = None) -> None:
        self.path = Path(path)
        self.missing = ()
        self._feature_file: FeatureFile | None = None
        self._traces: FlatTraces | None = None
        with open_h5(self.path) as file:
            schema.check_is_kwik(file)
            self._choose(file, channel_group, clustering)
            self.metadata = MappingProxyType(
                {**file.attrs("/application_data/klustakwik2"), **file.attrs(schema.PARAMETERS)}
            )
            self.sample_rate = self._read_sample_rate(file)
            self.probe = _read_probe(file, self.channel_group)
            dtype = parameters.sample_type(self.metadata)
            n_columns = parameters.integer(self.metadata, "n_channels") or _count_columns(file, self.channel_groups)
            row_bytes = n_columns * (dtype.itemsize if dtype else 2)
            timeline = read_timeline(file, self.metadata, self.sample_rate, row_bytes, self.channel_groups)
            self._read_spikes(file, timeline)
            self._read_clusters(file)
        self.recordings = timeline.recordings
        self.duration = sum(recording.n_samples for recording in self.recordings) / self.sample_rate
        self.microvolts_per_unit = parameters.plausible_gain(self.metadata)
        self._open_features()
        self._open_traces(timeline, n_columns, dtype)

    @property
    def channel_order(self) -> npt.NDArray[np.int64]:
        """(n_channels,) columns of the raw data, in the order of features and waveforms."""
        return self.probe.channel_ids

    @property
    def cluster_metadata(self) -> dict[int, dict[str, Any]]:
        """Group, colour and labels of every cluster that has spikes."""
        return {
            cluster: {
                "group": self.cluster_groups.get(cluster, "unsorted"),
                "color": self.cluster_colors.get(cluster),
                "labels": {
                    field: values[cluster] for field, values in self.cluster_labels.items() if cluster in values
                },
            }
            for cluster in self.cluster_ids.tolist()
        }

    def read_clustering(self, clustering: str) -> npt.NDArray[np.int32]:
        """Return (n_spikes,) cluster ids of another clustering of this channel group, such as "original".

        Raises
        ------
        MissingDataError
            If the file has no such clustering.
        """
        with open_h5(self.path) as file:
            return self._read_clustering(file, clustering)

    def describe(self) -> str:
        """Return a readable summary."""
        lines = {
            "Kwik file": self.path,
            "Recordings": len(self.recordings),
            "Duration": f"{self.duration:.1f} s",
            "Sample rate": f"{self.sample_rate:g} Hz",
            "Channel groups": ", ".join(map(str, self.channel_groups)),
            "Channel group": f"{self.channel_group} ({self.n_channels} channels)",
            "Spikes": self.n_spikes,
            "Clusterings": ", ".join(self.clusterings),
            "Clustering": f"{self.clustering} ({len(self.cluster_ids)} clusters)",
            "Features": "–" if self.features is None else f"{self.features.shape[1]} per spike",
            "Unit": self.unit,
        }
        return "\n".join([*(f"{name + ':':<16}{value}" for name, value in lines.items()), *self.missing])

    def close(self) -> None:
        """Release every file; what is lazy cannot be read any more."""
        if self._feature_file is not None:
            self._feature_file.close()
        if self._traces is not None:
            self._traces.close()

    def _choose(self, file: H5File, channel_group: int | None, clustering: str | None) -> None:
        name = file.path.name
        groups = tuple(group for group in file.children(schema.GROUPS) if isinstance(group, int))
        if not groups:
            raise KwikFormatError(f"{name} has no channel groups.")
        if channel_group is None:
            with_spikes = (group for group in groups if file.has(schema.spikes_path(group, "time_samples")))
            channel_group = next(with_spikes, groups[0])
        if channel_group not in groups:
            raise MissingDataError(
                f"{name} has no channel group {channel_group}; it has {', '.join(map(str, groups))}."
            )
        node = schema.clusterings_path(channel_group)
        found = tuple(sorted(str(item) for item in file.children(node) if file.is_dataset(f"{node}/{item}")))
        if clustering is None:
            clustering = "main" if "main" in found or not found else found[0]
        elif clustering not in found:
            raise MissingDataError(
                f"{name}: channel group {channel_group} has no clustering {clustering}; "
                f"it has {', '.join(found) or 'none'}."
            )
        self.channel_groups, self.channel_group = groups, channel_group
        self.clusterings, self.clustering = found, clustering

    def _read_sample_rate(self, file: H5File) -> float:
        rates = [parameters.number(self.metadata, "sample_rate")]
        rates += [
            parameters.number(file.attrs(schema.recording_path(item)), "sample_rate")
            for item in file.children(schema.RECORDINGS)
        ]
        for rate in rates:
            if rate is not None and rate > 0:
                return rate
        raise KwikFormatError(f"{file.path.name} gives no sample rate.")

    def _read_spikes(self, file: H5File, timeline: Timeline) -> None:
        samples, recording_ids = spikes.read_times(file, self.channel_group)
        self._order = spikes.ascending_order(samples, recording_ids)
        samples, places = timeline.place(
            self.name, spikes.to_program(samples, self._order), spikes.to_program(recording_ids, self._order)
        )
        ids = np.array([recording.recording_id for recording in timeline.recordings], dtype=np.int64)
        self.spike_samples = _frozen(samples)
        self.spike_recordings = _frozen(ids[places])
        self._places = places
        if self.clusterings:
            self.spike_clusters = self._read_clustering(file, self.clustering)
        else:
            self.spike_clusters = _frozen(np.zeros(len(samples), dtype=np.int32))

    def _read_clustering(self, file: H5File, clustering: str) -> npt.NDArray[np.int32]:
        path = schema.clustering_path(self.channel_group, clustering)
        if clustering not in self.clusterings:
            raise MissingDataError(f"{self.name}: channel group {self.channel_group} has no clustering {clustering}.")
        values = file.read(path)
        if values.shape != self.spike_samples.shape or values.dtype.kind not in "iu":
            raise KwikFormatError(
                f"{self.name}: channel group {self.channel_group} has {self.n_spikes} spikes "
                f"but the clustering {clustering} has shape {values.shape} of {values.dtype}."
            )
        if values.size and not 0 <= int(values.min()) <= int(values.max()) < 2**31:
            raise KwikFormatError(
                f"{self.name}: the clustering {clustering} has cluster ids from {int(values.min())} "
                f"to {int(values.max())}; they must lie between 0 and {2**31 - 1}."
            )
        return _frozen(spikes.to_program(values, self._order).astype(np.int32))

    def _read_clusters(self, file: H5File) -> None:
        self.cluster_ids = _frozen(_distinct(self.spike_clusters))
        data = read_clusters(file, self.channel_group, self.clustering, self.cluster_ids)
        self.cluster_groups = MappingProxyType(dict(data.groups))
        self.cluster_colors = MappingProxyType(dict(data.colors))
        self.cluster_labels = MappingProxyType({field: MappingProxyType(dict(v)) for field, v in data.labels.items()})
        self.group_names = data.group_names
        self.clustering_metadata = MappingProxyType(
            file.attrs(schema.clusters_path(self.channel_group, self.clustering))
        )
        known = [int(self.cluster_ids[-1])] if len(self.cluster_ids) else [-1]
        for clustering in self.clusterings:
            nodes = file.children(schema.clusters_path(self.channel_group, clustering))
            known += [node for node in nodes if isinstance(node, int)]
        self.max_cluster_id = max(known)

    def _open_features(self) -> None:
        per_channel = parameters.integer(self.metadata, "n_features_per_channel")
        opened, problem = open_features(
            self.path,
            self.channel_group,
            n_spikes=self.n_spikes,
            n_channels=self.n_channels,
            n_per_channel=per_channel,
            order=self._order,
        )
        self._feature_file = opened
        self.features = opened.features if opened else None
        self.masks = opened.masks if opened else None
        self.features_masks = opened.features_masks if opened else None
        self.n_features_per_channel = opened.n_features_per_channel if opened else per_channel or 3
        self.missing += (problem,) if problem else ()

    def _open_traces(self, timeline: Timeline, n_columns: int, dtype: np.dtype[Any] | None) -> None:
        self.traces = self.waveforms = None
        if timeline.missing_files:
            names, verb = _joined(timeline.missing_files), "is" if len(timeline.missing_files) == 1 else "are"
            self.missing += (
                f"Waveforms and traces need {names}, which {verb} not beside {self.name}. Everything else works.",
            )
        if all(segment.path is None for segment in timeline.segments):
            return
        if dtype is None:
            stored = self.metadata.get("dtype")
            self.missing += (f"Waveforms and traces cannot be read: {self.name} gives {stored!r} as type of a sample.",)
            return
        if self.n_channels and int(self.channel_order.max()) >= n_columns:
            problem = (
                f"Waveforms and traces cannot be read: {self.name} has {n_columns} channels in the raw data, "
                f"but channel group {self.channel_group} has channel {int(self.channel_order.max())}."
            )
            self.missing += (problem,)
            return
        self._traces = FlatTraces(timeline.segments, n_columns, dtype)
        self.traces = self._traces
        before, after = (parameters.integer(self.metadata, f"extract_s_{side}") for side in ("before", "after"))
        self.waveforms = Waveforms(
            self._traces,
            self.spike_samples,
            self._places,
            self.channel_order,
            before=16 if before is None or before < 0 else before,
            after=16 if after is None or after < 1 else after,
            band=parameters.band_pass(self.metadata, self.sample_rate),
            gain=self.microvolts_per_unit or parameters.number(self.metadata, "waveform_scale_factor") or 1.0,
            dc_offset=parameters.number(self.metadata, "waveform_dc_offset") or 0.0,
        )


def _read_probe(file: H5File, channel_group: int) -> Probe:
    """Read channels and positions; a channel without a position sits on a line, 20 µm apart."""
    node = schema.group_path(channel_group)
    attributes = file.attrs(node)
    order = attributes.get("channel_order")
    if order is None:
        order = [channel for channel in file.children(f"{node}/channels") if isinstance(channel, int)]
    channel_ids = np.asarray(order, dtype=np.int64).reshape(-1)
    positions = np.array(
        [_position(file, f"{node}/channels/{channel}", place) for place, channel in enumerate(channel_ids.tolist())]
    ).reshape(-1, 2)
    graph = attributes.get("adjacency_graph")
    edges = np.empty((0, 2), dtype=np.int64) if graph is None else np.asarray(graph, dtype=np.int64).reshape(-1, 2)
    edges = edges[np.isin(edges, channel_ids).all(axis=1)]
    return Probe(_frozen(channel_ids), _frozen(positions), _frozen(edges))


def _position(file: H5File, node: str, place: int) -> tuple[float, float]:
    stored = file.attrs(node).get("position")
    if isinstance(stored, np.ndarray) and stored.size == 2 and stored.dtype.kind in "iuf" and np.isfinite(stored).all():
        return float(stored.flat[0]), float(stored.flat[1])
    return 0.0, place * _CHANNEL_PITCH_UM


def _count_columns(file: H5File, channel_groups: tuple[int, ...]) -> int:
    """Return the least number of raw columns that the channels of all groups need."""
    highest = [-1]
    for channel_group in channel_groups:
        node = schema.group_path(channel_group)
        order = file.attrs(node).get("channel_order")
        channels = file.children(f"{node}/channels") if order is None else np.asarray(order).reshape(-1).tolist()
        highest += [found for channel in channels if (found := as_int(channel)) is not None]
    return max(highest) + 1 or 1


def _distinct(clusters: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Return the ids that occur, ascending; by counting, which is quicker than sorting, where ids are small."""
    if len(clusters) and int(clusters.max()) <= 2**20 + len(clusters):
        return np.flatnonzero(np.bincount(clusters))
    return np.unique(clusters).astype(np.int64)


def _joined(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array = np.array(array) if array.base is not None else array
    array.flags.writeable = False
    return array
