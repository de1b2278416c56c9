"""The probe in an image of a window: what it shows is computed in the background."""

from dataclasses import replace
from functools import partial
from typing import Any
from weakref import ref

from napari.layers import Layer, Points
from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal

from napari_phy.layers.probe import images_of
from napari_phy.layers.probe_binder import ProbeBinder
from napari_phy.layers.session_tag import session_of
from napari_phy.session.session import Session
from napari_phy.views.probe_in_image import ProbeInImageData, ProbeInImageRequest, compute_probe_in_image
from napari_phy.widgets.base.latest_result import LatestResult, view_pool

WAIT_MS = 33  # between colours while the clock moves


class ProbeInImage(QObject):
    """Shows the probe of one session at a time in the images of a viewer."""

    changed = Signal()  # where it is, or which layers there are

    def __init__(self, viewer: Viewer, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._session: Session | None = None
        self._dark = True
        self.binder: ProbeBinder | None = None
        self._wanted: ProbeInImageRequest | None = None
        self._results = LatestResult(self, pool=view_pool())
        self._results.result_ready.connect(self._on_result)
        self._results.failed.connect(self._on_failed)
        self._asks = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._asks.timeout.connect(self._ask)
        self._tells = QTimer(self, singleShot=True, interval=0)  # once for several layers
        self._tells.timeout.connect(self.changed)
        for event in (viewer.layers.events.inserted, viewer.layers.events.removed, viewer.canvas.grid.events.enabled):
            event.connect(self._on_layers_changed)

    @property
    def images(self) -> list[Layer]:
        """The images and labels that may have the probe."""
        viewer = self._viewer()
        return [] if viewer is None else images_of(viewer.layers)

    @property
    def landmarks(self) -> list[Layer]:
        """The user's layers of points, which may be landmarks."""
        viewer = self._viewer()
        layers = [] if viewer is None else list(viewer.layers)
        return [layer for layer in layers if isinstance(layer, Points) and session_of(layer) is None]

    @property
    def is_grid(self) -> bool:
        """Whether napari shows each layer in a cell of its own."""
        viewer = self._viewer()
        return viewer is not None and bool(viewer.canvas.grid.enabled)

    def follow(self, session: Session | None) -> None:
        """Show the probe of another session, or none; that of the one before is taken away."""
        viewer = self._viewer()
        self._drop()
        if self.binder is not None:
            self.binder.close()
        self._session, self.binder = session, None
        if session is not None and viewer is not None:
            self.binder = ProbeBinder(viewer, session, self._compute_later)
            self.binder.set_dark(self._dark)
        self._tells.start()

    def follow_switch(self) -> None:
        """Show the probe of the channel group that the session went to."""
        self._drop()
        if self.binder is not None:
            self.binder.follow_switch()
        self._tells.start()

    def refresh(self) -> None:
        """Show what is known now: clusters come once their features were read."""
        if self.binder is not None:
            self.binder.refresh()

    def set_dark(self, dark: bool) -> None:
        """Take the colours of a dark or a light theme."""
        self._dark = dark
        if self.binder is not None:
            self.binder.set_dark(dark)

    # --- values

    def _compute_later(self, request: ProbeInImageRequest) -> None:
        """Ask at once, then again after a while: the clock may move many times a second."""
        self._wanted = request
        if isalive(self) and not self._asks.isActive():
            self._asks.start()

    def _ask(self) -> None:
        request, self._wanted = self._wanted, None
        if request is not None and self._session is not None:
            before: Any = self._results.wanted
            is_like = before is not None and replace(request, window_s=before.window_s) == before
            compute = partial(compute_probe_in_image, self._session.opened, request)
            self._results.ask(request, compute, lets_end=is_like)  # colours come also while the clock moves on

    def _on_result(self, _request: ProbeInImageRequest, data: ProbeInImageData) -> None:
        if self.binder is not None:
            self.binder.show(data)

    def _on_failed(self, request: ProbeInImageRequest, _error: Exception) -> None:
        """Ask again where an edit has taken clusters away meanwhile; else the colours stay as they were."""
        if self.binder is not None and self.binder.request() != request:
            self.binder.refresh()

    def _drop(self) -> None:
        self._asks.stop()
        self._results.drop()
        self._wanted = None

    def _on_layers_changed(self, event: Any = None) -> None:
        if isalive(self):
            self._tells.start()
