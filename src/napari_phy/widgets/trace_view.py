"""Line traces of plain arrays, for the console and scripts."""

from typing import Any

from napari.viewer import Viewer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_phy.views.array_session import ArraySession, Spikes
from napari_phy.widgets.traces_panel import TracesPanel


class TraceView(QWidget):
    """Traces with spikes: `viewer.window.add_dock_widget(TraceView(traces, 30_000))`, or `.show()`.

    Drag moves, the wheel zooms time, Ctrl+wheel scales the voltage, Shift+wheel the height of channels.

    Parameters
    ----------
    traces : two-dimensional, anything with `shape`, `dtype` and slices: NumPy, memmap, h5py, zarr, dask.
    sample_rate : in Hz.
    spikes : (samples, labels) or (samples, labels, masks) of spike trains drawn over the traces: (n,) sample of
        each spike, (n,) integer label of its train, (n, n_channels) how much each channel took part, 0…1.
    time_axis : 0 or 1; None: the longer one.

    Attributes
    ----------
    time : the clock; `time.show(start_s, stop_s)` and `time.move_to(time_s)` go through the traces.
    selection : which trains are shown in colour, in order.

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
        self.panel = TracesPanel(session, viewer=viewer)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.panel.header)
        layout.addWidget(self.panel)
        self.panel.header.show()
