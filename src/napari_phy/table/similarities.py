"""How alike the clusters of a clustering are, by the measure that was chosen for lists, views and wizard alike."""

from __future__ import annotations

import logging
import threading
from weakref import ref

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.memory import ByteCache
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.core.signals import signal
from napari_phy.table.cluster_pairs import DensePairs, Scores, SharedPairs
from napari_phy.table.cluster_ranking import ClusterRanking, Ranking
from napari_phy.table.session_like import SessionLike
from napari_phy.table.similarity_kinds import share_channels
from napari_phy.table.similarity_measures import COSINE, Measure, measure_named

logger = logging.getLogger(__name__)

Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]

N_DENSE = 2000  # clusters; of more, only pairs that share channels have values
N_AT_ONCE = 8  # new clusters that are compared while somebody waits


class ChosenMeasure:
    """Which measure is chosen, in all clusterings of a session."""

    changed = signal()

    def __init__(self, key: str = COSINE) -> None:
        self._key = key

    @property
    def key(self) -> str:
        """Name of the measure."""
        return self._key

    @key.setter
    def key(self, key: str) -> None:
        if key != self._key:
            self._key = key
            self.changed.emit()


class _Compared:
    """What was computed of one measure."""

    def __init__(self, measure: Measure, session: SessionLike, n_clusters: int) -> None:
        self.measure = measure
        self.model = ref(session.model)
        self.comparison = measure.make(session)
        self.is_dense = n_clusters <= N_DENSE
        self.lock = threading.Lock()
        self._scores: tuple[Int64, Scores] | None = None
        at = ref(session)

        def shares(rows: Int64, columns: Int64) -> npt.NDArray[np.bool_]:
            session = at()
            assert session is not None
            return share_channels(session, rows, columns)

        likelihood = measure.is_likelihood
        dense = DensePairs(is_likelihood=likelihood)
        self.pairs = dense if self.is_dense else SharedPairs(shares, is_likelihood=likelihood)

    @property
    def nbytes(self) -> int:
        return self.pairs.nbytes + int(getattr(self.comparison, "nbytes", 0))

    def fill(self, session: SessionLike, ids: Int64, on_progress: OnProgress = no_progress) -> None:
        self.pairs.fill(ids, lambda rows, columns: self.comparison.pairs(session, rows, columns, on_progress))

    def scores(self, ids: Int64) -> Scores:
        if self._scores is None or not np.array_equal(self._scores[0], ids):
            self._scores = ids, self.pairs.scores(ids)
        return self._scores[1]


class Similarities:
    """Ranks clusters by the measure that is chosen; until that is computed, by the cosine. Safe in worker threads.

    Parameters
    ----------
    cosine : ClusterRanking
        Ranks by today's features at once.
    chosen : ChosenMeasure, optional
        What is chosen; of its own if None.
    """

    prepared = signal()  # clusters were compared by the measure that is chosen; in the thread that did

    def __init__(self, cosine: ClusterRanking, chosen: ChosenMeasure | None = None) -> None:
        self.chosen = ChosenMeasure() if chosen is None else chosen
        self._cosine = cosine
        self._session: ref[SessionLike] | None = None
        self._compared: ByteCache[str, _Compared] = ByteCache(lambda compared: compared.nbytes)

    def follow(self, session: SessionLike) -> None:
        """Compare the clusters of a session, which is not kept alive."""
        self._session = ref(session)

    def __call__(self, cluster: int) -> Ranking:
        """Return [(other cluster, similarity)], the most similar first.

        [] without features, and while those of a large data set are read in the background or that was cancelled.
        """
        found = self._ranked(cluster)
        return self._cosine(cluster) if found is None else found

    @property
    def is_due(self) -> bool:
        """Whether the measure that is chosen is to be prepared: it can be known, and is not yet."""
        session, measure = self._open(), self._measure()
        if session is None or measure is None or (session.sums is not None and session.sums.is_held):
            return False
        compared = self._known(measure.key, session)
        ids = session.manager.cluster_ids
        return len(ids) > 0 and (compared is None or not compared.pairs.has(ids).all())

    def prepare(self, on_progress: OnProgress = no_progress) -> None:
        """Compare all clusters by the measure that is chosen; may run in a worker thread."""
        session, measure = self._open(), self._measure()
        if session is not None and measure is not None:
            self._filled(session, measure, session.manager.cluster_ids, on_progress)

    @property
    def ranked_by(self) -> Measure:
        """The measure by which clusters are ranked now: the cosine until the one that is chosen is computed."""
        measure = self._measure()
        return measure_named(COSINE) if measure is None or self.is_due else measure

    @property
    def words(self) -> str:
        """By what clusters are ranked now: "by masked Gaussian"; "" for the cosine where that was chosen."""
        measure = self._measure()
        if measure is None:
            return ""
        return "by cosine for now" if self.is_due else f"by {measure.title[:1].lower()}{measure.title[1:]}"

    def matrix(self, key: str, ids: Int64, on_progress: OnProgress = no_progress) -> Float32:
        """Return (n, n) similarities of clusters by a measure; what is not known is computed first.

        Parameters
        ----------
        key : str
            Name of the measure.
        ids : ndarray of int64, shape (n,)
            Some clusters, or all.

        Raises
        ------
        ClusteringError
            A cluster does not exist (any more).
        """
        session, measure = self._open(), measure_named(key)
        assert session is not None
        every = session.manager.cluster_ids
        for gone in ids[~np.isin(ids, every)].tolist():
            session.manager.n_spikes(gone)  # raises
        of = np.unique(ids) if measure.key == COSINE else every  # ranking needs all of them
        scores = self._filled(session, measure, of, on_progress)
        values = scores.matrix(ids)
        return np.asarray(np.exp(values) if measure.is_likelihood else values, dtype=np.float32)

    def _filled(self, session: SessionLike, measure: Measure, ids: Int64, on_progress: OnProgress) -> Scores:
        compared = self._known(measure.key, session)
        if compared is None:
            compared = _Compared(measure, session, len(ids))
        with compared.lock:
            is_new = not compared.pairs.has(ids).all()
            compared.fill(session, ids, on_progress)
            scores = compared.scores(ids)
        self._compared.put(measure.key, compared)
        if is_new and measure.key == self.chosen.key:
            self.prepared.emit()
        return scores

    def _ranked(self, cluster: int) -> Ranking | None:
        """Return the ranking by the measure that is chosen; None where it is not known in a moment."""
        session, measure = self._open(), self._measure()
        if session is None or measure is None or (session.sums is not None and session.sums.is_held):
            return None
        compared = self._known(measure.key, session)
        if compared is None or not compared.lock.acquire(blocking=False):
            return None
        try:
            ids = session.manager.cluster_ids
            new = ids[~compared.pairs.has(ids)]
            if cluster not in ids or len(new) > N_AT_ONCE:
                return None
            if len(new) and not compared.comparison.knows(session, new):
                return None
            compared.fill(session, ids)
            others = ids[ids != cluster]
            values = compared.scores(ids).of(cluster, others)
        except (NapariPhyError, OSError):
            logger.warning("Clusters are ranked by their cosine.", exc_info=True)
            return None
        finally:
            compared.lock.release()
        order = np.argsort(-values, kind="stable")
        values = np.exp(values[order]) if measure.is_likelihood else values[order]
        return list(zip(others[order].tolist(), values.tolist(), strict=True))

    def _open(self) -> SessionLike | None:
        return None if self._session is None else self._session()

    def _measure(self) -> Measure | None:
        """Return the measure that is chosen, None for the cosine and for what the data set does not have."""
        session, measure = self._open(), measure_named(self.chosen.key)
        return None if measure.key == COSINE or session is None or not measure.is_in(session) else measure

    def _known(self, key: str, session: SessionLike) -> _Compared | None:
        """Return what was compared, unless the data changed or there are many more clusters now."""
        found = self._compared.get(key)
        if found is None or found.model() is not session.model:
            return None
        is_dense = len(session.manager.cluster_ids) <= 2 * N_DENSE
        return found if is_dense or not found.is_dense else None
