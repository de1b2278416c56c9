"""The panels of one window and their docks: found or made, arranged, sized, focused."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any
from weakref import ref

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QSize, Qt, QTimer, Signal
from qtpy.QtWidgets import QDockWidget, QMainWindow

from napari_phy.layers.stacks import has_stack
from napari_phy.widgets.base.application import referent, when_destroyed
from napari_phy.widgets.base.dock_title_bar import DockTabs, keep_header, placing
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.lists.list_panel import ListPanel
from napari_phy.widgets.napari_compat import add_dock, signals_later
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.window import layouts
from napari_phy.widgets.window.kinds import KINDS, LISTS
from napari_phy.widgets.window.layouts import IMAGING, PRESETS, SMALL_BELOW, SORT, Form, Preset, Tabs, napari_docks
from napari_phy.widgets.window.unseen_docks import DockedPanels, UnseenPanel

NOWHERE = "bottom"  # where docks are added that are about to be placed: beside the canvas, napari divides the others


def dock_name(name: str) -> str:
    """Return the name under which napari's Plugins menu looks for a dock, so that it finds ours and makes no second."""
    return f"{name} (napari-phy)"


class DockManager(QObject):
    """Knows which panels are docked in a window, by name: the first of a kind has its title, `Features 2` is a second.

    Parameters
    ----------
    viewer : Viewer
        The viewer of the window, whose theme new panels follow.
    window : QMainWindow
        Its main window.
    """

    adopted = Signal(object, object)  # panel, dock
    arranged = Signal()

    def __init__(self, viewer: Viewer, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._window = ref(window)
        self.is_arranged = False
        self.preset: Preset = SORT
        self.is_small = False
        self.has_stack = False
        self._size: QSize | None = None  # of the window, before docks that are still to find their places
        self._sizes: dict[QDockWidget, QSize] = {}  # of the places of docks in sight, at the same moment
        self._is_new = False  # whether a preset was chosen since
        self.docks: dict[str, QDockWidget] = {}
        self.panels = DockedPanels(self.docks, self._make)
        self._tabs = DockTabs(window, self)

    @property
    def lists(self) -> list[ListPanel]:
        """Clusters and Similar, where they are docked."""
        return [panel for panel in self.panels.made.values() if isinstance(panel, ListPanel)]

    def of_kind(self, title: str) -> list[Any]:
        """Return all panels of a kind."""
        return [self.panels[name] for name in self.docks if _kind_of(name) == title]

    def is_open(self, title: str) -> bool:
        """Return whether a dock of a kind is there that was not closed."""
        return any(_kind_of(name) == title and not dock.isHidden() for name, dock in self.docks.items())

    def adopt(self, panel: Panel, dock: QDockWidget, *, places: bool = True) -> None:
        """Take a panel that is docked here, and put it at its place and in sight, unless all docks are about to be."""
        if dock in self.docks.values():
            return
        title = panel.title
        name = title if title in LISTS else self._free_name(title)
        self._name(dock, name)
        self._fill(name, panel)
        if places and name == title and title not in LISTS and (self.is_arranged or KINDS[title].area == "right"):
            self.hold_size()
            with self.placing():
                self._place_new(name)
            dock.show()
            dock.raise_()

    def _name(self, dock: QDockWidget, name: str) -> None:
        self.docks[name] = dock
        dock.setWindowTitle(name)
        when_destroyed(dock, partial(_forget, self.docks, self.panels.made, name, dock))

    def _fill(self, name: str, panel: Panel) -> None:
        """Take the panel of a dock that has a name."""
        dock, title = self.docks[name], panel.title
        self.panels.made[name] = panel
        panel.header.set_title(name)
        keep_header(dock, panel.header, None if title in LISTS else partial(self.duplicate, name))
        self._tell_lists()
        self.adopted.emit(panel, dock)

    def _make(self, name: str) -> None:
        """Make the panel of a dock that has been behind others until now."""
        dock = self.docks[name]
        unseen = dock.widget()
        if isinstance(unseen, UnseenPanel):
            panel = KINDS[_kind_of(name)].panel(viewer=self._viewer())
            dock.setWidget(panel)
            panel.show()
            unseen.deleteLater()
            self._fill(name, panel)

    def open(self, title: str) -> Panel:
        """Show the first dock of a kind, and make it if there is none; return its panel."""
        if not self._is_there(title):
            self._add(title, title)
        self.docks[title].show()
        self.docks[title].raise_()
        return self.panels[title]

    def bring_forward(self, title: str) -> None:
        """Have a dock of a kind in sight, and open the first where none is open; the keys stay where they are."""
        docks = [dock for name, dock in self.docks.items() if _kind_of(name) == title and not dock.isHidden()]
        if not docks:
            self.open(title)
        elif all(dock.visibleRegion().isEmpty() for dock in docks):
            docks[0].raise_()

    def duplicate(self, name: str) -> str:
        """Show another dock of the same kind and with the same settings as a tab over it; return its name.

        One that was closed is taken again.
        """
        source = self.panels[name]
        title = source.title
        closed = (other for other, dock in self.docks.items() if _kind_of(other) == title and dock.isHidden())
        copy = next(closed, None) or self._add(title, self._free_name(title))
        window, dock = referent(self._window), self.docks[copy]
        self.panels[copy].set_options(source.options())
        with self.placing():
            dock.setFloating(False)
            if not self.docks[name].isFloating():
                window.addDockWidget(window.dockWidgetArea(self.docks[name]), dock)
                window.tabifyDockWidget(self.docks[name], dock)
        dock.show()
        dock.raise_()
        return copy

    def _add(self, title: str, name: str, *, places: bool = True) -> str:
        self.hold_size()
        viewer = self._viewer()
        panel = KINDS[title].panel(viewer=viewer)
        area = KINDS[title].area if places else NOWHERE
        self.adopt(panel, add_dock(viewer, panel, dock_name(name), area), places=places)
        return name

    def _add_behind(self, name: str) -> None:
        """Add a dock that is about to lie behind others; its panel is made when it is first seen."""
        kind = KINDS[_kind_of(name)]
        if kind.is_list or kind.acts_unseen:
            self._add(_kind_of(name), name, places=False)
            return
        self.hold_size()
        unseen = UnseenPanel(_kind_of(name))
        dock = add_dock(self._viewer(), unseen, dock_name(name), NOWHERE)
        self._name(dock, name)
        unseen.watch(dock)
        unseen.seen.connect(partial(self.panels.get, name))

    def _is_there(self, name: str) -> bool:
        return name in self.docks and self.docks[name].widget() is not None

    def _free_name(self, title: str) -> str:
        """Return the first name of a kind that no living dock has."""
        names = (title, *(f"{title} {number}" for number in range(2, len(self.docks) + 3)))
        return next(n for n in names if n not in self.docks or self.docks[n].widget() is None)

    def arrange(self, preset: str | None = None, *, again: bool = False) -> None:
        """Open the docks of a preset at their places, those of the last one if none is named.

        The form is chosen at the first opening, or `again`. Other docks go where the preset has their kind, as tabs
        behind its own; of those it has no place for, only what it keeps stays open.
        """
        size = self.hold_size()
        self._is_new = True
        self.preset = PRESETS[preset or self.preset.name]
        if again or not self.is_arranged:
            self.is_small = size.width() < SMALL_BELOW
            self.show_napari_docks(False)
        placed, fronts = self.preset.titles, layouts.fronts(self._form)
        with self.placing(), layouts.laid_out_once(referent(self._window)):
            for title in placed:
                if title in KINDS and not self._is_there(title):
                    self._add(title, title, places=False) if title in fronts else self._add_behind(title)
            self.is_arranged = True
            self._tell_lists()
            layouts.arrange(referent(self._window), self._placed, self._form)
            for name, dock in self.docks.items():
                if name not in placed:
                    stays = self.preset.keeps_others or _kind_of(name) in placed
                    is_shown = stays and not dock.isHidden()
                    self._place(name)
                    dock.setVisible(is_shown)
            layouts.raise_fronts(self._placed, self._form)

    @contextmanager
    def placing(self) -> Iterator[None]:
        """Move docks, which the user does not do now."""
        window = referent(self._window)
        with signals_later(window, napari_docks(window).values()), placing(self.docks.values()):
            yield

    @property
    def _form(self) -> Form:
        return self.preset.form(small=self.is_small)

    @property
    def _placed(self) -> dict[str, QDockWidget]:
        """The docks that a preset may place."""
        return {**self.docks, **napari_docks(referent(self._window))}

    @property
    def places(self) -> layouts.Places:
        """Which docks are where; it stays the same when the window gets another size."""
        return layouts.places(referent(self._window), self._placed)

    def _place(self, name: str) -> None:
        """Put a dock where the preset has its kind, as a tab of what is there."""
        window, dock, title = referent(self._window), self.docks[name], _kind_of(name)
        layouts.bring_back(dock)
        if title in LISTS:
            window.addDockWidget(layouts.LEFT, dock)
            return
        area, place = self.preset.place_of(title, small=self.is_small)
        neighbour = self._neighbour(name, area, place)
        if neighbour is None:
            window.addDockWidget(area, dock)
        else:
            window.tabifyDockWidget(neighbour, dock)

    def _place_new(self, name: str) -> None:
        """Put a dock where the preset has its kind, else as a tab of the largest place, of its section if there is one.

        The more docks share a place, the less room each of them has.
        """
        window, title = referent(self._window), _kind_of(name)
        fronts = [dock for dock in self._in_front if dock is not self.docks[name]]
        if title in self.preset.titles or not fronts:
            self._place(name)
            return
        tabs = {dock: (dock, *window.tabifiedDockWidgets(dock)) for dock in fronts}
        kin = {dock for other, dock in self.docks.items() if KINDS[_kind_of(other)].section == KINDS[title].section}
        near = [dock for dock in fronts if kin.intersection(tabs[dock])]
        largest = max(near or fronts, key=lambda dock: dock.width() * dock.height() / (len(tabs[dock]) + 1))
        layouts.bring_back(self.docks[name])
        window.tabifyDockWidget(largest, self.docks[name])

    @property
    def _in_front(self) -> list[QDockWidget]:
        """The docks of views that are seen in the window, none behind others of its place."""
        return [dock for name, dock in self.docks.items() if _kind_of(name) not in LISTS and _is_in_sight(dock)]

    def _neighbour(self, name: str, area: Qt.DockWidgetArea, place: Tabs) -> QDockWidget | None:
        """Return a dock in sight that shares this place with another one."""
        window = referent(self._window)
        for other, dock in self.docks.items():
            if other == name or dock.isHidden() or dock.isFloating() or window.dockWidgetArea(dock) != area:
                continue
            kind = _kind_of(other)
            if kind not in LISTS and self.preset.place_of(kind, small=self.is_small)[1] == place:
                return dock
        return None

    def _tell_lists(self) -> None:
        """Give the lists the form of the layout; without Similar, Clusters marks what is chosen there."""
        for panel in self.lists:
            panel.set_small(self.is_small)
        clusters = self.panels.made.get(LISTS[0])
        if isinstance(clusters, ClustersPanel):
            clusters.set_marks_similar(LISTS[1] not in self.preset.titles)

    # --- as it was left ---

    @property
    def form(self) -> str:
        """The form of the docks: that for "large" or for "small" windows, "with imaging" where a stack is shown."""
        return f"{'small' if self.is_small else 'large'}{' with imaging' * self.has_stack}"

    def choose_form(self, *, again: bool = False) -> str:
        """Return the form, which the window's width says as long as nothing is arranged, or `again`.

        An image stack that has come into the canvas, or gone, chooses the preset, too.
        """
        if again or not self.is_arranged:
            self.is_small = referent(self._window).width() < SMALL_BELOW
        if self.has_stack != has_stack(referent(self._viewer).layers):
            self.has_stack = not self.has_stack
            self.preset = IMAGING if self.has_stack else SORT
        return self.form

    @property
    def behind(self) -> tuple[str, ...]:
        """Names of the docks that lie behind others of their places."""
        return tuple(name for name, dock in self.docks.items() if layouts.is_behind(dock))

    def open_all(self, names: Sequence[str], behind: Collection[str] = ()) -> bool:
        """Open exactly these docks and the list of clusters; return False, with nothing changed, if none is known.

        Those `behind` others will lie there once they have found their places.
        """
        known = sorted(name for name in {*names, LISTS[0]} if _kind_of(name) in KINDS) if names else []
        for name in known:
            if not self._is_there(name):
                self._add_behind(name) if name in behind else self._add(_kind_of(name), name, places=False)
        for name, dock in self.docks.items() if known else ():
            dock.setVisible(name in known)
        return bool(known)

    def take_layout(self, preset: str) -> None:
        """Go on from docks that were put at their places."""
        self.preset, self.is_arranged = PRESETS[preset], True
        self._tell_lists()

    def keep_size(self, size: QSize) -> None:
        """Give the window the size it had, if the docks needed more while they found their places."""
        window = referent(self._window)
        if not window.windowState() & (Qt.WindowState.WindowMaximized | Qt.WindowState.WindowFullScreen):
            window.resize(size)

    def hold_size(self, *, anew: bool = False) -> QSize:
        """Keep the size of the window while docks find their places, and divide it when they have.

        The size is that of the first call, or of one `anew`. A window that is not shown yet has none to keep.
        """
        if self._size is None:
            QTimer.singleShot(0, partial(self._settle, referent(self._window).isVisible()))
        if self._size is None or anew:
            window = referent(self._window)
            self._size = window.size()
            in_sight = (dock for dock in self._placed.values() if _is_in_sight(dock))
            self._sizes = {dock: layouts.place_size(window, dock) for dock in in_sight}
        return self._size

    def _settle(self, was_shown: bool) -> None:
        """Divide the window, as large as it was, as a new preset says, or give a new column its width."""
        if not isalive(self):
            return
        (size, self._size), (is_new, self._is_new) = (self._size, None), (self._is_new, False)
        window, column = referent(self._window), self._form.get(layouts.RIGHT)
        if was_shown and size is not None:
            self.keep_size(size)
        beside = [d for d in self.docks.values() if not d.isHidden() and window.dockWidgetArea(d) == layouts.RIGHT]
        if is_new and set(self.preset.titles) <= set(self._placed):
            layouts.divide(window, self._placed, self._form, small=self.is_small)
        elif column is not None and len(beside) == 1 and beside[0] not in self._sizes:
            window.resizeDocks(beside, [column.breadth], layouts.ACROSS)
        elif was_shown and all(self._shares_place(dock) for dock in self._in_front):
            layouts.restore_sizes(window, self._sizes)
        self._sizes = {}
        self.arranged.emit()

    def _shares_place(self, dock: QDockWidget) -> bool:
        """Return whether a dock is where one was before docks found their places."""
        tabs = referent(self._window).tabifiedDockWidgets(dock)
        return any(one in self._sizes for one in (dock, *tabs))

    @property
    def shows_napari_docks(self) -> bool:
        """Whether napari's layer list or layer controls are there beyond what the preset has."""
        docks = napari_docks(referent(self._window))
        return any(dock.isVisible() for name, dock in docks.items() if name not in self.preset.titles)

    def show_napari_docks(self, shown: bool) -> None:
        """Show or hide napari's layer list and layer controls, as far as they have no place in the preset."""
        window = referent(self._window)
        napari = {name: dock for name, dock in napari_docks(window).items() if name not in self.preset.titles}
        if shown and self.is_small:  # one below the other, the four docks would be higher than the window
            for title, dock in zip(LISTS, napari.values(), strict=False):
                if title in self.docks and not (dock.isFloating() or self.docks[title].isFloating()):
                    window.tabifyDockWidget(self.docks[title], dock)
        for dock in napari.values():
            dock.setVisible(shown)
            dock.raise_()

    def focus(self, title: str) -> None:
        """Give the keys to a list."""
        if title in self.panels:
            self.panels[title].setFocus(Qt.FocusReason.OtherFocusReason)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme for the tabs."""
        self._tabs.apply_theme(theme)


def _kind_of(name: str) -> str:
    """Return the title of the kind of a dock: `Features` for `Features 2`."""
    return re.sub(r" \d+$", "", name)


def _is_in_sight(dock: QDockWidget) -> bool:
    return not dock.isFloating() and not dock.visibleRegion().isEmpty()


def _forget(docks: dict[str, QDockWidget], panels: dict[str, Panel], name: str, dock: QDockWidget) -> None:
    """Drop a dock that is gone, unless another has taken its place."""
    if docks.get(name) is dock:
        del docks[name]
        panels.pop(name, None)
