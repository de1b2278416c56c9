"""The list of all clusters."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from napari.viewer import Viewer
from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_phy.actions import messages
from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.core.errors import FilterError, SaveError
from napari_phy.core.sentences import listed
from napari_phy.files.exports import write_table
from napari_phy.query.filter_completion import Completion, complete
from napari_phy.session.session import Session
from napari_phy.table.cluster_table import compute_cluster_table
from napari_phy.table.column import Column
from napari_phy.table.columns import all_columns, find_column
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.valid_periods import valid_time
from napari_phy.widgets.base.choices import switch_action
from napari_phy.widgets.base.notifications import notify
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens, tokens
from napari_phy.widgets.lists.cluster_columns import (
    GROUP_ORDER,
    ListColumn,
    cluster_columns,
    label_columns,
    place_of,
    rows_of,
)
from napari_phy.widgets.lists.clustering_picker import ClusteringPicker
from napari_phy.widgets.lists.filter_line import FilterLine
from napari_phy.widgets.lists.filtered_rows import FilteredRows
from napari_phy.widgets.lists.list_panel import ListPanel

_WORDS = re.compile(r"\w+")


class ClustersPanel(ListPanel):
    """Every cluster a row, or those that a filter lets through; the rows chosen here are the best of the selection.

    Attributes
    ----------
    filtered : Signal
        Other clusters are listed than before.
    """

    filtered = Signal()

    title = "Clusters"
    help_text = (
        "Click a row to look at a cluster; Ctrl+click adds one, Shift+click a range. Click a column header to sort.\n"
        "The arrows go up and down, with Shift they choose a range; a right click has a menu of what can be done.\n"
        "Drag selected rows to move them to a group; a right click on the column headers chooses the columns.\n"
        'Type {filter} and ids, words, or a filter such as group == "unsorted" and 1 < rate < 20: the list, the\n'
        "views of all clusters and the wizard use only clusters that match. Esc clears it.\n"
        "The drop-down goes to other shanks and clusterings, says how many clusters of each are decided, and has a\n"
        "dot where there are unsaved edits; Save saves them, too.\n"
        "⋯ shows the list in groups, whose rows and headings accept dropped rows; a click on a heading folds it,\n"
        "as do ← and → for the group of the best cluster, with Shift for all. ⋯ also saves the list as CSV, makes\n"
        "keys skip noise and MUA, shows discarded clusters, which moving to any group restores, edits your groups,\n"
        "and copies, renames, deletes and resets clusterings."
    )
    failed = "The list could not be computed."
    sort_key = "spikes"

    def __init__(
        self, session: Session | None = None, *, viewer: Viewer | None = None, parent: QWidget | None = None
    ) -> None:
        theme = tokens(viewer)
        self.picker, self.filter_line = ClusteringPicker(theme), FilterLine(theme)
        self.skips = False
        self.valid_only = False
        self.shows_discarded = False
        self.marks_similar = False
        self._all = FilteredRows()
        self._counted: tuple[int, int, Counter[str]] | None = None  # clusters, spikes, clusters by group
        super().__init__(None, viewer=viewer, parent=parent)
        self.picker.offered_changed.connect(lambda offered: self.header.offer(self.picker, offered))
        self.header.add_drop_down(self.picker)
        self.filter_line.asked.connect(self.set_filter)
        self.filter_line.left.connect(lambda: self.list.setFocus(Qt.FocusReason.OtherFocusReason))
        self.filter_line.set_completing(self.complete_filter)
        self._column.insertWidget(0, self.filter_line)
        self.list.cluster_model.rows_changed.connect(self._on_rows_changed)
        self.list.cluster_model.layoutChanged.connect(self._tell_order)
        menu = self.header.more_menu
        self._groups_entry = switch_action(menu, "Show in groups", False, self.set_groups)
        self.list.header_entries = [self._groups_entry]
        self.list.groups_folded.connect(self._on_groups_folded)
        self._discarded_entry = switch_action(menu, "Show discarded clusters", False, self.show_discarded)
        self._skip_entry = switch_action(menu, "Keys skip noise and MUA", self.skips, self.set_skips)
        self._valid_entry = switch_action(menu, "Metrics from valid periods only", False, self.set_valid_only)
        menu.addAction("Save the list as CSV…").triggered.connect(lambda *_: self.ask_table())
        self.offer_pictures()
        self.set_session(session)

    def set_session(self, session: Session | None) -> None:
        """Follow another session, the same after it was switched, or none."""
        super().set_session(session)
        if session is not None:
            self._links.connect(session.listed.changed, self._on_listed)
            self._links.connect(session.listed.wanted_changed, self._on_columns_chosen)
        self.picker.follow(session)

    def follow_range(self) -> None:
        """Say again of which times the spikes are that views use."""
        self._show_counts()

    @property
    def cluster_ids(self) -> list[int]:
        """The clusters that are listed, in the order shown."""
        return self.list.cluster_model.cluster_ids

    def columns(self) -> tuple[ListColumn, ...]:
        """Return those of all clusters, and one for each field of labels."""
        if self.session is None:
            return cluster_columns()
        labels = {field: values.values() for field, values in self.session.manager.cluster_labels.items()}
        return (*cluster_columns(), *label_columns(labels))

    def explanation(self) -> str:
        """Return what is seen here, and what the columns of packages are."""
        added = [f"{column.title}: {column.tip}." for column in all_columns() if column.is_of_package]
        return "\n".join((super().explanation(), *added))

    def refresh(self) -> None:
        """Show the rows of all clusters that the filter lets through."""
        clusters = self.required_session.manager.cluster_ids.tolist() if self.shows_discarded else None
        self._all.start(
            rows_of(compute_cluster_table(self.required_session, clusters, reads=self.may_read)), self.required_session
        )
        self._show_labels()
        self.list.cluster_model.set_rows(self._all.rows_of(self.required_session.listed.clusters))
        self._judge_again()
        if len(self._all):
            self.show_list()
        else:
            self.tell(messages.NO_CLUSTERS)
        self.show_clusters()
        self.ask_values()

    def on_update(self, update: Any) -> None:
        """Remove, insert and change the rows that an edit touched or that the filter sees otherwise now."""
        manager = self.required_session.manager
        touched = {*update.added, *update.deleted, *(change.cluster_id for change in update.metadata_changed)}
        shown = sorted(c for c in touched if c in manager and (self.shows_discarded or manager.group(c) != DISCARDED))
        rows = rows_of(compute_cluster_table(self.required_session, shown, reads=self.may_read)) if shown else []
        self._all.change(rows, touched.difference(shown))
        self._show_labels()
        self._show_rows(touched)
        self.show_clusters()
        self.ask_values()

    def show_clusters(self) -> None:
        """Select the rows of the best clusters, colour their chips; those of similar ones where no other list does."""
        selection = self.required_session.selection
        self._show_chosen(selection.clusters if self.marks_similar else selection.best)

    def set_marks_similar(self, marks: bool) -> None:
        """Mark similar clusters, too, or leave them to the list of similar ones."""
        if marks != self.marks_similar:
            self.marks_similar = marks
            if self.session is not None:
                self.show_clusters()

    def choose(self, clusters: list[int]) -> None:
        """Select what was chosen; what was chosen in Similar belongs to another best."""
        self.required_session.selection.select(clusters, n_best=max(1, len(clusters)))

    def _on_rows_changed(self, _rows: object) -> None:
        self._counted = None
        self._tell_order()

    def _tell_order(self, *_: object) -> None:
        if self.session is not None:
            self.session.listed.order = tuple(self.cluster_ids)

    def _show_labels(self) -> None:
        """Have a column for each field of labels."""
        self.list.cluster_model.set_columns(self.columns())

    # --- the filter ---

    def set_filter(self, text: str) -> None:
        """List only the clusters for which a filter holds, all for ""; below one that says nothing stands why."""
        if self.session is None:
            return
        try:
            self.filter(text)
        except FilterError as error:
            self.filter_line.show_problem(str(error) + (f" {messages.UNCHANGED}" if error.column is not None else ""))

    def filter(self, text: str) -> None:
        """List only the clusters for which a filter holds, all for "".

        Raises
        ------
        FilterError
            It says nothing; nothing was changed.
        """
        session, text, hidden = self.required_session, text.strip(), self._hidden
        clusters = self._all.matching(text)
        self.filter_line.show_problem("")
        if clusters is None:
            session.listed.show_all()
        else:
            session.listed.show(text, clusters)
        if self._hidden and self._hidden != hidden:
            self.said.emit(messages.hidden_by_filter(self._hidden))
        elif hidden and not self._hidden:
            self.said.emit("")

    def _show_rows(self, touched: Iterable[int]) -> None:
        """Show some rows as they are now, as far as the filter still lets them through."""
        self._judge_again()
        rows = self._all.rows_of(cluster for cluster in touched if cluster in self.required_session.listed)
        self.list.cluster_model.change(rows, set(touched).difference(row.cluster_id for row in rows))

    def _judge_again(self) -> None:
        """Let the filter judge the rows as they are now."""
        listed = self.required_session.listed
        try:
            clusters = self._all.matching(listed.text)
        except FilterError as error:  # values have come that it cannot reckon with
            self.filter_line.show_problem(str(error))
        else:
            if clusters is not None:
                listed.show(listed.text, clusters)

    @safe_slot
    def _on_listed(self) -> None:
        """Show what is listed now, wherever that was decided."""
        listed = self.required_session.listed
        self.filter_line.show_text(listed.text)
        self.list.empty_words = messages.NO_MATCH if listed.text else ""
        self.list.cluster_model.set_rows(self._all.rows_of(listed.clusters))
        self.show_clusters()
        self.ask_values()
        self.filtered.emit()

    @property
    def _hidden(self) -> list[int]:
        """The best clusters that the filter does not let through; similar ones are seen in Similar."""
        session = self.required_session
        return [cluster for cluster in session.selection.best if cluster not in session.listed]

    def asks_for(self, column: Column) -> bool:
        """Return whether the filter names a column, or a view is coloured by it."""
        listed = self.required_session.listed
        return column.key in listed.wanted or not set(_WORDS.findall(listed.text)).isdisjoint(column.names)

    def complete_filter(self, text: str) -> Completion:
        """Return how the last word of a filter can go on."""
        if self.session is None:
            return Completion(len(text), ())
        return complete(text, tuple(self._all.columns), self._all.texts_of)

    @safe_slot
    def _on_values(self, key: str, values: dict[int, float]) -> None:
        """Take values that are known now; the filter may see clusters otherwise."""
        self._all.set_values(key, values)
        self._show_rows(values)
        self.show_clusters()
        if key in self.required_session.listed.wanted:
            self.required_session.listed.values_known.emit()

    def clusters_without(self, key: str) -> Iterable[int]:
        """Return all such clusters, not only those listed: a filter may ask for it."""
        if find_column(key).is_relative:
            return self._all.clusters
        return self._all.without(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc clears the filter; all other keys go their way."""
        is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.key() == Qt.Key.Key_Escape and is_plain and self.filter_line.text:
            self.filter_line.clear()
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- what else the menu offers ---

    @property
    def walked_ids(self) -> list[int]:
        """The clusters that keys go through, in the order shown: none that are folded away or skipped, but the best."""
        model, clusters = self.list.cluster_model, self.cluster_ids
        if self.session is None or not (self.skips or model.folded):
            return clusters
        best, skipped = self.session.selection.best, ("noise", "mua", DISCARDED) if self.skips else ()
        groups = self.session.manager.groups_of(clusters)
        pairs = zip(clusters, groups, strict=True)
        return [c for c, group in pairs if c in best or not (group in skipped or model.is_away(c))]

    def set_skips(self, skips: bool) -> None:
        """Have keys pass over noise and MUA, or not."""
        self.skips = skips
        self._skip_entry.setChecked(skips)
        self.options_changed.emit()

    def show_discarded(self, shows: bool) -> None:
        """List discarded clusters, too, from which they can be moved to a group again, or leave them out."""
        self.shows_discarded = shows
        self._discarded_entry.setChecked(shows)
        if self.session is not None:
            self.refresh()

    def set_valid_only(self, valid_only: bool) -> None:
        """Make metrics of the times in which each cluster is steady, or of all."""
        self.valid_only = valid_only
        self._valid_entry.setChecked(valid_only)
        if self.session is not None:
            valid_time(self.session).use(valid_only)
        self.options_changed.emit()

    def follow_valid_time(self) -> None:
        valid_time(self.required_session).use(self.valid_only)
        super().follow_valid_time()

    @safe_slot
    def _on_valid_time(self) -> None:
        self.valid_only = valid_time(self.required_session).is_used
        self._valid_entry.setChecked(self.valid_only)
        super()._on_valid_time()

    def set_groups(self, in_groups: bool) -> None:
        """Put the rows under headings of their groups, or have one list."""
        self.list.show_groups(in_groups, self.list.cluster_model.folded)

    def _on_groups_folded(self) -> None:
        self._groups_entry.setChecked(self.list.cluster_model.in_groups)
        self.options_changed.emit()

    def options(self) -> dict[str, Any]:
        """Return what was chosen in this list, {setting: plain value}."""
        model = self.list.cluster_model
        return {
            **super().options(),
            "skips": self.skips,
            "valid_only": self.valid_only,
            "in_groups": model.in_groups,
            "folded": sorted(model.folded),
        }

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Choose in this list; values that cannot be are left out."""
        super().set_options(options)
        if isinstance(options.get("skips"), bool):
            self.set_skips(options["skips"])
        if isinstance(options.get("valid_only"), bool):
            self.set_valid_only(options["valid_only"])
        folded, in_groups = options.get("folded"), options.get("in_groups")
        if isinstance(folded, list) and all(isinstance(group, str) for group in folded):
            self.list.show_groups(self.list.cluster_model.in_groups, folded)
        if isinstance(in_groups, bool):
            self.set_groups(in_groups)

    def ask_table(self) -> None:
        """Ask for a name, and write what is listed as comma-separated values."""
        session = self.session
        if session is None:
            return
        file = session.model.path
        name = str(file.with_name(f"{file.stem}-clusters.csv"))
        path, _ = QFileDialog.getSaveFileName(self, "Save the list", name, "Comma-separated values (*.csv)")
        if path:
            try:
                self.save_table(Path(path if Path(path).suffix else f"{path}.csv"))
            except SaveError as error:
                notify(str(error), "error")

    def save_table(self, path: Path) -> None:
        """Write what is listed, in its order, with all columns and labels; raises SaveError."""
        write_table(path, *self._all.table_of(self.cluster_ids))
        self.said.emit(f"Saved {format_count(len(self.cluster_ids), 'cluster')} to {path.name}.")

    # --- the count line ---

    def _show_counts(self) -> None:
        if self.session is None or not len(self._all):
            self.count_label.setText("")
            self.side_label.setText("")
            return
        if self._counted is None:
            rows, place = self.list.cluster_model.rows, place_of("spikes")
            self._counted = (
                len(rows),
                round(sum(row.values[place] for row in rows)),
                Counter(row.group for row in rows),
            )
        n_listed, n_of_spikes, counts = self._counted
        n_all = format_count(len(self._all), "cluster")
        is_filtered = self.session.listed.clusters is not None
        few = f"{format_number(n_listed)} of {n_all}" if is_filtered else n_all
        spikes = messages.spikes_of_whole(n_of_spikes, self.session.time.range_s)
        words = few if is_filtered else f"{n_all}   ·   {spikes}"
        own = sorted(group for group in counts if group not in GROUP_ORDER)
        standard = [f"{counts[group]} {group}" for group in GROUP_ORDER if counts[group]]
        groups = [*standard, *(f"{counts[group]} {group}" for group in own)]
        n_own = sum(counts[group] for group in own)
        short = [*standard, *([f"{n_own} other"] if n_own else [])]
        if hidden := self._hidden:
            texts = [messages.hidden_by_filter(hidden).rstrip("."), f"{listed(hidden, 3)} hidden"]
        else:
            texts = ["   ".join(groups), "   ".join(short), " ".join(short)]
        self._write_counts(*((words, text) for text in texts), (few, texts[-1]), ("", texts[-1]))
        self.side_label.setStyleSheet(f"color: {self.theme.warning};" if hidden else "")
        for label in (self.count_label, self.side_label):
            label.setToolTip(plain(", ".join(groups)))

    def apply_theme(self, theme: Tokens) -> None:
        super().apply_theme(theme)
        self.filter_line.apply_theme(theme)
        self.picker.theme = theme
