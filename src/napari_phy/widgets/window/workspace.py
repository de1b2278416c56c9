"""The sorting workspace of one viewer: docks, toolbar and keys that show one session."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from weakref import ref

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QPoint, QSignalBlocker, Qt, QTimer
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

from napari_phy.layers.binder import LayerBinder
from napari_phy.layers.session_tag import session_of
from napari_phy.widgets.actions import messages
from napari_phy.widgets.canvas.opengl import opengl_problem
from napari_phy.widgets.canvas.program_deletion import keep_programs
from napari_phy.widgets.desk.clustering_desk import ClusteringDesk
from napari_phy.widgets.desk.command_line import CommandLine
from napari_phy.widgets.desk.commander import Commander
from napari_phy.widgets.desk.desk import SessionDesk
from napari_phy.widgets.desk.file_watch import FileWatch
from napari_phy.widgets.desk.toolbar import ActionBar
from napari_phy.widgets.desk.window_keys import WindowKeys
from napari_phy.widgets.docks.catalogue import KINDS, LISTS
from napari_phy.widgets.docks.dock_board import DockBoard, add_dock
from napari_phy.widgets.panels.all_clusters_panel import listed_clusters
from napari_phy.widgets.parts.latest_answer import take_turns
from napari_phy.widgets.parts.notify import LOCATE, SAVE_COPY, Choice, notify, take_back
from napari_phy.widgets.parts.preferences import preferences
from napari_phy.widgets.parts.theme import ThemeFollower, Tokens
from napari_phy.widgets.parts.together import Together
from napari_phy.widgets.window.close_guard import CloseGuard
from napari_phy.widgets.window.kept_focus import KeptFocus
from napari_phy.widgets.window.layout_memory import LayoutMemory
from napari_phy.widgets.window.layout_menu import layout_menu
from napari_phy.widgets.window.live_notes import LiveNote, LiveNotes
from napari_phy.widgets.window.low_welcome import LowWelcome
from napari_phy.widgets.window.opening_notes import OpeningNotes
from napari_phy.widgets.window.overview import Overview
from napari_phy.widgets.window.preparation import CurrentPreparation, Preparation
from napari_phy.widgets.window.raw_data import RawDataSearch
from napari_phy.widgets.window.read_ahead import ReadAhead
from napari_phy.widgets.window.session_watch import SessionWatch
from napari_phy.widgets.window.view_memory import ViewMemory
from napari_phy.widgets.window.work_bar import WorkBar

NAME = "napari-phy-workspace"
FADED_MS = 300


def open_workspace(viewer: Viewer, session: Any) -> "Workspace":
    """Open the sorting workspace of a viewer on a session."""
    workspace = Workspace.of(viewer)
    workspace.open_session(session)
    return workspace


def plain_viewer(viewer: Viewer) -> Viewer:
    """Return the viewer itself where napari hands out a proxy."""
    return getattr(viewer, "__wrapped__", viewer)


class Workspace(QObject):
    """One per viewer, as long as its main window lives. The truth is in the session; here are only widgets."""

    def __init__(self, viewer: Viewer, window: QMainWindow) -> None:
        super().__init__(window)
        self.setObjectName(NAME)
        keep_programs()
        take_turns()
        self._viewer = ref(viewer)
        self._window = ref(window)  # weak, as is all here: nothing of ours keeps a closed window alive
        self.destroyed.connect(partial(_forget_all, self.__dict__))
        self._missing: tuple[str, ...] = ()
        self.live_notes = LiveNotes(window, self)
        self._notes = OpeningNotes(self.live_notes)
        self._preparation = CurrentPreparation(self)
        self._preparation.replaced.connect(self._on_preparation_replaced)
        self._preparation.ended.connect(self._on_prepared)
        self.board = DockBoard(viewer, window, self)
        self.board.adopted.connect(self._on_adopted)
        self.panels, self.docks = self.board.panels, self.board.docks
        self._together = Together(self.panels, self)
        self.read_ahead = ReadAhead(self.panels, self)
        self.overview = Overview(viewer, window, self._together, self)
        LowWelcome(window, self)
        self.board.arranged.connect(self.overview.fit.fit_soon)
        self.overview.traces_changed.connect(self._on_traces_changed)
        self.theme_follower = ThemeFollower(viewer, self)
        self.desk = SessionDesk(viewer, window, lambda: self.theme, self._walked_clusters, self)
        self.guard = CloseGuard(window, lambda: self.session, lambda: self.theme, self.desk)
        self.clusterings = ClusteringDesk(window, self.desk, lambda: self.theme, self)
        self.raw_data = RawDataSearch(window, lambda: self.session, self.desk.complain, self)
        self.raw_data.found.connect(self._on_raw_data_found)
        self.file_watch = FileWatch(window, lambda: self.session, self)
        self.file_watch.changed.connect(self._on_file_changed)
        self.toolbar = ActionBar(
            self.desk.run, layout_menu(self.board, self.arrange, self.overview.density, window), window
        )
        window.addToolBar(self.toolbar)
        self.overview.said.connect(self.desk.say)
        self.overview.fitted.connect(self.desk.say_again)  # napari empties the status bar when the canvas moves away
        self.memory = ViewMemory(window, self)
        self.layouts = LayoutMemory(window, self.board, lambda: self.session, self)
        self.watch = SessionWatch(self)
        self.watch.switched.connect(self._on_switched)
        self.watch.closed.connect(self._on_closed)
        self.work_bar = WorkBar(self.desk.work)
        window.statusBar().insertPermanentWidget(1, self.work_bar)  # left of napari's activity
        self.commander = Commander(self.desk, self.board)
        self.command_line = CommandLine(window, self.commander.run, self.commander.completions)
        self.desk.command_requested.connect(self.command_line.open)
        self.desk.wizard_requested.connect(self._show_wizard)
        self.desk.edited.connect(self.focus_clusters)
        self.desk.stretch_requested.connect(self.overview.stretch)
        self.desk.filter_requested.connect(lambda: self.board.open("Clusters").filter_line.take_focus())
        self.desk.saving_changed.connect(self.toolbar.set_saving)
        self.desk.saved.connect(self.live_notes.take_back)
        self.toolbar.layers_toggled.connect(self.board.show_napari_docks)
        self.theme_follower.changed.connect(self._on_theme_changed)
        viewer.layers.events.removed.connect(self._on_layer_removed)
        self._on_theme_changed(self.theme)
        KeptFocus(window, self.panels, self)
        self.keys = WindowKeys(viewer, window, self.desk, self.toolbar, self)

    # --- finding it ---

    @classmethod
    def find(cls, viewer: Viewer) -> "Workspace | None":
        """Return the workspace of a viewer, or None."""
        viewer = plain_viewer(viewer)
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
    def of(cls, viewer: Viewer, *, create: bool = True) -> "Workspace | None":
        """Return the workspace of a viewer; if there is none and `create`, make it with its Clusters dock."""
        viewer = plain_viewer(viewer)
        workspace = cls.find(viewer)
        if workspace is None and create:
            panel = KINDS["Clusters"].panel(viewer=viewer)
            dock = add_dock(viewer, panel, "Clusters")
            workspace = cls(viewer, dock.window())
            workspace.adopt(panel, dock)
        return workspace

    @classmethod
    def in_window(cls, window: QMainWindow, viewer: Viewer) -> "Workspace":
        """Return the workspace of a viewer whose main window is known."""
        return cls.find(viewer) or cls(plain_viewer(viewer), window)

    @property
    def viewer(self) -> Viewer | None:
        """The viewer, or None when it is gone."""
        return self._viewer()

    @property
    def window(self) -> QMainWindow:
        """The viewer's main window."""
        return self._window()

    @property
    def session(self) -> Any:
        """The open data set, or None."""
        return self.desk.session

    @property
    def theme(self) -> Tokens:
        """Colours and sizes now in force."""
        return self.theme_follower.tokens

    @property
    def is_small(self) -> bool:
        """Whether the form for small windows was chosen."""
        return self.board.is_small

    # --- sessions ---

    def open_session(self, session: Any) -> bool:
        """Show a session in the Sort layout; return False when the user wants to stay with the one before.

        The workspace closes the session when it lets go of it: its layers were removed, another one is opened here, or
        the viewer is closed.
        """
        if session is self.session:
            self.focus_clusters()
            return True
        if self._is_open_here(session):
            self._turn_away(session)
            self._open_again()
            return False
        if not self.guard.may_close():
            self._turn_away(session)
            return False
        self.close_session()
        settings = session.load_settings(preferences())
        self._arrange_for(session)
        self._preparation.follow(session.opened)
        self._bind(session)
        session.start_wizard()
        self.focus_clusters()
        self._notes = OpeningNotes(self.live_notes)
        self._tell_what_to_know()
        if settings.problems:
            notify(" ".join(settings.problems), "warning")
        problem = opengl_problem()
        if problem is not None:
            notify(problem)
        return True

    def _is_open_here(self, session: Any) -> bool:
        """Tell whether a session could not be edited just because its data set is open in this window already."""
        ours = self.session
        if ours is None or ours.store.read_only or not session.store.read_only:
            return False
        return bool(ours.model.path.resolve() == session.model.path.resolve())

    def _open_again(self) -> None:
        """Stay with the data set that is open here, unless another program has changed it."""
        session, viewer = self.session, self.viewer
        if not (session.store.what_changed() or session.store.is_outdated):
            self.desk.say_soon(messages.open_already(session.name))
        elif self.guard.may_close():
            self.close_session()
            QTimer.singleShot(0, lambda: viewer.open(str(session.model.path), plugin="napari-phy"))

    def _turn_away(self, session: Any) -> None:
        """Let go of a session that is not opened here, and of its layers."""
        LayerBinder(self.viewer, session).close()
        session.close()
        self.focus_clusters()
        self.keys.show_hints()

    def _tell_what_to_know(self) -> None:
        self._notes.tell(self.session, self.desk, self.raw_data.ask)

    def close_session(self) -> None:
        """Let go of the session and its layers; the docks stay, empty."""
        self.desk.work.settle()
        session, binder = self.session, self.overview.binder
        if session is None:
            return
        self.layouts.keep()
        self._preparation.follow(None)
        take_back(self._notes.said, self.window)
        self._bind(None)
        if binder is not None:
            binder.close()
        if not any(workspace.session is session for workspace in self.all()):
            session.close()

    def _on_preparation_replaced(self, preparation: Preparation | None) -> None:
        for panel in self.panels.values():
            panel.follow_preparation(preparation)

    def _on_prepared(self) -> None:
        """Propose a candidate as soon as that can be told."""
        self.session.find_candidate()
        self.overview.refresh()
        self.desk.say_again()

    def _bind(self, session: Any) -> None:
        viewer = self.viewer
        for panel in self.panels.values():
            panel.set_session(session)
        self.desk.set_session(session)
        self.toolbar.set_session(session)
        self.raw_data.follow(session)
        self._missing = () if session is None else session.model.missing
        self.overview.follow(session)
        self.overview.apply_theme(self.theme)
        self.watch.follow(session)
        self.live_notes.follow(session)
        self.read_ahead.follow(session)
        if viewer is not None:
            viewer.update_console({"session": session})
            self.keys.show_hints()

    def _on_closed(self, session: Any) -> None:
        """Let go of a session that somebody else closed: a line in the console."""
        if session is self.session:
            self.close_session()

    def _on_switched(self) -> None:
        """Show the channel group and clustering that the session went to, and nothing of the one before."""
        session, binder = self.session, self.overview.binder
        if session is None or binder is None:
            return
        self._preparation.follow(session.opened)
        for panel in self.panels.values():
            panel.set_session(session)
        self.desk.set_session(session)
        self.toolbar.set_session(session)
        self.live_notes.follow(session)
        self._missing = session.model.missing
        self.overview.follow_switch()
        self.read_ahead.follow(session)
        if not session.selection.clusters:
            session.start_wizard()
        self.focus_clusters()
        self._tell_what_to_know()

    def _on_raw_data_found(self) -> None:
        """Show what raw data show, and take back that they are missing."""
        session, binder = self.session, self.overview.binder
        if session is None or binder is None:
            return
        take_back([sentence for sentence in self._missing if sentence not in session.model.missing], self.window)
        self._missing = session.model.missing
        for panel in self.panels.values():
            panel.read_again()
        self.overview.show_raw()
        if session.model.traces is not None:
            self.desk.say_soon(messages.located(path.name for path in session.model.raw_places.values()))
        for sentence in session.model.missing:
            if any(name in sentence for name in session.model.missing_raw):
                notify(sentence, "warning", [(LOCATE, self.raw_data.ask)])

    def _on_traces_changed(self) -> None:
        for panel in self.board.of_kind("Traces"):
            panel.read_again()

    def _on_file_changed(self) -> None:
        """Tell what another program did to the file, and what can be done about it."""
        session, desk = self.session, self.desk

        def choices() -> Sequence[Choice]:
            if session.store.is_gone or not session.store.is_outdated:
                return ()
            if session.is_dirty:
                return ((SAVE_COPY, desk.save_copy),)
            # Once the notification is gone, which takes the focus as it fades.
            return ((messages.OPEN_AGAIN, partial(QTimer.singleShot, FADED_MS, self._open_again)),)

        self.live_notes.show(LiveNote(lambda: session.store.file_trouble, choices))

    def _on_layer_removed(self, event: Any) -> None:
        viewer, session = self.viewer, self.session
        if viewer is None or session is None or not isalive(self) or session_of(event.value) is not session:
            return
        if not any(session_of(layer) is session for layer in viewer.layers):
            self.close_session()

    # --- docks ---

    def adopt(self, panel: QWidget, dock: QDockWidget) -> None:
        """Take a panel that is docked here into the workspace."""
        self.board.adopt(panel, dock)

    def _arrange_for(self, session: Any) -> None:
        """Put the docks where they were for a data set, else by the user; else at the places of the preset."""
        if not self.layouts.restore(session):
            self.arrange()
            return
        with QSignalBlocker(self.toolbar.layers_action):
            self.toolbar.layers_action.setChecked(self.board.shows_napari_docks)
        self._show_preset()

    def _show_preset(self) -> None:
        self.toolbar.layout_button.setText(f"{self.board.preset.name} ▾")

    def arrange(self, preset: str | None = None, *, again: bool = False) -> None:
        """Open the docks of a preset (None: the last one) at their places; `again` also chooses their form anew."""
        if again:
            self.toolbar.layers_action.setChecked(False)
        self.board.arrange(preset, again=again)
        self._show_preset()

    def _on_adopted(self, panel: QWidget, dock: QDockWidget) -> None:
        """Give a panel its keys, its menu and the session."""
        self.keys.watch(panel, dock)
        if panel.title in LISTS:
            panel.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            panel.list.customContextMenuRequested.connect(partial(self._show_menu, panel.list))
            panel.move_requested.connect(self.desk.move)
            panel.said.connect(self.desk.say)
        else:
            panel.together = self._together
            panel.hovered.connect(self.desk.say)
            panel.locate_requested.connect(self.raw_data.ask)
        if panel.title in LISTS or panel.chooser.remembered:
            self.memory.follow(dock.windowTitle(), panel)
        if panel.title == "Clusters":
            self.clusterings.furnish(panel)
            panel.list.cluster_model.layoutChanged.connect(self._on_list_changed)
            panel.filtered.connect(self._on_list_changed)
        elif hasattr(panel, "follow_list"):
            panel.listed = self._listed_clusters
        elif hasattr(panel, "action_requested"):
            panel.action_requested.connect(self.desk.run)
        elif panel.title == "Traces":
            panel.controls.filter_changed.connect(partial(self._on_filter_changed, panel.controls))
        panel.follow_preparation(self._preparation.now)
        if panel.session is not self.session:
            panel.set_session(self.session)

    def _on_filter_changed(self, controls: Any) -> None:
        if isalive(self):
            self.overview.set_filter(controls.filter_name)

    def _on_list_changed(self) -> None:
        """Let views of all clusters have the order of the list."""
        if isalive(self):
            for panel in self.panels.values():
                if hasattr(panel, "follow_list"):
                    panel.follow_list()

    def _show_wizard(self) -> None:
        self.board.open("Wizard").setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_clusters(self) -> None:
        """Give the keys to the list of clusters."""
        self.board.focus("Clusters")

    def _listed_clusters(self) -> list[int]:
        """Return the clusters in the order of the list, or the largest first where it is not open."""
        panel = self.panels.get("Clusters")
        if panel is not None:
            return panel.cluster_ids
        return sorted(listed_clusters(self.session), key=lambda cluster: -self.session.manager.n_spikes(cluster))

    def _walked_clusters(self) -> list[int]:
        """Return the clusters that keys go through, in the order of the list."""
        panel = self.panels.get("Clusters")
        return self._listed_clusters() if panel is None else panel.walked_ids

    def _show_menu(self, view: QWidget, place: QPoint) -> None:
        menu = self.desk.make_menu(view)
        menu.exec(view.viewport().mapToGlobal(place))
        menu.deleteLater()

    def _on_theme_changed(self, theme: Tokens) -> None:
        self.toolbar.apply_theme(theme)
        self.work_bar.apply_theme(theme)
        self.command_line.apply_theme(theme)
        self.overview.apply_theme(theme)
        self.board.apply_theme(theme)


def _forget_all(attributes: dict[str, Any], *_: Any) -> None:
    """Let go of everything when the window is gone, whoever still holds the workspace."""
    session = attributes["desk"].session if "desk" in attributes else None
    attributes.clear()
    if session is not None and not any(workspace.session is session for workspace in Workspace.all()):
        session.close()
