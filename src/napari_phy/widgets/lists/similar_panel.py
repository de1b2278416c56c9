"""The list of clusters that are like the best one."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QMenu, QWidget

from napari_phy.actions import messages
from napari_phy.session.session import Session
from napari_phy.table.similar_table import compute_similar
from napari_phy.table.similarity_measures import measure_choices
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.actions.keys import OWN_KEYS
from napari_phy.widgets.base.choices import choice_actions
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.lists.cluster_columns import ListColumn, rows_of, similar_columns
from napari_phy.widgets.lists.list_panel import ListPanel

N_SELECTED = (1, 2, 3, 5, 10, 20)
N_AT_ONCE = 500  # clusters that are ranked before the next frame; more of them after it


class SimilarPanel(ListPanel):
    """Candidates for merging with the best cluster; the rows chosen here follow the best in the selection."""

    title = "Similar"
    help_text = (
        "Clusters like the best one, the most alike first. Click a row to compare it; Ctrl+click adds or drops one.\n"
        "{next_candidate} brings the next candidate, {drop_similar} drops what is chosen here.\n"
        "⋯ says what similarity is and selects the most similar ones; drag selected rows to move them to a group.\n"
        "A click on the words at the bottom right hides or shows noise and MUA; a right click has a menu."
    )
    failed = "The similarity could not be computed."
    sort_key = "similar"

    def __init__(
        self, session: Session | None = None, *, viewer: Viewer | None = None, parent: QWidget | None = None
    ) -> None:
        self._best: int | None = None
        self._ranked: int | None = None  # of which best cluster those listed are the candidates
        self._hides = True
        super().__init__(session, viewer=viewer, parent=parent)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._refresh_now)
        self.list.setProperty(OWN_KEYS, ["Up", "Down", "Home", "End"])
        self.side_label.setCursor(Qt.CursorShape.PointingHandCursor)
        self.side_label.setToolTip("Click to show or hide clusters in the groups noise and MUA")
        self.side_label.clicked.connect(lambda: self.set_hiding(not self._hides))

        menu = self.header.more_menu.addMenu("Select the most similar")
        measures = self.header.more_menu.addMenu("Similarity")
        measures.aboutToShow.connect(lambda: self._fill_measures(measures))
        for n in N_SELECTED:
            menu.addAction(f"{n} cluster{'s' if n > 1 else ''}").triggered.connect(partial(self._on_select_entry, n))
        self.offer_pictures()

    def _fill_measures(self, menu: QMenu) -> None:
        menu.clear()
        if self.session is not None:
            chosen = self.session.views["similarity"].measure
            choice_actions(menu, measure_choices(), chosen, self.choose_measure)

    def choose_measure(self, key: str) -> None:
        """Choose what similarity is, here, in Similarity and in the wizard."""
        self.required_session.views["similarity"].measure = key

    def set_session(self, session: Session | None) -> None:
        """Follow another session, the same after it was switched, or none."""
        super().set_session(session)
        if session is not None:
            self._links.connect(session.similarities.chosen.changed, self._on_compared)
            self._links.connect(session.similarities.prepared, self._on_compared)

    @safe_slot
    def _on_compared(self) -> None:
        self._soon.start()

    @safe_slot
    def _on_select_entry(self, n: int, *_: object) -> None:
        self.select_most_similar(n)

    def select_most_similar(self, n: int) -> None:
        """Select the best clusters and the n that are most like the first of them, of those shown here."""
        if self.session is not None:
            rows = sorted(self.list.cluster_model.rows, key=lambda row: row.rank)
            self.choose([row.cluster_id for row in rows[:n]])

    def options(self) -> dict[str, Any]:
        """Return what was chosen in this list, {setting: plain value}."""
        return {**super().options(), "hides": self._hides}

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Choose in this list; values that cannot be are left out."""
        super().set_options(options)
        if isinstance(options.get("hides"), bool):
            self.set_hiding(options["hides"])

    def set_hiding(self, hides: bool) -> None:
        """Leave noise and MUA out, or show them."""
        self._hides = hides
        self.options_changed.emit()
        if self.session is not None:
            self._refresh_now()

    def columns(self) -> tuple[ListColumn, ...]:
        return similar_columns()

    def refresh(self) -> None:
        """Rank the candidates of the best cluster."""
        session = self.required_session
        best = session.selection.best[0] if session.selection.best else None
        self._best = best
        if self.may_read == "nothing":
            preparation = self._preparation
            words = messages.percent_of(messages.READING_FEATURES, preparation.percent)
            self.page.tell(words, buttons=[("Cancel", preparation.cancel)], percent=preparation.percent)
            self.show_page()
            return
        if best is None or best not in session.manager:
            self.list.cluster_model.set_rows(())
            if not len(session.manager.cluster_ids):
                self.tell(messages.NO_CLUSTERS)
                return
            how = messages.how_to_select(key_bindings().first("first_best"))
            self.tell("Select a cluster to see those like it.", how)
            return
        if session.model.features is None:
            missing = next((sentence for sentence in session.model.missing if "similarity" in sentence), "")
            self.tell(missing or "Features are missing: similarity is not available.", messages.REST_WORKS)
            return
        hide_groups = ("noise", "mua") if self._hides else ()
        table = compute_similar(session, best, hide_groups, is_ranked=self.may_read == "all")
        self.list.empty_words = messages.OTHERS_HIDDEN if table.n_hidden else messages.NO_OTHER_CLUSTER
        self.list.cluster_model.set_rows(rows_of(table.rows, table.similarities.tolist()))
        self.show_list()
        self.ask_values()
        self._show_chosen(self.required_session.selection.similar)
        if best != self._ranked:
            self._ranked = best
            self.list.scroll_to_chosen()

    def show_reading(self) -> None:
        """Tell how far the reading of features is in the place of the list, which waits for them."""
        if self.session is not None and self.may_read == "nothing":
            percent = self._preparation.percent
            self.page.go_on(messages.percent_of(messages.READING_FEATURES, percent), percent)
            self.strip.hide()
        else:
            super().show_reading()

    def show_clusters(self) -> None:
        """Follow the selection: other candidates for another best, else only other rows chosen."""
        best = self.required_session.selection.best[0] if self.required_session.selection.best else None
        if best == self._best:
            self._show_chosen(self.required_session.selection.similar)
        elif len(self.required_session.manager.cluster_ids) <= N_AT_ONCE:
            self._refresh_now()
        else:
            self._soon.start()

    def on_update(self, update: Any) -> None:
        """Rank again after an edit."""
        self._soon.start()

    def choose(self, clusters: list[int]) -> None:
        """Select the best clusters and the chosen candidates."""
        best = self.required_session.selection.best
        self.required_session.selection.select([*best, *(c for c in clusters if c not in best)], n_best=len(best))

    @safe_slot
    def _refresh_now(self) -> None:
        if self.session is not None:
            self.refresh()

    def _show_counts(self) -> None:
        if self.session is None or self._best is None:
            self.count_label.setText("")
            self.side_label.setText("")
            return
        n_chosen = len(self.session.selection.similar)
        like = f"like {self._best} {self.session.similarities.words}".rstrip()
        chosen = f"{n_chosen} chosen" if n_chosen else like
        words = f"{like}   ·   {chosen}" if n_chosen else like
        groups = messages.HIDDEN_GROUPS if self._hides else messages.SHOWN_GROUPS
        self._write_counts((words, groups), (chosen, groups), (chosen, groups.replace(" and ", "/")))
