"""The lasso of a view: drawn by the mouse, evaluated in the background when it holds much, with a tag."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QObject, QPointF, Signal
from qtpy.QtGui import QPainter

from napari_phy.core.errors import ClusteringError
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_count, format_number
from napari_phy.views.frame import Frame
from napari_phy.views.lasso import Lasso
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.latest_result import LatestResult, view_pool
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.plots.mouse import Mouse
from napari_phy.widgets.plots.overlay import paint_lasso

N_AT_ONCE = 50_000  # spikes that are looked at before the next frame; more of them in the background
COUNTING = "counting…"
TOO_FEW_POINTS = "The lasso needs three points or more."
NO_SPIKE = "No spike of the selected clusters lies inside the lasso."

Spikes = npt.NDArray[np.int64]


class LassoButton(Protocol):
    """A button or an entry of a menu that is on while a lasso is to be drawn without Ctrl."""

    def isChecked(self) -> bool: ...

    def setChecked(self, is_on: bool, /) -> None: ...


class LassoView(Protocol):
    """A panel with something to draw a lasso on."""

    @property
    def title(self) -> str:
        """The name of the panel."""
        ...

    @property
    def lasso_frame(self) -> Frame | None:
        """The frame in which the lasso is, as it is now; None while that is not in sight."""
        ...

    def lasso_frame_at(self, position: QPointF) -> Frame | None:
        """Return the frame in which a lasso is drawn that begins at a position; None where it cannot."""
        ...

    def show_error(self, error: Exception) -> None:
        """Show what failed."""
        ...


@dataclass(frozen=True, slots=True)
class LassoSearch:
    """How the spikes inside a polygon are found.

    Attributes
    ----------
    look : callable
        `look(polygon, on_progress)` returns the spikes; may run in a worker thread.
    n_spikes : int
        How many spikes are looked at.
    reads_data : bool
        Whether that reads from disk, and so is done in the background however few they are.
    """

    look: Callable[..., Spikes]
    n_spikes: int
    reads_data: bool = False


class SpikeLassoView(LassoView, Protocol):
    """A panel whose lasso holds spikes."""

    @property
    def session(self) -> Session | None:
        """The open data set."""
        ...

    def lasso_search(self, polygon: npt.NDArray[np.float64]) -> LassoSearch:
        """Return how the spikes inside are found.

        Raises
        ------
        ClusteringError
            The clusters are gone.
        """
        ...

    def n_drawn(self, inside: Spikes) -> int | None:
        """Return how many of the spikes inside are drawn, None where that is not shown."""
        ...


class LassoTool(QObject):
    """Holds the polygon in data units; `finished` carries it when it has three corners or more.

    Parameters
    ----------
    view : LassoView
        The panel.
    mouse : Mouse
        The mouse on its plot.
    button : LassoButton
        What is on while a plain drag draws; it goes off when a lasso is drawn.
    parent : QObject
        What it ends with.
    """

    changed = Signal()
    finished = Signal(object)
    said = Signal(str)

    def __init__(self, view: LassoView, mouse: Mouse, button: LassoButton, parent: QObject) -> None:
        super().__init__(parent)
        self._view, self._button = view, button
        self._lasso = Lasso()
        mouse.offer_lasso(button.isChecked)
        mouse.lasso_started.connect(self._on_started)
        mouse.lasso_moved.connect(self._on_moved)
        mouse.lasso_ended.connect(self._on_ended)

    def __len__(self) -> int:
        return len(self._lasso)

    @property
    def polygon(self) -> npt.NDArray[np.float64]:
        """(n, 2) data points."""
        return self._lasso.polygon

    @property
    def drawing(self) -> bool:
        """Whether the button is still down."""
        return self._lasso.drawing

    @property
    def closed(self) -> bool:
        """Whether there is a finished polygon."""
        return self._lasso.closed and len(self._lasso) > 0

    @property
    def is_wanted(self) -> bool:
        """Whether there is a polygon, or the button asks for one."""
        return len(self) > 0 or self._button.isChecked()

    def start(self, frame: Frame, position: QPointF) -> None:
        """Begin a new polygon."""
        self.clear()
        self._lasso.start(*_point(frame, position))

    def clear(self) -> None:
        """Remove the polygon."""
        self._lasso.clear()
        self.changed.emit()

    def dismiss(self) -> None:
        """Remove the polygon, and ask for none."""
        self._button.setChecked(False)
        self.clear()

    def paint(self, painter: QPainter, theme: Tokens, tag: str = "") -> None:
        """Draw the polygon where it is in sight."""
        frame = self._view.lasso_frame if len(self) else None
        if frame is not None:
            paint_lasso(painter, frame, theme, self.polygon, closed=self._lasso.closed, tag=tag)

    # --- a panel's slots: an error shows there ---

    @property
    def title(self) -> str:
        """The name of the panel."""
        return self._view.title

    def show_error(self, error: Exception) -> None:
        """Show in the panel what failed."""
        self._view.show_error(error)

    @safe_slot
    def _on_started(self, position: QPointF) -> None:
        frame = self._view.lasso_frame_at(position)
        if frame is not None:
            self.start(frame, position)

    @safe_slot
    def _on_moved(self, position: QPointF) -> None:
        frame = self._view.lasso_frame if self.drawing else None
        if frame is not None and self._lasso.add(*_point(frame, position)):
            self.changed.emit()

    @safe_slot
    def _on_ended(self, position: QPointF) -> None:
        self._on_moved(position)
        self._button.setChecked(False)
        if not self.drawing or self._view.lasso_frame is None:
            self.clear()
        elif self._lasso.close():
            self.finished.emit(self.polygon)
        else:
            self.said.emit(TOO_FEW_POINTS)
        self.changed.emit()


class SpikeLasso(LassoTool):
    """Selects the spikes inside, and tells by a tag how many they are."""

    _view: SpikeLassoView

    def __init__(self, view: SpikeLassoView, mouse: Mouse, button: LassoButton, parent: QObject) -> None:
        super().__init__(view, mouse, button, parent)
        self.tag = ""
        self._inside: Spikes | None = None  # what was selected
        self._results = LatestResult(self, pool=view_pool())
        self._results.result_ready.connect(lambda _question, spikes: self._on_found(spikes))
        self._results.failed.connect(self._on_failed)
        self._results.progressed.connect(self._on_progressed)
        self.finished.connect(self._on_finished)

    def start(self, frame: Frame, position: QPointF) -> None:
        """Begin a new polygon; the spikes of the last one are deselected."""
        self._deselect()
        super().start(frame, position)

    def follow(self, spikes: Spikes) -> None:
        """Remove the polygon when other spikes are selected than those inside."""
        if self.closed and self._inside is not None and not np.array_equal(spikes, self._inside):
            self.clear()

    def clear(self) -> None:
        """Remove the polygon; what is being counted is dropped."""
        self._results.drop()
        self.tag = ""
        self._inside = None
        super().clear()

    def dismiss(self) -> None:
        """Remove the polygon, ask for none, and deselect the spikes."""
        super().dismiss()
        self._deselect()

    def paint(self, painter: QPainter, theme: Tokens, tag: str = "") -> None:
        """Draw polygon and tag where they are in sight."""
        super().paint(painter, theme, tag or self.tag)

    def _deselect(self) -> None:
        if self._view.session is not None:
            self._view.session.selection.select_spikes(np.empty(0, dtype=np.int64))

    @safe_slot
    def _on_finished(self, polygon: npt.NDArray[np.float64]) -> None:
        try:
            search = self._view.lasso_search(polygon)
            if search.n_spikes <= N_AT_ONCE and not search.reads_data:
                self._on_found(search.look(polygon))
                return
        except ClusteringError:  # an edit took the clusters away that are still in sight
            self.clear()
            return
        self.tag = COUNTING
        self._results.ask(polygon.tobytes(), partial(search.look, polygon))

    @safe_slot
    def _on_found(self, inside: Spikes) -> None:
        session = self._view.session
        if session is None:
            return
        touched = np.unique(session.manager.clusters_of(inside)).tolist()
        n_touched = sum(session.manager.n_spikes(cluster) for cluster in touched)
        n_drawn = self._view.n_drawn(inside)
        drawn = "" if n_drawn is None or n_drawn == len(inside) else f", {format_number(n_drawn)} of them drawn"
        if not len(inside):
            self.tag = "no spikes inside"
            self.said.emit(NO_SPIKE)
        elif len(inside) == n_touched:
            self.tag = f"all {format_count(n_touched, 'spike')} inside{drawn}"
        else:
            key = key_bindings().first("split")
            splits = f"  ·  {key} splits" if key else ""
            self.tag = f"{format_count(len(inside), 'spike')} inside{drawn}{splits}"
        self.changed.emit()
        self._inside = inside
        session.selection.select_spikes(inside)

    def _on_progressed(self, percent: int) -> None:
        self.tag = f"counting: {percent} %"
        self.changed.emit()

    def _on_failed(self, _question: Any, error: Exception) -> None:
        self.clear()
        self.said.emit(str(error))


def _point(frame: Frame, position: QPointF) -> tuple[tuple[float, float], tuple[float, float]]:
    px = (position.x(), position.y())
    x, y = frame.to_data([px])[0].tolist()
    return (x, y), px
