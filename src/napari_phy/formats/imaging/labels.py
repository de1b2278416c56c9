"""Labels that were saved as a TIFF: a picture in which each pixel has the number of its cell."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.sentences import cause_of

TIFF = (".tif", ".tiff")
_MOST_LABEL, _MOST_PIXELS = 2**31 - 1, 2**28
_OF_DAMAGED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)


def read_labels(path: str | Path) -> npt.NDArray[np.int32]:
    """Read the labels of one frame, as napari, Cellpose or Fiji save them; 0 is no cell.

    Parameters
    ----------
    path : str or Path
        A TIFF file.

    Returns
    -------
    ndarray of int32, shape (frame_shape)
        The number of the cell in each pixel.

    Raises
    ------
    ImagingError
        It cannot be read, or holds no labels.
    """
    path = Path(path)
    try:
        found = np.squeeze(_read(path))
    except OSError as error:
        raise ImagingError(f"{path.name} cannot be read: {cause_of(error)}.") from error
    except _OF_DAMAGED as error:
        raise ImagingError(f"{path.name} is no TIFF file that can be read.") from error
    is_whole = found.dtype.kind in "bui" or (found.dtype.kind == "f" and bool((found == np.rint(found)).all()))
    if not is_whole or found.ndim < 2 or not found.size or found.min() < 0 or found.max() > _MOST_LABEL:
        raise ImagingError(
            f"{path.name} holds no labels: these are a picture in which each pixel has the whole number of its cell, "
            "0 for none."
        )
    if not found.any():
        raise ImagingError(f"{path.name} holds no cell: all of its pixels are 0.")
    return np.asarray(found, dtype=np.int32)


def _read(path: Path) -> npt.NDArray[Any]:
    from tifffile import TiffFile

    with TiffFile(path) as file:
        pictures = file.series[0]
        if pictures.size > _MOST_PIXELS:
            raise ImagingError(f"{path.name} is too large for labels of one frame: {pictures.size:,} pixels.")
        return np.asarray(pictures.asarray())
