"""Seconds beside napari's slider of time, which counts steps."""

from weakref import ref

from qtpy.compat import isalive
from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtWidgets import QLineEdit, QMainWindow, QWidget

from napari_phy.table.numbers import format_number
from napari_phy.views.time_words import read_time
from napari_phy.widgets.actions.navigation import go_to_time
from napari_phy.widgets.base.application import referent
from napari_phy.widgets.napari_compat import show_steps, slider_of
from napari_phy.widgets.window.time_links import TimeLinks

NAME = "napari-phy-slider-time"


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
