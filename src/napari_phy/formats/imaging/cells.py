"""Cells of a movie, as another program found them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ImagedCells:
    """Cells, in the order of the program that found them.

    Attributes
    ----------
    name : str
        Where they are from: `suite2p`, `CaImAn`.
    traces : ndarray of float, shape (n_cells, n_frames)
        Brightness of each; may be a memory map.
    neuropil : ndarray of float, shape (n_cells, n_frames), or None
        Brightness around each.
    events : ndarray of float, shape (n_cells, n_frames), or None
        Activity that was deconvolved from the traces.
    is_cell : ndarray of bool, shape (n_cells,)
        Whether it was taken for a cell.
    pixels : tuple of ndarray of int64, or None
        Flat places of the pixels of each in a frame; None where the file does not tell.
    frame_shape : tuple of int, or None
        Rows and columns of a frame.
    rate_hz : float, or None
        Frames per second.
    problems : tuple of str
        A sentence for what could not be read.
    """

    name: str
    traces: npt.NDArray[Any]
    neuropil: npt.NDArray[Any] | None
    events: npt.NDArray[Any] | None
    is_cell: npt.NDArray[np.bool_]
    pixels: tuple[Int64, ...] | None
    frame_shape: tuple[int, int] | None
    rate_hz: float | None
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.traces)

    @property
    def n_frames(self) -> int:
        """Frames of the traces."""
        return int(self.traces.shape[1])

    @property
    def labels(self) -> npt.NDArray[np.int32] | None:
        """(y, x) the number of the cell in each pixel, from 1; of those taken for cells. None without pixels.

        Where cells overlap it is the last one.
        """
        if self.pixels is None or self.frame_shape is None:
            return None
        found = np.zeros(self.frame_shape, dtype=np.int32)
        for cell in np.flatnonzero(self.is_cell).tolist():
            found.ravel()[self.pixels[cell]] = cell + 1
        return found
