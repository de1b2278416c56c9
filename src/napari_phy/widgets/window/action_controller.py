"""Where actions run: what the table of actions asks of a viewer, and the words that follow an edit."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal
from weakref import ref

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QMainWindow, QMenu, QWidget

from napari_phy.actions import messages
from napari_phy.actions.action import Run, perform, say_if
from napari_phy.actions.action_table import ACTIONS, BY_ID
from napari_phy.core.errors import ClusteringError, NapariPhyError, ReadOnlyError
from napari_phy.session.session import Session
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.views.edit_words import edit_done
from napari_phy.widgets.actions import questions
from napari_phy.widgets.actions.background_work import BackgroundWork, Job
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.actions.groups_dialog import own_groups
from napari_phy.widgets.actions.keys import napari_keys
from napari_phy.widgets.base.application import not_none, referent
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.notifications import SAVE_COPY, Choice, notify, take_back
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.window.data_files import check_file
from napari_phy.widgets.window.status_bar import StatusBar

if TYPE_CHECKING:
    from napari_phy.widgets.help.help_window import KeysWindow

logger = logging.getLogger(__name__)


class ActionController(QObject):
    """Runs actions on the session of one viewer, says in the status bar what happened, saves in the background.

    Parameters
    ----------
    viewer : Viewer
        The viewer whose status bar and title are written.
    window : QMainWindow
        Parent of dialogs.
    theme : callable
        Returns the theme in force.
    listed : callable
        Returns the cluster ids in the order of the Clusters list.
    """

    stretch_requested = Signal(float)
    command_requested = Signal(str)
    filter_requested = Signal()
    wizard_requested = Signal()
    proposals_requested = Signal(bool)  # whether they are to be looked for anew
    classes_requested = Signal()
    recluster_requested = Signal()
    shank_requested = Signal(int)
    edited = Signal()  # an action of the table changed the clustering
    saving_changed = Signal(bool)
    saved = Signal()  # by whomever

    def __init__(
        self,
        viewer: Viewer,
        window: QMainWindow,
        theme: Callable[[], Tokens],
        listed: Callable[[], Sequence[int]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._viewer = ref(viewer)
        self._window = ref(window)
        self._theme = theme
        self._listed = listed
        self._session: Session | None = None
        self._opened: Any = None  # the clustering that was open when the session was set
        self._links = SessionLinks(self)
        self._status = StatusBar(viewer, self)
        self._failed: dict[Literal["edit", "save"], str] = {}  # what was said of the last one that failed
        self._n_unsaved = 0  # before a save that somebody else may have started
        self.work = BackgroundWork(self)
        self._cuts = LatestResult(self)  # where the best cluster may be cut
        self._cuts.result_ready.connect(self._on_cut_known)
        self.bindings = key_bindings()
        self._keys_window: KeysWindow | None = None

    @property
    def session(self) -> Any:
        """The open data set, or None."""
        return self._session

    def set_session(self, session: Session | None) -> None:
        """Follow another session, the same after it was switched, or none."""
        self._links.close()
        self._cuts.drop()
        self._settle("edit", "save")
        left = self._opened if session is not None and session is self._session else None
        n_left = self._n_unsaved
        self._session = session
        self._opened = None if session is None else session.opened
        if session is not None:
            self._links.connect(session.manager.changed, self._on_edited)
            self._links.connect(session.selection.changed, self._on_selected)
            self._links.connect(session.saved, self._on_saved)
            self._links.connect(session.time.range_changed, self._on_range_changed)
            model, table = session.model, compute_cluster_table(session.opened, keys=["spikes"])
            n_clusters, n_spikes = len(table.ids), int(table["spikes"].sum())  # as the list counts them
            self._n_unsaved = session.n_unsaved
            if left is not None:
                place = messages.place(model.channel_group, model.clustering)
                waiting = _waiting(left.model, n_left, model)
                self.report(messages.switched(place, n_clusters, n_spikes) + waiting)
            else:
                self.report(messages.opened(session.name, n_clusters, n_spikes, model.n_channels))
        else:
            self._status.clear()
        self._show_title()

    def is_free(self) -> bool:
        """Return whether nothing slow is being done to the data set; say so if there is."""
        if self.work.job is not None:
            self.say(messages.busy_with(self.work.job.words))
        return self.work.job is None

    # --- what the table of actions asks ---

    def run(self, action_id: str) -> None:
        """Do an action of the table."""
        action = BY_ID[action_id]
        if perform(action, self) and action.is_edit:
            self.edited.emit()

    def listed_clusters(self) -> Sequence[int]:
        """Return the clusters in the order of the Clusters list."""
        return self._listed()

    def say(self, sentence: str) -> None:
        """Put a sentence into the status bar."""
        self._status.say(sentence)

    def report(self, sentence: str) -> None:
        """Say what was done after the selection has followed and said its own."""
        self._status.report(sentence)

    def say_again(self) -> None:
        """Repeat what was done last, if nothing else was said since, as of what is under the mouse."""
        self._status.say_again()

    def complain(self, sentence: str) -> None:
        """Show why an edit failed, until one does not."""
        self._tell_failed("edit", sentence)

    def _tell_failed(
        self, what: Literal["edit", "save"], sentence: str, choices: Sequence[Choice] = (), *, stays: bool = False
    ) -> None:
        self._settle(what)
        self._failed[what] = sentence
        notify(sentence, "error", choices, stays=stays)

    def _settle(self, *what: Literal["edit", "save"]) -> None:
        """Take back that something failed."""
        window = referent(self._window)
        sentences = [self._failed.pop(one) for one in what if one in self._failed]
        if sentences and window is not None:
            take_back(sentences, window)

    def save(self) -> None:
        """Save in the background; edits may go on meanwhile. Where the file is read-only, ask for a copy.

        Edits that wait in other channel groups and clusterings are saved, too.
        A file that is gone has none: the save that fails tells what to do.
        """
        session = not_none(self._session)
        if session.is_dirty and not session.can_save and not session.store.is_gone:
            self.save_copy()
        elif self.is_free():
            self._n_unsaved = session.n_unsaved_in_all
            self._save_in_background(session.save_all, lambda: None)

    def save_savable(self) -> None:
        """Save in the background what can be saved of other channel groups and clusterings, as before closing."""
        session = not_none(self._session)
        if self.is_free():
            self._n_unsaved = sum(session.savable.values())
            self._save_in_background(session.save_savable, lambda: None)

    def save_copy(self, then: Callable[[], object] = lambda: None) -> None:
        """Ask for a name, and save a data set of that name in the background; this one goes on with its own file."""
        session = self._session
        if session is None or not self.is_free():
            return
        path = questions.ask_copy(session, referent(self._window))
        if path:
            words = messages.copy_saved(session.name, path.name)

            def done() -> None:
                self.report(words)
                then()

            self._save_in_background(partial(session.save_copy, path), done)

    def _save_in_background(self, save: Callable[[], None], then: Callable[[], None]) -> None:
        """Save, which the toolbar shows."""

        def done(_: None) -> None:
            self.saving_changed.emit(False)
            self._settle("edit", "save")
            then()

        self.work.begin(Job(messages.SAVING, lambda _: save(), done, self._on_save_failed, in_status_bar=False))
        self.saving_changed.emit(True)

    def ask_label(self) -> None:
        """Ask for a label of the selected clusters."""
        questions.ask_label(not_none(self._session), self._theme(), referent(self._window))
        self.edited.emit()

    def ask_color(self) -> None:
        """Ask for a colour of the selected clusters."""
        questions.ask_color(not_none(self._session), self._theme(), referent(self._window))
        self.edited.emit()

    def ask_discard(self, n_edits: int, n_newer: int) -> bool:
        """Ask whether so many edits shall go, of which some were made since opening."""
        return questions.ask_discard(n_edits, n_newer, self._theme(), referent(self._window))

    def go_to_shank(self, step: int) -> None:
        """Go to the next channel group of the file, the previous one for a step of −1."""
        self.shank_requested.emit(step)

    def filter_list(self) -> None:
        """Go to the filter of the Clusters list."""
        self.filter_requested.emit()

    def stretch(self, factor: float) -> None:
        """Show 1/factor of the time in napari's canvas, with channels as high as before."""
        self.stretch_requested.emit(factor)

    def ask_time(self) -> None:
        """Ask for a moment or a spike, and go there."""
        questions.ask_time(not_none(self._session), self._theme(), referent(self._window))

    def ask_range(self) -> None:
        """Ask for the time range whose spikes views use."""
        questions.ask_range(not_none(self._session), self._theme(), referent(self._window))

    def show_keys(self) -> None:
        """Show the window with all actions."""
        from napari_phy.widgets.help.help_window import KeysWindow

        if self._keys_window is None or not isalive(self._keys_window):
            window = referent(self._window)
            self._keys_window = KeysWindow(
                self.bindings,
                lambda place: napari_keys(referent(self._window), with_layers=place == "canvas"),
                lambda: self._session,
                self.run,
                self.command_requested.emit,
                self._theme(),
                window,
            )
            self._keys_window.center_on(window)
        self._keys_window.show()
        self._keys_window.raise_()
        self._keys_window.activateWindow()

    def once_cut_is_known(self, act: Run, *, is_due: bool) -> None:
        """Do something that depends on the cut of the best cluster, which is looked for in the background first."""
        session = not_none(self._session)
        best = next(iter(session.selection.best), session.wizard.best)
        if not is_due or best is None:
            say_if(self, act(session))
            return
        cuts = session.opened.cuts
        self._cuts.ask((act, best, session.wizard.place), lambda _: cuts(best))

    @property
    def busy(self) -> bool:
        """Whether an action waits for the cut of the best cluster."""
        return self._cuts.wanted is not None

    def _on_cut_known(self, question: Any, _cut: object) -> None:
        act, best, place = question
        session = self._session
        if session is not None and session.wizard.place == place and session.selection.best[:1] == (best,):
            say_if(self, act(session))

    def show_wizard(self) -> None:
        """Show the Wizard dock."""
        self.wizard_requested.emit()

    def show_proposals(self, *, find: bool) -> None:
        """Show the Proposals dock; `find` looks for proposals anew."""
        self.proposals_requested.emit(find)

    def ask_classes(self) -> None:
        """Show the Classes dock, and ask what is to be moved by class."""
        self.classes_requested.emit()

    def ask_recluster(self) -> None:
        """Ask how the selected clusters are to be clustered anew."""
        self.recluster_requested.emit()

    def ask_command(self) -> None:
        """Open the command line."""
        self.command_requested.emit("")

    def make_menu(self, parent: QWidget) -> QMenu:
        """Return a menu of the actions on the selection."""
        menu = QMenu(parent)
        sections = ("Edit", "Move")
        for section in sections:
            if section != sections[0]:
                menu.addSeparator()
            for action in ACTIONS:
                if action.section == section:
                    keys = self.bindings.keys(action.action_id, "panels")
                    entry = menu.addAction(f"{action.button_text(self._session)}\t{', '.join(keys[:1])}")
                    entry.setEnabled(self._session is not None and action.refusal(self._session) is None)
                    entry.triggered.connect(partial(self._run_entry, action.action_id))
        groups = () if self._session is None else own_groups(self._session)
        if groups:
            menu.addSeparator()
        for group in groups:
            entry = menu.addAction(f"Move to {group.name}")
            entry.setEnabled(BY_ID["move_all_good"].refusal(not_none(self._session)) is None)
            entry.triggered.connect(partial(self._move_to, group.name))
        return menu

    def _move_to(self, group: str, *_: object) -> None:
        """Move the selected clusters to a group of the user's own."""
        self.move(not_none(self._session).selection.clusters, group)

    def move(self, clusters: Sequence[int], group: str) -> None:
        """Move clusters to a group, which may be the user's own."""
        try:
            not_none(self._session).move(clusters, group)
        except (ClusteringError, ReadOnlyError) as error:
            self.say(str(error))
        except NapariPhyError as error:
            self.complain(str(error))
        else:
            self.edited.emit()

    def _run_entry(self, action_id: str, *_: object) -> None:
        self.run(action_id)

    # --- following ---

    def _on_edited(self, update: Any) -> None:
        self._settle("edit")
        self.report(edit_done(update, not_none(self._session).manager))
        if self.work.job is None:
            self._n_unsaved = not_none(self._session).n_unsaved
        self._show_title()

    def _on_selected(self) -> None:
        selection, manager = not_none(self._session).selection, not_none(self._session).manager
        n_spikes = sum(manager.n_spikes(cluster) for cluster in selection.clusters if cluster in manager)
        self.say(messages.selection_state(selection.clusters, n_spikes, not_none(self._session).time.range_s))

    def _on_range_changed(self) -> None:
        self.report(messages.times_used(not_none(self._session).time.range_s))

    def _show_title(self) -> None:
        viewer, session = self._viewer(), self._session
        if viewer is not None:
            has_unsaved = session is not None and (session.is_dirty or session.waiting)
            viewer.title = "napari" if session is None else f"{session.name}{'*' if has_unsaved else ''} – napari"

    # --- saving ---

    def _on_saved(self) -> None:
        self._show_title()
        if self._session is not None:
            self.report(messages.saved(self._n_unsaved, self._session.name))
            self._n_unsaved = self._session.n_unsaved
            self.saved.emit()

    def _on_save_failed(self, error: Exception) -> None:
        self.saving_changed.emit(False)
        session = self._session
        self._n_unsaved = 0 if session is None else session.n_unsaved
        if isinstance(error, NapariPhyError):
            is_outdated = session is not None and check_file(session.store).is_outdated
            choices = [(SAVE_COPY, self.save_copy)] if is_outdated else ()
            self._tell_failed("save", str(error), choices, stays=is_outdated)
            return
        logger.error("Saving failed.", exc_info=error)
        if session is not None:
            self._tell_failed("save", messages.save_failed(error, session.n_unsaved))


def _waiting(left: Any, n_unsaved: int, opened: Any) -> str:
    """Return that edits of a clustering that was left wait in its journal; "" for one that was renamed or reset."""
    place = left.channel_group, left.clustering
    stays = left.channel_group != opened.channel_group or left.clustering in opened.clusterings
    if not n_unsaved or not stays or place == (opened.channel_group, opened.clustering):
        return ""
    return f" {messages.edits_wait(n_unsaved, messages.place(*place))}"
