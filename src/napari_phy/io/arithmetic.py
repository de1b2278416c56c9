"""The operators that a parameter file may use, bounded before they are computed."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from napari_phy.io.bounds import MAX_BITS, Bounds
from napari_phy.io.values import Value, is_container, refuse, shown

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
_PLAIN_FORMAT = re.compile(r"(?:[^%]|%[sd%])*")


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
    if isinstance(a, str) and isinstance(operation, ast.Mod):
        if not _PLAIN_FORMAT.fullmatch(a):
            raise refuse(node, f"{shown(node)} formats text in a way that is not read; write the text out")
    elif isinstance(operation, ast.Mult) and not (isinstance(a, NUMBERS) and isinstance(b, NUMBERS)):
        times = next((item for item in (a, b) if isinstance(item, int)), 0)
        bounds.check_weight(max(left.weight, right.weight) * max(0, times), node)
    elif isinstance(operation, ast.Pow) and not _is_small_power(a, b):
        raise refuse(node, f"{shown(node)} is too large a number; write the value out")
    try:
        result = function(a, b)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise refuse(node, f"{shown(node)} has no value ({error})") from error
    depth = max(left.depth, right.depth)
    return bounds.checked(result, left.weight + right.weight if is_container(result) else 1, depth, node)


def _is_small_power(base: Any, exponent: Any) -> bool:
    if not isinstance(base, NUMBERS) or not isinstance(exponent, NUMBERS):
        return True  # refused by the operator itself
    if isinstance(base, float) or isinstance(exponent, float):
        return math.isfinite(base) and math.isfinite(exponent)
    return abs(exponent) * max(1, base.bit_length()) <= MAX_BITS
