"""A table of features on disk, read by columns or by rows, most of whose values may be 0."""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced, read_only
from napari_phy.core.compiled import ReadyLoop
from napari_phy.core.errors import FeatureStoreError
from napari_phy.core.memory import BUDGET, ByteCache, MemoryBudget
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.files.rows import RowFile, as_rows
from napari_phy.storage.feature_store.building import MEMORY_BYTES, build_store
from napari_phy.storage.feature_store.files import ABSENT, COLUMNS, INDEX, MORE_ROWS, ROWS, SAMPLE, read_header
from napari_phy.storage.feature_store.records import MANY, NO_DATA, RecordLayout, Words
from napari_phy.storage.feature_store.sparse_rows import (
    CsrSource,
    DenseSource,
    FeatureSource,
    Float32,
    SparseRows,
)

SpikeIds = npt.NDArray[np.int64]

_WORDS_AT_ONCE = 2**24  # that are read for one query
_SCATTERED = 4  # rows per row that is asked for, from which what was read is kept

_look_up = ReadyLoop("napari_phy.storage.feature_store._loops", "look_up")


class _Part(NamedTuple):
    """Spikes that are looked up in one chunk of a column."""

    key: tuple[int, int]  # column and chunk
    first: int  # spike that it begins with
    start: int  # word where it begins in the file
    n_words: int
    check: int
    ids: npt.NDArray[np.uint32]
    out: Float32


class FeatureStore:
    """A table (n_spikes, n_columns) of float32 on disk; opening reads only its header. Safe in worker threads.

    Parameters
    ----------
    path : str or Path
        Folder of the store.
    cache_bytes : int, optional
        Memory for what was read; None shares that of all caches (`memory_mb`).
    identity : object, optional
        What the table must have been built from, as JSON has it; None takes any.

    Attributes
    ----------
    shape : tuple of int
        Spikes and columns.
    fill : ndarray of float32, shape (n_columns,)
        What a spike without data reads as.
    is_dense : bool
        Whether all values of a column are stored, not only those that are not 0.
    has_rows : bool
        Whether whole rows are stored, too.
    sample_ids : ndarray of int64
        Spikes, evenly spaced, whose rows lie together: about 10 000.

    Raises
    ------
    FeatureStoreError
        There is no store of these spikes, or it is damaged.
    """

    def __init__(self, path: str | Path, cache_bytes: int | None = None, *, identity: Any = None) -> None:
        self.path = Path(path)
        header = read_header(self.path, identity)
        self.shape: tuple[int, int] = (header["shape"][0], header["shape"][1])
        self.fill: Float32 = read_only(np.array([float(one) for one in header["fill"]], dtype=np.float32))
        self.is_dense: bool = header["is_dense"]
        self.n_bytes = sum(header["sizes"].values())
        self.has_rows = ROWS in header["sizes"]
        self.sample_ids = read_only(evenly_spaced(self.shape[0], header["n_sample"]))
        self._layout = RecordLayout(self.shape[1], header["width"], self.is_dense)
        self._header = header
        self._files: dict[str, RowFile] = {}
        budget = BUDGET if cache_bytes is None else MemoryBudget(cache_bytes)
        self._cache: ByteCache[Any, Any] = ByteCache(_nbytes_of, budget)
        self._lock = threading.Lock()

    @classmethod
    def build(
        cls,
        source: Any,
        path: str | Path,
        *,
        identity: Any = None,
        with_rows: bool = True,
        memory_bytes: int = MEMORY_BYTES,
        cache_bytes: int | None = None,
        on_progress: OnProgress = no_progress,
    ) -> FeatureStore:
        """Build a store; broken off, it goes on from there the next time. One that is there already is opened.

        Parameters
        ----------
        source : object
            A model with features and masks, whose columns follow those of the features; an array (n_spikes, n_columns);
            a SciPy matrix in CSR format; or a `FeatureSource`.
        path : str or Path
            Folder of the store.
        identity : object, optional
            What tells this table from others, as JSON has it; without, it is built anew each time.
        with_rows : bool, default True
            Whether whole rows are stored, too.
        memory_bytes : int
            What building may take, about.
        cache_bytes : int, optional
            As for the class.
        on_progress : OnProgress
            Hears how far it is, 0…1; by raising CancelledError it breaks off.

        Raises
        ------
        FeatureStoreError
            There is too little room, the folder cannot be written to, or the table cannot be used.
        """
        table = as_source(source)
        if identity is not None:
            with suppress(FeatureStoreError):
                found = cls(path, cache_bytes, identity=identity)
                if found.shape == table.shape and (found.has_rows or not with_rows):
                    return found
        build_store(
            table, Path(path), identity, with_rows=with_rows, memory_bytes=memory_bytes, on_progress=on_progress
        )
        return cls(path, cache_bytes)

    # ---- reading

    def columns(self, spike_ids: npt.ArrayLike, columns: Sequence[int]) -> Float32:
        """Return (n, n_columns) of some columns of spikes, in the order given.

        Raises
        ------
        IndexError
            There is no such spike or column.
        FeatureStoreError
            The store is damaged where it was read.
        """
        ids = self._ids_of(spike_ids)
        order = None if bool((ids[1:] >= ids[:-1]).all()) else np.argsort(ids, kind="stable")
        ascending = (ids if order is None else ids[order]).astype(np.uint32)
        by_column = np.zeros((len(columns), len(ids)), dtype=np.float32)
        self._fill_columns(ascending, columns, by_column)
        absent = self._absent(ascending)
        if absent is not None:
            by_column[:, absent] = self.fill[list(columns), None]
        if order is None:
            return by_column.T
        out = np.empty((len(ids), len(columns)), dtype=np.float32)
        out[order] = by_column.T
        return out

    def rows(self, spike_ids: npt.ArrayLike | slice) -> Float32:
        """Return (n, n_columns) all columns of spikes, in the order given; as `sparse` for those without zeros.

        Raises
        ------
        IndexError
            There is no such spike.
        FeatureStoreError
            The store is damaged where it was read, or has no rows but those of `sample_ids`.
        """
        if self.is_dense:
            ids, inverse = np.unique(self._ids_of(spike_ids), return_inverse=True)
            return self._layout.values_of(self._kept(ROWS, ids, lambda: self._records(ids)))[inverse]
        return self.sparse(spike_ids).dense(self.shape[1], self.fill)

    def sparse(self, spike_ids: npt.ArrayLike | slice) -> SparseRows:
        """Return the values of spikes that are not 0, row by row in the order given; raises as `rows`."""
        ids = self._ids_of(spike_ids)
        if self.is_dense:
            return SparseRows.of(self.rows(ids), self.fill)
        if len(ids) and np.array_equal(ids, self.sample_ids):
            return self._sparse_sample()
        if bool((ids[1:] > ids[:-1]).all()):
            found: SparseRows = self._kept("sparse", ids, lambda: self._unpacked(self._records(ids)))
            return found
        unique, inverse = np.unique(ids, return_inverse=True)
        return self._unpacked(self._records(unique)[inverse])

    def close(self) -> None:
        """Release the files."""
        with self._lock:
            for file in self._files.values():
                file.close()

    def n_bytes_of(self, columns: Sequence[int]) -> int:
        """Return how large some columns are on disk."""
        return sum(4 * int(self._chunks_of(column)[2].sum()) for column in columns)

    # ---- columns

    def _fill_columns(self, ids: npt.NDArray[np.uint32], columns: Sequence[int], out: Float32) -> None:
        """Fill in the values of ascending spikes, a row for each column."""
        batch: list[_Part] = []
        n_words = 0
        for place, column in enumerate(columns):
            if not -self.shape[1] <= column < self.shape[1]:
                raise IndexError(f"Column {column} is asked for, but there are {self.shape[1]}.")
            firsts, starts, sizes, checks = self._chunks_of(column % self.shape[1])
            edges = [*np.searchsorted(ids, firsts).tolist(), len(ids)]
            for chunk in np.flatnonzero(np.diff(edges)).tolist():
                some = slice(edges[chunk], edges[chunk + 1])
                first, start, n, check = (int(each[chunk]) for each in (firsts, starts, sizes, checks))
                batch.append(
                    _Part((column % self.shape[1], chunk), first, start, n, check, ids[some], out[place, some])
                )
                n_words += batch[-1].n_words
                if n_words > _WORDS_AT_ONCE:
                    self._fill_parts(batch)
                    batch, n_words = [], 0
        self._fill_parts(batch)

    def _fill_parts(self, parts: Sequence[_Part]) -> None:
        """Fill in values from some chunks; those that are not in memory are read side by side."""
        known = self._cache.known(part.key for part in parts)
        missing = {part.key: part for part in parts if part.key not in known}
        read = {key: np.empty(part.n_words, dtype=np.uint32) for key, part in missing.items()}
        if missing:
            begins = [part.start for part in missing.values()]
            self._file(COLUMNS, 1).read_spans(
                [
                    (begin, begin + len(words), words[:, None])
                    for begin, words in zip(begins, read.values(), strict=True)
                ]
            )
        for key, part in missing.items():
            if zlib.crc32(read[key].data) != part.check:
                raise self._damaged(COLUMNS)
        self._cache.put_all(read)
        known |= read
        for part in parts:
            if self.is_dense:
                values = known[part.key].view(np.float32)
                np.take(values, part.ids - np.uint32(part.first), out=part.out, mode="clip")
            else:
                _fill_in(known[part.key].reshape(-1, 2), part.ids, part.out)

    def _chunks_of(self, column: int) -> tuple[npt.NDArray[np.uint32], SpikeIds, SpikeIds, npt.NDArray[np.uint32]]:
        """Return of each chunk of a column its first spike, where it begins, how many words it has, and its check."""
        index = self._index()
        if self.is_dense:
            n_spikes, n_rows = self.shape[0], self._header["chunk_rows"]
            firsts = np.arange(0, n_spikes, n_rows, dtype=np.uint32)
            checks = index.reshape(-1, self.shape[1])[:, column]
            starts = firsts.astype(np.int64)
            return firsts, column * n_spikes + starts, np.minimum(n_rows, n_spikes - starts), checks
        chunks, begins = index
        some = slice(*np.searchsorted(chunks[:, 3], np.array([column, column + 1], dtype=np.uint32)).tolist())
        return chunks[some, 0], begins[some], 2 * chunks[some, 1].astype(np.int64), chunks[some, 2]

    def _index(self) -> Any:
        """Return the table of chunks: their checks, or (first, n, check, column) of each and where they begin."""
        found = self._cache.get(INDEX)
        if found is None:
            found = self._small(INDEX, "index_check")
            if not self.is_dense:
                chunks = found.reshape(-1, 4)
                found = chunks, 2 * (np.cumsum(chunks[:, 1], dtype=np.int64) - chunks[:, 1])
            self._cache.put(INDEX, found)
        return found

    def _absent(self, ids: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_] | None:
        """Return (n,) which spikes have no data; None where all have."""
        if not self._header["sizes"].get(ABSENT):
            return None
        absent = self._cache.get(ABSENT)
        if absent is None:
            absent = self._small(ABSENT, "absent_check")
            self._cache.put(ABSENT, absent)
        places = np.searchsorted(absent, ids)
        return np.asarray(absent.take(places, mode="clip") == ids)

    def _small(self, name: str, check: str) -> Words:
        n_bytes = self._header["sizes"].get(name, 0)
        words = self._file(name, 1).read(0, n_bytes // 4)[:, 0] if n_bytes else np.empty(0, dtype=np.uint32)
        if zlib.crc32(np.ascontiguousarray(words).data) != self._header[check]:
            raise self._damaged(name)
        return words

    # ---- rows

    def _records(self, ids: SpikeIds) -> Words:
        """Return the records of ascending spikes."""
        if not len(ids):
            return np.empty((0, self._layout.n_words), dtype=np.uint32)
        places = np.searchsorted(self.sample_ids, ids)
        if np.array_equal(self.sample_ids.take(places, mode="clip"), ids):
            return self._sample()[places]
        if not self.has_rows:
            raise FeatureStoreError(f"{self.path} holds columns only; read rows from where it was built from.")
        return self._checked(ROWS, self._file(ROWS, self._layout.n_words).take(ids))

    def _kept(self, name: str, ids: SpikeIds, read: Callable[[], Any]) -> Any:
        """Return what is read of ascending spikes, from memory where the same ones were read before."""
        if not len(ids) or ids[-1] - ids[0] < _SCATTERED * len(ids):  # quick to read again, and maybe a pass over all
            return read()
        key = name, hashlib.blake2b(np.ascontiguousarray(ids).data, digest_size=16).digest()
        found = self._cache.get(key)
        if found is None:
            found = read()
            self._cache.put(key, found)
        return found

    def _sample(self) -> Words:
        words = self._cache.get(SAMPLE)
        if words is None:
            words = self._checked(SAMPLE, self._file(SAMPLE, self._layout.n_words).read(0, len(self.sample_ids)))
            self._cache.put(SAMPLE, words)
        return words

    def _sparse_sample(self) -> SparseRows:
        found: SparseRows | None = self._cache.get("sparse")
        if found is None:
            found = self._unpacked(self._sample())
            self._cache.put("sparse", found)
        return found

    def _checked(self, name: str, words: Words) -> Words:
        if not np.array_equal(self._layout.checks_of(words), words[:, 0]):
            raise self._damaged(name)
        return words

    def _unpacked(self, words: Words) -> SparseRows:
        """Return what records and those that follow them hold."""
        layout = self._layout
        absent = words[:, 1] == NO_DATA
        counts, columns, values = layout.unpack(words)
        numbers = np.flatnonzero((words[:, 1] != 0) & ~absent)
        if len(numbers):
            rows, all_columns, all_values = [np.repeat(np.arange(len(words)), counts)], [columns], [values]
            following = words[numbers, 1]
            while len(numbers):
                unique, inverse = np.unique(following.astype(np.int64) - 1, return_inverse=True)
                words = self._checked(MORE_ROWS, self._file(MORE_ROWS, layout.n_words).take(unique))[inverse]
                more, columns, values = layout.unpack(words)
                rows.append(np.repeat(numbers, more))
                all_columns.append(columns)
                all_values.append(values)
                goes_on = words[:, 1] != 0
                numbers, following = numbers[goes_on], words[goes_on, 1]
            of_row = np.concatenate(rows)
            order = np.argsort(of_row, kind="stable")
            counts = np.bincount(of_row, minlength=len(absent))
            columns, values = np.concatenate(all_columns)[order], np.concatenate(all_values)[order]
        starts = np.zeros(len(absent) + 1, dtype=np.int64)
        np.cumsum(counts, out=starts[1:])
        return SparseRows(starts, columns, values, absent)

    # ---- files

    def _file(self, name: str, n_words: int) -> RowFile:
        with self._lock:
            if name not in self._files:
                n_rows = self._header["sizes"].get(name, 0) // (4 * n_words)
                try:
                    path = self.path / name
                    self._files[name] = RowFile(path, 0, n_rows, (n_words,), np.uint32, is_scattered=True)
                except OSError as error:
                    raise FeatureStoreError(f"{self.path / name} cannot be read: {error.strerror or error}.") from error
            return self._files[name]

    def _damaged(self, name: str) -> FeatureStoreError:
        return FeatureStoreError(f"{self.path / name} is damaged; build the feature store again.")

    def _ids_of(self, spike_ids: npt.ArrayLike | slice) -> SpikeIds:
        rows = as_rows(spike_ids, self.shape[0], "Spikes")
        return np.arange(rows.start, rows.stop) if isinstance(rows, slice) else rows


def as_source(source: Any) -> FeatureSource:
    """Return a table as what a store is built from."""
    if isinstance(source, FeatureSource):
        return source
    if hasattr(source, "indptr"):
        return CsrSource(source.indptr, source.indices, source.data, source.shape[1])
    if hasattr(source, "features"):
        if source.features is None:
            raise FeatureStoreError(f"{source.name} has no features.")
        tables = [(source.features, np.nan), *([(source.masks, 0.0)] if source.masks is not None else [])]
        return DenseSource([table for table, _ in tables], [fill for _, fill in tables])
    table = np.asarray(source)
    if table.ndim != 2 or table.dtype.kind not in "fiu":
        raise FeatureStoreError(f"Features are numbers in two dimensions, not {table.dtype} of shape {table.shape}.")
    return DenseSource([table], [0.0])


def _fill_in(pairs: Words, ids: npt.NDArray[np.uint32], out: Float32) -> None:
    """Fill in the values of those of some ascending spikes that pairs of (spike, value) have."""
    arguments = pairs[:, 0], pairs[:, 1].view(np.float32), ids, out
    loop = _look_up.find(*arguments, is_worth_loading=len(ids) >= MANY)
    if loop is not None:
        loop(*arguments)
        return
    spikes, values = np.ascontiguousarray(arguments[0]), arguments[1]
    places = np.searchsorted(spikes, ids)
    is_here = spikes.take(places, mode="clip") == ids
    out[is_here] = values[places[is_here]]


def _nbytes_of(value: Any) -> int:
    if isinstance(value, SparseRows):
        value = value.starts, value.columns, value.values, value.absent
    return sum(map(_nbytes_of, value)) if isinstance(value, tuple) else 0 if value is None else int(value.nbytes)
