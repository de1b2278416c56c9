"""The HDF5 file that CaImAn saves: traces, deconvolved activity, and where each cell is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError, KwikFormatError, MissingDataError
from napari_phy.formats.hdf5.reading import H5Reader
from napari_phy.formats.imaging.cells import ImagedCells, Int64

_ROOT = "/estimates"
_LEAST_WEIGHT = 0.2  # of the largest of a cell; weaker pixels hold mostly what is around it


def read_caiman(path: Path) -> ImagedCells:
    """Read the results of CNMF.

    Traces are `C + YrA`, the brightness as it is with noise, or `C` alone. Pixels are those that have a fifth or more
    of the largest weight of their cell in `A`. Cells are the `idx_components`, all where these were not chosen.

    Raises
    ------
    ImagingError
        It is no HDF5 file of CaImAn, or is damaged.
    """
    try:
        with H5Reader(path) as file:
            return _read(file)
    except (KwikFormatError, MissingDataError) as error:
        raise ImagingError(str(error)) from error


def _read(file: H5Reader) -> ImagedCells:
    name, problems = file.path.name, list[str]()
    traces = _numbers(file, f"{_ROOT}/C")
    if traces is None or traces.ndim != 2 or 0 in traces.shape:
        raise ImagingError(f"{name} is no file of CaImAn: it has no traces {_ROOT}/C.")

    def fitting(place: str) -> npt.NDArray[Any] | None:
        found = _numbers(file, place)
        return found if found is not None and found.shape == traces.shape else None

    residuals = fitting(f"{_ROOT}/YrA")
    chosen = _numbers(file, f"{_ROOT}/idx_components")
    is_cell = np.ones(len(traces), dtype=np.bool_)
    if chosen is not None and chosen.dtype.kind in "iu":
        is_cell[:] = np.isin(np.arange(len(traces)), chosen)
    frame_shape = _frame_shape(file)
    pixels = None if frame_shape is None else _read_pixels(file, len(traces), frame_shape)
    if pixels is None:
        problems.append(f"{name} does not tell where the cells are.")
    rate = _numbers(file, "/params/data/fr")
    is_rate = rate is not None and rate.size == 1 and np.isfinite(rate).all() and rate.item() > 0
    return ImagedCells(
        name="CaImAn",
        traces=traces if residuals is None else traces + residuals,
        neuropil=None,
        events=fitting(f"{_ROOT}/S"),
        is_cell=is_cell,
        pixels=pixels,
        frame_shape=frame_shape if pixels is not None else None,
        rate_hz=float(rate.item()) if is_rate and rate is not None else None,
        problems=tuple(problems),
    )


def _numbers(file: H5Reader, path: str) -> npt.NDArray[Any] | None:
    """Return a dataset of numbers; None where there is none, as for what CaImAn writes as `NoneType`."""
    if not file.is_dataset(path) or file.dataset(path).dtype.kind not in "buif":
        return None
    return file.read(path)


def _frame_shape(file: H5Reader) -> tuple[int, int] | None:
    for path in (f"{_ROOT}/dims", "/dims"):
        sizes = _numbers(file, path)
        if sizes is not None and sizes.shape == (2,) and (sizes >= 1).all() and (sizes < 2**15).all():
            return int(sizes[0]), int(sizes[1])
    return None


def _read_pixels(file: H5Reader, n_cells: int, frame_shape: tuple[int, int]) -> tuple[Int64, ...] | None:
    """Return the pixels of each column of the sparse matrix A, whose rows go through a frame column by column."""
    weights, rows, starts, shape = (
        _numbers(file, f"{_ROOT}/A/{part}") for part in ("data", "indices", "indptr", "shape")
    )
    if weights is None or rows is None or starts is None or shape is None:
        return None
    n_pixels = frame_shape[0] * frame_shape[1]
    fits = (
        shape.tolist() == [n_pixels, n_cells]
        and starts.shape == (n_cells + 1,)
        and rows.shape == weights.shape
        and rows.ndim == 1
        and rows.dtype.kind in "iu"
        and starts.dtype.kind in "iu"
        and (np.diff(starts.astype(np.int64)) >= 0).all()
        and (starts[0], starts[-1]) == (0, len(rows))
        and (not len(rows) or (rows.min() >= 0 and rows.max() < n_pixels))
    )
    if not fits:
        return None
    found = []
    for start, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        weight = weights[start:stop]
        x, y = np.divmod(rows[start:stop].astype(np.int64), frame_shape[0])
        strong = weight >= _LEAST_WEIGHT * weight.max() if len(weight) else np.zeros(0, dtype=np.bool_)
        found.append(np.asarray(y * frame_shape[1] + x, dtype=np.int64)[strong])
    return tuple(found)
