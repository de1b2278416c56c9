"""How large single spikes are, by one of several measures; what was read from raw data is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.core.spike_columns import UNKNOWN_CHANNEL
from napari_phy.stats.spike_measures import MEASURES, Measure
from napari_phy.storage.spike_peaks import spike_peaks
from napari_phy.table.session_like import SessionLike
from napari_phy.views.spike_shapes import MEASURE_NAMES, count_unmeasured, measure_unit, spike_shapes

OF_SORTER = "amplitude"  # of `spike_values`
Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpikeNumber:
    """Another number of each spike that the data set has.

    Attributes
    ----------
    name : str
        What it is called in `spike_values` of the model.
    """

    name: str


Kind = Literal["peak to peak", "feature", "sorter"] | Measure | SpikeNumber


def amplitude_kinds(session: SessionLike) -> tuple[Kind, ...]:
    """Return the measures that the data set has, the best first; () without raw data and features."""
    model = session.model
    has_raw, has_features = model.waveforms is not None, model.features is not None and model.masks is not None
    has: dict[Kind, bool] = {"peak to peak": has_raw, "feature": has_features}
    has["sorter"] = OF_SORTER in model.spike_values
    has |= dict.fromkeys(MEASURES, has_raw and has_features)
    has |= {SpikeNumber(name): True for name in model.spike_values if name != OF_SORTER}
    return tuple(kind for kind in has if has[kind])


def amplitude_unit(session: SessionLike, kind: Kind) -> str:
    """Return "µV", "a.u.", "features" or "of the sorter"; "ms" and "µV/ms" of shapes."""
    if isinstance(kind, SpikeNumber):
        return "of the sorter"
    if kind in MEASURES:
        return measure_unit(cast(Measure, kind), session.model.unit)
    return {"peak to peak": session.model.unit, "sorter": "of the sorter"}.get(kind, "features")


def amplitude_name(kind: Kind) -> str:
    """Return what an axis calls it: "amplitude", or the name of a measure or number."""
    return kind.name if isinstance(kind, SpikeNumber) else MEASURE_NAMES.get(cast(Measure, kind), "amplitude")


def spike_amplitudes(
    session: SessionLike, kind: Kind, spike_ids: npt.NDArray[np.int64], on_progress: OnProgress = no_progress
) -> Float32:
    """Return (n,) amplitudes of some spikes, nan where raw data of a spike are missing.

    "peak to peak": max − min of the waveform × mask on the channel where that is largest, in the unit of the model;
    where all masks are 0, without them. "feature": largest |first feature| × mask of all channels. Measures of the
    waveform: their size on the channel where the spike is largest. "sorter" and numbers: as the data set has them.

    Raises
    ------
    MissingDataError
        There are no raw data, or no features.
    """
    if kind == "feature":
        return session.columns.get(on_progress).amplitudes[spike_ids]
    if kind == "sorter" or isinstance(kind, SpikeNumber):
        name = kind.name if isinstance(kind, SpikeNumber) else OF_SORTER
        return np.asarray(session.model.spike_values[name][spike_ids], dtype=np.float32)
    if kind in MEASURES:
        channels = _own_channels(session, spike_ids, part_of(on_progress, 0, 0.2))
        found = spike_shapes(session, cast(Measure, kind), spike_ids, channels, part_of(on_progress, 0.2, 1))
        return np.abs(found).astype(np.float32)
    return spike_peaks(session.model).get(spike_ids, on_progress)


def count_unread(session: SessionLike, kind: Kind, spike_ids: npt.NDArray[np.int64]) -> int:
    """Return how many of some spikes must be read from raw data for their amplitude."""
    if kind in ("feature", "sorter") or isinstance(kind, SpikeNumber) or session.model.waveforms is None:
        return 0
    if kind in MEASURES:
        return count_unmeasured(session, spike_ids, _own_channels(session, spike_ids))
    return spike_peaks(session.model).count_unread(spike_ids)


def _own_channels(
    session: SessionLike, spike_ids: npt.NDArray[np.int64], on_progress: OnProgress = no_progress
) -> npt.NDArray[np.int64]:
    """Return the channel where each spike is largest, −1 for none."""
    channels = session.columns.get(on_progress).channels[spike_ids].astype(np.int64)
    return np.where(channels == UNKNOWN_CHANNEL, -1, channels)


def no_amplitudes(session: SessionLike) -> MissingDataError:
    """Return the error that says why there is no amplitude at all, the reasons in the words of the model."""
    words = [sentence for sentence in session.model.missing if "features" in sentence or "aveforms" in sentence]
    return MissingDataError(" ".join(["Amplitudes need raw data or features.", *words]))
