"""How alike all clusters are to each other, as a matrix; an edit computes only the rows that are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Annotated, ClassVar

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import read_only
from napari_phy.core.errors import MissingDataError
from napari_phy.core.progress import OnProgress, no_progress
from napari_phy.table.numbers import format_count, format_number
from napari_phy.table.session_like import SessionLike
from napari_phy.table.similarity_measures import COSINE, measure_choices, measure_named
from napari_phy.table.spike_rows import required
from napari_phy.views.cluster_order import Order, order_caption, order_choice, order_clusters
from napari_phy.views.rectangles import TICK_PX, Rectangle, TypeSizes
from napari_phy.views.settings import Choice, ViewSettings

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
Int64 = npt.NDArray[np.int64]

TOP_PX, BOTTOM_PX, LEFT_PX, BAR_PX = 26, 8, 10, 8
LEAST_FRAME_PX = 7.0
LEAST_SPAN = 4.0  # cells that are shown at the largest zoom
MEASURE_TIP = "Also in Similar and in the wizard. Until another one is computed, they have the cosine."
ORDERED = {"depth": "ordered by depth", "size": "ordered by size", "list": "ordered as in Clusters"}


@dataclass(frozen=True, slots=True)
class SimilaritySettings(ViewSettings):
    """What the user chose.

    Attributes
    ----------
    order : str
        Order of rows and columns; "list" is that of Clusters.
    measure : str
        How alike clusters are, also in Similar and in the wizard.
    """

    view: ClassVar[str] = "Similarity"

    order: Annotated[Order, order_choice("depth", "size", "list")] = "depth"
    measure: Annotated[str, Choice(title="Similarity", of=measure_choices, tip=MEASURE_TIP)] = COSINE


@dataclass(frozen=True, slots=True)
class SimilarityRequest:
    """The clusters of the matrix, in the order of the list, and the order to show them in."""

    clusters: tuple[int, ...]
    order: Order = "depth"
    measure: str = COSINE


@dataclass(frozen=True, slots=True, eq=False)
class SimilarityData:
    """What a similarity view draws.

    Attributes
    ----------
    request : SimilarityRequest
        What was asked for.
    cluster_ids : ndarray of int64, shape (n,)
        The clusters, in the order of rows and columns.
    similarities : ndarray of float32, shape (n, n)
        Symmetric, −1 … 1; larger is more alike.
    levels : ndarray of uint8, shape (n, n)
        The same from 0 to 1 as 0 … 255.
    caption : str
        The words below the picture.
    sorted_by : str, default ''
        What clusters are sorted by where that is not what was asked for.
    """

    request: SimilarityRequest
    cluster_ids: Int64
    similarities: Float32
    levels: npt.NDArray[np.uint8]
    caption: str
    sorted_by: str = ""


def compute_similarity(
    session: SessionLike, request: SimilarityRequest, on_progress: OnProgress = no_progress
) -> SimilarityData:
    """Return what a similarity view draws: how alike each pair of clusters is, by the measure that is asked for.

    Raises
    ------
    MissingDataError
        There are no features.
    ClusteringError
        A cluster does not exist (any more).
    """
    measure = measure_named(request.measure)
    needs_waveforms = "waveforms" in measure.needs and "features" not in measure.needs
    if needs_waveforms:
        required(session.model.waveforms, session.model, "waveforms")
    else:
        required(session.model.features, session.model, "features")
    if not measure.is_in(session):
        raise MissingDataError(f"{measure.title} needs {' and '.join(measure.needs)}. Choose another similarity in ⋯.")
    ids = order_clusters(session, request.clusters, request.order)
    similarities = session.similarities.matrix(measure.key, ids, on_progress)
    return SimilarityData(
        request=request,
        cluster_ids=ids,
        similarities=read_only(similarities),
        levels=read_only(np.rint(255 * np.clip(similarities, 0, 1)).astype(np.uint8)),
        caption=f"{format_count(len(ids), 'cluster')}: {measure.tip}",
        sorted_by=order_caption(session, request.order),
    )


# --- layout ---


@dataclass(frozen=True, slots=True)
class MatrixFrame:
    """Where the matrix is, in logical px, and which cells are in sight.

    Attributes
    ----------
    left, top, side : float
        Of the square.
    first_row, first_column : float
        At its top left, in cells.
    span : float
        Cells along its side.
    """

    left: float
    top: float
    side: float
    first_row: float
    first_column: float
    span: float

    @property
    def square(self) -> Rectangle:
        """The rectangle of the matrix."""
        return Rectangle(self.left, self.top, self.side, self.side)

    @property
    def cell_px(self) -> float:
        """Side of a cell."""
        return self.side / max(self.span, 1e-9)

    def cell_at(self, x_px: float, y_px: float) -> tuple[int, int] | None:
        """Return row and column of the cell under a pixel."""
        if not (0 <= x_px - self.left < self.side and 0 <= y_px - self.top < self.side):
            return None
        return (
            int(self.first_row + (y_px - self.top) / self.cell_px),
            int(self.first_column + (x_px - self.left) / self.cell_px),
        )

    def cell(self, row: int, column: int) -> Rectangle:
        """Return the rectangle of a cell."""
        cell = self.cell_px
        return Rectangle(
            self.left + (column - self.first_column) * cell, self.top + (row - self.first_row) * cell, cell, cell
        )

    def pair_frame(self, row: int, column: int) -> Rectangle:
        """Return the frame around the cell of a pair, never too small to be seen."""
        cell = self.cell(row, column)
        return cell.grown(max(0.0, (LEAST_FRAME_PX - cell.width) / 2))

    def zoomed(self, x_px: float, y_px: float, factor: float, n: int) -> MatrixFrame:
        """Return one that shows 1/factor as many of n cells, with the place under a pixel kept where it is."""
        span = min(max(self.span / factor, min(LEAST_SPAN, n)), n)
        across = min(max((x_px - self.left) / self.side, 0), 1)
        down = min(max((y_px - self.top) / self.side, 0), 1)
        more = self.span - span
        return self._at(self.first_row + down * more, self.first_column + across * more, span, n)

    def panned(self, dx_px: float, dy_px: float, n: int) -> MatrixFrame:
        """Return one whose n cells were moved by some px."""
        row, column = self.first_row - dy_px / self.cell_px, self.first_column - dx_px / self.cell_px
        return self._at(row, column, self.span, n)

    def _at(self, row: float, column: float, span: float, n: int) -> MatrixFrame:
        room = n - span
        return replace(self, first_row=min(max(row, 0), room), first_column=min(max(column, 0), room), span=span)

    def labelled_rows(self, cluster_ids: Int64, selected: Sequence[int], line_px: float) -> list[tuple[int, float]]:
        """Return (row, middle of its label): the selected clusters, then as many of the others as have room."""
        return self._labelled(cluster_ids, selected, line_px, self.first_row, self.top)

    def labelled_columns(self, cluster_ids: Int64, line_px: float) -> list[tuple[int, float]]:
        """Return (column, middle of its label) of as many clusters as have room."""
        return self._labelled(cluster_ids, (), line_px, self.first_column, self.left)

    def _labelled(
        self, cluster_ids: Int64, selected: Sequence[int], line_px: float, first: float, start: float
    ) -> list[tuple[int, float]]:
        """Return (row, middle of its label) of rows or columns, of which `first` begins at the pixel `start`."""
        rows = range(max(0, int(first)), min(len(cluster_ids), ceil(first + self.span)))
        step = max(1, ceil(line_px / self.cell_px))
        rank = {cluster: place for place, cluster in enumerate(selected)}
        ids = {row: int(cluster_ids[row]) for row in rows}
        chosen = sorted((row for row in rows if ids[row] in rank), key=lambda row: rank[ids[row]])
        others = (row for row in rows if row % step == 0 and ids[row] not in rank)
        found: list[tuple[int, float]] = []
        for row in (*chosen, *others):
            middle = start + (row + 0.5 - first) * self.cell_px
            is_inside = start <= middle <= start + self.side
            if is_inside and all(abs(middle - other) >= line_px for _, other in found):
                found.append((row, middle))
        return found


def matrix_frame(
    cluster_ids: Int64,
    seen: tuple[float, float, float] | None,
    width: int,
    height: int,
    sizes: TypeSizes,
    column_ids: Int64 | None = None,
) -> MatrixFrame:
    """Return the square of the matrix in a rectangle of some size.

    Parameters
    ----------
    cluster_ids : ndarray of int64, shape (n,)
        Of rows and columns.
    seen : tuple of float or None
        First row, first column and span of what is in sight; None for all.
    width, height : int
        Of the rectangle, in px.
    sizes : TypeSizes
        Of the type.
    column_ids : ndarray of int64, optional
        Of columns that have words of their own below the square, upright.
    """
    n = len(cluster_ids)
    left, top = sizes.px(LEFT_PX) + _widest(cluster_ids, sizes), sizes.px(TOP_PX)
    below = sizes.px(BOTTOM_PX) + (0 if column_ids is None else _widest(column_ids, sizes))
    right = sizes.px(10 + BAR_PX + 16)
    side = max(10, min(width - left - right, height - top - below))
    row, column, span = seen or (0.0, 0.0, float(n))
    return MatrixFrame(left, top, side, min(max(row, 0), n - span), min(max(column, 0), n - span), span)


def _widest(cluster_ids: Int64, sizes: TypeSizes) -> int:
    """Return how wide the widest of some ids is in px."""
    ends = (cluster_ids.min(initial=0), cluster_ids.max(initial=0))
    return round(max(sizes.text_width(str(one), TICK_PX, bold=True) for one in ends))


def matrix_pixels(levels: npt.NDArray[np.uint8], frame: MatrixFrame, n_px: int) -> npt.NDArray[np.uint8]:
    """Return (n_px, n_px) levels of the cells in sight; where a pixel has several, the most alike shows."""
    rows, columns = (_edges(first, frame.span, n_px) for first in (frame.first_row, frame.first_column))
    if frame.span > n_px:
        return np.ascontiguousarray(np.maximum.reduceat(np.maximum.reduceat(levels, rows, axis=0), columns, axis=1))
    return np.ascontiguousarray(levels[np.ix_(rows, columns)])


def _edges(first: float, span: float, n_px: int) -> Int64:
    edges: Float64 = np.floor(first + np.arange(n_px) * (span / n_px) + 1e-9)
    return edges.astype(np.int64)


def pair_of(data: SimilarityData, clusters: Sequence[int]) -> tuple[int, int] | None:
    """Return row and column of the pair looked at: the first two selected clusters, or the only one with itself."""
    places = [np.flatnonzero(data.cluster_ids == cluster) for cluster in clusters[:2]]
    return (int(places[0][0]), int(places[-1][0])) if places and all(map(len, places)) else None


def pair_words(data: SimilarityData, cell: tuple[int, int]) -> str:
    """Return `20 × 22   0.99 similar`."""
    row, column = (int(data.cluster_ids[place]) for place in cell)
    return f"{row} × {column}   {format_number(data.similarities[cell], 2)} similar"


def order_words(data: SimilarityData) -> str:
    """Return `ordered by depth`, or by what clusters are sorted where that cannot be."""
    return f"ordered {data.sorted_by}" if data.sorted_by else ORDERED[data.request.order]
