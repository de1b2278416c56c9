"""The sorting workspace of one viewer: docks, toolbar and keys that show one session."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from weakref import ref

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QPoint, QSignalBlocker, Qt, QTimer
from qtpy.QtWidgets import QAbstractItemView, QApplication, QDockWidget, QLabel, QMainWindow

from napari_phy.session.session import Session
from napari_phy.storage.view_options import load_view_options, save_view_options
from napari_phy.widgets.base.application import referent, when_destroyed
from napari_phy.widgets.base.draw_batch import FIRST_PATIENCE_MS, DrawBatch, PaintHold
from napari_phy.widgets.base.notifications import notify
from napari_phy.widgets.base.reader_preference import open_unasked
from napari_phy.widgets.base.theme import ThemeFollower, Tokens
from napari_phy.widgets.docks import imaging_messages
from napari_phy.widgets.help.command_line import CommandLine
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.lists.list_panel import ListPanel
from napari_phy.widgets.napari_compat import add_dock, canvases, keep_programs, unwrap
from napari_phy.widgets.panels.panel import (
    FiltersTraces,
    FollowsLinks,
    FollowsSpace,
    OrdersClusters,
    Panel,
    RequestsActions,
    RequestsDocks,
    RequestsFiles,
)
from napari_phy.widgets.panels.view_panel import ViewPanel
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.background_jobs import WorkBar
from napari_phy.widgets.window.canvas import LowWelcome, Overview
from napari_phy.widgets.window.clock_proposals import ClockProposals
from napari_phy.widgets.window.close_guard import CloseGuard
from napari_phy.widgets.window.cluster_order import ClusterOrder
from napari_phy.widgets.window.clustering_controller import ClusteringController
from napari_phy.widgets.window.command_runner import CommandRunner
from napari_phy.widgets.window.data_files import FileWatch, RawDataSearch
from napari_phy.widgets.window.data_notifications import DataNotifications, EditNotifications
from napari_phy.widgets.window.dock_manager import DockManager, dock_name
from napari_phy.widgets.window.kinds import KINDS
from napari_phy.widgets.window.layout_store import LayoutStore
from napari_phy.widgets.window.read_ahead import ReadAhead
from napari_phy.widgets.window.recluster_controller import ReclusterController
from napari_phy.widgets.window.session_controller import KEPT, SessionBinding, SessionController
from napari_phy.widgets.window.slider_time import MissingFrames, SliderTime
from napari_phy.widgets.window.time_bar import TimeBar
from napari_phy.widgets.window.toolbar import ActionBar, layout_menu
from napari_phy.widgets.window.window_keys import FocusPolicy, PaletteCommands, WindowKeys
from napari_phy.widgets.window.window_size import WindowSize

NAME = "napari-phy-workspace"


def open_workspace(viewer: Viewer, session: Session) -> "Workspace":
    """Open the sorting workspace of a viewer on a session."""
    workspace = Workspace.of(viewer)
    workspace.open_session(session)
    return workspace


class Workspace(QObject):
    """One per viewer, as long as its main window lives. The truth is in the session; here are only widgets."""

    def __init__(self, viewer: Viewer, window: QMainWindow) -> None:
        super().__init__(window)
        self.setObjectName(NAME)
        for canvas in canvases(window):
            keep_programs(canvas)
        self._viewer = ref(viewer)
        self._window = ref(window)  # weak, as is all here: nothing of ours keeps a closed window alive
        when_destroyed(self, partial(_forget_all, self.__dict__))
        self.live_notes = EditNotifications(window, self)
        self.board = DockManager(viewer, window, self)
        self.size = WindowSize(window, self.board, self)
        self.panels, self.docks = self.board.panels, self.board.docks
        self.order = ClusterOrder(self.panels.made, lambda: self.session, self)
        self.draw_batch = DrawBatch(self.panels.made, self)
        self.read_ahead = ReadAhead(self.panels.made, self)
        self.overview = Overview(viewer, window, self.draw_batch, self)
        LowWelcome(window, self)
        self.theme_follower = ThemeFollower(viewer, self)
        self.controller = ActionController(viewer, window, lambda: self.theme, self.order.walked, self)
        self.guard = CloseGuard(window, lambda: self.session, lambda: self.theme, self.controller)
        PaletteCommands(viewer, self.controller, self)
        self.clusterings = ClusteringController(window, self.controller, lambda: self.theme, self)
        self.recluster = ReclusterController(window, self.controller, lambda: self.theme, self.panels.made, self)
        self.raw_data = RawDataSearch(window, lambda: self.session, partial(notify, severity="error"), self)
        self.file_watch = FileWatch(window, lambda: self.session, self)
        menu = layout_menu(self.board, self.arrange, self.overview.density, window)
        self.toolbar = ActionBar(self.controller.run, menu, window)
        window.addToolBar(self.toolbar)
        self.time_bar = TimeBar(self.overview.time_links, self.controller.say, window)
        window.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self.time_bar)
        SliderTime(self.overview.time_links, window, self)
        self.missing_frames = MissingFrames(self.overview.time_links, window, self)
        self.proposals = ClockProposals(self.overview.time_links, window, self)
        self.memory = ViewMemory(window, lambda: self.session, self)
        self.layouts = LayoutStore(window, self.board, self.size, lambda: self.session, self)
        self.work_bar = WorkBar(self.controller.work)
        for label in window.statusBar().findChildren(QLabel):  # names of files and groups may look like HTML
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.commander = CommandRunner(self.controller, self.board)
        self.command_line = CommandLine(window, self.commander.run, self.commander.completions)
        self.board.adopted.connect(FocusPolicy(window, self.panels.made, self.focus_clusters, self).follow)
        self.keys = WindowKeys(viewer, window, self.controller, self.toolbar, self)
        self.binding = SessionBinding(
            viewer, self.board, self.controller, self.toolbar, self.overview, self.live_notes, self.read_ahead,
            self.keys, self,
        )  # fmt: skip
        notifications = DataNotifications(
            window, self.controller, self.live_notes, self.raw_data, self.file_watch, self
        )
        self.sessions = SessionController(
            viewer, self.controller, self.binding, notifications, self.raw_data, self.guard, self.layouts,
            self._arrange_for, _close_unused, self,
        )  # fmt: skip
        self._connect()
        self._on_theme_changed(self.theme)
        window.statusBar().insertPermanentWidget(
            1, self.work_bar
        )  # left of napari's activity; its height is measured now

    def _connect(self) -> None:
        board, controller, overview = self.board, self.controller, self.overview
        board.adopted.connect(self._set_up)
        board.arranged.connect(overview.fit.fit_later)
        for show in (self.toolbar.show, self.time_bar.refresh):  # a layout that is restored brings the bars of its time
            board.arranged.connect(show)
        self.proposals.choice_requested.connect(lambda: board.open("Link time"))
        self.size.outgrown.connect(lambda: self._arrange_for(self.session, again=True))
        overview.stack_changed.connect(self._on_stack_changed)
        overview.said.connect(controller.say)
        overview.fitted.connect(self._show_first)
        overview.fitted.connect(controller.say_again)  # napari empties the status bar when the canvas moves away
        controller.command_requested.connect(self.command_line.open)
        controller.wizard_requested.connect(self._show_wizard)
        controller.classes_requested.connect(self._ask_classes)
        controller.recluster_requested.connect(self.recluster.ask)
        controller.proposals_requested.connect(self._show_proposals)
        self.clusterings.compare_requested.connect(lambda: board.open("Compare"))
        controller.shank_requested.connect(self.clusterings.go_to_shank)
        controller.edited.connect(self._on_edited)
        controller.stretch_requested.connect(overview.stretch)
        controller.filter_requested.connect(self._focus_filter)
        controller.saving_changed.connect(self.toolbar.set_saving)
        controller.saved.connect(self.live_notes.take_back)
        self.toolbar.layers_toggled.connect(board.show_napari_docks)
        self.theme_follower.changed.connect(self._on_theme_changed)

    # --- finding it ---

    @classmethod
    def find(cls, viewer: Viewer) -> "Workspace | None":
        """Return the workspace of a viewer, or None."""
        viewer = unwrap(viewer)
        return next((workspace for workspace in cls.all() if workspace.viewer is viewer), None)

    @classmethod
    def all(cls) -> "Iterator[Workspace]":
        """Yield the workspaces of all open windows."""
        for window in QApplication.topLevelWidgets():
            if isinstance(window, QMainWindow):
                workspace = window.findChild(cls, NAME, Qt.FindChildOption.FindDirectChildrenOnly)
                if workspace is not None:
                    yield workspace

    @classmethod
    def of(cls, viewer: Viewer) -> "Workspace":
        """Return the workspace of a viewer; if there is none, make it with its Clusters dock."""
        viewer = unwrap(viewer)
        workspace = cls.find(viewer)
        if workspace is None:
            panel = ClustersPanel(viewer=viewer)
            dock = add_dock(viewer, panel, dock_name(panel.title), KINDS[panel.title].area)
            window = dock.window()
            assert isinstance(window, QMainWindow)
            workspace = cls(viewer, window)
            workspace.adopt(panel, dock)
        return workspace

    @classmethod
    def in_window(cls, window: QMainWindow, viewer: Viewer) -> "Workspace":
        """Return the workspace of a viewer whose main window is known."""
        return cls.find(viewer) or cls(unwrap(viewer), window)

    @property
    def viewer(self) -> Viewer | None:
        """The viewer, or None when it is gone."""
        return self._viewer()

    @property
    def window(self) -> QMainWindow:
        """The viewer's main window."""
        return referent(self._window)

    @property
    def session(self) -> Any:
        """The open data set, or None."""
        return self.controller.session

    @property
    def theme(self) -> Tokens:
        """Colours and sizes now in force."""
        return self.theme_follower.tokens

    @property
    def is_small(self) -> bool:
        """Whether the form for small windows was chosen."""
        return self.board.is_small

    # --- what is asked of it ---

    def _show_first(self) -> None:
        """Paint a window that has found its docks, with the results of its views if they come soon."""
        window = self.window
        if not window.updatesEnabled():
            self.draw_batch.hold(partial(PaintHold.end, window), FIRST_PATIENCE_MS)

    def _focus_filter(self) -> None:
        clusters = self.board.open("Clusters")
        if isinstance(clusters, ClustersPanel):
            clusters.filter_line.take_focus()

    def open_session(self, session: Session) -> bool:
        """Show a session in the Sort layout; return False when the user wants to stay with the one before.

        The workspace closes the session when its layers are removed, another one is opened here, or the viewer is
        closed.
        """
        self.memory.begin(session)
        return self.sessions.open(session)

    def close_session(self) -> None:
        """Close the session and remove its layers; the docks stay, empty."""
        self.sessions.close()

    def adopt(self, panel: Panel, dock: QDockWidget) -> None:
        """Take a panel that is docked here into the workspace."""
        self.board.adopt(panel, dock)

    def arrange(self, preset: str | None = None, *, again: bool = False) -> None:
        """Open the docks of a preset (None: the last one) at their places; `again` also chooses their form anew."""
        if again:
            self.toolbar.layers_action.setChecked(False)
        self.board.arrange(preset, again=again)
        self._show_preset()

    def _arrange_for(self, session: Session | None, *, again: bool = False) -> None:
        """Put the docks where they were for a data set, else by the user; else at the places of the preset.

        The form is chosen at the first opening, or `again`.
        """
        self.size.prepare()
        if not self.layouts.restore(session, again=again):
            self.arrange(again=again)
            return
        with QSignalBlocker(self.toolbar.layers_action):
            self.toolbar.layers_action.setChecked(self.board.shows_napari_docks)
        self._show_preset()

    def _on_stack_changed(self) -> None:
        """Put the docks where they are beside an image stack, or without one."""
        self.layouts.save()
        self.toolbar.layers_action.setChecked(False)
        was_placing = self.board.is_open("Place probe")
        self._arrange_for(self.session)
        if was_placing:
            self.board.open("Place probe")
        is_aside = self.overview.is_aside
        self.controller.report(imaging_messages.CANVAS_LEFT if is_aside else imaging_messages.CANVAS_TAKEN)

    def _show_preset(self) -> None:
        self.toolbar.layout_button.setText(f"{self.board.preset.name} ▾")

    def focus_clusters(self) -> None:
        """Give the keys to the list of clusters."""
        self.board.focus("Clusters")

    def _on_edited(self) -> None:
        """Give the keys to the list of clusters, unless proposals are gone through."""
        proposals, focused = self.panels.made.get("Proposals"), QApplication.focusWidget()
        if proposals is None or focused is None or not proposals.isAncestorOf(focused):
            self.focus_clusters()

    def _ask_classes(self) -> None:
        panel: Any = self.board.open("Classes")
        panel.setFocus(Qt.FocusReason.OtherFocusReason)
        panel.ask_move()

    def _show_proposals(self, find: bool) -> None:
        panel: Any = self.board.open("Proposals")
        panel.setFocus(Qt.FocusReason.OtherFocusReason)
        (panel.look_for if find else panel.begin)()

    def _show_wizard(self) -> None:
        self.board.open("Wizard").setFocus(Qt.FocusReason.OtherFocusReason)

    # --- panels ---

    def _set_up(self, panel: Panel, dock: QDockWidget) -> None:
        """Give a panel its keys, its menu and the session."""
        self.keys.watch(panel, dock)
        panel.said.connect(self.controller.say)
        if isinstance(panel, ListPanel):
            self._set_up_list(panel)
        elif isinstance(panel, ViewPanel):
            self._set_up_view(panel)
            panel.settings_name = dock.windowTitle().lower()
        if panel.options():
            self.memory.follow(dock.windowTitle(), panel)
        if isinstance(panel, ClustersPanel):
            self.clusterings.set_up(panel)
            self.order.follow(panel)
        self.binding.admit(panel)

    def _set_up_list(self, panel: ListPanel) -> None:
        panel.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        panel.list.customContextMenuRequested.connect(partial(self._show_menu, panel.list))
        panel.move_requested.connect(self.controller.move)

    def _set_up_view(self, panel: ViewPanel) -> None:
        panel.draw_batch = self.draw_batch
        panel.locate_requested.connect(self.raw_data.ask)
        if isinstance(panel, OrdersClusters):
            panel.listed = self.order.listed
        elif isinstance(panel, RequestsActions):
            panel.action_requested.connect(self.controller.run)
        elif isinstance(panel, RequestsDocks):
            panel.dock_requested.connect(self.board.open)
        elif isinstance(panel, FollowsLinks):
            panel.follow_links(self.overview.time_links)
        elif isinstance(panel, FollowsSpace):
            panel.follow_space(self.overview.probe)
        elif isinstance(panel, FiltersTraces):
            panel.filter_changed.connect(self._on_filter_changed)
        elif isinstance(panel, RequestsFiles):
            panel.file_requested.connect(self._open_file)

    def _open_file(self, path: str) -> None:
        if self.viewer is not None:
            open_unasked(self.viewer, path)

    def _show_menu(self, view: QAbstractItemView, place: QPoint) -> None:
        menu = self.controller.make_menu(view)
        menu.exec(view.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _on_filter_changed(self, name: str, part: str) -> None:
        if isalive(self):
            self.overview.set_filter(name, part)

    def _on_theme_changed(self, theme: Tokens) -> None:
        self.toolbar.apply_theme(theme)
        self.time_bar.apply_theme(theme)
        self.missing_frames.apply_theme(theme)
        self.work_bar.apply_theme(theme)
        self.command_line.apply_theme(theme)
        self.overview.apply_theme(theme)
        self.board.apply_theme(theme)


def _forget_all(attributes: dict[str, Any]) -> None:
    """Drop all references when the window is gone, whoever still holds the workspace."""
    sessions = attributes.get("sessions")
    attributes.clear()
    if sessions is not None:
        sessions.forget()


def _close_unused(session: Session) -> None:
    """Close a session that no window shows any more."""
    if session not in KEPT and not any(workspace.session is session for workspace in Workspace.all()):
        session.close()


WAIT_MS = 1000  # after a choice, so that a turning wheel writes once


class ViewMemory(QObject):
    """Saves the settings of views for the next window, after they were changed and when the window is closed.

    Those of views that are not open are saved, too: scripts and the command line set them in `session.views`.

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
        self._timer = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._timer.timeout.connect(self.save)

    def begin(self, session: Session) -> None:
        """Save those of the session that was open; give all views of the next, open or not, the settings they had."""
        self.save()
        for name, options in self._known.items():
            if name in session.views:
                session.views[name].begin_with(options)

    def follow(self, name: str, panel: Any) -> None:
        """Give a view the settings it had, and save those it will have."""
        panel.set_options(self._known.get(name, {}))
        self._panels[name] = ref(panel)
        panel.options_changed.connect(self._timer.start)
        when_destroyed(panel, partial(self._panels.pop, name, None))

    def save(self) -> None:
        """Write what was chosen since the last time."""
        self._timer.stop()
        session = self._session()
        now = {} if session is None else session.views.persistent()
        now |= {name: panel().options() for name, panel in self._panels.items() if panel() and isalive(panel())}
        chosen = {name: options for name, options in now.items() if options != self._known.get(name)}
        if chosen:
            self._known |= chosen
            save_view_options(chosen)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Save what was chosen when the window is closed."""
        if event.type() == QEvent.Type.Close:
            self.save()
        return False
