"""What a window tells of its data set: what is missing or recovered, raw data found, a file changed elsewhere."""

from collections.abc import Sequence
from functools import partial
from weakref import ref

from qtpy.QtCore import QObject, QTimer, Signal
from qtpy.QtWidgets import QMainWindow

from napari_phy.session.session import Session
from napari_phy.widgets.actions import messages
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.notifications import LOCATE, SAVE_COPY, Choice, notify, take_back
from napari_phy.widgets.plots.opengl import opengl_problem
from napari_phy.widgets.window.action_controller import ActionController
from napari_phy.widgets.window.edit_notifications import EditNotifications, LiveNote
from napari_phy.widgets.window.file_watch import FileWatch
from napari_phy.widgets.window.opening_notifications import OpeningNotes
from napari_phy.widgets.window.raw_data import RawDataSearch
from napari_phy.widgets.window.session_binding import SessionBinding

FADED_MS = 300


class DataNotifications(QObject):
    """Says it in notifications, with what can be done about it, and takes back what holds no more."""

    open_again_requested = Signal()
    reopening_requested = Signal()
    take_over_requested = Signal()  # of edits that were left behind

    def __init__(
        self,
        window: QMainWindow,
        controller: ActionController,
        binding: SessionBinding,
        live_notes: EditNotifications,
        raw_data: RawDataSearch,
        file_watch: FileWatch,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._controller = controller
        self._binding = binding
        self._live_notes = live_notes
        self._raw_data = raw_data
        self._notes = OpeningNotes(live_notes)
        self._missing: tuple[str, ...] = ()
        binding.prepared.connect(self.tell_place)
        raw_data.found.connect(self._on_raw_data_found)
        file_watch.changed.connect(self._on_file_changed)

    def tell_opened(self, problems: Sequence[str]) -> None:
        """Tell what opening a data set, its settings included, brought to light; follow what is found later."""
        self._raw_data.follow(self._controller.session)
        self._notes = OpeningNotes(self._live_notes)
        self.tell_place()
        if problems:
            notify(" ".join(problems), "warning")
        problem = opengl_problem()
        if problem is not None:
            notify(problem)

    def tell_place(self) -> None:
        """Tell what there is to know of the channel group and clustering that are open now."""
        session = self._controller.session
        self._missing = session.model.missing
        self._tell(session)

    def _tell(self, session: Session) -> None:
        reopen = partial(QTimer.singleShot, FADED_MS, self.reopening_requested.emit)  # once the notification is gone
        take_over = partial(QTimer.singleShot, FADED_MS, self.take_over_requested.emit)
        self._notes.tell(session, self._controller, self._raw_data.ask, reopen, take_over)

    def tell_closed(self) -> None:
        """Take back what was said of a data set that is let go of."""
        self._raw_data.follow(None)
        take_back(self._notes.said, referent(self._window))

    def _on_raw_data_found(self) -> None:
        """Show what raw data show, and take back that they are missing."""
        session = self._controller.session
        if session is None or self._binding.is_empty:
            return
        model = session.model
        take_back([sentence for sentence in self._missing if sentence not in model.missing], referent(self._window))
        self._missing = model.missing
        self._binding.show_raw()
        if model.traces is not None:
            self._controller.say_soon(messages.located(path.name for path in model.raw_places.values()))
        for sentence in model.missing:
            if any(name in sentence for name in model.missing_raw):
                notify(sentence, "warning", [(LOCATE, self._raw_data.ask)])
                self._notes.said.add(sentence)
        self._tell(session)

    def _on_file_changed(self) -> None:
        """Tell what another program did to the file, and what can be done about it."""
        controller = self._controller
        session = controller.session

        def choices() -> Sequence[Choice]:
            if session.store.is_gone or not session.store.is_outdated:
                return ()
            if session.is_dirty:
                return ((SAVE_COPY, controller.save_copy),)
            # Once the notification is gone, which takes the focus as it fades.
            return ((messages.OPEN_AGAIN, partial(QTimer.singleShot, FADED_MS, self.open_again_requested.emit)),)

        self._live_notes.show(LiveNote(lambda: session.store.file_trouble, choices))
