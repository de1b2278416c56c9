"""Panels that are made when they are first seen or asked for; their docks are there before."""

from collections.abc import Callable, Iterator, Mapping

from qtpy.compat import isalive
from qtpy.QtCore import QSize, Signal
from qtpy.QtGui import QPaintEvent
from qtpy.QtWidgets import QDockWidget, QSizePolicy

from napari_phy.widgets.base.container import Container
from napari_phy.widgets.base.draw_batch import Debounce
from napari_phy.widgets.panels.panel import LEAST_SIZE, USUAL_SIZE, Panel


class DockedPanels(Mapping[str, Panel]):
    """The panels of a window by the names of their docks; one that is not there yet is made when it is asked for.

    Parameters
    ----------
    docks : mapping of str to QDockWidget
        All docks by name.
    make : callable
        Makes the panel of a dock, and puts it into `made`.

    Attributes
    ----------
    made : dict of str to Panel
        Those that are there. Whatever serves all panels goes through these: the others follow when they are made.
    """

    def __init__(self, docks: Mapping[str, QDockWidget], make: Callable[[str], object]) -> None:
        self.made: dict[str, Panel] = {}
        self._docks = docks
        self._make = make

    def __getitem__(self, name: str) -> Panel:
        if name in self._docks and name not in self.made:
            self._make(name)
        return self.made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._docks

    def __iter__(self) -> Iterator[str]:
        return iter(self._docks)

    def __len__(self) -> int:
        return len(self._docks)


class UnseenPanel(Container):
    """Stands for a panel in a dock that lies behind others.

    Parameters
    ----------
    title : str
        Title of the panel.
    """

    seen = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self.title = title
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._look = Debounce(self)
        self._look.due.connect(self._on_due)

    def watch(self, dock: QDockWidget) -> None:
        """Notice when its dock comes before the others."""
        dock.visibilityChanged.connect(self._on_visibility_changed)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Notice being seen in whatever way."""
        super().paintEvent(event)
        self._look.ask()

    def sizeHint(self) -> QSize:
        """Ask for as much room as a panel."""
        return USUAL_SIZE

    def minimumSizeHint(self) -> QSize:
        """Need as much room as a panel."""
        return LEAST_SIZE

    def _on_visibility_changed(self, is_shown: bool) -> None:
        if is_shown and isalive(self):
            self._look.ask()

    def _on_due(self) -> None:
        if not self.visibleRegion().isEmpty():  # docks that find their places are before others for a moment
            self.seen.emit()
