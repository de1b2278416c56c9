"""Line traces of plain arrays, for the console and scripts."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from napari.viewer import Viewer, current_viewer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_phy.core.errors import ClusteringError
from napari_phy.session.session import Session
from napari_phy.views.array_session import ArraySession, Spikes
from napari_phy.widgets.actions.bindings import usual_names
from napari_phy.widgets.actions.keys import KeyFilter
from napari_phy.widgets.actions.navigation import go_to_spike, turn_page
from napari_phy.widgets.docks.traces_panel import TracesPanel

KEYS: dict[str, Callable[[Any], None]] = {
    "Alt+Right": partial(turn_page, step=1),
    "Alt+Left": partial(turn_page, step=-1),
    "Alt+PgDown": partial(go_to_spike, step=1),
    "Alt+PgUp": partial(go_to_spike, step=-1),
}


class TraceView(QWidget):
    """Traces with spikes: `viewer.window.add_dock_widget(TraceView(traces, 30_000))`, or `.show()`.

    Drag moves, the wheel zooms time, Ctrl+wheel scales the voltage, Shift+wheel the height of channels; Alt+Right and
    Alt+Left turn the page, Alt+Page Down and Up go from spike to spike.

    Parameters
    ----------
    traces : object
        Two-dimensional, anything with `shape`, `dtype` and slices: NumPy, memmap, h5py, zarr, dask.
    sample_rate : float
        In Hz.
    spikes : tuple of array_like, optional
        (samples, labels) or (samples, labels, masks) of spike trains drawn over the traces: (n,) sample of each spike,
        (n,) integer label of its train, (n, n_channels) how much each channel took part, 0…1.
    time_axis : int, optional
        0 or 1; None: the longer one.

    Attributes
    ----------
    time : TimeCursor
        The clock; `time.show(start_s, stop_s)` and `time.move_to(time_s)` go through the traces.
    selection : Selection
        Which trains are shown in colour, in order.

    Raises
    ------
    TracesError
        The arrays don't fit each other.
    """

    def __init__(
        self,
        traces: Any,
        sample_rate: float,
        spikes: Spikes | None = None,
        time_axis: int | None = None,
        *,
        viewer: Viewer | None = None,
        parent: QWidget | None = None,
    ) -> None:
        session = ArraySession(traces, sample_rate, spikes, time_axis)
        super().__init__(parent)
        self.time, self.selection = session.time, session.selection
        self.panel = TracesPanel(cast("Session", session), viewer=viewer or current_viewer())
        self.panel.help_text = self.panel.help_text.replace(", {go_to_time} to a time", "").format_map(usual_names())
        self._session = session
        self._keys = KeyFilter({keys: keys for keys in KEYS}, self._run, parent=self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.panel.header)
        layout.addWidget(self.panel)
        self.panel.header.show()
        self._keys.watch(self)

    def _run(self, keys: str) -> None:
        try:
            KEYS[keys](self._session)
        except ClusteringError as error:  # there is no further spike
            self.panel.say(str(error))
