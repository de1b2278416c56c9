"""Proposals: edits that are proposed, to be accepted or rejected, and what the selected clusters would be as one."""

from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QSize, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_phy.actions import messages
from napari_phy.actions.reviewing import (
    left_words,
    listed_proposals,
    look_at,
    look_at_first,
    looked_at,
    member_of,
    point_at_member,
)
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.progress import OnProgress
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.views.correlograms import CorrelogramSettings
from napari_phy.views.merge_preview import (
    MergePreview,
    PreviewRequest,
    compute_merge_preview,
    preview_layout,
    preview_read_out,
)
from napari_phy.views.proposals import Proposal, ProposalsSettings
from napari_phy.views.settings import SettingsController
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.message_page import Button
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.preview_painter import paint_preview
from napari_phy.widgets.docks.proposals_page import ProposalsPage
from napari_phy.widgets.panels.painted_panel import PaintedPanel

ACTIONS = ("accept_proposal", "reject_proposal", "take_out", "find_proposals")
MOST_PREVIEWED = 64  # clusters
JSON = "JSON (*.json)"


class ProposalsPanel(PaintedPanel):
    """Follows the proposals of a session; a button asks for an action, and whoever docked the panel does it."""

    title = "Proposals"
    subject = "what is proposed"
    working = "Counting spike pairs…"
    failed = "The preview could not be computed."
    needs_features = True
    all_times, has_times = True, False
    has_legend = has_caption = has_freeze = False
    settings_type = ProposalsSettings
    help_text = (
        "Edits that are proposed, the surest first: clusters to merge, clusters that may be noise, clusters to split.\n"
        "Up, Down or a click look at one: its clusters are selected, and of a split the spikes that it splits off.\n"
        "{accept_proposal} does it, as an edit that {undo} takes back; {reject_proposal} rejects it for good.\n"
        "What was rejected is proposed again once one of its clusters changes. The drop-down lists one kind, or those\n"
        "that were rejected. In a group of three or more, Left, Right or a click point at a cluster, and {take_out}\n"
        "takes it out. Settings… has what is sought; Find again looks anew.\n"
        "Below is what the selected clusters would be as one, proposed or not: bars are the correlogram of all, lines\n"
        "those of each; refractory violations before → after; amplitudes of all upon each other."
    )

    action_requested = Signal(str)

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._bindings = key_bindings()
        self._has_problem = False  # that is told in the place of the list
        self._waits_for_features = False
        super().__init__(session, **options)
        self._bindings.changed.connect(self._on_changed)

    def make_controls(self) -> None:
        super().make_controls()
        self.setting_controls.add_drop_down("shown", "Which proposals are listed")
        menu = self.header.more_menu
        menu.addAction("Import merge groups…").triggered.connect(lambda *_: self.ask_import())
        menu.addAction("Export merge groups…").triggered.connect(lambda *_: self.ask_export(as_curation=False))
        menu.addAction("Export all as a curation…").triggered.connect(lambda *_: self.ask_export(as_curation=True))
        menu.addSeparator()

    def make_content(self) -> QWidget:
        self.page = ProposalsPage(self.action_requested.emit, ACTIONS)
        self.table = self.page.table
        self.table.chosen.connect(self._on_chosen)
        self.table.member_chosen.connect(self._on_member_chosen)
        self.table.member_stepped.connect(self._on_member_stepped)
        self.setFocusProxy(self.page)
        self._search = LatestResult(self, activity=messages.FINDING_PROPOSALS, cancel=self._on_search_cancelled)
        self._search.result_ready.connect(self._on_found)
        self._search.failed.connect(self._on_not_found)
        self._search.progressed.connect(self._on_search_progressed)
        return super().make_content()

    def fill(self, inner: QWidget) -> None:
        """Put the preview, or what is said in its place, below the list."""
        self.page.put_below(inner)
        super().fill(self.page)

    def _settings_of(self, session: Session) -> SettingsController[Any]:
        """Return the same settings for each dock: keys act on what is listed."""
        return session.views[self.title]

    # --- looking for proposals ---

    @property
    def is_searching(self) -> bool:
        """Whether proposals are being looked for."""
        return self._search.wanted is not None

    def look_for(self) -> None:
        """Look for proposals in the background, by the settings; edits and views go on meanwhile."""
        session = self.session
        if session is None or not len(session.manager.cluster_ids):
            return
        self._waits_for_features = session.holds_features
        if self._waits_for_features:
            self._tell_features()
            return
        question: Hashable = (session.opened.proposals, self.settings.computed())
        self._search.ask(question, session.propose)
        cancel = [("Cancel", self._on_search_cancelled)]
        self.page.tell(messages.FINDING_PROPOSALS, buttons=cancel)
        self._has_problem = False

    def begin(self) -> None:
        """Look at the first proposal; look for proposals where that was not done yet."""
        if self.session is None:
            return
        if self.session.proposals.settings is None and not self.session.proposals.n_found:
            self.look_for()
        else:
            look_at_first(self.session)

    def _tell_features(self) -> None:
        """Say that features are read first, or offer to read them where that was cancelled."""
        preparation = self._preparation
        if self._is_preparing:
            self.page.tell(messages.READING_FEATURES, messages.PROPOSALS_COME)
        elif preparation is not None:
            self.page.tell(messages.PROPOSALS_NEED_FEATURES, buttons=[("Read features", preparation.start)])

    def on_prepared(self) -> None:
        super().on_prepared()
        if self._waits_for_features:
            self.look_for()

    @safe_slot
    def _on_search_cancelled(self) -> None:
        self._search.drop()
        self.say(messages.cancelled(messages.FINDING_PROPOSALS))
        self._show_list()

    @safe_slot
    def _on_search_progressed(self, percent: int) -> None:
        self.page.message.go_on(messages.percent_of(messages.FINDING_PROPOSALS, percent), percent)

    @safe_slot
    def _on_found(self, _question: object, found: tuple[Proposal, ...]) -> None:
        self.said.emit(left_words(found) or messages.NOTHING_PROPOSED)
        self._show_list()
        if self.session is not None and self.isVisible():
            look_at_first(self.session)

    @safe_slot
    def _on_not_found(self, _question: object, error: Exception) -> None:
        self._tell_problem(messages.PROPOSALS_FAILED, str(error), ("Try again", self.look_for))

    def _tell_problem(self, headline: str, explanation: str, *buttons: Button) -> None:
        """Say in the place of the list what failed, until that is tried again or left."""
        self._has_problem = True
        self.page.tell(headline, explanation, [*buttons, ("Back", self._leave_problem)], is_error=True)

    def _leave_problem(self) -> None:
        self._has_problem = False
        self._show_list()

    # --- lists of SpikeInterface ---

    def ask_import(self) -> None:
        """Ask for merge groups, or a curation, and list them."""
        session = self.session
        if session is not None:
            path, _ = QFileDialog.getOpenFileName(self, "Merge groups", str(session.model.path.parent), JSON)
            if path:
                self.import_list(Path(path))

    def import_list(self, path: Path) -> None:
        """List the proposals of a file, or say why that cannot be."""
        session = self.required_session

        def read() -> None:
            found = session.proposals.read(path)
            self.choose(shown="all")
            self.said.emit(messages.proposals_read(path.name, len(found)))
            look_at_first(session)

        self._try(read)

    def ask_export(self, *, as_curation: bool) -> None:
        """Ask for a name, and write the merge groups that are left, or all proposals as a curation."""
        session = self.session
        if session is None:
            return
        name = f"{session.model.path.stem}.{'curation' if as_curation else 'merges'}.json"
        path, _ = QFileDialog.getSaveFileName(self, "Export proposals", str(session.model.path.parent / name), JSON)
        if path:
            self.export_list(Path(path).with_suffix(Path(path).suffix or ".json"), as_curation=as_curation)

    def export_list(self, path: Path, *, as_curation: bool) -> None:
        """Write the merge groups that are left, or all proposals as a curation, or say why that cannot be."""
        proposals = self.required_session.proposals

        def write() -> None:
            (proposals.write_curation if as_curation else proposals.write)(path)
            n = sum(as_curation or one.kind == "merge" for one in proposals.shown)
            self.said.emit(messages.proposals_written(path.name, n))

        self._try(write)

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except NapariPhyError as error:
            self._tell_problem(*messages.parted(str(error)))

    # --- request ---

    def leave_session(self) -> None:
        self._search.drop()
        self._has_problem = self._waits_for_features = False
        super().leave_session()

    def on_session(self) -> None:
        session = self.session
        if session is not None:
            self._links.connect(session.proposals.changed, self._on_changed)
            self._links.connect(session.wizard.changed, self._on_changed)
            self._links.connect(session.views["correlograms"].changed, self._on_changed)
        self._show_list()

    def make_request(self) -> PreviewRequest | None:
        session = self.required_session
        if not len(session.manager.cluster_ids):
            return None
        clusters = tuple(one for one in session.selection.clusters if one in session.manager)
        proposal, cut = looked_at(session), session.wizard.cut
        if proposal is not None:
            cut = proposal.cut
        if cut is not None and clusters != (cut.cluster,):
            cut = None
        if cut is None and not 1 < len(clusters) <= MOST_PREVIEWED:
            return None
        look = session.views["correlograms"].value.resolved(self._preference)
        shown = CorrelogramSettings(bin_ms=look.bin_ms, window_ms=look.window_ms, refractory_ms=look.refractory_ms)
        return PreviewRequest(clusters, cut, shown)

    def compute(self, session: SessionLike, request: PreviewRequest, on_progress: OnProgress) -> MergePreview:
        return compute_merge_preview(session, request, on_progress)

    # --- what is shown ---

    def on_settings(self, before: Any, now: Any) -> None:
        """Look for proposals by other settings where that was done by those of before, or list others of them."""
        was_done = self.session is not None and self.session.proposals.settings is not None
        if before.computed() != now.computed() and (was_done or self.is_searching) and self.isVisible():
            self.look_for()
        else:
            self._show_list()
        self.refresh()

    @safe_slot
    def _refresh_now(self) -> None:
        if self.isVisible():
            self._show_list()
        super()._refresh_now()

    def _show_list(self) -> None:
        """List the proposals, or say why there is none."""
        session = self.session
        rows = () if session is None else listed_proposals(session)
        self.table.show_proposals(rows)
        if session is None:
            self.page.tell(*messages.parted(messages.EMPTY_WORKSPACE))
            self._show_looked_at()
            return
        if not (self.is_searching or self._has_problem or self._waits_for_features):  # told until they are over
            self._show_rows(session, rows)
        self._show_looked_at()

    def _show_rows(self, session: Session, rows: Sequence[Proposal]) -> None:
        n_new = 0 if session.proposals.settings is None else session.proposals.n_new
        if not rows:
            self._tell_why_empty(session)
        elif self.settings.shown == "rejected":
            self.page.show_list(f"{format_number(len(rows))} rejected")
        else:
            self.page.show_list(left_words(rows, n_new))

    def _tell_why_empty(self, session: Session) -> None:
        proposals, shown = session.proposals, self.settings.shown
        if not len(session.manager.cluster_ids):
            self.page.tell(*messages.parted(messages.NO_CLUSTERS))
            return
        again = ("Find again", self.look_for)
        if shown == "rejected":
            self.page.tell(messages.NOTHING_REJECTED, buttons=[("Show all", self._show_all)])
        elif shown != "all" and len(proposals):
            self.page.tell(messages.NONE_OF_KIND, buttons=[("Show all", self._show_all)])
        elif proposals.settings is None and not proposals.n_found:
            self.page.tell(*messages.parted(messages.NOT_LOOKED_YET), [("Find proposals", self.look_for)])
        elif proposals.n_found:
            self.page.tell(messages.ALL_PROPOSALS_DECIDED, buttons=[again])
        else:
            settings = ("Settings…", self.show_form)
            self.page.tell(*messages.parted(messages.NOTHING_PROPOSED), [settings, again])

    def _show_all(self) -> None:
        self.choose(shown="all")

    def _show_looked_at(self) -> None:
        """Mark the proposal whose clusters are selected, and tell what can be done with it."""
        session = self.session
        proposal = None if session is None else looked_at(session)
        clusters = () if session is None else session.selection.clusters
        is_group = session is not None and proposal is not None and len(proposal.clusters) > 2
        member = member_of(self.required_session, proposal) if is_group and proposal is not None else None
        self.table.show_looked_at(proposal, {cluster: place for place, cluster in enumerate(clusters)}, member)
        self.page.show_preview(session is not None and self.make_request() is not None)
        for action_id, button in self.page.buttons.items():
            action = self._bindings.action(action_id)
            button.setText("  ".join((action.button_text(session), *action.keys[:1])))
            button.setToolTip(plain(action.tooltip(session)))
            button.setEnabled(action.why_not(session) is None)

    # --- what the user does ---

    @safe_slot
    def _on_chosen(self, proposal: Proposal) -> None:
        look_at(self.required_session, proposal)
        self.refresh()

    @safe_slot
    def _on_member_chosen(self, cluster: int) -> None:
        self.required_session.proposals.member = cluster
        self._show_looked_at()

    @safe_slot
    def _on_member_stepped(self, places: int) -> None:
        point_at_member(self.required_session, places)
        self._show_looked_at()

    @safe_slot
    def _on_changed(self) -> None:
        self.refresh()

    # --- the preview ---

    def apply_theme(self, theme: Tokens) -> None:
        self.page.apply_theme(theme)
        super().apply_theme(theme)

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        paint_preview(painter, self.data, size, theme)

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return how high a bar of the preview is."""
        size, has_amplitudes = self.plot.size(), self.data.has_amplitudes
        layout = preview_layout(size.width(), size.height(), self.theme, has_amplitudes=has_amplitudes)
        return preview_read_out(self.data, layout, x_px, y_px)
