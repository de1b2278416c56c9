"""Notifications with buttons, whole sentences and no theft of the keys."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING
from weakref import ref

from napari.utils.notifications import Notification, notification_manager
from napari.viewer import current_viewer
from qtpy.compat import isalive
from qtpy.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from qtpy.QtWidgets import QApplication, QMainWindow, QWidget

from napari_phy.core.sentences import visible
from napari_phy.widgets import napari_compat
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.theme import tokens

if TYPE_CHECKING:
    from napari._qt.dialogs.qt_notification import NapariQtNotification

Choice = tuple[str, Callable[[], object]]
LOCATE = "Locate raw data…"
SAVE_COPY = "Save a copy…"
PLACER, WAITING = "napari-phy-notification", "napari-phy-waiting"
WIDTH, MARGIN = 400, 8
_numbers = count()


class OurNotification(Notification):
    """A notification without a source: napari would name its own notification manager."""

    source = property(lambda self: None)


def notify(sentence: str, severity: str = "warning", choices: Sequence[Choice] = (), *, stays: bool = False) -> None:
    """Show a napari notification; each choice is a button. One that `stays` does not fade before it is answered.

    It takes the place of one that says the same. While napari's window is not shown yet, it waits for that.
    """
    viewer = current_viewer()
    window = None if viewer is None else viewer.window.main_menu.window()
    if window is not None and not window.isVisible():
        _Waiting.of(window).notes[sentence] = partial(notify, sentence, severity, choices, stays=stays)
        return
    actions = tuple((text, lambda *_, act=act: act()) for text, act in choices)
    focused = QApplication.focusWidget()
    notification_manager.dispatch(OurNotification(_as_shown(sentence), severity, actions=actions))
    for window in QApplication.topLevelWidgets():
        same = list(_shown([sentence], window))
        new = [dialog for dialog in same if dialog.findChild(NotificationPlacer, PLACER) is None]
        for dialog in same if new else ():
            if dialog in new:
                NotificationPlacer(dialog, focused or window.focusWidget(), stays)
            else:
                dialog.close()


def take_back(sentences: Collection[str], window: QMainWindow) -> bool:
    """Close the notifications of a window that say what is no longer true; return whether there are any."""
    found = list(_shown(sentences, window))
    for shown in found:
        shown.close()
    notes = _Waiting.of(window).notes
    waiting = [notes.pop(sentence) for sentence in sentences if sentence in notes]
    return bool(found or waiting)


def restate(sentence: str, now: str, texts: Sequence[str], window: QMainWindow) -> bool:
    """Put another sentence in the place of one; return False where none says it with these texts on its buttons."""
    found = [
        placer
        for placer in window.findChildren(NotificationPlacer, PLACER)
        if placer.says(sentence) and placer.buttons == list(texts)
    ]
    for placer in found:
        placer.set_text(now)
    return bool(found)


def _as_shown(sentence: str) -> str:
    """Return a sentence as the window has it; napari writes it to the terminal, too."""
    return plain("\n".join(map(visible, sentence.split("\n"))))


def _shown(sentences: Collection[str], window: QWidget) -> Iterator["NapariQtNotification"]:
    texts = set(map(_as_shown, sentences))
    for dialog in napari_compat.notifications(window):
        if dialog.isVisible() and napari_compat.notification_text(dialog) in texts:
            yield dialog


def _placed(window: QWidget) -> list["NapariQtNotification"]:
    """Return the visible notifications, the oldest first; Qt's own order is that of who was raised last."""
    placers = sorted(window.findChildren(NotificationPlacer, PLACER), key=lambda placer: placer.number)
    return [placer.dialog for placer in placers if placer.dialog.isVisible()]


class _Waiting(QObject):
    """Notifications, by what they say, that wait until their window is shown; one that is not would print them."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.setObjectName(WAITING)
        self.notes: dict[str, Callable[[], None]] = {}
        window.installEventFilter(self)

    @classmethod
    def of(cls, window: QMainWindow) -> "_Waiting":
        """Return those of a window."""
        return window.findChild(cls, WAITING, Qt.FindChildOption.FindDirectChildrenOnly) or cls(window)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Show them as soon as the window is shown and has its size."""
        if event.type() == QEvent.Type.Show:
            QTimer.singleShot(0, self._show)
        return False

    def _show(self) -> None:
        notes, self.notes = self.notes, {}
        for show in notes.values():
            show()


class NotificationPlacer(QObject):
    """Shows one of napari's notifications whole, and keeps it in its place.

    The whole sentence is shown, also where the canvas is lower than that: then it rises above the canvas. It keeps its
    corner, or its place above older ones, when the canvas changes its size, and lies over docks and tabs that come to
    the front. When it closes, the focus goes back to where it was.

    Parameters
    ----------
    dialog : NapariQtNotification
        The notification that napari shows.
    focused : QWidget or None
        What had the focus before.
    stays : bool
        Whether it does not fade before it is answered.
    """

    def __init__(self, dialog: "NapariQtNotification", focused: QWidget | None, stays: bool) -> None:
        super().__init__(dialog)
        self.setObjectName(PLACER)
        self.number = next(_numbers)
        self._focused = None if focused is None else ref(focused)  # weak: nothing of ours keeps a closed window alive
        canvas = dialog.parent()
        self._canvas = ref(canvas)
        napari_compat.keep_notification(dialog, fades=not stays)
        dialog.finished.connect(self._on_closed)
        for widget in {canvas, canvas.window(), canvas.window().centralWidget()}:
            widget.installEventFilter(self)
        dialog.setParent(canvas.window())  # the canvas would cut it off
        dialog.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme = tokens()
        dialog.setFixedWidth(theme.px(WIDTH))
        dialog.setStyleSheet(f"{napari_compat.NOTIFICATION} {{ border: 1px solid {theme.faint}; }}")
        dialog.setVisible(True)
        self._place()
        dialog.installEventFilter(self)
        self.place_later()

    @property
    def dialog(self) -> "NapariQtNotification":
        """What napari shows; this is its child."""
        return self.parent()

    def place_later(self) -> None:
        """Place it once style and layout have settled and others have closed."""
        QTimer.singleShot(0, self._place)

    def says(self, sentence: str) -> bool:
        """Return whether it is visible with this sentence."""
        dialog = self.dialog
        return bool(dialog.isVisible() and napari_compat.notification_text(dialog) == _as_shown(sentence))

    @property
    def buttons(self) -> list[str]:
        """The texts of its buttons."""
        return napari_compat.notification_buttons(self.dialog)

    def set_text(self, sentence: str) -> None:
        """Replace the sentence."""
        napari_compat.set_notification_text(self.dialog, _as_shown(sentence))
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the canvas, and stay above docks that are added and a central widget that Qt raises.

        napari moves the notification, too, when the canvas is resized.
        """
        kind = event.type()
        if watched is self.parent():
            if kind == QEvent.Type.Move:
                self._place()
        elif watched is self._canvas() and kind in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        elif kind in (QEvent.Type.ChildAdded, QEvent.Type.ZOrderChange):
            self.place_later()
        return False

    def _place(self) -> None:
        dialog = self.dialog if isalive(self) else None
        canvas = self._canvas()
        if dialog is None or not dialog.isVisible() or canvas is None:
            return
        window = dialog.parent()
        napari_compat.fit_notification(dialog)
        corner = canvas.mapTo(window, QPoint(canvas.width(), canvas.height()))
        place = corner - QPoint(dialog.width() + MARGIN, dialog.height() + MARGIN)
        placed = _placed(window)
        top = place.y() - sum(older.height() + MARGIN for older in placed[: placed.index(dialog)])
        if top < MARGIN:  # no room above the older ones: over them, so that none shows behind it
            top = place.y()
            dialog.resize(dialog.width(), max(other.height() for other in placed))
        dialog.move(max(MARGIN, place.x()), max(MARGIN, top))
        dialog.raise_()

    def _on_closed(self, *_: object) -> None:
        window = self.dialog.parent()
        for placer in window.findChildren(NotificationPlacer, PLACER):
            placer.place_later()
        focused = None if self._focused is None else self._focused()
        if focused is not None and isalive(focused) and focused.isVisible() and window.focusWidget() is window:
            focused.setFocus(Qt.FocusReason.OtherFocusReason)
