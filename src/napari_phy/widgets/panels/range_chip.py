"""The button that is there while views use only the spikes of a stretch of time; a click takes that back."""

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QToolButton, QWidget

from napari_phy.session.session import Session
from napari_phy.views.time_words import range_words
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.plain_text import plain

MOST_LETTERS = 28  # the tooltip has the others


class RangeChip(QToolButton):
    """Says what a session's clock restricts views to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-range")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._session: Session | None = None
        self._words = ""
        self.clicked.connect(self._clear)

    def refresh(self, session: Session | None) -> bool:
        """Show what a session restricts views to; return whether it does."""
        self._session = session
        range_s = None if session is None else session.time.range_s
        key = key_bindings().first("restrict_time")
        words = "" if range_s is None else range_words(range_s)
        self.setToolTip(plain(f"Views use only spikes of {words}. Click to use all{f' ({key})' if key else ''}"))
        self._words = words if len(words) <= MOST_LETTERS else f"{words[: MOST_LETTERS - 1]}…"
        self._show(self._words)
        return range_s is not None

    def fit(self, width: int) -> None:
        """Leave out the end of the words where they take more than `width` px."""
        self._show(self._words)
        excess = self.sizeHint().width() - width
        if excess > 0:
            metrics = self.fontMetrics()
            room = metrics.horizontalAdvance(self._words) - excess
            self._show(metrics.elidedText(self._words, Qt.TextElideMode.ElideRight, max(room, 0)))

    def _show(self, words: str) -> None:
        self.setText(f"only {words.replace('&', '&&')}  ×" if self._words else "")

    def _clear(self, *_: Any) -> None:
        if self._session is not None:
            self._session.time.clear_range()
