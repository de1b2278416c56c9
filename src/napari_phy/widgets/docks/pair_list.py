"""The pairs of clusters and cells that were compared, as Imaging lists them: those of selected clusters, one chosen."""

from dataclasses import dataclass

import numpy as np
from napari.layers import Image, Labels, Shapes
from napari.viewer import Viewer
from qtpy.QtCore import Signal

from napari_phy.session.session import Session
from napari_phy.views.movie_regions import Regions
from napari_phy.views.movie_responses import CellPairs
from napari_phy.views.timed_movie import TimedMovie
from napari_phy.widgets.base.plain_table import WholeRows
from napari_phy.widgets.docks.pair_table import PairTable


@dataclass(frozen=True, eq=False)
class ComparedPairs:
    """Pairs, and where they are from."""

    pairs: CellPairs
    regions: Regions
    source: TimedMovie
    cells: Labels | Shapes

    def place_of(self, number: int) -> int | None:
        """Return the place of a cell among them, None where it was not compared."""
        found = (self.regions.ids == number).nonzero()[0]
        return int(found[0]) if len(found) else None

    def go_to(self, cell: int, viewer: Viewer | None, movie: Image | None) -> None:
        """Bring the cell at a place among them into the middle of the canvas, and choose its label."""
        pixels = self.regions.pixels[cell]
        if viewer is None or movie is None or not len(pixels):
            return
        middle = np.mean(np.unravel_index(pixels, self.source.movie.frame_shape), axis=1)
        place = movie.data_to_world((*np.zeros(movie.ndim - 2), *middle[-2:]))
        camera = viewer.scene.camera
        camera.center = (*camera.center[:-2], *place[-2:])
        if isinstance(self.cells, Labels):
            self.cells.selected_label = int(self.regions.ids[cell])


class PairList(WholeRows):
    """Holds compared pairs and which one is plotted; hidden while there is none of the selected clusters."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        table = PairTable()
        super().__init__(table)
        self.table = table
        self.compared: ComparedPairs | None = None
        self.pair: tuple[int, int] | None = None  # places of cluster and cell
        table.chosen.connect(self.chosen)

    def set_compared(self, compared: ComparedPairs | None) -> None:
        """Hold other pairs, or none; `list_pairs` shows them."""
        self.compared, self.pair = compared, None

    def list_pairs(self, session: Session | None) -> None:
        """List pairs of clusters that are there and selected; the pair of before stays, else the first is taken."""
        compared, pair = self.compared, self.pair
        listed: list[bool] = []
        if compared is not None and session is not None:
            chosen = session.selection.clusters
            listed = [cluster in chosen and cluster in session.manager for cluster in compared.pairs.clusters]
        self.table.show_pairs(None if compared is None else compared.pairs, listed)
        rows = self.table.pair_model.rows
        if pair is None or not listed or not listed[pair[0]]:
            pair = (int(rows[0, 0]), int(rows[0, 1])) if len(rows) else None
        self.pair = pair
        self.setVisible(len(rows) > 0)
