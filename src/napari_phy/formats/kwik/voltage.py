"""The voltage of a Kwik data set: its raw data as traces, and waveforms cut out of them or stored in the `.kwx`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import NapariPhyError
from napari_phy.formats import parameters
from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik.channel_count import odd_channel_count
from napari_phy.formats.kwik.companions import find_features
from napari_phy.formats.kwik.raw_files import FlatLayout, RawData
from napari_phy.formats.kwik.recordings import Timeline
from napari_phy.formats.kwik.stored_waveforms import StoredWaveforms, open_waveforms
from napari_phy.formats.kwik.traces import JoinedTraces, RawSegment
from napari_phy.formats.kwik.waveforms import Waveforms
from napari_phy.stats.sample_types import better_type, share_unmeasured

_MOST_FILES, _N_EXCERPTS, _EXCERPT_BYTES = 16, 4, 2**14  # that are looked at for samples of another type
_FEW_LOST = 0.001  # of the samples
_REST_WORKS = "Everything else works."


@dataclass(frozen=True, slots=True, eq=False)
class SpikesToCut:
    """Whose waveforms are wanted.

    Attributes
    ----------
    channel_group : int
        Channel group in the file.
    channels : ndarray of int64, shape (n_channels,)
        Columns of the raw data.
    samples : ndarray of int64, shape (n_spikes,)
        On the joined time line, ascending.
    order : ndarray of int64 or None
        Row of the file of each, or None where it has them in this order.
    """

    channel_group: int
    channels: npt.NDArray[np.int64]
    samples: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64] | None


@dataclass(frozen=True, slots=True, eq=False)
class Voltage:
    """What was found; `missing` has a sentence for each thing that was not."""

    traces: JoinedTraces | None
    waveforms: Waveforms | StoredWaveforms | None
    missing: tuple[str, ...]

    def close(self) -> None:
        """Release every file."""
        for source in (self.traces, self.waveforms):
            if isinstance(source, (JoinedTraces, StoredWaveforms)):
                source.close()


def open_voltage(
    path: Path,
    timeline: Timeline,
    flat: FlatLayout,
    metadata: Mapping[str, Any],
    sample_rate: float,
    spikes: SpikesToCut,
    gain: float,
) -> Voltage:
    """Open traces and waveforms; where there are no raw data, the waveforms that the `.kwx` may have.

    Parameters
    ----------
    path : Path
        The `.kwik`.
    timeline : Timeline
        The recordings, with the raw data of each.
    flat : FlatLayout
        Layout of flat raw files.
    metadata : mapping of str to object
        Parameters of the `.kwik`.
    sample_rate : float
        In Hz.
    spikes : SpikesToCut
        The spikes whose waveforms are wanted.
    gain : float
        Units of one raw unit.
    """
    problem = _why_unreadable(path, timeline, flat, metadata, spikes)
    absent = tuple(_absent(path, timeline))
    found = [segment.raw for segment in timeline.segments if segment.raw is not None and not segment.raw.is_transposed]
    if found and problem is None:
        segments, problems = alike(timeline, found[0])
        traces = JoinedTraces(segments, found[0].n_channels, found[0].dtype)
        before, after = parameters.window(metadata, sample_rate)
        waveforms = Waveforms(
            traces,
            spikes.samples,
            spikes.channels,
            before=before,
            after=after,
            band=parameters.band_pass(metadata, sample_rate),
            gain=gain,
            dc_offset=parameters.number(metadata, "waveform_dc_offset") or 0.0,
        )
        odd = odd_channel_count(path, timeline, traces, spikes.samples, spikes.channels, metadata, sample_rate)
        cut_short = timeline.cut_short(sample_rate)
        of_sizes = (*cut_short, *_spare(segments, cut_short)) if odd is None else (odd,)
        sentences = (*problems, *of_sizes, *_of_other_types(path, traces))
        return Voltage(traces, waveforms, (*sentences, *_passed_over(segments), *absent))
    empty = timeline.empty(path.name)
    sentences = (problem,) if problem else absent or ((empty,) if empty else ())
    stored, kwx = _stored_waveforms(path, spikes, gain)
    if stored is not None:
        sentences = tuple(sentence.replace("Waveforms and traces", "Traces", 1) for sentence in sentences)
        stored_in = f"Waveforms are those stored in {kwx.name}."
        sentences = tuple(sentence.replace(_REST_WORKS, stored_in) for sentence in sentences)
    return Voltage(None, stored, sentences)


def _of_other_types(path: Path, traces: JoinedTraces) -> Iterator[str]:
    """Give a sentence on each raw file with samples that cannot be of the type that is said, as excerpts tell."""
    looked_at: set[Path] = set()
    for segment in traces.segments:
        if segment.raw is None or segment.raw.path in looked_at or len(looked_at) >= _MOST_FILES:
            continue
        looked_at.add(segment.raw.path)
        n_rows = min(segment.n_rows, segment.n_samples)
        size = max(1, min(n_rows, _EXCERPT_BYTES // (traces.dtype.itemsize * traces.shape[1])))
        starts = segment.start_sample + np.unique(np.linspace(0, n_rows - size, _N_EXCERPTS).astype(np.int64))
        with suppress(NapariPhyError, OSError):  # whoever reads it reports it
            excerpts = [traces.stored[start : start + size] for start in starts.tolist()]
            samples = np.concatenate(excerpts).astype(traces.dtype, copy=False)  # in the byte order of the file
            lost, better = share_unmeasured(samples), better_type(samples)
            if lost <= _FEW_LOST and better is None:
                continue
            what = f"{segment.raw.path.name}: {traces.dtype} is not the type of its samples"
            if lost > _FEW_LOST:
                share = f"{max(1, round(100 * lost))} % of its samples"
                what = f"{segment.raw.path.name}: {share} cannot be {traces.dtype} and are shown as 0"
            fits = "" if better is None else f"; {better} would fit"
            then = "use another copy of it"
            if segment.raw.node is None:
                then = f"correct dtype in the parameters of {path.name}, or {then}"
            yield f"{what}{fits}: {then}."


def _absent(path: Path, timeline: Timeline) -> Iterator[str]:
    for problem in timeline.raw_problems:
        yield f"Waveforms and traces cannot be read: {problem} {_REST_WORKS}"
    if timeline.missing_files:
        names, verb = _joined(timeline.missing_files), "is" if len(timeline.missing_files) == 1 else "are"
        yield f"Waveforms and traces need {names}, which {verb} not beside {path.name}. {_REST_WORKS}"


def _passed_over(segments: Sequence[RawSegment]) -> tuple[str, ...]:
    """Return a sentence for each dataset of which only the columns that the channels need are read."""
    found = dict.fromkeys(segment.raw for segment in segments if segment.raw is not None)
    return tuple(
        f"{raw.path.name}: {raw.node} has {raw.n_channels + raw.n_passed_over} columns, more than any recording has; "
        f"the first {raw.n_channels} are read and {raw.n_passed_over} are passed over."
        for raw in found
        if raw.n_passed_over
    )


def _why_unreadable(
    path: Path, timeline: Timeline, flat: FlatLayout, metadata: Mapping[str, Any], spikes: SpikesToCut
) -> str | None:
    found = [segment.raw for segment in timeline.segments if segment.raw is not None]
    if not found:
        return None
    first = next((raw for raw in found if not raw.is_transposed), None)
    if first is None:
        return f"Waveforms and traces cannot be read: {_transposed(found[0])}"
    if flat.dtype is None and first.node is None:
        stored = metadata.get("dtype")
        return f"Waveforms and traces cannot be read: {path.name} gives {stored!r} as type of a sample."
    if len(spikes.channels) and int(spikes.channels.max()) >= first.n_channels:
        return (
            f"Waveforms and traces cannot be read: {path.name} has {first.n_channels} channels in the raw data, "
            f"but channel group {spikes.channel_group} has channel {int(spikes.channels.max())}."
        )
    return None


def _stored_waveforms(path: Path, spikes: SpikesToCut, gain: float) -> tuple[StoredWaveforms | None, Path]:
    kwx = find_features(path)
    try:
        file = open_h5(kwx)
    except NapariPhyError:
        return None, kwx
    shape = len(spikes.samples), len(spikes.channels)
    stored = open_waveforms(file, spikes.channel_group, shape, spikes.order, gain)
    if stored is None or not stored.needs_file:
        file.close()
    return stored, kwx


def alike(timeline: Timeline, first: RawData) -> tuple[list[RawSegment], tuple[str, ...]]:
    """Leave out raw data that are transposed, or of another width or type; return a sentence for each file of those.

    Parameters
    ----------
    timeline : Timeline
        The recordings.
    first : RawData
        Raw data of the width and type that are kept.
    """
    kept, problems = [], {}
    names = {
        segment.raw: segment.raw.path.name
        if segment.raw.node is None
        else f"{segment.raw.path.name}, recording {recording.recording_id},"
        for segment, recording in zip(timeline.segments, timeline.recordings, strict=True)
        if segment.raw is not None
    }
    for segment in timeline.segments:
        raw = segment.raw
        if raw is not None and raw.is_transposed:
            problems[names[raw]] = _transposed(raw)
            segment = replace(segment, raw=None, n_rows=0)
        elif raw is not None and (raw.n_channels, raw.dtype) != (first.n_channels, first.dtype):
            problems[names[raw]] = (
                f"{names[raw]} has {raw.n_channels} channels of {raw.dtype} and is left out: "
                f"{names[first]} has {first.n_channels} of {first.dtype}."
            )
            segment = replace(segment, raw=None, n_rows=0)
        kept.append(segment)
    return kept, tuple(problems.values())


def _transposed(raw: RawData) -> str:
    return (
        f"{raw.path.name} has {raw.node} as {raw.n_channels} samples of {raw.n_rows} channels: samples and channels "
        "are swapped, and it is left out."
    )


def _spare(segments: Sequence[RawSegment], cut_short: Sequence[str]) -> tuple[str, ...]:
    """Return a sentence for each flat file whose size is not a whole number of rows, unless that was reported."""
    found = {segment.raw.path: segment.raw for segment in segments if segment.raw is not None}
    return tuple(
        f"{raw.path.name} has {raw.path.stat().st_size} bytes, which is no multiple of "
        f"{raw.n_channels * raw.dtype.itemsize} ({raw.n_channels} channels of {raw.dtype}); it was cut short, or its "
        f"channels or type are others, and the last {_bytes(raw.n_spare_bytes)} left out."
        for raw in found.values()
        if raw.n_spare_bytes and not any(sentence.startswith(f"{raw.path.name} ends at ") for sentence in cut_short)
    )


def _bytes(number: int) -> str:
    return "byte is" if number == 1 else f"{number} bytes are"


def _joined(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
