"""The time bar below the canvas: playback, the moment, and the strip of the whole recording."""

from collections.abc import Callable

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from napari_phy.actions import messages
from napari_phy.core.epoch_list import Epoch
from napari_phy.table.numbers import format_number
from napari_phy.views.time_bar import LinkedStack
from napari_phy.widgets.base.drop_down import DropDown
from napari_phy.widgets.base.form_dialog import FormDialog
from napari_phy.widgets.base.icons import icon
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.small_dialogs import Words
from napari_phy.widgets.base.theme import BODY_PX, Tokens, tokens
from napari_phy.widgets.docks.time_strip import TimeStrip
from napari_phy.widgets.window.time_links import SPEEDS, TimeLinks

WIDEST_TIME = "0\u2009000.000 s"


class TimeBar(QToolBar):
    """Below all docks, as wide as the window, while there is something with an axis of time beside a session.

    Parameters
    ----------
    links : TimeLinks
        What is linked, and what plays it.
    say : callable
        Shows a sentence in the status bar.
    """

    def __init__(self, links: TimeLinks, say: Callable[[str], object], parent: QWidget | None = None) -> None:
        super().__init__("Time", parent)
        self.setObjectName("napari-phy-time")  # saveState needs it
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._links, self._theme = links, tokens()
        self.play_button = QToolButton()
        self.play_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play_button.clicked.connect(lambda *_: links.playback.toggle())
        self.speed = DropDown("Seconds of the recording that are played in a second")
        self.speed.set_choices([(speed_text(speed), speed) for speed in SPEEDS])
        self.speed.chosen.connect(links.playback.set_speed)
        self.time_label = PlainLabel()
        self.time_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.strip = TimeStrip()
        for part in (self.play_button, self.speed, self.time_label, self.strip):
            self.addWidget(part)
        self.strip.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.strip.said.connect(say)
        self.strip.rename_requested.connect(self._rename)
        links.changed.connect(self.refresh)
        links.moved.connect(self._show_time)
        links.playback.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is linked, whether it is played, and how fast."""
        links, linked = self._links, self._links.linked
        if links.session is not self.strip.session:
            self.strip.set_session(links.session)
        self.setVisible(links.session is not None and bool(links.candidates))
        layers = () if linked is None else linked.layers
        bases = [(layer, None if linked is None else linked.clock_of(layer)) for layer in layers]
        self.strip.set_stacks(tuple(LinkedStack(layer.name, base) for layer, base in bases if base is not None))
        is_playing = links.playback.is_playing
        self.play_button.setIcon(icon("pause" if is_playing else "play", self._theme.icon))
        self.play_button.setToolTip("Stop" if is_playing else "Play: time goes on in all views and linked layers")
        self.speed.set_current(links.playback.speed)
        self._show_time()

    def _show_time(self) -> None:
        session, linked = self._links.session, self._links.linked
        if session is None:
            self.time_label.setText("")
            return
        now_s = linked.now_s if linked is not None and self._links.playback.is_playing else None
        self.time_label.setText(f"{format_number(session.time.time_s if now_s is None else now_s, 3)} s")

    def _rename(self, epoch: Epoch) -> None:
        session = self._links.session
        if session is None:
            return

        def rename(name: str = epoch.name) -> None:
            session.epochs.rename(epoch, name)

        words = Words("Rename the epoch", "What is it called?", messages.EPOCH_NAMES, "Rename")
        FormDialog(words, rename, self._theme, self.window()).ask()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._theme = theme
        self.setIconSize(QSize(theme.px(16), theme.px(16)))
        pad = theme.px(5)
        self.setStyleSheet(
            f"""
            QToolBar {{ background: {theme.view}; border: none; border-top: 1px solid {theme.grid};
                spacing: {theme.px(2)}px; padding: 0 {theme.px(2)}px; margin: 0; }}
            QToolButton {{ background: transparent; color: {theme.text}; border: none; border-radius: 3px;
                padding: {theme.px(4)}px {pad}px; margin: 0; font-size: {theme.px(BODY_PX)}px; }}
            QToolButton:hover {{ background: {theme.raised}; }}
            QToolButton:pressed {{ background: {theme.grid}; }}
            QToolButton::menu-indicator {{ image: none; width: 0; }}
            QLabel {{ background: transparent; color: {theme.text}; font-size: {theme.px(BODY_PX)}px; }}
            """
        )
        self.time_label.setFixedWidth(int(theme.text_width(WIDEST_TIME)) + theme.px(6))
        self.strip.apply_theme(theme)
        self.refresh()


def speed_text(speed: float) -> str:
    """Return `½×`, `2×`."""
    return f"{({0.1: '⅒', 0.25: '¼', 0.5: '½'}).get(speed) or f'{speed:g}'}×"
