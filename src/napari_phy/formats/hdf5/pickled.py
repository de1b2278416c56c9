"""Pickled None, strings, numbers and lists of them, read from their opcodes; a pickle is never run."""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from typing import Any

NOT_PLAIN = object()
"""What `decode_pickle` answers for everything else."""

_MAX_OPCODES = 100_000
_MARK = object()

_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_EMPTY = {"EMPTY_LIST", "EMPTY_TUPLE"}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_NUMBERS = {"INT", "LONG", "FLOAT", "BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"}
_BYTES = {"STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES"}
_TEXTS = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE"}
_REMEMBER = {"PUT", "BINPUT", "LONG_BINPUT"}
_RECALL = {"GET", "BINGET", "LONG_BINGET"}
_NOTHING = {"PROTO", "FRAME"}


def decode_pickle(data: bytes, text: Callable[[bytes], str]) -> Any:
    """Return None, a string, a number, or a list (nested as stored) of them; `NOT_PLAIN` for anything else.

    Tuples come back as lists. An opcode that is not on the list of this module (a class, a call, a
    dictionary, a list that holds itself) ends the reading.

    Parameters
    ----------
    data : bytes
        The bytes of the attribute.
    text : callable
        Turns bytes that Python 2 pickled as a string into text.
    """
    if not data.endswith(b".") or data[:1] not in b"N(]\x80":
        return NOT_PLAIN
    try:
        return _Reader(text).read(data)
    except (ValueError, IndexError, KeyError, _NotPlainError):
        return NOT_PLAIN


class _NotPlainError(Exception):
    """The pickle holds more than plain values."""


class _Reader:
    """The stack of a pickle machine that knows nothing but plain values."""

    def __init__(self, text: Callable[[bytes], str]) -> None:
        self._text = text
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def read(self, data: bytes) -> Any:
        for count, (opcode, argument, place) in enumerate(pickletools.genops(data)):
            if opcode.name == "STOP" and place == len(data) - 1 and len(self._stack) == 1:
                break
            if count > _MAX_OPCODES:
                raise _NotPlainError
            self._step(opcode.name, argument)
        if self._stack[0] is _MARK:
            raise _NotPlainError
        return self._stack[0]

    def _step(self, name: str, argument: Any) -> None:
        stack = self._stack
        if name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _NUMBERS or name in _TEXTS:
            stack.append(argument)
        elif name in _BYTES:
            stack.append(self._text(argument) if isinstance(argument, bytes) else argument)
        elif name in _REMEMBER or name == "MEMOIZE":
            self._memo[len(self._memo) if name == "MEMOIZE" else int(argument)] = stack[-1]
        elif name in _RECALL:
            self._recall(int(argument))
        elif name not in _NOTHING:
            self._build(name)

    def _recall(self, place: int) -> None:
        value = self._memo[place]
        if isinstance(value, list):  # a list within itself, or doubled until memory ends
            raise _NotPlainError
        self._stack.append(value)

    def _build(self, name: str) -> None:
        stack = self._stack
        if name == "MARK":
            stack.append(_MARK)
        elif name in _EMPTY:
            stack.append([])
        elif name in ("LIST", "TUPLE"):
            stack.append(self._since_mark())
        elif name in _TUPLES:
            items = [stack.pop() for _ in range(_TUPLES[name])][::-1]
            stack.append(items)
        elif name == "APPEND":
            item = stack.pop()
            self._last_list().append(item)
        elif name == "APPENDS":
            items = self._since_mark()
            self._last_list().extend(items)
        else:
            raise _NotPlainError

    def _since_mark(self) -> list[Any]:
        items = []
        while (item := self._stack.pop()) is not _MARK:
            items.append(item)
        return items[::-1]

    def _last_list(self) -> list[Any]:
        found = self._stack[-1]
        if not isinstance(found, list):
            raise _NotPlainError
        return found
