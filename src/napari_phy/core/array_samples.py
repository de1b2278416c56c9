"""Any two-dimensional array as traces: NumPy, memmap, h5py, zarr, dask, either way round."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import zero_unmeasured
from napari_phy.core.errors import TracesError


class ArraySamples:
    """`(n_samples, n_channels)` of an array that may lie the other way round; only what is asked for is read.

    Floats that cannot have been measured are 0.

    Parameters
    ----------
    array : object
        Two-dimensional, with `shape`, `dtype` and slices that `numpy.asarray` reads; or nested lists.
    time_axis : int, optional
        0 or 1; None: the longer one.

    Raises
    ------
    TracesError
        It is not two-dimensional, or holds no integers or floats.
    """

    def __init__(self, array: Any, time_axis: int | None = None) -> None:
        if isinstance(array, list | tuple):
            array = np.asarray(array)
        shape = tuple(int(length) for length in array.shape)
        if len(shape) != 2:
            raise TracesError(f"Traces need two axes, time and channel; this array has the shape {shape}.")
        if time_axis not in (None, 0, 1):
            raise TracesError(f"The time axis of traces is 0 or 1, not {time_axis}.")
        self.dtype: np.dtype[Any] = np.dtype(array.dtype).newbyteorder("=")
        if self.dtype.kind not in "iuf":
            raise TracesError(f"Traces are integers or floats; this array holds {array.dtype}.")
        self._array = array
        self._keeps_all = False
        self._is_turned = (shape[1] > shape[0]) if time_axis is None else time_axis == 1
        self.shape: tuple[int, int] = (shape[1], shape[0]) if self._is_turned else (shape[0], shape[1])

    @property
    def stored(self) -> ArraySamples:
        """The same samples, as the array has them."""
        stored = copy.copy(self)
        stored._keeps_all = True
        return stored

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        rows, channels = key if isinstance(key, tuple) else (key, slice(None))
        if isinstance(rows, slice):
            start, stop, step = rows.indices(self.shape[0])
            found = self._read(start, max(start, stop))[::step]
        else:
            found = np.stack([self._read(int(row), int(row) + 1)[0] for row in np.atleast_1d(rows)])
            found = found if np.ndim(rows) else found[0]
        return np.ascontiguousarray(found[..., channels], dtype=self.dtype)

    def _read(self, start: int, stop: int) -> npt.NDArray[Any]:
        if self._is_turned:
            found = np.asarray(self._array[:, start:stop]).T
        else:
            found = np.asarray(self._array[start:stop])
        return found if self.dtype.kind != "f" or self._keeps_all else zero_unmeasured(np.array(found))


def as_samples(traces: Any, time_axis: int | None = None) -> Any:
    """Return traces as `(n_samples, n_channels)`; those of a model as they are.

    Raises
    ------
    TracesError
        They are not two-dimensional, or hold no integers or floats.
    """
    return traces if hasattr(traces, "origin") and time_axis is None else ArraySamples(traces, time_axis)
