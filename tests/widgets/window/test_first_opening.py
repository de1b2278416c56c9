"""The first data set of a window: docks are painted once they are at their places, in the size that the window has."""

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication, QDockWidget, QMainWindow
from widgets.window.test_workspace import LARGE, settle

from napari_phy.widgets.base.draw_batch import PaintHold
from napari_phy.widgets.window.first_opening import FirstOpening
from napari_phy.widgets.window.workspace import Workspace


class FirstPaints(QObject):
    """Notes where each dock is when it is painted first, and where all are when the first of all is."""

    def __init__(self):
        super().__init__()
        self.first = {}
        self.all = {}

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and isinstance(watched, QDockWidget):
            window = watched.window()
            if not self.all and watched.windowTitle() == "Clusters":
                self.all = places(window)
            self.first.setdefault(watched.windowTitle(), watched.geometry())
        return False


def places(window):
    """Return {title: geometry} of the docks of a window that are in sight."""
    docks = window.findChildren(QDockWidget)
    return {dock.windowTitle(): dock.geometry() for dock in docks if not dock.visibleRegion().isEmpty()}


def test_docks_are_painted_where_they_stay(make_napari_viewer, kwik_copy, qtbot):
    viewer = make_napari_viewer(show=True)
    viewer.window.set_geometry(0, 0, *LARGE)
    window = viewer.window._qt_window
    qtbot.waitUntil(lambda: window.windowHandle().isExposed() and (window.width(), window.height()) == LARGE)
    paints = FirstPaints()
    QApplication.instance().installEventFilter(paints)
    viewer.open(str(kwik_copy), plugin="napari-phy")
    qtbot.waitUntil(lambda: "Clusters" in paints.all)
    workspace = Workspace.find(viewer)
    settle(qtbot, workspace)
    QApplication.instance().removeEventFilter(paints)
    assert window.updatesEnabled()
    assert places(window) == paints.all
    assert {"Clusters", "Similar", "Waveforms", "Features", "Correlograms", "Traces", "Amplitude"} <= set(paints.all)


def test_a_window_that_is_shown_after_its_file_was_opened_is_waited_for(qtbot, monkeypatch):
    window, heard = QMainWindow(), []
    qtbot.addWidget(window)
    window.resize(1400, 900)
    opening = FirstOpening(window, lambda: heard.append((window.isVisible(), window.updatesEnabled())))
    assert FirstOpening.of(window) is opening
    opening.opened.connect(lambda: heard.append("opened"))
    QApplication.processEvents()  # as napari does while it adds layers, before its event loop runs
    assert heard == []
    window.show()
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard == [(True, False), "opened"]
    assert FirstOpening.of(window) is None
    PaintHold.end(window)


def test_a_window_that_stays_hidden_is_not_waited_for(qtbot):
    window, heard = QMainWindow(), []
    qtbot.addWidget(window)
    FirstOpening(window, lambda: heard.append(window.isVisible()))
    qtbot.waitUntil(lambda: heard == [False])
    PaintHold.end(window)
