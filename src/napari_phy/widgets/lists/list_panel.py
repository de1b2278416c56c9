"""What both lists of clusters share: the list, its count line, and what is shown instead of a list."""

import logging
import math
import traceback
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from napari.viewer import Viewer
from qtpy.compat import isalive
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QMouseEvent, QResizeEvent
from qtpy.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from napari_phy.actions import messages
from napari_phy.core.group_colors import own_group_colors
from napari_phy.session.session import Session
from napari_phy.table.column import Column
from napari_phy.table.columns import all_columns, column_key, find_column, registry
from napari_phy.table.valid_periods import valid_time
from napari_phy.views.classes import known_reason
from napari_phy.widgets.base.elided_label import ElidedLabel
from napari_phy.widgets.base.figure import Figure, paint_table, table_size
from napari_phy.widgets.base.message_page import Button, MessagePage
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import AXIS_PX, Tokens, tokens
from napari_phy.widgets.lists.cluster_columns import GROUP_ORDER, ColumnReader, ListColumn, place_of
from napari_phy.widgets.lists.filtered_rows import with_value
from napari_phy.widgets.lists.group_drag import RowDrag, drag_words
from napari_phy.widgets.lists.reading_strip import ReadingStrip
from napari_phy.widgets.lists.table import ClusterList
from napari_phy.widgets.panels.panel import Panel

logger = logging.getLogger(__name__)


class ClickLabel(ElidedLabel):
    """A text that can be clicked."""

    clicked = Signal()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


class ListPanel(Panel):
    """Base of Clusters and Similar.

    Parameters
    ----------
    session : Session, optional
        The open data set, or None.
    viewer : Viewer, optional
        The viewer whose theme is followed; None: the theme in napari's settings.
    """

    sort_key = ""
    needs_features = True
    move_requested = Signal(list, str)  # clusters were dragged onto a group

    def __init__(
        self, session: Session | None = None, *, viewer: Viewer | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(viewer, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.list = ClusterList(self.columns(), self.sort_key)
        self.list.setAccessibleName(self.title)
        self.count_label = ElidedLabel()
        self.side_label = ClickLabel()
        self.page = MessagePage()
        self.page.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.list)

        self._counts = QWidget()
        self._counts.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._counts.setObjectName("napari-phy-counts")
        row = self._counts_row = QHBoxLayout(self._counts)
        row.setSpacing(self.theme.px(8))
        row.addWidget(self.count_label)
        row.addWidget(self.side_label, 1)
        self.count_label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.side_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.side_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._column = column
        column.addWidget(self.list, 1)
        column.addWidget(self._counts)
        self.stack = QStackedWidget()
        self._body = body
        self.stack.addWidget(body)
        self.stack.addWidget(self.page)
        self.strip = ReadingStrip()
        whole = QWidget()
        layout = QVBoxLayout(whole)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.stack, 1)
        layout.addWidget(self.strip)
        self.fill(whole)

        self._reader = ColumnReader(self)
        self._reader.known.connect(self._on_values)
        self._reader.failed.connect(self._on_values_failed)
        registry.changed.connect(self._on_columns_changed)
        self.list.chosen.connect(self._on_chosen)
        self._reader.in_sight = self.list.rows_in_sight
        self.list.columns_chosen.connect(self.options_changed)
        self.list.columns_chosen.connect(self._on_columns_chosen)
        self.drag = RowDrag(self.list, self._body)
        self.drag.begun.connect(self._on_drag_begun)
        self.drag.dropped.connect(lambda group: self.move_requested.emit(list(self.list.shown_selection), group))
        self.list.add_columns_menu(self.header.more_menu)
        self._on_theme_changed(self.theme)
        self.set_session(session)

    # --- to be implemented by lists ---

    def columns(self) -> tuple[ListColumn, ...]:
        """Return the columns that it can have."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Show the rows as they are now."""
        raise NotImplementedError

    def show_clusters(self) -> None:
        """Show which rows are selected, and the counts."""
        raise NotImplementedError

    def choose(self, clusters: list[int]) -> None:
        """Tell the session what the user chose here."""
        raise NotImplementedError

    # --- the session ---

    def show_session(self) -> None:
        self._reader.drop()
        self.list.cluster_model.set_rows(())
        self.list.group_colors = {}
        self.list.own_colors = {}
        if self.session is not None:
            self.list.cluster_model.unit = self.session.model.unit
            self.list.cluster_model.reason_of = self._reason_of
            self.follow_valid_time()
            self._links.connect(self.session.class_rules.changed, self._on_class_rules)
        self._start()

    def follow_valid_time(self) -> None:
        """Follow whether metrics are made of valid periods only."""
        self._links.connect(valid_time(self.required_session).changed, self._on_valid_time)

    @safe_slot
    def _on_valid_time(self) -> None:
        self._reader.drop()
        self._start()

    @safe_slot
    def _on_class_rules(self) -> None:
        self._reader.drop()
        self._start()

    def _reason_of(self, cluster: int) -> str:
        session = self.session
        if session is None or cluster not in session.manager:
            return ""
        return known_reason(session, cluster, session.views["classes"].value.rules)

    def follow_selection(self) -> None:
        self.show_clusters()

    def follow_clustering(self, update: Any) -> None:
        self._take_colors()
        self.ask_again()
        self.on_update(update)

    def on_update(self, update: Any) -> None:
        """Change the rows that an edit touched."""
        raise NotImplementedError

    def on_preparing(self) -> None:
        self.show_reading()

    def on_prepared(self) -> None:
        self._start()

    def read_again(self) -> None:
        self._reader.drop()
        self._start()

    # --- the list on paper ---

    def figure(self) -> Figure | None:
        """Return the rows in sight as a figure in the light colours, None where there are none."""
        if self.stack.currentWidget() is not self._body or not self.list.cluster_model.rowCount():
            return None
        paper, size = tokens("light"), table_size(self.list)
        paint = partial(paint_table, table=self.list, theme=paper)
        return Figure(self.title, size, paint, paper, caption=self.count_label.text())

    @safe_slot
    def _on_drag_begun(self) -> None:
        """Offer every group to drop on."""
        names = [*GROUP_ORDER, *(group.name for group in self.required_session.groups)]
        colors = {name: self.list.group_colors.get(name) or self.theme.group_color(name) for name in names}
        self.drag.targets.offer(drag_words(self.list.shown_selection), names, colors, self.theme)

    # --- options ---

    def options(self) -> dict[str, Any]:
        """Return what was chosen in this list, {setting: plain value}."""
        return {"columns": dict(self.list.chosen_columns)}

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Choose in this list; values that cannot be are left out."""
        columns = options.get("columns")
        if isinstance(columns, dict) and all(isinstance(shown, bool) for shown in columns.values()):
            self.list.choose_columns({column_key(name): shown for name, shown in columns.items()})

    @property
    def may_read(self) -> Literal["all", "times", "nothing"]:
        """What rows may be made of now: features are waited for while they are read, and not read after a cancel."""
        if self._preparation is not None and self._preparation.state == "reading":
            return "nothing"
        return "times" if self.required_session.holds_features else "all"

    def show_reading(self) -> None:
        """Tell how far the reading of features is, below the list."""
        self.strip.show_state(self._preparation)

    def set_small(self, small: bool) -> None:
        """Choose the form for small windows."""
        if small != self.list.small:  # called for every dock; a style sheet costs milliseconds
            self.list.apply_theme(self.theme, small)
            self._show_counts()

    def tell(self, headline: str, explanation: str = "") -> None:
        """Show a message instead of the list."""
        self.page.tell(headline, explanation)
        self.show_page()

    def show_list(self) -> None:
        """Show the rows, in the place of the page."""
        self._show(self._body, self.list)

    def show_page(self) -> None:
        """Show what the page says, in the place of the list."""
        self._show(self.page, self.page)

    def _show(self, widget: QWidget, takes_keys: QWidget) -> None:
        """Show one of the two; if the other had the keys, it has them now."""
        had_keys = self.window().focusWidget() in (self.list, self.page)
        self.setFocusProxy(takes_keys)
        self.stack.setCurrentWidget(widget)
        if had_keys:
            takes_keys.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_error(self, error: Exception) -> None:
        """Say what failed and why, and offer to try again."""
        details = "".join(traceback.format_exception(error))
        buttons: list[Button] = [
            ("Try again", self._start),
            ("Copy details", partial(QApplication.clipboard().setText, details)),
        ]
        self.page.tell(self.failed, str(error) or type(error).__name__, buttons, is_error=True)
        self.show_page()

    # --- how it follows ---

    @safe_slot
    def _start(self) -> None:
        if self.session is None:
            self.strip.hide()
            self.tell(messages.EMPTY_WORKSPACE)
        else:
            self._take_colors()
            self.refresh()
            self.show_reading()

    def _take_colors(self) -> None:
        """Take the colours of the user's own groups and of clusters that have one."""
        colors = own_group_colors(self.required_session.groups, self.theme.dark)
        if colors != self.list.group_colors:
            self.list.group_colors = colors
            self.list.viewport().update()
        self.list.own_colors = self.required_session.manager.cluster_colors

    @safe_slot
    def _on_chosen(self, clusters: list[int]) -> None:
        if self.session is not None:
            self.choose(clusters)

    def _show_chosen(self, clusters: Sequence[int]) -> None:
        """Select the rows of clusters; their chips look as their places in the selection say."""
        places = {cluster: place for place, cluster in enumerate(self.required_session.selection.clusters)}
        self.list.cluster_model.set_chips({cluster: places[cluster] for cluster in clusters})
        self.list.show_selection(clusters)
        self._show_counts()

    # --- columns that are computed in the background ---

    def clusters_without(self, key: str) -> Iterable[int]:
        """Return the clusters of which a column is to be computed."""
        place, is_relative = place_of(key), find_column(key).is_relative
        rows = self.list.cluster_model.rows
        return [row.cluster_id for row in rows if is_relative or math.isnan(row.values[place])]

    def ask_values(self) -> None:
        """Compute the columns that rows lack; they appear when they are known."""
        opened, reads_features = self.required_session.opened, self.may_read == "all"
        shown = {one.key for one in self.list.cluster_model.columns if self.list.is_requested(one)}
        self._reader.ask(
            opened,
            {
                column.key: sorted(self.clusters_without(column.key))
                for column in all_columns()
                if column.in_background
                and (column.is_usual or column.key in shown or self.asks_for(column))
                and column.is_in(opened)
                and (reads_features or "features" not in column.needs)
            },
        )

    def asks_for(self, column: Column) -> bool:
        """Return whether a column is needed that is not shown."""
        return False

    def ask_again(self) -> None:
        """Ask anew for what an edit may have changed of clusters that it did not touch."""
        self._reader.ask_again(column.key for column in all_columns() if column.is_relative)

    @safe_slot
    def _on_values(self, key: str, values: dict[int, float]) -> None:
        known = [row for row in self.list.cluster_model.rows if row.cluster_id in values]
        self.list.cluster_model.put(with_value(row, key, values[row.cluster_id]) for row in known)

    @safe_slot
    def _on_values_failed(self, key: str, error: Exception) -> None:
        logger.error("The column %s of %s could not be computed.", key, self.required_session.name, exc_info=error)

    @safe_slot
    def _on_columns_chosen(self) -> None:
        if self.session is not None:
            self.ask_values()

    @safe_slot
    def _on_columns_changed(self) -> None:
        if isalive(self):
            self._reader.drop()
            self.list.cluster_model.set_rows(())
            self.list.cluster_model.set_columns(self.columns())
            self._start()

    def _show_counts(self) -> None:
        """Write the count line, in the form there is room for."""

    def _write_counts(self, *forms: tuple[str, str]) -> None:
        """Write the first of some pairs of words, at the left and at the right, that has room; else the last."""
        margins, px = self._counts_row.contentsMargins(), self.theme.px
        room = self.width() - margins.left() - margins.right() - px(16)
        widths = [sum(self.theme.text_width(text, AXIS_PX) for text in form) for form in forms]
        words, text = next((form for form, width in zip(forms, widths, strict=True) if width <= room), forms[-1])
        self.count_label.setText(words)
        self.side_label.setText(text)

    def apply_theme(self, theme: Tokens) -> None:
        self.setStyleSheet(
            f"#{self.objectName()}, #napari-phy-counts {{ background: {theme.panel}; }}"
            f"#napari-phy-counts QLabel {{ background: transparent; color: {theme.dim};"
            f" font-size: {theme.px(AXIS_PX)}px; padding: 0; }}"
        )
        self._counts.setFixedHeight(theme.px(22))
        self._counts_row.setContentsMargins(theme.px(10), 0, theme.px(10), 0)
        self.page.apply_theme(theme)
        self.strip.apply_theme(theme)
        self.list.apply_theme(theme)
        if self.session is not None:
            self._take_colors()
            self.show_clusters()
        self._show_counts()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the count line in a narrow column."""
        super().resizeEvent(event)
        self._show_counts()

    def sizeHint(self) -> QSize:
        """Prefer the width of all columns."""
        return QSize(434, 400)
