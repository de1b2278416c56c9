"""One level of a picture, channel by time, that is made only where the camera looks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt

N_COLUMNS_COARSEST = 3000
STEP = 4
MAX_ARRAY_SIZE = 8_000_000


class PictureLevel(ABC):
    """`(n_channels, n_columns)` float32 as napari reads a level of a multiscale Image.

    Parameters
    ----------
    n_channels, n_columns : int
        Shape of the picture.
    factor : int
        Samples per column.
    """

    ndim = 2
    dtype = np.dtype(np.float32)

    def __init__(self, n_channels: int, n_columns: int, factor: int) -> None:
        self.factor = factor
        self.shape = (n_channels, n_columns)
        self.size = n_channels * n_columns

    @abstractmethod
    def columns(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return (n_columns, n_channels) from `start` to before `stop`."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        if self.size > MAX_ARRAY_SIZE:
            raise MemoryError("This level of the picture is only read in pieces.")
        return self[0 : self.shape[0], 0 : self.shape[1]].astype(dtype or self.dtype)

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        rows, columns = key if isinstance(key, tuple) else (key, slice(None))
        if not isinstance(columns, slice):
            return self[rows, slice(int(columns), int(columns) + 1)][..., 0]
        start, stop, step = columns.indices(self.shape[1])
        return self.columns(start, max(start, stop))[::step].T[rows]


def level_factors(n_samples: int, finest: int = 1) -> list[int]:
    """Return the samples a column of each level, from the finest to that of about `N_COLUMNS_COARSEST` columns."""
    factors = [finest]
    while n_samples / factors[-1] > N_COLUMNS_COARSEST:
        factors.append(factors[-1] * STEP)
    return factors
