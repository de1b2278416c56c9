"""The order of the spikes: ascending in time for the program, as written in the file."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError
from napari_phy.io.h5 import H5File
from napari_phy.io.kwik import schema


def read_times(file: H5File, channel_group: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return samples within their recording and recording ids, `(n_spikes,)` each, in the file's order."""
    path = schema.spikes_path(channel_group, "time_samples")
    if not file.has(path):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    samples = file.read(path).astype(np.int64)
    path = schema.spikes_path(channel_group, "recording")
    recordings = file.read(path).astype(np.int64) if file.has(path) else np.zeros(len(samples), dtype=np.int64)
    if samples.ndim != 1 or recordings.shape != samples.shape:
        raise KwikFormatError(
            f"{file.path.name}: channel group {channel_group} has {len(samples)} spike times "
            f"but {len(recordings)} recording numbers."
        )
    return samples, recordings


def ascending_order(samples: npt.NDArray[np.int64], recordings: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | None:
    """Return the rows of the file in the order of time, or None where they already are.

    Ties keep the file's order. It depends on the `.kwik` alone, so that reading and saving agree
    whether or not the raw data are there.
    """
    if len(samples) < 2:
        return None
    earlier, later = slice(None, -1), slice(1, None)
    same = recordings[later] == recordings[earlier]
    ascending = (recordings[later] > recordings[earlier]) | (same & (samples[later] >= samples[earlier]))
    return None if ascending.all() else np.lexsort((samples, recordings))


def to_program(values: npt.NDArray[Any], order: npt.NDArray[np.int64] | None) -> npt.NDArray[Any]:
    """Return per-spike values of the file in ascending time."""
    return values if order is None else values[order]


def to_file(values: npt.NDArray[Any], order: npt.NDArray[np.int64] | None) -> npt.NDArray[Any]:
    """Return per-spike values in ascending time in the file's order."""
    if order is None:
        return values
    out = np.empty_like(values)
    out[order] = values
    return out
