"""Says how far the opening of a large data set is, and offers to cancel it."""

from collections.abc import Callable

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QDialog, QWidget

from napari_phy.actions import messages
from napari_phy.widgets.base.progress import ProgressBar
from napari_phy.widgets.base.small_dialogs import SmallDialog, Words
from napari_phy.widgets.base.theme import Tokens, tokens
from napari_phy.widgets.window.workspace import Workspace

LOOK_MS = 50
SAY_MS = 100  # napari says that it is ready when its reader returns
BAR_PX = 4


class OpeningDialog(SmallDialog):
    """`Opening recorded.kwik: 42 %`, a bar and Cancel; it closes by itself, accepted, when that is done.

    Parameters
    ----------
    words : str
        What is done, ending in an ellipsis.
    percent : callable
        Tells how far it is.
    is_done : callable
        Tells whether it is over.
    """

    def __init__(
        self,
        words: str,
        percent: Callable[[], int],
        is_done: Callable[[], bool],
        theme: Tokens,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Words("Opening", messages.percent_of(words, percent())), theme, parent)
        self._words, self._percent, self._is_done = words, percent, is_done
        self.setWindowModality(Qt.WindowModality.WindowModal)  # other windows go on
        self.progress = ProgressBar()
        self.progress.setFixedHeight(theme.px(BAR_PX))
        self.progress.setStyleSheet(
            f"QProgressBar {{ background: {theme.raised}; border: none; border-radius: 0; }}"
            f"QProgressBar::chunk {{ background: {theme.accent}; }}"
        )
        self.body.addWidget(self.progress)
        self.cancel_button = self.add_button("Cancel", self.reject)
        self.cancel_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Space, pressed for the list, is not meant for it
        self.cancel_button.setAutoDefault(False)  # nor is Return
        looks = QTimer(self, interval=LOOK_MS)
        looks.timeout.connect(self._look)
        looks.start()
        self._look()

    def _look(self) -> None:
        if self._is_done():
            self.accept()
            return
        self.question.setText(messages.percent_of(self._words, self._percent()))
        self.progress.setValue(self._percent())


def wait_for_opening(viewer: Viewer, name: str, percent: Callable[[], int], is_done: Callable[[], bool]) -> bool:
    """Wait until a data set is open; return False, and say so, when it was cancelled or its window closed."""
    dialog = OpeningDialog(f"Opening {name}…", percent, is_done, tokens(viewer), viewer.window.main_menu.window())
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    if isalive(dialog):
        dialog.deleteLater()
    if not accepted:
        _say(viewer, messages.opening_cancelled(name))
    return bool(accepted)


def _say(viewer: Viewer, sentence: str) -> None:
    workspace = Workspace.find(viewer)
    if workspace is None:
        QTimer.singleShot(SAY_MS, lambda: setattr(viewer, "status", sentence))
    else:
        workspace.controller.report(sentence)  # it repeats what it said last
