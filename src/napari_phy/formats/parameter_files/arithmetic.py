"""The operators that a parameter file may use, bounded before they are computed."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from napari_phy.formats.parameter_files.bounds import MAX_BITS, Bounds
from napari_phy.formats.parameter_files.values import TEXT_PER_ITEM, Array, PathText, Value, refuse, shown

NUMBERS = (bool, int, float)
UNARY: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_BINARY: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_PLAIN_FORMAT = re.compile(r"(?:[^%]|%%|%(?:0?[1-9]\d?)?(?:\.\d{1,2})?[sdifgeExX])*")
_LONGEST_FIELD = 410  # "%99.99f" of the largest number


def combine(bounds: Bounds, left: Value, operation: ast.operator, right: Value, node: ast.AST) -> Value:
    """Return `left operation right`.

    Raises
    ------
    NotAValueError
        It has no value, or one that is too large.
    """
    function = _BINARY.get(type(operation))
    if function is None:
        raise refuse(node, f"{shown(node)} is not simple arithmetic; write the value out")
    a, b = left.value, right.value
    if isinstance(a, Array) or isinstance(b, Array):
        return _by_item(bounds, function, a, b, node)
    if isinstance(a, PathText) or (isinstance(b, PathText) and not isinstance(operation, ast.Mod)):
        if not isinstance(operation, ast.Div) or not isinstance(a, str) or not isinstance(b, str):
            raise refuse(node, f"{shown(node)} has no value (paths are joined by `/`)")
        return bounds.checked(PathText(PurePosixPath(a) / b), 1, 0, node)
    if isinstance(a, str) and isinstance(operation, ast.Mod):
        if not _PLAIN_FORMAT.fullmatch(a):
            raise refuse(node, f"{shown(node)} formats text in a way that is not read; write the text out")
        if isinstance(b, (Array, dict)) or (isinstance(b, tuple) and any(isinstance(part, Array) for part in b)):
            raise refuse(node, f"{shown(node)} formats more than numbers and text; write the text out")
        bounds.check_weight(a.count("%") * _LONGEST_FIELD // TEXT_PER_ITEM, node)
    elif isinstance(operation, ast.Mult) and not (isinstance(a, NUMBERS) and isinstance(b, NUMBERS)):
        times = next((item for item in (a, b) if isinstance(item, int)), 0)
        bounds.check_weight(max(left.weight, right.weight) * max(0, times), node)
    elif isinstance(operation, ast.Pow) and not _is_small_power(a, b):
        raise refuse(node, f"{shown(node)} is too large a number; write the value out")
    try:
        result = function(a, b)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise refuse(node, f"{shown(node)} has no value ({error})") from error
    return bounds.measured(result, node)


def _by_item(bounds: Bounds, function: Callable[[Any, Any], Any], a: Any, b: Any, node: ast.AST) -> Value:
    """Return the arithmetic of NumPy between arrays of one dimension, or one and a number."""
    if not all(isinstance(part, NUMBERS) or (isinstance(part, list) and _is_numbers(part)) for part in (a, b)):
        raise refuse(node, f"{shown(node)} is not arithmetic of numbers; write the value out")
    left, right = np.asarray(a), np.asarray(b)
    if not {left.dtype.kind, right.dtype.kind} <= set("biuf"):
        raise refuse(node, f"{shown(node)} has numbers that are too large; write the value out")
    try:
        with np.errstate(all="ignore"):
            result = function(left, right)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise refuse(node, f"{shown(node)} has no value ({error})") from error
    return bounds.checked(Array(result.tolist()), 1 + result.size, 1, node)


def _is_numbers(items: list[Any]) -> bool:
    return all(isinstance(item, NUMBERS) for item in items)


def _is_small_power(base: Any, exponent: Any) -> bool:
    if not isinstance(base, NUMBERS) or not isinstance(exponent, NUMBERS):
        return True  # refused by the operator itself
    if isinstance(base, float) or isinstance(exponent, float):
        return math.isfinite(base) and math.isfinite(exponent)
    return abs(exponent) * max(1, base.bit_length()) <= MAX_BITS
