"""napari's welcome is shown where it has room, and not over itself."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_phy.widgets.napari_compat import welcome_widget
from napari_phy.widgets.window.canvas import LEAST_HEIGHT, LowWelcome


def test_in_a_low_canvas_the_welcome_is_empty(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    window = viewer.window._qt_window
    welcome = welcome_widget(window)
    labels = [label for label in welcome.findChildren(QLabel) if label.text()]
    canvas = welcome.parentWidget()
    watch = LowWelcome(window, window)
    welcome.show()
    for height, is_seen in ((LEAST_HEIGHT - 20, False), (LEAST_HEIGHT + 20, True), (60, False)):
        welcome.resize(canvas.width(), height)
        assert [label.isVisibleTo(welcome) for label in labels] == [is_seen] * len(labels)
    assert welcome.testAttribute(Qt.WidgetAttribute.WA_AcceptDrops)
    watch.deleteLater()
