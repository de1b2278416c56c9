"""Matched detection as an estimator: what SpikeDetekt does, in traces that a matched filter has passed."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.settings import Number, Switch
from napari_phy.sorting.algorithms import register
from napari_phy.sorting.blocks import map_blocks
from napari_phy.sorting.job import Reporter
from napari_phy.sorting.matched.kernel import Kernel, Neighbours, peaks_of, shapes_at
from napari_phy.sorting.spikedetekt.chunks import excerpts_of
from napari_phy.sorting.spikedetekt.detector import SpikeDetekt
from napari_phy.sorting.spikedetekt.parameters import SIDES, SpikeDetektParameters
from napari_phy.sorting.spikedetekt.passes import Plan, measured_noise
from napari_phy.sorting.traces import RawTraces, TracePart

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

_SHARE_BEFORE = 1 / 3  # of the kernel, before the trough
_APART_MS = 0.4  # between two spikes whose shapes are taken


@dataclass(frozen=True, slots=True)
class MatchedParameters(SpikeDetektParameters):
    """Parameters of matched detection, each with its unit and bounds.

    Raises
    ------
    SettingsError
        A value is out of bounds, or contradicts another one.
    """

    filter_high: Annotated[
        float, Number(title="Filter up to, at most", low=100, high=100_000, unit="Hz", tip="spikes have little beyond")
    ] = 6000.0
    use_single_threshold: Annotated[
        bool, Switch(title="One threshold", tip="the same noise level for all channels")
    ] = False
    threshold_weak_std_factor: Annotated[
        float,
        Number(title="Weak threshold", low=0.1, high=100, unit="× noise", tip="matched; that of a .prm is not used"),
    ] = 3.0
    kernel_ms: Annotated[
        float, Number(title="Matched filter", low=0.3, high=5, unit="ms", tip="a third of it lies before the trough")
    ] = 1.2
    kernel_threshold: Annotated[
        float, Number(title="Spikes for it", low=1, high=100, unit="× noise", tip="whose usual shape is looked for")
    ] = 6.0
    kernel_excerpts: Annotated[
        int, Number(title="Excerpts for it", low=1, high=1000, is_whole=True, tip="evenly spaced over the recording")
    ] = 10

    @classmethod
    def owner(cls) -> str:
        """Return the name of the algorithm."""
        return "Matched SpikeDetekt"


@register
class MatchedSpikeDetekt(SpikeDetekt):
    """Detects spikes behind a matched filter, with the noise of each channel.

    The usual shape of large spikes is found in excerpts. How much of it there is around each sample of each channel is
    what SpikeDetekt then compares with its thresholds: noise of other shapes is lower there. Waveforms and features
    are those of the filtered traces, as always.

    Parameters
    ----------
    **parameters : object
        Those of `MatchedParameters`.

    Attributes
    ----------
    groups_ : dict of int to DetectedSpikes
        {channel group: its spikes}.
    plan_ : Plan
        Has the matched filter; none where there were too few spikes to find it.
    """

    key: ClassVar[str] = "matched"
    title: ClassVar[str] = "Matched SpikeDetekt"
    parameters_type: ClassVar[type[SpikeDetektParameters]] = MatchedParameters
    not_from_files: ClassVar[frozenset[str]] = frozenset(
        ("threshold_weak_std_factor", "threshold_weak", "threshold_strong", "use_single_threshold")
    )
    parameters: MatchedParameters

    def _plan(self, traces: RawTraces, reporter: Reporter, executor: Executor | None) -> Plan:
        plan = super()._plan(traces, reporter, executor)
        high_hz = min(self.parameters.filter_high, plan.band.high_hz)
        plan = replace(plan, band=replace(plan.band, high_hz=high_hz))
        kernel = self._find_kernel(plan, traces, reporter, executor)
        if kernel is None:
            reporter.say("There are too few large spikes to find their usual shape: none is looked for.")
        return replace(plan, kernel=kernel)

    def _find_kernel(
        self, plan: Plan, traces: RawTraces, reporter: Reporter, executor: Executor | None
    ) -> Kernel | None:
        given, rate = self.parameters, traces.sample_rate
        size = max(1, int(given.excerpt_size_seconds * rate))
        pieces = excerpts_of(traces.recordings, given.kernel_excerpts, size)
        on_progress = reporter.stage("Finding the shape of spikes", 0.15)
        noise = measured_noise(plan, traces, pieces, executor)
        n_samples = max(3, round(given.kernel_ms * rate / 1000))
        before = round(n_samples * _SHARE_BEFORE)
        levels = np.where(noise > 0, given.kernel_threshold * noise, np.inf)
        window = before, n_samples - before, max(1, round(_APART_MS * rate / 1000))
        cut = partial(_large_shapes, plan, levels, window)
        parts = (traces.part(start, stop) for start, stop in pieces)
        return Kernel.of(list(map_blocks(cut, parts, len(pieces), executor, on_progress)), before)


def _large_shapes(plan: Plan, levels: Float64, window: tuple[int, int, int], part: TracePart) -> Float32:
    """Return the shapes of large spikes of an excerpt on their largest channels."""
    before, after, reach = window
    filtered = plan.band.apply(part.read()[0], plan.columns)
    sign = SIDES[plan.parameters.detect_spikes]
    shapes = shapes_at(filtered, peaks_of(filtered, sign, levels, Neighbours.of(plan.adjacent), reach), before, after)
    return shapes * -np.sign(shapes[:, before])[:, None]  # troughs
