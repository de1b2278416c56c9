"""Reads ahead what views would show of the clusters that come next."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from threading import Thread
from typing import Any

from qtpy.QtCore import QObject, QTimer

from napari_phy.core import compiled
from napari_phy.core.progress import OnProgress, part_of
from napari_phy.session.session import Session
from napari_phy.storage.spike_peaks import spike_peaks
from napari_phy.widgets.base.application import not_none
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.panels.view_panel import ViewPanel

REST_MS = 150
STAY_MS = 600  # on a cluster, until it is asked where it may be cut: that takes both cores from the views
LOAD_MS = 1000  # after opening: while numba is loaded, clicks wait


class ReadAhead(QObject):
    """Has views compute what they would show of the next candidate and the next best cluster; they keep what they read.

    After that come the amplitudes of all spikes, where a view needs them; where somebody stays on a cluster, the cut of
    what the wizard proposes. A new selection stops all of it. Once a data set is open and nothing is done, numba is
    loaded, which small data sets are opened without.

    Parameters
    ----------
    panels : mapping of str to Panel or ListPanel
        All that are docked, by name; those with `reads_ahead` are asked.
    """

    title = "What comes next"

    def __init__(self, panels: Mapping[str, Panel], parent: QObject) -> None:
        super().__init__(parent)
        self._panels = panels
        self._session: Session | None = None
        self._links = SessionLinks(self)
        self._results = LatestResult(self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._read)
        self._cuts = LatestResult(self)
        self._stay = QTimer(self, singleShot=True, interval=STAY_MS)
        self._stay.timeout.connect(self._look_for_cut)
        self._loads = QTimer(self, singleShot=True, interval=LOAD_MS)
        self._loads.timeout.connect(self._load)

    @property
    def busy(self) -> bool:
        """Whether something is being read, or will be soon."""
        is_soon = self._rest.isActive() or self._stay.isActive()
        return is_soon or self._results.wanted is not None or self._cuts.wanted is not None

    def follow(self, session: Session | None) -> None:
        """Follow another session, the same after it was switched, or none."""
        self._links.close()
        self._stop()
        self._session = session
        if session is not None:
            self._links.connect(session.selection.changed, self.start)
            if not compiled.is_loaded():
                self._loads.start()

    @safe_slot
    def _load(self) -> None:
        panels = self._panels.values()
        if self.busy or any(getattr(panel, "busy", False) or not panel.updatesEnabled() for panel in panels):
            self._loads.start()
        else:
            Thread(target=compiled.load, name="napari-phy loads numba").start()  # the program ends after it

    def show_error(self, error: Exception) -> None:
        """Say nothing: the view says it when it reads the same for itself."""

    def _stop(self) -> None:
        self._rest.stop()
        self._stay.stop()
        self._results.drop()
        self._cuts.drop()

    @safe_slot
    def start(self) -> None:
        """Read what comes next of what is selected now, once no view is busy."""
        self._stop()
        self._rest.start()
        self._stay.start()

    @safe_slot
    def _look_for_cut(self) -> None:
        """Find out where the cluster that the wizard proposes may be cut, where somebody stays on it."""
        if not self._is_shown(self._visible):
            self._stay.start()
            return
        session = not_none(self._session)
        best, cuts = session.wizard.best, session.whole.cuts
        if best is not None and not cuts.knows(best):
            self._cuts.ask(best, partial(cuts, best))

    @safe_slot
    def _read(self) -> None:
        shown = self._visible
        views = [panel for panel in shown if panel.reads_ahead]
        if not self._is_shown(views):
            self._rest.start()
            return
        requests: list[tuple[ViewPanel, Any]] = [(view, view.make_request()) for view in views if not view.frozen]
        coming = tuple(self._coming())
        work: list[Callable[[OnProgress], object]] = [
            partial(view.compute, view.in_sight, replace(request, clusters=clusters))
            for clusters in coming
            for view, request in requests
            if request is not None
        ]
        session = not_none(self._session)
        if session.model.waveforms is not None and any(panel.reads_amplitudes for panel in shown):
            work.append(spike_peaks(session.model).build)
        if work:
            self._results.ask(coming, partial(_do, work))

    @property
    def _visible(self) -> list[ViewPanel]:
        return [panel for panel in self._panels.values() if isinstance(panel, ViewPanel) and panel.isVisible()]

    @staticmethod
    def _is_shown(views: list[ViewPanel]) -> bool:
        """Return whether views have shown what is selected; a window that is opened is kept from painting at first."""
        return not any(view.busy or not view.updatesEnabled() for view in views)

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
    for number, one in enumerate(work):
        on_progress(number / len(work))  # ends it here, whatever comes next
        one(part_of(on_progress, number / len(work), (number + 1) / len(work)))
