"""Reading per-spike rows for views."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.errors import MissingDataError

BLOCK = 1 << 16


def required(rows: SpikeRows | None, model: BaseModel, what: str) -> SpikeRows:
    """Return the rows, or raise the model's own sentence on why `what` ("features", "waveforms") is missing."""
    if rows is not None:
        return rows
    sentences = [sentence for sentence in model.missing if what in sentence.lower()]
    raise MissingDataError(sentences[0] if sentences else f"{model.name} has no {what}.")


def read_in_file_order(rows: SpikeRows, spike_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """Return rows of `spike_ids` in the order given; the file is read by ascending id."""
    order = np.argsort(spike_ids, kind="stable")
    if (order[1:] > order[:-1]).all():
        return np.asarray(rows[spike_ids], dtype=np.float32)
    ascending = rows[spike_ids[order]]
    read = np.empty(ascending.shape, dtype=np.float32)
    read[order] = ascending
    return read
