"""Which data set is open in a window: opened, opened again, turned away, closed."""

from collections.abc import Callable
from typing import Any
from weakref import ref

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, QTimer, Signal

from napari_phy.core.sentences import cause_of
from napari_phy.files.side_folder import take_over_edits
from napari_phy.layers.binder import LayerBinder
from napari_phy.layers.session_tag import session_of
from napari_phy.session.session import Session
from napari_phy.widgets.actions import messages
from napari_phy.widgets.base.notifications import notify
from napari_phy.widgets.base.preferences import preferences
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.close_guard import CloseGuard
from napari_phy.widgets.window.data_notifications import DataNotifications
from napari_phy.widgets.window.session_binding import SessionBinding
from napari_phy.widgets.window.window_layout import LayoutStore


class SessionWatch(QObject):
    """Follows one session at a time."""

    switched = Signal()
    closed = Signal(object)  # the session

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._session: Session | None = None

    def follow(self, session: Session | None) -> None:
        """Listen to another session, or to none."""
        if self._session is not None:
            self._session.switched.disconnect(self._on_switched, missing_ok=True)
            self._session.closed.disconnect(self._on_closed, missing_ok=True)
        self._session = session
        if session is not None:
            session.switched.connect(self._on_switched)
            session.closed.connect(self._on_closed)

    def _on_switched(self) -> None:
        if isalive(self):
            self.switched.emit()

    def _on_closed(self) -> None:
        if isalive(self):
            self.closed.emit(self._session)


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
    let_go : callable
        Closes a session that no window shows any more.
    """

    def __init__(
        self,
        viewer: Viewer,
        controller: ActionController,
        binding: SessionBinding,
        notifications: DataNotifications,
        guard: CloseGuard,
        layouts: LayoutStore,
        arrange: Callable[[Any], None],
        let_go: Callable[[Any], None],
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
        self._let_go = let_go
        self._watch = SessionWatch(self)
        self._watch.switched.connect(self._on_switched)
        self._watch.closed.connect(self._on_closed)
        notifications.open_again_requested.connect(self._open_again)
        notifications.reopening_requested.connect(self._reopen)
        notifications.take_over_requested.connect(self._take_over_edits)
        viewer.layers.events.removed.connect(self._on_layer_removed)

    def open(self, session: Session) -> bool:
        """Show a session; return False when the user wants to stay with the one before.

        It is closed when the window lets go of it: its layers were removed, another one is opened here, or the viewer
        is closed.
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
        self._watch.follow(session)
        session.start_wizard()
        self._binding.focus()
        self._notifications.tell_opened(settings.problems)
        return True

    def close(self) -> None:
        """Let go of the session and its layers; the docks stay, empty."""
        self._controller.work.settle()
        session = self._controller.session
        if session is None:
            return
        self._layouts.keep()
        self._notifications.tell_closed()
        self._watch.follow(None)
        self._binding.clear()
        self._let_go(session)

    def forget(self) -> None:
        """Let go of the session of a window that is gone."""
        session = self._controller.session
        self._watch.follow(None)
        if session is not None:
            self._let_go(session)

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
            QTimer.singleShot(0, lambda: viewer.open(str(session.model.path), plugin="napari-phy"))

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
        QTimer.singleShot(0, lambda: viewer.open(str(path), plugin="napari-phy"))

    def _turn_away(self, session: Session) -> None:
        """Let go of a session that is not opened here, and of its layers."""
        LayerBinder(self._viewer(), session).close()
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

    def _on_closed(self, session: Session) -> None:
        """Let go of a session that somebody else closed: a line in the console."""
        if session is self._controller.session:
            self.close()

    def _on_layer_removed(self, event: Any) -> None:
        """Let go of the session with the last of its layers."""
        viewer = self._viewer() if isalive(self) else None
        session = self._controller.session
        if viewer is None or session is None or session_of(event.value) is not session:
            return
        if not (self._binding.is_aside or any(session_of(layer) is session for layer in viewer.layers)):
            self.close()
