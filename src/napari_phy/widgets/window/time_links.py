"""The slider of a window and the clock of its session: kept together as fast as views can follow, and played."""

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any
from weakref import ref

from napari.layers import Image, Labels, Layer
from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, Qt, QTimer, Signal
from qtpy.QtWidgets import QApplication

from napari_phy.core.errors import TimelineError
from napari_phy.layers.linked_time import LinkedTime
from napari_phy.layers.timed_layer import find_time_axis, n_frames_of
from napari_phy.session.session import Session
from napari_phy.timeline import TimeBase
from napari_phy.widgets.base.notifications import notify
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.docks import imaging_messages

FRAME_MS = 33  # from one movement of the slider to the next, and of the clock while the mouse moves the slider
VIEWS_MS = 100  # from one movement of the clock to the next while something is played: views need longer than frames
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


class TimeLinks(QObject):
    """Links layers to the session of a window, and follows what moves.

    The first movement is followed at once, later ones after a while, by whatever is the place then: places in between
    are left out, so nothing lags behind.
    """

    changed = Signal()  # which layers are linked, and to what
    moved = Signal()  # the slider
    unlinked_came = Signal(object)  # a layer that has an axis of time, and no clock yet

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._session: Session | None = None
        self._links = SessionLinks(self)
        self.linked: LinkedTime | None = None
        self.playback = Playback(self)
        self._follow_next: Callable[[], None] | None = None
        self._pause = QTimer(self, singleShot=True)
        self._pause.timeout.connect(self._go_on)
        dims = viewer.dims
        for event in (dims.events.point, dims.events.range, dims.events.units):
            event.connect(self._on_slider_moved)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removing.connect(self._on_removing)
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def session(self) -> Session | None:
        """The session whose clock is followed."""
        return self._session

    @property
    def viewer(self) -> Viewer | None:
        """The viewer, or None when it is gone."""
        return self._viewer()

    def follow(self, session: Session | None) -> None:
        """Follow the clock of another session, or none: layers are put back as they were."""
        self.playback.stop()
        self._links.close()
        self._follow_next = None
        if self.linked is not None:
            self.linked.close()
        self._session, viewer = session, self._viewer()
        self.linked = None if session is None or viewer is None else LinkedTime(viewer, session.time)
        if session is not None and self.linked is not None:
            self._links.connect(session.time.moved, self._on_clock_moved)
            self._links.connect(self.linked.changed, self._on_linked)
            self._links.connect(session.clocks.changed, self._on_clock_kept)
            for problem in session.clocks.problems:
                notify(problem, "warning")
        self.changed.emit()
        for layer in self.candidates:
            self._welcome(layer)

    @property
    def candidates(self) -> list[Layer]:
        """Layers of the viewer that have an axis of time."""
        viewer = self._viewer()
        return [] if viewer is None else [layer for layer in viewer.layers if find_time_axis(layer) is not None]

    # --- linking

    def axis_of(self, layer: Layer) -> int:
        """Return the axis of time of a layer: that by which it is linked, else the likely one."""
        linked = None if self.linked is None else self.linked.axis_of(layer)
        likely = find_time_axis(layer) if linked is None else linked
        return 0 if likely is None else likely

    def link(self, layer: Layer, base: TimeBase, axis: int | None = None) -> None:
        """Put a layer on the clock of the session, now and when it is opened again.

        Raises
        ------
        TimelineError
            It cannot be; nothing has changed.
        """
        if self.linked is not None and self._session is not None:
            self.linked.link(layer, base, axis)
            self._session.clocks[layer.name] = base

    def unlink(self, layer: Layer) -> None:
        """Put a layer back as it was, and forget its clock."""
        if self.linked is not None and self._session is not None:
            self.linked.unlink(layer)
            self._session.clocks.pop(layer.name, None)

    def _on_clock_kept(self, name: str) -> None:
        """Link a layer whose clock was set by a script, unlink one whose clock was deleted."""
        session, linked, viewer = self._session, self.linked, self._viewer()
        layer = None if viewer is None else next((one for one in viewer.layers if one.name == name), None)
        if session is None or linked is None or layer is None:
            return
        base = session.clocks.get(name)
        if base is None:
            linked.unlink(layer)
        elif linked.clock_of(layer) != base:
            self._restore(layer, again=True)

    def _welcome(self, layer: Layer) -> None:
        """Link a layer as it was, or tell that it has no clock."""
        self._restore(layer)
        if self.linked is not None and layer not in self.linked.layers and find_time_axis(layer) is not None:
            self.unlinked_came.emit(layer)

    def _restore(self, layer: Layer, *, again: bool = False) -> None:
        """Link a layer as it was linked when the data set was open before."""
        if self.linked is None or self._session is None or (layer in self.linked.layers and not again):
            return
        base = self._session.clocks.get(layer.name)
        axes = [] if base is None else _axes_of(layer, base.n_frames)
        if base is None or not axes:
            return
        try:
            self.linked.link(layer, base, axes[0])
        except TimelineError as error:
            notify(imaging_messages.not_linked_again(layer.name, str(error)), "warning")

    def _on_inserted(self, event: Any) -> None:
        if isalive(self) and self.linked is not None:
            QTimer.singleShot(0, partial(self._restore_later, ref(event.value)))  # once napari knows it all

    def _restore_later(self, layer: "ref[Layer]") -> None:
        found, viewer = layer(), self._viewer()
        if isalive(self) and found is not None and viewer is not None and found in viewer.layers:
            self._welcome(found)
            self.changed.emit()

    def _on_removing(self, event: Any) -> None:
        """Put a layer back before it goes: whoever gets it has it as it was."""
        viewer = self._viewer()
        if isalive(self) and viewer is not None and self.linked is not None:
            self.linked.unlink(viewer.layers[event.index])

    def _on_removed(self, event: Any) -> None:
        if isalive(self) and self.linked is not None:
            self.changed.emit()

    def _on_linked(self) -> None:
        self.changed.emit()

    # --- following

    def _on_clock_moved(self) -> None:
        self._follow(self._follow_clock)

    def _on_slider_moved(self, event: Any = None) -> None:
        if isalive(self) and self.linked is not None and self.linked.layers:
            self._follow(self._follow_slider)

    def _follow_clock(self) -> None:
        """Follow the clock, or the slider where only that has moved."""
        if self.linked is not None:
            self.linked.follow_clock()
            self.linked.follow_slider()
            self.moved.emit()

    def _follow_slider(self) -> None:
        """Follow the slider, or the clock where only that has moved."""
        if self.linked is not None:
            self.linked.follow_slider()
            self.linked.follow_clock()
            self.moved.emit()

    def _follow(self, follow: Callable[[], None]) -> None:
        if self._pause.isActive():
            self._follow_next = follow
            return
        self._follow_next = None
        by_hand = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        self._pause.start(VIEWS_MS if follow == self._follow_slider and not by_hand else FRAME_MS)
        follow()

    def _go_on(self) -> None:
        if self._follow_next is not None:
            self._follow(self._follow_next)


def _axes_of(layer: Layer, n_frames: int) -> list[int]:
    """Return which axes of a layer may have that many frames, the likeliest first."""
    likely = find_time_axis(layer)
    axes = [] if likely is None else [likely, *(axis for axis in range(layer.ndim) if axis != likely)]
    if isinstance(layer, Image | Labels):
        return [axis for axis in axes if n_frames_of(layer, axis) == n_frames]
    return axes[:1]


class Playback(QObject):
    """Moves slider and clock as real time goes, or a multiple of it; frames that come too late are left out.

    Whoever moves one of them meanwhile is followed: it goes on from there.
    """

    changed = Signal()  # whether it plays, or how fast

    def __init__(self, links: TimeLinks) -> None:
        super().__init__(links)
        self._links = links
        self.speed = 1.0
        self._begun = (0.0, 0.0)  # when, and at which moment of the recording
        self._clock_s = 0.0  # where the clock was put last
        self._views_at = 0.0
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._step)

    @property
    def is_playing(self) -> bool:
        """Whether time goes on."""
        return self._timer.isActive()

    def play(self) -> None:
        """Go on from where the clock is, at the end from the beginning."""
        session = self._links.session
        if session is None or self.is_playing:
            return
        if session.time.time_s >= session.time.duration_s:
            session.time.move_to(0.0)
        self._begin(session.time.time_s)
        self._timer.start()
        self.changed.emit()

    def stop(self) -> None:
        """Stay where it is."""
        if self.is_playing:
            self._timer.stop()
            linked = self._links.linked
            if linked is not None and linked.now_s is not None:
                linked.move_to(linked.now_s)
            self.changed.emit()

    def toggle(self) -> None:
        """Play, or stop."""
        (self.stop if self.is_playing else self.play)()

    def set_speed(self, speed: float) -> None:
        """Play that many seconds of the recording in a second."""
        if speed != self.speed:
            session = self._links.session
            if self.is_playing and session is not None:
                self._begin(session.time.time_s)
            self.speed = speed
            self.changed.emit()

    def _begin(self, time_s: float) -> None:
        now = monotonic()
        self._begun, self._clock_s, self._views_at = (now, time_s), time_s, now

    def _step(self) -> None:
        session, linked = self._links.session, self._links.linked
        if session is None or linked is None:
            self.stop()
            return
        linked.follow_slider()
        if session.time.time_s != self._clock_s:  # somebody else moved it
            self._begin(session.time.time_s)
        now = monotonic()
        time_s = self._begun[1] + (now - self._begun[0]) * self.speed
        is_over = time_s >= session.time.duration_s
        time_s = min(time_s, session.time.duration_s)
        if is_over or now - self._views_at >= VIEWS_MS / 1000:
            self._views_at, self._clock_s = now, time_s
            linked.move_to(time_s, exactly=is_over)
        else:
            linked.show(time_s, exactly=False)
        self._links.moved.emit()
        if is_over:
            self.stop()
