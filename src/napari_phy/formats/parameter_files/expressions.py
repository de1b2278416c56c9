"""Values of Python expressions that a parameter file may hold, computed without running anything."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from napari_phy.formats.parameter_files.arithmetic import NUMBERS, UNARY, combine
from napari_phy.formats.parameter_files.bounds import MAX_KEYS, MAX_STEPS, Bounds
from napari_phy.formats.parameter_files.functions import (
    FUNCTIONS,
    METHODS,
    PATH_PARTS,
    call,
    format_one,
    formatted,
    is_flat,
    type_name,
)
from napari_phy.formats.parameter_files.values import (
    TEXT_PER_ITEM,
    Array,
    PathText,
    Scope,
    Value,
    bind,
    is_container,
    refuse,
    shown,
)

_MAX_LEVELS = 200


_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
}


class Evaluator:
    """Computes the value of expressions made of literals, known names and simple arithmetic.

    Understood are numbers, text, True, False, None, list, tuple, set, dict, comprehensions over these, indices,
    `+ - * / // % **`, comparisons, `and`, `or`, `not` and `a if b else c`, text with simple formats (f-strings and
    `"{}".format`), types such as `np.int16` (as their names), paths, and the calls of `FUNCTIONS` and `METHODS`.
    Whatever is asked for, time and memory are bounded.

    Parameters
    ----------
    names : mapping of str to Value
        What is bound so far; read, never written.
    modules : mapping of str to str
        {name: what an import binds to it}, such as {"np": "numpy", "join": "os.path.join"}.

    Attributes
    ----------
    bounds : Bounds
        Bounds of the whole file.
    has_changes : bool
        Containers were changed since they were bound, so that what they hold must be measured again.
    """

    def __init__(self, names: Mapping[str, Value], modules: Mapping[str, str]) -> None:
        self._names = names
        self._modules = modules
        self.bounds = Bounds()
        self.has_changes = False

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
        return combine(self.bounds, left, operation, right, node)

    def reference(self, node: ast.expr) -> Any:
        """Return the very object that a name or an item is, without measuring what it holds."""
        return self._object(node, self._names, 0)

    def holds(self, node: ast.expr) -> bool:
        """Tell whether a condition holds."""
        return self._holds(node, self._names, 0)

    def arguments(self, node: ast.Call) -> tuple[list[Value], dict[str, Value]]:
        """Return the arguments of a call, by place and by name."""
        return self._arguments(node, self._names, 0)

    def _value(self, node: ast.expr, names: Mapping[str, Value], level: int) -> Value:
        self.bounds.spend(1 if level <= _MAX_LEVELS else MAX_STEPS, node)
        for kind, method in _METHODS.items():
            if isinstance(node, kind):
                return method(self, node, names, level + 1)
        raise refuse(node, f"{shown(node)} is not a plain value; write the value out")

    def _constant(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        value = node.value
        if value is not None and not isinstance(value, (bool, int, float, str, bytes)):
            raise refuse(node, f"{shown(node)} is not a number or a text; write a plain value")
        return self.bounds.checked(value, 1, 0, node)

    def _name(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        if node.id not in names:
            kind = type_name(self._dotted(node, names) or "")
            if kind is not None:
                return self.bounds.checked(kind, 1, 0, node)
            raise refuse(node, f"{node.id} is not set in an earlier line; set it there, or write the value out")
        found = names[node.id]
        return self.bounds.measured(found.value, node) if self.has_changes and is_container(found.value) else found

    def _object(self, node: ast.expr, names: Mapping[str, Value], level: int) -> Any:
        self.bounds.spend(1 if level <= _MAX_LEVELS else MAX_STEPS, node)
        if isinstance(node, ast.Name) and node.id in names:
            return names[node.id].value
        if not isinstance(node, ast.Subscript) or isinstance(node.slice, ast.Slice):
            return self._value(node, names, level + 1).value
        base = self._object(node.value, names, level + 1)
        return self._looked_up(base, self._value(node.slice, names, level + 1).value, node)

    def _looked_up(self, container: Any, key: Any, node: ast.AST) -> Any:
        self.bounds.pass_through(container, node)
        try:
            return container[key]
        except (TypeError, ValueError, LookupError) as error:
            raise refuse(node, f"{shown(node)} has no value ({type(error).__name__}: {error})") from error

    def _sequence(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        parts: list[Value] = []
        for item in node.elts:
            if isinstance(item, ast.Starred):
                inner = self._value(item.value, names, level)
                parts += self._items(inner, node)
                self.bounds.check_weight(len(parts), node)
            else:
                parts.append(self._value(item, names, level))
        maker: type = {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)]
        return self._collected(maker, parts, node)

    def _dict(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        self.bounds.check_keys(len(node.keys), node)
        result: dict[Any, Any] = {}
        weight, depth = 1, 0
        for key, item in zip(node.keys, node.values, strict=True):
            value = self._value(item, names, level)
            weight, depth = weight + value.weight, max(depth, value.depth)
            self.bounds.check_weight(weight, node)
            if key is None:
                if not isinstance(value.value, dict):
                    raise refuse(item, f"{shown(item)} is no dict")
                self.bounds.check_keys(len(result) + len(value.value), node)
                result.update(value.value)
            else:
                named = self._value(key, names, level)
                weight += named.weight
                _set_item(result, named.value, value.value, key)
        return self.bounds.checked(result, weight, depth + 1, node)

    def _unary(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        operand = self._value(node.operand, names, level).value
        function = UNARY.get(type(node.op))
        if function is None or not isinstance(operand, NUMBERS):
            raise refuse(node, f"{shown(node)} is not simple arithmetic; write the value out")
        return self.bounds.checked(function(operand), 1, 0, node)

    def _binary(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        left, right = self._value(node.left, names, level), self._value(node.right, names, level)
        return self.combine(left, node.op, right, node)

    def _subscript(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        if not isinstance(node.slice, ast.Slice):
            return self.bounds.measured(self._object(node, names, level), node)
        base = self._value(node.value, names, level).value
        bounds = [
            None if part is None else self._value(part, names, level).value
            for part in (node.slice.lower, node.slice.upper, node.slice.step)
        ]
        part = self._looked_up(base, slice(*bounds), node)
        return self.bounds.measured(Array(part) if isinstance(base, Array) else part, node)

    def _joined(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        text = ""
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self._value(part.value, names, level).value
                spec = "" if part.format_spec is None else self._joined(part.format_spec, names, level).value
                text += format_one(value, spec, part.conversion != -1, node)
            else:
                text += part.value
            self.bounds.check_weight(len(text) // TEXT_PER_ITEM, node)
        return self.bounds.checked(text, 1, 0, node)

    def _call(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        dotted = self._dotted(node.func, names)
        if dotted is not None and dotted in FUNCTIONS:
            return call(self.bounds, dotted, (), *self._arguments(node, names, level), node)
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method != "format" and not any(method in table for table in METHODS.values()):
            raise refuse(node, f"{shown(node)} is a call, and files are read, never run; write the value out")
        owner = self._value(node.func.value, names, level).value
        if method == "format" and isinstance(owner, str):
            return formatted(self.bounds, owner, *self._arguments(node, names, level), node)
        if method not in METHODS.get(type(owner), ()):
            raise refuse(node, f"{shown(node)} has no value (it is no text, list, dict or path that can do that)")
        self.bounds.pass_through(owner, node)
        return call(self.bounds, method, (owner,), *self._arguments(node, names, level), node)

    def _arguments(
        self, node: ast.Call, names: Mapping[str, Value], level: int
    ) -> tuple[list[Value], dict[str, Value]]:
        parts = []
        for item in node.args:
            if isinstance(item, ast.Starred):
                parts += self._items(self._value(item.value, names, level), node)
                self.bounds.check_weight(len(parts), node)
            else:
                parts.append(self._value(item, names, level))
        words = {}
        for word in node.keywords:
            if word.arg is None:
                raise refuse(node, f"{shown(node)} is not a plain value; write the value out")
            words[word.arg] = self._value(word.value, names, level)
        return parts, words

    def _attribute(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        dotted = self._dotted(node, names)
        kind = type_name(dotted or "")
        if kind is None and dotted is None and node.attr in PATH_PARTS:
            owner = self._value(node.value, names, level).value
            if isinstance(owner, PathText):
                return self.bounds.checked(PATH_PARTS[node.attr](owner), 1, 0, node)
        if kind is None:
            raise refuse(node, f"{shown(node)} is not a plain value; write the value out")
        return self.bounds.checked(kind, 1, 0, node)

    def _dotted(self, node: ast.AST, names: Mapping[str, Value]) -> str | None:
        """Return `a.b.c` of names that were not set in the file, as an import calls it; None for anything else."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in names:
            return None
        return ".".join([self._modules.get(node.id, node.id), *reversed(parts)])

    def _holds(self, node: ast.expr, names: Mapping[str, Value], level: int) -> bool:
        return self._truth(self._value(node, names, level), node)

    def _truth(self, value: Value, node: ast.AST) -> bool:
        if isinstance(value.value, Array):
            raise refuse(node, f"{shown(node)} is neither true nor false; write the value out")
        return bool(value.value)

    def _compare(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        left = self._value(node.left, names, level)
        for operation, other in zip(node.ops, node.comparators, strict=True):
            right = self._value(other, names, level)
            self.bounds.spend(left.weight + right.weight, node)
            is_looked_up = isinstance(operation, (ast.In, ast.NotIn))
            compared = [left] if is_looked_up else [left, right]
            is_odd = any(isinstance(item.value, (Array, PathText)) for item in compared)
            if is_odd or not all(is_flat(item.value) for item in compared):
                raise refuse(node, f"{shown(node)} compares more than numbers, text and lists; write the value out")
            try:
                holds = bool(_COMPARISONS[type(operation)](left.value, right.value))
            except TypeError as error:
                raise refuse(node, f"{shown(node)} has no value ({error})") from error
            if not holds:
                return Value(False)
            left = right
        return Value(True)

    def _bool(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        stops = isinstance(node.op, ast.Or)
        for part in node.values:
            value = self._value(part, names, level)
            if self._truth(value, part) == stops:
                break
        return value

    def _if(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        chosen = node.body if self._holds(node.test, names, level) else node.orelse
        return self._value(chosen, names, level)

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
            self.bounds.check_weight(weight, node)
            self.bounds.check_keys(1 if len(result) < MAX_KEYS else len(result) + 1, node)
            _set_item(result, key.value, value.value, node)
        return self.bounds.checked(result, weight, depth + 1, node)

    def _bindings(
        self, generators: Sequence[ast.comprehension], names: Mapping[str, Value], level: int
    ) -> Iterable[Mapping[str, Value]]:
        """Yield the names as each round of a comprehension sees them."""
        if not generators:
            yield names
            return
        first, *others = generators
        if first.is_async:
            raise refuse(first.target, "An asynchronous comprehension is not read; write the values out")
        source = self._value(first.iter, names, level)
        for item in self._items(source, first.iter):
            bound = Scope(bind(first.target, item), names)
            if all(self._holds(condition, bound, level) for condition in first.ifs):
                yield from self._bindings(others, bound, level)

    def _items(self, source: Value, node: ast.AST) -> list[Value]:
        if not is_container(source.value):
            raise refuse(node, f"{shown(node)} is no list")
        return [self.bounds.measured(item, node) for item in source.value]

    def _collected(self, maker: type, parts: Sequence[Value], node: ast.AST) -> Value:
        weight = 1 + sum(part.weight for part in parts)
        self.bounds.check_weight(weight, node)
        if maker is set:
            self.bounds.check_keys(len(parts), node)
        try:
            result = maker(part.value for part in parts)
        except TypeError as error:
            raise refuse(node, f"{shown(node)} has no value ({error})") from error
        return self.bounds.checked(result, weight, 1 + max((part.depth for part in parts), default=0), node)


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
    ast.Attribute: Evaluator._attribute,
    ast.Compare: Evaluator._compare,
    ast.BoolOp: Evaluator._bool,
    ast.IfExp: Evaluator._if,
    (ast.ListComp, ast.SetComp, ast.GeneratorExp): Evaluator._list_comprehension,
    ast.DictComp: Evaluator._dict_comprehension,
}


def _set_item(result: dict[Any, Any], key: Any, value: Any, node: ast.AST) -> None:
    try:
        result[key] = value
    except TypeError as error:
        raise refuse(node, f"{shown(node)} cannot be a key ({error})") from error
