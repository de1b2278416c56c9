"""Reading per-spike rows for views."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import OnProgress, no_progress

SpikeIds = npt.NDArray[np.int64]


@runtime_checkable
class CutRows(SpikeRows, Protocol):
    """Waveforms that tell how many of their samples come before the spike; else the spike is in their middle."""

    before: int


@runtime_checkable
class PartialRows(SpikeRows, Protocol):
    """Rows that some spikes lack."""

    def with_data(self, ids: SpikeIds, /) -> SpikeIds:
        """Return the spikes that have rows."""


@runtime_checkable
class PairRows(SpikeRows, Protocol):
    """Rows of which single channels can be read."""

    def pairs(self, spike_ids: SpikeIds, channels: npt.NDArray[np.int64], /) -> npt.NDArray[np.float32]:
        """Return a row for each spike and its channel."""


@runtime_checkable
class ColumnRows(SpikeRows, Protocol):
    """Rows of which single columns may be read without the others."""

    @property
    def reads_columns(self) -> bool:
        """Whether that is so now."""

    def columns(self, spike_ids: SpikeIds, columns: Sequence[int], /) -> npt.NDArray[np.float32]:
        """Return (n, n_columns) of some columns of spikes, in the order given."""


@runtime_checkable
class FewRows(SpikeRows, Protocol):
    """Rows of which few values are not 0; those of features lie on the channels of the masks, in the same order."""

    @property
    def n_at_most(self) -> int:
        """How many of them, in a row."""

    def few(self, spike_ids: slice | SpikeIds, /) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Return the columns and values, (n, n_at_most) each; a column twice where there are fewer, as 0 once."""


@runtime_checkable
class MovableRows(SpikeRows, Protocol):
    """Waveforms that can be cut out around any samples."""

    def around(self, samples: npt.NDArray[np.int64], /) -> SpikeRows:
        """Return waveforms around other ascending samples, cut and filtered as these are."""


def samples_before(rows: SpikeRows | None, otherwise: int) -> int:
    """Return how many samples of a waveform come before the spike."""
    return int(rows.before) if isinstance(rows, CutRows) else otherwise


def with_data(rows: SpikeRows, spike_ids: SpikeIds) -> SpikeIds:
    """Return those of some spikes that have rows."""
    return rows.with_data(spike_ids) if isinstance(rows, PartialRows) else spike_ids


BLOCK_BYTES = 2**24
COLUMN_SPIKES = 2**20  # whose columns are read at a time
STEP_BYTES = 2**23  # scattered rows that are read between two reports: a moment even from a slow disk


def required(rows: SpikeRows | None, model: BaseModel, what: str) -> SpikeRows:
    """Return the rows, or raise the model's own sentence on why `what` ("features", "waveforms") is missing."""
    if rows is not None:
        return rows
    stem = what.removesuffix("s")
    sentences = [sentence for sentence in model.missing if stem in sentence.lower()]
    raise MissingDataError(sentences[0] if sentences else f"{model.name} has no {what}.")


def rows_at_once(rows: SpikeRows | None, n_bytes: int = BLOCK_BYTES) -> int:
    """Return how many rows to read at a time."""
    row_bytes = 8 if rows is None else 4 * int(np.prod(rows.shape[1:]))
    return max(1, n_bytes // max(1, row_bytes))


def read_in_file_order(
    rows: SpikeRows, spike_ids: npt.NDArray[np.int64], on_progress: OnProgress = no_progress
) -> npt.NDArray[np.float32]:
    """Return rows of `spike_ids` in the order given; the file is read by ascending id, some rows at a time."""
    order = np.argsort(spike_ids, kind="stable")
    read = np.empty((len(spike_ids), *rows.shape[1:]), dtype=np.float32)
    step = rows_at_once(rows, STEP_BYTES)
    for start in range(0, len(order), step):
        on_progress(start / len(order))
        some = order[start : start + step]
        read[some] = rows[spike_ids[some]]
    return read


def reads_columns(rows: SpikeRows | None) -> bool:
    """Return whether `read_columns` reads nothing but those columns."""
    return isinstance(rows, ColumnRows) and rows.reads_columns


def read_columns(
    rows: SpikeRows,
    spike_ids: npt.NDArray[np.int64],
    columns: Sequence[int],
    on_progress: OnProgress = no_progress,
) -> npt.NDArray[np.float32]:
    """Return (n, n_columns) of some columns of `spike_ids`, in the order given."""
    is_quick = isinstance(rows, ColumnRows) and rows.reads_columns
    if isinstance(rows, ColumnRows) and is_quick and len(spike_ids) <= COLUMN_SPIKES:
        on_progress(0)
        return rows.columns(spike_ids, columns)
    read = np.empty((len(spike_ids), len(columns)), dtype=np.float32)
    step = COLUMN_SPIKES if is_quick else rows_at_once(rows, STEP_BYTES)
    order = None if is_quick else np.argsort(spike_ids, kind="stable")
    for start in range(0, len(spike_ids), step):
        on_progress(start / len(spike_ids))
        some = slice(start, start + step) if order is None else order[start : start + step]
        if isinstance(rows, ColumnRows):
            read[some] = rows.columns(spike_ids[some], columns)
        else:
            read[some] = rows[spike_ids[some]][:, columns]
    return read


def read_pairs(
    rows: SpikeRows,
    spike_ids: npt.NDArray[np.int64],
    channels: npt.NDArray[np.int64],
    on_progress: OnProgress = no_progress,
) -> npt.NDArray[np.float32]:
    """Return (n, n_samples) waveforms of (spike, channel) pairs in any order; `rows` may filter nothing else."""
    order = np.lexsort([channels, spike_ids])
    spike_ids, channels = spike_ids[order], channels[order]
    read = np.empty((len(order), rows.shape[1]), dtype=np.float32)
    step = 2 * rows_at_once(rows, STEP_BYTES)  # a part of the channels
    edges = np.flatnonzero(np.diff(spike_ids, prepend=-1))[::step].tolist()
    for start, stop in pairwise([*edges, len(order)]):
        on_progress(start / len(order))
        read[order[start:stop]] = _pairs(rows, spike_ids[start:stop], channels[start:stop])
    return read


def _pairs(
    rows: SpikeRows, spike_ids: npt.NDArray[np.int64], channels: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    if isinstance(rows, PairRows):
        return rows.pairs(spike_ids, channels)
    ids, places = np.unique(spike_ids, return_inverse=True)
    return rows[ids][places, :, channels]
