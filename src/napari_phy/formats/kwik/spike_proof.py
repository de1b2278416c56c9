"""Whether spikes are where the raw data have them: the voltage at spikes against that at random times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.formats import parameters
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.formats.kwik.waveforms import Waveforms

N_RANDOM = 200
_PEAK_S = 0.00025  # around the sample of a spike
_LEAST_SHARE = 0.65
_LEAST_SPIKES = 10


@dataclass(frozen=True, slots=True)
class SpikeProof:
    """What one recording shows.

    Attributes
    ----------
    n_spikes : int
        How many spikes were looked at.
    at_spikes, at_random : float
        Mean height of the voltage there, in raw units.
    share : float
        How often a spike is higher than a random time, 0…1; 0.5 is chance.
    """

    n_spikes: int
    at_spikes: float
    at_random: float
    share: float

    @property
    def fails(self) -> bool:
        """Whether there are enough spikes, and they are hardly higher than random times."""
        return self.n_spikes >= _LEAST_SPIKES and self.share < _LEAST_SHARE


def prove_spikes(
    traces: JoinedTraces,
    spike_samples: npt.NDArray[np.int64],
    channels: npt.NDArray[np.int64],
    metadata: Mapping[str, Any],
    sample_rate: float,
    n_spikes: int,
    channels_of: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]] | None = None,
) -> dict[int, SpikeProof]:
    """Return {place of a recording in the traces: what it shows}; recordings without raw data or spikes are left out.

    The height of a waveform is the largest filtered voltage close to the sample of the spike, or the whole range of the
    waveform where that tells more. Random times are the same at every call.

    Parameters
    ----------
    traces : JoinedTraces
        Traces of all recordings.
    spike_samples : ndarray of int64, shape (n,)
        On their line, ascending.
    channels : ndarray of int64, shape (n_channels,)
        Columns of the traces.
    metadata : mapping of str to object
        Parameters of the `.kwik`: the filter and the length of a waveform.
    sample_rate : float
        In Hz.
    n_spikes : int
        At most so many are looked at in each recording.
    channels_of : callable, optional
        Returns the place in `channels` of the channel that shows each of some spikes, by their rows; None takes the
        channel on which the height is largest.
    """
    before, after = parameters.window(metadata, sample_rate)
    band = parameters.band_pass({**metadata, "waveform_filter": 1}, sample_rate)
    context = 0 if band is None else band.n_context  # nearer to the ends each spike would be filtered by itself
    places = traces.places_of(spike_samples)
    found: dict[int, SpikeProof] = {}
    for place in np.unique(places).tolist() if len(channels) else []:
        segment = traces.segments[place]
        first, stop = segment.start_sample + before + context, segment.stop_sample - after - context
        rows = np.flatnonzero((places == place) & (spike_samples >= first) & (spike_samples < stop))
        if segment.raw is None or not len(rows):
            continue
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, n_spikes).astype(np.int64))]
        rng = np.random.default_rng(0)
        random = np.sort(rng.integers(first, stop, N_RANDOM))
        on = None if channels_of is None else channels_of(rows)
        at_spikes, at_random = (
            _heights(Waveforms(traces, times, channels, before=before, after=after, band=band), some, sample_rate)
            for times, some in (
                (spike_samples[rows], on),
                (random, None if on is None else rng.permutation(np.resize(on, N_RANDOM))),
            )
        )
        share, kind = max((_share(at_spikes[kind], at_random[kind]), kind) for kind in range(2))
        found[place] = SpikeProof(len(rows), float(at_spikes[kind].mean()), float(at_random[kind].mean()), share)
    return found


def _heights(
    waveforms: Waveforms, channels: npt.NDArray[np.int64] | None, sample_rate: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return (n,) largest voltage close to the middle, and range of the whole waveform."""
    with np.errstate(all="ignore"):  # raw data that are not numbers are reported elsewhere
        if channels is None:
            voltage = waveforms[:]
        else:
            voltage = waveforms.pairs(np.arange(len(channels)), channels)[:, :, None]
        voltage = np.nan_to_num(voltage)
        if waveforms.band is None:
            voltage = voltage - np.median(voltage, axis=1, keepdims=True)
        near = max(1, round(_PEAK_S * sample_rate))
        middle = voltage[:, max(0, waveforms.before - near) : waveforms.before + near + 1]
        return np.abs(middle).max(axis=(1, 2)), np.ptp(voltage, axis=1).max(axis=1)


def _share(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    """Return how often a value of the first is above one of the second; equal ones count half."""
    ordered = np.sort(other)
    below = np.searchsorted(ordered, one, "left") + np.searchsorted(ordered, one, "right")
    return float(below.mean() / 2 / len(ordered))
