"""Statements of a parameter file, followed as Python would, without running anything."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from napari_phy.formats.parameter_files.bounds import MAX_KEYS
from napari_phy.formats.parameter_files.expressions import Evaluator
from napari_phy.formats.parameter_files.functions import CHANGES, call
from napari_phy.formats.parameter_files.values import (
    Array,
    NotAValueError,
    Value,
    bind,
    inner_values,
    is_container,
    refuse,
    shown,
)

_ONLY = "only lines like `name = value` are read, and nothing is run"
_USUAL_NAMES = {"np": "numpy", "path": "os.path", "op": "os.path", "osp": "os.path"}


class _BreakError(Exception):
    pass


class _ContinueError(Exception):
    pass


class Statements:
    """Follows statements one after the other, and knows the names that they set.

    Understood are assignments to names and items, `for` over lists, `if`, `del`, `pass`, `break`, `continue`, and the
    calls of `CHANGES`, such as `channels.append(3)`. Imports only name things, and `print(...)` is passed over.

    Parameters
    ----------
    given : mapping of str to object
        {name: value} that the file may use without setting it.
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._names = {name: Value(value) for name, value in given.items()}
        self._modules = dict(_USUAL_NAMES)
        self._evaluator = Evaluator(self._names, self._modules)
        self._set: dict[str, ast.stmt] = {}
        self._checked: set[int] = set()

    def follow(self, statement: ast.stmt) -> dict[str, Any]:
        """Follow one statement and return what it sets; nothing is set where it is refused.

        Raises
        ------
        NotAValueError
            If it is none that is understood.
        """
        before = dict(self._names) if isinstance(statement, (ast.For, ast.If)) else self._names
        self._set = {}
        try:
            self._follow(statement)
        except (NotAValueError, _BreakError, _ContinueError) as error:
            if before is not self._names:
                self._names.clear()
                self._names.update(before)
            if isinstance(error, NotAValueError):
                raise
            raise self._refused(statement) from error
        return {name: self._names[name].value for name in self._set if name in self._names}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def check(self, name: str, value: Any, line: int) -> None:
        """Refuse a value that holds too much after the changes of later lines."""
        if self._evaluator.has_changes and id(value) not in self._checked:
            self._checked.add(id(value))
            self._evaluator.bounds.measured(value, ast.Name(name, lineno=line))

    def _follow(self, statement: ast.stmt) -> None:
        method = _STATEMENTS.get(type(statement))
        if method is None:
            raise self._refused(statement)
        self._evaluator.bounds.spend(1, statement)
        method(self, statement)

    def _refused(self, statement: ast.stmt) -> NotAValueError:
        return refuse(statement, f"{_ONLY}; take this line out or write the value out")

    def _bind(self, bound: Mapping[str, Value], statement: ast.stmt) -> None:
        self._names.update(bound)
        self._set.update(dict.fromkeys(bound, statement))

    def _assign(self, node: Any) -> None:
        value = self._evaluator.evaluate(node.value)
        for target in node.targets:
            self._set_target(target, value, node)

    def _annotate(self, node: Any) -> None:
        if node.value is None:
            raise self._refused(node)
        self._set_target(node.target, self._evaluator.evaluate(node.value), node)

    def _set_target(self, target: ast.expr, value: Value, node: ast.stmt) -> None:
        if not isinstance(target, ast.Subscript):
            self._bind(bind(target, value), node)
            return
        container = self._evaluator.reference(target.value)
        if type(container) not in (list, dict) or isinstance(target.slice, ast.Slice):
            raise refuse(target, f"{shown(target)} cannot be set; write the whole value in one line")
        place = self._evaluator.evaluate(target.slice)
        _check_change(self._evaluator, container, [value], target)
        try:
            container[place.value] = value.value
        except (TypeError, LookupError) as error:
            message = f"{shown(target)} cannot be set ({error}); write the whole value in one line"
            raise refuse(target, message) from error
        self._touch(target, node)

    def _touch(self, node: ast.expr, statement: ast.stmt) -> None:
        """Note that what the name of an item holds was changed."""
        while isinstance(node, ast.Subscript):
            node = node.value
        if isinstance(node, ast.Name):
            self._set[node.id] = statement

    def _augment(self, node: Any) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self._names:
            raise refuse(node, f"{node.target.id} is not set in an earlier line; set it there")
        if not isinstance(node.target, (ast.Name, ast.Subscript)):
            raise self._refused(node)
        left, right = self._evaluator.evaluate(node.target), self._evaluator.evaluate(node.value)
        if isinstance(left.value, Array):
            raise refuse(node, f"{shown(node)} changes an array; write `name = name + …`")
        if isinstance(left.value, list) and isinstance(node.op, ast.Add) and is_container(right.value):
            right = Value(list(right.value), right.weight, right.depth)
        result = self._evaluator.combine(left, node.op, right, node)
        kept = left.value
        if not isinstance(kept, (list, set)):
            self._set_target(node.target, result, node)
            return
        _check_change(self._evaluator, kept, [result], node)
        if isinstance(kept, list):
            kept[:] = result.value
        else:
            kept.clear()
            kept.update(result.value)
        self._touch(node.target, node)

    def _import(self, node: Any) -> None:
        source = node.module if isinstance(node, ast.ImportFrom) else None
        for alias in node.names:
            whole = f"{source}.{alias.name}" if source else alias.name
            name = alias.asname or (alias.name if source else alias.name.partition(".")[0])
            self._modules[name] = whole if source or alias.asname else name
            self._names.pop(name, None)

    def _express(self, node: Any) -> None:
        if isinstance(node.value, ast.Constant):
            return
        if not isinstance(node.value, ast.Call):
            raise self._refused(node)
        function = node.value.func
        if isinstance(function, ast.Name) and function.id == "print" and "print" not in self._names:
            return
        if not isinstance(function, ast.Attribute) or not any(function.attr in known for known in CHANGES.values()):
            raise self._refused(node)
        container = self._evaluator.reference(function.value)
        if function.attr not in CHANGES.get(type(container), ()):
            raise refuse(node, f"{shown(node)} has no value (it is no list, dict or set that can do that)")
        parts, words = self._evaluator.arguments(node.value)
        _check_change(self._evaluator, container, [*parts, *words.values()], node)
        call(self._evaluator.bounds, function.attr, (container,), parts, words, node)
        self._touch(function.value, node)

    def _delete(self, node: Any) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name) and target.id in self._names:
                del self._names[target.id]
                continue
            container: Any = self._evaluator.reference(target.value) if isinstance(target, ast.Subscript) else None
            if type(container) not in (list, dict) or isinstance(target.slice, ast.Slice):
                raise refuse(target, f"{shown(target)} cannot be deleted; write the value without it")
            place = self._evaluator.evaluate(target.slice)
            _check_change(self._evaluator, container, [], target)
            try:
                del container[place.value]
            except (TypeError, LookupError) as error:
                raise refuse(target, f"{shown(target)} cannot be deleted ({error})") from error
            self._touch(target, node)

    def _branch(self, node: Any) -> None:
        while not self._evaluator.holds(node.test):
            self._evaluator.bounds.spend(1, node)
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                self._block(node.orelse)
                return
            node = node.orelse[0]
        self._block(node.body)

    def _loop(self, node: Any) -> None:
        source = self._evaluator.evaluate(node.iter).value
        if node.orelse or not is_container(source):
            raise self._refused(node)
        n_items = len(source)
        for item in source:
            self._bind(bind(node.target, self._evaluator.bounds.measured(item, node)), node)
            try:
                self._block(node.body)
            except _ContinueError:
                pass
            except _BreakError:
                return
            if len(source) != n_items:
                raise refuse(node, "This loop changes what it goes through; write the values out")

    def _block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self._follow(statement)

    def _pass(self, node: Any) -> None:
        """Do nothing."""

    def _break(self, node: Any) -> None:
        raise _BreakError

    def _continue(self, node: Any) -> None:
        raise _ContinueError


_STATEMENTS: Mapping[type[ast.stmt], Callable[[Statements, Any], None]] = {
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotate,
    ast.AugAssign: Statements._augment,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import,
    ast.Expr: Statements._express,
    ast.Delete: Statements._delete,
    ast.If: Statements._branch,
    ast.For: Statements._loop,
    ast.Pass: Statements._pass,
    ast.Break: Statements._break,
    ast.Continue: Statements._continue,
}


def _check_change(evaluator: Evaluator, container: Any, parts: list[Value], node: ast.AST) -> None:
    """Refuse a change that makes a container hold itself, or too much; count what the others take."""
    evaluator.bounds.pass_through(container, node)
    waiting = [part.value for part in parts]
    evaluator.bounds.spend(sum(part.weight for part in parts) // 8, node)
    while waiting:
        part = waiting.pop()
        if part is container:
            raise refuse(node, f"{shown(node)} makes a value hold itself; write the value out")
        if is_container(part):
            waiting += inner_values(part)
    if isinstance(container, (dict, set)):
        n_more = max([1, *(len(part.value) for part in parts if is_container(part.value))])
        evaluator.bounds.check_keys(n_more if len(container) + n_more <= MAX_KEYS else len(container) + n_more, node)
    evaluator.has_changes = True
