"""What is to be sorted, and what detection would find in a moment of it: thresholds and spikes on filtered traces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import MissingDataError, SortingError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.settings import Settings
from napari_phy.formats.parameter_files.probes import read_probe
from napari_phy.sorting.algorithms import algorithm
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.sources import Source, open_source
from napari_phy.sorting.spikedetekt.chunks import Chunk
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt
from napari_phy.sorting.spikedetekt.parameters import SIDES
from napari_phy.sorting.spikedetekt.passes import Plan, find_spikes
from napari_phy.sorting.spikedetekt.thresholds import Thresholds
from napari_phy.sorting.traces import RawTraces, open_raw_files

PRM, KWD = ".prm", ".kwd"
AROUND_S = 2.0  # that an algorithm of another package sees on either side of what is shown
_MARGIN_S = 0.05  # that is filtered on either side, and not shown


@dataclass(frozen=True, slots=True)
class RawChoice:
    """Raw data, as they are chosen in a form.

    Attributes
    ----------
    path : Path or None
        A parameter file, which says all the rest; a flat file; a `.kwd`; None for the data set that is open.
    further : tuple of Path, optional
        Flat files of the recordings that follow, in this order.
    probe : str, default ""
        A file, or the name of a probe.
    sample_rate : float, default 0
        In Hz; 0 where it was not chosen.
    n_channels : int, default 0
        Columns of a flat file; 0 for as many as the probe has.
    dtype : str, default "int16"
        Type of a sample of a flat file.
    microvolts_per_unit : float, default 0
        Gain; 0 where it is not known.
    """

    path: Path | None
    probe: str = ""
    sample_rate: float = 0.0
    n_channels: int = 0
    dtype: str = "int16"
    microvolts_per_unit: float = 0.0
    further: tuple[Path, ...] = ()

    @property
    def is_prm(self) -> bool:
        """Whether a parameter file says all there is to know."""
        return self.path is not None and self.path.suffix.lower() == PRM

    @property
    def asks_probe(self) -> bool:
        """Whether probe and rate have to be chosen."""
        return self.path is not None and not self.is_prm

    @property
    def asks_layout(self) -> bool:
        """Whether the number of channels and the type have to be chosen."""
        return self.asks_probe and self.path is not None and self.path.suffix.lower() != KWD

    @property
    def missing(self) -> str:
        """What is still to be chosen, in a sentence; "" where nothing is."""
        if self.further and any(path.suffix.lower() == PRM for path in (self.path, *self.further) if path is not None):
            return "Choose a .prm alone: it names its raw files."
        if self.asks_probe and not self.probe:
            return "Choose the probe: a .prb, a .json of probeinterface, or a name in its library."
        if self.asks_probe and not self.sample_rate:
            return "Give the sample rate of the raw data, in Hz."
        return ""

    def open(self, model: BaseModel | None = None) -> Source:
        """Open the raw data; whoever asked closes them.

        Parameters
        ----------
        model : BaseModel, optional
            The data set that is open.

        Raises
        ------
        NapariPhyError
            They cannot be opened, or something is not chosen yet.
        """
        if self.path is None:
            if model is None:
                raise SortingError("Choose raw data to sort: a .prm, or a .dat with its probe.")
            return open_source(model, None)
        if self.missing:
            raise SortingError(self.missing)
        try:
            return self._open_files()
        except OSError as error:  # a name that no file can have, or a folder that may not be looked into
            why = error.strerror or str(error)
            raise MissingDataError(f"The raw data or the probe cannot be read: {why}; correct their names.") from error

    def _open_files(self) -> Source:
        assert self.path is not None
        if self.is_prm:
            return open_source(self.path, None)
        traces = open_raw_files(
            [self.path, *self.further],
            read_probe(self.probe),
            sample_rate=self.sample_rate,
            n_channels=self.n_channels or None,
            dtype=np.dtype(self.dtype),
            microvolts_per_unit=self.microvolts_per_unit or None,
        )
        return Source(traces, None, is_own=True)


def free_target(beside: Path) -> Path:
    """Return the name of a `.kwik` beside a file, of whose data set nothing is there yet."""
    number, stem = 1, beside.stem
    while any((beside.parent / f"{stem}{suffix}").exists() for suffix in (".kwik", ".kwx")):
        number += 1
        stem = f"{beside.stem}_{number}"
    return beside.with_name(f"{stem}.kwik")


@dataclass(frozen=True, slots=True)
class DetectionRequest:
    """What is looked at.

    Attributes
    ----------
    choice : RawChoice
        The raw data.
    key : str
        The algorithm that detects.
    parameters : Settings
        Its parameters.
    start_s, duration_s : float
        Which stretch, in seconds.
    """

    choice: RawChoice
    key: str
    parameters: Settings
    start_s: float
    duration_s: float


@dataclass(frozen=True, slots=True, eq=False)
class DetectionPreview:
    """A stretch of what is compared with thresholds, or of filtered traces, and the spikes in it.

    Attributes
    ----------
    request : DetectionRequest
        What was asked for.
    start_s : float
        Its first sample, in seconds.
    sample_rate : float
        In Hz.
    channel_ids : ndarray of int64, shape (n_channels,)
        Channels of all groups, side by side.
    values : ndarray of float32, shape (n_samples, n_channels)
        Filtered voltage, behind the matched filter where there is one.
    weak, strong : ndarray of float64, shape (n_channels,)
        Thresholds; infinite for a channel that is constant, and for an algorithm that has none.
    sign : {-1, 0, 1}
        Whether troughs, both or peaks are looked for.
    samples : ndarray of float64, shape (n_spikes,)
        Times of the spikes, in samples from the first one.
    masks : ndarray of float32, shape (n_spikes, n_channels)
        How much each channel takes part.
    total_s : float
        Duration of all raw data, in seconds.
    notes : tuple of str
        Sentences on the raw data, such as that they look as if they had another number of channels.
    """

    request: DetectionRequest
    start_s: float
    sample_rate: float
    channel_ids: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    weak: npt.NDArray[np.float64]
    strong: npt.NDArray[np.float64]
    sign: int
    samples: npt.NDArray[np.float64]
    masks: npt.NDArray[np.float32]
    total_s: float
    notes: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Seconds that are shown."""
        return len(self.values) / self.sample_rate

    def busiest(self, n_channels: int) -> npt.NDArray[np.int64]:
        """Return the places of the channels with the most spikes, in the order of the probe."""
        order = np.argsort(-self.masks.sum(axis=0), kind="stable")
        return np.sort(order[:n_channels])


def compute_detection_preview(
    request: DetectionRequest, model: BaseModel | None = None, on_progress: OnProgress = no_progress
) -> DetectionPreview:
    """Measure the noise of the whole recording, and detect spikes in a stretch of it.

    Algorithms of other packages are let detect in that stretch and `AROUND_S` on either side.

    Parameters
    ----------
    request : DetectionRequest
        What is looked at.
    model : BaseModel, optional
        The data set that is open.
    on_progress : callable, optional
        Called with 0…1; by raising CancelledError it ends the work.

    Raises
    ------
    NapariPhyError
        The raw data cannot be opened.
    Exception
        What an algorithm of another package raises.
    """
    source = request.choice.open(model)
    try:
        kind: Any = algorithm(request.key, "detect")
        detector = kind(**{name: getattr(request.parameters, name) for name in request.parameters.described()})
        if not isinstance(detector, SpikeDetekt):
            return _let_detect(request, source.traces, detector, _Watched(on_progress))
        detector.prepare(source.traces, _Watched(on_progress))
        return _look(request, source.traces, detector)
    finally:
        source.close()


def _chunk(request: DetectionRequest, traces: RawTraces, margin_s: float) -> Chunk:
    """Return the stretch that is asked for, in one recording, with a margin on either side."""
    rate = traces.sample_rate
    n_shown = min(traces.n_samples, max(2, round(request.duration_s * rate)))
    first = min(max(0, round(request.start_s * rate)), traces.n_samples - n_shown)
    recording = next(one for one in traces.recordings if first < one.start_sample + one.n_samples)
    low, high = recording.start_sample, recording.start_sample + recording.n_samples
    stop, margin = min(first + n_shown, high), round(margin_s * rate)
    return Chunk(max(low, first - margin), min(high, stop + margin), first, stop)


def _let_detect(request: DetectionRequest, traces: RawTraces, detector: Any, reporter: Reporter) -> DetectionPreview:
    """Return what an algorithm without thresholds finds, on traces that are filtered as SpikeDetekt does."""
    chunk = _chunk(request, traces, AROUND_S)
    raw, _ = traces.part(chunk.start, chunk.stop).read()
    around = RawTraces(raw, traces.sample_rate, traces.groups, (), traces.microvolts_per_unit, traces.name)
    plan = SpikeDetekt().prepare(around, reporter).plan_
    detector.fit(around, reporter)
    samples, masks = [np.empty(0)], [np.empty((0, len(plan.columns)), dtype=np.float32)]
    for number, group in zip(traces.groups, plan.groups, strict=True):
        found = detector.groups_[number]
        shown = slice(*np.searchsorted(found.samples, [chunk.keep_start - chunk.start, chunk.keep_stop - chunk.start]))
        samples.append(np.asarray(found.samples[shown]) + chunk.start - chunk.keep_start)
        masks.append(np.zeros((len(samples[-1]), len(plan.columns)), dtype=np.float32))
        masks[-1][:, group] = found.masks[shown]
    none = np.full(len(plan.columns), np.inf)
    values = plan.band.apply(raw, plan.columns)[chunk.own_rows].copy()  # of memory that is used again
    thresholds, times = Thresholds(none, none), np.concatenate(samples)
    return _preview(request, traces, plan, chunk, values, thresholds, 0, times, np.concatenate(masks))


def _look(request: DetectionRequest, traces: RawTraces, detector: SpikeDetekt) -> DetectionPreview:
    plan, thresholds = detector.plan_, detector.thresholds_
    chunk = _chunk(request, traces, _MARGIN_S)
    part = traces.part(chunk.start, chunk.stop)
    found = find_spikes(plan, thresholds, False, (chunk, part))
    raw, _ = part.read()
    values = plan.searched(plan.band.apply(raw, plan.columns))[chunk.own_rows].copy()  # of memory that is used again
    masks = np.zeros((sum(map(len, found.spikes.times)), len(plan.columns)), dtype=np.float32)
    begin = 0
    for group, mine in zip(plan.groups, found.masks, strict=True):
        masks[begin : begin + len(mine), group] = mine
        begin += len(mine)
    samples, sign = np.concatenate([*found.spikes.times]) - chunk.keep_start, SIDES[plan.parameters.detect_spikes]
    return _preview(request, traces, plan, chunk, values, thresholds, sign, samples, masks)


def _preview(
    request: DetectionRequest,
    traces: RawTraces,
    plan: Plan,
    chunk: Chunk,
    values: npt.NDArray[np.float32],
    thresholds: Thresholds,
    sign: int,
    samples: npt.NDArray[np.float64],
    masks: npt.NDArray[np.float32],
) -> DetectionPreview:
    return DetectionPreview(
        request,
        chunk.keep_start / traces.sample_rate,
        traces.sample_rate,
        plan.columns,
        values,
        thresholds.weak,
        thresholds.strong,
        sign,
        samples,
        masks,
        traces.duration_s,
        traces.notes,
    )


class _Watched(Reporter):
    """Tells somebody how far the work is, who may end it."""

    def __init__(self, on_progress: OnProgress) -> None:
        super().__init__()
        self._on_progress = on_progress

    def check(self) -> None:
        self._on_progress(self.progress.fraction)
