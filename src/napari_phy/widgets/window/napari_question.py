"""napari's own question before it closes a window or quits: it is answered here where ours is asked instead."""

from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QDialog, QMainWindow

QUIT_KEY = QKeySequence("Ctrl+Q")


def is_question(child: QObject) -> bool:
    """Tell whether this is napari's dialog before it closes; not that about tasks, which offers no silence."""
    return child.metaObject().className() == "ConfirmCloseDialog" and not child.do_not_ask.isHidden()


def is_about_tasks(child: QObject) -> bool:
    """Tell whether this is the dialog about tasks that still run."""
    return child.metaObject().className() == "ConfirmCloseDialog" and child.do_not_ask.isHidden()


def is_about_all(dialog: QDialog) -> bool:
    """Tell whether napari asks for all windows, not for one."""
    return dialog.close_btn.shortcut() == QUIT_KEY


def answer_unseen(dialog: QDialog) -> None:
    """Answer that it shall close, before the dialog is seen; whether napari asks the next time stays as it is."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    QTimer.singleShot(0, dialog.accept)


def is_quitting(window: QMainWindow) -> bool:
    """Tell whether a close that is under way ends the program; napari has no public word for it."""
    return bool(getattr(window, "_quit_app", False))


def stay(window: QMainWindow) -> None:
    """Let a window that does not close forget that the program should end: else its X would end it later."""
    if is_quitting(window):
        window._quit_app = False
