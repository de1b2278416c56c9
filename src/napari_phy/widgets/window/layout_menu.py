"""The menu at the right of the toolbar: the layout, every dock, and what the canvas shows besides."""

from collections.abc import Callable

from qtpy.QtWidgets import QMenu, QWidget

from napari_phy.widgets.docks.catalogue import KINDS
from napari_phy.widgets.docks.dock_board import DockBoard
from napari_phy.widgets.docks.layouts import PRESETS
from napari_phy.widgets.window.density_switch import DensitySwitch


def layout_menu(board: DockBoard, arrange: Callable[..., None], density: DensitySwitch, parent: QWidget) -> QMenu:
    """Return the menu; `arrange("Sort", again=True)` puts the docks of a preset at their places."""

    def choose(preset: str) -> None:
        arrange(preset, again=True)
        board.focus("Clusters")

    menu = QMenu("Layout", parent)
    for preset in PRESETS:
        menu.addAction(preset).triggered.connect(lambda *_, preset=preset: choose(preset))
    menu.addSeparator()
    for title in KINDS:
        menu.addAction(title).triggered.connect(lambda *_, title=title: board.open(title))
    menu.addSeparator()
    menu.addAction(density.action)
    menu.addAction(density.by_amplitude)
    menu.aboutToShow.connect(density.refresh)  # the layer may have been deleted in the list of layers
    return menu
