"""All that shows the open data set in a window: panels, toolbar and keys, napari's canvas and console."""

from weakref import ref

from napari.viewer import Viewer
from qtpy.QtCore import QObject, Signal

from napari_phy.session.session import Session
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.canvas import Overview
from napari_phy.widgets.window.dock_manager import DockManager
from napari_phy.widgets.window.dock_registry import Docked
from napari_phy.widgets.window.edit_notifications import EditNotifications
from napari_phy.widgets.window.preparation import CurrentPreparation, Preparation, ReadAhead
from napari_phy.widgets.window.toolbar import ActionBar
from napari_phy.widgets.window.window_keys import WindowKeys


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
        self._preparation = CurrentPreparation(self)
        self._preparation.replaced.connect(self._on_preparation_replaced)
        self._preparation.ended.connect(self._on_prepared)
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
        for panel in self._board.panels.values():
            panel.read_again()
        self._overview.show_raw()

    def admit(self, panel: Docked) -> None:
        """Have a panel that was docked just now show the session, too."""
        panel.follow_preparation(self._preparation.now)
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
        self._preparation.follow(None if session is None else session.opened)
        for panel in self._board.panels.values():
            panel.set_session(session)
        self._controller.set_session(session)
        self._toolbar.set_session(session)

    def _on_preparation_replaced(self, preparation: Preparation | None) -> None:
        for panel in self._board.panels.values():
            panel.follow_preparation(preparation)

    def _on_prepared(self) -> None:
        """Propose a candidate as soon as that can be told."""
        self._controller.session.find_candidate()
        self._overview.refresh()
        self._controller.say_again()
        self.prepared.emit()

    def _on_traces_changed(self) -> None:
        for panel in self._board.of_kind("Traces"):
            panel.read_again()
