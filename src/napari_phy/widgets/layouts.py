"""Where the docks of a preset are, and how large."""

from collections.abc import Mapping, Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabWidget

LARGE_HEIGHT, SMALL_HEIGHT = 1080, 800  # px, for which the sizes are made
SMALL_BELOW = 1600  # px of window width at first opening
NAPARI_DOCKS = ("layer list", "layer controls")


def arrange_sort(window: QMainWindow, docks: Mapping[str, QDockWidget], *, small: bool) -> None:
    """Place the docks of Sort: lists at the left, views on top, in a small window Correlograms beside the canvas."""
    clusters, similar = docks["Clusters"], docks["Similar"]
    waveforms, features, correlograms = docks["Waveforms"], docks["Features"], docks["Correlograms"]
    for dock in docks.values():
        dock.setFloating(False)
        dock.show()
    for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner):
        window.setCorner(corner, Qt.DockWidgetArea.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.TopRightCorner, Qt.DockWidgetArea.TopDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
    window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, clusters)
    window.splitDockWidget(clusters, similar, Qt.Orientation.Vertical)
    window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, waveforms)
    window.splitDockWidget(waveforms, features, Qt.Orientation.Horizontal)
    if small:
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, correlograms)
    else:
        window.splitDockWidget(features, correlograms, Qt.Orientation.Horizontal)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, docks["Traces"])
    resize_sort(window, docks, small=small)


def resize_sort(window: QMainWindow, docks: Mapping[str, QDockWidget], *, small: bool) -> None:
    """Give the docks of Sort their sizes; in a lower window the heights shrink together, so that the canvas stays."""
    share = min(1.0, window.height() / (SMALL_HEIGHT if small else LARGE_HEIGHT))
    lists = [docks["Clusters"], docks["Similar"]]
    top = [docks["Waveforms"], docks["Features"]]
    if small:
        window.resizeDocks([docks["Clusters"], docks["Correlograms"]], [302, 480], Qt.Orientation.Horizontal)
        window.resizeDocks(top, [410, 545], Qt.Orientation.Horizontal)
        window.resizeDocks(lists, [395, 310], Qt.Orientation.Vertical)
        window.resizeDocks([top[0], docks["Traces"]], [int(360 * share), int(215 * share)], Qt.Orientation.Vertical)
        return
    window.resizeDocks(lists[:1], [434], Qt.Orientation.Horizontal)
    window.resizeDocks([*top, docks["Correlograms"]], [420, 550, 520], Qt.Orientation.Horizontal)
    window.resizeDocks(lists, [555, 435], Qt.Orientation.Vertical)
    window.resizeDocks([top[0], docks["Traces"]], [int(545 * share), int(300 * share)], Qt.Orientation.Vertical)


def place_beside(window: QMainWindow, dock: QDockWidget, neighbour: QDockWidget | None) -> None:
    """Place a dock at the right of the canvas, on top of a neighbour that is there."""
    dock.setFloating(False)
    window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
    if neighbour is not None:
        window.tabifyDockWidget(neighbour, dock)
    dock.show()
    dock.raise_()


def resize_beside(window: QMainWindow, docks: Sequence[QDockWidget], *, small: bool) -> None:
    """Give the docks at the right of the canvas their width."""
    if docks:
        window.resizeDocks(docks[:1], [480 if small else 520], Qt.Orientation.Horizontal)


def napari_docks(window: QMainWindow) -> list[QDockWidget]:
    """Return napari's own layer list and layer controls."""
    found = (window.findChild(QDockWidget, name) for name in NAPARI_DOCKS)
    return [dock for dock in found if dock is not None]
