"""A picture with its legend and caption, and what takes its place: messages, waiting, a veil."""

from collections.abc import Callable, Sequence
from functools import partial
from traceback import format_exception

from qtpy.QtCore import QTimer, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QApplication, QStackedWidget, QVBoxLayout, QWidget

from napari_phy.actions import messages
from napari_phy.widgets.base.elided_label import Caption
from napari_phy.widgets.base.legend import Legend
from napari_phy.widgets.base.message_page import Button, MessagePage
from napari_phy.widgets.base.progress import ProgressEdge, Veil
from napari_phy.widgets.base.theme import Tokens

QUIET_MS = 150
PATIENT_MS = 1000


class PictureStack(QStackedWidget):
    """Waiting shows nothing for 150 ms, then a line and the old picture at half, after a second words and Cancel.

    Parameters
    ----------
    content : QWidget
        The picture.
    working : str
        What is said while it is waited for: `Reading waveforms…`, or `Reading waveforms: 42 %`.
    """

    cancelled = Signal()

    def __init__(self, content: QWidget, working: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._working = working
        self._is_waiting = self._keeps_picture = False
        self._percent: int | None = None
        self._others_work = ""  # what others do, while the page tells how far they are
        self.legend = Legend()
        self.caption = Caption()
        self.page = MessagePage()
        self.body = QWidget()
        layout = QVBoxLayout(self.body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.legend)
        layout.addWidget(content, 1)
        layout.addWidget(self.caption)
        self.addWidget(self.body)
        self.addWidget(self.page)
        self.veil = Veil(self.body)
        self.edge = ProgressEdge(self)
        self.currentChanged.connect(lambda *_: self.edge.raise_())
        self._quiet = QTimer(self, singleShot=True, interval=QUIET_MS)
        self._quiet.timeout.connect(self._show_busy)
        self._patient = QTimer(self, singleShot=True, interval=PATIENT_MS)
        self._patient.timeout.connect(self._show_waiting)

    @property
    def shows_picture(self) -> bool:
        """Whether the picture is in sight, and no message."""
        return self.currentWidget() is self.body

    def show_picture(self) -> None:
        """Show the picture, clear and up to date."""
        self._still()
        self.setCurrentWidget(self.body)

    def show_message(
        self,
        headline: str,
        explanation: str = "",
        buttons: Sequence[Button] = (),
        *,
        is_error: bool = False,
        percent: int | None = None,
    ) -> None:
        """Show a message in place of the picture."""
        self._still()
        self.page.tell(headline, explanation, buttons, is_error=is_error, percent=percent)
        self.setCurrentWidget(self.page)

    def show_progress(self, work: str, percent: int, cancel: Callable[[], object]) -> None:
        """Show, in place of the picture, how far work is that others do: `Reading features: 42 %`."""
        self.show_message(messages.percent_of(work, percent), buttons=[("Cancel", cancel)], percent=percent)
        self._others_work = work

    def others_go_on(self, percent: int) -> None:
        """Tell how far the others are, if that is what is shown."""
        if self._others_work:
            self.page.go_on(messages.percent_of(self._others_work, percent), percent)

    def show_error(self, headline: str, error: Exception, try_again: Callable[[], object]) -> None:
        """Show what failed and why, and offer to try again and to copy the details."""
        copy = partial(QApplication.clipboard().setText, "".join(format_exception(error)))
        buttons: list[Button] = [("Try again", try_again), ("Copy details", copy)]
        self.show_message(headline, str(error) or type(error).__name__, buttons, is_error=True)

    def wait(self, *, keeps_picture: bool = False, again: bool = False) -> None:
        """Show, as time goes by, that work is going on.

        Parameters
        ----------
        keeps_picture : bool, default False
            Whether the picture is right as far as it goes: then it stays clear, and only the line tells of the work.
        again : bool, default False
            Whether something else is waited for, so that time begins anew.
        """
        if not self._is_waiting:
            self._is_waiting, self._percent, again = True, None, True
        if again or keeps_picture != self._keeps_picture:
            self._keeps_picture = keeps_picture
            self.veil.hide()
            self._quiet.start()
            self._patient.start()

    def go_on(self, percent: int) -> None:
        """Tell how far the work is that is waited for."""
        if self._is_waiting:
            self._percent = percent
            if self.currentWidget() is self.page and not self._patient.isActive():
                self.page.go_on(messages.percent_of(self._working, percent), percent)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        for part in (self.legend, self.caption, self.page, self.veil, self.edge):
            part.apply_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the edge and the veil over the picture."""
        super().resizeEvent(event)
        self.edge.place()
        self.veil.place()

    def _still(self) -> None:
        self._is_waiting, self._others_work = False, ""
        self._quiet.stop()
        self._patient.stop()
        self.edge.set_busy(False)
        self.veil.hide()

    def _show_busy(self) -> None:
        self.edge.set_busy(True)
        if not self._keeps_picture:
            self.veil.cover()

    def _show_waiting(self) -> None:
        if self._keeps_picture:
            return
        self._others_work = ""
        self.page.tell(self._working, buttons=[("Cancel", self.cancelled.emit)])
        self.setCurrentWidget(self.page)
        if self._percent is not None:
            self.go_on(self._percent)
