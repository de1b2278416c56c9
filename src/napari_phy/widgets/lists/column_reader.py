"""Computes the columns that lists lack: a few clusters at a time, in one thread that leaves the others to the views."""

from collections.abc import Iterable, Mapping
from functools import cache, partial

from qtpy.QtCore import QObject, QThreadPool, Signal

from napari_phy.session.open_clustering import OpenClustering
from napari_phy.table.cluster_table import CLUSTERS_AT_ONCE, compute_values
from napari_phy.widgets.base.application import application, not_none
from napari_phy.widgets.base.latest_result import LatestResult


class ColumnReader(QObject):
    """Computes columns for one list; what was computed for another list is not computed again."""

    known = Signal(str, object)  # key, {cluster: value}
    failed = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: OpenClustering | None = None
        self._wanted: dict[str, tuple[int, ...]] = {}
        self._tried: set[tuple[str, int]] = set()
        self._results = LatestResult(self, pool=column_pool())
        self._results.result_ready.connect(self._on_result)
        self._results.failed.connect(self._on_failed)

    def ask(self, session: OpenClustering, wanted: Mapping[str, Iterable[int]]) -> None:
        """Compute what was not computed yet, {key of a column: clusters}, instead of what was asked for before."""
        if session is not self._session:
            self.drop()
        self._session = session
        self._wanted = {key: tuple(clusters) for key, clusters in wanted.items()}
        if self._results.wanted is None:
            self._read_on()

    def drop(self) -> None:
        """Stop: the session is another one, or its data are."""
        self._results.drop()
        self._session, self._wanted, self._tried = None, {}, set()

    def _read_on(self) -> None:
        for key, clusters in self._wanted.items():
            some = tuple(cluster for cluster in clusters if (key, cluster) not in self._tried)[:CLUSTERS_AT_ONCE]
            if some:
                self._results.ask((key, some), partial(compute_values, not_none(self._session), key, some))
                return

    def _on_result(self, question: tuple[str, tuple[int, ...]], values: dict[int, float]) -> None:
        key, clusters = question
        self._tried.update((key, cluster) for cluster in clusters)
        self.known.emit(key, values)
        self._read_on()

    def _on_failed(self, question: tuple[str, tuple[int, ...]], error: Exception) -> None:
        key, clusters = question
        manager = not_none(self._session).manager
        if all(cluster in manager for cluster in clusters):  # else an edit came in between
            self._tried.update((key, cluster) for cluster in clusters)
            self.failed.emit(key, error)
        self._wanted = {
            one: tuple(cluster for cluster in wanted if cluster in manager) for one, wanted in self._wanted.items()
        }
        self._read_on()


@cache
def column_pool() -> QThreadPool:
    """Return the one thread in which all lists compute columns."""
    pool = QThreadPool()
    pool.setMaxThreadCount(1)
    application().aboutToQuit.connect(pool.waitForDone)
    return pool
