"""Reads, while the user looks, what views will show of the clusters that are likely to come next, then what is slow."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from qtpy.QtCore import QObject, QTimer

from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.storage.spike_peaks import spike_peaks
from napari_phy.widgets.base.application import not_none
from napari_phy.widgets.base.guarded import guarded
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.window.dock_registry import Docked

REST_MS = 150


class ReadAhead(QObject):
    """Has views compute what they would show of the next candidate and the next best cluster; they keep what they read.

    After that come the amplitudes of all spikes, where a view needs them. A new selection stops all of it.

    Parameters
    ----------
    panels : all that are docked, by name; those with `reads_ahead` are asked.
    """

    title = "What comes next"

    def __init__(self, panels: Mapping[str, Docked], parent: QObject) -> None:
        super().__init__(parent)
        self._panels = panels
        self._session: Session | None = None
        self._links = SessionLinks()
        self._answers = LatestResult(self)
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._read)
        self.destroyed.connect(self._links.close)

    @property
    def busy(self) -> bool:
        """Whether something is being read, or will be soon."""
        return self._rest.isActive() or self._answers.wanted is not None

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
        self._answers.drop()

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
        wishes: list[tuple[Panel, Any]] = [(view, view.make_request()) for view in views if not view.frozen]
        coming = tuple(self._coming())
        work: list[Callable[[OnProgress], object]] = [
            partial(view.compute, view.in_sight, replace(wish, clusters=clusters))
            for clusters in coming
            for view, wish in wishes
            if wish is not None
        ]
        model = not_none(self._session).model
        if model.waveforms is not None and any(panel.reads_amplitudes for panel in shown):
            work.append(spike_peaks(model).build)
        if work:
            self._answers.ask(coming, partial(_do, work))

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
