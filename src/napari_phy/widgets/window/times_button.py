"""The button of the toolbar that says which times views use, with the epochs that they can be restricted to."""

from collections.abc import Callable
from functools import partial

from qtpy.QtCore import Qt
from qtpy.QtGui import QActionGroup
from qtpy.QtWidgets import QMenu, QToolButton, QWidget

from napari_phy.actions import messages
from napari_phy.core.epoch_list import Epoch
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.sentences import on_one_line
from napari_phy.session.session import Session
from napari_phy.table.numbers import format_count, format_number
from napari_phy.widgets.actions.bindings import key_bindings
from napari_phy.widgets.base.drop_down import follow_menu
from napari_phy.widgets.base.notifications import notify

ALL = "All times"


class TimesButton(QToolButton):
    """Opens a menu: all times, what Traces shows, a range, and each kind of epochs; the time in use is ticked.

    Parameters
    ----------
    run : callable
        Runs an action.
    owner : QWidget, optional
        Owns the menu, which would look like a part of the toolbar if the button did.
    """

    def __init__(self, run: Callable[[str], object], owner: QWidget | None = None) -> None:
        super().__init__()
        self.setObjectName("napari-phy-times")
        self._run = run
        self._session: Session | None = None
        self.times_menu = QMenu("Times", owner)
        self.destroyed.connect(self.times_menu.deleteLater)
        self.times_menu.aboutToShow.connect(self.fill)
        self.times_menu.addAction("")  # Qt shows no menu without entries
        self.setMenu(self.times_menu)
        follow_menu(self)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip("Use only the spikes of some epochs, or of a time range, in all views")
        self.setAccessibleName("Times that views use")
        self._is_short = False

    def refresh(self, session: Session | None) -> bool:
        """Say whether views use all times; return whether there is a session."""
        self._session = session
        is_all = session is not None and session.time.range_s is None
        self.setText(f"{ALL} ▾" if is_all and not self._is_short else "▾")
        return session is not None

    def set_step(self, step: int) -> None:
        """Leave out the words in a narrow window, from step 2 on, and the arrow in the narrowest."""
        self._is_short = step > 1
        is_icon = step > 2
        style = Qt.ToolButtonStyle.ToolButtonIconOnly if is_icon else Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        self.setToolButtonStyle(style)
        self.refresh(self._session)

    def fill(self) -> None:
        """Offer what there is now."""
        menu, session = self.times_menu, self._session
        menu.clear()
        if session is None:
            return
        now = session.time.range_s
        kinds = session.usable_epochs
        group = QActionGroup(menu)

        def add(text: str, act: Callable[..., object], *, is_on: bool) -> None:
            entry = menu.addAction(text.replace("&", "&&"))
            entry.setCheckable(True)
            group.addAction(entry)
            entry.setChecked(is_on)
            entry.triggered.connect(act)

        add(ALL, lambda *_: session.time.clear_range(), is_on=now is None)
        is_range = now is not None and now.name not in kinds
        add(_with_key("Only what Traces shows", "restrict_time"), self._show_only, is_on=False)
        add(_with_key("A time range…", "ask_range"), lambda *_: self._run("ask_range"), is_on=is_range)
        menu.addSeparator()
        heading = menu.addAction("Epochs")
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)
        heading.setEnabled(False)
        for name, epochs in kinds.items():
            is_on = now is not None and now.name == name
            add(epochs_entry(name, epochs), partial(self._use, session, name), is_on=is_on)
        if not kinds:
            menu.addAction(messages.HOW_TO_GET_EPOCHS).setEnabled(False)

    def _show_only(self, *_: object) -> None:
        if self._session is not None and self._session.time.duration_s > 0:
            self._session.time.set_range(*self._session.time.shown_s)

    def _use(self, session: Session, name: str, *_: object) -> None:
        try:
            session.use_epochs(name)
        except NapariPhyError as error:
            notify(str(error), "error")


def epochs_entry(name: str, epochs: tuple[Epoch, ...]) -> str:
    """Return `run, 3 epochs of 12.5 s together`."""
    total_s = sum(epoch.stop_s - epoch.start_s for epoch in epochs)
    together = " together" if len(epochs) > 1 else ""
    return f"{on_one_line(name)}, {format_count(len(epochs), 'epoch')} of {format_number(total_s, 1)} s{together}"


def _with_key(text: str, action_id: str) -> str:
    """Return an entry with the key that does the same, which Qt puts to the right."""
    key = key_bindings().first(action_id)
    return f"{text}\t{key}" if key else text
