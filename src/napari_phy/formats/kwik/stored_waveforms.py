"""Waveforms that a `.kwx` holds itself, as SpikeDetekt2 and Open Ephys wrote them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import LazyArray, zero_unmeasured
from napari_phy.core.errors import NapariPhyError
from napari_phy.files.rows import RowSource
from napari_phy.formats.hdf5.file import H5File
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.chunks import ChunkedRows, open_rows
from napari_phy.formats.kwik.windows import in_order, sorted_ids

RAW, FILTERED = "waveforms_raw", "waveforms_filtered"


class StoredWaveforms(LazyArray):
    """`(n_spikes, n_samples, n_channels)` float32; indexing by slice or spike ids reads those.

    Parameters
    ----------
    source : RowSource
        Rows of the file.
    order : ndarray of int64 or None
        Rows in ascending time, or None where they are.
    gain : float or None
        Units of one raw unit; floats that cannot have been measured are 0. None gives all values as the file has them.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, source: RowSource, order: npt.NDArray[np.int64] | None, gain: float | None) -> None:
        self.shape: tuple[int, ...] = (source.n_rows, *source.row_shape)
        self._source = source
        self._order = order
        self._gain = gain

    def __getitem__(self, spike_ids: Any) -> npt.NDArray[np.float32]:
        ids, order = sorted_ids(spike_ids, self.shape[0])
        if self._order is None:
            values = self._source.take(ids)
        else:
            rows, places = np.unique(self._order[ids], return_inverse=True)
            values = self._source.take(rows)[places]
        if self._gain is not None:
            values = np.multiply(zero_unmeasured(values), np.float32(self._gain), dtype=np.float32)
        return in_order(values.astype(np.float32, copy=False), order, spike_ids)

    @property
    def file_dtype(self) -> np.dtype[Any]:
        """Type of a value in the file."""
        return self._source.dtype

    @property
    def needs_file(self) -> bool:
        """Whether the rows are read through the open file."""
        return isinstance(self._source, ChunkedRows)

    def close(self) -> None:
        """Release the file."""
        self._source.close()


def open_waveforms(
    file: H5File,
    channel_group: int,
    shape: tuple[int, int],
    order: npt.NDArray[np.int64] | None,
    gain: float | None,
    name: str = FILTERED,
) -> StoredWaveforms | None:
    """Open the waveforms of a channel group; None where there are none of that many spikes and channels.

    Parameters
    ----------
    file : H5File
        Open `.kwx`; needed on if something is returned.
    channel_group : int
        Channel group in the `.kwx`.
    shape : tuple of int
        Number of spikes and of channels.
    order : ndarray of int64 or None
        As for `StoredWaveforms`.
    gain : float or None
        As for `StoredWaveforms`.
    name : str, default FILTERED
        "waveforms_filtered" or "waveforms_raw".
    """
    path = f"{schema.group_path(channel_group)}/{name}"
    try:
        if not file.is_dataset(path):
            return None
        dataset = file.dataset(path)
        if dataset.ndim != 3 or (dataset.shape[0], dataset.shape[2]) != shape or dataset.dtype.kind not in "iuf":
            return None
        return StoredWaveforms(open_rows(file, path), order, gain) if dataset.shape[1] else None
    except NapariPhyError:
        return None
