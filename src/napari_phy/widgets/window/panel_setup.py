"""What a panel gets when it is docked in a window: keys, menus, settings, and the session."""

from functools import partial

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QPoint, Qt
from qtpy.QtWidgets import QAbstractItemView, QDockWidget

from napari_phy.widgets.base.draw_batch import DrawBatch
from napari_phy.widgets.docks.actions_panel import ActionsPanel
from napari_phy.widgets.docks.raster_panel import RasterPanel
from napari_phy.widgets.docks.traces_panel import TracesPanel
from napari_phy.widgets.docks.wizard_panel import WizardPanel
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.lists.list_panel import ListPanel
from napari_phy.widgets.panels.all_clusters_panel import AllClustersPanel
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.cluster_order import ClusterOrder
from napari_phy.widgets.window.clustering_controller import ClusteringController
from napari_phy.widgets.window.dock_registry import Docked
from napari_phy.widgets.window.overview import Overview
from napari_phy.widgets.window.raw_data import RawDataSearch
from napari_phy.widgets.window.session_binding import SessionBinding
from napari_phy.widgets.window.view_memory import ViewMemory
from napari_phy.widgets.window.window_keys import WindowKeys


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
