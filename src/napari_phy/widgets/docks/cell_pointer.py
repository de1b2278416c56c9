"""Which cell somebody points at in the image: with the mouse, or by the label that is chosen."""

from collections.abc import Callable
from typing import Any
from weakref import ref

from napari.layers import Labels, Shapes
from napari.viewer import Viewer
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QWidget

from napari_phy.layers.movie_results import region_at
from napari_phy.widgets.base.safe_slot import safe_slot


class CellPointer(QObject):
    """Follows the mouse in the canvas, while its parent is in sight.

    Parameters
    ----------
    viewer : Viewer or None
        Where the cells are.
    cells : callable
        Returns the layer whose cells are meant, None for none.
    """

    title = "Imaging"
    failed = Signal(object)
    pointed = Signal(object, int)  # layer and number of the cell

    def __init__(self, viewer: Viewer | None, cells: Callable[[], Labels | Shapes | None], parent: QWidget) -> None:
        super().__init__(parent)
        self._viewer = None if viewer is None else ref(viewer)
        self._cells = cells
        self._labels: ref[Labels] | None = None  # whose chosen label is followed
        if viewer is not None:
            viewer.cursor.events.position.connect(self._on_mouse_moved)

    def follow_label(self) -> None:
        """Follow the label that is chosen in the layer of cells, which may be another one now."""
        before, cells = None if self._labels is None else self._labels(), self._cells()
        if before is cells:
            return
        if before is not None:
            before.events.selected_label.disconnect(self._on_label_chosen)
        self._labels = ref(cells) if isinstance(cells, Labels) else None
        if isinstance(cells, Labels):
            cells.events.selected_label.connect(self._on_label_chosen)

    def show_error(self, error: Exception) -> None:
        """Tell what went wrong."""
        self.failed.emit(error)

    @safe_slot
    def _on_mouse_moved(self, _event: Any) -> None:
        viewer, cells = None if self._viewer is None else self._viewer(), self._cells()
        if viewer is None or cells is None or not self._is_seen or not cells.visible:
            return
        number = region_at(cells, viewer.cursor.position)
        if number is not None:
            self.pointed.emit(cells, number)

    @safe_slot
    def _on_label_chosen(self, _event: Any) -> None:
        cells = self._cells()
        if isinstance(cells, Labels) and cells.selected_label and self._is_seen:
            self.pointed.emit(cells, int(cells.selected_label))

    @property
    def _is_seen(self) -> bool:
        panel = self.parent()
        return isinstance(panel, QWidget) and panel.isVisible()
