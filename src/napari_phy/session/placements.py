"""Where the probe of a session lies in an image; kept in the side folder."""

from __future__ import annotations

from collections.abc import Callable

from napari_phy.core.base_model import BaseModel
from napari_phy.core.errors import PlacementError
from napari_phy.core.probe_placement import ProbePlacement
from napari_phy.core.sentences import on_one_line
from napari_phy.core.signals import signal
from napari_phy.storage.placements import PlacedProbe, load_placements, save_placements


class SessionPlacements:
    """The probe of the open channel group in an image: `session.placements.place("slice", place_by_tip(…))`.

    Parameters
    ----------
    model : callable
        Returns the data set as it is open now.
    is_kept : bool, default True
        Whether placements are written into the side folder.
    """

    changed = signal()

    def __init__(self, model: Callable[[], BaseModel], *, is_kept: bool = True) -> None:
        path = model().edited_file
        self._path = path if path.exists() else None
        self._placed = {} if self._path is None else load_placements(self._path)
        self._is_kept = is_kept and self._path is not None
        self._model = model

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
        if self._is_kept and self._path is not None:
            save_placements(self._path, self._placed)
        self.changed.emit()
