"""Parameters of detection, as a data set has them, under their present and their older names."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from napari_phy.core.sentences import on_one_line
from napari_phy.formats.hdf5.values import as_float, as_int
from napari_phy.stats.filtering import BandPass

logger = logging.getLogger(__name__)

_OLD_NAMES = {
    "n_channels": ("nchannels",),
    "n_features_per_channel": ("nfeatures_per_channel", "fetdim"),
    "filter_butter_order": ("butter_order",),
    "filter_low": ("f_low",),
}
_GAIN_RANGE = (0.001, 5.0)  # µV per unit: Neuropixels has 4.7 at the least amplification, klusta's template says 10
_MAX_ORDER = 10
_LEAST_LOW_HZ = 0.1
_RATES = (1.0, 1e7)  # Hz
_MAX_WINDOW_S = 0.1
_SAME_RATE = 1e-6  # relative: what single precision keeps


def sample_rate(values: Mapping[str, Any]) -> float | None:
    """Return the `sample_rate` in Hz, None where there is none or none that can be."""
    rate = number(values, "sample_rate")
    return rate if rate is not None and _RATES[0] <= rate <= _RATES[1] else None


def window(metadata: Mapping[str, Any], sample_rate: float) -> tuple[int, int]:
    """Return the samples of a waveform before the spike and from it on: 16 and 16 unless the file says else."""
    before, after = (integer(metadata, f"extract_s_{side}") for side in ("before", "after"))
    most = max(64, int(_MAX_WINDOW_S * sample_rate))
    return (
        16 if before is None or not 0 <= before <= most else before,
        16 if after is None or not 1 <= after <= most else after,
    )


def integer(metadata: Mapping[str, Any], name: str) -> int | None:
    """Return a parameter as an integer, or None if it is not there or no integer."""
    return next((found for key in _names(name) if (found := as_int(metadata.get(key))) is not None), None)


def number(metadata: Mapping[str, Any], name: str) -> float | None:
    """Return a parameter as a finite number, or None if it is not there or no number."""
    return next((found for key in _names(name) if (found := as_float(metadata.get(key))) is not None), None)


def sample_type(metadata: Mapping[str, Any]) -> np.dtype[Any] | None:
    """Return the type of a raw sample, int16 where the file does not say; None if it says no type of numbers."""
    name = metadata.get("dtype")
    if not isinstance(name, str) or not name:
        return np.dtype(np.int16)
    try:
        dtype = np.dtype(name)
    except (TypeError, ValueError):  # ValueError: it cannot be written in UTF-8
        return None
    return dtype if dtype.kind in "iuf" else None


def odd_sample_type(metadata: Mapping[str, Any]) -> str | None:
    """Return a sentence where the parameter `dtype` is no text, None where it is text or not there."""
    name = metadata.get("dtype")
    if name is None or isinstance(name, str):
        return None
    return f"The parameter dtype is {on_one_line(name)} and names no type; flat raw files are read as int16."


def plausible_gain(metadata: Mapping[str, Any]) -> float | None:
    """Return the µV of one raw unit, or None where the file does not say or cannot be right.

    Amplifiers in use give 0.001 to 5 µV a bit. klusta's template has 10, which nobody measured.
    """
    gain = number(metadata, "voltage_gain")
    if gain is None:
        return None
    if not _GAIN_RANGE[0] <= gain <= _GAIN_RANGE[1]:
        logger.debug("A voltage_gain of %g is not taken for µV.", gain)
        return None
    return gain


def band_pass(metadata: Mapping[str, Any], sample_rate: float) -> BandPass | None:
    """Return the filter of waveforms: 500 Hz to 0.475 of the sample rate, order 3, unless the file says else.

    None where the file says `waveform_filter` is off.
    """
    if "waveform_filter" in metadata and not integer(metadata, "waveform_filter"):
        return None
    low = number(metadata, "filter_low") or 500.0
    low = low if low >= _LEAST_LOW_HZ else 500.0
    factor = number(metadata, "filter_high_factor")
    high = factor * sample_rate if factor is not None else number(metadata, "filter_high")
    order = integer(metadata, "filter_butter_order") or 3
    order = order if 0 < order <= _MAX_ORDER else 3
    high = 0.475 * sample_rate if high is None or not low < high < sample_rate / 2 else high
    if not 0 < low < high:
        logger.warning("A filter from %g to %g Hz is impossible at %g Hz; waveforms are raw.", low, high, sample_rate)
        return None
    return BandPass(low, high, order, sample_rate)


def _names(name: str) -> tuple[str, ...]:
    return (name, *_OLD_NAMES.get(name, ()))


def other_rates(rates: Mapping[int, float], used: float) -> tuple[str, ...]:
    """Return a sentence for each sample rate of recordings that is not the one used for the data set.

    Parameters
    ----------
    rates : mapping of int to float
        {recording: sample rate in Hz}.
    used : float
        Sample rate of the data set, in Hz.
    """
    others: dict[float, list[str]] = {}
    for recording, rate in rates.items():
        if abs(rate - used) > _SAME_RATE * used:
            others.setdefault(rate, []).append(str(recording))
    sentences = []
    for rate, names in others.items():
        have, them = ("Recording {} has", "it") if len(names) == 1 else ("Recordings {} have", "them")
        sentences.append(
            f"{have.format(', '.join(names))} {rate:g} Hz, but everything is read at {used:g} Hz; "
            f"times in {them} are wrong by as much."
        )
    return tuple(sentences)
