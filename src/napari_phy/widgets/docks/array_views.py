"""Views of plain arrays, for the console and scripts."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from napari.viewer import Viewer, current_viewer
from qtpy.compat import isalive
from qtpy.QtCore import QSize, Qt, QTimer
from qtpy.QtGui import QHideEvent, QShowEvent
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_phy.actions.navigation import go_to_spike, turn_page
from napari_phy.core.errors import ClusteringError, NapariPhyError
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.session.session import Session
from napari_phy.views.array_session import ArraySession, Spikes
from napari_phy.views.array_waveforms import ArrayWaveformSession, array_probe
from napari_phy.views.raster import Marker, trains_of_arrays
from napari_phy.views.waveform_boxes import Look
from napari_phy.widgets.actions.bindings import usual_names
from napari_phy.widgets.actions.keys import KeyFilter
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import ThemeFollower
from napari_phy.widgets.docks.raster_plot import RasterPlot
from napari_phy.widgets.docks.traces_panel import TracesPanel
from napari_phy.widgets.docks.waveforms_panel import WaveformsPanel
from napari_phy.widgets.panels.panel import Panel

TRACE_KEYS: dict[str, Callable[[Any], None]] = {
    "Alt+Right": partial(turn_page, step=1),
    "Alt+Left": partial(turn_page, step=-1),
    "Alt+PgDown": partial(go_to_spike, step=1),
    "Alt+PgUp": partial(go_to_spike, step=-1),
}


_in_sight: set[QWidget] = set()  # windows that nobody else holds may be collected while they are painted


class _OwnWindow(QWidget):
    """A view that may be a window of its own: `.show()` is enough, it lives until it is closed."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.isWindow():
            _in_sight.add(self)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            QTimer.singleShot(0, partial(_let_go, self))  # once Qt is done with it


def _let_go(view: QWidget) -> None:
    if not isalive(view) or not view.isVisible():
        _in_sight.discard(view)


class TraceView(_OwnWindow):
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
        self._keys = KeyFilter({keys: keys for keys in TRACE_KEYS}, self._run, parent=self)
        _fill(self, self.panel)
        self._keys.watch(self)

    def _run(self, keys: str) -> None:
        try:
            TRACE_KEYS[keys](self._session)
        except ClusteringError as error:  # there is no further spike
            self.panel.say(str(error))


class WaveformView(_OwnWindow):
    """Waveforms on a probe: `viewer.window.add_dock_widget(WaveformView(waveforms, clusters))`, or `.show()`.

    Wheel: taller or flatter; with Shift or Alt, channels farther apart along or across the probe. Dragging moves, a
    double-click resets, a click selects a spike, Ctrl+drag those that pass through a lasso.

    Parameters
    ----------
    waveforms : object, shape (n_spikes, n_samples, n_channels)
        Anything with `shape` that ascending integer arrays index.
    clusters : array_like, shape (n_spikes,)
        Integers from 0, the cluster of each spike.
    positions : array_like, shape (n_channels, 2), optional
        X and y in µm; None: one column, the first channel on top.
    masks : array_like, shape (n_spikes, n_channels), optional
        How much each channel took part, 0…1; those that did not are left out. None: all did.
    sample_rate : float, default 20000.0
        In Hz.
    unit : str, default 'a.u.'
        Unit of the waveforms.
    colors : mapping of int to str, optional
        {cluster: '#rrggbb'} of those that don't take the colour of their place in the selection.

    Attributes
    ----------
    selection : Selection
        Which clusters are shown, in order, the first in front: `selection.select([3, 5])`; `selection.spikes`.
    look : Look
        What is shown, and how; `view.show_as(kind="mean", arrangement="stacked", front=5)` changes parts of it.

    Raises
    ------
    TracesError
        The arrays don't fit each other.
    """

    def __init__(
        self,
        waveforms: Any,
        clusters: npt.ArrayLike,
        positions: npt.ArrayLike | None = None,
        masks: npt.ArrayLike | None = None,
        *,
        sample_rate: float = 20_000.0,
        unit: str = "a.u.",
        colors: Mapping[int, str] | None = None,
        viewer: Viewer | None = None,
        parent: QWidget | None = None,
    ) -> None:
        session = ArrayWaveformSession(waveforms, clusters, positions, masks, sample_rate=sample_rate, unit=unit)
        super().__init__(parent)
        self.selection = session.selection
        self.panel = _ColoredPanel(cast("Session", session), viewer=viewer)  # it has as much of one as the panel reads
        self.panel.colors = dict(colors or {})
        self._session = session
        _fill(self, self.panel)
        self.setFocusProxy(self.panel)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def look(self) -> Look:
        """How waveforms are shown."""
        return self.panel.look

    def show_as(self, **changes: Any) -> None:
        """Change parts of the look: kind, arrangement, side_by_side, front, scale."""
        self.panel.show_as(**changes)

    def set_colors(self, colors: Mapping[int, str]) -> None:
        """Give clusters colours, '#rrggbb'; the others take that of their place in the selection."""
        self.panel.colors = dict(colors)
        self.panel.refresh(again=True)

    def set_positions(self, positions: npt.ArrayLike | None) -> None:
        """Put the (n_channels, 2) channels elsewhere, in µm.

        Raises
        ------
        TracesError
            There is not one position for each channel.
        """
        model = self._session.model
        self._session.model = replace(model, probe=array_probe(model.n_channels, positions))
        self.panel.refresh(again=True)


class _ColoredPanel(WaveformsPanel):
    """Clusters may have colours of their own."""

    def __init__(self, session: Session, **options: Any) -> None:
        self.colors: dict[int, str] = {}
        super().__init__(session, **options)

    def color_of(self, place: int) -> str:
        """Return the colour of a place of the selection."""
        clusters = self.clusters
        own = self.colors.get(clusters[place]) if place < len(clusters) else None
        return own or super().color_of(place)


class RasterView(_OwnWindow):
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
        self._links = SessionLinks(self)  # the clock may outlive this view
        self._links.connect(self.time.moved, self.plot.follow_time)
        self._links.connect(self.time.shown_changed, self.plot.redraw)
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


def _fill(view: QWidget, panel: Panel) -> None:
    """Fill a view with a panel below its header."""
    layout = QVBoxLayout(view)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(panel.header)
    layout.addWidget(panel)
    panel.header.show()
