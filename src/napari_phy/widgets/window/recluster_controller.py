"""Clusters the selected clusters anew: asks how, works in the background, shows what comes of it, and does it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any
from weakref import ref

import numpy as np
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer
from qtpy.QtWidgets import QMainWindow

from napari_phy.actions import messages
from napari_phy.core.errors import ClusteringError, NapariPhyError
from napari_phy.core.progress import OnProgress
from napari_phy.core.sentences import listed
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.regrouping import Regrouping
from napari_phy.widgets.actions.background_work import Job
from napari_phy.widgets.base.form_dialog import FormDialog
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.panel import Panel, ShowsRegrouping
from napari_phy.widgets.window.action_controller import ActionController

logger = logging.getLogger(__name__)

ASIDE_PX = 24  # from the corner of the window

Least = Annotated[int, {"label": "At least", "min": 1, "max": 1000, "tooltip": "Clusters in the end, noise aside"}]
Most = Annotated[int, {"label": "At most", "min": 1, "max": 1000, "tooltip": "Clusters in the end, noise aside"}]
Noise = Annotated[bool, {"text": "Spikes may be noise", "tooltip": "These become a cluster of their own"}]

LEAST_IS_MORE = "There cannot be more at least than at most."
RECLUSTER_EXPLANATION = "By masked EM on their features. You see what comes of it before anything is changed."
CHANGED_MEANWHILE = "These clusters were changed meanwhile. Nothing was changed."


class ReclusterController(QObject):
    """Asks, clusters, and edits where that is wished.

    Parameters
    ----------
    window : QMainWindow
        Parent of dialogs.
    controller : ActionController
        Has the session and the status bar.
    theme : callable
        Returns the theme in force.
    panels : mapping of str to Panel
        All that are docked; those of features show what would be.
    """

    def __init__(
        self,
        window: QMainWindow,
        controller: ActionController,
        theme: Callable[[], Tokens],
        panels: Mapping[str, Panel],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._controller = controller
        self._theme = theme
        self._panels = panels

    def ask(self) -> None:
        """Ask how many clusters the selected ones may become, and begin."""
        session = self._controller.session
        clusters = session.selection.clusters

        def begin(at_least: Least = 1, at_most: Most = 20, noise: Noise = True) -> None:
            options = {"n_clusters_min": at_least, "n_clusters_max": at_most, "use_noise_cluster": noise}
            self._begin(session, clusters, options)

        def problem(at_least: int, at_most: int, noise: bool) -> str | None:
            return "" if at_least <= at_most else LEAST_IS_MORE

        words = Words("Recluster", recluster_question(clusters), RECLUSTER_EXPLANATION, "Recluster")
        FormDialog(words, begin, self._theme(), self._window(), problem=problem).ask()

    def _begin(self, session: Session, clusters: tuple[int, ...], options: dict[str, Any]) -> None:
        if not self._controller.is_free():
            return
        from napari_phy.session.reclustering import find_clusters  # most windows need no algorithms

        opened, words = session.opened, reclustering(clusters)

        def work(on_progress: OnProgress) -> Any:
            return find_clusters(opened.model, opened.manager, clusters, on_progress, **options)

        def show(found: Any) -> None:
            if isalive(self) and session is self._controller.session and opened is session.opened:
                self._show(session, clusters, found)

        def done(found: Any) -> None:
            QTimer.singleShot(0, partial(show, found))  # when the bars of the work are gone, which wait for no dialog

        def failed(error: Exception) -> None:
            if not isinstance(error, NapariPhyError):
                logger.error("Clusters could not be clustered anew.", exc_info=error)
            known = isinstance(error, NapariPhyError)
            self._controller.complain(str(error) if known else messages.action_failed("Recluster", error))

        cancel = partial(self._controller.report, messages.cancelled(words))
        self._controller.work.begin(Job(words, work, done, failed, cancel))

    def _show(self, session: Session, clusters: tuple[int, ...], found: Any) -> None:
        """Show what was found, with all but the largest part selected as spikes, and ask whether to do it."""
        manager = session.manager
        if not all(cluster in manager for cluster in clusters):
            self._controller.say(CHANGED_MEANWHILE)
            return
        labels, sizes = np.unique(found.labels, return_counts=True)
        if len(labels) == len(clusters) == 1:
            self._controller.report(found_as_they_are(clusters))
            return
        chosen = session.selection.clusters
        session.selection.select(clusters)
        session.selection.select_spikes(found.spike_ids[found.labels != labels[sizes.argmax()]])
        self._color(Regrouping.of(found.spike_ids, found.labels))
        explanation = reclustered_sizes(sizes[labels != 0].tolist(), int(sizes[labels == 0].sum()))
        words = Words("Recluster", reclustered(clusters, len(labels)), explanation, "Apply")
        dialog = SmallDialog(words, self._theme(), self._window())
        self._put_aside(dialog)
        wanted = dialog.ask()
        self._color(None)
        if not wanted:
            session.selection.select_spikes([])
            session.selection.select(chosen)
            return
        try:
            session.assign(found.spike_ids, found.labels)
        except ClusteringError as error:
            self._controller.say(str(error))
        except NapariPhyError as error:
            self._controller.complain(str(error))
        else:
            self._controller.edited.emit()

    def _color(self, regrouping: Regrouping | None) -> None:
        """Show in Features what would be; None: what is."""
        for panel in self._panels.values():
            if isinstance(panel, ShowsRegrouping):
                panel.show_regrouping(regrouping)

    def _put_aside(self, dialog: SmallDialog) -> None:
        """Put a dialog into the lower left corner of the window, where it hides no picture of clusters."""
        window = self._window()
        if window is not None:
            dialog.adjustSize()
            corner = window.mapToGlobal(window.rect().bottomLeft())
            dialog.move(corner.x() + ASIDE_PX, corner.y() - dialog.height() - 2 * ASIDE_PX)


def recluster_question(clusters: Sequence[int]) -> str:
    """Return the question how clusters are to be clustered anew."""
    return f"Cluster the spikes of {listed(clusters)} anew"


def reclustering(clusters: Sequence[int]) -> str:
    """Return what is shown while clusters are clustered anew."""
    return f"Clustering {listed(clusters)} anew…"


def reclustered(clusters: Sequence[int], n_found: int) -> str:
    """Return what clusters would become."""
    return f"{listed(clusters)} would be {format_count(n_found, 'cluster')}"


def reclustered_sizes(sizes: Sequence[int], n_noise: int) -> str:
    """Return how many spikes there would be in each of them."""
    counts = listed(map(format_number, sorted(sizes, reverse=True)), 8)
    noise = f" Noise would have {format_count(n_noise, 'spike')}." if n_noise else ""
    return f"They would have {counts} spikes.{noise} Features shows each in a colour of its own."


def found_as_they_are(clusters: Sequence[int]) -> str:
    """Return that a cluster is found as it is."""
    return f"{listed(clusters)} is found as it is. Nothing was changed."
