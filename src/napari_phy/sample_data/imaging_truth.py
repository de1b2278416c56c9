"""What is true of the sample with imaging beside its spikes, stored as `<name>.imaging.npz`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ImagingTruth:
    """When each frame was taken, what was taken when each neuron fired, and whose light a cell shows.

    Times are in samples of the recording. Spikes are all events of `Truth`, in its order.

    Attributes
    ----------
    movie_samples : Floats
        (n_frames,) when each frame of the movie begins.
    movie_row_s : Floats
        (n_rows,) how long after its frame each row is scanned, in seconds.
    movie_false_pulses : Ints
        (n,) samples of pulses of the microscope without a frame.
    film_samples : Floats
        (n_film_frames,) when each frame of the film begins.
    film_numbers : Ints
        (n_film_frames,) the number that is burnt into each.
    film_dropped : Ints
        (n,) numbers of frames that never came into the film, though their pulses came.
    cell_labels : ndarray of uint8, shape (n_rows, n_columns)
        Number of the cell in each pixel of the movie, from 1; 0 where there is none.
    cell_units : Ints
        (n_cells,) the unit that each cell follows; −1: none of them.
    spike_frames : Ints
        (n_events,) frame of the movie that was scanned at each spike; −1 where none was.
    spike_rows : Ints
        (n_events,) row that was scanned then; −1 where none was.
    spike_row_samples : Floats
        (n_events,) when the scan of that row began; NaN where none was scanned.
    spike_film_frames : Ints
        (n_events,) frame of the film that was taken at each spike; −1 where none was.
    """

    movie_samples: Floats
    movie_row_s: Floats
    movie_false_pulses: Ints
    film_samples: Floats
    film_numbers: Ints
    film_dropped: Ints
    cell_labels: npt.NDArray[np.uint8]
    cell_units: Ints
    spike_frames: Ints
    spike_rows: Ints
    spike_row_samples: Floats
    spike_film_frames: Ints

    def pixels_of(self, unit: int) -> npt.NDArray[np.bool_]:
        """Return (n_rows, n_columns) bool, the pixels of the cell that follows a unit; none for a unit without one."""
        cells = np.flatnonzero(self.cell_units == unit)
        return np.isin(self.cell_labels, cells + 1)


def imaging_truth_path(kwik_path: Path) -> Path:
    """Return where the truth about the imaging of a data set is."""
    return kwik_path.with_suffix(".imaging.npz")


def write_imaging_truth(path: Path, truth: ImagingTruth) -> None:
    """Write it as plain arrays."""
    np.savez(path, allow_pickle=False, **{item.name: getattr(truth, item.name) for item in fields(truth)})


def read_imaging_truth(path: Path) -> ImagingTruth:
    """Read what `write_imaging_truth` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return ImagingTruth(**{item.name: arrays[item.name] for item in fields(ImagingTruth)})
