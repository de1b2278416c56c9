"""How alike all clusters are to each other, as a matrix; an edit computes only the rows that are new."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.stats.similarity import cosine_matrix
from napari_phy.table.cluster_arrays import ClusterArrays
from napari_phy.table.numbers import format_count
from napari_phy.table.session_cache import SessionCache
from napari_phy.table.session_like import SessionLike
from napari_phy.table.spike_rows import required
from napari_phy.views.cluster_order import Order, order_choice, order_clusters, order_told
from napari_phy.views.settings import ViewSettings

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class SimilaritySettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        Order of rows and columns; "list" is that of Clusters.
    """

    view: ClassVar[str] = "Similarity"

    order: Annotated[Order, order_choice("depth", "size", "list")] = "depth"


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
    request : SimilarityRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        The clusters, in the order of rows and columns.
    similarities : ndarray of float32, shape (n, n)
        Symmetric, −1 … 1; larger is more alike.
    levels : ndarray of uint8, shape (n, n)
        The same from 0 to 1 as 0 … 255.
    caption : str
        The words below the picture.
    sorted_by : str, default ''
        What clusters are sorted by where that is not what was asked for.
    """

    request: SimilarityRequest
    cluster_ids: Int64
    similarities: Float32
    levels: npt.NDArray[np.uint8]
    caption: str
    sorted_by: str = ""


class _Matrix:
    """What was computed of the clusters that were shown last: mean features, and the similarities of all pairs."""

    def __init__(self) -> None:
        self.vectors: ClusterArrays | None = None
        self.pairs = ClusterArrays(n_axes=2, dtype=np.float32)
        self.lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes that are held."""
        return self.pairs.nbytes + (0 if self.vectors is None else self.vectors.nbytes)


_last: SessionCache[Literal["matrix"], _Matrix] = SessionCache(lambda matrix: matrix.nbytes)


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
    ids = order_clusters(session, request.clusters, request.order)
    similarities = _similarities(session, ids, on_progress)
    return SimilarityData(
        request=request,
        cluster_ids=ids,
        similarities=read_only(similarities),
        levels=read_only(np.rint(255 * np.clip(similarities, 0, 1)).astype(np.uint8)),
        caption=f"cosine of the mean masked features of {format_count(len(ids), 'cluster')}",
        sorted_by=order_told(session, request.order),
    )


def _similarities(session: SessionLike, ids: Int64, on_progress: OnProgress) -> Float32:
    """Return (n, n) similarities of clusters: known pairs are kept, the rows of other clusters computed."""
    matrix = _last.known(session, ["matrix"]).get("matrix") or _Matrix()
    with matrix.lock:
        new = np.unique(ids[~matrix.pairs.has(ids)])
        if len(new):
            sums = session.sums.get(new.tolist(), on_progress) if session.sums is not None else {}
            added = np.array([sums[cluster].feature_mask_sum for cluster in new.tolist()], dtype=np.float64)
            if matrix.vectors is None:
                matrix.vectors = ClusterArrays(added.shape[1:])
            for arrays in (matrix.vectors, matrix.pairs):
                arrays.keep_only(ids)
            matrix.vectors.put(new, added)
            rows = cosine_matrix(added, matrix.vectors[ids])
            matrix.pairs.put_pairs(new, ids, rows)
            matrix.pairs.put_pairs(ids, new, rows.T)
        _last.keep(session, "matrix", matrix)
        found: Float32 = matrix.pairs[ids]
        return found
