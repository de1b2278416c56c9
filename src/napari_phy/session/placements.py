"""Where the probe of a session lies in an image; kept in the side folder."""

from __future__ import annotations

from collections.abc import Callable

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import PlacementError
from napari_phy.core.probe_placement import PlacedProbe, ProbePlacement
from napari_phy.core.sentences import on_one_line
from napari_phy.core.signals import signal
from napari_phy.storage.side_files import PLACEMENTS, SideFiles


class SessionPlacements:
    """The probe of the open channel group in an image: `session.placements.place("slice", place_by_tip(…))`.

    Parameters
    ----------
    model : callable
        Returns the data set as it is open now.
    side_files : SideFiles
        Where placements are kept.
    """

    changed = signal()

    def __init__(self, model: Callable[[], BaseModel], side_files: SideFiles) -> None:
        self._model, self._side_files = model, side_files
        self._placed = side_files.load(PLACEMENTS)

    @property
    def now(self) -> PlacedProbe | None:
        """Where the probe of the open channel group lies; None: in no image."""
        return self._placed.get(self._group)

    def place(self, image: str, placement: ProbePlacement) -> None:
        """Put the probe into an image, or to another place.

        Parameters
        ----------
        image : str
            Name of the layer; the probe is shown wherever a layer of that name is open.
        placement : ProbePlacement
            Where it lies there.

        Raises
        ------
        PlacementError
            The positions of the channels are not known.
        """
        if not self._model().probe.knows_positions:
            raise PlacementError(
                f"{on_one_line(self._model().name)} does not say where its channels sit; a .prb file beside it can."
            )
        self._placed[self._group] = PlacedProbe(image, placement)
        self._tell()

    def remove(self) -> None:
        """Take the probe out of its image; nothing is done where it is in none."""
        if self._placed.pop(self._group, None) is not None:
            self._tell()

    def __repr__(self) -> str:
        now = self.now
        return "<Placements: in no image>" if now is None else f"<Placements: in {on_one_line(now.image)}>"

    @property
    def _group(self) -> int:
        return int(self._model().channel_group)

    def _tell(self) -> None:
        self._side_files.save(PLACEMENTS, self._placed)
        self.changed.emit()
