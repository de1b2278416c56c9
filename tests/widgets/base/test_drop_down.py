"""A button whose menu was used looks as if under the mouse only if it is."""

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QCursor

from napari_phy.widgets.base.header import Header


@pytest.mark.parametrize("is_left", [True, False])
def test_after_its_menu_a_button_is_under_the_mouse_only_if_it_is(qtbot, is_left):
    header = Header("Waveforms")
    qtbot.addWidget(header)
    header.move(100, 100)
    header.show()
    qtbot.waitExposed(header)
    button, menu = header.more_button, header.more_menu
    menu.addAction("Close")
    over = button.mapToGlobal(button.rect().center())
    QCursor.setPos(over + QPoint(0, 200 if is_left else 0))
    button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    menu.popup(over)
    menu.hide()
    qtbot.waitUntil(lambda: button.underMouse() is not is_left)
