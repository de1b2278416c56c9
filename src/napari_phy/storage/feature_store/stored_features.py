"""Features and masks of a data set that are read from a store where there is one, and from its own file where not."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import evenly_spaced
from napari_phy.core.base_model import BaseModel, SpikeRows
from napari_phy.core.errors import FeatureStoreError, NapariPhyError
from napari_phy.core.memory import BUDGET
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.files.rows import as_rows
from napari_phy.files.side_folder import find_side_file, make_side_folder
from napari_phy.storage.feature_store.files import HEADER, STATE, remove_store
from napari_phy.storage.feature_store.sparse_rows import DenseSource, Float32
from napari_phy.storage.feature_store.store import FeatureStore
from napari_phy.storage.spike_columns import CACHED_FROM, identity_of
from napari_phy.table.spike_rows import FewRows, reads_columns

T = TypeVar("T")

logger = logging.getLogger(__name__)

_ROW_BYTES = 2**15  # of columns that are read in the time that one row takes, wherever it is
_N_EXCERPTS = 16  # spikes by whose features a store is recognised


class StoredFeatures:
    """What reads the features of a model, whose `features` and `masks` become those of this. Safe in worker threads.

    Use `of`, which leaves alone what needs no store.

    Parameters
    ----------
    model : BaseModel
        A data set with features and masks.

    Attributes
    ----------
    store : FeatureStore or None
        The store, None until it is built.
    n_bytes : int
        How large a store of all values is, about; with many zeros it is smaller.
    """

    def __init__(self, model: BaseModel) -> None:
        assert model.features is not None
        assert model.masks is not None
        self._model = model
        self._direct = model.features, model.masks
        self._with_rows = not model.has_quick_rows
        n_columns = model.features.shape[1] + model.masks.shape[1]
        n_at_most = sum(map(_most_values_of, self._direct))
        n_bytes = 4 if n_at_most == n_columns else 8  # of a value, with its spike or column
        self.n_bytes = n_bytes * model.n_spikes * n_at_most * (1 + self._with_rows)
        self.store: FeatureStore | None = None
        self._identity: Any = None
        self._lock = threading.Lock()
        first, last = model.features.shape[1], n_columns
        self.features = StoredRows(self, model.features, 0, first)
        self.masks = StoredRows(self, model.masks, first, last)
        self._recognise()

    @classmethod
    def of(cls, model: BaseModel) -> StoredFeatures | None:
        """Let a model read its features by a store; None where that would not be quicker, or not be kept."""
        if isinstance(model.features, StoredRows):
            return model.features.owner
        if model.features is None or model.masks is None or identity_of(model) is None:
            return None
        is_quick = reads_columns(model.features) and reads_columns(model.masks)
        is_small = 4 * model.n_spikes * (model.features.shape[1] + model.masks.shape[1]) <= BUDGET.limit
        if model.computes_features:
            is_small = model.n_spikes < CACHED_FROM
        if is_quick or is_small:
            return None
        found = cls(model)
        model.features, model.masks = found.features, found.masks
        return found

    @property
    def is_complete(self) -> bool:
        """Whether there is a store."""
        return self.store is not None

    @property
    def n_done(self) -> bool:
        """Whether building was begun and broken off."""
        return find_side_file(self._model.path, f"{self._name}/{STATE}") is not None

    def build(self, on_progress: OnProgress = no_progress) -> None:
        """Build the store; broken off, it goes on from there the next time.

        Raises
        ------
        NapariPhyError
            The features cannot be read, there is too little room, or the folder cannot be written to.
        CancelledError
            `on_progress` ended it.
        """
        if self.store is not None:
            return
        try:
            folder = make_side_folder(self._model.path) / self._name
        except OSError as error:
            raise FeatureStoreError(f"The feature store cannot be written: {error.strerror or error}.") from error
        identity = self._identity or self._identify()
        source = DenseSource(self._direct, [np.nan, 0])
        built = FeatureStore.build(
            source, folder, identity=identity, with_rows=self._with_rows, on_progress=on_progress
        )
        if self._identify() != identity:
            built.close()
            remove_store(folder)
            raise FeatureStoreError(f"The features of {self._model.name} changed while their store was built.")
        self.store = built

    def discard(self, error: Exception) -> None:
        """Go on without a store that is damaged; it is built again when the data set is opened the next time."""
        with self._lock:
            store, self.store = self.store, None
        if store is not None:
            logger.warning("%s Features are read from %s itself.", error, self._model.name)
            store.close()
            with suppress(OSError):
                (store.path / HEADER).unlink(missing_ok=True)

    @property
    def _name(self) -> str:
        return f"features-{self._model.channel_group}"

    def _recognise(self) -> None:
        """Open the store that was built of these features before."""
        header = find_side_file(self._model.path, f"{self._name}/{HEADER}")
        if header is None:
            return
        try:
            self._identity = self._identify()
            self.store = FeatureStore(header.parent, identity=self._identity)
        except (NapariPhyError, OSError) as error:
            logger.info("%s", error)

    def _identify(self) -> Any:
        """Return what must be the same for a store to hold: files, probe, order of spikes and excerpts."""
        if self._model.computes_features:  # reading excerpts takes long, and what they are computed of is known
            return identity_of(self._model)
        digest = hashlib.blake2b(digest_size=16)
        some = evenly_spaced(self._model.n_spikes, _N_EXCERPTS)
        for rows in self._direct:
            digest.update(np.ascontiguousarray(rows[some]).data)
        return {**(identity_of(self._model) or {}), "excerpts": digest.hexdigest()}


class StoredRows:
    """Features or masks of all spikes, as a model has them; a store answers where it is faster.

    Parameters
    ----------
    owner : StoredFeatures
        Has the store.
    direct : SpikeRows
        The same, read from the file of the data set.
    first, last : int
        Which columns of the store they are.
    """

    dtype = np.dtype(np.float32)

    def __init__(self, owner: StoredFeatures, direct: SpikeRows, first: int, last: int) -> None:
        self.owner = owner
        self._direct, self._first, self._last = direct, first, last
        self.shape: tuple[int, ...] = direct.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def stored(self) -> SpikeRows:
        """The same with all values as the file has them."""
        direct: Any = self._direct
        return direct.stored if hasattr(direct, "stored") else self._direct

    @property
    def reads_columns(self) -> bool:
        """Whether `columns` reads those only."""
        return self.owner.store is not None

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> Float32:
        spikes, picked = key if isinstance(key, tuple) else (key, slice(None))
        store = self.owner.store
        if store is not None and store.has_rows:
            rows = as_rows(spikes, self.shape[0], "Spikes")
            with suppress(FeatureStoreError):
                found = self._tried(lambda: store.rows(rows)[:, self._first : self._last][:, picked])
                return found[0] if np.ndim(spikes) == 0 and not isinstance(spikes, slice) else found
        return self._direct[key]

    def columns(self, spike_ids: npt.NDArray[np.int64], columns: Sequence[int]) -> Float32:
        """Return (n, n_columns) of some columns of spikes, in the order given."""
        store, places = self.owner.store, [self._first + column for column in columns]
        if store is not None:
            with suppress(FeatureStoreError):
                if self._tried(lambda: store.n_bytes_of(places)) < _ROW_BYTES * len(spike_ids):
                    return self._tried(lambda: store.columns(spike_ids, places))
        return self[spike_ids][:, list(columns)]

    def _tried(self, read: Callable[[], T]) -> T:
        """Return what is read from the store; one that is damaged is not read again."""
        try:
            return read()
        except NapariPhyError as error:
            self.owner.discard(error)
            raise FeatureStoreError(str(error)) from error


def _most_values_of(rows: SpikeRows) -> int:
    return rows.n_at_most if isinstance(rows, FewRows) else rows.shape[1]
