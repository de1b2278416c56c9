"""Reads the features of a large data set once, in the background, until it is cancelled."""

import logging
from typing import Any, Literal

from qtpy.QtCore import QObject, Signal

from napari_phy.core.progress import OnProgress
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.widgets.base.latest_result import LatestResult

logger = logging.getLogger(__name__)

LARGE = 200_000  # spikes; below that, reading takes a moment only


def is_large(opened: Any) -> bool:
    """Return whether the features of what is open should be read in the background."""
    return opened.sums is not None and not opened.sums.is_prepared and opened.model.n_spikes > LARGE


class Preparation(QObject):
    """Reads what channels, depths and similarities are made of; until that is done, nobody ranks all clusters.

    Attributes
    ----------
    state : "reading" and "done", or "cancelled": then `start` begins anew.
    percent : how far it is.

    Parameters
    ----------
    opened : the clustering that is open now, wherever the session goes.
    """

    progressed = Signal(int)
    changed = Signal()  # the state

    def __init__(self, opened: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._opened = opened
        self._answers = LatestResult(self)
        self._answers.progressed.connect(self._on_progressed)
        self._answers.answered.connect(self._on_answered)
        self._answers.failed.connect(self._on_failed)
        self.state: Literal["reading", "cancelled", "done"] = "reading"
        self.percent = 0
        opened.sums.is_held = True

    def start(self) -> None:
        """Read, or begin to read again."""
        self.percent = 0
        self._answers.ask("features", self._read)
        self._set_state("reading")

    def cancel(self) -> None:
        """Stop reading; what is known without features stays."""
        self._answers.drop()
        self._set_state("cancelled")

    def drop(self) -> None:
        """Stop reading and say nothing more: something else is open."""
        self._answers.drop()
        self._opened.sums.is_held = False

    def _read(self, on_progress: OnProgress) -> None:
        compute_cluster_table(self._opened, reads="times")
        self._opened.ranking.prepare(on_progress)

    def _on_progressed(self, percent: int) -> None:
        self.percent = percent
        self.progressed.emit(percent)

    def _on_answered(self, *_: object) -> None:
        self._opened.sums.is_held = False
        self._set_state("done")

    def _on_failed(self, _question: object, error: Exception) -> None:
        """Leave it to the lists to say what cannot be read."""
        logger.error("The features of %s could not be read.", self._opened.model.name, exc_info=error)
        self._on_answered()

    def _set_state(self, state: Literal["reading", "cancelled", "done"]) -> None:
        if state != self.state:
            self.state = state
            self.changed.emit()


class CurrentPreparation(QObject):
    """The preparation of what is open in one window, if it is large.

    Attributes
    ----------
    now : the one that is under way, done or cancelled; None: there was nothing to prepare.
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
