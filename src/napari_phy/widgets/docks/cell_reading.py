"""Reads the trace of the cell that somebody looks at, in the background; only the one that is still looked at."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

from napari.layers import Image, Labels, Shapes
from qtpy.QtCore import QObject, QTimer, Signal

from napari_phy.core.errors import NapariPhyError
from napari_phy.layers.movie_results import region_in
from napari_phy.table.session_like import SessionLike
from napari_phy.views.cell_trace import CellReader, CellTrace, compute_cell_trace
from napari_phy.views.movie_regions import Baseline
from napari_phy.views.timed_movie import TimedMovie
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.docks import imaging_messages

REST_MS = 60  # of the mouse on a cell
REPORT_MS = 300  # until it is said how far reading is


@dataclass(frozen=True, eq=False)
class Beside:
    """What a cell is read from, and which rate it is beside."""

    session: SessionLike
    cluster: int | None
    movie: Image
    source: TimedMovie
    baseline: Baseline


class CellReading(QObject):
    """Reads one cell after the other.

    Parameters
    ----------
    beside : callable
        Returns what the cell is read from; raises `NapariPhyError` where it cannot be.
    """

    title = "Imaging"
    ready = Signal(object)  # `CellTrace`
    progressed = Signal(int, int)  # cell, and how far reading is (%)
    failed = Signal(object)

    def __init__(self, beside: Callable[[], Beside], parent: QObject) -> None:
        super().__init__(parent)
        self._beside = beside
        self.trace: CellTrace | None = None  # that was read last, while it is looked at
        self._looked: tuple[Labels | Shapes, int] | None = None
        self._reader: CellReader | None = None
        self._answered: Hashable = None
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._ask)
        self._slow = QTimer(self, singleShot=True, interval=REPORT_MS)
        self._results = LatestResult(self, activity=imaging_messages.READING_CELL, cancel=self.forget)
        self._results.result_ready.connect(self._on_ready)
        self._results.failed.connect(lambda _question, error: self.failed.emit(error))
        self._results.progressed.connect(self._on_progressed)

    @property
    def looked_at(self) -> int | None:
        """The number of the cell, None where nobody looks at one."""
        return None if self._looked is None else self._looked[1]

    def look_at(self, cells: Labels | Shapes, number: int) -> None:
        """Read a cell once the mouse rests on it."""
        self._looked = cells, number
        self._rest.start()

    def look_again(self) -> None:
        """Read the same cell beside something else, if anything has changed."""
        if self._looked is not None:
            self._rest.start()

    def show_error(self, error: Exception) -> None:
        """Tell what went wrong."""
        self.failed.emit(error)

    def forget(self) -> None:
        """Read nothing, and look at no cell."""
        self._looked = self._answered = self.trace = None
        self._rest.stop()
        self._results.drop()

    def forget_movie(self) -> None:
        """Let go of the frames, too."""
        self.forget()
        self._reader = None

    @safe_slot
    def _ask(self) -> None:
        if self._looked is None:
            return
        try:
            beside = self._beside()
            cells, number = self._looked
            movie = beside.source.movie
            region = region_in(cells, number, beside.movie, movie)
        except NapariPhyError as error:
            self._answered = self.trace = None
            self.failed.emit(error)
            return
        reader = self._reader
        if reader is None or reader.movie.data is not movie.data or reader.movie.axis != movie.axis:
            reader = self._reader = CellReader(movie)
        of_cell = number, region.pixels[0].tobytes(), region.others.tobytes() if beside.baseline.neuropil_share else b""
        of_source = id(reader), beside.source.clock, beside.source.has_row_times
        question = (*of_source, *of_cell, beside.cluster, id(beside.session), beside.baseline)
        if question == self._answered:
            self._results.drop()
            return
        job = partial(
            compute_cell_trace, beside.session, beside.cluster, beside.source, region, reader, baseline=beside.baseline
        )
        self._slow.start()
        self._results.ask(question, lambda on_progress: job(on_progress=on_progress))

    @safe_slot
    def _on_ready(self, question: Hashable, trace: CellTrace) -> None:
        self._answered, self.trace = question, trace
        self.ready.emit(trace)

    @safe_slot
    def _on_progressed(self, percent: int) -> None:
        if self._looked is not None and not self._slow.isActive():
            self._answered = self.trace = None
            self.progressed.emit(self._looked[1], percent)
