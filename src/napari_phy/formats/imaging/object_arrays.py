"""NumPy's `.npy` files of Python objects, of which plain values are read from the opcodes; no pickle is ever run."""

from __future__ import annotations

import math
import pickletools
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from napari_phy.core.errors import ImagingError
from napari_phy.core.sentences import cause_of

_MOST_BYTES, _MOST_OPCODES = 2**30, 20_000_000
_MOST_HEADER = 2**16
_OBJECTS = re.compile(rb"'descr': *'\|O'")
_DTYPE = re.compile(r"[biuf][1248]|O8?")


class _Unread:
    """Stands for a value that is not plain: objects of classes, calls."""

    def __repr__(self) -> str:
        return "<not read>"


UNREAD: Final = _Unread()
"""What `read_object_array` has in the place of everything else."""

_MARK = object()
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_VALUES = {
    *("INT", "LONG", "FLOAT", "BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "STRING", "BINSTRING", "SHORT_BINSTRING"),
}
_EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_NOTHING = {"PROTO", "FRAME"}
_KEYS = (str, int, float)


def read_object_array(path: Path) -> list[Any]:
    """Return the objects of a `.npy` file: dictionaries, lists, tuples, text, numbers and arrays of numbers.

    Whatever else it holds is `UNREAD` there. A single object, as of `numpy.save(path, {…})`, is a list of one.

    Raises
    ------
    ImagingError
        The file cannot be read, or holds no plain objects.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ImagingError(f"{path.name} is too large to be read: more than {_MOST_BYTES // 2**30} GiB.")
        pickled = _skip_header(path.read_bytes())
    except OSError as error:
        raise ImagingError(f"{path.name} cannot be read: {cause_of(error)}.") from error
    if pickled is None:
        raise ImagingError(f"{path.name} is no NumPy file of objects.")
    try:
        found = _Reader().read(pickled)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, _NotPlainError) as error:
        raise ImagingError(f"{path.name} holds something else than dictionaries, numbers and arrays.") from error
    if not isinstance(found, list):
        raise ImagingError(f"{path.name} holds no array of objects.")
    return found


def _skip_header(data: bytes) -> bytes | None:
    """Return what comes after the header, None unless that says that there are objects."""
    if data[:6] != b"\x93NUMPY" or len(data) < 12:
        return None
    start, n_bytes = (10, 2) if data[6] == 1 else (12, 4)
    stop = start + int.from_bytes(data[8 : 8 + n_bytes], "little")
    return data[stop:] if _OBJECTS.search(data[start : min(stop, _MOST_HEADER)]) else None


class _NotPlainError(Exception):
    """The pickle is damaged, or needs what is not known here."""


class _Type:
    """A dtype on its way: its letter, later its byte order."""

    def __init__(self, code: str) -> None:
        self.code, self.order = code, "<"

    @property
    def is_object(self) -> bool:
        return self.code.startswith("O")

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(f"{self.order}{self.code}")


class _Name:
    """A name from a module, which is never imported."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module.replace("numpy._core", "numpy.core")
        self.name = name


class _Array:
    """An array whose values are still to come, and where it is remembered."""

    def __init__(self) -> None:
        self.places: list[int] = []


class _Reader:
    """The stack of a pickle machine that makes plain values and calls nothing."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self, data: bytes) -> Any:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if opcode.name == "STOP":
                break
            if count > _MOST_OPCODES:
                raise _NotPlainError
            self._step(opcode.name, argument)
        (found,) = self._stack
        return found

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _VALUES:
            stack.append(argument)
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name == "MARK":
            stack.append(_MARK)
        elif name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self._remember(len(self._memo) if name == "MEMOIZE" else int(argument))
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            value = self._memo[int(argument)]
            stack.append(UNREAD if isinstance(value, list | dict) else value)  # it may hold itself
        elif name not in _NOTHING:
            self._build(name, argument)

    def _remember(self, place: int) -> None:
        value = self._stack[-1]
        self._memo[place] = value
        if isinstance(value, _Array):
            value.places.append(place)

    def _build(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _TUPLES:
            items = [stack.pop() for _ in range(_TUPLES[name])]
            stack.append(tuple(items[::-1]))
        elif name in ("TUPLE", "LIST"):
            items = self._since_mark()
            stack.append(tuple(items) if name == "TUPLE" else items)
        elif name in ("APPEND", "APPENDS"):
            items = [stack.pop()] if name == "APPEND" else self._since_mark()
            if isinstance(stack[-1], list):
                stack[-1].extend(items)
        elif name in ("DICT", "SETITEM", "SETITEMS"):
            items = [stack.pop(), stack.pop()][::-1] if name == "SETITEM" else self._since_mark()
            if name == "DICT":
                stack.append({})
            if isinstance(stack[-1], dict):
                pairs = zip(items[::2], items[1::2], strict=True)
                stack[-1].update((key, value) for key, value in pairs if type(key) in _KEYS)
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            names = str(argument).split(" ", 1) if name == "GLOBAL" else [stack.pop(), stack.pop()][::-1]
            stack.append(_Name(*names) if all(isinstance(one, str) for one in names) else UNREAD)
        elif name in ("REDUCE", "NEWOBJ", "NEWOBJ_EX"):
            _ = stack.pop() if name == "NEWOBJ_EX" else None
            arguments, what = stack.pop(), stack.pop()
            is_call = name == "REDUCE" and isinstance(what, _Name) and isinstance(arguments, tuple)
            stack.append(_made(what.module, what.name, arguments) if is_call else UNREAD)
        elif name == "BUILD":
            state = stack.pop()
            self._fill(state)
        else:
            raise _NotPlainError

    def _fill(self, state: Any) -> None:
        """Give its state to what is on the stack, and to where it is remembered."""
        target = self._stack[-1]
        if isinstance(target, _Type):
            target.order = state[1] if state[1] in ("<", ">") else "<"
        elif isinstance(target, _Array):
            _, shape, kind, is_fortran, values = state
            found = _filled(shape, kind, bool(is_fortran), values)
            self._stack[-1] = found
            for place in target.places:
                self._memo[place] = found

    def _since_mark(self) -> list[Any]:
        items = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]


def _made(module: str, name: str, arguments: tuple[Any, ...]) -> Any:
    """Return what a few known functions of NumPy make of plain values, `UNREAD` for every other."""
    if (module, name) == ("numpy", "dtype") and isinstance(arguments[0], str) and _DTYPE.fullmatch(arguments[0]):
        return _Type(arguments[0])
    if (module, name) == ("numpy.core.multiarray", "_reconstruct"):
        return _Array()
    if (module, name) == ("numpy.core.multiarray", "scalar"):
        kind, data = arguments
        values = _filled((1,), kind, False, data)
        return values[0].item() if isinstance(values, np.ndarray) else UNREAD
    if (module, name) == ("numpy.core.numeric", "_frombuffer"):
        data, kind, shape, order = arguments
        return _filled(shape, kind, order == "F", data)
    if (module, name) == ("_codecs", "encode") and len(arguments) == 2 and arguments[1] == "latin1":
        return arguments[0].encode("latin1")
    return UNREAD


def _filled(shape: Sequence[Any], kind: Any, is_fortran: bool, values: Any) -> npt.NDArray[Any] | list[Any] | _Unread:
    """Return an array of numbers, or a list of objects."""
    if not isinstance(kind, _Type) or not isinstance(shape, tuple):
        return UNREAD
    if any(type(size) is not int or size < 0 for size in shape):
        raise _NotPlainError
    if kind.is_object:
        return values if isinstance(values, list) else UNREAD
    if not isinstance(values, bytes | bytearray) or len(values) != math.prod(shape) * kind.dtype.itemsize:
        raise _NotPlainError
    return np.frombuffer(values, kind.dtype).reshape(shape, order="F" if is_fortran else "C")
