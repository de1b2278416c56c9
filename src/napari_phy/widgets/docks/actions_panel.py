"""Actions: the toolbar's actions and those that move on, as buttons that print their keys."""

from functools import partial
from typing import Any

from magicgui.widgets import Container, Label, PushButton
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QScrollArea, QSizePolicy, QWidget

from napari_phy.actions.action_table import BY_ID
from napari_phy.session.session import Session
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.icons import icon
from napari_phy.widgets.base.plain_text import PlainLabel, plain
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import AXIS_PX, BODY_PX, Tokens
from napari_phy.widgets.panels.view_panel import ViewPanel

SECTIONS = {
    "Edit": ("merge", "split", "label", "discard", "undo", "redo", "save"),
    "Move all selected to": ("move_all_good", "move_all_mua", "move_all_noise", "move_all_unsorted"),
    "Go to": ("next_candidate", "previous_candidate", "drop_similar", "next_best", "previous_best"),
    "More": ("go_to_time", "restrict_time", "command", "keys"),
}
GAP = 8  # px between a caption and its key


class ActionsPanel(ViewPanel):
    """What can be done now; a click asks for the action, and whoever docked the panel does it."""

    title = "Actions"
    failed = "The actions could not be shown."
    all_times, has_times = True, False
    has_legend = has_caption = has_freeze = False
    help_text = (
        "What can be done with the selection; each button shows its key at the right.\n"
        "Hover over one to read what it would do, or why it cannot be done.\n"
        "F1 lists all actions; click a key there to change it."
    )

    action_requested = Signal(str)

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._bindings = key_bindings()
        super().__init__(session, **options)
        self._bindings.changed.connect(self._on_keys_changed)

    def make_content(self) -> QWidget:
        self.buttons: dict[str, PushButton] = {}
        self._keys: dict[str, PlainLabel] = {}
        rows: list[Label | PushButton] = []
        for section, action_ids in SECTIONS.items():
            title = Label(value=section)
            title.native.setObjectName("napari-phy-section")
            rows.append(title)
            rows += [self._add(action_id) for action_id in action_ids]
        self.container = Container(widgets=rows, labels=False, scrollable=True)
        self.container.native.layout().addStretch(1)
        area: QScrollArea = self.container.root_native_widget
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFrameShape(area.Shape.NoFrame)
        return area

    def _add(self, action_id: str) -> PushButton:
        button = PushButton(text=BY_ID[action_id].title)
        button.changed.connect(partial(self._ask_for, action_id))
        button.native.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.native.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        key = PlainLabel()
        key.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(button.native)
        row.setContentsMargins(GAP, 0, GAP, 0)
        row.addStretch(1)
        row.addWidget(key)
        self.buttons[action_id], self._keys[action_id] = button, key
        return button

    def _ask_for(self, action_id: str, *_: object) -> None:
        self.action_requested.emit(action_id)

    def on_session(self) -> None:
        if self.session is not None:
            self._links.connect(self.session.saved, self.refresh)

    @safe_slot
    def _on_keys_changed(self) -> None:
        self.refresh()

    @safe_slot
    def _refresh_now(self) -> None:
        """Show what can be done now; there is nothing to compute."""
        if not self.isVisible():
            return
        self._is_stale = False
        for action_id, button in self.buttons.items():
            action = self._bindings.action(action_id)
            button.text = action.button_text(self.session)
            button.tooltip = plain(action.tooltip(self.session))
            button.enabled = action.why_not(self.session) is None
            key = self._keys[action_id]
            key.setText(action.keys[0] if action.keys else "")
            key.setEnabled(button.enabled)
        self.data = frozenset(action_id for action_id, button in self.buttons.items() if button.enabled)
        self.stack.show_picture()
        self.drawn.emit()

    def apply_theme(self, theme: Tokens) -> None:
        pad = theme.px(GAP)
        self.container.root_native_widget.setStyleSheet(
            f"""
            QScrollArea, QWidget {{ background: {theme.view}; }}
            QLabel {{ background: transparent; color: {theme.dim}; font-size: {theme.px(AXIS_PX)}px; }}
            QLabel:disabled {{ color: {theme.faint}; }}
            #napari-phy-section {{ padding: {theme.px(8)}px 0 {theme.px(2)}px {theme.px(2)}px; }}
            QPushButton {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.raised};
                border-radius: 3px; padding: 0 {pad}px; margin: 0; text-align: left;
                font-size: {theme.px(BODY_PX)}px; }}
            QPushButton:hover {{ background: {theme.grid}; }}
            QPushButton:focus {{ border-color: {theme.dim}; }}
            QPushButton:disabled {{ background: {theme.tile}; color: {theme.faint}; border-color: {theme.tile}; }}
            """
        )
        layout = self.container.native.layout()
        layout.setContentsMargins(pad, 0, pad, pad)
        layout.setSpacing(theme.px(3))
        colors = {"good": theme.good, "mua": theme.mua, "noise": theme.noise}
        for action_id, button in self.buttons.items():
            button.native.setFixedHeight(theme.px(25))
            name = BY_ID[action_id].icon
            if name is not None:
                button.native.setIcon(icon(name, colors.get(name, theme.icon)))
