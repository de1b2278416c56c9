"""What a panel gets when it is docked in a window: keys, menus, settings, focus, and the session."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, runtime_checkable
from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from qtpy.QtGui import QFocusEvent
from qtpy.QtWidgets import QAbstractItemView, QDockWidget, QMainWindow, QWidget

from napari_phy.session import Session
from napari_phy.storage.view_options import load_view_options, save_view_options
from napari_phy.widgets.base.application import application
from napari_phy.widgets.base.draw_batch import DrawBatch
from napari_phy.widgets.docks.actions_panel import ActionsPanel
from napari_phy.widgets.docks.raster_panel import RasterPanel
from napari_phy.widgets.docks.traces_panel import TracesPanel
from napari_phy.widgets.docks.wizard_panel import WizardPanel
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.lists.list_panel import ListPanel
from napari_phy.widgets.panels.all_clusters_panel import AllClustersPanel, listed_clusters
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.canvas import Overview
from napari_phy.widgets.window.clustering_controller import ClusteringController
from napari_phy.widgets.window.data_files import RawDataSearch
from napari_phy.widgets.window.dock_registry import Docked
from napari_phy.widgets.window.session_binding import SessionBinding
from napari_phy.widgets.window.window_keys import WindowKeys


@runtime_checkable
class FollowsList(Protocol):
    """A view that shows the clusters of the list."""

    def follow_list(self) -> None:
        """Show what the list shows now."""


class ClusterOrder(QObject):
    """Asks the list, where it is docked, and lets views know when it was sorted or filtered.

    Parameters
    ----------
    panels : mapping of str to Panel or ListPanel
        All that are docked, by name; those with `follow_list` show the clusters in this order.
    session : callable
        Returns the open session.
    """

    def __init__(self, panels: Mapping[str, Docked], session: Callable[[], Any], parent: QObject) -> None:
        super().__init__(parent)
        self._panels = panels
        self._session = session

    def follow(self, clusters: ClustersPanel) -> None:
        """Follow the list of a Clusters panel."""
        clusters.list.cluster_model.layoutChanged.connect(self._on_list_changed)
        clusters.filtered.connect(self._on_list_changed)

    def listed(self) -> list[int]:
        """Return the clusters in the order of the list, or the largest first where it is not open."""
        panel = self._panels.get("Clusters")
        if isinstance(panel, ClustersPanel):
            return panel.cluster_ids
        session = self._session()
        return sorted(listed_clusters(session), key=lambda cluster: -session.manager.n_spikes(cluster))

    def walked(self) -> list[int]:
        """Return the clusters that keys go through, in the order of the list."""
        panel = self._panels.get("Clusters")
        return panel.walked_ids if isinstance(panel, ClustersPanel) else self.listed()

    def _on_list_changed(self) -> None:
        if isalive(self):
            for panel in self._panels.values():
                if isinstance(panel, FollowsList):
                    panel.follow_list()


WAIT_MS = 1000  # after a choice, so that a turning wheel writes once


class ViewMemory(QObject):
    """Keeps the settings of views from one window to the next, when they last drew or when the window is closed.

    Those of views that are not open are kept, too: scripts and the command line set them in `session.views`.

    Parameters
    ----------
    session : callable
        Returns the open session.
    """

    def __init__(self, window: QMainWindow, session: Callable[[], Session | None], parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        window.installEventFilter(self)
        self._known = load_view_options()
        self._panels: dict[str, Any] = {}
        self._soon = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._soon.timeout.connect(self.keep)

    def begin(self, session: Session) -> None:
        """Keep those of the session that was open; give all views of the next, open or not, the settings they had."""
        self.keep()
        for name, options in self._known.items():
            if name in session.views:
                session.views[name].begin_with(options)

    def follow(self, name: str, panel: Any) -> None:
        """Give a view the settings it had and keep those it will have."""
        panel.set_options(self._known.get(name, {}))
        self._panels[name] = ref(panel)
        panel.drawn.connect(self._soon.start)
        panel.destroyed.connect(partial(self._panels.pop, name, None))

    def keep(self) -> None:
        """Write what was chosen since the last time."""
        self._soon.stop()
        session = self._session()
        now = {} if session is None else session.views.kept()
        now |= {name: panel().options() for name, panel in self._panels.items() if panel() and isalive(panel())}
        chosen = {name: options for name, options in now.items() if options != self._known.get(name)}
        if chosen:
            self._known |= chosen
            save_view_options(chosen)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep what was chosen when the window is closed."""
        if event.type() == QEvent.Type.Close:
            self.keep()
        return False


# A click in a window that is not active yet, as right after a dialog, shows only when the window becomes active.
_OF_CLICKS = (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ActiveWindowFocusReason)


class FocusPolicy(QObject):
    """Such a click gives the focus to napari's main window, where no key is ours: this gives it back.

    It gives it back to one of our views or to napari's canvas. Where the view that had it is closed, or a dock while
    the canvas has it, Clusters takes it.

    Parameters
    ----------
    window : QMainWindow
        The main window.
    panels : mapping of str to QWidget
        The views, by name.
    focus_clusters : callable
        Gives the keys to the list of clusters.
    """

    def __init__(
        self, window: QMainWindow, panels: Mapping[str, QWidget], focus_clusters: Callable[[], object], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._panels = panels
        self._focus_clusters = focus_clusters
        self._last: QWidget | None = None  # the view that had the keys, or what had them in the canvas
        self._closed = QTimer(self, singleShot=True, interval=0)  # once for many docks, when Qt has passed it on
        self._closed.timeout.connect(self._on_closed)
        application().focusChanged.connect(self._on_focus_changed)
        window.installEventFilter(self)

    def follow(self, _panel: QWidget, dock: QDockWidget) -> None:
        """See when a dock is closed."""
        dock.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the focus back."""
        if watched is self._window():
            is_clicked = isinstance(event, QFocusEvent) and event.gotFocus() and event.reason() in _OF_CLICKS
            if is_clicked and self._last is not None and self._is_shown(self._last):
                self._last.setFocus(Qt.FocusReason.OtherFocusReason)
        elif event.type() == QEvent.Type.Hide and not event.spontaneous():
            self._closed.start()
        return False

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        window = self._window()
        if not isalive(self) or window is None or not isalive(window) or now in (None, window):
            return
        if self._last is None or self._is_shown(self._last):  # else Qt passes it on from one that is hidden just now
            inside = (panel for panel in self._panels.values() if panel is now or panel.isAncestorOf(now))
            canvas = window.centralWidget()
            view = next(inside, now if canvas is not None and canvas.isAncestorOf(now) else None)
            if view is not None or window.isAncestorOf(now):  # else a dialog, which gives the keys back
                self._last = view

    def _on_closed(self) -> None:
        window = self._window()
        if window is None or not window.isVisible():
            return
        focused = window.focusWidget()
        is_lost = focused in (None, window) or not focused.isVisible()
        keeps = self._last is None or (self._last in self._panels.values() and self._is_shown(self._last))
        if is_lost or not keeps:
            self._last = None
            self._focus_clusters()

    @staticmethod
    def _is_shown(panel: QWidget) -> bool:
        return isalive(panel) and panel.isVisible()


class PanelSetup(QObject):
    """Connects panels, each once, with what is there for all of them."""

    def __init__(
        self,
        controller: ActionController,
        clusterings: ClusteringController,
        keys: WindowKeys,
        memory: ViewMemory,
        order: ClusterOrder,
        draw_batch: DrawBatch,
        overview: Overview,
        raw_data: RawDataSearch,
        binding: SessionBinding,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._clusterings = clusterings
        self._keys = keys
        self._memory = memory
        self._order = order
        self._draw_batch = draw_batch
        self._overview = overview
        self._raw_data = raw_data
        self._binding = binding

    def set_up(self, panel: Docked, dock: QDockWidget) -> None:
        """Give a panel its keys, its menu and the session."""
        self._keys.watch(panel, dock)
        is_list = isinstance(panel, ListPanel)
        if isinstance(panel, ListPanel):
            self._set_up_list(panel)
        else:
            self._set_up_view(panel)
            panel.settings_name = dock.windowTitle().lower()
        if is_list or panel.options():
            self._memory.follow(dock.windowTitle(), panel)
        if isinstance(panel, ClustersPanel):
            self._clusterings.set_up(panel)
            self._order.follow(panel)
        self._binding.admit(panel)

    def _set_up_list(self, panel: ListPanel) -> None:
        panel.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        panel.list.customContextMenuRequested.connect(partial(self._show_menu, panel.list))
        panel.move_requested.connect(self._controller.move)
        panel.said.connect(self._controller.say)

    def _set_up_view(self, panel: Panel) -> None:
        panel.draw_batch = self._draw_batch
        panel.hovered.connect(self._controller.say)
        panel.locate_requested.connect(self._raw_data.ask)
        if isinstance(panel, AllClustersPanel | RasterPanel):
            panel.listed = self._order.listed
        elif isinstance(panel, ActionsPanel | WizardPanel):
            panel.action_requested.connect(self._controller.run)
        elif isinstance(panel, TracesPanel):
            panel.filter_changed.connect(self._on_filter_changed)

    def _show_menu(self, view: QAbstractItemView, place: QPoint) -> None:
        menu = self._controller.make_menu(view)
        menu.exec(view.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _on_filter_changed(self, name: str) -> None:
        if isalive(self):
            self._overview.set_filter(name)
