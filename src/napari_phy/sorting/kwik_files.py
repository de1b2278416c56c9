"""Writes detected spikes as a new Kwik data set beside their raw data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from napari_phy.formats.hdf5.file import open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.create import KwikGroup, create_kwik
from napari_phy.formats.kwik.traces import JoinedTraces
from napari_phy.sorting.detection import DetectedSpikes
from napari_phy.sorting.traces import RawTraces

SUFFIXES = (".kwx", ".kwik")  # the .kwik is what one opens: it appears last
_FRACTIONS = 255
_BLOCK_BYTES = 2**22
_SHARED = ("n_features_per_channel",)  # parameters that follow from what is written


def suffixes_of(traces: RawTraces) -> tuple[str, ...]:
    """Return the suffixes of the files to write: a `.dat` too, for traces that are in no file."""
    return SUFFIXES if isinstance(traces.traces, JoinedTraces) else (".dat", *SUFFIXES)


def write_detected(
    path: Path,
    folder: Path,
    traces: RawTraces,
    groups: Mapping[int, DetectedSpikes],
    parameters: Mapping[str, Any],
    clustering_parameters: Mapping[str, Any],
) -> None:
    """Write a `.kwik` and the files beside it.

    Parameters
    ----------
    path : Path
        The `.kwik` to make.
    folder : Path
        Where it will be in the end: raw files in it are named without their folder.
    traces : RawTraces
        The raw traces.
    groups : mapping of int to DetectedSpikes
        {channel group: its spikes}; those that were not clustered are of cluster 0.
    parameters : mapping of str to object
        Those of detection.
    clustering_parameters : mapping of str to object
        Those of clustering, for programs that cluster the spikes.
    """
    kept = {name: "" if value is None else value for name, value in parameters.items() if name not in _SHARED}
    create_kwik(
        path,
        sample_rate=traces.sample_rate,
        recordings=traces.recordings,
        dat_path=_raw_names(path, folder, traces),
        dtype=traces.traces.dtype,
        n_channels_total=traces.traces.shape[1],
        microvolts_per_unit=traces.microvolts_per_unit,
        groups={number: _group(found) for number, found in groups.items()},
        parameters={name: int(value) if isinstance(value, bool) else value for name, value in kept.items()},
        pads_numbers=True,
    )
    if clustering_parameters:
        with open_h5(path, "r+") as kwik:
            for name, value in clustering_parameters.items():
                kwik.write_attr(schema.CLUSTERING_PARAMETERS, name, value)


def _group(found: DetectedSpikes) -> KwikGroup:
    whole = np.floor(found.samples)
    clusters = found.spike_clusters
    return KwikGroup(
        probe=found.probe,
        spike_samples=whole.astype(np.int64),
        spike_clusters=np.zeros(found.n_spikes, dtype=np.int32) if clusters is None else clusters,
        features=found.features,
        masks=found.masks,
        cluster_groups={} if clusters is None else {0: "noise", 1: "mua"},
        time_fractional=np.floor((found.samples - whole) * _FRACTIONS).astype(np.uint8),
    )


def _raw_names(path: Path, folder: Path, traces: RawTraces) -> list[str]:
    if not isinstance(traces.traces, JoinedTraces):
        _write_dat(path.with_suffix(".dat"), traces)
        return [f"{path.stem}.dat"]
    names = []
    for segment in traces.traces.segments:
        assert segment.raw is not None
        file = segment.raw.path.absolute()
        name = file.name if file.parent.resolve() == folder.resolve() else str(file)
        names.append(name + (segment.raw.node or "").removesuffix("/data"))
    return names if len(set(names)) > 1 else names[:1]


def _write_dat(path: Path, traces: RawTraces) -> None:
    n_samples, n_channels = traces.traces.shape
    step = max(1, _BLOCK_BYTES // (n_channels * traces.traces.dtype.itemsize))
    with path.open("xb") as file:
        for start in range(0, n_samples, step):
            file.write(np.ascontiguousarray(traces.traces[start : start + step]).data)
