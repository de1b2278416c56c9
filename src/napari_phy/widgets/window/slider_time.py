"""The moment in words: seconds beside napari's slider, which counts steps, and which layers have no frame then."""

from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtWidgets import QLineEdit, QMainWindow, QWidget

from napari_phy.actions.navigation import go_to_time
from napari_phy.core.sentences import on_one_line
from napari_phy.table.numbers import format_number
from napari_phy.views.time_words import read_time
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.base.plain_text import PlainLabel
from napari_phy.widgets.base.theme import BODY_PX, Tokens, tokens
from napari_phy.widgets.napari_compat import canvas_of, show_steps, slider_of
from napari_phy.widgets.window.time_links import TimeLinks

NAME, NO_FRAME = "napari-phy-slider-time", "napari-phy-no-frame"


class SliderTime(QObject):
    """Stands in the place of the numbers of steps while layers are linked; a time that is typed there is gone to."""

    def __init__(self, links: TimeLinks, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._links, self._window = links, ref(window)
        self._field: QLineEdit | None = None
        self._later = QTimer(self, singleShot=True, interval=0)  # once napari has made its sliders
        self._later.timeout.connect(self._place)
        links.changed.connect(self._later.start)
        links.moved.connect(self._show)

    def _place(self) -> None:
        """Put the field where the slider of time is now, or take it away."""
        linked = self._links.linked
        axis = None if linked is None else linked.axis
        row = None if axis is None else slider_of(referent(self._window), axis)
        if self._field is not None and isalive(self._field) and self._field.parent() is not row:
            old = self._field.parent()
            if isinstance(old, QWidget):
                show_steps(old, True)
            self._field.setParent(None)
            self._field.deleteLater()
        if self._field is not None and (not isalive(self._field) or self._field.parent() is not row):
            self._field = None
        if row is not None and self._field is None:
            self._field = self._made(row)
        self._show()

    def _made(self, row: QWidget) -> QLineEdit | None:
        layout = row.layout()
        if layout is None:
            return None
        show_steps(row, False)
        field = QLineEdit(row)
        field.setObjectName(NAME)
        field.setToolTip("Seconds of the recording; type where to go")
        field.setAlignment(Qt.AlignmentFlag.AlignRight)
        field.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        field.setFixedWidth(field.fontMetrics().horizontalAdvance("00 000.000 s") + 12)
        field.setStyleSheet("background: transparent; border: none;")
        field.editingFinished.connect(self._go)
        layout.addWidget(field)
        return field

    def _go(self) -> None:
        field, session = self._field, self._links.session
        if field is None or session is None or not field.isModified():
            return
        time_s = read_time(field.text().removesuffix("s").replace("\u2009", "").strip())
        field.setModified(False)
        field.clearFocus()
        if time_s is not None:
            go_to_time(session, time_s)
        self._show()

    def _show(self) -> None:
        field, linked = self._field, self._links.linked
        now_s = None if linked is None else linked.now_s
        if field is not None and isalive(field) and now_s is not None and not (field.hasFocus() and field.isModified()):
            field.setText(f"{format_number(now_s, 3)} s")


class MissingFrames(QObject):
    """Says `No frame of two-photon at this time` on the canvas, where napari goes on to show the nearest one."""

    def __init__(self, links: TimeLinks, window: QMainWindow, parent: QObject) -> None:
        super().__init__(parent)
        self._links = links
        self.label = PlainLabel(parent=canvas_of(window))
        self.label.setObjectName(NO_FRAME)
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
