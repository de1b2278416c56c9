"""Dragging the selected rows of a list onto a group: the groups appear over the list while the mouse is down."""

from collections.abc import Mapping, Sequence
from html import escape

from qtpy.QtCore import QEvent, QObject, QPoint, Qt, Signal
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication, QFrame, QLabel, QVBoxLayout, QWidget

from napari_phy.core.sentences import listed
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.theme import BODY_PX, TICK_PX, Tokens
from napari_phy.widgets.lists.table import ClusterList

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_ROW_PX, _WIDTH_PX = 26, 180


class GroupTargets(QFrame):
    """A row for each group, to be dropped on; lies at the bottom of a list while something is dragged."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-groups")
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        self._rows: dict[str, QLabel] = {}
        self.target: str | None = None
        self.hide()

    def offer(self, words: str, groups: Sequence[str], colors: Mapping[str, str], theme: Tokens) -> None:
        """Show what is dragged and where it can go, {group: colour}."""
        for label in self.findChildren(QLabel):
            self._column.removeWidget(label)
            label.deleteLater()
        self._theme, self._colors, self.target = theme, colors, None
        title = PlainLabel(words)
        title.setStyleSheet(f"color: {theme.dim}; font-size: {theme.px(TICK_PX)}px; padding: {theme.px(4)}px;")
        self._column.addWidget(title)
        self._column.setContentsMargins(*4 * (theme.px(4),))
        self._rows = {group: QLabel() for group in groups}
        for group, row in self._rows.items():
            row.setTextFormat(Qt.TextFormat.RichText)
            row.setFixedHeight(theme.px(_ROW_PX))
            self._column.addWidget(row)
            self._style(group)
        self.setStyleSheet(
            f"#napari-phy-groups {{ background: {theme.raised}; border: 1px solid {theme.grid}; border-radius: 4px; }}"
        )
        width = max(theme.px(_WIDTH_PX), self.sizeHint().width())
        parent = self.parentWidget()
        assert parent is not None
        height = min(self.sizeHint().height(), parent.height())
        self.setGeometry((parent.width() - width) // 2, parent.height() - height - theme.px(4), width, height)
        self.show()
        self.raise_()

    def point(self, place: QPoint, below: str | None = None) -> None:
        """Mark the group under a place of the screen, or that of the row or heading below it."""
        before = self.target
        inside = self.mapFromGlobal(place)
        below = below if below in self._rows and not self.rect().contains(inside) else None
        self.target = next((group for group, row in self._rows.items() if row.geometry().contains(inside)), below)
        for group in {before, self.target}:
            if group is not None:
                self._style(group)

    def _style(self, group: str) -> None:
        theme, row = self._theme, self._rows[group]
        fill = theme.selected_row if group == self.target else "transparent"
        row.setStyleSheet(
            f"background: {fill}; color: {theme.text}; font-size: {theme.px(BODY_PX)}px; border-radius: 3px;"
            f" padding-left: {theme.px(8)}px;"
        )
        dot = "○" if group == "unsorted" else "●"
        row.setText(f'<span style="color: {self._colors[group]}">{dot}</span>&nbsp; {escape(group)}')


class RowDrag(QObject):
    """Watches the mouse in a list; a press on a selected row that moves is a drag, one that does not is a click.

    Attributes
    ----------
    begun : Signal
        Selected rows are dragged; `targets.offer` is to be called.
    dropped : Signal
        The rows were dropped on this group.
    """

    begun = Signal()
    dropped = Signal(str)

    def __init__(self, rows: ClusterList, parent: QWidget) -> None:
        super().__init__(parent)
        self._list = rows
        self.targets = GroupTargets(parent)
        self._pressed: QPoint | None = None
        self._is_dragging = False
        rows.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take presses on selected rows, and what follows them."""
        if not isinstance(event, QMouseEvent):
            return False
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and event.button() == LEFT and event.modifiers() == PLAIN:
            index = self._list.indexAt(event.pos())
            if index.isValid() and self._list.selectionModel().isSelected(index):
                self._pressed = event.pos()
                return True
        elif kind == QEvent.Type.MouseMove and self._pressed is not None:
            self._on_moved(event.pos(), self._pressed)
            return True
        elif kind == QEvent.Type.MouseButtonRelease and self._pressed is not None and event.button() == LEFT:
            self._on_released(self._pressed)
            return True
        return False

    def _on_moved(self, place: QPoint, pressed: QPoint) -> None:
        distance = (place - pressed).manhattanLength()
        if not self._is_dragging and distance >= QApplication.startDragDistance():
            self._is_dragging = True
            self._list.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            self.begun.emit()
        if self._is_dragging:
            self.targets.point(self._list.viewport().mapToGlobal(place), self._list.group_at(place))

    def _on_released(self, pressed: QPoint) -> None:
        self._pressed = None
        if not self._is_dragging:
            self._list.click_again(pressed)
            return
        self._is_dragging = False
        self._list.viewport().unsetCursor()
        self.targets.hide()
        if self.targets.target is not None:
            self.dropped.emit(self.targets.target)


def drag_words(clusters: Sequence[int]) -> str:
    """Return `Move 20 and 22 to`."""
    return f"Move {listed(clusters)} to"
