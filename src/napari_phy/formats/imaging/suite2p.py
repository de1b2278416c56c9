"""The folder `suite2p/plane0`: brightness, neuropil, deconvolved activity, and where each cell is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.sentences import cause_of
from napari_phy.formats.imaging.cells import ImagedCells, Int64
from napari_phy.formats.imaging.object_arrays import read_object_array

TRACES = "F.npy"
_MOST_PIXELS = 2**28


def read_suite2p(folder: Path) -> ImagedCells:
    """Read the folder of a plane.

    `F.npy` is needed. `Fneu.npy`, `spks.npy`, `iscell.npy`, `stat.npy` and `ops.npy` are read where they are there and
    fit; a sentence in `problems` says which do not, or that one of the last two is missing. These are pickled: only
    plain values and arrays are taken from them.

    Raises
    ------
    ImagingError
        There is no `F.npy`, or it holds no traces.
    """
    problems: list[str] = []
    traces = _read_numbers(folder / TRACES)
    if traces.ndim != 2 or 0 in traces.shape:
        raise ImagingError(f"{TRACES} of suite2p has a trace for each cell; this one has the shape {traces.shape}.")

    def fitting(name: str, n_axes: int) -> npt.NDArray[Any] | None:
        if not (folder / name).exists():
            return None
        try:
            found = _read_numbers(folder / name)
        except ImagingError as error:
            problems.append(str(error))
            return None
        if found.ndim >= n_axes and found.shape[:n_axes] == traces.shape[:n_axes]:
            return found
        problems.append(f"{name} has the shape {found.shape}, which is not that of {TRACES}, {traces.shape}.")
        return None

    is_cell = fitting("iscell.npy", 1)
    of_places: list[str] = []
    settings, frame_shape = _read_settings(folder / "ops.npy", of_places)
    pixels = _read_pixels(folder / "stat.npy", len(traces), frame_shape, of_places)
    problems += of_places
    return ImagedCells(
        name="suite2p",
        traces=traces,
        neuropil=fitting("Fneu.npy", 2),
        events=fitting("spks.npy", 2),
        is_cell=np.ones(len(traces), np.bool_) if is_cell is None else is_cell.reshape(len(traces), -1)[:, 0] > 0,
        pixels=pixels,
        frame_shape=frame_shape if pixels is not None else None,
        rate_hz=_rate(settings.get("fs")),
        problems=tuple(problems),
    )


def _read_numbers(path: Path) -> npt.NDArray[Any]:
    """Return a memory map of an array of numbers."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise ImagingError(f"{path.name} cannot be read: {cause_of(error)}.") from error
    except (ValueError, EOFError) as error:
        raise ImagingError(f"{path.name} is no NumPy file of numbers.") from error
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "buif":
        raise ImagingError(f"{path.name} is no NumPy file of numbers.")
    return found


def _read_settings(path: Path, problems: list[str]) -> tuple[dict[str, Any], tuple[int, int] | None]:
    """Return the settings, and rows and columns of a frame as far as they tell."""
    if not path.exists():
        problems.append(_missing(path, "the size of the frames"))
        return {}, None
    try:
        settings: dict[str, Any] = next((item for item in read_object_array(path) if isinstance(item, dict)), {})
    except ImagingError as error:
        problems.append(f"{error} Rate and size of the frames are not known.")
        return {}, None
    height, width = settings.get("Ly"), settings.get("Lx")
    if not (isinstance(height, int) and isinstance(width, int)) or min(height, width) < 1:
        return settings, None
    return settings, (height, width) if height * width <= _MOST_PIXELS else None


def _missing(path: Path, what: str) -> str:
    return f"{path.name}, which tells {what}, is not in {path.parent.name}."


def _read_pixels(
    path: Path, n_cells: int, frame_shape: tuple[int, int] | None, problems: list[str]
) -> tuple[Int64, ...] | None:
    """Return where the pixels of each cell are; those that overlap others too."""
    if not path.exists():
        problems.append(_missing(path, "where the cells are"))
        return None
    if frame_shape is None:
        if not problems:
            problems.append("Where the cells are is not known, since ops.npy does not tell the size of the frames.")
        return None
    try:
        cells = read_object_array(path)
        if len(cells) != n_cells:
            raise ImagingError(f"{path.name} has {len(cells)} cells and {TRACES} has {n_cells}.")
        return tuple(_pixels_of(cell, frame_shape, path.name) for cell in cells)
    except ImagingError as error:
        problems.append(f"{error} Where the cells are is not known.")
        return None


def _pixels_of(cell: Any, frame_shape: tuple[int, int], name: str) -> Int64:
    places = [cell.get(key) if isinstance(cell, dict) else None for key in ("ypix", "xpix")]
    if not all(isinstance(part, np.ndarray) and part.dtype.kind in "iu" and part.ndim == 1 for part in places):
        raise ImagingError(f"{name} has a cell without ypix and xpix.")
    y, x = (np.asarray(part, dtype=np.int64) for part in places)
    if len(y) != len(x) or (len(y) and not _is_inside(y, x, frame_shape)):
        raise ImagingError(f"{name} has a cell outside of the {frame_shape[0]} × {frame_shape[1]} pixels of a frame.")
    return np.asarray(y * frame_shape[1] + x, dtype=np.int64)


def _is_inside(y: Int64, x: Int64, frame_shape: tuple[int, int]) -> bool:
    return bool(y.min() >= 0 and x.min() >= 0 and y.max() < frame_shape[0] and x.max() < frame_shape[1])


def _rate(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and np.isfinite(value) and value > 0 else None
