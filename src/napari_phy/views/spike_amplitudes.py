"""How large single spikes are, by one of several measures; what was read from raw data is kept."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.storage.spike_peaks import spike_peaks
from napari_phy.table.session_like import SessionLike

Kind = Literal["peak to peak", "feature"]
Float32 = npt.NDArray[np.float32]


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

    Raises
    ------
    MissingDataError
        There are no raw data, or no features.
    """
    if kind == "feature":
        return session.columns.get(on_progress).amplitudes[spike_ids]
    return spike_peaks(session.model).get(spike_ids, on_progress)


def count_unread(session: SessionLike, kind: Kind, spike_ids: npt.NDArray[np.int64]) -> int:
    """Return how many of some spikes must be read from raw data for their amplitude."""
    if kind == "feature" or session.model.waveforms is None:
        return 0
    return spike_peaks(session.model).count_unread(spike_ids)


def no_amplitudes(session: SessionLike) -> MissingDataError:
    """Return the error that says why there is no amplitude at all, the reasons in the words of the model."""
    words = [sentence for sentence in session.model.missing if "features" in sentence or "aveforms" in sentence]
    return MissingDataError(" ".join(["Amplitudes need raw data or features.", *words]))
