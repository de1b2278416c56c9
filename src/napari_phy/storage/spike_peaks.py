"""The peak-to-peak amplitude of every spike: read when asked for, all of them in the background, and kept."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from weakref import WeakKeyDictionary, ref

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.progress import CancelledError, OnProgress, no_progress, part_of
from napari_phy.files.atomic import write_file
from napari_phy.files.side_folder import find_side_file, make_side_folder
from napari_phy.table.spike_rows import read_pairs, required, rows_at_once

logger = logging.getLogger(__name__)

Float32 = npt.NDArray[np.float32]
SpikeIds = npt.NDArray[np.int64]

STEP_BYTES = 2**22  # of waveforms, that are read between two reports
STORE_FROM = 20_000  # spikes; below that, reading them again takes no longer
N_STORES = 16  # while all are read
_MAX_HEADER_BYTES = 1 << 14
_VERSION = 1

_peaks: WeakKeyDictionary[BaseModel, SpikePeaks] = WeakKeyDictionary()
_lock = threading.Lock()


def spike_peaks(model: BaseModel) -> SpikePeaks:
    """Return the peak-to-peak amplitudes of a model, the same object each time."""
    with _lock:
        found = _peaks.get(model)
        if found is None:
            found = _peaks[model] = SpikePeaks(model)
        return found


class SpikePeaks:
    """Peak-to-peak amplitudes of the spikes of a model; safe in worker threads.

    The amplitude of a spike is max − min of its waveform × mask on the channel where that is largest, in the unit of
    the model; where all masks are 0, without them. It is nan where the raw data of the spike are missing.

    Parameters
    ----------
    model : BaseModel
        The data set whose spikes they are; held weakly.
    """

    def __init__(self, model: BaseModel) -> None:
        self._model_ref = ref(model)
        self._values = np.full(model.n_spikes, np.nan, dtype=np.float32)
        self._is_read = np.zeros(model.n_spikes, dtype=np.bool_)
        self._n_built = 0  # spikes, in the order of time, all of which were read
        self._n_stored = 0
        self._is_loaded = False
        self._lock = threading.Lock()

    @property
    def is_complete(self) -> bool:
        """Whether nothing has to be read any more."""
        self._load()
        return self._n_built == len(self._values)

    def count_unread(self, spike_ids: SpikeIds) -> int:
        """Return how many of some spikes have to be read from raw data."""
        self._load()
        return int(np.count_nonzero(~self._is_read[spike_ids]))

    def get(self, spike_ids: SpikeIds, on_progress: OnProgress = no_progress) -> Float32:
        """Return the amplitudes of some spikes, reading those that are not known.

        Parameters
        ----------
        spike_ids : ndarray of int64, shape (n,)
            The spikes.
        on_progress : callable
            Called with how far the work is; what was read when it raises stays known.

        Returns
        -------
        ndarray of float32, shape (n,)
            Peak-to-peak amplitude of each spike.

        Raises
        ------
        MissingDataError
            There are no waveforms.
        """
        self._load()
        self._read(np.unique(spike_ids[~self._is_read[spike_ids]]), on_progress)
        return self._values[spike_ids]

    def build(self, on_progress: OnProgress = no_progress) -> None:
        """Read the amplitudes of all spikes in the order of the file, and store them beside the data set.

        What was read when `on_progress` raises stays known, and all but the last part of it is stored: this stops at
        once, since somebody has clicked.

        Raises
        ------
        MissingDataError
            There are no waveforms.
        CancelledError
            `on_progress` raised it.
        """
        self._load()
        n_spikes = len(self._values)
        step = rows_at_once(self._waveforms, STEP_BYTES)
        part = max(STORE_FROM, n_spikes // N_STORES)
        while self._n_built < n_spikes:
            on_progress(self._n_built / n_spikes)
            stop = min(self._n_built + step, n_spikes)
            self._read(self._n_built + np.flatnonzero(~self._is_read[self._n_built : stop]))
            self._n_built = stop
            if stop - self._n_stored >= part or (stop == n_spikes >= STORE_FROM):
                self._store()

    # ---- reading

    @property
    def _model(self) -> BaseModel:
        model = self._model_ref()
        if model is None:  # it was closed while this was read in the background
            raise CancelledError
        return model

    @property
    def _waveforms(self) -> SpikeRows:
        return required(self._model.waveforms, self._model, "waveforms")

    def _read(self, spike_ids: SpikeIds, on_progress: OnProgress = no_progress) -> None:
        """Read ascending spikes, some at a time."""
        rows, masks = self._waveforms, self._model.masks
        step = rows_at_once(rows, STEP_BYTES)
        for start in range(0, len(spike_ids), step):
            on_progress(start / len(spike_ids))
            some = spike_ids[start : start + step]
            there = rows.with_data(some) if hasattr(rows, "with_data") else some
            if len(there):
                of_some = part_of(on_progress, start / len(spike_ids), (start + len(some)) / len(spike_ids))
                self._values[there] = _peak_to_peak(rows, there, None if masks is None else masks[there], of_some)
            self._is_read[some] = True

    # ---- the file

    @property
    def _name(self) -> str:
        return f"spike-peaks-{self._model.channel_group}.bin"

    def _header(self, n_built: int) -> bytes | None:
        """Return what must be the same for the stored amplitudes to hold, and how many there are; None: never."""
        identity = self._model.waveforms_identity
        if identity is None:
            return None
        held = json.dumps({"version": _VERSION, "n_spikes": len(self._values), **identity}, sort_keys=True)
        digest = hashlib.blake2b(held.encode(), digest_size=16)
        digest.update(np.ascontiguousarray(self._model.spike_samples).data)
        return json.dumps({"n_stored": n_built, "digest": digest.hexdigest()}).encode() + b"\n"

    def _store(self) -> None:
        n_built = self._n_stored = self._n_built  # if it fails, the next part is tried
        header = self._header(n_built)
        if header is None:
            return

        def write(file: BinaryIO) -> None:
            file.write(header)
            file.write(self._values[:n_built].astype("<f4", copy=False).data)

        try:
            write_file(make_side_folder(self._model.path) / self._name, write)
        except OSError as error:
            logger.warning("Amplitudes of the spikes are not stored: %s.", error.strerror or error)

    def _load(self) -> None:
        """Take what was stored of these spikes, once; nothing if it is of others or damaged."""
        with self._lock:
            if self._is_loaded:
                return
            self._is_loaded = True
            path = find_side_file(self._model.path, self._name)
            if path is not None:
                with suppress(OSError, ValueError, TypeError, KeyError):
                    self._take(path)

    def _take(self, path: Path) -> None:
        with path.open("rb") as file:
            header = file.readline(_MAX_HEADER_BYTES)
            n_stored = json.loads(header)["n_stored"]
            if not 0 < n_stored <= len(self._values) or header != self._header(n_stored):
                return
            if path.stat().st_size != len(header) + 4 * n_stored:
                return
            self._values[:n_stored] = np.frombuffer(file.read(4 * n_stored), "<f4")
        self._is_read[:n_stored] = True
        self._n_built = self._n_stored = n_stored


def _peak_to_peak(rows: SpikeRows, spike_ids: SpikeIds, masks: Float32 | None, on_progress: OnProgress) -> Float32:
    """Read the channels on which each spike takes part, or all of one that takes part nowhere."""
    if masks is None:
        masks = np.ones((len(spike_ids), rows.shape[-1]), dtype=np.float32)
    masks = np.where((masks > 0).any(axis=1, keepdims=True), masks, 1)
    spike, channel = np.nonzero(masks > 0)
    waveforms = read_pairs(rows, spike_ids[spike], channel, on_progress)
    spans = (waveforms.max(axis=1) - waveforms.min(axis=1)) * masks[spike, channel]
    return np.asarray(np.maximum.reduceat(spans, np.searchsorted(spike, np.arange(len(spike_ids)))), dtype=np.float32)
