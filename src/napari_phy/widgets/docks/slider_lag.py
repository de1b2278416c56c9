"""The slider of lags: milliseconds in the place of the numbers of its steps, and hidden while no average is seen."""

from typing import Any
from weakref import ref

from napari.layers import Image, Layer
from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtWidgets import QLabel, QLineEdit, QWidget

from napari_phy.layers.movie_results import LAG
from napari_phy.stats.triggered_average import peak_lag
from napari_phy.table.numbers import format_number
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.napari_compat import show_slider, show_steps, slider_of

NAME = "napari-phy-slider-lag"
_MS = "millisecond"
_TIME_NAME = "napari-phy-slider-time"  # the field of seconds, which hides the steps of its slider, too


class SliderLag(QObject):
    """Follows the axis of lags of a viewer, wherever it is among the sliders."""

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._label: QLabel | None = None
        self._later = QTimer(self, singleShot=True, interval=0)  # once napari has made its sliders
        self._later.timeout.connect(self._place)
        self._is_hidden = False
        events = viewer.dims.events
        for event in (events.ndim, events.axis_labels, events.units, events.order, events.ndisplay, events.range):
            event.connect(self._on_axes)
        events.point.connect(self._on_moved)
        viewer.layers.events.inserted.connect(self._on_inserted)
        for layer in viewer.layers:
            self._follow(layer)
        self._later.start()

    def _on_axes(self, event: Any = None) -> None:
        if isalive(self):
            self._later.start()

    def _on_inserted(self, event: Any) -> None:
        if isalive(self):
            self._follow(event.value)
            self._later.start()

    def _follow(self, layer: Layer) -> None:
        if LAG in layer.axis_labels:
            layer.events.visible.connect(self._on_axes)

    def _on_moved(self, event: Any = None) -> None:
        if isalive(self):
            self._show()

    def _place(self) -> None:
        """Put the label where the slider of lags is now, or take it away."""
        viewer = self._viewer()
        axis = None if viewer is None else _axis_in(viewer)
        window = getattr(viewer, "window", None)
        row = None if window is None or axis is None else slider_of(window.main_menu.window(), axis)
        label = self._label
        if label is not None and isalive(label) and (old := label.parent()) is not row:
            if isinstance(old, QWidget) and old.findChild(QLineEdit, _TIME_NAME) is None:
                show_steps(old, True)
            label.setParent(None)
            label.deleteLater()
            label = None
        elif label is not None and not isalive(label):
            label = None
        if label is None and row is not None and (layout := row.layout()) is not None:
            show_steps(row, False)
            label = PlainLabel(parent=row)
            label.setObjectName(NAME)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            label.setFixedWidth(label.fontMetrics().horizontalAdvance("−00 000 ms") + 12)
            layout.addWidget(label)
        self._label = label
        if viewer is not None and axis is not None and row is not None:
            self._show_row(viewer, axis, row)
        self._show()

    def _show_row(self, viewer: Viewer, axis: int, row: QWidget) -> None:
        """Hide the slider where it moves nothing that is seen; napari hides it for reasons of its own, too."""
        is_used = any(layer.visible and LAG in layer.axis_labels for layer in viewer.layers)
        if not is_used:
            self._is_hidden = True
            show_slider(row, False)
        elif self._is_hidden:
            self._is_hidden = False
            show_slider(row, axis not in viewer.dims.displayed and viewer.dims.nsteps[axis] > 1)

    def _show(self) -> None:
        viewer, label = self._viewer(), self._label
        axis = None if viewer is None else _axis_in(viewer)
        if viewer is not None and axis is not None and label is not None and isalive(label):
            label.setText(f"{format_number(viewer.dims.point[axis] * _unit_ms(viewer, axis))} ms")


def go_to_peak(viewer: Viewer, average: Image) -> None:
    """Show an average at the lag at which it differs most from what it is on average over lags."""
    axis = _axis_in(viewer)
    if axis is not None:
        of_layer = average.axis_labels.index(LAG)
        lag_ms = average.translate[of_layer] + average.scale[of_layer] * peak_lag(average.data)
        viewer.dims.set_point(axis, float(lag_ms) / _unit_ms(viewer, axis))


def _axis_in(viewer: Viewer) -> int | None:
    """Return which axis of a viewer is that of lags; None where there is none."""
    labels, units = viewer.dims.axis_labels, viewer.dims.units
    axis = labels.index(LAG) if LAG in labels else None
    return axis if axis is None or units is None or units[axis].is_compatible_with(_MS) else None


def _unit_ms(viewer: Viewer, axis: int) -> float:
    """Return how many ms the unit of an axis is."""
    units = viewer.dims.units
    return 1.0 if units is None else float((1 * units[axis]).to(_MS).magnitude)
