"""Plain values of a parameter file: how much they hold, what they are bound to, and how one is refused."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from napari_phy.core.sentences import on_one_line

TEXT_PER_ITEM = 64


class Array(list[Any]):
    """A NumPy array of one dimension, as a list whose arithmetic is that of its items."""


class PathText(str):
    """A `pathlib.Path`, as its text with `/`."""

    __slots__ = ()


class NotAValueError(ValueError):
    """An expression that is no plain value; the message says why, `line` where."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Value:
    """A plain value, with how much it holds and how deep; what is bound twice counts twice."""

    value: Any
    weight: int = 1
    depth: int = 0


class Scope(Mapping[str, Value]):
    """Names that hide those of an outer mapping, which is not copied."""

    def __init__(self, inner: Mapping[str, Value], outer: Mapping[str, Value]) -> None:
        self._inner = inner
        self._outer = outer

    def __getitem__(self, name: str) -> Value:
        return self._inner[name] if name in self._inner else self._outer[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._outer, **self._inner})

    def __len__(self) -> int:
        return len({**self._outer, **self._inner})

    def __contains__(self, name: object) -> bool:
        return name in self._inner or name in self._outer


def bind(target: ast.expr, value: Value) -> dict[str, Value]:
    """Return the names that an assignment of `value` to `target` binds.

    Raises
    ------
    NotAValueError
        If the target is neither a name nor a tuple of names, or has another length.
    """
    if isinstance(target, ast.Name):
        return {target.id: value}
    if isinstance(target, (ast.Tuple, ast.List)) and isinstance(value.value, (list, tuple)):
        if len(target.elts) != len(value.value):
            raise refuse(target, f"{len(value.value)} values cannot be given to {len(target.elts)} names")
        bound: dict[str, Value] = {}
        for part, item in zip(target.elts, value.value, strict=True):
            bound |= bind(part, Value(item, value.weight, value.depth))
        return bound
    raise refuse(target, f"{shown(target)} is no name; only lines like `name = value` are read")


def is_container(value: Any) -> bool:
    """Tell whether a value holds others."""
    return isinstance(value, (list, tuple, set, dict))


def measure(value: Any, most: int) -> tuple[int, int]:
    """Return how much a value holds, its items and pieces of text and those of its items, and how deep.

    Raises
    ------
    OverflowError
        If it holds more than `most`; no time is spent on the rest.
    """
    weight, deepest = 0, 0
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        weight += 1 + len(part) // TEXT_PER_ITEM if isinstance(part, (str, bytes)) else 1
        if is_container(part):
            if weight + len(part) > most:
                raise OverflowError
            deepest = max(deepest, depth + 1)
            waiting += [(item, depth + 1) for item in inner_values(part)]
        if weight > most:
            raise OverflowError
    return weight, deepest


def inner_values(container: Any) -> list[Any]:
    """Return what a container holds; keys and values of a dict."""
    return [*container.keys(), *container.values()] if isinstance(container, dict) else list(container)


def refuse(node: ast.AST, message: str) -> NotAValueError:
    """Return the error that says why a piece of source is no plain value."""
    return NotAValueError(message, getattr(node, "lineno", 1))


def shown(node: ast.AST) -> str:
    """Return the start of the source of a node, for a message."""
    try:
        return on_one_line(ast.unparse(node))
    except (ValueError, RecursionError):
        return "This"
