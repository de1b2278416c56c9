"""Our layers in napari's canvas: which session they show, how they fit, and the frame of the time in Traces."""

from collections.abc import Iterator
from functools import partial
from typing import Any
from weakref import ref

from napari.layers import Points
from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QPainter, QPen
from qtpy.QtWidgets import QMainWindow, QWidget

from napari_phy.actions import messages
from napari_phy.actions.navigation import go_to_time
from napari_phy.layers.binder import LayerBinder
from napari_phy.layers.session_tag import IN_IMAGE, kind_of, session_of
from napari_phy.layers.stacks import name_slider
from napari_phy.session.session import Session
from napari_phy.views.traces import AUTOMATIC, TRACES
from napari_phy.widgets.base.application import not_none, referent
from napari_phy.widgets.base.draw_batch import DrawBatch
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.napari_compat import canvas_of, leave_out_empty_text, welcome_widget
from napari_phy.widgets.plots.overlay import Overlay
from napari_phy.widgets.window.background_builds import FeatureStorage, TraceSummary
from napari_phy.widgets.window.background_jobs import DensitySwitch
from napari_phy.widgets.window.data_files import RawWatch
from napari_phy.widgets.window.probe_in_image import ProbeInImage
from napari_phy.widgets.window.time_links import TimeLinks

REST_MS = 100  # after the camera was moved


class Overview(QObject):
    """Shows one session at a time in the canvas of a viewer."""

    said = Signal(str)  # a sentence for the status bar
    fitted = Signal()
    traces_changed = Signal()  # they are read better than before
    stack_changed = Signal()  # an image stack has taken the canvas, or left it
    _filtered = Signal()

    def __init__(self, viewer: Viewer, window: QMainWindow, draw_batch: DrawBatch, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer, self._window = ref(viewer), ref(window)
        self._session: Session | None = None
        self._theme: Tokens | None = None
        self._filter_name, self._part = AUTOMATIC, TRACES
        self._is_too_wide = False  # for a filter
        self.binder: LayerBinder | None = None
        self._points_later = QTimer(self, singleShot=True, interval=0)  # lists are painted before
        self._points_later.timeout.connect(partial(draw_batch.hold, self.refresh))
        self.fit = CanvasFit(window, self)
        self.frame = TimeFrame(viewer, window, self)
        self.density = DensitySwitch(window, self)
        self.summary = TraceSummary(window, self)
        self.feature_storage = FeatureStorage(window, self)
        self.raw_watch = RawWatch(window, self)
        self.time_links = TimeLinks(viewer, self)
        self.probe = ProbeInImage(viewer, self)
        self.density.said.connect(self.said)
        self._camera_rested = QTimer(self, singleShot=True, interval=REST_MS)
        self._camera_rested.timeout.connect(self._on_camera_rested)
        for moved in (viewer.scene.camera.events.center, viewer.scene.camera.events.zoom):
            moved.connect(self._on_camera_moved)
        self._layers_changed = QTimer(self, singleShot=True, interval=0)  # once for several layers
        self._layers_changed.timeout.connect(self._on_layers_changed)
        for changed in (viewer.layers.events.inserted, viewer.layers.events.removed):
            changed.connect(self._on_layer_changed)
        self.fit.fitted.connect(self.fitted)
        self.summary.grown.connect(self._on_traces_changed)
        self.raw_watch.back.connect(self._on_traces_changed)
        self.raw_watch.back.connect(self.summary.go_on)
        self._filtered.connect(self._refresh_traces)

    @property
    def is_aside(self) -> bool:
        """Whether an image stack has the canvas, and our layers wait."""
        return self.binder is not None and self.binder.is_aside

    def follow(self, session: Session | None) -> None:
        """Show another session, or none; the layers of the one before stay until `LayerBinder.close`."""
        viewer = self._viewer()
        self._session = session
        self.binder = (
            None if session is None or viewer is None else LayerBinder(viewer, session, self._points_later.start)
        )
        self.probe.follow(session)
        self._follow_stacks()
        self._leave_out_text()
        self.time_links.follow(session)
        self.fit.follow(self.binder)
        self.frame.follow(session)
        self.raw_watch.follow(session)
        self._follow_data()
        if self._theme is not None:
            self.apply_theme(self._theme)

    def follow_switch(self) -> None:
        """Show the channel group and clustering that the session went to."""
        had_density = self.density.is_shown
        if self.binder is not None:
            self.binder.follow_switch()
        self.probe.follow_switch()
        self.fit.fit()
        self._follow_data()
        if had_density:
            self.density.show(True)

    def show_raw(self) -> None:
        """Show raw data that were found."""
        if self.binder is not None:
            self.binder.show_traces()
        self.fit.fit()
        self._follow_data()

    def refresh(self) -> None:
        """Show the selection as it is now."""
        self.probe.refresh()
        if self.binder is not None:
            self.binder.refresh()

    def stretch(self, factor: float) -> None:
        """Show 1/factor of the time, with channels as high as before."""
        if self.binder is not None:
            self.binder.stretch(factor)

    def set_filter(self, name: str, part: str = TRACES) -> None:
        """Show single samples through a filter of that name; `AUTOMATIC`: as suits the data set, without a word.

        `part` is what is shown of them: `TRACES`, `MODEL` or `RESIDUAL`.
        """
        self._filter_name, self._part = name, part
        if self.binder is None or not self.binder.set_filter(name, self._tell_filtered, part):
            return
        if name == AUTOMATIC and part == TRACES:
            self._is_too_wide = self.binder.shows_raw_for_width
        else:
            self._say_filter()

    def apply_theme(self, theme: Tokens) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.summary.bar.apply_theme(theme)
        self.feature_storage.bar.apply_theme(theme)
        self.density.bar.apply_theme(theme)
        self.frame.apply_theme(theme)
        self.probe.set_dark(theme.dark)
        if self.binder is not None:
            self.binder.set_dark(theme.dark)

    def _follow_data(self) -> None:
        self.summary.follow(self._session)
        self.feature_storage.follow(self._session)
        self.density.follow(self._session, self.binder)
        self.set_filter(self._filter_name, self._part)

    def _follow_stacks(self) -> bool:
        """Leave the canvas to an image stack, or take it back; return whether that has changed."""
        viewer, binder = self._viewer(), self.binder
        if viewer is None or binder is None:
            return False
        has_changed = binder.follow_stacks()
        name_slider(viewer)
        return has_changed

    def _leave_out_text(self) -> None:
        for layer in () if self.binder is None else self.binder.layers:
            if isinstance(layer, Points):
                leave_out_empty_text(referent(self._window), layer)

    def _on_layer_changed(self, event: Any = None) -> None:
        if isalive(self):
            self._layers_changed.start()

    def _on_layers_changed(self) -> None:
        has_changed = self._follow_stacks()
        self._leave_out_text()
        if has_changed:
            self.density.refresh()
            self.stack_changed.emit()

    def _tell_filtered(self) -> None:
        """Go on in the main thread: filters act in another."""
        if isalive(self):
            self._filtered.emit()

    def _refresh_traces(self) -> None:
        if self.binder is not None:
            self.binder.refresh_traces()

    def _on_traces_changed(self) -> None:
        """Draw again what could not be read, or of few samples only."""
        self._refresh_traces()
        self.traces_changed.emit()

    def _on_camera_moved(self, event: Any = None) -> None:
        if isalive(self):
            self._camera_rested.start()

    def _on_camera_rested(self) -> None:
        """Draw the spikes of what is in sight now; where there are too many, say how many are drawn."""
        if self.binder is None:
            return
        note = self.binder.note
        self.binder.refresh()
        if self.binder.note and self.binder.note != note:
            self.said.emit(self.binder.note)
        else:
            self._say_filter()

    def _say_filter(self) -> None:
        if self.binder is not None and self.binder.shows_raw_for_width != self._is_too_wide:
            self._is_too_wide = not self._is_too_wide
            self.said.emit(messages.RAW_WHERE_WIDE) if self._is_too_wide else self.fitted.emit()


FIT_AFTER_MS = 50


class CanvasFit(QObject):
    """Fits the layers of a binder into the canvas of a window, until the user has moved the camera."""

    fitted = Signal()

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._binder: Any = None
        self._size = QSize()  # of the canvas when they were fitted last
        self._fits = QTimer(self, singleShot=True, interval=FIT_AFTER_MS)
        self._fits.timeout.connect(self._fit_again)
        canvas_of(window).installEventFilter(self)

    def follow(self, binder: Any) -> None:
        """Fit the layers of another binder, or none."""
        self._binder, self._size = binder, QSize()

    def fit_later(self) -> None:
        """Fit when the docks have found their sizes."""
        QTimer.singleShot(0, self.fit)

    def fit(self) -> None:
        """Fit now."""
        if isalive(self) and self._binder is not None:
            self._size = size = canvas_of(referent(self._window)).size()
            self._binder.fit(size.width(), size.height())
            self.fitted.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit again after the canvas has changed its size."""
        if event.type() == QEvent.Type.Resize and self._binder is not None:
            self._fits.start()
        return False

    def _fit_again(self) -> None:
        size = canvas_of(referent(self._window)).size()
        if self._binder is not None and size != self._size:
            self._size = size
            self._binder.fit_again(size.width(), size.height())


LEAST_HEIGHT = 320  # px


class LowWelcome(QObject):
    """Shows what is in the welcome of a window only where it has room; dropping files on it goes on."""

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        welcome = welcome_widget(window)
        if welcome is not None:
            welcome.installEventFilter(self)
            _fit(welcome)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look again when it is shown or has another size."""
        if isinstance(watched, QWidget) and event.type() in (QEvent.Type.Show, QEvent.Type.Resize):
            _fit(watched)
        return False


def _fit(welcome: QWidget) -> None:
    for child in welcome.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        child.setVisible(welcome.height() >= LEAST_HEIGHT)


LEAST_PX = 3
DRAG_PX = 3


class TimeFrame(QObject):
    """Lies over the canvas and lets the mouse through; it is there while our layers are shown in two dimensions.

    Parameters
    ----------
    viewer : Viewer
        The viewer whose canvas it is.
    window : QMainWindow
        The main window of the viewer.
    """

    def __init__(self, viewer: Viewer, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._session: Session | None = None
        self._theme: Tokens | None = None
        self._links = SessionLinks(self)
        self._canvas = canvas_of(window)
        self._overlay = Overlay(self._canvas, self._paint)
        self._overlay.show()
        self._canvas.installEventFilter(self)
        camera = viewer.scene.camera
        for event in (camera.events.center, camera.events.zoom, viewer.dims.events.ndisplay):
            event.connect(self._on_view_changed)
        viewer.mouse_drag_callbacks.append(self._on_pressed)

    def follow(self, session: Session | None) -> None:
        """Show what Traces shows of another data set, or nothing."""
        self._links.close()
        self._session = session
        if session is not None:
            self._links.connect(session.time.shown_changed, self._overlay_changed)
            self._links.connect(session.time.moved, self._overlay_changed)
        self._place()
        self._overlay.raise_()  # over the canvas; notifications come later and lie above

    def apply_theme(self, theme: Tokens) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self._overlay.update()

    def rectangle(self) -> QRectF | None:
        """Return the frame in pixels of the canvas, None where there is none."""
        viewer, session = self._viewer(), self._session
        if viewer is None or session is None or viewer.dims.ndisplay != 2 or viewer.dims.ndim != 2:
            return None
        layers = [one for one in viewer.layers if session_of(one) is session and kind_of(one) != IN_IMAGE]
        if not layers:
            return None
        camera, pitch = viewer.scene.camera, float(layers[0].scale[0])
        middle = self._canvas.width() / 2
        x0, x1 = (middle + (time_s - camera.center[2]) * camera.zoom for time_s in session.time.shown_s)
        y0, y1 = (
            self._canvas.height() / 2 + (row * pitch - camera.center[1]) * camera.zoom
            for row in (-0.5, session.model.n_channels - 0.5)
        )
        spare = max(0.0, LEAST_PX - (x1 - x0)) / 2
        return QRectF(x0 - spare, y0, x1 - x0 + 2 * spare, y1 - y0)

    def _paint(self, painter: QPainter) -> None:
        rectangle = self.rectangle()
        if rectangle is None or self._theme is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QPen(self._theme.color("warning"), 1))
        painter.drawRect(rectangle.adjusted(0, 1, 0, -1))

    def _overlay_changed(self) -> None:
        self._overlay.update()

    def _on_view_changed(self, event: Any = None) -> None:
        if isalive(self):
            self._overlay.update()

    def _place(self) -> None:
        self._overlay.setGeometry(self._canvas.rect())
        self._overlay.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Cover the canvas whatever size it takes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place()
        return False

    def _on_pressed(self, viewer: Any, event: Any) -> Iterator[None]:
        """Go to the moment of a click, not of a drag."""
        place = tuple(event.position)
        yield
        while event.type == "mouse_move":
            far = max(abs(now - then) for now, then in zip(event.position, place, strict=True))
            if far * viewer.scene.camera.zoom > DRAG_PX:
                return
            yield
        if isalive(self) and self.rectangle() is not None and 0 <= place[-1] <= not_none(self._session).time.duration_s:
            go_to_time(not_none(self._session), float(place[-1]))
