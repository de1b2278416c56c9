"""What Imaging would compute with: a movie, its clock, selected clusters; and what of that is missing."""

from dataclasses import dataclass

from napari.layers import Image, Labels, Shapes

from napari_phy.actions import messages
from napari_phy.core.errors import ImagingError
from napari_phy.layers.movie_results import clock_of, timed_movie
from napari_phy.session.session import Session
from napari_phy.timeline.time_base import TimeBase
from napari_phy.views.timed_movie import TimedMovie
from napari_phy.widgets.docks import imaging_messages


@dataclass(frozen=True, slots=True, eq=False)
class ImagingChoice:
    """A movie in a session.

    Parameters
    ----------
    session : Session or None
        Whose clocks and clusters.
    movie : Image or None
        The layer of the frames.
    cells : Labels or Shapes or None
        The layer of the cells; None: all pixels.
    has_row_times : bool
        Whether rows are compared at their own times, where the clock knows them.
    """

    session: Session | None
    movie: Image | None
    cells: Labels | Shapes | None
    has_row_times: bool

    @property
    def clock(self) -> TimeBase | None:
        """That of the movie."""
        return None if self.session is None or self.movie is None else clock_of(self.movie, self.session.clocks)

    @property
    def knows_rows(self) -> bool:
        """Whether that clock says when rows or planes are taken."""
        clock = self.clock
        return clock is not None and bool(len(clock.row_offsets_s) or len(clock.plane_offsets_s))

    @property
    def why_no_cell(self) -> str:
        """Why no cell can be read, "" if one can."""
        if self.session is None:
            return messages.EMPTY_WORKSPACE
        if self.movie is None:
            return imaging_messages.NEED_MOVIE
        return "" if self.clock is not None else imaging_messages.needs_clock(self.movie.name)

    @property
    def why_not(self) -> str:
        """Why clusters cannot be compared with the movie, "" if they can."""
        if self.why_no_cell or self.session is None:
            return self.why_no_cell
        return "" if self.session.selection.clusters else messages.NEED_CLUSTER

    @property
    def why_no_pairs(self) -> str:
        """Why clusters and cells cannot be compared, "" if they can."""
        return self.why_not or ("" if self.cells is not None else imaging_messages.NEED_CELLS)

    def next_step(self, *, has_cells: bool, was_compared: bool) -> str:
        """Return what to do while no cell is plotted.

        Parameters
        ----------
        has_cells : bool
            Whether there are cells to point at.
        was_compared : bool
            Whether there are pairs, of other clusters.
        """
        if self.why_no_cell or not has_cells:
            return self.why_no_cell or imaging_messages.NEED_CELLS
        if self.cells is None:
            return f"{imaging_messages.POINT_AT_CELL} {imaging_messages.NEED_CELLS}"
        compare = imaging_messages.NOT_COMPARED if was_compared else imaging_messages.ASK_TO_COMPARE
        return f"{imaging_messages.POINT_AT_CELL} {self.why_not or compare}"

    def source(self) -> TimedMovie:
        """Return the movie on its clock.

        Raises
        ------
        ImagingError
            There is none, or it has no clock.
        """
        clock = self.clock
        if self.movie is None or clock is None:
            raise ImagingError(self.why_no_cell)
        return timed_movie(self.movie, clock, has_row_times=self.has_row_times)
