"""Features and masks of the spikes, read from the `.kwx` when asked for."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import LazyArray, is_measured
from napari_phy.core.errors import NapariPhyError
from napari_phy.files.platform_files import is_file
from napari_phy.files.rows import RowFile, RowSource, as_rows
from napari_phy.formats.hdf5.file import H5File, open_h5
from napari_phy.formats.kwik import schema
from napari_phy.formats.kwik.chunks import ChunkedRows, open_rows
from napari_phy.formats.kwik.companions import find_features

logger = logging.getLogger(__name__)

_BLOCK_BYTES = 2**25


@dataclass(frozen=True, slots=True, eq=False)
class FeatureFile:
    """Features and masks of one channel group, and how many features a channel has."""

    features: SpikeTable
    masks: SpikeTable | UnitMasks
    features_masks: SpikeTable
    n_features_per_channel: int

    def close(self) -> None:
        """Release the file."""
        self.features.close()
        self.features_masks.close()


class SpikeTable(LazyArray):
    """Columns of a per-spike table on disk; indexing by slice or spike ids gives float32.

    A second index picks columns: `features[spike_ids, [0, 3]]`.

    Parameters
    ----------
    source : RowSource
        The rows of the file.
    columns : slice
        Those that are used.
    plane : int or None
        0 for features, 1 for masks, None for both.
    order : ndarray of int64 or None
        Rows of the file in ascending time, or None where they are.
    unknown : float, optional
        What the row of a spike is filled with where a feature or mask of it cannot have been measured (masks: a mask).
        None gives all values as the file has them.
    """

    def __init__(
        self,
        source: RowSource,
        columns: slice,
        plane: int | None,
        order: npt.NDArray[np.int64] | None,
        unknown: float | None = None,
    ) -> None:
        self._source = source
        self._columns = columns
        self._plane = plane
        self._order = order
        self._unknown = unknown
        n_columns = len(range(*columns.indices(source.row_shape[0])))
        planes = source.row_shape[1:] if plane is None else ()
        self.shape: tuple[int, ...] = (source.n_rows, n_columns, *planes)

    dtype = np.dtype(np.float32)

    @property
    def has_quick_rows(self) -> bool:
        """Whether the row of a spike is read without others."""
        return isinstance(self._source, RowFile)

    @property
    def stored(self) -> SpikeTable:
        """The same table with all values as the file has them."""
        return SpikeTable(self._source, self._columns, self._plane, self._order)

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        key, picked = key if isinstance(key, tuple) else (key, slice(None))
        rows = as_rows(key, self.shape[0], "Spikes")
        if isinstance(rows, slice) and self._order is not None:
            rows = np.arange(rows.start, rows.stop)
        if not isinstance(rows, slice) and self._order is not None:
            rows = self._order[rows]
        out = self._read(rows, picked)
        return out[0] if np.ndim(key) == 0 and not isinstance(key, slice) else out

    def close(self) -> None:
        """Release the file."""
        self._source.close()

    def _read(self, rows: slice | npt.NDArray[np.int64], picked: Any) -> npt.NDArray[np.float32]:
        row_bytes = max(1, int(np.prod(self._source.row_shape, dtype=np.int64)) * self._source.dtype.itemsize)
        step = max(1, _BLOCK_BYTES // row_bytes)
        if isinstance(rows, slice):
            parts = [
                self._pick(self._source.read(start, min(start + step, rows.stop)), picked)
                for start in range(rows.start, rows.stop, step)
            ]
            return parts[0] if len(parts) == 1 else np.concatenate([self._none(picked), *parts])
        unique, inverse = _unique(rows)
        parts = [
            self._pick(self._source.take(unique[start : start + step]), picked) for start in range(0, len(unique), step)
        ]
        values = parts[0] if len(parts) == 1 else np.concatenate([self._none(picked), *parts])
        return values if inverse is None else values[inverse]

    def _pick(self, raw: npt.NDArray[Any], picked: Any) -> npt.NDArray[np.float32]:
        table = raw if self._plane is None or raw.ndim == 2 else raw[:, :, self._plane]
        values = np.ascontiguousarray(table[:, self._columns][:, picked], dtype=np.float32)
        if self._unknown is not None:
            measured = is_measured((raw if self._plane == 0 else table)[:, self._columns])
            if not measured.all():
                values[~measured] = self._unknown
        return values

    def _none(self, picked: Any) -> npt.NDArray[np.float32]:
        return self._pick(np.empty((0, *self._source.row_shape), dtype=self._source.dtype), picked)


class UnitMasks:
    """Masks of a file that has none: every channel takes part in every spike."""

    dtype = np.dtype(np.float32)

    def __init__(self, n_spikes: int, n_channels: int) -> None:
        self.shape: tuple[int, ...] = (n_spikes, n_channels)

    def __getitem__(self, key: Any) -> npt.NDArray[np.float32]:
        return np.array(np.broadcast_to(np.float32(1), self.shape)[key], dtype=np.float32)


def open_features(
    kwik: Path,
    channel_group: int,
    *,
    n_spikes: int,
    n_channels: int,
    n_per_channel: int | None,
    order: npt.NDArray[np.int64] | None = None,
) -> tuple[FeatureFile | None, str | None]:
    """Open features and masks of a channel group.

    Parameters
    ----------
    kwik : Path
        The `.kwik`; the `.kwx` has its name and folder, or those of what it links to.
    channel_group, n_spikes, n_channels : int
        What the `.kwik` says.
    n_per_channel : int or None
        Features per channel; None takes as many as the table has.
    order : ndarray of int64, optional
        Rows of the file in ascending time, or None where they are.

    Returns
    -------
    features : FeatureFile, optional
        None where there are none.
    problem : str, optional
        One sentence that says why there are none.
    """
    path = find_features(kwik)
    if not is_file(path):
        return None, f"{path.name} is missing: features and similarity are not available."
    try:
        file = open_h5(path)
    except NapariPhyError as error:
        return None, f"{str(error).rstrip('.')}; features and similarity are not available."
    try:
        source, problem = _open_rows(file, kwik.name, channel_group, n_spikes)
    except NapariPhyError as error:
        source, problem = None, str(error)
    if not isinstance(source, ChunkedRows):
        file.close()
    if source is None:
        return None, problem
    n_columns = source.row_shape[0]
    per_channel = n_columns // max(1, n_channels) if n_per_channel is None else n_per_channel
    used = n_channels * per_channel
    if used > n_columns or not per_channel:
        source.close()
        return None, (
            f"{kwik.name}: channel group {channel_group} has {n_channels} channels with {per_channel} features each "
            f"but {path.name} has {n_columns} columns; the .kwx belongs to another sorting."
        )
    if n_columns - used >= max(2, per_channel):  # more than the times that Klusters adds
        source.close()
        return None, (
            f"{kwik.name}: channel group {channel_group} has {n_channels} channels but {path.name} has features of "
            f"{n_columns // per_channel}; correct channel_order, so that features are not taken for those of others."
        )
    both = len(source.row_shape) == 2
    shown = source
    if isinstance(source, ChunkedRows) and source.dtype.kind == "f":
        shown = source.with_gaps(np.nan)
    features = SpikeTable(shown, slice(0, used), 0, order, unknown=np.nan)
    masks = (
        SpikeTable(shown, slice(0, used, per_channel), 1, order, unknown=0) if both else UnitMasks(n_spikes, n_channels)
    )
    return FeatureFile(features, masks, SpikeTable(source, slice(0, used), None, order), per_channel), None


def _open_rows(file: H5File, kwik_name: str, channel_group: int, n_spikes: int) -> tuple[RowSource | None, str | None]:
    path = schema.features_masks_path(channel_group)
    if not file.is_dataset(path):
        return None, f"{file.path.name} has no features of channel group {channel_group}."
    dataset = file.dataset(path)
    shape = tuple(int(size) for size in dataset.shape)
    if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] != 2) or dataset.dtype.kind not in "fiu":
        return None, f"{file.path.name}: {path} has shape {shape} of {dataset.dtype} and cannot be read as features."
    if shape[0] != n_spikes:
        return None, (
            f"{kwik_name}: channel group {channel_group} has {n_spikes} spikes but {file.path.name} has "
            f"{shape[0]} feature rows; the .kwx belongs to another sorting."
        )
    source = open_rows(file, path, "<f4")
    logger.debug("%s: %s is read by %s.", file.path.name, path, type(source).__name__)
    return source, None


def _unique(rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64] | None]:
    if len(rows) < 2 or bool((np.diff(rows) > 0).all()):
        return rows, None
    unique, inverse = np.unique(rows, return_inverse=True)
    return unique, inverse
