"""Building a feature store: the table is turned from rows to columns in little memory, by way of sorted runs."""

from __future__ import annotations

import errno
import logging
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.core.errors import FeatureStoreError, JournalLockedError
from napari_phy.core.progress import OnProgress, no_progress, part_of
from napari_phy.files.atomic import require_room
from napari_phy.files.lock_files import LockFile
from napari_phy.storage.feature_store.files import (
    ABSENT,
    COLUMNS,
    INDEX,
    MORE_ROWS,
    ROWS,
    RUN_STARTS,
    RUNS,
    SAMPLE,
    AppendedFiles,
    remove_store,
)
from napari_phy.storage.feature_store.records import RecordLayout
from napari_phy.storage.feature_store.sparse_rows import MOST_SPIKES, DenseSource, FeatureSource, SparseRows, joined

logger = logging.getLogger(__name__)

MEMORY_BYTES = 2**28
CHUNK_PAIRS = 2**16
CHUNK_ROWS = 2**17
N_SAMPLE = 10_000
_N_TRIED = 4096  # rows that tell how many values are 0
_DENSE_FROM = 0.5  # share of values that are not 0, from which all of them are stored: a pair takes twice the room
_ENTRY_BYTES = 48  # of memory, while an entry is sorted, and others wait for the disk
_SHARE_OF_RUNS = 0.6  # of the time


def build_store(
    source: FeatureSource,
    folder: Path,
    identity: Any = None,
    *,
    with_rows: bool = True,
    memory_bytes: int = MEMORY_BYTES,
    on_progress: OnProgress = no_progress,
) -> None:
    """Build the files of a store; broken off, it goes on from there the next time.

    Parameters
    ----------
    source : FeatureSource
        The table.
    folder : Path
        Where they go.
    identity : object, optional
        What tells this table from others, as JSON has it; without, building never goes on.
    with_rows : bool, default True
        Whether whole rows are stored, too. Without, the source is asked for them.
    memory_bytes : int
        What building may take, about.
    on_progress : OnProgress
        Hears how far it is; by raising CancelledError it breaks off.

    Raises
    ------
    FeatureStoreError
        There is too little room, the folder cannot be written to, or somebody is building it.
    CancelledError
        `on_progress` broke it off.
    """
    if source.shape[0] > MOST_SPIKES:
        raise FeatureStoreError(f"A feature store holds {MOST_SPIKES} spikes at most, not {source.shape[0]}.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = LockFile(folder / "building.lock")
    except JournalLockedError as error:
        raise FeatureStoreError("Another program is building this feature store.") from error
    except OSError as error:
        raise FeatureStoreError(f"The feature store cannot be written: {error.strerror or error}.") from error
    try:
        files = AppendedFiles(folder, None if identity is None else [identity, with_rows, source.shape])
        try:
            rows = slice(0, min(_N_TRIED, source.shape[0]))
            n_tried = max(1, rows.stop * source.shape[1])
            is_dense = len(source.sparse(rows).values) > _DENSE_FROM * n_tried
            build = _DenseBuild if is_dense else _SparseBuild
            build(source, files, folder, identity, with_rows=with_rows, memory_bytes=memory_bytes).run(on_progress)
        finally:
            files.close()
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            remove_store(folder)
            raise FeatureStoreError(f"There is no room for the feature store in {folder}: {error.strerror}.") from error
        raise FeatureStoreError(f"The feature store cannot be built: {error.strerror or error}.") from error
    finally:
        lock.release()


class _Build:
    """What is the same for tables with few and with many zeros."""

    def __init__(
        self,
        source: FeatureSource,
        files: AppendedFiles,
        folder: Path,
        identity: Any,
        *,
        with_rows: bool,
        memory_bytes: int,
    ) -> None:
        self.source, self.files, self.folder, self.identity = source, files, folder, identity
        self.with_rows, self.memory_bytes = with_rows, memory_bytes
        self.n_spikes, self.n_columns = source.shape

    @property
    def n_done(self) -> int:
        """Spikes that are in the files."""
        return int(self.files.values.get("n_done", 0))

    def finish(self, layout: RecordLayout, **header: Any) -> None:
        """Write the header: the store is whole."""
        self.files.finish(
            {
                **header,
                "identity": self.identity,
                "shape": self.source.shape,
                "fill": [repr(one) for one in self.source.fill.tolist()],
                "width": layout.width,
                "is_dense": layout.is_dense,
                "index_check": self.files.check(INDEX),
                "absent_check": self.files.check(ABSENT),
                "n_sample": min(N_SAMPLE, self.n_spikes),
            }
        )
        logger.debug("Built the feature store %s.", self.folder)


class _DenseBuild(_Build):
    """All values of each column one after the other; a block of rows is turned over and written into its places."""

    def run(self, on_progress: OnProgress) -> None:
        """Build what is missing."""
        row_bytes = 4 * max(1, self.n_columns)
        n_rows = min(CHUNK_ROWS, max(1, self.memory_bytes // (3 * row_bytes)), max(1, self.n_spikes))
        n_rows = int(self.files.values.get("chunk_rows", n_rows))
        layout = RecordLayout(self.n_columns, self.n_columns, True)
        if not self.n_done:
            n_row_bytes = row_bytes + self.with_rows * 4 * layout.n_words
            require_room(self.folder, self.n_spikes * n_row_bytes)
        for start in range(self.n_done, self.n_spikes, n_rows):
            on_progress(start / self.n_spikes)
            table = self.source.dense(slice(start, min(start + n_rows, self.n_spikes)))
            turned = np.ascontiguousarray(table.T)
            checks = np.empty(self.n_columns, dtype=np.uint32)
            for number, column in enumerate(turned):
                self.files.write_at(COLUMNS, 4 * (number * self.n_spikes + start), column)
                checks[number] = zlib.crc32(column.data)
            self.files.write(INDEX, checks)
            if self.with_rows:
                self.files.write(ROWS, layout.pack_dense(table))
            self.files.note(n_done=start + len(table), chunk_rows=n_rows)
        if self.n_spikes:
            sample = evenly_spaced(self.n_spikes, N_SAMPLE)
            self.files.write(SAMPLE, layout.pack_dense(self.source.dense(sample)))
        self.finish(layout, chunk_rows=n_rows)


class _SparseBuild(_Build):
    """Runs of (spike, value), each ordered by column; they are merged column by column."""

    def run(self, on_progress: OnProgress) -> None:
        """Build what is missing."""
        self._write_runs(part_of(on_progress, 0, _SHARE_OF_RUNS))
        self._merge_runs(part_of(on_progress, _SHARE_OF_RUNS, 1))
        layout = RecordLayout(self.n_columns, int(self.files.values.get("width", 2)), False)
        if self.n_spikes:
            n_before = self.files.size(MORE_ROWS) // (4 * layout.n_words)
            rows = self.source.sparse(evenly_spaced(self.n_spikes, N_SAMPLE))
            records, more = layout.pack(rows, n_before)
            self.files.write(SAMPLE, records)
            self.files.write(MORE_ROWS, more)
        self.finish(layout)

    # ---- rows to runs

    def _write_runs(self, on_progress: OnProgress) -> None:
        """Read the rows that are not in runs yet."""
        n_rows = min(_N_TRIED, max(1, self.memory_bytes // (16 * max(1, self.n_columns))))
        waiting: list[SparseRows] = []
        start = self.n_done
        while start < self.n_spikes:
            on_progress(start / self.n_spikes)
            stop = min(start + n_rows, self.n_spikes)
            waiting.append(self.source.sparse(slice(start, stop)))
            start = stop
            if not isinstance(self.source, DenseSource):  # which has no zeros in memory
                part = waiting[-1]
                n_rows = min(CHUNK_ROWS, max(1, self.most_entries // 8 * len(part) // max(1, len(part.values))))
            if start == self.n_spikes or sum(len(rows.values) for rows in waiting) >= self.most_entries:
                self._write_run(joined(waiting))
                waiting = []

    def _write_run(self, rows: SparseRows) -> None:
        from napari_phy.storage.feature_store._loops import count_columns, sort_by_column

        files, first = self.files, self.n_done
        if "width" not in files.values:
            layout = RecordLayout.fitting(rows.counts, self.n_columns)
            n_bytes = 16 * len(rows.values) + self.with_rows * 4 * layout.n_words * len(rows)
            require_room(self.folder, int(n_bytes * (self.n_spikes / max(1, len(rows)))))
        else:
            layout = RecordLayout(self.n_columns, int(files.values["width"]), False)
        starts = np.zeros(self.n_columns + 1, dtype=np.int64)
        count_columns(rows.columns, starts[1:])
        np.cumsum(starts, out=starts)
        pairs = np.empty((len(rows.values), 2), dtype=np.uint32)
        bits = rows.values.view(np.uint32)
        sort_by_column(rows.starts, rows.columns, bits, first, starts[:-1].copy(), pairs)
        files.write(RUNS, pairs)
        files.write(RUN_STARTS, starts)
        del pairs
        n_rows = max(1, self.most_entries // layout.n_words)  # so that records take as much memory as entries
        for start in range(0, len(rows), n_rows) if self.with_rows else ():
            some = rows[start : start + n_rows]
            records, more = layout.pack(some, files.size(MORE_ROWS) // (4 * layout.n_words))
            files.write(ROWS, records)
            files.write(MORE_ROWS, more)
        files.write(ABSENT, (first + np.flatnonzero(rows.absent)).astype(np.uint32))
        files.note(n_done=first + len(rows), width=layout.width)

    # ---- runs to columns

    def _merge_runs(self, on_progress: OnProgress) -> None:
        """Write the columns that are not written yet."""
        starts = self._run_starts()
        totals = np.diff(starts, axis=1).sum(axis=0)
        begins = np.concatenate([[0], np.cumsum(np.diff(starts[:, [0, -1]], axis=1)[:, 0])])
        column = int(self.files.values.get("n_columns_done", 0))
        while column < self.n_columns and len(starts):
            on_progress(column / self.n_columns)
            within = int(np.searchsorted(np.cumsum(totals[column:]), self.most_entries, side="right"))
            stop = column + max(1, within)
            if int(totals[column:stop].sum()) <= self.most_entries:
                parts = [self._read_run(begins[run], starts[run], column, stop) for run in range(len(starts))]
                self._write_columns(column, _by_column(parts, starts[:, column : stop + 1]), totals[column:stop])
            else:  # one column that is larger than the memory
                for run in range(len(starts)):
                    pairs = self._read_run(begins[run], starts[run], column, stop)
                    self._write_columns(column, pairs, np.array([len(pairs)]))
            column = stop
            self.files.note(n_columns_done=column)

    def _run_starts(self) -> npt.NDArray[np.int64]:
        """Return (n_runs, n_columns + 1) where each column begins in each run."""
        starts = np.frombuffer(self.files.read_whole(RUN_STARTS), dtype=np.int64)
        return starts.reshape(-1, self.n_columns + 1)

    def _read_run(self, begin: int, starts: npt.NDArray[np.int64], column: int, stop: int) -> npt.NDArray[np.uint32]:
        """Return the pairs of some columns of a run."""
        pairs = np.empty((int(starts[stop] - starts[column]), 2), dtype=np.uint32)
        self.files.read(RUNS, 8 * int(begin + starts[column]), pairs)
        return pairs

    def _write_columns(self, column: int, pairs: npt.NDArray[np.uint32], counts: npt.NDArray[np.int64]) -> None:
        """Write the pairs of columns from `column` on, each of which has so many, and what is known of their chunks."""
        self.files.write(COLUMNS, pairs)
        index = []
        for number, stop in zip(np.flatnonzero(counts).tolist(), np.cumsum(counts)[counts > 0].tolist(), strict=True):
            for first in range(stop - int(counts[number]), stop, CHUNK_PAIRS):
                chunk = pairs[first : min(first + CHUNK_PAIRS, stop)]
                index.append((int(chunk[0, 0]), len(chunk), zlib.crc32(chunk.data), column + number))
        self.files.write(INDEX, np.array(index, dtype=np.uint32).reshape(-1, 4))

    @property
    def most_entries(self) -> int:
        """Entries that are in memory at a time."""
        return max(1, self.memory_bytes // _ENTRY_BYTES)


def _by_column(parts: list[npt.NDArray[np.uint32]], starts: npt.NDArray[np.int64]) -> npt.NDArray[np.uint32]:
    """Return the pairs of several runs ordered by column; `starts` (n_runs, n_columns + 1) tells where each begins."""
    places = starts - starts[:, :1]
    columns = np.flatnonzero(np.diff(places, axis=1).sum(axis=0)).tolist()
    pieces = [
        part[first:last]
        for column in columns
        for part, (first, last) in zip(parts, places[:, column : column + 2].tolist(), strict=True)
    ]
    return np.concatenate(pieces) if pieces else np.empty((0, 2), dtype=np.uint32)
