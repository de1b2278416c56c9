"""Reading per-spike rows for views."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.errors import MissingDataError

BLOCK_BYTES = 2**24


def required(rows: SpikeRows | None, model: BaseModel, what: str) -> SpikeRows:
    """Return the rows, or raise the model's own sentence on why `what` ("features", "waveforms") is missing."""
    if rows is not None:
        return rows
    stem = what.removesuffix("s")
    sentences = [sentence for sentence in model.missing if stem in sentence.lower()]
    raise MissingDataError(sentences[0] if sentences else f"{model.name} has no {what}.")


def rows_at_once(rows: SpikeRows | None) -> int:
    """Return how many rows to read at a time."""
    row_bytes = 8 if rows is None else 4 * int(np.prod(rows.shape[1:]))
    return max(1, BLOCK_BYTES // max(1, row_bytes))


def read_in_file_order(rows: SpikeRows, spike_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return rows of `spike_ids` in the order given; the file is read by ascending id."""
    order = np.argsort(spike_ids, kind="stable")
    if (order[1:] > order[:-1]).all():
        return np.asarray(rows[spike_ids], dtype=np.float32)
    ascending = rows[spike_ids[order]]
    read = np.empty(ascending.shape, dtype=np.float32)
    read[order] = ascending
    return read
