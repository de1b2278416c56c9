"""Words on the canvas where a linked layer has no frame: napari goes on to show the nearest one."""

from qtpy.compat import isalive
from qtpy.QtCore import QObject, Qt
from qtpy.QtWidgets import QMainWindow

from napari_phy.core.sentences import on_one_line
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.theme import BODY_PX, Tokens, tokens
from napari_phy.widgets.napari_compat import canvas_of
from napari_phy.widgets.window.time_links import TimeLinks

NAME = "napari-phy-no-frame"


class MissingFrames(QObject):
    """Says `No frame of two-photon at this time` at the upper left of the canvas, and nothing where all have one."""

    def __init__(self, links: TimeLinks, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._links = links
        self.label = PlainLabel(parent=canvas_of(window))
        self.label.setObjectName(NAME)
        self.label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.label.hide()
        links.changed.connect(self.refresh)
        links.moved.connect(self.refresh)
        self.apply_theme(tokens())

    def refresh(self) -> None:
        """Say which layers have no frame now."""
        if not isalive(self.label):
            return
        linked = self._links.linked
        names = [] if linked is None else [on_one_line(layer.name) for layer in linked.without_frame]
        self.label.setVisible(bool(names))
        if names:
            self.label.setText(f"No frame of {', '.join(names)} at this time")
            self.label.adjustSize()
            self.label.raise_()

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme."""
        if isalive(self.label):
            self.label.move(theme.px(10), theme.px(10))
            self.label.setStyleSheet(
                f"background: {theme.view}; color: {theme.warning}; border-radius: 3px;"
                f"padding: {theme.px(3)}px {theme.px(7)}px; font-size: {theme.px(BODY_PX)}px;"
            )
            self.refresh()
