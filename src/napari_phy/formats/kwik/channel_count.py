"""Whether flat raw files have another number of channels than the `.kwik` says, where any number divides their size."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import NapariPhyError
from napari_phy.formats.kwik.raw_files import RawData
from napari_phy.formats.kwik.recordings import RawPart, Timeline
from napari_phy.formats.kwik.spike_proof import prove_spikes
from napari_phy.formats.kwik.traces import JoinedTraces

_EARLY = 0.75  # of a raw file: where its spikes end, that is odd
_LEAST_SPIKES = 20  # that say so
_N_SPIKES, _N_RECORDINGS = 100, 3  # that are compared with the raw data


def odd_channel_count(
    path: Path,
    timeline: Timeline,
    traces: JoinedTraces,
    spike_samples: npt.NDArray[np.int64],
    channels: npt.NDArray[np.int64],
    metadata: Mapping[str, Any],
    sample_rate: float,
) -> str | None:
    """Return a sentence where the raw files show another number of channels, else None.

    They do where the voltage at spikes is no higher than at random times, and either one other number makes all files
    as long as the `.kwik` says, or all spikes end early in their files.

    Parameters
    ----------
    path : Path
        The `.kwik`.
    timeline : Timeline
        The recordings of the `.kwik`.
    traces : JoinedTraces
        Their raw data, as many channels as the `.kwik` says.
    spike_samples : ndarray of int64, shape (n_spikes,)
        On the line, ascending.
    channels : ndarray of int64, shape (n_channels,)
        Columns of the traces.
    metadata : mapping of str to object
        Parameters of the `.kwik`.
    sample_rate : float
        In Hz.
    """
    files = {part: part.found for part in timeline.raw_parts if part.found is not None and part.found.node is None}
    if not files:
        return None
    n_channels, name = traces.shape[1], next(iter(files.values())).path.name
    fitting, early = _fitting(files, n_channels), _early_end(files)
    if (fitting is None and early is None) or len(spike_samples) < _LEAST_SPIKES:
        return None
    places = traces.places_of(spike_samples)
    some = spike_samples[np.isin(places, np.unique(places)[:_N_RECORDINGS])]
    try:
        proofs = prove_spikes(traces, some, channels, metadata, sample_rate, _N_SPIKES).values()
    except (NapariPhyError, OSError):  # whoever reads it reports it
        return None
    if not proofs or not all(proof.fails for proof in proofs):
        return None
    then = f"correct n_channels in the parameters of {path.name}, or use other raw files"
    if fitting is not None:
        has_not = f"{name} has not the length that {path.name} says with {n_channels} channels, but has it with"
        return f"{has_not} {fitting}; {then}."
    assert early is not None
    end_s, length_s = early[0] / sample_rate, early[1] / sample_rate
    return (
        f"{name} is {length_s:.1f} s long with {n_channels} channels, but its spikes end at {end_s:.1f} s and the "
        f"voltage at them is no higher than elsewhere: its channels may be more; {then}."
    )


def _fitting(files: Mapping[RawPart, RawData], n_channels: int) -> int | None:
    """Return the number of channels with which all files are as long as stated; None where `n_channels` may be it."""
    found = set()
    for part, raw in files.items():
        if part.n_told:
            n_values = raw.n_rows * n_channels + raw.n_spare_bytes // raw.dtype.itemsize
            found.add(n_values // part.n_told if n_values % part.n_told == 0 else 0)
    fitting = found.pop() if len(found) == 1 else 0
    return fitting if fitting not in (0, n_channels) else None


def _early_end(files: Mapping[RawPart, RawData]) -> tuple[int, int] | None:
    """Return where spikes end in the first file that has any, and how long it is, if they end early in all files."""
    ends: dict[Path, tuple[int, int]] = {}
    for part, raw in files.items():
        if part.n_rows:
            end = max(part.first_row + part.n_rows, ends.get(raw.path, (0, 0))[0])
            ends[raw.path] = end, raw.n_rows
    if not all(end < _EARLY * length for end, length in ends.values()):
        return None
    return next(iter(ends.values()), None)
