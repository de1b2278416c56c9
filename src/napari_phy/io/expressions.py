"""Values of Python expressions that a parameter file may hold, computed without running anything."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from napari_phy.io.arithmetic import NUMBERS, UNARY, combine
from napari_phy.io.bounds import MAX_KEYS, MAX_STEPS, Bounds
from napari_phy.io.values import TEXT_PER_ITEM, NotAValueError, Scope, Value, bind, is_container, refuse, shown, weigh

_MAX_LEVELS = 200


_CALLS: Mapping[str, Callable[..., Any]] = {
    "dict": dict,
    "list": list,
    "tuple": tuple,
    "set": set,
    "zip": lambda *parts: list(zip(*parts, strict=False)),
    "int": int,
    "float": float,
    "str": str,
    "bool": bool,
    "len": len,
}


class Evaluator:
    """Computes the value of expressions made of literals, known names and simple arithmetic.

    Understood are numbers, text, True, False, None, list, tuple, set, dict, comprehensions over these, indices,
    `+ - * / // % **`, f-strings without formats, and calls of dict, list, tuple, set, range, zip, int, float, str,
    bool and len. Whatever is asked for, time and memory are bounded.

    Parameters
    ----------
    names : what is bound so far; read, never written.
    """

    def __init__(self, names: Mapping[str, Value]) -> None:
        self._names = names
        self._bounds = Bounds()

    def evaluate(self, node: ast.expr) -> Value:
        """Return the value of an expression.

        Raises
        ------
        NotAValueError
            If it is none, or holds too much.
        """
        return self._value(node, self._names, 0)

    def combine(self, left: Value, operation: ast.operator, right: Value, node: ast.AST) -> Value:
        """Return `left operation right`, as an augmented assignment asks for."""
        return combine(self._bounds, left, operation, right, node)

    def _value(self, node: ast.expr, names: Mapping[str, Value], level: int) -> Value:
        self._bounds.spend(1 if level <= _MAX_LEVELS else MAX_STEPS, node)
        for kind, method in _METHODS.items():
            if isinstance(node, kind):
                return method(self, node, names, level + 1)
        raise refuse(node, f"{shown(node)} is not a plain value; write the value out")

    def _constant(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        value = node.value
        if value is not None and not isinstance(value, (bool, int, float, str, bytes)):
            raise refuse(node, f"{shown(node)} is not a number or a text; write a plain value")
        return self._bounds.checked(value, 1, 0, node)

    def _name(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        if node.id not in names:
            raise refuse(node, f"{node.id} is not set in an earlier line; set it there, or write the value out")
        return names[node.id]

    def _sequence(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        parts: list[Value] = []
        for item in node.elts:
            if isinstance(item, ast.Starred):
                inner = self._value(item.value, names, level)
                parts += self._items(inner, node)
                self._bounds.check_weight(len(parts), node)
            else:
                parts.append(self._value(item, names, level))
        maker: type = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
        return self._collected(maker, parts, node)

    def _dict(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        self._bounds.check_keys(len(node.keys), node)
        result: dict[Any, Any] = {}
        weight, depth = 1, 0
        for key, item in zip(node.keys, node.values, strict=True):
            value = self._value(item, names, level)
            weight, depth = weight + value.weight, max(depth, value.depth)
            self._bounds.check_weight(weight, node)
            if key is None:
                if not isinstance(value.value, dict):
                    raise refuse(item, f"{shown(item)} is no dict")
                self._bounds.check_keys(len(result) + len(value.value), node)
                result.update(value.value)
            else:
                named = self._value(key, names, level)
                weight += named.weight
                _set_item(result, named.value, value.value, key)
        return self._bounds.checked(result, weight, depth + 1, node)

    def _unary(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        operand = self._value(node.operand, names, level).value
        function = UNARY.get(type(node.op))
        if function is None or not isinstance(operand, NUMBERS):
            raise refuse(node, f"{shown(node)} is not simple arithmetic; write the value out")
        return self._bounds.checked(function(operand), 1, 0, node)

    def _binary(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        left, right = self._value(node.left, names, level), self._value(node.right, names, level)
        return self.combine(left, node.op, right, node)

    def _subscript(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        base = self._value(node.value, names, level)
        if isinstance(node.slice, ast.Slice):
            bounds = [
                None if part is None else self._value(part, names, level).value
                for part in (node.slice.lower, node.slice.upper, node.slice.step)
            ]
            key: Any = slice(*bounds)
        else:
            key = self._value(node.slice, names, level).value
        try:
            item = base.value[key]
        except (TypeError, ValueError, LookupError) as error:
            raise refuse(node, f"{shown(node)} has no value ({type(error).__name__}: {error})") from error
        return self._item(item, base, node)

    def _joined(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        text = ""
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self._value(part.value, names, level).value
                if part.format_spec is not None or part.conversion != -1 or not isinstance(value, (str, int, float)):
                    raise refuse(node, f"{shown(node)} formats text in a way that is not read; write the text out")
                text += str(value)
            else:
                text += part.value
            self._bounds.check_weight(len(text) // TEXT_PER_ITEM, node)
        return self._bounds.checked(text, 1, 0, node)

    def _call(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name is None or name in names or name not in {*_CALLS, "range"}:
            raise refuse(node, f"{shown(node)} is a call, and files are read, never run; write the value out")
        if any(isinstance(item, ast.Starred) for item in node.args) or any(word.arg is None for word in node.keywords):
            raise refuse(node, f"{shown(node)} is not a plain value; write the value out")
        parts = [self._value(item, names, level) for item in node.args]
        words = {word.arg: self._value(word.value, names, level) for word in node.keywords}
        if name == "range":
            return self._range([part.value for part in parts], node)
        depth = max((part.depth for part in (*parts, *words.values())), default=0)
        weight = 1 + sum(part.weight for part in (*parts, *words.values()))
        self._bounds.check_weight(weight, node)
        if name in ("dict", "set"):
            self._bounds.check_keys(
                len(words) + sum(len(part.value) for part in parts if is_container(part.value)), node
            )
        if name in ("int", "float", "str", "bool") and any(is_container(part.value) for part in parts):
            raise refuse(node, f"{shown(node)} is not a plain value; write the value out")
        try:
            result = _CALLS[name](*(part.value for part in parts), **{key: word.value for key, word in words.items()})
        except (TypeError, ValueError, ArithmeticError) as error:
            raise refuse(node, f"{shown(node)} has no value ({error})") from error
        extra = len(result) if isinstance(result, list) else 0  # zip makes pairs
        return self._bounds.checked(result, weight + extra if is_container(result) else 1, depth + 2, node)

    def _range(self, bounds: Sequence[Any], node: ast.AST) -> Value:
        try:
            numbers = range(*bounds)
            self._bounds.check_weight(len(numbers), node)
        except (TypeError, ValueError, OverflowError) as error:
            if isinstance(error, NotAValueError):
                raise
            raise refuse(node, f"{shown(node)} has no value ({error})") from error
        return self._bounds.checked(list(numbers), 1 + len(numbers), 1, node)

    def _list_comprehension(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        parts = [self._value(node.elt, bound, level) for bound in self._bindings(node.generators, names, level)]
        maker: type = set if isinstance(node, ast.SetComp) else list
        return self._collected(maker, parts, node)

    def _dict_comprehension(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        result: dict[Any, Any] = {}
        weight, depth = 1, 0
        for bound in self._bindings(node.generators, names, level):
            key, value = self._value(node.key, bound, level), self._value(node.value, bound, level)
            weight, depth = weight + key.weight + value.weight, max(depth, value.depth)
            self._bounds.check_weight(weight, node)
            self._bounds.check_keys(1 if len(result) < MAX_KEYS else len(result) + 1, node)
            _set_item(result, key.value, value.value, node)
        return self._bounds.checked(result, weight, depth + 1, node)

    def _bindings(
        self, generators: Sequence[ast.comprehension], names: Mapping[str, Value], level: int
    ) -> Iterable[Mapping[str, Value]]:
        """Yield the names as each round of a comprehension sees them."""
        if not generators:
            yield names
            return
        first, *others = generators
        if first.ifs or first.is_async:
            raise refuse(first.target, "A comprehension with a condition is not read; write the values out")
        source = self._value(first.iter, names, level)
        for item in self._items(source, first.iter):
            yield from self._bindings(others, Scope(bind(first.target, item), names), level)

    def _items(self, source: Value, node: ast.AST) -> list[Value]:
        if not is_container(source.value):
            raise refuse(node, f"{shown(node)} is no list")
        return [self._item(item, source, node) for item in source.value]

    def _item(self, item: Any, source: Value, node: ast.AST) -> Value:
        """Return an item of a container, weighed again: a container has the weight of all of them."""
        weight = weigh(item)
        self._bounds.spend(weight, node)
        return Value(item, weight, source.depth)

    def _collected(self, maker: type, parts: Sequence[Value], node: ast.AST) -> Value:
        weight = 1 + sum(part.weight for part in parts)
        self._bounds.check_weight(weight, node)
        if maker is set:
            self._bounds.check_keys(len(parts), node)
        try:
            result = maker(part.value for part in parts)
        except TypeError as error:
            raise refuse(node, f"{shown(node)} has no value ({error})") from error
        return self._bounds.checked(result, weight, 1 + max((part.depth for part in parts), default=0), node)


_METHODS: Mapping[Any, Callable[[Evaluator, Any, Mapping[str, Value], int], Value]] = {
    ast.Constant: Evaluator._constant,
    ast.Name: Evaluator._name,
    (ast.List, ast.Tuple, ast.Set): Evaluator._sequence,
    ast.Dict: Evaluator._dict,
    ast.UnaryOp: Evaluator._unary,
    ast.BinOp: Evaluator._binary,
    ast.Subscript: Evaluator._subscript,
    ast.JoinedStr: Evaluator._joined,
    ast.Call: Evaluator._call,
    (ast.ListComp, ast.SetComp, ast.GeneratorExp): Evaluator._list_comprehension,
    ast.DictComp: Evaluator._dict_comprehension,
}


def _set_item(result: dict[Any, Any], key: Any, value: Any, node: ast.AST) -> None:
    try:
        result[key] = value
    except TypeError as error:
        raise refuse(node, f"{shown(node)} cannot be a key ({error})") from error
