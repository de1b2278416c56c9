"""How large single spikes are, by one of several measures; what was read from raw data is kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import read_pairs, required, rows_at_once

Kind = Literal["peak to peak", "feature"]
Float32 = npt.NDArray[np.float32]

STEP_BYTES = 2**23  # of waveforms, that are read between two reports


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of a model: (n_spikes,) peak to peak, nan where it was not, and which spikes were asked for."""

    values: Float32
    is_read: npt.NDArray[np.bool_]


_known: WeakKeyDictionary[BaseModel, _Known] = WeakKeyDictionary()
_lock = threading.Lock()


def amplitude_kinds(session: SessionLike) -> tuple[Kind, ...]:
    """Return the measures that the data set has, the best first; () without raw data and features."""
    model = session.model
    has: dict[Kind, bool] = {
        "peak to peak": model.waveforms is not None,
        "feature": model.features is not None and model.masks is not None,
    }
    return tuple(kind for kind in has if has[kind])


def amplitude_unit(session: SessionLike, kind: Kind) -> str:
    """Return "µV", "a.u." or "features"."""
    return session.model.unit if kind == "peak to peak" else "features"


def spike_amplitudes(
    session: SessionLike, kind: Kind, spike_ids: npt.NDArray[np.int64], on_progress: OnProgress = no_progress
) -> Float32:
    """Return (n,) amplitudes of some spikes, nan where raw data of a spike are missing.

    "peak to peak": max − min of the waveform × mask on the channel where that is largest, in the unit of the model;
    where all masks are 0, without them. "feature": largest |first feature| × mask of all channels.

    Raises MissingDataError without raw data, or features.
    """
    if kind == "feature":
        return session.columns.get(on_progress).amplitudes[spike_ids]
    known = _known_of(session.model)
    wanted = np.unique(spike_ids[~known.is_read[spike_ids]])
    _read(session.model, known, wanted, on_progress)
    return known.values[spike_ids]


def count_unread(session: SessionLike, kind: Kind, spike_ids: npt.NDArray[np.int64]) -> int:
    """Return how many of some spikes must be read from raw data for their amplitude."""
    if kind == "feature" or session.model.waveforms is None:
        return 0
    return int(np.count_nonzero(~_known_of(session.model).is_read[spike_ids]))


def no_amplitudes(session: SessionLike) -> MissingDataError:
    """Return the error that says why there is no amplitude at all, the reasons in the words of the model."""
    words = [sentence for sentence in session.model.missing if "features" in sentence or "aveforms" in sentence]
    return MissingDataError(" ".join(["Amplitudes need raw data or features.", *words]))


def _known_of(model: BaseModel) -> _Known:
    with _lock:
        known = _known.get(model)
        if known is None:
            values = np.full(model.n_spikes, np.nan, dtype=np.float32)
            known = _known[model] = _Known(values, np.zeros(model.n_spikes, dtype=np.bool_))
        return known


def _read(model: BaseModel, known: _Known, spike_ids: npt.NDArray[np.int64], on_progress: OnProgress) -> None:
    """Read ascending spikes, some at a time; those that were read when `on_progress` ends it stay known."""
    rows = required(model.waveforms, model, "waveforms")
    step = rows_at_once(rows, STEP_BYTES)
    for start in range(0, len(spike_ids), step):
        on_progress(start / len(spike_ids))
        some = spike_ids[start : start + step]
        there = rows.with_data(some) if hasattr(rows, "with_data") else some
        if len(there):
            masks = None if model.masks is None else model.masks[there]
            of_some = part_of(on_progress, start / len(spike_ids), (start + len(some)) / len(spike_ids))
            known.values[there] = _peak_to_peak(rows, there, masks, of_some)
        known.is_read[some] = True


def _peak_to_peak(
    rows: SpikeRows, spike_ids: npt.NDArray[np.int64], masks: Float32 | None, on_progress: OnProgress
) -> Float32:
    """Read the channels on which each spike takes part, or all of one that takes part nowhere."""
    if masks is None:
        masks = np.ones((len(spike_ids), rows.shape[-1]), dtype=np.float32)
    masks = np.where((masks > 0).any(axis=1, keepdims=True), masks, 1)
    spike, channel = np.nonzero(masks > 0)
    waveforms = read_pairs(rows, spike_ids[spike], channel, on_progress)
    spans = (waveforms.max(axis=1) - waveforms.min(axis=1)) * masks[spike, channel]
    return np.asarray(np.maximum.reduceat(spans, np.searchsorted(spike, np.arange(len(spike_ids)))), dtype=np.float32)
