"""How alike all clusters are to each other, as a matrix; an edit computes only the rows that are new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.similarity import cosine_matrix
from napari_phy.table.numbers import format_count
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import required
from napari_phy.views.cluster_order import Order, order_clusters, order_told, pick_orders
from napari_phy.views.settings import Choice, ViewSettings

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

_KEPT_BYTES = 2**27


@dataclass(frozen=True, slots=True)
class SimilaritySettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        Of rows and columns; "list" is that of Clusters.
    """

    view: ClassVar[str] = "Similarity"

    order: Annotated[Order, Choice(title="Order of clusters", of=pick_orders("depth", "size", "list"))] = "depth"


@dataclass(frozen=True, slots=True)
class SimilarityRequest:
    """The clusters of the matrix, in the order of the list, and the order to show them in."""

    clusters: tuple[int, ...]
    order: Order = "depth"


@dataclass(frozen=True, slots=True, eq=False)
class SimilarityData:
    """What a similarity view draws.

    Attributes
    ----------
    request : what was asked for.
    cluster_ids : (n,) int64, in the order of rows and columns.
    similarities : (n, n) float32, symmetric, −1 … 1; larger is more alike.
    levels : (n, n) uint8, the same from 0 to 1 as 0 … 255.
    caption : the words below the picture.
    sorted_by : what clusters are sorted by where that is not what was asked for.
    """

    request: SimilarityRequest
    cluster_ids: Int64
    similarities: Float32
    levels: npt.NDArray[np.uint8]
    caption: str
    sorted_by: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class _Matrix:
    """What was computed last: (n,) ascending ids, their (n, d) mean features, and (n, n) similarities."""

    ids: Int64
    vectors: Float64
    values: Float32

    @property
    def nbytes(self) -> int:
        return self.vectors.nbytes + self.values.nbytes


_last: SessionCache[Literal["matrix"], _Matrix] = SessionCache(_KEPT_BYTES, lambda matrix: matrix.nbytes)


def compute_similarity(
    session: SessionLike, request: SimilarityRequest, on_progress: OnProgress = no_progress
) -> SimilarityData:
    """Return what a similarity view draws: the cosine of the mean masked features of each pair.

    Raises
    ------
    MissingDataError
        There are no features.
    ClusteringError
        A cluster does not exist (any more).
    """
    required(session.model.features, session.model, "features")
    matrix = _matrix(session, np.unique(np.array(request.clusters, dtype=np.int64)), on_progress)
    ids = order_clusters(session, request.clusters, request.order)
    places = np.searchsorted(matrix.ids, ids)
    similarities = matrix.values[np.ix_(places, places)]
    return SimilarityData(
        request=request,
        cluster_ids=ids,
        similarities=read_only(similarities),
        levels=read_only(np.rint(255 * np.clip(similarities, 0, 1)).astype(np.uint8)),
        caption=f"cosine of the mean masked features of {format_count(len(ids), 'cluster')}",
        sorted_by=order_told(session, request.order),
    )


def _matrix(session: SessionLike, ids: Int64, on_progress: OnProgress) -> _Matrix:
    """Return the matrix of ascending ids: known pairs from the last one, the rows of other clusters computed."""
    known = _last.known(session, ["matrix"]).get("matrix")
    if known is not None and np.array_equal(known.ids, ids):
        return known
    is_known = np.zeros(len(ids), dtype=bool) if known is None else np.isin(ids, known.ids)
    new = np.flatnonzero(~is_known)
    sums = session.sums.get(ids[new].tolist(), on_progress) if session.sums is not None else {}
    added = np.array([sums[cluster].feature_mask_sum for cluster in ids[new].tolist()], dtype=np.float64)
    width = added.shape[1] if len(new) else 0 if known is None else known.vectors.shape[1]
    vectors, values = np.zeros((len(ids), width)), np.zeros((len(ids), len(ids)), dtype=np.float32)
    if known is not None:
        old, places = np.flatnonzero(is_known), np.searchsorted(known.ids, ids[is_known])
        vectors[old] = known.vectors[places]
        values[np.ix_(old, old)] = known.values[np.ix_(places, places)]
    if len(new):
        vectors[new] = added
        values[new] = cosine_matrix(added, vectors)
        values[:, new] = values[new].T
    found = _Matrix(ids, vectors, values)
    _last.keep(session, "matrix", found)
    return found
