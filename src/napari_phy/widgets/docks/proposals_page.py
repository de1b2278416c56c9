"""What a Proposals dock is made of: how many are left, the list or what takes its place, a preview, and buttons."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from qtpy.QtCore import Qt
from qtpy.QtGui import QFocusEvent, QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from napari_phy.widgets.base.elided_label import ElidedLabel
from napari_phy.widgets.base.message_page import Button, MessagePage
from napari_phy.widgets.base.plain_table import WholeRows
from napari_phy.widgets.base.small_dialogs import button_style
from napari_phy.widgets.base.theme import AXIS_PX, Tokens
from napari_phy.widgets.docks.proposal_table import ProposalTable

PAD, BUTTON, LINE = 12, 24, 18  # px
LEAST_PREVIEW, MOST_PREVIEW, PREVIEW_SHARE = 62, 150, 0.46  # px, and part of the height, until the line is moved


class ProposalsPage(QWidget):
    """Shows what its owner sets; a button calls `act(action_id)`.

    Parameters
    ----------
    act : callable
        Gets the id of the action whose button was pushed.
    actions : sequence of str
        Ids of the actions of the buttons, from the left.
    """

    def __init__(self, act: Callable[[str], object], actions: Sequence[str]) -> None:
        super().__init__()
        self.setObjectName("napari-phy-proposals-page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.left = ElidedLabel()
        self.left.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.table = ProposalTable()
        self.message = MessagePage()
        self._rows = WholeRows(self.table)
        self._list = QStackedWidget()
        self._list.addWidget(self._rows)
        self._list.addWidget(self.message)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self._list)
        self.split.splitterMoved.connect(self._on_moved)
        self._is_moved = False
        self.buttons: Mapping[str, QPushButton] = {action_id: self._button(action_id, act) for action_id in actions}
        self._button_row = QHBoxLayout()
        for button in self.buttons.values():
            self._button_row.addWidget(button)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.left)
        self._column.addWidget(self.split, 1)
        self._column.addLayout(self._button_row)

    def _button(self, action_id: str, act: Callable[[str], object]) -> QPushButton:
        button = QPushButton()
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.clicked.connect(partial(self._on_pushed, act, action_id))
        return button

    def _on_pushed(self, act: Callable[[str], object], action_id: str, *_: object) -> None:
        act(action_id)

    @property
    def shows_list(self) -> bool:
        """Whether the list is in sight, and no message."""
        return self._list.currentWidget() is self._rows

    def put_below(self, preview: QWidget) -> None:
        """Put the preview below the list, hidden."""
        self._preview = preview
        self.split.addWidget(preview)
        preview.hide()

    def show_preview(self, shown: bool) -> None:
        """Show the preview, or leave its place to the list."""
        if shown == self._preview.isHidden():
            self._preview.setVisible(shown)
            self._share_height()

    def _on_moved(self, *_: int) -> None:
        self._is_moved = True

    def _share_height(self) -> None:
        """Give the preview its part of the height, unless the user has said how high it is."""
        if not self._is_moved and not self._preview.isHidden():
            height, scale = self.split.height(), self.table.theme.px
            preview = max(scale(LEAST_PREVIEW), min(round(PREVIEW_SHARE * height), scale(MOST_PREVIEW)))
            self.split.setSizes([max(1, height - preview), preview])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Give the keys to the list where it is in sight; else hold them, so that they stay in this dock."""
        if self.shows_list:
            self.table.setFocus(event.reason())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._column.activate()
        self._share_height()

    def show_list(self, words: str) -> None:
        """Show the list, and above it how many proposals are left."""
        self.left.setText(words)
        self._show(self._rows, self.table)

    def _show(self, widget: QWidget, takes_keys: QWidget) -> None:
        """Show the list or a message; if the other had the keys, it has them now."""
        had_keys = self.window().focusWidget() in (self, self.table)
        self._list.setCurrentWidget(widget)
        if had_keys:
            takes_keys.setFocus(Qt.FocusReason.OtherFocusReason)

    def tell(
        self,
        headline: str,
        explanation: str = "",
        buttons: Sequence[Button] = (),
        *,
        is_error: bool = False,
    ) -> None:
        """Show a message in the place of the list."""
        self.left.setText("")
        self.message.tell(headline, explanation, buttons, is_error=is_error)
        self._show(self.message, self)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self.setStyleSheet(
            f"""
            #napari-phy-proposals-page {{ background: {theme.view}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; padding: 0; }}
            QSplitter::handle {{ background: {theme.grid}; }}
            {button_style(theme)}
            QPushButton {{ padding-left: 2px; padding-right: 2px; }}
            """
        )
        pad = theme.px(PAD)
        self.left.setFixedHeight(theme.px(LINE))
        self.left.setContentsMargins(pad, 0, pad, 0)
        self._column.setContentsMargins(0, theme.px(6), 0, theme.px(6))
        self._column.setSpacing(theme.px(4))
        self._button_row.setContentsMargins(pad, 0, pad, 0)
        self._button_row.setSpacing(theme.px(6))
        for button in self.buttons.values():
            button.setFixedHeight(theme.px(BUTTON))
        self.split.setHandleWidth(1)
        self._preview.setMinimumHeight(theme.px(LEAST_PREVIEW))
        self._rows.apply_theme(theme)
        self.message.apply_theme(theme)
