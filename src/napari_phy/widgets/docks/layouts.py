"""Where the docks of a preset are, and how large."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabWidget

from napari_phy.widgets.parts.theme import tokens

LARGE_HEIGHT, SMALL_HEIGHT = 1080, 800  # px, for which the sizes are made
MOST_WIDER = 1.35  # of the left column, with large type
SMALL_BELOW = 1600  # px of window width at first opening
NAPARI_DOCKS = ("layer list", "layer controls")


Docks = Mapping[str, QDockWidget]
INSPECT_TOP = {"Waveforms": 320, "Features": 390, "Correlograms": 390, "Amplitude": 350}  # widths in px
INSPECT_BOTTOM = {"Traces": 460, "Raster": 410, "Similarity": 350, "Probe": 230}
INSPECT_TABS = {"Amplitude": "Correlograms", "Probe": "Similarity"}  # in a small window, over which they lie


@dataclass(frozen=True, slots=True)
class Preset:
    """A layout to choose.

    Attributes
    ----------
    name : as the menu has it.
    titles : the docks that it places.
    arrange, resize : put them at their places and give them their sizes.
    has_tabs : whether there are others beside the canvas; else those are hidden.
    """

    name: str
    titles: tuple[str, ...]
    arrange: Callable[..., None]
    resize: Callable[..., None]
    has_tabs: bool = True


def arrange_sort(window: QMainWindow, docks: Docks, *, small: bool) -> None:
    """Place the docks of Sort: lists at the left, views on top, in a small window Correlograms beside the canvas."""
    waveforms, features, correlograms = docks["Waveforms"], docks["Features"], docks["Correlograms"]
    _arrange_left(window, docks)
    window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, waveforms)
    window.splitDockWidget(waveforms, features, Qt.Orientation.Horizontal)
    if small:
        window.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, correlograms)
    else:
        window.splitDockWidget(features, correlograms, Qt.Orientation.Horizontal)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, docks["Traces"])
    resize_sort(window, docks, small=small)


def _arrange_left(window: QMainWindow, docks: Docks) -> None:
    """Show docks, and put the lists one below the other in a column as high as the window."""
    for dock in docks.values():
        dock.setFloating(False)
        dock.show()
    set_corners(window)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, docks["Clusters"])
    window.splitDockWidget(docks["Clusters"], docks["Similar"], Qt.Orientation.Vertical)


def set_corners(window: QMainWindow) -> None:
    """Give the left column the height of the window, and tabs their place above docks."""
    for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.BottomLeftCorner):
        window.setCorner(corner, Qt.DockWidgetArea.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.TopRightCorner, Qt.DockWidgetArea.TopDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
    window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)


def resize_sort(window: QMainWindow, docks: Docks, *, small: bool) -> None:
    """Give the docks of Sort their sizes; in a lower window the heights shrink together, so that the canvas stays."""
    share = _share(window, small=small)
    lists = [docks["Clusters"], docks["Similar"]]
    top = [docks["Waveforms"], docks["Features"]]
    if small:
        window.resizeDocks(
            [docks["Clusters"], docks["Correlograms"]], [lists_width(small=True), 480], Qt.Orientation.Horizontal
        )
        window.resizeDocks(top, [410, 545], Qt.Orientation.Horizontal)
        window.resizeDocks(lists, [395, 310], Qt.Orientation.Vertical)
        window.resizeDocks([top[0], docks["Traces"]], [int(360 * share), int(215 * share)], Qt.Orientation.Vertical)
        return
    window.resizeDocks(lists[:1], [lists_width(small=False)], Qt.Orientation.Horizontal)
    window.resizeDocks([*top, docks["Correlograms"]], [420, 550, 520], Qt.Orientation.Horizontal)
    window.resizeDocks(lists, [555, 435], Qt.Orientation.Vertical)
    window.resizeDocks([top[0], docks["Traces"]], [int(545 * share), int(300 * share)], Qt.Orientation.Vertical)


def arrange_inspect(window: QMainWindow, docks: Docks, *, small: bool) -> None:
    """Place the docks of Inspect: lists at the left, a row of views above the overview and one below it."""
    _arrange_left(window, docks)
    rows = (Qt.DockWidgetArea.TopDockWidgetArea, INSPECT_TOP), (Qt.DockWidgetArea.BottomDockWidgetArea, INSPECT_BOTTOM)
    for area, titles in rows:
        first, *others = (docks[title] for title in titles)
        window.addDockWidget(area, first)
        for before, after in zip([first, *others], others, strict=False):
            window.splitDockWidget(before, after, Qt.Orientation.Horizontal)
    if small:
        for title, beneath in INSPECT_TABS.items():
            window.tabifyDockWidget(docks[beneath], docks[title])
            docks[beneath].raise_()
    resize_inspect(window, docks, small=small)


def resize_inspect(window: QMainWindow, docks: Docks, *, small: bool) -> None:
    """Give the docks of Inspect their sizes; heights as in Sort."""
    share, lists = _share(window, small=small), [docks["Clusters"], docks["Similar"]]
    window.resizeDocks(lists[:1], [lists_width(small=small)], Qt.Orientation.Horizontal)
    window.resizeDocks(lists, [395, 310] if small else [555, 435], Qt.Orientation.Vertical)
    for row in (INSPECT_TOP, INSPECT_BOTTOM):
        seen = [title for title in row if not (small and title in INSPECT_TABS)]
        window.resizeDocks([docks[t] for t in seen], [row[t] for t in seen], Qt.Orientation.Horizontal)
    heights = [int(height * share) for height in ((300, 260) if small else (440, 420))]
    window.resizeDocks([docks["Waveforms"], docks["Traces"]], heights, Qt.Orientation.Vertical)


def lists_width(*, small: bool) -> int:
    """Return the width of the left column; with large type it is wider, so that the words of groups stay whole."""
    return round((302 if small else 434) * min(MOST_WIDER, max(1.0, tokens().scale)))


def _share(window: QMainWindow, *, small: bool) -> float:
    return min(1.0, window.height() / (SMALL_HEIGHT if small else LARGE_HEIGHT))


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


LEFT = "Clusters", "Similar"
SORT = Preset("Sort", (*LEFT, "Waveforms", "Features", "Correlograms", "Traces"), arrange_sort, resize_sort)
INSPECT = Preset("Inspect", (*LEFT, *INSPECT_TOP, *INSPECT_BOTTOM), arrange_inspect, resize_inspect, has_tabs=False)
PRESETS = {preset.name: preset for preset in (SORT, INSPECT)}
