"""Selects the spikes of the selected clusters while the frame in sight was taken, so that all views mark them."""

from collections.abc import Callable

import numpy as np
from qtpy.QtCore import QObject, QTimer, Signal

from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.docks.imaging_choice import ImagingChoice

FOLLOW_MS = 100  # from one frame to the next


class FrameSpikes(QObject):
    """Follows the clock of the session, no faster than views can.

    Parameters
    ----------
    choice : callable
        Returns the movie that is meant.
    """

    title = "Imaging"
    failed = Signal(object)

    def __init__(self, choice: Callable[[], ImagingChoice], parent: QObject) -> None:
        super().__init__(parent)
        self._choice = choice
        self._later = QTimer(self, singleShot=True, interval=FOLLOW_MS)
        self._later.timeout.connect(self._select)

    def follow(self) -> None:
        """Select the spikes of the frame that will be in sight soon."""
        if not self._later.isActive():
            self._later.start()

    def show_error(self, error: Exception) -> None:
        """Tell what went wrong."""
        self.failed.emit(error)

    @safe_slot
    def _select(self) -> None:
        choice = self._choice()
        session, clock = choice.session, choice.clock
        if session is None or clock is None:
            return
        frame = int(clock.frame_at(session.time.time_s))
        if not 0 <= frame < clock.n_frames or not session.selection.clusters:
            return
        start, stop = np.rint(np.array([clock.time_of(frame), clock.time_of(frame + 1)]) * session.model.sample_rate)
        spikes = np.sort(np.concatenate([session.manager.spikes(one) for one in session.selection.clusters]))
        samples = session.model.spike_samples[spikes]
        session.selection.select_spikes(spikes[(samples >= start) & (samples < stop)])
