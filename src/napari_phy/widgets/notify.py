"""Notifications with buttons."""

from collections.abc import Callable, Sequence

from napari.utils.notifications import Notification, notification_manager
from qtpy.QtWidgets import QDialog, QLabel, QMainWindow

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
