"""The toolbar: what can be done now, how many edits are unsaved, and the menu of layouts and docks."""

from collections.abc import Callable
from functools import partial

from qtpy.QtCore import QSize, Qt, QTime, QTimer, Signal
from qtpy.QtGui import QAction, QResizeEvent
from qtpy.QtWidgets import QFrame, QMenu, QToolBar, QToolButton, QWidget

from napari_phy.actions import messages
from napari_phy.actions.action import Action
from napari_phy.actions.action_table import BY_ID
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_number
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.drop_down import follow_menu
from napari_phy.widgets.base.icons import icon
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.session_links import SessionLinks
from napari_phy.widgets.base.theme import BODY_PX, Tokens, tokens
from napari_phy.widgets.window.background_jobs import DensitySwitch
from napari_phy.widgets.window.dock_manager import DockManager
from napari_phy.widgets.window.kinds import KINDS, SECTIONS, SORTING
from napari_phy.widgets.window.layouts import PRESETS, SMALL_BELOW
from napari_phy.widgets.window.toolbar_middle import ToolbarMiddle, width_with

HEIGHT = 32
SAVED_SHOWN_MS = 5000
BUTTONS = (
    ("merge", "split"),
    ("move_all_good", "move_all_mua", "move_all_noise", "move_all_unsorted", "label"),
    ("undo", "redo"),
    ("wizard",),
)
# what loses its words first, the narrower the window is; each step keeps those before
WORDLESS = (
    (),
    ("label", "undo", "redo"),
    ("wizard", "save", "move_all_noise", "move_all_unsorted"),
    ("move_all_good", "move_all_mua", "merge", "split"),
)
# what takes most room on buttons whose words change
WIDEST = {"merge": "Merge 88", "split": f"Split {format_number(88_888)}", "save": "Save a copy…"}


class ActionBar(QToolBar):
    """Shows the table of actions for a session; every click goes to `run(action_id)`.

    Parameters
    ----------
    run : callable
        Runs an action.
    layout_menu : QMenu
        Offered by the button at the right.
    """

    layers_toggled = Signal(bool)

    def __init__(self, run: Callable[[str], object], layout_menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__("Actions", parent)
        self.setObjectName("napari-phy-actions")  # saveState needs it
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._run = run
        self._bindings = key_bindings()
        self._session: Session | None = None
        self._links = SessionLinks(self)
        self._saving = False
        self._saved_at = ""
        self._theme = tokens()
        self._step = 0
        self._actions: dict[str, QAction] = {}
        self._lines: list[QFrame] = []
        self._edge = QWidget()
        self.addWidget(self._edge)
        for place, group in enumerate(BUTTONS):
            if place:
                self._add_line()
            for action_id in group:
                self._add(BY_ID[action_id])
        self._add_line()
        self._middle = ToolbarMiddle(run, layout_menu.parentWidget())
        self.times_button = self._middle.times_button
        self.range_chip = self._middle.range_chip
        self.state_label = self._middle.state_label
        self.addWidget(self._middle)
        self._add(BY_ID["save"])
        self._add_line()
        self.layers_action = QAction("Layers", self)
        self.layers_action.setCheckable(True)
        self.layers_action.setToolTip("Show napari's layer list and layer controls")
        self.layers_action.toggled.connect(self.layers_toggled)
        self.addAction(self.layers_action)
        self.layout_button = QToolButton()
        self.layout_button.setText("Sort ▾")
        self.layout_button.setToolTip("Arrange the panels")
        self.layout_button.setMenu(layout_menu)
        follow_menu(self.layout_button)
        self.layout_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.layout_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.layout_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.addWidget(self.layout_button)
        self._add(BY_ID["keys"])
        self._saved_shown = QTimer(self, singleShot=True, interval=SAVED_SHOWN_MS)
        self._saved_shown.timeout.connect(self.refresh)
        self.apply_theme(self._theme)

    def _add_line(self) -> None:
        line = QFrame()
        line.setObjectName("napari-phy-line")
        self._lines.append(line)
        self.addWidget(line)

    def _add(self, action: Action) -> None:
        button = QAction(action.title, self)
        button.triggered.connect(lambda *_: self._run(action.action_id))
        self.addAction(button)
        self._actions[action.action_id] = button

    def button(self, action_id: str) -> QToolButton:
        """Return the button that starts an action."""
        return self._button_of(self._actions[action_id])

    @property
    def layers_button(self) -> QToolButton:
        """The button that shows napari's layer list and controls."""
        return self._button_of(self.layers_action)

    def _button_of(self, action: QAction) -> QToolButton:
        button = self.widgetForAction(action)
        assert isinstance(button, QToolButton)
        return button

    # --- following ---

    def set_session(self, session: Session | None) -> None:
        """Follow another session, the same after it was switched, or none."""
        self._links.close()
        self._session = session
        self._saving = False
        self._saved_shown.stop()
        if session is not None:
            self._links.connect(session.selection.changed, self.refresh)
            self._links.connect(session.manager.changed, self.refresh)
            self._links.connect(session.saved, self._on_saved)
            self._links.connect(session.time.range_changed, self.refresh)
        self.refresh()

    def set_saving(self, saving: bool) -> None:
        """Say that a save is under way."""
        self._saving = saving
        self.refresh()

    def _on_saved(self) -> None:
        self._saving = False
        self._saved_at = QTime.currentTime().toString("HH:mm")
        self._saved_shown.start()
        self.refresh()

    def refresh(self) -> None:
        """Show what can be done now."""
        session = self._session
        for action_id, button in self._actions.items():
            action = self._bindings.action(action_id)
            button.setText(self._words(action, session))
            button.setToolTip(plain(action.tooltip(session)))
            can_do = action.why_not(session) is None
            button.setEnabled(can_do and not (action_id == "save" and self._saving))
        self._middle.refresh(session)
        self._show_state()

    def _words(self, action: Action, session: Session | None) -> str:
        """Return the words of a button; without the number where that has no room."""
        if action.action_id == "keys":
            return "Help"
        words, widest = action.button_text(session), WIDEST.get(action.action_id)
        metrics = self.fontMetrics()
        is_too_wide = widest and metrics.horizontalAdvance(words) > metrics.horizontalAdvance(widest)
        return action.title if is_too_wide else words

    def _show_state(self) -> None:
        session, theme = self._session, self._theme
        dirty = session if session is not None and (session.is_dirty or session.waiting) else None
        color, text, why = theme.dim, "", ""
        if self._saving:
            text = messages.SAVING
        elif dirty is not None:
            color = theme.warning
            text = f"● {messages.unsaved(dirty.n_unsaved_in_all, short=self._step > 0)}"
            why = messages.waiting_elsewhere(dirty.waiting)
        elif self._saved_shown.isActive():
            text = f"✓ Saved {self._saved_at}"
        elif session is not None and session.store.read_only:
            text, why = messages.READ_ONLY, messages.not_editable(session.name)
        self._middle.show_state(text, why, color)
        self._actions["save"].setIcon(icon("save", theme.warning if dirty is not None else theme.icon))

    # --- looks ---

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.setIconSize(QSize(theme.px(16), theme.px(16)))
        self.setFixedHeight(theme.px(HEIGHT))
        pad = theme.px(7)
        self.setStyleSheet(
            f"""
            QToolBar {{ background: {theme.panel}; border: none; spacing: {theme.px(4)}px;
                padding: {theme.px(2)}px; margin: 0; }}
            QToolButton {{ background: transparent; color: {theme.text}; border: none; border-radius: 3px;
                padding: {theme.px(3)}px {pad}px; margin: 0; font-size: {theme.px(BODY_PX)}px; }}
            QToolButton:hover, QToolButton:checked {{ background: {theme.raised}; }}
            QToolButton:pressed {{ background: {theme.grid}; }}
            QToolButton:disabled {{ color: {theme.faint}; }}
            QToolButton::menu-indicator {{ image: none; width: 0; }}
            QLabel {{ background: transparent; font-size: {theme.px(BODY_PX)}px; padding: 0 {theme.px(4)}px; }}
            QWidget {{ background: transparent; }}
            #napari-phy-range {{ color: {theme.warning}; }}
            #napari-phy-line {{ background: {theme.raised}; border: none; margin: 0 {theme.px(6)}px; }}
            """
        )
        self._edge.setFixedWidth(theme.px(2))  # Qt takes the padding at the left for all sides
        for line in self._lines:
            line.setFixedSize(2 * theme.px(6) + 1, theme.px(16))
        group_colors = {"good": theme.good, "mua": theme.mua, "noise": theme.noise}
        for action_id, button in self._actions.items():
            name = BY_ID[action_id].icon
            button.setIcon(icon(name, group_colors.get(name or "", theme.icon)))
        self.times_button.setIcon(icon("time", theme.icon))
        self.times_button.setIconSize(self.iconSize())
        self.layers_action.setIcon(icon("layers", theme.icon))
        self.layout_button.setIcon(icon("layout", theme.icon))
        self.layout_button.setIconSize(self.iconSize())
        self.refresh()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave words out in a narrow window."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Choose the first step at which everything fits that the bar may ever say, so that no edit moves a button."""
        first = 1 if self.width() < SMALL_BELOW else 0
        for step in range(first, len(WORDLESS)):
            self._set_step(step)
            if self.sizeHint().width() + self._room_kept() <= self.width():
                break

    def _room_kept(self) -> int:
        """Return how much wider Save and the button of layouts may become; what is left of them gives way."""
        save, layouts = self.button("save"), self.layout_button
        widest_layout = max(width_with(layouts, f"{preset} ▾") for preset in PRESETS)
        return width_with(save, WIDEST["save"]) - save.sizeHint().width() + widest_layout - layouts.sizeHint().width()

    def _set_step(self, step: int) -> None:
        if step != self._step:
            self._step = step
            self._show_state()
        wordless = {action_id for group in WORDLESS[: step + 1] for action_id in group} | {"keys"}
        for action_id in self._actions:
            style = (
                Qt.ToolButtonStyle.ToolButtonIconOnly
                if action_id in wordless
                else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
            )
            button = self.button(action_id)
            if button.toolButtonStyle() != style:
                button.setToolButtonStyle(style)
        self.layers_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        for action_id in ("merge", "split"):
            self.button(action_id).setFixedWidth(width_with(self.button(action_id), WIDEST[action_id]))
        self._middle.set_step(step, self._theme.px(4))
        layout = self.layout()
        if layout is not None:
            layout.invalidate()


def layout_menu(board: DockManager, arrange: Callable[..., None], density: DensitySwitch, parent: QWidget) -> QMenu:
    """Return the menu; `arrange("Sort", again=True)` puts the docks of a preset at their places.

    Ticks tell the layout and which docks are open; choosing one that is open brings it to the front. What is needed
    least is in menus of its own, so that all of it fits a window of 800 px.
    """

    def choose(preset: str) -> None:
        arrange(preset, again=True)
        board.focus("Clusters")

    def add_heading(text: str) -> None:
        menu.addSeparator()
        heading = menu.addAction(text)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.setEnabled(False)

    def add(text: str, act: Callable[[], object], to: QMenu | None = None) -> None:
        entries[text] = (to or menu).addAction(text)
        entries[text].setCheckable(True)
        entries[text].triggered.connect(lambda *_: act())

    def refresh() -> None:
        for text, entry in entries.items():
            is_on = board.is_arranged and text == board.preset.name if text in PRESETS else board.is_open(text)
            entry.setChecked(is_on)
        density.refresh()  # the layer may have been deleted in the list of layers

    menu = QMenu("Layout", parent)
    entries: dict[str, QAction] = {}
    for preset in PRESETS:
        add(preset, partial(choose, preset))
    for section in SECTIONS:
        part = None
        if section == SORTING:
            menu.addSeparator()
            part = menu.addMenu(section)
        else:
            add_heading(section)
        for title, kind in KINDS.items():
            if kind.section == section:
                add(title, partial(board.open, title), part)
    canvas = menu.addMenu("Canvas")
    canvas.addAction(density.action)
    canvas.addAction(density.by_amplitude)
    menu.aboutToShow.connect(refresh)
    return menu
