"""Rows of a table most of whose values are 0, and the tables that a feature store is built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import SpikeRows
from napari_phy.core.errors import FeatureStoreError

Float32 = npt.NDArray[np.float32]
Rows = slice | npt.NDArray[np.int64]

MOST_SPIKES = 2**32 - 1  # ids on disk are uint32


@dataclass(frozen=True, slots=True, eq=False)
class SparseRows:
    """Some rows, of which only values are here that are not 0.

    Attributes
    ----------
    starts : ndarray of int64, shape (n_rows + 1,)
        Where the values of each row begin.
    columns : ndarray of uint32, shape (n_values,)
        Column of each value, ascending within a row.
    values : ndarray of float32, shape (n_values,)
        None of them is +0.
    absent : ndarray of bool, shape (n_rows,)
        Rows that have no data: they read as what the table is filled with, and have no values here.
    """

    starts: npt.NDArray[np.int64]
    columns: npt.NDArray[np.uint32]
    values: Float32
    absent: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.absent)

    def __getitem__(self, some: slice) -> SparseRows:
        start, stop, _ = some.indices(len(self))
        starts = self.starts[start : stop + 1]
        values = slice(int(starts[0]), int(starts[-1]))
        return SparseRows(starts - starts[0], self.columns[values], self.values[values], self.absent[start:stop])

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """(n_rows,) values of each row."""
        return np.diff(self.starts)

    def dense(self, n_columns: int, fill: Float32) -> Float32:
        """Return (n_rows, n_columns); `fill` has a value of each column for rows that have no data."""
        out = np.zeros((len(self), n_columns), dtype=np.float32)
        out[np.repeat(np.arange(len(self)), self.counts), self.columns] = self.values
        out[self.absent] = fill
        return out

    @classmethod
    def of(cls, table: Float32, fill: Float32) -> SparseRows:
        """Return the rows of a table (n_rows, n_columns); those that are `fill` throughout have no data."""
        bits = np.ascontiguousarray(table, dtype=np.float32).view(np.uint32)
        absent = np.zeros(len(bits), dtype=np.bool_)
        if np.isnan(fill).any():
            absent = (bits == fill.view(np.uint32)).all(axis=1)
        is_value = (bits != 0) & ~absent[:, None]  # −0 is one, too
        rows, columns = np.nonzero(is_value)
        starts = np.searchsorted(rows, np.arange(len(bits) + 1))
        return cls(starts, columns.astype(np.uint32), bits[rows, columns].view(np.float32), absent)


@runtime_checkable
class FeatureSource(Protocol):
    """What a feature store is built from."""

    @property
    def shape(self) -> tuple[int, int]:
        """Spikes and columns."""
        ...

    @property
    def fill(self) -> Float32:
        """(n_columns,) what a spike without data reads as."""
        ...

    def dense(self, rows: Rows) -> Float32:
        """Return (n, n_columns) of a slice of spikes, or of ascending ones."""
        ...

    def sparse(self, rows: Rows) -> SparseRows:
        """Return the same without what is 0."""
        ...


class DenseSource:
    """Tables with a row for each spike side by side, such as features and masks.

    Parameters
    ----------
    tables : sequence of SpikeRows
        Each (n_spikes, n_columns of it).
    fills : sequence of float
        What a spike without data reads as in each of them.
    """

    def __init__(self, tables: Sequence[SpikeRows], fills: Sequence[float]) -> None:
        self._tables = tables
        widths = [table.shape[1] for table in tables]
        self.shape = (tables[0].shape[0], sum(widths))
        self.fill = np.repeat(np.array(fills, dtype=np.float32), widths)

    def dense(self, rows: Rows) -> Float32:
        """Return (n, n_columns) of a slice of spikes, or of ascending ones."""
        return np.concatenate([np.asarray(table[rows], dtype=np.float32) for table in self._tables], axis=1)

    def sparse(self, rows: Rows) -> SparseRows:
        """Return the same without what is 0."""
        return SparseRows.of(self.dense(rows), self.fill)


class CsrSource:
    """Arrays of a sparse table by rows, as SciPy has them; they may be memory maps.

    Parameters
    ----------
    starts : array_like, shape (n_spikes + 1,)
        Where the values of each spike begin (`indptr`).
    columns : array_like, shape (n_values,)
        Column of each value (`indices`), each once in a row.
    values : array_like, shape (n_values,)
        Numbers (`data`), stored as float32.
    n_columns : int
        Columns of the table.

    Raises
    ------
    FeatureStoreError
        The arrays do not fit each other.
    """

    def __init__(self, starts: Any, columns: Any, values: Any, n_columns: int) -> None:
        self._starts, self._columns, self._values = starts, columns, values
        self.shape = (len(starts) - 1, int(n_columns))
        self.fill = np.zeros(n_columns, dtype=np.float32)
        if len(starts) < 1 or int(starts[0]) != 0 or int(starts[-1]) != len(columns) or len(columns) != len(values):
            raise FeatureStoreError(
                f"The sparse rows begin at {starts[0] if len(starts) else 'nothing'} and end at "
                f"{starts[-1] if len(starts) else 'nothing'}, but there are {len(columns)} columns and "
                f"{len(values)} values."
            )

    def dense(self, rows: Rows) -> Float32:
        """Return (n, n_columns) of a slice of spikes, or of ascending ones."""
        return self.sparse(rows).dense(self.shape[1], self.fill)

    def sparse(self, rows: Rows) -> SparseRows:
        """Return the same without what is 0."""
        if isinstance(rows, slice):
            start, stop, _ = rows.indices(self.shape[0])
            starts = np.asarray(self._starts[start : stop + 1], dtype=np.int64)
            places: Rows = slice(int(starts[0]), int(starts[-1]))
        else:
            begins = np.asarray(self._starts[rows], dtype=np.int64)
            counts = np.asarray(self._starts[rows + 1], dtype=np.int64) - begins
            starts = np.concatenate([[0], np.cumsum(counts)])
            places = np.arange(starts[-1]) + np.repeat(begins - starts[:-1], counts)
        counts = np.diff(starts)
        if len(counts) and int(counts.min()) < 0:
            raise FeatureStoreError("The starts of sparse rows must ascend.")
        columns, values = np.asarray(self._columns[places]), np.asarray(self._values[places]).astype(np.float32)
        return _tidy(starts - starts[0], columns, values, self.shape[1])


def joined(parts: Sequence[SparseRows]) -> SparseRows:
    """Return rows one part after the other; there must be one."""
    if len(parts) == 1:
        return parts[0]
    counts = np.concatenate([part.counts for part in parts])
    return SparseRows(
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.absent for part in parts]),
    )


def _tidy(starts: npt.NDArray[np.int64], columns: npt.NDArray[Any], values: Float32, n_columns: int) -> SparseRows:
    """Return rows whose columns ascend, without zeros."""
    if len(columns) and not 0 <= int(columns.min()) <= int(columns.max()) < n_columns:
        raise FeatureStoreError(
            f"Sparse rows have columns {columns.min()} to {columns.max()}; they must be 0 to {n_columns - 1}."
        )
    columns = columns.astype(np.uint32, copy=False)
    is_first = np.zeros(len(columns) + 1, dtype=np.bool_)
    is_first[starts[:-1]] = True
    is_first = is_first[:-1]
    if not bool((is_first[1:] | (columns[1:] > columns[:-1])).all()):
        rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        order = np.lexsort([columns, rows])
        columns, values = columns[order], values[order]
        if not bool((is_first[1:] | (columns[1:] > columns[:-1])).all()):
            raise FeatureStoreError("A sparse row has a column twice; add up its values first.")
    kept = values.view(np.uint32) != 0
    if not kept.all():
        starts = np.concatenate([[0], np.cumsum(kept)])[starts]
        columns, values = columns[kept], values[kept]
    return SparseRows(starts, columns, values, np.zeros(len(starts) - 1, dtype=np.bool_))
