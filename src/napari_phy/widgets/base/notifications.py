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
from qtpy.QtWidgets import QApplication, QDialog, QLabel, QMainWindow, QPushButton, QWidget

from napari_phy.core.sentences import visible
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.theme import tokens

if TYPE_CHECKING:
    from napari._qt.dialogs.qt_notification import NapariQtNotification

Choice = tuple[str, Callable[[], object]]
LOCATE = "Locate raw data…"
SAVE_COPY = "Save a copy…"
TENDER, WAITING = "napari-phy-tender", "napari-phy-waiting"
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
        said = [shown for shown in _shown([sentence], window) if hasattr(shown, "move_to_bottom_right")]
        new = [shown for shown in said if shown.findChild(Tender, TENDER) is None]
        for shown in said if new else ():
            if shown in new:
                Tender(shown, focused or window.focusWidget(), stays)
            else:
                shown.close()


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
        tender
        for tender in window.findChildren(Tender, TENDER)
        if tender.says(sentence) and tender.texts == list(texts)
    ]
    for tender in found:
        tender.say(now)
    return bool(found)


def _as_shown(sentence: str) -> str:
    """Return a sentence as the window has it; napari writes it to the terminal, too."""
    return plain("\n".join(map(visible, sentence.split("\n"))))


def _shown(sentences: Collection[str], window: QWidget) -> Iterator[QDialog]:
    said = set(map(_as_shown, sentences))
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible() and any(label.text() in said for label in dialog.findChildren(QLabel)):
            yield dialog


def _tended(window: QWidget) -> list["NapariQtNotification"]:
    """Return the notifications in sight, the oldest first; Qt's own order is that of who was raised last."""
    tenders = sorted(window.findChildren(Tender, TENDER), key=lambda tender: tender.number)
    return [tender.shown for tender in tenders if tender.shown.isVisible()]


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


class Tender(QObject):
    """Improves one of napari's notifications as long as it is there.

    The whole sentence is shown, also where the canvas is lower than that: then it rises above the canvas. It keeps its
    corner, or its place above older ones, when the canvas changes its size, and lies over whatever docks and tabs come
    to the front. When it closes the focus goes back to where it was.
    """

    def __init__(self, shown: "NapariQtNotification", focused: QWidget | None, stays: bool) -> None:
        super().__init__(shown)
        self.setObjectName(TENDER)
        self.number = next(_numbers)
        self._focused = None if focused is None else ref(focused)  # weak: nothing of ours keeps a closed window alive
        self._canvas = ref(shown.parent())
        if stays:
            shown.DISMISS_AFTER = 0
            shown.timer_stop()
        shown.expand_button.hide()
        shown.message.setElideMode(Qt.TextElideMode.ElideNone)
        shown.opacity_anim.setEndValue(1.0)  # what lies beneath shall not shine through
        shown.finished.connect(self._on_closed)
        canvas = shown.parent()
        for around in {canvas, canvas.window(), canvas.window().centralWidget()}:
            around.installEventFilter(self)
        if hasattr(canvas, "resized"):
            canvas.resized.disconnect(shown.move_to_bottom_right)
        shown.geom_anim.stop()
        shown.setParent(canvas.window())  # the canvas would cut it off
        shown.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        theme = tokens()
        shown.setFixedWidth(theme.px(WIDTH))
        shown.setStyleSheet(f"NapariQtNotification {{ border: 1px solid {theme.faint}; }}")
        shown.setVisible(True)
        self._place()
        self.place_soon()

    @property
    def shown(self) -> "NapariQtNotification":
        """The notification."""
        return self.parent()

    def place_soon(self) -> None:
        """Find the place anew, once style and layout have settled and others have gone."""
        QTimer.singleShot(0, self._place)

    def says(self, sentence: str) -> bool:
        """Tell whether this sentence stands in the window."""
        return bool(self.shown.isVisible() and self.shown.message.text() == _as_shown(sentence))

    @property
    def texts(self) -> list[str]:
        """What its buttons for an answer say."""
        return [button.text() for button in self.shown.row2_widget.findChildren(QPushButton)]

    def say(self, sentence: str) -> None:
        """Say something else."""
        self.shown.message.setText(_as_shown(sentence))
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the canvas, and stay before docks that are put into the window and a centre that Qt raises."""
        if watched is self._canvas() and event.type() in (QEvent.Type.Resize, QEvent.Type.Move):
            self._place()
        elif event.type() in (QEvent.Type.ChildAdded, QEvent.Type.ZOrderChange):
            self.place_soon()
        return False

    def _place(self) -> None:
        shown = self.shown if isalive(self) else None
        canvas = self._canvas()
        if shown is None or not shown.isVisible() or canvas is None:
            return
        message, window = shown.message, shown.parent()
        shown.row1.activate()
        shown.row2_widget.setFixedHeight(shown.row2.sizeHint().height())
        message.setMinimumHeight(message.heightForWidth(message.width()))
        shown.resize(shown.width(), max(shown.minimumHeight(), shown.layout().totalMinimumSize().height()))
        corner = canvas.mapTo(window, QPoint(canvas.width(), canvas.height()))
        place = corner - QPoint(shown.width() + MARGIN, shown.height() + MARGIN)
        tended = _tended(window)
        above = place.y() - sum(older.height() + MARGIN for older in tended[: tended.index(shown)])
        if above < MARGIN:  # no room above the older ones: over them, and none looks out
            above = place.y()
            shown.resize(shown.width(), max(other.height() for other in tended))
        shown.move(max(MARGIN, place.x()), max(MARGIN, above))
        shown.raise_()

    def _on_closed(self, *_: object) -> None:
        for tender in self.shown.parent().findChildren(Tender, TENDER):
            tender.place_soon()
        focused, window = None if self._focused is None else self._focused(), self.shown.parent()
        if focused is not None and isalive(focused) and focused.isVisible() and window.focusWidget() is window:
            focused.setFocus(Qt.FocusReason.OtherFocusReason)
