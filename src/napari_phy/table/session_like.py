"""What tables and views ask of a session: a `Session` fulfils it, and so does a light one in a test."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from napari_phy.core.base_model import BaseModel
from napari_phy.core.progress import OnProgress
from napari_phy.core.spike_columns import SpikeColumns
from napari_phy.core.update_info import UpdateInfo
from napari_phy.stats.automatic_classes import Rule


class ClusterSumsLike(Protocol):
    """Sums over all spikes of one cluster."""

    @property
    def n_spikes(self) -> int:
        """Number of spikes summed."""
        ...

    @property
    def mask_sum(self) -> npt.NDArray[np.float64]:
        """(n_channels,) sum of the masks."""
        ...

    @property
    def feature_mask_sum(self) -> npt.NDArray[np.float64]:
        """(n_features,) sum of feature × mask."""
        ...

    @property
    def abs_sum(self) -> npt.NDArray[np.float64]:
        """(n_channels,) sum of |feature| × mask."""
        ...


class SumsLike(Protocol):
    """The additive sums of every cluster, kept by cluster id."""

    @property
    def is_held(self) -> bool:
        """Whether they are read elsewhere, or are not to be read now."""
        ...

    def get(self, cluster_ids: Iterable[int], on_progress: OnProgress = ..., /) -> Mapping[int, ClusterSumsLike]:
        """Return the sums of some clusters."""
        ...


class ManagerLike(Protocol):
    """The clustering as a view reads it."""

    @property
    def cluster_ids(self) -> npt.NDArray[np.int64]:
        """Ascending ids."""
        ...

    @property
    def spike_spans(self) -> tuple[tuple[int, int], ...]:
        """First spike that is used, and the one after the last, of each stretch of time; all of them in one."""
        ...

    @property
    def spike_slots(self) -> npt.NDArray[np.int32]:
        """(n_spikes,) slot of each spike; only splits change them."""
        ...

    @property
    def n_cuts(self) -> int:
        """How often slots were changed."""
        ...

    @property
    def undo_record(self) -> UpdateInfo | None:
        """The last edit that holds, None where there is none."""
        ...

    @property
    def slot_clusters(self) -> npt.NDArray[np.int32]:
        """(n_slots,) cluster of each slot, −1 where none has it."""
        ...

    def n_spikes(self, cluster_id: int, /) -> int:
        """Return the number of spikes of a cluster."""
        ...

    def spikes(self, cluster_id: int, /) -> npt.NDArray[np.int64]:
        """Return the ascending spike ids of a cluster."""
        ...

    def group(self, cluster_id: int, /) -> str:
        """Return the lower-case name of a cluster's group."""
        ...

    @property
    def cluster_labels(self) -> Mapping[str, Mapping[int, Any]]:
        """{field: {cluster: value}}."""
        ...

    def groups_of(self, cluster_ids: Iterable[int], /) -> list[str]:
        """Return those of many clusters."""
        ...


class ColumnsLike(Protocol):
    """Channel, depth and amplitude of every spike, once they are asked for."""

    @property
    def known(self) -> SpikeColumns | None:
        """The columns if somebody got them before."""
        ...

    def get(self, on_progress: OnProgress = ..., /) -> SpikeColumns:
        """Return the columns; raises MissingDataError without features."""
        ...


class SimilarityScaleLike(Protocol):
    """From which similarities clusters are little, and much alike."""

    @property
    def little(self) -> float:
        """Below it two clusters are little alike."""
        ...

    @property
    def much(self) -> float:
        """From it on they are much alike."""
        ...


class SimilaritiesLike(Protocol):
    """How alike clusters are."""

    @property
    def ranked_by(self) -> SimilarityScaleLike:
        """The measure by which clusters are ranked now."""
        ...

    def matrix(self, key: str, ids: npt.NDArray[np.int64], on_progress: OnProgress = ..., /) -> npt.NDArray[np.float32]:
        """Return (n, n) similarities of clusters by a measure."""
        ...


class ClassRulesLike(Protocol):
    """By which rules clusters are classed."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules with their thresholds."""
        ...


class SessionLike(Protocol):
    """One open data set as a view reads it; nothing here is changed by a view."""

    @property
    def range_s(self) -> tuple[float, float]:
        """Start and stop of the time whose spikes `manager` has."""
        ...

    @property
    def whole(self) -> SessionLike:
        """The same with the spikes of all times; itself where it has them."""
        ...

    @property
    def model(self) -> BaseModel:
        """The data."""
        ...

    @property
    def manager(self) -> ManagerLike:
        """The clustering."""
        ...

    @property
    def sums(self) -> SumsLike | None:
        """The additive sums; None without features or masks."""
        ...

    @property
    def columns(self) -> ColumnsLike:
        """What is known of each single spike."""
        ...

    @property
    def class_rules(self) -> ClassRulesLike:
        """By which rules clusters are classed."""
        ...

    @property
    def similarities(self) -> SimilaritiesLike:
        """How alike clusters are, by any measure."""
        ...

    def similar_to(self, cluster_id: int, /) -> Sequence[tuple[int, float]]:
        """Return (cluster, similarity) of the others, the most alike first."""
        ...
