"""The parameters of matched detection: those of SpikeDetekt with other defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from napari_phy.core.settings import Number, Switch
from napari_phy.sorting.spikedetekt.parameters import SpikeDetektParameters


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
    threshold_weak_std_factor: Annotated[float, Number(title="Weak threshold", low=0.1, high=100, unit="× noise")] = 3.0
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
