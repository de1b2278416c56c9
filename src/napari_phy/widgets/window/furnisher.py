"""What a panel gets when it is docked in a window: keys, menus, settings, and the session."""

from functools import partial
from typing import Any

from qtpy.compat import isalive
from qtpy.QtCore import QObject, QPoint, Qt
from qtpy.QtWidgets import QDockWidget, QWidget

from napari_phy.widgets.desk.clustering_desk import ClusteringDesk
from napari_phy.widgets.desk.desk import SessionDesk
from napari_phy.widgets.desk.window_keys import WindowKeys
from napari_phy.widgets.docks.catalogue import LISTS
from napari_phy.widgets.parts.together import Together
from napari_phy.widgets.window.cluster_order import ClusterOrder
from napari_phy.widgets.window.overview import Overview
from napari_phy.widgets.window.raw_data import RawDataSearch
from napari_phy.widgets.window.stage import Stage
from napari_phy.widgets.window.view_memory import ViewMemory


class Furnisher(QObject):
    """Connects panels, each once, with what is there for all of them."""

    def __init__(
        self,
        desk: SessionDesk,
        clusterings: ClusteringDesk,
        keys: WindowKeys,
        memory: ViewMemory,
        order: ClusterOrder,
        together: Together,
        overview: Overview,
        raw_data: RawDataSearch,
        stage: Stage,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._clusterings = clusterings
        self._keys = keys
        self._memory = memory
        self._order = order
        self._together = together
        self._overview = overview
        self._raw_data = raw_data
        self._stage = stage

    def furnish(self, panel: QWidget, dock: QDockWidget) -> None:
        """Give a panel its keys, its menu and the session."""
        self._keys.watch(panel, dock)
        is_list = panel.title in LISTS
        if is_list:
            self._furnish_list(panel)
        else:
            self._furnish_view(panel)
        if is_list or panel.chooser.remembered:
            self._memory.follow(dock.windowTitle(), panel)
        if panel.title == "Clusters":
            self._clusterings.furnish(panel)
            self._order.follow(panel)
        self._stage.admit(panel)

    def _furnish_list(self, panel: QWidget) -> None:
        panel.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        panel.list.customContextMenuRequested.connect(partial(self._show_menu, panel.list))
        panel.move_requested.connect(self._desk.move)
        panel.said.connect(self._desk.say)

    def _furnish_view(self, panel: QWidget) -> None:
        panel.together = self._together
        panel.hovered.connect(self._desk.say)
        panel.locate_requested.connect(self._raw_data.ask)
        if hasattr(panel, "follow_list"):
            panel.listed = self._order.listed
        elif hasattr(panel, "action_requested"):
            panel.action_requested.connect(self._desk.run)
        elif panel.title == "Traces":
            panel.controls.filter_changed.connect(partial(self._on_filter_changed, panel.controls))

    def _show_menu(self, view: QWidget, place: QPoint) -> None:
        menu = self._desk.make_menu(view)
        menu.exec(view.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _on_filter_changed(self, controls: Any) -> None:
        if isalive(self):
            self._overview.set_filter(controls.filter_name)
