"""napari and vispy still have what the plugin needs of them, and nothing of it changes them for others."""

import gc
import sys
from contextlib import nullcontext
from io import StringIO
from threading import Event, Thread

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Points
from napari.settings import get_settings
from napari.utils import cancelable_progress
from napari.utils.notifications import Notification, notification_manager
from patience import PATIENCE_S
from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtGui import QWindow
from qtpy.QtWidgets import QApplication, QDockWidget, QLabel, QMainWindow, QPushButton, QWidget
from vispy import scene
from vispy.gloo import gl
from vispy.gloo.glir import GlirProgram

from napari_phy.widgets import napari_compat


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


def window_of(viewer):
    return viewer.window.main_menu.window()


def test_a_proxy_of_napari_is_unwrapped(viewer):
    from napari.utils._proxies import PublicOnlyProxy

    proxy = PublicOnlyProxy(viewer)
    assert napari_compat.unwrap(proxy) is viewer
    assert napari_compat.unwrap(viewer) is viewer


def test_all_viewers_are_known_and_at_least_the_current_one(viewer, monkeypatch):
    assert viewer in napari_compat.open_viewers()
    monkeypatch.setattr(napari_compat, "Viewer", object)
    monkeypatch.setattr(napari_compat, "current_viewer", lambda: viewer)
    assert napari_compat.open_viewers() == [viewer]


def test_the_row_of_an_axis_is_none_that_napari_will_delete(viewer):
    viewer.add_image(np.zeros((3, 4, 5)))
    old = napari_compat.slider_of(window_of(viewer), 0)
    viewer.add_image(np.zeros((2, 3, 4, 5)))  # more sliders; the rows of before are deleted later
    rows = [napari_compat.slider_of(window_of(viewer), axis) for axis in (0, 1)]
    assert [row.axis for row in rows] == [0, 1]
    assert old not in rows


def test_the_steps_of_a_slider_can_be_hidden(viewer):
    viewer.add_image(np.zeros((4, 5, 6)))
    row = napari_compat.slider_of(window_of(viewer), 0)
    assert row is not None
    steps = row.findChildren(QWidget, "slice_label")
    assert len(steps) == 2
    for shown in (False, True):
        napari_compat.show_steps(row, shown)
        assert [part.isHidden() for part in steps] == [not shown, not shown]
    assert napari_compat.slider_of(window_of(viewer), 7) is None


def test_keys_of_the_canvas_are_those_in_force():
    keys = napari_compat.class_keys((Points, ViewerModel))
    assert keys["Ctrl+R"] == "reset view"

    @ViewerModel.bind_key("F11")
    def tell_a_test(viewer):
        return

    try:
        assert napari_compat.class_keys((ViewerModel,))["F11"] == "tell a test"
    finally:
        ViewerModel.bind_key("F11", None)
    assert napari_compat.class_keys((int,)) == {}


def test_the_window_has_its_parts(viewer):
    window = window_of(viewer)
    welcome = napari_compat.welcome_widget(window)
    assert any(label.text() for label in welcome.findChildren(QLabel))
    viewer.help = "what a key does"
    assert napari_compat.help_label(window).text() == "what a key does"
    assert napari_compat.canvases(window)


def test_the_place_of_our_docks_is_not_written_to_the_settings_of_the_user(viewer, monkeypatch):
    window = window_of(viewer)
    positions = get_settings().application.plugin_widget_positions
    dock = napari_compat.add_dock(viewer, QWidget(), "ours", "right")
    assert "ours" not in positions
    assert not dock.signalsBlocked()
    with napari_compat.signals_blocked([dock]):
        window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
    assert "ours" not in positions
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)  # as when a user moves it
    assert positions["ours"] == "left"
    viewer.window.add_dock_widget(QWidget(), name="theirs", area="left")
    assert positions["theirs"] == "left"


def test_signals_that_were_blocked_before_stay_so(viewer):
    dock = napari_compat.add_dock(viewer, QWidget(), "ours", "right")
    dock.blockSignals(True)
    with napari_compat.signals_blocked([dock]):
        pass
    assert dock.signalsBlocked()


def test_a_dock_that_has_moved_says_so_once(qtbot):
    window, dock, told = QMainWindow(), QDockWidget(), []
    qtbot.addWidget(window)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    dock.dockLocationChanged.connect(told.append)
    with napari_compat.signals_later(window, [dock]):
        for area in (Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.TopDockWidgetArea):
            window.addDockWidget(area, dock)
    assert told == [Qt.DockWidgetArea.TopDockWidgetArea]
    with napari_compat.signals_later(window, [dock]):
        window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
    assert len(told) == 1


@pytest.mark.parametrize("is_about_all", [False, True])
def test_the_dialog_before_closing_is_known(viewer, qtbot, is_about_all):
    window = window_of(viewer)
    from napari._qt.dialogs.confirm_close_dialog import ConfirmCloseDialog

    dialog = ConfirmCloseDialog(window, is_about_all)
    qtbot.addWidget(dialog)
    assert napari_compat.is_close_dialog(dialog)
    assert not napari_compat.is_tasks_dialog(dialog)
    assert napari_compat.closes_all(dialog) == is_about_all
    accepted = []
    dialog.accepted.connect(lambda: accepted.append(get_settings().application.confirm_close_window))
    napari_compat.accept_unseen(dialog)
    dialog.open()
    qtbot.waitUntil(lambda: bool(accepted))
    assert accepted == [True]
    assert not napari_compat.is_close_dialog(window)


def test_a_window_forgets_to_quit(viewer, monkeypatch):
    window = window_of(viewer)
    assert not napari_compat.is_quitting(window)
    assert "_quit_app" in vars(window)
    window._quit_app = True
    assert napari_compat.is_quitting(window)
    napari_compat.cancel_quit(window)
    assert not napari_compat.is_quitting(window)


def test_a_notification_is_whole_and_stays(viewer, qtbot):
    window = window_of(viewer)
    text = "A sentence that is much longer than the one line that a notification of napari has room for. " * 3
    notification_manager.dispatch(Notification(text, "info", actions=(("Do it", lambda _: None),)))
    (dialog,) = napari_compat.notifications(window)
    assert napari_compat.notification_text(dialog) == text
    assert napari_compat.notification_buttons(dialog) == ["Do it"]
    napari_compat.keep_notification(dialog, fades=False)
    napari_compat.fit_notification(dialog)
    assert dialog.message.height() >= dialog.message.heightForWidth(dialog.message.width())
    assert not dialog.timer.isActive()
    napari_compat.set_notification_text(dialog, "Another one.")
    assert napari_compat.notification_text(dialog) == "Another one."
    dialog.close()


@pytest.fixture
def deleted(monkeypatch):
    """The programs that are deleted, and an OpenGL that says what a test wants."""
    handles = []
    monkeypatch.setattr(gl, "glDeleteProgram", handles.append)
    return handles


def some_program(canvas):
    """Return a program of a canvas, made as vispy makes it."""
    program = canvas.context.shared.parser._classmap["Program"]
    made = object.__new__(program)
    made._handle = 7
    return made


@pytest.mark.parametrize(
    ("version", "kept"), [("4.5 (Compatibility Profile) Mesa 22.3.6", True), ("4.6.0 NVIDIA 550.54", False)]
)
def test_only_mesa_keeps_its_programs(viewer, monkeypatch, deleted, version, kept):
    window = window_of(viewer)
    (canvas,) = napari_compat.canvases(window)
    viewer.add_points(np.zeros((3, 2)))  # whose program is there before
    viewer.screenshot(canvas_only=True, flash=False)
    napari_compat.keep_programs(canvas)
    napari_compat.keep_programs(canvas)
    monkeypatch.setattr(gl, "glGetParameter", lambda name: version)
    some_program(canvas).delete()
    assert deleted == ([] if kept else [7])
    known = [one for one in canvas.context.shared.parser._objects.values() if isinstance(one, GlirProgram)]
    assert known
    assert all(type(one) is type(some_program(canvas)) for one in known)


def test_other_canvases_delete_their_programs(viewer, qtbot, deleted):
    window = window_of(viewer)
    (canvas,) = napari_compat.canvases(window)
    other = scene.SceneCanvas()
    qtbot.addWidget(other.native)
    napari_compat.keep_programs(canvas)
    some_program(other).delete()
    assert deleted == [7]
    assert type(some_program(other)) is GlirProgram


def test_threads_take_short_turns_only_while_a_worker_computes():
    usual = sys.getswitchinterval()
    ends = [Event(), Event()]
    begun = [Event(), Event()]

    def work(n):
        with napari_compat.short_switch_interval():
            begun[n].set()
            ends[n].wait(PATIENCE_S)

    threads = [Thread(target=work, args=(n,)) for n in (0, 1)]
    for thread, start in zip(threads, begun, strict=True):
        thread.start()
        assert start.wait(PATIENCE_S)
        assert sys.getswitchinterval() == pytest.approx(napari_compat.SWITCH_INTERVAL_S, abs=2e-6)
    ends[0].set()
    threads[0].join()
    assert sys.getswitchinterval() == pytest.approx(napari_compat.SWITCH_INTERVAL_S, abs=2e-6)
    ends[1].set()
    threads[1].join()
    assert sys.getswitchinterval() == pytest.approx(usual, abs=2e-6)


def test_a_shorter_interval_of_somebody_else_stays():
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    shorter = sys.getswitchinterval()
    try:
        with napari_compat.short_switch_interval():
            assert sys.getswitchinterval() == shorter
        assert sys.getswitchinterval() == shorter
    finally:
        sys.setswitchinterval(usual)


class Shown(QObject):
    """Notes the windows that come to the screen."""

    def __init__(self):
        super().__init__()
        self.names = []

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Show and isinstance(watched, QWindow):
            self.names.append(watched.objectName())
        return False


@pytest.mark.parametrize("is_kept", [True, False])
def test_the_button_of_a_progress_bar_is_no_window(viewer, is_kept):
    shown = Shown()
    QApplication.instance().installEventFilter(shown)
    with napari_compat.stray_buttons_unseen() if is_kept else nullcontext():
        bar = cancelable_progress(total=3, desc="Working", file=StringIO())
    QApplication.instance().removeEventFilter(shown)
    button = next(one for one in window_of(viewer).findChildren(QPushButton) if one.text() == "Cancel")
    assert not button.testAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    assert button.isVisibleTo(button.parentWidget())
    bar.close()
    assert ("QPushButtonClassWindow" in shown.names) is not is_kept  # else napari has mended it


def test_an_open_data_set_leaves_python_and_vispy_as_they_were(kwik_copy, make_napari_viewer, qtbot):
    from napari_phy.widgets.window.workspace import Workspace

    interval, delete = sys.getswitchinterval(), GlirProgram.delete
    viewer = make_napari_viewer(show=True)
    viewer.open(str(kwik_copy), plugin="napari-phy")
    qtbot.waitUntil(lambda: Workspace.find(viewer) is not None and Workspace.find(viewer).session is not None)
    panels = Workspace.find(viewer).panels.values()
    qtbot.waitUntil(lambda: not any(getattr(panel, "busy", False) for panel in panels))
    qtbot.waitUntil(lambda: sys.getswitchinterval() == pytest.approx(interval, abs=2e-6))
    assert GlirProgram.delete is delete
    assert gc.isenabled()


def test_a_layer_of_points_draws_text_only_while_it_has_some(viewer):
    layer, other = viewer.add_points(np.zeros((2, 2))), viewer.add_points(np.zeros((2, 2)))
    shown = {one: viewer.window._qt_viewer.canvas.layer_to_visual[one].node.text for one in (layer, other)}
    for _ in range(2):
        napari_compat.leave_out_empty_text(window_of(viewer), layer)
    assert (shown[layer].visible, shown[other].visible) == (False, True)
    layer.features = {"cluster": [3, 4]}
    layer.text = "cluster"
    assert shown[layer].visible
    layer.text = None
    assert not shown[layer].visible
    viewer.screenshot()
