"""Where things are in Imaging: fields, pairs and curves scroll in a low dock, the buttons stay in sight."""

from qtpy.QtCore import QEvent, QObject, Qt, QTimer
from qtpy.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.cell_plot import CellPlot
from napari_phy.widgets.docks.imaging_form import ImagingForm
from napari_phy.widgets.docks.pair_list import PairList

LEAST_PX = 110  # of table and plot; a lower dock scrolls


class ImagingPage(QWidget):
    """Puts the parts of Imaging below each other."""

    def __init__(self, form: ImagingForm, pairs: PairList, cell: CellPlot) -> None:
        super().__init__()
        self._form, self._pairs, self._cell = form, pairs, cell
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.setChildrenCollapsible(False)
        for part, least in ((pairs, pairs), (cell, cell.plot)):
            least.setMinimumHeight(LEAST_PX)
            self._split.addWidget(part)
            self._split.setStretchFactor(self._split.count() - 1, 1)
        inside, self._area = QWidget(), QScrollArea()
        self._area.setWidget(inside)
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._wanted: QWidget | None = None  # the part that was gone to, until somebody scrolls
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._scroll)
        self._area.verticalScrollBar().actionTriggered.connect(self._stay)
        inside.installEventFilter(self)
        _put_below(inside, form, self._split)
        _put_below(self, self._area, form.bar, is_upper_taller=True)

    def share_height(self) -> None:
        """Give the curves, which have a row below them, more height than the pairs."""
        self._split.setSizes([2000, 3000])

    def go_to(self, part: QWidget) -> None:
        """Scroll to a part, and again when parts find other sizes."""
        self._wanted = part
        self._later.start()

    def _scroll(self) -> None:
        if self._wanted is not None:
            self._area.ensureWidgetVisible(self._wanted)

    def _stay(self, _action: int) -> None:
        self._wanted = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self._wanted is not None:
            self._later.start()
        return False

    def apply_theme(self, theme: Tokens) -> None:
        """Take colours and sizes of a theme, for all parts."""
        for part in (self._form, self._pairs, self._cell):
            part.apply_theme(theme)
        self._area.setStyleSheet(f"QScrollArea {{ background: {theme.view}; }}")
        self._split.setStyleSheet(f"QSplitter::handle {{ background: {theme.grid}; height: 1px; }}")
        self._split.setHandleWidth(theme.px(3))


def _put_below(widget: QWidget, upper: QWidget, lower: QWidget, *, is_upper_taller: bool = False) -> None:
    """Fill a widget with two others; one of them takes the height that there is."""
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(upper, int(is_upper_taller))
    column.addWidget(lower, int(not is_upper_taller))
