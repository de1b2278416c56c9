"""Attribute values as Kwik writers store them, turned into plain Python values; nothing is ever unpickled."""

from __future__ import annotations

import pickletools
from typing import Any

import h5py
import numpy as np

_NOT_A_PICKLE = object()
_STRUCTURE = {"MARK", "LIST", "EMPTY_LIST", "TUPLE", "EMPTY_TUPLE", "TUPLE1", "TUPLE2", "TUPLE3", "APPEND", "APPENDS"}
_BOOKKEEPING = {"PROTO", "FRAME", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "STOP"}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}


def decode(value: Any) -> Any:
    """Return the plain value of an HDF5 attribute.

    Scalars become `int`, `float`, `bool` or `str` (UTF-8, NULs stripped); one-element string arrays
    the string, longer ones a list; `h5py.Empty` and a pickled None become None; a pickled list of
    strings or numbers becomes that list. Arrays of numbers come back as read-only arrays.
    """
    if value is None or isinstance(value, h5py.Empty):
        return None
    if isinstance(value, str):
        return value.rstrip("\0")
    if isinstance(value, bytes):
        literals = _pickled_literals(bytes(value))
        return _text(value) if literals is _NOT_A_PICKLE else literals
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
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0].item()
    if isinstance(value, str):
        value = value.strip()
        return int(value) if value.removeprefix("-").isdecimal() else None
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return int(value) if isinstance(value, int) else None


def as_float(value: Any) -> float | None:
    """Return a decoded attribute as a finite float, also from a one-element array or text; else None."""
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0].item()
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None


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


def _pickled_literals(data: bytes) -> Any:
    """Read None, or a flat list of strings and numbers, off the opcodes of a pickle without running it."""
    if not data.endswith(b".") or data[:1] not in (b"N", b"(", b"]", b"\x80"):
        return _NOT_A_PICKLE
    items: list[Any] = []
    is_list = False
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in _CONSTANTS:
                items.append(_CONSTANTS[opcode.name])
            elif opcode.name in _STRUCTURE:
                is_list = True
            elif opcode.name not in _BOOKKEEPING:
                if not isinstance(argument, (str, bytes, int, float)):
                    return _NOT_A_PICKLE
                items.append(_text(argument) if isinstance(argument, bytes) else argument)
    except ValueError:
        return _NOT_A_PICKLE
    if is_list:
        return items
    return items[0] if len(items) == 1 else _NOT_A_PICKLE
