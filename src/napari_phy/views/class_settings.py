"""The thresholds of automatic classes as settings: each end of a range a number, or off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from napari_phy.stats.automatic_classes import DEFAULT_RULES, Rule
from napari_phy.views.settings import Number, ViewSettings

Limit = float | None


def _limit(title: str, high: float, unit: str = "", *, tip: str = "") -> Number:
    return Number(title=title, low=0, high=high, unit=unit, offered=(None,), none="Off", tip=tip)


@dataclass(frozen=True, slots=True)
class ClassesSettings(ViewSettings):
    """Thresholds, named after the metric and the end of its range: `snr_least`, `drift_ptp_most`; None is off.

    Attributes
    ----------
    num_positive_peaks_most, num_negative_peaks_most : float or None
        More peaks or troughs are noise.
    peak_to_trough_duration_least, peak_to_trough_duration_most : float or None
        Shorter or longer in ms is noise.
    waveform_baseline_flatness_most, peak_after_to_trough_ratio_most : float or None
        More is noise.
    exp_decay_least, exp_decay_most : float or None
        Outside is noise.
    amplitude_median_least, snr_least, num_spikes_least, presence_ratio_least, isolation_distance_least : float or None
        Less is multi-unit activity.
    amplitude_cutoff_most, rp_contamination_most, drift_ptp_most, l_ratio_most : float or None
        More is multi-unit activity.
    sliding_rp_violation_most : float or None
        More is multi-unit activity, and so is what the test of it rules nothing out for.
    peak_before_width_least, trough_width_least : float or None
        What is narrower in ms may be non-somatic.
    peak_before_to_trough_ratio_most, peak_before_to_peak_after_ratio_most : float or None
        If it is narrow and one of these is larger, it is non-somatic.
    main_peak_to_trough_ratio_most : float or None
        More is non-somatic.
    """

    view: ClassVar[str] = "Classes"

    num_positive_peaks_most: Annotated[Limit, _limit("Noise: peaks, at most", 20)] = 2.0
    num_negative_peaks_most: Annotated[Limit, _limit("Noise: troughs, at most", 20)] = 1.0
    peak_to_trough_duration_least: Annotated[Limit, _limit("Noise: trough to peak, at least", 10, "ms")] = 0.1
    peak_to_trough_duration_most: Annotated[Limit, _limit("Noise: trough to peak, at most", 10, "ms")] = 1.15
    waveform_baseline_flatness_most: Annotated[Limit, _limit("Noise: baseline fluctuation, at most", 1)] = 0.5
    peak_after_to_trough_ratio_most: Annotated[Limit, _limit("Noise: peak after over trough, at most", 100)] = 0.8
    exp_decay_least: Annotated[Limit, _limit("Noise: decay with distance, at least", 10, "/µm")] = 0.01
    exp_decay_most: Annotated[Limit, _limit("Noise: decay with distance, at most", 10, "/µm")] = 0.1
    amplitude_median_least: Annotated[Limit, _limit("MUA: median amplitude, at least", 10_000, "µV")] = 30.0
    snr_least: Annotated[Limit, _limit("MUA: signal to noise, at least", 1000)] = 5.0
    amplitude_cutoff_most: Annotated[Limit, _limit("MUA: amplitude cutoff, at most", 1)] = 0.2
    num_spikes_least: Annotated[Limit, _limit("MUA: spikes, at least", 1_000_000)] = 300.0
    sliding_rp_violation_most: Annotated[
        Limit, _limit("MUA: contamination (sliding), at most", 1, tip="Where no share can be ruled out, it is MUA.")
    ] = 0.1
    rp_contamination_most: Annotated[Limit, _limit("MUA: contamination (Llobet), at most", 1)] = None
    presence_ratio_least: Annotated[Limit, _limit("MUA: presence ratio, at least", 1)] = 0.7
    drift_ptp_most: Annotated[Limit, _limit("MUA: drift, at most", 10_000, "µm")] = 100.0
    isolation_distance_least: Annotated[Limit, _limit("MUA: isolation distance, at least", 100_000)] = 20.0
    l_ratio_most: Annotated[Limit, _limit("MUA: L-ratio, at most", 1000)] = 0.3
    peak_before_width_least: Annotated[Limit, _limit("Non-somatic: peak before narrower than", 10, "ms")] = 0.15
    trough_width_least: Annotated[Limit, _limit("Non-somatic: trough narrower than", 10, "ms")] = 0.2
    peak_before_to_trough_ratio_most: Annotated[Limit, _limit("Non-somatic: before/trough above", 100)] = 3.0
    peak_before_to_peak_after_ratio_most: Annotated[Limit, _limit("Non-somatic: before/after above", 100)] = 3.0
    main_peak_to_trough_ratio_most: Annotated[Limit, _limit("Non-somatic: larger peak/trough above", 100)] = 0.8

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules with these thresholds."""
        return tuple(
            replace(
                rule,
                least=getattr(self, f"{rule.metric}_least", None),
                most=getattr(self, f"{rule.metric}_most", None),
            )
            for rule in DEFAULT_RULES
        )
