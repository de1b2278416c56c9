"""Computes what is asked of a movie in the background, until that is not needed any more."""

from collections.abc import Container
from functools import partial

from napari.layers import Layer
from qtpy.QtCore import QObject, Signal

from napari_phy.layers.movie_question import Computed, MovieQuestion
from napari_phy.session.session import Session
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.docks import imaging_messages


class MovieWork(QObject):
    """Answers one question at a time; a newer one takes its place."""

    title = "Imaging"
    progressed = Signal(object)  # how far it is (%); None: nothing is computed
    computed = Signal(object, object)  # `MovieQuestion`, `Computed`
    given_up = Signal(str)  # why
    failed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._results = LatestResult(self, activity=imaging_messages.COMPARING_MOVIE, cancel=self.cancel)
        self._results.progressed.connect(lambda percent: self.progressed.emit(percent))
        self._results.result_ready.connect(self._on_result)
        self._results.failed.connect(self._on_failed)

    def ask(self, question: MovieQuestion, session: Session) -> None:
        """Compute this, of the spikes that are shown."""
        self.progressed.emit(0)
        self._results.ask(question, partial(question.compute, session.shown))

    def drop(self) -> None:
        """Compute nothing, and say nothing of it."""
        self._results.drop()
        self.progressed.emit(None)

    @safe_slot
    def cancel(self, words: str = imaging_messages.MOVIE_CANCELLED) -> None:
        """Give up what is being computed; nothing was changed."""
        self.drop()
        self.given_up.emit(words)

    def cancel_if_gone(self, session: Session, layers: Container[Layer]) -> None:
        """Give up what is computed of layers or clusters that are gone, or of a clock that is another one now."""
        asked = self._results.wanted
        if isinstance(asked, MovieQuestion) and not asked.is_there(session, layers):
            self.cancel(imaging_messages.COMPARED_IS_GONE)

    def show_error(self, error: Exception) -> None:
        """Tell what went wrong."""
        self.failed.emit(error)

    @safe_slot
    def _on_result(self, asked: MovieQuestion, computed: Computed) -> None:
        self.progressed.emit(None)
        self.computed.emit(asked, computed)

    @safe_slot
    def _on_failed(self, _question: object, error: Exception) -> None:
        self.progressed.emit(None)
        self.failed.emit(error)
