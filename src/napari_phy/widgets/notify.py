"""Notifications with buttons, and those that opening a data set may need."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari.utils.notifications import Notification, notification_manager
from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QDialog, QLabel, QMainWindow

from napari_phy.core.errors import NapariPhyError

Choice = tuple[str, Callable[[], object]]
LOCATE = "Locate raw data…"
SAVE_COPY = "Save a copy…"


def notify(sentence: str, severity: str = "warning", choices: Sequence[Choice] = ()) -> None:
    """Show a napari notification; each choice is a button."""
    actions = tuple((text, lambda *_, act=act: act()) for text, act in choices)
    notification_manager.dispatch(Notification(sentence, severity, actions=actions))


def take_back(sentences: Sequence[str], window: QMainWindow) -> None:
    """Close the notifications of a window that say what is no longer true."""
    for shown in window.findChildren(QDialog):
        if shown.isVisible() and any(label.text() in sentences for label in shown.findChildren(QLabel)):
            shown.close()


def tell_what_to_know(
    session: Any, *, save: Callable[[], object], save_copy: Callable[[], object], locate: Callable[[], object]
) -> None:
    """Notify of what is missing, recovered, set aside or read-only, with what can be done about it."""
    store = session.store
    for sentence in session.messages:
        choices: Sequence[Choice] = ()
        if store.recovered_at is not None and "recovered" in sentence:
            choices = (("Keep", _nothing), ("Save now", save), ("Discard all", lambda: _discard(session)))
        elif store.set_aside is not None and "set aside" in sentence:
            choices = (("Show file", lambda: _show_folder(store.set_aside)),)
        elif "save a copy" in sentence:
            choices = ((SAVE_COPY, save_copy),)
        elif session.model.missing_raw and any(name in sentence for name in session.model.missing_raw):
            choices = ((LOCATE, locate),)
        notify(sentence, "info" if "recovered" in sentence else "warning", choices)


def _nothing() -> None:
    """Keep things as they are."""


def _discard(session: Any) -> None:
    try:
        session.discard_unsaved()
    except NapariPhyError as error:
        notify(str(error), "error")


def _show_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
