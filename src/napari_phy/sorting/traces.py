"""What is sorted: raw voltage of one or more recordings, with the probe of each channel group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.array_samples import ArraySamples
from napari_phy.core.arrays import LARGEST, SMALLEST, zero_unmeasured
from napari_phy.core.base_model import BaseModel, Recording, Samples
from napari_phy.core.errors import KwikFormatError, MissingDataError, SortingError
from napari_phy.core.probe import Probe
from napari_phy.core.sentences import listed
from napari_phy.files.platform_files import is_folder
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.raw_files import FlatLayout, RawData, RawLink, find_file, is_kwd, open_raw
from napari_phy.formats.kwik.traces import JoinedTraces, RawSegment
from napari_phy.formats.parameter_files.prb import ProbeFile, built_in_probe, read_prb

_RATES = 100.0, 1e6  # Hz
_WIDEST = 8  # bytes of a sample
_MANY_COLUMNS = 2**13  # more than any recording has
_FIRST_SAMPLES = 2**13  # of a file, in which its number of channels may show
_COMPARED = 2**15  # values of them, in which another number is looked for
_EXCERPTS = 8  # in which floats are looked at
_SMOOTHER = 2.5  # how much smaller steps between successive samples of the same channel are


@dataclass(frozen=True, slots=True, eq=False)
class RawTraces:
    """Raw voltage to be sorted.

    Attributes
    ----------
    traces : array-like, shape (n_samples, n_channels)
        All recordings joined: an array of integers or floats, or what reads the slices it is asked for.
    sample_rate : float
        In Hz.
    probe : Probe or mapping of int to Probe
        The channels that are sorted together; {channel group: probe} where there are several groups.
    recordings : tuple of Recording, optional
        Where recordings begin and end; a single one if none are given. No spike reaches from one into the next.
    microvolts_per_unit : float, optional
        Gain, to be kept with the spikes.
    name : str, default "traces"
        What they are called in messages.
    notes : tuple of str, optional
        Sentences on what was left out or assumed when they were opened.

    Raises
    ------
    SortingError
        The sample rate cannot be, or the probe has channels that the traces don't have.
    TracesError
        The traces are no two-dimensional array of integers or floats.

    Examples
    --------
    >>> probe = napari_phy.Probe([0, 1, 2, 3], edges=[(0, 1), (1, 2), (2, 3)])
    >>> raw = napari_phy.sorting.RawTraces(array, 20000.0, probe)
    >>> napari_phy.sorting.spikedetect.run(raw).result().groups[0].samples
    """

    traces: Any
    sample_rate: float
    probe: Probe | Mapping[int, Probe]
    recordings: tuple[Recording, ...] = ()
    microvolts_per_unit: float | None = None
    name: str = "traces"
    notes: tuple[str, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        traces = self.traces if hasattr(self.traces, "origin") else ArraySamples(self.traces, 0)
        object.__setattr__(self, "traces", traces)
        n_samples, n_columns = traces.shape
        recordings = tuple(self.recordings) or (Recording(0, "recording 0", 0, n_samples),)
        object.__setattr__(self, "recordings", recordings)
        low, high = _RATES
        if not low <= self.sample_rate <= high:
            raise SortingError(f"{self.name}: a sample rate of {self.sample_rate:g} Hz cannot be; give it in Hz.")
        if n_columns > max(n_samples, _MANY_COLUMNS):
            raise SortingError(f"{self.name} has {n_columns} channels of {n_samples} samples; turn it the other way.")
        for number, probe in self.groups.items():
            beyond = probe.channel_ids[(probe.channel_ids >= n_columns) | (probe.channel_ids < 0)]
            if len(beyond):
                raise SortingError(
                    f"{self.name} has {n_columns} channels, but channel group {number} of the probe has channel "
                    f"{listed(beyond.tolist(), 3)}; correct the number of channels or the probe."
                )
        if not self.groups:
            raise SortingError(f"{self.name}: the probe has no channels; nothing can be detected.")

    @property
    def groups(self) -> dict[int, Probe]:
        """{channel group: probe} of the groups that have channels, ascending."""
        groups = {0: self.probe} if isinstance(self.probe, Probe) else self.probe
        return {number: probe for number, probe in sorted(groups.items()) if probe.n_channels}

    @property
    def n_samples(self) -> int:
        """Samples of all recordings."""
        return int(self.traces.shape[0])

    @property
    def duration_s(self) -> float:
        """Seconds of all recordings."""
        return self.n_samples / self.sample_rate

    def part(self, start: int, stop: int) -> TracePart:
        """Return what a worker reads samples `start` to before `stop` from: the files, or a copy of these samples."""
        stored = getattr(self.traces, "stored", self.traces)
        if isinstance(stored, JoinedTraces):
            return TracePart(stored, start, stop, 0)
        return TracePart(stored[start:stop], start, stop, start)


@dataclass(frozen=True, slots=True, eq=False)
class TracePart:
    """Some samples of traces; of a file it holds no more than the place.

    Attributes
    ----------
    samples : Samples
        The files, or the samples themselves.
    start, stop : int
        Which samples of the joined time line.
    offset : int
        The sample at which `samples` begin.
    """

    samples: Samples
    start: int
    stop: int
    offset: int

    def read(self, counted: slice = slice(None)) -> tuple[npt.NDArray[Any], int]:
        """Return `(stop - start, n_channels)`, and how many values are no numbers in some rows; they are 0 in all."""
        values = self.samples[self.start - self.offset : self.stop - self.offset]
        if values.dtype.kind != "f":
            return values, 0
        n_lost = int(np.count_nonzero(~np.isfinite(values[counted])))
        return zero_unmeasured(np.array(values)), n_lost


def traces_of(model: BaseModel) -> RawTraces:
    """Return the raw traces of the channel group of a data set that is open.

    Raises
    ------
    MissingDataError
        Its raw data were not found.
    """
    if model.traces is None:
        why = next((sentence for sentence in model.missing if "traces" in sentence.lower()), "")
        raise MissingDataError(f"{model.name} has no raw data to sort. {why}".rstrip())
    probes = {model.channel_group: model.probe}
    gain = model.microvolts_per_unit
    return RawTraces(model.traces, model.sample_rate, probes, model.recordings, gain, model.name)


def open_raw_files(
    files: Sequence[Path],
    probe: ProbeFile,
    *,
    sample_rate: float,
    n_channels: int | None,
    dtype: npt.DTypeLike,
    microvolts_per_unit: float | None = None,
) -> RawTraces:
    """Open raw files, a recording each; or all recordings of a `.kwd`.

    Parameters
    ----------
    files : sequence of Path
        Flat files, or one `.kwd`.
    probe : ProbeFile
        The channels of each group are columns of the files.
    sample_rate : float
        In Hz.
    n_channels : int or None
        Columns of flat files; None: as many as the probe has.
    dtype : DTypeLike
        Type of a sample of flat files.
    microvolts_per_unit : float, optional
        Gain, to be kept with the spikes.

    Raises
    ------
    MissingDataError
        One of them is not there.
    KwikFormatError
        One cannot be read.
    SortingError
        They don't fit each other or the probe, or are not of that type.
    """
    if not files:
        raise MissingDataError("No raw file is named; give one or more.")
    if n_channels is not None and n_channels < 1:
        raise SortingError(f"The number of channels of raw files is 1 or more, not {n_channels}.")
    if np.dtype(dtype).kind not in "iuf" or np.dtype(dtype).itemsize > _WIDEST:
        raise SortingError(f"Samples of type {np.dtype(dtype)} cannot be sorted; give one such as int16 or float32.")
    columns = probe.n_columns if n_channels is None else n_channels
    flat = FlatLayout(max(1, columns), np.dtype(dtype), probe.n_columns)
    found = [raw for file in files for raw in _raw_data(file, flat)]
    first = found[0]
    for raw in found:
        if raw.is_transposed:
            raise SortingError(f"{raw.path.name}: samples and channels of {raw.node} are swapped; turn them.")
        if (raw.n_channels, raw.dtype) != (first.n_channels, first.dtype):
            raise SortingError(
                f"{raw.path.name} has {raw.n_channels} channels of {raw.dtype}, but {first.path.name} has "
                f"{first.n_channels} of {first.dtype}; sort them apart."
            )
    if not any(raw.n_rows for raw in found):
        what = f"has no whole sample of {first.n_channels} channels" if first.n_spare_bytes else "is empty"
        raise SortingError(f"{first.path.name} {what}; nothing can be detected.")
    for raw in found:
        if not _are_voltages(raw):
            raise SortingError(
                f"{raw.path.name} has no voltages of type {raw.dtype}: values are not finite, or beyond all bounds; "
                "correct the type, which may be int16."
            )
    segments, recordings, start = [], [], 0
    for number, raw in enumerate(found):
        segments.append(RawSegment(start, raw.n_rows, raw, 0, raw.n_rows))
        recordings.append(Recording(number, raw.path.stem if raw.node is None else raw.node, start, raw.n_rows))
        start += raw.n_rows
    traces = JoinedTraces(segments, first.n_channels, first.dtype)
    name = first.path.name if len(found) == 1 else f"{first.path.name} and {len(found) - 1} more"
    notes = (*probe.notes, *_spare(found), *_other_row_length(traces, first, probe.n_columns))
    return RawTraces(traces, sample_rate, probe.groups, tuple(recordings), microvolts_per_unit, name, notes)


def find_probe(name: str, folder: Path) -> ProbeFile:
    """Return the probe of a file beside others, or of a name that klusta knows.

    Raises
    ------
    MissingDataError
        There is no such file.
    """
    path = next((path for path in (folder / name, folder / f"{name}.prb") if path.is_file()), None)
    built_in = built_in_probe(name)
    return built_in if path is None and built_in is not None else read_prb(path or folder / name)


def _raw_data(path: Path, flat: FlatLayout) -> list[RawData]:
    file = find_file(path)
    if file is None and is_folder(path):
        raise MissingDataError(f"{path} is a folder; name the raw files in it.")
    if file is None:
        raise MissingDataError(f"There is no file {path}; correct its name, or put it there.")
    if not is_kwd(file.name):
        return [open_raw(file, RawLink(file.name), 0, flat)]
    with open_h5(file) as kwd:
        nodes = schema.recording_nodes(kwd)
    if not nodes:
        raise KwikFormatError(f"{file.name} has no recordings; use another copy of it.")
    return [open_raw(file, RawLink(file.name, node), number, flat) for number, node in nodes.items()]


def _are_voltages(raw: RawData) -> bool:
    """Whether most floats in excerpts of a flat file can be voltages; those that are integers in truth cannot."""
    if raw.dtype.kind != "f" or raw.node is not None or not raw.n_rows:
        return True
    row_bytes = raw.n_channels * raw.dtype.itemsize
    n_rows = max(1, _COMPARED // (_EXCERPTS * raw.n_channels))
    starts = np.linspace(0, max(0, raw.n_rows - n_rows), _EXCERPTS, dtype=np.int64).tolist()
    offsets, count = [raw.offset + start * row_bytes for start in starts], n_rows * raw.n_channels
    # as stored: traces have zeros in place of what cannot be
    values = np.concatenate([np.fromfile(raw.path, raw.dtype, count, offset=offset) for offset in offsets])
    sizes = np.abs(values[np.isfinite(values)].astype(np.float64))
    n_possible = np.count_nonzero((sizes == 0) | ((sizes >= SMALLEST) & (sizes <= LARGEST)))
    return bool(n_possible and n_possible >= len(sizes) / 2)


def _other_row_length(traces: JoinedTraces, first: RawData, least: int) -> list[str]:
    """Return a sentence where the first samples of a flat file seem to be of another number of channels."""
    if first.node is not None:
        return []
    better = better_row_length(traces[:_FIRST_SAMPLES].reshape(-1), first.n_channels, least)
    if better is None:
        return []
    return [
        f"{first.path.name} looks as if it had {better} channels, not {first.n_channels}; correct the number if so."
    ]


def better_row_length(samples: npt.NDArray[Any], n_channels: int, least: int = 1) -> int | None:
    """Return the number of channels that samples have where it is another than is said; None where that is not seen.

    Successive samples of a channel differ less than samples of different channels, which have offsets and slow waves of
    their own. Where all channels are alike, nothing is seen, nor where rows are said to be several times as long.

    Parameters
    ----------
    samples : ndarray, shape (n,)
        As they lie in the file, one row behind the other.
    n_channels : int
        Length of a row as it is said.
    least : int, default 1
        Numbers below are not looked at, such as those with which a probe does not go.
    """
    values = np.asarray(samples[:_COMPARED], dtype=np.float64)
    most = min(2 * n_channels + 1, len(values) // 4)
    if not least <= n_channels < most or not np.isfinite(values).all():
        return None
    head = values[: len(values) - most]
    steps = {length: float(np.abs(values[length : length + len(head)] - head).mean()) for length in range(least, most)}
    best = min(steps, key=lambda length: steps[length])
    return best if best != n_channels and _SMOOTHER * steps[best] < steps[n_channels] else None


def _spare(found: Sequence[RawData]) -> list[str]:
    return [
        f"{raw.path.name} is no whole number of samples of {raw.n_channels} channels of {raw.dtype}: it was cut short, "
        f"or its channels or type are others; "
        f"{'its last byte is' if raw.n_spare_bytes == 1 else f'its last {raw.n_spare_bytes} bytes are'} left out."
        for raw in found
        if raw.n_spare_bytes
    ]
