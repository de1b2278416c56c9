"""How much time and memory the expressions of one parameter file may take."""

from __future__ import annotations

import ast
from typing import Any

from napari_phy.formats.parameter_files.values import TEXT_PER_ITEM, Value, is_container, measure, refuse, shown

MAX_WEIGHT = 200_000  # items and pieces of text in one value; a graph of 15 000 edges has 60 000
MAX_DEPTH = 40
MAX_KEYS = 6_000  # of one dict or set: chosen numbers can make each look-up as long as the dict
MAX_STEPS = 400_000  # of one file: about 1 s
MAX_BITS = 256
_STEPS_A_KEY = 20
_ITEMS_A_STEP = 8
_PASSED_A_STEP = 64


class Bounds:
    """Counts the steps of one file, and refuses what takes too many or holds too much; all raise NotAValueError."""

    def __init__(self) -> None:
        self._steps = 0

    def spend(self, steps: int, node: ast.AST) -> None:
        """Count steps."""
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise refuse(node, "This takes too long to compute; write the value out")

    def check_weight(self, weight: int, node: ast.AST) -> None:
        """Refuse a value that would hold too much."""
        if weight > MAX_WEIGHT:
            raise refuse(node, f"{shown(node)} holds more than {MAX_WEIGHT} values; write a smaller one")

    def check_keys(self, n_keys: int, node: ast.AST) -> None:
        """Refuse a dict or set that would have too many keys, and count what it takes to make it."""
        if n_keys > MAX_KEYS:
            raise refuse(node, f"{shown(node)} holds more than {MAX_KEYS} keys; write a smaller one")
        self.spend(_STEPS_A_KEY * n_keys, node)

    def checked(self, value: Any, weight: int, depth: int, node: ast.AST) -> Value:
        """Return a value that was made, unless it holds too much or is nested too deep."""
        if isinstance(value, (str, bytes)):
            weight = 1 + len(value) // TEXT_PER_ITEM
        elif isinstance(value, int) and value.bit_length() > MAX_BITS:
            raise refuse(node, f"{shown(node)} is too large a number; write the value out")
        elif isinstance(value, complex):
            raise refuse(node, f"{shown(node)} is not a real number; write the value out")
        self.check_weight(weight, node)
        if depth > MAX_DEPTH:
            raise refuse(node, f"{shown(node)} is nested deeper than {MAX_DEPTH} levels; write a flatter value")
        self.spend(weight // _ITEMS_A_STEP, node)
        return Value(value, weight, depth)

    def measured(self, value: Any, node: ast.AST) -> Value:
        """Return a value whose weight is not known, unless it holds too much or is nested too deep."""
        self.spend(1, node)
        if not is_container(value):
            return self.checked(value, 1, 0, node)
        try:
            weight, depth = measure(value, MAX_WEIGHT)
        except OverflowError:
            self.spend(MAX_WEIGHT // _ITEMS_A_STEP, node)
            weight, depth = MAX_WEIGHT + 1, 0
        return self.checked(value, weight, depth, node)

    def pass_through(self, value: Any, node: ast.AST) -> None:
        """Count what it may take to find or move one item of a container."""
        self.spend(len(value) // _PASSED_A_STEP if is_container(value) else 0, node)
