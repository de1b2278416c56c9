"""The keys that napari uses itself, as they are set now."""

from collections.abc import Iterator

from napari.components import ViewerModel
from napari.layers import Image, Points
from qtpy.QtCore import QObject
from qtpy.QtWidgets import QMainWindow, QMenu

from napari_phy.widgets.actions.keys import normal
from napari_phy.widgets.napari_compat import class_keys

OUR_KINDS = (Image, Points)


def napari_keys(window: QMainWindow, *, with_layers: bool) -> dict[str, str]:
    """Return {key: what napari does with it}, from its menus and its viewer.

    Parameters
    ----------
    window : napari's, whose menus are asked.
    with_layers : add the keys of the layers that are ours: images and points.
    """
    found = canvas_keys() if with_layers else _keymaps((ViewerModel,))
    for menu in window.menuBar().actions():
        title = menu.text()
        if "&" in title:
            letter = title[title.index("&") + 1]
            found[normal(f"Alt+{letter}")] = f"opens the menu {title.replace('&', '')}"
        found |= dict(_entries(menu.menu()))
    return found


def canvas_keys() -> dict[str, str]:
    """Return {key: what napari does with it} in its canvas while the active layer is ours, or none."""
    return _keymaps((*OUR_KINDS, ViewerModel))


def _keymaps(kinds: tuple[type, ...]) -> dict[str, str]:
    return {normal(key): does for key, does in class_keys(kinds).items()}


def _entries(menu: QObject | None) -> Iterator[tuple[str, str]]:
    for entry in menu.actions() if isinstance(menu, QMenu) else ():
        for key in entry.shortcuts():
            yield normal(key.toString()), entry.text().strip("\u200e").replace("&", "").rstrip(".…")
        yield from _entries(entry.menu())
