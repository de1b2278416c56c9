"""What is built once of a large data set and kept: the summary of its traces, the store of its features."""

from collections.abc import Sequence
from typing import Any
from weakref import ref

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QMainWindow

from napari_phy.actions import messages
from napari_phy.core.errors import KwikFormatError, MissingDataError, NapariPhyError
from napari_phy.session.session import Session
from napari_phy.widgets.actions.background_work import BackgroundWork, Job
from napari_phy.widgets.base.application import not_none, referent
from napari_phy.widgets.base.notifications import Choice, notify, take_back
from napari_phy.widgets.window.background_jobs import WorkBar

WORTH_BYTES = 2**26  # of summary; that of a shorter recording saves nobody time
ASK_BYTES = 2**31
BUILD, NOT_NOW = "Build", "Not now"


class BackgroundBuild(QObject):
    """Builds at once what is small, and asks before it takes much room.

    Parameters
    ----------
    window : QMainWindow
        Whose status bar shows how far it is, with Cancel.
    """

    grown = Signal()  # more is in it
    words, consequence = "", ""  # what is done, and what it means where it cannot be done

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._followed: Any = None  # what it is built of, or is not to be
        self._session: Session | None = None  # whose that is
        self._built: Any = None  # what is built; None where it is not wanted
        self._said: list[str] = []  # of them
        self.work = BackgroundWork(self)
        self.work.progressed.connect(lambda percent: None if percent % 5 else self.grown.emit())
        self.bar = WorkBar(self.work)
        window.statusBar().insertPermanentWidget(1, self.bar)

    def follow(self, session: Session | None) -> None:
        """Build that of what is open now, where it is missing and worth it; go on where it was broken off."""
        data = None if session is None else self.data_of(session)
        if data is self._followed:
            return
        self.work.cancel()
        self._take_back()
        self._followed, self._session, self._built = data, session, None
        if session is None or data is None:
            return
        built = self.built_of(session)
        if built is None or not self.is_worth(built):
            return
        if built.is_complete:
            self._built = built
        elif built.n_bytes < ASK_BYTES or built.n_done:
            self.build(built)
        else:
            sentence = self.offer(session.name, built.n_bytes)
            self._tell(sentence, "info", [(BUILD, lambda: self._build_asked(data, built)), (NOT_NOW, lambda: None)])

    def data_of(self, session: Session) -> Any:
        """Return what it is built of: other data, another object; None for none."""
        raise NotImplementedError

    def built_of(self, session: Session) -> Any:
        """Return what is to be built, as far as it is; None for nothing."""
        raise NotImplementedError

    def is_worth(self, built: Any) -> bool:
        """Whether it saves time that anybody would notice."""
        return bool(built.n_bytes >= WORTH_BYTES)

    def offer(self, name: str, n_bytes: int) -> str:
        """Return what it takes and gives."""
        raise NotImplementedError

    def build(self, built: Any) -> None:
        """Build; Cancel keeps what there is of it."""
        self._built = built
        job = Job(
            self.words,
            built.build,
            lambda _: self.grown.emit(),
            self._on_failed,
            self._on_cancelled,
        )
        self.work.begin(job)

    def go_on(self) -> None:
        """Build what could not be built, or anew of other raw data, as when they are back."""
        if self._built is not None and self.work.job is None:
            self._take_back()
            self.build(self._built)

    def _build_asked(self, data: Any, built: Any) -> None:
        if data is self._followed and self.work.job is None:
            self.build(built)

    def _on_cancelled(self) -> None:
        self._built = None

    def _on_failed(self, error: Exception) -> None:
        if isinstance(error, KwikFormatError | MissingDataError):  # it is built when the raw data are back
            not_none(self._session).tell_raw_trouble(error)
        elif isinstance(error, NapariPhyError):
            self._tell(f"{error} {self.consequence}", "warning")
        else:
            self._tell(f"{self.words.rstrip('…')} failed: {error}.", "error")

    def _tell(self, sentence: str, severity: str, choices: Sequence[Choice] = ()) -> None:
        self._said.append(sentence)
        notify(sentence, severity, choices)

    def _take_back(self) -> None:
        if self._said:
            take_back(self._said, referent(self._window))
        self._said = []


class TraceSummary(BackgroundBuild):
    """Builds the summary of the traces."""

    words, consequence = messages.SUMMARISING, "Wide stretches of the traces stay slow."

    def data_of(self, session: Session) -> Any:
        """Return the traces."""
        return session.model.traces

    def built_of(self, session: Session) -> Any:
        """Return their summary."""
        return session.trace_pyramid(session.model)

    def offer(self, name: str, n_bytes: int) -> str:
        """Return what it takes and gives."""
        return messages.summary_offered(name, n_bytes)


class FeatureStorage(BackgroundBuild):
    """Builds the store of features that do not fit into memory."""

    words, consequence = messages.STORING_FEATURES, "Views of features stay slow."

    def data_of(self, session: Session) -> Any:
        """Return what reads the features."""
        return session.opened.stored_features

    def built_of(self, session: Session) -> Any:
        """Return the same: it builds its store."""
        return session.opened.stored_features

    def is_worth(self, built: Any) -> bool:
        """Whether there is any; `StoredFeatures.of` makes none else."""
        return True

    def offer(self, name: str, n_bytes: int) -> str:
        """Return what it takes and gives."""
        return messages.feature_store_offered(name, n_bytes)
