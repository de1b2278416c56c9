"""Base of the views of all clusters that scroll: a bar, the wheel, pages, and the best cluster stays in sight."""

from typing import Any, Protocol

import numpy as np
from qtpy.QtCore import QPointF, QSignalBlocker, QSize, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QBoxLayout, QScrollBar, QWidget

from napari_phy.session.session import Session
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.panels.all_clusters_panel import AllClustersPanel


class ScrolledLayout(Protocol):
    """Where clusters are on the screen, in lines of one or several.

    Attributes
    ----------
    first : int
        Line at the beginning of what is in sight.
    n_lines, n_whole : int
        Number of all lines, and of those that are wholly in sight.
    in_sight : tuple of int
        Places of the first cluster in sight and of the one after the last.
    """

    @property
    def first(self) -> int: ...

    @property
    def n_lines(self) -> int: ...

    @property
    def n_whole(self) -> int: ...

    @property
    def in_sight(self) -> tuple[int, int]: ...

    def line_of(self, place: int) -> int:
        """Return the line of the cluster at a place of the order."""
        ...

    def place_at(self, x_px: float, y_px: float) -> int | None:
        """Return the place of what is under a pixel."""
        ...


class ScrolledClustersPanel(AllClustersPanel):
    """A subclass says where clusters are (`layout_of`) and paints them.

    Attributes
    ----------
    first : int
        Line at the beginning, as far as there are lines enough.
    """

    orientation = Qt.Orientation.Vertical
    lines_name = "Rows"
    lines_a_notch = 1

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self.first = 0
        self._best: int | None = None
        super().__init__(session, **options)

    def layout_of(self, size: QSize, n: int, theme: Tokens) -> ScrolledLayout:
        """Return where n clusters are in a rectangle of some size."""
        raise NotImplementedError

    def make_content(self) -> QWidget:
        is_vertical = self.orientation == Qt.Orientation.Vertical
        content = QWidget()
        box = QBoxLayout(QBoxLayout.Direction.LeftToRight if is_vertical else QBoxLayout.Direction.TopToBottom, content)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(super().make_content(), 1)
        self.bar = QScrollBar(self.orientation)
        self.bar.setAccessibleName(self.lines_name)
        self.bar.valueChanged.connect(self._on_bar_moved)
        box.addWidget(self.bar)
        self.plot.mouse.scrolled.connect(self._on_scrolled)
        self.plot.resized.connect(self._on_resized)
        self.setting_controls.add_entries("zoom")
        return content

    def on_session(self) -> None:
        self.first, self._best = 0, None

    def on_selection(self) -> None:
        self._bring_into_sight()
        self.plot.update()

    def draw(self, data: Any) -> None:
        self._bring_into_sight()
        self._show_bar()
        self.plot.update()

    def on_settings(self, before: Any, now: Any) -> None:
        if before.zoom != now.zoom:
            self._best = None
        super().on_settings(before, now)

    @property
    def layout_now(self) -> ScrolledLayout:
        """Where clusters are on the screen."""
        return self.layout_of(self.plot.size(), len(self.data.cluster_ids), self.theme)

    # --- scrolling ---

    def scroll_to(self, line: int) -> None:
        """Show another line at the beginning."""
        line = max(0, line)
        if self.data is not None and line != self.first:
            self.first = line
            self.first = self.layout_now.first
            self._show_bar()
            self.plot.update()
            self.refresh()

    def _bring_into_sight(self) -> None:
        """Scroll to the best cluster when it is another one."""
        best = self.clusters[0] if self.clusters else None
        if self.data is None or best == self._best:
            return
        found = np.flatnonzero(self.data.cluster_ids == best)
        if len(found):
            self._best = best
            layout = self.layout_now
            line = layout.line_of(int(found[0]))
            if not layout.first <= line < layout.first + layout.n_whole:
                self.scroll_to(line - layout.n_whole // 2)

    def _show_bar(self) -> None:
        with QSignalBlocker(self.bar):
            layout = self.layout_now
            self.bar.setRange(0, max(0, layout.n_lines - layout.n_whole))
            self.bar.setPageStep(layout.n_whole)
            self.bar.setValue(layout.first)
            self.bar.setVisible(layout.n_lines > layout.n_whole)

    @safe_slot
    def _on_bar_moved(self, line: int) -> None:
        self.scroll_to(line)

    @safe_slot
    def _on_scrolled(self, _position: QPointF, notches: float, _modifiers: Any) -> None:
        self.scroll_to(self.first - (round(self.lines_a_notch * notches) or (1 if notches > 0 else -1)))

    @safe_slot
    def _on_resized(self) -> None:
        if self.data is not None:
            self.first = self.layout_now.first
            self._show_bar()
            self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn pages; all other keys go their way."""
        pages: dict[int, int] = {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}
        step = pages.get(event.key())
        if step is not None and event.modifiers() == Qt.KeyboardModifier.NoModifier and self.data is not None:
            self.scroll_to(self.first + step * self.layout_now.n_whole)
            event.accept()
        else:
            super().keyPressEvent(event)

    # --- mouse ---

    def cluster_at(self, x_px: float, y_px: float) -> int | None:
        """Return the cluster under a pixel."""
        place = self.layout_now.place_at(x_px, y_px)
        ids = self.data.cluster_ids
        return int(ids[place]) if place is not None and place < len(ids) else None

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        cluster = self.cluster_at(position.x(), position.y())
        if cluster is None or cluster not in self.required_session.manager:  # an edit is about to be drawn
            return
        selection = self.required_session.selection
        if ctrl:
            selection.toggle(cluster)
        else:
            self._best = cluster  # it is in sight, and stays where it is
            selection.select([cluster])
