"""A Kwik data set, as read from disk."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from napari_phy.core.errors import KwikFormatError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.recording_order import Order, RecordingOrder
from napari_phy.core.sentences import visible
from napari_phy.formats import parameters
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.hdf5.opening import state_of
from napari_phy.formats.kwik import parts, schema, spikes
from napari_phy.formats.kwik.clustering_file import KwikClusteringFile
from napari_phy.formats.kwik.clustering_nodes import list_clusterings
from napari_phy.formats.kwik.companions import find_features
from napari_phy.formats.kwik.events import read_events
from napari_phy.formats.kwik.foreign import check_is_hdf5
from napari_phy.formats.kwik.locating import Paths, choose_raw
from napari_phy.formats.kwik.part_model import PartModel
from napari_phy.formats.kwik.probe import read_probe
from napari_phy.formats.kwik.raw_files import FlatLayout, RawLink, RawPlaces
from napari_phy.formats.kwik.recording_order import choose_order
from napari_phy.formats.kwik.recordings import Timeline, read_timelines
from napari_phy.formats.kwik.voltage import SpikesToCut, open_voltage
from napari_phy.formats.kwik.waveforms import Waveforms
from napari_phy.formats.raw_notes import read_raw_notes, write_raw_notes

Scanned = tuple[tuple[int, ...] | None, Mapping[int, parts.GroupScan]]
_OF_RAW_DATA = (
    *("recordings", "duration", "events", "spike_samples", "_spike_recordings", "_order", "_raw_files", "_raw_parts"),
    *("_counts_from_start", "_recording_numbers", "unnumbered"),
    *("traces", "waveforms", "_voltage", "missing", "doubts", "recording_order"),
)


class KwikModel(PartModel):
    """One channel group and one clustering of a Kwik data set.

    The `.kwik` is read and closed; features, masks, traces and waveforms are read when asked for.
    `missing` has one sentence for each thing that is not there. `duration` is that of the raw data;
    without them a recording ends where the next one starts, and the last one with the whole second of
    its last spike.

    Parameters
    ----------
    path : str or Path
        The `.kwik` file.
    channel_group : int, optional
        None takes the first that has spikes and can be read.
    clustering : str, optional
        None takes `main`, else the first in the alphabet, of those that can be read.
    raw_files : mapping of str to str or Path, optional
        {name of a raw file in the `.kwik`: path of it now}, for files that moved.
    recording_order : RecordingOrder, optional
        That of another model of this file; None finds out.
    on_progress : OnProgress, default no_progress
        Hears how far it is; by raising CancelledError it ends the reading.

    Attributes
    ----------
    metadata : mapping
        Parameters of SpikeDetekt and KlustaKwik2, as the file has them.
    clustering_metadata : mapping
        Attributes of the clustering.
    cluster_ids : ndarray of int64
        Ascending; clusters that have spikes.
    events : mapping of str to EventTimes
        {name: events of that kind}, of the kinds that have any.
    features_masks : SpikeRows or None
        (n_spikes, n_channels * n_features_per_channel, 2), or None.
    part_sentences : tuple of str
        That sentence of `missing` that tells which channel groups and clusterings cannot be read.
    doubts : tuple of str
        Those sentences of `missing` that tell what was assumed where the file does not say; nothing lacks there.
    recording_order : RecordingOrder
        Which recordings the numbers of spikes mean, and why, where the file can be read in two ways.
    unnumbered : str
        That sentence of `missing` that tells of spikes without the numbers of their recordings; else "".
    max_cluster_id : int
        The highest id that the file knows in any clustering of the channel group, -1 for none; nodes of clusters
        without spikes count.

    Raises
    ------
    KwikFormatError
        If this is no Kwik file of version 2, or nothing of what is asked for can be read.
    NotInFileError
        If it has no such channel group or clustering.
    """

    def __init__(
        self,
        path: str | Path,
        channel_group: int | None = None,
        clustering: str | None = None,
        *,
        raw_files: Mapping[str, str | Path] | None = None,
        recording_order: RecordingOrder | None = None,
        on_progress: OnProgress = no_progress,
        _scanned: Scanned | None = None,
    ) -> None:
        self.path = Path(path)
        self.recording_order = recording_order
        self.missing = ()
        self._feature_file = None
        self._raw_files = MappingProxyType({name: Path(target) for name, target in (raw_files or {}).items()})
        check_is_hdf5(self.path)
        with open_h5(self.path) as file:
            schema.check_is_kwik(file)
            is_known = _scanned is not None and _scanned[0] == file.identity and channel_group in (None, *_scanned[1])
            groups = _scanned[1] if _scanned and is_known else parts.scan_groups(file, channel_group)
            self._scanned: Scanned = file.identity, groups
            self.channel_groups = tuple(groups)
            self._n_spikes_of = {number: group.n_spikes for number, group in groups.items()}
            self.metadata = MappingProxyType(
                {**file.attrs(schema.CLUSTERING_PARAMETERS), **file.attrs(schema.PARAMETERS)}
            )
            self.sample_rate = self._read_sample_rate(file)
            n_columns = parameters.integer(self.metadata, "n_channels") or 0
            n_needed = 1 + max((max(group.channels, default=0) for group in groups.values()), default=0)
            sample_type = parameters.sample_type(self.metadata)
            flat = FlatLayout(n_columns if n_columns > 0 else n_needed, sample_type, n_needed)
            timeline = self._read_timeline(file, flat, groups)
            on_progress(0.4)
            self._open_part(file, groups, channel_group, clustering, timeline)
            on_progress(0.8)
            self.probe, assumed = read_probe(file, self.channel_group)
            odd_type = parameters.odd_sample_type(self.metadata)
            assumed += (f"{self.name}: {odd_type}",) if odd_type else ()
            self.doubts += assumed
            self.missing += assumed
            self._read_clusters(file)
            self.events, problems = read_events(file, timeline.starts, timeline.numbers)
            problems += parts.tell_left_out(file)
            problems += tuple(link for link in file.dead_links if link not in self.unreadable.values())
        self.missing += problems
        self._flat, self._raw_parts = flat, timeline.raw_parts
        self._counts_from_start = timeline.absolute
        self._recording_numbers = MappingProxyType({found: number for number, found in timeline.numbers.items()})
        self.recordings = timeline.recordings
        self.duration = sum(recording.n_samples for recording in self.recordings) / self.sample_rate
        self.microvolts_per_unit = parameters.plausible_gain(self.metadata)
        self._open_features()
        self._open_voltage(timeline)
        for name in ("missing", "doubts", "part_sentences"):
            setattr(self, name, tuple(map(visible, getattr(self, name))))

    def count_spikes(self, channel_group: int) -> int:
        """Return the number of spikes of any channel group of the file."""
        return self._n_spikes_of.get(channel_group, 0)

    @property
    def waveforms_identity(self) -> Mapping[str, Any] | None:
        """The raw data, how waveforms are cut out of them, and the file that the masks are from."""
        if not isinstance(self.waveforms, Waveforms):
            return None
        masks = None
        if self._feature_file is not None:
            try:
                status = find_features(self.path).stat()
            except OSError:
                return None
            masks = [status.st_size, status.st_mtime_ns]
        return {"waveforms": self.waveforms.identity, "masks": masks}

    @property
    def clustering_file(self) -> KwikClusteringFile:
        """What edits are kept for and saved into."""
        return KwikClusteringFile.of(self)

    def places(self) -> tuple[tuple[int, str], ...]:
        """Return channel group and name of every clustering of the file; it is read where it is another one now."""
        identity, groups = self._scanned
        if identity is not None and identity == state_of(self.path):
            names = {number: group.clusterings for number, group in groups.items()}
        else:
            with open_h5(self.path) as file:
                names = {number: list_clusterings(file, number) for number in self.channel_groups}
        return tuple((number, name) for number, found in names.items() for name in found)

    def opened_at(self, channel_group: int | None, clustering: str | None) -> Self:
        """Return another channel group or clustering of the same file, with its raw data where they are now."""
        return type(self)(
            self.path,
            channel_group,
            clustering,
            raw_files=self._raw_files,
            recording_order=self.recording_order,
            _scanned=self._scanned,
        )

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
        parts = [*(f"{name + ':':<16}{value}" for name, value in lines.items()), *self.missing]
        return "\n".join(map(visible, parts))

    @property
    def missing_raw(self) -> tuple[str, ...]:
        """Names of raw files that were not found."""
        return tuple(dict.fromkeys(part.link.name for part in self._raw_parts if part.found is None))

    @property
    def raw_links(self) -> tuple[RawLink, ...]:
        """What the file says of the raw data of each recording."""
        return tuple(part.link for part in self._raw_parts)

    @property
    def counts_from_start(self) -> bool:
        """Whether times in the file count from the start of the data set, not of their recording."""
        return self._counts_from_start

    @property
    def is_numbering_certain(self) -> bool:
        """Whether it is certain which recordings the spikes of the file belong to."""
        return not self.unnumbered and (self.recording_order is None or self.recording_order.is_certain)

    @property
    def recording_numbers(self) -> Mapping[int, int]:
        """{recording: number that the file gives to its spikes and events}."""
        return self._recording_numbers

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
        paths : Paths
            A file, several, or a folder that has them; or {name in the `.kwik`: file}. One file may have any name;
            several are known by their names.

        Raises
        ------
        MissingDataError
            There is no such file, or it is not known which is which.
        KwikFormatError
            A file cannot be the raw data of this data set: its size, its length or its channels don't fit.
        """
        last_channel = int(self.channel_order.max(initial=-1))
        chosen = choose_raw(
            self.path, paths, self._raw_parts, self._flat, last_channel=last_channel, sample_rate=self.sample_rate
        )
        clustering = self.clustering if self.clustering in self.clusterings else None
        part = self.path, self.channel_group, clustering
        opened = type(self)(*part, raw_files={**self._raw_files, **chosen})
        held, shown = self.recording_order, opened.recording_order
        if held is not None and shown is not None and held.order != shown.order:
            opened.close()  # spikes keep their order, and so their ids, as long as the file is open
            held = replace(held, refuted=shown.reason)
            opened = type(self)(*part, raw_files={**self._raw_files, **chosen}, recording_order=held)
        if opened._feature_file is not None:
            opened._feature_file.close()
        pairs = zip(opened._raw_parts, opened.recordings, strict=True)
        lengths = {part.recording_id: recording.n_samples for part, recording in pairs if part.found is not None}
        write_raw_notes(self.path, chosen, lengths)
        found = copy.copy(self)
        for name in _OF_RAW_DATA:
            setattr(found, name, getattr(opened, name))
        return found

    def keep_recording_order(self, order: Order) -> None:
        """Remember in the side folder which recordings the numbers of spikes mean, for the next openings."""
        write_raw_notes(self.path, recording_order=order)

    def close_traces(self) -> None:
        """Release the files of traces and waveforms only: another model, made by `with_raw`, shares the others."""
        self._voltage.close()

    def close(self) -> None:
        """Release every file; what is lazy cannot be read any more."""
        self.close_traces()
        if self._feature_file is not None:
            self._feature_file.close()

    def _read_sample_rate(self, file: H5File) -> float:
        names = {node.rpartition("/")[2]: number for number, node in schema.recording_nodes(file).items()}
        found = file.attrs_of_children(schema.RECORDINGS, names, {"": ["sample_rate"]})
        rates = {names[name]: rate for name, (node,) in found if (rate := parameters.sample_rate(node)) is not None}
        general = parameters.sample_rate(self.metadata)
        if general is None and not rates:
            raise KwikFormatError(f"{file.path.name} gives no sample rate.")
        rate = general if general is not None else next(iter(rates.values()))
        self.missing += parameters.other_rates(rates, rate)
        return rate

    def _read_timeline(self, file: H5File, flat: FlatLayout, groups: Mapping[int, parts.GroupScan]) -> Timeline:
        """Read the recordings; all channel groups share one line."""
        ranges: dict[int, spikes.Span] = {}
        for group in groups.values():
            ranges |= {number: span.joined(ranges.get(number)) for number, span in group.ranges.items()}
        notes = read_raw_notes(self.path)
        places = RawPlaces(self._raw_files, notes.files, notes.lengths)
        lines = read_timelines(file, self.metadata, self.sample_rate, flat, ranges, places)
        if self.recording_order is None:
            self.recording_order = choose_order(file, lines, ranges, self.metadata, self.sample_rate)
        order = self.recording_order
        timeline = lines["number" if order is None else order.order]
        doubts = (None if order is None else order.sentence(self.name), timeline.doubt)
        self.doubts = tuple(sentence for sentence in doubts if sentence)
        self.missing += self.doubts
        unnumbered = [
            number
            for number, group in groups.items()
            if group.n_spikes
            and not file.has(schema.spikes_path(number, "recording"))
            and not (timeline.absolute and group.ascending)
        ]
        self.unnumbered = ""
        if unnumbered and len(timeline.recordings) > 1:
            problem = f"{self.name} does not say of which recording spikes of channel group {unnumbered[0]} are"
            self.unnumbered = f"{problem}; all are taken to be of the first, so their times may be wrong."
            self.missing += (self.unnumbered,)
        return timeline

    def _open_voltage(self, timeline: Timeline) -> None:
        spikes_to_cut = SpikesToCut(self.channel_group, self.channel_order, self.spike_samples, self._order)
        gain = self.microvolts_per_unit or parameters.number(self.metadata, "waveform_scale_factor") or 1.0
        found = open_voltage(self.path, timeline, self._flat, self.metadata, self.sample_rate, spikes_to_cut, gain)
        self._voltage = found
        self.traces, self.waveforms = found.traces, found.waveforms
        self.missing += found.missing
