"""Functions and methods that a parameter file may call, all without effect on anything but their values.

A function of the tables is called only with plain values whose size is bounded; those whose result may be larger than
what they are given look at its size first.
"""

from __future__ import annotations

import ast
import math
import posixpath
import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from napari_phy.formats.parameter_files.arithmetic import NUMBERS
from napari_phy.formats.parameter_files.bounds import MAX_WEIGHT, Bounds
from napari_phy.formats.parameter_files.values import (
    TEXT_PER_ITEM,
    Array,
    NotAValueError,
    PathText,
    Value,
    inner_values,
    is_container,
    refuse,
    shown,
)

_TYPE_NAMES = re.compile(r"numpy\.((?:u?int(?:8|16|32|64))|float(?:16|32|64))")
_FORMAT = re.compile(r"(?:0?[1-9]\d?)?(?:\.\d{1,2})?[sdfgeExX]?")
_LONGEST_TYPE = 16
_MAKE_KEYS = {"dict", "set"}


def _bounded(size: int, unit: int = 1) -> None:
    if size // unit > MAX_WEIGHT:
        raise ValueError(f"it would hold more than {MAX_WEIGHT} values")


def _range(*bounds: Any) -> list[int]:
    numbers = range(*bounds)
    _bounded(len(numbers))
    return list(numbers)


def _arange(*bounds: Any) -> Array:
    start, stop, step = {1: (0, *bounds, 1), 2: (*bounds, 1)}.get(len(bounds), bounds)
    _bounded(max(0, math.ceil((stop - start) / step)))
    return Array(np.arange(start, stop, step).tolist())


def _linspace(start: Any, stop: Any, num: int = 50) -> Array:
    _bounded(num)
    return Array(np.linspace(_number(start), _number(stop), num).tolist())


def _repeated(number: float) -> Callable[[int], Array]:
    def made(size: int) -> Array:
        _bounded(size)
        return Array([number] * size)

    return made


def _number(value: Any) -> Any:
    if not isinstance(value, NUMBERS):
        raise TypeError("it takes a number")
    return value


def _of_type(name: str) -> Callable[[Any], Any]:
    def converted(value: Any) -> Any:
        with np.errstate(all="ignore"):
            return getattr(np, name)(_number(value)).item()

    return converted


def _dtype(value: Any) -> str:
    """Return how NumPy writes a type, with its byte order."""
    if not isinstance(value, str) or len(value) > _LONGEST_TYPE or np.dtype(value).kind not in "iuf":
        raise TypeError("it is no type of numbers")
    return np.dtype(value).str


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have a function refuse containers."""

    def checked(*parts: Any) -> Any:
        return function(*map(_single, parts))

    return checked


def _single(value: Any) -> Any:
    if is_container(value):
        raise TypeError("it takes a number or a text")
    return value


def _flat(function: Callable[..., Any]) -> Callable[..., Any]:
    """Have a function that compares refuse what takes long to compare."""

    def checked(*parts: Any, **words: Any) -> Any:
        items = inner_values(parts[0]) if len(parts) == 1 and is_container(parts[0]) else parts
        if not all(map(is_flat, items)):
            raise TypeError("it compares numbers, text and lists of them")
        return function(*parts, **words)

    return checked


def _sum(items: Iterable[Any]) -> Any:
    return sum(map(_number, items))


def _on_text(function: Callable[..., str]) -> Callable[..., str]:
    """Have a function of paths take only text."""

    def checked(*parts: Any) -> str:
        if not parts or not all(isinstance(part, str) for part in parts):
            raise TypeError("it joins what is no text" if function is posixpath.join else "it takes a text")
        _bounded(sum(map(len, parts)), TEXT_PER_ITEM)
        return str(function(*parts))

    return checked


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("it depends on the folder where Python runs")
    return posixpath.normpath(path)


def _path(*parts: Any) -> PathText:
    return PathText(PurePosixPath(*parts))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "dict": dict,
    "list": list,
    "tuple": tuple,
    "set": set,
    "range": _range,
    "zip": lambda *parts: list(zip(*parts, strict=False)),
    "enumerate": lambda items, start=0: list(enumerate(items, start)),
    "reversed": lambda items: list(reversed(items)),
    "sorted": _flat(lambda items, reverse=False: sorted(items, reverse=reverse)),
    "min": _flat(min),
    "max": _flat(max),
    "sum": _sum,
    "abs": lambda value: abs(_number(value)),
    "int": _plain(int),
    "float": _plain(float),
    "str": _plain(str),
    "bool": _plain(bool),
    "len": len,
    "numpy.arange": _arange,
    "numpy.linspace": _linspace,
    "numpy.zeros": _repeated(0.0),
    "numpy.ones": _repeated(1.0),
    "numpy.dtype": _dtype,
    **{f"numpy.{kind}{bits}": _of_type(f"{kind}{bits}") for kind in ("int", "uint") for bits in (8, 16, 32, 64)},
    **{f"numpy.float{bits}": _of_type(f"float{bits}") for bits in (16, 32, 64)},
    "os.path.join": _on_text(posixpath.join),
    "os.path.dirname": _on_text(posixpath.dirname),
    "os.path.basename": _on_text(posixpath.basename),
    "os.path.normpath": _on_text(posixpath.normpath),
    "os.path.abspath": _on_text(_absolute),
    "os.path.realpath": _on_text(_absolute),
    "os.path.splitext": lambda path: tuple(map(_on_text(str), posixpath.splitext(path))),
    "pathlib.Path": _path,
    "pathlib.PurePath": _path,
}


def _replace(text: str, old: str, new: str) -> str:
    _bounded(len(text) + text.count(old) * max(0, len(new) - len(old)), TEXT_PER_ITEM)
    return text.replace(old, new)


def _join(text: str, parts: Any) -> str:
    items = list(parts)
    _bounded(sum(map(len, items)) + len(text) * len(items), TEXT_PER_ITEM)
    return text.join(items)


def _split(text: str, separator: str | None = None) -> list[str]:
    parts = text.split(separator, MAX_WEIGHT)
    _bounded(len(parts))
    return parts


METHODS: Mapping[type, Mapping[str, Callable[..., Any]]] = {
    str: {
        "split": _split,
        "join": _join,
        "replace": _replace,
        "lower": str.lower,
        "upper": str.upper,
        "strip": str.strip,
        "lstrip": str.lstrip,
        "rstrip": str.rstrip,
        "startswith": str.startswith,
        "endswith": str.endswith,
    },
    dict: {
        "keys": list,
        "values": lambda items: list(items.values()),
        "items": lambda items: list(items.items()),
        "get": dict.get,
        "copy": dict.copy,
    },
    list: {"copy": list.copy},
    Array: {"tolist": list},
    PathText: {
        "joinpath": _path,
        "with_suffix": lambda path, suffix: PathText(PurePosixPath(path).with_suffix(suffix)),
        "with_name": lambda path, name: PathText(PurePosixPath(path).with_name(name)),
        "resolve": lambda path: PathText(_absolute(path)),
        "absolute": lambda path: PathText(_absolute(path)),
        "as_posix": str,
    },
}
PATH_PARTS: Mapping[str, Callable[[str], str]] = {
    "parent": lambda path: PathText(PurePosixPath(path).parent),
    "name": lambda path: PurePosixPath(path).name,
    "stem": lambda path: PurePosixPath(path).stem,
    "suffix": lambda path: PurePosixPath(path).suffix,
}


def _sort(items: list[Any], reverse: bool = False) -> None:
    items[:] = FUNCTIONS["sorted"](items, reverse=reverse)


CHANGES: Mapping[type, Mapping[str, Callable[..., Any]]] = {
    list: {
        "append": list.append,
        "extend": list.extend,
        "insert": list.insert,
        "remove": lambda items, item: items.remove(_single(item)),
        "pop": list.pop,
        "reverse": list.reverse,
        "sort": _sort,
    },
    dict: {"update": dict.update, "pop": dict.pop},
    set: {"add": set.add, "update": set.update, "remove": set.remove, "discard": set.discard},
}


def type_name(dotted: str) -> str | None:
    """Return the name of a type of NumPy, `int16` of `numpy.int16`; None for anything else."""
    match = _TYPE_NAMES.fullmatch(dotted)
    return match[1] if match else None


def call(
    bounds: Bounds, name: str, first: Sequence[Any], parts: Sequence[Value], words: Mapping[str, Value], node: ast.AST
) -> Value:
    """Return what a function of the tables gives.

    Parameters
    ----------
    name : str
        Name of a function in `FUNCTIONS`; else a method, of `METHODS` or `CHANGES`.
    first : sequence of object
        What the method belongs to; empty for a function.
    parts : sequence of Value
        Positional arguments.
    words : mapping of str to Value
        Keyword arguments.

    Raises
    ------
    NotAValueError
        If it has no value, or one that holds too much.
    """
    given = [*parts, *words.values()]
    for part in given:
        bounds.check_weight(len(part.value) if isinstance(part.value, str) and not first else part.weight, node)
    bounds.spend(sum(part.weight for part in given) // 8, node)
    if name in _MAKE_KEYS and not first:
        bounds.check_keys(len(words) + sum(len(part.value) for part in parts if is_container(part.value)), node)
    function = _known(name, first)
    try:
        result = function(*first, *(part.value for part in parts), **{key: word.value for key, word in words.items()})
    except (TypeError, ValueError, ArithmeticError, LookupError) as error:
        raise refuse(node, f"{shown(node)} has no value ({error})") from error
    return bounds.measured(result, node)


def _known(name: str, first: Sequence[Any]) -> Callable[..., Any]:
    if not first:
        return FUNCTIONS[name]
    table = CHANGES if name in CHANGES.get(type(first[0]), {}) else METHODS
    return table[type(first[0])][name]


def formatted(
    bounds: Bounds, template: str, parts: Sequence[Value], words: Mapping[str, Value], node: ast.AST
) -> Value:
    """Return `template.format(*parts, **words)`."""
    text, place = "", 0
    try:
        for literal, field, spec, conversion in string.Formatter().parse(template):
            text += literal
            if field is not None:
                key: int | str = int(field) if field.isdecimal() and len(field) < 5 else field or place
                place += not field
                value = parts[key] if isinstance(key, int) else words[key]
                text += format_one(value.value, spec or "", conversion is not None, node)
            bounds.check_weight(len(text) // TEXT_PER_ITEM, node)
    except NotAValueError:
        raise
    except (TypeError, ValueError, LookupError) as error:
        raise refuse(node, f"{shown(node)} has no value ({type(error).__name__}: {error})") from error
    return bounds.checked(text, 1, 0, node)


def format_one(value: Any, spec: str, is_converted: bool, node: ast.AST) -> str:
    """Return `format(value, spec)` of a number or text, in one of the usual formats."""
    if is_converted or not _FORMAT.fullmatch(spec) or not isinstance(value, (str, int, float)):
        raise refuse(node, f"{shown(node)} formats text in a way that is not read; write the text out")
    try:
        return format(str(value) if isinstance(value, PathText) else value, spec)
    except (ValueError, OverflowError) as error:
        raise refuse(node, f"{shown(node)} has no value ({error})") from error


def is_flat(value: Any) -> bool:
    """Tell whether a value is compared in no more steps than it has items."""
    return not is_container(value) or (isinstance(value, (list, tuple)) and not any(map(is_container, value)))
