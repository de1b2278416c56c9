"""What is true of a sample data set, stored beside it as `<name>.truth.npz`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Which neuron fired when; a unit is a number from 0, `MUA` (-1) or `ARTEFACT` (-2).

    Attributes
    ----------
    event_samples, event_units : Floats and Ints
        (n_events,) every spike that was put into the recording, also those never detected.
    templates : ndarray of float32, shape (n_units, n_samples, n_channels)
        µV, all channels of the file, the unit's trough at `trough_sample`.
    unit_positions : Floats
        (n_units, 3) µm, in the coordinates of the probe; the last is the distance from the sites.
    unit_groups : Ints
        (n_units,) channel group of each unit.
    spike_units : mapping of int to Ints
        {channel group: (n_spikes,) unit of each detected spike}.
    cluster_ids : mapping of int to Ints
        {channel group: (n_clusters,)}.
    cluster_units : mapping of int to ndarray of bool
        {channel group: (n_clusters, n_units) bool, the units of which a cluster holds spikes}.
    """

    event_samples: Floats
    event_units: Ints
    templates: npt.NDArray[np.float32]
    trough_sample: int
    unit_positions: Floats
    unit_groups: Ints
    spike_units: Mapping[int, Ints]
    cluster_ids: Mapping[int, Ints]
    cluster_units: Mapping[int, npt.NDArray[np.bool_]]

    def units_of(self, channel_group: int, cluster_id: int) -> tuple[int, ...]:
        """Return the units of which a cluster holds spikes; none for MUA and artefacts."""
        row = self.cluster_ids[channel_group].tolist().index(cluster_id)
        return tuple(np.flatnonzero(self.cluster_units[channel_group][row]).tolist())


def truth_path(kwik_path: Path) -> Path:
    """Return where the truth of a data set is."""
    return kwik_path.with_suffix(".truth.npz")


def write_truth(path: Path, truth: Truth) -> None:
    """Write it as plain arrays."""
    arrays: dict[str, npt.NDArray[Any]] = {
        "event_samples": truth.event_samples,
        "event_units": truth.event_units,
        "templates": truth.templates,
        "trough_sample": np.array(truth.trough_sample),
        "unit_positions": truth.unit_positions,
        "unit_groups": truth.unit_groups,
        "channel_groups": np.array(sorted(truth.spike_units)),
    }
    for group in truth.spike_units:
        arrays[f"spike_units_{group}"] = truth.spike_units[group]
        arrays[f"cluster_ids_{group}"] = truth.cluster_ids[group]
        arrays[f"cluster_units_{group}"] = truth.cluster_units[group]
    np.savez(path, allow_pickle=False, **arrays)


def read_truth(path: Path) -> Truth:
    """Read what `write_truth` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        groups = arrays["channel_groups"].tolist()
        return Truth(
            event_samples=arrays["event_samples"],
            event_units=arrays["event_units"],
            templates=arrays["templates"],
            trough_sample=int(arrays["trough_sample"]),
            unit_positions=arrays["unit_positions"],
            unit_groups=arrays["unit_groups"],
            spike_units={group: arrays[f"spike_units_{group}"] for group in groups},
            cluster_ids={group: arrays[f"cluster_ids_{group}"] for group in groups},
            cluster_units={group: arrays[f"cluster_units_{group}"] for group in groups},
        )
