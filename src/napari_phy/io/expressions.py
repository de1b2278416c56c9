"""Values of Python expressions that a parameter file may hold, computed without running anything."""

from __future__ import annotations

import ast
import operator
import posixpath
import re
import string
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
_TYPES = re.compile(r"(?:np|numpy)\.((?:u?int(?:8|16|32|64))|float(?:16|32|64))")
_JOINS = {"os.path.join", "path.join", "op.join", "osp.join"}
_FORMAT = re.compile(r"(?:0?[1-9]\d?)?(?:\.\d{1,2})?[sdfgeExX]?")


class Evaluator:
    """Computes the value of expressions made of literals, known names and simple arithmetic.

    Understood are numbers, text, True, False, None, list, tuple, set, dict, comprehensions over these, indices,
    `+ - * / // % **`, comparisons, `and`, `or`, `not` and `a if b else c`, text with simple formats (f-strings and
    `"{}".format`), types such as `np.int16` (as their names), and calls of dict, list, tuple, set, range, zip, int,
    float, str, bool, len and os.path.join. Whatever is asked for, time and memory are bounded.

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

    def with_item(self, container: Value, key: ast.expr, item: Value, node: ast.AST) -> Value:
        """Return a copy of a dict or list with another item, as an assignment to `container[key]` asks for."""
        if not isinstance(container.value, (dict, list)) or isinstance(key, ast.Slice):
            raise refuse(node, f"{shown(node)} cannot be set; write the whole value in one line")
        place = self._value(key, self._names, 0)
        changed = container.value.copy()
        try:
            changed[place.value] = item.value
        except (TypeError, LookupError) as error:
            raise refuse(node, f"{shown(node)} cannot be set ({error}); write the whole value in one line") from error
        if isinstance(changed, dict):
            self._bounds.check_keys(1 if len(changed) <= MAX_KEYS else len(changed), node)
        weight = container.weight + place.weight + item.weight
        return self._bounds.checked(changed, weight, max(container.depth, item.depth + 1), node)

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
                spec = "" if part.format_spec is None else self._joined(part.format_spec, names, level).value
                text += _formatted(value, spec, part.conversion != -1, node)
            else:
                text += part.value
            self._bounds.check_weight(len(text) // TEXT_PER_ITEM, node)
        return self._bounds.checked(text, 1, 0, node)

    def _call(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        dotted = _dotted(node.func, names)
        name = dotted if isinstance(node.func, ast.Name) else None
        is_format = isinstance(node.func, ast.Attribute) and node.func.attr == "format"
        if not is_format and dotted not in _JOINS and (name is None or name not in {*_CALLS, "range"}):
            raise refuse(node, f"{shown(node)} is a call, and files are read, never run; write the value out")
        if any(isinstance(item, ast.Starred) for item in node.args) or any(word.arg is None for word in node.keywords):
            raise refuse(node, f"{shown(node)} is not a plain value; write the value out")
        parts = [self._value(item, names, level) for item in node.args]
        words = {word.arg: self._value(word.value, names, level) for word in node.keywords}
        if is_format:
            return self._format(self._value(node.func.value, names, level).value, parts, words, node)
        if dotted in _JOINS:
            return self._join([part.value for part in parts], node)
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
            result = _CALLS[node.func.id](
                *(part.value for part in parts), **{key: word.value for key, word in words.items()}
            )
        except (TypeError, ValueError, ArithmeticError) as error:
            raise refuse(node, f"{shown(node)} has no value ({error})") from error
        extra = len(result) if isinstance(result, list) else 0  # zip makes pairs
        return self._bounds.checked(result, weight + extra if is_container(result) else 1, depth + 2, node)

    def _format(self, template: Any, parts: Sequence[Value], words: Mapping[str, Value], node: ast.AST) -> Value:
        """Return `template.format(*parts, **words)`."""
        text, place = "", 0
        try:
            for literal, field, spec, conversion in string.Formatter().parse(template):
                text += literal
                if field is not None:
                    key: int | str = int(field) if field.isdecimal() and len(field) < 5 else field or place
                    place += not field
                    value = parts[key] if isinstance(key, int) else words[key]
                    text += _formatted(value.value, spec or "", conversion is not None, node)
                self._bounds.check_weight(len(text) // TEXT_PER_ITEM, node)
        except NotAValueError:
            raise
        except (TypeError, ValueError, LookupError) as error:
            raise refuse(node, f"{shown(node)} has no value ({type(error).__name__}: {error})") from error
        return self._bounds.checked(text, 1, 0, node)

    def _join(self, parts: Sequence[Any], node: ast.AST) -> Value:
        if not parts or not all(isinstance(part, str) for part in parts):
            raise refuse(node, f"{shown(node)} joins what is no text; write the path out")
        self._bounds.check_weight(sum(map(len, parts)) // TEXT_PER_ITEM, node)
        return self._bounds.checked(posixpath.join(*parts), 1, 0, node)

    def _attribute(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        match = _TYPES.fullmatch(_dotted(node, names) or "")
        if match is None:
            raise refuse(node, f"{shown(node)} is not a plain value; write the value out")
        return self._bounds.checked(match[1], 1, 0, node)

    def _compare(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        left = self._value(node.left, names, level)
        for operation, other in zip(node.ops, node.comparators, strict=True):
            right = self._value(other, names, level)
            self._bounds.spend(left.weight + right.weight, node)
            is_looked_up = isinstance(operation, (ast.In, ast.NotIn))
            compared = [left] if is_looked_up else [left, right]
            if not all(_is_flat(item.value) for item in compared):
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
            if bool(value.value) == stops:
                break
        return value

    def _if(self, node: Any, names: Mapping[str, Value], level: int) -> Value:
        chosen = node.body if self._value(node.test, names, level).value else node.orelse
        return self._value(chosen, names, level)

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
        if first.is_async:
            raise refuse(first.target, "An asynchronous comprehension is not read; write the values out")
        source = self._value(first.iter, names, level)
        for item in self._items(source, first.iter):
            bound = Scope(bind(first.target, item), names)
            if all(self._value(condition, bound, level).value for condition in first.ifs):
                yield from self._bindings(others, bound, level)

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
    ast.Attribute: Evaluator._attribute,
    ast.Compare: Evaluator._compare,
    ast.BoolOp: Evaluator._bool,
    ast.IfExp: Evaluator._if,
    (ast.ListComp, ast.SetComp, ast.GeneratorExp): Evaluator._list_comprehension,
    ast.DictComp: Evaluator._dict_comprehension,
}


def _dotted(node: ast.AST, names: Mapping[str, Value]) -> str | None:
    """Return `a.b.c` of names that were not set in the file; None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id in names:
        return None
    return ".".join([node.id, *reversed(parts)])


def _is_flat(value: Any) -> bool:
    """Tell whether a value is compared in no more steps than it has items."""
    return not is_container(value) or (isinstance(value, (list, tuple)) and not any(map(is_container, value)))


def _formatted(value: Any, spec: str, is_converted: bool, node: ast.AST) -> str:
    if is_converted or not _FORMAT.fullmatch(spec) or not isinstance(value, (str, int, float)):
        raise refuse(node, f"{shown(node)} formats text in a way that is not read; write the text out")
    try:
        return format(value, spec)
    except (ValueError, OverflowError) as error:
        raise refuse(node, f"{shown(node)} has no value ({error})") from error


def _set_item(result: dict[Any, Any], key: Any, value: Any, node: ast.AST) -> None:
    try:
        result[key] = value
    except TypeError as error:
        raise refuse(node, f"{shown(node)} cannot be a key ({error})") from error
