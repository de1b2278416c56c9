"""The parameters of SpikeDetekt, under the names that klusta's parameter files have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from napari_phy.core.errors import SettingsError
from napari_phy.core.settings import Choice, Number, Settings, Switch

SIDES = {"negative": -1, "positive": 1, "both": 0}


@dataclass(frozen=True, slots=True)
class SpikeDetektParameters(Settings):
    """Parameters of SpikeDetekt, each with its unit and bounds.

    Raises
    ------
    SettingsError
        A value is out of bounds, or contradicts another one.
    """

    filter_low: Annotated[float, Number(title="Filter from", low=1, high=20_000, unit="Hz")] = 500.0
    filter_high_factor: Annotated[
        float, Number(title="Filter up to", low=0.01, high=0.499, unit="× rate", tip="a share of the sample rate")
    ] = 0.475
    filter_butter_order: Annotated[int, Number(title="Filter order", low=1, high=10, is_whole=True)] = 3
    original_filter: Annotated[
        bool, Switch(title="klusta's filter", tip="filtfilt of scipy on the whole polynomials, as klusta does; slower")
    ] = False
    chunk_size_seconds: Annotated[float, Number(title="Chunk", low=0.01, high=60, unit="s")] = 1.0
    chunk_overlap_seconds: Annotated[float, Number(title="Overlap of chunks", low=0, high=1, unit="s")] = 0.015
    n_excerpts: Annotated[int, Number(title="Excerpts for the noise", low=1, high=10_000, is_whole=True)] = 50
    excerpt_size_seconds: Annotated[float, Number(title="Excerpt", low=0.01, high=60, unit="s")] = 1.0
    use_single_threshold: Annotated[
        bool, Switch(title="One threshold", tip="the same noise level for all channels")
    ] = True
    threshold_weak_std_factor: Annotated[float, Number(title="Weak threshold", low=0.1, high=100, unit="× noise")] = 2.0
    threshold_strong_std_factor: Annotated[
        float, Number(title="Strong threshold", low=0.1, high=100, unit="× noise")
    ] = 4.5
    threshold_weak: Annotated[
        float | None, Number(title="Weak threshold", low=0, high=1e12, unit="raw units", none="from the noise")
    ] = None
    threshold_strong: Annotated[
        float | None, Number(title="Strong threshold", low=0, high=1e12, unit="raw units", none="from the noise")
    ] = None
    detect_spikes: Annotated[
        str, Choice(title="Detect", of=(("Troughs", "negative"), ("Peaks", "positive"), ("Both", "both")))
    ] = "negative"
    connected_component_join_size: Annotated[
        int, Number(title="Join across", low=0, high=100, unit="samples", is_whole=True)
    ] = 1
    weight_power: Annotated[float, Number(title="Power of weights", low=0, high=10)] = 2.0
    extract_s_before: Annotated[
        int, Number(title="Waveform before", low=0, high=1000, unit="samples", is_whole=True)
    ] = 16
    extract_s_after: Annotated[int, Number(title="Waveform after", low=1, high=1000, unit="samples", is_whole=True)] = (
        16
    )
    n_features_per_channel: Annotated[int, Number(title="Features of a channel", low=1, high=20, is_whole=True)] = 3
    pca_n_waveforms_max: Annotated[
        int, Number(title="Waveforms for the components", low=10, high=1_000_000, is_whole=True)
    ] = 10_000
    pooled_regularizer: Annotated[
        bool,
        Switch(
            title="Pooled covariance",
            tip="steadies the components of a channel by those of all; klusta takes the identity instead",
        ),
    ] = True

    def __post_init__(self) -> None:
        super(SpikeDetektParameters, self).__post_init__()  # slots make another class
        self._check_order("threshold_weak_std_factor", "threshold_strong_std_factor")
        if self.threshold_weak is not None or self.threshold_strong is not None:
            if self.threshold_weak is None or self.threshold_strong is None:
                raise SettingsError("SpikeDetekt: give both threshold_weak and threshold_strong, or neither.")
            self._check_order("threshold_weak", "threshold_strong")
        if 2 * self.chunk_overlap_seconds > self.chunk_size_seconds:
            raise SettingsError("SpikeDetekt: chunk_overlap_seconds is more than half of chunk_size_seconds.")
        if self.n_features_per_channel > self.extract_s_before + self.extract_s_after:
            raise SettingsError("SpikeDetekt: a waveform has fewer samples than n_features_per_channel.")

    @classmethod
    def owner(cls) -> str:
        """Return the name of the algorithm."""
        return "SpikeDetekt"

    def _check_order(self, low: str, high: str) -> None:
        if getattr(self, low) >= getattr(self, high):
            raise SettingsError(f"SpikeDetekt: {low} must be less than {high}.")
