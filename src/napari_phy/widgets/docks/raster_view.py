"""A raster of plain arrays, for the console and scripts."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from napari.viewer import Viewer, current_viewer
from qtpy.QtCore import QSize
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.views.raster import Marker, trains_of_arrays
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import ThemeFollower
from napari_phy.widgets.docks.raster_plot import RasterPlot


class RasterView(QWidget):
    """Spike times × neurons: `viewer.window.add_dock_widget(RasterView(times, neurons))`, or `.show()`.

    Drag moves, the wheel zooms time, Shift+wheel goes through the rows, a click moves `time`.

    Parameters
    ----------
    spike_times_s : array_like, shape (n_spikes,)
        Seconds, in any order.
    neuron_ids : array_like, shape (n_spikes,)
        Integers from 0, the neuron of each spike.
    positions : array_like or mapping of int to float, optional
        Where neurons are, the highest at the top: {neuron: position}, or one for each neuron in ascending order of ids.
        None: neurons in ascending order from the top.
    marker : {'bar', 'dot'}, default 'bar'
        "bar" or "dot".
    rows_a_page : int, optional
        How many neurons are shown at a time; None: all.
    time : TimeCursor, optional
        A clock that other views share; None: one of its own.

    Raises
    ------
    NapariPhyError
        Times, neurons and positions do not fit each other, or the marker is none of the two.
    """

    def __init__(
        self,
        spike_times_s: npt.ArrayLike,
        neuron_ids: npt.ArrayLike,
        positions: npt.ArrayLike | Mapping[int, float] | None = None,
        marker: Marker = "bar",
        *,
        rows_a_page: int | None = None,
        time: TimeCursor | None = None,
        viewer: Viewer | None = None,
        parent: QWidget | None = None,
    ) -> None:
        trains = trains_of_arrays(spike_times_s, neuron_ids)
        rows = _ordered(trains.slot_clusters.astype(np.int64), positions)
        if marker not in ("bar", "dot"):
            raise NapariPhyError(f'A marker is "bar" or "dot", not {marker!r}.')
        super().__init__(parent)
        self.time = time or TimeCursor(trains.duration_s)
        self._theme_follower = ThemeFollower(viewer or current_viewer(), self)
        self.plot = RasterPlot(self._theme_follower.tokens, plain="dim")
        self.plot.rows_a_page, self.plot.marker = rows_a_page, marker
        self.plot.set_trains(trains, self.time)
        self.plot.update_trains(trains, rows)
        self.plot.pointed.connect(lambda time_s, *_: self.time.move_to(time_s))
        links = SessionLinks()  # the clock may outlive this view
        links.connect(self.time.moved, self.plot.follow_time)
        links.connect(self.time.shown_changed, self.plot.redraw)
        self.destroyed.connect(lambda *_: links.close())
        self._theme_follower.changed.connect(self.plot.apply_theme)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot)

    def sizeHint(self) -> QSize:
        """Prefer a comfortable size."""
        return QSize(720, 360)

    def minimumSizeHint(self) -> QSize:
        """Leave a few rows and the time axis among other docks."""
        return QSize(160, 100)


def _ordered(
    neurons: npt.NDArray[np.int64], positions: npt.ArrayLike | Mapping[int, float] | None
) -> npt.NDArray[np.int64]:
    """Return the neurons from the top."""
    if positions is None:
        return neurons
    if isinstance(positions, Mapping):
        missing = [neuron for neuron in neurons.tolist() if neuron not in positions]
        if missing:
            raise NapariPhyError(f"Neuron {missing[0]} has no position.")
        positions = [positions[neuron] for neuron in neurons.tolist()]
    places = np.asarray(positions, dtype=np.float64)
    if places.shape != neurons.shape:
        raise NapariPhyError(f"There are {len(neurons)} neurons but positions of shape {places.shape}.")
    return neurons[np.argsort(-places, kind="stable")]
