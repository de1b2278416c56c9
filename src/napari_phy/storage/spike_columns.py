"""The columns of all spikes, computed in one pass over the features and kept in the side folder."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.spike_columns import UNKNOWN_CHANNEL, SpikeColumns, spike_columns
from napari_phy.files.atomic import write_file
from napari_phy.files.side_folder import find_side_file, make_side_folder
from napari_phy.table.spike_rows import FewRows

logger = logging.getLogger(__name__)

_BLOCK_BYTES = 2**24
_VERSION = 2
_MAX_HEADER_BYTES = 1 << 12
_WAIT_S = 0.05
_KINDS = ("<u2", "<f4", "<f4")  # channels, depths, amplitudes
CACHED_FROM = 20_000  # spikes; below that, computing takes no longer than reading


class SpikeColumnStore:
    """Channel, depth and amplitude of every spike of a channel group; safe in worker threads.

    What was computed when `on_progress` ended it is not lost: the next `get` goes on from there.

    Parameters
    ----------
    model : BaseModel
        The data set whose spikes they are.
    """

    def __init__(self, model: BaseModel) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._columns: SpikeColumns | None = None
        self._begun: SpikeColumns | None = None
        self._n_done = 0

    @property
    def known(self) -> SpikeColumns | None:
        """The columns if somebody got them before."""
        return self._columns

    def get(self, on_progress: OnProgress = no_progress) -> SpikeColumns:
        """Return the columns, read or computed if this was not done yet.

        Raises
        ------
        MissingDataError
            There are no features.
        CancelledError
            `on_progress` ended it.
        """
        if self._columns is not None:
            return self._columns
        while not self._lock.acquire(timeout=_WAIT_S):  # somebody else is at it
            on_progress(self._n_done / max(1, self._model.n_spikes))
        try:
            if self._columns is None:
                self._columns = self._read() or self._compute(on_progress)
            return self._columns
        finally:
            self._lock.release()

    def _compute(self, on_progress: OnProgress) -> SpikeColumns:
        model = self._model
        features, masks = model.features, model.masks
        if features is None or masks is None:
            sentences = [sentence for sentence in model.missing if "feature" in sentence.lower()]
            raise MissingDataError(sentences[0] if sentences else f"{model.name} has no features.")
        columns = self._begun = self._begun or SpikeColumns.empty(model.n_spikes)
        few = (features, masks) if isinstance(features, FewRows) and isinstance(masks, FewRows) else None
        n_values = features.shape[1] + masks.shape[1] if few is None else few[0].n_at_most + few[1].n_at_most
        step = max(1, _BLOCK_BYTES // (4 * n_values))
        y_um = model.probe.positions[:, 1]
        while self._n_done < model.n_spikes:
            on_progress(self._n_done / model.n_spikes)
            some = slice(self._n_done, min(self._n_done + step, model.n_spikes))
            if few is None:
                found = spike_columns(features[some], masks[some], y_um)
            else:
                near, of_masks = few[1].few(some)
                found = spike_columns(few[0].few(some)[1], of_masks, y_um, near)
            columns.put(some.start, found)
            self._n_done = some.stop
        self._begun = None
        self._write(columns)
        return columns.lock()

    # --- the file ---

    @property
    def _name(self) -> str:
        return f"spike-columns-{self._model.channel_group}.bin"

    def _write(self, columns: SpikeColumns) -> None:
        identity = identity_of(self._model)
        if identity is None or len(columns) < CACHED_FROM:
            return

        def write(file: BinaryIO) -> None:
            file.write(json.dumps(identity).encode() + b"\n")
            file.write(columns.channels.astype(_KINDS[0], copy=False).data)
            file.write(columns.depths.astype(_KINDS[1], copy=False).data)
            file.write(columns.amplitudes.astype(_KINDS[2], copy=False).data)

        try:
            write_file(make_side_folder(self._model.path) / self._name, write)
        except OSError as error:
            logger.warning("Channels and depths of the spikes are not kept: %s.", error.strerror or error)

    def _read(self) -> SpikeColumns | None:
        """Return what was kept of these spikes, None if it is of others or damaged."""
        path = find_side_file(self._model.path, self._name)
        identity = identity_of(self._model)
        if path is None or identity is None:
            return None
        with suppress(OSError, ValueError):
            return _read_columns(path, identity, self._model.n_spikes, self._model.n_channels)
        return None


def _read_columns(path: Path, identity: dict[str, object], n_spikes: int, n_channels: int) -> SpikeColumns | None:
    with path.open("rb") as file:
        header = file.readline(_MAX_HEADER_BYTES)
        if json.loads(header) != identity or path.stat().st_size != len(header) + 10 * n_spikes:
            return None
        columns = SpikeColumns(
            np.frombuffer(file.read(2 * n_spikes), _KINDS[0]).astype(np.uint16, copy=False),
            np.frombuffer(file.read(4 * n_spikes), _KINDS[1]).astype(np.float32, copy=False),
            np.frombuffer(file.read(4 * n_spikes), _KINDS[2]).astype(np.float32, copy=False),
        )
    known = columns.channels[columns.channels != UNKNOWN_CHANNEL]
    return columns.lock() if not len(known) or int(known.max()) < n_channels else None


def identity_of(model: BaseModel) -> dict[str, object] | None:
    """Return what must be the same for the columns to hold: the features, the probe, the order of the spikes."""
    identity = None
    if model.features is None or model.masks is None:
        return None
    with suppress(OSError):
        identity = model.features_identity
    if identity is None:
        return None
    digest = hashlib.blake2b(np.ascontiguousarray(model.probe.positions, dtype=np.float64).tobytes(), digest_size=16)
    order = model.file_order
    if order is not None:
        digest.update(np.ascontiguousarray(order).data)
    return {
        "version": _VERSION,
        **identity,
        "features": list(model.features.shape),
        "channel_group": model.channel_group,
        "places": digest.hexdigest(),
    }
