"""The table of Proposals: a row for each edit that is proposed, the surest first."""

from collections.abc import Sequence

from qtpy.QtCore import QRectF, Qt, Signal
from qtpy.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPen
from qtpy.QtWidgets import QStyleOptionViewItem, QWidget

from napari_phy.table.numbers import format_number
from napari_phy.views.proposals import Proposal
from napari_phy.widgets.actions.keys import OWN_KEYS
from napari_phy.widgets.base.painting import CellPainter, Index
from napari_phy.widgets.base.plain_table import CHIP_PX, paint_place
from napari_phy.widgets.docks.stepped_table import LEFT, RIGHT, SteppedTable, TextModel

COLUMNS = (
    ("what", "What is proposed: to merge, to move to noise, or to split", 62),
    ("clusters", "The clusters it is about", 96),
    ("score", "How sure it is, from 0 to 1", 42),
    ("why", "What speaks for it, the strongest first", 0),
)
WHAT, CLUSTERS, SCORE, WHY = range(4)
LEAST_WHY = 60  # px, below which reasons are left to the tooltip
MOST_SHARE = 0.5  # of the width, for the clusters
ID_GAP = 12  # px between two ids


class ProposalModel(TextModel):
    """Proposals, in their order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__([(title, tip) for title, tip, _ in COLUMNS], parent)
        self.proposals: tuple[Proposal, ...] = ()

    def show(self, proposals: Sequence[Proposal]) -> None:
        """List proposals."""
        self.beginResetModel()
        self.proposals = tuple(proposals)
        self.endResetModel()

    def text(self, row: int, column: int) -> str:
        proposal = self.proposals[row]
        if column == WHAT:
            return proposal.kind
        if column == CLUSTERS:
            return ", ".join(map(str, proposal.clusters))
        return format_number(proposal.score, 2) if column == SCORE else "; ".join(proposal.reasons)

    @property
    def n_rows(self) -> int:
        return len(self.proposals)

    def tip(self, row: int, column: int) -> str:
        return "\n".join((self.text(row, CLUSTERS), *self.proposals[row].reasons))

    def alignment(self, column: int) -> Qt.AlignmentFlag:
        return RIGHT if column == SCORE else LEFT


class ProposalDelegate(CellPainter):
    """Paints a cell: fill of the row that is looked at, chips and ids of clusters, words."""

    def __init__(self, view: "ProposalTable") -> None:
        super().__init__(view)
        self._view = view

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        view, theme, row, column = self._view, self._view.theme, index.row(), index.column()
        is_chosen = view.chosen_row == row
        painter.fillRect(option.rect, view.row_color(row, selected=is_chosen))
        rect = QRectF(option.rect)
        if column == CLUSTERS:
            self._paint_clusters(painter, rect, row)
            return
        painter.setFont(view.cell_font(bold=is_chosen and column == WHAT))
        painter.setPen(QColor(theme.dim if column == WHY else theme.text))
        room = rect.adjusted(theme.px(4 if column == WHAT else 6 if column == WHY else 2), 0, -theme.px(5), 0)
        words = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, int(view.proposals.alignment(column)), words)

    def _paint_clusters(self, painter: QPainter, rect: QRectF, row: int) -> None:
        """Paint the ids, those that are selected with their chips, and how many more there are."""
        view, theme = self._view, self._view.theme
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        is_chosen = view.chosen_row == row
        spans, n_more = view.spans(row, rect.width())
        for cluster, left, width in spans:
            box = QRectF(rect.left() + left, rect.top(), width, rect.height())
            place = view.places.get(cluster) if is_chosen else None
            paint_place(painter, box.translated(-theme.px(5), 0), place, theme)
            if is_chosen and cluster == view.member:
                painter.setPen(QPen(theme.color("dim"), 1))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box.adjusted(-2.5, 2.5, 3.5, -2.5), 3, 3)
            painter.setFont(view.cell_font(bold=is_chosen))
            painter.setPen(QColor(theme.text))
            painter.drawText(box, int(RIGHT), str(cluster))
        if n_more:
            painter.setFont(view.cell_font())
            painter.setPen(QColor(theme.dim))
            left = spans[-1][1] + spans[-1][2] + theme.px(ID_GAP) if spans else 0
            painter.drawText(rect.adjusted(left, 0, 0, 0), int(LEFT), f"+{n_more}")


class ProposalTable(SteppedTable):
    """Emits the proposal of the row that the user went to, and the cluster of it that is pointed at.

    Attributes
    ----------
    places : dict of int to int
        Place of each selected cluster in the selection.
    member : int or None
        The cluster of the row that is pointed at, framed.
    """

    chosen = Signal(object)
    member_chosen = Signal(int)
    member_stepped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.proposals = ProposalModel()
        super().__init__(self.proposals, parent)
        self.places: dict[int, int] = {}
        self.member: int | None = None
        self.setProperty(OWN_KEYS, ["Up", "Down", "Left", "Right"])
        self.setItemDelegate(ProposalDelegate(self))
        self.setAccessibleName("Proposals")
        self.apply_theme(self.theme)

    def show_proposals(self, proposals: Sequence[Proposal]) -> None:
        """List proposals."""
        if tuple(proposals) != self.proposals.proposals:
            self.proposals.show(proposals)
            self.fit_columns()

    def show_looked_at(self, proposal: Proposal | None, places: dict[int, int], member: int | None) -> None:
        """Mark the row of a proposal, with the places of its clusters; nobody is told."""
        rows = self.proposals.proposals
        self.places, self.member = places, member
        row = rows.index(proposal) if proposal in rows else None
        if row is None:
            self.chosen_row = None
            self.viewport().update()
        else:
            self.mark(row)

    def choose(self, row: int) -> None:
        super().choose(row)
        self.chosen.emit(self.proposals.proposals[row])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a row, and the cluster of it under the mouse."""
        super().mousePressEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid() and index.column() == CLUSTERS:
            rect = self.visualRect(index)
            spans, _ = self.spans(index.row(), rect.width())
            x = event.position().x() - rect.left()
            found = next((cluster for cluster, left, width in spans if left <= x <= left + width), None)
            if found is not None:
                self.member_chosen.emit(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step by Up and Down, and from cluster to cluster of a group by Left and Right."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or self.chosen_row is None:
            super().keyPressEvent(event)
        else:
            self.member_stepped.emit(step)

    def spans(self, row: int, room: float) -> tuple[list[tuple[int, float, float]], int]:
        """Return (cluster, left, width) in px of the ids that fit into a cell, and how many clusters do not."""
        clusters, theme = self.proposals.proposals[row].clusters, self.theme
        chip, gap = theme.px(CHIP_PX) + theme.px(4), theme.px(ID_GAP)
        spans: list[tuple[int, float, float]] = []
        left = float(theme.px(2))
        for place, cluster in enumerate(clusters):
            width = chip + theme.text_width(str(cluster), bold=True)
            is_last = place == len(clusters) - 1
            if spans and left + width + (0 if is_last else theme.px(24)) > room:
                return spans, len(clusters) - place
            spans.append((cluster, left, width))
            left += width + gap
        return spans, 0

    def fit_columns(self) -> None:
        """Give clusters what the widest row needs, half of the width at most, and reasons the rest."""
        theme, width = self.theme, self.viewport().width()
        widths = [theme.px(one) for _, _, one in COLUMNS]
        rows = range(self.proposals.rowCount())
        needed = (spans[-1][1] + spans[-1][2] for spans, _ in (self.spans(row, 1e9) for row in rows) if spans)
        widths[CLUSTERS] = round(min(max([widths[CLUSTERS], *needed]) + theme.px(8), max(MOST_SHARE * width, 60)))
        rest = width - sum(widths)
        self.setColumnHidden(WHY, rest < theme.px(LEAST_WHY))
        widths[CLUSTERS if rest < theme.px(LEAST_WHY) else WHY] += max(rest, 0)
        for place, one in enumerate(widths):
            self.setColumnWidth(place, one)
