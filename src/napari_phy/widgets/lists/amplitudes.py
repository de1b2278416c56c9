"""Reads the amplitudes that lists lack: a few clusters at a time, in one thread that leaves the others to the views."""

from collections.abc import Iterable
from functools import cache, partial
from typing import Any

from qtpy.QtCore import QObject, QThreadPool, Signal

from napari_phy.table.cluster_table import compute_amplitudes
from napari_phy.widgets.base.application import application
from napari_phy.widgets.base.latest_result import LatestResult

N_AT_ONCE = 8


class Amplitudes(QObject):
    """Those of one list; what another list has read already is not read again."""

    known = Signal(object)  # {cluster: amplitude}
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session: Any = None
        self._wanted: tuple[int, ...] = ()
        self._tried: set[int] = set()
        self._answers = LatestResult(self, pool=amplitude_pool())
        self._answers.answered.connect(self._on_answered)
        self._answers.failed.connect(self._on_failed)

    def ask(self, session: Any, clusters: Iterable[int]) -> None:
        """Read those of these clusters that were not read yet, instead of those asked for before."""
        if session is not self._session:
            self.drop()
        self._session = session
        self._wanted = tuple(clusters)
        if self._answers.wanted is None:
            self._read_on()

    def drop(self) -> None:
        """Stop reading: the session is another one, or its data are."""
        self._answers.drop()
        self._session, self._wanted, self._tried = None, (), set()

    def _read_on(self) -> None:
        some = tuple(cluster for cluster in self._wanted if cluster not in self._tried)[:N_AT_ONCE]
        if some:
            self._answers.ask(some, partial(compute_amplitudes, self._session, some))

    def _on_answered(self, clusters: tuple[int, ...], amplitudes: dict[int, float]) -> None:
        self._tried.update(clusters)
        self.known.emit(amplitudes)
        self._read_on()

    def _on_failed(self, clusters: tuple[int, ...], error: Exception) -> None:
        if all(cluster in self._session.manager for cluster in clusters):  # else an edit came in between
            self._tried.update(clusters)
            self.failed.emit(error)
        self._wanted = tuple(cluster for cluster in self._wanted if cluster in self._session.manager)
        self._read_on()


@cache
def amplitude_pool() -> QThreadPool:
    """Return the one thread in which all lists read amplitudes."""
    pool = QThreadPool()
    pool.setMaxThreadCount(1)
    application().aboutToQuit.connect(pool.waitForDone)
    return pool
