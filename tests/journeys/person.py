"""A user: clicks rows and buttons, presses keys, draws lassos, by real Qt events in a real window."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from napari._qt.dialogs.qt_notification import NapariQtNotification
from napari.viewer import Viewer
from qtpy.QtCore import QPoint, QPointF, Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QDialog, QLineEdit, QMenu, QPushButton, QWidget
from waiting import PATIENCE_S, run_until

from napari_phy.widgets.window.workspace import Workspace

LARGE, SMALL = (1920, 1080), (1280, 800)
PLAIN = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


class Person:
    """Uses the workspace of one viewer."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.titles: list[str] = []  # of the dialogs that were answered

    # --- looking ---

    @property
    def workspace(self) -> Workspace:
        workspace = Workspace.find(self.viewer)
        assert workspace is not None, "no workspace is open"
        return workspace

    @property
    def session(self):
        return self.workspace.session

    @property
    def chosen(self) -> tuple[int, ...]:
        """The selected clusters in order."""
        return self.session.selection.clusters

    def listed(self, title: str = "Clusters") -> list[int]:
        """Return the ids of a list from the top."""
        return self.workspace.panels[title].list.cluster_model.cluster_ids

    def button_text(self, action_id: str) -> str:
        return self.workspace.toolbar.button(action_id).text()

    @property
    def told(self) -> list[str]:
        """The notifications that stand in the window, the latest last."""
        return [shown.message.text() for shown in self._notifications()]

    def _notifications(self) -> list[NapariQtNotification]:
        shown = self.workspace.window.findChildren(NapariQtNotification)
        return [dialog for dialog in shown if dialog.isVisible()]

    # --- waiting ---

    def wait(self, condition: Callable[[], object], what: str = "the condition") -> None:
        """Let the program run until something holds."""
        run_until(condition, what)

    def rest(self, seconds: float) -> None:
        """Let the program run for a while."""
        end = time.monotonic() + seconds
        self.wait(lambda: time.monotonic() > end)

    def settle(self) -> None:
        """Wait until nothing is being done to the data set and every view shows the selection."""
        QApplication.processEvents()
        self.wait(lambda: self.workspace.controller.work.job is None, "what is done in the background")
        self.wait(lambda: not any(getattr(panel, "busy", False) for panel in self.workspace.panels.values()), "views")
        QApplication.processEvents()

    # --- acting ---

    def resize(self, width: int, height: int) -> None:
        """Give the window a size, in the corner of the screen."""
        self.viewer.window.set_geometry(0, 0, width, height)
        self.wait(lambda: self.viewer.window.geometry()[2:] == (width, height), "the window's size")

    def open(self, path: Path) -> None:
        """Open a file and wait for the workspace."""
        self.viewer.open(str(path), plugin="napari-phy")
        self.wait(lambda: Workspace.find(self.viewer) is not None and self.session is not None, "the workspace")
        self.wait(lambda: self.session.model.path == Path(path), "the data set")
        self.settle()
        self.wait(lambda: self.listed(), "the list of clusters")

    def click(self, cluster: int, title: str = "Clusters", modifier: Qt.KeyboardModifier = PLAIN) -> None:
        """Click the row of a cluster."""
        view = self.workspace.panels[title].list
        index = view.model().index(view.cluster_model.find_row(cluster), 1)
        view.scrollTo(index)
        QTest.mouseClick(view.viewport(), LEFT, modifier, view.visualRect(index).center())
        self.settle()

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = PLAIN) -> None:
        """Press a key where the focus is."""
        QTest.keyClick(self.focused(), key, modifier)
        self.settle()

    def filter(self, text: str) -> None:
        """Press / and type a filter, letter by letter, and wait until it was asked for."""
        self.press(Qt.Key.Key_Slash)
        QTest.keyClick(self.focused(), Qt.Key.Key_A, CTRL)
        for letter in text:
            QTest.keyClicks(self.focused(), letter)
        self.wait(lambda: self.workspace.panels["Clusters"].filter_line._asked == text, "the filter")
        self.settle()

    def focused(self) -> QWidget:
        window = self.workspace.window
        window.activateWindow()
        self.wait(lambda: QApplication.activeWindow() is window and QApplication.focusWidget() is not None, "the focus")
        return QApplication.focusWidget()

    def push(self, action_id: str) -> None:
        """Push a button of the toolbar."""
        button = self.workspace.toolbar.button(action_id)
        assert button.isEnabled(), button.toolTip()
        QTest.mouseClick(button, LEFT, PLAIN, button.rect().center())
        self.settle()

    def answer(self, act: Callable[[QDialog], object]) -> None:
        """Do something with the next dialog, as soon as it is there."""

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if dialog is None:
                QTimer.singleShot(20, look)
            else:
                self.titles.append(dialog.windowTitle())
                try:
                    act(dialog)
                except BaseException:
                    dialog.reject()  # else the test would wait for ever
                    raise

        QTimer.singleShot(20, look)

    def click_button(self, window: QWidget, text: str) -> None:
        """Click a button of a dialog or of a notification."""
        button = next(button for button in window.findChildren(QPushButton) if button.text() == text)
        assert button.isVisible()
        QTest.mouseClick(button, LEFT, PLAIN, button.rect().center())

    def respond(self, sentence: str, text: str) -> None:
        """Wait for a notification and click one of its buttons."""
        self.wait(lambda: sentence in self.told, sentence)
        self.click_button(self._notifications()[self.told.index(sentence)], text)
        self.wait(lambda: sentence not in self.told, "the notification to go")

    def pick(self, button: QWidget, *texts: str) -> None:
        """Open the menu of a button and pick an entry, through its submenus, by clicks."""
        left = list(texts)

        def look() -> None:
            menu = QApplication.activePopupWidget()
            if not isinstance(menu, QMenu) or left[0] not in [action.text() for action in menu.actions()]:
                QTimer.singleShot(20, look)
                return
            action = next(action for action in menu.actions() if action.text() == left[0])
            del left[0]
            if left:
                QTimer.singleShot(20, look)
            QTest.mouseClick(menu, LEFT, PLAIN, menu.actionGeometry(action).center())
            while not left and isinstance(QApplication.activePopupWidget(), QMenu):  # one to tick in stays open
                QTest.keyClick(QApplication.activePopupWidget(), Qt.Key.Key_Escape)

        self.focused()  # a click makes a window the active one
        QTimer.singleShot(20, look)
        QTest.mouseClick(button, LEFT, PLAIN, button.rect().center())
        self.wait(lambda: not left, f"the entry {texts[-1]}")
        self.settle()

    def drag(self, widget: QWidget, start: QPoint, stop: Callable[[], QPoint]) -> None:
        """Press the mouse in a widget, move it a little, then to where `stop` says that is then, and let go."""
        QTest.mousePress(widget, LEFT, PLAIN, start)
        QTest.mouseMove(widget, start + QPoint(4, 24))
        QApplication.processEvents()
        place = stop()
        for step in range(1, 4):
            QTest.mouseMove(widget, _between(start, place, step / 3))
            QApplication.processEvents()
        QTest.mouseRelease(widget, LEFT, PLAIN, place)
        self.settle()

    def choose_file(self, dialog: QDialog, path: Path) -> None:
        """Give a file dialog a path, and press Return."""
        line = dialog.findChild(QLineEdit, "fileNameEdit")
        end = time.monotonic() + PATIENCE_S
        while dialog.isVisible() and time.monotonic() < end:  # the dialog reads the folder in a thread of its own
            line.setText(str(path))
            QTest.keyClick(line, Qt.Key.Key_Return)
            self.rest(0.1)
        assert not dialog.isVisible(), f"the dialog does not take {path}"

    def lasso(self, corners: Sequence[tuple[float, float]]) -> None:
        """Draw a lasso around points given in the units of the feature axes."""
        panel = self.workspace.panels["Features"]
        canvas = panel.canvas.native
        places = [QPointF(*place).toPoint() for place in panel.frame.to_px(np.asarray(corners, float)).tolist()]
        QTest.mousePress(canvas, LEFT, CTRL, places[0])
        for start, stop in zip(places, [*places[1:], places[0]], strict=True):
            for step in range(1, 6):
                QTest.mouseMove(canvas, _between(start, stop, step / 5))
                QApplication.processEvents()
        QTest.mouseRelease(canvas, LEFT, CTRL, places[0])
        self.settle()

    def around(self, spikes: np.ndarray, share: float = 0.96) -> list[tuple[float, float]]:
        """Return the corners of a box around this share of the spikes in the axes shown, as far as they are drawn."""
        features = self.workspace.panels["Features"].data.features
        drawn = np.isin(features.spike_ids, spikes)
        points = np.column_stack([features.x[drawn], features.y[drawn]])
        (left, low), (right, top) = np.quantile(points, [(1 - share) / 2, (1 + share) / 2], axis=0).tolist()
        return [(left, low), (right, low), (right, top), (left, top)]

    def picture(self, path: Path) -> None:
        """Keep what is on the screen."""
        self.settle()
        self.rest(0.3)
        self.workspace.window.screen().grabWindow(self.workspace.window.winId()).save(str(path))


def _between(start: QPoint, stop: QPoint, share: float) -> QPoint:
    return QPoint(round(start.x() + (stop.x() - start.x()) * share), round(start.y() + (stop.y() - start.y()) * share))
