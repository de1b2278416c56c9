"""The panels of one window and their docks: found or made, arranged, sized, focused."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any
from weakref import ref

from napari.settings import get_settings
from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QSize, Qt, QTimer, Signal
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

from napari_phy.widgets.docks.catalogue import KINDS, LISTS, SORT, TABS
from napari_phy.widgets.docks.dock_header import keep_header
from napari_phy.widgets.docks.dock_tabs import DockTabs
from napari_phy.widgets.docks.layouts import PRESETS, SMALL_BELOW, Preset, napari_docks, place_beside, resize_beside
from napari_phy.widgets.parts.theme import Tokens


def dock_name(name: str) -> str:
    """Return the name under which napari's Plugins menu looks for a dock, so that it finds ours and makes no second."""
    return f"{name} (napari-phy)"


def add_dock(viewer: Viewer, panel: QWidget, name: str) -> QDockWidget:
    """Dock a panel in the window of a viewer.

    napari does not note each of its places in the user's settings, which it writes to disk each time: they are ours.
    """
    settings, area = get_settings(), KINDS[panel.title].area
    saves, settings._save_on_change = settings._save_on_change, False
    try:
        dock = viewer.window.add_dock_widget(panel, name=dock_name(name), area=area, add_vertical_stretch=False)
    finally:
        settings._save_on_change = saves
    dock.dockLocationChanged.disconnect()
    return dock


class DockBoard(QObject):
    """Knows which panels are docked in a window, by name: the first of a kind has its title, `Features 2` is a second.

    Parameters
    ----------
    viewer : whose window it is, and whose theme new panels follow.
    window : its main window.
    """

    adopted = Signal(object, object)  # panel, dock
    arranged = Signal()

    def __init__(self, viewer: Viewer, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._window = ref(window)
        self.is_arranged = False
        self.preset: Preset = PRESETS["Sort"]
        self.is_small = False
        self.panels: dict[str, QWidget] = {}
        self.docks: dict[str, QDockWidget] = {}
        self._tabs = DockTabs(window, self)

    @property
    def lists(self) -> list[Any]:
        """The lists that are docked."""
        return [self.panels[title] for title in LISTS if title in self.panels]

    def of_kind(self, title: str) -> list[Any]:
        """Return all panels of a kind."""
        return [panel for panel in self.panels.values() if panel.title == title]

    def adopt(self, panel: QWidget, dock: QDockWidget) -> None:
        """Take a panel that is docked here."""
        if dock in self.docks.values():
            return
        title = panel.title
        name = title if title in LISTS else self._free_name(title)
        self.panels[name], self.docks[name] = panel, dock
        dock.setWindowTitle(name)
        panel.header.set_title(name)
        keep_header(dock, panel.header, None if title in LISTS else partial(self.duplicate, name))
        if title in LISTS:
            panel.set_small(self.is_small)
        dock.destroyed.connect(partial(_forget, self.docks, self.panels, name, dock))
        self.adopted.emit(panel, dock)
        if name in TABS:
            place_beside(self._window(), dock, self._neighbour(name))
            QTimer.singleShot(0, self._widen)

    def open(self, title: str) -> QWidget:
        """Show the first dock of a kind, and make it if there is none; return its panel."""
        if title not in self.docks or self.docks[title].widget() is None:
            self._add(title, title)
        self.docks[title].show()
        self.docks[title].raise_()
        return self.panels[title]

    def duplicate(self, name: str) -> str:
        """Show another dock of the same kind and with the same settings as a tab over it; return its name.

        One that was closed is taken again.
        """
        source = self.panels[name]
        title = source.title
        closed = (other for other, dock in self.docks.items() if self.panels[other].title == title and dock.isHidden())
        copy = next(closed, None) or self._add(title, self._free_name(title))
        window, dock = self._window(), self.docks[copy]
        self.panels[copy].set_options(source.options())
        dock.setFloating(False)
        if not self.docks[name].isFloating():
            window.addDockWidget(window.dockWidgetArea(self.docks[name]), dock)
            window.tabifyDockWidget(self.docks[name], dock)
        dock.show()
        dock.raise_()
        return copy

    def _add(self, title: str, name: str) -> str:
        viewer = self._viewer()
        panel = KINDS[title].panel(viewer=viewer)
        self.adopt(panel, add_dock(viewer, panel, name))
        return name

    def _free_name(self, title: str) -> str:
        """Return the first name of a kind that no living dock has."""
        names = (title, *(f"{title} {number}" for number in range(2, len(self.docks) + 3)))
        return next(n for n in names if n not in self.docks or self.docks[n].widget() is None)

    def arrange(self, preset: str | None = None, *, again: bool = False) -> None:
        """Open the docks of a preset at their places, those of the last one if none is named.

        The form is chosen at the first opening, or `again`.
        """
        window = self._window()
        self.preset = PRESETS[preset or self.preset.name]
        size = window.size()
        if again or not self.is_arranged:
            self.is_arranged = True
            self.is_small = size.width() < SMALL_BELOW
            self.show_napari_docks(False)
        titles = self.preset.titles
        for title in SORT if self.preset.has_tabs else titles:
            self.open(title)
        for panel in self.lists:
            panel.set_small(self.is_small)
        shown = [title for title in TABS if title in self.docks and not self.docks[title].isHidden()]
        beside = [title for title in shown if title not in titles]
        for title in () if self.preset.has_tabs else beside:
            self.docks[title].hide()
        self.preset.arrange(window, {title: self.docks[title] for title in titles}, small=self.is_small)
        if self.preset.has_tabs:
            for title in beside:
                place_beside(window, self.docks[title], self._neighbour(title))
            self.docks["Correlograms" if self.is_small else beside[0]].raise_()
        QTimer.singleShot(0, partial(self._resize, size))

    # --- as it was left ---

    @property
    def form(self) -> str:
        """The form of the docks: that for "large" or for "small" windows."""
        return "small" if self.is_small else "large"

    def choose_form(self) -> str:
        """Return the form, which the window's width says as long as nothing is arranged."""
        if not self.is_arranged:
            self.is_small = self._window().width() < SMALL_BELOW
        return self.form

    def open_all(self, names: Sequence[str]) -> bool:
        """Open exactly these docks and the list of clusters; return False, with nothing changed, if none is known."""
        known = sorted(name for name in {*names, LISTS[0]} if _kind_of(name) is not None) if names else []
        for name in known:
            if name not in self.docks or self.docks[name].widget() is None:
                self._add(_kind_of(name), name)
        for name, dock in self.docks.items() if known else ():
            dock.setVisible(name in known)
        return bool(known)

    def take_layout(self, preset: str) -> None:
        """Go on from docks that were put at their places."""
        self.preset, self.is_arranged = PRESETS[preset], True
        for panel in self.lists:
            panel.set_small(self.is_small)

    def keep_size(self, size: QSize) -> None:
        """Give the window the size it had, if the docks needed more while they found their places."""
        window = self._window()
        if not window.windowState() & (Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen):
            window.resize(size)

    def _resize(self, size: QSize) -> None:
        """Divide the window, as large as it was."""
        if isalive(self) and set(self.preset.titles) <= set(self.docks):
            self.keep_size(size)
            self.preset.resize(self._window(), self.docks, small=self.is_small)
            self._widen()

    def _neighbour(self, title: str) -> QDockWidget | None:
        """Return the dock beside the canvas that another one shares its place with, None where it is the first."""
        beside = [other for other in TABS if other != title]
        if self.is_small and self.is_arranged:
            beside.insert(0, "Correlograms")
        found = (self.docks[other] for other in beside if other in self.docks and not self.docks[other].isHidden())
        right, window = Qt.DockWidgetArea.RightDockWidgetArea, self._window()
        return next((d for d in found if not d.isFloating() and window.dockWidgetArea(d) == right), None)

    def _widen(self) -> None:
        """Give the docks beside the canvas their width, and the canvas what is left."""
        if isalive(self):
            window, right = self._window(), Qt.DockWidgetArea.RightDockWidgetArea
            docks = [self.docks[title] for title in TABS if title in self.docks]
            beside = [dock for dock in docks if not dock.isHidden() and window.dockWidgetArea(dock) == right]
            resize_beside(window, beside, small=self.is_small)
            self.arranged.emit()

    def show_napari_docks(self, shown: bool) -> None:
        """Show or hide napari's layer list and layer controls."""
        window, napari = self._window(), napari_docks(self._window())
        if shown and self.is_small:  # one below the other, the four docks would be higher than the window
            for title, dock in zip(LISTS, napari, strict=False):
                if title in self.docks and not (dock.isFloating() or self.docks[title].isFloating()):
                    window.tabifyDockWidget(self.docks[title], dock)
        for dock in napari:
            dock.setVisible(shown)
            dock.raise_()

    def focus(self, title: str) -> None:
        """Give the keys to a list."""
        panel = self.panels.get(title)
        if panel is not None:
            panel.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme for the tabs."""
        self._tabs.apply_theme(theme)


def _kind_of(name: str) -> str | None:
    """Return the title of the kind of a dock: `Features` for `Features 2`."""
    title = re.sub(r" \d+$", "", name)
    return title if title in KINDS else None


def _forget(docks: dict[str, QDockWidget], panels: dict[str, QWidget], name: str, dock: QDockWidget, *_: Any) -> None:
    """Drop a dock that is gone, unless another has taken its place."""
    if docks.get(name) is dock:
        del docks[name]
        panels.pop(name, None)
