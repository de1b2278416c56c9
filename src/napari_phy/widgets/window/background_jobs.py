"""What is read in the background: features of a large data set, similarities, density."""

import logging
from typing import Any, Literal
from weakref import ref

from qtpy.QtCore import QObject, Qt, QTimer, Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QHBoxLayout, QMainWindow, QPushButton, QWidget

from napari_phy.actions import messages
from napari_phy.core.errors import ClusteringError, NapariPhyError
from napari_phy.core.progress import OnProgress
from napari_phy.core.spike_columns import SpikeColumns
from napari_phy.session.session import Session
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.widgets.actions.background_work import BackgroundWork, Job
from napari_phy.widgets.base.application import not_none
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.notifications import notify
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.progress import ProgressBar
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import BODY_PX, Tokens
from napari_phy.widgets.panels.picture_stack import QUIET_MS


class WorkBar(QWidget):
    """Words, a 4 px bar once a share is known, and Cancel where that is safe; in sight from 150 ms on."""

    def __init__(self, work: BackgroundWork, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-work")
        self._work = work
        self.label = PlainLabel()
        self.progress = ProgressBar()
        self.button = QPushButton("Cancel")
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(lambda *_: work.cancel())
        self._row = QHBoxLayout(self)
        for part in (self.label, self.progress, self.button):
            self._row.addWidget(part)
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self.show)
        work.changed.connect(self._on_changed)
        work.progressed.connect(self._on_progressed)
        self.hide()

    def _on_changed(self) -> None:
        job = self._work.job
        if job is None or not job.in_status_bar:
            self._quiet.stop()
            self.hide()
            return
        self.label.setText(job.words)
        self.progress.hide()  # until a share is known
        self.button.setVisible(job.cancel is not None)
        self._quiet.start()

    def _on_progressed(self, percent: int) -> None:
        job = self._work.job
        if job is not None and job.in_status_bar:
            self.label.setText(messages.percent_of(job.words, percent))
            self.progress.setValue(percent)
            self.progress.show()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._row.setContentsMargins(theme.px(8), 0, theme.px(8), 0)
        self._row.setSpacing(theme.px(8))
        self.progress.setFixedSize(theme.px(100), 4)
        self.setStyleSheet(
            f"""
            QLabel {{ background: transparent; color: {theme.text}; font-size: {theme.px(BODY_PX)}px; padding: 0; }}
            QProgressBar {{ background: {theme.raised}; border: none; border-radius: 0; }}
            QProgressBar::chunk {{ background: {theme.dim}; }}
            QPushButton {{ background: {theme.raised}; color: {theme.text}; border: none; border-radius: 3px;
                padding: {theme.px(1)}px {theme.px(10)}px; font-size: {theme.px(BODY_PX)}px; }}
            QPushButton:hover, QPushButton:focus {{ background: {theme.grid}; }}
            """
        )


class DensitySwitch(QObject):
    """An entry of a menu, ticked while the layer is there.

    Parameters
    ----------
    window : QMainWindow
        Whose status bar shows how far the reading is, with Cancel.
    """

    said = Signal(str)  # what the colours stand for

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._binder: Any = None
        self._session: Session | None = None
        self.action = QAction("Spike density", self)
        self.action.setCheckable(True)
        self.action.setToolTip("All spikes of the recording as a picture in the canvas: channel by time")
        self.action.triggered.connect(self.show)
        self.by_amplitude = QAction("Colour density by amplitude", self)
        self.by_amplitude.setCheckable(True)
        self.by_amplitude.setToolTip("The colours of the density stand for the mean amplitude, not for the number")
        self.by_amplitude.toggled.connect(self._on_metric_chosen)
        self.work = BackgroundWork(self)
        self.bar = WorkBar(self.work)
        window.statusBar().insertPermanentWidget(1, self.bar)

    def follow(self, session: Session | None, binder: Any) -> None:
        """Show what is open now."""
        self.work.cancel()
        self._session, self._binder = session, binder
        self._set_metric()
        self.refresh()

    def refresh(self) -> None:
        """Tick the entry where the layer is there, or on its way."""
        has_canvas = self._binder is not None and not self._binder.is_aside
        self.action.setEnabled(has_canvas)
        self.by_amplitude.setEnabled(has_canvas)
        self.action.setChecked(self.is_shown)

    @property
    def is_shown(self) -> bool:
        """Whether the layer is there, or on its way."""
        return self._binder is not None and (self._binder.has_density or self.work.job is not None)

    def show(self, shown: bool) -> None:
        """Add the layer, or take it away."""
        binder, session = self._binder, self._session
        self.work.cancel()
        if binder is None or session is None:
            return
        if not shown:
            binder.hide_density()
        elif not binder.has_density:
            self.work.begin(
                Job(messages.READING_PLACES, session.columns.get, self._on_read, self._on_failed, self.refresh)
            )
        self.refresh()

    def _set_metric(self) -> None:
        if self._binder is not None:
            self._binder.density_metric = "amplitude" if self.by_amplitude.isChecked() else "number"

    def _on_metric_chosen(self, _by_amplitude: bool) -> None:
        """Show the same in other colours."""
        shown = self.is_shown
        self._set_metric()
        if shown:
            self.show(False)
            self.show(True)

    def _on_read(self, columns: SpikeColumns) -> None:
        self._binder.show_density(columns)
        if self._binder.has_density:
            self.said.emit(messages.density(self._binder.density_metric, self._binder.density_limit))

    def _on_failed(self, error: Exception) -> None:
        self.refresh()
        sentence = str(error) if isinstance(error, NapariPhyError) else f"The density could not be made: {error}."
        notify(sentence, "warning")


logger = logging.getLogger(__name__)
LARGE = 200_000  # spikes; below that, reading takes a moment only


def is_large(opened: Any) -> bool:
    """Return whether the features of what is open should be read in the background."""
    return opened.sums is not None and not opened.sums.is_prepared and opened.model.n_spikes > LARGE


class Preparation(QObject):
    """Reads what channels, depths and similarities are made of; until that is done, clusters are not ranked.

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
        self._results = LatestResult(self, activity=messages.READING_FEATURES, cancel=self.cancel)
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


class SimilarityComputation(QObject):
    """Compares clusters by the measure that is chosen, whenever something of it is not known; the cosine needs nothing.

    Until that is done clusters are ranked by the cosine. Where it fails they stay so.
    """

    title = "Similarity"

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._session: Session | None = None
        self._links = SessionLinks(self)
        self._results = LatestResult(self, activity=messages.COMPARING, cancel=self._stop)
        self._results.result_ready.connect(self._on_result)
        self._results.failed.connect(self._on_failed)
        self._soon = QTimer(self, singleShot=True, interval=0)  # after whoever asks at once
        self._soon.timeout.connect(self._start)

    @property
    def busy(self) -> bool:
        """Whether clusters are being compared, or will be soon."""
        return self._soon.isActive() or self._results.wanted is not None

    def follow(self, session: Session | None) -> None:
        """Follow another session, the same after it was switched, or none."""
        self._links.close()
        self._stop()
        self._session = session
        if session is not None:
            self._links.connect(session.similarities.chosen.changed, self.start)
            self._links.connect(session.manager.changed, self.start)
            self.start()

    def start(self) -> None:
        """Compare what is not known."""
        self._soon.start()

    def _stop(self) -> None:
        self._soon.stop()
        self._results.drop()

    @safe_slot
    def _start(self) -> None:
        session = self._session
        if session is not None and session.similarities.is_due:
            self._results.ask(self._question(session), session.similarities.prepare)

    def _question(self, session: Session) -> tuple[str, bytes]:
        return session.similarities.chosen.key, session.manager.cluster_ids.tobytes()

    @safe_slot
    def _on_result(self, question: object, _: object) -> None:
        session = not_none(self._session)
        session.find_candidate()
        if question != self._question(session):
            self.start()

    @safe_slot
    def _on_failed(self, _question: object, error: Exception) -> None:
        if isinstance(error, ClusteringError):
            self.start()  # an edit took a cluster away while it was compared
        else:
            logger.error("Clusters could not be compared.", exc_info=error)
            self.show_error(error)

    def show_error(self, error: Exception) -> None:
        """Say that clusters are ranked as before."""
        notify(f"The similarity could not be computed, so the cosine stays: {error}", "warning")
