"""Attribute values as Kwik writers store them, turned into plain Python values; nothing is ever unpickled."""

from __future__ import annotations

from typing import Any

import h5py
import numpy as np

from napari_phy.formats.hdf5.pickled import NOT_PLAIN, decode_pickle

_MAX_DIGITS = 20
_MAX_INT = 2**63


def decode(value: Any) -> Any:
    """Return the plain value of an HDF5 attribute.

    Scalars become `int`, `float`, `bool` or `str` (UTF-8, NULs stripped); one-element string arrays
    the string, longer ones a list; `h5py.Empty` and a pickled None become None; pickled lists and tuples
    of strings or numbers, also nested, become lists. Arrays of numbers come back as read-only arrays.
    """
    if value is None or isinstance(value, h5py.Empty):
        return None
    if isinstance(value, str):
        return value.rstrip("\0")
    if isinstance(value, bytes):
        plain = decode_pickle(bytes(value), _text)
        return _text(value) if plain is NOT_PLAIN else plain
    if isinstance(value, np.ndarray):
        return _decode_array(value)
    if isinstance(value, np.generic):
        return value.item()
    return value


def encode(value: Any) -> Any:
    """Return `value` as klusta stores it: text as a one-element byte array in UTF-8, None as empty.

    Raises
    ------
    ValueError
        If a text holds NUL or cannot be written in UTF-8, or an integer does not fit 64 bits.
    TypeError
        If the value is of a kind that an attribute cannot hold.
    """
    if value is None:
        return h5py.Empty("S1")
    if isinstance(value, str):
        return np.array([_bytes(value)], dtype="S")
    if isinstance(value, (bool, np.bool_)):
        return np.bool_(value)
    if isinstance(value, (int, np.integer)):
        if not -(2**63) <= int(value) < 2**63:
            raise ValueError(f"{value} does not fit a 64-bit integer")
        return np.int64(value)
    if isinstance(value, (float, np.floating)):
        return np.float64(value)
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, str) for item in value):
        return np.array([_bytes(item) for item in value], dtype="S")
    array = np.asarray(value)
    if array.dtype.kind not in "biufS":
        raise TypeError(f"an attribute cannot hold {value!r}")
    return array


def as_int(value: Any) -> int | None:
    """Return a decoded attribute as an integer, also from a one-element array or digits; else None."""
    value = _only(value)
    if isinstance(value, str):
        value = value.strip()
        value = int(value) if len(value) < _MAX_DIGITS and value.removeprefix("-").isdecimal() else None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    return int(value) if isinstance(value, int) and abs(value) < _MAX_INT else None


def as_texts(value: Any) -> list[str]:
    """Return a decoded attribute as texts that say something: of a text or a list; none of anything else."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, str) and item]


def as_float(value: Any) -> float | None:
    """Return a decoded attribute as a finite float, also from a one-element array or text; else None."""
    value = _only(value)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


def _only(value: Any) -> Any:
    """Return the one element of an array or list that has one."""
    if isinstance(value, np.ndarray) and value.size == 1:
        return value.reshape(-1)[0].item()
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _decode_array(value: np.ndarray[Any, Any]) -> Any:
    if value.dtype.kind in "SO":
        texts = [_text(item) if isinstance(item, bytes) else str(item) for item in value.reshape(-1)]
        return texts[0] if len(texts) == 1 else texts
    if value.ndim == 0:
        return value.item()
    value = np.array(value)
    value.flags.writeable = False
    return value


def _text(data: bytes) -> str:
    data = bytes(data).rstrip(b"\0")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _bytes(text: str) -> bytes:
    if "\0" in text:
        raise ValueError(f"{text!r} holds a NUL character")
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError(f"{text!r} cannot be written in UTF-8") from None
