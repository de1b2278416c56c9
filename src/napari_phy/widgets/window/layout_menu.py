"""The menu at the right of the toolbar: the layout, every dock, and what the canvas shows besides."""

from collections.abc import Callable
from functools import partial

from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMenu, QWidget

from napari_phy.widgets.window.density_switch import DensitySwitch
from napari_phy.widgets.window.dock_manager import DockManager
from napari_phy.widgets.window.dock_registry import KINDS, SECTIONS
from napari_phy.widgets.window.layouts import PRESETS


def layout_menu(board: DockManager, arrange: Callable[..., None], density: DensitySwitch, parent: QWidget) -> QMenu:
    """Return the menu; `arrange("Sort", again=True)` puts the docks of a preset at their places.

    Ticks tell the layout and which docks are open; choosing one that is open brings it to the front.
    """

    def choose(preset: str) -> None:
        arrange(preset, again=True)
        board.focus("Clusters")

    def add_heading(text: str) -> None:
        menu.addSeparator()
        heading = menu.addAction(text)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.setEnabled(False)

    def add(text: str, act: Callable[[], object]) -> None:
        entries[text] = menu.addAction(text)
        entries[text].setCheckable(True)
        entries[text].triggered.connect(lambda *_: act())

    def refresh() -> None:
        for text, entry in entries.items():
            is_on = board.is_arranged and text == board.preset.name if text in PRESETS else board.is_open(text)
            entry.setChecked(is_on)
        density.refresh()  # the layer may have been deleted in the list of layers

    menu = QMenu("Layout", parent)
    entries: dict[str, QAction] = {}
    for preset in PRESETS:
        add(preset, partial(choose, preset))
    for section in SECTIONS:
        add_heading(section)
        for title, kind in KINDS.items():
            if kind.section == section:
                add(title, partial(board.open, title))
    add_heading("Canvas")
    menu.addAction(density.action)
    menu.addAction(density.by_amplitude)
    menu.aboutToShow.connect(refresh)
    return menu
