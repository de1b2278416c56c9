"""The 26 px header of a panel: title, drop-downs, lasso, freeze, more, help; it is the dock's title bar."""

from qtpy.compat import isalive
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QAction, QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from napari_phy.widgets.base.drop_down import DropDown, follow_menu
from napari_phy.widgets.base.elided_label import ElidedLabel
from napari_phy.widgets.base.icons import icon
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens, tokens

HEIGHT = 26
NARROW = 380
_GAP, _GAPS = 2, 12


class Header(QWidget):
    """Title, at most two drop-downs, then the buttons; below 380 px the second drop-down moves into ⋯.

    Mouse events that no button takes go on to the dock, which moves and floats by them.
    """

    lasso_toggled = Signal(bool)
    freeze_toggled = Signal(bool)
    help_requested = Signal()

    def __init__(
        self,
        title: str,
        *,
        lasso: bool = False,
        freeze: bool = True,
        theme: Tokens | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("napari-phy-header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._home = parent
        self.drop_downs: list[DropDown] = []
        self._moved: list[QAction] = []
        self._withheld: set[DropDown] = set()
        self._title_shown = self._note_shown = True
        self._focused = False

        self.title_label = PlainLabel(title)
        self.note_label = ElidedLabel()
        self.lasso_button = self._button("lasso", "Draw a lasso (Ctrl+drag); Esc clears it", checkable=True)
        self.freeze_button = self._button("unfreeze", "Freeze: keep these clusters in this view", checkable=True)
        self.more_button = self._button("more", "More")
        self.help_button = self._button("help", f"What {title} shows")
        self.more_menu = QMenu(title, self)
        self.more_menu.aboutToShow.connect(self._fill_more)
        self.more_button.setMenu(self.more_menu)
        follow_menu(self.more_button)
        self.more_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        offered = ((self.lasso_button, lasso), (self.freeze_button, freeze), (self.help_button, True))
        self._optional = [button for button, is_offered in offered if is_offered]
        self.lasso_button.setVisible(lasso)
        self.freeze_button.setVisible(freeze)
        self.note_label.hide()

        self._row = QHBoxLayout(self)
        self._row.setSpacing(_GAP)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        self._row.addWidget(self.title_label)
        self._row.addSpacing(6)
        self._row.addWidget(self.note_label)
        self._row.addStretch(1)
        for button in (self.lasso_button, self.freeze_button, self.more_button, self.help_button):
            self._row.addWidget(button)

        self.lasso_button.toggled.connect(self.lasso_toggled)
        self.freeze_button.toggled.connect(self._on_freeze_toggled)
        self.help_button.clicked.connect(lambda *_: self.help_requested.emit())
        self.apply_theme(theme or tokens())

    def _button(self, name: str, tip: str, *, checkable: bool = False) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"napari-phy-{name}")
        button.setToolTip(plain(tip))
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @property
    def title(self) -> str:
        """The panel's name."""
        return self.title_label.text()

    def set_title(self, title: str) -> None:
        """Tell this panel from others of its kind."""
        self.title_label.setText(title)
        self._place_drop_downs()

    def go_home(self) -> None:
        """Return, hidden, to the panel that made this header."""
        home = self._home if self._home is not None and isalive(self._home) else None
        self.setParent(home)
        self.hide()

    def add_drop_down(self, drop_down: DropDown) -> None:
        """Put a drop-down after the title and those already there."""
        self._row.insertWidget(2 + len(self.drop_downs), drop_down)
        self.drop_downs.append(drop_down)
        self._place_drop_downs()

    def offer(self, drop_down: DropDown, offered: bool) -> None:
        """Show a drop-down, here or in ⋯, only while it is offered."""
        (self._withheld.discard if offered else self._withheld.add)(drop_down)
        self._place_drop_downs()

    def set_note(self, text: str) -> None:
        """Show a short dim text behind the drop-downs, or none."""
        self.note_label.setText(text)
        self.note_label.setVisible(self._note_shown and bool(text))

    def set_note_shown(self, shown: bool) -> None:
        """Hide the text while what it tells of is not in sight."""
        self._note_shown = shown
        self.set_note(self.note_label.text())

    def set_title_shown(self, shown: bool) -> None:
        """Hide the title where a tab says it already."""
        if shown != self._title_shown:
            self._title_shown = shown
            self.title_label.setVisible(shown)
            self._place_drop_downs()

    def set_focused(self, focused: bool) -> None:
        """Write the title in full contrast while the keys go to this panel."""
        if focused != self._focused:
            self._focused = focused
            self._style()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.setFixedHeight(theme.px(HEIGHT))
        self._row.setContentsMargins(theme.px(12), 0, theme.px(4), 0)
        self.note_label.setContentsMargins(theme.px(6), 0, 0, 0)
        for button in (self.lasso_button, self.freeze_button, self.more_button, self.help_button):
            button.setIconSize(QSize(theme.px(16), theme.px(16)))
            button.setFixedSize(theme.px(24), theme.px(22))
        self.lasso_button.setIcon(icon("lasso", theme.dim, checked_color=theme.text))
        self.more_button.setIcon(icon("more", theme.dim))
        self.help_button.setIcon(icon("help", theme.dim))
        self._show_freeze()
        self._style()
        self._place_drop_downs()

    def _style(self) -> None:
        theme = self._theme
        self.title_label.setFont(theme.font(BODY_PX, bold=True))
        self.setStyleSheet(
            f"""
            #napari-phy-header {{ background: {theme.panel}; }}
            QLabel {{ background: transparent; color: {theme.text if self._focused else theme.dim};
                font-size: {theme.px(BODY_PX)}px; font-weight: bold; padding: 0; }}
            QToolButton {{ background: transparent; border: none; border-radius: 3px; padding: 0; margin: 0; }}
            QToolButton:hover, QToolButton:checked {{ background: {theme.raised}; }}
            QToolButton::menu-indicator {{ image: none; width: 0; }}
            DropDown {{ background: {theme.raised}; color: {theme.text}; font-size: {theme.px(AXIS_PX)}px;
                padding: {theme.px(2)}px {theme.px(4)}px; margin: 0 1px; }}
            DropDown:hover {{ background: {theme.grid}; }}
            """
        )
        self.note_label.setStyleSheet(f"color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; font-weight: normal;")

    def _on_freeze_toggled(self, frozen: bool) -> None:
        self._show_freeze()
        self.freeze_toggled.emit(frozen)

    def _show_freeze(self) -> None:
        frozen = self.freeze_button.isChecked()
        color = self._theme.warning if frozen else self._theme.dim
        self.freeze_button.setIcon(icon("freeze" if frozen else "unfreeze", color, checked_color=color))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make room in a narrow dock."""
        super().resizeEvent(event)
        self._place_drop_downs()

    def _place_drop_downs(self) -> None:
        """Move into ⋯ what has no room: the second drop-down, help, freeze, lasso, and at last the first one."""
        narrow = self.width() < self._theme.px(NARROW)
        margins = self._row.contentsMargins()
        room = self.width() - margins.left() - margins.right() - _GAPS
        room -= self.more_button.width() + _GAP
        if self._title_shown:
            room -= self.title_label.sizeHint().width()
        shown = set()
        for widget in (*self.drop_downs[:1], *self._optional, *self.drop_downs[1:]):
            if widget in self._withheld:
                continue
            if widget in self.drop_downs[1:] and narrow:
                continue
            width = (widget.sizeHint().width() if isinstance(widget, DropDown) else widget.width()) + _GAP
            if width <= room:
                room -= width
                shown.add(widget)
        for widget in (*self.drop_downs, *self._optional):
            widget.setVisible(widget in shown)

    def _fill_more(self) -> None:
        for action in self._moved:
            self.more_menu.removeAction(action)
        others, moved = self.more_menu.actions(), []
        for drop_down in self.drop_downs:
            if drop_down.isHidden() and drop_down not in self._withheld:
                action = drop_down.choices_menu.menuAction()
                action.setText(drop_down.name)
                moved.append(action)
        for button, text in ((self.lasso_button, "Lasso"), (self.freeze_button, "Freeze"), (self.help_button, "Help")):
            if button in self._optional and button.isHidden():
                action = QAction(text, self.more_menu)
                action.setCheckable(button.isCheckable())
                action.setChecked(button.isChecked())
                action.triggered.connect(lambda *_, button=button: button.click())
                moved.append(action)
        if moved:
            line = QAction(self.more_menu)
            line.setSeparator(True)
            moved.append(line)
        if others:
            self.more_menu.insertActions(others[0], moved)
        else:
            self.more_menu.addActions(moved)
        self._moved = moved
