"""Shows the density of all spikes in the canvas, or takes it away; where spikes are is read in the background."""

from typing import Any
from weakref import ref

from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMainWindow

from napari_phy.core.errors import NapariPhyError
from napari_phy.core.spike_columns import SpikeColumns
from napari_phy.session.session import Session
from napari_phy.widgets.actions import messages
from napari_phy.widgets.actions.background_work import BackgroundWork, Job
from napari_phy.widgets.base.notifications import notify
from napari_phy.widgets.window.work_bar import WorkBar


class DensitySwitch(QObject):
    """An entry of a menu, ticked while the layer is there.

    Parameters
    ----------
    window : whose status bar shows how far the reading is, with Cancel.
    """

    said = Signal(str)  # what the colours stand for

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._binder: Any = None
        self._session: Session | None = None
        self.action = QAction("Spike density", self)
        self.action.setCheckable(True)
        self.action.setToolTip("All spikes of the recording as a picture in the canvas: channel by time")
        self.action.triggered.connect(self.show)
        self.by_amplitude = QAction("Colour density by amplitude", self)
        self.by_amplitude.setCheckable(True)
        self.by_amplitude.setToolTip("The colours of the density stand for the mean amplitude, not for the number")
        self.by_amplitude.toggled.connect(self._on_metric_chosen)
        self.work = BackgroundWork(self)
        self.bar = WorkBar(self.work)
        window.statusBar().insertPermanentWidget(1, self.bar)

    def follow(self, session: Session | None, binder: Any) -> None:
        """Show what is open now."""
        self.work.cancel()
        self._session, self._binder = session, binder
        self._set_metric()
        self.refresh()

    def refresh(self) -> None:
        """Tick the entry where the layer is there, or on its way."""
        has_canvas = self._binder is not None and not self._binder.is_aside
        self.action.setEnabled(has_canvas)
        self.by_amplitude.setEnabled(has_canvas)
        self.action.setChecked(self.is_shown)

    @property
    def is_shown(self) -> bool:
        """Whether the layer is there, or on its way."""
        return self._binder is not None and (self._binder.has_density or self.work.job is not None)

    def show(self, shown: bool) -> None:
        """Add the layer, or take it away."""
        binder, session = self._binder, self._session
        self.work.cancel()
        if binder is None or session is None:
            return
        if not shown:
            binder.hide_density()
        elif not binder.has_density:
            self.work.begin(
                Job(messages.READING_PLACES, session.columns.get, self._on_read, self._on_failed, self.refresh)
            )
        self.refresh()

    def _set_metric(self) -> None:
        if self._binder is not None:
            self._binder.density_metric = "amplitude" if self.by_amplitude.isChecked() else "number"

    def _on_metric_chosen(self, _by_amplitude: bool) -> None:
        """Show the same in other colours."""
        shown = self.is_shown
        self._set_metric()
        if shown:
            self.show(False)
            self.show(True)

    def _on_read(self, columns: SpikeColumns) -> None:
        self._binder.show_density(columns)
        if self._binder.has_density:
            self.said.emit(messages.density(self._binder.density_metric, self._binder.density_limit))

    def _on_failed(self, error: Exception) -> None:
        self.refresh()
        sentence = str(error) if isinstance(error, NapariPhyError) else f"The density could not be made: {error}."
        notify(sentence, "warning")
