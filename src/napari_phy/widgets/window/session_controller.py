"""Which data set is open in a window: shown, opened again, turned away, closed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import WeakSet, ref

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal

from napari_phy.actions import messages
from napari_phy.core.sentences import cause_of
from napari_phy.files.side_folder import take_over_edits
from napari_phy.layers.binder import LayerBinder
from napari_phy.layers.session_tag import session_of
from napari_phy.session.session import Session
from napari_phy.widgets.base.notifications import notify
from napari_phy.widgets.base.reader_preference import open_unasked
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.panels.panel import Panel
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.background_jobs import Preparation, SimilarityComputation, is_large
from napari_phy.widgets.window.canvas import Overview
from napari_phy.widgets.window.close_guard import CloseGuard
from napari_phy.widgets.window.data_files import RawDataSearch
from napari_phy.widgets.window.data_notifications import DataNotifications, EditNotifications
from napari_phy.widgets.window.dock_manager import DockManager
from napari_phy.widgets.window.layout_store import LayoutStore
from napari_phy.widgets.window.read_ahead import ReadAhead
from napari_phy.widgets.window.toolbar import ActionBar
from napari_phy.widgets.window.window_keys import WindowKeys

PLUGIN, SECTION = "napari-phy", "sorting"
KEPT: WeakSet[Session] = WeakSet()  # sessions of scripts and notebooks, which close them


class SessionBinding(QObject):
    """Tells all of them, in the order in which they need to know, which session is shown."""

    prepared = Signal()  # the features of a large data set were read, or that was cancelled

    def __init__(
        self,
        viewer: Viewer,
        board: DockManager,
        controller: ActionController,
        toolbar: ActionBar,
        overview: Overview,
        live_notes: EditNotifications,
        read_ahead: ReadAhead,
        keys: WindowKeys,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._board = board
        self._controller = controller
        self._toolbar = toolbar
        self._overview = overview
        self._live_notes = live_notes
        self._read_ahead = read_ahead
        self._keys = keys
        self._preparation: Preparation | None = None  # of a large data set: under way, done or cancelled
        self.comparing = SimilarityComputation(self)
        overview.traces_changed.connect(self._on_traces_changed)

    @property
    def is_empty(self) -> bool:
        """Whether the canvas shows no session."""
        return self._overview.binder is None

    @property
    def is_aside(self) -> bool:
        """Whether the layers of the session wait until an image stack leaves the canvas."""
        return self._overview.is_aside

    def show(self, session: Session | None) -> None:
        """Show another session, or none; the layers of the one before stay until they are cleared."""
        viewer = self._viewer()
        self._follow(session)
        self._overview.follow(session)
        self._live_notes.follow(session)
        self._read_ahead.follow(session)
        if viewer is not None:
            viewer.update_console({"session": session})
            self._keys.show_hints()

    def clear(self) -> None:
        """Show nothing, and remove the layers of the session that was shown."""
        binder = self._overview.binder
        self.show(None)
        if binder is not None:
            binder.close()

    def show_switch(self, session: Session) -> None:
        """Show the channel group and clustering that the session went to, and nothing of the one before."""
        self._follow(session)
        self._live_notes.follow(session)
        self._overview.follow_switch()
        self._read_ahead.follow(session)

    def show_raw(self) -> None:
        """Show what raw data show that were found."""
        for panel in self._board.panels.made.values():
            panel.read_again()
        self._overview.show_raw()

    def admit(self, panel: Panel) -> None:
        """Have a panel that was docked just now show the session, too."""
        panel.follow_preparation(self._preparation)
        if panel.session is not self._controller.session:
            panel.set_session(self._controller.session)

    def focus(self) -> None:
        """Give the keys to the list of clusters."""
        self._board.focus("Clusters")

    def stay(self) -> None:
        """Go on with what is shown, after something else was turned away."""
        self.focus()
        self._keys.show_hints()

    def _follow(self, session: Session | None) -> None:
        self._prepare(session)
        for panel in self._board.panels.made.values():
            panel.set_session(session)
        self._controller.set_session(session)
        self._toolbar.set_session(session)
        self.comparing.follow(session)

    def _prepare(self, session: Session | None) -> None:
        """Read the features of what is open now if they are many, and no longer those of what was open before."""
        left, self._preparation = self._preparation, None
        if left is not None:
            left.drop()
            left.deleteLater()
        if session is not None and is_large(session.opened):
            self._preparation = Preparation(session.opened, self)
            self._preparation.changed.connect(self._on_preparation_changed)
        if self._preparation is not left:
            for panel in self._board.panels.made.values():
                panel.follow_preparation(self._preparation)
        if self._preparation is not None:
            self._preparation.start()

    def _on_preparation_changed(self) -> None:
        """Propose a candidate as soon as similarities are known."""
        if self._preparation is not None and self._preparation.state != "reading":
            self._controller.session.find_candidate()
            self.comparing.start()
            self._read_ahead.start()
            self._overview.refresh()
            self._controller.say_again()
            self.prepared.emit()

    def _on_traces_changed(self) -> None:
        for panel in self._board.of_kind("Traces"):
            panel.read_again()


class SessionController(QObject):
    """Opens one session at a time, and goes along where it, its layers or the console lead.

    Parameters
    ----------
    controller : ActionController
        Has the session that is open.
    binding : SessionBinding
        Shows the session.
    guard : CloseGuard
        Asks before unsaved edits are left.
    arrange : callable
        Puts the docks at the places that they have for a session.
    close_unused : callable
        Closes a session that no window shows any more.
    """

    def __init__(
        self,
        viewer: Viewer,
        controller: ActionController,
        binding: SessionBinding,
        notifications: DataNotifications,
        raw_data: RawDataSearch,
        guard: CloseGuard,
        layouts: LayoutStore,
        arrange: Callable[[Any], None],
        close_unused: Callable[[Any], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._controller = controller
        self._binding = binding
        self._notifications = notifications
        self._guard = guard
        self._layouts = layouts
        self._arrange = arrange
        self._close_unused = close_unused
        self._links = SessionLinks(self)
        binding.prepared.connect(notifications.tell_place)
        raw_data.found.connect(self._on_raw_data_found)
        notifications.open_again_requested.connect(self._open_again)
        notifications.reopening_requested.connect(self._reopen)
        notifications.take_over_requested.connect(self._take_over_edits)
        viewer.layers.events.removed.connect(self._on_layer_removed)

    def open(self, session: Session) -> bool:
        """Show a session; return False when the user wants to stay with the one before.

        It is closed when its layers are removed, another one is opened here, or the viewer is closed.
        """
        if session is self._controller.session:
            self._binding.focus()
            return True
        if self._is_open_here(session):
            self._turn_away(session)
            self._open_again()
            return False
        if not self._guard.may_close():
            self._turn_away(session)
            return False
        self.close()
        settings = session.load_settings(preferences())
        self._arrange(session)
        self._binding.show(session)
        self._links.connect(session.switched, self._on_switched)
        self._links.connect(session.closed, self.close)
        session.start_wizard()
        self._binding.focus()
        self._notifications.tell_opened(settings.problems)
        return True

    def close(self) -> None:
        """Close the session and remove its layers; the docks stay, empty."""
        self._controller.work.settle()
        session = self._controller.session
        if session is None:
            return
        self._layouts.save()
        self._notifications.tell_closed()
        self._links.close()
        self._binding.clear()
        self._close_unused(session)

    def forget(self) -> None:
        """Close the session of a window that is gone."""
        session = self._controller.session
        self._links.close()
        if session is not None:
            self._close_unused(session)

    def _is_open_here(self, session: Session) -> bool:
        """Tell whether a session could not be edited just because its data set is open in this window already."""
        ours = self._controller.session
        if ours is None or ours.store.read_only or not session.store.read_only:
            return False
        return bool(ours.model.path.resolve() == session.model.path.resolve())

    def _open_again(self) -> None:
        """Stay with the data set that is open here, unless another program has changed it."""
        session = self._controller.session
        if not (session.store.what_changed() or session.store.is_outdated):
            self._controller.report(messages.open_already(session.name))
        else:
            self._reopen()

    def _reopen(self) -> None:
        """Close the data set and open it as it is read now, unless the user wants to stay."""
        session, viewer = self._controller.session, self._viewer()
        if session is not None and viewer is not None and self._guard.may_close():
            self.close()
            QTimer.singleShot(0, lambda: open_unasked(viewer, session.model.path))

    def _take_over_edits(self) -> None:
        """Open the data set again with the edits that were left behind under its old name."""
        session, viewer = self._controller.session, self._viewer()
        folder = None if session is None else session.store.left_behind
        if folder is None or viewer is None or not self._guard.may_close():
            return
        path = session.model.path
        self.close()
        try:
            take_over_edits(path.resolve(), folder)
        except OSError as error:
            notify(messages.edits_not_taken(path.name, cause_of(error)), "error")
        QTimer.singleShot(0, lambda: open_unasked(viewer, path))

    def _turn_away(self, session: Session) -> None:
        """Close a session that is not opened here, and remove its layers."""
        LayerBinder(self._viewer(), session).close()
        if session not in KEPT:
            session.close()
        self._binding.stay()

    def _on_switched(self) -> None:
        """Go to another channel group or clustering with the session."""
        session = self._controller.session
        if session is None or self._binding.is_empty:
            return
        self._binding.show_switch(session)
        if not session.selection.clusters:
            session.start_wizard()
        self._binding.focus()
        self._notifications.tell_place()

    def _on_raw_data_found(self) -> None:
        """Show what raw data show, and tell that they are there."""
        if self._controller.session is not None and not self._binding.is_empty:
            self._binding.show_raw()
            self._notifications.tell_raw_data_found()

    def _on_layer_removed(self, event: Any) -> None:
        """Close the session with the last of its layers."""
        viewer = self._viewer() if isalive(self) else None
        session = self._controller.session
        if viewer is None or session is None or session_of(event.value) is not session:
            return
        if not (self._binding.is_aside or any(session_of(layer) is session for layer in viewer.layers)):
            self.close()


def preferences() -> dict[str, Any]:
    """Return {setting: value} as the user set them in Preferences; {} where nothing of ours was ever set there."""
    from napari.settings import get_plugin_settings, get_settings

    napari_file = get_settings().config_path
    if napari_file is not None and not Path(napari_file).with_name(f"{PLUGIN}.yaml").exists():
        return {}  # napari would read the manifests of all plugins again to say the defaults
    try:
        section = getattr(get_plugin_settings(PLUGIN), SECTION, None)
    except KeyError:
        return {}
    return {} if section is None else dict(section.model_dump())
