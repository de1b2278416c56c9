"""Numbers of single spikes that a folder has besides times and clusters: `spike_<name>.npy`, amplitudes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import KwikFormatError
from napari_phy.formats.kwik.windows import in_order, sorted_ids
from napari_phy.formats.phy.arrays import NpyArray, is_one_row

AMPLITUDES = "amplitudes.npy"
_KNOWN = {"clusters", "templates", "samples", "times", "times_reordered", "amplitudes"}
_MOST_COLUMNS = 8
_MOST_FILES = 64
_STEM = "spike_"


@dataclass(frozen=True, slots=True, eq=False)
class SpikeValues:
    """`(n_spikes,)` float32, nan where a number is none; indexing by slice or spike ids reads those.

    Attributes
    ----------
    stored : NpyArray
        (n_spikes, n_columns), in the order of the file.
    column : int
        Which column.
    order : ndarray of int64 or None
        Row of the file of each spike, None where they are in the order of time.
    """

    stored: NpyArray
    column: int
    order: npt.NDArray[np.int64] | None

    @property
    def shape(self) -> tuple[int, ...]:
        """(n_spikes,)."""
        return self.stored.shape[:1]

    def __getitem__(self, spike_ids: Any) -> npt.NDArray[np.float32]:
        ids, places = sorted_ids(spike_ids, self.stored.shape[0])
        rows, back = (ids, None) if self.order is None else np.unique(self.order[ids], return_inverse=True)
        values = self.stored.take(rows)[:, self.column].astype(np.float32)
        values[~np.isfinite(values)] = np.nan
        return in_order(values if back is None else values[back], places, spike_ids)


def columns_of(
    stored: NpyArray, name: str, n_spikes: int, order: npt.NDArray[np.int64] | None
) -> dict[str, SpikeValues]:
    """Return {name of a column: its values}; of an array with several columns, `name 0`, `name 1` and so on.

    Raises
    ------
    KwikFormatError
        It does not have a row for each spike, or has too many columns.
    """
    size = math.prod(stored.shape)
    if is_one_row(stored.shape):
        stored = replace(stored, shape=(size, 1), is_by_column=False)
    if stored.shape[0] != n_spikes:
        raise KwikFormatError(
            f"{stored.path.name} has {stored.shape[0]} values, but there are {n_spikes} spikes; it is of another "
            "sorting."
        )
    if len(stored.shape) != 2 or stored.shape[1] > _MOST_COLUMNS:
        raise KwikFormatError(f"{stored.path.name} has shape {stored.shape}; it should be one number a spike.")
    names = [name] if stored.shape[1] == 1 else [f"{name} {column}" for column in range(stored.shape[1])]
    return {title: SpikeValues(stored, column, order) for column, title in enumerate(names)}


def value_files(folder: Path) -> Mapping[str, Path]:
    """Return {name: file} of `spike_<name>.npy` that phy takes for numbers of spikes."""
    found = sorted(folder.glob(f"{_STEM}*.npy"))[:_MOST_FILES]
    return MappingProxyType({name: file for name, file in _named(found) if name not in _KNOWN})


def _named(files: list[Path]) -> Iterator[tuple[str, Path]]:
    return ((file.stem.removeprefix(_STEM), file) for file in files)
