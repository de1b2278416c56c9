"""An array that is seen in another shape: what NumPy asks of it; a view says only how it is read and written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from napari_phy.core.arrays import LazyArray


class ArrayView(LazyArray, ABC):
    """The array of a layer in another shape; nothing is copied, what is written goes into the array.

    Parameters
    ----------
    array : array
        What the layer had, of any kind that napari takes.
    shape : sequence of int
        In which it is seen.
    """

    def __init__(self, array: Any, shape: tuple[int, ...]) -> None:
        self.array = array
        self.dtype = np.dtype(array.dtype)
        self.shape = shape

    @abstractmethod
    def __getitem__(self, key: Any) -> Any:
        """Return what an array of this shape would."""

    @abstractmethod
    def __setitem__(self, key: Any, value: Any) -> None:
        """Write as into an array of this shape."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self  # a copy of the layer shows the same frames

    def __repr__(self) -> str:
        return f"<{' × '.join(map(str, self.shape))} {self.dtype}>"

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.asarray(self[:], dtype=dtype)


def shape_of(array: Any) -> tuple[int, ...]:
    """Return the shape of any array as plain numbers."""
    return tuple(int(length) for length in array.shape)


def whole_key(key: Any, ndim: int) -> tuple[Any, ...]:
    """Return one index for each axis.

    Raises
    ------
    IndexError
        There are more indices than axes.
    """
    keys = key if isinstance(key, tuple) else (key,)
    place = next((number for number, one in enumerate(keys) if one is Ellipsis), len(keys))
    n_given = len(keys) - (place < len(keys))
    if n_given > ndim:
        raise IndexError(f"{n_given} indices for {ndim} axes.")
    return (*keys[:place], *[slice(None)] * (ndim - n_given), *keys[place + 1 :])
