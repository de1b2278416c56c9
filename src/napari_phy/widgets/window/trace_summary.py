"""Has the summary of long traces built in the background; then any stretch of them is drawn at once."""

from collections.abc import Sequence
from typing import Any
from weakref import ref

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QMainWindow

from napari_phy.core.errors import KwikFormatError, MissingDataError, NapariPhyError
from napari_phy.session.session import Session
from napari_phy.widgets.actions import messages
from napari_phy.widgets.actions.background_work import BackgroundWork, Job
from napari_phy.widgets.base.application import not_none, referent
from napari_phy.widgets.base.notifications import Choice, notify, take_back
from napari_phy.widgets.window.work_bar import WorkBar

WORTH_BYTES = 2**26  # of summary; that of a shorter recording saves nobody time
ASK_BYTES = 2**31
BUILD, NOT_NOW = "Build", "Not now"


class TraceSummary(QObject):
    """Builds at once what is small, and asks before it takes much room.

    Parameters
    ----------
    window : whose status bar shows how far it is, with Cancel.
    """

    grown = Signal()  # more of the traces is in it

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._followed: Any = None  # the traces that are summarised, or not wished to be
        self._session: Session | None = None  # whose they are
        self._pyramid: Any = None  # theirs; None where it is not wished
        self._said: list[str] = []  # of them
        self.work = BackgroundWork(self)
        self.work.progressed.connect(lambda percent: None if percent % 5 else self.grown.emit())
        self.bar = WorkBar(self.work)
        window.statusBar().insertPermanentWidget(1, self.bar)

    def follow(self, session: Session | None) -> None:
        """Build the summary of what is open now, where it is missing and worth it; go on where it was broken off."""
        traces = None if session is None else session.model.traces
        if traces is self._followed:
            return
        self.work.cancel()
        self._take_back()
        self._followed, self._session, self._pyramid = traces, session, None
        if session is None or traces is None:
            return
        pyramid = session.trace_pyramid(session.model)
        if pyramid is None or pyramid.n_bytes < WORTH_BYTES:
            return
        if pyramid.is_complete:
            self._pyramid = pyramid
        elif pyramid.n_bytes < ASK_BYTES or pyramid.n_done:
            self.build(pyramid)
        else:
            sentence = messages.summary_offered(session.name, pyramid.n_bytes)
            self._tell(sentence, "info", [(BUILD, lambda: self._build_asked(traces, pyramid)), (NOT_NOW, lambda: None)])

    def build(self, pyramid: Any) -> None:
        """Build a summary; Cancel keeps what there is of it."""
        self._pyramid = pyramid
        job = Job(
            messages.SUMMARISING,
            pyramid.build,
            lambda _: self.grown.emit(),
            self._on_failed,
            self._on_cancelled,
        )
        self.work.begin(job)

    def go_on(self) -> None:
        """Build what could not be built, or anew of other raw data, as when they are back."""
        if self._pyramid is not None and self.work.job is None:
            self._take_back()
            self.build(self._pyramid)

    def _build_asked(self, traces: Any, pyramid: Any) -> None:
        if traces is self._followed and self.work.job is None:
            self.build(pyramid)

    def _on_cancelled(self) -> None:
        self._pyramid = None

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, KwikFormatError | MissingDataError):  # it is built when the raw data are back
            not_none(self._session).tell_raw_trouble(error)
        elif isinstance(error, NapariPhyError):
            self._tell(f"{error} Wide stretches of the traces stay slow.", "warning")
        else:
            self._tell(f"The summary of the traces could not be built: {error}.", "error")

    def _tell(self, sentence: str, severity: str, choices: Sequence[Choice] = ()) -> None:
        self._said.append(sentence)
        notify(sentence, severity, choices)

    def _take_back(self) -> None:
        if self._said:
            take_back(self._said, referent(self._window))
        self._said = []
