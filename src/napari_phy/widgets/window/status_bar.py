"""What is said in napari's status bar, which napari empties and fills on its own."""

from typing import Any
from weakref import ref

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer

REPEAT_MS, N_REPEATS = 100, 10
SAID_MS = 10_000  # what was done stands so long in the status bar


class StatusBar(QObject):
    """Says sentences in the status bar of a viewer; what was done last stays for some seconds.

    Parameters
    ----------
    viewer : Viewer
        The viewer whose status bar is written.
    """

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._sentence = ""  # what was done last
        self._said = ""
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._say_later)
        self._n_repeats = 0
        self._repeats = QTimer(self, interval=REPEAT_MS)
        self._repeats.timeout.connect(self._repeat)
        self._clear = QTimer(self, singleShot=True, interval=SAID_MS)
        self._clear.timeout.connect(self._clear_status)
        viewer.events.status.connect(self._on_status_changed)

    def say(self, sentence: str) -> None:
        """Put a sentence into the status bar."""
        viewer = self._viewer()
        if viewer is not None:
            self._said = sentence
            viewer.status = sentence

    def report(self, sentence: str) -> None:
        """Say what was done, after all that is said in the same turn of the event loop."""
        self._sentence = sentence
        self._later.start()

    def say_again(self) -> None:
        """Repeat what was done last, if nothing else was said since."""
        if self._said == self._sentence:
            self._say_later()

    def clear(self) -> None:
        """Say nothing, and nothing that waits to be said."""
        self._later.stop()
        self._repeats.stop()
        self._clear.stop()
        self.say("")

    def _say_later(self) -> None:
        self.say(self._sentence)
        self._n_repeats = N_REPEATS
        self._repeats.start()
        self._clear.start()

    def _clear_status(self) -> None:
        """Empty the status bar if it still tells what was done last."""
        viewer = self._viewer()
        if viewer is not None and self._said == self._sentence == viewer.status:
            self.say("")

    def _on_status_changed(self, event: Any = None) -> None:
        """Take what was said for over once napari says something else: of its canvas, under the mouse."""
        viewer = self._viewer()
        if isalive(self) and viewer is not None and not self._repeats.isActive():
            self._said = viewer.status or self._said

    def _repeat(self) -> None:
        """Say it again for a second: napari empties the status bar when the mouse or the canvas has moved."""
        viewer = self._viewer()
        self._n_repeats -= 1
        if viewer is None or self._n_repeats <= 0 or self._said != self._sentence:
            self._repeats.stop()
        elif viewer.status != self._said:
            viewer.status = self._said
