"""The list of all clusters."""

from collections import Counter
from typing import Any

from napari.viewer import Viewer
from qtpy.QtWidgets import QWidget

from napari_phy.core.cluster_meta import DISCARDED
from napari_phy.views.cluster_table import compute_cluster_table
from napari_phy.views.numbers import format_count
from napari_phy.widgets import messages
from napari_phy.widgets.cluster_columns import CLUSTER_COLUMNS, GROUP_ORDER, rows_of
from napari_phy.widgets.clustering_picker import ClusteringPicker
from napari_phy.widgets.list_panel import ListPanel


class ClustersPanel(ListPanel):
    """Every cluster a row; the rows chosen here are the best ones of the selection."""

    title = "Clusters"
    help_text = (
        "Click a row to look at a cluster; Ctrl+click adds one, Shift+click a range. Click a header word to sort."
    )
    failed = "The list could not be computed."
    columns = CLUSTER_COLUMNS
    sort_key = "spikes"

    def __init__(self, session: Any = None, *, viewer: Viewer | None = None, parent: QWidget | None = None) -> None:
        self.picker: ClusteringPicker | None = None
        super().__init__(None, viewer=viewer, parent=parent)
        self.picker = ClusteringPicker()
        self.picker.offered_changed.connect(lambda offered: self.header.offer(self.picker, offered))
        self.header.add_drop_down(self.picker)
        self.set_session(session)

    def set_session(self, session: Any) -> None:
        """Follow another session, the same after it was switched, or none."""
        super().set_session(session)
        if self.picker is not None:
            self.picker.follow(session)

    @property
    def cluster_ids(self) -> list[int]:
        """All clusters in the order shown."""
        return self.list.cluster_model.cluster_ids

    def refresh(self) -> None:
        """Show the rows of all clusters."""
        self.list.cluster_model.set_rows(rows_of(compute_cluster_table(self.session, reads=self.may_read)))
        if self.cluster_ids:
            self.show_list()
        else:
            self.tell(messages.NO_CLUSTERS)
        self.show_clusters()
        self.ask_amplitudes()

    def on_update(self, update: Any) -> None:
        """Remove, insert and change the rows that an edit touched, and no others."""
        manager, model = self.session.manager, self.list.cluster_model
        touched = {*update.added, *update.deleted, *(change.cluster_id for change in update.metadata_changed)}
        shown = sorted(c for c in touched if c in manager and manager.group(c) != DISCARDED)
        model.remove(touched.difference(shown))
        if shown:
            model.put(rows_of(compute_cluster_table(self.session, shown, reads=self.may_read)))
        self.show_clusters()
        self.ask_amplitudes()

    def show_clusters(self) -> None:
        """Select the rows of the best clusters, colour their chips."""
        self._show_chosen(self.session.selection.best)

    def choose(self, clusters: list[int]) -> None:
        """Select what was chosen; what was chosen in Similar belongs to another best."""
        self.session.selection.select(clusters, n_best=max(1, len(clusters)))

    def _show_counts(self) -> None:
        rows = self.list.cluster_model.rows
        if not rows:
            self.count_label.setText("")
            self.side_label.setText("")
            return
        n_spikes = sum(row.n_spikes for row in rows)
        self.count_label.setText(f"{format_count(len(rows), 'cluster')}   ·   {format_count(n_spikes, 'spike')}")
        counts = Counter(row.group for row in rows)
        own = sorted(group for group in counts if group not in GROUP_ORDER)
        groups = [f"{counts[group]} {group}" for group in (*GROUP_ORDER, *own) if counts[group]]
        theme = self.theme
        room = self.width() - theme.text_width(self.count_label.text(), 11) - theme.px(36)
        text = "   ".join(groups)
        if theme.text_width(text, 11) > room:
            text = f"{counts['unsorted']} unsorted"
        self.side_label.setText(text)
        for label in (self.count_label, self.side_label):
            label.setToolTip(", ".join(groups))
