"""Tabs have our look as soon as docks lie upon each other."""

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QMainWindow, QTabBar

from napari_phy.widgets.base.dock_title_bar import DockTabs, tab_bar_style
from napari_phy.widgets.base.theme import tokens


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


def test_many_tabs_keep_their_whole_names(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    DockTabs(window, window).apply_theme(tokens("dark"))
    docks = [QDockWidget(f"Correlograms {number}", window) for number in range(12)]
    window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, docks[0])
    for dock in docks[1:]:
        window.tabifyDockWidget(docks[0], dock)
    window.resize(400, 300)
    window.show()
    qtbot.waitUntil(lambda: len(styles(window)) == 1)
    (bar,) = (bar for bar in window.findChildren(QTabBar) if bar.isVisible())
    needed = bar.fontMetrics().horizontalAdvance("Correlograms 9")
    assert all(bar.tabRect(place).width() >= needed for place in range(12))
    assert window.width() == 400
