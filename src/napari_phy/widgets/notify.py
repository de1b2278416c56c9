"""Notifications with buttons, and those that opening a data set may need."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from napari.utils.notifications import Notification, notification_manager
from qtpy.QtCore import QUrl
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_phy.core.errors import NapariPhyError

Choice = tuple[str, Callable[[], object]]


def notify(sentence: str, severity: str = "warning", choices: Sequence[Choice] = ()) -> None:
    """Show a napari notification; each choice is a button."""
    actions = tuple((text, lambda *_, act=act: act()) for text, act in choices)
    notification_manager.dispatch(Notification(sentence, severity, actions=actions))


def tell_what_to_know(session: Any, save: Callable[[], object], window: QWidget) -> None:
    """Notify of what is missing, recovered, set aside or read-only, with what can be done about it."""
    for sentence in session.messages:
        notify(sentence, "info" if "recovered" in sentence else "warning", _choices(session, sentence, save, window))


def _choices(session: Any, sentence: str, save: Callable[[], object], window: QWidget) -> Sequence[Choice]:
    store = session.store
    if store.recovered_at is not None and "recovered" in sentence:
        return (("Keep", _nothing), ("Save now", save), ("Discard all", lambda: _discard(session)))
    if store.set_aside is not None and "set aside" in sentence:
        return (("Show file", lambda: _show_folder(store.set_aside)),)
    if "save a copy" in sentence:
        return (("Save a copy…", lambda: _save_copy(session, window)),)
    return ()


def _nothing() -> None:
    """Keep things as they are."""


def _discard(session: Any) -> None:
    try:
        session.discard_unsaved()
    except NapariPhyError as error:
        notify(str(error), "error")


def _show_folder(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))


def _save_copy(session: Any, window: QWidget) -> None:
    proposal = f"{Path(session.name).stem}-copy.kwik"
    path, _ = QFileDialog.getSaveFileName(window, "Save a copy", proposal, "Kwik (*.kwik)")
    if not path:
        return
    try:
        session.store.save_copy(session.snapshot(), path)
    except NapariPhyError as error:
        notify(str(error), "error")
