"""A recording of the Open Ephys GUI in its Kwik format: raw data, events and detected spikes, nothing sorted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.base_model import BaseModel, Recording
from napari_phy.core.errors import KwikFormatError, NotInFileError
from napari_phy.core.probe import Probe, assumed_line
from napari_phy.core.sentences import visible
from napari_phy.formats import parameters
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.events import read_events
from napari_phy.formats.kwik.spikes import MAX_SAMPLE
from napari_phy.formats.kwik.stored_waveforms import StoredWaveforms, open_waveforms
from napari_phy.formats.kwik.traces import JoinedTraces, RawSegment
from napari_phy.formats.open_ephys.clustering_file import OpenEphysClusteringFile
from napari_phy.formats.open_ephys.files import RawRecording, find_experiment, read_recordings

_CLUSTERING = "detected"


class OpenEphysModel(BaseModel):
    """One electrode of an Open Ephys experiment; its detected spikes are one cluster, 0, which is unsorted.

    Times in the files count on the clock of the acquisition, which runs on between recordings. Here the
    recordings follow each other without pauses, and spikes and events are placed on that line.

    Parameters
    ----------
    path : str or Path
        The `.kwx`, the `.kwe` or a `.raw.kwd`.
    channel_group : int, optional
        Number of the electrode in the `.kwx`; None takes the first that has spikes.
    clustering : str, optional
        "detected" or None.
    processor : str, optional
        The processor whose raw data are shown; None takes that of the path, else the first.

    Attributes
    ----------
    processors : tuple of str
        Names of the processors that recorded, by number.
    events : mapping of str to EventTimes
        {name: events of that kind}, of the kinds that have any: "TTL", "Messages".
    channel_microvolts : ndarray of float64, shape (n_channels of the raw data,) or None
        µV of a raw unit.
    cluster_ids : ndarray of int64
        Ascending int64, clusters that have spikes.

    Raises
    ------
    KwikFormatError
        If the files are not what they should be, or this belongs to a sorting.
    NotInFileError
        If there is no such electrode, clustering or processor.
    """

    processors: tuple[str, ...]
    channel_microvolts: npt.NDArray[np.float64] | None
    cluster_ids: npt.NDArray[np.int64]

    def __init__(
        self,
        path: str | Path,
        channel_group: int | None = None,
        clustering: str | None = None,
        *,
        processor: str | None = None,
    ) -> None:
        self.path = Path(path)
        files, named = find_experiment(self.path)
        self._edited_file = files.spikes or self.path
        self.processors = tuple(files.processors)
        self.processor = self._choose_processor(processor if processor is not None else named)
        if clustering not in (None, _CLUSTERING):
            raise NotInFileError(f"{self.name} has no clustering {clustering}; its spikes are only detected.")
        self.clusterings, self.clustering = (_CLUSTERING,), _CLUSTERING
        self.missing = ("Features and similarity need features of the spikes; Open Ephys records none.",)
        self._traces: JoinedTraces | None = None
        self._waveforms: StoredWaveforms | None = None
        recordings = self._read_recordings(files.processors.get(self.processor), files.events)
        spikes = open_h5(files.spikes) if files.spikes is not None else None
        is_needed = False
        try:
            is_needed = self._read(spikes, recordings, channel_group)
        finally:
            if spikes is not None and not is_needed:
                spikes.close()
        self._read_events(files.events)

    @property
    def edited_file(self) -> Path:
        """The `.kwx` where there is one: its spikes are what is sorted."""
        return self._edited_file

    @property
    def clustering_file(self) -> OpenEphysClusteringFile:
        """What edits are kept for."""
        path = self.edited_file.resolve()
        return OpenEphysClusteringFile(path, self.channel_group, self.clustering, self.path)

    @property
    def file_order(self) -> npt.NDArray[np.int64] | None:
        """(n_spikes,) row of the file of each spike, or None where the file has them in the order of time."""
        return self._order

    def opened_at(self, channel_group: int | None, clustering: str | None) -> Self:
        """Return another electrode of the same experiment as a model of its own."""
        return type(self)(self.path, channel_group, clustering, processor=self.processor)

    def describe(self) -> str:
        """Return a readable summary."""
        lines = {
            "Open Ephys file": self.path,
            "Recordings": len(self.recordings),
            "Duration": f"{self.duration:.1f} s",
            "Sample rate": f"{self.sample_rate:g} Hz",
            "Processors": ", ".join(self.processors) or "–",
            "Electrodes": ", ".join(map(str, self.channel_groups)),
            "Electrode": f"{self.channel_group} ({self.n_channels} channels)",
            "Detected spikes": self.n_spikes,
            "Events": ", ".join(f"{len(self.events[name])} {name}" for name in self.events) or "–",
            "Unit": self.unit,
        }
        parts = [*(f"{name + ':':<17}{value}" for name, value in lines.items()), *self.missing]
        return "\n".join(map(visible, parts))

    def close(self) -> None:
        """Release every file; what is lazy cannot be read any more."""
        for held in (self._traces, self._waveforms):
            if held is not None:
                held.close()

    def _choose_processor(self, wanted: str | None) -> str:
        if wanted is None:
            return self.processors[0] if self.processors else ""
        if wanted not in self.processors:
            raise NotInFileError(
                f"{self.name} has no processor {wanted!r}; it has {', '.join(self.processors) or 'none'}."
            )
        return wanted

    def _read_recordings(self, raw: Path | None, events: Path | None) -> list[RawRecording]:
        found: dict[int, RawRecording] = {}
        for path in (events, raw):  # what the raw data say counts
            if path is not None:
                with open_h5(path) as file:
                    found.update({item.recording_id: item for item in read_recordings(file)})
        if raw is None:
            self.missing += (f"Traces need a .raw.kwd, which is not beside {self.name}. Everything else works.",)
        if not found:
            raise KwikFormatError(
                f"{self.name} holds neither recordings nor events, and no .kwik, .kwe or .raw.kwd beside it does; "
                "put the file there that belongs to it."
            )
        return [found[number] for number in sorted(found)]

    def _read(self, spikes: H5File | None, recordings: Sequence[RawRecording], channel_group: int | None) -> bool:
        """Read everything but the events; tell whether the file of the spikes is needed on."""
        rates = {item.recording_id: item.sample_rate for item in recordings if item.sample_rate}
        if not rates:
            raise KwikFormatError(f"{self.name} gives no sample rate.")
        self.sample_rate = next(iter(rates.values()))
        self.missing += parameters.other_rates(rates, self.sample_rate)
        times, numbers = self._read_spikes(spikes, channel_group)
        self._read_gains(recordings)
        self._lay_out(recordings, times, numbers)
        self._place(times, numbers)
        self._open_traces(recordings)
        self._open_channels(spikes)
        return self._waveforms is not None and self._waveforms.needs_file

    def _read_spikes(
        self, spikes: H5File | None, channel_group: int | None
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        groups = [number for number in spikes.children(schema.GROUPS) if isinstance(number, int)] if spikes else []
        self.channel_groups = tuple(groups) or (0,)
        if channel_group is None:
            counts = {number: _count(spikes, number) for number in self.channel_groups}
            channel_group = next((number for number, count in counts.items() if count), self.channel_groups[0])
        if channel_group not in self.channel_groups:
            raise NotInFileError(
                f"{self.name} has no electrode {channel_group}; it has {', '.join(map(str, self.channel_groups))}."
            )
        self.channel_group = channel_group
        node = schema.group_path(channel_group)
        if spikes is None or not spikes.is_dataset(f"{node}/time_samples"):
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        times = _integers(spikes, f"{node}/time_samples", None)
        for name in ("recordings", "recording"):
            if spikes.is_dataset(f"{node}/{name}"):
                return times, _integers(spikes, f"{node}/{name}", times.shape)
        return times, np.zeros(len(times), dtype=np.int64)

    def _read_gains(self, recordings: Sequence[RawRecording]) -> None:
        gains = next((item.gains for item in recordings if item.gains is not None), None)
        self.channel_microvolts = gains
        self.microvolts_per_unit = None
        if gains is None:
            return
        values, counts = np.unique(gains.astype(np.float32), return_counts=True)
        self.microvolts_per_unit = parameters.plausible_gain({"voltage_gain": float(values[counts.argmax()])})
        others = np.flatnonzero(gains.astype(np.float32) != values[counts.argmax()])
        if len(others):
            names = ", ".join(map(str, others.tolist()))
            self.missing += (f"Voltage is not to scale on channels with a gain of their own: {names}.",)

    def _lay_out(
        self, recordings: Sequence[RawRecording], times: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]
    ) -> None:
        """Put the recordings on one line; one without raw data is as long as its spikes, in whole seconds."""
        line, start = [], 0
        self._shifts: dict[int, int] = {}
        for item in recordings:
            own = times[numbers == item.recording_id]
            clock = item.clock if not len(own) or int(own.min()) >= item.clock else 0
            last = int(own.max()) + 1 - clock if len(own) else 0
            whole_seconds = math.ceil(math.ceil(last / self.sample_rate) * self.sample_rate)
            length = max(item.raw.n_rows, last) if item.raw is not None else whole_seconds
            line.append(Recording(item.recording_id, item.name, start, length))
            self._shifts[item.recording_id] = start - clock
            start += length
        if start >= MAX_SAMPLE:
            raise KwikFormatError(f"{self.name}: its recordings would have {start} samples, which cannot be.")
        self.recordings = tuple(line)
        self.duration = start / self.sample_rate

    def _place(self, times: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]) -> None:
        known, places = np.unique(numbers, return_inverse=True)
        strange = [number for number in known.tolist() if number not in self._shifts]
        if strange:
            raise KwikFormatError(
                f"{self.name}: a spike belongs to recording {strange[0]}, but the recordings are "
                f"{', '.join(map(str, self._shifts))}."
            )
        samples = times + np.array([self._shifts[number] for number in known.tolist()], dtype=np.int64)[places]
        ascending = bool((np.diff(samples) >= 0).all())
        self._order = None if ascending else np.argsort(samples, kind="stable")
        self.spike_samples = read_only(samples if self._order is None else samples[self._order])
        self.spike_recordings = read_only(numbers if self._order is None else numbers[self._order])
        self.spike_clusters = read_only(np.zeros(len(samples), dtype=np.int32))
        self.cluster_ids = read_only(np.unique(self.spike_clusters).astype(np.int64))
        self.cluster_groups = MappingProxyType({})
        self.cluster_colors = MappingProxyType({})
        self.cluster_labels = MappingProxyType({})
        self.group_names = tuple(name.lower() for name in schema.DEFAULT_GROUPS.values())
        self.features = self.masks = None
        self.n_features_per_channel = 1

    def _open_traces(self, recordings: Sequence[RawRecording]) -> None:
        self.traces = None
        found = [item.raw for item in recordings if item.raw is not None]
        if not found:
            return
        segments = []
        for item, place in zip(recordings, self.recordings, strict=True):
            fits = item.raw is not None and (item.raw.n_channels, item.raw.dtype) == (
                found[0].n_channels,
                found[0].dtype,
            )
            raw = item.raw if fits and item.raw is not None and item.raw.n_rows else None
            n_rows = raw.n_rows if raw is not None else 0
            segments.append(RawSegment(place.start_sample, place.n_samples, raw, 0, n_rows))
            if item.raw is not None and not fits:
                self.missing += (f"{item.name} has other channels than the first recording and is left out.",)
        self._traces = JoinedTraces(segments, found[0].n_channels, found[0].dtype)
        self.traces = self._traces

    def _open_channels(self, spikes: H5File | None) -> None:
        """Take the channels of the electrode, and the waveforms that were stored with its spikes."""
        self.waveforms = None
        sizes = [_n_channels(spikes, number) for number in self.channel_groups]
        n_channels, first = sizes[self.channel_groups.index(self.channel_group)], 0
        if not n_channels:
            n_channels = self._traces.shape[1] if self._traces is not None else 0
        elif len(self.channel_groups) > 1:
            first = sum(sizes[: self.channel_groups.index(self.channel_group)])
            name = spikes.path.name if spikes is not None else self.name
            problem = "does not say which channels its electrodes have; they are taken to follow each other"
            self.missing += (f"{name} {problem}.",)
        channel_ids = np.arange(first, first + n_channels)
        unknown = np.zeros(n_channels, dtype=np.bool_)
        self.probe = Probe(read_only(channel_ids), read_only(assumed_line(n_channels)), is_known=read_only(unknown))
        if spikes is not None and self.n_spikes:
            gain = self.microvolts_per_unit or 1.0
            self._waveforms = open_waveforms(spikes, self.channel_group, (self.n_spikes, n_channels), self._order, gain)
            self.waveforms = self._waveforms
        if self.waveforms is None:
            what = "waveforms of its detected spikes" if self.n_spikes else "detected spikes"
            self.missing += (f"{self.name} has no {what}.",)

    def _read_events(self, path: Path | None) -> None:
        self.events = MappingProxyType({})
        if path is not None:
            with open_h5(path) as file:
                self.events, problems = read_events(file, self._shifts)
            self.missing += problems


def _count(spikes: H5File | None, electrode: int) -> int:
    path = f"{schema.group_path(electrode)}/time_samples"
    return int(math.prod(spikes.dataset(path).shape)) if spikes is not None and spikes.is_dataset(path) else 0


def _n_channels(spikes: H5File | None, electrode: int) -> int:
    path = f"{schema.group_path(electrode)}/waveforms_filtered"
    if spikes is None or not spikes.is_dataset(path):
        return 0
    shape = spikes.dataset(path).shape
    return int(shape[2]) if len(shape) == 3 else 0


def _integers(file: H5File, path: str, shape: tuple[int, ...] | None) -> npt.NDArray[np.int64]:
    dataset = file.dataset(path)
    if dataset.ndim != 1 or dataset.dtype.kind not in "iu":
        raise KwikFormatError(
            f"{file.path.name}: {path} should be a row of integers and has shape {dataset.shape} of {dataset.dtype}."
        )
    values = file.read(path, shape)
    if len(values) and not 0 <= int(values.min()) <= int(values.max()) < MAX_SAMPLE:
        raise KwikFormatError(f"{file.path.name}: {path} has values up to {values.max()}, which cannot be.")
    return values.astype(np.int64)
