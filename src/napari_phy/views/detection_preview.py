"""What is to be sorted, and what detection would find in a moment of it: thresholds and spikes on filtered traces."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import SortingError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.settings import Settings
from napari_phy.formats.parameter_files.probes import read_probe
from napari_phy.sorting.algorithms import algorithm
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.sources import Source, open_source
from napari_phy.sorting.spikedetekt.chunks import Chunk
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt
from napari_phy.sorting.spikedetekt.parameters import SIDES
from napari_phy.sorting.spikedetekt.passes import find_spikes
from napari_phy.sorting.traces import RawTraces, open_raw_files

PRM, KWD = ".prm", ".kwd"
_MARGIN_S = 0.05  # that is filtered on either side, and not shown


@dataclass(frozen=True, slots=True)
class RawChoice:
    """Raw data, as they are chosen in a form.

    Attributes
    ----------
    path : Path or None
        A parameter file, which says all the rest; a flat file; a `.kwd`; None for the data set that is open.
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
        if self.is_prm:
            return open_source(self.path, None)
        if self.missing:
            raise SortingError(self.missing)
        traces = open_raw_files(
            [self.path],
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
    """A stretch of what is compared with thresholds, and the spikes in it.

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
        Thresholds; infinite for a channel that is constant.
    sign : {-1, 0, 1}
        Whether troughs, both or peaks are looked for.
    samples : ndarray of float64, shape (n_spikes,)
        Times of the spikes, in samples from the first one.
    masks : ndarray of float32, shape (n_spikes, n_channels)
        How much each channel takes part.
    total_s : float
        Duration of all raw data, in seconds.
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
    SortingError
        The algorithm has no thresholds to look at.
    NapariPhyError
        The raw data cannot be opened.
    """
    source = request.choice.open(model)
    try:
        kind: Any = algorithm(request.key, "detect")
        if not issubclass(kind, SpikeDetekt):
            raise SortingError(f"{kind.title} shows no thresholds; its spikes are seen when all are detected.")
        detector = kind(**{name: getattr(request.parameters, name) for name in request.parameters.described()})
        detector.prepare(source.traces, _Watched(on_progress))
        return _look(request, source.traces, detector)
    finally:
        source.close()


def _look(request: DetectionRequest, traces: RawTraces, detector: SpikeDetekt) -> DetectionPreview:
    plan, thresholds, rate = detector.plan_, detector.thresholds_, traces.sample_rate
    n_shown = min(traces.n_samples, max(2, round(request.duration_s * rate)))
    first = min(max(0, round(request.start_s * rate)), traces.n_samples - n_shown)
    recording = next(one for one in traces.recordings if first < one.start_sample + one.n_samples)
    low, high = recording.start_sample, recording.start_sample + recording.n_samples
    stop, margin = min(first + n_shown, high), round(_MARGIN_S * rate)
    chunk = Chunk(max(low, first - margin), min(high, stop + margin), first, stop)
    part = traces.part(chunk.start, chunk.stop)
    found = find_spikes(plan, thresholds, False, (chunk, part))
    raw, _ = part.read()
    values = plan.searched(plan.band.apply(raw, plan.columns))[first - chunk.start : stop - chunk.start]
    masks = np.zeros((sum(map(len, found.spikes.times)), len(plan.columns)), dtype=np.float32)
    begin = 0
    for group, mine in zip(plan.groups, found.masks, strict=True):
        masks[begin : begin + len(mine), group] = mine
        begin += len(mine)
    return DetectionPreview(
        request,
        first / rate,
        rate,
        plan.columns,
        values.copy(),  # of memory that is used again
        thresholds.weak,
        thresholds.strong,
        SIDES[plan.parameters.detect_spikes],
        np.concatenate([*found.spikes.times]) - first,
        masks,
        traces.duration_s,
    )


class _Watched(Reporter):
    """Tells somebody how far the work is, who may end it."""

    def __init__(self, on_progress: OnProgress) -> None:
        super().__init__()
        self._on_progress = on_progress

    def check(self) -> None:
        self._on_progress(self.progress.fraction)
