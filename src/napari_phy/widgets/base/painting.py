"""Painting that may fail: the painter ends in any case, and the panel around says once what went wrong."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias
from weakref import WeakSet, ref

from qtpy.compat import isalive
from qtpy.QtCore import QModelIndex, QPersistentModelIndex, QTimer
from qtpy.QtGui import QPaintDevice, QPainter
from qtpy.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from napari_phy.widgets.base.safe_slot import ShowsErrors

Index: TypeAlias = QModelIndex | QPersistentModelIndex
logger = logging.getLogger(__name__)

_failed: WeakSet[QWidget] = WeakSet()  # each is reported once, however often Qt paints it


@contextmanager
def painter_on(device: QPaintDevice) -> Iterator[QPainter]:
    """Yield a painter that ends in any case: one that is left active on what is gone ends the program."""
    painter = QPainter(device)
    try:
        yield painter
    finally:
        painter.end()


@contextmanager
def painting(widget: QWidget) -> Iterator[QPainter]:
    """Yield the painter of a paint event; what is raised meanwhile goes to the panel around the widget, not to Qt."""
    try:
        with painter_on(widget) as painter:
            yield painter
    except Exception as error:
        if _report_later(widget, error):
            logger.exception("%s could not be painted.", type(widget).__name__)


class CellPainter(QStyledItemDelegate):
    """Paints the cells of a list by `paint_cell`, with a painter that is put back behind it."""

    def paint_cell(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a cell; where it raises, its view tells so, and the other cells are painted."""
        raise NotImplementedError

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        try:
            self.paint_cell(painter, option, index)
        except Exception as error:
            view = self.parent()
            if isinstance(view, QWidget) and _report_later(view, error):
                logger.exception("A cell of %s could not be painted.", type(view).__name__)
        finally:
            painter.restore()


def _report_later(widget: QWidget, error: Exception) -> bool:
    """Report an error to the panel after painting; return False where that was done already."""
    if widget in _failed:
        return False
    _failed.add(widget)
    QTimer.singleShot(0, partial(_report, ref(widget), error))
    return True


def _report(painted: "ref[QWidget]", error: Exception) -> None:
    """Show the error; where it replaces the picture, the next error is reported again."""
    widget = painted()
    if widget is None or not isalive(widget):
        return
    panel = _panel_around(widget)
    if panel is not None:
        panel.show_error(error)
        if not widget.isVisible():
            _failed.discard(widget)


def _panel_around(widget: QWidget) -> ShowsErrors | None:
    """Return the panel that a widget is part of, or None."""
    around = widget.parentWidget()
    while around is not None and not isinstance(around, ShowsErrors):
        around = around.parentWidget()
    return around
