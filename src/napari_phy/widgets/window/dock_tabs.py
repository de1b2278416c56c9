"""Gives the tabs of docks our look, from the moment they appear."""

from weakref import ref

from qtpy.QtCore import QChildEvent, QEvent, QObject, Qt
from qtpy.QtWidgets import QMainWindow, QTabBar

from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.theme import BODY_PX, Tokens


class DockTabs(QObject):
    """Watches a main window, which makes a bar of tabs whenever docks come to lie upon each other."""

    def __init__(self, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._window = ref(window)
        self._style = ""
        window.installEventFilter(self)

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        self._style = tab_bar_style(theme)
        for bar in referent(self._window).findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setStyleSheet(self._style)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Style a new bar."""
        child = event.child() if isinstance(event, QChildEvent) and event.polished() else None
        if isinstance(child, QTabBar):
            child.setStyleSheet(self._style)
        return False


def tab_bar_style(theme: Tokens) -> str:
    """Return the style sheet of dock tabs: 12 px text, a 2 px underline for the current one."""
    return f"""
        QTabBar {{ background: {theme.panel}; qproperty-drawBase: 0; qproperty-elideMode: ElideNone; }}
        QTabBar::tab {{
            background: {theme.panel}; color: {theme.dim}; border: none; border-bottom: 2px solid {theme.panel};
            padding: 3px 8px 3px 8px; margin: 0; font-size: {theme.px(BODY_PX)}px;
        }}
        QTabBar::tab:selected {{ color: {theme.text}; border-bottom: 2px solid {theme.text}; }}
        QTabBar::tab:hover {{ color: {theme.text}; }}
        QTabBar::tear {{ width: 0; border: none; }}
    """
