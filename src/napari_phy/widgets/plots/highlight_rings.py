"""How views light up the spikes that were selected one by one: a ring around each, wherever it is in sight."""

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QPainter, QPen

from napari_phy.session.session import Session
from napari_phy.widgets.base.theme import Tokens

N_MARKED = 200  # more are a lasso's
MARK_PX = 5  # radius


def marked_spikes(session: Session | None, most: int = N_MARKED) -> npt.NDArray[np.int64]:
    """Return the selected spikes if they are few, else none."""
    spikes = np.empty(0, np.int64) if session is None else session.selection.spikes
    return spikes if len(spikes) <= most else spikes[:0]


def marked_spike(session: Session | None) -> int | None:
    """Return the spike that is selected, if it is a single one."""
    spikes = marked_spikes(session)
    return int(spikes[0]) if len(spikes) == 1 else None


def paint_mark(painter: QPainter, theme: Tokens, x_px: float, y_px: float) -> None:
    """Draw a ring around a spike."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.color("text"), 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawEllipse(QPointF(x_px, y_px), theme.px(MARK_PX), theme.px(MARK_PX))
    painter.restore()
