"""The slider of napari and the clock of a session, which follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from napari.components import ViewerModel
from napari.layers import Image, Labels, Layer

from napari_phy.core.errors import TimelineError
from napari_phy.core.sentences import on_one_line
from napari_phy.core.signals import signal
from napari_phy.core.time_cursor import TimeCursor
from napari_phy.layers.added_axes import FRAME, fit_result
from napari_phy.layers.stacks import name_slider
from napari_phy.layers.timed_layer import SURE, TimedLayer, find_time_axis, in_seconds, rate_of
from napari_phy.timeline import TimeBase

_NUDGE = 2 * SURE  # steps: a moment right between two frames belongs to the later one, which rounding does not know


class LinkedTime:
    """Layers of a viewer in seconds of the session's clock, and the slider that goes with it.

    `follow_slider` and `follow_clock` are called after one of them may have moved; each compares with where both were
    when they last agreed, so calling them once too often does nothing. What else changes the slider – layers that come
    and go, units – is no wish of the user: then the clock says where it is.

    Parameters
    ----------
    viewer : ViewerModel
        Where the layers are.
    time : TimeCursor
        The clock of the session.
    """

    changed = signal()  # which layers are linked

    def __init__(self, viewer: ViewerModel, time: TimeCursor) -> None:
        self._viewer, self._time = viewer, time
        self._linked: list[TimedLayer] = []
        self._clock_s = time.time_s  # when both last agreed
        self._slider_s = 0.0
        self._shown_s = 0.0  # what the slider stands for there
        self._scene: Any = None  # units and range of the slider

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The linked layers."""
        return tuple(timed.layer for timed in self._linked)

    @property
    def axis(self) -> int | None:
        """The axis of the slider in the viewer, from the left; None where nothing is linked."""
        return self._axis

    def clock_of(self, layer: Layer) -> TimeBase | None:
        """Return the clock of a linked layer, else None."""
        timed = self._find(layer)
        return None if timed is None else timed.base

    def axis_of(self, layer: Layer) -> int | None:
        """Return the time axis of a linked layer, else None."""
        timed = self._find(layer)
        return None if timed is None else timed.axis

    def clocks_for(self, layer: Layer, n_frames: int) -> dict[Layer, TimeBase]:
        """Return the clocks of other linked layers that may be that of a layer, too: those of as many frames.

        For points and tracks also those of more: the last frames may have none.
        """
        is_stack = isinstance(layer, Image | Labels)
        others = {timed.layer: timed.base for timed in self._linked if timed.layer is not layer}
        return {
            one: base
            for one, base in others.items()
            if base.n_frames == n_frames or (base.n_frames > n_frames and not is_stack)
        }

    def rate_of(self, layer: Layer, axis: int) -> float | None:
        """Return how many frames a second a layer says it has, whatever its clock; None where it says nothing."""
        timed = self._find(layer)
        return rate_of(layer, axis) if timed is None or timed.axis != axis else timed.rate_hz

    def frame_of(self, layer: Layer) -> int | None:
        """Return the frame of a linked layer that the slider shows, else None."""
        timed, now_s = self._find(layer), self.now_s
        return None if timed is None or now_s is None else timed.frame_at(now_s)

    @property
    def without_frame(self) -> tuple[Layer, ...]:
        """The linked stacks that have no frame of the moment in sight: it is before, after, or in a pause of them."""
        now_s = self.now_s
        stacks = [timed for timed in self._linked if isinstance(timed.layer, Image | Labels)]
        return () if now_s is None else tuple(one.layer for one in stacks if not one.base.is_covered(now_s))

    # --- linking

    def link(self, layer: Layer, base: TimeBase, axis: int | None = None) -> None:
        """Put a layer on the clock, or on another one; the slider goes to where the clock is.

        Parameters
        ----------
        layer : Layer
            One of the viewer.
        base : TimeBase
            When its frames were taken.
        axis : int, optional
            Its time axis, from the left; None: the likely one.

        Raises
        ------
        TimelineError
            The layer has no time axis, the clock does not fit it, or its time is not the slider of the linked layers;
            it is as before.
        """
        axis = find_time_axis(layer) if axis is None else axis
        if axis is None:
            raise TimelineError(f"{on_one_line(layer.name)} has no axis of time: it is flat.")
        before, linked = self._find(layer), list(self._linked)
        axis = axis if before is None else before.own_axis(axis)
        wanted = [(one.layer, one.axis, one.base) for one in linked if one is not before]
        try:
            self._place([*wanted, (layer, axis, base)])
        except TimelineError:
            self._place([(one.layer, one.axis, one.base) for one in linked])
            self._to_clock()
            raise
        if self._time.time_s == 0.0 < base.range_s[0]:  # where each data set opens: nothing of the layer is seen there
            self._time.move_to(base.range_s[0])
        self._to_clock()
        self.changed.emit()

    def unlink(self, layer: Layer) -> None:
        """Put a layer back as it was; the frame in sight stays."""
        timed = self._find(layer)
        if timed is None:
            return
        now_s = self.now_s
        self._place([(one.layer, one.axis, one.base) for one in self._linked if one is not timed])
        if self._linked:
            self._to_clock()
        else:
            name_slider(self._viewer)
            if now_s is not None and layer in self._viewer.layers:
                self._show_frame(timed, timed.frame_at(now_s))
        self.changed.emit()

    def close(self) -> None:
        """Put all layers back as they were."""
        for layer in self.layers:
            self.unlink(layer)

    def _place(self, wanted: Sequence[tuple[Layer, int, TimeBase]]) -> None:
        """Link these layers by these axes and clocks, and no others; those that are linked so stay as they are.

        napari counts axes from the right. So where layers have more axes after time than others, as (T, Z, Y, X) beside
        (T, Y, X), the others get axes of one plane.

        Raises
        ------
        TimelineError
            One of them cannot be; none is linked then but those before it.
        """
        for timed in self._linked[::-1]:
            if not any(_is(timed, *one) for one in wanted):
                self._linked.remove(timed)
                timed.restore()
        for layer, axis, base in wanted:
            if not any(timed.layer is layer for timed in self._linked):
                self._linked.append(TimedLayer(layer, axis, base, self._moment))
        deepest = min(self._linked, key=lambda timed: timed.own_from_right, default=None)
        for place, timed in enumerate(list(self._linked)):
            assert deepest is not None
            n_missing = timed.own_from_right - deepest.own_from_right
            added = deepest.axes_after(n_missing)
            if timed.added == added:
                continue
            if n_missing and not timed.takes_axes:
                name, deep = on_one_line(timed.layer.name), on_one_line(deepest.layer.name)
                raise TimelineError(
                    f"{name} has no coordinate for the planes of {deep}, and only images and labels can be seen in all "
                    f"planes without one. Give it one, unlink {deep}, or link one plane of {deep}."
                )
            self._linked.remove(timed)
            timed.restore()
            self._linked.insert(place, TimedLayer(timed.layer, timed.axis, timed.base, self._moment, added))
        for layer in self._viewer.layers:
            if FRAME in layer.metadata:
                n_missing = 0 if deepest is None else -deepest.own_from_right - 1 - layer.metadata[FRAME][0]
                fit_result(layer, () if deepest is None else deepest.axes_after(max(0, n_missing)))

    def _find(self, layer: Layer) -> TimedLayer | None:
        return next((timed for timed in self._linked if timed.layer is layer), None)

    def _show_frame(self, timed: TimedLayer, frame: int) -> None:
        layer, dims = timed.layer, self._viewer.dims
        unit = 1.0 if dims.units is None else in_seconds(dims.units[timed.from_right])
        place = layer.translate[timed.axis] + frame * layer.scale[timed.axis]
        dims.set_point(dims.ndim + timed.from_right, place * in_seconds(layer.units[timed.axis]) / unit)

    # --- both ways

    @property
    def now_s(self) -> float | None:
        """The moment in sight: to the last bit that of the clock, where both agree; None without linked layers."""
        moment = self._moment()
        return None if moment is None else moment[1]

    def _moment(self) -> tuple[float, float] | None:
        """Return where the slider is, and the moment that it stands for there."""
        slider_s = self._read_slider()
        if slider_s is None:
            return None
        return slider_s, self._shown_s if slider_s == self._slider_s else slider_s

    def follow_slider(self) -> None:
        """Move the clock to where the slider was moved."""
        slider_s = self._read_slider()
        if slider_s is None or (slider_s == self._slider_s and self._scene == self._read_scene()):
            return
        if self._scene != self._read_scene():
            self._to_clock()
            return
        self._slider_s = self._shown_s = slider_s
        self._time.move_to(slider_s)
        self._clock_s = self._time.time_s

    def follow_clock(self) -> None:
        """Move the slider to where the clock was moved."""
        if self._time.time_s != self._clock_s:
            self._to_clock()

    def move_to(self, time_s: float, *, exactly: bool = True) -> None:
        """Move slider and clock to the same moment, as `show` does."""
        self.show(time_s, exactly=exactly)
        self._clock_s = min(max(0.0, time_s), self._time.duration_s)
        self._time.move_to(time_s)

    def show(self, time_s: float, *, exactly: bool = True) -> None:
        """Move the slider alone; the clock stays.

        napari's slider has steps, to which it would round a moment. So it goes to a step at which each layer shows its
        frame of the moment; only where there is none, it goes on from there to the moment itself.

        Parameters
        ----------
        time_s : float
            Seconds of the session's clock.
        exactly : bool, default True
            False leaves that second movement out, at which layers read another time.
        """
        axis = self._axis
        if axis is None:
            return
        unit, (start, stop, step) = self._unit, self._viewer.dims.range[axis]
        last = self._viewer.dims.nsteps[axis] - 1
        nearest = min(max(round((time_s / unit - start) / step), 0), last)
        steps = [start + number * step for number in (nearest, nearest - 1, nearest + 1) if 0 <= number <= last]
        place = max(steps, key=lambda one: self._n_right(one * unit, time_s))
        self._put(axis, place, time_s)
        if exactly and self._n_right(place * unit, time_s) < len(self._linked):
            nudge = _NUDGE * step
            moments = [min(max(time_s / unit + side * nudge, start), stop) for side in (0, 1, -1)]
            best = max(moments, key=lambda one: self._n_right(one * unit, time_s))
            if self._n_right(best * unit, time_s) > self._n_right(place * unit, time_s):
                step_of_best = start + round((best - start) / step) * step
                if step_of_best != place:  # else the slider, which knows steps alone, would be moved to it afterwards
                    self._put(axis, step_of_best, time_s)
                self._put(axis, best, time_s)

    def _put(self, axis: int, place: float, time_s: float) -> None:
        self._shown_s, self._slider_s, self._scene = time_s, place * self._unit, self._read_scene()
        self._viewer.dims.set_point(axis, place)

    def _n_right(self, slider_s: float, time_s: float) -> int:
        """Return how many layers show their frame of a moment while the slider is somewhere."""
        return sum(timed.shows_rightly(slider_s, time_s) for timed in self._linked)

    def _to_clock(self) -> None:
        self._clock_s = self._time.time_s
        self.show(self._clock_s)

    @property
    def _axis(self) -> int | None:
        """The axis of the slider, None where nothing is linked or the viewer has not followed yet."""
        if not self._linked:
            return None
        axis = self._viewer.dims.ndim + self._linked[0].from_right
        return axis if axis >= 0 else None

    @property
    def _unit(self) -> float:
        """Seconds that one unit of the slider is."""
        units, axis = self._viewer.dims.units, self._axis
        return 1.0 if units is None or axis is None else in_seconds(units[axis])

    def _read_slider(self) -> float | None:
        axis = self._axis
        return None if axis is None else float(self._viewer.dims.point[axis]) * self._unit

    def _read_scene(self) -> Any:
        axis, dims = self._axis, self._viewer.dims
        return None if axis is None else (self._unit, tuple(dims.range[axis]))


def _is(timed: TimedLayer, layer: Layer, axis: int, base: TimeBase) -> bool:
    """Return whether a layer is linked by this axis and clock."""
    return timed.layer is layer and timed.axis == axis and timed.base is base
