"""Traits that hold arrays: they compare by value, are read-only, and travel as binary buffers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets

from napari_phy.core.arrays import as_ids, read_only

_DTYPES = {"int32": np.int32, "int64": np.int64, "float32": np.float32, "float64": np.float64, "uint8": np.uint8}


class WholeArray(np.ndarray[Any, np.dtype[Any]]):
    """An array that is equal or unequal to another one of its kind as a whole, as `traitlets.link` compares values."""

    def __eq__(self, other: object) -> Any:
        return np.array_equal(self, other) if isinstance(other, WholeArray) else super().__eq__(other)

    def __ne__(self, other: object) -> Any:
        return not np.array_equal(self, other) if isinstance(other, WholeArray) else super().__ne__(other)

    __hash__ = None  # as arrays have none


class Ids(traitlets.TraitType[Any, Any]):
    """A (n,) array of whole numbers; the same numbers again tell nobody.

    Parameters
    ----------
    dtype : type, default numpy.int64
        What they are stored as.
    """

    info_text = "a list of whole numbers"

    def __init__(self, dtype: type[np.integer[Any]] = np.int64, **options: Any) -> None:
        self._dtype = dtype
        super().__init__(default_value=_whole(np.empty(0, dtype=dtype)), **options)

    def validate(self, obj: Any, value: Any) -> npt.NDArray[np.integer[Any]]:
        """Return the value as a read-only array; the same array where it is one already."""
        if isinstance(value, np.ndarray) and value.dtype == self._dtype and not value.flags.writeable:
            return value.view(WholeArray)
        ids = as_ids(value if isinstance(value, (np.ndarray, str, int, float)) else list(value))
        if ids is None:
            self.error(obj, value)
        limits = np.iinfo(self._dtype)
        if len(ids) and (ids.min() < limits.min or ids.max() > limits.max):
            self.error(obj, value)
        return _whole(np.array(ids, dtype=self._dtype))

    def set(self, obj: Any, value: Any) -> None:
        """Take a value over where it is another one."""
        new: Any = self._validate(obj, value)
        old: Any = obj._trait_values.get(self.name, self.default_value)
        if np.array_equal(old, new):
            return
        obj._trait_values[self.name] = new
        obj._notify_trait(self.name, old, new)


def _whole(array: npt.NDArray[Any]) -> WholeArray:
    return read_only(array).view(WholeArray)


def array_to_json(value: npt.NDArray[Any], _widget: Any = None) -> dict[str, Any]:
    """Return an array as a message has it: whole numbers in 32 bits where they fit, for browsers."""
    if value.dtype == np.int64 and (not len(value) or (value.min() >= -(2**31) and value.max() < 2**31)):
        value = value.astype(np.int32)
    elif value.dtype == np.int64:
        value = value.astype(np.float64)  # as browsers count, exactly up to 2⁵³
    return {"dtype": value.dtype.name, "shape": list(value.shape), "data": np.ascontiguousarray(value).tobytes()}


def array_from_json(message: Any, _widget: Any = None) -> npt.NDArray[Any]:
    """Return the array of a message.

    Raises
    ------
    ValueError
        It is no array, or of another size than it says.
    """
    try:
        dtype, shape, data = _DTYPES[message["dtype"]], message["shape"], message["data"]
        return np.frombuffer(data, dtype=dtype).reshape(shape)
    except (KeyError, TypeError, ValueError):
        raise ValueError("The message from the browser is no array.") from None


BINARY = {"sync": True, "to_json": array_to_json, "from_json": array_from_json}
