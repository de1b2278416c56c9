"""Compare: a second curation beside one's own, what differs, and what of it is taken over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QSize
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QFileDialog, QWidget

from napari_phy.actions import messages
from napari_phy.core.clustering_file import ORIGINAL, StoredClustering
from napari_phy.core.errors import NapariPhyError
from napari_phy.core.progress import OnProgress
from napari_phy.session.comparison import Compared, Curation, compare
from napari_phy.session.open_clustering import OpenClustering
from napari_phy.session.second_curation import read_second_curation
from napari_phy.session.session import Session
from napari_phy.stats.differences import Difference
from napari_phy.table.numbers import format_count
from napari_phy.table.session_like import SessionLike
from napari_phy.views.comparison import SharedMatrix, agreement_words, base_words, pair_words, shared_matrix
from napari_phy.views.similarity import MatrixFrame, matrix_frame
from napari_phy.widgets.base.drop_down import Choice
from napari_phy.widgets.base.latest_result import LatestResult
from napari_phy.widgets.base.plain_text import plain
from napari_phy.widgets.base.safe_slot import safe_slot
from napari_phy.widgets.base.theme import Tokens
from napari_phy.widgets.docks.compare_page import ComparePage
from napari_phy.widgets.docks.matrix_plot import MatrixPainter, MatrixZoom, paint_pair, paint_words
from napari_phy.widgets.panels.painted_panel import PaintedPanel

FILES = "Curations (*.kwik *.sqlite *.npy *.csv *.tsv)"
FILE, FOLDER, NONE = "another file or journal", "a folder", "none"
NO_SECOND = "There is no second curation."
HOW_TO_OPEN = (
    "Open another clustering of this file, or another file, journal, folder or list of clusters of the same spikes; it "
    "stays as it is."
)


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """A second curation, and the clustering as it was after so many edits, with its groups."""

    curation: Curation
    n_changes: int
    groups: Mapping[int, str] = field(compare=False)  # read in the main thread, where edits are made


@dataclass(frozen=True, slots=True, eq=False)
class CompareData:
    """What is shown: how the clustering compares, the matrix of shared spikes, and where ours was kept before."""

    request: CompareRequest
    compared: Compared
    matrix: SharedMatrix
    kept: frozenset[Difference]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a second curation is: a clustering of the same file, or another file."""

    clustering: str | None = None
    path: Path | None = None


class ComparePanel(PaintedPanel):
    """The matrix of shared spikes, the list of differences, and buttons that decide the one that is looked at."""

    title = "Compare"
    subject = "what differs"
    working = "Comparing curations…"
    failed = "The curations could not be compared."
    all_times, has_times = True, False
    has_legend = has_freeze = False
    help_text = (
        "A second curation of the same spikes beside yours: the drop-down opens another clustering, .kwik, journal,\n"
        "list of clusters (.npy, .csv, .tsv) or folder of phy. Rows are your clusters, columns those of the second\n"
        "curation; the colour of a cell is the part of the larger cluster that both share.\n"
        "Below, every difference is a row: click it to select the clusters.\n"
        "theirs: changed there alone. mine: changed here alone. conflict: changed in both, in different ways.\n"
        "Where clusters were split or rearranged, click a cell to select the spikes of that cluster of theirs;\n"
        "{split} splits them off alone. The wheel zooms, dragging moves, a double-click shows all.\n"
        "Take theirs is one edit, which {undo} takes back; Take all takes what is theirs, never a conflict."
    )

    def __init__(self, session: Session | None = None, **options: Any) -> None:
        self._n_changes = 0
        self._painter = MatrixPainter()
        super().__init__(session, **options)

    def make_content(self) -> QWidget:
        plot = super().make_content()
        self.zoom = MatrixZoom(self.plot.mouse, lambda: None if self.data is None else self._frame_now, self)
        self.zoom.changed.connect(self._on_zoomed)
        self.page = ComparePage(plot)
        page = self.page
        page.table.chosen.connect(self._on_chosen)
        page.take.clicked.connect(lambda *_: self.take())
        page.keep.clicked.connect(lambda *_: self.keep())
        page.next.clicked.connect(lambda *_: self.go_on())
        page.take_all.clicked.connect(lambda *_: self.take_all())
        self._reading = LatestResult(self)
        self._reading.result_ready.connect(self._on_read)
        self._reading.failed.connect(self._on_not_read)
        self.picker = self.add_drop_down("Second curation", [], NONE, self.open)
        self.picker.set_source(self._choices)
        self.picker.set_current(NONE, "no second curation")
        return page

    # --- the second curation ---

    def _choices(self) -> list[Choice]:
        """Return what can be compared with: the other clusterings of the file, a file, nothing."""
        session, curation = self.session, self.curation
        if session is None:
            return []
        choices: list[Choice] = [
            (name, Place(name)) for name in session.clusterings if name != session.model.clustering
        ]
        choices.append(("File or journal…", FILE))
        choices.append(("Folder of phy or Kilosort…", FOLDER))
        if curation is not None:
            choices.append(("No second curation", NONE))
        return choices

    @property
    def curation(self) -> Curation | None:
        """The second curation, None while there is none."""
        return None if self.session is None else self.session.comparison.curation

    def open(self, place: Any) -> None:
        """Open what was chosen: a clustering of the file, or a file that is asked for."""
        session = self.session
        if session is None:
            return
        if place == NONE:
            self._reading.drop()
            session.comparison.close()
            return
        if place in (FILE, FOLDER):
            start = str(session.model.path.parent)
            if place == FILE:
                path, _ = QFileDialog.getOpenFileName(self, "Second curation", start, FILES)
            else:
                path = QFileDialog.getExistingDirectory(self, "Second curation", start)
            if not path:
                return
            place = Place(path=Path(path))
        self.read(place)

    def read(self, place: Place) -> None:
        """Read a second curation in the background."""
        opened = self.required_session.opened
        name = place.clustering if place.path is None else place.path.name
        self.stack.show_message(f"Reading {name}…")
        self._reading.ask((opened, place), partial(_read, opened, place))

    @safe_slot
    def _on_read(self, question: tuple[OpenClustering, Place], curation: Curation) -> None:
        opened, place = question
        if self.session is None or opened is not self.session.opened:
            return
        opened.comparison.open(curation)
        if place.path is None:
            self.picker.set_current(place, curation.name)

    @safe_slot
    def _on_not_read(self, question: tuple[OpenClustering, Place], error: Exception) -> None:
        self._show_nothing(*messages.parted(str(error)))

    @safe_slot
    def _on_comparison(self) -> None:
        """Show another second curation, or what was decided about the differences."""
        curation = self.curation
        if curation is None:
            self.picker.set_current(NONE, "no second curation")
        elif self.data is None or self.data.request.curation is not curation:
            self.picker.set_current(FILE, curation.name)
        self._show_differences()
        self.refresh()

    def _show_nothing(self, headline: str, explanation: str = "") -> None:
        """Offer to open a second curation where there is none."""
        super()._show_nothing(headline, explanation)
        session = self.session
        if session is not None and len(session.manager.cluster_ids):
            buttons: list[tuple[str, Callable[[], object]]] = [("File or journal…", partial(self.open, FILE))]
            if ORIGINAL in session.clusterings and session.model.clustering != ORIGINAL:
                buttons.append(("Original", partial(self.open, Place(ORIGINAL))))
            if self.curation is not None:  # another one could not be opened
                buttons.append(("Back", self.read_again))
            self.stack.show_message(headline, explanation, buttons)

    def why_nothing(self) -> tuple[str, str]:
        if not len(self.required_session.manager.cluster_ids):
            return super().why_nothing()
        return NO_SECOND, HOW_TO_OPEN

    # --- what is shown ---

    def on_session(self) -> None:
        self._reading.drop()
        self.zoom.forget()
        if self.session is not None:
            self._links.connect(self.session.comparison.changed, self._on_comparison)
        curation = self.curation
        self.picker.set_current(NONE, "no second curation" if curation is None else curation.name)
        self.page.table.show_differences((), ())

    def on_clustering(self) -> None:
        self._n_changes += 1
        self.refresh()

    def on_selection(self) -> None:
        self.plot.update()

    def make_request(self) -> CompareRequest | None:
        curation, manager = self.curation, self.required_session.manager
        if curation is None or not len(manager.cluster_ids):
            return None
        return CompareRequest(curation, self._n_changes, manager.cluster_groups)

    def compute(self, session: SessionLike, request: CompareRequest, on_progress: OnProgress) -> CompareData:
        assert isinstance(session, OpenClustering)  # of all times
        ours = StoredClustering(session.manager.spike_clusters, request.groups, {}, {}, ())
        compared = compare(ours, request.curation)
        kept = session.comparison.kept_before(compared.differences)
        return CompareData(request, compared, shared_matrix(compared.shared), kept)

    def draw(self, data: CompareData) -> None:
        self.zoom.fit(len(data.matrix.levels))
        curation, agreement = data.request.curation, data.compared.agreement
        self.page.agreement.setText(agreement_words(agreement))
        self.page.base.setText(base_words(curation.base_name, curation.doubt))
        clusters = format_count(len(data.matrix.theirs), "cluster")
        self.stack.caption.setText(
            f"yours ({len(data.matrix.ours)}) and {curation.name} ({clusters}), {agreement.n_same} the same"
        )
        self.required_session.comparison.restore(data.kept)
        self._show_differences()
        super().draw(data)

    def _show_differences(self) -> None:
        if self.data is not None and self.session is not None:
            self.page.table.show_differences(self.data.compared.differences, self.session.comparison.kept)
        self._show_buttons()

    def _show_buttons(self) -> None:
        """Tell what can be done now."""
        page, session, chosen = self.page, self.session, self.page.table.chosen_difference
        can_edit = session is not None and not session.store.read_only
        n_left, n_theirs = len(self._undecided()), len(self._theirs())
        page.take.setEnabled(can_edit and chosen is not None)
        page.keep.setEnabled(chosen is not None)
        is_kept = session is not None and chosen in session.comparison.kept
        page.keep.setText("Reconsider" if is_kept else "Keep mine")
        page.next.setEnabled(n_left > 0)
        page.take_all.setEnabled(can_edit and n_theirs > 0)
        page.take_all.setText(f"Take all {n_theirs}" if n_theirs else "Take all")
        tip = f"Take all that was changed there alone: {format_count(n_theirs, 'difference')}"
        page.take_all.setToolTip(plain(tip))

    def _undecided(self) -> list[int]:
        """Return the rows that are still to be decided: not those of ours, nor those where ours was kept."""
        table = self.page.table.differences
        return [row for row, one in enumerate(table.differences) if one.changed_by != "ours" and not table.is_kept(row)]

    def _theirs(self) -> list[Difference]:
        table = self.page.table.differences
        return [table.differences[row] for row in self._undecided() if table.differences[row].changed_by == "theirs"]

    def apply_theme(self, theme: Tokens) -> None:
        self.page.apply_theme(theme)
        super().apply_theme(theme)

    # --- what is decided ---

    @safe_slot
    def _on_chosen(self, difference: Difference) -> None:
        """Select the clusters, and of one that is split the spikes that leave it."""
        session, data = self.required_session, self.data
        self._show_buttons()
        if data is None or any(cluster not in session.manager for cluster in difference.ours):
            return
        session.selection.select(difference.ours, n_best=len(difference.ours))
        if difference.kind == "split":
            session.selection.select_spikes(_leaving(session, data.request.curation, difference))

    def take(self) -> None:
        """Make the clusters of the difference that is looked at what they are there, and be ready for the next."""
        difference = self.page.table.chosen_difference
        if difference is not None:
            self._edit(lambda: self.required_session.comparison.take(difference))

    def take_all(self) -> None:
        """Take all that was changed there alone."""
        self._edit(lambda: self.required_session.comparison.take_all(self._theirs()))

    def _edit(self, act: Callable[[], object]) -> None:
        try:
            act()
        except NapariPhyError as error:
            self.say(str(error))

    def keep(self) -> None:
        """Keep one's own and go on, or leave it undecided again."""
        difference, session = self.page.table.chosen_difference, self.session
        if difference is None or session is None:
            return
        if difference in session.comparison.kept:
            session.comparison.reconsider(difference)
        else:
            session.comparison.keep(difference)
            self.go_on()

    def go_on(self) -> None:
        """Go to the next difference that is not decided, from the last on to the first."""
        rows, now = self._undecided(), self.page.table.chosen_row
        if rows:
            self.page.table.choose(next((row for row in rows if now is not None and row > now), rows[0]))

    # --- the matrix ---

    def frame(self, size: QSize, theme: Tokens) -> MatrixFrame:
        """Return the square of the matrix in a rectangle of some size."""
        ids = np.resize(self.data.matrix.ours, len(self.data.matrix.levels))
        return matrix_frame(ids, self.zoom.seen, size.width(), size.height(), theme, self.data.matrix.theirs)

    @property
    def _frame_now(self) -> tuple[MatrixFrame, int]:
        """Where the matrix is on the screen, and how many cells its side has."""
        return self.frame(self.plot.size(), self.theme), len(self.data.matrix.levels)

    @safe_slot
    def _on_zoomed(self) -> None:
        self.plot.update()

    def figure_size(self) -> QSize:
        return self.plot.size()

    def figure_note(self) -> str:
        return "the matrix is a picture"

    def paint_picture(self, painter: QPainter, size: QSize, theme: Tokens) -> None:
        """Paint the matrix in a rectangle of some size."""
        frame, matrix = self.frame(size, theme), self.data.matrix
        self._painter.paint(painter, frame, matrix.levels, matrix.ours, self.clusters, theme, matrix.theirs)
        cell = self.zoom.hovered
        if cell is not None:
            paint_pair(painter, frame, cell, theme)
        words = pair_words(matrix, cell) if cell is not None else "rows: yours, columns: theirs"
        paint_words(painter, frame, size.width(), words, theme)

    def _cell_at(self, x_px: float, y_px: float) -> tuple[int, int] | None:
        """Return the cell of a pair of clusters under a pixel."""
        matrix = self.data.matrix
        cell = self._frame_now[0].cell_at(x_px, y_px)
        is_there = cell is not None and cell[0] < len(matrix.ours) and cell[1] < len(matrix.theirs)
        return cell if is_there else None

    def read_out(self, x_px: float, y_px: float) -> str:
        """Return `20 here, 22 there   412 shared spikes` for the cell under the mouse."""
        cell = self._cell_at(x_px, y_px)
        self.zoom.hover(cell)
        return "" if cell is None else pair_words(self.data.matrix, cell)

    def on_clicked(self, position: QPointF, ctrl: bool) -> None:
        """Choose the difference that a cluster of ours is in, and the spikes of the cluster of theirs in it.

        Where nothing differs, select the cluster.
        """
        cell, session = self._cell_at(position.x(), position.y()), self.required_session
        if cell is None:
            return
        cluster, other = int(self.data.matrix.ours[cell[0]]), int(self.data.matrix.theirs[cell[1]])
        rows = [row for row, one in enumerate(self.data.compared.differences) if cluster in one.ours]
        if not rows:
            if cluster in session.manager:
                session.selection.select([cluster])
            return
        self.page.table.choose(rows[0])
        difference = self.data.compared.differences[rows[0]]
        if other in difference.theirs and difference.kind in ("split", "regrouped"):
            theirs = np.asarray(self.data.request.curation.clustering.spike_clusters)
            session.selection.select_spikes(np.flatnonzero(theirs == other))


def _read(opened: OpenClustering, place: Place, on_progress: OnProgress) -> Curation:
    on_progress(0)
    return read_second_curation(opened.model, place.path, place.clustering, opened.store.base)


def _leaving(session: Session, curation: Curation, difference: Difference) -> npt.NDArray[np.int64]:
    """Return the spikes of a cluster that are not in the largest one that it became there."""
    spikes = session.manager.spikes(difference.ours[0])
    theirs = np.asarray(curation.clustering.spike_clusters)[spikes]
    ids, counts = np.unique(theirs, return_counts=True)
    leaving: npt.NDArray[np.int64] = spikes[theirs != ids[np.argmax(counts)]]
    return leaving
