"""What is read before it is asked for: features of a large data set, and what the next click may show."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from qtpy.QtCore import QObject, QTimer, Signal

from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.storage.spike_peaks import spike_peaks
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.widgets.base.application import not_none
from napari_phy.widgets.base.guarded import guarded
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.window.dock_registry import Docked

logger = logging.getLogger(__name__)


LARGE = 200_000  # spikes; below that, reading takes a moment only


def is_large(opened: Any) -> bool:
    """Return whether the features of what is open should be read in the background."""
    return opened.sums is not None and not opened.sums.is_prepared and opened.model.n_spikes > LARGE


class Preparation(QObject):
    """Reads what channels, depths and similarities are made of; until that is done, nobody ranks all clusters.

    Parameters
    ----------
    opened : object
        The clustering that is open now, wherever the session goes.

    Attributes
    ----------
    state : {'reading', 'cancelled', 'done'}
        "reading" and "done", or "cancelled": then `start` begins anew.
    percent : int
        How far it is.
    """

    progressed = Signal(int)
    changed = Signal()  # the state

    def __init__(self, opened: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._opened = opened
        self._results = LatestResult(self)
        self._results.progressed.connect(self._on_progressed)
        self._results.result_ready.connect(self._on_result)
        self._results.failed.connect(self._on_failed)
        self.state: Literal["reading", "cancelled", "done"] = "reading"
        self.percent = 0
        opened.sums.is_held = True

    def start(self) -> None:
        """Read, or begin to read again."""
        self.percent = 0
        self._results.ask("features", self._read)
        self._set_state("reading")

    def cancel(self) -> None:
        """Stop reading; what is known without features stays."""
        self._results.drop()
        self._set_state("cancelled")

    def drop(self) -> None:
        """Stop reading and say nothing more: something else is open."""
        self._results.drop()
        self._opened.sums.is_held = False

    def _read(self, on_progress: OnProgress) -> None:
        compute_cluster_table(self._opened, reads="times")
        self._opened.ranking.prepare(on_progress)

    def _on_progressed(self, percent: int) -> None:
        self.percent = percent
        self.progressed.emit(percent)

    def _on_result(self, *_: object) -> None:
        self._opened.sums.is_held = False
        self._set_state("done")

    def _on_failed(self, _question: object, error: Exception) -> None:
        """Leave it to the lists to say what cannot be read."""
        logger.error("The features of %s could not be read.", self._opened.model.name, exc_info=error)
        self._on_result()

    def _set_state(self, state: Literal["reading", "cancelled", "done"]) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit()


class CurrentPreparation(QObject):
    """The preparation of what is open in one window, if it is large.

    Attributes
    ----------
    now : Preparation or None
        The one that is under way, done or cancelled; None: there was nothing to prepare.
    """

    replaced = Signal(object)  # another one, or None
    ended = Signal()  # it is done or cancelled

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.now: Preparation | None = None

    def follow(self, opened: Any) -> None:
        """Let go of what was open, and read the features of what is open now (None: nothing) if they are many."""
        left, self.now = self.now, None
        if left is not None:
            left.drop()
            left.deleteLater()
        if opened is not None and is_large(opened):
            self.now = Preparation(opened, self)
            self.now.changed.connect(self._on_changed)
        if self.now is not left:
            self.replaced.emit(self.now)
        if self.now is not None:
            self.now.start()

    def _on_changed(self) -> None:
        if self.now is not None and self.now.state != "reading":
            self.ended.emit()


REST_MS = 150


class ReadAhead(QObject):
    """Has views compute what they would show of the next candidate and the next best cluster; they keep what they read.

    After that come the amplitudes of all spikes, where a view needs them. A new selection stops all of it.

    Parameters
    ----------
    panels : mapping of str to Panel or ListPanel
        All that are docked, by name; those with `reads_ahead` are asked.
    """

    title = "What comes next"

    def __init__(self, panels: Mapping[str, Docked], parent: QObject) -> None:
        super().__init__(parent)
        self._panels = panels
        self._session: Session | None = None
        self._links = SessionLinks()
        self._results = LatestResult(self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._read)
        self.destroyed.connect(self._links.close)

    @property
    def busy(self) -> bool:
        """Whether something is being read, or will be soon."""
        return self._rest.isActive() or self._results.wanted is not None

    def follow(self, session: Session | None) -> None:
        """Follow another session, the same after it was switched, or none."""
        self._links.close()
        self._stop()
        self._session = session
        if session is not None:
            self._links.connect(session.selection.changed, self._on_selected)

    def show_error(self, error: Exception) -> None:
        """Say nothing: the view says it when it reads the same for itself."""

    def _stop(self) -> None:
        self._rest.stop()
        self._results.drop()

    @guarded
    def _on_selected(self) -> None:
        self._stop()
        self._rest.start()

    @guarded
    def _read(self) -> None:
        shown = [panel for panel in self._panels.values() if isinstance(panel, Panel) and panel.isVisible()]
        views = [panel for panel in shown if panel.reads_ahead]
        if any(view.busy for view in views):
            self._rest.start()
            return
        requests: list[tuple[Panel, Any]] = [(view, view.make_request()) for view in views if not view.frozen]
        coming = tuple(self._coming())
        work: list[Callable[[OnProgress], object]] = [
            partial(view.compute, view.in_sight, replace(request, clusters=clusters))
            for clusters in coming
            for view, request in requests
            if request is not None
        ]
        model = not_none(self._session).model
        if model.waveforms is not None and any(panel.reads_amplitudes for panel in shown):
            work.append(spike_peaks(model).build)
        if work:
            self._results.ask(coming, partial(_do, work))

    def _coming(self) -> Iterator[tuple[int, ...]]:
        """Yield what Space and what Down would select, each passing over what the filter hides or keys skip."""
        selection, candidate = not_none(self._session).selection, not_none(self._session).wizard.coming
        if candidate is not None and candidate not in selection.clusters:
            yield (*selection.best, candidate)
        clusters = self._panels.get("Clusters")
        if isinstance(clusters, ClustersPanel):
            walked = clusters.walked_ids
            after = [walked.index(cluster) + 1 for cluster in selection.best if cluster in walked]
            for cluster in walked[max(after, default=0) :][:1]:
                yield (cluster,)


def _do(work: list[Callable[[OnProgress], object]], on_progress: OnProgress) -> None:
    for one in work:
        one(on_progress)
