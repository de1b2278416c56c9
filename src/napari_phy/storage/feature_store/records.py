"""Rows of equal size on disk, each with a check of what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.compiled import ReadyLoop
from napari_phy.storage.feature_store.sparse_rows import Float32, SparseRows

Words = npt.NDArray[np.uint32]

NO_DATA = 2**32 - 1  # in place of the number of the record that follows
_N_CHECKED = 2**12  # records at a time, which stay in the cache of the processor
MANY = 2**12  # records or spikes that are worth loading numba
_N_HEAD = 2  # words before the entries: the check, and which record follows

_LOOPS = "napari_phy.storage.feature_store._loops"
_sum_records, _take_apart = ReadyLoop(_LOOPS, "sum_records"), ReadyLoop(_LOOPS, "take_apart")


@dataclass(frozen=True)
class RecordLayout:
    """How rows lie in records of uint32 words.

    A record has a check, the number of the record that holds what there is no room for here (from 1; 0: none), the
    columns of its values and the values. Where most values of a table are not 0 it has all of them, and no columns.

    Attributes
    ----------
    n_columns : int
        Columns of the table.
    width : int
        Values of a record.
    is_dense : bool
        Whether it has all values of a row.
    """

    n_columns: int
    width: int
    is_dense: bool

    @classmethod
    def fitting(cls, counts: npt.NDArray[np.int64], n_columns: int) -> RecordLayout:
        """Return the layout in which rows with so many values take the least room."""
        n_of_count = np.bincount(counts, minlength=1)
        counts = np.flatnonzero(n_of_count)
        step = 2 if n_columns < 2**16 else 1  # columns fill whole words
        widths = np.arange(step, max(step, int(counts.max(initial=0))) + step, step)
        layouts = [cls(n_columns, width, False) for width in widths.tolist()]
        n_records = [np.maximum(1, -(-counts // width)) @ n_of_count[counts] for width in widths.tolist()]
        sizes = [layout.n_words * int(n) for layout, n in zip(layouts, n_records, strict=True)]
        return layouts[int(np.argmin(sizes))]

    @cached_property
    def column_type(self) -> np.dtype[Any]:
        """Type of the column of a value; its largest number stands for none."""
        return np.dtype(np.uint16 if self.n_columns < 2**16 else np.uint32)

    @cached_property
    def n_column_words(self) -> int:
        """Words that columns take."""
        return 0 if self.is_dense else self.width * self.column_type.itemsize // 4

    @property
    def n_words(self) -> int:
        """Words of a record."""
        return _N_HEAD + self.n_column_words + self.width

    @cached_property
    def _weights(self) -> npt.NDArray[np.uint64]:
        mixed = np.arange(1, self.n_words + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        return (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB) | np.uint64(1)

    def checks_of(self, words: Words) -> Words:
        """Return (n,) what the check of records must be: a multilinear hash, which a random change has at 2⁻³²."""
        checks = np.empty(len(words), dtype=np.uint32)
        loop = _sum_records.find(words, self._weights, checks, is_worth_loading=len(words) >= MANY)
        if loop is not None:
            loop(words, self._weights, checks)
            return checks
        for start in range(0, len(words), _N_CHECKED):
            some = words[start : start + _N_CHECKED]
            sums = np.full(len(some), self._weights[0])
            for word, weight in enumerate(self._weights[1:], 1):
                sums += some[:, word] * weight
            checks[start : start + _N_CHECKED] = sums >> np.uint64(32)
        return checks

    def pack(self, rows: SparseRows, n_before: int) -> tuple[Words, Words]:
        """Return the records of rows, and those that follow them when `n_before` of these are there already."""
        from napari_phy.storage.feature_store._loops import fill_records

        n_extra = int(np.maximum(0, -(-rows.counts // self.width) - 1).sum())
        words = np.zeros((len(rows) + n_extra, self.n_words), dtype=np.uint32)
        words[:, _N_HEAD : _N_HEAD + self.n_column_words] = np.uint32(2**32 - 1)
        of_columns, of_values = self.columns_of(words), words[:, -self.width :]
        fill_records(rows.starts, rows.columns, rows.values.view(np.uint32), words[:, 1], of_columns, of_values)
        words[:, 1] += np.where(words[:, 1] > 0, np.uint32(n_before), np.uint32(0))
        words[: len(rows), 1][rows.absent] = NO_DATA
        words[:, 0] = self.checks_of(words)
        return words[: len(rows)], words[len(rows) :]

    def pack_dense(self, table: Float32) -> Words:
        """Return the records of a table that has all values."""
        words = np.zeros((len(table), self.n_words), dtype=np.uint32)
        words[:, _N_HEAD:] = np.ascontiguousarray(table).view(np.uint32)
        words[:, 0] = self.checks_of(words)
        return words

    def values_of(self, words: Words) -> Float32:
        """Return (n, width)."""
        return np.ascontiguousarray(words[:, -self.width :]).view(np.float32)

    def columns_of(self, words: Words) -> npt.NDArray[Any]:
        """Return (n, width) the columns of values; those that hold none have the largest number of the type."""
        return words[:, _N_HEAD : _N_HEAD + self.n_column_words].view(self.column_type)

    def unpack(self, words: Words) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], Float32]:
        """Return how many values each of some records has, their columns, and the values."""
        of_columns, of_values = self.columns_of(words), words[:, -self.width :].view(np.float32)
        none = self.column_type.type(np.iinfo(self.column_type).max)
        counts = np.empty(len(words), dtype=np.int64)
        columns, values = np.empty(of_values.size, dtype=np.uint32), np.empty(of_values.size, dtype=np.float32)
        arguments = of_columns, of_values, none, counts, columns, values
        loop = _take_apart.find(*arguments, is_worth_loading=len(words) >= MANY)
        if loop is not None:
            n_found = loop(*arguments)
            return counts, columns[:n_found], values[:n_found]
        is_value = of_columns != none
        return is_value.sum(axis=1), of_columns[is_value].astype(np.uint32, copy=False), of_values[is_value]
