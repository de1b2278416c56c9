"""Columns that tell how good a cluster is: how contaminated, complete, isolated and steady, and what its spike is like.

The keys are the names that SpikeInterface has for the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.progress import OnProgress, part_of
from napari_phy.stats.completeness import amplitude_cutoff, presence_ratio
from napari_phy.stats.contamination import (
    HILL_MS,
    LLOBET_MS,
    SLIDING_TO_MS,
    close_pairs,
    hill_ratio,
    llobet_contamination,
    sliding_contamination,
)
from napari_phy.stats.drift_measures import DriftMeasures, drift_measures
from napari_phy.stats.isolation import d_prime, mahalanobis_measures, neighbor_rates, silhouette
from napari_phy.stats.noise import noise_level, noise_overlap, signal_to_noise
from napari_phy.stats.refractory import violations
from napari_phy.stats.template_measures import TemplateMeasures, template_decay, template_measures, template_spread
from napari_phy.table.column import OWN_UNIT, Column, Compute
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import MovableRows, read_pairs, required, samples_before
from napari_phy.table.spikes_nearby import spikes_nearby
from napari_phy.table.stretches import moved_apart
from napari_phy.table.valid_periods import spikes_in_use, valid_time
from napari_phy.table.waveform_samples import best_channels, waveform_samples

Int64 = npt.NDArray[np.int64]
V = TypeVar("V")

NEAR_UM = 100.0  # of the best channel: where the decay with distance is fitted
FEWEST_CHANNELS = 8  # of a data set, for that
MOST_NEIGHBORS_OF = 5_000  # spikes whose neighbours are looked for


class _Measures(Generic[V]):
    """Several numbers of a cluster that are computed at once, each of which is a column."""

    def __init__(self, compute: Callable[[SessionLike, int, OnProgress], V]) -> None:
        self._compute = compute
        self._known: SessionCache[tuple[int, bool], V] = SessionCache(lambda _: 200)

    def of(self, session: SessionLike, cluster: int, on_progress: OnProgress) -> V:
        key = cluster, valid_time(session).is_used
        return self._known.get(session, [key], lambda _: {key: self._compute(session, cluster, on_progress)})[key]


def _part(measures: _Measures[V], pick: Callable[[V], float]) -> Compute:
    return _each(lambda session, cluster, on_progress: pick(measures.of(session, cluster, on_progress)))


def _each(measure: Callable[[SessionLike, int, OnProgress], float]) -> Compute:
    def compute(session: SessionLike, clusters: Sequence[int], on_progress: OnProgress) -> npt.ArrayLike:
        values = []
        for done, cluster in enumerate(clusters):
            of_one = part_of(on_progress, done / len(clusters), (done + 1) / len(clusters))
            of_one(0)
            value = float(measure(session, cluster, of_one))
            values.append(value if math.isfinite(value) else math.nan)
        return values

    return compute


# --- times of spikes ---


def _train(session: SessionLike, cluster: int, on_progress: OnProgress) -> tuple[Int64, Int64]:
    """Return the samples of the spikes that are used, and (n, 2) the stretches of time that they are from."""
    spikes, stretches = spikes_in_use(session, cluster, on_progress)
    return session.model.spike_samples[spikes], stretches


def _firsts(samples: Int64, stretches: Int64) -> Int64:
    return np.searchsorted(samples, stretches[:, 0])


def _presence(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    samples, stretches = _train(session, cluster, on_progress)
    return presence_ratio(samples, stretches, sample_rate=session.model.sample_rate)


def _n_violations(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    samples, stretches = _train(session, cluster, on_progress)
    if not len(samples):
        return math.nan
    rate, firsts = session.model.sample_rate, _firsts(samples, stretches)
    return float(np.count_nonzero(violations(samples, sample_rate=rate, refractory_ms=HILL_MS, firsts=firsts)))


def _hill(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    samples, stretches = _train(session, cluster, on_progress)
    duration_s = float(np.diff(stretches).sum()) / session.model.sample_rate
    n_violations = _n_violations(session, cluster, on_progress)
    return hill_ratio(int(n_violations), len(samples), duration_s) if len(samples) else math.nan


def _llobet(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    samples, stretches = _train(session, cluster, on_progress)
    refractory = round(LLOBET_MS * session.model.sample_rate / 1000)
    apart = moved_apart(samples, _firsts(samples, stretches), refractory + 1)
    return llobet_contamination(close_pairs(apart, refractory), len(samples), int(np.diff(stretches).sum()), refractory)


def _sliding(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    samples, stretches = _train(session, cluster, on_progress)
    rate = session.model.sample_rate
    apart = moved_apart(samples, _firsts(samples, stretches), math.ceil(2 * SLIDING_TO_MS * rate / 1000))
    return sliding_contamination(apart, float(np.diff(stretches).sum()) / rate, sample_rate=rate)


# --- features ---


def _amplitude_cutoff(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    spikes, _ = spikes_in_use(session, cluster, on_progress)
    return amplitude_cutoff(session.columns.get(on_progress).amplitudes[spikes])


def _drift(session: SessionLike, cluster: int, on_progress: OnProgress) -> DriftMeasures:
    model, (spikes, stretches) = session.model, spikes_in_use(session, cluster, on_progress)
    depths = session.columns.get(on_progress).depths[spikes]
    return drift_measures(model.spike_samples[spikes], depths, stretches, sample_rate=model.sample_rate)


def _mahalanobis(session: SessionLike, cluster: int, on_progress: OnProgress) -> tuple[float, float]:
    nearby = spikes_nearby(session, cluster, on_progress)
    return mahalanobis_measures(nearby.own, nearby.others, n_own=nearby.n_own, n_others=nearby.n_others)


def _d_prime(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    nearby = spikes_nearby(session, cluster, on_progress)
    return d_prime(nearby.own, nearby.others)


def _silhouette(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    nearby, manager = spikes_nearby(session, cluster, on_progress), session.manager
    return silhouette(nearby.own, nearby.others, manager.slot_clusters[manager.spike_slots[nearby.other_ids]])


def _neighbors(session: SessionLike, cluster: int, on_progress: OnProgress) -> tuple[float, float]:
    return neighbor_rates(*spikes_nearby(session, cluster, on_progress).equal_shares(MOST_NEIGHBORS_OF))


# --- waveforms ---


def _template(session: SessionLike, cluster: int, on_progress: OnProgress) -> TemplateMeasures:
    samples = waveform_samples(session, [cluster], on_progress=on_progress)
    best = best_channels(session, samples)
    if cluster not in best:
        return TemplateMeasures()
    return template_measures(samples[cluster].mean[:, best[cluster]], sample_rate=session.model.sample_rate)


def _spread(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    sample = waveform_samples(session, [cluster], on_progress=on_progress)[cluster]
    return template_spread(sample.mean[:, sample.channels], session.model.probe.positions[sample.channels])


def _decay(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    """Return the decay over all channels around the best one, also those on which it does not take part."""
    samples = waveform_samples(session, [cluster], on_progress=part_of(on_progress, 0, 0.5))
    best, places = best_channels(session, samples), session.model.probe.positions
    if cluster not in best:
        return math.nan
    near = np.flatnonzero(np.linalg.norm(places - places[best[cluster]], axis=1) <= NEAR_UM)
    rows, ids = required(session.model.waveforms, session.model, "waveforms"), samples[cluster].spike_ids
    read = read_pairs(rows, np.repeat(ids, len(near)), np.tile(near, len(ids)), part_of(on_progress, 0.5, 1))
    means = read.reshape(len(ids), len(near), -1).mean(axis=0, dtype=np.float64)
    return template_decay(means.T, places[near])


def _noise_overlap(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    """Return the overlap with snippets on its channels around evenly spaced moments, whatever spikes are in them."""
    rows = session.model.waveforms
    sample = waveform_samples(session, [cluster], on_progress=on_progress)[cluster]
    n, window = len(sample.spike_ids), sample.waveforms.shape[1]
    n_samples = round(session.model.duration * session.model.sample_rate) - 2 * window
    if not isinstance(rows, MovableRows) or n_samples < n:
        return math.nan
    moments = window + np.sort(np.random.default_rng(cluster).choice(n_samples, n, replace=False))
    snippets, channels = np.arange(n), sample.channels
    noise = read_pairs(rows.around(moments), np.repeat(snippets, len(channels)), np.tile(channels, n))
    return noise_overlap(sample.waveforms, noise.reshape(n, len(channels), -1).swapaxes(1, 2))


def _median_amplitude(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    samples = waveform_samples(session, [cluster], on_progress=on_progress)
    best = best_channels(session, samples)
    if cluster not in best:
        return math.nan
    sample = samples[cluster]
    moment = int(np.argmax(np.abs(sample.mean[:, best[cluster]])))
    place = int(np.flatnonzero(sample.channels == best[cluster])[0])
    return float(np.median(np.abs(sample.waveforms[:, moment, place])))


def _signal_to_noise(session: SessionLike, cluster: int, on_progress: OnProgress) -> float:
    """Return the height of the mean waveform over the noise in the first half of the time before the spike."""
    samples = waveform_samples(session, [cluster], on_progress=on_progress)
    best = best_channels(session, samples)
    if cluster not in best:
        return math.nan
    sample, rows = samples[cluster], session.model.waveforms
    n_before = samples_before(rows, sample.waveforms.shape[1] // 2)
    place = int(np.flatnonzero(sample.channels == best[cluster])[0])
    return signal_to_noise(sample.mean[:, best[cluster]], noise_level(sample.waveforms[:, : n_before // 2, place]))


_of_drift = _Measures(_drift)
_of_mahalanobis = _Measures(_mahalanobis)
_of_neighbors = _Measures(_neighbors)
_of_template = _Measures(_template)


def _column(key: str, title: str, compute: Compute, tip: str, name: str, **more: Any) -> Column:
    usual: dict[str, Any] = {
        "kind": "lazy",
        "in_background": True,
        "is_usual": False,
        "in_small": False,
        "keep": 1,
        "decimals": 2,
    }
    return Column(key, title, compute, tip, name, **{**usual, **more})


_FEATURES, _WAVEFORMS = ("features",), ("waveforms",)
_TIMES = {"follows_time": True, "uses_periods": True}
_LOW = {"is_lower_better": True}

QUALITY: tuple[Column, ...] = (
    _column(
        "presence_ratio", "presence", _each(_presence),
        "Presence ratio (0–1)\nThe share of minutes in which it has a spike", "presence ratio", **_TIMES,
        width=64,
    ),
    _column(
        "isi_violations_count", "violations", _each(_n_violations),
        "Violations\nHow many intervals are shorter than 1.5 ms", "violations", **_TIMES, **_LOW, decimals=0,
        is_whole=True, is_log=True, width=66, small_width=64,
    ),
    _column(
        "isi_violations_ratio", "Hill", _each(_hill),
        "Violations by rate (Hill)\nThe rate of violations of 1.5 ms over the mean rate: near the share of spikes of "
        "other neurons while it is small", "violations by rate", **_TIMES, **_LOW, aliases=("hill",), width=44,
        small_width=42,
    ),
    _column(
        "rp_contamination", "Llobet", _each(_llobet),
        "Contamination (Llobet, 0–1)\nThe share of spikes of other neurons that violations of 1 ms tell of",
        "contamination (Llobet)", **_TIMES, **_LOW, aliases=("llobet", "contamination"), width=50, small_width=48,
    ),
    _column(
        "sliding_rp_violation", "sliding", _each(_sliding),
        "Contamination (sliding test, 0–0.35)\nThe least share of spikes of other neurons that violations rule out at "
        "90 % for some refractory time", "contamination (sliding test)", **_TIMES, **_LOW, decimals=3, width=52,
        small_width=50,
    ),
    _column(
        "snr", "SNR", _each(_signal_to_noise),
        "Signal to noise\nThe height of the mean waveform over the noise before the spike, on the best channel",
        "signal to noise", needs=_WAVEFORMS, decimals=1, is_log=True, width=44, small_width=42,
    ),
    _column(
        "nn_noise_overlap", "overlap", _each(_noise_overlap),
        "Noise overlap (0–1)\nThe share of neighbours of waveforms that are snippets from elsewhere, and the reverse",
        "noise overlap", needs=("waveforms", "traces"), **_LOW, aliases=("noise_overlap",), width=54, small_width=52,
    ),
    _column(
        "amplitude_cutoff", "cutoff", _each(_amplitude_cutoff),
        "Amplitude cutoff (0–0.5)\nThe share of spikes that were too small to be found; it needs 500 spikes",
        "amplitude cutoff", **_LOW, needs=_FEATURES, uses_periods=True, decimals=3, width=50, small_width=48,
    ),
    _column(
        "isolation_distance", "isolation", _part(_of_mahalanobis, lambda found: found[0]),
        "Isolation distance\nSquared Mahalanobis distance within which there are as many other spikes as it has",
        "isolation distance", needs=_FEATURES, decimals=1, is_log=True, width=60, small_width=58,
    ),
    _column(
        "l_ratio", "L-ratio", _part(_of_mahalanobis, lambda found: found[1]),
        "L-ratio\nHow many other spikes are where its own would be, for each of its own", "L-ratio", **_LOW,
        needs=_FEATURES, decimals=3, is_log=True, width=54, small_width=52,
    ),
    _column(
        "d_prime", "d′", _each(_d_prime),
        "d′\nStandard deviations between it and the other spikes around, along the axis that tells them apart best",
        "d′", needs=_FEATURES, decimals=1, aliases=("dprime",), width=40, small_width=38,
    ),
    _column(
        "silhouette", "silhouette", _each(_silhouette),
        "Silhouette (−1–1)\nHow much nearer its spikes are to its centre than to that of the nearest other cluster",
        "silhouette", needs=_FEATURES, is_relative=True, width=62,
    ),
    _column(
        "nn_hit_rate", "hits", _part(_of_neighbors, lambda found: found[0]),
        "Nearest neighbours: hits (0–1)\nThe share of the neighbours of its spikes that are its own",
        "neighbours: hits", needs=_FEATURES, aliases=("nn_hit",), width=42, small_width=40,
    ),
    _column(
        "nn_miss_rate", "misses", _part(_of_neighbors, lambda found: found[1]),
        "Nearest neighbours: misses (0–1)\nThe share of the neighbours of other spikes that are its own",
        "neighbours: misses", **_LOW, needs=_FEATURES, decimals=3, aliases=("nn_miss",), width=52, small_width=50,
    ),
    *(
        _column(
            key, title, _part(_of_drift, pick), f"{name[0].upper()}{name[1:]} (µm)\n{more} of its median depth, minute "
            "by minute; a minute needs 100 spikes", name, unit="µm", needs=("features", "positions"), decimals=1,
            uses_periods=True, **_LOW, width=width, small_width=width - 2,
        )
        for key, title, name, more, pick, width in (
            ("drift_ptp", "drift", "drift", "The range", lambda found: found.ptp, 44),
            ("drift_std", "drift sd", "drift, deviation", "The standard deviation", lambda found: found.std, 54),
            ("drift_mad", "drift mad", "drift, median", "The median deviation", lambda found: found.mad, 62),
        )
    ),
    _column(
        "peak_to_trough_duration", "duration", _part(_of_template, lambda found: found.peak_to_trough_ms),
        "Trough to peak (ms)\nFrom the trough of the mean waveform to the peak after it, on the best channel",
        "trough to peak", unit="ms", needs=_WAVEFORMS, width=58, small_width=56,
    ),
    _column(
        "trough_half_width", "half", _part(_of_template, lambda found: found.half_width_ms),
        "Width of the trough at half its depth (ms)", "trough width", unit="ms", needs=_WAVEFORMS,
        width=42, small_width=40,
    ),
    _column(
        "repolarization_slope", "repol.", _part(_of_template, lambda found: found.repolarization_slope),
        "Slope from the trough to the baseline (µV/ms)", "repolarisation slope", unit=f"{OWN_UNIT}/ms",
        needs=_WAVEFORMS, decimals=0, width=46, small_width=44,
    ),
    _column(
        "recovery_slope", "recov.", _part(_of_template, lambda found: found.recovery_slope),
        "Slope in the 0.7 ms after the peak that follows the trough (µV/ms)", "recovery slope",
        unit=f"{OWN_UNIT}/ms", needs=_WAVEFORMS, decimals=0, width=46, small_width=44,
    ),
    *(
        _column(
            key, title, _part(_of_template, pick), tip, name, unit=unit, needs=_WAVEFORMS, decimals=decimals,
            is_whole=not decimals, width=width, small_width=width - 2,
        )
        for key, title, name, tip, unit, decimals, width, pick in (
            ("num_positive_peaks", "peaks", "peaks", "Peaks that stand out from the mean waveform", "", 0, 46,
             lambda found: found.n_peaks),
            ("num_negative_peaks", "troughs", "troughs", "Troughs that stand out from the mean waveform", "", 0, 52,
             lambda found: found.n_troughs),
            ("waveform_baseline_flatness", "baseline", "baseline fluctuation",
             "Baseline fluctuation (0–1)\nLargest deviation in the first 0.5 ms, over that of the whole waveform",
             "", 2, 56, lambda found: found.baseline_flatness),
            ("peak_after_to_trough_ratio", "after/trough", "peak after over trough",
             "Height of the peak after the trough over that of the trough", "", 2, 76,
             lambda found: found.peak_after_ratio),
            ("peak_before_to_trough_ratio", "before/trough", "peak before over trough",
             "Height of the peak before the trough over that of the trough", "", 2, 84,
             lambda found: found.peak_before_ratio),
            ("peak_before_to_peak_after_ratio", "before/after", "peak before over peak after",
             "Height of the peak before the trough over that of the peak after it", "", 2, 78,
             lambda found: found.peaks_ratio),
            ("main_peak_to_trough_ratio", "peak/trough", "larger peak over trough",
             "Height of the larger peak over that of the trough", "", 2, 74, lambda found: found.main_peak_ratio),
            ("peak_before_width", "before width", "width of the peak before",
             "Width of the peak before the trough at half its prominence (ms)", "ms", 2, 80,
             lambda found: found.peak_before_width_ms),
            ("trough_width", "trough width", "width of the trough by prominence",
             "Width of the trough at half its prominence (ms)", "ms", 2, 78, lambda found: found.trough_width_ms),
        )
    ),
    _column(
        "amplitude_median", "median", _each(_median_amplitude),
        "Median amplitude (µV)\nOf single spikes, at the moment and on the channel where the mean is largest",
        "median amplitude", unit=OWN_UNIT, needs=_WAVEFORMS, decimals=0, width=52, small_width=50,
    ),
    _column(
        "exp_decay", "decay", _each(_decay),
        "Decay with distance (1/µm)\nHow fast the amplitude falls with the distance from the best channel", "decay",
        unit="/µm", needs=("waveforms", "positions"), least_channels=FEWEST_CHANNELS, decimals=3, width=48,
        small_width=46,
    ),
    _column(
        "spread", "spread", _each(_spread),
        "Spread (µm)\nOver how much depth it has a fifth of its amplitude or more", "spread", unit="µm",
        needs=("waveforms", "positions"), decimals=0, width=50, small_width=48,
    ),
)  # fmt: skip
