"""A Kwik data set, as read from disk."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import SpikeRows
from napari_phy.core.errors import KwikFormatError, NapariPhyError, NotInFileError
from napari_phy.core.probe import Probe
from napari_phy.io.h5 import H5File, open_h5
from napari_phy.io.kwik import parameters, schema, spikes
from napari_phy.io.kwik.attributes import as_int
from napari_phy.io.kwik.beside import find_features
from napari_phy.io.kwik.cluster_groups import read_user_groups
from napari_phy.io.kwik.clusters import read_clusters
from napari_phy.io.kwik.editable_model import EditableModel
from napari_phy.io.kwik.events import read_events
from napari_phy.io.kwik.features import FeatureFile, open_features
from napari_phy.io.kwik.foreign import check_is_hdf5
from napari_phy.io.kwik.locating import Paths, choose_raw
from napari_phy.io.kwik.raw_files import FlatLayout, RawData, RawPlaces
from napari_phy.io.kwik.recordings import Timeline, read_timeline
from napari_phy.io.kwik.stored_waveforms import StoredWaveforms, open_waveforms
from napari_phy.io.kwik.traces import JoinedTraces, RawSegment
from napari_phy.io.kwik.waveforms import Waveforms
from napari_phy.io.raw_notes import read_raw_notes, write_raw_notes

_CHANNEL_PITCH_UM = 20.0
_MAX_CHANNELS = 2**20
_OF_RAW_DATA = (
    *("recordings", "duration", "events", "spike_samples", "_spike_recordings", "_order", "_raw_files", "_raw_parts"),
    *("traces", "_traces", "waveforms", "_stored_waveforms", "missing"),
)


class KwikModel(EditableModel):
    """One channel group and one clustering of a Kwik data set.

    The `.kwik` is read and closed; features, masks, traces and waveforms are read when asked for.
    `missing` has one sentence for each thing that is not there. `duration` is that of the raw data;
    without them a recording ends where the next one starts, and the last one with the whole second of
    its last spike.

    Parameters
    ----------
    path : the `.kwik` file.
    channel_group : None takes the first that has spikes.
    clustering : None takes `main`, else the first in the alphabet.
    raw_files : {name of a raw file in the `.kwik`: path of it now}, for files that moved.

    Attributes
    ----------
    metadata : parameters of SpikeDetekt and KlustaKwik2, as the file has them.
    clustering_metadata : attributes of the clustering.
    cluster_ids : ascending int64, clusters that have spikes.
    events : {name: events of that kind}, of the kinds that have any.
    features_masks : (n_spikes, n_channels * n_features_per_channel, 2), or None.
    doubts : those sentences of `missing` that tell what was assumed where the file does not say; nothing lacks there.
    max_cluster_id : the highest id that the file knows in any clustering of the channel group, -1 for none;
        nodes of clusters without spikes count.

    Raises
    ------
    KwikFormatError
        If this is no Kwik file of version 2, or it contradicts itself.
    NotInFileError
        If it has no such channel group or clustering.
    """

    features_masks: SpikeRows | None
    max_cluster_id: int
    doubts: tuple[str, ...]
    _spike_recordings: npt.NDArray[np.int64] | None

    def __init__(
        self,
        path: str | Path,
        channel_group: int | None = None,
        clustering: str | None = None,
        *,
        raw_files: Mapping[str, str | Path] | None = None,
    ) -> None:
        self.path = Path(path)
        self.missing = ()
        self._feature_file: FeatureFile | None = None
        self._traces: JoinedTraces | None = None
        self._stored_waveforms: StoredWaveforms | None = None
        self._raw_files = MappingProxyType({name: Path(target) for name, target in (raw_files or {}).items()})
        check_is_hdf5(self.path)
        with open_h5(self.path) as file:
            schema.check_is_kwik(file)
            self._choose(file, channel_group, clustering)
            self.metadata = MappingProxyType(
                {**file.attrs("/application_data/klustakwik2"), **file.attrs(schema.PARAMETERS)}
            )
            self.sample_rate = self._read_sample_rate(file)
            self.probe = _read_probe(file, self.channel_group)
            n_columns = parameters.integer(self.metadata, "n_channels") or 0
            n_columns = n_columns if n_columns > 0 else _count_columns(file, self.channel_groups)
            flat = FlatLayout(n_columns, parameters.sample_type(self.metadata))
            timeline = self._read_spikes(file, flat)
            self._read_spike_clusters(file)
            self._read_clusters(file)
            self.events, problems = read_events(file, timeline.starts)
        self.missing += problems
        self._flat, self._raw_parts = flat, timeline.raw_parts
        self.recordings = timeline.recordings
        self.duration = sum(recording.n_samples for recording in self.recordings) / self.sample_rate
        self.microvolts_per_unit = parameters.plausible_gain(self.metadata)
        self._open_features()
        self.traces = self.waveforms = None
        problem = self._open_traces(timeline, flat)
        if self.waveforms is None:
            problem = self._open_stored_waveforms(problem)
        self.missing += (problem,) if problem else ()

    @property
    def spike_recordings(self) -> npt.NDArray[np.int64]:  # type: ignore[override]  # made when asked for: 8 bytes a spike
        """(n_spikes,) number of the recording of each spike."""
        if self._spike_recordings is None:
            ids = np.array([recording.recording_id for recording in self.recordings], dtype=np.int64)
            starts = np.array([recording.start_sample for recording in self.recordings], dtype=np.int64)
            places = np.searchsorted(starts[1:], self.spike_samples, side="right") if len(ids) > 1 else None
            found = np.broadcast_to(ids[0], self.spike_samples.shape) if places is None else ids[places]
            self._spike_recordings = _frozen(found)
        return self._spike_recordings

    def count_spikes(self, channel_group: int) -> int:
        """Return the number of spikes of any channel group of the file."""
        if channel_group == self.channel_group:
            return self.n_spikes
        with open_h5(self.path) as file:
            path = schema.spikes_path(channel_group, "time_samples")
            return int(file.dataset(path).shape[0]) if file.has(path) else 0

    @property
    def file_order(self) -> npt.NDArray[np.int64] | None:
        """(n_spikes,) row of the file of each spike, or None where the file has them in the order of time."""
        return self._order

    def opened_at(self, channel_group: int | None, clustering: str | None) -> Self:
        """Return another channel group or clustering of the same file, with its raw data where they are now."""
        return type(self)(self.path, channel_group, clustering, raw_files=self._raw_files)

    def read_clustering(self, clustering: str) -> npt.NDArray[np.int32]:
        """Return (n_spikes,) cluster ids of another clustering of this channel group, such as "original".

        Raises
        ------
        NotInFileError
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

    @property
    def missing_raw(self) -> tuple[str, ...]:
        """Names of raw files that were not found."""
        return tuple(dict.fromkeys(part.link.name for part in self._raw_parts if part.found is None))

    @property
    def raw_places(self) -> dict[str, Path]:
        """{name of a raw file in the `.kwik`: where it was found}."""
        return {part.link.name: part.found.path for part in self._raw_parts if part.found is not None}

    def locate_raw(self, paths: Paths) -> None:
        """Read waveforms and traces from raw files that moved, and remember where they are; as `with_raw`."""
        found = self.with_raw(paths)
        self.close_traces()
        self.__dict__.update(found.__dict__)

    def with_raw(self, paths: Paths) -> Self:
        """Return this model with raw data from files that moved; it shares all else with this one.

        The places are remembered in the side folder for the next opening; the `.kwik` is not written to. Recordings,
        their times and the duration are those that the raw data give.

        Parameters
        ----------
        paths : a file, several, or a folder that has them; or {name in the `.kwik`: file}. One file may have any name;
            several are known by their names.

        Raises
        ------
        MissingDataError
            There is no such file, or nobody can tell which is which.
        KwikFormatError
            A file cannot be the raw data of this data set: its size, its length or its channels don't fit.
        """
        last_channel = int(self.channel_order.max(initial=-1))
        chosen = choose_raw(
            self.path, paths, self._raw_parts, self._flat, last_channel=last_channel, sample_rate=self.sample_rate
        )
        clustering = self.clustering if self.clustering in self.clusterings else None
        opened = type(self)(self.path, self.channel_group, clustering, raw_files={**self._raw_files, **chosen})
        if opened._feature_file is not None:
            opened._feature_file.close()
        pairs = zip(opened._raw_parts, opened.recordings, strict=True)
        lengths = {part.recording_id: recording.n_samples for part, recording in pairs if part.found is not None}
        write_raw_notes(self.path, chosen, lengths)
        found = copy.copy(self)
        for name in _OF_RAW_DATA:
            setattr(found, name, getattr(opened, name))
        return found

    def close_traces(self) -> None:
        """Release the files of traces and waveforms only: another model, made by `with_raw`, shares the others."""
        for source in (self._traces, self._stored_waveforms):
            if source is not None:
                source.close()

    def close(self) -> None:
        """Release every file; what is lazy cannot be read any more."""
        self.close_traces()
        if self._feature_file is not None:
            self._feature_file.close()

    def _choose(self, file: H5File, channel_group: int | None, clustering: str | None) -> None:
        name = file.path.name
        groups = tuple(group for group in file.children(schema.GROUPS) if isinstance(group, int))
        if not groups:
            raise KwikFormatError(f"{name} has no channel groups.")
        if channel_group is None:
            with_spikes = (group for group in groups if file.has(schema.spikes_path(group, "time_samples")))
            channel_group = next(with_spikes, groups[0])
        if channel_group not in groups:
            raise NotInFileError(f"{name} has no channel group {channel_group}; it has {', '.join(map(str, groups))}.")
        node = schema.clusterings_path(channel_group)
        found = tuple(sorted(str(item) for item in file.children(node) if file.is_dataset(f"{node}/{item}")))
        if clustering is None:
            clustering = "main" if "main" in found or not found else found[0]
        elif clustering not in found:
            raise NotInFileError(
                f"{name}: channel group {channel_group} has no clustering {clustering}; "
                f"it has {', '.join(found) or 'none'}."
            )
        self.channel_groups, self._channel_group = groups, channel_group
        self.clusterings, self._clustering = found, clustering

    def _read_sample_rate(self, file: H5File) -> float:
        numbers = [item for item in file.children(schema.RECORDINGS) if isinstance(item, int)]
        found = {number: parameters.sample_rate(file.attrs(schema.recording_path(number))) for number in numbers}
        rates = {number: rate for number, rate in found.items() if rate is not None}
        general = parameters.sample_rate(self.metadata)
        if general is None and not rates:
            raise KwikFormatError(f"{file.path.name} gives no sample rate.")
        rate = general if general is not None else next(iter(rates.values()))
        self.missing += parameters.other_rates(rates, rate)
        return rate

    def _read_spikes(self, file: H5File, flat: FlatLayout) -> Timeline:
        samples = spikes.read_samples(file, self.channel_group)
        scan = spikes.scan_spikes(file, self.channel_group, samples)
        ranges = dict(scan.ranges)
        for other in self.channel_groups:  # so that all channel groups share one line
            if other != self.channel_group:
                found = spikes.scan_spikes(file, other, spikes.read_samples(file, other)).ranges
                ranges |= {number: span.joined(ranges.get(number)) for number, span in found.items()}
        notes = read_raw_notes(self.path)
        places = RawPlaces(self._raw_files, notes.files, notes.lengths)
        timeline = read_timeline(file, self.metadata, self.sample_rate, flat, ranges, places)
        timeline.check(self.name, scan.ranges)
        self.doubts = (timeline.doubt,) if timeline.doubt else ()
        self.missing += self.doubts
        for rows, numbers in spikes.recording_blocks(file, self.channel_group, len(samples)):
            samples[rows] += timeline.starts_of(numbers)
        self._order = None if scan.ascending else np.argsort(samples, kind="stable")
        self.spike_samples = _frozen(spikes.to_program(samples, self._order))
        self._spike_recordings = None
        return timeline

    def _read_spike_clusters(self, file: H5File) -> None:
        if self.clusterings:
            self.spike_clusters = self._read_clustering(file, self.clustering)
        else:
            self.spike_clusters = _frozen(np.zeros(self.n_spikes, dtype=np.int32))

    def _read_clustering(self, file: H5File, clustering: str) -> npt.NDArray[np.int32]:
        path = schema.clustering_path(self.channel_group, clustering)
        if clustering not in self.clusterings:
            raise NotInFileError(f"{self.name}: channel group {self.channel_group} has no clustering {clustering}.")
        dataset = file.dataset(path)
        if dataset.shape != self.spike_samples.shape or dataset.dtype.kind not in "iu":
            raise KwikFormatError(
                f"{self.name}: channel group {self.channel_group} has {self.n_spikes} spikes "
                f"but the clustering {clustering} has shape {dataset.shape} of {dataset.dtype}."
            )
        values = file.read(path, shape=self.spike_samples.shape)
        if values.size and not 0 <= int(values.min()) <= int(values.max()) < schema.MAX_CLUSTERS:
            raise KwikFormatError(
                f"{self.name}: the clustering {clustering} has cluster ids from {int(values.min())} "
                f"to {int(values.max())}; they must lie between 0 and {schema.MAX_CLUSTERS - 1}."
            )
        values = values.view(np.int32) if values.dtype == np.uint32 else values.astype(np.int32, copy=False)
        return _frozen(spikes.to_program(values, self._order))

    def _read_clusters(self, file: H5File) -> None:
        self.cluster_ids = _frozen(_distinct(self.spike_clusters))
        data = read_clusters(file, self.channel_group, self.clustering, self.cluster_ids)
        self._cluster_groups = dict(data.groups)
        self.cluster_colors = MappingProxyType(dict(data.colors))
        self.cluster_labels = MappingProxyType({field: MappingProxyType(dict(v)) for field, v in data.labels.items()})
        self.group_names = data.group_names
        self._user_groups = read_user_groups(file, self.channel_group, self.clustering)
        self.clustering_metadata = MappingProxyType(
            file.attrs(schema.clusters_path(self.channel_group, self.clustering))
        )
        known = [int(self.cluster_ids[-1])] if len(self.cluster_ids) else [-1]
        for clustering in self.clusterings:
            nodes = file.children(schema.clusters_path(self.channel_group, clustering))
            known += [node for node in nodes if isinstance(node, int) and node < schema.MAX_CLUSTERS]
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

    def _open_traces(self, timeline: Timeline, flat: FlatLayout) -> str | None:
        """Open traces and waveforms; return what is missing, to be said after "Waveforms and traces"."""
        found = [segment.raw for segment in timeline.segments if segment.raw is not None]
        absent = None
        if timeline.missing_files:
            names, verb = _joined(timeline.missing_files), "is" if len(timeline.missing_files) == 1 else "are"
            absent = f"Waveforms and traces need {names}, which {verb} not beside {self.name}. Everything else works."
        if not found:
            return absent or timeline.empty(self.name)
        if flat.dtype is None and found[0].node is None:
            stored = self.metadata.get("dtype")
            return f"Waveforms and traces cannot be read: {self.name} gives {stored!r} as type of a sample."
        n_columns = found[0].n_channels
        if self.n_channels and int(self.channel_order.max()) >= n_columns:
            return (
                f"Waveforms and traces cannot be read: {self.name} has {n_columns} channels in the raw data, "
                f"but channel group {self.channel_group} has channel {int(self.channel_order.max())}."
            )
        segments, problems = _alike(timeline.segments, found[0])
        self.missing += (*problems, *timeline.cut_short(self.sample_rate))
        self._traces = JoinedTraces(segments, n_columns, found[0].dtype)
        self.traces = self._traces
        before, after = parameters.window(self.metadata, self.sample_rate)
        self.waveforms = Waveforms(
            self._traces,
            self.spike_samples,
            self.channel_order,
            before=before,
            after=after,
            band=parameters.band_pass(self.metadata, self.sample_rate),
            gain=self._gain,
            dc_offset=parameters.number(self.metadata, "waveform_dc_offset") or 0.0,
        )
        return absent

    def _open_stored_waveforms(self, problem: str | None) -> str | None:
        """Take the waveforms that the `.kwx` may have; return what is missing then."""
        path = find_features(self.path)
        try:
            file = open_h5(path)
        except NapariPhyError:
            return problem
        self._stored_waveforms = open_waveforms(
            file, self.channel_group, (self.n_spikes, self.n_channels), self._order, self._gain
        )
        if self._stored_waveforms is None or not self._stored_waveforms.needs_file:
            file.close()
        if self._stored_waveforms is None:
            return problem
        self.waveforms = self._stored_waveforms
        return problem and problem.replace("Waveforms and traces", "Traces", 1).replace(
            "Everything else works.", f"Waveforms are those stored in {path.name}."
        )

    @property
    def _gain(self) -> float:
        return self.microvolts_per_unit or parameters.number(self.metadata, "waveform_scale_factor") or 1.0


def _alike(segments: Sequence[RawSegment], first: RawData) -> tuple[list[RawSegment], tuple[str, ...]]:
    """Leave out raw data of another width or type than the first; return a sentence for each file of those."""
    kept, problems = [], {}
    for segment in segments:
        raw = segment.raw
        if raw is not None and (raw.n_channels, raw.dtype) != (first.n_channels, first.dtype):
            problems[raw.path.name] = (
                f"{raw.path.name} has {raw.n_channels} channels of {raw.dtype} and is left out: "
                f"{first.path.name} has {first.n_channels} of {first.dtype}."
            )
            segment = replace(segment, raw=None, n_rows=0)
        kept.append(segment)
    return kept, tuple(problems.values())


def _read_probe(file: H5File, channel_group: int) -> Probe:
    """Read channels and positions; a channel without a position sits on a line, 20 µm apart."""
    node = schema.group_path(channel_group)
    attributes = file.attrs(node)
    order = _numbers(attributes.get("channel_order"))
    if order is None:
        order = np.array([item for item in file.children(f"{node}/channels") if isinstance(item, int)], dtype=np.int64)
    channel_ids = np.array(order, dtype=np.int64).reshape(-1)
    if len(channel_ids) and not 0 <= int(channel_ids.min()) <= int(channel_ids.max()) < _MAX_CHANNELS:
        raise KwikFormatError(
            f"{file.path.name}: channel group {channel_group} has channels {channel_ids.min()} to {channel_ids.max()}; "
            f"they must lie between 0 and {_MAX_CHANNELS - 1}."
        )
    positions = np.array(
        [_position(file, f"{node}/channels/{channel}", place) for place, channel in enumerate(channel_ids.tolist())]
    ).reshape(-1, 2)
    graph = _numbers(attributes.get("adjacency_graph"))
    edges = np.empty((0, 2)) if graph is None or graph.size % 2 else graph.reshape(-1, 2)
    edges = edges.astype(np.int64)
    edges = edges[np.isin(edges, channel_ids).all(axis=1)]
    return Probe(_frozen(channel_ids), _frozen(positions), _frozen(edges))


def _position(file: H5File, node: str, place: int) -> tuple[float, float]:
    position = _numbers(file.attrs(node).get("position"))
    if position is not None and position.size == 2 and np.isfinite(position).all():
        return float(position.flat[0]), float(position.flat[1])
    return 0.0, place * _CHANNEL_PITCH_UM


def _numbers(value: Any) -> npt.NDArray[Any] | None:
    """Return an attribute that is an array, or a list as Python pickled it; None if it is not of numbers."""
    if not isinstance(value, (np.ndarray, list)):
        return None
    try:
        array = np.asarray(value)
    except ValueError:  # a list of lists of unequal length
        return None
    return array if array.dtype.kind in "iuf" else None


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
    """Return the ids that occur, ascending; by marking them, which is quicker than sorting, where ids are small."""
    if len(clusters) and int(clusters.max()) <= 2**20 + len(clusters):
        occurs = np.zeros(int(clusters.max()) + 1, dtype=bool)
        occurs[clusters] = True
        return np.flatnonzero(occurs)
    return np.unique(clusters).astype(np.int64)


def _joined(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array.flags.writeable = False
    return array
