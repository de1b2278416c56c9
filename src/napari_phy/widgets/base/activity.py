"""Work in the background, shown in napari's activity dock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import StringIO

from napari.utils import cancelable_progress, progress
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer

from napari_phy.widgets.base.application import when_destroyed
from napari_phy.widgets.napari_compat import stray_buttons_unseen

UPDATE_MS = 100
_n_paused = 0


@contextmanager
def activity_paused() -> Iterator[None]:
    """Leave the activity dock as it is, where no input may be handled: napari handles events at each change of it."""
    global _n_paused  # noqa: PLW0603
    _n_paused += 1
    try:
        yield
    finally:
        _n_paused -= 1


@dataclass(eq=False)
class _Work:
    """One piece of work; another one of the same words is not the same."""

    words: str
    cancel: Callable[[], object] | None
    percent: int = 0


class ActivityProgress(QObject):
    """Shows one piece of work at a time in the activity dock, if it lasts.

    napari's progress bars have to be made and changed in the main thread, and napari handles events, clicks among
    them, whenever they are. So a timer does that, never the code that reports.

    Parameters
    ----------
    parent : QObject
        Closes the progress bar when it is deleted.
    delay_ms : int
        How long work has to last before it is shown.
    """

    def __init__(self, parent: QObject | None = None, *, delay_ms: int) -> None:
        super().__init__(parent)
        self._delay_ms = delay_ms
        self._work: _Work | None = None
        self._bars: list[progress] = []  # none or one
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show)
        when_destroyed(self, partial(_close, self._bars))

    def start(self, words: str, cancel: Callable[[], object] | None = None) -> None:
        """Show work after a while; with `cancel` there is a button for it."""
        self.stop()
        self._work = _Work(words.rstrip("…"), cancel)
        self._timer.start(self._delay_ms)

    def set_percent(self, percent: int) -> None:
        """Show how far the work is."""
        if self._work is not None:
            self._work.percent = percent

    def stop(self) -> None:
        """Show the work no longer: it is done, or failed, or was cancelled."""
        self._work = None
        self._timer.stop()
        _close(self._bars)

    def _show(self) -> None:
        """Make the progress bar, or bring it up to date; the work may end, and other work begin, meanwhile."""
        work = self._work
        if work is None or _n_paused:
            return
        self._timer.stop()
        bar = self._bars[0] if self._bars else None
        if bar is None:
            kind = progress if work.cancel is None else cancelable_progress
            with stray_buttons_unseen():
                bar = kind(total=0, desc=work.words, unit="%", leave=False, file=StringIO())  # not to the terminal
            if not isalive(self) or self._work is not work:
                bar.close()
                return
            self._bars.append(bar)
        elif isinstance(bar, cancelable_progress) and bar.is_canceled and work.cancel is not None:
            self.stop()
            work.cancel()
        elif work.percent != bar.n:
            if not bar.total:
                bar.total = 100
            bar.update(work.percent - bar.n)
        if isalive(self) and self._work is work:
            self._timer.start(UPDATE_MS)


def _close(bars: list[progress]) -> None:
    while bars:
        bars.pop().close()
