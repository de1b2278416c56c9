"""What the drop-down and the ⋯ menu of Clusters do: switch, copy, rename, delete and reset clusterings; groups."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, cast
from weakref import ref

from qtpy.QtCore import QObject, Signal
from qtpy.QtGui import QAction
from qtpy.QtWidgets import QMainWindow

from napari_phy.actions import messages
from napari_phy.core.errors import ClusteringError, NapariPhyError
from napari_phy.formats.kwik.clustering_edits import checked_name
from napari_phy.session.changes import Change
from napari_phy.session.session import Session
from napari_phy.widgets.actions.background_work import Job
from napari_phy.widgets.actions.groups_dialog import GroupsDialog
from napari_phy.widgets.base.form_dialog import FormDialog
from napari_phy.widgets.base.small_dialogs import Words
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.lists.clustering_picker import Place
from napari_phy.widgets.lists.clusters_panel import ClustersPanel
from napari_phy.widgets.window.action_controller import ActionController

logger = logging.getLogger(__name__)

ORIGINAL, MAIN = "original", "main"


class ClusteringController(QObject):
    """Asks, does, and says in the status bar what was done.

    Parameters
    ----------
    window : QMainWindow
        Parent of dialogs.
    controller : ActionController
        Has the session and the status bar.
    theme : callable
        Returns the theme in force.
    """

    compare_requested = Signal()

    def __init__(
        self, window: QMainWindow, controller: ActionController, theme: Callable[[], Tokens], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._controller = controller
        self._theme = theme

    def set_up(self, panel: ClustersPanel) -> None:
        """Give a Clusters panel its entries."""
        panel.picker.chosen.connect(self.switch)
        menu = panel.header.more_menu
        menu.addSeparator()
        entries: list[tuple[QAction, Callable[[Any], bool]]] = []
        choices: tuple[tuple[str, Callable[[], object], Callable[[Any], bool]] | None, ...] = (
            ("Copy clustering…", self.copy, _can_change),
            ("Rename clustering…", self.rename, _can_rename),
            ("Delete clustering…", self.delete, _can_delete),
            ("Reset to original", self.reset, _can_reset),
            ("Compare…", self.compare_requested.emit, lambda _session: True),
            None,
            ("Groups…", self.edit_groups, _can_edit),
        )
        for choice in choices:
            if choice is None:
                menu.addSeparator()
                continue
            text, act, can_do = choice
            entry = menu.addAction(text)
            entry.triggered.connect(lambda *_, act=act: act())
            entries.append((entry, can_do))

        def show_what_can_be_done() -> None:
            session = self._controller.session
            for entry, can_do in entries:
                entry.setEnabled(session is not None and can_do(session))

        menu.aboutToShow.connect(show_what_can_be_done)

    # --- clusterings ---

    def switch(self, place: Place) -> None:
        """Go to another channel group or clustering."""
        session = self._controller.session
        words = messages.opening(messages.place(place.channel_group, place.clustering or MAIN))
        self._do(lambda: session.beginning_to_switch(place.channel_group, place.clustering), words)

    def go_to_shank(self, step: int) -> None:
        """Go on by so many channel groups of the file, past those that cannot be opened, and round at the end."""
        model = self._controller.session.model
        groups = [one for one in model.channel_groups if one == model.channel_group or model.count_spikes(one)]
        following = groups[(groups.index(model.channel_group) + step) % len(groups)]
        self.switch(Place(following, None))

    def copy(self) -> None:
        """Ask for a name, and copy the clustering that is open, as it is shown."""
        session = self._controller.session
        name = session.model.clustering
        words = Words(
            "Copy clustering",
            f"Copy {_place(session)} under the name",
            f"It is written into {session.name} as it is shown, unsaved edits included.",
            "Copy",
        )
        proposed = _free_name(f"{name}-copy", session.clusterings)
        copy = self._ask_name(words, proposed, partial(_problem, session))
        if copy:
            done = messages.clustering_copied(name, copy)
            self._do(lambda: session.beginning_to_copy(name, copy), f"Copying {name}…", lambda: done)

    def rename(self) -> None:
        """Ask for a name, and rename the clustering that is open."""
        session = self._controller.session
        name = session.model.clustering
        explanation = "Other programs look for main." if name == MAIN else ""
        words = Words("Rename clustering", f"Rename {_place(session)} to", explanation, "Rename")
        new = self._ask_name(words, name, lambda new: "" if new == name else _problem(session, new))
        if new and new != name:
            done = messages.clustering_renamed(name, new)
            self._do(lambda: session.beginning_to_rename(name, new), f"Renaming {name}…", lambda: done)

    def delete(self) -> None:
        """Ask which clustering, and delete it; from the one that is open go to another first."""
        session = self._controller.session
        model = session.model
        choices = [clustering for clustering in session.clusterings if clustering != ORIGINAL]
        chosen = next((clustering for clustering in choices if clustering not in (MAIN, model.clustering)), choices[0])
        proposed = model.clustering if model.clustering not in (ORIGINAL, MAIN) else chosen

        def choose(clustering: Annotated[str, {"choices": choices, "label": "Clustering"}] = proposed) -> str:
            return clustering

        words = Words(
            "Delete clustering",
            f"Delete a clustering of shank {model.channel_group} from {session.name}?",
            "Its clusters, groups and labels are lost; unsaved edits of it are set aside. This cannot be undone.",
            "Delete",
        )
        dialog = FormDialog(words, choose, self._theme(), self._window(), is_destructive=True)
        if not dialog.ask():
            return
        name = dialog.answer

        def delete() -> None:
            done = messages.clustering_deleted(name)
            self._do(lambda: session.beginning_to_delete(name), f"Deleting {name}…", lambda: done)

        if name != model.clustering:
            delete()
            return
        others = [clustering for clustering in choices if clustering != name] or [ORIGINAL]
        other = MAIN if MAIN in others else others[0]
        opening = messages.opening(messages.place(model.channel_group, other))
        self._do(lambda: session.beginning_to_switch(clustering=other), opening, and_then=delete)

    def reset(self) -> None:
        """Make the clustering that is open what "original" is, by an edit; one that cannot be opened in the file."""
        session = self._controller.session
        name, model = _to_reset(session), session.model
        is_open = name == model.clustering
        then = self._controller.edited.emit if is_open else partial(self.switch, Place(model.channel_group, name))
        self._do(lambda: session.beginning_to_reset(name), f"Resetting {name}…", and_then=then)

    def edit_groups(self) -> None:
        """Show the user's own groups."""
        dialog = GroupsDialog(self._controller.session, self._theme(), self._window())
        dialog.exec()
        dialog.deleteLater()
        self._controller.edited.emit()

    def _ask_name(self, words: Words, proposed: str, problem: Callable[[str], str]) -> str | None:
        """Ask for the name of a clustering; return None if that was cancelled."""

        def choose(name: Annotated[str, {"label": "Name"}] = proposed) -> str:
            return name.strip()

        def check(name: str) -> str | None:
            return problem(name.strip()) if name.strip() else None

        dialog = FormDialog(words, choose, self._theme(), self._window(), problem=check)
        dialog.ask()
        return cast("str | None", dialog.answer)

    def _do(
        self,
        begin: Callable[[], Change | None],
        words: str,
        sentence: Callable[[], str] | None = None,
        and_then: Callable[[], None] | None = None,
    ) -> None:
        """Change what is open, or the file, in the background; say what was done, or why not."""
        if not self._controller.is_free():
            return
        session = self._controller.session
        try:
            change = begin()
        except NapariPhyError as error:
            self._tell(error)
            return
        if change is None:
            return

        def done(_: None) -> None:
            try:
                change.finish()
            except NapariPhyError as error:
                self._tell(error)
                return
            if session is self._controller.session:
                if sentence is not None:
                    self._controller.report(sentence())
                if and_then is not None:
                    and_then()

        def failed(error: Exception) -> None:
            change.drop()
            self._tell(error)

        def cancel() -> None:
            change.drop()
            self._controller.report(messages.cancelled(words))

        self._controller.work.begin(Job(words, change.work, done, failed, cancel if change.can_be_cancelled else None))

    def _tell(self, error: Exception) -> None:
        if isinstance(error, ClusteringError):
            self._controller.say(str(error))
        elif isinstance(error, NapariPhyError):
            self._controller.complain(str(error))
        else:
            logger.error("The clustering could not be changed.", exc_info=error)
            self._controller.complain(messages.action_failed("The change", error))


def _place(session: Session) -> str:
    return messages.place(session.model.channel_group, session.model.clustering)


def _can_edit(session: Session) -> bool:
    return not session.store.read_only


def _can_change(session: Session) -> bool:
    """Tell whether the file holds clusterings and can be written; that of "original" cannot be saved, but copied."""
    return bool(session.clusterings) and not session.store.read_only


def _can_rename(session: Session) -> bool:
    return _can_change(session) and session.can_save and session.model.clustering != ORIGINAL


def _can_delete(session: Session) -> bool:
    return _can_change(session) and len(session.clusterings) > 1 and set(session.clusterings) != {MAIN, ORIGINAL}


def _can_reset(session: Session) -> bool:
    name = _to_reset(session)
    can_write = session.can_save if name == session.model.clustering else _can_change(session)
    return can_write and ORIGINAL in session.clusterings and name != ORIGINAL


def _to_reset(session: Session) -> str:
    """Return the clustering that Reset is about: that which is open, or the main that cannot be in its place."""
    model = session.model
    is_lost = model.clustering == ORIGINAL and (model.channel_group, MAIN) in model.unreadable
    return MAIN if is_lost else model.clustering


def _problem(session: Session, name: str) -> str:
    """Return why a clustering cannot have this name, or ""."""
    try:
        name = checked_name(name)
    except ClusteringError as error:
        return str(error)
    return f"There is a clustering {name} already." if name in session.clusterings else ""


def _free_name(name: str, taken: tuple[str, ...]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free
