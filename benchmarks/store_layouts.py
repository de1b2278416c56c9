"""Ways to keep a large table of features, most of which are 0, on disk: what `feature_store` compares."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Protocol

import h5py
import numpy as np
import numpy.typing as npt

from napari_phy import FeatureStore
from napari_phy.storage.feature_store.sparse_rows import SparseRows

Ids = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]

N_VALUES = 20  # of a spike that are not 0
_STEP = 250_000  # spikes that are made and written at a time
_SKEW = 10.0  # the largest unit has so many times the mean number of spikes


class Spikes:
    """A table of spikes of units in random order: each has values in the 20 columns of its unit.

    The same each time it is read; made as it is read.
    """

    def __init__(self, n_spikes: int, n_columns: int) -> None:
        self.shape = (n_spikes, n_columns)
        self.fill = np.zeros(n_columns, dtype=np.float32)
        self.n_units = n_columns // N_VALUES
        sizes = np.exp(-_SKEW * np.arange(self.n_units) / self.n_units)
        self._edges = np.cumsum(sizes / sizes.sum())

    def units_of(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """Return (n,) unit of each spike of a stretch; `start` begins a block."""
        draw = np.random.default_rng(start).random(stop - start, dtype=np.float32)
        return np.minimum(np.searchsorted(self._edges, draw), self.n_units - 1)

    def block(self, start: int) -> tuple[npt.NDArray[np.uint32], Float32]:
        """Return (n, 20) columns and values of the block of spikes that begins at `start`."""
        stop = min(start + _STEP, self.shape[0])
        columns = self.units_of(start, stop)[:, None] * N_VALUES + np.arange(N_VALUES)
        values = np.random.default_rng(start + 1).random(columns.shape, dtype=np.float32) + np.float32(0.5)
        return columns.astype(np.uint32), values

    def sparse(self, rows: Any) -> SparseRows:
        """Return rows as `FeatureStore.build` reads them."""
        ids = np.arange(*rows.indices(self.shape[0])) if isinstance(rows, slice) else rows
        columns, values = np.empty((len(ids), N_VALUES), np.uint32), np.empty((len(ids), N_VALUES), np.float32)
        for block in np.unique(ids // _STEP):
            some = slice(*np.searchsorted(ids, [block * _STEP, (block + 1) * _STEP]))
            of_block = self._kept(int(block) * _STEP)
            columns[some], values[some] = (part[ids[some] - block * _STEP] for part in of_block)
        starts = np.arange(len(ids) + 1) * N_VALUES
        return SparseRows(starts, columns.ravel(), values.ravel(), np.zeros(len(ids), dtype=bool))

    def dense(self, rows: Any) -> Float32:
        """Return the same with all zeros."""
        return self.sparse(rows).dense(self.shape[1], self.fill)

    def _kept(self, start: int) -> tuple[npt.NDArray[np.uint32], Float32]:
        if getattr(self, "_last", None) is None or self._last[0] != start:
            self._last = (start, self.block(start))
        return self._last[1]


class Layout(Protocol):
    """One way to keep a table."""

    title: str
    shrink: int  # the table is smaller by this factor, where all of it would take hours or the whole disk

    def build(self, spikes: Spikes, folder: Path) -> None:
        """Write the table."""

    def open(self, folder: Path) -> None:
        """Begin to read."""

    def columns(self, ids: Ids, columns: list[int]) -> Float32:
        """Return (n, n_columns) of ascending spikes."""

    def matrix(self, ids: Ids) -> Float32:
        """Return (n, 20) the values of spikes that are not 0."""

    def close(self) -> None:
        """Release the files."""


class Ours:
    """FeatureStore."""

    title, shrink = "FeatureStore", 1

    def build(self, spikes: Spikes, folder: Path) -> None:
        FeatureStore.build(spikes, folder).close()

    def open(self, folder: Path) -> None:
        self._store = FeatureStore(folder, cache_bytes=2**30)

    def columns(self, ids: Ids, columns: list[int]) -> Float32:
        return self._store.columns(ids, columns)

    def matrix(self, ids: Ids) -> Float32:
        return self._store.sparse(ids).values.reshape(-1, N_VALUES)

    def close(self) -> None:
        self._store.close()


class FlatRows:
    """Columns and values of each spike, one after the other, in a file each."""

    title, shrink = "flat binary rows", 1

    def build(self, spikes: Spikes, folder: Path) -> None:
        with (folder / "columns.bin").open("wb") as of_columns, (folder / "values.bin").open("wb") as of_values:
            for start in range(0, spikes.shape[0], _STEP):
                columns, values = spikes.block(start)
                of_columns.write(columns.astype(np.uint16).data)
                of_values.write(values.data)

    def open(self, folder: Path) -> None:
        self._columns = np.memmap(folder / "columns.bin", np.uint16, "r").reshape(-1, N_VALUES)
        self._values = np.memmap(folder / "values.bin", np.float32, "r").reshape(-1, N_VALUES)

    def columns(self, ids: Ids, columns: list[int]) -> Float32:
        return picked(self._columns[ids], self._values[ids], columns)

    def matrix(self, ids: Ids) -> Float32:
        self._columns[ids]
        return self._values[ids]

    def close(self) -> None:
        del self._columns, self._values


class FlatColumns:
    """Spikes and values of each column, one after the other, in a file each; made in memory."""

    title, shrink = "flat binary columns", 1

    def build(self, spikes: Spikes, folder: Path) -> None:
        n_spikes = spikes.shape[0]
        units = np.concatenate([spikes.units_of(i, min(i + _STEP, n_spikes)) for i in range(0, n_spikes, _STEP)])
        sizes = np.bincount(units, minlength=spikes.n_units)
        starts = np.concatenate([[0], np.cumsum(np.repeat(sizes, N_VALUES))])
        np.save(folder / "starts.npy", starts)
        ids = np.memmap(folder / "spikes.bin", np.uint32, "w+", shape=(int(starts[-1]),))
        of_values = np.memmap(folder / "values.bin", np.float32, "w+", shape=(int(starts[-1]),))
        done = np.zeros(spikes.n_units, dtype=np.int64)
        for start in range(0, n_spikes, _STEP):
            _, values = spikes.block(start)
            mine = units[start : start + len(values)]
            order = np.argsort(mine, kind="stable")
            counts = np.bincount(mine, minlength=spikes.n_units)
            firsts = np.concatenate([[0], np.cumsum(counts)])
            for unit in np.flatnonzero(counts).tolist():
                rows = order[firsts[unit] : firsts[unit + 1]]
                for one in range(N_VALUES):
                    place = starts[unit * N_VALUES + one] + done[unit]
                    ids[place : place + len(rows)] = start + rows
                    of_values[place : place + len(rows)] = values[rows, one]
            done += counts
        ids.flush()
        of_values.flush()

    def open(self, folder: Path) -> None:
        self._starts = np.load(folder / "starts.npy")
        self._ids = np.memmap(folder / "spikes.bin", np.uint32, "r")
        self._values = np.memmap(folder / "values.bin", np.float32, "r")

    def columns(self, ids: Ids, columns: list[int]) -> Float32:
        out = np.zeros((len(ids), len(columns)), dtype=np.float32)
        for place, column in enumerate(columns):
            own = slice(self._starts[column], self._starts[column + 1])
            spikes = self._ids[own]
            if len(spikes):
                at = np.minimum(np.searchsorted(spikes, ids.astype(np.uint32)), len(spikes) - 1)
                here = spikes[at] == ids
                out[here, place] = self._values[own][at[here]]
        return out

    def matrix(self, ids: Ids) -> Float32:
        wanted = np.zeros(int(ids[-1]) + 1, dtype=bool)
        wanted[ids] = True
        found = np.flatnonzero(wanted[np.minimum(self._ids, ids[-1])] & (self._ids <= ids[-1]))
        order = np.argsort(self._ids[found], kind="stable")
        return np.asarray(self._values[found[order]]).reshape(-1, N_VALUES)

    def close(self) -> None:
        del self._ids, self._values


class Hdf5Sparse:
    """The arrays of a CSR matrix as datasets."""

    title, shrink = "HDF5, CSR", 1

    def build(self, spikes: Spikes, folder: Path) -> None:
        n_values = spikes.shape[0] * N_VALUES
        with h5py.File(folder / "csr.h5", "w") as file:
            file["indptr"] = np.arange(spikes.shape[0] + 1) * N_VALUES
            of_columns = file.create_dataset("indices", (n_values,), np.uint16)
            of_values = file.create_dataset("data", (n_values,), np.float32)
            for start in range(0, spikes.shape[0], _STEP):
                columns, values = spikes.block(start)
                some = slice(start * N_VALUES, start * N_VALUES + columns.size)
                of_columns[some], of_values[some] = columns.ravel(), values.ravel()

    def open(self, folder: Path) -> None:
        self._file = h5py.File(folder / "csr.h5", "r")

    def _read(self, ids: Ids) -> tuple[Any, Any]:
        starts = self._file["indptr"][:]
        columns, values = np.empty((len(ids), N_VALUES), np.uint16), np.empty((len(ids), N_VALUES), np.float32)
        of_columns, of_values = self._file["indices"], self._file["data"]
        for place, spike in enumerate(ids.tolist()):
            own = slice(starts[spike], starts[spike + 1])
            columns[place], values[place] = of_columns[own], of_values[own]
        return columns, values

    def columns(self, ids: Ids, columns: list[int]) -> Float32:
        return picked(*self._read(ids), columns)

    def matrix(self, ids: Ids) -> Float32:
        return self._read(ids)[1]

    def close(self) -> None:
        self._file.close()


class Hdf5Dense:
    """All values with their zeros in chunks, compressed."""

    title, shrink = "HDF5, dense", 100

    def build(self, spikes: Spikes, folder: Path) -> None:
        with h5py.File(folder / "dense.h5", "w") as file:
            table = file.create_dataset("table", spikes.shape, np.float32, chunks=(1000, 100), compression="lzf")
            for start in range(0, spikes.shape[0], 5000):
                table[start : start + 5000] = spikes.dense(slice(start, start + 5000))

    def open(self, folder: Path) -> None:
        self._file = h5py.File(folder / "dense.h5", "r")
        self._table = self._file["table"]

    def columns(self, ids: Ids, columns: list[int]) -> Float32:
        return np.stack([self._table[:, column][ids] for column in columns], axis=1)

    def matrix(self, ids: Ids) -> Float32:
        out = np.empty((len(ids), N_VALUES), dtype=np.float32)
        for start in range(0, self._table.shape[0], 5000):
            some = slice(*np.searchsorted(ids, [start, start + 5000]))
            rows = self._table[start : start + 5000][ids[some] - start]
            out[some] = rows[rows != 0].reshape(-1, N_VALUES)
        return out

    def close(self) -> None:
        self._file.close()


class Sqlite:
    """A row for each value, by column and spike, and an index by spike."""

    title, shrink = "sqlite", 20

    def build(self, spikes: Spikes, folder: Path) -> None:
        with sqlite3.connect(folder / "values.sqlite") as base:
            base.execute("PRAGMA journal_mode=OFF")
            base.execute("PRAGMA synchronous=OFF")
            base.execute("CREATE TABLE rows (spike INTEGER, col INTEGER, value REAL)")
            for start in range(0, spikes.shape[0], _STEP):
                columns, values = spikes.block(start)
                ids = np.repeat(np.arange(start, start + len(columns)), N_VALUES)
                base.executemany(
                    "INSERT INTO rows VALUES (?, ?, ?)",
                    zip(ids.tolist(), columns.ravel().tolist(), values.ravel().tolist(), strict=True),
                )
            base.execute("CREATE INDEX by_column ON rows (col, spike, value)")
            base.execute("CREATE INDEX by_spike ON rows (spike, col, value)")
        base.close()

    def open(self, folder: Path) -> None:
        self._base = sqlite3.connect(folder / "values.sqlite")

    def columns(self, ids: Ids, columns: list[int]) -> Float32:
        out = np.zeros((len(ids), len(columns)), dtype=np.float32)
        for place, column in enumerate(columns):
            found = self._base.execute("SELECT spike, value FROM rows WHERE col = ?", (column,)).fetchall()
            if found:
                spikes, values = np.array(found).T
                _, own, other = np.intersect1d(spikes, ids, assume_unique=True, return_indices=True)
                out[other, place] = values[own]
        return out

    def matrix(self, ids: Ids) -> Float32:
        query = "SELECT value FROM rows WHERE spike = ? ORDER BY col"
        return np.array(
            [[value for (value,) in self._base.execute(query, (spike,))] for spike in ids.tolist()], np.float32
        )

    def close(self) -> None:
        self._base.close()


LAYOUTS: tuple[type[Layout], ...] = (Ours, FlatColumns, FlatRows, Hdf5Sparse, Hdf5Dense, Sqlite)


def picked(columns: Any, values: Float32, wanted: list[int]) -> Float32:
    """Return (n, n_wanted) the values of some columns of sparse rows."""
    return np.stack([np.where(columns == column, values, 0).sum(axis=1) for column in wanted], axis=1)
