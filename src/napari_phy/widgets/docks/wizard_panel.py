"""Wizard: which two clusters to look at next, why, how far the review is, and the keys that decide."""

from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QWidget

from napari_phy.actions import messages
from napari_phy.core.colors import is_hollow
from napari_phy.core.progress import OnProgress
from napari_phy.session.open_clustering import OpenClustering
from napari_phy.session.session import Session
from napari_phy.table.session_like import SessionLike
from napari_phy.views.wizard_review import (
    WizardData,
    WizardRequest,
    WizardSettings,
    compute_wizard,
    cut_words,
    step_words,
)
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.legend import LegendEntry
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.wizard_page import Named, WizardPage
from napari_phy.widgets.panels.view_panel import ViewPanel

ROWS = (
    ("merge", "split", "next_candidate"),
    ("move_best_good", "move_best_mua", "move_best_noise"),
    ("previous_candidate", "pause_wizard", "reset_wizard"),
)
REVIEW, SHOW_CUT = "review_skipped", "propose_cut"
CAPTIONS = {
    "propose_cut": "Show cut",
    "next_candidate": "Not the same",
    "move_best_good": "Good",
    "move_best_mua": "MUA",
    "move_best_noise": "Noise",
    "previous_candidate": "Back",
}


class WizardPanel(ViewPanel):
    """Follows the wizard of a session; a button asks for an action, and whoever docked the panel does it."""

    title = "Wizard"
    subject = "what the wizard proposes"
    working = "Comparing two clusters…"
    failed = "The two clusters could not be compared."
    needs_features = True
    all_times, has_times = True, False
    has_legend = has_caption = has_freeze = False
    settings_type = WizardSettings
    help_text = (
        "The first undecided cluster and the one most like it, how likely they are one neuron, and why:\n"
        "how alike they are; whether both together respect the refractory time of 2 ms (ok: below 1 %\n"
        "of the intervals, or no more than in one of them alone); their amplitudes; the distance of their centres.\n"
        "Little alike (cosine below 0.5), violated, more than 30 % or 50 µm apart speaks against one neuron.\n"
        "The drop-down orders the clusters. Expected gain: similarity × spikes of the smaller of the two.\n"
        "A pair that is not the same is not proposed again, unless one of the two changes.\n"
        "A cluster that has two clouds is proposed to be split; the cut is shown in Features and Amplitude.\n"
        "A cluster that you leave undecided is skipped, and can be reviewed at the end.\n"
        "The buttons show their keys, which work in all panels. Below are the last edits, and dimmed those that\n"
        "redo would restore."
    )

    action_requested = Signal(str)

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._n_changes = 0
        self._bindings = key_bindings()
        super().__init__(session, **options)
        self._bindings.changed.connect(self._on_keys_changed)

    def make_content(self) -> QWidget:
        self.page = WizardPage(self.action_requested.emit, ROWS, REVIEW, SHOW_CUT)
        return self.page

    def make_controls(self) -> None:
        super().make_controls()
        self.setting_controls.add_drop_down("order", "In which order clusters are proposed", prefix="by")
        self.setting_controls.add_switch("ascending")
        self.setting_controls.add_menu("n_similar")

    def apply_theme(self, theme: Tokens) -> None:
        self.page.apply_theme(theme)
        if self.data is not None:
            self.draw(self.data)

    def on_session(self) -> None:
        if self.session is not None:
            self._links.connect(self.session.wizard.changed, self._on_wizard_changed)
            self._links.connect(self.session.listed.changed, self._on_wizard_changed)
            self._links.connect(self.session.similarities.chosen.changed, self._on_wizard_changed)
            self._links.connect(self.session.similarities.prepared, self._on_wizard_changed)
            self._links.connect(self.session.whole.cuts.found, self._on_wizard_changed)

    def make_request(self) -> WizardRequest | None:
        wizard = self.required_session.wizard
        if self._is_preparing and not wizard.place:
            return None
        best, candidate = self._pair()
        return WizardRequest(
            best=best,
            candidate=candidate,
            is_paused=wizard.is_paused,
            skipped=wizard.skipped,
            done=tuple(step_words(*step) for step in wizard.history),
            undone=tuple(step_words(*step) for step in wizard.undone),
            n_changes=self._n_changes,
            reads_features=not self.required_session.holds_features,
            is_selected=bool(self.required_session.selection.clusters),
            hidden=self._hidden,
            may_be_cut=best is not None and self.required_session.whole.cuts.knows(best) and not wizard.is_one(best),
            reviews_cut=wizard.cut is not None,
        )

    @property
    def _hidden(self) -> frozenset[int]:
        listed = self.required_session.listed.clusters
        return frozenset() if listed is None else frozenset(self.required_session.manager.cluster_ids.tolist()) - listed

    def _pair(self) -> tuple[int | None, int | None]:
        """Return what the wizard proposes; beside a best cluster without a candidate the next one that is selected.

        While nothing is selected nothing is named: what is named is what actions do something to.
        """
        wizard, selected = self.required_session.wizard, self.required_session.selection.clusters
        if not selected:
            return None, None
        best, candidate = wizard.best, wizard.candidate
        if candidate is None and best is not None and selected[:1] == (best,):
            candidate = next(iter(selected[1:]), None)
        alive = self.required_session.manager
        return (best if best in alive else None), (candidate if candidate in alive else None)

    def compute(self, session: SessionLike, request: WizardRequest, on_progress: OnProgress) -> WizardData:
        whole = session.whole
        return compute_wizard(session, request, on_progress, whole.cuts if isinstance(whole, OpenClustering) else None)

    def draw(self, data: WizardData) -> None:
        request = data.request
        if request.best is None:
            self.page.pair.show_parts(Named(_nothing(request)))
        else:
            self.page.pair.show_parts(
                self._named("Best", request.best, 0), self._named("candidate", request.candidate, 1)
            )
        is_cut = request.reviews_cut and data.cut is not None
        self.page.show_cut("" if data.cut is None or is_cut else cut_words(data.cut))
        if is_cut and data.cut is not None:
            keys = [self._bindings.first(action_id) for action_id in ("split", "next_candidate")]
            self.page.show_hint(messages.cut_shown(cut_words(data.cut), data.cut.separation, *keys))
        elif data.reasons is not None:
            self.page.show_reasons(data.reasons.verdict, data.reasons.as_rows(), data.reasons.against)
        elif request.is_paused:
            self.page.show_hint(messages.WIZARD_PAUSED)
        elif not request.is_selected and self.required_session.wizard.place:
            self.page.show_hint(messages.wizard_idle(self._bindings.first("wizard")))
        elif request.best is None:
            self.page.show_hint(messages.NO_MATCH if self.required_session.listed.text else messages.NO_CLUSTERS)
        elif data.progress.is_finished:
            self.page.show_hint(messages.NOTHING_LEFT)
        else:
            self.page.show_hint(self._how_to_compare())
        self.page.show_progress(data.progress)
        self.page.show_steps(request.done, request.undone)

    def _how_to_compare(self) -> str:
        """Return how the best cluster gets a candidate beside it: Similar ranks none without features."""
        if self._is_preparing:
            return messages.CANDIDATE_COMES
        if self.required_session.model.features is None:
            return messages.COMPARE_BY_CLICK
        return messages.no_candidate(self._bindings.first("next_candidate"))

    def _named(self, word: str, cluster: int | None, place: int) -> Named:
        """Return a cluster of the pair in the colour that it has everywhere."""
        if cluster is None:
            return Named(f"{word} –")
        selected = self.required_session.selection.clusters
        place = selected.index(cluster) if cluster in selected else place
        return Named(word, LegendEntry(str(cluster), self.color_of(place), hollow=is_hollow(place)))

    @safe_slot
    def _refresh_now(self) -> None:
        self._show_buttons()
        super()._refresh_now()

    def _show_buttons(self) -> None:
        """Tell what can be done now, by which key; without a selection there is nothing to leave or to pause."""
        captions = CAPTIONS
        reviews_cut = self.session is not None and self.session.wizard.cut is not None
        self.page.exchange(*(("split", "merge") if reviews_cut else ("merge", "split")))
        if reviews_cut:
            captions = CAPTIONS | {"next_candidate": "Not two"}
        elif self.session is None or self._pair()[1] is None:  # nothing that is not the same
            captions = CAPTIONS | {"next_candidate": "Next"}
        unused: set[str] = set()
        if self.session is not None and not self.session.selection.clusters and not self.session.wizard.is_paused:
            unused = {"previous_candidate", "pause_wizard"}
        others = {REVIEW: self.page.review, SHOW_CUT: self.page.show_cut_button}
        for action_id, button in {**self.page.buttons, **others}.items():
            action = self._bindings.action(action_id)
            caption = captions.get(action_id) or action.button_text(self.session)
            button.text = "  ".join((caption.removesuffix(" 2"), *action.keys[:1]))
            button.tooltip = plain(action.tooltip(self.session))
            button.enabled = action_id not in unused and action.why_not(self.session) is None
        self.page.fit_buttons()

    @safe_slot
    def _on_wizard_changed(self) -> None:
        self.refresh()

    def on_clustering(self) -> None:
        self._n_changes += 1
        self.refresh()

    @safe_slot
    def _on_keys_changed(self) -> None:
        self.refresh(again=True)


def _nothing(request: WizardRequest) -> str:
    """Return what stands in the place of a pair."""
    if request.is_paused:
        return "Paused"
    return "Nothing to propose" if request.is_selected else "Nothing selected"
