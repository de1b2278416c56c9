"""Tabs have our look as soon as docks lie upon each other."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabBar

from napari_phy.widgets.dock_tabs import DockTabs, tab_bar_style
from napari_phy.widgets.theme import tokens


def styles(window):
    """Return the style sheets of the bars in sight."""
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return [bar.styleSheet() for bar in bars if bar.isVisible()]


def test_new_tabs_and_a_new_theme(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    tabs = DockTabs(window, window)
    dark, light = tokens("dark"), tokens("light")
    tabs.apply_theme(dark)
    docks = [QDockWidget(name, window) for name in "abcd"]
    for dock in docks:
        window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
    window.show()
    window.tabifyDockWidget(docks[0], docks[1])
    qtbot.waitUntil(lambda: styles(window) == [tab_bar_style(dark)])
    window.tabifyDockWidget(docks[2], docks[3])
    qtbot.waitUntil(lambda: styles(window) == 2 * [tab_bar_style(dark)])
    tabs.apply_theme(light)
    assert styles(window) == 2 * [tab_bar_style(light)]
