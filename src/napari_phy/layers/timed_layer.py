"""One layer on the clock of a session: which of its axes is time, and how it is placed on it and put back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pint
from napari.layers import Image, Labels, Layer, Points, Tracks

from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line
from napari_phy.formats.video import Film
from napari_phy.layers.added_axes import AXIS_OF, AddedAxis, WithAxes, put_axes
from napari_phy.layers.frames_in_time import FramesInTime, Moment, TimeSteps
from napari_phy.layers.session_tag import RESULT, session_of
from napari_phy.table.numbers import format_count
from napari_phy.timeline import TimeBase

SLIDER = "time"
PLANE = "plane"  # an axis between time and rows
SURE = 1e-6  # steps, by which napari's arithmetic may differ from ours
_LABELS = ("time", "t", "frame", "frames")
_UNIT, _ANY = "second", "pixel"


def find_time_axis(layer: Layer) -> int | None:
    """Return which axis of a layer is time, or None.

    It is the one that is named so, else the one in seconds or parts of them, else the first of more than two that has
    neither a name nor a unit.
    """
    if session_of(layer) is not None or RESULT in layer.metadata:
        return None
    axes = range(layer.ndim)
    labels = [label.strip().lower() for label in layer.axis_labels]
    named = [axis for axis in axes if labels[axis] in _LABELS]
    timed = [axis for axis in axes if layer.units[axis].is_compatible_with(_UNIT)]
    free = [axis for axis in axes[:-2] if labels[axis] == str(axis - layer.ndim) and str(layer.units[axis]) == _ANY]
    return next(iter([*named, *timed, *free]), None)


def n_frames_of(layer: Layer, axis: int) -> int:
    """Return how many frames a layer has along an axis; of coordinates, as many as the last one needs."""
    if isinstance(layer, Image | Labels):
        data = layer.data[0] if layer.multiscale else layer.data
        return int((data.array if isinstance(data, FramesInTime) else data).shape[axis])
    last = layer.extent.data[1][axis]
    return int(np.floor(last)) + 1 if np.isfinite(last) else 0


def axis_words(layer: Layer, axis: int) -> str:
    """Return `axis 0, time, 18 000 frames`."""
    label = layer.axis_labels[axis]
    named = "" if label == str(axis - layer.ndim) else f"{on_one_line(label)}, "
    return f"axis {axis}, {named}{format_count(n_frames_of(layer, axis), 'frame')}"


def rate_of(layer: Layer, axis: int) -> float | None:
    """Return how many frames a second a layer says it has, by the scale of its time axis; None where it says nothing.

    That is an axis in units of time, or one that is named time and has a scale.
    """
    unit, scale = layer.units[axis], float(layer.scale[axis])
    is_timed = unit.is_compatible_with(_UNIT) or layer.axis_labels[axis].strip().lower() in _LABELS
    step_s = scale * in_seconds(unit)
    return 1 / step_s if is_timed and step_s > 0 and scale != 1 else None


def own_times_of(layer: Layer) -> tuple[float, ...]:
    """Return when each frame was taken on a clock of its own, as films say; () where that is not known."""
    data = unlinked_data(layer)
    return tuple(data.times_s.tolist()) if isinstance(data, Film) else ()


def unlinked_data(layer: Layer) -> Any:
    """Return the data of a layer as they are when it is not linked."""
    if getattr(layer, "multiscale", False):
        return [_behind(level) for level in layer.data]
    return _behind(layer.data)


def is_placed(layer: Layer, axis: int, base: TimeBase) -> bool:
    """Return whether a layer is linked by a clock, which its place on the axis of time tells, or its view along it."""
    data = layer.data[0] if getattr(layer, "multiscale", False) else layer.data
    if isinstance(data, FramesInTime):
        return np.array_equal(data.base.frame_times_s, base.frame_times_s)
    steps = TimeSteps.of(base)
    placed, wanted = (layer.scale[axis], layer.translate[axis]), (steps.step_s, steps.start_s + steps.step_s / 2)
    return layer.axis_labels[axis] == SLIDER and n_frames_of(layer, axis) == steps.n and np.allclose(placed, wanted)


def in_seconds(unit: pint.Unit) -> float:
    """Return how many seconds a unit of time is; 1 for what is no time."""
    return float((1 * unit).to(_UNIT).magnitude) if unit.is_compatible_with(_UNIT) else 1.0


class TimedLayer:
    """Puts the time axis of a layer into seconds of the session's clock; `restore` puts it back exactly.

    A frame lasts from its start to the start of the next one, and napari shows a plane half a step before and after its
    middle: so frame k is in the middle of its time. Where the clock is even, scale and translation say that. Where it
    is not – frames were dropped, or paused, or the rate drifts – no scale is right; then the layer shows its array
    through `FramesInTime`, and points and tracks get the times of their frames as coordinates.

    An axis in units of time is in seconds then. One in pixels stays so, with seconds as its numbers: where napari finds
    layers in pixels and others in seconds, it warns, and uses no units at all.

    Parameters
    ----------
    layer : Layer
        Any layer whose data have one axis of frames.
    axis : int
        That axis, from the left.
    base : TimeBase
        When its frames were taken.
    moment : callable
        Returns where the slider is and the moment that it stands for, in seconds; None where that is not known.
    added : tuple of AddedAxis
        Axes of one plane that the layer gets after that of time, so that the slider is the same as that of others.

    Raises
    ------
    TimelineError
        The clock does not fit the layer, or its axis cannot be time; the layer is as before.
    """

    def __init__(
        self,
        layer: Layer,
        axis: int,
        base: TimeBase,
        moment: Callable[[], Moment | None],
        added: tuple[AddedAxis, ...] = (),
    ) -> None:
        self.layer, self.axis, self.base, self.added = layer, axis, base, added
        self._check()
        self.steps = TimeSteps.of(base)
        self._moment = moment
        self.rate_hz = rate_of(layer, axis)  # as the layer says, without its clock
        self._before = {name: list(getattr(layer, name)) for name in AXIS_OF}
        self._data = layer.data
        self._placed: Any = None
        self._unnamed: dict[int, str] = {}  # axes of planes, and how napari calls them
        try:
            self._place()
        except Exception:
            self.restore()
            raise

    def _place(self) -> None:
        layer, axis = self.layer, self.axis
        if self.added:
            self._add_axes()
        if not self.steps.is_even:
            self._place_frames()
        if layer.units[axis].is_compatible_with(_UNIT):
            self._set("units", _UNIT)
        self._set("scale", self.steps.step_s)
        self._set("translate", self.steps.start_s + self.steps.step_s / 2)
        self._set("axis_labels", SLIDER)
        self._name_planes()

    def _name_planes(self) -> None:
        """Name the axes of planes that have no name: else napari keeps the names that shallower stacks gave them."""
        unnamed = {} if self.added else {axis: str(axis - self.layer.ndim) for axis in self._planes()}
        self._unnamed = {axis: name for axis, name in unnamed.items() if self.layer.axis_labels[axis] == name}
        self._relabel(dict.fromkeys(self._unnamed, PLANE))

    def _planes(self) -> range:
        return range(self.axis + 1, self.layer.ndim - 2)

    def _relabel(self, names: Mapping[int, str]) -> None:
        self.layer.axis_labels = [names.get(axis, label) for axis, label in enumerate(self.layer.axis_labels)]

    @property
    def from_right(self) -> int:
        """The axis, counted from the right: −3 of (T, Y, X)."""
        return self.axis - int(self.layer.ndim)

    @property
    def own_from_right(self) -> int:
        """The axis, counted from the right, without those that were added."""
        return self.from_right + len(self.added)

    @property
    def takes_axes(self) -> bool:
        """Whether axes can be added: points, tracks and drawings have as many as their coordinates."""
        return isinstance(self.layer, Image | Labels)

    def own_axis(self, axis: int) -> int:
        """Return the number that an axis has without those that were added."""
        return max(self.axis, axis - len(self.added)) if axis > self.axis else axis

    def axes_after(self, n: int) -> tuple[AddedAxis, ...]:
        """Return axes of one plane that fill as much space as the n axes after that of time."""
        layer, found = self.layer, []
        extent = layer.extent
        for axis in range(self.axis + 1, self.axis + 1 + n):
            (low, high), step = extent.world[:, axis], abs(float(extent.step[axis])) or 1.0
            is_known = bool(np.isfinite((low, high)).all())
            thick, middle = (high - low + step, (low + high) / 2) if is_known else (step, 0.0)
            found.append(AddedAxis(float(thick), float(middle), str(layer.units[axis]), layer.axis_labels[axis]))
        return tuple(found)

    def frame_at(self, time_s: float) -> int:
        """Return the frame that was being taken at a time; before and after the stack its first or last one."""
        return min(max(int(self.base.frame_at(time_s)), 0), self.base.n_frames - 1)

    def shows_rightly(self, slider_s: float, time_s: float) -> bool:
        """Return whether the frame of a moment is surely seen while the slider is somewhere.

        Surely means that napari's rounding is far away.
        """
        frame, steps = self.frame_at(time_s), self.steps
        place = min(max(steps.place_of(slider_s), 0.0), steps.n - 1.0)
        if isinstance(self.layer, Image | Labels) and not steps.is_even:
            is_there = slider_s == time_s  # `FramesInTime` knows the moment, if napari reads anew
            return is_there or (abs(place - round(place)) <= 0.5 - SURE and self._frame_in(round(place)) == frame)
        wanted = (float(self.base.time_of(frame)) - steps.start_s) / steps.step_s
        return abs(place - wanted) <= 0.5 - SURE

    def _frame_in(self, step: int) -> int:
        return self.frame_at(self.steps.start_s + (step + 0.5) * self.steps.step_s)

    def restore(self) -> None:
        """Put the axis back as it was; what was drawn or painted meanwhile stays, in its frame."""
        if self._placed is not None:
            is_image = isinstance(self.layer, Image | Labels)
            if not is_image:
                self._set_data(self._in_frames(np.asarray(self.layer.data)))
            elif self.layer.data is self._placed:
                self._resize(self._data, self._without_added)
        for name, values in self._before.items():
            self._set(name, values[self.axis])
        self._relabel({axis: name for axis, name in self._unnamed.items() if self.layer.axis_labels[axis] == PLANE})

    # --- axes that it does not have

    def _add_axes(self) -> None:
        """Show the layer with axes of one plane after that of time."""
        after, n = self.axis + 1, len(self.added)

        def with_added(name: str, values: list[Any]) -> list[Any]:
            return [*values[:after], *(getattr(one, AXIS_OF[name]) for one in self.added), *values[after:]]

        layer = self.layer
        levels = [WithAxes(level, after, n) for level in layer.data] if layer.multiscale else None
        self._resize(WithAxes(layer.data, after, n) if levels is None else levels, with_added)
        self._placed = layer.data

    def _without_added(self, name: str, values: list[Any]) -> list[Any]:
        return [*values[: self.axis + 1], *values[self.axis + 1 + len(self.added) :]]

    def _resize(self, data: Any, changed: Callable[[str, list[Any]], list[Any]]) -> None:
        if self.added:
            put_axes(self.layer, data, {name: changed(name, list(getattr(self.layer, name))) for name in AXIS_OF})
        else:
            self._set_data(data)

    # --- what napari shows

    def _place_frames(self) -> None:
        layer = self.layer
        if isinstance(layer, Image | Labels):
            self._set_data(
                [self._in_time(level) for level in layer.data] if layer.multiscale else self._in_time(layer.data)
            )
            self._placed = layer.data
        else:
            self._set_data(self._in_steps(np.asarray(layer.data)))
            self._placed = np.array(layer.data)

    def _in_time(self, array: Any) -> FramesInTime:
        return FramesInTime(array, self.axis, self.base, self.steps, self._moment)

    def _in_steps(self, data: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return coordinates with steps in the place of frames."""
        moved = data.astype(np.float64)
        moved[:, self._column] = (self.base.time_of(moved[:, self._column]) - self.steps.start_s) / self.steps.step_s
        return moved

    def _in_frames(self, data: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return coordinates with frames in the place of steps: those that were given where nobody moved them."""
        given, placed, column = np.asarray(self._data), self._placed, self._column
        if np.array_equal(data, placed):
            return given
        moved = data.astype(np.float64)
        if len(data) == len(given) and np.array_equal(data[:, column], placed[:, column]):
            moved[:, column] = given[:, column]
        else:
            times_s = self.steps.start_s + moved[:, column] * self.steps.step_s
            moved[:, column] = np.round(self.base.position_at(times_s), 6)
        return moved

    @property
    def _column(self) -> int:
        return self.axis + isinstance(self.layer, Tracks)  # which have the number of the track before

    def _set_data(self, data: Any) -> None:
        layer = self.layer
        kept = {name: getattr(layer, name) for name in ("features", "graph")} if isinstance(layer, Tracks) else {}
        layer.data = data
        for name, value in kept.items():
            setattr(layer, name, value)

    def _set(self, name: str, value: Any) -> None:
        values = list(getattr(self.layer, name))
        values[self.axis] = value
        setattr(self.layer, name, values)

    # --- whether it can be

    def _check(self) -> None:
        layer, axis, base = self.layer, self.axis, self.base
        name = on_one_line(layer.name)
        if not 0 <= axis < layer.ndim:
            raise TimelineError(f"{name} has {layer.ndim} axes; there is no axis {axis}.")
        if not _is_separate(layer, axis):
            raise TimelineError(f"{name} is turned or sheared along its axis {axis}; time cannot be. Choose another.")
        if isinstance(layer, Image | Labels):
            levels = layer.data if layer.multiscale else [layer.data]
            n_frames = [int(_behind(level).shape[axis]) for level in levels]
            if len({*n_frames}) > 1:
                raise TimelineError(f"The smaller versions of {name} have fewer frames; link the full one alone.")
            if n_frames[0] != base.n_frames:
                raise TimelineError(
                    f"{name} has {n_frames[0]} frames along its axis {axis}, the clock is of {base.n_frames}. "
                    "Choose another axis, or another clock."
                )
        elif not isinstance(layer, Points | Tracks) and not TimeSteps.of(base).is_even:
            raise TimelineError(f"{name} can only have an even clock: choose an offset and a rate.")


def _behind(data: Any) -> Any:
    """Return the array behind a view along time, or with added axes."""
    while isinstance(data, FramesInTime | WithAxes):
        data = data.array
    return data


def _is_separate(layer: Layer, axis: int) -> bool:
    """Return whether nothing but scale and translation acts on an axis."""
    origin = np.asarray(layer.data_to_world((0.0,) * layer.ndim))
    steps = np.array([np.asarray(layer.data_to_world(tuple(unit))) - origin for unit in np.eye(layer.ndim)])
    others = np.arange(layer.ndim) != axis
    mixed = np.concatenate([steps[others, axis], steps[axis, others]])
    placed = steps[axis, axis], origin[axis]
    return bool(np.allclose(mixed, 0) and np.allclose(placed, (layer.scale[axis], layer.translate[axis])))
